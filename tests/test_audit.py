"""The audit: rows are chained after the commit, and whoever changes, adds or takes one is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot import audit
from bot.errors import SetupError
from bot.models import Audit
from bot.vault import Vault
from bot.work import Work
from tests.world import World


async def written(world: World, count: int = 5) -> None:
    with world.work() as work:
        for number in range(count):
            audit.record(work, "test.done", number=number)
    await world.app.ticker.tick()


def verdict(world: World) -> int | None:
    with world.work() as work:
        return audit.verify(work.session, work.vault)


async def test_committed_rows_are_chained_by_the_next_tick_and_the_chain_goes_on(world: World) -> None:
    for _ in range(3):
        await written(world)
        assert verdict(world) is None
    with world.work() as work:
        rows = work.session.exec(select(Audit)).all()
        assert [row.chain_no for row in rows] == list(range(1, len(rows) + 1))
        number, mac = audit.head(work.session)
    assert (number, len(mac)) == (len(rows), 64)


async def test_a_row_that_is_not_chained_yet_is_no_tampering(world: World) -> None:
    await written(world)
    with world.work() as work:
        audit.record(work, "test.later")
    assert verdict(world) is None


def changed(work: Work) -> None:
    work.session.execute(text("UPDATE audit SET action = 'test.other' WHERE chain_no = 3"))


def moved(work: Work) -> None:
    work.session.execute(text("UPDATE audit SET at = '2026-01-01 00:00:00.000000' WHERE chain_no = 3"))


def counted(work: Work) -> None:
    work.session.execute(text("UPDATE audit SET details = '{\"number\": 99}' WHERE chain_no = 3"))


def taken(work: Work) -> None:
    work.session.execute(text("DELETE FROM audit WHERE chain_no = 3"))


def taken_and_closed_up(work: Work) -> None:
    taken(work)
    for number in (4, 5):
        work.session.execute(text(f"UPDATE audit SET chain_no = {number - 1} WHERE chain_no = {number}"))


def swapped(work: Work) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        work.session.execute(text(f"UPDATE audit SET chain_no = {new} WHERE chain_no = {old}"))


def unchained(work: Work) -> None:
    work.session.execute(text("UPDATE audit SET chain_no = NULL, mac = NULL WHERE chain_no = 3"))


@pytest.mark.parametrize("tampering", [changed, moved, counted, taken, taken_and_closed_up, swapped, unchained])
async def test_tampering_is_found_at_its_row(world: World, tampering: Callable[[Work], None]) -> None:
    await written(world)
    with world.work() as work:
        tampering(work)
    assert verdict(world) == 3


async def test_taking_the_newest_rows_is_found(world: World) -> None:
    await written(world)
    with world.work() as work:
        last = audit.head(work.session)[0]
        work.session.execute(text(f"DELETE FROM audit WHERE chain_no > {last - 2}"))
    assert verdict(world) == last - 1


async def test_nobody_without_the_key_can_chain(world: World) -> None:
    await written(world)
    with world.work() as work:
        audit.record(work, "test.forged")
    stranger = Vault([bytes(range(32))])
    with world.work() as work:
        assert audit.seal(work.session, stranger) == 1
        number = audit.head(work.session)[0]
    with world.work() as work, pytest.raises(SetupError):
        audit.verify(work.session, work.vault)  # it names a key that the ring does not hold
    with world.work() as work:
        work.session.execute(text(f"UPDATE audit SET key_id = '{work.vault.fingerprint}' WHERE chain_no = {number}"))
    assert verdict(world) == number


async def test_the_days_head_stands_in_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await written(world)
    told = capsys.readouterr().err
    with world.work() as work:
        number, mac = audit.head(work.session)
    assert told.count("audit.head") == 1
    assert mac in told and f"number={number}" in told
    await world.passes(hours=24)
    assert "audit.head" in capsys.readouterr().err
