"""Static files: read, hashed and compressed once at start; their addresses carry the hash.

An address from ``static_url`` holds ``?v=`` and the first eight characters of the file's SHA-256, so the answer
may be kept for a year (``immutable``); any other address of the same file is asked for again each time. The
files are served from memory. Not here: what the files are for; the other headers of an answer.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, current_app, request, url_for

STATIC = Path(__file__).parents[1] / "static"
_YEAR_SECONDS = 31_536_000
#: Types that become smaller by compression; woff2 is compressed already.
_COMPRESSED = {"text/css", "text/javascript", "image/svg+xml", "text/plain"}


@dataclass(frozen=True)
class Asset:
    """A file's bytes, the same compressed (None where that gains nothing), its type and its version."""

    content: bytes
    gzipped: bytes | None
    mimetype: str
    version: str


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    kind = {".js": "text/javascript", ".woff2": "font/woff2"}.get(path.suffix)
    kind = kind or mimetypes.guess_type(path.name)[0] or "text/plain"
    gzipped = gzip.compress(content, mtime=0) if kind in _COMPRESSED else None
    return Asset(content, gzipped, kind, hashlib.sha256(content).hexdigest()[:8])


def read_assets() -> dict[str, Asset]:
    """Every file below ``static/`` by its path there, such as ``vendor/htmx.org/htmx.min.js``."""
    return {path.relative_to(STATIC).as_posix(): _read(path) for path in sorted(STATIC.rglob("*")) if path.is_file()}


_kept = cache(read_assets)


def assets() -> Mapping[str, Asset]:
    """The files as read at start; read again each time in debug mode, so that an edit shows."""
    return read_assets() if current_app.debug else _kept()


def static_url(path: str) -> str:
    """The versioned address of a file below ``static/``; raises KeyError when there is none."""
    return url_for("static", filename=path, v=assets()[path].version)


def serve(filename: str) -> Response:
    """The file, compressed where the client takes that; 404 for any other name."""
    asset = assets().get(filename)
    if asset is None:
        abort(404)
    squeeze = asset.gzipped is not None and request.accept_encodings["gzip"] > 0
    response = Response(asset.gzipped if squeeze else asset.content, mimetype=asset.mimetype)
    if squeeze:
        response.content_encoding = "gzip"
    if asset.gzipped is not None:
        response.vary.add("Accept-Encoding")
    if request.args.get("v") == asset.version:
        response.cache_control.public = True
        response.cache_control.max_age = _YEAR_SECONDS
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.set_etag(asset.version + ("-gzip" if squeeze else ""))
    response.make_conditional(request)
    return response


def install(app: Flask) -> None:
    """Serves ``/static/`` from memory in ``app`` and gives its templates ``static_url``."""
    _kept()
    app.view_functions["static"] = serve
    app.jinja_env.globals["static_url"] = static_url
