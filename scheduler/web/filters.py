"""How values become words in templates: dates, times, spans, reduced dates. Wiring only; the words are i18n's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.i18n import mark


def local(instant: datetime, time_zone: str = "Europe/Stockholm") -> datetime:
    """``instant`` on the wall clock of ``time_zone``."""
    return instant.astimezone(ZoneInfo(time_zone))


def day(value: date) -> str:
    """ "12 februari"."""
    return i18n.date_text(value, weekday=False)


def day_year(value: date) -> str:
    """ "12 februari 2026"."""
    return i18n.date_text(value, weekday=False, year=True)


def weekday_day(value: date) -> str:
    """ "tors 12 februari"."""
    return i18n.date_text(value, short=True)


def full_day(value: date) -> str:
    """ "torsdag 12 februari 2026"."""
    return i18n.date_text(value, year=True)


def instant_text(value: datetime, time_zone: str = "Europe/Stockholm") -> str:
    """ "12 februari 2026 kl. 10.42", on the wall clock of ``time_zone``."""
    at = local(value, time_zone)
    return _("%(day)s kl. %(time)s", day=day_year(at.date()), time=i18n.time_text(at))


def reduced(value: date | None, precision: str = "day") -> str:
    """A date as precisely as it is known: "1990-talet", "2019", "augusti 2015", "3 mars 2026"."""
    if value is None:
        return ""
    if precision == "decade":
        return _("%(decade)s-talet", decade=value.year // 10 * 10)
    if precision == "year":
        return str(value.year)
    if precision == "month":
        return f"{i18n.month_name(value.month)} {value.year}"
    return day_year(value)


def capitalised(text: str) -> str:
    """``text`` with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def week(value: date) -> int:
    """The ISO week."""
    return value.isocalendar().week


