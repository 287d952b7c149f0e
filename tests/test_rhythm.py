"""The check-in's rhythm and the person's quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import col, select

from bot import due, people, rhythm
from bot.models import Due, DueState, Person, Role, Status
from tests.world import World


async def patient(world: World) -> UUID:
    ana = await world.enrol("Ana")
    assert ana.person_id is not None
    return ana.person_id


def states(world: World) -> list[tuple[str, str]]:
    with world.work() as work:
        return [
            (row.key.rpartition(":")[2], row.state)
            for row in work.session.exec(select(Due).where(col(Due.kind) == rhythm.KIND).order_by(col(Due.id)))
        ]


@pytest.mark.parametrize(("wall", "fits"), [("07:59", False), ("08:00", True), ("20:45", True), ("20:46", False)])
def test_the_window_of_the_check_in(wall: str, fits: bool) -> None:
    assert rhythm.in_window(wall) is fits


async def test_planning_again_and_again_leaves_one(world: World) -> None:
    person_id = await patient(world)
    with world.work() as work:
        person = people.get(work.session, person_id)
        first = rhythm.plan_checkin(work, person)
        assert rhythm.plan_checkin(work, person) == first == datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    assert states(world) == [("2026-03-03", "waiting")]


async def test_an_earlier_time_than_now_is_tomorrows(world: World) -> None:
    person_id = await patient(world)
    with world.work() as work:
        person = people.get(work.session, person_id)
        rhythm.plan_checkin(work, person)
        person.checkin_at = "09:00"  # it is 10:00
        rhythm.plan_checkin(work, person)
    assert states(world) == [("2026-03-03", "dropped"), ("2026-03-04", "waiting")]
    with world.work() as work:
        person = people.get(work.session, person_id)
        person.checkin_at = "19:00"
        rhythm.plan_checkin(work, person)
    assert states(world) == [("2026-03-03", "waiting"), ("2026-03-04", "dropped")]


async def test_the_night_of_the_clock_change_keeps_the_wall_time(world: World) -> None:
    person_id = await patient(world)
    world.clock.move_to(datetime(2026, 3, 8, 0, 30, tzinfo=UTC))  # the clocks in New York go forward that night
    with world.work() as work:
        person = people.get(work.session, person_id)
        at = rhythm.plan_checkin(work, person)
        assert at == datetime(2026, 3, 8, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("change", ["off", "discharged", "no_time", "not_enrolled"])
async def test_nobody_is_asked_who_is_not_to_be(world: World, change: str) -> None:
    person_id = await patient(world)
    with world.work() as work:
        person = people.get(work.session, person_id)
        rhythm.plan_checkin(work, person)
        match change:
            case "off":
                person.reminders_off = ["checkin"]
            case "discharged":
                person.status = Status.DISCHARGED
            case "no_time":
                person.checkin_at = None
            case _:
                person.enrolled_at = None
        assert rhythm.plan_checkin(work, person) is None
        waiting = select(Due).where(col(Due.kind) == rhythm.KIND, col(Due.state) == DueState.WAITING)
        assert work.session.exec(waiting).all() == []


@pytest.mark.parametrize(("hour", "quiet"), [(21, False), (22, True), (23, True), (0, True), (7, True), (8, False), (12, False)])
def test_quiet_hours_go_over_midnight(hour: int, quiet: bool) -> None:
    at = datetime(2026, 3, 3, hour, 0, tzinfo=UTC)
    assert due.is_quiet(Person(number=1, language="en", country="US", zone="UTC", role=Role.PATIENT, created_at=at), at) is quiet


async def test_the_bot_starts_nothing_in_quiet_hours(world: World) -> None:
    person_id = await patient(world)
    world.clock.move_to(datetime(2026, 3, 4, 4, 0, tzinfo=UTC))  # 23:00 in New York
    with world.work() as work:
        assert not due.may_start(work, people.get(work.session, person_id), "news")
    world.clock.move_to(datetime(2026, 3, 4, 13, 0, tzinfo=UTC))  # 08:00
    with world.work() as work:
        assert due.may_start(work, people.get(work.session, person_id), "news")
