"""The queue of work that wakes nobody: put off, handed on, closed with a note, "assessed, unchanged"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from bot import people, schema
from bot.db import Database
from bot.errors import Conflict
from bot.escalation import tasks, watching
from bot.escalation.engine import Finding
from bot.models import Audit, Patient, Role, Task, TaskNote, sealed_at
from bot.safety.levels import Category, Level
from tests.staff.alerts.test_list import own
from tests.staff.helpers import danger
from tests.world import START, Phone, World, world_on

MONDAY_9 = datetime(2026, 3, 9, 13, 0, tzinfo=UTC)  # 09:00 in New York, after the clocks went forward


async def item(world: World, name: str = "Ana Torres", *, language: str = "en", category: Category = Category.SUICIDE) -> Phone:
    """A patient of the backup's, with a `watch` item."""
    ana = await world.enrol(name, language=language)
    own(world, ana, world.backup)
    mention(world, ana, category)
    return ana


def mention(world: World, phone: Phone, category: Category = Category.SUICIDE) -> None:
    with world.work() as work:
        assert phone.person_id is not None
        finding = Finding(Level.WATCH, category, "message", texts=("no point anymore",))
        tasks.watch(work, people.get(work.session, phone.person_id), finding)


async def opens(phone: Phone, label: str = "Ana T.") -> None:
    await phone.says("/alerts")
    await phone.taps(label)


def task(world: World) -> Task:
    with world.work() as work:
        return work.session.exec(select(Task)).one()


def reminded(phone: Phone) -> int:
    return [seen.key for seen in phone.all].count("alerts/tasks_due")


def actions(world: World) -> set[str]:
    with world.work() as work:
        return {row.action for row in work.session.exec(select(Audit))}


async def test_an_item_is_closed_with_a_note(world: World) -> None:
    await item(world)
    luis = world.backup
    await opens(luis)
    await luis.taps("Done")
    assert luis.last.key == "watch/note"
    await luis.says("Called her, she is fine.")
    assert luis.last.key == "alerts/task_done"
    with world.work() as work:
        row = work.session.exec(select(TaskNote)).one()
        assert (row.kind, row.author_id) == ("done", luis.person_id)
        assert row.body is not None
        assert work.vault.open(row.body, sealed_at("task_note", "body", row.id)) == "Called her, she is fine."
    assert task(world).state == "done"


async def test_an_item_is_put_off_with_a_reason_and_comes_back_that_morning(world: World) -> None:
    await item(world)
    luis = world.backup
    await opens(luis)
    await luis.taps("Put off")
    assert luis.last.labels[:4] == ["1 day", "2 days", "3 days", "7 days"]
    await luis.taps("2 days")
    await luis.taps("Not reached yet")
    assert luis.last.text == "Put off. It comes back on Thursday, March 5."
    assert task(world).due_at == datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
    await world.passes(hours=46)  # 08:00 on Thursday: nothing on Wednesday
    assert reminded(luis) == 0
    await world.passes(hours=2)
    assert reminded(luis) == 1
    await opens(luis)
    assert "Luis: put off until Mar 5, 2026. Not reached yet" in luis.last.text
    assert "task.postponed" in actions(world)


async def test_put_off_again_after_it_was_due_it_comes_back_again(world: World) -> None:
    await item(world)
    luis = world.backup
    for _ in range(2):
        await world.passes(days=1)
        await opens(luis)
        await luis.taps("Put off")
        await luis.taps("1 day")
        await luis.says("She is travelling.")
    assert reminded(luis) == 2
    await world.passes(days=1)
    assert reminded(luis) == 3


async def test_a_new_mention_brings_an_item_back_that_was_put_off(world: World) -> None:
    ana = await item(world)
    await opens(world.backup)
    await world.backup.taps("Put off")
    await world.backup.taps("7 days")
    await world.backup.taps("Agreed with them")
    mention(world, ana)
    assert task(world).due_at == datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
    assert task(world).count == 2


