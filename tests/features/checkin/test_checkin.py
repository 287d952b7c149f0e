"""The daily check-in as dialogues."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import col, select

from bot import due, people, rhythm
from bot.features.checkin import store
from bot.models import Checkin, Person, Task, sealed_at
from bot.work import Work
from tests.world import Phone, World, content

ON_A_CALM_DAY = ("2", "No", "No", "8", "7", "Yes", "Skip")


@pytest.fixture
def today(world: World) -> Callable[[Phone], Checkin | None]:
    """The person's check-in of today, as it stands in the database."""

    def find(phone: Phone) -> Checkin | None:
        with world.work() as work:
            person = person_of(work, phone)
            return store.of_day(work, person, store.today(work, person))

    return find


def person_of(work: Work, phone: Phone) -> Person:
    assert phone.person_id is not None
    return people.get(work.session, phone.person_id)


async def checks_in(phone: Phone, *labels: str) -> None:
    await phone.says("/checkin")
    for label in labels:
        await phone.taps(label)


def plan(world: World, phone: Phone) -> None:
    with world.work() as work:
        rhythm.plan_checkin(work, person_of(work, phone))


async def test_a_check_in_begins_in_its_reminder(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    plan(world, ana)
    await world.passes(hours=8)
    reminder = ana.replies[0]
    assert (reminder.key, reminder.text, reminder.labels) == ("checkin/remind", "Check-in time", ["Start"])
    await ana.taps("Start")
    assert ana.keys == ["checkin/craving"]
    assert ana.all[0].labels == []  # the reminder lost its button
    for label in ON_A_CALM_DAY:
        await ana.taps(label)
    assert ana.keys == ["checkin/closing"]
    row = today(ana)
    assert row is not None and row.finished_at is not None
    answers = store.answers_of(row)
    assert (answers.craving, answers.used, answers.safety, answers.mood, answers.sleep_hours, answers.medication) == (
        2,
        "no",
        "no",
        8,
        7,
        "yes",
    )


async def test_a_check_in_in_spanish(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana", language="es")
    plan(world, ana)
    await world.passes(hours=8)
    assert ana.replies[0].labels == ["Empezar"]
    await ana.taps("Empezar")
    assert "¿Qué tan fuertes son sus ganas" in ana.last.text
    for label in ("2", "No"):
        await ana.taps(label)
    assert "Si toca A veces o Sí, una persona de su equipo se comunicará con usted." in ana.last.text
    assert ana.last.labels[:4] == ["No", "A veces", "Sí, ahora", "Prefiero no decirlo"]
    for label in ("No", "8", "7", "No tengo", "Omitir"):
        await ana.taps(label)
    assert ana.keys == ["checkin/closing"] and "Gracias por darse este minuto." in ana.last.text
    row = today(ana)
    assert row is not None and row.medication == "none"


async def test_three_taps_count(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No")
    row = today(ana)
    assert row is not None and row.counted_at is None
    await ana.taps("No")
    row = today(ana)
    assert row is not None and row.counted_at is not None and row.finished_at is None
    assert "Today counts already" in ana.last.text


async def test_the_safety_question_says_first_what_a_tap_does(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No")
    assert ana.last.text == (
        "If you tap Sometimes or Yes, a person from your team will contact you.\n\nAny thoughts of hurting yourself or not wanting to live?"
    )


async def test_answers_may_be_typed(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    for text in ("3/10", "nope", "no", "No", "7", "6,5", "none to take", "Slept badly, but fine."):
        await ana.says(text)
    row = today(ana)
    assert row is not None and row.finished_at is not None
    assert (row.craving, row.used, row.safety, row.mood, row.sleep_hours, row.medication) == (3, "no", "no", 7, 6.5, "none")


@pytest.mark.parametrize(
    ("text", "hint"), [("11", "checkin/score_again"), ("🙂🙂", "checkin/score_again"), ("word " * 819 + "x", "checkin/score_again")]
)
async def test_what_is_no_answer_gets_a_hint_and_the_question_stays(world: World, text: str, hint: str) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    await ana.says(text)
    assert ana.keys == [hint]
    await ana.taps("4")
    assert ana.keys == ["checkin/use"]


async def test_a_photo_gets_words_and_the_question_again(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "4")
    await ana.sends("photo", b"no image")
    assert ana.keys[-1] == "checkin/use"
    await ana.taps("No")
    assert ana.keys == ["checkin/safety"]


async def test_emoji_and_4096_characters_are_a_note(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    for text in ("🌊🙂", "ñ" * 4096):
        ana = await world.enrol("Ana")
        await checks_in(ana, *ON_A_CALM_DAY[:-1])
        await ana.says(text)
        assert ana.keys == ["checkin/closing"]
        row = today(ana)
        assert row is not None and row.note is not None
        assert world.app.services.vault.open(row.note, sealed_at("checkin", "note", row.id)) == text
        assert text.encode() not in row.note


async def test_a_button_pressed_twice_counts_once(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    question = ana.user.received[-1]
    data = next(data for row in question.buttons for label, data in row if label == "4")
    ana.user.press(question.message_id, data)
    ana.user.forge(question.message_id, data)
    await world.settle()
    row = today(ana)
    assert row is not None and (row.craving, row.used) == (4, None)
    assert ana.last.key == "checkin/use"
    assert [seen.key for seen in ana.all].count("checkin/use") == 1


async def test_a_second_press_of_start_asks_nothing_twice(world: World) -> None:
    ana = await world.enrol("Ana")
    plan(world, ana)
    await world.passes(hours=8)
    reminder = ana.user.received[-1]
    await ana.taps("Start")
    await ana.forges("checkin.start", message=reminder)
    assert ana.keys == []


async def test_an_old_button_is_refused_kindly(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    old = ana.user.received[-1]
    data = next(data for row in old.buttons for label, data in row if label == "9")
    await ana.taps("2")
    toast = await ana.forges(data, message=old)
    assert toast == "That button is from an earlier step."
    row = today(ana)
    assert row is not None and row.craving == 2


async def test_forged_values_change_nothing(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    serial = next(data for row in ana.user.received[-1].buttons for _, data in row).partition("~")[2]
    for route in ("checkin.craving:99", "checkin.use:maybe", "checkin.safety:x", "checkin.halt:money", "checkin.halt:x", "checkin.sleep:x"):
        await ana.forges(f"{route}~{serial}")
    assert ana.person.role == "patient" and ana.case is None
    row = today(ana)
    assert row is None or store.answers_of(row) == store.answers_of(None)


async def test_back_goes_one_step_back_and_what_is_known_is_not_asked_again(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "No")
    await ana.taps("Back")
    await ana.taps("Back")
    await ana.taps("Back")
    assert ana.last.key == "checkin/craving" and "Back" not in ana.last.labels
    await ana.taps("5")
    assert ana.last.key == "checkin/mood"
    row = today(ana)
    assert row is not None and row.craving == 5


async def test_later_keeps_everything_and_the_check_in_goes_on_where_it_was(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "No", "6")
    await ana.taps("Later")
    await ana.taps("Continue")
    assert ana.last.key == "checkin/sleep"
    await ana.taps("Later")
    await ana.says("/checkin")
    assert ana.last.key == "checkin/sleep"


async def test_the_command_in_the_middle_asks_the_present_question_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2")
    await ana.says("/checkin")
    assert ana.keys == ["checkin/use"]
    await ana.says("/help")
    assert ana.keys[-1] == "checkin/use"


async def test_a_second_check_in_of_the_day_shows_the_first_and_offers_to_change_it(
    world: World, today: Callable[[Phone], Checkin | None]
) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, *ON_A_CALM_DAY)
    await ana.says("/checkin")
    assert ana.keys == ["checkin/today"]
    assert "Urge: 2 of 10" in ana.last.text and "Sleep: 7 hours" in ana.last.text
    await ana.taps("Change it")
    assert ana.keys == ["checkin/craving"]
    for label in ("6", "No", "No", "5", "5", "No", "Skip"):
        await ana.taps(label)
    assert ana.keys == ["checkin/closing"]
    row = today(ana)
    assert row is not None and (row.craving, row.mood, row.sleep_hours) == (6, 5, 5)
    with world.work() as work:
        assert len(work.session.exec(select(Checkin)).all()) == 1


async def test_yesterdays_question_answered_today_counts_for_today(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No")
    await world.passes(hours=24)
    await ana.taps("No")
    row = today(ana)
    assert row is not None and (row.safety, row.craving) == ("no", None)
    assert ana.last.key == "checkin/craving"


async def test_a_check_in_begun_before_midnight_is_finished_for_that_day(world: World) -> None:
    ana = await world.enrol("Ana")
    await world.passes(hours=13, minutes=55)  # 23:55
    await checks_in(ana, "2", "No")
    await world.passes(minutes=10)
    await ana.taps("No")
    with world.work() as work:
        rows = work.session.exec(select(Checkin)).all()
    assert [(row.local_date.isoformat(), row.counted_at is not None) for row in rows] == [("2026-03-03", True)]


async def test_a_strong_craving_asks_halt_and_offers_the_tool_and_a_person(world: World, today: Callable[[Phone], Checkin | None]) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "8", "No", "No", "6", "7", "Yes")
    assert ana.last.key == "checkin/halt" and ana.last.labels[-3:] == ["None of these", "Back", "Later"]
    await ana.taps("Lonely")
    await ana.taps("Tired")
    await ana.taps("✓ Tired")
    assert "✓ Lonely" in ana.all[-1].labels
    await ana.taps("Done")
    await ana.taps("Skip")
    row = today(ana)
    assert row is not None and row.halt == ["lonely"]
    closing = ana.last
    assert "That is real work." in closing.text and "Lonely: call or text one kind person." in closing.text
    assert content().tools["urge_surfing"].title.en in closing.text
    assert closing.message.buttons[0][0] == ("Try it now", "tools.open:urge_surfing")
    assert "Ask a person" in closing.labels and "someone from your team will contact you today" in closing.text


async def test_a_low_mood_leads_to_a_lesson(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "1", "No", "No", "2", "7", "Yes")
    assert ana.last.key == "checkin/halt"
    await ana.taps("Hungry")
    await ana.taps("Done")
    await ana.taps("Skip")
    label, data = ana.last.message.buttons[0][0]
    assert label == "Open the lesson" and data.startswith("learn.open:m3.2")
    assert "A hard day, and you still came by." in ana.last.text


async def test_no_words_shame_and_no_run_is_counted(world: World) -> None:
    ana = await world.enrol("Ana")
    for _ in range(3):
        await checks_in(ana, *ON_A_CALM_DAY)
        await world.passes(hours=48)
    closings = [seen.text for seen in ana.all if seen.key == "checkin/closing"]
    assert "Your first check-in is done." in closings[0]
    assert not any(word in text.lower() for text in closings[1:] for word in ("streak", "missed", "in a row", "run"))


async def test_every_message_fits_the_house(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "8", "No", "No", "2", "3", "Yes")
    for label in ("Hungry", "Angry", "Lonely", "Tired", "Done", "Skip"):
        await ana.taps(label)
    assert all(len(seen.text) <= 400 for seen in ana.all)


async def test_only_patients_check_in(world: World) -> None:
    sam = world.stranger()
    await sam.says("/checkin")
    assert "checkin/craving" not in sam.keys
    with world.work() as work:
        assert work.session.exec(select(Checkin)).first() is None


async def test_days_are_local_days(world: World) -> None:
    ana = await world.enrol("Ana", zone="Pacific/Auckland", country="NZ")
    await checks_in(ana, *ON_A_CALM_DAY)
    with world.work() as work:
        row = work.session.exec(select(Checkin)).one()
        assert row.local_date == due.local_date(work.now, "Pacific/Auckland")
        assert row.local_date != due.local_date(work.now, "America/New_York")
        assert work.session.exec(select(Task).where(col(Task.kind) == "watch")).first() is None
