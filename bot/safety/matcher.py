"""All patterns of one language at once, one step for each word, whatever the text.

The patterns' elements are bits of one long integer; a word switches on the bits that accept it (Shift-And with optional places, after
Navarro and Raffinot). The time for a message is its words times a constant: nothing backtracks, so no crafted text is slow. Sentences without any
anchor (the rarest word of each crisis pattern) are not run at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .lexicon import EDGE, Element, Entry, Flat, Kind


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry found. ``start`` and ``end`` are word positions, end included; ``gaps`` those that only filled a gap."""

    entry: Entry
    start: int
    end: int
    gaps: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Placed:
    entry: Entry
    flat: Flat
    base: int


class Matcher:
    """The compiled patterns of one language.

    Args:
        entries: of that language.
        common: words too frequent to be an anchor.
    """

    def __init__(self, entries: Iterable[Entry], common: frozenset[str]) -> None:
        self._placed: dict[int, _Placed] = {}  # last bit -> pattern
        self.anchors: set[str] = set()
        self.anchor_stems: set[str] = set()
        starts = optional = before = last = free = final = 0
        by_element: dict[tuple[frozenset[str], frozenset[str]], list[int]] = defaultdict(list)
        rows = [(entry, flat) for entry in entries for flat in entry.patterns]
        usage: Counter[str] = Counter(word for _, flat in rows for element in flat for word in element.words)
        base = 0
        for entry, flat in rows:
            starts |= 1 << base
            for index, element in enumerate(flat):
                bit = base + index
                if element.free:
                    free |= 1 << bit
                else:
                    by_element[element.words, element.stems].append(bit)
                if element.optional:
                    optional |= 1 << bit
                    if not flat[index - 1].optional:
                        before |= 1 << (bit - 1)
                    if not flat[index + 1].optional:
                        last |= 1 << bit
            base += len(flat)
            final |= 1 << (base - 1)
            self._placed[base - 1] = _Placed(entry, flat, base - len(flat))
            if entry.kind is Kind.CRISIS:
                self._anchor(flat, usage, common)
        self.size = base
        self.free = free
        self._starts, self._optional, self._before, self._last, self._final = starts, optional, before, last, final
        self.words: dict[str, int] = {}
        self.stems: dict[str, int] = {}
        for (words, stems), bits in by_element.items():
            mask = sum(1 << bit for bit in bits)
            for word in words:
                self.words[word] = self.words.get(word, free) | mask
            for stem in stems:
                self.stems[stem] = self.stems.get(stem, free) | mask
        for word in self.words:
            for size in range(3, len(word) + 1):
                self.words[word] |= self.stems.get(word[:size], 0)
        self.words[EDGE] = self.words.get(EDGE, 0) & ~free

    def _anchor(self, flat: Flat, usage: Counter[str], common: frozenset[str]) -> None:
        def cost(element: Element) -> tuple[bool, int, int]:
            return bool(element.words & common) or EDGE in element.words, sum(usage[word] for word in element.words), -len(element.stems)

        rarest = min((element for element in flat if not element.optional), key=cost)
        self.anchors |= rarest.words
        self.anchor_stems |= rarest.stems

    def mask(self, word: str) -> int:
        """The places that accept a word that may not be in the lexicon: gaps, and beginnings of words."""
        known = self.words.get(word)
        if known is not None:
            return known
        mask = self.free
        for size in range(3, len(word) + 1):
            mask |= self.stems.get(word[:size], 0)
        return mask

    def wakes(self, word: str) -> bool:
        """Whether a word alone can be part of a crisis pattern that others are not rarer in."""
        return word in self.anchors or any(word[:size] in self.anchor_stems for size in range(3, len(word) + 1))

    def run(self, masks: Sequence[int]) -> list[tuple[int, int]]:
        """Where patterns end.

        Args:
            masks: one for each word, as ``mask`` gives it.

        Returns:
            (word position, bits of the patterns' last elements), in the order of the words.
        """
        starts, optional, before, last, final = self._starts, self._optional, self._before, self._last, self._final
        found: list[tuple[int, int]] = []
        state = 0
        for position, mask in enumerate(masks):
            state = ((state << 1) | starts) & mask
            if not state:
                continue
            ends = state & final
            if ends:
                found.append((position, ends))
            reach = state | last
            state |= optional & ~(reach ^ (reach - before))
        return found

    def hits(self, masks: Sequence[int], found: Iterable[tuple[int, int]]) -> list[Hit]:
        """The entries found, each with where it began."""
        out: list[Hit] = []
        for position, ends in found:
            while ends:
                bit = ends & -ends
                ends ^= bit
                out.append(self._traced(self._placed[bit.bit_length() - 1], masks, position))
        return out

    def _traced(self, placed: _Placed, masks: Sequence[int], end: int) -> Hit:
        """Walks one pattern once more over the few words before its end, and keeps the latest beginning."""
        flat, size = placed.flat, len(placed.flat)
        whole = (1 << size) - 1
        ways: dict[int, tuple[int, frozenset[int]]] = {}
        for position in range(max(0, end - size + 1), end + 1):
            local = (masks[position] >> placed.base) & whole
            step: dict[int, tuple[int, frozenset[int]]] = {}
            if local & 1:
                step[0] = (position, frozenset())
            for index, (start, gaps) in ways.items():
                following = index + 1
                while following < size:
                    element = flat[following]
                    if local >> following & 1:
                        way = (start, gaps | {position} if element.free else gaps)
                        kept = step.get(following)
                        if kept is None or (way[0], -len(way[1])) > (kept[0], -len(kept[1])):
                            step[following] = way
                    if not element.optional:
                        break
                    following += 1
            ways = step
        start, gaps = ways.get(size - 1, (end, frozenset()))
        return Hit(placed.entry, start, end, gaps)
