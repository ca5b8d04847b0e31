"""Merging two rows that are one person or one organisation: everything follows, nothing of the past changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler import schema
from scheduler.accounts.models import User, UserRole
from scheduler.errors import Refused
from scheduler.feeds.models import FeedToken
from scheduler.forums.models import ForumPrincipal, ForumRelation, Rotation, RotationEntry
from scheduler.forums.seat_models import SeatCheck
from scheduler.forums.seats import seat_plan
from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.mail.models import MailChoice, MailStop
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, Reply
from scheduler.merging.actions import merge
from scheduler.merging.queries import columns_of, counts_of, problems_of
from scheduler.organisations.merging import Pair, likely_organisations, likely_people
from scheduler.organisations.models import Contact, Office, OfficeHolding, Person, Relation
from scheduler.organisations.queries import count_persons, organisations_for_list, persons_for_list
from scheduler.polls.models import Poll, PollInvitee, PollOption, PollVote
from scheduler.polls.queries import votes_of
from scheduler.records.models import Minutes
from tests.organisations.making import appointment, forum, kinds, organisation, person, refused, seat

TODAY = date(2026, 11, 22)
NEW_YEAR = date(2026, 1, 1)
KINDS = ("person", "organisation")


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


def people(session, **second):
    """Maria twice: the one that is kept has an address, a seat; the other as given."""
    kept = person(session, "Maria Öhman", email="maria@region.example", phone="0920-1")
    gone = person(session, "Maria Ohman", **{"email": "maria.ohman@region.example", "town": "Luleå", **second})
    return kept, gone


def merged(session, actor, now, kept, gone, **more):
    kind = "person" if isinstance(kept, Person) else "organisation"
    found = merge(session, actor, now, pair=Pair(kind, kept.id, gone.id), today=TODAY, **more)
    assert found.id == kept.id
    return found


def plan(session, of_forum, on):
    return [
        (row.seat_id, row.person_id, row.function, row.organisation_id)
        for row in seat_plan(session, [of_forum.id], on)[of_forum.id]
    ]


# ---------------------------------------------------------------- no table is forgotten


@pytest.mark.parametrize("kind", KINDS)
def test_merging_knows_every_column_that_names_one(kind):
    table = schema.metadata.tables[kind]
    known = {
        f"{other.name}.{key.parent.name}"
        for other in schema.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table is table
    }
    assert columns_of(kind) == known


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_names_the_one_that_went(session, actor, now, kind):
    kept, gone = people(session) if kind == "person" else organisations(session)
    give_everything(session, gone, now)
    given = counts_of(session, kind, gone.id)
    assert set(given) == columns_of(kind)
    merged(session, actor, now, kept, gone, administrator=True)
    # Its names are kept with it, as it was.
    assert set(counts_of(session, kind, gone.id)) <= {"organisation_name.organisation_id"}
    after = counts_of(session, kind, kept.id)
    assert set(given) - set(after) <= {"relation.to_id"}


def give_everything(session, gone, now):
    """A row of every table that names a person or an organisation."""
    kind = "person" if isinstance(gone, Person) else "organisation"
    others = {"person": person(session, "Nils Annan"), "organisation": organisation(session, "Annan", slug="annan")}
    places = organisation(session, "Tredje", slug="tredje")
    of_forum = forum(session, "Rådet")
    meeting = a_meeting(session, of_forum, now)
    office = Office(slug="chef", sv="Chefen")
    rotation = Rotation(forum_id=of_forum.id, task="chair")
    user = User(login="x@x.example", name="X", created_at=now)
    a_seat = seat(session, of_forum, places)
    poll = a_poll(of_forum, now)
    session.add_all([office, rotation, user, poll])
    session.flush()
    minutes = Minutes(meeting_id=meeting.id, kind="notes", created_at=now)
    session.add(minutes)
    session.flush()
    ready = {
        "action_point": {"forum_id": of_forum.id, "text": "Gör", "created_at": now},
        "adjuster": {"minutes_id": minutes.id},
        "appointment": {"seat_id": a_seat.id, "from_on": NEW_YEAR},
        "activity": {"slug": "a", "sv": "A", "kind": "utstallning"},
        "attendance": {"meeting_id": meeting.id, "status": "present", "marked_at": now},
        "blocked_period": {"from_on": TODAY, "to_on": TODAY, "kind": "away", "name": "Borta"},
        "busy_source": {
            "kind": "file", "name": "Kalendern", "created_at": now, "fetched_at": now, "checked_at": now,
        },
        "contact": {"slug": "c", "name": "C"},
        "digest_item": {
            "key": "d", "kind": "reminder", "recipient": "x", "meeting_id": meeting.id, "time_rev": 0, "due_at": now,
            "stale_at": now,
        },
        "forum_principal": {"forum_id": of_forum.id},
        "forum_relation": {"forum_id": of_forum.id, "kind": "responsible"},
        "invitation": {
            "token_hash": "t", "login": "i@x.example", "name": "I", "created_at": now,
            "expires_at": now + timedelta(days=1),
        },
        "invitee": {"meeting_id": meeting.id},
        "item_suggestion": {"meeting_id": meeting.id, "title": "Bussarna", "suggested_at": now},
        "substitute_call": {
            "meeting_id": meeting.id, "seat_id": a_seat.id, "position": 1, "asked_at": now, "asked_by": "Sara",
            "state": "waiting",
        },
        "mail_choice": {},
        "minutes": {
            "meeting_id": a_meeting(session, of_forum, now, title="Ett till").id, "kind": "notes", "created_at": now,
        },
        "notice": {"slug": "n", "kind": "information", "text": "N"},
        "office": {"sv": "O"},
        "office_holding": {
            "office_id": office.id, "from_on": NEW_YEAR, "person_id": others["person"].id,
        },
        "organisation": {"name": "Underordnad", "kind_id": "kommun"},
        "organisation_name": {"name": "Alias"},
        "outbox_mail": {
            "key": "k", "kind": "reminder", "recipient": "x", "created_at": now, "next_at": now, "stale_at": now,
        },
        "person": {"given_name": "Per", "family_name": "Underordnad"},
        "person_email": {"address": "andra@region.example", "main": False},
        "place": {"slug": "p", "name": "P"},
        "poll_invitee": {"poll_id": poll.id, "person_id": others["person"].id},
        "relation": {"kind": "supports"},
        "representative_report": {
            "seat_id": a_seat.id, "given_name": "R", "family_name": "R", "from_on": TODAY, "reported_at": now,
            "organisation_id": others["organisation"].id,
        },
        "rotation_entry": {"rotation_id": rotation.id, "position": 1},
        "seat": {"forum_id": of_forum.id},
        "seat_check": {"asked_on": TODAY, "answer_by_on": TODAY},
        "strategy": {"slug": "s", "sv": "S"},
        "user": {"login": "y@x.example", "name": "Y", "created_at": now},
        "user_role": {"user_id": user.id, "role": "reader"},
    }  # fmt: skip
    models = {mapper.local_table.name: mapper.class_ for mapper in Person.registry.mappers}
    for number, name in enumerate(sorted(columns_of(kind))):
        table, column = name.split(".")
        if table == "forum":
            setattr(of_forum, column, gone.id)
            continue
        values = {**ready[table], column: gone.id}
        if table in {"office", "organisation"}:
            values["slug"] = f"{table}-{number}"
        if table == "relation":
            values["to_text" if column == "from_id" else "from_text"] = "ord"
        session.add(models[table](**values))
    session.flush()


def a_meeting(session, of_forum, now, **columns):
    row = Meeting(
        uid=f"{of_forum.slug}-{columns}@takt.example.org", revised_at=now, start_at=now + timedelta(days=30),
        end_at=now + timedelta(days=30, hours=2), local_on=TODAY + timedelta(days=30), **columns,
    )  # fmt: skip
    row.forum_rows = [MeetingForum(forum_id=of_forum.id, position=0)]
    session.add(row)
    session.flush()
    return row


def a_poll(of_forum, now, *asked: PollInvitee) -> Poll:
    option = PollOption(
        uid="meeting-of-a-poll@takt.example.org", start_at=now + timedelta(days=30),
        end_at=now + timedelta(days=30, hours=2), local_on=TODAY + timedelta(days=30),
    )  # fmt: skip
    return Poll(
        uid="poll", forum_id=of_forum.id, duration=120, answer_by_on=TODAY, created_at=now, revised_at=now,
        options=[option], invitees=list(asked),
    )  # fmt: skip


# ---------------------------------------------------------------- people


def test_who_was_asked_twice_in_a_poll_is_asked_once_and_the_later_answer_counts(session, actor, now):
    kept, gone = people(session)
    of_forum = forum(session, "Rådet")
    poll = a_poll(
        of_forum, now, PollInvitee(person_id=kept.id, role="guest", answered_at=now - timedelta(days=1)),
        PollInvitee(person_id=gone.id, role="ordinary", answered_at=now, message="Gärna"),
    )  # fmt: skip
    session.add(poll)
    session.flush()
    for invitee, answer in zip(poll.invitees, ("yes", "no"), strict=True):
        invitee.votes.append(PollVote(option_id=poll.options[0].id, answer=answer, at=now, via="link"))
        session.flush()
    merged(session, actor, now, kept, gone)
    [left] = session.scalars(select(PollInvitee))
    assert (left.person_id, left.role, left.message, left.answered_at) == (kept.id, "ordinary", "Gärna", now)
    assert votes_of(session, poll.id) == {(left.id, poll.options[0].id): "no"}


def test_of_two_choices_of_mail_the_one_made_by_hand_stands_and_both_stops_hold(session, actor, now):
    kept, gone = people(session)
    forums = [forum(session, "Rådet"), forum(session, "Nämnden")]
    ours = MailChoice(person_id=kept.id)
    theirs = MailChoice(person_id=gone.id, frequency="weekly", edited_at=now)
    session.add_all([ours, theirs])
    session.flush()
    session.add_all(
        MailStop(choice_id=choice.id, forum_id=number.id, at=now)
        for choice, numbers in ((ours, forums[:1]), (theirs, forums))
        for number in numbers
    )
    merged(session, actor, now, kept, gone)
    [left] = session.scalars(select(MailChoice))
    assert (left.person_id, left.frequency) == (kept.id, "weekly")
    stops = session.scalars(select(MailStop.forum_id).where(MailStop.choice_id == left.id))
    assert set(stops) == {row.id for row in forums}


def test_person_that_went_is_in_no_list_and_its_details_fill_the_gaps(session, actor, now):
    kept, gone = people(session)
    merged(session, actor, now, kept, gone)
    assert (kept.name, kept.phone, kept.town) == ("Maria Öhman", "0920-1", "Luleå")
    assert (gone.name, gone.merged_into_id) == ("Maria Ohman", kept.id)
    assert [row.id for row in persons_for_list(session, text="Maria")] == [kept.id]
    assert count_persons(session) == 1


def test_addresses_move_and_mails_go_where_they_went(session, actor, now):
    kept, gone = people(session)
    merged(session, actor, now, kept, gone)
    assert [(mail.address, mail.main) for mail in kept.emails] == [
        ("maria@region.example", True), ("maria.ohman@region.example", False),
    ]  # fmt: skip
    assert gone.emails == []


def test_address_becomes_the_main_one_where_there_was_none(session, actor, now):
    kept, gone = person(session, "Maria Öhman"), person(session, "Maria Ohman", email="maria@region.example")
    merged(session, actor, now, kept, gone)
    assert [(mail.address, mail.main) for mail in kept.emails] == [("maria@region.example", True)]


def test_past_plans_say_the_same_of_the_one_that_is_kept(session, actor, now):
    of_forum = forum(session)
    region = organisation(session)
    first, second, third = (seat(session, of_forum, region, position=n) for n in range(3))
    kept, gone = people(session)
    office = Office(slug="chef", sv="Chefen", organisation=region)
    session.add(OfficeHolding(office=office, person=gone, from_on=date(2025, 6, 1)))
    third.office = office
    appointment(session, first, kept, date(2025, 1, 1), date(2025, 12, 31))
    appointment(session, first, gone, NEW_YEAR, function="chair")
    appointment(session, second, gone, date(2024, 1, 1), date(2025, 6, 30))
    days = [date(2024, 1, 1), date(2025, 5, 31), date(2025, 6, 1), date(2025, 7, 1), NEW_YEAR, TODAY]
    before = {day: plan(session, of_forum, day) for day in days}
    merged(session, actor, now, kept, gone)
    one = {gone.id: kept.id}
    for day in days:
        expected = [(row[0], one.get(row[1], row[1]), *row[2:]) for row in before[day]]
        assert plan(session, of_forum, day) == expected


def test_same_office_twice_at_once_becomes_one_holding(session, actor, now):
    kept, gone = people(session)
    office = Office(slug="ledning", sv="Ledningsgruppen", group=True)
    session.add_all([
        OfficeHolding(office=office, person=kept, from_on=date(2025, 1, 1), to_on=date(2026, 6, 30)),
        OfficeHolding(office=office, person=gone, from_on=NEW_YEAR),
    ])  # fmt: skip
    session.flush()
    merged(session, actor, now, kept, gone)
    rows = session.scalars(select(OfficeHolding)).all()
    assert [(row.person_id, row.from_on, row.to_on) for row in rows] == [(kept.id, date(2025, 1, 1), None)]


def test_who_stood_twice_on_a_list_stands_once_with_the_answers_of_both(session, actor, now):
    kept, gone = people(session)
    meeting = a_meeting(session, forum(session), now, state="called", called_at=now)
    listed = [Invitee(meeting_id=meeting.id, person_id=row.id) for row in (kept, gone)]
    listed[0].withdrawn_at = now
    session.add_all(listed)
    session.flush()
    session.add(Reply(invitee_id=listed[1].id, answer="yes", via="page", at=now))
    session.flush()
    merged(session, actor, now, kept, gone)
    [row] = session.scalars(select(Invitee)).all()
    assert (row.person_id, row.withdrawn_at, [reply.answer for reply in row.replies]) == (kept.id, None, ["yes"])


def test_protected_identity_protects_the_one_that_is_kept(session, actor, now):
    kept, gone = people(session, protected=True)
    merged(session, actor, now, kept, gone, reason="Dubblett")
    assert kept.protected
    assert gone.protected
    rows = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "person.merge")).all()
    assert [(row.subject_label, row.before, row.after) for row in rows] == [("ledamot", None, None)] * 2


def test_two_accounts_are_refused_and_an_ended_one_lets_go(session, actor, now):
    kept, gone = people(session)
    users = [
        User(login=f"{number}@x.example", name="M", person_id=row.id, created_at=now)
        for number, row in enumerate((kept, gone))
    ]
    session.add_all(users)
    session.flush()
    with refused((None, "Båda har ett konto. Be administratören avsluta det ena först")):
        merged(session, actor, now, kept, gone, administrator=True)
    users[0].active = False
    session.flush()
    merged(session, actor, now, kept, gone, administrator=True)
    assert [user.person_id for user in users] == [None, kept.id]


def test_account_is_handed_over_by_an_administrator_alone(session, actor, now):
    kept, gone = people(session)
    session.add(User(login="m@x.example", name="M", person_id=gone.id, created_at=now))
    session.flush()
    with refused((None, "Någon av dem har ett konto. Be administratören slå ihop dem")):
        merged(session, actor, now, kept, gone)


def test_two_in_one_order_of_turns_are_refused(session, actor, now):
    kept, gone = people(session)
    of_forum = forum(session, "Rådet")
    entries = [RotationEntry(position=n, person_id=row.id) for n, row in enumerate((kept, gone))]
    session.add(Rotation(forum_id=of_forum.id, task="chair", entries=entries))
    session.flush()
    with refused((None, "Båda turas om i Rådet. Ta bort den ena ur turordningen först")):
        merged(session, actor, now, kept, gone)


@pytest.mark.parametrize("which", ["itself", "again", "anonymised"])
def test_refused(session, actor, now, which):
    kept, gone = people(session)
    if which == "itself":
        gone = kept
    elif which == "again":
        gone.merged_into_id = person(session, "Tredje Person").id
    else:
        gone.anonymised_at = now
    session.flush()
    with pytest.raises(Refused):
        merged(session, actor, now, kept, gone)


def test_calendars_of_both_rise_and_links_show_the_one_that_is_kept(session, actor, now):
    kept, gone = people(session)
    token = FeedToken(token_hash="h", scope="person", scope_id=gone.id, label="Telefon", created_at=now)
    other = FeedToken(token_hash="i", scope="forum", scope_id=gone.id, label="Forum", created_at=now)
    session.add_all([token, other])
    session.flush()
    merged(session, actor, now, kept, gone)
    assert (token.scope_id, other.scope_id) == (kept.id, gone.id)
    assert {row.scope_id for row in session.scalars(select(ScopeVersion).where(ScopeVersion.scope == "person"))} == {
        kept.id, gone.id,
    }  # fmt: skip


def test_earlier_duplicates_lead_to_the_one_that_is_kept(session, actor, now):
    kept, gone = people(session)
    earlier = person(session, "M Öhman", merged_into_id=gone.id)
    merged(session, actor, now, kept, gone)
    assert earlier.merged_into_id == kept.id


def test_likely_people_are_those_with_almost_the_same_name(session):
    kept, gone = people(session)
    turned = person(session, "Öhman Maria")
    person(session, "Maria Berg")
    person(session, "Maria Öhmann", protected=True)
    assert {row.id for row in likely_people(session, kept)} == {gone.id, turned.id}


# ---------------------------------------------------------------- organisations


def organisations(session):
    kept = organisation(session, "Luleå kommun", kind_id="kommun", short_name="Luleå")
    gone = organisation(
        session, "Lulea kommun", kind_id="kommun", slug="lulea-2", org_no="212000-2742", web="https://a.b"
    )
    return kept, gone


def test_organisation_that_went_is_found_by_its_name_under_the_other(session, actor, now):
    kept, gone = organisations(session)
    merged(session, actor, now, kept, gone)
    assert [row.id for row in organisations_for_list(session)] == [kept.id]
    assert [row.id for row in organisations_for_list(session, text="Lulea kommun")] == [kept.id]
    assert (kept.org_no, kept.web, kept.short_name) == ("212000-2742", "https://a.b", "Luleå")
    assert [(row.language, row.name) for row in kept.names] == [(None, "Lulea kommun")]
    assert (gone.slug, gone.merged_into_id, gone.link_epoch) == ("lulea-2", kept.id, 2)


def test_two_seats_stay_two_seats(session, actor, now):
    kept, gone = organisations(session)
    of_forum = forum(session)
    seats = [seat(session, of_forum, row, position=n) for n, row in enumerate((kept, gone))]
    appointment(session, seats[1], person(session))
    before = plan(session, of_forum, NEW_YEAR)
    merged(session, actor, now, kept, gone)
    one = {gone.id: kept.id}
    assert plan(session, of_forum, NEW_YEAR) == [(*row[:3], one.get(row[3], row[3])) for row in before]
    assert [row.organisation_id for row in seats] == [kept.id, kept.id]


def test_nothing_is_said_twice_or_of_itself(session, actor, now):
    kept, gone = organisations(session)
    owner = organisation(session, "Ägaren", slug="agaren")
    of_forum = forum(session)
    of_forum.principals = [kept, gone, owner]
    session.add_all([
        Relation(kind="owns", from_id=owner.id, to_id=kept.id),
        Relation(kind="owns", from_id=owner.id, to_id=gone.id),
        Relation(kind="part_of", from_id=gone.id, to_id=kept.id),
        ForumRelation(kind="responsible", forum_id=of_forum.id, to_organisation_id=kept.id),
        ForumRelation(kind="responsible", forum_id=of_forum.id, to_organisation_id=gone.id),
        SeatCheck(organisation_id=kept.id, asked_on=TODAY, answer_by_on=TODAY),
        SeatCheck(organisation_id=gone.id, asked_on=TODAY, answer_by_on=TODAY),
        SeatCheck(organisation_id=gone.id, asked_on=NEW_YEAR, answer_by_on=TODAY),
    ])  # fmt: skip
    kept.successor_id = gone.id
    session.flush()
    merged(session, actor, now, kept, gone)
    assert [(row.kind, row.from_id, row.to_id) for row in session.scalars(select(Relation))] == [
        ("owns", owner.id, kept.id)
    ]
    assert len(session.scalars(select(ForumRelation)).all()) == 1
    assert set(session.scalars(select(ForumPrincipal.organisation_id))) == {kept.id, owner.id}
    assert {row.asked_on for row in session.scalars(select(SeatCheck))} == {TODAY, NEW_YEAR}
    assert kept.successor_id is None


def test_contacts_named_by_address_stand_on_the_page_of_the_one_that_is_kept(session, actor, now):
    kept, gone = organisations(session)
    contact = Contact(slug="c", name="C", contact_for=["lulea-2"])
    session.add(contact)
    session.flush()
    merged(session, actor, now, kept, gone)
    assert contact.contact_for == ["lulea-2", kept.slug]


def test_ring_through_a_third_is_refused(session, actor, now):
    kept, gone = organisations(session)
    middle = organisation(session, "Mellan", slug="mellan")
    session.add_all([
        Relation(kind="part_of", from_id=kept.id, to_id=middle.id),
        Relation(kind="part_of", from_id=middle.id, to_id=gone.id),
    ])  # fmt: skip
    session.flush()
    with refused((None, "Den ena står över den andra genom en tredje. Ta bort den relationen först")):
        merged(session, actor, now, kept, gone)


def chiefs(session, kept, gone, *, both_from=NEW_YEAR):
    """An office that is one in each municipality, held by one in each."""
    office = Office(slug="kommunchef", sv="Kommunchefen", each_of="kommun")
    anna, bo = person(session, "Anna Berg"), person(session, "Bo Ek")
    session.add_all([
        OfficeHolding(office=office, person=anna, organisation=kept, from_on=both_from),
        OfficeHolding(office=office, person=bo, organisation=gone, from_on=NEW_YEAR, to_on=date(2026, 3, 31)),
    ])  # fmt: skip
    session.flush()
    return office


def test_two_holders_at_once_of_what_is_one_in_each_are_refused(session, actor, now):
    kept, gone = organisations(session)
    chiefs(session, kept, gone)
    text = "Anna Berg och Bo Ek har befattningen Kommunchefen samtidigt. Rätta den ena först"
    with refused((None, text)):
        merged(session, actor, now, kept, gone)


def test_seat_that_was_empty_is_not_filled_afterwards(session, actor, now):
    kept, gone = organisations(session)
    office = chiefs(session, kept, gone, both_from=date(2026, 6, 1))
    seat(session, forum(session), kept, office=office)
    text = "Platser på dagar som har varit skulle fyllas av någon annan än då. Rätta befattningarna först"
    with refused((None, text)):
        merged(session, actor, now, kept, gone)


def test_roles_are_handed_over_by_an_administrator_alone(session, actor, now):
    kept, gone = organisations(session)
    user = User(login="m@x.example", name="M", created_at=now)
    user.roles = [UserRole(role="secretariat", organisation_id=gone.id)]
    session.add(user)
    session.flush()
    [problem] = problems_of(session, Pair("organisation", kept.id, gone.id), administrator=False)
    assert str(problem) == "Konton har roller för någon av dem. Be administratören slå ihop dem"
    merged(session, actor, now, kept, gone, administrator=True)
    assert user.roles[0].organisation_id == kept.id


def test_likely_organisations_are_those_with_almost_the_same_name_or_number(session):
    kept, gone = organisations(session)
    kept.org_no = gone.org_no
    organisation(session, "Piteå kommun", kind_id="kommun")
    assert [row.id for row in likely_organisations(session, kept)] == [gone.id]


# ---------------------------------------------------------------- the history


def test_both_are_told_of_in_the_history_with_the_reason(session, actor, now):
    kept, gone = people(session)
    merged(session, actor, now, kept, gone, reason="Inlagd två gånger")
    rows = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
    assert [(row.action, row.subject_id, row.reason) for row in rows] == [
        ("person.merge", kept.id, "Inlagd två gånger"), ("person.merge", gone.id, "Inlagd två gånger"),
    ]  # fmt: skip
    assert rows[0].after == {"town": "Luleå", "merged": "Maria Ohman"}
