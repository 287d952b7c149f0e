"""The reminder over days, and days without a check-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from bot import due, people, rhythm
from bot.content.files import LANGS
from bot.content.prose import load_style, shown_words
from bot.escalation import tasks
from bot.models import Case, CaseState, Due, DueState, Outbox, Person, Started, Status, Task
from bot.work import Work
from tests.world import Phone, World, content, world_at

THREE = ("2", "No", "No")
REMINDERS = ("checkin/remind", "checkin/nudge", "checkin/nudge_again")


def person_of(work: Work, phone: Phone) -> Person:
    assert phone.person_id is not None
    return people.get(work.session, phone.person_id)


async def patient(world: World, *, wall: str = "18:00", name: str = "Ana", **of: Any) -> Phone:
    """A patient whose reminders are planned."""
    phone = await world.enrol(name, **of)
    change(world, phone, checkin_at=wall)
    return phone


def change(world: World, phone: Phone, **values: Any) -> None:
    """Set something of a person, and plan as settings do."""
    with world.work() as work:
        person = person_of(work, phone)
        for name, value in values.items():
            setattr(person, name, value)
        rhythm.plan_checkin(work, person)


def sent(world: World, phone: Phone) -> list[tuple[str, str]]:
    """The reminders that went out: (local date and time, template), in order."""
    with world.work() as work:
        zone = ZoneInfo(person_of(work, phone).zone)
        rows = select(Outbox).where(col(Outbox.person_id) == phone.person_id, col(Outbox.kind) == "text", col(Outbox.sent_at).is_not(None))
        found = [row for row in work.session.exec(rows.order_by(col(Outbox.id))) if row.template in REMINDERS]
        return [
            (f"{row.sent_at.astimezone(zone):%m-%d %H:%M}", (row.template or "").removeprefix("checkin/")) for row in found if row.sent_at
        ]


def silences(world: World, phone: Phone) -> list[datetime]:
    """When the counselor was given an item about silence."""
    with world.work() as work:
        rows = select(Task).where(col(Task.person_id) == phone.person_id, col(Task.kind) == "silence").order_by(col(Task.id))
        return [task.created_at for task in work.session.exec(rows)]


async def checks_in(phone: Phone, *labels: str) -> None:
    await phone.says("/checkin")
    for label in labels:
        await phone.taps(label)


@asynccontextmanager
async def starting(folder: Path, start: datetime) -> AsyncIterator[World]:
    async with world_at(folder, start) as world:
        yield world


async def test_a_week_of_silence_brings_a_nudge_then_one_tap_answers_then_a_task(world: World) -> None:
    ana = await patient(world)
    await world.passes(days=7)
    assert sent(world, ana) == [
        ("03-03 18:00", "remind"),
        ("03-04 18:00", "nudge"),
        ("03-05 18:00", "nudge_again"),
        ("03-06 18:00", "remind"),
        ("03-07 18:00", "remind"),
        ("03-08 18:00", "remind"),
        ("03-09 18:00", "remind"),
    ]
    assert [f"{at:%m-%d}" for at in silences(world, ana)] == ["03-06"]


async def test_a_week_of_check_ins_loses_and_doubles_no_reminder(world: World) -> None:
    ana = await patient(world)
    for _ in range(7):
        await world.passes(hours=9)
        await ana.taps("Start")
        for label in THREE:
            await ana.taps(label)
        await world.passes(hours=15)
    assert sent(world, ana) == [(f"03-{day:02d} 18:00", "remind") for day in range(3, 10)]
    assert silences(world, ana) == []


async def test_nothing_is_sent_on_a_day_that_is_done(world: World) -> None:
    ana = await patient(world)
    await checks_in(ana, *THREE)
    await world.passes(hours=12)
    assert sent(world, ana) == []
    await world.passes(hours=24)
    assert sent(world, ana) == [("03-04 18:00", "remind")]


async def test_a_check_in_that_does_not_count_yet_is_still_reminded_of(world: World) -> None:
    ana = await patient(world)
    await checks_in(ana, "2")
    await world.passes(hours=12)
    assert sent(world, ana) == [("03-03 18:00", "remind")]
    await ana.taps("Start")
    assert ana.last.key == "checkin/use"


async def test_im_ok_begins_the_count_of_silent_days_anew(world: World) -> None:
    ana = await patient(world)
    await world.passes(days=2, hours=10)
    await ana.taps("I'm OK")
    assert ana.last.labels == ["Start"]  # the nudge itself now answers
    assert ana.case is None
    await world.passes(days=3)
    assert [template for _, template in sent(world, ana)] == ["remind", "nudge", "nudge_again", "remind", "nudge", "nudge_again"]
    assert silences(world, ana) == []
    await world.passes(days=1)
    assert len(silences(world, ana)) == 1


async def test_i_need_help_brings_a_person_today(world: World) -> None:
    ana = await patient(world, language="es")
    await world.passes(days=2, hours=10)
    assert "una persona le escribirá hoy" in ana.last.text
    await ana.taps("Necesito ayuda")
    assert ana.case is not None and ana.case.level == "urgent"
    assert "crisis/talk" in ana.keys and world.primary.pages


async def test_the_buttons_of_an_old_nudge_still_reach_a_person_and_twice_is_one_case(world: World) -> None:
    ana = await patient(world)
    await world.passes(days=2, hours=10)
    nudge = ana.user.received[-1]
    await world.passes(days=2)
    await ana.taps("I need help", message=nudge)
    await ana.forges("checkin.help", message=nudge)
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1


async def test_a_check_in_after_silence_makes_the_words_usual_again(world: World) -> None:
    ana = await patient(world)
    await world.passes(days=1, hours=10)
    await checks_in(ana, *THREE)
    await world.passes(days=1)
    assert [template for _, template in sent(world, ana)] == ["remind", "nudge", "remind"]


async def test_a_second_silence_is_a_second_item(world: World) -> None:
    ana = await patient(world)
    await world.passes(days=4, hours=10)
    await checks_in(ana, *THREE)
    await world.passes(days=4)
    assert len(silences(world, ana)) == 2


async def test_nothing_while_paused_and_no_silence_either(world: World) -> None:
    ana = await patient(world)
    change(world, ana, paused_until=world.clock.now() + timedelta(days=5))
    await world.passes(days=5)
    assert sent(world, ana) == [] and silences(world, ana) == []
    await world.passes(days=1)
    assert [template for _, template in sent(world, ana)] == ["remind"]


async def test_a_pause_that_is_ended_early_leaves_no_silence_behind(world: World) -> None:
    ana = await patient(world)
    change(world, ana, paused_until=world.clock.now() + timedelta(days=30))
    await world.passes(days=6)
    change(world, ana, paused_until=None)
    await world.passes(days=1)
    assert [template for _, template in sent(world, ana)] == ["remind"] and silences(world, ana) == []


async def test_silent_mode_gets_nothing_and_is_no_silence(world: World) -> None:
    ana = await patient(world)
    with world.work() as work:
        person_of(work, ana).silent_since = work.now
    await world.passes(days=5)
    assert sent(world, ana) == [] and silences(world, ana) == []


async def test_nothing_with_reminders_off_and_again_when_switched_on(world: World) -> None:
    ana = await patient(world)
    change(world, ana, reminders_off=["checkin"])
    await world.passes(days=2)
    assert sent(world, ana) == []
    change(world, ana, reminders_off=[])
    await world.passes(days=1)
    assert [template for _, template in sent(world, ana)] == ["remind"]


@pytest.mark.parametrize("status", [Status.IN_HOSPITAL, Status.IN_CUSTODY, Status.DISCHARGED, Status.DECEASED])
async def test_nothing_for_who_is_not_in_the_programme_now(world: World, status: Status) -> None:
    ana = await patient(world)
    with world.work() as work:
        person_of(work, ana).status = status  # the reminder is planned already
    await world.passes(days=1)
    assert sent(world, ana) == []


async def test_nothing_while_a_case_is_open_and_no_backlog_after(world: World) -> None:
    ana = await patient(world)
    await ana.says("I want to kill myself")
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        case.holder_id, case.acknowledged_at, case.word_at, case.next_page_at = world.primary.person_id, work.now, work.now, None
    await world.passes(days=4)
    assert sent(world, ana) == [] and silences(world, ana) == []
    with world.work() as work:
        case = work.session.exec(select(Case).where(col(Case.state) == CaseState.OPEN)).one()
        case.state, case.closed_at, case.next_page_at, case.word_due_at = CaseState.CLOSED, work.now, None, None
    await world.passes(hours=24)
    assert [template for _, template in sent(world, ana)] == ["remind"]


async def test_a_process_that_stood_still_for_two_days_sends_no_burst(world: World) -> None:
    ana = await patient(world)
    world.clock.move_to(world.clock.now() + timedelta(days=2, hours=13))  # 23:00, two evenings and a half were missed
    await world.tick()
    assert sent(world, ana) == []
    with world.work() as work:
        rows = work.session.exec(select(Due).where(col(Due.kind) == rhythm.KIND)).all()
        assert sorted(row.state for row in rows) == [DueState.DROPPED, DueState.WAITING]
    await world.passes(days=1)
    assert sent(world, ana) == [("03-06 18:00", "remind")]  # nobody's silence: nothing had been asked
    assert silences(world, ana) == []


async def test_an_hour_late_is_still_useful_four_are_not(world: World) -> None:
    early, late = await patient(world), await patient(world, wall="11:00", name="Ben")
    world.clock.move_to(datetime(2026, 3, 4, 0, 30, tzinfo=UTC))  # 19:30
    await world.tick()
    assert sent(world, early) == [("03-03 19:30", "remind")]
    assert sent(world, late) == []


async def test_nothing_after_nine_in_the_evening_however_late_the_process_comes_back(world: World) -> None:
    ana = await patient(world, wall="20:45")
    world.clock.move_to(datetime(2026, 3, 4, 2, 10, tzinfo=UTC))  # 21:10, within the three useful hours
    await world.tick()
    assert sent(world, ana) == []
    await world.passes(days=1)
    assert sent(world, ana) == [("03-04 20:45", "remind")]


async def test_a_reminder_that_could_not_be_sent_in_time_is_not_sent_at_night(world: World) -> None:
    ana = await patient(world, wall="20:45")
    with world.work() as work:
        found = work.session.exec(select(Due).where(col(Due.kind) == rhythm.KIND)).one()
        assert found.useful_until == found.due_at + timedelta(hours=3)
    await world.passes(hours=11)
    with world.work() as work:
        row = work.session.exec(select(Outbox).where(col(Outbox.template) == "checkin/remind")).one()
        assert row.expires_at == due.instant_of(date(2026, 3, 3), time(21, 0), "America/New_York")
    assert len(sent(world, ana)) == 1


async def test_the_cap_of_two_messages_a_day_holds_and_silence_is_told_all_the_same(world: World) -> None:
    ana = await patient(world)
    for day in range(5):
        with world.work() as work:
            for _ in range(due.STARTED_A_DAY):
                local = (datetime(2026, 3, 3, tzinfo=UTC) + timedelta(days=day)).date().isoformat()
                work.session.add(Started(person_id=person_of(work, ana).id, local_date=local, kind="other", at=work.now))
    await world.passes(days=4)
    assert sent(world, ana) == []
    assert len(silences(world, ana)) == 1


async def test_the_silence_item_goes_to_the_owner_for_the_next_working_morning(world: World) -> None:
    ana = await patient(world)
    with world.work() as work:
        chart = people.patient_of(work.session, person_of(work, ana).id)
        assert chart is not None
        chart.owner_id = world.primary.person_id
    await world.passes(days=4)
    with world.work() as work:
        assert world.primary.person_id is not None
        mine = tasks.open_tasks(work, people.get(work.session, world.primary.person_id))
        silence = next(task for task in mine if task.kind == "silence")
        assert silence.due_at == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)  # told on Friday evening: Monday, 09:00 in New York


async def test_the_spring_change_of_clocks_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with starting(tmp_path, datetime(2026, 3, 6, 15, 0, tzinfo=UTC)) as world:
        ana = await patient(world)
        await world.passes(days=4)
        assert [at for at, _ in sent(world, ana)] == ["03-06 18:00", "03-07 18:00", "03-08 18:00", "03-09 18:00"]


async def test_the_autumn_change_of_clocks_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with starting(tmp_path, datetime(2026, 10, 23, 10, 0, tzinfo=UTC)) as world:
        ana = await patient(world, zone="Europe/Madrid", country="ES", language="es", wall="08:30")
        await world.passes(days=4)
        assert [at for at, _ in sent(world, ana)] == ["10-24 08:30", "10-25 08:30", "10-26 08:30", "10-27 08:30"]


async def test_a_move_to_another_zone_keeps_the_wall_time(world: World) -> None:
    ana = await patient(world)
    await world.passes(days=1)
    change(world, ana, zone="America/Los_Angeles")
    await world.passes(days=2)
    assert [at for at, _ in sent(world, ana)][1:] == ["03-04 18:00", "03-05 18:00"]


async def test_a_doubled_tick_sends_one_reminder(world: World) -> None:
    ana = await patient(world)
    await world.passes(hours=8)
    await world.tick()
    await world.tick()
    assert len(sent(world, ana)) == 1


async def test_what_the_bot_starts_shows_nothing_on_a_locked_phone() -> None:
    style = load_style(content().folders)
    for key in (*REMINDERS, "checkin/go_on"):
        for lang in LANGS:
            assert shown_words(content().texts.render(key, lang, {"zone": "UTC"}), lang, style) == []
