"""Fetching: limits on time and size, redirects hop by hop, private networks, and a name that answers two things."""

from __future__ import annotations

import asyncio
import gzip
import io
import ipaddress
import socket
import tracemalloc
from typing import Any

import pytest

from bot.features.meetings import fetching
from bot.features.meetings.fetching import Answer, FetchError, Limits, is_public
from tests.features.meetings.lists import Handler, Lists, Request, sends, serving, versioned

SMALL = Limits(total_s=1.0, idle_s=0.4, size=100_000)


async def fetch(address: str, *, allow_private: bool = True, limits: Limits = SMALL, **known: str) -> tuple[bytes, Answer]:
    file = io.BytesIO()
    answer = await fetching.fetch(address, file, allow_private=allow_private, limits=limits, **known)
    return file.read(), answer


async def refused(answer: Handler, path: str = "/list.json", limits: Limits = SMALL) -> FetchError:
    async with serving(answer) as lists:
        with pytest.raises(FetchError) as caught:
            await fetch(lists.url(path), limits=limits)
    return caught.value


async def test_a_list_comes_with_what_the_server_says_of_its_version() -> None:
    async with serving(sends(b"[1]", ETag='"v1"', Last_Modified="Sun, 01 Nov 2026 00:00:00 GMT")) as lists:
        body, answer = await fetch(lists.url())
    assert (body, answer) == (b"[1]", Answer(True, '"v1"', "Sun, 01 Nov 2026 00:00:00 GMT"))
    assert "if-none-match" not in lists.asked[0].headers


async def test_who_has_the_newest_version_gets_no_body() -> None:
    async with serving(versioned([1], '"v2"')) as lists:
        body, answer = await fetch(lists.url(), etag='"v2"', modified="Sun, 01 Nov 2026 00:00:00 GMT")
        assert (body, answer.new) == (b"", False)
        assert lists.asked[0].headers["if-modified-since"] == "sun, 01 nov 2026 00:00:00 gmt"
        assert (await fetch(lists.url(), etag='"v1"'))[1].new


async def test_nothing_new_is_no_answer_to_who_knows_no_version() -> None:
    assert "no version of it is known" in str(await refused(sends(b"", "304 Not Modified")))


async def test_a_packed_body_is_unpacked_in_several_pieces_too() -> None:
    packed = gzip.compress(b"[1,", mtime=0) + gzip.compress(b"2]")
    async with serving(sends(packed, Content_Encoding="gzip")) as lists:
        assert (await fetch(lists.url()))[0] == b"[1,2]"


async def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9, mtime=0)
    tracemalloc.start()
    error = await refused(sends(bomb, Content_Encoding="gzip"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "larger than" in str(error)
    assert peak < 20_000_000


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip"])
async def test_a_packing_that_was_not_asked_for_is_refused(coding: str) -> None:
    assert "packed" in str(await refused(sends(b"xxxx", Content_Encoding=coding)))


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"[1,2]" * 1000, mtime=0)[:-12]], ids=["no gzip", "cut short"])
async def test_a_body_that_is_not_packed_as_it_says_is_refused(body: bytes) -> None:
    assert await refused(sends(body, Content_Encoding="gzip"))


