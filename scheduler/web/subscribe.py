"""Subscribing to a calendar: which one, its link, the steps in each program, and one's own secret links.

A secret link is made by a button, never by opening the page, and shown once: from the press of the button to the
page that follows it waits in the form's signed cookie. Not here: what the link answers (``feeds``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.feeds import actions, queries
from scheduler.feeds.models import FeedToken
from scheduler.feeds.queries import OwnLink
from scheduler.feeds.rules import Rights, Scope, may_have, rights_of
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list
from scheduler.i18n import gettext as _
from scheduler.i18n import lazy, ngettext
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import coming_meetings
from scheduler.organisations import rows
from scheduler.organisations.models import Organisation
from scheduler.organisations.queries import organisation_by_slug
from scheduler.web.access import public_calendar
from scheduler.web.attempt import attempt
from scheduler.web.fields import show_problems
from scheduler.web.filters import said, swedish
from scheduler.web.forms.subscribe import ChoicesForm, LinkEditForm, LinkForm, alarm_words
from scheduler.web.qr import qr_svg
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import (
    actor,
    find_forum,
    forum_is_public,
    may_forum,
    now,
    policy,
    principal,
    settings,
    today,
)
from scheduler.web.seen import clash_with

bp = Blueprint("subscribe", __name__)

#: Where a link just made waits for the page that shows it.
_MADE = "calendar_link"
_BOLD = re.compile(r"\*\*(.+?)\*\*")
#: Client family (``feeds.rules.client_family``) → what people call it.
CLIENTS = {
    "google": lazy("Google Kalender"),
    "outlook": "Outlook",
    "apple": lazy("Apple Kalender"),
    "thunderbird": "Thunderbird",
    "evolution": "Evolution",
    "davx5": "DAVx5",
    "nextcloud": "Nextcloud",
    "home_assistant": "Home Assistant",
    "vdirsyncer": "vdirsyncer",
    "browser": lazy("Webbläsare"),
    "other": lazy("Annat program"),
}


@dataclass(frozen=True)
class Which:
    """The meetings one page is about."""

    scope: Scope
    scope_id: int = 0
    forum: Forum | None = None
    organisation: Organisation | None = None

    @property
    def key(self) -> str:
        """How forms and addresses name it: a forum's slug, "mine", "public" …, or "organisation:" and its slug."""
        if self.organisation:
            return f"{self.scope}:{self.organisation.slug}"
        return self.forum.slug if self.forum else "mine" if self.scope == Scope.PERSON else str(self.scope)

    @property
    def url(self) -> str:
        """The address of the page."""
        if self.forum:
            return url_for("subscribe.forum", slug=self.forum.slug)
        return url_for("subscribe.index", which=self.key)


