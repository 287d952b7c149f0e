"""Due items: wall times over changes of the clock, what is late, what fails, and the cap of messages that the bot starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from bot import due, people, rhythm
from bot.models import Due, DueState, Person, Role, Started
from bot.routing import Timed
from bot.turn import Turn
from bot.work import Work
from tests.world import Phone, World, world_at

NEW_YORK = "America/New_York"
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # New York: 02:00 -> 03:00, and 02:00 -> 01:00


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


# Wall times


def test_a_wall_time_in_the_spring_gap_is_the_next_valid_moment() -> None:
    assert due.instant_of(SPRING, time(2, 30), NEW_YORK) == utc(2026, 3, 8, 7, 30)  # 03:30 there
    assert due.instant_of(SPRING, time(1, 59), NEW_YORK) == utc(2026, 3, 8, 6, 59)
    assert due.instant_of(SPRING, time(3, 0), NEW_YORK) == utc(2026, 3, 8, 7, 0)


def test_a_wall_time_in_the_autumn_overlap_is_the_first_of_the_two() -> None:
    assert due.instant_of(AUTUMN, time(1, 30), NEW_YORK) == utc(2026, 11, 1, 5, 30)
    assert due.instant_of(AUTUMN, time(2, 0), NEW_YORK) == utc(2026, 11, 1, 7, 0)


def test_the_next_instant_keeps_the_wall_time_over_both_changes() -> None:
    at = utc(2026, 3, 6, 23, 30)
    walls = []
    for _ in range(4):
        at = due.next_instant(at, "18:30", NEW_YORK)
        walls.append(at)
    assert walls == [utc(2026, 3, 7, 23, 30), utc(2026, 3, 8, 22, 30), utc(2026, 3, 9, 22, 30), utc(2026, 3, 10, 22, 30)]
    at = utc(2026, 10, 31, 5, 30)  # 01:30 in New York; the next is the first 01:30 of the long night, and only that one
    assert due.next_instant(at, "01:30", NEW_YORK) == utc(2026, 11, 1, 5, 30)
    assert due.next_instant(utc(2026, 11, 1, 5, 30), "01:30", NEW_YORK) == utc(2026, 11, 2, 6, 30)


def test_a_weekday_is_the_local_one() -> None:
    sunday = due.next_instant(utc(2026, 3, 4, 0, 0), "23:30", NEW_YORK, weekday=0)
    assert sunday == utc(2026, 3, 9, 3, 30)  # still Sunday the 8th there
    assert due.local_date(sunday, NEW_YORK) == SPRING


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001, hypothesis wants them without a zone
    st.times(),
    st.sampled_from([NEW_YORK, "Europe/Madrid", "America/Bogota", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
)
def test_the_next_instant_is_after_now_and_at_most_a_day_and_an_hour_away(naive: datetime, wall: time, zone: str) -> None:
    after = naive.replace(tzinfo=UTC)
    found = due.next_instant(after, f"{wall:%H:%M}", zone)
    assert after < found <= after + timedelta(hours=25, minutes=30)


async def test_a_person_who_moves_is_asked_at_their_new_wall_time_and_once(world: World) -> None:
    ana = await planned(world)  # 18:00 in New York is 23:00 UTC
    with world.work() as work:
        person = person_of(work, ana)
        person.zone = "America/Los_Angeles"
        rhythm.plan_checkin(work, person)
    await world.passes(hours=8, minutes=30)  # 23:30 UTC
    assert reminders(ana) == 0
    await world.passes(hours=3)  # 02:30 UTC, 18:30 in Los Angeles
    assert reminders(ana) == 1


@pytest.mark.parametrize(("start", "instants"), [((2026, 3, 7, 15), (23, 22, 22)), ((2026, 10, 31, 15), (22, 23, 23))])
async def test_reminders_come_once_a_day_over_both_changes(tmp_path: Any, start: tuple[int, ...], instants: tuple[int, ...]) -> None:
    async with world_at(tmp_path, utc(*start)) as world:
        ana = await planned(world)
        at = []
        for _ in range(3 * 24 * 2):
            before = reminders(ana)
            await world.passes(minutes=30)
            if reminders(ana) > before:
                at.append(world.clock.now().hour)
        assert tuple(at) == instants


# The clock is wrong


async def test_a_clock_set_back_an_hour_doubles_no_reminder(world: World) -> None:
    ana = await planned(world)
    await world.passes(hours=8, minutes=10)
    assert reminders(ana) == 1
    world.clock.move_to(world.clock.now() - timedelta(hours=1))
    await world.tick()
    await world.passes(hours=3)
    assert reminders(ana) == 1
    await world.passes(hours=24)
    assert reminders(ana) == 2


async def test_a_clock_set_forward_a_day_loses_the_day_and_nothing_else(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ana = await planned(world)
    world.clock.move_to(world.clock.now() + timedelta(days=1))
    await world.tick()
    assert reminders(ana) == 0
    assert "due.too_late" in capsys.readouterr().err
    await world.passes(hours=9)
    assert reminders(ana) == 1
    await world.passes(hours=24)
    assert reminders(ana) == 2


# Late and failing


def adds(world: World, kind: str, handler: Callable[[Turn, Due], None], late: Callable[[Turn, Due], None] | None = None) -> None:
    """A kind of due item of the test's own."""
    dues: dict[str, Timed] = world.app.routes.dues  # type: ignore[assignment]
    dues[kind] = Timed(kind, handler, during_case=True, late=late)


