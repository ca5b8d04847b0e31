"""The whole site to be looked at: the demo on a fixed day, and every page it has, by name.

``tools/screenshots.py`` photographs the same list that the tests of this folder walk through. Not here: what is
looked for on a page (``rig``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.accounts.actions import make_link, new_secret
from scheduler.accounts.invitations import invite
from scheduler.accounts.models import User
from scheduler.accounts.personal_links import derive
from scheduler.accounts.principals import principal_of
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.demo import ACTOR, SECRETARY, fill
from scheduler.drafts.actions import lock_meeting, make_draft, move_planned
from scheduler.drafts.alternatives import make_alternatives
from scheduler.drafts.problem import times_of
from scheduler.drafts.queue import claim_run
from scheduler.drafts.running import run
from scheduler.drafts.translating import pack, unpack
from scheduler.feeds.actions import make_token
from scheduler.feeds.rules import Scope
from scheduler.forums.models import Forum, StandingItem
from scheduler.forums.own_seats import reportable_seats
from scheduler.forums.queries import cadence_of, forums_for_list, is_judged
from scheduler.forums.representatives import decline_report, report_representative
from scheduler.forums.seat_checks import confirm_check, start_checks
from scheduler.forums.seat_models import Seat
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.ical.busy import BusySpan, Reading
from scheduler.mail.actions import queue_login_link
from scheduler.mail.choices import choice_of, token_of
from scheduler.mail.models import IncomingMail, MailHold, OutboxAttempt, OutboxMail, Suppression
from scheduler.mail.rows import new_mail
from scheduler.meetings.actions import Site, book_meeting, cancel_meeting
from scheduler.meetings.answering import answer_call
from scheduler.meetings.invitees import invitees_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.needs import Needs
from scheduler.meetings.replies import give_reply
from scheduler.meetings.substitutes import ask_substitute
from scheduler.organisations.models import Contact, Office, OfficeHolding, Organisation, Person, PersonEmail
from scheduler.outbound import Validators
from scheduler.places.absences import add_absence
from scheduler.places.busy import add_source
from scheduler.places.busy_reading import Found
from scheduler.places.busy_refresh import note_failure
from scheduler.places.models import BlockedPeriod, Place
from scheduler.polls.actions import GivenDate, Wanted, create_poll, decide, open_poll
from scheduler.polls.voting import vote
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import ActionPoint, Document, DocumentVersion, Minutes
from scheduler.records.suggestions import suggest
from scheduler.register.models import Activity, FocusArea, Notice, Theme, Vision
from scheduler.settings import Settings

SECRET_KEY = "a secret of the tests, long enough"
#: Sunday 22 November 2026, 10.00 in Stockholm.
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
#: A forum everybody may read of, with a forum within it; and one whose members sit on seats of its own.
FORUM, SEATED = "regionalt-forum", "kommunal-regionrad"
#: A forum whose chair and secretariat rotate.
TURNING = "tillvaxtberedningen"
#: One of 13 members and 13 substitutes.
BOARD = "tillvaxtberedningen"

#: Name and address of every page of a signed-in person; what stands in braces is looked up in the demo.
PAGES = (
    ("overview", "/"),
    ("overview-2025", "/?year=2025"),
    ("overview-behind", "/?status=behind"),
    ("overview-group", "/?group=kind-natverk"),
    ("todo", "/todo"),
    ("forums", "/forums"),
    ("forums-no-hits", "/forums?q=polarbib"),
    ("forum", f"/forums/{FORUM}"),
    ("forum-behind", "/forums/samtal-residenset"),
    ("forum-seated", f"/forums/{SEATED}"),
    ("forum-unplanned", "/forums/lh-ytterligare"),
    ("forum-family", "/forums/ag-upphandling"),
    ("forum-new", "/forums/new"),
    ("forum-edit", f"/forums/{FORUM}/edit"),
    ("forum-cadence", f"/forums/{FORUM}/cadence"),
    ("forum-seats", f"/forums/{SEATED}/seats"),
    ("forum-seat-new", f"/forums/{SEATED}/seats/new"),
    ("forum-seat", f"/forums/{SEATED}/seats/{{seat}}"),
    ("forum-appoint", f"/forums/{SEATED}/seats/{{seat}}/appoint"),
    ("forum-nesting", f"/forums/{FORUM}/nesting"),
    ("forum-rotation", f"/forums/{TURNING}/rotation"),
    ("forum-rotation-order", f"/forums/{TURNING}/rotation/secretariat"),
    ("forum-relations", f"/forums/{FORUM}/relations"),
    ("forum-substitutes", f"/forums/{BOARD}/substitutes"),
    ("forum-substitute-order", f"/forums/{BOARD}/substitutes/order?for=all"),
    ("forum-mandates", f"/forums/{BOARD}/mandates"),
    ("forum-agenda", "/forums/{agenda}/agenda"),
    ("forum-agenda-item", "/forums/{agenda}/agenda/{item}"),
    ("meeting-new", "/meetings/new"),
    ("meeting-new-preset", f"/meetings/new?forum={FORUM}"),
    ("meeting", "/meetings/{booked}"),
    ("meeting-called", "/meetings/{called}"),
    ("meeting-chain", "/meetings/{board}"),
    ("meeting-substitutes", "/meetings/{board}/substitutes"),
    ("meeting-needs", "/meetings/{board}/needs"),
    ("meeting-held", "/meetings/{held}"),
    ("meeting-cancelled", "/meetings/{cancelled}"),
    ("meeting-unrecorded", "/meetings/{unrecorded}"),
    ("meeting-themed", "/meetings/{themed}"),
    ("attendance", "/meetings/{attended}/attendance"),
    ("attendance-part", "/meetings/{attended}/attendance/{attender}"),
    ("attendance-guests", "/meetings/{attended}/attendance/guests"),
    ("meeting-attended", "/meetings/{attended}"),
    ("minutes", "/meetings/{attended}/minutes"),
    ("package", "/meetings/{attended}/package"),
    ("minutes-preview", "/meetings/{attended}/minutes/preview"),
    ("minutes-adjusted", "/meetings/{adjusted}/minutes"),
    ("minutes-begin", "/meetings/{unrecorded}/minutes"),
    ("minutes-notes", "/meetings/{noted}/minutes"),
    ("meeting-edit", "/meetings/{booked}/edit"),
    ("meeting-move", "/meetings/{booked}/move"),
    ("meeting-confirm", "/meetings/{proposed}/confirm"),
    ("meeting-call", "/meetings/{booked}/call"),
    ("meeting-cancel", "/meetings/{booked}/cancel"),
    ("meeting-reinstate", "/meetings/{cancelled}/reinstate"),
    ("meeting-held-step", "/meetings/{unrecorded}/held"),
    ("meeting-correct", "/meetings/{held}/correct"),
    ("meeting-close", "/meetings/{held}/close"),
    ("meeting-invitees", "/meetings/{themed}/invitees"),
    ("plan", "/plan/2027?meeting={planned}"),
    ("plan-clashes", "/drafts/{draft}?only=clashes"),
    ("plan-why-not", "/drafts/{draft}?meeting={planned}&day=2027-03-10"),
    ("plan-running", "/plan/2029"),
    ("plan-empty", "/plan/2028"),
    ("plan-new", "/plan/2027/new?from={draft}&task=mend"),
    ("plan-add", "/drafts/{draft}/add/{draft_forum}"),
    ("plan-accept", "/drafts/{draft}/accept"),
    ("plan-accept-forum", "/drafts/{draft}/accept?forum={draft_forum}"),
    ("plan-delete", "/drafts/{draft}/delete"),
    ("plan-conflicts", "/plan/2027/conflicts?draft={judged}"),
    ("draft-quality", "/drafts/{judged}/quality"),
    ("draft-compare", "/drafts/compare?a={judged}&b={judged_other}"),
    ("draft-compare-choose", "/drafts/compare?year=2027"),
    ("draft-forum", "/drafts/{judged}/forums/{judged_forum}"),
    ("draft-forum-lacking", "/drafts/{judged}/forums/{judged_lacking}"),
    ("forum-dates", f"/forums/{FORUM}/dates?year=2027"),
    ("forum-dates-no-count", "/forums/lh-ytterligare/dates?year=2027"),
    ("polls", "/polls"),
    ("poll-new", "/polls/new"),
    ("poll-new-preset", f"/polls/new?forum={BOARD}"),
    ("poll-draft", "/polls/{poll_draft}/edit"),
    ("poll", "/polls/{poll}"),
    ("poll-choose", "/polls/{poll}/choose/{poll_date}"),
    ("poll-answer", "/polls/{poll}/answers/{poll_invitee}"),
    ("poll-decided", "/polls/{poll_decided}"),
    ("calendar", "/calendar"),
    ("calendar-month", "/calendar/2026/12"),
    ("calendar-year", "/calendar/2026"),
    ("calendar-year-next", "/calendar/2027"),
    ("calendar-list", "/calendar/list"),
    ("year-table-present", "/plan/table"),
    ("year-table", "/plan/2026/table"),
    ("year-table-changed", "/plan/2026/table?show=changed"),
    ("year-table-empty", "/plan/2031/table"),
    ("year-decision", "/plan/2026/decision"),
    ("organisations", "/organisations"),
    ("organisation", "/organisations/lst-norrbotten"),
    ("organisation-edit", "/organisations/lst-norrbotten/edit"),
    ("organisation-new", "/organisations/new"),
    ("organisation-contact-new", "/organisations/region-norrbotten/contacts/new"),
    ("organisation-contact", "/organisations/region-norrbotten/contacts/{contact}"),
    ("organisation-relations", "/organisations/region-norrbotten/relations"),
    ("organisation-merge", "/organisations/region-norrbotten/merge"),
    ("organisation-compare", "/organisations/region-norrbotten/merge?other=boden"),
    ("offices", "/offices"),
    ("office", "/offices/{office}"),
    ("office-new", "/offices/new"),
    ("office-edit", "/offices/{office}/edit"),
    ("office-hold", "/offices/{office}/holdings/new?replace=1"),
    ("office-hold-no-hits", "/offices/{office}/holdings/new?q=Ny+Person"),
    ("office-holding", "/offices/{office}/holdings/{holding}"),
    ("people", "/people"),
    ("person", "/people/{person}"),
    ("person-edit", "/people/{person}/edit"),
    ("person-leaving", "/people/{person}/leaving"),
    ("person-absences", "/people/{person}/absences"),
    ("person-load", "/people/{governor}/load/2026"),
    ("person-load-next", "/people/{person}/load/2027"),
    ("person-new", "/people/new"),
    ("people-list", "/people/list"),
    ("person-merge", "/people/{person}/merge"),
    ("person-compare", "/people/{person}/merge?other={other_person}"),
    ("subscribe", "/subscribe"),
    ("forum-subscribe", f"/forums/{FORUM}/subscribe"),
    ("subscribe-selection", "/subscribe?which=selection"),
    ("subscribe-edit", "/subscribe/{calendar_link}"),
    ("representatives", "/representatives"),
    ("representative", "/representatives/{report}"),
    ("seat-checks", "/seat-checks"),
    ("seat-checks-new", "/seat-checks/new"),
    ("organisation-link", "/organisations/region-norrbotten/link"),
    ("meeting-mailings", "/meetings/{mailed}/mailings"),
    ("meeting-message", "/meetings/{mailed}/message"),
    ("mails", "/mail"),
    ("mails-no-hits", "/mail?q=polarbib"),
    ("health", "/health"),
    ("mail", "/mail/{mail}"),
    ("incoming", "/mail/incoming"),
    ("incoming-mail", "/mail/incoming/{incoming}"),
    ("places", "/places"),
    ("place-new", "/places/new"),
    ("place", "/places/{place}"),
    ("towns", "/places/towns"),
    ("town-pair", "/places/towns/pair?one=Luleå&other=Piteå"),
    ("town-new", "/places/towns/new"),
    ("blocked", "/blocked?year=2027"),
    ("blocked-new", "/blocked/new"),
    ("blocked-days", "/blocked/{blocked}"),
    ("themes", "/themes"),
    ("theme-new", "/themes/new"),
    ("theme", "/themes/{theme}"),
    ("strategies", "/strategies"),
    ("strategy-new", "/strategies/new"),
    ("strategy", "/strategies/{strategy}"),
    ("strategy-area-new", "/strategies/{strategy}/areas/new"),
    ("strategy-area", "/strategies/{strategy}/areas/{area}"),
    ("vision-new", "/visions/new"),
    ("vision", "/visions/{vision}"),
    ("activities", "/activities"),
    ("activity-new", "/activities/new"),
    ("activity", "/activities/{activity}"),
    ("notices", "/notices"),
    ("notice-new", "/notices/new"),
    ("notice", "/notices/{notice}"),
    ("kinds", "/kinds"),
    ("kind", "/kinds/natverk"),
    ("kind-new", "/kinds/new"),
    ("kind-reminders", "/kinds/natverk/reminders"),
    ("kinds-organisations", "/kinds/organisations"),
    ("kind-organisation", "/kinds/organisations/kommun"),
    ("kind-organisation-new", "/kinds/organisations/new"),
    ("forum-reminders", f"/forums/{FORUM}/reminders"),
    ("forum-save-the-date", f"/forums/{FORUM}/reminders?mail=save_the_date"),
    ("forum-invited", "/forums/samtal-residenset/invited"),
    ("meeting-agenda", "/meetings/{papered}/agenda"),
    ("meeting-written", "/meetings/{papered}"),
    ("agenda-new", "/meetings/{papered}/agenda/new"),
    ("agenda-suggested", "/meetings/{suggested}/agenda"),
    ("agenda-suggestion", "/meetings/{suggested}/agenda/suggestions/{suggestion}"),
    ("agenda-item", "/meetings/{papered}/agenda/{point}"),
    ("agenda-hand-on", "/meetings/{papered}/agenda/{point}/hand-on"),
    ("document-new", "/meetings/{papered}/documents/new"),
    ("document", "/meetings/{papered}/documents/{document}"),
    ("forum-document", "/forums/{acting}/documents/{statutes}"),
    ("forum-document-new", f"/forums/{FORUM}/documents/new"),
    ("actions", "/forums/{acting}/actions"),
    ("action-new", "/forums/{acting}/actions/new"),
    ("action", "/forums/{acting}/actions/{action}"),
    ("meeting-reminders", "/meetings/{booked}/reminders"),
    ("meeting-chasers", "/meetings/{called}/reminders?mail=chaser"),
    ("reports", "/reports"),
    ("report-cadence", "/reports/cadence/2026"),
    ("report-cadence-2025", "/reports/cadence/2025"),
    ("report-cadence-group", "/reports/cadence/2025?group=kind-natverk"),
    ("report-cadence-none", "/reports/cadence/2021"),
    ("report-attendance", "/reports/attendance/2026"),
    ("report-attendance-none", "/reports/attendance/2021"),
    ("report-load", "/reports/load/2026"),
    ("report-load-none", "/reports/load/2021"),
    ("report-mail", "/reports/mail/2026"),
    ("report-mail-none", "/reports/mail/2021"),
    ("register", "/register"),
    ("sources", "/sources"),
    ("history", "/history"),
    ("history-change", "/history/{change}"),
    ("sessions", "/me/sessions"),
    ("users", "/admin/users"),
    ("user", "/admin/users/{user}"),
    ("user-person", "/admin/users/{user}/person?q=sara"),
    ("user-invite", "/admin/users/invite"),
    ("me-no-person", "/me"),
    ("search", "/search?q=regionalt"),
    ("search-empty", "/search"),
    ("search-no-hits", "/search?q=polarbib"),
    ("reply-other", "/meetings/{called}/invitees/{invitee}/reply"),
)
#: The same of a person of the register who plans nothing and is called to a meeting.
MEMBER_PAGES = (
    ("member-me", "/me"),
    ("member-past", "/me?past=1"),
    ("member-load", "/people/{member_person}/load/2026"),
    ("member-busy", "/me/busy"),
    ("member-mail", "/me/mail"),
    ("member-edit", "/me/edit"),
    ("member-reply", "/meetings/{called}/reply?back=me"),
    ("member-meeting", "/meetings/{called}"),
    ("member-suggest", "/meetings/{called}/agenda/suggest"),
    ("member-search", "/search?q=regionalt"),
)
#: The same of somebody who is not signed in.
PUBLIC_PAGES = (
    ("public-overview", "/"),
    ("public-search", "/search?q=regionalt"),
    ("public-forums", "/forums"),
    ("public-forum", f"/forums/{FORUM}"),
    ("public-meeting", "/meetings/{booked}"),
    ("public-calendar", "/calendar"),
    ("public-calendar-month", "/calendar/2026/12"),
    ("public-calendar-year", "/calendar/2026"),
    ("public-calendar-list", "/calendar/list"),
    ("public-subscribe", "/subscribe"),
    ("public-forum-subscribe", f"/forums/{FORUM}/subscribe"),
    ("organisation-page", "/o/{organisation}"),
    ("organisation-page-offered", "/o/{offered}"),
    ("reply-page", "/r/{call}/?answer=no"),
    ("reply-page-answered", "/r/{answered_call}/?done=answered"),
    ("reply-page-sends", "/r/{sender_call}/?answer=no"),
    ("reply-page-substitute", "/r/{substitute_call}/"),
    ("poll-page", "/p/{poll_open}/"),
    ("poll-page-changing", "/p/{poll_answered}/"),
    ("poll-page-answered", "/p/{poll_answered}/?done=answered"),
    ("poll-page-decided", "/p/{poll_over}/"),
    ("adjusting", "/j/{adjusting}/"),
    ("board", "/notices/board"),
    ("mail-choices", "/s/{choices}/"),
    ("mail-choices-organisation", "/s/{office_choices}/"),
    ("mail-choices-unsubscribe", "/s/{choices}/unsubscribe"),
    ("accessibility", "/accessibility"),
    ("privacy", "/privacy"),
    ("login", "/login"),
    ("login-link", "/login/{link}"),
    ("invitation", "/invitation/{invitation}"),
)
#: No such page; it says so and leads on.
MISSING = ("missing", "/nowhere")


@dataclass(frozen=True)
class DemoSite:
    """The demo, filled: the application, what stands in braces in the lists, and a link that signs in once."""

    app: Flask
    found: dict[str, object]
    #: Of the secretary, or of whom its argument names by address: ``member`` is one's.
    new_link: Callable[..., str]
    member: str

    def path(self, pattern: str) -> str:
        """The address that ``pattern`` of the lists means here."""
        return pattern.format_map(self.found)


def demo_site(folder: Path) -> DemoSite:
    """Makes the demo of ``NOW`` in ``folder``; nothing runs beside it and no mail is sent."""
    return open_site(folder, fill_site(folder))


def fill_site(folder: Path) -> dict[str, object]:
    """Makes the demo's database in ``folder``; gives what stands in braces in the lists.

    The folder may be copied, and each copy opened: making the demo takes as long as a hundred tests.
    """
    settings = _settings(folder)
    app = create_app(settings, lambda: NOW)
    with app.app_context():
        schema.upgrade(db.engine)
        session = db.session()
        begin_write(session)
        fill(session, settings, lambda: NOW)
        link = new_secret()
        queue_login_link(
            session, NOW, SECRETARY[0], f"{settings.public_url}/login/{link}", "ABCD-EFGH", "sv",
            expires_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        found = _look_up(session, Site(settings.public_url, settings.calendar_domain))
        session.commit()
        found |= _judged_drafts(session)
        session.commit()
        found |= _drafts(session)
        found["change"] = session.scalars(select(HistoryEntry.change_id).order_by(HistoryEntry.id).limit(1)).one()
        session.commit()
        db.session.remove()
        db.engine.dispose()
    return found


def open_site(folder: Path, found: Mapping[str, object]) -> DemoSite:
    """The application on a folder that ``fill_site`` has filled, or on a copy of it."""
    app = create_app(_settings(folder), lambda: NOW)

    def new_link(login: str = SECRETARY[0]) -> str:
        with app.app_context():
            begin_write(db.session())
            token = make_link(db.session(), ACTOR, NOW, login=login)
            db.session.commit()
        return f"/login/{token}"

    return DemoSite(app, {**found, "link": new_link().rsplit("/", 1)[1]}, new_link, member=str(found["member"]))


def _settings(folder: Path) -> Settings:
    return Settings(
        instance=folder,
        secret_key=SECRET_KEY,
        worker="none",
        demo=True,
        calendar_domain="takt.example.org",
        mail_from="takt@example.org",
        organisation="Länsstyrelsen Norrbotten (demo)",
    )


def _look_up(session: Session, site: Site) -> dict[str, object]:
    """What the lists name in braces; the meeting that is cancelled is cancelled here, for the demo has none ahead."""

    def meeting(state: str, forum: str | None = None, *, behind: bool = False) -> Meeting:
        when = Meeting.start_at < NOW if behind else Meeting.start_at > NOW
        rows = session.scalars(select(Meeting).where(Meeting.state == state, when).order_by(Meeting.start_at.desc()))
        return next(row for row in rows if forum in {None, row.forum.slug})

    cancelled = meeting("confirmed", "dansradet")
    cancel_meeting(
        session, ACTOR, NOW, cancelled, reason="Ordföranden har fått förhinder.", version=cancelled.version, site=site,
        send=False,
    )  # fmt: skip
    seat = select(Seat.id).join(Forum, Seat.forum_id == Forum.id).where(Forum.slug == SEATED).order_by(Seat.id)
    person = (
        select(Person.id).join(Organisation).where(Organisation.slug == "lst-norrbotten").order_by(Person.id).limit(1)
    )
    holding = session.scalars(select(OfficeHolding).join(Office).where(Office.slug == "landshovding")).one()
    return {
        "booked": meeting("confirmed", FORUM).id,
        "called": meeting("called").id,
        "held": meeting("held", FORUM, behind=True).id,
        "cancelled": cancelled.id,
        "unrecorded": meeting("confirmed", behind=True).id,
        "proposed": meeting("proposed").id,
        "themed": meeting("confirmed", "samtal-residenset").id,
        "seat": session.scalars(seat.limit(1)).one(),
        "person": session.scalars(person).one(),
        "other_person": session.scalars(person.offset(1)).one(),
        "contact": session.scalars(select(Contact.id).join(Organisation).order_by(Contact.id).limit(1)).one(),
        "office": holding.office_id,
        "governor": holding.person_id,
        "holding": holding.id,
        "mail": session.scalars(select(OutboxMail.id).limit(1)).one(),
        "mailed": _mails(session, meeting("confirmed", FORUM)),
        "incoming": _incoming(session, meeting("called")),
        **_register(session, meeting("confirmed", FORUM)),
        **_records(session, meeting("held", BOARD, behind=True)),
        **_agenda(session),
        **_papers(session),
        **_polls(session, site),
        **_organisations(session),
        **_members(session, meeting("called")),
        **_chains(session, meeting("called", BOARD)),
        **_users(session),
        "travelled": _journeys(session, site),
    }


def _journeys(session: Session, site: Site) -> int:
    """Two meetings of the governor in Kiruna near each other, the later on a day with another in Luleå."""
    kiruna = Place(slug="folkets-hus-kiruna", name="Folkets hus", town="Kiruna")
    session.add(kiruna)
    session.flush()
    made = []
    for slug, on, start in (
        ("partnerskapet", date(2026, 12, 10), time(9)), ("statliga-myndigheter", date(2026, 12, 15), time(13)),
    ):  # fmt: skip
        forum = session.scalars(select(Forum).where(Forum.slug == slug)).one()
        made.append(
            book_meeting(
                session, ACTOR, NOW, forums=[forum], on=on, start=start, site=site, place_id=kiruna.id,
                check_conflicts=False, send=False,
            )
        )  # fmt: skip
    return made[-1].id


def _records(session: Session, meeting: Meeting) -> dict[str, object]:
    """A meeting whose attendance is marked, and one of its substitutes."""
    roll = roll_of(session, meeting)
    rows = session.scalars(select(Minutes).order_by(Minutes.id)).all()
    adjusted = next(row for row in rows if row.locked is not None)
    one = adjusted.adjusters[0]
    return {
        "attended": meeting.id,
        "attender": next(row.key for row in roll.others if row.role == "substitute"),
        "adjusted": adjusted.meeting_id,
        "noted": next(row.meeting_id for row in rows if row.kind == "notes"),
        "adjusting": derive(SECRET_KEY, "adjust", one.id, one.epoch),
    }


def _mails(session: Session, meeting: Meeting) -> int:
    """Lets a mailing of ``meeting`` have gone out with all that may befall a mail; an address of theirs bounces."""
    ends = (
        ("sent", None, None),
        ("failed", 550, "5.1.1 no such user"),
        ("deferred", 451, "4.7.1 greylisted"),
        ("held", None, None),
        ("uncertain", None, "dot"),
        ("pending", None, None),
    )
    people = [row for row in invitees_of(session, [meeting])[meeting.id] if row.email and not row.protected]
    for row, (state, code, error) in zip(people, ends, strict=False):
        values = new_mail(
            row.email or "", kind="save_the_date", subject=meeting.uid, distinction="sights", person_id=row.person_id,
            meeting_id=meeting.id, batch="sights", created_at=NOW - timedelta(hours=2), next_at=NOW,
            stale_at=NOW + timedelta(days=2),
        )  # fmt: skip
        mail = OutboxMail(**{**values, "state": state, "last_code": code, "last_error": error})
        mail.subject = f"Spara dagen: {meeting.forum.title}"
        mail.sent_at = NOW - timedelta(hours=1) if state == "sent" else None
        session.add(mail)
        session.flush()
        if code or error:
            stage = "dot" if error == "dot" else "rcpt"
            session.add(OutboxAttempt(mail_id=mail.id, at=NOW, stage=stage, code=code, error=error, lease_token="-"))
        if state == "failed":
            address = session.scalars(select(PersonEmail).where(PersonEmail.normalised == mail.mailbox)).one()
            address.bounce_state = "hard"
            session.add(Suppression(mailbox=mail.mailbox, reason="bounce", at=NOW, last_code="5.1.1"))
    session.add(MailHold(kind="save_the_date", reason="surge", at=NOW))
    session.flush()
    return meeting.id


def _incoming(session: Session, called: Meeting) -> int:
    """Two mails that somebody must look at; the first is what somebody wrote about a called meeting."""
    raw = b"From: Nils Ek <nils.ek@example.org>\r\nSubject: Re: Kallelse\r\n\r\nJag kommer, men efter lunch.\r\n"
    letter = IncomingMail(
        message_id="<1@example.org>", at=NOW, kind="other", state="look", reason="text", sender="nils.ek@example.org",
        subject="Re: Kallelse", meeting_id=called.id, raw=raw,
    )  # fmt: skip
    other = IncomingMail(
        message_id="<2@example.org>", at=NOW, kind="reply", state="look", reason="unknown", sender="eva.ek@example.org",
        subject="Accepterat: Kallelse", raw=raw,
    )  # fmt: skip
    session.add_all([letter, other])
    session.flush()
    return letter.id


def _users(session: Session) -> dict[str, object]:
    """The secretary's account with a calendar link, and an invitation nobody has accepted."""
    user = session.scalars(select(User).where(User.login == SECRETARY[0])).one()
    forum_id = session.scalars(select(Forum.id).where(Forum.slug == FORUM)).one()
    made = invite(
        session, Actor(user.name, user.id), NOW, login="eva.berg@example.org", name="Eva Berg", role="secretariat",
        forum_id=forum_id,
    )  # fmt: skip
    link = make_token(
        session, Actor(user.name, user.id), NOW, principal=principal_of(session, user, NOW.date()), scope=Scope.FORUM,
        scope_id=forum_id, label="iPhone", tentative=True,
    )  # fmt: skip
    return {"user": user.id, "invitation": made.token, "calendar_link": link.token.id}