async def test_a_body_that_says_how_large_it_is_is_not_even_begun() -> None:
    async def large(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n")
        await writer.drain()

    assert "larger than" in str(await refused(large))


async def test_an_endless_body_ends_at_the_limit() -> None:
    async def endless(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    assert "larger than" in str(await refused(endless))


async def _drip(writer: asyncio.StreamWriter, begin: bytes) -> None:
    writer.write(begin)
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "begin", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"]
)
async def test_a_server_that_drips_is_left_when_the_time_is_over(begin: bytes) -> None:
    async def drips(_request: Request, writer: asyncio.StreamWriter) -> None:
        await _drip(writer, begin)

    async with asyncio.timeout(30):  # it would drip for ever
        assert await refused(drips, limits=Limits(total_s=0.5, idle_s=0.4, size=100_000))


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1"])
async def test_a_server_that_hangs_is_left(begin: bytes) -> None:
    async def hangs(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        await writer.drain()
        await asyncio.Event().wait()

    assert "stopped answering" in str(await refused(hangs))


async def test_a_body_that_ends_too_soon_is_refused() -> None:
    async def breaks(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1")
        await writer.drain()

    assert "could not be read" in str(await refused(breaks))


@pytest.mark.parametrize(
    ("status", "word"), [("401 No", "key"), ("403 No", "key"), ("404 No", "no list"), ("500 No", "later"), ("302 Found", "redirects")]
)
async def test_an_error_says_what_to_do(status: str, word: str) -> None:
    location = {"Location": "ftp://example.org/x"} if status.startswith("302") else {}
    assert word in str(await refused(sends(b"", status, **location)))


async def test_a_busy_server_says_how_long_to_wait() -> None:
    error = await refused(sends(b"", "429 Slow down", Retry_After="120"))
    assert error.wait is not None
    assert error.wait.total_seconds() == 120


def _hops(target: str) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        answer = sends(b"[7]") if request.path == "/there" else sends(b"", "302 Found", Location=target)
        await answer(request, writer)

    return handler


async def test_a_redirect_is_followed() -> None:
    async with serving(_hops("/there")) as lists:
        assert (await fetch(lists.url()))[0] == b"[7]"


@pytest.mark.parametrize("target", ["ftp://example.org/x", "file:///etc/passwd", "gopher://127.0.0.1/", "data:,[]", "http://[bad"])
async def test_a_redirect_to_another_scheme_is_not(target: str) -> None:
    assert await refused(_hops(target))


async def test_a_circle_of_redirects_ends() -> None:
    assert "too often" in str(await refused(_hops("/again")))


@pytest.mark.parametrize(("before", "after", "ok"), [("https", "http", False), ("http", "https", True), ("https", "https", True)])
def test_https_is_never_left(before: str, after: str, ok: bool) -> None:
    if ok:
        assert fetching._next(f"{before}://a.example.org/x", f"{after}://b.example.org/y") == f"{after}://b.example.org/y"
    else:
        with pytest.raises(FetchError, match="https"):
            fetching._next(f"{before}://a.example.org/x", f"{after}://b.example.org/y")


# Private networks


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "240.0.0.1",
        "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_addresses_of_ones_own_network_are_private(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_network_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1"])
async def test_this_machine_is_not_read_unless_that_is_meant(host: str) -> None:
    async with serving(sends(b"[]")) as lists:
        with pytest.raises(FetchError):
            await fetch(lists.url(host=host), allow_private=False)
    assert lists.asked == []


@pytest.mark.parametrize("address", ["ftp://example.org/x", "file:///etc/passwd", "http://", "https:///x", "http://[1", "nothing"])
async def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(FetchError):
        await fetch(address)


def _answering(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let names resolve to these addresses, one after the other."""
    asked: list[str] = []
    real = asyncio.get_running_loop().getaddrinfo

    async def look_up(host: Any, port: Any, **options: Any) -> Any:
        if isinstance(host, str) and host.endswith("example.org"):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[min(len(asked), len(answers)) - 1], port))]
        return await real(host, port, **options)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    return asked


async def test_a_name_is_looked_up_once_and_that_very_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(sends(b"[]")) as lists:
        # The first answer is harmless and leads nowhere; a second look would lead to this machine.
        asked = _answering(monkeypatch, "192.0.2.1", "127.0.0.1")
        monkeypatch.setattr(fetching, "is_public", lambda address: str(address) != "127.0.0.1")
        with pytest.raises(FetchError):
            await fetch(lists.url(host="rebind.example.org"), allow_private=False, limits=Limits(total_s=0.5, idle_s=0.3))
    assert asked == ["rebind.example.org"]
    assert lists.asked == []


async def test_the_server_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(sends(b"[]")) as lists:
        _answering(monkeypatch, "127.0.0.1")
        await fetch(lists.url(host="lists.example.org"))
    assert lists.asked[0].headers["host"] == f"lists.example.org:{lists.port}"


async def test_a_redirect_into_ones_own_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(sends(b"[]")) as inner, serving(sends(b"", "302 Found", Location=inner.url("/secret"))) as outer:
        _answering(monkeypatch, "127.0.0.1")
        verdicts = iter((True, False))
        monkeypatch.setattr(fetching, "is_public", lambda _address: next(verdicts))
        with pytest.raises(FetchError, match="private network"):
            await fetch(outer.url(host="lists.example.org"), allow_private=False)
    assert len(outer.asked) == 1
    assert inner.asked == []


async def test_no_error_names_more_than_it_must() -> None:
    for answer in (sends(b"", "403 No"), sends(b"", "500 No"), _hops("/again"), sends(b"xx", Content_Encoding="gzip")):
        assert "PLANTED" not in str(await refused(answer, "/list.json?key=PLANTED"))
    with pytest.raises(FetchError) as caught:
        await fetch("http://127.0.0.1:1/?key=PLANTED")
    assert "PLANTED" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_server_of_these_tests_is_on_loopback() -> None:
    assert Lists(1, sends()).url() == "http://127.0.0.1:1/list.json"
