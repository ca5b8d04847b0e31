"""Search: forums, meetings, items of agendas, organisations, people and statements of the sources.

Each is found as far as the reader may see it; a visitor finds what is public, and nobody. Not here: the questions to
the database, each in its room; filters of lists, which the pages of lists have themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.forums.queries import forum_refs, search_forums
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.meetings.queries import search_meetings
from scheduler.organisations.queries import organisation_refs, search_organisations, search_persons
from scheduler.records.searching import search_items
from scheduler.register.models import Statement
from scheduler.register.queries import search_statements
from scheduler.register.rules import word_of
from scheduler.web.access import seen_forums
from scheduler.web.fields import read_day
from scheduler.web.filters import swedish
from scheduler.web.security import limit, network, now, policy, principal, today

bp = Blueprint("search", __name__)

#: So many of each kind are shown at first, and when one kind is asked for alone.
FIRST, MORE = 10, 100
#: What is typed beyond this is not looked at.
LONGEST = 100
#: Searches in a minute: from one network of visitors, and by one user (SEC-14).
BY_VISITORS, BY_USER = 60, 120
#: Kinds without a list of their own to lead to: ``?only=`` shows more of them here.
ALONE = ("meetings", "items", "statements")


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    name: str
    heading: str
    count: int
    hits: Sequence[Any]
    #: Where the rest is; "" where nothing is left out.
    all_url: str = ""


@dataclass(frozen=True)
class StatementHit:
    """A statement with what it is about."""

    text: str
    #: What the register calls it: "Uppgifter".
    word: str
    subject: str
    url: str


@bp.get("/search")
@policy("public")
def index() -> ResponseReturnValue:
    """What is found by the words, in groups; nothing typed: what may be searched for."""
    text = " ".join(request.args.get("q", "")[:LONGEST].split())
    only = request.args.get("only") if request.args.get("only") in ALONE else None
    groups: list[Group] = []
    if text:
        _count_search()
        groups = [group for group in _groups(db.session(), text, only) if group.count]
    return render_template(
        "search/index.html",
        text=text,
        only=only,
        groups=groups,
        count=sum(group.count for group in groups),
        sees_people=_sees_register() or bool(principal().organisations),
    )


@bp.after_request
def _keep_out(response: Response) -> Response:
    """Results are for whoever asked, and found by no search engine."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _count_search() -> None:
    who = principal()
    if who.signed_in:
        limit("search.user", str(who.user_id), times=BY_USER, span=timedelta(minutes=1))
    else:
        limit("search.network", network(), times=BY_VISITORS, span=timedelta(minutes=1))


def _sees_register() -> bool:
    return may(principal(), "register.read")


# ---------------------------------------------------------------- the groups


def _groups(session: Session, text: str, only: str | None) -> list[Group]:
    kinds = {
        "forums": _forums,
        "meetings": _meetings,
        "items": _items,
        "organisations": _organisations,
        "people": _people,
        "statements": _statements,
    }
    return [find(session, text, only) for name, find in kinds.items() if only in {None, name}]


def _forums(session: Session, text: str, _only: str | None) -> Group:
    own, public = seen_forums()
    found = search_forums(session, text, forum_ids=own, public_only=public)
    return _group("forums", _("Forum"), found, url_for("forums.index", q=text))


def _meetings(session: Session, text: str, only: str | None) -> Group:
    wanted = MORE if only else FIRST
    found = search_meetings(session, text, now(), viewer=principal(), on=read_day(text, today()), limit=wanted)
    more = url_for("search.index", q=text, only="meetings") if found.count > FIRST and not only else ""
    return Group("meetings", _("Möten"), found.count, found.hits, more)


def _items(session: Session, text: str, only: str | None) -> Group:
    hits = search_items(session, text, viewer=principal())
    more = url_for("search.index", q=text, only="items") if len(hits) > FIRST and not only else ""
    return Group("items", _("Punkter på dagordningar"), len(hits), hits[: MORE if only else FIRST], more)


def _organisations(session: Session, text: str, _only: str | None) -> Group:
    """All for those who see the register; their own for those who speak for organisations."""
    whole = _sees_register()
    found = search_organisations(session, text, organisation_ids=None if whole else principal().organisations)
    all_url = url_for("organisations.index", q=text) if whole else ""
    return _group("organisations", _("Organisationer"), found, all_url)


def _people(session: Session, text: str, _only: str | None) -> Group:
    whole = _sees_register()
    found = search_persons(session, text, organisation_ids=None if whole else principal().organisations)
    return _group("people", _("Personer"), found, url_for("people.index", q=text) if whole else "")


def _statements(session: Session, text: str, only: str | None) -> Group:
    """Statements stand on the inside pages of forums, and for those who see the register on other pages too."""
    who = principal()
    own = None if who.administrator or who.reader else who.own_forums
    rows = search_statements(session, text, forum_ids=own, forums_only=not _sees_register(), limit=None)
    hits = _told(session, rows)
    more = url_for("search.index", q=text, only="statements") if len(hits) > FIRST and not only else ""
    return Group("statements", _("Uppgifter ur källan"), len(hits), hits[: MORE if only else FIRST], more)


def _group(name: str, heading: str, found: Sequence[Any], all_url: str) -> Group:
    """``all_url``: the list that holds the rest; without one all are shown here."""
    shown = found[:FIRST] if all_url else found[:MORE]
    return Group(name, heading, len(found), shown, all_url if len(found) > FIRST else "")


def _told(session: Session, rows: Sequence[Statement]) -> list[StatementHit]:
    """The statements with what each is about; those about an organisation that has gone into another are left out."""
    forums = forum_refs(session, {row.subject_id for row in rows if row.subject_kind == "forum"})
    organisations = organisation_refs(session, {row.subject_id for row in rows if row.subject_kind == "organisation"})
    hits = []
    for row in rows:
        word = word_of(row.key)
        if row.subject_kind == "forum":
            if forum := forums.get(row.subject_id):
                hits.append(StatementHit(row.text, word, swedish(forum.title), url_for("forums.show", slug=forum.slug)))
        elif row.subject_kind == "organisation":
            if organisation := organisations.get(row.subject_id):
                url = url_for("organisations.show", slug=organisation.slug)
                hits.append(StatementHit(row.text, word, swedish(organisation.name), url))
        else:
            hits.append(StatementHit(row.text, word, _("Källor"), url_for("sources.index")))
    return hits


def kind_word(hit: Any) -> str:
    """The kind of a forum or organisation that was found, in the language in use."""
    return str(hit.kind_en if language() == "en" else hit.kind_sv)


bp.add_app_template_global(kind_word, "hit_kind_word")