def _members(session: Session, called: Meeting) -> dict[str, object]:
    """Somebody called who has not answered and will be away later; and another, who has answered."""
    asked, answered = [row for row in called.invitees if row.person is not None and row.role == "ordinary"][:2]
    person = asked.person
    assert person is not None
    assert person.main_email is not None
    give_reply(session, ACTOR, NOW, answered, answer="yes", comment="Kommer med tåget", via="secretary")
    first = called.local_on + timedelta(days=20)
    last = first + timedelta(days=18)
    add_absence(session, ACTOR, NOW, person, from_on=first, to_on=last, today=NOW.date())
    _calendars(session, person)
    suggestion = suggest(
        session, ACTOR, NOW, called, person.id, title="Bussarna i inlandet",
        text="Turerna dras in i januari. Forumet kan skriva till kollektivtrafikmyndigheten.",
    )  # fmt: skip
    choices = {
        "choices": choice_of(session, person_id=person.id),
        "office_choices": choice_of(session, organisation_id=session.scalars(select(Organisation.id).limit(1)).one()),
    }
    return {
        "invitee": answered.id,
        "member": person.main_email.address,
        "member_person": person.id,
        "suggested": called.id,
        "suggestion": suggestion.id,
        "call": derive(SECRET_KEY, "reply", asked.id, asked.epoch),
        "answered_call": derive(SECRET_KEY, "reply", answered.id, answered.epoch),
        **{name: token_of(SECRET_KEY, choice) for name, choice in choices.items()},
    }


