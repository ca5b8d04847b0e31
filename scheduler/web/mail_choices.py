"""Which mails one gets, by the link at the end of each: without signing in and without a cookie.

List-Unsubscribe posts to an address of its own, from a mail program that has nothing but the link; it acts at once and
answers alike whether the link is known or not (RFC 8058). Everything else as in ``reply_page``. Not here: what follows
from the choices (``mail.fanning``, ``mail.meeting_letters``).
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.accounts import personal_links
from scheduler.db import db
from scheduler.errors import NotFound, Refused, TooMany
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.mail import choices
from scheduler.mail.choices import PURPOSE, Wishes
from scheduler.mail.letter_parts import language_of
from scheduler.mail.models import MailChoice
from scheduler.organisations.models import Person
from scheduler.web.fields import show_problems
from scheduler.web.forms.mail_choices import MailChoicesForm
from scheduler.web.parts import Notice
from scheduler.web.security import (
    actor,
    in_language,
    limit,
    network,
    now,
    policy,
    principal,
    settings,
    speak,
    today,
)
from scheduler.web.shell import about_links

bp = Blueprint("mail_choices", __name__)

#: So many unknown links one network may try in a span, and so many times one link may be used to change something.
WRONG, CHANGES = 60, 60
SPAN = timedelta(minutes=10)


def _known(token: str) -> MailChoice | None:
    key = settings().secret_key
    row_id = personal_links.read(key, PURPOSE, token)
    found = None if row_id is None else db.session.get(MailChoice, row_id)
    if found is None or not personal_links.verify(key, PURPOSE, token, found.id, found.epoch):
        return None
    return found


def _find(token: str) -> MailChoice:
    """Whose choices; raises NotFound for an unknown or revoked link, which counts against the network."""
    found = _known(token)
    if found is None:
        limit("mail.wrong", network(), times=WRONG, span=SPAN)
        db.session.commit()  # the wrong try
        raise NotFound
    owner = None if found.person_id is None else db.session.get(Person, found.person_id)
    speak("sv" if owner is None else language_of(owner.locale))
    return found


def _changing(token: str) -> tuple[MailChoice, Actor]:
    """Whose form came back, and who acts; 400 for a form that was not on the page."""
    choice = _find(token)
    if not personal_links.form_token_fits(settings().secret_key, PURPOSE, token, request.form.get("form_token")):
        abort(400)
    limit("mail.change", str(choice.id), times=CHANGES, span=SPAN)
    return choice, _actor(choice)


def _actor(choice: MailChoice) -> Actor:
    return Actor(f"{choices.owner_name(db.session(), choice)} (länk)", person_id=choice.person_id)


@bp.get("/s/<token>/", strict_slashes=False)
@policy("token")
def show(token: str) -> ResponseReturnValue:
    """The choices, and what comes whatever one chooses."""
    choice = _find(token)
    form = _form(choice)
    stopped = choices.stopped_forums(db.session(), choice)
    form.show(Wishes(choice.frequency, choice.calendar, stopped))
    return _page(token, choice, form)


def _form(choice: MailChoice, *, posted: bool = False) -> MailChoicesForm:
    form = MailChoicesForm(request.form if posted else None)
    stopped = choices.stopped_forums(db.session(), choice)
    forums = choices.forums_to_choose(db.session(), choice.person_id, stopped, today())
    form.offer(forums, organisation=choice.person_id is None)
    return form


@bp.post("/s/<token>/")
@policy("token")
def save(token: str) -> ResponseReturnValue:
    """Saves the choices."""
    choice, who = _changing(token)
    session = db.session()
    form = _form(choice, posted=True)
    if form.validate():
        try:
            choices.set_choices(session, who, now(), choice, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            return redirect(in_language("./?done=saved"), 303)
    return _page(token, choice, form, status=422)


@bp.post("/s/<token>/renew")
@policy("token")
def renew(token: str) -> ResponseReturnValue:
    """Ends the links in the mails so far, this one too; says so, since there is nowhere to lead to."""
    choice, who = _changing(token)
    choices.renew(db.session(), who, now(), choice)
    db.session.commit()
    return _short(_("Länkarna i dina gamla brev gäller inte längre"), _("Nästa brev har en ny länk hit."))


@bp.get("/s/<token>/unsubscribe")
@policy("token")
def ask_unsubscribe(token: str) -> ResponseReturnValue:
    """A page with a button: whoever follows the address has not asked for anything yet."""
    _find(token)
    forum_id = request.args.get("forum", type=int)
    return render_template(
        "mail_choices/unsubscribe.html", personal=True, wide=False, menu=(), links=about_links(), notices=[],
        token=token, forum_id=forum_id,
        # In the other language it is still about the one forum.
        canonical_path=request.path if forum_id is None else f"{request.path}?forum={forum_id}",
    )  # fmt: skip


@bp.post("/s/<token>/unsubscribe")
@policy("token")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Stops the optional mail of the forum named, or all of it, at once."""
    choice = _known(token)
    if choice is None:
        try:
            limit("mail.wrong", network(), times=WRONG, span=SPAN)
        except TooMany:
            db.session.rollback()
    else:
        choices.stop(db.session(), _actor(choice), now(), choice, request.args.get("forum", type=int))
    db.session.commit()
    heading, text = _("Du får inga fler sådana brev"), _("Kallelser, ändringar och inställda möten kommer fortfarande.")
    if request.form.get("List-Unsubscribe") == "One-Click":  # a program, which reads no page
        return Response(f"{heading}\n{text}\n", mimetype="text/plain")
    return _short(heading, text)


def _short(heading: str, text: str) -> ResponseReturnValue:
    return render_template(
        "mail_choices/done.html",
        personal=True,
        wide=False,
        menu=(),
        links=about_links(),
        notices=[],
        heading=heading,
        text=text,
    )


def _page(token: str, choice: MailChoice, form: MailChoicesForm, *, status: int = 200) -> ResponseReturnValue:
    saved = request.args.get("done") == "saved"
    page = render_template(
        "mail_choices/show.html",
        personal=True,
        wide=False,
        menu=(),
        links=about_links(),
        notices=[Notice("met", _("Valen är sparade."))] if saved else [],
        token=token,
        form_token=personal_links.form_token(settings().secret_key, PURPOSE, token),
        form=form,
        choice=choice,
        name=choices.owner_name(db.session(), choice),
    )
    return page, status


@bp.route("/me/mail", methods=["GET", "POST"])
@policy("signed_in")
def own() -> ResponseReturnValue:
    """The same choices for somebody who is signed in."""
    person_id = principal().person_id
    if person_id is None and request.method == "GET":
        return redirect(url_for("me.index"), 303)
    if person_id is None:
        raise NotFound
    session = db.session()
    wishes = choices.choices_of(session, [person_id]).get(person_id, Wishes())
    form = MailChoicesForm(request.form if request.method == "POST" else None)
    form.offer(choices.forums_to_choose(session, person_id, wishes.stopped_forums, today()))
    if request.method == "GET":
        form.show(wishes)
        return render_template("mail_choices/own.html", form=form)
    if form.validate():
        try:
            choice = choices.choice_of(session, person_id=person_id)
            choices.set_choices(session, actor(), now(), choice, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            flash(_("Valen är sparade."))
            return redirect(url_for("me.index"), 303)
    return render_template("mail_choices/own.html", form=form), 422
