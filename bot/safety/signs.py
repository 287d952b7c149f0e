"""What single words and pairs of words say, in points: crisis talk that stands in no pattern of the lexicon.

A pattern knows a wording; signs know what such messages have in common. Each word, pair of neighbours, beginning of a word and pair of
ideas ("not" before "wake") has points for or against; the points of a stretch of text are added up. The file tells them by category, so
that every sum can be told in words. Where they say little, patterns decide alone.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .levels import Category
from .notation import EDGE, LexiconError, known_keys

STEM = 4  # letters of a beginning
REACH = 4  # words that a negation reaches across
WINDOW = 3  # ideas that one is paired with
NEVER = 10**6  # more points than any text has
ANY, CALM, NEGATION, DENIED = "any", "calm", "NOT", "-"
SECTIONS = frozenset({"levels", "ideas", "patterns", "points"})
LEVELS = frozenset({"base", "alone", "sure", "grave", "last"})
CATEGORIES = tuple(Category)
_SHARES = {category.value: index for index, category in enumerate(CATEGORIES)} | {ANY: -1, CALM: -1}


class Sign:
    """One line of the file: how it is told, its points, and the number of the category they speak for (-1: none)."""

    __slots__ = ("name", "points", "share")

    def __init__(self, name: str, points: int, share: int) -> None:
        self.name, self.points, self.share = name, points, share


Behind = dict[str, Sign]


class Idea:
    """An idea that a word stands for: its name, what it says itself, and what it says before another."""

    __slots__ = ("before", "name", "own")

    def __init__(self, name: str, own: Sign | None, before: Behind | None) -> None:
        self.name, self.own, self.before = name, own, before


class Mark:
    """What a word brings with it.

    Attributes:
        stem: its beginning.
        alone: what it says by itself.
        of_stem: what its beginning says.
        after: by the word behind it.
        stem_after: by the beginning of the word behind it.
        stem_later: by the beginning of the word behind the next.
        idea: that it stands for.
        denied: the same behind a "not".
        together: by another idea anywhere in the stretch.
    """

    __slots__ = ("after", "alone", "denied", "idea", "of_stem", "stem", "stem_after", "stem_later", "together")

    def __init__(
        self,
        stem: str = "",
        alone: Sign | None = None,
        of_stem: Sign | None = None,
        after: Behind | None = None,
        stem_after: Behind | None = None,
        stem_later: Behind | None = None,
        idea: Idea | None = None,
        denied: Idea | None = None,
        together: Behind | None = None,
    ) -> None:
        self.stem, self.alone, self.of_stem = stem, alone, of_stem
        self.after, self.stem_after, self.stem_later = after, stem_after, stem_later
        self.idea, self.denied, self.together = idea, denied, together


class Signs:
    """The points of all languages.

    Args:
        document: the parsed `signs.yaml`; an empty one gives no points.

    Raises:
        LexiconError: a section has another shape; names it and says why.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        known_keys("signs", "", document, SECTIONS)
        self.ideas: dict[str, str] = {}
        self._idea_stems: dict[str, tuple[int, str]] = {}  # by the beginning: the first in the file counts
        for idea, words in _section(document, "ideas").items():
            for word in str(words).split():
                if word.endswith("*"):
                    self._idea_stems.setdefault(word[:-1], (len(self._idea_stems), idea))
                else:
                    self.ideas.setdefault(word, idea)
        self._idea_sizes = sorted(set(map(len, self._idea_stems)))
        self._alone: Behind = {}  # also of ideas
        self._of_stem: Behind = {}
        self._after: dict[str, Behind] = defaultdict(dict)  # also of ideas
        self._stem_after: dict[str, Behind] = defaultdict(dict)
        self._stem_later: dict[str, Behind] = defaultdict(dict)
        self._together: dict[str, Behind] = defaultdict(dict)
        for category, by_points in _section(document, "points").items():
            if category not in _SHARES or not isinstance(by_points, Mapping):
                raise LexiconError("signs", f"points.{category}", f"must be one of {', '.join(_SHARES)}, with lines of points and signs")
            for points, names in by_points.items():
                self._read(category, points, str(names))
        levels = _section(document, "levels")
        known_keys("signs", "levels", levels, LEVELS)
        self.weighs = bool(levels)  # without, patterns stand whatever is around them
        if self.weighs and "alone" not in levels:
            raise LexiconError("signs", "levels.alone", "is missing")
        if not all(type(points) is int for points in levels.values()):
            raise LexiconError("signs", "levels", "must be whole numbers")
        self.base: int = levels.get("base", 0)
        self.alone: int = levels.get("alone", NEVER)
        self.sure: int = levels.get("sure", self.alone)
        self.grave: int = min(levels.get("grave", self.sure), self.sure)
        self.last: int = levels.get("last", self.sure)
        self._patterns = self._read_patterns(_section(document, "patterns"))
        names = {name for name in set(self.ideas.values()) | self._after.keys() | self._alone.keys() if name[:1].isupper()}
        self._ideas = {name: self._idea(name) for name in names | {DENIED + name for name in names}}
        self._edge = Mark(after=self._after.get(EDGE))
        self.vocabulary = frozenset(word for word in self.ideas if len(word) > 2 and word.isalpha())
        against = {name for name, sign in self._alone.items() if sign.points < 0}
        self.telling = frozenset(word for word in self.vocabulary if self.ideas[word] not in against)  # what typos are mended to

    def _read(self, category: str, points: Any, names: str) -> None:
        """Files one line's signs: `word`, `word word`, `begi*`, `begi* begi*`, `begi* .. begi*`, `IDEA`, `IDEA > IDEA`, `IDEA & IDEA`."""
        try:
            worth = int(points)
        except ValueError as error:
            raise LexiconError("signs", f"points.{category}", f"{points!r} is no number of points") from error
        share = _SHARES[category]
        for name in names.split(", "):
            sign = Sign(name, worth, share)
            first, _, last = name.partition(" ")
            if not last:
                if first.endswith("*"):
                    self._of_stem[first[:-1]] = sign
                else:
                    self._alone[first] = sign
            elif last.startswith("> "):
                self._after[first][last[2:]] = sign
            elif last.startswith("& "):
                self._together[first][last[2:]] = self._together[last[2:]][first] = sign
            elif last.startswith(".. "):
                self._stem_later[first[:-1]][last[3:-1]] = sign
            elif first.endswith("*") and last.endswith("*"):
                self._stem_after[first[:-1]][last[:-1]] = sign
            else:
                self._after[EDGE if first == "^" else first][EDGE if last == "$" else last] = sign

    def _read_patterns(self, lines: Mapping[str, Any]) -> dict[str, int]:
        """Points of what the patterns found: ids of entries, and how the highest finding was judged."""
        found: dict[str, int] = {}
        for points, names in lines.items():
            try:
                found |= dict.fromkeys(str(names).split(", "), int(points))
            except ValueError as error:
                raise LexiconError("signs", "patterns", f"{points!r} is no number of points") from error
        return found

    def of_patterns(self, names: Iterable[str]) -> int:
        """The points of what the patterns found in a stretch."""
        points = self._patterns
        return sum([points.get(name, 0) for name in names])

    def _idea(self, name: str) -> Idea:
        return Idea(name, self._alone.get(name), self._after.get(name))

    def idea_of(self, word: str) -> str:
        """Which idea a word belongs to; empty when to none."""
        idea = self.ideas.get(word, "")
        if not idea and len(word) > STEM:
            stems = self._idea_stems
            begun = [stems[word[:size]] for size in self._idea_sizes if word[:size] in stems]
            idea = min(begun)[1] if begun else ""
        return idea

    def mark(self, word: str) -> Mark:
        """What a word brings; little for one that is in no sign."""
        if word == EDGE:
            return self._edge
        stem = word[:STEM]
        idea = self.idea_of(word)
        return Mark(
            stem,
            self._alone.get(word),
            self._of_stem.get(stem),
            self._after.get(word),
            self._stem_after.get(stem),
            self._stem_later.get(stem),
            self._ideas[idea] if idea else None,
            self._ideas[DENIED + idea] if idea else None,
            self._together.get(idea) if idea else None,
        )


