"""The screener of a content folder, and what the lexicons' own examples say about it; both are worked out once for the same words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.content.files import LANGS, Model, build, no_sweeping, parse_yaml, read_text
from bot.errors import ContentError
from bot.safety.build import build_screener
from bot.safety.coverage import touched
from bot.safety.examples import check_examples
from bot.safety.levels import Category, Level
from bot.safety.lexicon import Kind
from bot.safety.notation import LexiconError
from bot.safety.screen import Screener

SIGNS = "crisis/signs.yaml"

_Texts = dict[Category, dict[Level, list[str]]]


class _Shape(Model):
    """What a file of examples has to look like."""

    match: _Texts
    near_miss: _Texts


@dataclass(frozen=True, slots=True)
class Examples:
    """What a file of examples came to.

    Attributes:
        count: how many there are.
        failing: a line for each that is screened otherwise.
        touched: ids of the entries that were found in one.
    """

    count: int
    failing: tuple[str, ...]
    touched: frozenset[str]


def load_screener(files: Mapping[str, Path]) -> Screener:
    """The screener of `crisis/lexicon.<lang>.yaml` and `crisis/signs.yaml`. The same texts give the same object.

    Args:
        files: paths inside the content folder, and the file that counts for each.

    Raises:
        ContentError: a file is missing, broken or without an entry.
    """
    for name in map(lexicon_of, LANGS):
        if name not in files:
            raise ContentError(name, "", "is missing")
    if SIGNS not in files:
        raise ContentError(SIGNS, "", "is missing")
    paths = (*(files[lexicon_of(lang)] for lang in LANGS), files[SIGNS])
    return _screener(paths, _version(map(read_text, paths)))


def broken_entries(files: Mapping[str, Path]) -> list[ContentError]:
    """Every broken entry of the lexicons, where the first of them would stop the start.

    Args:
        files: as for `load_screener`.

    Raises:
        ContentError: a file is missing or has another shape, so that its entries cannot be looked at.
    """
    paths = {lang: files[lexicon_of(lang)] for lang in LANGS if lexicon_of(lang) in files}
    documents = {lang: parse_yaml(read_text(path), path) for lang, path in paths.items()}
    found: list[ContentError] = []
    try:
        build_screener(documents, "", broken=lambda error: found.append(ContentError(paths[error.lang], error.entry, error.why)))
    except LexiconError as error:
        found.append(ContentError(paths[error.lang], error.entry, error.why))
    return found


def run_examples(screener: Screener, path: Path) -> Examples:
    """Runs a file of examples.

    Raises:
        ContentError: it cannot be read or has another shape.
    """
    return _ran(screener, path, read_text(path))


def lexicon_of(lang: str) -> str:
    """Where a language's lexicon lies in the content folder."""
    return f"crisis/lexicon.{lang}.yaml"


def _version(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


@lru_cache(maxsize=2)
def _screener(paths: tuple[Path, ...], version: str) -> Screener:
    """Known again by the version, so that the texts need not be kept."""
    *lexicons, signs = (parse_yaml(read_text(path), path) for path in paths)
    documents = dict(zip(LANGS, lexicons, strict=True))
    try:
        with no_sweeping():
            screener = build_screener(documents, version, signs)
    except LexiconError as error:
        raise ContentError(dict(zip((*LANGS, "signs"), paths, strict=True))[error.lang], error.entry, error.why) from error
    if screener.signs.weighs:
        _refuse_unweighed(screener, signs, paths[-1])
    for lang, path in zip(LANGS, paths, strict=False):
        there = {entry.category for entry in screener.entries if entry.lang == lang and entry.kind is Kind.CRISIS}
        if missing := [category.value for category in Category if category not in there]:  # a file that was cut off, or begun anew
            raise ContentError(path, "crisis", f"has no entry for {', '.join(missing)}: nothing of it would ever be recognised")
    return screener


def _refuse_unweighed(screener: Screener, signs: dict[str, Any], path: Path) -> None:
    """Signs that let everything page, or nothing of a category.

    Raises:
        ContentError: says which.
    """
    if "base" not in signs["levels"] or not screener.signs.base < screener.signs.alone <= screener.signs.sure:
        raise ContentError(path, "levels", "needs base, alone and sure: alone above base, and sure no lower than alone")
    if lacking := [one.value for one in Category if one.value not in signs.get("points", {})]:
        raise ContentError(path, "points", f"has nothing of {', '.join(lacking)}: the file was cut off")


@lru_cache(maxsize=8)
def _ran(screener: Screener, path: Path, text: str) -> Examples:
    document = parse_yaml(text, path)
    shape = build(_Shape, document, path)
    texts = [one for part in (shape.match, shape.near_miss) for levels in part.values() for of_level in levels.values() for one in of_level]
    return Examples(len(texts), tuple(check_examples(screener, document)), touched(screener, texts))
