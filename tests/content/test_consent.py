"""The consent's texts: whole in both languages, kept by version, refused when broken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.content.consent import load_consent
from bot.content.library import read_yaml, shipped_root
from bot.errors import ContentError

FILE = shipped_root("content") / "consent.yaml"


def shipped() -> dict[str, Any]:
    return copy.deepcopy(read_yaml(FILE))


def test_each_screen_fits_a_message_with_its_title() -> None:
    for version in load_consent(FILE, shipped()).versions.values():
        for screen in version.screens:
            for lang in ("en", "es"):
                text = screen.text[lang].format(clinic="Harbor Clinic", hours="Mon-Fri 9:00-17:00", phone="", emergency="911")
                assert len(f"1 of 4. {screen.title[lang]}\n\n{text}") <= 400, (screen.key, lang)


def _no_spanish(document: dict[str, Any]) -> None:
    del document["versions"]["1"]["screens"][0]["text"]["es"]


def _unknown_place(document: dict[str, Any]) -> None:
    document["versions"]["1"]["screens"][0]["text"]["en"] = "Call {boss}."


def _no_right_answer(document: dict[str, Any]) -> None:
    for option in document["versions"]["1"]["questions"][0]["options"]:
        option.pop("right", None)


def _three_screens(document: dict[str, Any]) -> None:
    document["versions"]["1"]["screens"].pop()


def _no_such_version(document: dict[str, Any]) -> None:
    document["current"] = "9"


def _long_button(document: dict[str, Any]) -> None:
    document["versions"]["1"]["questions"][0]["options"][0]["label"]["en"] = "a very long answer that fits no button"


@pytest.mark.parametrize("broken", [_no_spanish, _unknown_place, _no_right_answer, _three_screens, _no_such_version, _long_button])
def test_a_broken_file_is_refused_with_its_name(broken: Callable[[dict[str, Any]], None]) -> None:
    document = shipped()
    broken(document)
    with pytest.raises(ContentError) as refused:
        load_consent(Path("consent.yaml"), document)
    assert "consent.yaml" in str(refused.value)
