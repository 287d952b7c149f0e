"""Fetching a list from an address: limits on time and size, and no way into the operator's own network.

Every address is looked up once, checked, and that very address is connected to, so that a name cannot answer one thing to the check and
another to the connection. Redirects are followed hop by hop, each checked like the first. No error names more of an address than its host.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx

from bot.errors import SetupError

TOTAL_S = 120.0  # for everything: names, hops, the body to its end
IDLE_S = 20.0  # between two pieces
CONNECT_S = 10.0
MAX_REDIRECTS = 5
ADDRESSES = 3  # of a server that are tried
LIMIT = 100_000_000  # bytes, unpacked; 60,000 meetings have half of that
_PIECE = 1 << 16
_MOST_WAIT_S = 24 * 3600
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchError(SetupError):
    """The list could not be fetched. `wait`: how long the server asked to be left alone."""

    def __init__(self, why: str, wait: timedelta | None = None) -> None:
        super().__init__(f"the meeting feed {why}")
        self.why, self.wait = why, wait


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. Tests make them small."""

    total_s: float = TOTAL_S
    idle_s: float = IDLE_S
    size: int = LIMIT


@dataclass(frozen=True, slots=True)
class Answer:
    """What came.

    Args:
        new: whether there is anything new.
        etag, modified: to be sent with the next request.
    """

    new: bool
    etag: str | None
    modified: str | None


async def fetch(
    address: str,
    file: BinaryIO,
    *,
    allow_private: bool,
    etag: str | None = None,
    modified: str | None = None,
    limits: Limits | None = None,
) -> Answer:
    """Read an address into a file, which is put back to its start.

    Args:
        allow_private: whether addresses of private networks and of this machine may be read (`WAYMARK_FEED_ALLOW_PRIVATE`).
        etag, modified: what came with the version that is known.

    Raises:
        FetchError: not http(s), private, unreachable, an error status, too large, too slow.
    """
    headers = {"Accept": "application/json, text/csv;q=0.9, */*;q=0.1", "Accept-Encoding": "gzip", "User-Agent": "Waymark"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": modified} if modified else {}
    given = limits or Limits()
    try:
        async with asyncio.timeout(given.total_s):
            found = await _hops(address, headers, file, allow_private, given)
    except httpx.TimeoutException:
        raise FetchError("stopped answering: try again later") from None
    except TimeoutError:
        raise FetchError(f"did not come whole within {given.total_s:.0f} seconds: is the server slow, or the list endless?") from None
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
        # Without the original: it may hold the whole address.
        raise FetchError(f"could not be read ({type(error).__name__}): check the address and the network") from None
    file.seek(0)
    return found


async def _hops(address: str, headers: dict[str, str], file: BinaryIO, allow_private: bool, limits: Limits) -> Answer:
    timeout = httpx.Timeout(limits.idle_s, connect=CONNECT_S)
    trusted = await asyncio.to_thread(_trusted)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False, verify=trusted) as client:
        for _hop in range(MAX_REDIRECTS + 1):
            response = await _send(client, await _pinned(client, address, headers, allow_private))
            try:
                if response.is_redirect and response.status_code != httpx.codes.NOT_MODIFIED:
                    address = _next(address, response.headers.get("location", ""))
                    continue
                return await _answer(response, file, limits)
            finally:
                await response.aclose()
    raise FetchError("redirects too often: give the final address")


def _next(address: str, location: str) -> str:
    try:
        target = urljoin(address, location)
        before, after = urlsplit(address).scheme, urlsplit(target).scheme
    except ValueError:
        raise FetchError("redirects to what is no address") from None
    if after not in ("http", "https"):
        raise FetchError("redirects to another scheme than http(s), which is not followed")
    if (before, after) == ("https", "http"):
        raise FetchError("redirects from https to http, where anyone could change it: give the https address")
    return target


