"""All patterns of one language at once, one step for each word, whatever the text.

Each word in a pattern is a place; which places may follow which is worked out once (Glushkov's construction). Reading keeps the set of
places reached so far, and remembers which set follows which at which word (a deterministic automaton that grows as it is used, up to a
limit; it knows words of the lexicon, never what somebody wrote). Nothing backtracks, so no crafted text is slow, and the size of the
lexicon hardly matters. Messages without any anchor (the rarest word of each crisis pattern) are not run at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .lexicon import EDGE, Choice, Element, Entry, Kind, Maybe, Node, Row

MAX_STATES, MAX_STEPS = 2000, 30_000
UNKNOWN, PAUSE = (
    0,
    1,
)  # codes of a word in no pattern, and of a comma: it is stepped over, and the edge of a sentence where one is asked for
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


@dataclass(slots=True)
class _State:
    """A set of places reached, what can come next, and where each word was seen to lead."""

    places: _Places
    after: _Places
    free: _Places
    ends: tuple[int, ...]
    steps: dict[int, _State] = field(default_factory=dict)


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
        self.anchors: set[str] = set()
        self.anchor_stems: set[str] = set()
        rows = [(entry, row) for entry in entries for row in entry.patterns]
        usage: Counter[str] = Counter(
            word for entry, row in rows if entry.kind is not Kind.HARMLESS for element in _elements(row) for word in element.words
        )
        self.targets = set(usage)  # words that typos are mended to: those that say something
        for entry, row in rows:
            fragment = self._compile(row, entry)
            self._firsts |= fragment.first
            self._final |= fragment.last
            if entry.kind is Kind.CRISIS:
                _, words, stems = _anchor(row, usage, common)
                self.anchors |= words
                self.anchor_stems |= stems
        self.size = len(self._elements)
        self._before: list[set[int]] = [set() for _ in self._elements]
        for place, following in enumerate(self._follow):
            for other in following:
                self._before[other].add(place)
        self._free = frozenset(place for place, element in enumerate(self._elements) if element.free)
        by_word: dict[str, set[int]] = defaultdict(set)
        by_stem: dict[str, set[int]] = defaultdict(set)
        for place, element in enumerate(self._elements):
            for word in element.words:
                by_word[word].add(place)
            for stem in element.stems:
                by_stem[stem].add(place)
        self.stems = {stem: frozenset(places) for stem, places in by_stem.items()}
        self._accepted: list[_Places] = [frozenset(), frozenset(by_word.get(EDGE, ()))]
        self._codes: dict[_Places, int] = {frozenset(): UNKNOWN}
        self.words: dict[str, int] = {}
        for word, places in by_word.items():
            for size in range(3, len(word) + 1):
                places |= self.stems.get(word[:size], frozenset())
            self.words[word] = self._code(frozenset(places))
        self.edge = self.words.get(EDGE, UNKNOWN)
        self._states: dict[_Places, _State] = {}
        self._steps = 0
        self._begin = self._state(frozenset())

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

    def wakes(self, word: str) -> bool:
        """Whether a word alone can be part of a crisis pattern that others are not rarer in."""
        return word in self.anchors or any(word[:size] in self.anchor_stems for size in range(3, len(word) + 1))

    def _state(self, places: _Places) -> _State:
        state = self._states.get(places)
        if state is None:
            if len(self._states) >= MAX_STATES or self._steps >= MAX_STEPS:
                self._states, self._steps = {}, 0
                self._begin.steps = {}
            after: set[int] = set()
            for place in places:
                after |= self._follow[place]
            state = self._states[places] = _State(places, frozenset(after), self._free & after, tuple(sorted(places & self._final)))
        return state

    def _step(self, state: _State, code: int) -> _State:
        accepted = self._accepted[code]
        places = (state.after & accepted) | (self._firsts & accepted)
        if code == PAUSE:
            places |= state.places
        elif code != self.edge or code == UNKNOWN:
            places |= state.free
        self._steps += 1
        following = state.steps[code] = self._state(places)
        return following

    def hits(self, codes: Sequence[int], positions: Sequence[int]) -> list[Hit]:
        """The entries found.

        Args:
            codes: of the words in their order, with ``PAUSE`` at commas.
            positions: for each code the position of its word; for a pause that of the word before.
        """
        out: list[Hit] = []
        state = self._begin
        for index, code in enumerate(codes):
            following = state.steps.get(code)
            state = following if following is not None else self._step(state, code)
            if state.ends and (code != PAUSE or self._accepted[PAUSE]):
                out.extend(self._traced(place, codes, positions, index) for place in state.ends if code != PAUSE or self._is_edge(place))
        return out

    def _is_edge(self, place: int) -> bool:
        return EDGE in self._elements[place].words

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
            accepted = self._accepted[code]
            back: dict[int, frozenset[int]] = dict(ways) if code == PAUSE else {}
            for place, gaps in ways.items():
                for before in self._before[place]:
                    free = self._elements[before].free
                    if before in accepted or (free and code not in {PAUSE, self.edge}) or (free and code == UNKNOWN):
                        gone = gaps | {positions[index]} if free else gaps
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


def _anchor(node: Node, usage: Counter[str], common: frozenset[str]) -> tuple[tuple[int, int], set[str], set[str]]:
    """Words of which at least one stands in every match, the rarest such set, and how frequent they are."""
    never: tuple[tuple[int, int], set[str], set[str]] = ((2, 0), set(), set())
    if isinstance(node, Element):
        if node.free:
            return never
        frequent = int(bool(node.words & common) or EDGE in node.words)
        return (frequent, sum(usage[word] for word in node.words)), set(node.words), set(node.stems)
    if isinstance(node, Choice):
        ways = [_anchor(way, usage, common) for way in node.ways]
        return (
            (max(cost[0] for cost, _, _ in ways), sum(cost[1] for cost, _, _ in ways)),
            set().union(*(words for _, words, _ in ways)),
            set().union(*(stems for _, _, stems in ways)),
        )
    if isinstance(node, Maybe):
        return never
    return min((_anchor(part, usage, common) for part in node.parts), key=lambda found: found[0], default=never)
