"""The lexicon's sections: from parsed YAML to entries, each checked and with its patterns read.

The notation of patterns is told in ``notation``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from .levels import Category, Level
from .notation import EDGE, NUMBER, Element, LexiconError, Notation, Patterns, Row, known_keys


class Kind(StrEnum):
    """What an entry does: raises a case, masks harmless words, tells something about the rest of the message, or is a harmless message."""

    CRISIS = "crisis"
    HARMLESS = "harmless"
    MODIFIER = "modifier"
    WHOLE = "whole"


class Role(StrEnum):
    """What a modifier tells."""

    PAST = "past"  # long ago
    RECENT = "recent"  # weeks ago: an emergency of then is urgent now
    PRESENT = "present"  # still, again: undoes PAST
    LESSON = "lesson"  # what is taught, shown, sung, asked in a quiz
    QUESTION = "question"  # asked about the topic in general
    IF = "if"  # a case thought of, not told
    OTHER = "other"  # another person
    MEANS = "means"  # something to do it with, at hand
    PLAN = "plan"  # when, how, a note, things put in order
    DISTRESS = "distress"
    ACCESS = "access"  # the drug is near
    OPIOID = "opioid"
    BREAK = "break"  # after a time without
    STOPPING = "stopping"  # of alcohol, sedatives, opioids: withdrawal
    USED = "used"  # took a drug or a drink just now


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a lexicon, without its patterns: those are compiled and not kept."""

    id: str
    lang: str
    kind: Kind
    level: Level = Level.NONE
    category: Category | None = None
    about: str = "any"  # self, other, child, any
    role: Role | None = None
    answer: str = ""
    sign: str = ""  # withdrawal signs are counted by name
    tense: str = ""  # past, present; empty: judged by its verbs
    fixed: frozenset[str] = frozenset()  # context rules that leave this entry alone: see FIXES


@dataclass(frozen=True, slots=True)
class Speech:
    """How people write a language: what tokenising and context need besides entries. Unions of all languages."""

    spelling: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # typed word -> words meant
    emoji: Mapping[str, str] = field(default_factory=dict)
    common: Mapping[str, frozenset[str]] = field(default_factory=dict)  # lang -> words that never wake the matcher
    frequent: frozenset[str] = frozenset()  # all common words of all languages
    keep: frozenset[str] = frozenset()  # harmless words that look like a crisis word mistyped
    negators: frozenset[str] = frozenset()
    bridges: frozenset[str] = frozenset()  # words a negation reaches across
    linkers: frozenset[str] = frozenset()  # verbs that carry a negation over a new subject: "I don't think I ..."
    unsure: frozenset[str] = frozenset()  # before a negation they undo it: why not, if not, can not ("I can't kill myself")
    tellers: frozenset[str] = frozenset()  # about, titled: between a lesson and what it says
    myself: frozenset[str] = frozenset()  # words that make a sentence about the writer
    others: frozenset[str] = frozenset()  # words that make it about another person
    presents: frozenset[str] = frozenset()  # verbs that put a sentence into the present or the future
    pasts: frozenset[str] = frozenset()  # verbs that put it into the past
    fillers: frozenset[str] = frozenset()  # words that say nothing: as if they were not there
    joints: frozenset[str] = frozenset()  # and, but: a time before them does not reach behind them
    courtesies: frozenset[str] = frozenset()  # phrases that only greet, thank or call: a sentence of them explains nothing


_Named = TypeVar("_Named", bound=StrEnum)
CLASSES = frozenset(
    {"negators", "bridges", "linkers", "unsure", "tellers", "myself", "others", "presents", "pasts", "fillers", "joints", "courtesies"}
)  # the fields of Speech
SECTIONS = frozenset({*Kind, "words", "classes", "spelling", "emoji", "common", "keep"})
_KEYS = {  # of an entry
    Kind.CRISIS: frozenset({"id", "level", "category", "about", "answer", "sign", "tense", "fixed", "patterns"}),
    Kind.HARMLESS: frozenset({"id", "patterns"}),
    Kind.MODIFIER: frozenset({"id", "role", "patterns"}),
    Kind.WHOLE: frozenset({"id", "fixed", "patterns"}),
}
_ID = re.compile(r"[\w.\-]+")
FIXES = frozenset({"negation", "past", "lesson", "question", "if", "other", "harmless", "break", "recent", "calm", "pattern"})
ANSWERS = frozenset(
    {"suicide", "self_harm", "overdose_self", "overdose_other", "withdrawal", "violence", "abuse", "child", "relapse", "craving"}
)


