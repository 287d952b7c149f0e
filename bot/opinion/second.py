"""The second reader: encoder, model and table in one object that reads texts. Slow to make (half a second), quick to ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.opinion import model
from bot.opinion.decide import Opinion, Scores, Table, of_part, settled
from bot.opinion.encoder import Encoder, Floats, load_encoder, stretches, without
from bot.opinion.model import Model, Neighbour
from bot.safety.screen import Screener

KEPT = 512  # scores of stretches that came before
AT_ONCE = 32  # stretches that are read together
LONG, OF_LONG = 160, 2  # a stretch of more characters than that is read by so many networks: its answer must come soon too


@dataclass(frozen=True, slots=True)
class SecondReader:
    """Reads what the rules have read. One thread at a time.

    Attributes:
        screener: whose folding of characters the texts go through, so that both read the same.
    """

    screener: Screener
    table: Table
    model: Model
    encoder: Encoder
    _kept: OrderedDict[str, Scores]

    @classmethod
    def load(cls, screener: Screener, table: Table, path: Path) -> SecondReader:
        """Load encoder and model.

        Raises:
            ContentError: the model file is missing or damaged.
            ImportError, OSError: the encoder is not there.
            ValueError: it is another one than the file was made for.
        """
        learned, weights = model.load(path)
        return cls(screener, table, learned, load_encoder(weights), OrderedDict())

    def opinions(self, messages: Sequence[Sequence[str]]) -> list[Opinion | None]:
        """An opinion on each message (its texts, as typed); None for one without words.

        The stretch that most speaks for a page counts for the whole message, with the largest probability of an emergency of all. A text
        of some sentences is read in parts too, so that what stands beside a danger does not hide it; each counts for less.

        Raises:
            ValueError: a number is none.
        """
        read = [[one for text in texts for one in self._read(text)] for texts in messages]
        wanted = list(dict.fromkeys(plain for one in read for _, plain, _ in one if plain not in self._kept))
        for at in range(0, len(wanted), AT_ONCE):
            part = wanted[at : at + AT_ONCE]
            self._kept.update(zip(part, self._scored(part), strict=True))
        out = [self._of_all(one) for one in read]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return out

    def _scored(self, texts: Sequence[str]) -> list[Scores]:
        """What each text scores: by the first network alone where it settles the matter, else by more of them together."""
        pieces = self.encoder.cut(texts)
        said = self._said(pieces, 0)
        scores = self._checked(said)
        left = list(range(len(texts)))
        for network in range(1, self.encoder.networks):
            unsure = [
                row
                for row, at in enumerate(left)
                if (network < OF_LONG or len(texts[at]) <= LONG) and not settled(self.table, scores[at], self.screener.signs.sure)
            ]
            if not unsure:
                break
            left = [left[row] for row in unsure]
            said = np.hstack([said[unsure], self._said([pieces[at] for at in left], network)])
            for at, one in zip(left, self._checked(said), strict=True):
                scores[at] = one
        return scores

    def _said(self, pieces: Sequence[Sequence[int]], network: int) -> Floats:
        return np.asarray(self.encoder.encode(pieces, network), dtype=np.float32)

    def _checked(self, said: Floats) -> list[Scores]:
        scores = self.model.scores(said)
        if not np.isfinite(said).all() or not np.isfinite([(one.page, one.emergency) for one in scores]).all():
            raise ValueError("a text without a meaning")  # no number compares with it: the rules decide alone
        return scores

    def _read(self, text: str) -> list[tuple[str, str, int]]:
        """What is read of a text: each as typed, as it is read, and how many sentences it leaves out."""
        places = range(len(text)) if text.isascii() else self.screener.shown(text)
        if len(places) < len(text):
            seen = "".join([text[place] for place in places])
            return [(_as_typed(text, places, seen, shown), plain, left_out) for shown, plain, left_out in self._read(seen)]
        read = [(typed, plain, 0) for typed, plain in stretches(text, self.screener.plain)]
        if len(read) == 1:
            parts = [
                (typed, left_out) for typed, left_out in without(text, self.screener.is_courtesy) if not self.screener.is_harmless(typed)
            ]
            read += [(typed, plain, left_out) for part, left_out in parts for typed, plain in stretches(part, self.screener.plain)]
        return read

    def _of_all(self, read: Sequence[tuple[str, str, int]]) -> Opinion | None:
        if not read:
            return None
        scores = [of_part(self.table, self._kept[plain], left_out) for _, plain, left_out in read]
        at = max(range(len(scores)), key=lambda number: scores[number].page)
        return Opinion(replace(scores[at], emergency=max(one.emergency for one in scores)), *read[at][:2])

    def nearest(self, text: str, count: int = 3) -> list[Neighbour]:
        """The messages of the corpus that are most like the stretch that decides about a text."""
        opinion = self.opinions([(text,)])[0]
        if opinion is None:
            return []
        return self.model.nearest(self._said(self.encoder.cut([opinion.plain]), 0)[0], count)


def _as_typed(text: str, places: Sequence[int], seen: str, shown: str) -> str:
    """What was typed for a stretch of what is seen of a text; the stretch itself where it is put together from several.

    Args:
        places: where the characters that are seen stand in the text.
    """
    at = seen.find(shown)
    return text[places[at] : places[at + len(shown) - 1] + 1] if shown and at >= 0 else shown
