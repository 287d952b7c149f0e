"""Whole messages that are harmless though they look like a crisis: neither points nor a second opinion raise them.

A pattern does, unless the entry says `fixed: [pattern]`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from .lexicon import Entry
from .notation import EDGE, Choice, Element, LexiconError, Maybe, Node, Patterns, Row
from .reading import Reading

MAX_WORDS = 20  # with the edges, of a message that can be one
_OTHER = re.compile(r"[^\w\s.,!'’]|_")  # a picture may deny it, a question mark doubts it


class Whole:
    """The entries that stand for whole messages.

    Args:
        entries: each with its patterns, which begin with ``^``, end with ``$`` and have neither gaps nor open ends.
        frequent: words that most messages have: a pattern is looked for where one of its others stands.

    Raises:
        LexiconError: a pattern is another one, so that more than what is written would be harmless.
    """

    def __init__(self, entries: Iterable[tuple[Entry, Patterns]], frequent: Set[str]) -> None:
        self._rows: dict[str, list[tuple[Entry, Row, frozenset[str]]]] = defaultdict(list)  # by a word that each has; with all it may have
        for entry, rows in entries:
            for row in rows:
                _check(entry, row)
                ways = [begins for part in row.parts[1:-1] if (begins := _begins(part))]
                if not ways:
                    raise LexiconError(entry.lang, entry.id.removeprefix(f"{entry.lang}."), "a pattern has no word that must be there")
                known = frozenset[str]().union(*(element.words for element in _elements(row)))
                for word in min(ways, key=lambda words: (not words.isdisjoint(frequent), len(words))):
                    self._rows[word].append((entry, row, known))

    def entry(self, text: str, reading: Reading) -> Entry | None:
        """The entry that stands for a text, with nothing left over: no other signs, and no words that say little ("please")."""
        if len(reading.words) > MAX_WORDS or not self._rows:
            return None
        words = [word.text for word in reading.words]
        for word in words:
            for entry, row, known in self._rows.get(word, ()):
                if known.issuperset(words) and len(words) in _reached(row, words, {0}):
                    return None if _OTHER.search(text) or not _all_read(reading) else entry
        return None


def _all_read(reading: Reading) -> bool:
    """Whether each word that was typed is one that was read: fillers are not."""
    places = zip(reading.words, reading.raw, strict=True)
    read = {piece for word, (first, last) in places if word.text != EDGE for piece in range(first, last + 1)}
    return all(number in read for number, piece in enumerate(reading.pieces) if piece[0].isalnum())


def _check(entry: Entry, row: Row) -> None:
    name = entry.id.removeprefix(f"{entry.lang}.")
    for part in (row.parts[0], row.parts[-1]):
        if not (isinstance(part, Element) and EDGE in part.words) or len(row.parts) < 3:
            raise LexiconError(entry.lang, name, "stands for whole messages: a pattern begins with ^ and ends with $")
    inner = [one for part in row.parts[1:-1] for one in _elements(part)]
    if any(one.free or one.stems or EDGE in one.words for one in inner):
        raise LexiconError(
            entry.lang, name, "stands for whole messages: a pattern has no gaps, open ends or edges inside (... ..2 word* ^ $)"
        )


def _elements(node: Node) -> list[Element]:
    if isinstance(node, Element):
        return [node]
    inner: Sequence[Node] = node.ways if isinstance(node, Choice) else node.parts if isinstance(node, Row) else (node.inner,)
    return [element for part in inner for element in _elements(part)]


def _begins(node: Node) -> set[str]:
    """The words of which one begins it; none when it may be left out."""
    if isinstance(node, Element):
        return set(node.words)
    if isinstance(node, Choice):
        ways = [_begins(way) for way in node.ways]
        return set().union(*ways) if all(ways) else set()
    if isinstance(node, Maybe):
        return set()
    for part in node.parts:
        if begins := _begins(part):
            return begins
    return set()


def _reached(node: Node, texts: Sequence[str], places: set[int]) -> set[int]:
    """Where one is behind it, from each of some places."""
    if isinstance(node, Element):
        return {place + 1 for place in places if place < len(texts) and texts[place] in node.words}
    if isinstance(node, Choice):
        return {place for way in node.ways for place in _reached(way, texts, places)}
    if isinstance(node, Maybe):
        return places | _reached(node.inner, texts, places)
    for part in node.parts:
        places = _reached(part, texts, places)
    return places
