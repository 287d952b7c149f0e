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
_Places = frozenset[int]


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
        self._elements: list[Element] = []
        self._follow: list[set[int]] = []
        self._entry_of: list[Entry] = []
        self._firsts: set[int] = set()
        self._final: set[int] = set()
        rows = [(entry, row) for entry in entries for row in entry.patterns]
        usage: Counter[str] = Counter(
            word for entry, row in rows if entry.kind is not Kind.HARMLESS for element in _elements(row) for word in element.words
        )
        self.targets = set(usage)  # words that typos are mended to: those that say something
        crisis: set[int] = set()
        one: dict[int, int] = {}  # place of a pattern's rarest words -> the pattern's bit
        two: dict[int, int] = {}  # the same for its second rarest
        self._crisis = self._single = 0
        self._begins: list[set[int]] = []
        for number, (entry, row) in enumerate(rows):
            base, bit = len(self._elements), 1 << number
            fragment = self._compile(row, entry)
            self._begins.append(fragment.first)
            self._firsts |= fragment.first
            self._final |= fragment.last
            anchors = sorted((_anchor(part, usage, common) for part in row.parts), key=lambda found: found[0])
            own = range(base, len(self._elements))
            rarest = [place for place in own if self._elements[place] in anchors[0][1]]
            one.update(dict.fromkeys(rarest, bit))
            if len(anchors) > 1 and anchors[1][1]:
                two.update((place, bit) for place in own if self._elements[place] in anchors[1][1])
            else:
                self._single |= bit
            if entry.kind is Kind.CRISIS:
                self._crisis |= bit
                crisis.update(rarest)
        self.anchors: set[str] = set().union(*(self._elements[place].words for place in crisis))
        self._crisis_places = frozenset(crisis)
        self._rouse_by_place = one, two
        self.size = len(self._elements)
        self._before: list[set[int]] = [set() for _ in self._elements]
        for place, following in enumerate(self._follow):
            for other in following:
                self._before[other].add(place)
        free = frozenset(place for place, element in enumerate(self._elements) if element.free)
        self._free = free  # kept apart from what single words fit: it would otherwise stand once for every word of the lexicon
        self._after = [frozenset(following) for following in self._follow]
        self._gaps_after = [following & free for following in self._after]
        self._gaps_before = [frozenset(before & free) for before in self._before]
        by_word: dict[str, set[int]] = defaultdict(set)
        by_stem: dict[str, set[int]] = defaultdict(set)
        for place, element in enumerate(self._elements):
            for word in element.words:
                by_word[word].add(place)
            for stem in element.stems:
                by_stem[stem].add(place)
        self.stems = {stem: frozenset(places) for stem, places in by_stem.items()}
        edges = frozenset(by_word.get(EDGE, ()))
        self._accepted: list[_Places] = [frozenset(), edges, edges]
        self._one, self._two = [0] * 3, [0] * 3
        self._moves: dict[int, _Places] = {}
        self._codes: dict[_Places, int] = {frozenset(): UNKNOWN}
        self.words: dict[str, int] = {}
        for word, places in by_word.items():
            for size in range(3, len(word) + 1):
                places |= self.stems.get(word[:size], frozenset())
            self.words[word] = self._code(frozenset(places))
        self.words[EDGE] = BREAK

    def _compile(self, node: Node, entry: Entry) -> _Fragment:
        if isinstance(node, Element):
            place = len(self._elements)
            self._elements.append(node)
            self._follow.append(set())
            self._entry_of.append(entry)
            return _Fragment({place}, {place}, empty=False)
        if isinstance(node, Maybe):
            inner = self._compile(node.inner, entry)
            return _Fragment(inner.first, inner.last, empty=True)
        if isinstance(node, Choice):
            ways = [self._compile(way, entry) for way in node.ways]
            first, last = set().union(*(way.first for way in ways)), set().union(*(way.last for way in ways))
            return _Fragment(first, last, empty=any(way.empty for way in ways))
        whole = _Fragment(set(), set(), empty=True)
        for part in node.parts:
            piece = self._compile(part, entry)
            for place in whole.last:
                self._follow[place] |= piece.first
            whole = _Fragment(
                whole.first | piece.first if whole.empty else whole.first,
                whole.last | piece.last if piece.empty else piece.last,
                empty=whole.empty and piece.empty,
            )
        return whole

    def _code(self, places: _Places) -> int:
        code = self._codes.get(places)
        if code is None:
            code = self._codes[places] = len(self._accepted)
            self._accepted.append(places)
            for bits, by_place in zip((self._one, self._two), self._rouse_by_place, strict=True):
                found = 0
                for place in places & by_place.keys():
                    found |= by_place[place]
                bits.append(found)
        return code

    def code(self, word: str) -> int:
        """The number under which the matcher knows a word; 0 when it is in no pattern."""
        known = self.words.get(word)
        if known is not None:
            return known
        places: set[int] = set()
        for size in range(3, len(word) + 1):
            places |= self.stems.get(word[:size], frozenset())
        return self._code(frozenset(places)) if places else UNKNOWN

    def wakes(self, code: int) -> bool:
        """Whether a word (by its code) alone can be part of a crisis pattern that others are not rarer in."""
        return not self._crisis_places.isdisjoint(self._accepted[code])

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
        begin: set[int] = set()
        while roused:
            bit = roused & -roused
            roused ^= bit
            begin |= self._begins[bit.bit_length() - 1]
        accepts, moves, final = self._accepted, self._moves, self._final
        out: list[Hit] = []
        places: set[int] = set()
        for index, code in enumerate(codes):
            reached = begin & accepts[code]
            for place in places:
                step = moves.get(place << CODE_BITS | code)
                if step is None:
                    step = self._move(place, code)
                if step:
                    reached |= step
            if not final.isdisjoint(reached):
                out.extend(self._traced(place, codes, positions, index) for place in reached & final)
            if code == PAUSE:
                reached |= places
            places = reached
        return out

    def _move(self, place: int, code: int) -> _Places:
        """Where a word leads from a place; remembered for the next time."""
        step = self._after[place] & self._accepted[code]
        if code not in (PAUSE, BREAK):
            step |= self._gaps_after[place]
        if len(self._moves) >= MAX_MOVES:
            self._moves.clear()
        self._moves[place << CODE_BITS | code] = step
        return step

    def _traced(self, end: int, codes: Sequence[int], positions: Sequence[int], index: int) -> Hit:
        """Walks back from a pattern's last place to its nearest beginning."""
        ways: dict[int, frozenset[int]] = {end: frozenset()}
        last = positions[index]
        while True:
            begun = [place for place in ways if place in self._firsts]
            if begun:
                gaps = min((ways[place] for place in begun), key=len)
                return Hit(self._entry_of[end], positions[index], last, gaps)
            index -= 1
            if index < 0:
                return Hit(self._entry_of[end], positions[0], last, frozenset())
            code = codes[index]
            accepted, fills = self._accepted[code], code not in (PAUSE, BREAK)
            back: dict[int, frozenset[int]] = dict(ways) if code == PAUSE else {}
            for place, gaps in ways.items():
                for before in self._before[place] & accepted:
                    if before not in back or len(gaps) < len(back[before]):
                        back[before] = gaps
                if fills and self._gaps_before[place]:
                    gone = gaps | {positions[index]}
                    for before in self._gaps_before[place]:
                        if before not in back or len(gone) < len(back[before]):
                            back[before] = gone
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
