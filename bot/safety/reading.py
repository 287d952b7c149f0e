"""The words of a text as the screen judges them, and where they stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from .matcher import PAUSE
from .normalise import RAW
from .notation import EDGE
from .signs import Mark


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the matchers see it."""

    text: str
    codes: tuple[int, ...]  # one for each matcher
    wakes: int  # bit n: matcher n has to run
    mark: Mark
    tongue: str = ""  # the language that it is a frequent word of, of no other
    known: bool = True


@dataclass(slots=True)
class Reading:
    """The words of a text, with an ``EDGE`` before, between and after its sentences."""

    words: list[Word] = field(default_factory=list)
    clauses: list[int] = field(default_factory=list)  # goes up at commas, breaks, quotes
    quoted: list[bool] = field(default_factory=list)
    raw: list[tuple[int, int]] = field(default_factory=list)  # first and last of the pieces it came from
    folded: str = ""  # the text in plain letters
    pieces: Sequence[str] = ()  # what it was cut into, in its order
    wakes: int = 0

    def order(self) -> list[int]:
        """The positions of the words, with a pause (the position of the word before, made negative) at commas."""
        order = []
        words, clauses = self.words, self.clauses
        before = 0
        for position, clause in enumerate(clauses):
            if clause != before:
                before = clause
                if position > 1 and words[position].text != EDGE and words[position - 1].text != EDGE:
                    order.append(1 - position)
            order.append(position)
        return order

    def codes(self, matcher: int, order: Sequence[int]) -> list[int]:
        """What ``Matcher.ends`` reads: the words' codes with pauses at commas, in an ``order``."""
        words = self.words
        return [PAUSE if position < 0 else words[position].codes[matcher] for position in order]

    def spans(self, wanted: Sequence[int]) -> list[tuple[int, int]]:
        """Where some of the pieces stand in the folded text; for one behind the last, where that stands."""
        pieces, folded = self.pieces, self.folded
        wanted = [min(index, len(pieces) - 1) for index in wanted]
        if not all(pieces[index][-1].isalnum() for index in wanted):
            found = [one.span() for one in islice(RAW.finditer(folded), max(wanted, default=-1) + 1)]
            return [found[index] for index in wanted]
        places = dict.fromkeys(wanted, 0)
        place = 0
        for index, piece in enumerate(pieces[: max(wanted, default=-1) + 1]):
            if piece[-1].isalnum():  # no letter stands outside such pieces: the next place where it is found is its own
                place = folded.find(piece, place)
                if index in places:
                    places[index] = place
                place += len(piece)
        return [(places[index], places[index] + len(pieces[index])) for index in wanted]