def iso(value: date | datetime) -> str:
    """For ``datetime`` attributes: a day, or an instant in UTC."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()


#: History action → what happened, in a few words. A test compares them with the actions the code writes.
CHANGE_WORDS = {
    "absence.add": mark("Dagar borta lades in"),
    "absence.remove": mark("Dagar borta togs bort"),
    "action.add": mark("En åtgärd lades till"),
    "action.close": mark("En åtgärd avslutades"),
    "action.edit": mark("En åtgärd ändrades"),
    "action.reopen": mark("En åtgärd öppnades igen"),
    "activity.remove": mark("Aktiviteten togs bort"),
    "agenda.add": mark("En punkt lades till på dagordningen"),
    "agenda.carry": mark("En punkt kom med från ett tidigare möte"),
    "agenda.edit": mark("En punkt på dagordningen ändrades"),
    "agenda.hand_on": mark("En punkt flyttades, bordlades eller ströks"),
    "agenda.move": mark("Dagordningen ordnades om"),
    "agenda.open": mark("Dagordningen började skrivas"),
    "agenda.remove": mark("En punkt togs bort från dagordningen"),
    "agenda.take_back": mark("En punkt kom tillbaka på dagordningen"),
    "suggestion.add": mark("En punkt föreslogs till dagordningen"),
    "suggestion.decline": mark("En föreslagen punkt togs inte upp"),
    "suggestion.take_up": mark("En föreslagen punkt togs upp på en dagordning"),
    "suggestion.withdraw": mark("En föreslagen punkt togs tillbaka"),
    "appointment.add": mark("Någon tillsattes på en plats"),
    "appointment.correct": mark("Ett uppdrag rättades"),
    "appointment.edit": mark("Ett uppdrag ändrades"),
    "appointment.end": mark("Ett uppdrag avslutades"),
    "appointment.remove": mark("Ett uppdrag togs bort"),
    "attendance.mark": mark("Närvaro prickades av"),
    "blocked.add": mark("Dagar spärrades"),
    "blocked.edit": mark("Spärrade dagar ändrades"),
    "blocked.remove": mark("Dagar spärras inte längre"),
    "busy.add": mark("En kalender med upptagna tider lades till"),
    "busy.remove": mark("En kalender med upptagna tider togs bort"),
    "cadence.remove": mark("Ett krav togs bort"),
    "cadence.set": mark("Kravet ändrades"),
    "chain.add": mark("En mötesföljd lades till"),
    "chain.edit": mark("En mötesföljd ändrades"),
    "chain.remove": mark("En mötesföljd togs bort"),
    "change.undo": mark("En ändring ångrades"),
    "chasers.set": mark("Svarspåminnelserna ändrades"),
    "contact.remove": mark("Kontakten togs bort"),
    "dates.set": mark("Tiderna för att spara dagen ändrades"),
    "document.add": mark("En handling lades till"),
    "document.edit": mark("En handling ändrades"),
    "document.remove": mark("En handling togs bort"),
    "document.restore": mark("En handling kom tillbaka"),
    "document.version": mark("En handling fick en ny version"),
    "feed.create": mark("En kalenderlänk skapades"),
    "feed.edit": mark("En kalenderlänk ändrades"),
    "feed.renew": mark("En kalenderlänk fick ny adress"),
    "feed.revoke": mark("En kalenderlänk togs bort"),
    "incoming_mail.seen": mark("Ett brev som kommit tillbaka är klart"),
    "mail_choice.renew": mark("Länken till breven gjordes om"),
    "mail_choice.set": mark("Valen om brev ändrades"),
    "focus_area.add": mark("Ett insatsområde lades till"),
    "focus_area.edit": mark("Ett insatsområde ändrades"),
    "focus_area.move": mark("Insatsområdena ordnades om"),
    "focus_area.remove": mark("Ett insatsområde togs bort"),
    "forum.end": mark("Forumet avslutades"),
    "forum.principals": mark("Huvudmännen ändrades"),
    "forum.themes": mark("Temana ändrades"),
    "forum_kind.remove": mark("Typen togs bort"),
    "invitation.accept": mark("Inbjudan togs emot"),
    "invitation.create": mark("Någon bjöds in"),
    "invitation.needless": mark("Inbjudan behövdes inte, kontot fanns redan"),
    "invitation.renew": mark("Inbjudan skickades igen"),
    "invitation.revoke": mark("Inbjudan återkallades"),
    "login.end": mark("Loggade ut"),
    "login.end_all": mark("Alla inloggningar avslutades"),
    "login.link": mark("En inloggningslänk skapades"),
    "login.refused": mark("Fel kod skrevs"),
    "login.request": mark("Bad om en inloggningslänk"),
    "login.success": mark("Loggade in"),
    "mail.abort": mark("Ett brev avbröts"),
    "mail.hold": mark("Ett brev hölls kvar"),
    "mail.release": mark("Ett brev släpptes"),
    "mail.release_hold": mark("Brev som hölls släpptes"),
    "mail.retry": mark("Ett brev skickades om"),
    "mandate.change": mark("Mandatperioden byttes"),
    "meeting.add": mark("Någon kallades till"),
    "meeting.book": mark("Mötet lades in"),
    "meeting.call": mark("Mötet kallades"),
    "meeting.cancel": mark("Mötet ställdes in"),
    "meeting.close": mark("Mötet avslutades"),
    "meeting.confirm": mark("Mötet bokades"),
    "meeting.correct": mark("Mötet rättades"),
    "meeting.edit": mark("Mötet ändrades"),
    "meeting.invite": mark("De inbjudna ändrades"),
    "meeting.move": mark("Mötet flyttades"),
    "meeting.quorum": mark("Beslutsförheten följde närvaron"),
    "meeting.record": mark("Mötet registrerades som hållet"),
    "meeting.reinstate": mark("Mötet återupptogs"),
    "meeting.undo": mark("En ändring ångrades"),
    "meeting.retime": mark("Tidszonen fick andra regler"),
    "meeting.withdraw": mark("Någon återkallades"),
    "draft.accept": mark("Möten i ett förslag bokades"),
    "draft.add": mark("Ett möte lades till i ett förslag"),
    "draft.delete": mark("Ett förslag på årets möten togs bort"),
    "draft.drop": mark("Ett möte togs bort ur ett förslag"),
    "draft.lock": mark("Ett möte i ett förslag låstes eller låstes upp"),
    "draft.make": mark("Ett förslag på årets möten beställdes"),
    "draft.move": mark("Ett möte i ett förslag flyttades"),
    "draft.stop": mark("Ett förslag avbröts"),
    "draft.take_back": mark("Bokade möten blev förslag igen"),
    "draft.undo": mark("En ändring i ett förslag ångrades"),
    "minutes.adjust": mark("En justerare justerade protokollet"),
    "minutes.adjust_item": mark("En paragraf justerades omedelbart"),
    "minutes.adjusters": mark("Justerarna valdes"),
    "minutes.begin": mark("Protokollet eller anteckningarna påbörjades"),
    "minutes.edit": mark("Protokollet eller anteckningarna ändrades"),
    "minutes.item": mark("En punkt skrevs"),
    "minutes.object": mark("En justerare hade en invändning"),
    "minutes.state": mark("Protokollet eller anteckningarna fick ett nytt läge"),
    "nesting.add": mark("Ett ingående forum lades till"),
    "nesting.end": mark("Ett ingående forum avslutades"),
    "nesting.remove": mark("Ett ingående forum togs bort"),
    "notice.remove": mark("Meddelandet togs bort"),
    "office.begin": mark("Någon fick befattningen"),
    "office.correct": mark("En uppgift om befattningen rättades"),
    "office.end": mark("Någon lämnade befattningen"),
    "office.remove": mark("Någon togs bort från befattningen"),
    "organisation.link": mark("Organisationens länk byttes"),
    "organisation.merge": mark("Slogs ihop med en dubblett"),
    "organisation.trust": mark("En adress får brev igen"),
    "organisation_kind.remove": mark("Typen togs bort"),
    "pause.add": mark("Ett uppehåll lades till"),
    "pause.edit": mark("Ett uppehåll ändrades"),
    "meeting.package": mark("Ett paket till registratorn hämtades"),
    "message.send": mark("Ett meddelande skickades"),
    "needs.set": mark("Uppgifter om mat och tillgänglighet ändrades"),
    "pause.remove": mark("Ett uppehåll togs bort"),
    "person.bounce": mark("En adress studsade"),
    "person.merge": mark("Slogs ihop med en dubblett"),
    "person.trust": mark("En adress får brev igen"),
    "place.remove": mark("Platsen togs bort"),
    "register.create": mark("Lästes in från registerfilen"),
    "register.update": mark("Uppdaterades från registerfilen"),
    "relation.add": mark("En relation lades till"),
    "relation.remove": mark("En relation togs bort"),
    "poll.close": mark("Datumförfrågan stängdes för svar"),
    "poll.decide": mark("Ett datum valdes"),
    "poll.drop": mark("Datumförfrågan avslutades utan resultat"),
    "poll.extend": mark("Datumförfrågan fick en ny sista dag"),
    "poll.open": mark("Datumförfrågan skickades"),
    "poll.reopen": mark("Datumförfrågan öppnades igen"),
    "poll.vote": mark("Ett svar på datumförfrågan"),
    "reminders.set": mark("Påminnelserna ändrades"),
    "reply.give": mark("Ett svar på kallelsen"),
    "report.add": mark("En representant anmäldes"),
    "report.confirm": mark("En anmäld representant bekräftades"),
    "report.decline": mark("En anmäld representant avböjdes"),
    "role.end": mark("En roll fick en sista dag"),
    "role.grant": mark("En roll lades till"),
    "role.revoke": mark("En roll togs bort"),
    "rotation.hand_over": mark("Uppdraget lämnades över"),
    "rotation.remove": mark("Rotationen togs bort"),
    "rotation.set": mark("Rotationen ändrades"),
    "rotation.skipped": mark("En tur hoppades över"),
    "rotation.take_back": mark("Uppdraget togs tillbaka"),
    "rotation.swapped": mark("Två turer bytte plats"),
    "seat.accepted": mark("Organisationen tackade ja till en plats"),
    "seat.add": mark("Platser lades till"),
    "seat.declined": mark("Organisationen tackade nej till en plats"),
    "seat.edit": mark("En plats ändrades"),
    "seat.end": mark("En plats avslutades"),
    "seat.move": mark("Platserna ordnades om"),
    "seat.offer": mark("En plats erbjöds"),
    "seat.offered": mark("En plats erbjöds"),
    "seat.order": mark("Inkallelseordningen ändrades"),
    "seat.remove": mark("En plats togs bort"),
    "seat_check.confirm": mark("Organisationen bekräftade sina platser"),
    "seat_check.start": mark("Organisationen ombads bekräfta sina platser"),
    "standing.add": mark("En stående punkt lades till"),
    "standing.edit": mark("En stående punkt ändrades"),
    "standing.move": mark("De stående punkterna ordnades om"),
    "standing.remove": mark("En stående punkt togs bort"),
    "strategy.remove": mark("Strategin togs bort"),
    "substitute.accept": mark("En ersättare tackade ja"),
    "substitute.ask": mark("En ersättare frågades"),
    "substitute.decline": mark("En ersättare tackade nej"),
    "substitute.pass_on": mark("En ersättare svarade inte, frågan gick vidare"),
    "substitute.withdraw": mark("En ersättare behövs inte längre"),
    "theme.remove": mark("Temat togs bort"),
    "town.restore": mark("Ett eget avstånd togs bort"),
    "town.set": mark("Ett avstånd mellan orter ändrades"),
    "user.create": mark("Kontot skapades"),
    "user.disable": mark("Kontot stängdes av"),
    "user.edit": mark("Kontot ändrades"),
    "user.enable": mark("Kontot öppnades"),
    "user.person": mark("Kontots person ändrades"),
    "vision.remove": mark("Visionen togs bort"),
    "year_plan.decide": mark("Sammanträdesplanen beslutades"),
}
_CREATED, _CHANGED = mark("Lades in"), mark("Ändrades")


def change_word(action: str) -> str:
    """What a history action did, in a few words: "meeting.move" is "Mötet flyttades"."""
    return _(CHANGE_WORDS.get(action, _CREATED if action.endswith(".create") else _CHANGED))


def swedish(text: str) -> str:
    """A name or sentence of the register, marked as Swedish on a page in another language."""
    return text if not text or i18n.language() == "sv" else Markup('<span lang="sv">{}</span>').format(text)


def quoting(text: str, quotes: Collection[str]) -> str:
    """A sentence with the register's own words in it, those marked as Swedish on a page in another language."""
    if i18n.language() == "sv":
        return text
    marked = escape(text)
    for quote in quotes:
        marked = marked.replace(escape(quote), Markup('<span lang="sv">{}</span>').format(quote))
    return marked