def _chains(session: Session, called: Meeting) -> dict[str, object]:
    """Seats of the board: one covered after a no, one whose substitute is asked, one that waits; and what some need."""
    called.forum.asks_needs = True
    members = [row for row in called.invitees if row.role == "ordinary" and row.seat_id is not None]
    rows = {row.person_id: row for row in called.invitees}
    for invitee, answer in zip(members[2:8], ("no", "no", "no", "yes", "yes", "yes"), strict=True):
        needs = Needs("Vegetarisk mat", "Plats nära dörren") if answer == "yes" else None
        answer_call(session, ACTOR, NOW, invitee, answer=answer, via="secretary", needs=needs)
    first, second = (
        ask_substitute(session, ACTOR, NOW, called, seat_id=row.seat_id) for row in members[2:4] if row.seat_id
    )
    answer_call(session, ACTOR, NOW, rows[first.person_id], answer="no", via="secretary")
    first = ask_substitute(session, ACTOR, NOW, called, seat_id=first.seat_id)
    answer_call(session, ACTOR, NOW, rows[first.person_id], answer="yes", via="secretary")
    sender, asked = members[0], rows[second.person_id]
    return {
        "board": called.id,
        "sender_call": derive(SECRET_KEY, "reply", sender.id, sender.epoch),
        "substitute_call": derive(SECRET_KEY, "reply", asked.id, asked.epoch),
    }


