"""Turns a key, a language and values into the words that a person reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_date
from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateError, TemplateNotFound, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from bot.errors import ContentError

LANGUAGES = ("en", "es")
LOCALES = {"en": "en_US", "es": "es_US"}
_FILLED_IN = re.compile(r"[{}]")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Source:
    """One template's text and where it stands."""

    file: Path
    text: str


class _Sources(BaseLoader):
    """Gives Jinja the templates by `<lang>/<slice>/<key>`, so that one may include another."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source = self.sources.get(template)
        if source is None:
            raise TemplateNotFound(template)
        return source.text, str(source.file), lambda: True


def _zoned(context: Context, value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(context["zone"]))


@pass_context
def _time(context: Context, value: datetime) -> str:
    """`21:05`, in the reader's zone."""
    return _zoned(context, value).strftime("%H:%M")


@pass_context
def _day(context: Context, value: datetime | date) -> str:
    """`Saturday, January 31`, in the reader's zone and language."""
    return _date_words(_zoned(context, value).date() if isinstance(value, datetime) else value, context["lang"])


def _date_words(day: date, lang: str) -> str:
    pattern = "EEEE, MMMM d" if lang == "en" else "EEEE d 'de' MMMM"
    return format_date(day, pattern, locale=LOCALES[lang])


@pass_context
def _date(context: Context, value: datetime | date) -> str:
    """`Jan 31, 2026`, in the reader's zone and language."""
    day = _zoned(context, value).date() if isinstance(value, datetime) else value
    return format_date(day, "medium", locale=LOCALES[context["lang"]])


@pass_context
def _weekday(context: Context, value: datetime | date | int) -> str:
    """`Saturday`; a number counts from 0 = Sunday."""
    if isinstance(value, int):
        value = date(2026, 2, 1 + value)  # 2026-02-01 was a Sunday
    day = _zoned(context, value).date() if isinstance(value, datetime) else value
    return format_date(day, "EEEE", locale=LOCALES[context["lang"]])


def environment(sources: Mapping[str, Source]) -> Environment:
    """A Jinja environment with this product's rules: nothing undefined, everything escaped."""
    env = Environment(
        loader=_Sources(sources),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        cache_size=2000,
    )
    env.filters.update(time=_time, day=_day, date=_date, weekday=_weekday)
    return env


class Texts:
    """Every sentence and every button label, in every language."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        labels: Mapping[str, Mapping[str, str]],
        samples: Mapping[str, Mapping[str, Any]],
        label_samples: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """
        Args:
            sources: `<lang>/<slice>/<key>` -> template.
            labels: `<slice>/<key>` -> language -> label, itself a small template.
            samples: `<slice>/<key>` -> values for a trial.
            label_samples: the same for labels.
        """
        self.sources, self.labels, self.samples, self.label_samples = sources, labels, samples, label_samples
        self._env = environment(sources)
        # Most labels say the same to everybody: there is nothing to fill in.
        self._plain = {
            (key, lang): text.strip() for key, texts in labels.items() for lang, text in texts.items() if not _FILLED_IN.search(text)
        }
        self._label = lru_cache(maxsize=None)(self._compile_label)

    def _compile_label(self, key: str, lang: str) -> Template:
        texts = self.labels.get(key)
        if texts is None:
            raise ContentError("templates", key, "no such button label")
        # A label is plain text, not HTML: "&" must stay "&".
        return self._env.overlay(autoescape=False).from_string(texts.get(lang) or texts[_other(lang)])

    def has(self, key: str) -> bool:
        """Whether there is such a message in any language."""
        return any(f"{lang}/{key}" in self.sources for lang in LANGUAGES)

    def render(self, key: str, lang: str, values: Mapping[str, Any]) -> str:
        """A message in Telegram's HTML subset.

        Args:
            key: `<slice>/<key>`.
            lang: `en` or `es`; the other language serves, and is logged, where this one lacks the message.
            values: must hold `zone` when the template shows times.

        Raises:
            ContentError: there is no such message, or a value is missing.
        """
        name = f"{lang}/{key}"
        if name not in self.sources:
            _log.warning("content.language_missing", key=key, lang=lang)
            lang = _other(lang)
            name = f"{lang}/{key}"
        try:
            return self._env.get_template(name).render({**values, "lang": lang}).strip()
        except TemplateNotFound as error:
            raise ContentError("templates", key, "no such message") from error
        except TemplateError as error:
            raise ContentError(self.sources[name].file, key, f"cannot be filled in: {error.message}") from error

    def label(self, key: str, lang: str, values: Mapping[str, Any] | None = None) -> str:
        """A button's label: plain text, one line."""
        plain = self._plain.get((key, lang))
        if plain is not None:
            return plain
        try:
            return self._label(key, lang).render({**(values or {}), "lang": lang}).strip()
        except TemplateError as error:
            raise ContentError("templates", key, f"label cannot be filled in: {error.message}") from error


def _other(lang: str) -> str:
    return "es" if lang == "en" else "en"


def safe(html: str) -> Markup:
    """Mark text that is already Telegram HTML (a lesson's page), so that a template does not escape it again."""
    return Markup(html)  # noqa: S704 - only ever called with text that our own parser escaped
