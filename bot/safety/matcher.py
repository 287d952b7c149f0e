"""All patterns of one language at once, one step for each word, whatever the text.

Each word in a pattern is a place; which places may follow which is worked out once (Glushkov's construction), and reading keeps the set
of places reached so far. Only patterns whose anchors (the two rarest of the things that must be there) stand in the text take part, so
the sets stay small however large the lexicon is; nothing backtracks, so no crafted text is slow. A text without the anchors of any crisis
pattern is not run at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .lexicon import EDGE, Choice, Element, Entry, Kind, Maybe, Node, Row

# Codes of a word in no pattern; of a comma (stepped over, and the edge of a sentence where one is asked for); of the edge of a sentence.
UNKNOWN, PAUSE, BREAK = 0, 1, 2
CODE_BITS, MAX_MOVES = 20, 20_000  # how many steps are remembered: they say which word of the lexicon leads where, never who wrote it
_Numbers = frozenset[int]
_GAP = Element(free=True)  # number 0: any word but the edge of a sentence


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry found. ``start`` and ``end`` are word positions, end included; ``gaps`` those that only filled a gap."""

    entry: Entry
    start: int
    end: int
    gaps: frozenset[int]


@dataclass(slots=True)
class _Fragment:
    first: set[int]
    last: set[int]
    empty: bool


