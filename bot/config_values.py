"""What a right value of a setting looks like; `config` uses the types. The messages never repeat the value, for it may be a secret."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

# What rings a phone, pages or writes to a person. Left out on purpose: what runs a program, writes a file or talks to this machine.
PAGE_SCHEMES = frozenset(
    {
        "bark",
        "barks",
        "betterstack",
        "bulksms",
        "clicksend",
        "firehydrant",
        "goalert",
        "goalerts",
        "gotify",
        "gotifys",
        "ilert",
        "incidentio",
        "join",
        "mailto",
        "mailtos",
        "msgbird",
        "nexmo",
        "ntfy",
        "ntfys",
        "opsgenie",
        "pagerduty",
        "pagertree",
        "pbul",
        "plivo",
        "pover",
        "prowl",
        "signal",
        "signals",
        "signl4",
        "sinch",
        "smseagle",
        "smseagles",
        "sns",
        "spike",
        "splunk",
        "squadcast",
        "threema",
        "twilio",
        "victorops",
        "voipms",
        "vonage",
        "xmatters",
    }
)


def check_page_target(url: str) -> None:
    """Accept a target for pages: an address whose scheme is in `PAGE_SCHEMES` and that names somebody.

    Raises:
        ValueError: says what is wrong without repeating the target, which usually holds a password.
    """
    scheme, mark, rest = url.strip().partition("://")
    if not mark or not rest:
        raise ValueError("a target is not of the form scheme://...")
    if scheme.lower() not in PAGE_SCHEMES:
        raise ValueError(f"a target's scheme is not one of {', '.join(sorted(PAGE_SCHEMES))}")


def _address(value: str, schemes: Sequence[str] = ("https", "http")) -> SplitResult:
    """Split a web address.

    Raises:
        ValueError: it is none.
    """
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 (raises when the port is not a number up to 65535)
    except ValueError:
        raise ValueError("it is not an address") from None
    if parts.scheme not in schemes or not parts.hostname or re.search(r"\s", value):
        raise ValueError(f"it is not an address that starts with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return parts


def _root(value: str) -> str:
    parts = _address(value)
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it holds more than scheme, host, port and path")
    return value.rstrip("/")


def _bot_api_root(value: str) -> str:
    root = _root(value)
    if root.endswith("/bot"):
        raise ValueError("leave /bot out, it is appended")
    return root


def _web_address(value: str) -> str:
    _address(value)
    return value


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("it is not a database address") from None
    match url.drivername:
        case "sqlite" | "sqlite+pysqlite":
            if not url.database or url.database == ":memory:" or url.host:
                raise ValueError(
                    "a SQLite address has to name a file, with three slashes before a relative and four before an absolute path"
                )
            return url.set(drivername="sqlite").render_as_string(hide_password=False)
        case "postgres" | "postgresql" | "postgresql+psycopg":
            if not url.database:
                raise ValueError("it does not name the database on the server")
            return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    raise ValueError("only SQLite and PostgreSQL (psycopg 3) can be used")


def _listen(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError("its port is missing or is not a number up to 65535")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or re.search(r"[\s/\[\]]", bare) or (":" in bare and bare is host):
        raise ValueError("its host is missing or wrong (an IPv6 address stands in square brackets)")
    return value


@cache
def _countries() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def _country(value: str) -> str:
    if value.upper() not in _countries():
        raise ValueError("it is not a country code of ISO 3166")
    return value.upper()


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, KeyError):  # no such zone (a KeyError), a folder of zones, a path
        raise ValueError("it is not a zone of the IANA time zone database") from None


def _secret(secret: SecretStr, pattern: str, why: str) -> SecretStr:
    if not re.fullmatch(pattern, secret.get_secret_value(), re.ASCII):
        raise ValueError(why)
    return secret


def _token(secret: SecretStr) -> SecretStr:
    return _secret(secret, r"\d+:[^\s/?#%]+", "it does not have the form <digits>:<letters and digits>")


def _webhook_secret(secret: SecretStr) -> SecretStr:
    return _secret(secret, r"[A-Za-z0-9_-]{1,256}", "Telegram takes 1 to 256 of the characters A-Z a-z 0-9 _ -")


def decode_keys(text: str) -> tuple[bytes, ...]:
    """Split and decode `WAYMARK_ENCRYPTION_KEYS`; 32 bytes each, in their order.

    Raises:
        ValueError: one of them is not urlsafe base64 of 32 bytes.
    """
    parts = [part.strip() for part in text.split(",")]
    for number, part in enumerate(parts, start=1):
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}=?", part, re.ASCII):
            raise ValueError(f"key {number} of {len(parts)} is not urlsafe base64 of exactly 32 bytes")
    return tuple(base64.urlsafe_b64decode(part[:43] + "=") for part in parts)


def _keys(secret: SecretStr) -> SecretStr:
    decode_keys(secret.get_secret_value())
    return secret


def decode_targets(text: str) -> dict[str, tuple[str, ...]]:
    """Parse `WAYMARK_PAGE_URLS`: targets by staff id or `everyone`.

    Raises:
        ValueError: it is not such JSON, or a target is not allowed.
    """
    try:
        value = json.loads(text)
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(value, dict) or not all(key.strip() and isinstance(urls, list) for key, urls in value.items()):
        raise ValueError("it is not an object of lists")
    for urls in value.values():
        for url in urls:
            if not isinstance(url, str):
                raise ValueError("one target is one string")
            check_page_target(url)
    return {key.strip(): tuple(url.strip() for url in urls) for key, urls in value.items()}


def _targets(secret: SecretStr) -> SecretStr:
    decode_targets(secret.get_secret_value())
    return secret


def _phone(value: str) -> str:
    if value and (
        sum(char.isdigit() for char in value) < 3 or not re.fullmatch(r"[+\d(][\d ().\-/]*( ?(ext|x)\.? ?\d+)?", value, re.ASCII)
    ):
        raise ValueError("it is not a phone number")
    return value


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("there is no such folder")
    return value


def _daily(value: Any) -> Any:
    if isinstance(value, str) and value.lower() == "off":
        return None
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value, re.ASCII):
        raise ValueError("it is neither a time from 00:00 to 23:59 nor the word off")
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Lowered = BeforeValidator(_lower)
Token = Annotated[SecretStr, AfterValidator(_token)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
Keys = Annotated[SecretStr, AfterValidator(_keys)]
PageTargets = Annotated[SecretStr, AfterValidator(_targets)]
BotApiRoot = Annotated[str, AfterValidator(_bot_api_root)]
Root = Annotated[str, AfterValidator(_root)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Listen = Annotated[str, AfterValidator(_listen)]
Country = Annotated[str, AfterValidator(_country)]
Zone = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[str, AfterValidator(_phone)]
Daily = Annotated[str | None, BeforeValidator(_daily)]
Folder = Annotated[Path, AfterValidator(_folder)]
