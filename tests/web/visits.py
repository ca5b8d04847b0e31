"""Visiting pages as a browser does: cookies kept, forms with their token."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

#: What the form's cookie holds in tests.
RAW_TOKEN = "a token of the tests"


class Visitor:
    """One browser. ``cookie`` signs it in."""

    def __init__(self, app: Flask, cookie: str | None = None, *, base_url: str = "http://localhost") -> None:
        self.app = app
        self.base_url = base_url
        self.client = app.test_client()
        if cookie is not None:
            self.sign_in(cookie)

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def cookie_name(self) -> str:
        return "__Host-takt" if self.secure else "takt"

    def sign_in(self, cookie: str) -> None:
        self.client.set_cookie(self.cookie_name, cookie, secure=self.secure, domain=self.host)

    def cookie(self) -> str | None:
        """The secret this browser is signed in with."""
        found = self.client.get_cookie(self.cookie_name, domain=self.host)
        return None if found is None else found.value

    def get(self, path: str, **options) -> TestResponse:
        return self.client.get(path, base_url=self.base_url, **options)

    def post(self, path: str, form: dict[str, object] | None = None, *, token: bool = True, **options) -> TestResponse:
        """Posts a form, with the token our pages put into it unless ``token`` is False."""
        values = dict(form or {})
        if token:
            values["csrf_token"] = self.csrf_token()
        return self.client.post(path, base_url=self.base_url, data=values, **options)

    def csrf_token(self) -> str:
        with self.client.session_transaction(base_url=self.base_url) as kept:
            raw = kept.setdefault("csrf_token", RAW_TOKEN)
        return str(URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(raw))
