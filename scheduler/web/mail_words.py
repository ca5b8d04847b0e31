"""What mails are called on a page: kinds, states with their glyphs, and why one waits, failed or was dropped.

The words of a mail server are for those who run one; here they become a sentence, and its code stands small beside it
(REL-23). Not here: what the mails themselves say (``mail.letters``), what an answer leads to (``mail.outcomes``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.i18n import gettext, mark
from scheduler.mail.models import OutboxAttempt, OutboxMail
from scheduler.mail.outcomes import GONE, Answer, Outcome, Stage, outcome_of
from scheduler.web.words import Glyph, StatusWord

#: State of a mail → glyph and word.
STATES: Mapping[str, StatusWord] = {
    "pending": StatusWord("track", mark("Väntar")),
    "claimed": StatusWord("track", mark("Skickas")),
    "transmitting": StatusWord("track", mark("Skickas")),
    "sent": StatusWord("met", mark("Skickad")),
    "deferred": StatusWord("risk", mark("Försöker igen")),
    "failed": StatusWord("behind", mark("Misslyckad")),
    "expired": StatusWord("behind", mark("För sent")),
    "superseded": StatusWord("none", mark("Struken")),
    "suppressed": StatusWord("none", mark("Struken")),
    "held": StatusWord("none", mark("Hålls")),
    "uncertain": StatusWord("risk", mark("Osäker")),
}

#: Kind of mail → its word.
KINDS: Mapping[str, str] = {
    "save_the_date": mark("Spara dagen"),
    "call": mark("Kallelse"),
    "chaser": mark("Svarspåminnelse"),
    "reminder": mark("Påminnelse"),
    "change": mark("Ändring"),
    "cancellation": mark("Inställt möte"),
    "withdrawal": mark("Återkallelse"),
    "substitute_call": mark("Fråga till ersättare"),
    "substitute_off": mark("Ersättare behövs inte"),
    "message": mark("Meddelande"),
    "personal_digest": mark("Sammanställning"),
    "secretariat_digest": mark("Veckans läge"),
    "organisation_digest": mark("Organisationens översikt"),
    "action_reminder": mark("Påminnelse om åtgärd"),
    "action_overdue": mark("Försenad åtgärd"),
    "poll": mark("Datumförfrågan"),
    "poll_chaser": mark("Datumförfrågan igen"),
    "poll_result": mark("Valt datum"),
    "hand_over": mark("Överlämning"),
    "adjusting": mark("Protokoll att justera"),
    "notes": mark("Minnesanteckningar att läsa"),
    "login_link": mark("Inloggning"),
    "invitation": mark("Inbjudan som användare"),
    "seat_check": mark("Organisationens länk"),
    "test": mark("Provbrev"),
}

#: What our own programs note on a mail → the sentence.
NOTES: Mapping[str, str] = {
    "meeting off": mark("Mötet är inte längre aktuellt."),
    "moved": mark("Mötet fick en ny tid innan brevet gick."),
    "not invited": mark("Mottagaren är inte längre kallad."),
    "invited again": mark("Mottagaren är kallad igen."),
    "nothing new": mark("Det brevet skulle berätta gäller inte längre."),
    "answered": mark("Mottagaren har redan svarat."),
    "told of a change lately": mark("Mottagaren fick nyss brev om en ändring."),
    "stopped": mark("Mottagaren har avböjt sådana brev."),
    "invitation over": mark("Inbjudan gäller inte längre."),
    "mailbox suppressed": mark("Adressen studsar och får inga brev förrän den rättas."),
    "domain not allowed": mark("Installationen får inte skicka till den domänen."),
    "abandoned": mark("Sändningen avbröts. Brevet kan ha kommit fram."),
    "aborted": mark("Avbrutet för hand."),
    "kind held": mark("Alla sådana brev hålls, tills någon släpper dem."),
    "by hand": mark("Stoppat för hand."),
    "released": mark("Släppt för hand."),
    "enough for the day": mark("Mottagaren har fått så många brev som ryms på en dag."),
    "text deleted": mark("Brevets text är gallrad."),
}

#: Why a kind is held (``MailHold.reason``) → the sentence.
HOLDS: Mapping[str, str] = {
    "surge": mark("Fler brev än vanligt på en timme. De väntar på ditt ja."),
    "refused": mark("Mottagarnas servrar vägrade flera brev på en timme. De väntar på ditt ja."),
    "restore": mark("Databasen är återställd från en kopia. Breven kan redan ha gått, så de väntar på ditt ja."),
    "hand": mark("Stoppat för hand."),
}

#: Stage of a try → how far it came.
STAGES: Mapping[str, str] = {
    Stage.CONNECT: mark("Förbindelsen"),
    Stage.MAIL: mark("Avsändaren"),
    Stage.RCPT: mark("Mottagaren"),
    Stage.DATA: mark("Brevet"),
    Stage.DOT: mark("Kvittensen"),
    Stage.DONE: mark("Mottaget"),
    Stage.LOG: mark("Nedskrivet"),
}

_FULL = frozenset({"4.2.2", "5.2.2"})
_TOO_LARGE = frozenset({"5.2.3", "5.3.4", "4.3.4"})
_NO_DOMAIN = frozenset({"5.1.2", "5.4.4"})
#: A domain that takes no mail, by the letter (RFC 7505); Exchange says it of every address it does not know.
_NULL_MX = "5.1.10"
#: No login, or one that is not taken.
_LOGIN = frozenset({530, 534, 535})
_FULL_CODE = 552


@dataclass(frozen=True)
class Why:
    """Why a mail is where it is: a sentence, and what the mail server said for those who want it; both may be ""."""

    text: str = ""
    code: str = ""


def kind_word(kind: str) -> str:
    """The word of a kind of mail in the language in use: "Påminnelse"."""
    return gettext(KINDS[kind]) if kind in KINDS else kind


def state_word(state: str) -> str:
    """The word of a mail's state in the language in use: "Skickad"."""
    return gettext(STATES[state].word)


