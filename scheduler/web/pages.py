"""Every area of pages, in the order of the menu."""

from __future__ import annotations

from flask import Blueprint

from scheduler.web import health, sign_in

BLUEPRINTS: tuple[Blueprint, ...] = (
    health.bp,
    sign_in.bp,
)
