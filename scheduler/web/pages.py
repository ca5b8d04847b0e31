"""Every area of pages, in the order of the menu."""

from __future__ import annotations

from flask import Blueprint

from scheduler.web import (
    calendar,
    feeds,
    forums,
    health,
    mails,
    meetings,
    organisations,
    overview,
    people,
    sign_in,
    sources,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    overview.bp,
    forums.bp,
    meetings.bp,
    calendar.bp,
    feeds.bp,
    organisations.bp,
    people.bp,
    mails.bp,
    sources.bp,
    sign_in.bp,
    health.bp,
)
