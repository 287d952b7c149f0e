"""Answers in forms: what the table says, and that the check-in asks it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.features.checkin import rules
from bot.safety.forms import RISE, RULES, USED, FormRule, judge_answer
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
    rule = judge_answer(form, item, answer, also)
    assert (rule.level if rule else Level.NONE) is level


def test_the_rule_that_decided_has_a_name_and_a_source() -> None:
    rule = judge_answer("checkin", "safety", "rather_not", [USED])
    assert rule is not None
    assert (rule.name, rule.source) == ("checkin.safety:rather_not + used", "SAFETY.md 5")


def test_every_row_can_decide() -> None:
    for rule in RULES:
        answer = rule.answers[0].partition("-")[0] if rule.answers[0] != "*" else "0"
        assert judge_answer(rule.form, rule.item, answer, rule.also) == rule, rule.name


SAFETY, WISH, REACH = rules.Safety, rules.Wish, rules.Reach
CALM: dict[str, Any] = {"asq": True, "again": False, "craving": 0, "used": "no"}


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (rules.safety_rule(SAFETY.NO, **CALM), None),
        (rules.safety_rule(SAFETY.YES_NOW, **CALM), "checkin.safety:yes_now"),
        (rules.safety_rule(SAFETY.SOMETIMES, **CALM), None),
        (rules.safety_rule(SAFETY.SOMETIMES, **CALM | {"asq": False}), "checkin.safety:sometimes + no asq"),
        (rules.safety_rule(SAFETY.SOMETIMES, **CALM | {"asq": False}, assessed=True), "checkin.safety:sometimes + assessed"),
        (rules.safety_rule(SAFETY.YES_NOW, **CALM, assessed=True), "checkin.safety:yes_now"),
        (rules.safety_rule(SAFETY.RATHER_NOT, **CALM), "checkin.safety:rather_not"),
        (rules.safety_rule(SAFETY.RATHER_NOT, **CALM | {"again": True}), "checkin.safety:rather_not + repeated"),
        (rules.safety_rule(SAFETY.RATHER_NOT, **CALM | {"craving": 7}), "checkin.safety:rather_not + high craving"),
        (rules.safety_rule(SAFETY.RATHER_NOT, **CALM | {"used": "yes"}), "checkin.safety:rather_not + used"),
        (rules.wish_rule(WISH.NOW), "checkin.person:now"),
        (rules.wish_rule(WISH.TODAY), "checkin.person:today"),
        (rules.wish_rule(WISH.NOT_TODAY), None),
        (rules.reach_rule(REACH.YES), "checkin.reach:yes"),
        (rules.reach_rule(REACH.NO), "checkin.reach"),
        (rules.craving_rule([7, 7]), None),
        (rules.craving_rule([10]), "checkin.craving:9-10"),
        (rules.craving_rule([7, 8, 7]), "checkin.craving + three high days"),
        (rules.use_rule("rather_not", 9, 1), None),
        (rules.use_rule(None, 9, 1), None),
        (rules.use_rule("yes", 2, None), "checkin.used:yes"),
        (rules.use_rule("yes", 7, 8), "checkin.used:yes + high craving"),
        (rules.use_rule("yes", 2, 3), "checkin.used:yes + low mood"),
        (rules.asq_rule(["1", "2"], {"1": "no"}), "asq.all:no"),
        (rules.asq_rule(["1", "2"], {"1": "yes", "2": "no"}), "asq.now:no"),
        (rules.asq_rule(["1", "2"], {"1": "yes", "2": "rather_not"}), "asq.now:yes|rather_not"),
    ],
)
def test_the_check_in_asks_the_table_and_gets_a_row_with_a_name(rule: FormRule | None, name: str | None) -> None:
    assert (rule.name if rule else None) == name
    assert rule is None or rule in RULES