async def _answer(response: httpx.Response, file: BinaryIO, limits: Limits) -> Answer:
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if response.status_code == httpx.codes.NOT_MODIFIED:
        if not {"if-none-match", "if-modified-since"} & set(response.request.headers):
            raise FetchError("says that nothing is new, although no version of it is known here: try again later")
        return Answer(False, etag, modified)
    if response.status_code != httpx.codes.OK:
        raise _refused(response)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limits.size:
        raise _too_large(limits)
    size = 0
    async for piece in _unpacked(response):
        size += len(piece)
        if size > limits.size:
            raise _too_large(limits)
        file.write(piece)
    return Answer(True, etag[:200] if etag else None, modified[:60] if modified else None)


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, never more than a piece at a time: a small packed body may unpack to gigabytes."""
    coding = response.headers.get("content-encoding", "identity").strip().casefold()
    if coding in ("", "identity"):
        async for part in response.aiter_raw(_PIECE):
            yield part
        return
    if coding not in ("gzip", "x-gzip"):
        raise FetchError("is packed in a way that was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for part in response.aiter_raw(_PIECE):
            waiting = part
            while waiting:
                if unpack.eof:  # several packed pieces in a row are one body
                    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield unpack.decompress(waiting, _PIECE)
                waiting = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
                await asyncio.sleep(0)  # so that the time limit holds here too
        if not unpack.eof:
            raise FetchError("ended in the middle")
    except zlib.error:
        raise FetchError("is packed, but not as it says") from None


def _refused(response: httpx.Response) -> FetchError:
    status = response.status_code
    if status in (401, 403):
        return FetchError(f"answered {status}: it is closed, and needs its key in the address")
    if status in (404, 410):
        return FetchError(f"answered {status}: there is no list at this address any more")
    if status == 429 or status >= 500:
        wait = response.headers.get("retry-after", "")
        seconds = min(int(wait), _MOST_WAIT_S) if wait.isdecimal() and len(wait) < 9 else None
        return FetchError(f"answered {status}: try again later", timedelta(seconds=seconds) if seconds else None)
    return FetchError(f"answered {status}: check the address (and its key, if it needs one)")


def _too_large(limits: Limits) -> FetchError:
    return FetchError(f"is larger than {limits.size // 1_000_000} MB: is it a meeting list?")


async def _send(client: httpx.AsyncClient, requests: Sequence[httpx.Request]) -> httpx.Response:
    for request in requests[:-1]:
        with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await client.send(request, stream=True)
    return await client.send(requests[-1], stream=True)


async def _pinned(client: httpx.AsyncClient, address: str, headers: dict[str, str], allow_private: bool) -> list[httpx.Request]:
    """Requests to the numeric addresses that were checked; the name stays in `Host` and in the certificate's check."""
    try:
        url = httpx.URL(address)
        host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
    except (httpx.InvalidURL, ValueError):
        raise FetchError("has an address that is none: it begins with http:// or https://") from None
    if url.scheme not in ("http", "https") or not host:
        raise FetchError("has an address that is none: it begins with http:// or https://")
    found = await _look_up(host, port)
    if not allow_private and not all(is_public(one) for one in found):
        raise FetchError("lies in a private network; if that is meant, set WAYMARK_FEED_ALLOW_PRIVATE=on")
    given = {**headers, "Host": url.netloc.decode("ascii")}
    return [
        client.build_request("GET", url.copy_with(host=str(one)), headers=given, extensions={"sni_hostname": host})
        for one in found[:ADDRESSES]
    ]


async def _look_up(host: str, port: int) -> Sequence[Address]:
    try:
        entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError("has a host that is unknown: check the address and the network") from None
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries))


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open network, also the one that another kind of address carries inside it."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped
        if inside is not None:
            return is_public(inside)
        carried = (address.sixtofour, *(address.teredo or ()))
        if not all(is_public(one) for one in carried if one is not None):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _trusted() -> ssl.SSLContext:
    """The certificates of the package and of the machine (`SSL_CERT_FILE` too)."""
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
