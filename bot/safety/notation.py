"""The lexicon's notation: from the words a clinician edits to small trees of word sets.

The notation (it also stands at the top of each file):

====================  ==================================================================================
``kill myself``       these words, whatever the case, accents, spelling tricks
``WANT``              an upper-case name: any member of that list under ``words``
``(die|end it all)``  either
``[really]``          may be there
``...``  ``..2``      up to four, up to two other words in between; twelve at most
``suicid*``           any word that begins so
``NUM``               a number in digits (and the members of a list of that name)
``MANY``              a number in digits of 8 or more (and the members of a list of that name)
``^``  ``$``          the sentence begins, ends here
``a & b``             both in one sentence, in any order, up to six words in between; four sides at most
====================  ==================================================================================

Words of the class ``fillers`` ("fucking", "just", "literally") are skipped in messages and in patterns. An apostrophe in a
pattern may be left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from .normalise import fold_character

GAP, FREE_GAP = 4, 6
WIDEST, SIDES, DEEPEST = 12, 4, 12  # words of a gap, sides of `&`, brackets within brackets: what more would cost grows too fast
NUMBER = "0"  # stands for every number in digits
MANY = "00"  # stands for those of 8 and more
EDGE = "\x00"  # stands for the beginning and the end of a sentence


class LexiconError(ValueError):
    """A lexicon entry that cannot be used.

    Args:
        lang: which file (``en``, ``es``).
        entry: the entry's id, or the section's name.
        why: what is wrong with it.
    """

    def __init__(self, lang: str, entry: str, why: str) -> None:
        super().__init__(f"lexicon.{lang}: {entry}: {why}")
        self.lang = lang
        self.entry = entry
        self.why = why


def known_keys(lang: str, place: str, given: Iterable[Any], known: Collection[str], of: str = "") -> None:
    """Refuses a key that is none of those known: it is one mistyped, and what it stands before would count for nothing.

    Raises:
        LexiconError: names the first.
    """
    for key in given:
        if key not in known:
            raise LexiconError(
                lang, f"{place}.{key}".lstrip("."), f"is not a known key{f' {of}' if of else ''}: those are {', '.join(sorted(known))}"
            )


@dataclass(frozen=True, slots=True)
class Element:
    """One place in a pattern: the words that fit, or any word (``free``)."""

    words: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    free: bool = False

    def __hash__(self) -> int:  # in each class: what is made for a dataclass is not compiled
        return hash((self.words, self.stems, self.free))


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after the other."""

    parts: tuple[Node, ...] = ()

    def __hash__(self) -> int:
        return hash(self.parts)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    ways: tuple[Node, ...]

    def __hash__(self) -> int:
        return hash(self.ways)


@dataclass(frozen=True, slots=True)
class Maybe:
    """May be there."""

    inner: Node

    def __hash__(self) -> int:
        return hash(self.inner)


Node = Element | Row | Choice | Maybe
Patterns = tuple[Row, ...]
"""Of one entry; each begins and ends with something that must be there."""


_TOKEN = re.compile(r"\s*(\.\.\.|\.\.\d+|[()\[\]|^$&]|[A-Z][A-Z_0-9]*(?![a-z])|[^\s()\[\]|^$&.]+)")
_SIGNS, _OPENS = frozenset("&|()[]"), frozenset("|([")


