"""The learned part as plain arrays: what each message's meaning has in common with messages whose level is known.

`embedding -> two scores` (page; emergency) by a kernel over the messages that it was fitted to, and the category that fits best. Made by
`make train-screen`; read here without the library that fitted it, and without pickle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.errors import ContentError
from bot.opinion.decide import Scores
from bot.safety.levels import Category, Level

Floats = npt.NDArray[np.float32]

FORMAT = 1
DIMENSIONS = 512


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A message that the model was fitted to.

    Attributes:
        likeness: cosine of the two meanings, -1 to 1.
    """

    text: str
    level: Level
    likeness: float


class Model:
    """Holds the arrays. Safe to share between threads: nothing is kept of what it reads.

    Args:
        arrays: as `load` finds them; see `tests/bench/train.py`, which writes them.
        about: version, thresholds and where the numbers come from.
    """

    def __init__(self, arrays: dict[str, npt.NDArray[Any]], about: dict[str, Any]) -> None:
        self.about = about
        self.version = str(about["version"])
        self._anchors: Floats = np.ascontiguousarray(arrays["anchors"] * arrays["step"], dtype=np.float32)
        self._gamma = float(about["gamma"])
        self._weights: Floats = np.ascontiguousarray(arrays["weights"], dtype=np.float32)  # anchors x 2: page, emergency
        self._bias: Floats = arrays["bias"].astype(np.float32)
        self._slope: Floats = arrays["slope"].astype(np.float32)
        self._shift: Floats = arrays["shift"].astype(np.float32)
        self._kinds: Floats = arrays["kinds"].astype(np.float32)  # dimensions x categories
        self._kinds_bias: Floats = arrays["kinds_bias"].astype(np.float32)
        self._other: Floats = arrays["other"].astype(np.float32)
        self._other_bias = float(arrays["other_bias"])
        self._categories = tuple(Category(name) for name in about["categories"])
        self._levels = tuple(Level(name) for name in about["levels"])
        self._level_of: npt.NDArray[np.int8] = arrays["level_of"]
        self._texts: npt.NDArray[np.uint8] = arrays["texts"]

    @property
    def size(self) -> int:
        """How many messages have weight."""
        return len(self._anchors)

    def scores(self, meanings: Floats) -> list[Scores]:
        """What each text's meaning scores.

        Args:
            meanings: texts x 512, rows of length 1.
        """
        # Rows of length 1: the squared distance is 2 - 2 cos.
        near = np.exp(2 * self._gamma * (meanings @ self._anchors.T - 1))
        told = 1 / (1 + np.exp(-(self._slope * (near @ self._weights + self._bias) + self._shift)))
        kinds = np.argmax(meanings @ self._kinds + self._kinds_bias, axis=1)
        others = meanings @ self._other + self._other_bias > 0
        return [
            Scores(float(page), float(emergency), self._categories[kind], bool(other))
            for (page, emergency), kind, other in zip(told, kinds, others, strict=True)
        ]

    def nearest(self, meaning: Floats, count: int = 3) -> list[Neighbour]:
        """The messages that it was fitted to with the most similar meaning, the nearest first."""
        texts = bytes(self._texts).decode().split("\n")
        likeness = self._anchors @ meaning
        order = np.argsort(-likeness)[:count]
        return [Neighbour(texts[at], self._levels[self._level_of[at]], float(likeness[at])) for at in order]


def load(path: Path) -> Model:
    """Read a model file.

    Raises:
        ContentError: it is missing, damaged, or of another format; one line says which.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        about = json.loads(bytes(arrays.pop("about")).decode())
        if about.get("format") != FORMAT:
            raise ContentError(path, "about", f"is of format {about.get('format')}, not {FORMAT}: `make train-screen` writes it")
        _check(path, arrays)
        return Model(arrays, about)
    except FileNotFoundError as error:
        raise ContentError(path, "", "is missing: `make train-screen` writes it") from error
    except ContentError:
        raise
    except Exception as error:  # zip, zlib, numpy and JSON each have their own words for it
        raise ContentError(path, "", f"is damaged ({type(error).__name__}): put the shipped file back") from error


def _check(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    anchors, weights = arrays["anchors"], arrays["weights"]
    if anchors.ndim != 2 or anchors.shape[1] != DIMENSIONS or weights.shape != (len(anchors), 2) or len(arrays["level_of"]) != len(anchors):
        raise ContentError(path, "anchors", "does not fit the other arrays: put the shipped file back or run `make train-screen`")
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise ContentError(path, "", "holds numbers that are none: put the shipped file back or run `make train-screen`")
