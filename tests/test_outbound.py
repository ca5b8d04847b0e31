"""Fetching from outside: only from public hosts, by their checked addresses, within bounds (SEC-10)."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from itertools import pairwise, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.outbound import (
    INTERNET,
    Failed,
    Fetched,
    Network,
    Reason,
    Validators,
    fetch,
    host_of,
    is_public,
    read_url,
)
from tests.https_server import PUBLIC, HttpsServer, reply

URL = "https://kalender.example.com/private-7f3a/basic.ics"
BODY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def server() -> Iterator[HttpsServer]:
    with HttpsServer(lambda _asked: reply(BODY)) as server:
        yield server


def refused(server: HttpsServer, url: str = URL, **given) -> Reason:
    with pytest.raises(Failed) as failed:
        fetch(url, network=server.network, **given)
    assert "7f3a" not in f"{failed.value!r} {failed.value} {failed.value.__cause__}"
    return failed.value.reason


# ---------------------------------------------------------------- which addresses


@pytest.mark.parametrize(
    "address",
    [
        str(ip_address(0)), "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.171", "192.0.2.1", "192.31.196.1",
        "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:93.184.215.14", "::93.184.215.14", "64:ff9b::7f00:1",
        "64:ff9b::5db8:d70e", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1", "2001:10::1",
        "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:5db8:d70e::1", "2620:4f:8000::1", "3ffe::1", "3fff::1",
        "5f00::1", "4000::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1",
        "ff02::1", "", "localhost", "1.2.3", "127.1", "0x7f000001", "2130706433",
    ],
)  # fmt: skip
def test_address_that_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
     "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::6810:84e5", "2a00:1450:400f:80d::200e",
     "2001:470::1", "2001:6b0::1", "2c0f:f248::1"],
)  # fmt: skip
def test_address_that_is_public(address):
    assert is_public(address)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address):
    """Python's own list is shorter than ours, and never longer."""
    if address.is_multicast or address.is_private or address.is_reserved or address.is_link_local:
        assert not is_public(str(address))


# ---------------------------------------------------------------- which URLs


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        (URL, URL),
        (f"  {URL}\n", URL),
        ("webcal://kalender.example.com/a.ics", "https://kalender.example.com/a.ics"),
        ("WEBCALS://kalender.example.com/a.ics", "https://kalender.example.com/a.ics"),
        ("HTTPS://Kalender.Example.com:443/A.ics?x=1#top", "https://kalender.example.com/A.ics?x=1"),
        ("https://kalender.example.com.", "https://kalender.example.com/"),
        ("https://kalender.luleå.se/é.ics", "https://kalender.xn--lule-toa.se/é.ics"),
        ("https://[2606:4700::1]/a.ics", "https://[2606:4700::1]/a.ics"),
    ],
)  # fmt: skip
def test_url_is_read(given_, read):
    assert read_url(given_) == read
    assert read_url(read) == read


@pytest.mark.parametrize(
    "url",
    [
        "", "kalender.example.com/a.ics", "http://kalender.example.com/a.ics", "ftp://kalender.example.com/a.ics",
        "file:///etc/passwd", "javascript:alert(1)", "https:", "https://", "https:///a.ics", "https://localhost/a.ics",
        "https://user@kalender.example.com/", "https://user:pass@kalender.example.com/", "https://@kalender.example.com/",
        "https://kalender.example.com:8443/a.ics", "https://kalender.example.com:80/", "https://kalender.example.com:x/",
        "https://kalender.example.com\\@evil.example.com/", "https://kalender.example.com/a b.ics",
        "https://kalender.example.com/\r\nX-Evil: 1", "https://kal%65nder.example.com/", "https://a..example.com/",
        "https://[2606:4700::1/a.ics", "https://[::1%25eth0]/", f"https://{'a' * 70}.example.com/",
        f"https://kalender.example.com/{'a' * 2000}", "https://exa mple.com/", "https://-a.example.com/",
    ],
)  # fmt: skip
def test_url_that_is_none_of_ours(url):
    with pytest.raises(Failed) as failed:
        fetch(url, network=Network(resolve=unreachable))
    assert failed.value.reason == Reason.ADDRESS
    with pytest.raises(Failed):
        read_url(url)


def unreachable(_host: str) -> Sequence[str]:
    raise AssertionError("nothing is looked up")


