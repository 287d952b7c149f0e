"""`/session` as a dialogue: step by step, the week, one date or from there on, holidays, undo. It is Tuesday, 3 March 2026, 10:00."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from bot import leave
from bot.ids import short
from bot.models import Audit, Role, SessionNews, SessionSeries
from bot.programme import news
from bot.programme.store import Book
from bot.work import Budget
from tests.programme_helpers import adopt, heard, occasion, person_of, put, until, waiting
from tests.world import Phone, World

TUESDAY, WEDNESDAY, THURSDAY = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)


def actions(world: World) -> list[str]:
    """The audit rows about sessions."""
    with world.work() as work:
        rows = work.session.exec(select(Audit).order_by(col(Audit.id))).all()
        return [row.action for row in rows if row.action.startswith(("session.", "holiday.", "attendance.")) and "view" not in row.action]


async def make_group(dana: Phone, *, days: tuple[str, ...] = ("Tuesday", "Thursday")) -> None:
    """Walk through the form up to the last look: the evening group on these days at 18:00."""
    await dana.says("/session")
    await dana.taps("New session")
    await dana.taps("Group")
    await dana.taps("Evening")
    for day in days:
        await dana.taps(day)
    await dana.taps("Go on")
    await dana.taps("Tuesday 03")
    await dana.taps("18:00")
    await dana.taps("90")
    await dana.says("Room 2")


async def test_a_weekly_group_in_few_taps_and_everybody_is_told_once(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    dana = world.primary
    await make_group(dana)
    assert "Every Tuesday, Thursday, from Mar 3, 2026" in dana.last.text
    assert "For: Evening (1)" in dana.last.text
    await dana.taps("Name it")
    await dana.says("Coping skills")
    await dana.taps("Until when")
    await dana.taps("12 weeks")
    await dana.taps("Save")
    assert dana.last.key == "sessions/saved"
    assert heard(ana) == []
    await world.passes(minutes=1)
    assert heard(ana) == ["You have a message."]
    await ana.taps("Open")
    assert "New: Group: Coping skills, Tuesday, March 3, 18:00, then every week. Where: Room 2." in ana.last.text
    assert waiting(world, ana) == ["03-03 17:00"]
    with world.work() as work:
        row = work.session.exec(select(SessionSeries)).one()
        assert (row.weekdays, row.until_date, row.minutes) == ([1, 3], date(2026, 5, 25), 90)
        assert b"Coping" not in (row.title or b"")
    assert actions(world) == ["session.added"]


async def test_undo_within_the_minute_is_silent_and_later_it_is_told(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    await make_group(world.primary)
    await world.primary.taps("Save")
    await world.primary.taps("Undo")
    assert world.primary.last.text == "Undone. All is as it was."
    await world.passes(minutes=5)
    assert heard(ana) == []
    await make_group(world.primary)
    await world.primary.taps("Save")
    await world.passes(minutes=2)
    await ana.taps("Open")
    await world.primary.taps("Undo")
    await world.passes(minutes=2)
    assert heard(ana)[-1] == "You have a message."
    await ana.taps("schedule.news")
    assert "Not so after all: Group was put in by mistake." in ana.last.text
    assert waiting(world, ana) == []


async def test_a_talk_with_one_patient_asks_for_nobody_twice(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana)
    dana = world.primary
    await dana.says("/session")
    await dana.taps("New session")
    await dana.taps("One-to-one")
    await dana.taps("Ana E.")
    await dana.taps("Only once")
    await dana.taps("Thursday 05")
    await dana.says("2:30 pm")
    await dana.taps("50")
    await dana.says("https://meet.example.org/abc")
    assert "On Thursday, March 5" in dana.last.text
    assert "by video" in dana.last.text
    await dana.taps("Save")
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "New: One-to-one, Thursday, March 5, 14:30." in ana.last.text
    assert "meet.example.org" not in ana.last.text


async def test_every_step_meets_bad_input_kindly_and_loses_nothing(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana)
    dana = world.primary
    await dana.says("/session")
    await dana.taps("New session")
    await dana.says("a group please")
    assert dana.last.key == "sessions/tap"
    await dana.taps("Family session")
    await dana.says("Zorro")
    assert dana.last.key == "sessions/nobody_found"
    await dana.says("exam")
    await dana.taps("Ana E.")
    await dana.taps("Go on")
    await dana.says("every full moon")
    assert dana.last.key == "sessions/tap"
    await dana.taps("Only once")
    for wrong in ("someday", "2020-01-01", "2031-01-01"):
        await dana.says(wrong)
        assert dana.last.key == "sessions/day_again", wrong
    await dana.taps("Tuesday 03")
    await dana.says("25:00")
    assert dana.last.key == "sessions/time_again"
    await dana.says("08:00")
    assert dana.last.key == "sessions/time_past", "it is 10 o'clock"
    await dana.says("17:00")
    await dana.says("3 minutes")
    assert dana.last.key == "sessions/length_again"
    await dana.says("1.5 h")
    await dana.says("javascript://x")
    assert dana.last.key == "sessions/place_again"
    await dana.taps("No place")
    await dana.taps("Back")
    await dana.taps("No place")
    await dana.says("yes")
    assert dana.last.key == "sessions/tap"
    await dana.taps("Save")
    assert dana.last.key == "sessions/saved"
    with world.work() as work:
        row = work.session.exec(select(SessionSeries)).one()
        assert (row.kind, row.minutes, row.wall, row.from_date) == ("family", 90, "17:00", TUESDAY)


async def test_two_sessions_at_one_time_and_a_holiday_are_pointed_out(world: World) -> None:
    put(world, TUESDAY, track="morning", weekdays=(1,))
    dana = world.primary
    await make_group(dana)
    assert "There is another session at that time." in dana.last.text
    await dana.taps("Save")
    await dana.says("/session")
    await dana.taps("Closed days")
    await dana.taps("Add days")
    await dana.says("yesterday")
    assert dana.last.key == "sessions/day_again"
    await dana.taps("Thursday 05")
    await dana.taps("2 days")
    await dana.says("Founders' Day")
    assert dana.last.key == "sessions/closed_saved"
    await dana.taps("Closed days")
    assert "Mar 5, 2026 to Mar 6, 2026: Founders' Day" in dana.last.text
    await dana.taps("Open 1")
    assert "None ahead." in dana.last.text
    assert actions(world)[-2:] == ["holiday.added", "holiday.removed"]


async def test_the_week_shows_ones_own_and_all_without_names_of_others(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana, track="evening")
    mine = put(world, TUESDAY, track="evening", weekdays=(1,), title="Skills")
    put(world, WEDNESDAY, who=(ana,), kind="individual")
    luis = world.backup
    await luis.says("/session")
    assert "Nothing this week." in luis.last.text
    await luis.taps("All sessions")
    assert "Group: Skills (Evening) · 1 expected" in luis.last.text
    assert "One-to-one" not in luis.last.text, "somebody else's patient"
    await luis.taps("1")
    assert "Names show only for who leads it." in luis.last.text
    assert "Ana" not in luis.last.text
    assert "Change" not in luis.last.labels
    for data in (f"sessions.roll:{short(mine.id)}:2026-03-03", f"sessions.change:{short(mine.id)}:2026-03-03"):
        assert "not for you" in await luis.forges(data)
    priya = await world.hire("Priya", Role.SUPERVISOR)
    await priya.says("/session")
    await priya.taps("1")
    assert "Ana Example" in priya.last.text


async def test_one_date_is_moved_and_the_rest_stays(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    row = put(world, TUESDAY, track="evening", weekdays=(1, 3))
    dana = world.primary
    await dana.says("/session")
    await dana.taps("2")
    await dana.taps("Change")
    await dana.says("the time")
    assert dana.last.key == "sessions/tap"
    await dana.taps("Day and time")
    await dana.says("6 March")
    await dana.taps("17:00")
    assert "New day: Friday, March 6" in dana.last.text
    await dana.taps("Only this date")
    assert "I tell 1 in a minute" in dana.last.text
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "Moved: Group is on Friday, March 6 at 17:00. It was Thursday 18:00." in ana.last.text
    with world.work() as work:
        assert f"{occasion(work, row, date(2026, 3, 12)).slot.start:%m-%d %H:%M}" == "03-12 22:00"
    await dana.taps("Undo")
    await world.passes(minutes=2)
    await ana.taps("schedule.news")
    assert "As planned after all: Group on Thursday, March 5 at 18:00." in ana.last.text
    assert actions(world) == ["session.added", "session.changed", "session.undone"]


async def test_from_here_on_it_is_different_and_the_past_stays_as_it_was(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening", weekdays=(1, 3), title="Skills")
    dana = world.primary
    await dana.says("/session")
    await dana.taps("2")
    await dana.taps("Change")
    await dana.taps("Day and time")
    await dana.says("2026-03-06")
    await dana.says("19:30")
    await dana.taps("From here on")
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "Changed from Mar 5, 2026 on: Group: Skills, next Friday, March 6 at 19:30." in ana.last.text
    with world.work() as work:
        found = Book(work).of(person_of(work, ana), world.clock.now(), world.clock.now().replace(day=14))
        assert [f"{one.slot.start:%m-%d %H:%M}" for one in found] == ["03-03 23:00", "03-07 00:30", "03-10 23:30", "03-13 23:30"]
    await dana.taps("Undo")
    with world.work() as work:
        found = Book(work).of(person_of(work, ana), world.clock.now(), world.clock.now().replace(day=14))
        assert [f"{one.slot.start:%m-%d %H:%M}" for one in found] == ["03-03 23:00", "03-05 23:00", "03-10 22:00", "03-12 22:00"]


@pytest.mark.parametrize(("change", "answer", "told"), [("Place", "Room 9", "Where: Room 9"), ("Length", "120", "120 minutes")])
async def test_place_and_length_of_one_date(world: World, change: str, answer: str, told: str) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, THURSDAY, track="evening")
    dana = world.primary
    await dana.says("/session")
    await dana.taps("1")
    await dana.taps("Change")
    await dana.taps(change)
    await dana.says(answer)
    await dana.taps("Save")
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert told in ana.last.text


async def test_another_leader_takes_the_attendance(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening", weekdays=(1,))
    dana, luis = world.primary, world.backup
    await dana.says("/session")
    await dana.taps("1")
    await dana.taps("Change")
    await dana.taps("Who leads")
    await dana.taps("Luis O.")
    await dana.taps("Only this date")
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "With Luis." in ana.last.text
    assert luis.last.key == "sessions/yours_changed"
    await until(world, "03-03 19:31")
    assert luis.last.key == "sessions/attendance"


async def test_cancelled_with_a_reason_and_as_planned_again(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening", weekdays=(1, 3))
    dana = world.primary
    await dana.says("/session")
    await dana.taps("2")
    await dana.taps("Cancel it")
    await dana.says("The heating is broken.")
    assert "It is cancelled." in dana.last.text
    await dana.taps("Only this date")
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "Cancelled: Group on Thursday, March 5 at 18:00. Why: The heating is broken." in ana.last.text
    await dana.says("/session")
    await dana.taps("2")
    await dana.taps("As planned")
    await world.passes(minutes=40)
    await ana.taps("schedule.news")
    assert "As planned after all" in ana.last.text
    await dana.says("/session")
    await dana.taps("2")
    await dana.taps("Cancel it")
    await dana.taps("No reason")
    await dana.taps("From here on")
    await world.passes(minutes=40)
    await ana.taps("schedule.news")
    assert "From Mar 5, 2026 on there is no more: Group." in ana.last.text
    with world.work() as work:
        assert len(work.session.exec(select(SessionNews)).all()) == 3


async def test_a_patients_track_and_plan_hours(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana)
    dana = world.primary
    await dana.says(f"/patient {ana.person.number}")
    await dana.taps("Sessions")
    assert "Track: none yet. Plan: none yet." in dana.last.text
    await dana.taps("Plan hours")
    await dana.says("lots")
    assert dana.last.key == "sessions/hours_again"
    await dana.taps("12")
    assert dana.last.key == "sessions/hours_set"
    await dana.taps("Open")
    await dana.taps("Track")
    await dana.says("tarde")
    assert "Afternoon" in dana.last.text
    await dana.taps("Open")
    assert "Track: Afternoon. Plan: 12 hours a week." in dana.last.text
    luis = world.backup
    for route in ("sessions.patient", "sessions.track", "sessions.hours", "sessions.new_for"):
        assert "not for you" in await luis.forges(f"{route}:{ana.person.number}")


async def test_people_of_a_named_group_are_put_in_and_taken_out(world: World) -> None:
    ana, ben = await world.enrol("Ana Example"), await world.enrol("Ben Other")
    adopt(world, ana)
    adopt(world, ben)
    put(world, WEDNESDAY, who=(ana,), weekdays=(2,))
    dana = world.primary
    await dana.says("/session")
    await dana.taps("1")
    await dana.taps("People")
    await dana.taps("Ben O.")
    assert "In it: 2." in dana.last.text
    await world.passes(minutes=2)
    await ben.taps("Open")
    assert "You can come to: Group, Wednesday, March 4 at 18:00." in ben.last.text
    await dana.taps("✓ Ben O.")
    await world.passes(minutes=2)
    await ben.taps("schedule.news")
    assert "Not in your plan any more: Group." in ben.last.text
    assert waiting(world, ben) == []


@pytest.mark.parametrize("seconds", [0.0, 0.012])
async def test_twenty_people_are_told_in_short_transactions_however_busy_the_machine_is(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(news, "Budget", lambda: Budget(seconds))
    phones = [await world.enrol(f"P{number}") for number in range(20)]
    for phone in phones:
        adopt(world, phone, track="evening")
    put(world, TUESDAY, track="evening", weekdays=(1, 3), quiet=False)
    await world.passes(minutes=2)
    assert [heard(one) for one in phones] == [["You have a message."]] * 20
    assert [waiting(world, one) for one in phones] == [["03-03 17:00"]] * 20


async def test_a_supervisors_change_reaches_the_leader_in_neutral_words(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, THURSDAY, track="evening")
    priya = await world.hire("Priya", Role.SUPERVISOR)
    await priya.says("/session")
    await priya.taps("1")
    await priya.taps("Cancel it")
    await priya.taps("Weather")
    await priya.taps("Yes, cancel it")
    await world.passes(minutes=2)
    dana = world.primary
    assert dana.last.text == "Something in your sessions has changed. Tap Open."
    await dana.taps("Open")
    assert "Cancelled." in dana.last.text
    assert "Why: Weather" in dana.last.text


async def test_a_session_whose_leader_has_left_is_somebodys_all_the_same(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    priya = await world.hire("Priya", Role.SUPERVISOR)
    put(world, TUESDAY, track="evening", by=world.backup)
    with world.work() as work:
        person_of(work, world.backup).removed_at = world.clock.now()
    await until(world, "03-03 19:31")
    assert priya.last.key == "sessions/attendance"
    await priya.taps("Open")
    await priya.taps("Done")
    assert "There: 1." in priya.last.text


async def test_the_cover_answers_while_the_owner_is_away(world: World) -> None:
    ana = await world.enrol("Ana Example")
    adopt(world, ana)
    put(world, THURSDAY, "10:00", who=(ana,), kind="individual")
    with world.work() as work:
        leave.plan(work, person_of(work, world.primary), TUESDAY, date(2026, 3, 6), person_of(work, world.backup))
    await ana.says("/schedule")
    await ana.taps("Details")
    await ana.taps("Ask to move")
    await ana.taps("Friday")
    await ana.taps("15:00")
    luis = world.backup
    assert luis.last.key == "sessions/asked"
    await luis.taps("Open")
    await luis.taps("Request 1")
    await luis.taps("Accept")
    assert luis.last.text == "Done: Friday, March 6 at 15:00. They are told."
