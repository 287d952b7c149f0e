"""Lessons as a patient lives through them: pages in one message, the exercise, the quiz, interruptions, danger on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.escalation import ack
from bot.escalation import store as cases
from bot.features.learn import rules, store
from bot.features.learn.rules import Stage
from bot.models import ExerciseAnswer, LessonProgress, Person, QuizAnswer, Task, sealed_at
from tests.world import Phone, World, content, world_at

PAGES = 4  # of the first lesson


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A clinic whose whole curriculum is one module, so that these dialogues do not depend on how many are shipped."""
    one = replace(content(), modules=tuple(module for module in content().modules if module.id == "m3"))
    async with world_at(tmp_path, loaded=one) as made:
        yield made


async def read(ana: Phone, lesson: str = "m3.1") -> None:
    """Open a lesson from the list and read to its last page."""
    await ana.says("/learn")
    await ana.forges(f"learn.open:{lesson}")
    while "Next" in ana.last.labels:
        await ana.taps("Next")


async def practise(ana: Phone, lesson: str = "m3.1") -> None:
    """To the first question of a lesson's exercise."""
    await read(ana, lesson)
    await ana.taps("To the practice")
    await ana.taps("Start")


async def finish(ana: Phone, lesson: str = "m3.1") -> None:
    """Through a lesson, everything skipped."""
    await read(ana, lesson)
    await ana.taps("To the practice")
    while "Skip" in ana.last.labels:
        await ana.taps("Skip")


def kept(world: World, phone: Phone, lesson: str = "m3.1") -> dict[str, object]:
    """The answers, opened."""
    with world.work() as work:
        found = rules.find_lesson(work.content, lesson)
        assert found is not None
        person = work.session.get(Person, phone.person_id)
        assert person is not None
        return {key: answer["value"] for key, answer in store.answers(work, person, found).items()}


def place(world: World, phone: Phone, lesson: str = "m3.1") -> tuple[str, int]:
    with world.work() as work:
        statement = select(LessonProgress).where(col(LessonProgress.person_id) == phone.person_id, col(LessonProgress.lesson_id) == lesson)
        row = work.session.exec(statement).one()
        return row.stage, row.position


def speak(world: World, phone: Phone, language: str) -> None:
    with world.work() as work:
        person = work.session.get(Person, phone.person_id)
        assert person is not None
        person.language = language


# The lists


