"""Static files: versioned addresses, long caching, compression."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler.web import assets
from tests.web.gallery_app import create_gallery

VERSION = hashlib.sha256((assets.STATIC / "takt.css").read_bytes()).hexdigest()[:8]


@pytest.fixture
def app() -> Flask:
    return create_gallery()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_static_url_carries_the_first_eight_characters_of_the_hash(app):
    with app.test_request_context():
        assert assets.static_url("takt.css") == f"/static/takt.css?v={VERSION}"


def test_static_url_of_a_missing_file_is_an_error(app):
    with app.test_request_context(), pytest.raises(KeyError):
        assets.static_url("tackt.css")


def test_versioned_address_may_be_kept_for_a_year(client):
    answer = client.get(f"/static/takt.css?v={VERSION}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"


@pytest.mark.parametrize("query", ["", "?v=00000000"])
def test_other_address_of_the_file_is_asked_for_again(client, query):
    assert client.get(f"/static/takt.css{query}").headers["Cache-Control"] == "no-cache"


def test_text_is_compressed_for_those_who_take_it(client):
    plain = client.get("/static/takt.css", headers={"Accept-Encoding": "identity"})
    squeezed = client.get("/static/takt.css", headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == plain.data
    assert plain.headers["Vary"] == squeezed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != squeezed.headers["ETag"]


def test_client_that_refuses_gzip_gets_none(client):
    answer = client.get("/static/takt.css", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in answer.headers


def test_font_is_sent_as_it_is(client):
    path = "vendor/schibsted-grotesk/schibsted-grotesk-latin-wght-normal.woff2"
    answer = client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.mimetype == "font/woff2"
    assert answer.data == (assets.STATIC / path).read_bytes()


def test_unchanged_file_is_not_sent_again(client):
    tag = client.get("/static/takt.js").headers["ETag"]
    assert client.get("/static/takt.js", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["nothing.css", "../app.py", "%2e%2e/app.py", "vendor", ""])
def test_anything_else_is_not_found(client, path):
    assert client.get(f"/static/{path}").status_code == 404
