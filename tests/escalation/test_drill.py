"""The drill walks the real path, shows itself in its chat alone, and is known to no list and no figure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot import jobs, outbox, people
from bot.channels import drilling
from bot.demo.botapi.people import SimUser
from bot.escalation import drill, store, watchdog
from bot.inbound import Inbound, Kind
from bot.models import Case, CaseState, Drill, Due, DueState, Job, Outbox, OutboxState, Person, Role
from bot.staff.caseload import store as caseload
from bot.staff.register import store as register
from tests.staff.helpers import CRISIS
from tests.world import World, world_at

ROOM = 4290


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[World]:
    """A clinic with a chat for drills."""
    async with world_at(tmp_path, drill_chat=ROOM) as world:
        room(world)
        yield world


def room(world: World) -> SimUser:
    found: SimUser = world.api.user(ROOM, "Drills")
    found.started = True
    return found


async def walk(world: World, reason: str = "command") -> Drill:
    """Ask for a drill and let the bot perform it."""
    with world.work() as work:
        job = jobs.put(work, drill.KIND, f"drill:test:{datetime.now(UTC).isoformat()}", reason=reason)
        assert job is not None
    performing = asyncio.create_task(world.app.drills.once())
    while not performing.done():
        await world.settle()
        await asyncio.sleep(0)
    assert await performing
    await world.settle()
    with world.work() as work:
        row = drill.newest(work.session)[0]
        done = work.session.get_one(Job, job.id)
        assert done.args["drill"] == row.id
        assert (done.state, done.failure) == (jobs.FAILED if row.failure else jobs.DONE, row.failure)
        return row


def words(world: World) -> list[str]:
    """What was shown in the drill's chat, taken back or not."""
    with world.work() as work:
        rows = work.session.exec(select(Outbox.template).where(col(Outbox.chat_id) == ROOM, col(Outbox.edits_id).is_(None)))
        return [key or "" for key in rows]


async def test_a_drill_walks_from_words_to_close_and_leaves_nothing_in_its_chat(clinic: World) -> None:
    passed = await walk(clinic)
    assert passed.failure is None
    assert passed.telegram
    stretches = [passed.answered_ms, passed.paged_ms, passed.acknowledged_ms, passed.closed_ms]
    assert None not in stretches
    assert stretches == sorted(one for one in stretches if one is not None)
    for key in ("crisis/suicide", "crisis/card", "alerts/page", "crisis/paged", "crisis/seen", "relay/to_patient", "crisis/closed"):
        assert key in words(clinic)
    assert [message for message in room(clinic).received if not message.deleted] == []
    with clinic.work() as work:
        case = work.session.exec(select(Case)).one()
        assert (case.kind, case.level, case.state, case.outcome) == ("drill", "emergency", CaseState.CLOSED, "drill")
        assert case.number > drill.NUMBERS
        assert work.session.exec(select(Due).where(col(Due.state) == DueState.WAITING)).all() == []


@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_invented_words_are_an_emergency_in_both_languages(tmp_path: Path, language: str) -> None:
    async with world_at(tmp_path, language=language) as world:
        assert (await walk(world)).failure is None
        with world.work() as work:
            assert work.session.exec(select(Case.level)).one() == "emergency"


async def test_what_is_shown_is_marked_silent_and_has_no_buttons(clinic: World) -> None:
    await walk(clinic)
    with clinic.work() as work:
        rows = work.session.exec(select(Outbox).where(col(Outbox.chat_id) == ROOM, col(Outbox.edits_id).is_(None))).all()
        shown = [message for row in rows if (message := outbox.opened(work, row)) is not None]
    assert len(shown) > 6
    assert all(message.silent and not message.keys and message.reply_keys is None for message in shown)
    assert all(message.text.startswith("DRILL ") for message in shown if message.kind == "text")


async def test_nobody_of_the_staff_is_paged_and_no_list_knows_it(clinic: World) -> None:
    sam = await clinic.hire("Sam Green", Role.SUPERVISOR)
    await walk(clinic)
    for phone in (clinic.primary, clinic.backup, sam):
        assert phone.all == []
    await sam.says("/alerts")
    assert "900" not in sam.last.text
    with clinic.work() as work:
        person = people.get(work.session, sam.person_id) if sam.person_id else None
        assert person is not None
        assert store.business_of(work, person) == []
        assert list(caseload.patients(work, person)) == []
        assert register.patients(work) == []
        assert all(not one.fictitious for one in people.staff(work.session))
        assert len(register.members(work)) == 3
        assert watchdog.look(work).open == 0


async def test_real_cases_keep_their_numbers(clinic: World) -> None:
    await walk(clinic)
    ana = await clinic.enrol()
    await ana.says(CRISIS)
    assert ana.case is not None
    assert ana.case.number == 1
    await walk(clinic)
    assert [seen.key for seen in clinic.primary.all] == ["alerts/page"]


async def test_without_a_chat_the_drill_runs_and_says_that_telegram_was_left_out(world: World) -> None:
    passed = await walk(world)
    assert (passed.failure, passed.telegram) == (None, False)
    assert passed.closed_ms is not None
    with world.work() as work:
        assert work.session.exec(select(Outbox)).all() == []


