"""Where a list comes from: a file or an address, and for a BMLT server's address its formats and service bodies too."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot import logs
from bot.errors import SetupError
from bot.features.meetings import bmlt_formats, feed, fetching
from bot.features.meetings.bmlt_formats import Side
from bot.features.meetings.feed_state import Fetched
from bot.features.meetings.fetching import Limits

_log = logs.get_logger()

_KEPT = ("lang_enum", "root_server_ids", "key", "token")  # of an address that was written for the meetings


@dataclass(frozen=True, slots=True)
class Opened:
    """A list that can be read.

    Args:
        file: None when the server says that nothing is new.
        side: None where there is nothing beside the meetings.
    """

    file: BinaryIO | None
    side: Side | None
    fetched: Fetched


@contextlib.asynccontextmanager
async def fetched(
    address: str, *, allow_private: bool, known: Fetched | None = None, limits: Limits | None = None
) -> AsyncIterator[Opened]:
    """Read an address, and what belongs to it.

    Args:
        known: what the server said of the version that is known.

    Raises:
        FetchError: it cannot be read.
    """
    before = known or Fetched()
    with tempfile.TemporaryFile() as file:
        answer = await fetching.fetch(address, file, allow_private=allow_private, etag=before.etag, modified=before.modified, limits=limits)
        if not answer.new:
            yield Opened(None, None, before)
            return
        yield Opened(file, await _side(address, allow_private, limits), Fetched(answer.etag, answer.modified))


async def _side(address: str, allow_private: bool, limits: Limits | None) -> Side | None:
    """The formats and service bodies of the same server. A list is worth having without them."""
    rows: list[object] = []
    for other in beside(address):
        with tempfile.TemporaryFile() as file:
            try:
                await fetching.fetch(other, file, allow_private=allow_private, limits=limits)
                rows += await asyncio.to_thread(feed.side_rows, file)
            except SetupError as error:
                _log.warning("meetings.formats_unread", error=error)
    return bmlt_formats.side(rows) if rows else None


def beside(address: str) -> list[str]:
    """For a BMLT server's meetings, where its formats and its service bodies are."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query.get("switcher", "").casefold() != "getsearchresults":
        return []
    kept = {name: query[name] for name in _KEPT if name in query}
    path = parts.path.replace("/client_interface/jsonp", "/client_interface/json")
    wanted = ["GetServiceBodies"] if query.get("get_used_formats") == "1" else ["GetFormats", "GetServiceBodies"]
    return [urlunsplit((parts.scheme, parts.netloc, path, urlencode({"switcher": name, **kept}), "")) for name in wanted]


@contextlib.contextmanager
def opened(path: str, also: Sequence[str] = ()) -> Iterator[Opened]:
    """Open a file.

    Args:
        also: files with formats or service bodies of the BMLT server that it comes from.

    Raises:
        SetupError: one of them is not there, or too large.
    """
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_open(name)) for name in (path, *also)]
        yield Opened(files[0], feed.side_of(*files[1:]) if also else None, Fetched())


@contextlib.contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    try:
        if Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir()):  # a pipe, a device: maybe without an end
            raise SetupError(f"{path} is no plain file: save the list in one, or give its http(s) address")
        with Path(path).open("rb") as file:
            if Path(path).stat().st_size > fetching.LIMIT:
                raise SetupError(f"{path} is larger than {fetching.LIMIT // 1_000_000} MB: is it a meeting list?")
            yield file
    except OSError as error:
        raise SetupError(f"{path} cannot be read ({error.strerror}): give a file that is there, or an http(s) address") from error
