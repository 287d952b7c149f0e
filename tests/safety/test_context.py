"""What context does to a match: minimal pairs, SAFETY.md 1."""

from __future__ import annotations

import pytest

from bot.safety.levels import Category, Level
from bot.safety.screen import Screener

PAIRS = [
    ("I want to die", "urgent", "I don't want to die", "watch"),
    ("I don't want to live", "urgent", "I want to live", "none"),
    ("i'm going to kill myself", "emergency", "i'm not going to kill myself", "watch"),
    ("no i want to die", "urgent", "i don't think i want to die", "watch"),
    ("why shouldn't i kill myself", "emergency", "i would never kill myself", "watch"),
    ("i tried to kill myself last night", "emergency", "i tried to kill myself ten years ago", "watch"),
    ("he threatened to kill me", "urgent", "my boss will kill me if i'm late", "none"),
    ("he hits me", "urgent", "that song hits me", "none"),
    ("he hit me", "urgent", "he hit me up on facebook", "none"),
    ("i overdosed", "emergency", "i overdosed on chocolate", "none"),
    ("i overdosed tonight", "emergency", "i overdosed in 2015", "watch"),
    ("she won't wake up", "emergency", "i can't wake up early", "none"),
    ("my brother is unresponsive", "emergency", "my phone is unresponsive", "none"),
    ("I used fentanyl today", "urgent", "I haven't used fentanyl in a year", "none"),
    ("I drank last night and I feel so ashamed", "urgent", "I drank last night", "watch"),
    ("craving so bad, dealer is texting me", "urgent", "craving so bad", "watch"),
    ("i can't do this anymore, i wish i was dead", "urgent", "i can't do this anymore", "watch"),
    ("I cut myself again", "urgent", "I cut myself shaving", "none"),
    ("i stopped drinking and i'm shaking", "urgent", "i'm shaking hands with everybody", "none"),
    ("i quit drinking, shaking, heart is racing", "emergency", "my heart is racing after the run", "none"),
    ("my son wants to kill himself", "urgent", "in the movie he killed himself", "none"),
    ("i want to kill him", "emergency", "i want to kill time", "none"),
    ("my husband hits my kids", "emergency", "my husband hits the gym", "none"),
    ("i have suicidal thoughts", "urgent", "the lesson was about suicidal thoughts", "none"),
    ("i took too many pills", "emergency", "i took too many notes", "none"),
    ("im going to relapse tonight", "urgent", "what if i relapse someday", "none"),
]


@pytest.mark.parametrize(("first", "level", "second", "other"), PAIRS)
def test_minimal_pairs(screener: Screener, first: str, level: str, second: str, other: str) -> None:
    assert screener.screen(first).level == level
    assert screener.screen(second).level == other


def test_the_highest_sentence_counts(screener: Screener) -> None:
    found = screener.screen("Had a good day. Went to group. I'm going to kill myself tonight. See you")
    assert found.level is Level.EMERGENCY
    assert found.matched == ("kill myself",)


@pytest.mark.parametrize(
    "text",
    [
        "I read chapter two, my brother is not breathing",
        "made it through, my kids had fun at the park and he's not breathing",
        "did my check in, had lunch, watched tv, my mom is having a seizure",
        "leí la lección dos, mi hermano no respira",
    ],
)
def test_what_was_said_before_of_a_lesson_or_the_day_calms_no_danger_of_another(screener: Screener, text: str) -> None:
    assert screener.screen(text).level is Level.EMERGENCY


@pytest.mark.parametrize(
    "text", ["in the movie i watched, he is not breathing", "the lesson said, check whether he is breathing. he was not"]
)
def test_a_lesson_is_one_to_the_end_of_its_sentence(screener: Screener, text: str) -> None:
    assert not screener.screen(text).level.pages


@pytest.mark.parametrize("before", ["!" * 2048, "\n" * 3000, "hi? " * 1020])
def test_marks_before_a_danger_do_not_push_it_out_of_sight(screener: Screener, before: str) -> None:
    assert screener.screen(f"{before} i took all my pills").level is Level.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        'quiz done. TV is 55" big. i took 40 pills',
        "my parents' house is loud. the lesson said breathe. i want to kill myself",
        "the lesson said 'breathe. i have a gun in my hand",
    ],
)
def test_a_quotation_mark_that_nothing_closes_quotes_nothing(screener: Screener, text: str) -> None:
    assert screener.screen(text).level is Level.EMERGENCY


