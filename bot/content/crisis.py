"""Escalation policy and crisis lines: schema and loading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ContentError

M = TypeVar("M", bound=BaseModel)
Who = Literal["owner", "primary", "backup", "everyone", "supervisor", "operator"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Frozen):
    """One step of a chain: at this many minutes after the level was reached, these people, by these channels."""

    at: int = Field(ge=0, description="minutes since the case reached its level")
    who: tuple[Who, ...] = Field(min_length=1)
    channels: tuple[Literal["telegram", "ring"], ...] = ("telegram",)


class Policy(_Frozen):
    """What happens until a human acts. `word_within` counts from the acknowledgement or from the case's start."""

    steps: tuple[Step, ...] = Field(min_length=1)
    repeat_every: int = Field(gt=0, description="minutes between rounds after the last step")
    word_within: int = Field(gt=0, description="minutes to a human's first word to the patient")
    word_from: Literal["acknowledged", "opened"]
    unanswered_within: int | None = Field(default=None, description="minutes a patient's message may wait in an acknowledged case")
    tell_nobody_after: int | None = Field(default=None, description="minutes until the patient hears that no one has answered yet")


class Policies(_Frozen):
    """The shipped chains of SAFETY.md 3; hours are the clinic's local time."""

    emergency: Policy
    urgent_day: Policy
    urgent_night: Policy
    day_from: str = Field(pattern=r"^\d\d:\d\d$")
    day_until: str = Field(pattern=r"^\d\d:\d\d$")


class Line(_Frozen):
    """One crisis line. `tel` is what a phone dials; `text_only` names a number that takes messages, not calls."""

    number: str
    tel: str | None = None
    label: Mapping[str, str] = Field(default_factory=dict)
    note: Mapping[str, str] = Field(default_factory=dict)
    hours: Mapping[str, str] = Field(default_factory=dict)
    source_confidence: str = ""
    verified_on: date | None = None

    def words(self, lang: str) -> str:
        """The number with its label, as it stands in a message."""
        return self.label.get(lang) or self.number


class CrisisLines(_Frozen):
    """A country's lines; an empty one is left out of every message."""

    country: str
    name: Mapping[str, str] = Field(default_factory=dict)
    languages: tuple[str, ...] = ()
    lines: Mapping[str, tuple[Line, ...]] = Field(default_factory=dict)

    def first(self, key: str, lang: str = "en") -> Line | None:
        """The first line under a key, or None."""
        lines = self.lines.get(key, ())
        return lines[0] if lines else None

    def card(self, key: str, lang: str) -> tuple[str, str] | None:
        """A contact card for a line: (what a phone dials, the name it is saved under), or None."""
        line = self.first(key)
        return None if line is None else (line.tel or line.number, line.words(lang))


def load_policies(path: Path, document: Any) -> Policies:
    """Raises ContentError with the first thing that is wrong."""
    return validated(Policies, path, document)


def load_lines(path: Path, document: Any) -> dict[str, CrisisLines]:
    """By ISO country code. Raises ContentError with the first thing that is wrong."""
    if not isinstance(document, dict) or not isinstance(document.get("countries"), dict):
        raise ContentError(path, "countries", "a mapping of country codes to lines is missing")
    return {code: validated(CrisisLines, path, {"country": code, **(entry or {})}) for code, entry in document["countries"].items()}


def load_replies(path: Path, document: Any) -> dict[str, str]:
    """Bare answers to a safety question: word -> `yes` or `no`."""
    if not isinstance(document, dict) or set(document) != {"yes", "no"}:
        raise ContentError(path, "", "holds the words for `yes` and for `no` and nothing else")
    return {str(word).casefold(): answer for answer, words in document.items() for word in words}


def validated(model: type[M], path: Path, document: Any) -> M:
    """A checked model from a parsed document."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ContentError(path, ".".join(str(part) for part in first["loc"]), first["msg"]) from error