@pytest.mark.parametrize(
    ("now", "days", "expected"),
    [
        (datetime(2026, 3, 3, 15, 0, tzinfo=UTC), 1, datetime(2026, 3, 4, 14, 0, tzinfo=UTC)),
        (datetime(2026, 3, 6, 15, 0, tzinfo=UTC), 1, MONDAY_9),  # Friday: Monday
        (datetime(2026, 3, 7, 15, 0, tzinfo=UTC), 7, datetime(2026, 3, 13, 13, 0, tzinfo=UTC)),  # Saturday: no later than seven days
        (datetime(2026, 3, 3, 5, 30, tzinfo=UTC), 7, datetime(2026, 3, 9, 13, 0, tzinfo=UTC)),
    ],
)
async def test_the_day_that_is_chosen_is_a_working_day_within_seven_days(
    world: World, now: datetime, days: int, expected: datetime
) -> None:
    world.clock.move_to(now)
    with world.work() as work:
        found = watching.morning_in(work, days)
        assert found == expected
        assert work.now < found <= work.now + timedelta(days=7)


async def test_no_more_than_seven_days_by_whichever_way(world: World) -> None:
    await item(world)
    with world.work() as work:
        row = work.session.exec(select(Task)).one()
        staff = people.get(work.session, world.backup.person_id or row.id)
        for late in (timedelta(days=7, seconds=1), timedelta(0)):
            with pytest.raises(Conflict):
                watching.postpone(work, row, staff, work.now + late, "x")
            with pytest.raises(Conflict):
                watching.assess(work, row, staff, work.now + late, "x")
    await opens(world.backup)
    await world.backup.taps("Put off")
    serial = next(data for line in world.backup.last.message.buttons for text, data in line if text == "1 day")
    assert await world.backup.forges(serial.replace("day:1~", "day:30~")) == "That button is not for you."


async def test_an_item_is_handed_to_a_colleague_who_hears_of_it(world: World) -> None:
    await handed(world)


async def test_the_same_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    async with world_on(postgres_url) as world:
        await handed(world)


async def handed(world: World) -> None:
    kim = await world.hire("Kim Lee")
    await item(world)
    luis = world.backup
    await opens(luis)
    await luis.taps("Hand on")
    assert "Kim L." in luis.last.labels and "Luis O." not in luis.last.labels
    await luis.taps("Kim L.")
    assert luis.last.text == "Kim has it now and hears of it."
    assert [(reply.text, reply.labels) for reply in kim.replies] == [("Luis gave you an item. Tap Open.", ["Open"])]
    assert "Ana" not in kim.replies[0].text
    await kim.taps("Open")
    await kim.taps("Ana T.")
    assert "Ana Torres" in kim.last.text and "handed on to Kim" in kim.last.text
    assert "task.handed" in actions(world)
    await luis.says("/alerts")
    assert "Ana T." not in luis.last.labels


async def test_an_item_cannot_be_handed_to_who_is_no_clinician(world: World) -> None:
    peer = await world.hire("Pat Peer", Role.PEER)
    await item(world)
    await opens(world.backup)
    await world.backup.taps("Hand on")
    assert "Pat P." not in world.backup.last.labels
    data = next(data for line in world.backup.last.message.buttons for text, data in line if text == "Dana R.")
    number = str(peer.person.number)
    forged = data.replace(f":{world.primary.person.number}~", f":{number}~")
    assert await world.backup.forges(forged) == "That button is not for you."


async def test_what_is_done_by_someone_else_meanwhile_ends_the_form(world: World) -> None:
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    await item(world)
    await opens(world.backup)
    await world.backup.taps("Put off")
    await opens(boss)
    await boss.taps("Done")
    await boss.taps("No note")
    await world.backup.taps("1 day")
    assert world.backup.last.key == "watch/gone"