def _calendars(session: Session, person: Person) -> None:
    """Calendars of a person's own: one that is read, one that fails, one given up and one from a file."""
    week = timedelta(days=7)
    times = tuple(BusySpan(NOW + n * week, NOW + n * week + timedelta(hours=2)) for n in range(1, 40))
    found = Found(Reading(times, left_out=3), Validators())
    address = "https://outlook.office365.com/owa/calendar/0a1b/7f3a9c{}/calendar.ics"
    for name, url in (("Outlook på jobbet", "1"), ("Hemma", "2"), ("Styrelsen", "3"), ("Jakten", None)):
        row = add_source(
            session, ACTOR, NOW, person, found, name=name, url=None if url is None else address.format(url)
        )
        if url == "2":
            note_failure(session, NOW, row, "slow")
        elif url == "3":
            note_failure(session, NOW - timedelta(days=20), row, "denied")
            note_failure(session, NOW, row, "denied")


def _organisations(session: Session) -> dict[str, object]:
    """The links of an organisation with many seats and of one that is offered a seat; what these have answered."""

    def link(row: Organisation) -> str:
        return derive(SECRET_KEY, "organisation", row.id, row.link_epoch)

    by_slug = {row.slug: row for row in session.scalars(select(Organisation))}
    region, host = by_slug["region-norrbotten"], by_slug["lst-norrbotten"]
    region.contact_email = by_slug["af-nord"].contact_email = "info@region.example.org"
    seats = [row for row in reportable_seats(session, region.id, NOW.date()) if row.kind == "ordinary"]
    reports = [
        report_representative(
            session, Actor(f"{region.name} (länk)"), NOW, region, seat_id=seat.id, given_name=given_name,
            family_name="Ek", email=f"{given_name.lower()}.ek@region.example.org", from_on=NOW.date(),
        )
        for seat, given_name in zip(seats, ("Nils", "Nora"), strict=False)
    ]  # fmt: skip
    decline_report(session, ACTOR, NOW, reports[1], reason="Platsen tillsätts av regionfullmäktige.")
    last = NOW.date() + timedelta(days=21)
    checks = start_checks(
        session, ACTOR, NOW, organisation_ids=[region.id, host.id], answer_by_on=last, today=NOW.date()
    )
    confirm_check(session, ACTOR, NOW, next(row for row in checks if row.organisation is host), name="Karin Berg")
    offered = session.scalars(select(Seat).where(Seat.offer == "offered").order_by(Seat.id)).first()
    assert offered is not None
    assert offered.organisation is not None
    return {"organisation": link(region), "offered": link(offered.organisation), "report": reports[0].id}


