"""Calendar feeds are built here: their addresses and secrets, and which meetings each shows.

- ``rules``: the kinds of feeds, the window of time, the ETag, who may have which feed, the names of clients. Pure.
- ``queries``: one query that finds a feed and its version; the stored fragments it is joined from; one's own links.
- ``actions``: making, renewing and revoking secret links, noting that one was fetched.

A feed renders nothing: the finished VEVENTs come from ``meetings.publishing``, their bytes are joined by
``ical.writer``. Not here: HTTP (``web.feeds``), the page that hands out the links (``web.subscribe``).
"""
