"""`/drill`: how the last synthetic cases went, and a new one now. For supervisors."""

from __future__ import annotations

from bot import jobs
from bot.errors import NotAllowed
from bot.escalation import drill
from bot.outbox import Button
from bot.turn import Turn

SHOWN = 5


def show(turn: Turn) -> None:
    """The last walks, newest first; [Start one]."""
    _present(turn)
    runs = [
        {
            "at": row.started_at,
            "ms": row.closed_ms or 0,
            "failure": row.failure or "",
            "telegram": row.telegram,
            "running": row.ended_at is None,
        }
        for row in drill.newest(turn.session, SHOWN)
    ]
    settings = turn.work.settings
    rows = [[Button("drill/start", "drill.start")]]
    turn.say("drill/list", rows, runs=runs, chat=settings.drill_chat is not None, daily=settings.drill_at or "")


def start(turn: Turn) -> None:
    """[Start one]: the running process performs it; one at a time."""
    _present(turn)
    rows = [[Button("drill/show", "drill.show")]]
    if jobs.waiting(turn.session, drill.KIND):
        turn.say("drill/runs_already", rows)
        return
    jobs.put(turn.work, drill.KIND, f"{drill.KIND}:chat:{turn.now.isoformat()}", reason="chat")
    turn.say("drill/started", rows)


def _present(turn: Turn) -> None:
    if turn.person.removed_at is not None:
        raise NotAllowed
