"""Answers in forms: what the table says, and that the check-in decides the same."""

from __future__ import annotations

import itertools

import pytest

from bot.features.checkin import rules
from bot.safety.forms import HIGH_CRAVING, LOW_MOOD, NO_ASQ, REPEATED, RISE, RULES, THREE_HIGH_DAYS, USED, judge_answer, level_of_answer
from bot.safety.levels import Level


@pytest.mark.parametrize(
    ("form", "item", "answer", "also", "level"),
    [
        ("checkin", "safety", "yes_now", (), Level.EMERGENCY),
        ("checkin", "safety", "no", (), Level.NONE),
        ("checkin", "reach", "no", (), Level.WATCH),
        ("asq", "now", "rather_not", (), Level.EMERGENCY),
        ("asq", "all", "no", (), Level.WATCH),
        ("asq", "unfinished", "after 10 minutes", (), Level.URGENT),
        ("phq9", "9", "0", (), Level.NONE),
        ("phq9", "9", "1", (), Level.URGENT),
        ("phq9", "9", "3", (), Level.URGENT),
        ("phq9", "acuity", "yes", (), Level.EMERGENCY),
        ("phq9", "total", "20", (), Level.URGENT),
        ("phq9", "total", "19", (), Level.WATCH),
        ("phq9", "total", "9", (), Level.NONE),
        ("phq9", "total", "9", (RISE,), Level.WATCH),
        ("gad7", "total", "15", (), Level.WATCH),
        ("unknown", "item", "1", (), Level.NONE),
    ],
)
def test_an_answer_means_what_was_decided(form: str, item: str, answer: str, also: tuple[str, ...], level: Level) -> None:
    assert level_of_answer(form, item, answer, also) is level


def test_the_rule_that_decided_has_a_name_and_a_source() -> None:
    rule = judge_answer("checkin", "safety", "rather_not", [USED])
    assert rule is not None
    assert (rule.name, rule.source) == ("checkin.safety: rather_not + used", "SAFETY.md 5")


def test_every_row_can_decide() -> None:
    for rule in RULES:
        answer = rule.answers[0].partition("-")[0] if rule.answers[0] != "*" else "0"
        assert judge_answer(rule.form, rule.item, answer, rule.also) == rule, rule.name


def test_the_check_in_asks_the_same_of_the_safety_question() -> None:
    for answer, asq, again, craving, used in itertools.product(
        rules.Safety, (True, False), (True, False), (None, 0, 7), (None, rules.Used.YES)
    ):
        also = {REPEATED} if again else set()
        also |= {NO_ASQ} if not asq else set()
        also |= {HIGH_CRAVING} if craving == 7 else set()
        also |= {USED} if used else set()
        assert rules.safety_level(answer, asq=asq, again=again, craving=craving, used=used) is level_of_answer(
            "checkin", "safety", answer.value, also
        )


def test_the_check_in_asks_the_same_of_cravings_and_use() -> None:
    for craving in range(11):
        assert rules.craving_level([craving]) is level_of_answer("checkin", "craving", str(craving))
    assert rules.craving_level([7, 8, 7]) is level_of_answer("checkin", "craving", "7", [THREE_HIGH_DAYS])
    for reach in rules.Reach:
        assert rules.reach_level(reach) is level_of_answer("checkin", "reach", reach.value)
    for wish in rules.Wish:
        assert rules.wish_level(wish) is level_of_answer("checkin", "person", wish.value)
    for used, score, mood in itertools.product((*rules.Used, None), (None, 3, 8), (None, 2, 8)):
        also = ({HIGH_CRAVING} if score == 8 else set()) | ({LOW_MOOD} if mood == 2 else set())
        assert rules.use_level(used, score, mood) is level_of_answer("checkin", "used", str(used), also)


def test_the_check_in_asks_the_same_of_the_asq() -> None:
    items = ["1", "2", "3", "4", "5"]
    for answer in rules.AsqAnswer:
        assert rules.asq_level(items, {"1": "yes", "5": answer}) is level_of_answer("asq", "now", answer.value)
    assert rules.asq_level(items, dict.fromkeys(items[:4], "no")) is level_of_answer("asq", "all", "no")
