"""The drill through a bot in a process of its own, and a hanging target beside it: neither holds up a stop."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from bot.escalation import drill
from bot.models import Case, PageDelivery
from tests.channels.server import serving
from tests.e2e.stage import ROOT, Stage, stage

pytestmark = pytest.mark.e2e

ROOM = 4290


async def command(made: Stage) -> tuple[int | None, str]:
    """`waymark drill` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "drill", cwd=ROOT, env={**os.environ, **made.env}, stdout=asyncio.subprocess.PIPE
    )
    out, _none = await process.communicate()
    return process.returncode, out.decode()


async def test_a_drill_walks_through_the_running_process(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.env["WAYMARK_DRILL_CHAT"] = str(ROOM)
        room = made.phone(ROOM, "Drills")
        room.started = True
        dana = made.hire(2001, "Dana", position="primary")
        await made.start()
        code, out = await command(made)
        assert (code, out.splitlines()[-1].split(" in ")[0]) == (0, "The drill passed")
        # The real clock goes on here: in the morning of the clinic the handover comes, whatever the drill does.
        assert [message for message in dana.received if "oncall.handover" not in str(message.inline_keyboard)] == []
        assert [message for message in room.received if not message.deleted] == []
        await made.stop()
        assert made.process is not None
        assert made.process.returncode == 0


async def test_a_kill_in_the_middle_leaves_the_drill_to_the_next_process(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.env["WAYMARK_DRILL_CHAT"] = str(ROOM)
        made.phone(ROOM, "Drills").started = True
        await made.start()
        asked = asyncio.create_task(command(made))
        await made.until(lambda: bool(made.work(lambda work: work.session.exec(select(Case.id)).all())), "the drill's case is open")
        await made.kill()
        made.moves(minutes=5)  # the lease of the stopped process runs out
        await made.start()
        code, _out = await asked
        assert code == 0
        assert made.work(drill.verdict) == "good"
        assert {case.state.value for case in made.work(lambda work: work.session.exec(select(Case)).all())} == {"closed"}


async def test_a_hanging_target_holds_up_neither_the_page_nor_the_stop(tmp_path: Path) -> None:
    with serving() as service:
        service.behave["dana"] = "hang"
        async with stage(tmp_path) as made:
            made.env["WAYMARK_PAGE_URLS"] = json.dumps({"everyone": [service.target("dana"), service.target("team")]})
            dana = made.hire(2001, "Dana", position="primary")
            ana = made.enrol(1001, "Ana")
            await made.start()
            ana.text("I want to kill myself")
            await made.until(lambda: any("Tap Acknowledge" in (message.text or "") for message in dana.received), "Dana is paged")
            await made.until(lambda: service.heard("team") != [] and service.heard("dana") != [], "the targets are called")
            async with asyncio.timeout(20):
                await made.stop()
            assert made.process is not None
            assert made.process.returncode == 0
            states = made.work(lambda work: [row.state for row in work.session.exec(select(PageDelivery).order_by(PageDelivery.target))])
            assert sorted(states) in (["sent", "waiting"], ["waiting", "waiting"])
