"""All patterns of one language at once, one step for each word, whatever the text.

Each word in a pattern is a place; which places may follow which is worked out once (Glushkov's construction), and reading keeps the set
of places reached so far. Only patterns whose anchors (the three rarest of the things that must be there) stand in the text take part, so
the sets stay small however large the lexicon is; nothing backtracks, so no crafted text is slow. A text without the anchors of any crisis
pattern is not run at all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from operator import itemgetter
from typing import NamedTuple, cast

from .lexicon import Entry, Kind
from .notation import EDGE, Choice, Element, Maybe, Node, Patterns, Row

# Codes of a word in no pattern; of a comma (stepped over, and the edge of a sentence where one is asked for); of the edge of a sentence.
UNKNOWN, PAUSE, BREAK = 0, 1, 2
# How much of the lexicon is kept at hand. It says which word leads where, never who wrote it.
MAX_MOVES, MAX_BACKWARDS = 20_000, 500
MAX_ENDS, MAX_HITS = 2_000, 32  # of one text that are noted, and that are looked at closely
FEW = 8  # up to so many numbers are kept as a tuple, which takes a quarter of the room
STRETCH = 24  # words, at least, that are matched together where a sentence ends behind them
HEAD = 3  # letters of the shortest beginning that a pattern may ask for
LONG, AGAIN = 150, 8  # words of a text, and how often each comes, from which on steps are remembered
_Key = object  # a place, element or code (int) that is looked up and passed on as it is, and no machine number in between
_Fits = frozenset[_Key] | tuple[_Key, ...]
_Ends = list[tuple[int, int]]  # last places of patterns, each with the index of its code
_GAP = Element(free=True)  # number 0: any word but the edge of a sentence
_Anchor = tuple[tuple[int, int], frozenset[int]]
_NEVER: _Anchor = ((2, 0), frozenset())  # no anchor


class Hit(NamedTuple):
    """One entry found. ``start`` and ``end`` are word positions, end included; ``gaps`` those that only filled a gap.

    ``edges`` is how many of the positions are edges of sentences.
    """

    entry: Entry
    start: int
    end: int
    gaps: frozenset[int]
    edges: int = 0

    @property
    def length(self) -> int:
        """How many words it has, gaps included."""
        return self.end - self.start + 1 - self.edges


class Matcher:
    """The compiled patterns of one language.

    Args:
        entries: of that language, each with its patterns.
        common: words too frequent to be an anchor.
    """

    def __init__(self, entries: Iterable[tuple[Entry, Patterns]], common: frozenset[str]) -> None:
        rows = [(entry, row) for entry, patterns in entries for row in patterns]
        self._entries = [entry for entry, _ in rows]
        of_place = array("I")  # the element of each place; many places share one
        self._after: list[int] = []  # of each place: bit n stands for the place n + 1 further on (there is no way back)
        self._pattern = array("I")  # of each place
        self._bases: list[int] = []
        self._begins: list[tuple[int, ...]] = []  # of each pattern: its first places
        self._opening: dict[_Key, int] = defaultdict(int)  # element -> bits of the patterns that can begin with it
        self._opens: dict[int, int] = {}  # the same for codes that were met
        self._final: set[_Key] = set()
        numbers: dict[Element, int] = {_GAP: 0}
        number_of: dict[int, int] = {}  # by identity, which is faster; patterns live as long as this runs
        self._crossing = 0  # the bits of the patterns that have the edge of a sentence inside
        times: Counter[int] = Counter()  # how many places that say something an element has
        shared: dict[int, int] = {}
        for number, (entry, row) in enumerate(rows):
            base = len(of_place)
            elements: list[Element] = []
            follow: list[int] = []
            first, last, _ = _compile(row, elements, follow)
            own = []
            for element in elements:
                key = id(element)
                if key not in number_of:
                    number_of[key] = numbers.setdefault(element, len(numbers))
                own.append(number_of[key])
            self._bases.append(base)
            self._begins.append(tuple(base + place for place in _bits(first)))
            for place in _bits(first):
                self._opening[own[place]] |= 1 << number
            self._final.update(base + place for place in _bits(last))
            if entry.kind is not Kind.HARMLESS:
                times.update(own)
            of_place.extend(own)
            if any(EDGE in one.words and follow[place] and any(mask >> place & 1 for mask in follow) for place, one in enumerate(elements)):
                self._crossing |= 1 << number
            after = [mask >> place + 1 for place, mask in enumerate(follow)]
            self._after += map(shared.setdefault, after, after)
            self._pattern.extend([number] * len(own))
        self._bases.append(len(of_place))
        self.size = len(of_place)
        by_word: dict[str, list[int]] = defaultdict(list)
        by_stem: dict[str, list[int]] = defaultdict(list)
        usage: Counter[str] = Counter()
        for element, number in numbers.items():
            count = times[number]
            for word in element.words:
                by_word[word].append(number)
                if count:
                    usage[word] += count
            for stem in element.stems:
                by_stem[stem].append(number)
        self.targets = usage  # words that typos are mended to, and how often they stand in patterns; for the reader, which empties it
        self._anchor_bits: list[dict[int, int]] = []  # element -> patterns that it is the rarest, second or third rarest thing of
        self._index(rows, numbers, number_of, usage, common)
        self._longest = max(map(len, by_stem), default=0)
        self._heads = frozenset(stem[:HEAD] for stem in by_stem)
        edges = frozenset(by_word.pop(EDGE, ()))
        self._accepted: list[_Fits] = [(), edges, edges]
        self._one, self._two, self._three = [0] * 3, [0] * 3, [0] * 3
        self._shared: dict[int, int] = {}  # equal sets of patterns are kept once
        self._moves: dict[_Key, dict[_Key, tuple[_Key, ...]]] = defaultdict(dict)  # code -> place -> places
        self._remembered = 0
        self._backwards: dict[int, dict[int, list[int]]] = {}
        self._codes: dict[_Fits, int] = {(): UNKNOWN}
        self._same: dict[_Key, _Key] = dict(enumerate(range(len(numbers))))  # one object for each number, wherever it stands
        self._element = [self._same[number] for number in of_place]
        alphabet = sorted(by_word)
        for stem, accepting in by_stem.items():
            place = bisect_left(alphabet, stem)
            while place < len(alphabet) and alphabet[place].startswith(stem):
                by_word[alphabet[place]] += accepting
                place += 1
        self.words = {word: self._code(frozenset(accepting)) for word, accepting in by_word.items()}
        self.words[EDGE] = BREAK
        self.stems: dict[str, int] = {}  # the code of a word in no pattern that begins so; longer beginnings include what shorter ones say
        for stem in by_stem:
            self.stems[stem] = self._code(
                frozenset(number for begin, all_of in by_stem.items() if stem.startswith(begin) for number in all_of)
            )
        for only_for_building in (self._codes, self._same, self._shared, self._anchor_bits):
            only_for_building.clear()

    def _index(
        self,
        rows: Sequence[tuple[Entry, Row]],
        numbers: Mapping[Element, int],
        number_of: Mapping[int, int],
        usage: Counter[str],
        common: frozenset[str],
    ) -> None:
        """Notes which elements rouse which patterns."""
        one: dict[int, int] = defaultdict(int)  # element -> bits of the patterns whose rarest words it holds
        two: dict[int, int] = defaultdict(int)  # the same for their second rarest
        three: dict[int, int] = defaultdict(int)
        self._anchor_bits += one, two, three
        self.crisis = self._single = self._double = 0  # the bits of the patterns that raise a case; of those with one anchor, and with two
        crisis: set[int] = set()
        elements = list(numbers)
        costs = [(int(not common.isdisjoint(element.words)), sum(map(usage.__getitem__, element.words))) for element in elements]
        costs[0] = _NEVER[0]
        costs[1:] = [cost if EDGE not in element.words else _NEVER[0] for cost, element in zip(costs[1:], elements[1:], strict=True)]
        for number, (entry, row) in enumerate(rows):
            bit = 1 << number
            anchors = sorted((_anchor(part, number_of, costs) for part in row.parts), key=itemgetter(0))
            for element in anchors[0][1]:
                one[element] |= bit
            if len(anchors) > 1 and anchors[1][1]:
                for element in anchors[1][1]:
                    two[element] |= bit
            else:
                self._single |= bit
            if len(anchors) > 2 and anchors[2][1]:
                for element in anchors[2][1]:
                    three[element] |= bit
            else:
                self._double |= bit
            if entry.kind is Kind.CRISIS:
                self.crisis |= bit
                crisis.update(anchors[0][1])
        self.anchors: set[str] = set().union(*(elements[number].words for number in crisis))

    def _code(self, numbers: frozenset[int]) -> int:
        key: _Fits = numbers if len(numbers) > FEW else tuple(sorted(numbers))
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = len(self._accepted)
            kept = map(self._same.__getitem__, key)
            self._accepted.append(tuple(kept) if isinstance(key, tuple) else frozenset(kept))
            for bits, of_element in zip((self._one, self._two, self._three), self._anchor_bits, strict=True):
                found = 0
                for number in numbers:
                    if number in of_element:
                        found |= of_element[number]
                bits.append(self._shared.setdefault(found, found))
        return code

    def code(self, word: str) -> int:
        """The number under which the matcher knows a word; 0 when it is in no pattern."""
        known = self.words.get(word)
        if known is not None:
            return known
        if word[:HEAD] in self._heads:
            for size in range(min(len(word), self._longest), HEAD - 1, -1):
                if word[:size] in self.stems:
                    return self.stems[word[:size]]
        return UNKNOWN

    def begins(self, word: str) -> bool:
        """Whether some pattern asks for words that begin like this one."""
        return word[:HEAD] in self._heads and any(word[:size] in self.stems for size in range(HEAD, min(len(word) - 1, self._longest) + 1))

    def wakes(self, code: int) -> bool:
        """Whether a word (by its code) alone can be part of a crisis pattern that others are not rarer in."""
        return bool(self._one[code] & self.crisis)

    def found(self, codes: Sequence[int]) -> tuple[_Ends, _Ends]:
        """Where patterns are found in a text: those that raise a case, and others; nothing where none of the former can be.

        A long text is matched in stretches of whole sentences, since few patterns reach over the end of one: each rouses only its own.
        """
        stretches = _stretches(codes)
        if len(stretches) == 1:
            roused = self._roused(codes, self.crisis)
            return self._ends_of(codes, roused) if roused else ([], [])
        known: dict[tuple[int, ...], tuple[int, _Ends, _Ends]] = {}
        alarmed = self._roused(codes, self._crossing) & self._crossing
        crises, others = self._ends_of(codes, alarmed) if alarmed else (list[tuple[int, int]](), list[tuple[int, int]]())
        for start, end in stretches:
            inside = tuple(codes[start:end])
            step = known.get(inside)
            if step is None:
                roused = self._roused(inside, ~self._crossing) & ~self._crossing
                step = known[inside] = roused, *(self._ends_of(inside, roused) if roused else ([], []))
            alarmed |= step[0]
            crises += [(place, start + index) for place, index in step[1]]
            others += [(place, start + index) for place, index in step[2]]
        if not alarmed & self.crisis:
            return [], []
        if self._crossing:
            crises.sort(key=itemgetter(1))
            others.sort(key=itemgetter(1))
        return crises, others

    def _roused(self, codes: Iterable[int], wanted: int) -> int:
        """The bits of the patterns whose anchors stand in a text; 0 when none of those wanted is among them."""
        present = set(codes)
        first = second = third = 0
        for code in present:
            first |= self._one[code]
            second |= self._two[code]
        roused = first & (second | self._single)
        if not roused & wanted:
            return 0
        for code in present:
            third |= self._three[code]
        roused &= third | self._double
        return roused if roused & wanted else 0

    def _ends_of(self, codes: Sequence[int], patterns: int) -> tuple[_Ends, _Ends]:
        """Where some patterns (by their bits) are found: of those that raise a case, and of others."""
        present = set(codes)
        first: dict[_Key, list[_Key]] = {}  # first places by code
        for code in present:
            opened = patterns & self._opened_by(code)
            if opened:
                accepted = self._accepted[code]
                first[code] = [place for number in _bits(opened) for place in self._begins[number] if self._element[place] in accepted]
        again = len(codes) > LONG and len(codes) > AGAIN * len(present)
        return self._ends_of_same(codes, first) if again else self._ends(codes, first)

    def _opened_by(self, code: int) -> int:
        """The bits of the patterns that can begin with a word; remembered for the next time."""
        bits = self._opens.get(code)
        if bits is None:
            bits = 0
            for element in self._accepted[code]:
                bits |= self._opening.get(element, 0)
            self._opens[code] = bits
        return bits

    def _ends(self, codes: Sequence[_Key], first: Mapping[_Key, list[_Key]]) -> tuple[_Ends, _Ends]:
        final, moves = self._final, self._moves
        crises: _Ends = []
        others: _Ends = []
        places: set[_Key] = set()
        for index, code in enumerate(codes):
            if code not in first and not places:
                continue
            reached = set(first[code]) if code in first else set[_Key]()
            if places:
                steps = moves[code]
                for place in places:
                    step = steps.get(place)
                    if step is None:
                        step = self._move(cast(int, place), cast(int, code))
                    for after in step:
                        reached.add(after)
            if not final.isdisjoint(reached):
                for ended in self._ordered(reached):
                    (crises if self._alarms(ended) else others).append((ended, index))
            if code == PAUSE:
                reached |= places
            places = reached
        return crises, others

    def _ends_of_same(self, codes: Sequence[_Key], first: Mapping[_Key, list[_Key]]) -> tuple[_Ends, _Ends]:
        """The same for a text in which the same words lead from the same places again and again."""
        crises: _Ends = []
        others: _Ends = []
        known: dict[tuple[frozenset[_Key], _Key], tuple[frozenset[_Key], list[int]]] = {}
        places: frozenset[_Key] = frozenset()
        for index, code in enumerate(codes):
            if code not in first and not places:
                continue
            step = known.get((places, code))
            if step is None:
                reached = set(first.get(code, ()))
                steps = self._moves[code]
                for place in places:
                    after = steps.get(place)
                    reached.update(self._move(cast(int, place), cast(int, code)) if after is None else after)
                step = known[places, code] = frozenset(reached | places if code == PAUSE else reached), self._ordered(reached)
            places, found = step
            for ended in found:
                out = crises if self._alarms(ended) else others
                if len(out) < MAX_ENDS:
                    out.append((ended, index))
        return crises, others

    def _ordered(self, reached: Set[_Key]) -> list[int]:
        """The last places of patterns among some, in the order in which they are told."""
        found = [cast(int, place) for place in self._final.intersection(reached)]
        if len(found) > 1:
            found.sort(key=self._order)
        return found

    def _alarms(self, place: int) -> bool:
        """Whether it stands in a pattern that raises a case."""
        return self._entries[self._pattern[place]].kind is Kind.CRISIS

    def _order(self, place: int) -> tuple[bool, int]:
        """Of several that end at the same word those about someone named come first, then those that stand first in the lexicon."""
        pattern = self._pattern[place]
        return self._entries[pattern].about in {"self", "any"}, pattern

    def hits(self, ends: _Ends, codes: Sequence[int], positions: Sequence[int]) -> list[Hit]:
        """The entries found.

        Args:
            ends: as ``found`` gives them.
            codes: of the words in their order, with ``PAUSE`` at commas.
            positions: for each code the position of its word; for a pause that of the word before.
        """
        if len(ends) > MAX_HITS:  # the most urgent ones decide
            ends = sorted(sorted(ends, key=lambda end: -self._entries[self._pattern[end[0]]].level.rank)[:MAX_HITS], key=itemgetter(1))
        return [self._traced(place, codes, positions, index) for place, index in ends]

    def _move(self, place: int, code: int) -> tuple[_Key, ...]:
        """Where a word leads from a place; remembered for the next time."""
        accepted, fills = self._accepted[code], code not in (PAUSE, BREAK)
        step: tuple[_Key, ...] = tuple(
            after for after in self._places_after(place) if self._element[after] in accepted or (fills and not self._element[after])
        )
        self._remembered += 1
        if self._remembered > MAX_MOVES:
            self._remembered = 1
            self._moves.clear()
        self._moves[code][place] = step
        return step

    def _places_after(self, place: int) -> Iterator[int]:
        return (place + 1 + bit for bit in _bits(self._after[place]))

    def _before(self, number: int) -> dict[int, list[int]]:
        """The places that may stand before each place of a pattern; worked out when the pattern is first found."""
        known = self._backwards.get(number)
        if known is None:
            if len(self._backwards) >= MAX_BACKWARDS:
                self._backwards.clear()
            known = self._backwards[number] = defaultdict(list)
            for place in range(self._bases[number], self._bases[number + 1]):
                for after in self._places_after(place):
                    known[after].append(place)
        return known

    def _traced(self, end: int, codes: Sequence[int], positions: Sequence[int], index: int) -> Hit:
        """Walks back from a pattern's last place to its nearest beginning."""
        number, last, ended = self._pattern[end], positions[index], index
        entry, before, first = self._entries[number], self._before(number), self._begins[number]
        ways: dict[int, tuple[int, ...]] = {end: ()}  # place -> positions that only filled a gap on the way to it
        while True:
            begun = [place for place in ways if place in first]
            if begun or not index:
                gaps: tuple[int, ...] = min([ways[place] for place in begun], key=len, default=())
                edges = (codes[index] == BREAK) + (codes[ended] == BREAK)
                return Hit(entry, positions[index], last, frozenset(gaps), edges)
            index -= 1
            accepted, fills = self._accepted[codes[index]], codes[index] not in (PAUSE, BREAK)
            back: dict[int, tuple[int, ...]] = dict(ways) if codes[index] == PAUSE else {}
            for place, filled in ways.items():
                for earlier in before.get(place, ()):
                    element = self._element[earlier]
                    if element in accepted or (fills and not element):
                        gone = filled if element else (*filled, positions[index])
                        if earlier not in back or len(gone) < len(back[earlier]):
                            back[earlier] = gone
            ways = back


