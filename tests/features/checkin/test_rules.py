"""Decisions of the check-in as tables."""

from __future__ import annotations

from datetime import time

import pytest

from bot.content.files import Trigger
from bot.errors import NotUnderstood
from bot.features.checkin import rules, skills
from bot.features.checkin.rules import Answers, AsqAnswer, Nudge, Reach, Safety, Step, Used, Wish
from bot.safety.forms import FormRule
from bot.safety.levels import Level
from tests.world import content

ITEMS = ("q1", "q2", "q3", "q4", "q5")
NONE, WATCH, URGENT, EMERGENCY = Level.NONE, Level.WATCH, Level.URGENT, Level.EMERGENCY


def level_of(rule: FormRule | None) -> Level:
    return rule.level if rule else NONE


@pytest.mark.parametrize(
    ("typed", "score"),
    [
        ("0", 0),
        ("10", 10),
        (" 7 ", 7),
        ("7/10", 7),
        ("8 de 10", 8),
        ("9 out of 10", 9),
        ("7️⃣", 7),
        ("🔟", 10),
        ("７", 7),
        ("٣", 3),
        ("about 6", 6),
        ("un 4.", 4),
    ],
)
def test_a_score_is_read_as_people_type_it(typed: str, score: int) -> None:
    assert rules.parse_score(typed) == score


@pytest.mark.parametrize("typed", ["", "11", "-1", "7.5", "ten", "🙂", "7 8", "3/5", "x" * 4096, "1e1", "²"])
def test_what_is_no_score_is_asked_again(typed: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        rules.parse_score(typed)
    assert error.value.hint == "checkin/score_again"


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("7", 7),
        ("6.5", 6.5),
        ("6,5", 6.5),
        ("6:30", 6.5),
        ("7½", 7.5),
        ("8h", 8),
        ("8 hours", 8),
        ("5 horas", 5),
        ("0", 0),
        ("24", 24),
        ("about 7", 7),
        ("6 and a half", 6.5),
        ("6 y media", 6.5),
        ("unas 6 horas y media", 6.5),
        ("5 1/2 hours", 5.5),
        ("7 hrs.", 7),
    ],
)
def test_hours_of_sleep_are_read_as_people_type_them(typed: str, hours: float) -> None:
    assert rules.parse_sleep(typed) == hours


@pytest.mark.parametrize("typed", ["25", "24.5", "a lot", "-3", "7-8", "😴", "7:75"])
def test_what_is_no_number_of_hours_is_asked_again(typed: str) -> None:
    with pytest.raises(NotUnderstood):
        rules.parse_sleep(typed)


@pytest.mark.parametrize(
    ("scores", "level"),
    [
        ([0], NONE),
        ([8], NONE),
        ([9], WATCH),
        ([10], WATCH),
        ([7, 7], NONE),
        ([7, 8, 7], WATCH),
        ([7, 6, 7], NONE),
        ([9, 9, 2], NONE),
        ([2, 7, 7, 7], WATCH),
    ],
)
def test_craving_alone(scores: list[int], level: Level) -> None:
    assert level_of(rules.craving_rule(scores)) is level


@pytest.mark.parametrize(("reach", "level"), [(Reach.YES, URGENT), (Reach.NO, WATCH)])
def test_a_severe_craving_within_reach_pages(reach: Reach, level: Level) -> None:
    assert level_of(rules.reach_rule(reach)) is level


@pytest.mark.parametrize(
    ("used", "craving", "mood", "level"),
    [
        (Used.NO, 8, 1, NONE),
        (Used.RATHER_NOT, 8, 1, NONE),
        (Used.YES, 2, None, WATCH),
        (Used.YES, 6, 4, WATCH),
        (Used.YES, 7, None, URGENT),
        (Used.YES, 2, 3, URGENT),
    ],
)
def test_use_is_watch_when_calm_and_urgent_with_distress(used: Used, craving: int, mood: int | None, level: Level) -> None:
    assert level_of(rules.use_rule(used, craving, mood)) is level


@pytest.mark.parametrize(
    ("answer", "asq", "again", "craving", "used", "level"),
    [
        (Safety.NO, True, True, 10, Used.YES, NONE),
        (Safety.YES_NOW, True, False, 0, Used.NO, EMERGENCY),
        (Safety.YES_NOW, False, False, 0, Used.NO, EMERGENCY),
        (Safety.SOMETIMES, True, False, 0, Used.NO, NONE),  # the ASQ decides
        (Safety.SOMETIMES, False, False, 0, Used.NO, URGENT),  # there is none in this language
        (Safety.RATHER_NOT, True, False, 6, Used.NO, WATCH),
        (Safety.RATHER_NOT, True, True, 0, Used.NO, URGENT),
        (Safety.RATHER_NOT, True, False, 7, Used.NO, URGENT),
        (Safety.RATHER_NOT, True, False, 0, Used.YES, URGENT),
        (Safety.RATHER_NOT, True, False, 0, Used.RATHER_NOT, WATCH),
    ],
)
def test_the_safety_question(answer: Safety, asq: bool, again: bool, craving: int, used: Used, level: Level) -> None:
    assert level_of(rules.safety_rule(answer, asq=asq, again=again, craving=craving, used=used)) is level


@pytest.mark.parametrize(("wish", "level"), [(Wish.TODAY, URGENT), (Wish.NOW, EMERGENCY), (Wish.NOT_TODAY, NONE)])
def test_want_a_person_today(wish: Wish, level: Level) -> None:
    assert level_of(rules.wish_rule(wish)) is level


