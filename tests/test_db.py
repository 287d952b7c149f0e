"""The database: instants, enums, transactions that lose nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, SQLModel, col, select, update

from bot import schema
from bot.db import Database, affected
from bot.ids import uuid7
from bot.models import Audit, Counter, Due, DueState, Lane, Outbox, Person, Role
from tests.world import START

AT = datetime(2026, 3, 8, 12, 0, tzinfo=timezone(timedelta(hours=2)))


def store(database: Database, *rows: SQLModel) -> None:
    """Write rows in a transaction of their own."""
    with database.transaction() as session:
        session.add_all(rows)


def test_an_instant_comes_back_as_the_same_instant_in_utc(database: Database) -> None:
    with database.transaction() as session:
        session.add(Audit(at=AT, actor="system", action="trial.ran"))
    with database.transaction() as session:
        (row,) = session.exec(select(Audit)).all()
        assert (row.at, row.at.tzinfo) == (AT, UTC)


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError):
        store(database, Audit(at=datetime(2026, 3, 8, 12, 0), actor="system", action="trial.ran"))  # noqa: DTZ001


def test_instants_are_compared_as_instants(database: Database) -> None:
    zone = ZoneInfo("America/New_York")
    first, second = datetime(2026, 11, 1, 1, 30, tzinfo=zone), datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=zone)
    with database.transaction() as session:
        session.add_all([Audit(at=at, actor="system", action="trial.ran") for at in (second, first)])
    with database.transaction() as session:
        found = session.exec(select(Audit.at).where(col(Audit.at) > first)).all()
        assert found == [second.astimezone(UTC)]


def test_a_member_of_a_set_is_kept_as_its_value(database: Database) -> None:
    with database.transaction() as session:
        session.add(Outbox(chat_id=1, lane=Lane.CRISIS, kind="text", due_at=AT, created_at=AT))
        session.add(Due(kind="trial", key="trial:1", due_at=AT, created_at=AT))
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT lane, state FROM outbox").one() == (1, "waiting")
    with database.transaction() as session:
        assert session.exec(select(Outbox)).one().lane is Lane.CRISIS
        assert session.exec(select(Due)).one().state is DueState.WAITING


def add_one(session: Session) -> None:
    """Read, then write what was read plus one: what a weaker transaction loses in silence."""
    row = session.exec(select(Counter).where(col(Counter.name) == "trial").with_for_update()).one()
    row.value += 1


@pytest.mark.parametrize("kind", ["engines", "threads", "executor"])
async def test_of_fifty_concurrent_updates_none_is_lost(database: Database, kind: str) -> None:
    with database.transaction() as session:
        session.add(Counter(name="trial", value=0))

    def in_a_thread(own: Database) -> None:
        with own.transaction() as session:
            add_one(session)

    if kind == "executor":
        await asyncio.gather(*(database.run(add_one) for _ in range(50)))
    else:
        others = [Database(database.url) for _ in range(5)] if kind == "engines" else [database]
        with ThreadPoolExecutor(10) as threads:
            for done in [threads.submit(in_a_thread, others[number % len(others)]) for number in range(50)]:
                done.result()
        for other in others:
            if other is not database:
                other.close()
    with database.transaction() as session:
        assert session.exec(select(Counter.value)).one() == 50


def test_sqlite_takes_the_write_lock_at_the_beginning(sqlite: Database) -> None:
    """With a lock that comes later, two that have read would both believe that they may write."""
    other = sqlite3.connect(sqlite.engine.url.database or "", timeout=0)
    with sqlite.transaction() as session:
        session.exec(select(Counter)).all()
        with pytest.raises(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_sqlite_is_safe_against_a_power_cut_and_lost_links(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert told == ["wal", 2, 1]


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        store(database, Outbox(chat_id=1, person_id=uuid7(), lane=Lane.BULK, kind="text", due_at=AT, created_at=AT))


def test_an_error_takes_the_whole_transaction_back(database: Database) -> None:
    def fail(session: Session) -> None:
        session.add(Counter(name="trial", value=1))
        session.flush()
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"), database.transaction() as session:
        fail(session)
    with database.transaction() as session:
        assert session.exec(select(Counter)).all() == []


async def test_a_cancelled_caller_leaves_no_half_transaction(database: Database) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        session.add(Counter(name="trial", value=1))
        session.flush()
        started.set()
        assert go_on.wait(10)
        session.add(Counter(name="other", value=1))

    running = asyncio.create_task(database.run(slow))
    assert await asyncio.to_thread(started.wait, 10)
    running.cancel()
    go_on.set()
    await asyncio.gather(running, return_exceptions=True)
    # On PostgreSQL another thread may look before the cancelled one has committed: it sees nothing or all of it, never half.
    for _ in range(500):
        names = await database.run(lambda session: sorted(session.exec(select(Counter.name)).all()))
        assert names in ([], ["other", "trial"])
        if names:
            break
        await asyncio.sleep(0.01)
    assert names == ["other", "trial"]


async def test_listeners_hear_of_commits_and_of_nothing_else(database: Database) -> None:
    heard: list[int] = []
    database.on_commit(lambda: heard.append(1))
    await database.run(lambda session: session.add(Counter(name="trial")))
    await database.run_quietly(lambda session: None)
    with pytest.raises(ZeroDivisionError):
        await database.run(lambda session: 1 / 0)
    assert heard == [1]


def test_affected_counts_changed_rows(database: Database) -> None:
    with database.transaction() as session:
        session.add_all([Counter(name=name) for name in "abc"])
        session.flush()
        assert affected(session.execute(update(Counter).where(col(Counter.name) != "a").values(value=1))) == 2


def test_parameters_stay_out_of_errors(database: Database) -> None:
    rows = [Person(number=1, role=Role.PATIENT, language="quiero-morir", country="US", zone="UTC", created_at=AT) for _ in range(2)]
    with pytest.raises(IntegrityError) as refused:
        store(database, *rows)
    assert "quiero-morir" not in str(refused.value).partition("DETAIL")[0]


def test_a_copy_of_a_filled_file_is_made_before_an_upgrade(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'waymark.db'}")
    assert schema.upgrade(database.url, database.engine, now=START) is None  # nothing to copy
    assert schema.upgrade(database.url, database.engine, now=START) is None  # nothing to do
    database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["waymark.db"]
