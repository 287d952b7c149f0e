"""Messages and button labels under `content check`: both languages, samples that fit, length, Telegram's HTML, easy words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from typing import Any

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, meta

from bot.content.crisis import CrisisLines
from bot.content.files import BUTTON_LIMIT, BUTTON_WORDS, MESSAGE_LIMIT
from bot.content.prose import Finding, Passage, Style, grade_en, huerta_es, words
from bot.content.render import LANGUAGES, Texts, environment
from bot.errors import ContentError

GIVEN = frozenset({"lang", "zone", "lines"})  # every message has these
SAMPLE_ZONE = "America/New_York"
COMMANDS = "commands"  # the slice whose labels describe commands in Telegram's menu and stand on no button
COMMAND_LIMIT = 40
LONG_BUTTON_LIMIT = 34  # what a button as wide as the chat shows whole on a small phone
_TAGS = frozenset({"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"})
_ATTRIBUTES: Mapping[str, list[list[str]]] = {"a": [["href"]], "blockquote": [[], ["expandable"]]}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PARSER = environment({})


class TextsCheck:
    """Checks one set of texts.

    Args:
        texts: as loaded.
        lines: crisis lines by country, which the samples are rendered with; a country without lines is tried too.
        long_messages: keys of messages that may be longer than `MESSAGE_LIMIT`.
        long_buttons: keys of labels that may have more than `BUTTON_WORDS` words, up to `LONG_BUTTON_LIMIT` characters.
    """

    def __init__(
        self, texts: Texts, lines: Mapping[str, CrisisLines], long_messages: Collection[str] = (), long_buttons: Collection[str] = ()
    ) -> None:
        self._texts = texts
        # The first are what reading level is judged with: the same ones, however the file is ordered.
        self._lines = [
            *(lines[country] for country in sorted(lines, key=lambda country: (country != "US", country))),
            CrisisLines(country=""),
        ]
        self._long, self._long_buttons = long_messages, long_buttons
        self._env = environment(texts.sources)
        self.keys = sorted({name.partition("/")[2] for name in texts.sources})

    def findings(self) -> Iterator[Finding]:
        """What to mend, message by message, then label by label."""
        for key in self.keys:
            yield from self._message(key)
        for key in sorted(set(self._texts.samples) - set(self.keys)):
            yield Finding(_yaml(key), f"messages.{_name(key)}", "is listed, but there is no such template")
        for key in sorted(self._texts.labels):
            yield from self._label(key)
        for key in sorted(set(self._long) - set(self.keys)):
            yield Finding("style.yaml", f"long_messages.{key}", "there is no such message")
        for key in sorted(set(self._long_buttons) - set(self._texts.labels)):
            yield Finding("style.yaml", f"long_buttons.{key}", "there is no such button")

    def passages(self) -> tuple[Passage, ...]:
        """Every message that can be rendered, with its samples, as people read it."""
        return self._passages

    @cached_property
    def _passages(self) -> tuple[Passage, ...]:
        rendered = ((lang, key, self._rendered(key, lang)) for key in self.keys for lang in LANGUAGES)
        return tuple(Passage(_j2(lang, key), "", lang, text, lesson=None) for lang, key, text in rendered if text)

    def hard_slices(self, style: Style) -> Iterator[Finding]:
        """Messages are often too short to be judged alone, so those of a slice are judged together."""
        together: dict[tuple[str, str], list[str]] = defaultdict(list)
        for passage in self.passages():
            together[passage.lang, passage.file.split("/")[2]].append(passage.text)
        for (lang, name), texts in together.items():
            text = "\n".join(texts)
            if len(words(text)) < style.limits.judged_from_words:
                continue
            if lang == "en" and (grade := grade_en(text)) > style.limits.grade_en:
                yield Finding(
                    f"templates/{lang}/{name}", "", f"is hard to read: grade {grade:.1f}, at most {style.limits.grade_en:g} is asked"
                )
            if lang == "es" and (ease := huerta_es(text)) < style.limits.huerta_es:
                yield Finding(
                    f"templates/{lang}/{name}",
                    "",
                    f"is hard to read: Fernández-Huerta {ease:.0f}, at least {style.limits.huerta_es:g} is asked",
                )

    def _message(self, key: str) -> Iterator[Finding]:
        partial = _name(key).startswith("_")  # only ever included by others
        used: dict[str, frozenset[str]] = {}
        for lang in LANGUAGES:
            if f"{lang}/{key}" not in self._texts.sources:
                yield Finding(_j2(lang, key), "", "is missing: every message exists in both languages")
                continue
            try:
                used[lang] = variables(self._env, f"{lang}/{key}")
            except TemplateSyntaxError as error:
                yield Finding(_j2(lang, key), f"line {error.lineno}", f"is no template: {error.message}")
        if partial or len(used) < len(LANGUAGES):
            return
        first, second = (used[lang] for lang in LANGUAGES)
        for name in sorted(first ^ second):
            there = "en" if name in first else "es"
            yield Finding(_j2("es" if there == "en" else "en", key), "", f"does not use {name}, which {_j2(there, key)} uses")
        if key not in self._texts.samples:
            yield Finding(_yaml(key), "messages", f"does not list {_name(key)} with its sample values")
            return
        needed, given = first | second, set(self._texts.samples[key])
        for name in sorted(needed - given):
            yield Finding(_yaml(key), f"messages.{_name(key)}", f"has no sample value for {name}")
        for name in sorted(given - needed - GIVEN):
            yield Finding(_yaml(key), f"messages.{_name(key)}", f"gives {name}, which no template uses")
        if not needed - given:
            for lang in LANGUAGES:
                yield from self._looks(key, lang)

    def _looks(self, key: str, lang: str) -> Iterator[Finding]:
        """What is wrong with a rendered message; with the crisis lines of each country when it shows them."""
        shows = "lines" in variables(self._env, f"{lang}/{key}", given=True)
        found: dict[str, None] = {}
        for lines in self._lines if shows else self._lines[:1]:
            try:
                text = self._texts.render(key, lang, self._values(key, lang, lines))
            except ContentError as error:
                found[error.why] = None
                continue
            except Exception as error:  # a filter that gets the wrong kind of value raises whatever it likes
                found[f"cannot be filled in with its samples: {type(error).__name__}: {error}"] = None
                continue
            reader = _Reader(text)
            length = len(reader.plain.encode("utf-16-le")) // 2
            for why in reader.problems:
                found[why] = None
            if not reader.plain.strip():
                found[f"is empty{_for(lines)}"] = None
            elif length > MESSAGE_LIMIT and key not in self._long:
                found[f"has {length} characters{_for(lines)}, at most {MESSAGE_LIMIT} are asked (or list it in style.yaml)"] = None
                break
        for why in found:
            yield Finding(_j2(lang, key), "", why)

    def _rendered(self, key: str, lang: str) -> str:
        try:
            return _Reader(self._texts.render(key, lang, self._values(key, lang, self._lines[0]))).plain
        except Exception:  # told by `findings`
            return ""

    def _values(self, key: str, lang: str, lines: CrisisLines) -> dict[str, Any]:
        return {"zone": SAMPLE_ZONE, "lines": lines.view(lang), **sample(self._texts.samples.get(key, {}))}

    def _label(self, key: str) -> Iterator[Finding]:
        where = f"buttons.{_name(key)}"
        used = {}
        for lang in LANGUAGES:
            try:
                used[lang] = _asked(self._texts.labels[key][lang])[0] - GIVEN
            except TemplateSyntaxError as error:
                yield Finding(_yaml(key), f"{where}.{lang}", f"is no template: {error.message}")
                return
        needed, given = used["en"] | used["es"], set(self._texts.label_samples[key])
        for name in sorted(used["en"] ^ used["es"]):
            yield Finding(_yaml(key), where, f"uses {name} in one language only")
        for name in sorted(needed - given):
            yield Finding(_yaml(key), f"{where}.sample", f"has no value for {name}")
        for name in sorted(given - needed):
            yield Finding(_yaml(key), f"{where}.sample", f"gives {name}, which the label does not use")
        if needed - given:
            return
        for lang in LANGUAGES:
            try:
                label = self._texts.label(key, lang, {"zone": SAMPLE_ZONE, **sample(self._texts.label_samples[key])})
            except Exception as error:
                yield Finding(_yaml(key), f"{where}.{lang}", f"cannot be filled in with its samples: {type(error).__name__}")
                continue
            if why := self._label_problem(key, label):
                yield Finding(_yaml(key), f"{where}.{lang}", why)

    def _label_problem(self, key: str, label: str) -> str | None:
        if not label or "\n" in label:
            return "has to be one line"
        if key.startswith(f"{COMMANDS}/"):
            return f"has {len(label)} characters, at most {COMMAND_LIMIT} fit the menu: {label}" if len(label) > COMMAND_LIMIT else None
        if key in self._long_buttons:
            return f"has {len(label)} characters, at most {LONG_BUTTON_LIMIT} fit: {label}" if len(label) > LONG_BUTTON_LIMIT else None
        count = sum(any(sign.isalnum() for sign in word) for word in label.split())
        if count > BUTTON_WORDS or len(label) > BUTTON_LIMIT:
            return f"has {count} words and {len(label)} characters, at most {BUTTON_WORDS} and {BUTTON_LIMIT} are asked: {label}"
        return None


def variables(env: Environment, name: str, *, given: bool = False) -> frozenset[str]:
    """The values that a template and those it includes need; with `given` also those that every message has.

    Raises:
        TemplateSyntaxError: it is no template.
    """
    needed: set[str] = set()
    waiting, seen = [name], set[str]()
    while waiting:
        current = waiting.pop()
        if current in seen or env.loader is None:
            continue
        seen.add(current)
        try:
            asked, included = _asked(env.loader.get_source(env, current)[0])
        except TemplateNotFound:  # told when the message is rendered
            continue
        needed |= asked
        waiting += included
    return frozenset(needed if given else needed - GIVEN)


@lru_cache(maxsize=8192)
def _asked(template: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The values that one template's text asks for, and the templates it includes; worked out once for the same text.

    Raises:
        TemplateSyntaxError: it is no template.
    """
    tree = _PARSER.parse(template)
    included = tuple(other for other in meta.find_referenced_templates(tree) if other is not None)
    return frozenset(meta.find_undeclared_variables(tree)), included


def sample(value: Any) -> Any:
    """A sample as the code gives it: text that reads as an instant (`2026-03-03T15:00Z`) or a date becomes one."""
    match value:
        case Mapping():
            return {name: sample(part) for name, part in value.items()}
        case list():
            return [sample(part) for part in value]
        case str() if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
        case str() if _DATE.fullmatch(value):
            return date.fromisoformat(value)
    return value


class _Reader(HTMLParser):
    """Telegram's HTML: the text that is left, and what Telegram would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.plain = ""
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        if self._open:
            self.problems.append(f"never closes <{self._open[-1]}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.problems.append(f"uses <{tag}>, which Telegram does not know")
        elif [name for name, _ in attrs] not in _ATTRIBUTES.get(tag, [[]]):
            self.problems.append(f"gives <{tag}> an attribute that Telegram does not know")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"closes <{tag}> where it is not open")

    def handle_data(self, data: str) -> None:
        self.plain += data


def _for(lines: CrisisLines) -> str:
    return f" with the lines of {lines.country}" if lines.country else " in a country without crisis lines"


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _yaml(key: str) -> str:
    return f"templates/{key.partition('/')[0]}.yaml"


def _j2(lang: str, key: str) -> str:
    return f"templates/{lang}/{key}.j2"