def word_list(lang: str, section: str, value: Any) -> list[str]:
    """A list of words as written: a YAML list, or one text with commas (members may be several words) or, without commas, spaces."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()] if "," in value else value.split()
    if isinstance(value, list) and all(isinstance(part, str | int) for part in value):
        return [str(part) for part in value]
    raise LexiconError(lang, section, "must be a list of words")


def section(lang: str, document: Mapping[str, Any], name: str, kind: type) -> Any:
    """A top-level section of a lexicon file, empty when it is missing.

    Raises:
        LexiconError: the section has another shape.
    """
    value = document.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise LexiconError(lang, name, f"must be a {kind.__name__}")
    return value


def read_entries(
    lang: str, document: Mapping[str, Any], notation: Notation, frequent: Set[str], broken: Callable[[LexiconError], None] | None = None
) -> list[tuple[Entry, Patterns]]:
    """All entries of one parsed lexicon file, in file order, each with its patterns.

    Args:
        frequent: the common words of all languages.
        broken: is told of every entry that is broken, which is left out then.

    Raises:
        LexiconError: an entry is broken and nobody is to be told; names it and says why.
    """
    entries: list[tuple[Entry, Patterns]] = []
    seen: set[str] = set()
    for kind in Kind:
        for number, row in enumerate(section(lang, document, kind.value, list), 1):
            name = row.get("id") if isinstance(row, dict) else None
            try:
                if not isinstance(name, str) or not _ID.fullmatch(name):
                    raise LexiconError(
                        lang, f"{kind.value} entry {number}", "has no id, which is a word of letters, digits, dots and hyphens"
                    )
                if name in seen:
                    raise LexiconError(lang, name, "the id is used twice")
                seen.add(name)
                entries.append(_entry(lang, kind, name, row, notation, frequent))
            except LexiconError as error:
                if broken is None:
                    raise
                broken(error)
    return entries


def _entry(lang: str, kind: Kind, name: str, row: Mapping[str, Any], notation: Notation, frequent: Set[str]) -> tuple[Entry, Patterns]:
    known_keys(lang, name, row, _KEYS[kind], f"of a {kind.value} entry")
    patterns = row.get("patterns")
    if not isinstance(patterns, list) or not patterns or not all(isinstance(pattern, str) and pattern.strip() for pattern in patterns):
        numbers = [pattern for pattern in patterns if isinstance(pattern, int | float)] if isinstance(patterns, list) else []
        told = f": {numbers[0]} is a number, write it in quotation marks" if numbers else ""
        raise LexiconError(lang, name, f"patterns must be a list of texts, not empty{told}")
    level = _one_of(lang, name, row, "level", Level) or Level.NONE
    category, role = _one_of(lang, name, row, "category", Category), _one_of(lang, name, row, "role", Role)
    if kind is Kind.CRISIS and (category is None or level is Level.NONE):
        raise LexiconError(lang, name, "a crisis entry needs a level above none and a category")
    if kind is Kind.MODIFIER and role is None:
        raise LexiconError(lang, name, "a modifier needs a role")
    about = str(row.get("about", "any"))
    if about not in {"self", "other", "child", "any"}:
        raise LexiconError(lang, name, f"about: {about!r} is none of self, other, child, any")
    tense, answer, sign = str(row.get("tense", "")), str(row.get("answer", "")), row.get("sign", "")
    if not isinstance(sign, str):
        raise LexiconError(lang, name, "sign: must be a word")
    if tense not in {"", "past", "present"}:
        raise LexiconError(lang, name, f"tense: {tense!r} is neither past nor present")
    if answer and answer not in ANSWERS:
        raise LexiconError(lang, name, f"answer: {answer!r} is none of {', '.join(sorted(ANSWERS))}")
    fixed = frozenset(word_list(lang, name, row.get("fixed", [])))
    if fixed - FIXES:
        raise LexiconError(lang, name, f"fixed: {', '.join(sorted(fixed - FIXES))} is no context rule")
    rows: dict[Row, None] = {}
    for pattern in patterns:
        read = notation.read(name, pattern)
        if kind is not Kind.MODIFIER and any(_is_frequent(one, frequent) for one in read):
            raise LexiconError(lang, name, f"{pattern!r} is only a common word")
        if kind is Kind.HARMLESS:
            _refuse_respelled(lang, name, pattern, read, notation, frequent)
        rows.update(dict.fromkeys(read))
    entry = Entry(
        id=f"{lang}.{name}",
        lang=lang,
        kind=kind,
        level=level,
        category=category,
        about=about,
        role=role,
        answer=answer,
        sign=sign,
        tense=tense,
        fixed=fixed,
    )
    return entry, tuple(rows)


def _one_of(lang: str, name: str, row: Mapping[str, Any], key: str, kind: type[_Named]) -> _Named | None:
    """What an entry says by one of some names; None where it says nothing."""
    if key not in row:
        return None
    try:
        return kind(row[key])
    except ValueError as error:
        raise LexiconError(lang, name, f"{key}: {row[key]!r} is none of {', '.join(kind)}") from error


def _is_frequent(row: Row, frequent: Set[str]) -> bool:
    """Whether a pattern is one word, and a common one."""
    words = [part for part in row.parts if not (isinstance(part, Element) and EDGE in part.words)]
    return len(words) == 1 and isinstance(words[0], Element) and not frequent.isdisjoint(words[0].words)


def _refuse_respelled(lang: str, name: str, pattern: str, rows: list[Row], notation: Notation, frequent: Set[str]) -> None:
    """A harmless pattern with "kms" in it takes back "kill myself", and whoever wrote it thought of distances.

    It may where a number stands with it, since then it is one. Contractions, which are common words ("dont"), say what they are read as.

    Raises:
        LexiconError: a word is read as several others.
    """
    counted = all(any(isinstance(part, Element) and NUMBER in part.words for part in row.parts) for row in rows)
    for typed, meant in notation.respelled(pattern).items():
        if not counted and not frequent >= set(meant):
            raise LexiconError(lang, name, f"{typed!r} is read as {' '.join(meant)!r}: write that if it is meant, or put NUM beside it")
