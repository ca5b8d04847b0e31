"""Every route × everybody × own, foreign, public and missing objects, from the application's own map (SEC-1).

What is expected comes from the route's declared policy and from the table below, which says the role table of
product.md once more, in other words. A new route joins by itself; one with an argument that nobody has met
says so: add it to ``ARGUMENTS``. That an allowed change does what it should is its own page's test: here each
view is replaced by a bell that rings when the gate lets somebody through, and every page is opened once by each
role that may.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from scheduler.accounts.rules import NEEDS
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.settings import Settings
from scheduler.web.security import OBJECTS, WITHIN_PAGES, check_policies, need_of, object_name, policy
from tests.conftest import COMPILED, NOW
from tests.web.visits import Visitor
from tests.web.world import RELATIONS, ROLES, VISITOR, World, build, calendar_link

EVERYBODY = set(ROLES)
SIGNED_IN = EVERYBODY - {VISITOR}
SECRETARIATS = {"own secretariat", "other secretariat"}
INSIDE_OWN = {"member", "chair", "organisation contact", "own secretariat", "reader", "administrator"}
INSIDE_FOREIGN = {"other secretariat", "reader", "administrator"}

#: Need → who may, for pages about no object.
PAGES = {
    "public": EVERYBODY,
    "machine": EVERYBODY,
    "feed": EVERYBODY,
    "token": EVERYBODY,
    "signed_in": SIGNED_IN,
    "feed.own": SIGNED_IN,
    "secretariat": SECRETARIATS | {"administrator"},
    "planner": SECRETARIATS | {"administrator"},
    "administrator": {"administrator"},
    "register.read": SECRETARIATS | {"reader", "administrator"},
    "register.edit": SECRETARIATS | {"administrator"},
}
#: Need → relation → who may.
OBJECT_PAGES = {
    "forum.read": {"own": INSIDE_OWN, "foreign": INSIDE_FOREIGN, "public": EVERYBODY},
    "forum.edit": {
        "own": {"own secretariat", "administrator"},
        "foreign": {"other secretariat", "administrator"},
        "public": {"other secretariat", "administrator"},
    },
    "organisation.read": {
        "own": SECRETARIATS | {"organisation contact", "reader", "administrator"},
        "foreign": SECRETARIATS | {"reader", "administrator"},
    },
    "organisation.edit": {
        "own": {"own secretariat", "administrator"},
        "foreign": {"other secretariat", "administrator"},
    },
}
OBJECT_PAGES |= {
    "meeting.read": OBJECT_PAGES["forum.read"],
    "meeting.edit": OBJECT_PAGES["forum.edit"],
    "person.read": OBJECT_PAGES["organisation.read"],
    "person.edit": OBJECT_PAGES["organisation.edit"],
}
MISSING = "missing"


def arguments(world: World, need: str, relation: str, *, parts: str) -> dict[str, object]:
    """What stands in an address: the object as ``relation`` says, and parts of the object that ``parts`` says."""
    missing = relation == MISSING
    slugs = world.organisations if need.startswith("organisation.") else world.forums
    return {
        "slug": "nowhere" if missing else slugs[relation if relation in slugs else "own"].slug,
        "meeting_id": 999_999 if missing else world.meetings[relation if relation in world.meetings else "own"].id,
        "person_id": 999_999 if missing else world.people[relation if relation in world.people else "own"].id,
        **world.parts[parts],
        **world.shared,
        **ARGUMENTS,
    }


#: Arguments that name nothing anybody could own. What belongs to a forum, a meeting or a user is in ``World.parts``.
ARGUMENTS = {
    "filename": "takt.css",
    "token": "x" * 43,
    "year": 2026,
    "month": 11,
    "step": "cancel",
    "act": "lock",
    "what": "remove",
    "mail_step": "hold",
    "poll_step": "close",
    "to": "archive",
    "ending": "docx",
    "sheet": "csv",
    "task": "chair",
    "kind_id": "natverk",
    "organisation_kind_id": "kommun",
    "user_id": 1,
    "role_id": 1,
    "session_id": 1,
    "invitation_id": 1,
}


# ---------------------------------------------------------------- the rig


@dataclass
class House:
    """The application over the small world: with bells in place of what its views change, and as it is."""

    app: Flask
    real: Flask
    world: World
    #: Role → a calendar link of its own.
    links: dict[str, int]

    def visitor(self, role: str) -> Visitor:
        return Visitor(self.app, self.world.cookie(role))


@pytest.fixture(scope="module")
def house(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    shutil.copy(sqlite_template, folder / "takt.sqlite3")
    settings = Settings(instance=folder, secret_key="a secret of the tests, long enough", worker="none")
    app, real = (create_app(settings, clock=lambda: NOW) for _ in range(2))
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            app.view_functions[rule.endpoint] = with_bell(app.view_functions[rule.endpoint])
    real.jinja_env.bytecode_cache = app.jinja_env.bytecode_cache = COMPILED
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        links = {role: calendar_link(session, user, role, NOW) for role, user in world.users.items()}
        session.commit()
    yield House(app, real, world, links)
    for made in (app, real):
        with made.app_context():
            db.engine.dispose()


def with_bell(view):
    """A bell in place of the view: it rings when the gate lets somebody through."""

    @policy(view.need)
    def rung(**_given):
        return "ding", 299

    return rung


def requests_of(app: Flask):
    """(rule, method, need) of each route: what it shows, and what it changes."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        need = need_of(app, rule.endpoint)
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}):
            yield rule, method, need


