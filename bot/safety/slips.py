"""Which word of the lexicon a mistyped one was meant to be, from an index that is small because it holds numbers in place of words."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set

MIN_TYPO, MIN_TWO_TYPOS = 5, 9  # letters of a word that one slip, and two, are looked for in
SWAPPED, MIN_VOWELS_LEFT_OUT = 4, 6  # letters of a word that only neighbours may be swapped in; that vowels may be missing in
_NO_VOWELS = str.maketrans("", "", "aeiou")
_BITS = 20  # for the number of a word; the other 44 of an entry are of a hash
_NUMBER = (1 << _BITS) - 1


class Slips:
    """The words that typos are mended to.

    Args:
        words: all of them.
        strong: those that two slips are mended to.
        rank: which of several words that fit the same gaps comes first; the higher.
    """

    def __init__(self, words: Iterable[str], strong: Iterable[str], rank: Mapping[str, int]) -> None:
        words = sorted(words)
        self._short = frozenset(word for word in words if len(word) == SWAPPED)
        self._words = [word for word in words if len(word) >= MIN_TYPO]
        self._skeletons: dict[str, str] = {}
        for word in sorted(words, key=lambda word: rank.get(word, 0)):
            if len(word) >= MIN_VOWELS_LEFT_OUT:
                self._skeletons[word[0] + word.translate(_NO_VOWELS)] = word
        # Two words are one slip apart only if they are the same after at most one letter was taken out of each.
        self._left = array("q", sorted({_key(left) | number for number, word in enumerate(self._words) for left in _shortened(word)}))
        shapes: dict[tuple[int, str], list[str]] = defaultdict(list)
        for word in sorted(strong, key=lambda word: (-rank.get(word, 0), word)):
            shapes[len(word), word[0]].append(word)
        self._shapes = {shape: tuple((word, _letters(word)) for word in alike) for shape, alike in shapes.items()}

    def near(self, typed: str) -> str:
        """The word that is one slip away, or for long ones two; empty when there is none."""
        if len(typed) < MIN_TYPO:
            return swapped(typed, self._short) if len(typed) == SWAPPED else ""
        candidates = {word for left in _shortened(typed) for word in self._by_left(left)}
        best = min((word for word in candidates if _one_slip(typed, word)), key=lambda word: (word[0] != typed[0], word), default="")
        if best:
            return best
        full = self._skeletons.get(typed[:1] + typed.translate(_NO_VOWELS), "")
        if len(full) > len(typed) and _within(typed, full):
            return full
        if len(typed) < MIN_TWO_TYPOS - 1:
            return ""
        return min(self._two_away(typed), default="")

    def alike(self, size: int, first: str) -> Iterator[str]:
        """The strong words of a length that begin with a letter, the most telling first."""
        return (word for word, _ in self._shapes.get((size, first), ()))

    def _by_left(self, left: str) -> Iterator[str]:
        key, entries = _key(left), self._left
        place = bisect_left(entries, key)
        while place < len(entries) and entries[place] & ~_NUMBER == key:
            yield self._words[entries[place] & _NUMBER]
            place += 1

    def _two_away(self, typed: str) -> Iterator[str]:
        letters, size = _letters(typed), len(typed)
        for longer in range(3):
            if size + longer < MIN_TWO_TYPOS:
                continue
            for word, others in self._shapes.get((size + longer, typed[0]), ()):
                if (letters & ~others).bit_count() > 1 or (others & ~letters).bit_count() > 2:
                    continue  # told apart by their letters, as most are
                if _distance_two(typed, word) if longer else _one_moved(typed, word):
                    yield word


def swapped(typed: str, words: Set[str]) -> str:
    """The word that two neighbouring letters were swapped in; empty when there is none."""
    swaps = (typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :] for at in range(len(typed) - 1))
    return next((word for word in swaps if word in words), "")


def _key(left: str) -> int:
    return hash(left) >> _BITS << _BITS


def _shortened(word: str) -> set[str]:
    return {word, *(word[:index] + word[index + 1 :] for index in range(len(word)))}


def _within(typed: str, word: str) -> bool:
    """Whether all letters typed stand in the word in this order."""
    rest = iter(word)
    return all(letter in rest for letter in typed)


def _letters(word: str) -> int:
    letters = 0
    for letter in word:
        letters |= 1 << (ord(letter) & 63)
    return letters


def _one_slip(typed: str, word: str) -> bool:
    """One letter added, left out, changed, or two neighbours swapped."""
    if abs(len(typed) - len(word)) > 1:
        return False
    head = _same(typed, word)
    a, b = typed[head:], word[head:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[2:] == b[2:] and a[:2] == b[1::-1])


def _one_moved(typed: str, word: str) -> bool:
    """One letter changed, or moved to another place; of two words of the same length."""
    head = _same(typed, word)
    tail = min(_same(typed[::-1], word[::-1]), len(word) - head)
    a, b = typed[head : len(typed) - tail], word[head : len(word) - tail]
    return a[1:] == b[:-1] or a[:-1] == b[1:]


def _same(typed: str, word: str) -> int:
    """How many letters at the beginning are the same."""
    same = 0
    shortest = min(len(typed), len(word))
    while same < shortest and typed[same] == word[same]:
        same += 1
    return same


def _distance_two(typed: str, word: str) -> bool:
    """Up to two letters added, left out or changed."""
    row = list(range(len(word) + 1))
    for index, letter in enumerate(typed, 1):
        above = row
        row = [index] + [0] * len(word)
        for column, other in enumerate(word, 1):
            row[column] = min(above[column] + 1, row[column - 1] + 1, above[column - 1] + (letter != other))
        if min(row) > 2:
            return False
    return row[-1] <= 2
