"""A small application that shows every part of the design on pages like those of the product.

It exists for the tests of the parts and to be looked at: ``python tests/web/gallery_app.py`` serves it. What it
shows is invented; today is Tuesday 15 September 2026.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

if __name__ == "__main__":  # run as a script, the checkout is not yet on the path
    sys.path.insert(0, str(Path(__file__).parents[2]))

from flask import Flask, Response, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse
from wtforms import (
    BooleanField,
    EmailField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import InputRequired, Optional

from scheduler import i18n
from scheduler.web import assets, filters, parts
from scheduler.web.charts import Band, BandState, ClosedSpan, FiveYears, Mark, YearBar, YearStrip
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.parts import ForumEntry, Links, MenuEntry, Notice
from scheduler.web.symbols import ICONS
from scheduler.web.words import MARKS, STATUSES, MarkState, status_glyph, status_word

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TODAY = date(2026, 9, 15)

CLOSED = (
    ClosedSpan(date(2026, 1, 1), date(2026, 1, 6), "Trettonhelg"),
    ClosedSpan(date(2026, 3, 2), date(2026, 3, 6), "Sportlov"),
    ClosedSpan(date(2026, 4, 2), date(2026, 4, 6), "Påsk"),
    ClosedSpan(date(2026, 6, 29), date(2026, 8, 9), "Semester"),
    ClosedSpan(date(2026, 10, 26), date(2026, 10, 30), "Höstlov"),
    ClosedSpan(date(2026, 12, 21), date(2026, 12, 31), "Jul"),
)
_QUARTERS = [((1, 8), (3, 31)), ((4, 1), (6, 28)), ((8, 10), (9, 30)), ((10, 1), (12, 18))]
_HALVES = [((1, 8), (6, 28)), ((8, 10), (12, 18))]


@dataclass(frozen=True)
class Row:
    """A forum of the overview."""

    code: str
    name: str
    status: str
    reason: str
    requirement: str
    strip: YearStrip
    years: FiveYears

    def count(self, *states: MarkState) -> int:
        return sum(m.state in states for m in self.strip.marks)


def _marks(text: str) -> list[Mark]:
    """ "12/2 held 1/10 booked" as marks of 2026."""
    words = text.split()
    found = []
    for day, state in zip(words[::2], words[1::2], strict=True):
        number, month = day.split("/")
        found.append(Mark(date(2026, int(month), int(number)), cast("MarkState", state)))
    return found


def _bands(windows: list[tuple[tuple[int, int], tuple[int, int]]], flagged: dict[int, BandState]) -> list[Band]:
    return [Band(date(2026, *a), date(2026, *b), flagged.get(i, "plain")) for i, (a, b) in enumerate(windows)]


def _row(
    code: str,
    name: str,
    status: str,
    reason: str,
    requirement: str,
    least: int,
    marks: str,
    held: list[int | None],
    flagged: dict[int, BandState] | None = None,
) -> Row:
    windows = _HALVES if least == 2 else _QUARTERS
    bars = [
        YearBar(2021 + i, n, least, "inactive" if n is None else "met" if n >= least else "missed")
        for i, n in enumerate(held)
    ]
    strip = YearStrip(2026, TODAY, _marks(marks), _bands(windows, flagged or {}), CLOSED)
    return Row(code, name, status, reason, requirement, strip, FiveYears(bars))


ROWS = [
    _row("RF", "Regionalt forum", "planned", "2 bokade, räcker till 5", "4–5 per år", 4,
         "12/2 held 23/4 held 11/6 held 1/10 booked 3/12 booked", [4, 4, 5, 4, 4]),
    _row("PS", "Partnerskapet", "on_track", "1 bokat, 1 förslag", "4–5 per år", 4,
         "29/1 held 26/3 held 28/5 unminuted 24/9 booked 26/11 proposed", [4, 4, 4, 5, 4]),
    _row("KR", "Kommunal- och regionråd", "met", "4 hållna, kravet är 4", "4–5 per år", 4,
         "22/1 held 19/3 held 21/5 held 3/9 held 19/11 booked", [5, 4, 4, 5, 4]),
    _row("SR", "Samtal på residenset", "overdue", "2 av 4, tredje kvartalet saknar möte", "Minst 4–5 per år", 4,
         "5/3 held 4/6 held 29/9 poll", [4, 5, 4, 3, 4], {2: "missed"}),
    _row("SM", "Statliga myndigheter", "on_track", "1 bokat, räcker till 2", "Ett par per år (2)", 2,
         "14/4 held 20/10 booked", [2, 2, 2, 2, 2]),
    _row("HR", "Statliga myndigheter, HR", "due", "Inget bokat i höst", "2 per år", 2,
         "10/3 held", [2, 2, 1, 2, 2], {1: "risk"}),
    _row("TB", "Tillväxtberedningen", "planned", "Möte i dag, 2 bokade", "6 per år", 6,
         "5/2 held 1/4 held 27/5 held 15/9 now 28/10 booked 9/12 booked", [6, 6, 5, 6, 6]),
    _row("SF", "Strukturfondspartnerskapet", "planned", "2 bokade, räcker till 4", "4 per år", 4,
         "18/3 held 10/6 held 17/9 booked 8/12 booked", [4, 4, 3, 4, 4]),
    _row("UH", "Skellefteregionen: Upphandling", "due", "Möte 25 augusti ställdes in", "4 per år", 4,
         "17/2 held 19/5 held 25/8 cancelled 10/11 booked", [4, 4, 4, 3, 4], {2: "risk"}),
    _row("ÁJ", "Ájttes sámi ráđđi", "on_track", "1 bokat, räcker till 2", "2 per år", 2,
         "24/3 held 13/10 booked", [None, None, 0, 2, 1]),
]  # fmt: skip

#: Every shape close together, so that the dates written below must make room for one another.
CROWDED = YearStrip(
    2026,
    TODAY,
    _marks(
        "2/1 held 14/1 held 28/1 held 12/2 unminuted 15/9 now 17/9 booked 22/9 poll 24/9 booked 1/10 proposed "
        "6/10 cancelled 31/12 booked"
    ),
    [
        Band(date(2025, 10, 1), date(2026, 3, 31)),
        Band(date(2026, 4, 1), date(2026, 6, 30), "missed"),
        Band(date(2026, 8, 1), date(2026, 10, 31), "risk"),
        Band(date(2026, 12, 1), date(2026, 12, 3), "risk"),
    ],
    CLOSED,
)


class ForumForm(PageForm):
    """One field of each sort."""

    name = StringField("Namn", [InputRequired("Ange forumets namn")])
    short_name = StringField("Kortnamn", description="Högst 24 tecken, visas i listor")
    code = StringField("Kod", description="2–4 bokstäver")
    kind = SelectField("Typ", choices=[choice("natverk", "Nätverk"), choice("namnd", "Nämnd")])
    secretariat = SelectField("Sekretariat", choices=[choice("1", "Länsstyrelsen Norrbotten")])
    purpose = TextAreaField("Syfte", [Optional()])
    start = DayField("Från och med")
    often = RadioField(
        "Ska kravet vara minst 2 möten per år?",
        choices=[
            choice("yes", "Ja, minst 2, gärna 3"),
            choice("own", "Ange antal själv"),
            choice("none", "Inget krav"),
        ],
        description="”Ett par” är inte ett exakt tal. Vi gissar inte åt dig.",
    )
    mode = RadioField(
        "Form",
        choices=[
            choice("place", "På plats"),
            choice("remote", "Distans"),
            choice("both", "Både och"),
        ],
    )
    source = URLField("Källa", [Optional()])
    public = BooleanField("Visa för alla", description="Datum och plats, inga namn.")


class SignInForm(PageForm):
    email = EmailField("E-postadress", description="Den adress du får kallelser till")


class ReplyForm(PageForm):
    stand_in = RadioField(
        "Vem kommer i ditt ställe?",
        choices=[
            choice("1", "Erik Strand"),
            choice("2", "Någon annan från Handelskammaren"),
            choice("0", "Ingen"),
        ],
        description="Personen får kallelsen av oss.",
    )


@dataclass(frozen=True)
class User:
    name: str
    organisation_name: str


MENU = [
    ("/overview", "Översikt", "home", None),
    ("/forum", "Forum och nätverk", "forums", 102),
    ("/calendar", "Kalender", "calendar", None),
    ("/shapes", "Planera år", "plan", None),
    ("/poll", "Datumförfrågningar", "poll", 3),
    ("/organisation", "Organisationer", "organisation", 198),
    ("/states", "Rapporter", "report", None),
]
#: Path → shell; each has a template of the same name.
PAGES = {
    "overview": "menu", "forum": "menu", "edit": "menu", "states": "menu", "meeting": "menu", "minutes": "menu",
    "calendar": "menu", "subscribe": "menu", "shapes": "menu", "choices": "menu",
    "signin": "solo", "poll": "personal", "reply": "personal", "organisation": "personal", "public": "public",
}  # fmt: skip


def _shell(kind: str, path: str) -> dict[str, object]:
    links = Links(
        home="/overview", search="/overview", me="/forum", language="/language", sign_in="/signin", sign_out="/out",
        accessibility="/signin", privacy="/signin",
    )  # fmt: skip
    if kind == "public":
        menu = [MenuEntry("/public", "Forum", current=True), MenuEntry("/calendar", "Kalender")]
        return {"links": links, "menu": menu, "installation": "Region Norrbotten"}
    if kind != "menu":
        return {"links": Links(sign_in="/signin" if kind == "solo" else ""), "personal": kind == "personal",
                "installation": "Länsstyrelsen Norrbotten", "wide": path == "/organisation"}  # fmt: skip
    return {
        "user": User("Elin Marklund", "Länsstyrelsen Norrbotten"),
        "links": links,
        "menu": [MenuEntry(url, label, icon, count, url == path) for url, label, icon, count in MENU],
        "menu_end": [MenuEntry("/shapes", "Personer", "person", 612), MenuEntry("/overview", "Sök", "search")],
        "my_forums": [
            ForumEntry("/forum", r.name, status_glyph(r.status), status_word(r.status)) for r in ROWS[:7]
        ],
    }  # fmt: skip


def create_gallery() -> Flask:
    """The gallery, with the content security policy of the product."""
    app = Flask("gallery", static_folder=str(assets.STATIC), static_url_path="/static", template_folder=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    here = Path(__file__).parent
    app.template_folder = str(here / "gallery")
    app.jinja_loader.searchpath.append(str(assets.STATIC.parent / "templates"))  # type: ignore[union-attr] # set above
    assets.install(app)
    filters.install(app)
    parts.install(app)
    app.jinja_env.globals.update(csrf_token=lambda: "token", date=date)

    def show(name: str, status: int = 200, **values: object) -> tuple[str, int]:
        language = request.args.get("language", "sv")
        i18n.set_language(language)
        values = _shell(PAGES[name], request.path) | values
        page = render_template(
            f"{name}.html", rows=ROWS, crowded=CROWDED, today=TODAY, statuses=STATUSES, marks=list(MARKS), icons=ICONS,
            language=i18n.language(), theme=request.args.get("theme", ""), canonical_path=request.path, **values,
        )  # fmt: skip
        return page, status

    def plain(name: str) -> tuple[str, int]:
        return show(name)

    for name in PAGES:
        if name not in {"edit", "states", "signin", "reply"}:
            app.add_url_rule(f"/{name}", name, plain, defaults={"name": name})

    @app.route("/edit", methods=["GET", "POST"])
    def edit() -> tuple[str, int]:
        start = {
            "name": "Nätverk mellan statliga myndigheter och länsstyrelsens ledning",
            "short_name": "Statliga myndigheter",
            "code": "SM", "kind": "natverk", "secretariat": "1", "start": "2026-01-01", "mode": "both",
            "purpose": "Behandlar dagsaktuella och strategiska frågor för Norrbottens län ur ett statligt perspektiv.",
            "source": "https://www.lansstyrelsen.example/partnerskap", "public": "y",
        }  # fmt: skip
        if request.method == "GET" and "errors" not in request.args:
            return show("edit", form=ForumForm(MultiDict(start)))
        form = ForumForm(request.form or MultiDict(start | {"start": "2026-02-30"}), meta={"today": TODAY})
        if form.validate():
            return show("edit", form=form, notices=[Notice("met", "Forumet är sparat", undo_url="/edit")])
        form.code.errors = ["Koden SM används redan av Samverkan Malmfälten"]
        return show("edit", 422, form=form)

    @app.get("/states")
    def states() -> tuple[str, int]:
        return show(
            "states",
            notices=[
                Notice("met", "Mötet är flyttat till 25 februari", "9 personer får besked kl. 10.44.", "/edit"),
                Notice("behind", "Ändringen sparades inte", "Sara Niemi ändrade mötet 10.42."),
                Notice("risk", "Krockar med Regionalt forum", "3 deltagare har redan ett möte den dagen."),
                Notice("track", "Förslaget räknas om"),
            ],
        )

    @app.get("/signin")
    def signin() -> tuple[str, int]:
        return show("signin", form=SignInForm())

    @app.get("/reply")
    def reply() -> tuple[str, int]:
        return show("reply", form=ReplyForm(MultiDict({"stand_in": "1"})))

    @app.post("/choices")
    def chosen() -> AnyResponse | str:
        if "HX-Request" not in request.headers:
            return redirect("/choices", 303)
        return render_template("chosen.html", chosen=request.form["answer"])

    @app.post("/language")
    def language() -> AnyResponse:
        return redirect(f"{request.form['next']}?language={request.form['language']}", 303)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return response

    return app


if __name__ == "__main__":
    create_gallery().run(port=8090, debug=True)
