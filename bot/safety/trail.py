"""The signs of one text: which words say something, and the stretch of it that says most."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from .levels import Category
from .notation import EDGE
from .reading import Word
from .signs import CATEGORIES, NEGATION, REACH, WINDOW, Behind, Mark, Sign

STRETCH = 32  # words that are judged together; a longer text is judged sentence by sentence
SENTENCE = 10  # words, with the edges; shorter sentences are judged with what follows
MAX_WORDS = 1_024  # of a text that are judged; 4,096 characters of language have fewer
PARTS = 4  # sentences of a short text of which any in a row are judged without the others; of more only one, or two
LESS = 6  # points that a part has less for each sentence that is left out: what is left out may explain it


class Sum(NamedTuple):
    """The points of the stretch of a text that has most.

    Attributes:
        points: with the base, and less what a part has less.
        start: position of its first word.
        end: of its last.
        signs: all of it.
        less: what it has less.
    """

    points: int
    start: int
    end: int
    signs: Set[Sign]
    less: int = 0

    @property
    def category(self) -> Category | None:
        """What the points in favour speak for most; None when there are none."""
        shares = [0] * (len(CATEGORIES) + 1)
        for sign in self.signs:
            if (points := sign.points) > 0:
                shares[sign.share] += points
        top = max(shares[:-1])
        return CATEGORIES[shares.index(top)] if top else None

    def told(self, most: int) -> tuple[str, ...]:
        """The signs that spoke for it: first those that tell what it is about, the weightiest first."""
        weighty = sorted([(sign.share >= 0, sign.points, sign.name) for sign in self.signs if sign.points > 0], reverse=True)
        return tuple([f"{name} {points:+}" for _, points, name in weighty[:most]])

    def told_against(self, most: int) -> tuple[str, ...]:
        """The signs that spoke against it, the weightiest first."""
        weighty = sorted([(sign.points, sign.name) for sign in self.signs if sign.points < 0])
        return tuple([f"{name} {points:+}" for points, name in weighty[:most]])


class Trail:
    """The signs of a text in the order of its words, looked up once: any stretch of it has a piece of them.

    Args:
        words: with an `EDGE` before, between and after the sentences.
    """

    __slots__ = ("_begins", "_found", "_ideas", "_over", "_places", "words")

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        found: list[Sign] = []
        begins = [0]  # of each word: how many signs were found before it
        over: list[tuple[int, Sign]] = []  # of words on both sides of an edge, with the place of the second
        places: list[int] = []  # of the words with ideas
        met: list[Mark] = []  # theirs
        after: Behind | None = None
        stem_after: Behind | None = None
        stem_later: Behind | None = None
        later: Behind | None = None
        ideas: list[Behind | None] = []
        denied = 0
        for place, word in enumerate(words):
            text, mark = word.text, word.mark
            stem = mark.stem
            if after and text in after:
                found.append(after[text])
            if mark.alone:
                found.append(mark.alone)
            if mark.of_stem:
                found.append(mark.of_stem)
            if stem_after and stem in stem_after:
                found.append(stem_after[stem])
            if later and stem in later:
                if words[place - 1].text == EDGE:
                    over.append((place, later[stem]))
                else:
                    found.append(later[stem])
            after, stem_after = mark.after, mark.stem_after
            later, stem_later = stem_later, mark.stem_later
            if denied:
                denied -= 1
            idea = mark.idea
            if idea:
                name = idea.name
                places.append(place)
                met.append(mark)
                if name == NEGATION:
                    denied = REACH
                elif denied and mark.denied:
                    idea = mark.denied
                    name = idea.name
                if idea.own:
                    found.append(idea.own)
                found += [earlier[name] for earlier in ideas[-WINDOW:] if earlier and name in earlier]
                ideas.append(idea.before)
            elif text == EDGE:
                ideas.clear()
                denied = 0
            begins.append(len(found))
        self._found, self._begins, self._over, self._places, self._ideas = found, begins, over, places, met

    def sums(self, base: int, *, in_parts: bool = False) -> list[Sum]:
        """The points of each stretch, with the base: whole sentences together up to some length, and, if asked, parts of a short text."""
        out: list[Sum] = []
        for start, end, less in _stretches(self.words, in_parts=in_parts):
            signs = self.signs(start, end)
            out.append(Sum(base - less + sum([sign.points for sign in signs]), start, end, signs, less))
        return out

    def most(self, base: int) -> Sum:
        """The stretch with the most points."""
        return max(self.sums(base), key=of_sum)

    def points(self, start: int, end: int) -> int:
        """The points of the words from one to another, without a base."""
        return sum([sign.points for sign in self.signs(start, end)])

    def signs(self, start: int, end: int) -> set[Sign]:
        """Every sign of the words from one to another, each once."""
        first = start + 1 if self.words[start].text == EDGE else start  # an edge ends the sentence before, and says nothing of the next
        signs = set(self._found[self._begins[first] : self._begins[end + 1]])
        for place, sign in self._over:
            if start + 2 <= place <= end:
                signs.add(sign)
        met: set[str] = set()
        others: list[Behind] = []
        places = self._places
        for number in range(bisect_left(places, start), bisect_right(places, end)):
            mark = self._ideas[number]
            assert mark.idea is not None
            name = mark.idea.name
            if name not in met:
                met.add(name)
                for other in others:
                    if name in other:
                        signs.add(other[name])
                if mark.together:
                    others.append(mark.together)
        return signs


def parts_of(sentences: int) -> list[tuple[int, int]]:
    """The parts of a text that are judged without the rest of it: each its first sentence, and the one behind its last."""
    most = sentences if sentences <= PARTS else 3
    return [(first, first + size) for size in range(1, most) for first in range(sentences - size + 1)]


def of_sum(one: Sum) -> int:
    """Its points, to find the one with most."""
    return one.points


def _stretches(words: Sequence[Word], *, in_parts: bool) -> Iterator[tuple[int, int, int]]:
    """First and last positions of stretches, and the points that each has less.

    All of a short text, and, in parts, sentences of it without the others: what else somebody tells does not calm what they say. Of a long
    text the sentences, and pieces of a long sentence.
    """
    last = min(len(words), MAX_WORDS) - 1
    edges = [index for index in range(last) if words[index].text == EDGE] + [last]
    if last <= STRETCH:
        yield 0, last, 0
        for first, behind in parts_of(len(edges) - 1) if in_parts else ():
            yield edges[first], edges[behind], LESS * (len(edges) - 1 - (behind - first))
        return
    start = edges[0]
    for index, edge in enumerate(edges[1:], 2):
        while edge - start > STRETCH:
            yield start, start + STRETCH, 0
            start += STRETCH
        following = edges[index] if index < len(edges) else last + STRETCH
        if edge - start >= SENTENCE or following - start > STRETCH:
            yield start, edge, 0
            start = edge
    if start < last:
        yield start, last, 0