def _polls(session: Session, site: Site) -> dict[str, object]:
    """A poll of the board that some have answered, a draft and one that is decided."""
    board = session.scalars(select(Forum).where(Forum.slug == BOARD)).one()
    days = [date(2027, 2, 9), date(2027, 2, 11), date(2027, 2, 18), date(2027, 2, 24)]
    wanted = Wanted(
        dates=[GivenDate(day, time(9 + 4 * (n % 2))) for n, day in enumerate(days)], answer_by_on=date(2026, 12, 4),
        duration=120, title="Upphandlingen av den nya scenen",
    )  # fmt: skip
    draft = create_poll(session, ACTOR, NOW, forum=board, wanted=wanted, site=site)
    polls = []
    for _which in range(2):
        poll = create_poll(session, ACTOR, NOW, forum=board, wanted=wanted, site=site)
        open_poll(session, ACTOR, NOW, poll, version=None, site=site)
        for n, invitee in enumerate(poll.invitees[:17]):
            answers = {
                option.id: ("yes", "yes", "if_needed", "no")[(n + 2 * place) % 4 if n % 3 else 0]
                for place, option in enumerate(poll.options)
            }
            message = "Kommer efter lunch" if n == 3 else None
            vote(session, ACTOR, NOW, invitee, answers=answers, message=message)
        polls.append(poll)
    going, decided = polls
    decide(
        session, ACTOR, NOW, decided, option_id=decided.options[0].id, version=None, site=site,
        override_reason="Bästa datumet",
    )  # fmt: skip
    return {
        "poll": going.id,
        "poll_date": going.options[3].id,
        "poll_invitee": going.invitees[18].id,
        "poll_draft": draft.id,
        "poll_decided": decided.id,
        "poll_open": derive(SECRET_KEY, "poll", going.invitees[20].id, 1),
        "poll_by_keyboard": derive(SECRET_KEY, "poll", going.invitees[21].id, 1),
        "poll_without_scripts": derive(SECRET_KEY, "poll", going.invitees[22].id, 1),
        "poll_answered": derive(SECRET_KEY, "poll", going.invitees[1].id, 1),
        "poll_over": derive(SECRET_KEY, "poll", decided.invitees[1].id, 1),
    }