async def test_a_chat_that_cannot_be_written_to_fails_the_page_and_supervisors_hear_it(clinic: World) -> None:
    sam = await clinic.hire("Sam Green", Role.SUPERVISOR)
    room(clinic).block()
    failed = await walk(clinic)
    assert failed.failure == "paged"
    assert [seen.text.split(" Please")[0] for seen in sam.all] == ["The drill did not come through. It stopped here: page."]
    with clinic.work() as work:
        assert store.open_cases(work.session) == []
        assert drill.verdict(work) == "failed"
        assert all(one.state is not OutboxState.WAITING for one in work.session.exec(select(Outbox).where(col(Outbox.chat_id) == ROOM)))


async def test_a_dead_sender_fails_the_answer(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drilling, "STRETCH_S", 0.3)
    clinic.api.faults.http_500("send*", chat_id=ROOM, count=None)
    failed = await walk(clinic)
    assert failed.failure == "answered"


async def test_a_walk_that_was_cut_off_is_cleared_away_by_the_next(clinic: World) -> None:
    with clinic.work() as work:
        begun = drill.begin(work, "command")
    sam = await clinic.hire("Sam Green", Role.SUPERVISOR)
    patient = drilling._Walk(begun, 0.0)
    await clinic.app.drills._receive(patient, drill.Stretch.ANSWER, drill.PATIENT_CHAT, text=begun.words)
    await clinic.settle()
    with clinic.work() as work:
        assert len(store.open_cases(work.session)) == 1
        person = people.get(work.session, sam.person_id) if sam.person_id else None
        assert person is not None
        assert store.business_of(work, person) == []  # not even while it is open
    clinic.clock.move_to(clinic.clock.now() + timedelta(minutes=11))
    with clinic.work() as work:
        assert drill.verdict(work) == "failed"
    passed = await walk(clinic)
    assert passed.failure is None
    with clinic.work() as work:
        assert store.open_cases(work.session) == []
        assert drill.verdict(work) == "good"


async def test_a_process_that_stops_in_the_middle_leaves_the_walk_to_the_next(clinic: World) -> None:
    with clinic.work() as work:
        jobs.put(work, drill.KIND, "drill:test:stopped")
    performing = asyncio.create_task(clinic.app.drills.once())
    for _ in range(10_000):  # until its case is open
        await asyncio.sleep(0)
        if performing.done() or work_of(clinic):
            break
    performing.cancel()
    await asyncio.gather(performing, return_exceptions=True)
    with clinic.work() as work:
        job = work.session.exec(select(Job)).one()
        assert (job.state, job.failure) == (jobs.WAITING, None)
        assert drill.verdict(work) == "none"
    performing = asyncio.create_task(clinic.app.drills.once())
    while not performing.done():
        await clinic.settle()
        await asyncio.sleep(0)
    with clinic.work() as work:
        assert drill.verdict(work) == "good"
        assert store.open_cases(work.session) == []


def work_of(world: World) -> int:
    """How many open cases there are."""
    with world.work() as work:
        return len(store.open_cases(work.session))


async def test_a_good_drill_counts_for_26_hours(clinic: World) -> None:
    with clinic.work() as work:
        assert drill.verdict(work) == "none"
    await walk(clinic)
    for hours, verdict in ((25, "good"), (2, "old")):
        clinic.clock.move_to(clinic.clock.now() + timedelta(hours=hours))
        with clinic.work() as work:
            assert drill.verdict(work) == verdict


async def test_the_daily_one_is_asked_for_once_a_day_when_its_time_has_come(tmp_path: Path) -> None:
    async with world_at(tmp_path, drill_at="10:30") as world:

        def asked() -> int:
            with world.work() as work:
                drill.plan_today(work)
                return len(work.session.exec(select(Job)).all())

        assert asked() == 0  # 10:00 in New York
        world.clock.move_to(world.clock.now() + timedelta(minutes=45))
        assert asked() == 1
        assert asked() == 1
        world.clock.move_to(world.clock.now() + timedelta(hours=24))
        assert asked() == 2
    (tmp_path / "off").mkdir()
    async with world_at(tmp_path / "off", drill_at="off") as world:
        world.clock.move_to(world.clock.now() + timedelta(hours=12))
        assert asked() == 0


async def test_the_group_that_shows_drills_is_not_left(tmp_path: Path) -> None:
    async with world_at(tmp_path, drill_chat=-100200) as world:
        for number, chat in enumerate((-100200, -100300)):
            update = Inbound(update_id=5000 + number, kind=Kind.TEXT, chat_id=chat, private=False, at=world.clock.now(), text="hi")
            await world.app.pipeline.receive([update])
        assert world.app.pipeline._leaving == {-100300}
        await world.app.pipeline.idle()


async def test_the_fictitious_people_are_made_once(clinic: World) -> None:
    await walk(clinic)
    await walk(clinic)
    with clinic.work() as work:
        assert len(work.session.exec(select(Person).where(col(Person.fictitious).is_(True))).all()) == 2