class Notation:
    """Reads patterns of one language.

    Args:
        lang: for errors.
        words: the named lists, as written.
        spelling: typed word -> words meant; patterns are respelled as messages are.
        fillers: words that patterns and messages do without.
    """

    def __init__(
        self, lang: str, words: Mapping[str, Sequence[str]], spelling: Mapping[str, tuple[str, ...]], fillers: frozenset[str] = frozenset()
    ) -> None:
        self._fillers = fillers
        self._lang = lang
        self._words = words
        self._spelling = spelling
        self._lists: dict[str, Node] = {}
        self._items: dict[str, Node] = {}
        self._depth = 0

    def read(self, entry: str, pattern: str) -> list[Row]:
        """What a pattern stands for: one row, or with ``&`` one for each order.

        Raises:
            LexiconError: the pattern is empty, unbalanced, too large, or names an unknown list.
        """
        text = pattern.rstrip()
        marks = self._marks(entry, text)
        if marks.count("&") >= SIDES:
            raise LexiconError(self._lang, entry, f"{pattern[:40]!r} has more than {SIDES} sides")
        sides: list[Node] = []
        self._depth = 0
        at = 0
        while True:
            begun = at
            node, at = self._ways(entry, marks, at, closing="")
            if at == begun and "&" in marks:
                raise LexiconError(self._lang, entry, f"one side of & is empty in {pattern[:40]!r}")
            sides.append(node)
            if at == len(marks):
                break
            if marks[at] != "&":
                raise LexiconError(self._lang, entry, f"unexpected {marks[at]!r} in {pattern!r}")
            at += 1
        rows = []
        for order in itertools.permutations(sides):
            parts: list[Node] = []
            for side in order:
                parts += [*([_gap(FREE_GAP)] if parts else []), *(side.parts if isinstance(side, Row) else (side,))]
            while parts and _can_be_empty(parts[0]):
                del parts[0]
            while parts and _can_be_empty(parts[-1]):
                del parts[-1]
            if not parts:
                raise LexiconError(self._lang, entry, f"{pattern!r} can match nothing")
            if all(part == Element(words=frozenset({EDGE})) for part in parts):
                raise LexiconError(self._lang, entry, f"{pattern!r} is the edge of a sentence and no word")
            rows.append(Row(tuple(parts)))
        return rows

    def respelled(self, pattern: str) -> dict[str, tuple[str, ...]]:
        """The words of a pattern that are read as several others, each with those."""
        read = {mark: self._meant(mark) for mark in _TOKEN.findall(pattern) if mark[0].isalnum() and not mark[0].isupper()}
        return {mark: meant for mark, meant in read.items() if len(meant) > 1}

    def _meant(self, mark: str) -> tuple[str, ...]:
        plain = "".join(map(fold_character, mark))
        bare = plain.replace("'", "")
        if bare.isdecimal():
            return (bare,)
        return self._spelling.get(plain) or self._spelling.get(bare) or (bare,)

    def _marks(self, entry: str, text: str) -> list[str]:
        marks: list[str] = _TOKEN.findall(text)
        if "".join(marks) != "".join(text.split()):
            self._refuse(entry, text)
        return marks

    def _refuse(self, entry: str, pattern: str) -> NoReturn:
        """Says where a pattern stops being one."""
        at = 0
        while found := _TOKEN.match(pattern, at):
            at = found.end()
        raise LexiconError(self._lang, entry, f"cannot read {pattern!r} at {pattern[at : at + 10]!r}")

    def _ways(self, entry: str, marks: Sequence[str], at: int, closing: str) -> tuple[Node, int]:
        """What stands from ``at`` up to the closing bracket, the ``&`` or the end, and where that is."""
        ways: list[Node] = []
        parts: list[Node] = []
        self._depth += 1
        if self._depth > DEEPEST:
            raise LexiconError(self._lang, entry, f"has brackets or lists more than {DEEPEST} deep")
        while at < len(marks):
            mark = marks[at]
            if mark not in _SIGNS:
                at += 1
                parts.append(self._items.get(mark) or self._item(entry, mark))
                continue
            if mark == "&" and not closing:
                break
            if mark in {")", "]"}:
                if mark != closing:
                    raise LexiconError(self._lang, entry, f"a bracket is not balanced before {mark!r}")
                self._depth -= 1
                return _either([*ways, _in_row(parts)]), at
            at += 1
            if mark == "|":
                if not closing:
                    raise LexiconError(self._lang, entry, "| stands outside brackets")
                if marks[at - 2] in _OPENS or marks[at : at + 1] in ([")"], ["]"]):
                    raise LexiconError(self._lang, entry, "one side of | is empty: what may be left out stands in [ ]")
                ways.append(_in_row(parts))
                parts = []
            elif mark in {"(", "["}:
                inner, at = self._ways(entry, marks, at, ")" if mark == "(" else "]")
                at += 1
                parts.append(inner if mark == "(" else Maybe(inner))
            else:
                raise LexiconError(self._lang, entry, "& stands inside brackets")
        if closing:
            raise LexiconError(self._lang, entry, "a bracket is not closed")
        self._depth -= 1
        return _in_row(parts), at

    def _item(self, entry: str, mark: str) -> Node:
        known = self._items.get(mark)
        if known is None:
            known = self._items[mark] = self._read_item(entry, mark)
        return known

    def _read_item(self, entry: str, mark: str) -> Node:
        if mark.startswith(".."):
            if len(mark) > 4 or (mark != "..." and int(mark[2:]) > WIDEST):
                raise LexiconError(self._lang, entry, f"a gap has at most {WIDEST} words, not {mark[2:12]}")
            return _gap(GAP if mark == "..." else int(mark[2:]))
        if mark in {"^", "$"}:
            return Element(words=frozenset({EDGE}))
        if mark[0].isupper():
            return self._named(entry, mark)
        if mark.endswith("*"):
            if len(mark) < 4:
                raise LexiconError(self._lang, entry, f"{mark!r} is too short a beginning")
            return Element(stems=frozenset({"".join(map(fold_character, mark[:-1]))}))
        meant = self._meant(mark)
        if mark != ":" and not "".join(meant).isalnum():  # what is said behind a colon is somebody's words
            raise LexiconError(self._lang, entry, f"{mark!r} holds a sign that cuts words in a message: write its parts as words")
        if meant[0].isdecimal():
            return Element(words=frozenset({count_word(meant[0])}))
        return _in_row([Element(words=frozenset({word})) for word in meant if word not in self._fillers])

    def _named(self, entry: str, name: str) -> Node:
        if name not in self._lists:
            digits = {"NUM": frozenset({NUMBER, MANY}), "MANY": frozenset({MANY})}
            members: list[Node] = [Element(words=digits[name])] if name in digits else []
            if name not in self._words and not members:
                raise LexiconError(self._lang, entry, f"no list of words is called {name}")
            self._lists[name] = Row()  # a list that names itself stops here
            for member in self._words.get(name, ()):
                marks = self._marks(name, member)
                node, at = self._ways(name, marks, 0, closing="")
                if at < len(marks):
                    raise LexiconError(self._lang, name, f"cannot read {member!r}")
                members.append(node)
            self._lists[name] = _either(members)
        return self._lists[name]


