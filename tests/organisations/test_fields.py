"""What may be written in a field."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from scheduler.errors import Refused
from scheduler.organisations import fields
from scheduler.organisations.fields import (
    ENCODED,
    Choice,
    Clock,
    Day,
    Email,
    Flag,
    Language,
    Number,
    Reference,
    Text,
    Unfit,
    Web,
    Zone,
)


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        (Text(10), "  två   ord ", "två ord"),
        (Text(10), "rad\nrad", "rad rad"),
        (Text(10, lines=True), " rad\r\nrad ", "rad\nrad"),
        (Text(10), "a\x00b\u2028", "ab"),
        (Text(10), "1 + 1 = ?", "1 + 1 = ?"),
        (Text(10), "a=\n?", "a= ?"),
        (Text(10, lines=True), "a=?", "a=?"),
        (Text(10, mailed=False), "a=?", "a=?"),
        (Text(10), "", None),
        (Text(10), None, None),
        (Choice(["a", "b"]), "a", "a"),
        (Choice(["a"], optional=True), "", None),
        (Number(1, 5), 5, 5),
        (Number(1, 5, optional=True), "", None),
        (Flag(), None, False),
        (Flag(optional=True), None, None),
        (Day(), date(2026, 1, 1), date(2026, 1, 1)),
        (Day(), None, None),
        (Clock(), time(10, 0), time(10, 0)),
        (Reference(), 7, 7),
        (Reference(), "", None),
        (Web(100), "utvecklanorrbotten.se", "https://utvecklanorrbotten.se"),
        (Web(100), "http://lulea.se/möten", "http://lulea.se/möten"),
        (Web(100), "", None),
        (Zone(), "Europe/Helsinki", "Europe/Helsinki"),
        (Language(), "smj", "smj"),
        (Language(), "pt-BR", "pt-BR"),
        (Email(), " Maria.Ohman@Region.SE ", "Maria.Ohman@region.se"),
        (Email(), "info@örebro.se", "info@xn--rebro-iua.se"),
        (Email(), "", None),
    ],
)
def test_field_reads(field, given, stored):
    assert field.read(given) == stored


@pytest.mark.parametrize(
    ("field", "given", "text"),
    [
        (Text(10, missing="Ange namnet"), "  ", "Ange namnet"),
        (Text(3), "fyra", "Högst %(limit)s tecken"),
        (Text(60), "=?utf-8?q?hej=0ABcc:_evil=40example.test?=", ENCODED),
        (Text(60), "a=\x00?", ENCODED),
        (Text(60), "a=?", ENCODED),
        (Email(), "=?utf-8?q?karin?=@hk.example", ENCODED),
        (Choice(["a"]), "b", "Välj något i listan"),
        (Choice(["a"]), None, "Välj något i listan"),
        (Number(1, 5), 6, "Ange ett heltal mellan %(low)s och %(high)s"),
        (Number(1, 5), True, "Ange ett heltal mellan %(low)s och %(high)s"),
        (Number(1, 5), None, "Ange ett heltal mellan %(low)s och %(high)s"),
        (Number(1, 5), "3", "Ange ett heltal mellan %(low)s och %(high)s"),
        (Day(missing="Ange dagen"), None, "Ange dagen"),
        (Day(), datetime(2026, 1, 1), "Ange ett datum"),  # noqa: DTZ001 - any datetime is no date
        (Clock(), "10.00", "Ange ett klockslag"),
        (Reference(missing="Välj en person"), None, "Välj en person"),
        (Reference(), "7", "Välj något i listan"),
        (Reference(), 2**40, "Välj något i listan"),
        (Web(100), "javascript://x", "Ange en webbadress som börjar med https://"),
        (Web(100, secure=True), "http://lulea.se", "Ange en webbadress som börjar med https://"),
        (Web(100), "https://", "Ange en webbadress som börjar med https://"),
        (Web(100), "https://a b.se", "Ange en webbadress som börjar med https://"),
        (Web(100), "https://någon@lulea.se", "Ange en webbadress som börjar med https://"),
        (Web(100), "https://[x", "Ange en webbadress som börjar med https://"),
        (Web(20), "https://lulea.se/" + "x" * 20, "Högst %(limit)s tecken"),
        (Zone(), "Europe/Luleå", "Välj en tidszon"),
        (Zone(), "../etc/passwd", "Välj en tidszon"),
        (Zone(), "Europe", "Välj en tidszon"),
        (Zone(), "", "Välj en tidszon"),
        (Language(), "svenska", "Ange språket med sin kod, till exempel sv, en eller smj"),
        (Email(), "maria", "%(address)s är ingen e-postadress"),
        (Email(), "maria@x", "%(address)s är ingen e-postadress"),
        (Email(), "a@b.se\r\nBcc: c@d.se", "%(address)s är ingen e-postadress"),
        (Email(), "åsa@region.se", "%(address)s är ingen e-postadress"),
    ],
)
def test_field_refuses(field, given, text):
    with pytest.raises(Unfit) as caught:
        field.read(given)
    assert caught.value.text == text


def test_read_gives_the_fit_and_says_where_the_unfit_stand():
    stored, problems = fields.read(
        {"name": Text(3), "web": Web(9), "on": Flag()}, {"name": "för långt", "web": "", "on": True}
    )
    assert stored == {"web": None, "on": True}
    assert [(problem.field, str(problem)) for problem in problems] == [("name", "Högst 3 tecken")]


def test_read_knows_every_field_it_is_given():
    with pytest.raises(KeyError):
        fields.read({"name": Text(3)}, {"role": "administrator"})


def test_refuse_raises_only_with_problems():
    fields.refuse([])
    with pytest.raises(Refused):
        fields.refuse(fields.order_problem("to_on", date(2026, 1, 2), date(2026, 1, 1)))


@pytest.mark.parametrize("to_on", [None, date(2026, 1, 2), date(2026, 1, 3)])
def test_order_without_problem(to_on):
    assert fields.order_problem("to_on", date(2026, 1, 2), to_on) == []
