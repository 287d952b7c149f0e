"""What a crisis asks of the rota: few reads, once a transaction, and never an old answer after a change."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from bot import people
from bot.escalation import duty
from bot.staff.oncall import planning, store
from bot.staff.oncall.planning import Weekly
from tests.staff.rota import plan, staff_id
from tests.world import World


async def test_a_transaction_reads_the_rota_once_in_a_handful_of_statements(world: World) -> None:
    with world.work() as work:
        dana = people.get(work.session, staff_id(world.primary))
        for position in ("primary", "backup"):
            planning.add_rotation(work, position, [dana], every=7, at="09:00", from_date=work.now.date() - timedelta(days=500))
            planning.add_fixed(work, position, dana, Weekly(range(7), "08:00", "17:00"))
    for hours in range(24, 44):
        plan(world, "primary", world.backup, hours, 1)
    statements: list[str] = []
    event.listen(world.app.services.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with world.work() as work:
        for _ in range(5):
            duty.on_call(work, "primary", work.now)
            duty.on_call(work, "backup", work.now)
        assert len([one for one in statements if one.startswith("SELECT")]) == 5  # overrides, rules, people, leave, taps


async def test_a_change_counts_in_the_transaction_that_made_it(world: World) -> None:
    with world.work() as work:
        luis = people.get(work.session, staff_id(world.backup))
        before = duty.on_call(work, "primary", work.now)
        assert before is not None
        store.set_shift(work, "primary", luis, work.now, None)
        after = duty.on_call(work, "primary", work.now)
        assert after is not None
        assert (before.id, after.id) == (world.primary.person_id, luis.id)
        luis.removed_at = work.now
        assert duty.on_call(work, "primary", work.now) is None