def count_word(digits: str) -> str:
    """The word that stands for a number in digits: small, or 8 and more."""
    plain = digits.lstrip("0")
    return MANY if len(plain) > 1 or plain in {"8", "9"} else NUMBER


def _gap(size: int) -> Node:
    gap: Node = Row()
    for _ in range(size):
        gap = Maybe(_in_row([Element(free=True), gap]))
    return gap


def _in_row(parts: Sequence[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    flat = [piece for part in parts for piece in (part.parts if isinstance(part, Row) else (part,))]
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def _either(ways: Iterable[Node]) -> Node:
    """A choice with all single words put into one element, so that a long list of words costs one place."""
    ways = tuple(ways)
    if len(ways) == 1:
        return ways[0]
    words: set[str] = set()
    stems: set[str] = set()
    others: dict[Node, None] = {}
    for way in ways:
        for one in way.ways if isinstance(way, Choice) else (way,):
            if isinstance(one, Element) and not one.free:
                words |= one.words
                stems |= one.stems
            elif one != Row():  # an alternative of fillers only
                others[one] = None
    if words or stems:
        single: list[Node] = [Element(frozenset(words), frozenset(stems))]
        return Choice((*single, *others)) if others else single[0]
    return Choice(tuple(others)) if len(others) > 1 else next(iter(others), Row())


def _can_be_empty(node: Node) -> bool:
    if isinstance(node, Row):
        return all(map(_can_be_empty, node.parts))
    return isinstance(node, Maybe) or (isinstance(node, Choice) and any(map(_can_be_empty, node.ways)))