def state_glyph(state: str) -> Glyph:
    """The glyph of a mail's state."""
    return STATES[state].glyph


def hold_word(reason: str) -> str:
    """Why a kind of mail is held."""
    return gettext(HOLDS[reason]) if reason in HOLDS else reason


def answer_sentence(answer: Answer) -> str:
    """What an answer of a mail server means, for somebody who has never met one."""
    for known, sentence in (
        (answer.enhanced in _FULL or answer.code == _FULL_CODE, mark("Brevlådan är full.")),
        (answer.enhanced in _TOO_LARGE, mark("Brevet är för stort för mottagaren.")),
        (_has_no_domain(answer), mark("Adressens domän finns inte eller tar inte emot e-post.")),
        (answer.enhanced in GONE, mark("Adressen finns inte.")),
        (answer.enhanced == "5.2.1", mark("Brevlådan är avstängd.")),
        (answer.code in _LOGIN, mark("E-postservern godtar inte inloggningen.")),
    ):
        if known:
            return gettext(sentence)
    return gettext(_OUTCOMES[outcome_of(answer)])


def _has_no_domain(answer: Answer) -> bool:
    return answer.enhanced in _NO_DOMAIN or (answer.enhanced == _NULL_MX and "null mx" in answer.text.casefold())


_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.SENT: mark("Lämnat till e-postservern."),
    Outcome.RELAY: mark("E-postservern går inte att nå."),
    Outcome.DEFER: mark("Mottagarens server bad oss vänta."),
    Outcome.MAILBOX: mark("Adressen tar inte emot e-post."),
    Outcome.REFUSED: mark("Mottagarens server vägrade ta emot brevet."),
    Outcome.DOUBT: mark("Förbindelsen bröts på slutet. Brevet kan ha kommit fram."),
}


def try_of(row: OutboxAttempt) -> Why:
    """One try in words."""
    stage = Stage(row.stage)
    if stage is Stage.LOG:
        return Why(gettext("Nedskrivet i stället för skickat."))
    answer = Answer(stage, row.code, row.error or "")
    return Why(answer_sentence(answer), _code(answer))


def _code(answer: Answer) -> str:
    return " ".join(str(part) for part in (answer.code, answer.enhanced) if part)


def why(mail: OutboxMail) -> Why:
    """Why a mail waits, failed or was dropped; empty for one that went well, or has not been tried."""
    note = mail.last_error or ""
    if mail.state == "sent":
        return Why()
    if note in NOTES:
        return Why(gettext(NOTES[note]))
    if mail.state == "held":
        return Why(gettext("Väntar på ditt ja."))
    if mail.state == "expired":
        return Why(gettext("Brevet hann inte iväg i tid."), _code(Answer(Stage.RCPT, mail.last_code, note)))
    if not note:
        return Why()
    if note in set(Stage):
        return Why(answer_sentence(Answer(Stage(note))))
    if mail.last_code is None and not mail.tries and mail.state == "failed":
        return Why(note)  # refused while it was written: our own words
    # Where it broke is not kept with the mail; a code of 5xx said of the mailbox says so itself.
    answer = Answer(Stage.RCPT, mail.last_code, note)
    return Why(answer_sentence(answer), _code(answer))
