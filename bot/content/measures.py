"""Validated questionnaires: one YAML file each in ``content/measures``, word for word, only in languages with an official text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.content.files import LANGS, Key, Model, Plain, build, overlay, parse_yaml, read_text, twice
from bot.errors import ContentError

ASQ_ITEMS = ("q1", "q2", "q3", "q4", "q5")  # screening, then acuity; how they follow each other is a safety rule


class Item(Model):
    """One question, by language, exactly as its authors published it: the house's writing rules do not apply to it."""

    key: Key
    text: dict[str, Plain]


class Measure(Model):
    """A questionnaire.

    Attributes:
        version: of the wording; stored with each answer.
        credit: whom to name wherever it is used.
        licence: why its words may stand here.
        source: where the wording was taken from, for reviewers.
    """

    id: Key
    title: Plain
    version: Plain
    credit: Plain
    licence: Plain
    source: Plain
    items: Annotated[tuple[Item, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if double := twice([item.key for item in self.items]):
            raise ValueError(f"item {double} stands twice")
        for item in self.items:
            if not item.text or set(item.text) - set(LANGS):
                raise ValueError(f"item {item.key} needs its text in {' or '.join(LANGS)}")
            if set(item.text) != set(self.items[0].text):
                raise ValueError(f"item {item.key} is not there in the same languages as the first one")
        return self

    def speaks(self, lang: str) -> bool:
        """Whether there is an official text in this language."""
        return lang in self.items[0].text

    def text(self, key: str, lang: str) -> str:
        """An item's words.

        Raises:
            KeyError: no such item, or not in this language.
        """
        return next(item.text[lang] for item in self.items if item.key == key)


def load_measures(folders: Sequence[Path]) -> Mapping[str, Measure]:
    """Read and check all measures, by id; a later folder's file takes the place of the earlier one's with the same name.

    Raises:
        ContentError: the first thing that is broken: file, key, reason.
    """
    measures: dict[str, Measure] = {}
    for name, path in overlay(folders, "measures").items():
        measure = build(Measure, parse_yaml(read_text(path), path), path)
        if name != f"{measure.id}.yaml":
            raise ContentError(path, "id", f"is {measure.id}, so the file has to be called {measure.id}.yaml")
        measures[measure.id] = measure
    if "asq" not in measures:
        raise ContentError(folders[0] / "measures" / "asq.yaml", "", "is missing: the daily safety question leads to it")
    if [item.key for item in measures["asq"].items] != list(ASQ_ITEMS):
        raise ContentError(folders[-1] / "measures" / "asq.yaml", "items", f"has to be {', '.join(ASQ_ITEMS)}, in this order")
    return measures
