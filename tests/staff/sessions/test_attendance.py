"""Attendance in three taps, and what becomes of a session that was missed without a word."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from bot import leave
from bot.ids import short
from bot.models import SessionSeat, Status, Task
from bot.programme import hours
from tests.programme_helpers import adopt, heard, person_of, put, until
from tests.staff.helpers import attend, danger
from tests.world import World

TUESDAY = date(2026, 3, 3)


def watch_items(world: World) -> list[tuple[str, str | None, str]]:
    with world.work() as work:
        return [(task.kind, task.category, task.state) for task in work.session.exec(select(Task)) if task.category == "missed"]


async def test_open_one_name_done(world: World) -> None:
    ana, ben, cleo = await world.enrol("Ana Example"), await world.enrol("Ben Other"), await world.enrol("Cleo Third")
    for one in (ana, ben, cleo):
        adopt(world, one, track="evening", plan=9)
    put(world, TUESDAY, track="evening")
    await cleo.says("/schedule")
    await cleo.taps("I can't come")
    await cleo.taps("I'm ill")
    await until(world, "03-03 19:31")
    dana = world.primary
    assert (dana.last.key, dana.last.text, dana.last.labels) == ("sessions/attendance", "Attendance 18:00", ["Open"])
    assert "Ana" not in dana.user.push_preview(dana.last.message)
    await dana.taps("Open")
    assert dana.last.labels == ["✓ Ana E.", "✓ Ben O.", "– Cleo T.", "Done"]
    await dana.taps("✓ Ben O.")
    await dana.taps("Done")
    assert "There: 1. Late: 0. Absent: 1. Excused: 1." in dana.last.text
    assert watch_items(world) == [("watch", "missed", "open")]
    with world.work() as work:
        assert hours.week(work, person_of(work, ana)).done == 90
        assert hours.week(work, person_of(work, ben)).missed == 1
    await until(world, "03-04 09:35")
    assert heard(ben)[-1] == "You have a message."
    await ben.taps("schedule.news")
    assert "We missed you on Tuesday." in ben.last.text
    assert "Make one up" in ben.last.labels
    assert heard(cleo) == [], "who said so is not asked"


async def test_a_correction_takes_the_item_and_the_message_back(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening")
    await until(world, "03-03 19:31")
    dana = world.primary
    await dana.taps("Open")
    await dana.taps("✓ Ana E.")
    await dana.taps("Done")
    await dana.taps("Correct")
    await dana.taps("✗ Ana E.")
    await dana.taps("◷ Ana E.")
    await dana.taps("– Ana E.")
    await dana.taps("Done")
    assert watch_items(world) == [("watch", "missed", "done")]
    await until(world, "03-05 12:00")
    assert heard(ana) == ["Reminder 18:00"]
    with world.work() as work:
        seat = work.session.exec(select(SessionSeat)).one()
        assert (seat.attendance, seat.counted) == ("present", True)


async def test_a_list_that_nobody_took_comes_again_once_and_stands_in_session(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening")
    row = put(world, TUESDAY, track="evening")
    dana = world.primary
    await until(world, "03-05 12:00")
    assert [one.key for one in dana.all].count("sessions/attendance") == 2
    await dana.says("/session")
    await dana.taps("Attendance (1)")
    await dana.taps("1")
    await dana.taps("Done")
    assert "There: 1." in dana.last.text
    assert "Tap Correct" in await dana.forges(f"sessions.done:{short(row.id)}:2026-03-03")


async def test_a_missed_session_merges_into_one_item_a_week_and_one_line_a_morning(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, "15:00", track="evening")
    put(world, TUESDAY, "17:00", track="evening")
    dana = world.primary
    for end in ("03-03 16:31", "03-03 18:31"):
        await until(world, end)
        await dana.taps("Open")
        await dana.taps("✓ Ana E.")
        await dana.taps("Done")
    with world.work() as work:
        assert [task.count for task in work.session.exec(select(Task)) if task.category == "missed"] == [2]
    before = len(heard(ana))
    await until(world, "03-04 12:00")
    assert len(heard(ana)) == before + 1


async def test_whoever_has_an_open_case_or_is_in_hospital_is_not_written_to(world: World) -> None:
    ana, ben = await world.enrol("Ana Example"), await world.enrol("Ben Other")
    for one in (ana, ben):
        adopt(world, one, track="evening")
    put(world, TUESDAY, track="evening")
    await until(world, "03-03 12:00")
    with world.work() as work:
        person_of(work, ben).status = Status.IN_HOSPITAL
    await until(world, "03-03 19:31")
    dana = world.primary
    await dana.taps("Open")
    assert dana.last.labels == ["✓ Ana E.", "– Ben O.", "Done"]
    await dana.taps("✓ Ana E.")
    await dana.taps("Done")
    await danger(world, ana)
    await attend(world)
    await until(world, "03-04 12:00")
    assert "We missed you" not in " ".join(one.text for one in ana.all)
    assert heard(ana) == ["Reminder 18:00"]


async def test_under_the_plan_shows_in_the_caseload(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening", plan=9)
    put(world, date(2026, 3, 9), track="evening", weekdays=(0,))
    dana = world.primary
    await dana.says("/caseload")
    assert "hours" not in dana.last.text
    await until(world, "03-17 10:00")
    await dana.says("/caseload")
    assert "Ana Example: 0 of 9 hours last week" in dana.last.text


async def test_the_item_leads_to_the_patients_sessions(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening")
    await until(world, "03-03 19:31")
    dana = world.primary
    await dana.taps("Open")
    await dana.taps("✓ Ana E.")
    await dana.taps("Done")
    await dana.says("/alerts")
    await dana.taps("Ana E.")
    assert "to look at, a missed session" in dana.last.text
    await dana.taps("Open")
    assert dana.last.key == "sessions/patient"
    assert "Absent in 4 weeks: 1." in dana.last.text


async def test_the_leaders_cover_takes_the_attendance(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening")
    with world.work() as work:
        leave.plan(work, person_of(work, world.primary), TUESDAY, TUESDAY, person_of(work, world.backup))
    await until(world, "03-03 19:31")
    luis = world.backup
    assert luis.last.key == "sessions/attendance"
    await luis.taps("Open")
    await luis.taps("Done")
    assert "There: 1." in luis.last.text
