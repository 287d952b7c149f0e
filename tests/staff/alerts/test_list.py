"""`/alerts`: the open cases that are one's business, and the work that wakes nobody."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from bot import people
from bot.models import Audit, Role, Task
from bot.safety.levels import Category, Level
from tests.staff.helpers import danger
from tests.world import Phone, World


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        assert patient.person_id is not None
        row = people.patient_of(work.session, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


async def watch_item(world: World, patient: Phone, text: str = "I had a strong craving today but I got through it") -> None:
    await patient.says(text)
    with world.work() as work:
        assert work.session.exec(select(Task)).first() is not None


async def test_the_list_shows_what_is_ones_business_emergencies_first(world: World) -> None:
    kim, boss = await world.hire("Kim Lee"), await world.hire("Sam Green", Role.SUPERVISOR)
    ana, ben = await world.enrol("Ana Torres"), await world.enrol("Ben Cole")
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await danger(world, ben)
    await world.passes(minutes=1)
    await world.primary.taps("Acknowledge")
    await boss.says("/alerts")
    assert boss.last.text == "Open cases\nCase 2, emergency, 1 min, Dana\nCase 1, urgent, 1 min, nobody has it"
    assert boss.last.labels == ["Case 2", "Case 1", "Closed cases"]
    assert "Ana" not in boss.last.text
    await kim.says("/alerts")
    assert kim.last.text == "No open cases."
    await world.primary.says("/alerts")
    assert "Case 2, emergency, 1 min, yours" in world.primary.last.text


async def test_a_case_of_the_list_can_be_taken_on_without_having_been_paged(world: World) -> None:
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    ana = await world.enrol()
    await danger(world, ana)
    await boss.says("/alerts")
    await boss.taps("Case 1")
    assert boss.last.text == "Case 1, emergency, 0 min waiting. Tap Acknowledge."
    await boss.taps("Acknowledge")
    case = ana.case
    assert case is not None
    assert case.holder_id == boss.person_id
    assert "Resolve" in boss.last.labels


async def test_an_owner_sees_an_item_opens_it_and_ticks_it_off(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    await watch_item(world, ana)
    await world.backup.says("/alerts")
    assert "To do: 1" in world.backup.last.text
    await world.backup.taps("Ana T.")
    assert "Ana Torres" in world.backup.last.text
    assert "strong craving" in world.backup.last.text
    assert world.backup.last.message.protected
    shown = world.backup.last.message
    await world.backup.taps("Done")
    await world.backup.taps("No note")
    assert world.backup.last.text == "Done. It is off your list."
    assert shown.message_id not in {seen.message.message_id for seen in world.backup.all}  # its words leave the phone
    await world.backup.says("/alerts")
    assert world.backup.last.text == "No open cases."
    with world.work() as work:
        assert {"task.viewed", "task.done"} <= {row.action for row in work.session.exec(select(Audit))}


async def test_items_of_others_can_be_neither_seen_nor_closed(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    await watch_item(world, ana)
    await world.backup.says("/alerts")
    data = next(data for row in world.backup.last.message.buttons for text, data in row if text == "Ana T.")
    assert await world.primary.forges(data) == "That button is not for you."
    assert await world.primary.forges(data.replace("alerts.task", "alerts.task_do") + ":done") == "That button is not for you."
    await world.backup.taps("Ana T.")
    await world.backup.taps("Done")
    await world.backup.taps("No note")
    assert await world.backup.forges(data) == "That is done already."


async def test_the_owner_hears_of_it_next_morning_and_the_supervisor_once_when_it_is_overdue(world: World) -> None:
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    await watch_item(world, ana)
    world.backup.look()
    await world.passes(hours=22)  # 08:00 the next day
    assert world.backup.keys == []
    await world.passes(hours=2)
    assert [(reply.key, reply.text, reply.labels) for reply in world.backup.replies] == [
        ("alerts/tasks_due", "Work for today: 1. Tap Open.", ["Open"])
    ]
    assert boss.keys == []
    await world.passes(hours=8)
    assert [reply.text for reply in boss.replies] == ["Overdue work: 1. Tap Open."]
    await world.passes(days=2)
    assert boss.keys == ["alerts/tasks_overdue"]
    await boss.taps("Open")
    assert "To do: 1, overdue: 1" in boss.last.text
    assert "Ana T., late" in boss.last.labels


async def test_without_an_owner_the_supervisors_hear_of_it(world: World) -> None:
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    ana = await world.enrol("Ana Torres")
    await watch_item(world, ana)
    await world.passes(days=1)
    assert boss.keys == ["alerts/tasks_due"]


async def test_a_friday_evenings_item_waits_for_monday(world: World) -> None:
    world.clock.move_to(world.clock.now() + timedelta(days=3, hours=9))  # Friday 19:00
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    ana = await world.enrol("Ana Torres")
    await watch_item(world, ana)
    await world.passes(days=2)
    assert boss.keys == []
    await world.passes(hours=14)
    assert boss.keys == ["alerts/tasks_due"]


async def test_a_patient_who_cannot_be_reached_is_work_for_the_same_day(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    ana.user.block()
    await world.settle()
    await world.passes(minutes=1)
    assert [reply.text for reply in world.backup.replies] == ["Work for today: 1. Tap Open."]
    await world.backup.taps("Open")
    await world.backup.taps("Ana T.")
    assert "cannot be reached by chat" in world.backup.last.text
