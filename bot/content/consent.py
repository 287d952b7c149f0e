"""The consent: its texts by version, so that one can always show what a person agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.content.crisis import validated

LANGUAGES = ("en", "es")
SCREENS = 4  # as many steps as the enrolment has for them
QUESTIONS = 2
_BUTTON_CHARACTERS = 24

Words = Annotated[Mapping[str, str], Field(description="by language")]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _in_both_languages(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Mapping) and not all(value.get(lang) for lang in LANGUAGES):
                raise ValueError(f"{name} needs {' and '.join(LANGUAGES)}")
        return self


class Screen(_Frozen):
    """One screen. The text may name {clinic}, {hours}, {phone} and {emergency}."""

    key: str = Field(pattern=r"^[a-z_]+$")
    title: Words
    text: Words

    @model_validator(mode="after")
    def _known_places(self) -> Self:
        for words in self.text.values():
            try:
                words.format(clinic="", hours="", phone="", emergency="")
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"{self.key}: only {{clinic}}, {{hours}}, {{phone}} and {{emergency}} may stand in it") from error
        return self


class Option(_Frozen):
    """An answer to choose; `right` marks the one that shows that the text was understood."""

    key: str = Field(pattern=r"^[a-z_]{1,20}$")
    label: Words
    right: bool = False

    @model_validator(mode="after")
    def _short(self) -> Self:
        if any(len(words) > _BUTTON_CHARACTERS for words in self.label.values()):
            raise ValueError(f"{self.key}: a button has at most {_BUTTON_CHARACTERS} characters")
        return self


class Question(_Frozen):
    """A question that reads back what was said, and the kind word for a wrong answer."""

    key: str = Field(pattern=r"^[a-z_]+$")
    ask: Words
    options: tuple[Option, ...] = Field(min_length=2, max_length=4)
    explain: Words

    @model_validator(mode="after")
    def _one_right(self) -> Self:
        if sum(option.right for option in self.options) != 1 or len({option.key for option in self.options}) != len(self.options):
            raise ValueError(f"{self.key}: one option is right, and each has a key of its own")
        return self


class Version(_Frozen):
    """What people agree to in one version."""

    since: date
    screens: tuple[Screen, ...] = Field(min_length=SCREENS, max_length=SCREENS)
    questions: tuple[Question, ...] = Field(min_length=QUESTIONS, max_length=QUESTIONS)


class ConsentTexts(BaseModel):
    """`consent.yaml`. Old versions stay in the file: people agreed to them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    current: str
    versions: dict[str, Version]

    @model_validator(mode="after")
    def _has_current(self) -> Self:
        if self.current not in self.versions:
            raise ValueError("current names no version")
        return self

    @property
    def now(self) -> Version:
        """The version that new people are asked to agree to."""
        return self.versions[self.current]


def load_consent(path: Path, document: Any) -> ConsentTexts:
    """Raises ContentError with the first thing that is wrong."""
    return validated(ConsentTexts, path, document)
