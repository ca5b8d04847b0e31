"""Forms of themes, strategies with their focus areas and visions, activities and notices.

Not here: what makes a value right (``register``, ``forums.activities``), reading a sentence (``requirement``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.cadence.phrases import find_phrase
from scheduler.cadence.rules import Kind, version_from
from scheduler.errors import Refused
from scheduler.forums.activities import version_of
from scheduler.forums.models import ForumKind
from scheduler.i18n import gettext, language, lazy
from scheduler.organisations.models import Organisation
from scheduler.organisations.rules import read_partial_date
from scheduler.places.models import Place
from scheduler.register.models import Activity, FocusArea, Notice, Strategy, Theme, Vision
from scheduler.register.queries import ThemeNode
from scheduler.web.fields import DayField, NumberField, choice
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.forms.places import chosen_id
from scheduler.web.forms.requirement import COUNT, INTERVAL, NONE, READ, RequirementForm
from scheduler.web.seen import SeenForm


def in_words(row: Any) -> str:
    """The name of a theme, strategy, focus area or kind in the language in use."""
    return str((row.en if language() == "en" else None) or row.sv)


# ---------------------------------------------------------------- themes


class ThemeForm(SeenForm):
    """A theme: its name, and what it stands under."""

    #: First part of a choice of ``under`` → keyword of the actions.
    ABOVE: ClassVar[Mapping[str, str]] = {"theme": "parent_id", "area": "focus_area_id", "strategy": "strategy_id"}

    sv = StringField(lazy("Namn"))
    en = StringField(lazy("Namn på engelska"))
    under = SelectField(lazy("Står under"), choices=[])

    def offer(self, tree: Sequence[ThemeNode], plans: Sequence[Strategy], theme: Theme | None) -> None:
        """Fills in what it may stand under: not itself, nor what stands under it."""
        choices = [choice("", gettext("Inget, det står överst"))]
        pending = [(node, 0) for node in reversed(tree)]
        while pending:
            node, depth = pending.pop()
            if theme is not None and node.theme.id == theme.id:
                continue
            label = f"{'– ' * depth}{in_words(node.theme)}"
            choices.append(choice(f"theme:{node.theme.id}", label, gettext("Teman")))
            pending += [(child, depth + 1) for child in reversed(node.children)]
        areas = [area for plan in plans for area in plan.focus_areas]
        choices += [choice(f"area:{area.id}", in_words(area), gettext("Insatsområden")) for area in areas]
        choices += [choice(f"strategy:{plan.id}", in_words(plan), gettext("Strategier och program")) for plan in plans]
        self.under.choices = choices

    def show(self, theme: Theme) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        above = ((key, getattr(theme, name)) for key, name in self.ABOVE.items())
        self.under.data = next((f"{key}:{id_}" for key, id_ in above if id_ is not None), "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        key, _, id_ = (self.under.data or "").partition(":")
        found: dict[str, Any] = {"sv": self.sv.data, "en": self.en.data}
        return found | {name: int(id_) if key == known else None for known, name in self.ABOVE.items()}


# ---------------------------------------------------------------- strategies

STRATEGY_WORDS = {"strategy": lazy("Strategi"), "programme": lazy("Program")}


class StrategyForm(SeenForm):
    """A strategy or programme: its name is asked for."""

    sv = StringField(lazy("Namn"))
    en = StringField(lazy("Namn på engelska"))
    kind = RadioField(
        lazy("Typ"), choices=[choice(key, word) for key, word in STRATEGY_WORDS.items()], default="strategy"
    )
    owner_id = SelectField(lazy("Ägs av"), choices=[])
    horizon = NumberField(lazy("Till år"), description=lazy("Till exempel 2030"))
    text = TextAreaField(lazy("Beskrivning"))

    def offer(self, organisations: Sequence[Organisation]) -> None:
        """Fills in who may own it."""
        self.owner_id.choices = organisation_choices(organisations)

    def show(self, strategy: Strategy) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.owner_id.data = str(strategy.owner_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        found: dict[str, Any] = {name: self[name].data for name in ("sv", "en", "kind", "horizon", "text")}
        return found | {"owner_id": chosen_id(self.owner_id)}


class FocusAreaForm(SeenForm):
    """A focus area with its issues, one a line."""

    sv = StringField(lazy("Namn"))
    en = StringField(lazy("Namn på engelska"))
    issues = TextAreaField(lazy("Påverkansfrågor"), description=lazy("En per rad, i den ordning de ska stå."))

    def show(self, area: FocusArea) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.issues.data = "\n".join(issue.sv for issue in area.issues)

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        lines = [line.strip() for line in (self.issues.data or "").splitlines() if line.strip()]
        return {"sv": self.sv.data, "en": self.en.data, "issues": lines}


class VisionForm(SeenForm):
    """A vision, of a strategy or of none."""

    sv = TextAreaField(lazy("Visionen"))
    horizon = NumberField(lazy("Till år"), description=lazy("Till exempel 2030"))
    strategy_id = SelectField(lazy("Hör till"), choices=[])

    def offer(self, plans: Sequence[Strategy]) -> None:
        """Fills in whose it may be."""
        named = [choice(str(plan.id), in_words(plan)) for plan in plans]
        self.strategy_id.choices = [choice("", gettext("Ingen strategi")), *named]

    def show(self, vision: Vision) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.strategy_id.data = str(vision.strategy_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {"sv": self.sv.data, "horizon": self.horizon.data, "strategy_id": chosen_id(self.strategy_id)}


# ---------------------------------------------------------------- activities

_EXAMPLES = lazy("Så noga du vet: 2015-08-01, 2015-08, 2015 eller 1990-talet")


class ActivityForm(SeenForm, RequirementForm):
    """An activity: its name and kind are asked for; how often it recurs is read as a forum's requirement is."""

    FIRST = ("seen", "sv", "en", "kind", "organisation_id", "place_id", "since", "purpose")
    by_hand = True

    sv = StringField(lazy("Namn"))
    en = StringField(lazy("Namn på engelska"))
    kind = SelectField(lazy("Typ"), choices=[])
    organisation_id = SelectField(lazy("Ansvarig organisation"), choices=[])
    place_id = SelectField(lazy("Plats"), choices=[])
    since = StringField(lazy("Finns sedan"), description=_EXAMPLES)
    purpose = TextAreaField(lazy("Syfte"))

    def offer_rows(
        self, kinds: Collection[ForumKind], organisations: Sequence[Organisation], places: Sequence[Place]
    ) -> None:
        """Fills in what the selects offer, and the ways to say how often."""
        self.kind.choices = [choice("", gettext("Välj typ")), *(choice(kind.id, in_words(kind)) for kind in kinds)]
        self.organisation_id.choices = organisation_choices(organisations)
        self.place_id.choices = [choice("", gettext("Ingen vald")), *(choice(str(p.id), p.name) for p in places)]
        self.answer.label.text = gettext("Hur vill du ange hur ofta?")
        self.answer.choices = [
            choice(READ, gettext("Läs det ur meningen")),
            choice(COUNT, gettext("Antal per period")),
            choice(INTERVAL, gettext("Med visst mellanrum")),
            choice(NONE, gettext("Inget krav")),
        ]
        self.every.label.text = gettext("En gång var")
        self.offer()

    def ask(self) -> None:
        """As for any requirement, in words that fit what is no meeting."""
        super().ask()
        if self.answer.errors:
            self.answer.errors = [gettext("Svara på hur ofta det ska hända")]

    def show(self, activity: Activity) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.organisation_id.data = str(activity.organisation_id or "")
        self.place_id.data = str(activity.place_id or "")
        self.since.data = partial_text(activity)
        version = version_of(activity)
        self.answer.data = READ
        if not _says(activity.phrase, version):
            self.answer.data = {Kind.COUNT: COUNT, Kind.INTERVAL: INTERVAL, Kind.NONE: NONE}[version.kind]
        if self.answer.data == COUNT:
            for name in ("min", "max", "target", "period", "window"):
                self[name].data = getattr(version, name)
        elif self.answer.data == INTERVAL:
            self.every.data, self.unit.data = version.every, version.unit

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        keys = dict(self.requirement())
        found: dict[str, Any] = {name: self[name].data for name in ("sv", "en", "kind", "purpose", "phrase")}
        found |= {name: chosen_id(self[name]) for name in ("organisation_id", "place_id")}
        found["cadence"] = {name: keys[name] for name in keys if name not in {"phrase", "source_url"}}
        read = read_partial_date(self.since.data or "")
        found["since_on"], found["since_precision"] = read or (None, "day")
        return found

    def validate_since(self, field: StringField) -> None:
        """Raises ValidationError when the text is no date of any precision."""
        if (field.data or "").strip() and read_partial_date(field.data or "") is None:
            raise ValidationError(gettext("Skriv till exempel 2015-08-01, 2015-08, 2015 eller 1990-talet"))


