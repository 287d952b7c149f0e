"""The audit of open cases: what stands still is pushed and told once; what is well is left alone."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from bot import people
from bot.config import Settings
from bot.content.library import Content
from bot.db import Database
from bot.escalation import policy, watchdog
from bot.models import Case, CaseState, Outbox, OutboxState, Page, PageState, Person, Role
from bot.safety.levels import Category, Level
from bot.vault import Vault
from bot.work import Work
from tests.staff.helpers import CRISIS, danger
from tests.world import KEY, START, World, content


def change(world: World, **values: Any) -> None:
    """Break the only case by hand, as a bug or a hand in the database might."""
    with world.work() as work:
        work.session.execute(update(Case).values(**values))


def look(world: World) -> watchdog.Verdict:
    with world.work() as work:
        return watchdog.look(work)


async def test_a_case_that_runs_its_course_is_well_at_every_minute(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    for _ in range(12):
        assert look(world).good
        await world.passes(minutes=1)
    await world.primary.taps("Acknowledge")
    for _ in range(30):
        assert look(world).good
        await world.passes(minutes=1)


async def test_a_case_that_nobody_can_be_paged_for_is_well_while_the_round_is_tried_again(world: World) -> None:
    world.on_call("primary", None)
    world.on_call("backup", None)
    world.primary.user.block()
    world.backup.user.block()
    await world.passes(minutes=1)
    ana = await world.enrol()
    await danger(world, ana)
    for _ in range(10):
        await world.passes(minutes=1)
        assert look(world).good


async def test_a_case_without_a_next_step_is_pushed_and_paged_again(world: World) -> None:
    sam = await world.hire("Sam Green", Role.SUPERVISOR)
    olga = await world.hire("Olga Ruiz", Role.OPERATOR)
    ana = await world.enrol("Ana Torres")
    await ana.says(CRISIS)
    change(world, next_page_at=None)
    await world.passes(seconds=70)
    assert len(world.primary.pages) == 2
    for phone in (sam, olga):
        told = [seen for seen in phone.all if seen.key == "watchdog/stuck"]
        assert [seen.text for seen in told] == ["Case 1 stood still. I pushed it on. Please look now."]
    assert ana.case is not None
    assert ana.case.next_page_at is not None


async def test_a_step_that_a_wrong_clock_put_hours_away_is_not_waited_for(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    # The process stopped, and the machine woke up with an earlier time that nothing in the database gives away.
    world.clock.move_to(world.clock.now() - timedelta(hours=5))
    world.app.ticker._latest = world.clock.now()
    world.look()
    await world.passes(minutes=2)
    assert "alerts/page" in world.primary.keys
    await world.primary.taps("Acknowledge")
    world.clock.move_to(world.clock.now() - timedelta(hours=9))
    world.app.ticker._latest = world.clock.now()
    world.look()
    await world.passes(minutes=2)
    assert "alerts/page_no_word" in world.primary.keys


async def test_what_stays_stuck_is_told_once_and_again_only_after_it_moved(world: World) -> None:
    sam = await world.hire("Sam Green", Role.SUPERVISOR)
    ana = await world.enrol()
    await ana.says(CRISIS)
    for _ in range(5):
        change(world, next_page_at=world.clock.now() - timedelta(minutes=5))
        world.clock.move_to(world.clock.now() + timedelta(minutes=1))
        assert look(world).stuck == (1,)
    await world.settle()
    assert len([seen for seen in sam.all if seen.key == "watchdog/stuck"]) == 1
    await world.passes(minutes=2)
    assert ana.case is not None
    assert ana.case.stuck_at is None


async def test_a_page_that_was_lost_is_noticed(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    with world.work() as work:
        work.session.execute(update(Page).values(state=PageState.QUEUED))
        work.session.execute(update(Outbox).where(col(Outbox.page_id).is_not(None)).values(state=OutboxState.DROPPED))
    world.clock.move_to(world.clock.now() + timedelta(seconds=90))
    assert look(world).stuck == (1,)


@pytest.mark.parametrize(
    "values",
    [{"word_due_at": None}, {"holder_id": None}, {"word_due_at": START - timedelta(minutes=2)}],
    ids=["no promise", "no holder", "promise long broken"],
)
async def test_an_acknowledged_case_has_a_holder_and_a_promise(world: World, values: dict[str, Any]) -> None:
    ana = await world.enrol()
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await world.primary.taps("Acknowledge")
    assert look(world).good
    change(world, **values)
    assert look(world).stuck == (1,)
    await world.tick()
    assert look(world).good
    assert len(world.primary.pages) + len(world.backup.pages) > 1


async def test_a_closed_case_is_never_looked_at(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    change(world, state=CaseState.CLOSED, next_page_at=None)
    assert look(world) == watchdog.Verdict(world.clock.now(), 0, ())


def fill(work: Work, vault: Vault, shipped: Content) -> None:
    """1,000 open cases that are well, 20,000 that are closed."""
    chain = policy.snapshot(shipped.policies.emergency)
    staff = people.add(work, Role.COUNSELOR, chat_id=1)
    patients = [Person(number=100 + n, role=Role.PATIENT, language="en", country="US", zone="UTC", created_at=START) for n in range(1000)]
    work.session.add_all(patients)
    work.session.flush()
    rows: list[dict[str, Any]] = []
    for number in range(21_000):
        patient: UUID = patients[number % 1000].id
        row = Case(number=number + 1, person_id=patient, level="emergency", category="suicide", opened_at=START, level_at=START)
        row.policy, row.next_page_at = chain, START + timedelta(minutes=2)
        row.state = CaseState.OPEN if number < 1000 else CaseState.CLOSED
        rows.append({name: getattr(row, name) for name in Case.model_fields})
    work.session.execute(Case.__table__.insert(), rows)  # type: ignore[attr-defined]
    ids = work.session.exec(select(Case.id).where(col(Case.state) == CaseState.OPEN)).all()
    pages = [
        {
            "case_id": one,
            "staff_id": staff.id,
            "step": 0,
            "reason": "step",
            "level": "emergency",
            "state": PageState.SENT,
            "created_at": START,
        }
        for one in ids
    ]
    work.session.execute(Page.__table__.insert(), pages)  # type: ignore[attr-defined]


def test_a_thousand_open_cases_are_looked_at_in_a_moment(database: Database) -> None:
    settings = Settings.load(encryption_keys=KEY)
    vault, shipped = Vault(settings.keys), content()
    with database.transaction() as session:
        fill(Work(session, START, shipped, vault, settings), vault, shipped)
    with database.transaction() as session:
        work = Work(session, START + timedelta(seconds=90), shipped, vault, settings)
        watchdog.look(work)
        started = time.perf_counter()
        verdict = watchdog.look(work)
        looked = time.perf_counter() - started
        session.exec(select(Case).limit(2000)).all()
        read = time.perf_counter() - started - looked
    assert (verdict.open, verdict.good) == (1000, True)
    assert looked < read / 3  # beside reading a tenth of all cases, on the same machine
