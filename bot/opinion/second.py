"""The second reader: encoder, model and table in one object that reads texts. Slow to make (half a second), quick to ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.opinion import model
from bot.opinion.decide import Context, Opinion, Scores, Table, raised
from bot.opinion.encoder import Encoder, load_encoder, stretches
from bot.opinion.model import Model, Neighbour
from bot.safety.screen import Screener, Screening

KEPT = 512  # scores of stretches that came before
AT_ONCE = 32  # stretches that are read together


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
        learned = model.load(path)
        return cls(screener, table, learned, load_encoder(learned.tuned()), OrderedDict())

    def opinions(self, messages: Sequence[Sequence[str]]) -> list[Opinion | None]:
        """An opinion on each message (its texts, as typed); None for one without words.

        The stretch that most speaks for a page counts for the whole message.
        """
        read = [[pair for text in texts for pair in stretches(text, self.screener.fold)] for texts in messages]
        wanted = list(dict.fromkeys(plain for one in read for _, plain in one if plain not in self._kept))
        for at in range(0, len(wanted), AT_ONCE):
            part = wanted[at : at + AT_ONCE]
            meanings = np.asarray(self.encoder.encode(part), dtype=np.float32)
            if not np.isfinite(meanings).all():
                raise ValueError("a text without a meaning")  # no number compares with it: the rules decide alone
            self._kept.update(zip(part, self.model.scores(meanings), strict=True))
        out = [
            max((Opinion(self._kept[plain], typed, plain) for typed, plain in one), key=lambda opinion: opinion.scores.page, default=None)
            for one in read
        ]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return out

    def joined(self, found: Screening, texts: Sequence[str], context: Collection[Context] = ()) -> Screening:
        """What rules and model say together."""
        opinion = self.opinions([texts])[0]
        return found if opinion is None else raised(self.table, found, opinion, context)

    def nearest(self, text: str, count: int = 3) -> list[Neighbour]:
        """The messages of the corpus that are most like the stretch that decides about a text."""
        opinion = self.opinions([(text,)])[0]
        if opinion is None:
            return []
        return self.model.nearest(np.asarray(self.encoder.encode([opinion.plain]), dtype=np.float32)[0], count)