def _judged_drafts(session: Session) -> dict[str, object]:
    """Two drafts of the next year that differ, one with a forum whose rules contradict each other and with clashes."""
    begin_write(session)
    forums = [forum for forum in forums_for_list(session) if is_judged(forum)]
    rules = cadence_of(session, forums)
    ids = [forum.id for forum in forums if times_of(rules[forum.id], 2027, NOW.date()) is not None]
    first = make_draft(session, ACTOR, NOW, year=2027, scope="all", forum_ids=ids, seconds=2)
    session.commit()
    _run_next(session)
    begin_write(session)
    session.refresh(first)
    other, *waiting = make_alternatives(session, ACTOR, NOW, first)
    for one in waiting:
        session.delete(one)
    session.commit()
    _run_next(session)
    session.expire_all()
    begin_write(session)
    problem = unpack(first.problem or b"")
    lacking = problem["forums"][-1] | {"min_meetings": 9, "target_meetings": 9, "max_meetings": 8}
    first.problem = pack(problem | {"forums": [*problem["forums"][:-1], lacking]})
    rows = [row for row in first.meetings if row.meeting_id is None and f"f{row.forum_id}" != lacking["id"]]
    broken = next(row for row in rows if row.on.month < 5)
    # In the winter break of the county's schools.
    move_planned(session, ACTOR, NOW, broken, on=date(2027, 3, 10), start=780, place_id=None, town=broken.town)
    session.commit()
    slugs = {forum.id: forum.slug for forum in forums}
    return {
        "judged": first.id, "judged_other": other.id, "judged_forum": slugs[broken.forum_id],
        "judged_lacking": slugs[int(lacking["id"][1:])],
    }  # fmt: skip