class Matcher:
    """The compiled patterns of one language.

    Args:
        entries: of that language.
        common: words too frequent to be an anchor.
    """

    def __init__(self, entries: Iterable[Entry], common: frozenset[str]) -> None:
        rows = [(entry, row) for entry in entries for row in entry.patterns]
        usage: Counter[str] = Counter(
            word for entry, row in rows if entry.kind is not Kind.HARMLESS for element in _elements(row) for word in element.words
        )
        self.targets = usage  # words that typos are mended to: those that say something, and how often they stand in patterns
        self._numbers: dict[Element, int] = {_GAP: 0}  # elements by number: many places share one
        self._element: list[int] = []  # of each place
        self._after: list[tuple[int, ...]] = []  # places that may follow each place
        self._pattern: list[int] = []  # of each place
        self._entries = [entry for entry, _ in rows]
        self._bases: list[int] = []
        self._begins: list[tuple[int, ...]] = []
        self._firsts: set[int] = set()
        self._final: set[int] = set()
        one: dict[int, int] = defaultdict(int)  # element -> bits of the patterns whose rarest words it holds
        two: dict[int, int] = defaultdict(int)  # the same for their second rarest
        self._crisis = self._single = 0
        crisis: set[Element] = set()
        for number, (entry, row) in enumerate(rows):
            bit = 1 << number
            follow: list[set[int]] = []
            base = len(self._element)
            self._bases.append(base)
            fragment = self._compile(row, base, follow)
            self._after += [tuple(following) for following in follow]
            self._pattern += [number] * len(follow)
            self._begins.append(tuple(fragment.first))
            self._firsts |= fragment.first
            self._final |= fragment.last
            anchors = sorted((_anchor(part, usage, common) for part in row.parts), key=lambda found: found[0])
            for element in anchors[0][1]:
                one[self._numbers[element]] |= bit
            if len(anchors) > 1 and anchors[1][1]:
                for element in anchors[1][1]:
                    two[self._numbers[element]] |= bit
            else:
                self._single |= bit
            if entry.kind is Kind.CRISIS:
                self._crisis |= bit
                crisis |= anchors[0][1]
        self._bases.append(len(self._element))
        self.size = len(self._element)
        self.anchors: set[str] = set().union(*(element.words for element in crisis))
        self._anchor_bits = one, two
        by_word: dict[str, set[int]] = defaultdict(set)
        by_stem: dict[str, set[int]] = defaultdict(set)
        for element, number in self._numbers.items():
            for word in element.words:
                by_word[word].add(number)
            for stem in element.stems:
                by_stem[stem].add(number)
        self.stems = {stem: frozenset(numbers) for stem, numbers in by_stem.items()}
        edges = frozenset(by_word.pop(EDGE, ()))
        self._accepted: list[_Numbers] = [frozenset({0}), edges, edges]
        self._one, self._two = [0] * 3, [0] * 3
        self._moves: dict[int, tuple[int, ...]] = {}
        self._backwards: dict[int, dict[int, list[int]]] = {}
        self._codes: dict[_Numbers, int] = {frozenset(): UNKNOWN}
        self.words: dict[str, int] = {EDGE: BREAK}
        for word, numbers in by_word.items():
            if self.stems:
                numbers |= self._stemmed(word)
            self.words[word] = self._code(frozenset(numbers))

    def _compile(self, node: Node, base: int, follow: list[set[int]]) -> _Fragment:
        if isinstance(node, Element):
            place = base + len(follow)
            self._element.append(self._numbers.setdefault(node, len(self._numbers)))
            follow.append(set())
            return _Fragment({place}, {place}, empty=False)
        if isinstance(node, Maybe):
            inner = self._compile(node.inner, base, follow)
            return _Fragment(inner.first, inner.last, empty=True)
        if isinstance(node, Choice):
            ways = [self._compile(way, base, follow) for way in node.ways]
            first, last = set().union(*(way.first for way in ways)), set().union(*(way.last for way in ways))
            return _Fragment(first, last, empty=any(way.empty for way in ways))
        whole = _Fragment(set(), set(), empty=True)
        for part in node.parts:
            piece = self._compile(part, base, follow)
            for place in whole.last:
                follow[place - base] |= piece.first
            whole = _Fragment(
                whole.first | piece.first if whole.empty else whole.first,
                whole.last | piece.last if piece.empty else piece.last,
                empty=whole.empty and piece.empty,
            )
        return whole

    def _stemmed(self, word: str) -> set[int]:
        numbers: set[int] = set()
        for size in range(3, len(word) + 1):
            numbers |= self.stems.get(word[:size], frozenset())
        return numbers

    def _code(self, numbers: _Numbers) -> int:
        code = self._codes.get(numbers)
        if code is None:
            code = self._codes[numbers] = len(self._accepted)
            self._accepted.append(numbers | {0})
            for bits, of_element in zip((self._one, self._two), self._anchor_bits, strict=True):
                found = 0
                for number in numbers:
                    found |= of_element.get(number, 0)
                bits.append(found)
        return code

    def code(self, word: str) -> int:
        """The number under which the matcher knows a word; 0 when it is in no pattern."""
        known = self.words.get(word)
        if known is not None:
            return known
        numbers = self._stemmed(word) if self.stems else None
        return self._code(frozenset(numbers)) if numbers else UNKNOWN

    def wakes(self, code: int) -> bool:
        """Whether a word (by its code) alone can be part of a crisis pattern that others are not rarer in."""
        return bool(self._one[code] & self._crisis)

    def hits(self, codes: Sequence[int], positions: Sequence[int]) -> list[Hit]:
        """The entries found.

        Args:
            codes: of the words in their order, with ``PAUSE`` at commas.
            positions: for each code the position of its word; for a pause that of the word before.
        """
        first = second = 0
        for code in set(codes):
            first |= self._one[code]
            second |= self._two[code]
        roused = first & (second | self._single)
        if not roused & self._crisis:
            return []
        begin: dict[int, list[int]] = defaultdict(list)  # first places by element
        while roused:
            bit = roused & -roused
            roused ^= bit
            for place in self._begins[bit.bit_length() - 1]:
                begin[self._element[place]].append(place)
        starting = frozenset(begin)
        accepted, moves, final = self._accepted, self._moves, self._final
        out: list[Hit] = []
        places: set[int] = set()
        for index, code in enumerate(codes):
            reached: set[int] = set()
            for number in accepted[code] & starting:
                reached.update(begin[number])
            for place in places:
                step = moves.get(place << CODE_BITS | code)
                if step is None:
                    step = self._move(place, code)
                if step:
                    reached.update(step)
            if not final.isdisjoint(reached):
                out.extend(self._traced(place, codes, positions, index) for place in reached & final)
            if code == PAUSE:
                reached |= places
            places = reached
        return out

    def _move(self, place: int, code: int) -> tuple[int, ...]:
        """Where a word leads from a place; remembered for the next time."""
        accepted = self._accepted[code]
        step = tuple(after for after in self._after[place] if self._element[after] in accepted)
        if len(self._moves) >= MAX_MOVES:
            self._moves.clear()
        self._moves[place << CODE_BITS | code] = step
        return step

    def _before(self, number: int) -> dict[int, list[int]]:
        """The places that may stand before each place of a pattern; worked out when the pattern is first found."""
        known = self._backwards.get(number)
        if known is None:
            known = self._backwards[number] = defaultdict(list)
            for place in range(self._bases[number], self._bases[number + 1]):
                for after in self._after[place]:
                    known[after].append(place)
        return known

    def _traced(self, end: int, codes: Sequence[int], positions: Sequence[int], index: int) -> Hit:
        """Walks back from a pattern's last place to its nearest beginning."""
        number, last = self._pattern[end], positions[index]
        entry, before = self._entries[number], self._before(number)
        ways: dict[int, frozenset[int]] = {end: frozenset()}
        while True:
            begun = [place for place in ways if place in self._firsts]
            if begun or not index:
                gaps = min((ways[place] for place in begun), key=len, default=frozenset())
                return Hit(entry, positions[index], last, gaps)
            index -= 1
            accepted = self._accepted[codes[index]]
            back: dict[int, frozenset[int]] = dict(ways) if codes[index] == PAUSE else {}
            for place, gaps in ways.items():
                for earlier in before.get(place, ()):
                    number = self._element[earlier]
                    if number in accepted:
                        gone = gaps if number else gaps | {positions[index]}
                        if earlier not in back or len(gone) < len(back[earlier]):
                            back[earlier] = gone
            ways = back


def _elements(node: Node) -> Iterator[Element]:
    if isinstance(node, Element):
        yield node
    elif isinstance(node, Maybe):
        yield from _elements(node.inner)
    else:
        for inner in node.parts if isinstance(node, Row) else node.ways:
            yield from _elements(inner)


def _anchor(node: Node, usage: Counter[str], common: frozenset[str]) -> tuple[tuple[int, int], frozenset[Element]]:
    """Elements of which at least one stands in every match, the rarest such set, and how frequent they are."""
    never: tuple[tuple[int, int], frozenset[Element]] = ((2, 0), frozenset())
    if isinstance(node, Element):
        if node.free or EDGE in node.words:
            return never
        frequent = int(bool(node.words & common))
        return (frequent, sum(usage[word] for word in node.words)), frozenset({node})
    if isinstance(node, Choice):
        ways = [_anchor(way, usage, common) for way in node.ways]
        if not all(elements for _, elements in ways):
            return never
        cost = (max(cost[0] for cost, _ in ways), sum(cost[1] for cost, _ in ways))
        return cost, frozenset().union(*(elements for _, elements in ways))
    if isinstance(node, Maybe):
        return never
    return min((_anchor(part, usage, common) for part in node.parts), key=lambda found: found[0], default=never)
