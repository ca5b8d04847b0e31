"""Which meetings a feed shows, and at what price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from scheduler.accounts.models import UserRole
from scheduler.errors import NotFound
from scheduler.feeds.actions import renew_token, revoke_token
from scheduler.feeds.queries import (
    feed_of_token,
    links_of,
    own_link,
    public_feed,
    public_forum_feed,
    rights_for,
)
from scheduler.feeds.rules import Scope, window_on
from scheduler.forums.models import ForumName, Rotation, RotationEntry
from scheduler.ical.lint import lint_calendar
from scheduler.meetings.actions import (
    InviteeChoice,
    call_meeting,
    cancel_meeting,
    move_meeting,
    refresh,
    set_invitees,
    withdraw_invitee,
)
from scheduler.meetings.queries import meetings_showing
from tests.feeds.subscribers import feed_of, link, principal, read, summaries, today_of, user_of
from tests.ical_clients import read_with_icalendar, read_with_icaljs, read_with_recurring
from tests.meetings.county import DAY, SITE, counted

WEEK = timedelta(weeks=1)


@pytest.fixture
def member(county):
    """A forum, and a user who holds a seat in it."""
    forum = county.forum("Regionalt forum")
    person = county.person("Elin Marklund")
    county.seat(forum, person)
    return forum, user_of(county, person)


# ---------------------------------------------------------------- public feeds


def test_public_feed_holds_what_is_public_and_nothing_else(county, session):
    shown, hidden, dates = (
        county.forum("Öppna rådet", public="full"),
        county.forum("Slutna"),
        county.forum(public="dates"),
    )
    county.meeting(shown, DAY, title="Vägar")
    county.meeting(hidden, DAY, title="Hemligt")
    county.meeting(dates, DAY + WEEK, title="Innehåll")
    county.meeting(shown, DAY + 2 * WEEK, state="proposed")
    county.meeting(shown, DAY + 3 * WEEK, public=False)
    body = read(session, public_feed(session), today_of(county))
    assert summaries(body) == ["Öppna rådet: Vägar", dates.name]
    assert lint_calendar(body, public=True) == []


def test_public_feed_never_names_a_forum_that_is_not_public(county, session):
    shown, hidden = county.forum("Öppna rådet", public="full"), county.forum("Slutna")
    county.meeting(shown, DAY, forums=[hidden, shown])
    bodies = [
        read(session, feed, today_of(county)) for feed in (public_feed(session), public_forum_feed(session, shown.slug))
    ]
    assert [b"Slutna" in body for body in bodies] == [False, False]
    assert summaries(bodies[1]) == ["Öppna rådet"]


def test_public_feed_of_a_forum_that_is_not_public_is_none(county, session):
    hidden, proposal = county.forum(), county.forum(public="full", state="proposal")
    assert [public_forum_feed(session, slug) for slug in (hidden.slug, proposal.slug, "nowhere")] == [None, None, None]


def test_public_feed_of_a_forum_takes_the_level_of_its_kind(county, session):
    assembly = county.forum("Fullmäktige", kind="fullmaktige", public_level=None)
    found = public_forum_feed(session, assembly.slug)
    assert found is not None
    assert (found.scope, found.scope_id, found.audience, found.name) == (
        Scope.FORUM,
        assembly.id,
        "public",
        "Fullmäktige",
    )


def test_public_feed_in_english_has_the_forums_english_name(county, session):
    forum = county.forum("Öppna rådet", public="full")
    forum.names = [ForumName(language="en", name="The open council"), ForumName(language="se", name="Rabas ráđđi")]
    session.flush()
    county.meeting(forum, DAY)
    feed = public_forum_feed(session, forum.slug, "en")
    assert feed.name == "The open council"
    assert summaries(read(session, feed, today_of(county))) == ["The open council"]
    assert public_forum_feed(session, forum.slug).name == "Öppna rådet"


def test_feed_without_meetings_is_a_valid_calendar(county, session):
    forum = county.forum(public="full")
    feed = public_forum_feed(session, forum.slug)
    body = read(session, feed, today_of(county))
    assert (feed.version, lint_calendar(body), summaries(body)) == (0, [], [])
    assert read_with_icaljs(body) == []


# ---------------------------------------------------------------- F15, F22: what stands, and since when


def test_f22_window_begins_on_the_first_a_year_back(county, session):
    forum = county.forum(public="full")
    for on in (date(2025, 10, 31), date(2025, 11, 1), date(2026, 6, 1), date(2031, 1, 7)):
        county.meeting(forum, on, state="held" if on < today_of(county) else "confirmed", title=str(on))
    feed = public_feed(session)
    shown = [text[-10:] for text in summaries(read(session, feed, today_of(county)))]
    assert shown == ["2025-11-01", "2026-06-01", "2031-01-07"]
    archive = read(session, feed, today_of(county), date(2019, 1, 1))
    assert [text[-10:] for text in summaries(archive)] == ["2025-10-31", *shown]


@pytest.mark.parametrize(
    ("today", "cancelled"),
    [
        (date(2026, 12, 31), True),
        (date(2027, 2, 28), True),
        (date(2027, 3, 1), True),
        (date(2027, 3, 31), True),
        (date(2027, 4, 1), False),
    ],
)
def test_f15_cancelled_meeting_stays_to_the_end_of_the_month_after_its_own(county, session, member, today, cancelled):
    forum, user = member
    meeting = county.meeting(forum, DAY)
    cancel_meeting(session, county.actor, county.now, meeting, reason="Snö", version=None, site=SITE)
    feed = feed_of(county, link(county, user, Scope.FORUM, forum.id))
    events = read_with_icalendar(read(session, feed, today))
    assert [(e["status"], e["transparent"], e["summary"]) for e in events] == (
        [("CANCELLED", True, "INSTÄLLT: Regionalt forum")] if cancelled else []
    )


def test_f15_option_leaves_cancelled_meetings_out(county, session, member):
    forum, user = member
    stands, gone = county.meeting(forum, DAY), county.meeting(forum, DAY + WEEK)
    cancel_meeting(session, county.actor, county.now, gone, reason="Snö", version=None, site=SITE)
    feed = feed_of(county, link(county, user, Scope.FORUM, forum.id, cancelled=False))
    assert [e["uid"] for e in read_with_icalendar(read(session, feed, today_of(county)))] == [stands.uid]


def test_f13_f14_moved_meeting_is_the_same_with_a_higher_sequence(county, session, member):
    forum, user = member
    meeting = county.meeting(forum, DAY, time(10))
    feed = feed_of(county, link(county, user, Scope.FORUM, forum.id))
    before = read_with_icaljs(read(session, feed, today_of(county)))
    move_meeting(
        session, county.actor, county.now, meeting, version=None, site=SITE, start=time(13), check_conflicts=False
    )
    body = read(session, feed, today_of(county))
    after = read_with_icaljs(body)
    assert [event["uid"] for event in after] == [event["uid"] for event in before] == [meeting.uid]
    assert (before[0]["sequence"], after[0]["sequence"]) == (0, 1)
    assert after[0]["description"].startswith("Ny tid: 10.00 → 13.00")
    expanded = read_with_recurring(body, DAY, DAY + WEEK)
    assert [event["start"] for event in expanded] == [event["start"] for event in after] == [meeting.start_at]


# ---------------------------------------------------------------- proposals


def test_proposals_are_left_out_unless_asked_for(county, session):
    forum = county.forum("Beredningen")
    chair = county.person()
    county.seat(forum, chair, function="chair")
    user = user_of(county, chair)
    county.meeting(forum, DAY)
    county.meeting(forum, DAY + WEEK, state="proposed")
    plain, asked = (feed_of(county, link(county, user, Scope.FORUM, forum.id, tentative=t)) for t in (False, True))
    states = [
        [event["status"] for event in read_with_icalendar(read(session, feed, today_of(county)))]
        for feed in (plain, asked)
    ]
    assert states == [["CONFIRMED"], ["CONFIRMED", "TENTATIVE"]]


@pytest.mark.parametrize("scope", [Scope.FORUM, Scope.PERSON])
def test_proposals_are_not_for_members(county, session, member, scope):
    forum, user = member
    county.meeting(forum, DAY, state="proposed")
    made = link(county, user, scope, forum.id if scope == Scope.FORUM else user.person_id, tentative=True)
    assert summaries(read(session, feed_of(county, made), today_of(county))) == []


def test_proposal_that_came_to_nothing_is_not_told(county, session, member):
    forum, user = member
    meeting = county.meeting(forum, DAY, state="proposed")
    cancel_meeting(session, county.actor, county.now, meeting, reason="Inget rum", version=None, site=SITE)
    feed = feed_of(county, link(county, user, Scope.FORUM, forum.id))
    assert summaries(read(session, feed, today_of(county))) == []


def test_proposals_of_ones_own_forums_alone_stand_in_a_persons_feed(county, session):
    led, sat_in = county.forum("Leder"), county.forum("Sitter")
    person = county.person()
    county.seat(led, person, function="chair")
    county.seat(sat_in, person)
    county.meeting(led, DAY, state="proposed")
    county.meeting(sat_in, DAY, state="proposed")
    feed = feed_of(county, link(county, user_of(county, person), Scope.PERSON, person.id, tentative=True))
    assert summaries(read(session, feed, today_of(county))) == ["Leder"]


# ---------------------------------------------------------------- a person's feed


def test_person_has_the_meetings_of_the_days_the_seat_was_held(county, session):
    forum, person = county.forum("Rådet"), county.person()
    county.seat(forum, person, since=date(2026, 1, 1), until=DAY)
    for n, on in enumerate((date(2025, 12, 4), date(2026, 3, 5), DAY, DAY + WEEK)):
        county.meeting(forum, on, state="held" if on < today_of(county) else "confirmed", title=str(n))
    feed = feed_of(county, link(county, user_of(county, person), Scope.PERSON, person.id))
    assert summaries(read(session, feed, today_of(county))) == ["Rådet: 1", "Rådet: 2"]


def test_person_has_the_meetings_of_nested_seats_and_of_an_office(county, session):
    inner, outer, by_office = county.forum("Beredningen"), county.forum("Regionalt forum"), county.forum("Samtalet")
    county.include(outer, inner)
    person = county.person()
    county.seat(inner, person)
    office = county.office("Landshövdingen")
    county.hold(office, person)
    county.seat(by_office, office_id=office.id)
    for n, forum in enumerate((inner, outer, by_office, county.forum("Annat"))):
        county.meeting(forum, DAY + n * WEEK)
    feed = feed_of(county, link(county, user_of(county, person), Scope.PERSON, person.id))
    assert summaries(read(session, feed, today_of(county))) == ["Beredningen", "Regionalt forum", "Samtalet"]


def test_person_with_several_seats_in_a_joint_meeting_has_it_once(county, session):
    one, two, person = county.forum("Ett"), county.forum("Två"), county.person()
    for forum in (one, two):
        county.seat(forum, person)
    county.seat(one, person)
    meeting = county.meeting(one, DAY, forums=[one, two])
    feed = feed_of(county, link(county, user_of(county, person), Scope.PERSON, person.id))
    assert [e["uid"] for e in read_with_icalendar(read(session, feed, today_of(county)))] == [meeting.uid]


def test_person_has_thematic_talks_only_when_invited(county, session):
    talks = county.forum("Samtal på residenset", invitees_per_meeting=True)
    person = county.person()
    county.seat(talks, person)
    county.meeting(talks, DAY, title="Inte bjuden")
    invited = county.meeting(talks, DAY + WEEK, title="Bjuden")
    set_invitees(
        session,
        county.actor,
        county.now,
        invited,
        version=None,
        site=SITE,
        invitees=[InviteeChoice(person_id=person.id)],
    )
    feed = feed_of(county, link(county, user_of(county, person), Scope.PERSON, person.id))
    assert summaries(read(session, feed, today_of(county))) == ["Samtal på residenset: Bjuden"]


def test_person_loses_a_meeting_by_withdrawal_and_the_version_rises(county, session, member):
    forum, user = member
    meeting = county.meeting(forum, DAY)
    call_meeting(session, county.actor, county.now, meeting, version=None, site=SITE)
    made = link(county, user, Scope.PERSON, user.person_id)
    feed = feed_of(county, made)
    assert summaries(read(session, feed, today_of(county))) == ["Regionalt forum"]
    withdraw_invitee(session, county.actor, county.now, meeting, invitee=meeting.invitees[0], version=None, site=SITE)
    later = feed_of(county, made)
    assert later.version > feed.version
    assert summaries(read(session, later, today_of(county))) == []


def test_seat_holder_left_off_a_chosen_list_loses_the_meeting_and_the_version_rises(county, session, member):
    forum, user = member
    chosen = county.person()
    county.seat(forum, chosen)
    meeting = county.meeting(forum, DAY)
    made = link(county, user, Scope.PERSON, user.person_id)
    before = feed_of(county, made)
    set_invitees(
        session,
        county.actor,
        county.now,
        meeting,
        version=None,
        site=SITE,
        invitees=[InviteeChoice(person_id=chosen.id)],
    )
    after = feed_of(county, made)
    assert after.version > before.version
    assert summaries(read(session, after, today_of(county))) == []


def test_first_call_changes_nobodys_calendar(county, session, member):
    forum, user = member
    meeting = county.meeting(forum, DAY)
    made = link(county, user, Scope.PERSON, user.person_id)
    before = feed_of(county, made)
    body = read(session, before, today_of(county))
    call_meeting(session, county.actor, county.now, meeting, version=None, site=SITE)
    assert feed_of(county, made) == before
    assert read(session, before, today_of(county)) == body


def test_new_seat_raises_the_version_and_brings_the_meeting(county, session):
    forum, person = county.forum("Rådet"), county.person()
    county.meeting(forum, DAY)
    made = link(county, user_of(county, person), Scope.PERSON, person.id)
    before = feed_of(county, made)
    assert summaries(read(session, before, today_of(county))) == []
    county.seat(forum, person)
    refresh(session, meetings_showing(session, seats_of_forums=[forum.id]), county.now, site=SITE, seats=True)
    after = feed_of(county, made)
    assert after.version > before.version
    assert summaries(read(session, after, today_of(county))) == ["Rådet"]


def test_f18_alarm_stands_in_a_persons_feed_alone(county, session, member):
    forum, user = member
    county.meeting(forum, DAY)
    cancelled = county.meeting(forum, DAY + WEEK)
    cancel_meeting(session, county.actor, county.now, cancelled, reason="Snö", version=None, site=SITE)
    made = link(county, user, Scope.PERSON, user.person_id, alarm=60)
    body = read(session, feed_of(county, made), today_of(county))
    assert [event["alarms"] for event in read_with_icaljs(body)] == [[-60.0], []]
    assert lint_calendar(body, alarms=True) == []
    asked = feed_of_token(session, made.secret, alarm=15)
    assert [event["alarms"] for event in read_with_icaljs(read(session, asked, today_of(county)))] == [[-15.0], []]
    of_forum = link(county, user, Scope.FORUM, forum.id)
    assert feed_of_token(session, of_forum.secret, alarm=15).alarm is None


# ---------------------------------------------------------------- the inside of a forum


def test_members_feed_has_what_the_public_one_has_not(county, session):
    forum, person = county.forum("Rådet", public="full"), county.person()
    county.seat(forum, person)
    county.meeting(forum, DAY, mode="hybrid", video_url="https://video.example.org/rum/4")
    inside = feed_of(county, link(county, user_of(county, person), Scope.FORUM, forum.id))
    outside = public_forum_feed(session, forum.slug)
    links = [read_with_icalendar(read(session, f, today_of(county)))[0]["conference"] for f in (inside, outside)]
    assert links == ["https://video.example.org/rum/4", None]


def test_feed_of_a_forum_ends_with_the_seat(county, session):
    forum, person = county.forum(), county.person()
    county.seat(forum, person, until=date(2026, 11, 30))
    feed = feed_of(county, link(county, user_of(county, person), Scope.FORUM, forum.id))
    rights_for(session, feed, date(2026, 11, 30))
    with pytest.raises(NotFound):
        rights_for(session, feed, date(2026, 12, 1))


def test_feed_ends_with_its_user(county, session, member):
    forum, user = member
    made = [link(county, user, Scope.FORUM, forum.id), link(county, user, Scope.PERSON, user.person_id)]
    user.person_id = None
    session.flush()
    assert [feed_of_token(session, each.secret) is None for each in made] == [False, True]
    user.active = False
    session.flush()
    assert [feed_of_token(session, each.secret) for each in made] == [None, None]


def test_new_role_of_the_owner_gives_another_etag(county, session, member):
    forum, user = member
    made = link(county, user, Scope.FORUM, forum.id)
    before = feed_of(county, made)
    user.epoch += 1
    session.flush()
    assert feed_of(county, made) == replace(before, epoch=before.epoch + 1)


# ---------------------------------------------------------------- the other scopes


def test_organisations_feed_has_the_meetings_where_it_has_a_seat(county, session):
    one, other, organisation = county.forum("Ett"), county.forum("Annat"), county.organisation("Piteå kommun")
    county.seat(one, organisation_id=organisation.id)
    county.meeting(one, DAY)
    county.meeting(other, DAY)
    contact = user_of(county, None, UserRole(role="organisation_contact", organisation_id=organisation.id))
    feed = feed_of(county, link(county, contact, Scope.ORGANISATION, organisation.id))
    assert (feed.name, summaries(read(session, feed, today_of(county)))) == ("Piteå kommun", ["Ett"])


def test_secretariats_feed_follows_its_turns(county, session):
    keeper, other = county.organisation("Luleå kommun"), county.organisation("Bodens kommun")
    fixed, turning = county.forum("Fast", secretariat_id=keeper.id), county.forum("Turas om", secretariat_id=other.id)
    county.add(
        Rotation(
            forum_id=turning.id,
            task="secretariat",
            start_on=date(2026, 1, 1),
            entries=[
                RotationEntry(position=0, organisation_id=other.id),
                RotationEntry(position=1, organisation_id=keeper.id),
            ],
        )
    )
    county.meeting(fixed, DAY)
    for on in (date(2026, 12, 3), DAY, date(2028, 2, 3)):
        county.meeting(turning, on, title=str(on.year))
    user = user_of(county, None, UserRole(role="reader"))
    feed = feed_of(county, link(county, user, Scope.SECRETARIAT, keeper.id))
    assert (feed.name, summaries(read(session, feed, today_of(county)))) == ("Luleå kommun", ["Fast", "Turas om: 2027"])


def test_secretariats_feed_shows_only_forums_whose_inside_the_owner_sees(county, session, member):
    forum, user = member
    keeper = county.organisation()
    forum.secretariat_id = keeper.id
    county.meeting(forum, DAY)
    county.meeting(county.forum("Annat", secretariat_id=keeper.id), DAY)
    feed = feed_of(county, link(county, user, Scope.SECRETARIAT, keeper.id))
    assert summaries(read(session, feed, today_of(county))) == ["Regionalt forum"]


def test_selection_adds_up_the_versions_of_its_forums_and_shows_those_one_may_see(county, session):
    one, two, foreign = county.forum("Ett"), county.forum("Två"), county.forum("Främmande")
    person = county.person()
    for forum in (one, two):
        county.seat(forum, person)
    made = link(county, user_of(county, person), Scope.SELECTION, selection=[one.id, two.id, foreign.id])
    assert feed_of(county, made).version == 0
    for n, forum in enumerate((one, two, foreign, two)):
        county.meeting(forum, DAY + n * WEEK)
    feed = feed_of(county, made)
    assert (feed.version, feed.name) == (4, "Telefon")
    assert summaries(read(session, feed, today_of(county))) == ["Ett", "Två", "Två"]


# ---------------------------------------------------------------- the price


def test_address_costs_one_query(county, session, member):
    forum, user = member
    forum.public_level = "full"
    county.meeting(forum, DAY)
    made = link(county, user, Scope.PERSON, user.person_id)
    session.flush()
    with counted(session) as sent:
        assert feed_of_token(session, made.secret) is not None
        assert public_feed(session) is not None
        assert public_forum_feed(session, forum.slug) is not None
    assert len(sent) == 3


def test_address_of_the_wrong_shape_costs_none(county, session):
    with counted(session) as sent:
        assert feed_of_token(session, "x" * 42) is None
    assert sent == []


@pytest.mark.parametrize("scope", [Scope.FORUM, Scope.PERSON, Scope.ORGANISATION, Scope.SECRETARIAT, Scope.SELECTION])
def test_body_costs_the_same_for_one_meeting_and_for_many(county, session, scope):
    organisation, person = county.organisation(), county.person()
    user = user_of(county, person, UserRole(role="reader"))
    forums = [county.forum(secretariat_id=organisation.id) for _ in range(3)]
    for forum in forums:
        county.seat(forum, person, organisation_id=organisation.id)
    ids = {Scope.FORUM: forums[0].id, Scope.PERSON: person.id, Scope.SELECTION: 0}
    selection = [forum.id for forum in forums] if scope == Scope.SELECTION else []
    made = link(county, user, scope, ids.get(scope, organisation.id), tentative=True, selection=selection)

    def price() -> tuple[int, int]:
        session.flush()
        session.expunge_all()
        with counted(session) as sent:
            body = read(session, feed_of(county, made), today_of(county))
        return len(sent), len(summaries(body))

    county.meeting(forums[0], DAY)
    one, shown = price()
    assert shown == 1
    for n in range(1, 6):
        for forum in [forums[0]] if scope == Scope.FORUM else forums:
            meeting = county.meeting(session.merge(forum), DAY + n * WEEK)
            if n % 2:
                call_meeting(session, county.actor, county.now, meeting, version=None, site=SITE)
    many, shown = price()
    assert shown > 5
    assert many == one


# ---------------------------------------------------------------- H02


@pytest.mark.parametrize("scope", [Scope.PUBLIC, Scope.FORUM, Scope.PERSON])
def test_h02_same_bytes_until_something_changes(county, session, member, scope):
    forum, user = member
    forum.public_level = "full"
    meeting = county.meeting(forum, DAY)
    made = link(county, user, scope, {Scope.FORUM: forum.id, Scope.PERSON: user.person_id}.get(scope, 0))
    first = feed_of(county, made)
    bodies = {read(session, feed_of(county, made), on) for on in (today_of(county), date(2026, 11, 30))}
    assert len(bodies) == 1
    move_meeting(
        session, county.actor, county.now, meeting, version=None, site=SITE, on=DAY + WEEK, check_conflicts=False
    )
    assert feed_of(county, made).version > first.version
    assert read(session, feed_of(county, made), today_of(county)) not in bodies


# ---------------------------------------------------------------- one's own links


def test_links_of_a_user_without_those_revoked_and_those_of_others(county, session, member):
    forum, user = member
    other = user_of(county, county.person())
    first = link(county, user, Scope.FORUM, forum.id, label="Jobbet")
    gone = link(county, user, Scope.PUBLIC, label="Borta")
    mine = link(county, user, Scope.PERSON, user.person_id, label="Telefon", alarm=30)
    link(county, other, Scope.PUBLIC)
    revoke_token(session, county.actor, county.now, gone.token)
    assert [(row.label, row.scope, row.name, row.alarm, row.fetched_on) for row in links_of(session, user.id)] == [
        ("Telefon", Scope.PERSON, "", 30, None),
        ("Jobbet", Scope.FORUM, "Regionalt forum", None, None),
    ]
    assert own_link(session, user.id, mine.token.id) is mine.token
    for user_id, row in ((other.id, first.token), (user.id, gone.token)):
        with pytest.raises(NotFound):
            own_link(session, user_id, row.id)
    with pytest.raises(NotFound):
        own_link(session, user.id, 999_999)


def test_renewed_link_takes_the_old_ones_place(county, session, member):
    forum, user = member
    made = link(county, user, Scope.FORUM, forum.id)
    renewed = renew_token(session, county.actor, county.now, made.token)
    assert feed_of_token(session, made.secret) is None
    assert feed_of(county, renewed).scope_id == forum.id
    assert [row.id for row in links_of(session, user.id)] == [renewed.token.id]


def test_window_and_principal_of_the_tests_are_those_of_the_day(county, member):
    assert window_on(today_of(county)).month == date(2026, 11, 1)
    assert principal(county, member[1]).member_forums == {member[0].id}
