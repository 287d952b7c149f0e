"""The learned part as plain arrays: the networks' weights, and what the numbers that they make of a message say.

`numbers -> page, emergency, whether it is about somebody else, category` by one linear layer for each network. Made by `make
train-screen`; read here without the libraries that fitted it, and without pickle.
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
from bot.opinion.encoder import Floats, Weights
from bot.opinion.network import ADDED, MEANING, SAID, TUNED
from bot.safety.levels import Category, Level

FORMAT = 4
HEADS = ("page", "emergency", "other")  # then the categories
_WEIGHTS = "weights/"  # before the names of the networks' weights
_STEP = "/step"  # after them: what a 1 stands for, by column


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A message that the model was fitted to.

    Attributes:
        likeness: how much the two meanings point the same way, -1 to 1.
    """

    text: str
    level: Level
    likeness: float


class Model:
    """Holds the arrays. Safe to share between threads: nothing is kept of what it reads.

    Args:
        path: its file; the messages that it was fitted to are read from it when somebody asks for the nearest.
        arrays: as `load` finds them; see `tests/bench/train.py`, which writes them.
        about: version, and where the numbers come from.
    """

    def __init__(self, path: Path, arrays: dict[str, npt.NDArray[Any]], about: dict[str, Any]) -> None:
        self._path = path
        self.about = about
        self.version = str(about["version"])
        self.size = int(about["messages"])  # that it was fitted to
        self._head: Floats = arrays["head"].astype(np.float32)  # networks x SAID x HEADS and categories
        self._bias: Floats = arrays["bias"].astype(np.float32)
        self._slope: Floats = arrays["slope"].astype(np.float32)
        self._shift: Floats = arrays["shift"].astype(np.float32)
        self._categories = tuple(Category(name) for name in about["categories"])

    def scores(self, said: Floats) -> list[Scores]:
        """What each text scores.

        Args:
            said: texts x SAID for each of the networks that have read them, the first ones, one behind the other.
        """
        read = said.shape[1] // SAID
        made = [said[:, at * SAID : (at + 1) * SAID] @ self._head[at] + self._bias[at] for at in range(read)]
        said = np.mean(made, axis=0)
        told = 1 / (1 + np.exp(-(self._slope * said[:, :2] + self._shift)))
        kinds = np.argmax(said[:, len(HEADS) :], axis=1)
        return [
            Scores(float(page), float(emergency), self._categories[kind], bool(other > 0))
            for (page, emergency), kind, other in zip(told, kinds, said[:, 2], strict=True)
        ]

    def nearest(self, said: Floats, count: int = 3) -> list[Neighbour]:
        """The messages that it was fitted to with the most similar meaning, the nearest first.

        Likeness is told by the directions that tell most, of which the file holds each message's.

        Args:
            said: one row of the first network.
        """
        arrays = _arrays(self._path)
        levels = [Level(name) for name in self.about["levels"]]
        texts = bytes(arrays["texts"]).decode().split("\n")
        near = arrays["near"].astype(np.float32)
        seen = said[:MEANING] @ arrays["directions"].astype(np.float32)
        likeness = near @ seen / (np.linalg.norm(near, axis=1) * np.linalg.norm(seen) + 1e-9)
        order = np.argsort(-likeness)[:count]
        return [Neighbour(texts[at], levels[arrays["level_of"][at]], float(likeness[at])) for at in order]


def _name(network: int, name: str) -> str:
    return f"{_WEIGHTS}{network}/{name}"


def small(network: int, name: str, weights: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Weights of a network, as small whole numbers with a step for each column: a fourth of the bytes."""
    step = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
    return {_name(network, name): np.round(weights / step).astype(np.int8), _name(network, name) + _STEP: step.astype(np.float32)}


def load(path: Path) -> tuple[Model, list[Weights]]:
    """Read a model file: the model, and for each network what is added to the package's weights, and the attention's.

    Raises:
        ContentError: it is missing, damaged, or of another format; one line says which.
    """
    try:
        arrays = _arrays(path)
        about = json.loads(bytes(arrays.pop("about")).decode())
        if about.get("format") != FORMAT:
            raise ContentError(path, "about", f"is of format {about.get('format')}, not {FORMAT}: `make train-screen` writes it")
        _check(path, arrays, len(about["categories"]))
        return Model(path, arrays, about), [
            {name: arrays[_name(at, name)] * arrays[_name(at, name) + _STEP] for name in (*TUNED, *ADDED)}
            for at in range(len(arrays["head"]))
        ]
    except FileNotFoundError as error:
        raise ContentError(path, "", "is missing: `make train-screen` writes it") from error
    except ContentError:
        raise
    except Exception as error:  # zip, zlib, numpy and JSON each have their own words for it
        raise ContentError(path, "", f"is damaged ({type(error).__name__}): put the shipped file back") from error


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _check(path: Path, arrays: dict[str, npt.NDArray[Any]], categories: int) -> None:
    columns = len(HEADS) + categories
    networks = len(arrays["head"])
    weights = {_name(at, name) + end for at in range(networks) for name in (*TUNED, *ADDED) for end in ("", _STEP)}
    fits = (
        networks > 0
        and arrays["head"].shape == (networks, SAID, columns)
        and arrays["bias"].shape == (networks, columns)
        and arrays["slope"].shape == arrays["shift"].shape == (2,)
        and arrays["near"].shape == (len(arrays["level_of"]), arrays["directions"].shape[1])
        and len(arrays["directions"]) == MEANING
        and bytes(arrays["texts"]).count(b"\n") + 1 == len(arrays["level_of"])
        and {name for name in arrays if name.startswith(_WEIGHTS)} == weights
    )
    if not fits:
        raise ContentError(path, "arrays", "do not fit each other: put the shipped file back or run `make train-screen`")
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise ContentError(path, "", "holds numbers that are none: put the shipped file back or run `make train-screen`")