def said(message: str, **values: object) -> str:
    """``gettext`` as templates have it: values that are markup (``swedish``) stay markup, the rest is escaped."""
    text = i18n.gettext(message)
    if any(isinstance(value, Markup) for value in values.values()):
        text = escape(text)
    return text % values if values else text


def language_name(code: str) -> str:
    """A language in the language in use, with a capital: "smj" is "Lulesamiska"; the code where it has no name."""
    name = i18n.locale_of(i18n.language()).languages.get(code) or EXTRA_LANGUAGES.get(code, {}).get(i18n.language())
    return capitalised(name) if name else code


#: Languages of the county that the locale data name in neither language.
EXTRA_LANGUAGES = {
    "fit": {"sv": "meänkieli", "en": "Meänkieli"},
    "sje": {"sv": "pitesamiska", "en": "Pite Sámi"},
    "sju": {"sv": "umesamiska", "en": "Ume Sámi"},
}


def install(app: Flask) -> None:
    """Makes them filters, and the texts' functions globals, of every template."""
    for function in (
        local, day, day_year, weekday_day, full_day, instant_text, reduced, capitalised, week, iso, change_word,
        language_name, quoting, swedish,
    ):  # fmt: skip
        app.add_template_filter(function)
    app.add_template_filter(i18n.time_text, "clock")
    app.jinja_env.globals.update(
        _=said,
        gettext=said,
        pgettext=i18n.pgettext,
        ngettext=i18n.ngettext,
        number_word=i18n.number_word,
        span_text=i18n.span_text,
        month_name=i18n.month_name,
        day_name=i18n.day_name,
    )
