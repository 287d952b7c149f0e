"""Reading files of content: overlay of folders, YAML without its traps, errors that name file, key and reason, shared field types."""

from __future__ import annotations

import contextlib
import gc
import os
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.content.markup import to_html, visible_length
from bot.errors import ContentError

LANGS = ("en", "es")
MESSAGE_LIMIT = 400  # characters of a message, CLINICAL.md 8
BUTTON_WORDS, BUTTON_LIMIT = 3, 24

_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, the same language


_STR, _SEQ, _MAP = "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"
_OPEN = object()  # stands for a list or a mapping that is being built
DEEPEST = 40  # lists and mappings inside each other; the library goes on until the process ends


class _Loader(_Base):  # type: ignore[misc]
    """YAML as authors mean it: `yes`, `no`, `on`, `off` are words, and a key that stands twice is an error.

    Lists, mappings and words, which is nearly all there is, are built here in one pass; the rest is left to the library.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in known if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
        for first, known in _Base.yaml_implicit_resolvers.items()
    }

    _depth = 0

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:
        self._depth += 1
        if parent is not None and self._depth > DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"is nested more than {DEEPEST} deep", parent.start_mark)

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def get_single_data(self) -> Any:
        node = self.get_single_node()
        return None if node is None else self._built(node, {})

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0] and value:
            for tag, pattern in self.yaml_implicit_resolvers.get(value[0], ()):
                if pattern.match(value):
                    return tag
            return _STR
        return super().resolve(kind, value, implicit)

    def _built(self, node: yaml.Node, known: dict[yaml.Node, Any]) -> Any:
        """What a node stands for. One that an alias names again is the same object again, as in the library."""
        if type(node) is yaml.ScalarNode:
            return node.value if node.tag == _STR else self.construct_object(node)
        if node in known:
            if known[node] is _OPEN:
                raise yaml.constructor.ConstructorError(None, None, "something contains itself", node.start_mark)
            return known[node]
        known[node] = _OPEN
        built: Any
        if node.tag == _SEQ:
            built = [self._built(part, known) for part in node.value]
        elif node.tag == _MAP and all(name.tag == _STR for name, _ in node.value):
            built = {}
            for name, part in node.value:
                if name.value in built:
                    raise yaml.constructor.ConstructorError(None, None, f"{name.value!r} stands twice", name.start_mark)
                built[name.value] = self._built(part, known)
        else:
            built = self.construct_object(node, deep=True)
        known[node] = built
        return built

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for name, _ in node.value:
            if name.tag not in (_STR, "tag:yaml.org,2002:merge"):
                raise yaml.constructor.ConstructorError(None, None, "a key is a word, not a number or a list", name.start_mark)
            if name.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name.value!r} stands twice", name.start_mark)
            seen.add(name.value)
        built: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return built


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


Broken = Callable[[ContentError], None]
"""Is told of something broken, so that a check can go on and find the rest."""


@contextlib.contextmanager
def tolerated(broken: Broken | None) -> Iterator[None]:
    """What is broken inside is told to `broken`, or raised when there is none."""
    try:
        yield
    except ContentError as error:
        if broken is None:
            raise
        broken(error)


class Model(BaseModel):
    """A frozen piece of content; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Trigger(StrEnum):
    """What can start a craving; lessons and tools name what they help with, check-ins what a person named."""

    CRAVING = "craving"
    PEOPLE = "people"
    PLACES = "places"
    THINGS = "things"
    TIMES = "times"
    OFFERS = "offers"
    MONEY = "money"
    CELEBRATION = "celebration"
    CONFLICT = "conflict"
    HUNGRY = "hungry"
    ANGRY = "angry"
    LONELY = "lonely"
    TIRED = "tired"
    STRESS = "stress"
    ANXIETY = "anxiety"
    LOW_MOOD = "low_mood"
    BOREDOM = "boredom"
    SHAME = "shame"
    PAIN = "pain"
    SLIP = "slip"


def _button(text: str) -> str:
    if len(text.split()) > BUTTON_WORDS or len(text) > BUTTON_LIMIT:
        raise ValueError(f"a button has at most {BUTTON_WORDS} words and {BUTTON_LIMIT} characters, this one reads {text!r}")
    return text


def _message(text: str) -> str:
    markup = to_html(text)
    if len(markup) * 2 <= MESSAGE_LIMIT:  # no sign takes more than two units, and tags take none
        return markup
    length = visible_length(markup)
    if length > MESSAGE_LIMIT:
        raise ValueError(f"a message has at most {MESSAGE_LIMIT} characters, this one has {length}: shorten it or part it in two")
    return markup


_WORDS = StringConstraints(strip_whitespace=True, min_length=1)
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
"""Names a step, question or option in button data and in stored answers; never shown."""
ContentId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,23}$")]
Plain = Annotated[str, _WORDS]
"""Text that is not HTML yet."""
Title = Annotated[str, _WORDS, StringConstraints(max_length=40)]
Button = Annotated[str, _WORDS, AfterValidator(_button)]
Html = Annotated[str, _WORDS, AfterValidator(_message)]
"""A message: written in the tiny markup, held as Telegram's HTML."""