def _stretches(codes: Sequence[int]) -> list[tuple[int, int]]:
    """Where stretches of whole sentences begin and end, each with the edges around it."""
    last = len(codes) - 1
    if last <= 2 * STRETCH:
        return [(0, last + 1)]
    out: list[tuple[int, int]] = []
    start = 0
    for index in range(STRETCH, last):
        if codes[index] == BREAK and index - start >= STRETCH:
            out.append((start, index + 1))
            start = index
    out.append((start, last + 1))
    return out


def _bits(mask: int) -> Iterator[int]:
    while mask:
        highest = mask.bit_length() - 1  # from above, so that the number gets shorter
        mask ^= 1 << highest
        yield highest


def _compile(node: Node, elements: list[Element], follow: list[int]) -> tuple[int, int, bool]:
    """Gives each element of a pattern its place.

    Args:
        node: the pattern, or a part of it.
        elements: one for each place; grows.
        follow: for each place the bits of those that may follow; grows.

    Returns:
        The bits of the places that it can begin and end with, and whether it can be empty.
    """
    if isinstance(node, Element):
        bit = 1 << len(elements)
        elements.append(node)
        follow.append(0)
        return bit, bit, False
    if isinstance(node, Maybe):
        first, last, _ = _compile(node.inner, elements, follow)
        return first, last, True
    if isinstance(node, Choice):
        first = last = 0
        empty = False
        for way in node.ways:
            way_first, way_last, way_empty = _compile(way, elements, follow)
            first, last, empty = first | way_first, last | way_last, empty or way_empty
        return first, last, empty
    first, last, empty = 0, 0, True
    for part in node.parts:
        part_first, part_last, part_empty = _compile(part, elements, follow)
        for place in _bits(last):
            follow[place] |= part_first
        first = first | part_first if empty else first
        last = last | part_last if part_empty else part_last
        empty = empty and part_empty
    return first, last, empty


def _anchor(node: Node, number_of: Mapping[int, int], costs: Sequence[tuple[int, int]]) -> _Anchor:
    """Elements (by number) of which at least one stands in every match, the rarest such set, and how frequent they are."""
    if isinstance(node, Element):
        number = number_of[id(node)]
        cost = costs[number]
        return _NEVER if cost == _NEVER[0] else (cost, frozenset({number}))
    if isinstance(node, Choice):
        ways = [_anchor(way, number_of, costs) for way in node.ways]
        if not all(elements for _, elements in ways):
            return _NEVER
        cost = (max(cost[0] for cost, _ in ways), sum(cost[1] for cost, _ in ways))
        return cost, frozenset().union(*(elements for _, elements in ways))
    if isinstance(node, Maybe):
        return _NEVER
    return min((_anchor(part, number_of, costs) for part in node.parts), key=itemgetter(0), default=_NEVER)