def test_host_of_a_url():
    assert host_of(URL) == "kalender.example.com"


# ---------------------------------------------------------------- the fetch


def test_fetch_goes_to_the_checked_address_by_the_name_of_the_host(server):
    assert fetch(f"{URL}?a=1&b=å", network=server.network) == Fetched(BODY, Validators())
    assert server.looked_up == ["kalender.example.com"]
    assert server.reached == [PUBLIC]
    [asked] = server.asked
    assert (asked.sni, asked.path) == ("kalender.example.com", "/private-7f3a/basic.ics?a=1&b=%C3%A5")
    assert asked.headers["host"] == "kalender.example.com"
    assert asked.headers["user-agent"] == "Takt"
    assert not set(asked.headers) & {"cookie", "authorization", "referer"}


def test_webcal_is_fetched_as_https(server):
    assert fetch(URL.replace("https:", "webcal:"), network=server.network) == Fetched(BODY, Validators())


def test_fetch_uses_no_proxy_of_the_environment(server, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(URL, network=server.network) is not None


def test_second_fetch_sends_back_what_the_first_was_given(server):
    server.answer = lambda _asked: reply(BODY, ETag='"abc"', Last_Modified="Mon, 02 Nov 2026 10:00:00 GMT")
    found = fetch(URL, network=server.network)
    assert found == Fetched(BODY, Validators('"abc"', "Mon, 02 Nov 2026 10:00:00 GMT"))
    server.answer = lambda _asked: reply(status="304 Not Modified")
    assert fetch(URL, found.validators, network=server.network) is None
    assert server.asked[1].headers["if-none-match"] == '"abc"'
    assert server.asked[1].headers["if-modified-since"] == "Mon, 02 Nov 2026 10:00:00 GMT"
    assert "if-none-match" not in server.asked[0].headers


@pytest.mark.parametrize("etag", ["x" * 300, '"å"', " "])
def test_odd_validator_is_not_kept(server, etag):
    server.answer = lambda _asked: reply(BODY, ETag=etag)
    assert fetch(URL, network=server.network).validators == Validators()


# ---------------------------------------------------------------- names that lead inside


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["127.0.0.1"], ["169.254.169.254"], ["::1"], ["fd00::1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"],
     [PUBLIC, "192.168.1.1"], ["192.168.1.1", PUBLIC], [PUBLIC, "fe80::1%2"], [PUBLIC, "nonsense"]],
)  # fmt: skip
def test_name_with_any_address_inside_is_refused_before_it_is_reached(server, addresses):
    server.addresses["kalender.example.com"] = addresses
    assert refused(server) == Reason.PRIVATE
    assert server.reached == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433.example", "0x7f.1"]
)
def test_address_in_place_of_a_name_is_judged_alike(host):
    def resolve(name: str) -> Sequence[str]:
        return ["127.0.0.1"] if name in {"2130706433.example", "0x7f.1"} else [name]

    with pytest.raises(Failed) as failed:
        fetch(f"https://{host}/a.ics", network=Network(resolve=resolve))
    assert failed.value.reason == Reason.PRIVATE