@pytest.mark.parametrize(
    ("answers", "following"),
    [
        ({}, "q1"),
        ({"q1": "no"}, "q2"),
        ({"q1": "no", "q2": "no", "q3": "no"}, "q4"),
        ({"q1": "no", "q2": "no", "q3": "no", "q4": "no"}, None),
        ({"q1": "yes"}, "q5"),
        ({"q1": "no", "q2": "rather_not"}, "q5"),
        ({"q1": "no", "q2": "no", "q3": "no", "q4": "yes"}, "q5"),
        ({"q1": "yes", "q5": "no"}, None),
    ],
)
def test_the_asq_goes_to_its_last_item_at_the_first_yes_or_refusal(answers: dict[str, str], following: str | None) -> None:
    assert rules.asq_next(ITEMS, answers) == following


@pytest.mark.parametrize(("last", "level"), [(AsqAnswer.YES, EMERGENCY), (AsqAnswer.NO, URGENT), (AsqAnswer.RATHER_NOT, EMERGENCY)])
def test_the_last_item_tells_an_emergency_from_an_urgent_case(last: AsqAnswer, level: Level) -> None:
    assert level_of(rules.asq_rule(ITEMS, {"q1": "yes", "q5": last})) is level


def test_an_asq_of_noes_is_watch() -> None:
    assert level_of(rules.asq_rule(ITEMS, dict.fromkeys(ITEMS[:4], "no"))) is WATCH


def walk(answers: Answers, *, again: bool = False) -> list[Step]:
    passed: list[Step] = []
    while (step := rules.next_step(answers, passed, again=again)) is not None:
        passed.append(step)
    return passed


def test_a_calm_day_asks_seven_things() -> None:
    day = [Step.CRAVING, Step.USE, Step.SAFETY, Step.MOOD, Step.SLEEP, Step.MEDICATION, Step.NOTE]
    assert walk(Answers()) == day


def test_halt_is_asked_only_when_craving_or_mood_ask_for_it() -> None:
    assert Step.HALT not in walk(Answers(craving=6, mood=4))
    assert Step.HALT in walk(Answers(craving=7, mood=4))
    assert Step.HALT in walk(Answers(craving=0, mood=3))


def test_only_what_is_missing_is_asked_unless_the_day_is_changed() -> None:
    done = Answers(craving=9, within_reach="no", used="no", safety="no", mood=8)
    assert walk(done) == [Step.SLEEP, Step.MEDICATION, Step.HALT, Step.NOTE]
    assert walk(done, again=True)[:3] == [Step.CRAVING, Step.REACH, Step.USE]


@pytest.mark.parametrize(
    ("local", "may"), [("07:59", False), ("08:00", True), ("20:45", True), ("20:59", True), ("21:00", False), ("03:00", False)]
)
def test_nothing_is_sent_between_21_and_8(local: str, may: bool) -> None:
    assert rules.may_remind(time.fromisoformat(local)) is may


def test_words_of_the_reminder_follow_the_missed_days() -> None:
    assert [rules.nudge_for(missed) for missed in range(5)] == [Nudge.USUAL, Nudge.SOFT, Nudge.ASK, Nudge.USUAL, Nudge.USUAL]


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        (Answers(craving=8, used="yes", mood=2), Trigger.CRAVING),
        (Answers(craving=2, used="yes"), Trigger.SLIP),
        (Answers(craving=5, mood=2, halt=("lonely",)), Trigger.LONELY),
        (Answers(craving=5), Trigger.CRAVING),
        (Answers(craving=0, mood=2), Trigger.LOW_MOOD),
        (Answers(craving=0, mood=7, sleep_hours=3.5), Trigger.TIRED),
    ],
)
def test_the_weightiest_answer_names_the_first_trigger(answers: Answers, first: Trigger) -> None:
    assert skills.named(content().checkin, answers)[0] is first


def test_a_calm_day_names_nothing_and_no_skill_is_pushed() -> None:
    assert skills.named(content().checkin, Answers(craving=1, used="no", mood=8, sleep_hours=8)) == []
    assert skills.choose([], content().tools.values(), content().modules, set(), "en") is None


def test_a_craving_leads_to_a_tool_and_a_slip_to_its_lesson() -> None:
    tools, modules = content().tools.values(), content().modules
    wave = skills.choose([Trigger.CRAVING], tools, modules, set(), "es")
    slip = skills.choose([Trigger.SLIP], tools, modules, set(), "en")
    assert wave is not None and not wave.lesson and wave.title == content().tools[wave.id].title.es
    assert slip is not None and slip.lesson


def test_every_halt_answer_has_something_that_helps() -> None:
    for option in content().checkin.halt:
        assert skills.choose([option.trigger], content().tools.values(), content().modules, set(), "en") is not None, option.trigger


def test_a_lesson_that_was_done_gives_way_to_one_that_was_not() -> None:
    modules = content().modules
    both = [lesson.id for module in modules for lesson in module.lessons if Trigger.PEOPLE in lesson.helps_with]
    first = skills.choose([Trigger.PEOPLE], [], modules, set(), "en")
    assert first is not None and len(both) >= 2
    second = skills.choose([Trigger.PEOPLE], [], modules, {first.id}, "en")
    assert second is not None and second.id in both and second.id != first.id


@pytest.mark.parametrize(
    ("trigger", "tool"),
    [
        (Trigger.CRAVING, "urge_surfing"),
        (Trigger.ANGRY, "stop"),
        (Trigger.LONELY, "self_compassion"),
        (Trigger.TIRED, "breathing_478"),
        (Trigger.STRESS, "body_scan"),
    ],
)
def test_the_tool_that_names_a_trigger_first_is_offered(trigger: Trigger, tool: str) -> None:
    found = skills.choose([trigger], content().tools.values(), content().modules, set(), "en")
    assert found is not None and (found.lesson, found.id) == (False, tool)
