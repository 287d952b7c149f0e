"""Optional recordings beside lessons, tools and crisis texts (OGG with Opus), each called like what it speaks.

``tools/<tool>.<lang>.ogg``, ``lessons/<module>/<lesson>.<lang>.ogg``, ``crisis/voice/<message>.<lang>.ogg``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bot.content.files import LANGS
from bot.content.prose import Finding

ENDING = ".ogg"
MOST_BYTES = 10 * 1024 * 1024
_NAME = re.compile(rf"^(?P<subject>(?:tools|lessons/[^/]+|crisis/voice)/[^/]+)\.(?P<lang>{'|'.join(LANGS)})\.ogg$")
_HEAD = 4096  # bytes in which a recording says what it is


def names(files: Mapping[str, Path]) -> frozenset[str]:
    """The recordings among all content files."""
    return frozenset(name for name in files if name.endswith(ENDING))


def path_of(recordings: Collection[str], subject: str, lang: str) -> str | None:
    """The recording of a tool, lesson or crisis message (`tools/stop`, `lessons/m3/m3.4`, `crisis/voice/suicide`) in exactly that language,
    if there is one."""
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
            yield Finding(name, "", f"belongs to no tool, lesson or crisis message: it is called like what it speaks, .{LANGS[0]}{ENDING}")
            continue
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not head.startswith(b"OggS") or b"OpusHead" not in head:
            yield Finding(name, "", "is no OGG file with Opus sound, the only kind that Telegram plays as a voice message")
        elif path.stat().st_size > MOST_BYTES:
            yield Finding(name, "", f"is larger than {MOST_BYTES // 1024 // 1024} MB; a phone on a slow line would not get it")
