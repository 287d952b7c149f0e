"""Jobs: work with input or output of its own. Leased in one transaction, done outside, ended in another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from bot.models import Job
from bot.work import Work

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


def put(work: Work, kind: str, key: str, **args: Any) -> Job | None:
    """Put a job in.

    Args:
        kind: names who does it.
        key: ids and dates; a second job with the same key is not stored.
        args: ids, keys and numbers.

    Returns:
        The job; None when there was one with this key.
    """
    if work.session.exec(select(Job.id).where(col(Job.key) == key)).first() is not None:
        return None
    job = Job(kind=kind, key=key, args=args, run_at=work.now)
    work.session.add(job)
    work.session.flush()
    return job


def claim(work: Work, kind: str, lease: timedelta) -> Job | None:
    """The oldest job of a kind that waits, or whose process stopped before its end; it is this process's for the lease."""
    # Whoever put it in wants it done at once; their clock (another machine's, the command line's) does not count.
    free = or_(col(Job.state) == WAITING, (col(Job.state) == RUNNING) & (col(Job.lease_until) <= work.now))
    statement = select(Job).where(col(Job.kind) == kind, free).order_by(col(Job.id)).limit(1)
    job = work.session.exec(statement.with_for_update(skip_locked=True)).first()
    if job is not None:
        job.state, job.lease_until, job.attempts = RUNNING, work.now + lease, job.attempts + 1
    return job


def done(work: Work, job_id: int, failure: str | None = None) -> None:
    """A job has ended, well or (in one word) not."""
    job = work.session.get_one(Job, job_id)
    job.state, job.failure, job.done_at, job.lease_until = (FAILED if failure else DONE), failure, work.now, None


def give_back(work: Work, job_id: int) -> None:
    """Whoever does it stops before the end: another process may take it at once."""
    job = work.session.get_one(Job, job_id)
    job.state, job.lease_until = WAITING, None


def waiting(session: Session, kind: str) -> bool:
    """Whether a job of this kind waits or is being done; a look beside the writer."""
    statement = select(Job.id).where(col(Job.kind) == kind, col(Job.state).in_((WAITING, RUNNING))).limit(1)
    return session.exec(statement).first() is not None
