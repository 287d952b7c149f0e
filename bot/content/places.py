"""In which line of a content file something stands, so that an author finds what the check names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from bot.content.files import read_text
from bot.errors import ContentError

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n", re.DOTALL)
_PAGE = re.compile(r"^pages? (\d+)")
_PART = re.compile(r"[. ]")
_SAID = re.compile(r"^line (\d+)")
_BELOW = ("steps", "options", "frames")  # lists whose name a key leaves out: `exercise.low.ask` stands in `exercise.steps`


def line_of(path: Path, key: str) -> int | None:
    """The line, from 1; None when the key leads to none.

    Args:
        path: a YAML file, or a lesson's Markdown file.
        key: as findings name places: `exercise.steps 1.kind`, `quiz.length.feedback`, `page 2`, `line 7`.
    """
    if said := _SAID.match(key):
        return int(said[1])
    if not key or path.suffix not in (".yaml", ".yml", ".md"):
        return None
    try:
        return _found(path, read_text(path), key)
    except ContentError:
        return None


def _found(path: Path, text: str, key: str) -> int | None:
    if path.suffix != ".md":
        return _in_yaml(text, key)
    front = _FRONT.match(text)
    if front is None:
        return None
    if page := _PAGE.match(key):
        starts = [front.end(), *(mark.end() + 1 for mark in re.finditer(r"^===$", text[front.end() :], re.MULTILINE))]
        number = int(page[1])
        at = starts[number - 1] + (front.end() if number > 1 else 0) if number <= len(starts) else None
        return text.count("\n", 0, at) + 1 if at is not None else None
    line = _in_yaml(front["front"], key)
    return line + 1 if line is not None else None


def _in_yaml(text: str, key: str) -> int | None:
    node = _tree(text)
    found: int | None = None
    for part in _PART.split(key):
        step = _step(node, part)
        if step is None:
            break
        found, node = step
    return found


@lru_cache(maxsize=64)
def _tree(text: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    return root


def _step(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    """One part of a key further down: where it begins, and what stands there."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == part:
                return name.start_mark.line + 1, value
        for name, value in node.value:
            if name.value in _BELOW and (inner := _step(value, part)) is not None:
                return inner
    if isinstance(node, yaml.SequenceNode):
        if part.isdecimal() and int(part) <= len(node.value) and not _called(node.value, part):
            chosen: yaml.Node = node.value[int(part) - 1]
            return chosen.start_mark.line + 1, chosen
        return next(((one.start_mark.line + 1, one) for one in _called(node.value, part)), None)
    return None


def _called(nodes: Sequence[yaml.Node], part: str) -> list[yaml.Node]:
    """The members of a list whose `key`, `id` or `at` is this."""
    return [
        one
        for one in nodes
        if isinstance(one, yaml.MappingNode) and any(name.value in ("key", "id", "at") and value.value == part for name, value in one.value)
    ]
