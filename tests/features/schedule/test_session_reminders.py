"""Reminders of sessions: right to the minute in every zone and across both changes of clock, none twice, none too late, none unwanted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from bot import people
from bot.features.privacy import store as privacy
from bot.models import Case, Due, Outbox, SessionMember, SessionNotice, SessionSeat, SessionSeries, Status
from bot.programme import editing, holidays, membership, reminders
from bot.programme.editing import Edit
from bot.programme.store import Book
from tests.programme_helpers import adopt, heard, occasion, person_of, put, until, waiting
from tests.staff.helpers import attend, danger
from tests.world import World, world_at

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)


def times(world: World, name: str) -> list[str]:
    """When reminders of a session went out to this person, UTC."""
    with world.work() as work:
        statement = select(Outbox).where(col(Outbox.template) == "schedule/reminder", col(Outbox.sent_at).is_not(None))
        rows = work.session.exec(statement.order_by(col(Outbox.sent_at))).all()
        own = [row for row in rows if row.person_id is not None and people.name_of(work, people.get(work.session, row.person_id)) == name]
        return [f"{row.sent_at:%m-%d %H:%M}" for row in own]


async def test_across_the_spring_change_in_two_zones(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 6, 15, tzinfo=UTC)) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben", zone="Europe/Madrid", country="ES")
        for one in (ana, ben):
            adopt(world, one, track="weekend")
        put(world, date(2026, 3, 7), "12:00", track="weekend", weekdays=(5, 6, 0))
        await world.passes(days=3, hours=4)
        # Saturday 12:00 is 17:00 UTC, Sunday and Monday 12:00 are 16:00 UTC: the clocks changed in New York, not in Madrid.
        expected = ["03-06 17:00", "03-07 16:00", "03-07 17:00", "03-08 15:00", "03-08 16:00", "03-09 15:00"]
        assert times(world, "Ana")[:6] == expected
        assert times(world, "Ben")[:6] == expected
        assert heard(ben)[0] == "Reminder: tomorrow 18:00"
        assert heard(ben)[-1] == "Reminder 17:00"


async def test_across_the_autumn_change(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 10, 31, 12, tzinfo=UTC)) as world:
        ana = await world.enrol("Ana")
        adopt(world, ana, track="weekend")
        put(world, date(2026, 11, 1), "10:00", track="weekend", weekdays=(6,))
        await world.passes(days=2)
        assert times(world, "Ana") == ["10-31 14:00", "11-01 14:00"]


async def test_two_reminders_are_never_doubled(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, WEDNESDAY, track="evening")
    for _ in range(3):
        await ana.says("/schedule")  # plans anew each time
    await until(world, "03-03 18:05")
    with world.work() as work:
        person = person_of(work, ana)
        for _ in range(3):
            reminders.plan(work, person)
    await ana.says("/schedule")
    await until(world, "03-04 21:00")
    assert heard(ana) == ["Reminder: tomorrow 18:00", "Reminder 18:00"]


async def test_a_late_one_is_dropped(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, WEDNESDAY, track="evening", weekdays=(2,))
    world.clock.move_to(world.clock.now() + timedelta(hours=40))  # the process stood still from Tuesday to Thursday morning
    await world.tick()
    assert heard(ana) == []
    assert waiting(world, ana) == ["03-10 18:00"]


async def test_a_session_put_in_an_hour_before_is_told_once(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    await until(world, "03-03 16:50")
    put(world, TUESDAY, track="evening", quiet=False)
    await until(world, "03-03 19:00")
    assert heard(ana) == ["You have a message."], "the message about it takes the reminder's place"
    await ana.taps("Open")
    assert "New: Group, Tuesday, March 3, 18:00" in ana.last.text


async def test_a_holiday_has_no_reminder_and_a_moved_session_has_its_own(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    row = put(world, WEDNESDAY, track="evening", weekdays=(2, 4))
    with world.work() as work:
        staff = person_of(work, world.primary)
        holidays.add(work, WEDNESDAY, WEDNESDAY, "Snow day", staff)
        editing.change_one(work, occasion(work, row, date(2026, 3, 6)), staff, Edit(day=date(2026, 3, 5), wall="16:00"))
    await until(world, "03-03 10:05")
    assert heard(ana) == ["You have a message."]
    await ana.taps("Open")
    assert "Closed: Mar 4, 2026. No sessions then." in ana.last.text
    assert "Moved: Group is on Thursday, March 5 at 16:00. It was Friday 18:00." in ana.last.text
    await until(world, "03-07 12:00")
    assert times(world, "Ana") == ["03-04 21:00", "03-05 20:00"]


async def test_someone_who_joins_a_track_in_the_middle_of_the_week(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    put(world, TUESDAY, "09:00", track="morning", weekdays=(0, 1, 2, 3))
    await until(world, "03-03 14:00")
    assert waiting(world, ana) == []
    with world.work() as work:
        membership.set_track(work, person_of(work, ana), "morning", person_of(work, world.primary))
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "Your group hours: Morning." in ana.last.text
    await ana.taps("This week")
    assert "Tuesday" not in ana.last.text
    assert "Wednesday 09:00" in ana.last.text
    assert waiting(world, ana) == ["03-04 08:00"], "the day before is over, the hour before is ahead"


async def test_whoever_is_away_or_has_a_break_or_switched_them_off_hears_nothing_and_later_all(world: World) -> None:
    ana, ben, cleo = await world.enrol("Ana"), await world.enrol("Ben"), await world.enrol("Cleo")
    for one in (ana, ben, cleo):
        adopt(world, one, track="evening")
    put(world, WEDNESDAY, track="evening", weekdays=(2,))
    with world.work() as work:
        person_of(work, ana).status = Status.IN_HOSPITAL
        person_of(work, ben).paused_until = world.clock.now() + timedelta(days=3)
        person_of(work, cleo).reminders_off = ["sessions"]
    await until(world, "03-06 12:00")
    assert [heard(one) for one in (ana, ben, cleo)] == [[], [], []]
    with world.work() as work:
        person_of(work, ana).status = Status.ACTIVE
        person_of(work, cleo).reminders_off = []
    await until(world, "03-12 12:00")
    assert [len(heard(one)) for one in (ana, ben, cleo)] == [2, 2, 2]


async def test_discharged_and_deceased_patients_get_none_and_are_on_no_list(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    row = put(world, WEDNESDAY, track="evening", weekdays=(2,))
    with world.work() as work:
        person_of(work, ana).status = Status.DISCHARGED
    await until(world, "03-12 12:00")
    assert heard(ana) == []
    with world.work() as work:
        assert Book(work).people_of(occasion(work, row, WEDNESDAY)) == []


async def test_during_a_case_reminders_go_on_unless_a_counselor_mutes_them(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, WEDNESDAY, track="evening", weekdays=(2, 3))
    case = await danger(world, ana)
    await attend(world)
    await until(world, "03-03 18:05")
    assert heard(ana) == ["Reminder: tomorrow 18:00"]
    await world.primary.taps("Open")
    await world.primary.taps("Mute reminders")
    assert world.primary.last.key == "sessions/muted"
    await until(world, "03-04 18:05")
    assert len(heard(ana)) == 1
    await world.primary.taps("Reminders on")
    await until(world, "03-05 18:05")
    assert heard(ana)[1:] == ["Reminder 18:00"]
    with world.work() as work:
        kept = work.session.get(Case, case.id)
        assert kept is not None
        assert kept.muted_at is None


async def test_a_change_in_the_night_is_told_in_the_morning_unless_it_presses(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    row = put(world, WEDNESDAY, track="evening", weekdays=(2, 3))
    await until(world, "03-03 23:00")
    with world.work() as work:
        editing.cancel_one(work, occasion(work, row, date(2026, 3, 5)), person_of(work, world.primary), "")
    await until(world, "03-04 07:30")
    assert heard(ana)[1:] == []
    await until(world, "03-04 08:05")
    assert heard(ana)[1:] == ["You have a message."]


async def test_erased_people_leave_no_item_behind(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    put(world, WEDNESDAY, who=(ana,), kind="individual", title="Ana alone", quiet=False)
    await world.passes(minutes=2)
    await ana.taps("Open")
    await ana.says("/schedule")
    await ana.taps("I'll be there")
    with world.work() as work:
        data = privacy.export_person(work, person_of(work, ana))
        assert data["sessions"][0]["reply"] == "coming"
        assert len(data["session_places"]) == 1
        privacy.erase_person(work, person_of(work, ana))
    with world.work() as work:
        for table in (SessionMember, SessionNotice, SessionSeat):
            assert work.session.exec(select(table)).all() == [], table
        series = work.session.exec(select(SessionSeries)).one()
        assert (series.title, series.removed_at is not None) == (None, True)
        assert not [row for row in work.session.exec(select(Due)) if row.kind == reminders.KIND]


async def test_what_follows_at_once_is_the_same_stay_also_when_the_plan_is_looked_at_in_between(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="morning")
    put(world, WEDNESDAY, "09:00", track="morning", minutes=60)
    put(world, WEDNESDAY, "10:10", track="morning", minutes=60)
    await until(world, "03-04 09:05")
    await ana.says("/schedule")  # plans anew
    await until(world, "03-04 12:00")
    assert heard(ana) == ["Reminder 09:00"]


async def test_three_weeks_of_holidays_end_no_reminders(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, WEDNESDAY, track="evening", weekdays=(2,))
    with world.work() as work:
        holidays.add(work, date(2026, 3, 5), date(2026, 3, 31), "", person_of(work, world.primary))
    await until(world, "03-20 12:00")
    assert waiting(world, ana) == ["03-31 18:00"]
    await until(world, "04-01 18:30")
    assert heard(ana)[-1] == "Reminder 18:00"


async def test_someone_who_travels_is_not_woken_and_reminded_once(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, WEDNESDAY, track="evening")
    with world.work() as work:
        person = person_of(work, ana)
        person.zone, person.country = "Europe/Madrid", "ES"  # 18:00 in New York is their midnight
    await until(world, "03-04 20:00")
    assert times(world, "Ana") == ["03-04 07:00", "03-04 22:00"]
