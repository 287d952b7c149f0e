"""Fetching a list from an address: time-outs, a size limit, and no way into the operator's own network."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urljoin, urlsplit

import httpx

from bot.errors import SetupError

TIMEOUT_S = 30.0
MAX_REDIRECTS = 3


def fetch(address: str, *, allow_private: bool, limit: int) -> bytes:
    """Read a list.

    Args:
        allow_private: whether addresses of private networks and of this machine may be read (`WAYMARK_FEED_ALLOW_PRIVATE`).
        limit: bytes.

    Raises:
        SetupError: not http(s), private, unreachable, an error status, or too large.
    """
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, headers={"Accept": "application/json"}) as client:
        for _hop in range(MAX_REDIRECTS + 1):
            _check(address, allow_private)
            try:
                with client.stream("GET", address) as response:
                    if response.is_redirect:
                        address = urljoin(address, response.headers.get("location", ""))
                        continue
                    if response.status_code != httpx.codes.OK:
                        raise SetupError(
                            f"the meeting feed answered {response.status_code}: check the address (and its key, if it needs one)"
                        )
                    return _body(response, limit)
            except httpx.HTTPError as error:
                raise SetupError(
                    f"the meeting feed could not be read ({type(error).__name__}): check the address and the network"
                ) from error
    raise SetupError("the meeting feed redirects too often: give the final address")


def _body(response: httpx.Response, limit: int) -> bytes:
    found = bytearray()
    for part in response.iter_bytes():
        found += part
        if len(found) > limit:
            raise SetupError(f"the meeting feed is larger than {limit // 1_000_000} MB: is it a meeting list?")
    return bytes(found)


def _check(address: str, allow_private: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError("a meeting feed's address begins with http:// or https://")
    if allow_private:
        return
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)}
    except OSError as error:
        raise SetupError("the meeting feed's host is unknown: check the address") from error
    if not all(ipaddress.ip_address(one).is_global for one in found):
        raise SetupError("the meeting feed lies in a private network; if that is meant, set WAYMARK_FEED_ALLOW_PRIVATE=on")