def _run_next(session: Session) -> None:
    """Runs the draft whose turn it is."""
    claimed = claim_run(session, NOW)
    session.commit()
    assert claimed is not None
    assert run(db.engine, lambda: NOW, *claimed, "Europe/Stockholm", iterations=3)


def _drafts(session: Session) -> dict[str, object]:
    """A draft of the next year with a meeting that is locked and one that clashes, and one whose run goes on."""
    begin_write(session)
    forums = [forum for forum in forums_for_list(session) if is_judged(forum)]
    rules = cadence_of(session, forums)
    ids = [forum.id for forum in forums if times_of(rules[forum.id], 2027, NOW.date()) is not None]
    given = {"scope": "all", "forum_ids": ids, "seconds": 2}
    draft = make_draft(session, ACTOR, NOW, year=2027, **given)
    session.commit()
    claimed = claim_run(session, NOW)
    session.commit()
    assert claimed is not None
    assert run(db.engine, lambda: NOW, *claimed, "Europe/Stockholm", iterations=8)
    session.expire_all()
    begin_write(session)
    rows = [row for row in draft.meetings if row.meeting_id is None]
    lock_meeting(session, ACTOR, NOW, rows[0], locked=True)
    # In the winter break of the county's schools.
    broken = next(row for row in rows[1:] if row.on.month < 5)
    move_planned(session, ACTOR, NOW, broken, on=date(2027, 3, 10), start=780, place_id=None, town=broken.town)
    going = make_draft(session, ACTOR, NOW, year=2029, **given)
    going.state, going.progress = "running", {"seconds": 0.8, "iterations": 40, "of": 0, "cost": 4210, "unplaced": 0}
    going.holder, going.held_until = "sights", NOW + timedelta(days=1)
    session.commit()
    return {"draft": draft.id, "planned": broken.id, "draft_forum": broken.forum_id}


