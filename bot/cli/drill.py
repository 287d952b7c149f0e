"""`waymark drill`: the synthetic case, now, through the bot that is running."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from bot.cli.common import complain

if TYPE_CHECKING:
    from bot.db import Database
    from bot.models import Drill
    from bot.work import Work

TAKEN_WITHIN_S = 10.0  # a running process looks each second
DONE_WITHIN_S = 180.0
LOOK_S = 0.2
STRETCHES = (("answered", "words to first answer"), ("paged", "to the page"), ("acknowledged", "to acknowledged"), ("closed", "to closed"))


def drill() -> None:
    """Walk a synthetic case through the running bot and print each stretch. Ends with 1 when it fails or no bot is running."""
    from bot.cli.common import opened, work_in
    from bot.config import Settings

    settings = Settings.load(("encryption_keys",))
    with opened(settings) as database:
        with work_in(settings, database) as work:
            job_id = _ask(work)
        if not _wait(database, job_id, TAKEN_WITHIN_S, taken=True):
            _give_up(database, job_id)
            complain("no running bot took the drill: start it with `waymark run`, on this database, then try again")
            raise typer.Exit(1)
        ended = _wait(database, job_id, DONE_WITHIN_S, taken=False)
        row = _result(database, job_id)
    if row is None or not ended:
        complain("the drill did not end in time: look at the bot's log for drill.* lines")
        raise typer.Exit(1)
    _tell(row)
    if row.failure is not None:
        raise typer.Exit(1)


def _ask(work: Work) -> int:
    from uuid import uuid4

    from bot import jobs
    from bot.escalation.drill import KIND

    job = jobs.put(work, KIND, f"{KIND}:command:{uuid4()}", reason="command")
    assert job is not None
    return job.id or 0


def _job(database: Database, job_id: int) -> tuple[str, int | None]:
    """The job's state, and the drill that it became once a process took it."""
    from bot.models import Job

    with database.reading() as session:
        job = session.get_one(Job, job_id)
        return job.state, job.args.get("drill")


def _wait(database: Database, job_id: int, seconds: float, *, taken: bool) -> bool:
    """Until a process took the job, or until it ended."""
    from bot import jobs

    over = (jobs.RUNNING, jobs.DONE, jobs.FAILED) if taken else (jobs.DONE, jobs.FAILED)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if _job(database, job_id)[0] in over:
            return True
        time.sleep(LOOK_S)
    return False


def _give_up(database: Database, job_id: int) -> None:
    """A bot that is started later does not perform it."""
    from sqlmodel import col, update

    from bot import jobs
    from bot.models import Job

    with database.transaction() as session:
        waits = (col(Job.id) == job_id, col(Job.state) == jobs.WAITING)
        session.execute(update(Job).where(*waits).values(state=jobs.FAILED, failure="nobody"))


def _result(database: Database, job_id: int) -> Drill | None:
    from bot.models import Drill

    _state, drill_id = _job(database, job_id)
    if drill_id is None:
        return None
    with database.transaction() as session:
        return session.get(Drill, drill_id)


def _tell(row: Drill) -> None:
    before = 0
    for name, words in STRETCHES:
        ms = getattr(row, f"{name}_ms")
        if ms is not None:
            typer.echo(f"{words:<24}{ms - before:>8} ms")
            before = ms
    if not row.telegram:
        typer.echo("WAYMARK_DRILL_CHAT is not set: nothing went through Telegram, and a phone call stood for the first word")
    if row.failure is None:
        typer.echo(f"The drill passed in {before} ms")
    else:
        typer.echo(f"The drill failed: it was not {_FAILED[row.failure]}. Look at the bot's log")


_FAILED = {
    "answered": "answered",
    "paged": "paged",
    "acknowledged": "acknowledged",
    "word": "followed by a first word to the patient",
    "closed": "closed",
}