class _Pair(Model):
    def of(self, lang: str) -> str:
        """The text in that language; English where the language is unknown."""
        found: str = self.es if lang == "es" else self.en  # type: ignore[attr-defined]
        return found


class TitlePair(_Pair):
    """A name in both languages, plain text."""

    en: Title
    es: Title


class PlainPair(_Pair):
    """A line in both languages, plain text."""

    en: Plain
    es: Plain


class HtmlPair(_Pair):
    """A message in both languages, Telegram's HTML."""

    en: Html
    es: Html


M = TypeVar("M", bound=BaseModel)
_WHY = {
    "extra_forbidden": "is not a known key",
    "missing": "is missing",
    "enum": "has to be {expected}",
    "too_long": "has at most {max_length} parts, this one has {actual_length}: leave some out, or part it in two",
    "too_short": "has at least {min_length} parts, this one has {actual_length}: add some",
    "dict_type": "has to be `key: value` lines",
    "list_type": "has to be a list",
    "string_too_long": "has at most {max_length} characters: shorten it",
}
"""What an author reads, by the library's name for the mistake; other mistakes in its own words."""


@contextlib.contextmanager
def no_sweeping() -> Iterator[None]:
    """Hundreds of thousands of objects are made and nearly all are kept: looking for garbage among them again and again finds none."""
    sweeping = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if sweeping:
            gc.enable()


def overlay(folders: Sequence[Path], below: str) -> dict[str, Path]:
    """The files under one subfolder of several content folders; a later folder's file takes the place of an earlier one's.

    Args:
        folders: content folders, the shipped one first.
        below: the subfolder, such as ``lessons``.

    Returns:
        Paths inside the subfolder (with ``/``), sorted, and the file that counts for each. Hidden files are left out.

    Raises:
        ContentError: a content folder does not exist, or holds a folder where the one before has a file.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ContentError(folder, "", "this content folder does not exist")
        own = dict(_below(str(folder / below), ""))
        for name in found:
            if name not in own and (folder / below / name).is_dir():
                raise ContentError(folder / below / name, "", "is a folder, where a file has to be")
        found.update(own)
    return dict(sorted(found.items()))


def _below(folder: str, name: str) -> Iterator[tuple[str, Path]]:
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{name}{entry.name}/")
            elif entry.is_file():
                yield name + entry.name, Path(entry.path)


def read_text(path: Path) -> str:
    """A file's text, without a byte order mark and with plain line ends.

    Raises:
        ContentError: it is missing, unreadable or not UTF-8.
    """
    try:
        return text_of(path.read_bytes(), path)
    except OSError as error:
        raise ContentError(path, "", f"cannot be read: {error.strerror}") from error


def text_of(data: bytes, path: Path) -> str:
    """The same for what was read.

    Raises:
        ContentError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise ContentError(path, "", f"is not UTF-8 text (byte {error.start})") from error


def parse_yaml(text: str, path: Path, first_line: int = 1) -> dict[str, Any]:
    """A YAML mapping.

    Args:
        text: the YAML.
        path: the file that it comes from, for errors.
        first_line: where it starts in that file.

    Raises:
        ContentError: a syntax error, a key that stands twice, or something else than a mapping.
    """
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  the loader above is a safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContentError(path, f"line {mark.line + first_line}" if mark else "", f"is not valid YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:  # a control character, of which nobody knows how it came there
        line = text.encode()[: error.position].count(b"\n") + first_line
        raise ContentError(
            path, f"line {line}", f"is not valid YAML: the invisible character U+{error.character:04X} stands in it"
        ) from error
    except yaml.YAMLError as error:
        raise ContentError(path, "", f"is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ContentError(path, "", "has to be a list of `key: value` lines")
    return data


def build(model: type[M], data: dict[str, Any], path: Path) -> M:
    """The model of a mapping that was read from a file.

    Raises:
        ContentError: names the first field that is missing, unknown or wrong, and why.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        known = _WHY.get(first["type"])
        why = known.format_map(first.get("ctx", {})) if known else first["msg"].removeprefix("Value error, ")
        raise ContentError(path, _place(first["loc"]), why) from error


def _place(loc: Sequence[str | int]) -> str:
    """`("exercise", "steps", 0, "kind")` as a person counts: `exercise.steps 1.kind`."""
    said = (part for part in loc if part != "[key]")  # that a key is wrong, not what it stands before
    return "".join(f" {part + 1}" if isinstance(part, int) else f".{part}" for part in said).removeprefix(".")


def twice(keys: Sequence[str]) -> str | None:
    """The first key that stands there a second time, if any."""
    return next((key for place, key in enumerate(keys) if key in keys[:place]), None)
