"""Escalation policy and crisis lines: schema and loading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ContentError

M = TypeVar("M", bound=BaseModel)
_Plain = Annotated[str, Field(min_length=1, pattern=r"^[^<>&{}\n]+$")]  # stands in messages of any markup as it is
_OR = {"en": " or ", "es": " o "}
LineKey = Literal[
    "emergency", "crisis_voice", "crisis_text", "crisis_es", "substance", "poison", "dv", "sexual_assault", "child", "not_alone"
]
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
    silent_after: int = Field(default=2, gt=0, description="minutes without Telegram's word until the other channels are tried too")
    tell_nobody_after: int | None = Field(default=None, description="minutes until the patient hears that no one has answered yet")


class Policies(_Frozen):
    """The shipped chains of SAFETY.md 3; hours are the clinic's local time."""

    emergency: Policy
    urgent_day: Policy
    urgent_night: Policy
    day_from: str = Field(pattern=r"^\d\d:\d\d$")
    day_until: str = Field(pattern=r"^\d\d:\d\d$")


class RotaTimes(_Frozen):
    """The rota's own times: minutes and days as named, `tell_at` and `tell_until` the clinic's local time."""

    ask_before: int = Field(ge=0, le=120)
    confirm_within: int = Field(gt=0, le=240)
    rings_within_days: int = Field(gt=0, le=365)
    gaps_ahead_days: tuple[Annotated[int, Field(gt=0, le=60)], ...]
    tell_at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    tell_until: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


class Line(_Frozen):
    """One crisis line.

    Attributes:
        number: as people know it.
        tel: what a phone dials and a contact card holds: digits, with ``+`` and the country's code on long numbers.
        label: how it stands in a sentence after "Call ..."; a line without a label in a language is not shown in it.
        card: the name that a contact card is saved under.
        source_confidence: ``C`` seen in a copy of a page, ``GK`` general knowledge.
        verified_on: the day somebody dialled it.
    """

    number: str = Field(min_length=2)
    tel: str = Field(pattern=r"^(\+[1-9]\d{7,14}|\d{2,6})$")
    label: Mapping[str, _Plain] = Field(min_length=1)
    card: Mapping[str, _Plain] = Field(default_factory=dict)
    note: Mapping[str, _Plain] = Field(default_factory=dict)
    hours: Mapping[str, _Plain] = Field(default_factory=dict)
    source_confidence: Literal["C", "GK", ""] = ""
    verified_on: date | None = None

    def words(self, lang: str) -> str:
        """The line as it stands in a message in this language; empty when it is not for its readers."""
        return self.label.get(lang, "")

    def saved_as(self, lang: str) -> str:
        """The name for a contact card."""
        return self.card.get(lang) or self.words(lang) or self.number


@dataclass(frozen=True, slots=True)
class LinesView:
    """A country's lines as short plain words for one language, each to stand after "Call" or "Llame al"; empty when there is none.

    Attributes:
        emergency: all emergency numbers, "112 or 999".
        crisis: voice and text in one, "988 (call or text)"; the country's Spanish line in Spanish.
        crisis_text: the text line alone, "text SHOUT to 85258".
    """

    emergency: str = ""
    crisis: str = ""
    crisis_text: str = ""
    substance: str = ""
    poison: str = ""
    dv: str = ""
    sexual_assault: str = ""
    child: str = ""
    not_alone: str = ""


class CrisisLines(_Frozen):
    """A country's lines; an empty one is left out of every message."""

    country: str = Field(pattern=r"^([A-Z]{2})?$")
    name: Mapping[str, str] = Field(default_factory=dict)
    languages: tuple[str, ...] = ()
    lines: Mapping[LineKey, tuple[Line, ...]] = Field(default_factory=dict)

    def all(self, key: LineKey, lang: str) -> tuple[Line, ...]:
        """The lines under a key that can be shown in a language."""
        return tuple(line for line in self.lines.get(key, ()) if line.words(lang))

    def first(self, key: LineKey, lang: str = "en") -> Line | None:
        """The line that messages in this language name, or None."""
        return next(iter(self.all(key, lang)), None)

    def card(self, key: LineKey, lang: str) -> tuple[str, str] | None:
        """A contact card for a line: (what a phone dials, the name it is saved under), or None."""
        line = self.first(key, lang)
        return None if line is None else (line.tel, line.saved_as(lang))

    def view(self, lang: str) -> LinesView:
        """What templates get as ``lines``. Any language but Spanish is read as English."""
        lang = "es" if lang == "es" else "en"

        def words(key: LineKey) -> str:
            line = self.first(key, lang)
            return "" if line is None else line.words(lang)

        return LinesView(
            emergency=_OR[lang].join(line.words(lang) for line in self.all("emergency", lang)),
            crisis=self._crisis(lang),
            crisis_text=words("crisis_text"),
            substance=words("substance"),
            poison=words("poison"),
            dv=words("dv"),
            sexual_assault=words("sexual_assault"),
            child=words("child"),
            not_alone=words("not_alone"),
        )

    def _crisis(self, lang: str) -> str:
        own = self.first("crisis_es", lang) if lang == "es" else None
        voice, text = own or self.first("crisis_voice", lang), self.first("crisis_text", lang)
        if voice is None or text is None or text.tel == voice.tel:  # one number for both says so in its own label
            return voice.words(lang) if voice else text.words(lang) if text else ""
        return f"{voice.words(lang)},{_OR[lang]}{text.words(lang)}"


def load_policies(path: Path, document: Any) -> Policies:
    """Raises ContentError with the first thing that is wrong."""
    return validated(Policies, path, document)


def load_rota(path: Path, document: Any) -> RotaTimes:
    """Raises ContentError with the first thing that is wrong."""
    return validated(RotaTimes, path, document)


def load_lines(path: Path, document: Any) -> dict[str, CrisisLines]:
    """By ISO country code. Raises ContentError with the first thing that is wrong."""
    if not isinstance(document, dict) or not isinstance(document.get("countries"), dict):
        raise ContentError(path, "countries", "a mapping of country codes to lines is missing")
    countries: dict[str, CrisisLines] = {}
    for code, entry in document["countries"].items():
        if not isinstance(entry, dict) or not isinstance(entry.get("lines"), dict):
            raise ContentError(path, f"countries.{code}", "holds `name` and `lines`")
        country = validated(CrisisLines, path, {"country": code, **entry}, at=f"countries.{code}.")
        if not country.lines.get("emergency"):
            raise ContentError(path, f"countries.{code}.lines.emergency", "is missing: a country without lines is left out whole")
        countries[code] = country
    return countries


def load_replies(path: Path, document: Any) -> dict[str, frozenset[str]]:
    """Whole messages by what they mean: `yes` and `no` (bare answers to a safety question), `sos` (help now), `help` (a person)."""
    if not isinstance(document, dict) or set(document) != {"yes", "no", "sos", "help"}:
        raise ContentError(path, "", "holds the words for `yes`, for `no`, for `sos` and for `help` and nothing else")
    return {meaning: frozenset(str(word).casefold() for word in words) for meaning, words in document.items()}


def validated(model: type[M], path: Path, document: Any, at: str = "") -> M:
    """A checked model from a parsed document."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ContentError(path, at + ".".join(str(part) for part in first["loc"]), first["msg"]) from error