def _agenda(session: Session) -> dict[str, object]:
    """A forum with standing items, and one of them."""
    item = session.scalars(select(StandingItem).order_by(StandingItem.id).limit(1)).one()
    return {"agenda": session.scalars(select(Forum.slug).where(Forum.id == item.forum_id)).one(), "item": item.id}


def _papers(session: Session) -> dict[str, object]:
    """A called meeting with a written agenda, an item of it, a paper of it, and an action point of its forum."""
    document = session.scalars(
        select(Document).join(Document.meeting).where(Meeting.state == "called").order_by(Document.id).limit(1)
    ).one()
    assert document.meeting is not None
    point = session.scalars(
        select(ActionPoint).where(ActionPoint.state == "open").order_by(ActionPoint.id).limit(1)
    ).one()
    statutes = Document(
        forum_id=point.forum_id, title="Stadgar", visibility="public",
        versions=[DocumentVersion(number=1, link="https://www.example.org/stadgar", at=point.created_at)],
    )  # fmt: skip
    session.add(statutes)
    session.flush()
    return {
        "papered": document.meeting_id,
        "point": document.item_id,
        "document": document.id,
        "acting": point.forum.slug,
        "statutes": statutes.id,
        "action": point.id,
    }


def _register(session: Session, booked: Meeting) -> dict[str, object]:
    """Rows of the register's parts; days that warn of a booked meeting are entered here, for the demo has none."""
    days = BlockedPeriod(
        name="Fullmäktige i Luleå", kind="council", from_on=booked.local_on, to_on=booked.local_on, hard=False
    )
    session.add(days)
    session.flush()
    area = session.scalars(select(FocusArea).order_by(FocusArea.id).limit(1)).one()
    found = {
        table.__tablename__: session.scalars(select(table.id).order_by(table.id).limit(1)).one()
        for table in (Place, Vision, Activity, Notice)
    }
    theme = session.scalars(select(Theme.id).where(Theme.slug == "kultur")).one()
    return {**found, "blocked": days.id, "theme": theme, "area": area.id, "strategy": area.strategy_id}
