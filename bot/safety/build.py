"""Compiles parsed lexicon files into a screener."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .lexicon import CLASSES, SECTIONS, Entry, Speech, read_entries, section, word_list
from .notation import LexiconError, Notation, Patterns, known_keys
from .screen import Screener
from .signs import Signs


def build_screener(
    documents: Mapping[str, Mapping[str, Any]],
    version: str,
    signs: Mapping[str, Any] | None = None,
    broken: Callable[[LexiconError], None] | None = None,
) -> Screener:
    """Compiles parsed lexicon files.

    Args:
        documents: language -> the parsed ``lexicon.<language>.yaml``.
        version: of the content.
        signs: the parsed ``signs.yaml``.
        broken: is told of every broken entry, which is left out then; for who wants to know of all of them at once.

    Raises:
        LexiconError: names the language, the entry and what is wrong with it.
    """
    spelling: dict[str, tuple[str, ...]] = {}
    for lang, document in documents.items():
        known_keys(lang, "", document, SECTIONS)
        known_keys(lang, "classes", section(lang, document, "classes", dict), CLASSES)
        for meant, typed in section(lang, document, "spelling", dict).items():
            for variant in word_list(lang, "spelling", typed):
                if len(variant.split()) > 2:
                    raise LexiconError(lang, "spelling", f"{variant!r} has more than two words")
                spelling[variant] = tuple(str(meant).split())
    fillers: set[str] = set()
    for lang, document in documents.items():
        fillers.update(word_list(lang, "fillers", section(lang, document, "classes", dict).get("fillers", [])))
    common = {lang: frozenset(word_list(lang, "common", document.get("common", ""))) for lang, document in documents.items()}
    frequent = frozenset[str]().union(*common.values())
    entries: list[tuple[Entry, Patterns]] = []
    for lang, document in documents.items():
        names = {str(name): word_list(lang, str(name), members) for name, members in section(lang, document, "words", dict).items()}
        entries += read_entries(lang, document, Notation(lang, names, spelling, frozenset(fillers)), frequent, broken)

    def union(name: str) -> frozenset[str]:
        found: set[str] = set()
        for lang, document in documents.items():
            classes = section(lang, document, "classes", dict)
            found.update(word_list(lang, name, classes.get(name, [])))
        return frozenset(found)

    emoji: dict[str, str] = {}
    for lang, document in documents.items():
        for picture, word in section(lang, document, "emoji", dict).items():
            if not isinstance(word, str) or not word.strip():
                raise LexiconError(lang, "emoji", f"{picture!r} needs a word")
            if not str(picture) or str(picture)[0].isascii() or str(picture)[0].isalpha():
                raise LexiconError(lang, "emoji", f"{picture!r} is no picture")
            emoji[str(picture)] = word
    speech = Speech(
        spelling=spelling,
        emoji=emoji,
        common=common,
        frequent=frequent,
        keep=frozenset(word for lang, document in documents.items() for word in word_list(lang, "keep", document.get("keep", ""))),
        negators=union("negators"),
        bridges=union("bridges"),
        linkers=union("linkers"),
        unsure=union("unsure"),
        tellers=union("tellers"),
        myself=union("myself"),
        others=union("others"),
        presents=union("presents"),
        pasts=union("pasts"),
        joints=union("joints"),
        courtesies=union("courtesies"),
        fillers=frozenset(fillers),
    )
    return Screener(entries, version, speech=speech, signs=Signs(signs or {}))