async def test_the_list_shows_progress_and_what_comes_next(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    assert ana.keys == ["learn/home"]
    assert "Triggers and cravings\n▱▱▱▱▱▱ 0 of 6" in ana.replies[0].text
    assert "Suggested next: External triggers" in ana.replies[0].text
    assert ana.replies[0].labels == ["Start", "Triggers and cravings", "My plan", "Pace", "Lesson a day"]
    await finish(ana)
    await ana.says("/learn")
    assert "▰▱▱▱▱▱ 1 of 6" in ana.replies[0].text
    assert "Suggested next: Internal triggers and HALT" in ana.replies[0].text


async def test_the_shipped_curriculum_begins_with_its_first_lesson_and_shows_every_module(tmp_path: Path) -> None:
    shipped = content().modules
    async with world_at(tmp_path) as world:
        ana = await world.enrol("Ana")
        await ana.says("/learn")
        assert f"Suggested next: {shipped[0].lessons[0].texts['en'].title}" in ana.replies[0].text
        assert [module.title.en in ana.replies[0].text for module in shipped] == [True] * len(shipped)


async def test_a_module_lists_its_lessons_with_their_state_in_the_same_message(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/learn")
    await ana.taps("Detonantes y ganas")
    assert ana.keys == []  # an edit
    assert "○ 1. Detonantes externos" in ana.last.text
    assert ana.last.labels == ["1", "2", "3", "4", "5", "6", "Atrás"]
    await ana.taps("2")
    await ana.taps("Siguiente")
    await ana.taps("Atrás", message=ana.find("learn.list"))
    await ana.taps("Detonantes y ganas")
    assert "▸ 2. Detonantes internos" in next(seen.text for seen in ana.all if "learn/home" in seen.key)


async def test_what_the_team_assigned_comes_first(world: World) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        assert ana.person_id is not None
        for number, hours in ((5, 2), (6, 1)):
            work.session.add(
                LessonProgress(
                    person_id=ana.person_id,
                    module_id="m3",
                    lesson_id=f"m3.{number}",
                    assigned_by=world.primary.person_id,
                    started_at=work.now - timedelta(hours=hours),
                    updated_at=work.now,
                )
            )
    await ana.says("/learn")
    assert "From your team: Make home and phone safer" in ana.replies[0].text
    await finish(ana, "m3.5")
    assert "The chain, link by link" in ana.last.text
    await ana.taps("Next lesson")
    assert ana.last.text.startswith("The chain, link by link")


async def test_a_lesson_that_does_not_exist_is_no_lesson(world: World) -> None:
    ana = await world.enrol("Ana")
    for data in ("learn.open:m9.9", "learn.module:zz", "learn.again:m9.9", "learn.answers:'; drop"):
        assert await ana.forges(data) == "That button is from an earlier step."
    visitor = world.stranger()
    await visitor.starts()
    assert await visitor.forges("learn.open:m3.1") == "That button is not for you."


# Pages


async def test_pages_are_one_message_that_is_edited(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    before = sum(call.method == "sendMessage" for call in world.api.calls)
    edits = sum(call.method == "editMessageText" for call in world.api.calls)
    await ana.taps("Start")
    assert ana.last.labels == ["Next", "Later"]
    for page in range(2, PAGES + 1):
        await ana.taps("Next")
        assert "▰" * page in ana.last.text
    assert ana.last.labels == ["Back", "To the practice", "Later"]
    await ana.taps("Back")
    assert "▰▰▰▱" in ana.last.text
    assert sum(call.method == "sendMessage" for call in world.api.calls) - before == 1
    assert sum(call.method == "editMessageText" for call in world.api.calls) - edits == PAGES


async def test_a_doubled_press_turns_one_page(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("Start")
    page = ana.last.message
    data = next(data for row in page.buttons for _, data in row)
    await ana.taps("Next")
    assert await ana.forges(data, message=page) == "That button is from an earlier step."
    assert "▰▰▱▱" in ana.last.text
    assert place(world, ana) == (Stage.PAGES, 1)


async def test_words_during_the_pages_get_a_kind_line(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("Start")
    await ana.taps("Next")
    await ana.says("I like this")
    assert ana.keys == ["learn/reading"]
    await ana.taps("Go on")
    assert "▰▰▱▱" in ana.replies[0].text


async def test_a_lesson_goes_on_where_it_was_left_also_on_another_day(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("Start")
    await ana.taps("Next")
    await ana.taps("Later")
    assert ana.keys == ["common/later"]
    await world.passes(days=2)
    await ana.says("/learn")
    assert "Where you left off: External triggers" in ana.replies[0].text
    await ana.taps("Go on")
    assert "▰▰▱▱" in ana.replies[0].text
    await ana.taps("Later")
    await ana.taps("Continue")
    assert "▰▰▱▱" in ana.replies[0].text


async def test_another_lesson_in_between_takes_nothing_away(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.says("/learn")
    await ana.forges("learn.open:m3.2")
    await ana.taps("Next")
    await ana.forges("learn.open:m3.1")
    assert ana.last.key == "learn/step"
    assert "1/6" in ana.last.text
    assert place(world, ana, "m3.2") == (Stage.PAGES, 1)


async def test_a_lesson_put_aside_is_not_offered_after_another(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("Start")
    await ana.taps("Later")
    await finish(ana, "m3.2")
    assert ana.keys == ["learn/lesson_done"]  # its button leads back to it already
    await ana.taps("Next lesson")
    assert ana.last.text.startswith("External triggers")


async def test_the_language_may_change_in_the_middle(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("Start")
    await ana.taps("Next")
    speak(world, ana, "es")
    await ana.taps("Next")
    assert ana.last.text.startswith("Detonantes externos  ▰▰▰▱")
    assert ana.last.labels == ["Atrás", "Siguiente", "Más tarde"]


# The exercise


async def test_every_kind_of_question_is_answered_and_kept(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.taps("People")
    await ana.taps("Times")
    assert ana.keys == []  # toggles are edits
    assert ana.last.labels[:4] == ["✓ People", "Places", "Things", "✓ Times"]
    await ana.taps("✓ People")
    await ana.taps("Things")
    await ana.taps("Done")
    assert "Things, Times" in ana.all[-2].text  # the question keeps what was chosen
    await ana.says("J & my <old> friends")
    await ana.says("the station")
    await ana.taps("Evening")
    await ana.says("plan for it")  # a button's words count too
    await ana.says("I walk home 🚶")
    assert ana.keys == ["learn/exercise_done", "learn/quiz"]
    assert kept(world, ana) == {
        "kinds": ["things", "times"],
        "who": "J & my <old> friends",
        "where": "the station",
        "hour": "evening",
        "move": "prepare",
        "plan": "I walk home 🚶",
    }


async def test_answers_are_sealed(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.taps("Skip")
    await ana.says("marker-of-the-test")
    with world.work() as work:
        row = work.session.exec(select(ExerciseAnswer)).one()
        assert b"marker-of-the-test" not in row.answer
        opened = work.vault.open_json(row.answer, sealed_at("exercise_answer", "answer", row.id))
        assert opened == {"kind": "text", "value": "marker-of-the-test", "plan": "trigger"}


async def test_back_shows_the_answer_so_far_and_a_new_one_takes_its_place(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.taps("Places")
    await ana.taps("Done")
    await ana.says("J")
    await ana.taps("Back")
    assert "Your answer so far: J" in ana.last.text
    await ana.taps("Back")
    assert ana.last.labels[:4] == ["People", "✓ Places", "Things", "Times"]
    await ana.taps("Skip")  # leaves the earlier answer alone
    await ana.says("K")
    assert kept(world, ana) == {"kinds": ["places"], "who": "K"}
    await ana.taps("Back")
    await ana.taps("Back")
    await ana.taps("Back")
    assert ana.last.key == "learn/intro"
    await ana.taps("Back")
    assert ana.last.key == "learn/page"
    assert "▰▰▰▰" in ana.last.text


async def test_everything_may_be_skipped(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    for _ in range(6):
        await ana.taps("Skip")
    assert ana.keys == ["learn/exercise_skipped", "learn/quiz"]
    assert kept(world, ana) == {}


async def test_the_whole_exercise_may_be_skipped(world: World) -> None:
    ana = await world.enrol("Ana")
    await read(ana)
    await ana.taps("To the practice")
    await ana.taps("Skip")
    assert ana.keys == ["learn/quiz"]


async def test_what_does_not_answer_gets_a_hint_and_the_question_stays(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.says("some of them")
    assert ana.keys == ["learn/tap_hint"]
    assert await ana.taps("Done") == "Tap at least one, or Skip."
    await ana.sends("sticker", "🙂")
    assert place(world, ana) == (Stage.EXERCISE, 1)
    await ana.taps("People")
    await ana.taps("Done")
    assert "2/6" in ana.last.text


async def test_the_longest_message_is_kept_whole(world: World) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.taps("Skip")
    words = ("so many words " * 300)[:4096].strip()
    await ana.says(words)
    assert kept(world, ana)["who"] == words
    await ana.taps("Back")
    assert "so many words" in ana.last.text
    await ana.forges("learn.answers:m3.1")
    assert ana.last.key == "learn/answers"


async def test_an_exercise_with_a_tool_opens_it_and_finds_back(world: World) -> None:
    ana = await world.enrol("Ana")
    await read(ana, "m3.4")
    await ana.taps("To the practice")
    assert ana.last.labels[0] == "Open the guide"
    await ana.taps("Open the guide")
    assert ana.keys == ["tools/open"]
    await ana.taps("Start timer")
    await ana.taps("tools.before:urge_surfing:4")
    await world.passes(minutes=5)
    await ana.taps("3")
    await ana.taps("Back to lesson")
    assert ana.keys == ["learn/intro"]
    await ana.taps("Start")
    assert ana.last.labels == ["Open the guide", "I tried it", "Maybe later", "Back", "Skip"]
    await ana.taps("I tried it")
    assert kept(world, ana, "m3.4") == {"ride": "tried"}


# The craving rule


async def to_the_scale(ana: Phone) -> None:
    await practise(ana, "m3.3")
    assert "0 = None · 10 = Strongest ever" in ana.last.text


async def test_a_craving_below_nine_goes_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await to_the_scale(ana)
    await ana.taps("8")
    assert ana.keys == ["learn/step"]
    with world.work() as work:
        assert work.session.exec(select(Task)).all() == []


async def test_a_very_strong_craving_out_of_reach_is_watched(world: World) -> None:
    ana = await world.enrol("Ana")
    await to_the_scale(ana)
    await ana.says("9")
    assert ana.keys == ["learn/reach"]
    with world.work() as work:  # already now: no answer is watched too
        assert [(task.kind, task.category) for task in work.session.exec(select(Task))] == [("watch", "craving")]
    await ana.says("no")
    assert ana.keys == ["learn/reach_far", "learn/step"]
    assert "2/5" in ana.last.text
    assert ana.case is None


async def test_a_very_strong_craving_within_reach_is_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await to_the_scale(ana)
    await ana.taps("10")
    await ana.taps("Yes")
    assert not any(key.startswith("learn/") for key in ana.keys)
    case = ana.case
    assert case is not None
    assert (case.level, case.category) == ("urgent", "craving")
    assert world.primary.pages
    assert kept(world, ana, "m3.3") == {"first": 10}
    assert ana.person.id == case.person_id
    assert place(world, ana, "m3.3") == (Stage.EXERCISE, 2)


# The quiz


async def to_the_quiz(ana: Phone) -> None:
    await read(ana)
    await ana.taps("To the practice")
    await ana.taps("Skip")


async def test_each_option_gets_kind_feedback_and_a_retry_costs_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    await to_the_quiz(ana)
    await ana.taps("A person")
    assert ana.keys == []  # in the same message
    assert "Here it is the day that comes back" in ana.last.text
    assert ana.last.labels == ["Try again", "Next"]
    await ana.taps("Try again")
    await ana.taps("A time")
    assert ana.last.labels == ["Next"]
    await ana.taps("Next")
    assert "Quick check 2/3" in ana.last.text
    assert ana.all[-2].labels == []
    with world.work() as work:
        rows = work.session.exec(select(QuizAnswer).order_by(col(QuizAnswer.id))).all()
        assert [(row.item_key, row.option_key, row.right) for row in rows] == [("payday", "person", False), ("payday", "time", True)]


async def test_a_typed_option_counts(world: World) -> None:
    ana = await world.enrol("Ana")
    await to_the_quiz(ana)
    await ana.says("a time")
    assert ana.keys == ["learn/quiz_answered"]
    await ana.taps("Next")
    await ana.says("what?")
    assert ana.keys == ["learn/tap_hint"]


async def test_the_end_is_warm_and_leads_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await to_the_quiz(ana)
    await ana.taps("Skip")
    await ana.taps("Skip")
    await ana.taps("A plan")
    await ana.taps("Finish")
    assert ana.keys == ["learn/lesson_done"]
    assert ana.replies[0].text.startswith("You finished External triggers.")
    assert ana.replies[0].labels == ["Next lesson", "Make home and phone safer", "My answers", "All lessons"]
    await ana.taps("Next lesson")
    assert ana.last.text.startswith("Internal triggers and HALT")


async def test_the_last_lesson_leads_back_to_the_list(world: World) -> None:
    ana = await world.enrol("Ana")
    for number in range(1, 7):
        await finish(ana, f"m3.{number}")
    assert "6 of 6" in ana.last.text
    assert ana.last.labels == ["My answers", "All lessons"]
    await ana.taps("All lessons")
    assert "You have done every lesson here." in ana.last.text


# Afterwards


async def test_a_lesson_that_is_done_can_be_read_again_and_stays_done(world: World) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    await world.passes(days=1)
    await ana.forges("learn.open:m3.1")
    assert ana.keys == ["learn/done_before"]
    assert "Mar 3, 2026" in ana.replies[0].text
    await ana.taps("Read again")
    await ana.taps("Next")
    await ana.says("/learn")
    assert "1 of 6" in ana.replies[0].text
    assert "Suggested next: Internal triggers" in ana.replies[0].text
    await ana.taps("Close")
    assert ana.keys == ["learn/closed"]
    await ana.forges("learn.open:m3.1")
    assert ana.keys == ["learn/done_before"]


async def test_my_answers_can_be_seen_again_in_either_language(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    assert "My answers" not in ana.replies[0].labels
    await practise(ana)
    await ana.taps("People")
    await ana.taps("Done")
    await ana.says("J & K")
    await ana.says("/learn")
    await ana.taps("My answers")
    await ana.taps("1")
    assert ana.keys == ["learn/answers"]
    assert "People" in ana.replies[0].text
    assert "J & K" in ana.replies[0].text
    speak(world, ana, "es")
    await ana.forges("learn.answers:m3.1")
    assert "Mis respuestas: Detonantes externos" in ana.replies[0].text
    assert "Personas" in ana.replies[0].text


async def test_practising_again_replaces_the_answers(world: World) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    await ana.forges("learn.answers:m3.1")
    assert ana.keys == ["learn/no_answers"]
    await ana.taps("Practice again")
    await ana.taps("Start")
    await ana.taps("Times")
    await ana.taps("Done")
    assert kept(world, ana) == {"kinds": ["times"]}


async def test_nobody_sees_the_answers_of_another(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await practise(ana)
    await ana.taps("Skip")
    await ana.says("only mine")
    await ben.forges("learn.answers:m3.1")
    assert "only mine" not in ben.last.text


# Danger on the way


@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_crisis_in_an_answer_is_kept_answered_and_paged_and_the_lesson_waits(world: World, language: str) -> None:
    ana = await world.enrol("Ana")
    await practise(ana)
    await ana.taps("Skip")
    words = "I want to kill myself" if language == "en" else "me voy a matar"
    await ana.says(words)
    assert ana.keys[0].startswith("crisis/")
    assert not any(key.startswith("learn/") for key in ana.keys)
    assert kept(world, ana)["who"] == words
    assert world.primary.pages
    case = ana.case
    assert case is not None
    await ana.says("are you there?")  # goes to the team, not into the next question
    assert set(kept(world, ana)) == {"who"}
    with world.work() as work:
        staff = work.session.get(Person, world.primary.person_id)
        assert staff is not None
        found = cases.open_case(work.session, case.person_id)
        assert found is not None
        ack.take(work, found, staff)
        ack.resolve(work, found.id, staff, "safe_plan", {})
    await world.settle()
    await ana.taps("Continue")
    assert ana.keys == ["learn/step"]
    assert "3/6" in ana.last.text


async def test_while_a_case_is_open_a_lesson_is_not_locked_and_says_where_words_go(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    await world.passes(hours=2)
    await ana.forges("learn.open:m3.6")
    while "Next" in ana.last.labels:
        await ana.taps("Next")
    await ana.taps("To the practice")
    await ana.taps("Start")
    await ana.taps("I nearly did")
    assert "what you write goes to your team" in ana.last.text


async def test_a_recording_beside_a_lesson_can_be_listened_to(tmp_path: Path) -> None:
    clinic = tmp_path / "clinic/lessons/m3"
    clinic.mkdir(parents=True)
    (clinic / "m3.1.es.ogg").write_bytes(b"OggS\x00\x02" + bytes(22) + b"OpusHead" + bytes(200))
    third = tuple(module for module in content().modules if module.id == "m3")
    folders = (*content().folders, tmp_path / "clinic")
    spoken = replace(content(), modules=third, folders=folders, voices=frozenset({"lessons/m3/m3.1.es.ogg"}))
    async with world_at(tmp_path, loaded=spoken) as world:
        ana = await world.enrol("Ana", language="es")
        await ana.forges("learn.open:m3.1")
        assert ana.last.labels[0] == "Escuchar"
        await ana.taps("Escuchar")
        assert ana.last.message.voice is not None
        ben = await world.enrol("Ben")
        await ben.forges("learn.open:m3.1")
        assert "Listen" not in ben.last.labels


# What goes with a lesson


async def test_what_goes_with_a_lesson_is_offered_at_its_end_unless_it_is_done_or_comes_next(world: World) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    assert "It goes well with:" in ana.last.text
    assert ana.last.labels == ["Next lesson", "Make home and phone safer", "My answers", "All lessons"]
    await ana.taps("Make home and phone safer")
    assert ana.last.text.startswith("Make home and phone safer")
    await finish(ana, "m3.5")
    assert "External triggers" not in ana.last.labels


async def test_links_in_a_circle_trap_nobody(world: World) -> None:
    ana = await world.enrol("Ana")
    for lesson in ("m3.3", "m3.4"):  # each names the other
        await finish(ana, lesson)
        assert "All lessons" in ana.last.labels
    assert "What a craving is" not in ana.last.labels


async def test_a_lesson_that_is_not_open_yet_is_not_offered(tmp_path: Path) -> None:
    async with world_at(tmp_path) as world:
        ana = await world.enrol("Ana")
        await finish(ana, "m1.4")  # goes with lessons of weeks 3 and 9
        assert ana.last.labels[0] == "Next lesson"
        assert "External triggers" not in ana.last.labels