def puts(world: World, kind: str, key: str = "one", phone: Phone | None = None, **fields: Any) -> None:
    with world.work() as work:
        person = person_of(work, phone) if phone is not None else None
        at = fields.pop("at", world.clock.now() + timedelta(minutes=1))
        due.put(work, kind, key, at, person=person, **fields)


def item(world: World, key: str = "one") -> Due:
    with world.work() as work:
        return work.session.exec(select(Due).where(col(Due.key) == key)).one()


def fails(_turn: Turn, _item: Due) -> None:
    raise ValueError("broken")


async def test_what_is_too_late_is_dropped_and_its_late_handler_plans_anew(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    adds(world, "test.late", lambda _turn, _item: done.append("done"), late=lambda _turn, _item: done.append("late"))
    puts(world, "test.late", useful_for=timedelta(hours=1))
    world.clock.move_to(world.clock.now() + timedelta(hours=2))
    await world.tick()
    await world.tick()
    assert done == ["late"]
    assert item(world).state is DueState.DROPPED
    assert "due.too_late" in capsys.readouterr().err


async def test_a_failing_item_is_tried_three_times_and_set_aside(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    adds(world, "test.fails", fails)
    puts(world, "test.fails")
    await world.passes(minutes=10)
    assert (item(world).state, item(world).attempts) == (DueState.DROPPED, 3)
    told = capsys.readouterr().err
    assert told.count("due.failed") == 3
    assert "due.set_aside" in told


@pytest.mark.parametrize("kind", ["case.test", "sos.test"])
async def test_what_belongs_to_a_crisis_is_never_set_aside(world: World, kind: str) -> None:
    done: list[int] = []

    def at_last(turn: Turn, item: Due) -> None:
        if item.attempts < 8:
            raise ValueError("broken")
        done.append(item.attempts)

    adds(world, kind, at_last)
    puts(world, kind)
    await world.passes(minutes=15)
    assert done == [8]
    assert item(world).state is DueState.DONE


async def test_a_failing_item_holds_no_other_up(world: World) -> None:
    done: list[str] = []
    adds(world, "test.fails", fails)
    adds(world, "test.works", lambda _turn, item: done.append(item.key))
    for number in range(30):
        puts(world, "test.fails" if number % 3 == 0 else "test.works", key=f"item:{number}")
    await world.passes(minutes=1)
    assert len(done) == 20


async def test_what_a_failing_item_wrote_is_taken_back(world: World) -> None:
    ana = await world.enrol()

    def half(turn: Turn, _item: Due) -> None:
        turn.person.show_previews = True
        turn.session.flush()
        raise ValueError("broken")

    adds(world, "test.fails", half)
    puts(world, "test.fails", phone=ana)
    await world.passes(minutes=5)
    assert not ana.person.show_previews


async def test_a_kind_that_nobody_knows_is_set_aside(world: World) -> None:
    puts(world, "test.unknown")
    await world.passes(minutes=5)
    assert item(world).state is DueState.DROPPED


async def test_an_item_of_a_person_who_was_removed_is_done_silently(world: World) -> None:
    ana = await world.enrol()
    adds(world, "test.fails", fails)
    puts(world, "test.fails", phone=ana)
    with world.work() as work:
        person_of(work, ana).removed_at = work.now
    await world.passes(minutes=2)
    assert item(world).state is DueState.DONE


async def test_what_pauses_in_a_case_leaves_no_backlog(world: World) -> None:
    ana = await world.enrol()
    done: list[str] = []
    dues: dict[str, Timed] = world.app.routes.dues  # type: ignore[assignment]
    dues["test.pauses"] = Timed("test.pauses", lambda _turn, _item: done.append("done"), late=lambda _turn, _item: done.append("late"))
    dues["test.goes_on"] = replace(dues["test.pauses"], name="test.goes_on", during_case=True)
    await ana.says("I want to kill myself")
    puts(world, "test.pauses", "one", ana)
    puts(world, "test.goes_on", "two", ana)
    await world.passes(minutes=2)
    assert sorted(done) == ["done", "late"]


async def test_an_item_is_moved_by_its_key_and_one_that_was_done_stays_done(world: World) -> None:
    done: list[datetime] = []
    adds(world, "test.works", lambda turn, _item: done.append(turn.now))
    start = world.clock.now()
    puts(world, "test.works", at=start + timedelta(minutes=1))
    puts(world, "test.works", at=start + timedelta(minutes=3))
    await world.passes(minutes=2)
    assert done == []
    await world.passes(minutes=2)
    assert done == [start + timedelta(minutes=3)]
    puts(world, "test.works", at=world.clock.now() + timedelta(minutes=1))
    await world.passes(minutes=5)
    assert len(done) == 1


async def test_taking_an_item_back_takes_those_below_its_key_too_and_no_others(world: World) -> None:
    adds(world, "test.works", lambda _turn, _item: None)
    for key in ("a:1", "a:1:x", "a:10", "a_1:2"):
        puts(world, "test.works", key=key)
    with world.work() as work:
        due.drop(work, "a:1")
    assert {key: item(world, key).state for key in ("a:1", "a:1:x", "a:10", "a_1:2")} == {
        "a:1": DueState.DROPPED,
        "a:1:x": DueState.DROPPED,
        "a:10": DueState.WAITING,
        "a_1:2": DueState.WAITING,
    }


# The cap


async def test_the_bot_starts_two_messages_a_day_and_the_day_is_the_persons(world: World) -> None:
    ana = await world.enrol(zone="America/Los_Angeles")  # 07:00 there
    world.clock.move_to(world.clock.now() + timedelta(hours=2))
    assert [may_start(world, ana) for _ in range(4)] == [True, True, False, False]
    world.clock.move_to(world.clock.now() + timedelta(hours=10))  # 01:00 UTC of the next day, 17:00 of the same day there
    assert not may_start(world, ana)
    world.clock.move_to(world.clock.now() + timedelta(hours=16))
    assert may_start(world, ana)
    with world.work() as work:
        assert len(work.session.exec(select(Started)).all()) == 3


@pytest.mark.parametrize("state", ["blocked_at", "removed_at", "silent_since"])
async def test_the_bot_starts_nothing_to_whom_it_must_not_write(world: World, state: str) -> None:
    ana = await world.enrol()
    with world.work() as work:
        setattr(person_of(work, ana), state, work.now)
    assert not may_start(world, ana)


async def test_a_pause_ends_by_itself(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        person_of(work, ana).paused_until = work.now + timedelta(hours=2)
    assert not may_start(world, ana)
    world.clock.move_to(world.clock.now() + timedelta(hours=2))
    assert may_start(world, ana)


@pytest.mark.parametrize(
    ("hours", "wall", "quiet"),
    [
        (("22:00", "08:00"), "21:59", False),
        (("22:00", "08:00"), "22:00", True),
        (("22:00", "08:00"), "07:59", True),
        (("22:00", "08:00"), "08:00", False),
        (("13:00", "15:00"), "14:00", True),
        (("13:00", "15:00"), "15:00", False),
        (("00:00", "00:00"), "12:00", False),
    ],
)
def test_quiet_hours_over_midnight_and_within_a_day(hours: tuple[str, str], wall: str, quiet: bool) -> None:
    person = Person(number=1, role=Role.PATIENT, language="en", country="US", zone=NEW_YORK, created_at=utc(2026, 1, 1))
    person.quiet_from, person.quiet_until = hours
    assert due.is_quiet(person, due.instant_of(date(2026, 6, 1), due.parse_wall(wall), NEW_YORK)) is quiet


# Helpers


def person_of(work: Work, phone: Phone) -> Person:
    person = people.by_chat(work.session, phone.user.id)
    assert person is not None
    return person


def may_start(world: World, phone: Phone) -> bool:
    with world.work() as work:
        return due.may_start(work, person_of(work, phone), "test")


async def planned(world: World) -> Phone:
    ana = await world.enrol()
    with world.work() as work:
        rhythm.plan_checkin(work, person_of(work, ana))
    return ana


def reminders(phone: Phone) -> int:
    return sum(seen.key in ("checkin/remind", "checkin/nudge", "checkin/nudge_again") for seen in phone.all)