@pytest.mark.parametrize(
    "text", ["i don't want to live anymore. thanks for listening, see you thursday", "Good morning Anna. i want to kill myself"]
)
def test_a_harmless_sentence_beside_a_short_plain_one_leaves_it_to_nobody_else(screener: Screener, text: str) -> None:
    assert screener.screen(text, sure=True).level.pages


@pytest.mark.parametrize(
    "text",
    [
        "I can't do this anymore, there's no point",
        "im a burden and theres no point",
        "what's the point, I'm so tired of everything and can't do this",
        "I dont see a future, cant do this anymore",
        "no puedo mas, soy una carga",
        "ya no puedo más, no tiene sentido seguir",
    ],
)
def test_a_second_marker_of_a_wish_to_die_waits_for_no_second_opinion(screener: Screener, text: str) -> None:
    assert screener.screen(text, sure=True).level is Level.URGENT


@pytest.mark.parametrize("text", ["can't do this homework anymore, what's the point", "I'm at the end of my rope with this printer"])
def test_what_two_patterns_find_in_one_place_is_one_marker(screener: Screener, text: str) -> None:
    assert not screener.screen(text, sure=True).level.pages


def test_what_is_quoted_from_a_lesson_is_none(screener: Screener) -> None:
    assert screener.screen('the lesson said "i want to kill myself" is a sign').level is Level.NONE


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("i tried to kill myself 3 years ago and i just took 30 pills", Level.EMERGENCY),
        ("i overdosed 2 years ago, today i took too many pills", Level.EMERGENCY),
        ("3 years ago i was in a bad place and i took all my pills", Level.WATCH),
        ("when i was 15, back in 2010, i took all my pills", Level.WATCH),
        ("lo intenté hace 3 años y hoy me tomé todas las pastillas", Level.EMERGENCY),
        ("hace 3 años me tomé todas las pastillas y casi me muero", Level.WATCH),
    ],
)
def test_a_time_that_ends_what_was_said_before_says_nothing_of_what_follows(screener: Screener, text: str, level: Level) -> None:
    assert screener.screen(text).level is level


def test_texts_of_one_message_are_judged_together(screener: Screener) -> None:
    assert screener.screen(["photo from the hike", "i want to die"]).level is Level.URGENT
    assert screener.screen([]).level is Level.NONE


def test_another_persons_thoughts_are_urgent_and_say_whom_they_are_about(screener: Screener) -> None:
    found = screener.screen("my sister says she wants to die")
    assert (found.level, found.subject) == (Level.URGENT, "other")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("i want to kill myself", "suicide"),
        ("i cut myself last night", "self_harm"),
        ("i took too many pills", "overdose_self"),
        ("my friend won't wake up", "overdose_other"),
        ("i'm having a seizure", "withdrawal"),
        ("i'm going to stab him", "violence"),
        ("my husband beats me", "abuse"),
        ("my stepdad is molesting my daughter", "child"),
        ("i used heroin today", "relapse"),
        ("i'm craving so bad", "craving"),
        ("good morning", ""),
    ],
)
def test_the_first_answer_fits(screener: Screener, text: str, answer: str) -> None:
    assert screener.screen(text).answer == answer


def test_nothing_found_is_empty(screener: Screener) -> None:
    found = screener.screen("see you at group tomorrow")
    assert (found.level, found.category, found.matched, found.rules, found.subject) == (Level.NONE, None, (), (), None)
    assert found.lang == "en"


def test_two_crises_give_the_answer_that_cannot_wait(screener: Screener) -> None:
    found = screener.screen("I want to kill myself, I took too many pills")
    assert found.category is Category.OVERDOSE


def test_why_is_said(screener: Screener) -> None:
    found = screener.screen("I feel like ending it all... i would never do it but I wrote a suicide note")
    assert found.level is Level.EMERGENCY
    assert any(rule.startswith("en.suicide.") for rule in found.rules)
