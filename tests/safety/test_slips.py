"""Words a slip or two away: the compact index finds what comparing with every word would find."""

from __future__ import annotations

import random

import pytest

from bot.safety.normalise import spanish_sound, spanish_sounds
from bot.safety.screen import Screener
from bot.safety.slips import Slips

STRONG = ["overdosed", "suffocating", "withdrawals", "strangling", "hallucinating", "matarme", "suicidarme", "desmayada"]
WORDS = [*STRONG, "hurting", "hunting", "cutting", "overdoses", "hallucinate"]
SLIPS = Slips(WORDS, STRONG, {})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hurtin", "hurting"),
        ("hurrting", "hurting"),
        ("hurtnig", "hurting"),
        ("curting", "cutting"),
        ("jurting", "hurting"),
        ("ovrdosd", "overdosed"),
        ("ovrdosed", "overdosed"),
        ("vorerdosed", ""),
        ("halucinatin", "hallucinating"),
        ("strnaglign", ""),
        ("strgangling", "strangling"),
        ("suicdrame", ""),
        ("garden", ""),
        ("cut", ""),
    ],
)
def test_what_a_word_was_meant_to_be(typed: str, meant: str) -> None:
    assert SLIPS.near(typed) == meant


def test_every_single_slip_is_found() -> None:
    dice = random.Random(5)
    for word in WORDS:
        for index in range(len(word)):
            letter, before, after = dice.choice("abcdefghijklmnopqrstuvwxyz"), word[:index], word[index:]
            for typed in (before + after[1:], before + letter + after, before + letter + after[1:], before + after[1::-1] + after[2:]):
                assert SLIPS.near(typed), typed


def test_of_words_that_fit_censored_letters_the_most_telling_comes_first() -> None:
    slips = Slips([], ["cat", "cut", "car"], {"cut": 9, "car": 2, "cat": 2})
    assert list(slips.alike(3, "c")) == ["cut", "car", "cat"]


def test_censored_letters_are_read(screener: Screener) -> None:
    for text in ("I c*t mys*lf and I c*n't st*p th* bl**d*ng", "I w*nt t* b*rn mys*lf", "mi m*rido me p*ga m*ch*"):
        assert screener.screen(text).level.pages, text


def test_many_words_sound_as_each_alone_does() -> None:
    words = ["kiero", "quiero", "hacha", "ll", "cc", "vez", "hhola", "excelente"]
    assert spanish_sounds(words) == [spanish_sound(word) for word in words]
    assert spanish_sounds([]) == []
