"""Optional recordings beside lessons and tools: ``tools/<tool>.<lang>.ogg``, ``lessons/<module>/<lesson>.<lang>.ogg`` (OGG with Opus)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bot.content.files import LANGS
from bot.content.prose import Finding

ENDING = ".ogg"
MOST_BYTES = 10 * 1024 * 1024
_NAME = re.compile(rf"^(?P<subject>(?:tools|lessons/[^/]+)/[^/]+)\.(?P<lang>{'|'.join(LANGS)})\.ogg$")
_HEAD = 4096  # bytes in which a recording says what it is


def names(files: Mapping[str, Path]) -> frozenset[str]:
    """The recordings among all content files."""
    return frozenset(name for name in files if name.endswith(ENDING))


def path_of(recordings: Collection[str], subject: str, lang: str) -> str | None:
    """The recording of a tool or lesson (`tools/stop`, `lessons/m3/m3.4`) in exactly that language, if there is one."""
    name = f"{subject}.{lang}{ENDING}"
    return name if name in recordings else None


def findings(files: Mapping[str, Path], subjects: Collection[str]) -> Iterator[Finding]:
    """What is wrong with recordings.

    Args:
        subjects: what may have one.
    """
    for name in sorted(names(files)):
        match, path = _NAME.match(name), files[name]
        if match is None or match["subject"] not in subjects:
            yield Finding(name, "", f"belongs to no tool or lesson: a recording is called like its file, ending in .{LANGS[0]}{ENDING}")
            continue
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not head.startswith(b"OggS") or b"OpusHead" not in head:
            yield Finding(name, "", "is no OGG file with Opus sound, the only kind that Telegram plays as a voice message")
        elif path.stat().st_size > MOST_BYTES:
            yield Finding(name, "", f"is larger than {MOST_BYTES // 1024 // 1024} MB; a phone on a slow line would not get it")
