"""Bare answers to the safety questions, as thumbs write them."""

from __future__ import annotations

import pytest

from tests.world import content


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("No.", "no"),
        ("nooo", "no"),
        ("no 😭", "no"),
        ("No, I am not", "no"),
        ("no, i’m not safe!!", "no"),
        ("No estoy a salvo…", "no"),
        ("yess", "yes"),
        ("yes :(", "yes"),
        ("Yes, I do", "yes"),
        ("i think so", "yes"),
        ("¡Sí, señora!", "yes"),
        ("siiii", "yes"),
        ("creo que sí", "yes"),
        ("no problem", ""),
        ("yes to group, no to yoga", ""),
        ("😭", ""),
        ("?!", ""),
        ("nose", ""),
        ("nooo way I am late again", ""),
    ],
)
def test_a_bare_answer_is_understood(text: str, answer: str) -> None:
    assert content().short_answer(text) == answer


@pytest.mark.parametrize("text", ["S.O.S", "sos!!!", "HELP ME 🙏", "help me please...", "¡Auxilio!", "I’m not safe"])
def test_a_call_for_help_is_one_whatever_stands_around_it(text: str) -> None:
    assert content().asks_for_help(text)