@bp.get("/forums/<slug>/subscribe")
@policy("forum.read")
def forum(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """The calendar of one forum: the public link, and for those inside one of their own."""
    which = Which(Scope.FORUM, g.forum.id, g.forum)
    return _page(which, _form_for(which))


@bp.get("/subscribe")
@policy("public")
def index() -> ResponseReturnValue:
    """One's own meetings, those of an organisation or a secretariat, of forums one chooses, or all public ones."""
    which = _which(request.args.get("which", "mine" if principal().person_id is not None else "public"))
    return _page(which, _form_for(which))


@bp.post("/subscribe")
@policy("feed.own")
def make() -> ResponseReturnValue:
    """Makes a secret link and shows it once."""
    which = _which(request.form.get("which", ""))
    form = _form_for(which, posted=True)
    if form is None:
        raise NotFound
    made = None
    if form.validate():
        try:
            made = actions.make_token(
                db.session(), actor(), now(), principal=principal(), scope=which.scope, scope_id=which.scope_id,
                **form.values(),
            )  # fmt: skip
        except Refused as refused:
            db.session.rollback()
            show_problems(form, refused)
    if made is None:
        return _page(which, form), 422
    db.session.commit()
    flash(_("Länken %(name)s är skapad.", name=made.token.label))
    return _show_once(made)


@bp.route("/subscribe/<int:link_id>", methods=["GET", "POST"])
@policy("feed.own")
def edit(link_id: int) -> ResponseReturnValue:
    """Another name or other choices for one of one's own links, at the same address."""
    session = db.session()
    link = _own(link_id)
    if request.method == "GET":
        return _edit_page(link, _opened(link))
    form = _edit_form(link, posted=True)
    rows.claim(session, link)
    if clash := clash_with(session, form, _opened(link), "feed_token", link_id):
        return _edit_page(link, form, clash), 409
    if not attempt(form, lambda: actions.edit_token(session, actor(), now(), link, **form.changes(link))):
        return _edit_page(link, form), 422
    session.commit()
    flash(_("Länken %(name)s är ändrad. Adressen är densamma.", name=link.label))
    return redirect(_which_of(link).url, 303)


@bp.post("/subscribe/<int:link_id>/renew")
@policy("feed.own")
def renew(link_id: int) -> ResponseReturnValue:
    """A new address for one of one's own links; the old one is dead at once."""
    made = actions.renew_token(db.session(), actor(), now(), _own(link_id))
    db.session.commit()
    flash(_("Länken %(name)s har en ny adress. Den gamla gäller inte längre.", name=made.token.label))
    return _show_once(made)


@bp.post("/subscribe/<int:link_id>/revoke")
@policy("feed.own")
def revoke(link_id: int) -> ResponseReturnValue:
    """Ends one of one's own links."""
    link = _own(link_id)
    actions.revoke_token(db.session(), actor(), now(), link)
    db.session.commit()
    flash(_("Länken %(name)s är borttagen. Kalendern slutar uppdateras.", name=link.label))
    return redirect(_which_of(link).url, 303)


@bp.after_request
def _keep_out(response: Response) -> Response:
    """A page with a secret link on it is found by no search engine."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# ---------------------------------------------------------------- the parts


def _which(key: str) -> Which:
    """The meetings that ``key`` names; raises NotFound for a forum one may not see, or when nobody is meant."""
    if key == "public":
        return Which(Scope.PUBLIC)
    if key == "selection" and principal().signed_in:
        return Which(Scope.SELECTION)
    scope, colon, slug = key.partition(":")
    if colon:
        return _of_organisation(scope, slug)
    if key == "mine":
        person_id = principal().person_id
        if person_id is None:
            raise NotFound
        return Which(Scope.PERSON, person_id)
    found = find_forum(key, "forum.read")
    return Which(Scope.FORUM, found.id, found)


def _of_organisation(scope: str, slug: str) -> Which:
    """The meetings where an organisation has a seat, or whose secretariat it is; raises NotFound as ``_which``."""
    found = organisation_by_slug(db.session(), slug)
    if scope not in {Scope.ORGANISATION, Scope.SECRETARIAT} or found is None:
        raise NotFound
    which = Which(Scope(scope), found.id, organisation=found)
    if which.scope == Scope.ORGANISATION and not may_have(principal(), Scope.ORGANISATION, found.id):
        raise NotFound
    if which.scope == Scope.SECRETARIAT and found not in _secretariats():
        raise NotFound
    return which


def _secretariats() -> Sequence[Organisation]:
    """The organisations whose secretariat's calendar one may have: those one works for."""
    who = principal()
    if who.user_id is None:
        return []
    kept = None if who.administrator else who.secretariat_forums
    return queries.secretariats_of(db.session(), who.user_id, kept, today())


def _which_of(link: FeedToken) -> Which:
    """The page a link belongs to; what of it is no longer one's own leads to the list of all links."""
    scope = Scope(link.scope)
    if scope == Scope.FORUM:
        forum = db.session.get_one(Forum, link.scope_id)
        return Which(scope, forum.id, forum) if may_forum("forum.read", forum) else Which(Scope.PUBLIC)
    if scope in {Scope.ORGANISATION, Scope.SECRETARIAT}:
        organisation = db.session.get_one(Organisation, link.scope_id)
        try:
            return _of_organisation(scope, organisation.slug)
        except NotFound:
            return Which(Scope.PUBLIC)
    return Which(scope, link.scope_id)


def _own(link_id: int) -> FeedToken:
    """One of the reader's own links; anybody else's does not exist."""
    user_id = principal().user_id
    if user_id is None:
        raise NotFound
    return queries.own_link(db.session(), user_id, link_id)


def _rights() -> Rights:
    return rights_of(principal())


def _is_inside(which: Which) -> bool:
    inside = _rights().inside
    return which.scope == Scope.FORUM and (inside is None or which.scope_id in inside)


def _form_for(which: Which, *, posted: bool = False) -> LinkForm | None:
    """The form for a link of one's own; None where there is nothing to see but what is public."""
    if which.scope in {Scope.PUBLIC, Scope.FORUM} and not _is_inside(which):
        return None
    form = LinkForm(request.form if posted else None, data={"which": which.key})
    _offer(form, which.scope, which.scope_id)
    if not posted:
        form.suggest()
    return form


def _offer(form: ChoicesForm, scope: Scope, scope_id: int) -> None:
    """Keeps of ``form`` what such a calendar may hold."""
    rights = _rights()
    drafts = rights.may_see_drafts([scope_id]) if scope == Scope.FORUM else rights.drafts != frozenset()
    form.offer(
        alarm=scope == Scope.PERSON,
        tentative=drafts and scope != Scope.PUBLIC,
        forums=_choosable() if scope == Scope.SELECTION else None,
    )


def _edit_form(link: FeedToken, *, posted: bool = False) -> LinkEditForm:
    """What of ``link`` may be changed, filled with how it is."""
    kept: dict[str, Any] = {name: getattr(link, name) for name in ("label", "language", "tentative", "cancelled")}
    alarm = "" if link.alarm is None else str(link.alarm)
    chosen = [str(forum_id) for forum_id in link.selection or ()]
    form = LinkEditForm(request.form if posted else None, data={**kept, "alarm": alarm, "selection": chosen})
    _offer(form, Scope(link.scope), link.scope_id)
    form.allow(link)
    return form


def _opened(link: FeedToken) -> LinkEditForm:
    form = _edit_form(link)
    form.stamp()
    return form


def _edit_page(link: FeedToken, form: LinkEditForm, clash: Clash | None = None) -> str:
    shown = queries.link_shown(db.session(), link)
    return render_template("subscribe/edit.html", link=shown, form=form, clash=clash, which=_which_of(link))


def _choosable() -> Sequence[Forum]:
    """The forums whose inside one sees, to choose from."""
    return forums_for_list(db.session(), forum_ids=_rights().inside)


def _show_once(made: actions.Made) -> ResponseReturnValue:
    session[_MADE] = {"id": made.token.id, "secret": made.secret}
    return redirect(_which_of(made.token).url, 303)


def _taken(links: list[OwnLink]) -> tuple[str, OwnLink] | None:
    """The address of the link just made and the link; it is not to be had a second time."""
    kept: dict[str, str | int] = session.pop(_MADE, {}) if _MADE in session else {}
    link = next((link for link in links if link.id == kept.get("id")), None)
    return None if link is None else (f"{settings().public_url}/feeds/{kept['secret']}.ics", link)


def _public_address(which: Which) -> str | None:
    """The link without a secret; None where nothing is public."""
    if which.scope not in {Scope.PUBLIC, Scope.FORUM} or (which.forum and not forum_is_public(which.forum)):
        return None
    return public_calendar(which.forum)


def _next_meeting(which: Which) -> Meeting | None:
    """The first one to come, as far as the reader may see it; None for what is put together from many forums."""
    if which.scope in {Scope.SECRETARIAT, Scope.SELECTION}:
        return None
    found = coming_meetings(
        db.session(),
        now(),
        forum_id=which.scope_id if which.scope == Scope.FORUM else None,
        person_id=which.scope_id if which.scope == Scope.PERSON else None,
        organisation_id=which.scope_id if which.scope == Scope.ORGANISATION else None,
        public_only=which.scope == Scope.PUBLIC or (which.scope == Scope.FORUM and not _is_inside(which)),
        limit=1,
    )
    return found[0] if found else None


def _page(which: Which, form: LinkForm | None) -> str:
    user_id = principal().user_id
    links = [] if user_id is None else queries.links_of(db.session(), user_id)
    made = _taken(links)
    public_url = _public_address(which)
    return render_template(
        "subscribe/index.html",
        which=which,
        choices_of=_choices(which),
        form=form,
        made=made,
        public_url=public_url,
        webcal=webcal(made[0] if made else public_url),
        own_links=links,
        next_meeting=_next_meeting(which),
    )


def _choices(which: Which) -> list[tuple[str, str, bool]]:
    """The calendars one may choose between: (address, words, whether this is it)."""
    who = principal()
    offered = [which] if which.forum else []
    if who.person_id is not None:
        offered.append(Which(Scope.PERSON, who.person_id))
    own = queries.organisations_of(db.session(), who.organisations)
    offered += [Which(Scope.ORGANISATION, row.id, organisation=row) for row in own]
    offered += [Which(Scope.SECRETARIAT, row.id, organisation=row) for row in _secretariats()]
    if which.organisation and which not in offered:
        offered.append(which)
    if _rights().inside != frozenset():
        offered.append(Which(Scope.SELECTION))
    offered.append(Which(Scope.PUBLIC))
    return [(each.url, _name_of(each), each == which) for each in offered]


def _name_of(which: Which) -> str:
    if which.forum:
        return swedish(which.forum.title)
    if which.organisation:
        name = swedish(which.organisation.short_name or which.organisation.name)
        return said("Sekretariatet, %(name)s", name=name) if which.scope == Scope.SECRETARIAT else name
    if which.scope == Scope.SELECTION:
        return _("Forum jag väljer")
    return _("Mina möten") if which.scope == Scope.PERSON else _("Alla offentliga möten")


def webcal(url: str | None) -> str | None:
    """The address that Apple's programs open by themselves (H12); elsewhere a press of it does nothing."""
    return f"webcal://{url.partition('://')[2]}" if url else None


def client_word(family: str | None) -> str:
    """What people call the program that fetched: "Google Kalender"; "" when none has."""
    return str(CLIENTS.get(family or "", family or ""))


def link_words(link: OwnLink) -> str:
    """Which meetings a link shows: "Mina möten", or the name of the forum or organisation."""
    if link.scope == Scope.PERSON:
        return _("Mina möten")
    if link.scope == Scope.PUBLIC:
        return _("Alla offentliga möten")
    if link.scope == Scope.SECRETARIAT:
        return said("Sekretariatet, %(name)s", name=swedish(link.name))
    return swedish(link.name) or ngettext("1 valt forum", "%(n)s valda forum", link.chosen)


def link_choices(link: OwnLink) -> str:
    """What its owner has chosen: "på svenska, inställda visas, påminnelse 30 minuter före"."""
    said = [_("på engelska") if link.language == "en" else _("på svenska")]
    said.append(_("inställda visas") if link.cancelled else _("inställda visas inte"))
    if link.tentative:
        said.append(_("förslag visas"))
    if link.alarm is not None:
        said.append(_("påminnelse %(when)s", when=alarm_words(link.alarm)))
    return ", ".join(said)


def may_subscribe_to(organisation: Organisation) -> bool:
    """Whether the reader may have the calendar of an organisation's meetings."""
    return may_have(principal(), Scope.ORGANISATION, organisation.id)


def emphasised(text: str) -> Markup:
    """``text`` with what stands between two asterisks in bold: the words one looks for on the screen."""
    return Markup(_BOLD.sub(r"<b>\1</b>", str(escape(text))))  # noqa: S704 - escaped one step before


bp.add_app_template_filter(emphasised)
bp.add_app_template_global(client_word)
bp.add_app_template_global(qr_svg)
bp.add_app_template_global(link_choices)
bp.add_app_template_global(link_words)
bp.add_app_template_global(may_subscribe_to)
