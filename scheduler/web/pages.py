"""Every area of pages, in the order of the menu."""

from __future__ import annotations

from flask import Blueprint

from scheduler.web import (
    appointment_forms,
    cadence_forms,
    calendar,
    feeds,
    forum_forms,
    forums,
    health,
    history,
    mails,
    meetings,
    organisations,
    overview,
    people,
    register,
    seat_forms,
    sign_in,
    sources,
    subscribe,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    overview.bp,
    forums.bp,
    forum_forms.bp,
    cadence_forms.bp,
    seat_forms.bp,
    appointment_forms.bp,
    meetings.bp,
    calendar.bp,
    feeds.bp,
    subscribe.bp,
    organisations.bp,
    people.bp,
    mails.bp,
    register.bp,
    sources.bp,
    history.bp,
    sign_in.bp,
    health.bp,
)
