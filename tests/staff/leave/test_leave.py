"""Leave: never without a cover for one's patients, and whose patients are whose follows from it alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from bot import leave, people, typed
from bot.errors import Conflict
from bot.escalation import tasks
from bot.models import Audit, Leave, Patient, Role, Task
from bot.staff.register import store as register
from tests.staff.helpers import danger
from tests.world import Phone, World

TODAY = date(2026, 3, 3)  # a Tuesday


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        row = work.session.get(Patient, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


def away(world: World, staff: Phone, cover: Phone | None, first: date = TODAY, last: date = TODAY + timedelta(days=6)) -> None:
    with world.work() as work:
        leave.plan(work, staff.person, first, last, cover.person if cover is not None else None)


def responsible(world: World, patient: Phone) -> object:
    with world.work() as work:
        return tasks.responsible(work, patient.person)


async def test_leave_is_planned_in_the_chat_with_a_cover_who_hears_of_it(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    await world.primary.says("/leave")
    await world.primary.taps("New leave")
    await world.primary.says("9 March")
    await world.primary.taps("1 week")
    assert "Nobody needed" not in world.primary.last.labels
    await world.primary.taps("Luis O.")
    assert world.primary.last.text.startswith("Noted: away from Mar 9, 2026 to Mar 15, 2026. Luis covers and was told.")
    assert world.backup.last.key == "leave/you_will_cover"
    assert responsible(world, ana) == world.primary.person_id  # not away yet
    world.backup.look()
    await world.passes(days=6)
    assert "leave/begins" in [seen.key for seen in world.backup.replies]
    assert responsible(world, ana) == world.backup.person_id
    await world.backup.says("/patient Ana")
    assert "With Dana, covered by Luis." in world.backup.last.text
    await world.passes(days=7)
    assert responsible(world, ana) == world.primary.person_id
    await world.backup.says("/patient Ana")
    assert world.backup.keys == ["caseload/none"]
    with world.work() as work:
        assert "leave.planned" in [row.action for row in work.session.exec(select(Audit))]


async def test_without_a_cover_nobody_with_patients_goes(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    with pytest.raises(Conflict) as refused:
        away(world, world.primary, None)
    assert refused.value.reason == "leave/needs_cover"
    away(world, world.backup, None)  # who has no patients may


async def test_a_cover_who_is_away_is_none(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    away(world, world.backup, None)
    with pytest.raises(Conflict) as refused:
        away(world, world.primary, world.backup)
    assert refused.value.reason == "leave/cover_away"
    await world.primary.says("/leave")
    for label in ("New leave", "Today", "3 days"):
        await world.primary.taps(label)
    assert "No colleague is there on all these days." in world.primary.last.text


async def test_who_covers_cannot_go_meanwhile(world: World) -> None:
    mira = await world.hire("Mira")
    away(world, world.primary, world.backup)
    with pytest.raises(Conflict) as refused:
        away(world, world.backup, mira)
    assert refused.value.reason == "leave/you_cover"


@pytest.mark.parametrize(("first", "last"), [(-3, -1), (5, 4), (0, 400)])
async def test_days_that_do_not_fit_are_refused(world: World, first: int, last: int) -> None:
    with pytest.raises(Conflict) as refused:
        away(world, world.primary, None, TODAY + timedelta(days=first), TODAY + timedelta(days=last))
    assert refused.value.reason == "leave/wrong_days"


async def test_cancelled_leave_counts_no_more_and_the_cover_hears_it(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    away(world, world.primary, world.backup)
    assert responsible(world, ana) == world.backup.person_id
    await world.primary.says("/leave")
    await world.primary.taps("Cancel Tuesday")
    assert responsible(world, ana) == world.primary.person_id
    assert world.backup.last.key == "leave/cover_over"
    toast = await world.primary.forges("leave.cancel:1")
    assert "over" in toast


async def test_a_foreign_leave_is_not_cancelled(world: World) -> None:
    away(world, world.primary, None)
    assert "not for you" in await world.backup.forges("leave.cancel:1")
    with world.work() as work:
        assert work.session.exec(select(Leave)).one().cancelled_at is None


async def test_new_work_goes_to_the_cover_and_old_work_is_seen_by_them(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    with world.work() as work:
        tasks.add(work, ana.person, "paused")
    away(world, world.primary, world.backup)
    person, cover = ana.person, world.backup.person
    with world.work() as work:
        assert tasks.add(work, person, "watch").owner_id == cover.id
        assert [task.kind for task in tasks.open_tasks(work, cover)] == ["paused", "watch"]
    await world.passes(days=1)
    assert "alerts/tasks_due" in [seen.key for seen in world.backup.all]
    assert "alerts/tasks_due" not in [seen.key for seen in world.primary.all]


async def test_staff_on_leave_are_not_everyone(world: World) -> None:
    mira, _ines, ana = await world.hire("Mira"), await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    away(world, mira, None)
    await danger(world, ana)
    await world.passes(minutes=14)
    assert world.primary.pages and world.backup.pages
    assert not mira.pages


async def test_who_does_not_want_to_be_paged_with_everyone_is_not(world: World) -> None:
    mira, noor, ana = await world.hire("Mira"), await world.hire("Noor"), await world.enrol("Ana")
    await mira.says("/settings")
    await mira.taps("✓ Paged with everyone")
    assert "Not with everyone" in mira.last.labels
    await danger(world, ana)
    await world.passes(minutes=14)
    assert noor.pages
    assert not mira.pages


async def test_when_everyone_is_away_they_are_paged_all_the_same(world: World) -> None:
    ana = await world.enrol("Ana")
    world.on_call("primary", None)
    world.on_call("backup", None)
    away(world, world.primary, None)
    away(world, world.backup, None)
    await danger(world, ana)
    await world.passes(minutes=14)
    assert world.primary.pages or world.backup.pages


async def test_an_open_case_stays_with_its_holder_until_the_next_one_has_it(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    case = await danger(world, ana)
    await world.primary.taps("Acknowledge")
    away(world, world.primary, world.backup)
    await world.passes(minutes=1)
    assert ana.case is not None
    assert ana.case.holder_id == world.primary.person_id
    await world.backup.says("/alerts")
    await world.backup.taps(f"Case {case.number}")
    await world.backup.taps("I have it")
    await world.backup.taps("Yes, take it")
    assert ana.case.holder_id == world.backup.person_id


async def test_a_cover_who_is_removed_leaves_an_item_for_each_patient(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    own(world, ana, world.primary)
    away(world, world.primary, world.backup)
    with world.work() as work:
        assert world.backup.person_id is not None
        register.remove(work, people.get(work.session, world.backup.person_id))
    assert responsible(world, ana) is None
    supervisor = ines.person
    with world.work() as work:
        assert [(task.kind, task.owner_id) for task in work.session.exec(select(Task))] == [("uncovered", None)]
        assert [task.kind for task in tasks.open_tasks(work, supervisor)] == ["uncovered"]


async def test_a_supervisor_on_leave_does_not_hear_of_every_item_while_another_is_there(world: World) -> None:
    ines, rosa, ana = await world.hire("Ines", Role.SUPERVISOR), await world.hire("Rosa", Role.SUPERVISOR), await world.enrol("Ana")
    away(world, ines, None)
    person = ana.person
    with world.work() as work:
        tasks.add(work, person, "orphan", due_at=work.now)
    await world.tick()
    assert "alerts/tasks_due" in [seen.key for seen in rosa.all]
    assert "alerts/tasks_due" not in [seen.key for seen in ines.all]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("31 March", date(2026, 3, 31)),
        ("March 31st", date(2026, 3, 31)),
        ("31 de marzo", date(2026, 3, 31)),
        ("el 2 de enero", date(2027, 1, 2)),
        ("2 Jan 2026", date(2026, 1, 2)),
        ("31 February", None),
        ("soon", None),
        ("march", None),
        ("1 2 march 3", None),
    ],
)
def test_what_a_typed_day_means(said: str, found: date | None) -> None:
    assert typed.day(said, TODAY) == found