# Assessed, unchanged


async def assess(world: World, days: str = "3 days") -> None:
    await opens(world.backup)
    await world.backup.taps("Assessed, unchanged")
    assert world.backup.last.key == "watch/until"
    await world.backup.taps(days)
    await world.backup.says("Same thoughts as last week, plan in place.")


async def checks_in(phone: Phone, *labels: str) -> None:
    await phone.says("/checkin")
    for label in labels:
        await phone.taps(label)


async def test_assessed_unchanged_keeps_name_reason_and_day(world: World) -> None:
    ana = await item(world)
    await assess(world)
    assert world.backup.last.text == "Noted with your name: assessed, unchanged. It comes back on Friday, March 6."
    with world.work() as work:
        patient = work.session.get(Patient, ana.person_id)
        assert patient is not None
        assert patient.assessed_by == world.backup.person_id
        assert patient.assessed_until == datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
        assert patient.assessed_reason is not None
    assert "patient.assessed" in actions(world)
    await opens(world.backup)
    assert "Assessed, unchanged until" in world.backup.last.text
    assert "Same thoughts as last week, plan in place." in world.backup.last.text


@pytest.mark.parametrize(("language", "labels"), [("en", ("2", "No", "Sometimes")), ("es", ("2", "No", "A veces"))])
async def test_sometimes_stays_watch_while_it_counts_and_a_person_gets_in_touch(
    world: World, language: str, labels: tuple[str, ...]
) -> None:
    ana = await item(world, language=language)
    await assess(world)
    await checks_in(ana, *labels)
    assert ana.case is None
    assert ana.keys == ["checkin/asq_contact", "checkin/mood"]
    assert task(world).count == 2
    assert task(world).due_at == datetime(2026, 3, 4, 14, 0, tzinfo=UTC)  # what the person was told


async def test_yes_now_and_new_words_page_all_the_same(world: World) -> None:
    ana = await item(world)
    await assess(world)
    await checks_in(ana, "2", "No", "Yes, now")
    assert ana.case is not None
    assert ana.case.level == "emergency"
    ben = await world.enrol("Ben")
    await danger(world, ben)
    assert ben.case is not None


async def test_when_its_days_are_over_sometimes_leads_to_the_questions_again(world: World) -> None:
    ana = await item(world)
    await assess(world, "1 day")
    await world.passes(hours=25)
    await checks_in(ana, "2", "No", "Sometimes")
    assert ana.keys == ["checkin/asq"]


async def test_a_case_since_then_ends_the_assessment(world: World) -> None:
    ana = await item(world)
    await assess(world)
    with world.work() as work:
        assert ana.person_id is not None
        assert watching.assessment(work, people.get(work.session, ana.person_id)) is not None
    await world.passes(minutes=5)
    await danger(world, ana, Level.URGENT, Category.CRAVING)
    with world.work() as work:
        assert watching.assessment(work, people.get(work.session, ana.person_id)) is None


async def test_only_an_item_about_suicide_or_self_harm_can_be_assessed(world: World) -> None:
    await item(world, category=Category.CRAVING)
    await opens(world.backup)
    assert "Assessed, unchanged" not in world.backup.last.labels
    data = next(data for line in world.backup.last.message.buttons for text, data in line if text == "Put off")
    assert await world.backup.forges(data.replace("postpone", "assess")) == "That button is not for you."


async def test_who_is_no_owner_can_do_nothing_with_an_item(world: World) -> None:
    await item(world)
    await opens(world.backup)
    kim = await world.hire("Kim Lee")
    for what in ("done", "postpone", "hand", "assess"):
        data = next(data for line in world.backup.last.message.buttons for text, data in line if text == "Put off")
        assert await kim.forges(data.replace("postpone", what)) == "That button is not for you."
    with world.work() as work:
        assert work.session.exec(select(TaskNote).where(col(TaskNote.kind) != "")).all() == []