def features(words: Sequence[str], signs: Signs) -> set[str]:
    """The names of all signs that a text could have, whether or not they have points: what points are fitted to.

    Args:
        words: with an `EDGE` before, between and after the sentences.
        signs: says which words belong to which ideas.
    """
    names: set[str] = set()
    ideas: deque[str] = deque(maxlen=WINDOW)
    denied = 0
    met = sorted({idea for word in words if (idea := signs.idea_of(word))})
    names.update(f"{one} & {other}" for index, one in enumerate(met) for other in met[index + 1 :])
    for index, word in enumerate(words):
        if index:
            before = words[index - 1]
            names.add(f"{'^' if before == EDGE else before} {'$' if word == EDGE else word}")
        denied = max(0, denied - 1)
        if word == EDGE:
            ideas.clear()
            denied = 0
            continue
        stem = word[:STEM]
        names |= {word, f"{stem}*"}
        if index > 0 and words[index - 1] != EDGE:
            names.add(f"{words[index - 1][:STEM]}* {stem}*")
        if index > 1 and words[index - 2] != EDGE:
            names.add(f"{words[index - 2][:STEM]}* .. {stem}*")
        if idea := signs.idea_of(word):
            if idea == NEGATION:
                denied = REACH
            elif denied:
                idea = DENIED + idea
            names.add(idea)
            names.update(f"{earlier} > {idea}" for earlier in ideas)
            ideas.append(idea)
    return names


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name) or {}
    if not isinstance(value, Mapping):
        raise LexiconError("signs", name, "must be a list of `key: value` lines")
    return value