def address(house: House, rule: Rule, need: str, relation: str, *, parts: str) -> str:
    given = arguments(house.world, need, relation, parts=parts)
    unknown = set(rule.arguments) - set(given)
    assert not unknown, f"{rule.rule}: say in ARGUMENTS or World.parts what {sorted(unknown)} may be"
    with house.app.test_request_context(base_url="http://localhost"):
        built = house.app.url_map.bind("localhost").build(
            rule.endpoint, {name: given[name] for name in rule.arguments}, method=next(iter(rule.methods or ()))
        )
    return str(built)


def own_parts(need: str, role: str, relation: str) -> str:
    """Whose parts a well-meant address names: those of its object, on a page without one those of the visitor."""
    if object_name(need):
        return relation if relation in RELATIONS else "own"
    return "foreign" if role == "other secretariat" else "own"


def relations_of(need: str) -> list[str]:
    return [*OBJECT_PAGES[need], MISSING] if object_name(need) else ["own"]


def expected(need: str, role: str, relation: str) -> str:
    """allowed, forbidden (it may be known, not done) or not found."""
    if relation == MISSING:
        return "not found"
    if not object_name(need):
        if role in PAGES[need]:
            return "allowed"
        return "forbidden" if role != VISITOR else "not found"
    if role in OBJECT_PAGES[need][relation]:
        return "allowed"
    reading = f"{need.partition('.')[0]}.read"
    known = role != VISITOR and role in OBJECT_PAGES[reading][relation]
    return "forbidden" if known else "not found"


def answered(status: int, need: str) -> str:
    if status == 403:
        return "forbidden"
    if status == 404 and need not in {"token", "feed"}:
        return "not found"
    return "allowed" if status < 500 else f"broken ({status})"


# ---------------------------------------------------------------- the tests


def test_table_knows_every_need_a_page_may_have():
    assert set(PAGES) | set(OBJECT_PAGES) == NEEDS - WITHIN_PAGES
    assert {need.partition(".")[0] for need in OBJECT_PAGES} == set(OBJECTS)