def partial_text(activity: Activity) -> str:
    """The day since when as it is typed: "2015-08", "1990s"; empty where nobody knows."""
    if activity.since_on is None:
        return ""
    whole = activity.since_on.isoformat()
    length = {"day": 10, "month": 7, "year": 4}.get(activity.since_precision)
    return whole[:length] if length else f"{whole[:4]}s"


def _says(phrase: str | None, version: object) -> bool:
    """Whether the sentence alone, without a question, is read as ``version``."""
    reading = find_phrase(phrase) if phrase else None
    if reading is None or reading.doubt is not None:
        return False
    try:
        return version_from(reading.keys) == version
    except Refused:
        return False


# ---------------------------------------------------------------- notices

NOTICE_WORDS = {"information": lazy("Information"), "warning": lazy("Varning")}


class NoticeForm(SeenForm):
    """A notice: its text is asked for; without days it is shown until it is taken away."""

    text = TextAreaField(lazy("Text"))
    text_en = TextAreaField(lazy("Text på engelska"), description=lazy("Tomt: den svenska visas"))
    kind = RadioField(
        lazy("Typ"), choices=[choice(key, word) for key, word in NOTICE_WORDS.items()], default="information"
    )
    link = StringField(lazy("Länk"), description=lazy("Börjar med https://"))
    organisation_id = SelectField(lazy("Från organisation"), choices=[])
    from_on = DayField(lazy("Visas från och med"), description=lazy("Tomt: från nu. Till exempel 2026-09-29"))
    to_on = DayField(lazy("Visas till och med"), description=lazy("Tomt: tills det tas bort"))
    dismissible = BooleanField(
        lazy("Läsaren kan dölja det"), description=lazy("Döljs för den som är inloggad, tills webbläsaren stängs.")
    )

    def offer(self, organisations: Sequence[Organisation]) -> None:
        """Fills in whom it may be from."""
        self.organisation_id.choices = organisation_choices(organisations)

    def show(self, notice: Notice) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.organisation_id.data = str(notice.organisation_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        names = ("text", "text_en", "kind", "link", "from_on", "to_on", "dismissible")
        found: dict[str, Any] = {name: self[name].data for name in names}
        return found | {"organisation_id": chosen_id(self.organisation_id)}
