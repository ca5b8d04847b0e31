"""Pages travel compressed: gzip for HTML and JSON when the client says it takes it.

Calendar feeds and static files compress themselves, once per version. Not here: either of those.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

#: A shorter body gains nothing.
LEAST = 800
#: A page is compressed for each reader: fast matters more than the last percent.
LEVEL = 4
NOT_MODIFIED = 304
KINDS = frozenset({"text/html", "application/json"})


def compress(response: Response) -> Response:
    """Compresses a whole, plain body of one of ``KINDS``; leaves every other as it is."""
    if (
        response.status_code == NOT_MODIFIED
        or response.mimetype not in KINDS
        or response.direct_passthrough
        or "Content-Encoding" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0 or (response.content_length or 0) < LEAST or request.method == "HEAD":
        return response
    response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response


def install(app: Flask) -> None:
    """Compresses after everything else has been said of the answer."""
    app.after_request_funcs.setdefault(None, []).insert(0, compress)