@pytest.mark.parametrize("role", ROLES)
def test_every_route(house, role):
    visitor = house.visitor(role)
    wrong = []
    for rule, method, need in requests_of(house.app):
        if rule.endpoint in UNKNOWN_TOKEN:
            continue
        for relation in relations_of(need):
            path = address(house, rule, need, relation, parts=own_parts(need, role, relation))
            response = visitor.get(path) if method == "GET" else visitor.post(path)
            got = answered(response.status_code, need)
            if got != expected(need, role, relation):
                wrong.append(f"{method} {path} ({need}, {relation}): {got}, not {expected(need, role, relation)}")
            response.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_for_whoever_may_read_it(house, role):
    """The pages themselves, behind the gate: none breaks for a role, none refuses what the table allows."""
    visitor = Visitor(house.real, house.world.cookie(role))
    wrong = []
    for rule, method, need in requests_of(house.real):
        relation = "public" if need in {"forum.read", "meeting.read"} and role == VISITOR else "own"
        if method != "GET" or rule.endpoint in UNKNOWN_TOKEN or expected(need, role, relation) != "allowed":
            continue
        if rule.endpoint == "subscribe.edit":
            path = f"/subscribe/{house.links[role]}"
        else:
            path = address(house, rule, need, relation, parts=own_parts(need, role, relation))
        response = visitor.get(path)
        if (got := answered(response.status_code, need)) != "allowed":
            wrong.append(f"GET {path} ({need}): {got}")
        response.close()
    assert not wrong, "\n".join(wrong)


#: Pages for anybody whose address is the secret: an unknown one is not found, which their own tests show.
UNKNOWN_TOKEN = {"sign_in.open_link"}


@pytest.mark.parametrize("role", ROLES)
def test_foreign_object_answers_as_a_missing_one(house, role):
    visitor = house.visitor(role)
    different = []
    for rule, method, need in requests_of(house.app):
        if not object_name(need) or expected(need, role, "foreign") != "not found":
            continue
        bodies = []
        for relation in ("foreign", MISSING):
            path = address(house, rule, need, relation, parts="foreign")
            response = visitor.get(path) if method == "GET" else visitor.post(path)
            bodies.append((response.status_code, without_address(response.get_data(as_text=True), path)))
            assert "Forumet foreign" not in bodies[-1][1]
        if bodies[0] != bodies[1]:
            different.append(f"{method} {rule.rule}")
    assert not different, "\n".join(different)


def test_part_of_something_foreign_is_not_found_under_an_own_object(house):
    visitor = Visitor(house.real, house.world.cookie("own secretariat"))
    parts = set(house.world.parts["own"])
    wrong = []
    for rule, method, need in requests_of(house.real):
        if not parts & set(rule.arguments):
            continue
        path = address(house, rule, need, "own", parts="foreign")
        response = visitor.get(path) if method == "GET" else visitor.post(path)
        if response.status_code != 404:
            wrong.append(f"{method} {path}: {response.status_code}, not 404")
    assert not wrong, "\n".join(wrong)


def without_address(body: str, path: str) -> str:
    """A page without what differs from one request to the next by itself."""
    body = body.replace(path, "PATH")
    return re.sub(r'name="csrf_token" value="[^"]*"', "TOKEN", body)


def test_route_without_policy_stops_the_application(tmp_path):
    app = create_app(Settings(instance=tmp_path, secret_key="a secret of the tests, long enough", worker="none"))
    app.add_url_rule("/open", "open", lambda: "all of it")
    app.add_url_rule("/forums/<int:number>/open", "odd", policy("forum.edit")(lambda **_arguments: "all of it"))
    with pytest.raises(RuntimeError) as stopped:
        check_policies(app)
    assert str(stopped.value).splitlines() == [
        "/open: open declares no policy",
        "/forums/<int:number>/open: forum.edit needs an object in the address (slug)",
    ]
    with app.app_context():
        db.engine.dispose()


def test_route_without_policy_added_later_answers_nobody(tmp_path):
    app = create_app(Settings(instance=tmp_path, secret_key="a secret of the tests, long enough", worker="none"))
    app.add_url_rule("/open", "open", lambda: "all of it")
    response = app.test_client().get("/open")
    assert (response.status_code, "all of it" in response.get_data(as_text=True)) == (500, False)
    with app.app_context():
        db.engine.dispose()