def test_name_that_means_something_else_a_moment_later_is_asked_once(server):
    """DNS rebinding: whatever a second look-up would say, the connection goes to the address that was checked."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    network = Network(lambda _host: next(answers), server.network.connect, server.network.trust)
    assert fetch(URL, network=network) is not None
    assert server.reached == [PUBLIC]


def test_next_address_is_tried_where_the_first_does_not_answer(server):
    server.addresses["kalender.example.com"] = ["2606:4700::1", PUBLIC]
    connect = server.network.connect

    def only_old(address: tuple[str, int], seconds: float) -> socket.socket:
        if ":" in address[0]:
            server.reached.append(address[0])
            raise OSError("network is unreachable")
        return connect(address, seconds)

    assert fetch(URL, network=Network(server.network.resolve, only_old, server.network.trust)) is not None
    assert server.reached == ["2606:4700::1", PUBLIC]


def test_unknown_name(server):
    def resolve(_host: str) -> Sequence[str]:
        raise socket.gaierror("no such name")

    for resolver in (resolve, lambda _host: []):
        with pytest.raises(Failed) as failed:
            fetch(URL, network=Network(resolver))
        assert failed.value.reason == Reason.UNKNOWN


# ---------------------------------------------------------------- redirects


def moves(*places: str) -> dict[str, str]:
    """Each place leads to the next one."""
    return dict(pairwise(places))


def leading(server: HttpsServer, ways: dict[str, str], status: str = "302 Found") -> None:
    def answer(asked):
        here = f"https://{asked.headers['host']}{asked.path}"
        return reply(b"moved", status, Location=ways[here]) if here in ways else reply(BODY)

    server.answer = answer


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirect_is_followed_and_its_host_checked_anew(server, status):
    leading(server, moves(URL, "https://other.example.com/b.ics"), status)
    assert fetch(URL, network=server.network) == Fetched(BODY, Validators())
    assert server.looked_up == ["kalender.example.com", "other.example.com"]
    assert [asked.sni for asked in server.asked] == server.looked_up


def test_relative_redirect_stays_on_the_host(server):
    server.answer = lambda asked: (
        reply(BODY) if asked.path == "/b.ics" else reply(status="302 Found", Location="/b.ics")
    )
    assert fetch(URL, network=server.network) is not None


@pytest.mark.parametrize("hops", [3, 4])
def test_three_redirects_and_no_more(server, hops):
    places = [URL, *(f"https://other.example.com/{n}" for n in range(hops))]
    leading(server, moves(*places))
    if hops == 3:
        assert fetch(URL, network=server.network) is not None
    else:
        assert refused(server) == Reason.REDIRECT
    assert len(server.asked) == 4


def test_redirect_in_a_ring_ends(server):
    leading(server, {URL: URL})
    assert refused(server) == Reason.REDIRECT


@pytest.mark.parametrize(
    "location",
    ["http://other.example.com/b.ics", "file:///etc/passwd", "https://user@other.example.com/",
     "https://other.example.com:8443/", "https://[", "ftp://other.example.com/"],
)  # fmt: skip
def test_redirect_out_of_https_is_refused(server, location):
    leading(server, {URL: location})
    assert refused(server) == Reason.REDIRECT
    assert len(server.asked) == 1


def test_redirect_without_a_place_is_refused(server):
    server.answer = lambda _asked: reply(status="302 Found")
    assert refused(server) == Reason.REDIRECT


@pytest.mark.parametrize("inside", ["10.0.0.5", "127.0.0.1", "::1"])
def test_redirect_to_the_inside_is_refused(server, inside):
    server.addresses["inside.example.com"] = [inside]
    leading(server, moves(URL, "https://inside.example.com/"))
    assert refused(server) == Reason.PRIVATE
    assert server.reached == [PUBLIC]


# ---------------------------------------------------------------- time


def dripping(server: HttpsServer, *before: bytes) -> None:
    stopped = threading.Event()

    def answer(_asked):
        yield from before
        for part in repeat(b"x", 200):
            stopped.wait(0.05)
            yield part

    server.answer = answer


@pytest.mark.parametrize(
    "before",
    [[], [b"HTTP/1.1 200 OK\r\nX: "], [b"HTTP/1.1 200 OK\r\n\r\n"],
     [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
     [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"]],
)  # fmt: skip
def test_server_that_drips_is_left_at_the_end_of_the_time(server, before):
    dripping(server, *before)
    assert refused(server, seconds=0.6) == Reason.SLOW


def test_server_that_says_nothing_is_left(server):
    def answer(_asked):
        time.sleep(2)
        return reply(BODY)

    server.answer = answer
    assert refused(server, seconds=0.4) == Reason.SLOW


def test_handshake_that_never_ends_is_left():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        network = Network(
            lambda _host: [PUBLIC], lambda _to, left: socket.create_connection(silent.getsockname(), left)
        )
        with pytest.raises(Failed) as failed:
            fetch(URL, network=network, seconds=0.4)
        assert failed.value.reason == Reason.SLOW


def test_resolver_that_never_answers_is_left():
    waiting = threading.Event()

    def resolve(_host: str) -> Sequence[str]:
        waiting.wait(5)
        return [PUBLIC]

    with pytest.raises(Failed) as failed:
        fetch(URL, network=Network(resolve), seconds=0.3)
    waiting.set()
    assert failed.value.reason == Reason.SLOW


def test_redirects_share_one_time(server):
    def answer(asked):
        time.sleep(0.3)
        return reply(status="302 Found", Location=f"/{len(server.asked)}")

    server.answer = answer
    assert refused(server, seconds=0.7) == Reason.SLOW


# ---------------------------------------------------------------- size and form


def test_large_body_is_left_half_way(server):
    server.answer = lambda _asked: reply(b"x" * 3_000_000)
    assert refused(server, most_bytes=100_000) == Reason.LARGE
    server.answer = lambda _asked: reply(b"x" * 100_000)
    assert len(fetch(URL, network=server.network, most_bytes=100_000).body) == 100_000


def test_body_without_end_is_left(server):
    server.answer = lambda _asked: [b"HTTP/1.1 200 OK\r\n\r\n", *repeat(b"x" * 60_000, 100)]
    assert refused(server, most_bytes=200_000) == Reason.LARGE


def test_packed_body_is_opened(server):
    server.answer = lambda _asked: reply(gzip.compress(BODY * 5000), Content_Encoding="gzip")
    assert fetch(URL, network=server.network).body == BODY * 5000
    server.answer = lambda _asked: reply(gzip.compress(BODY) + gzip.compress(BODY), Content_Encoding="GZIP")
    assert fetch(URL, network=server.network).body == BODY * 2


def test_bomb_is_left_before_it_opens(server):
    bomb = gzip.compress(b"\0" * 30_000_000, 9) * 10
    assert len(bomb) < 300_000
    server.answer = lambda _asked: reply(bomb, Content_Encoding="gzip")
    assert refused(server) == Reason.LARGE


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "identity, gzip"])
def test_coding_that_was_not_asked_for_is_refused(server, coding):
    server.answer = lambda _asked: reply(gzip.compress(BODY), Content_Encoding=coding)
    assert refused(server) == Reason.ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        reply(BODY, Content_Length="5000"),
        reply(gzip.compress(BODY)[:-6], Content_Encoding="gzip"),
        reply(BODY, Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nBEGIN:VCALENDAR",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_broken_answer(server, answer):
    server.answer = lambda _asked: answer
    assert refused(server) == Reason.BROKEN


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", Reason.DENIED), ("403 Forbidden", Reason.DENIED), ("407 Proxy", Reason.DENIED),
        ("404 Not Found", Reason.MISSING), ("410 Gone", Reason.MISSING),
        ("500 Broken", Reason.ANSWER), ("503 Later", Reason.ANSWER), ("429 Too Many", Reason.ANSWER),
        ("204 No Content", Reason.ANSWER), ("206 Partial", Reason.ANSWER), ("418 Teapot", Reason.ANSWER),
    ],
)  # fmt: skip
def test_answer_that_is_no_calendar(server, status, reason):
    server.answer = lambda _asked: reply(b"the secret of the body", status)
    assert refused(server) == reason


# ---------------------------------------------------------------- who it is


def test_certificate_of_an_unknown_authority(server):
    network = Network(server.network.resolve, server.network.connect, INTERNET.trust)
    with pytest.raises(Failed) as failed:
        fetch(URL, network=network)
    assert failed.value.reason == Reason.CERTIFICATE


def test_certificate_of_another_host(server):
    assert refused(server, "https://third.example.com/a.ics") == Reason.CERTIFICATE
    assert server.asked == []


def test_certificate_of_a_name_is_none_of_its_address(server):
    assert refused(server, f"https://{PUBLIC}/a.ics") == Reason.CERTIFICATE


def test_host_that_speaks_no_tls():
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            connection, _address = plain.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        network = Network(lambda _host: [PUBLIC], lambda _to, left: socket.create_connection(plain.getsockname(), left))
        with pytest.raises(Failed) as failed:
            fetch(URL, network=network)
    assert failed.value.reason == Reason.BROKEN


def test_host_that_takes_no_connection():
    def connect(_address: tuple[str, int], _seconds: float) -> socket.socket:
        raise ConnectionRefusedError

    with pytest.raises(Failed) as failed:
        fetch(URL, network=Network(lambda _host: [PUBLIC], connect))
    assert failed.value.reason == Reason.BROKEN


@pytest.mark.parametrize(
    "answer", [reply(b"the secret of the body", "500 Broken"), b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n", reply(BODY), b""]
)
def test_log_holds_neither_address_nor_body(server, answer, caplog):
    server.answer = lambda _asked: answer
    with caplog.at_level(logging.DEBUG), contextlib.suppress(Failed):
        fetch(URL, network=server.network)
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "7f3a" not in said
    assert "secret" not in said
