"""Words in the 20 seconds between a press of SOS and its page: they wait for the team, and the countdown goes on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy.sql.dml import Update
from sqlmodel import col, select, update

from bot.escalation import answers, engine
from bot.escalation.engine import Finding
from bot.inbound import Inbound
from bot.models import Alert, Case, Person, Sos, Task
from bot.safety.levels import Category, Level
from bot.work import Work

_NONE = "countdown.none"  # of a session: people without one, known without looking again
LONGEST = timedelta(minutes=5)  # a press whose page is this late stands in nobody's way any more


def look(work: Work, person_ids: Collection[UUID]) -> None:
    """Look at once for whom a countdown runs, of all people of a batch; `running` then has it at hand for the others."""
    statement = select(Sos.person_id).where(
        col(Sos.person_id).in_(person_ids), col(Sos.started_at) > work.now - LONGEST, col(Sos.case_id).is_(None)
    )
    pressed = work.session.exec(statement).all()
    work.session.info[_NONE] = set(person_ids) - set(pressed)


def running(work: Work, person: Person) -> Sos | None:
    """The press of SOS that neither paged nor was taken back yet, if any."""
    if person.id in work.session.info.get(_NONE, ()):
        return None
    statement = select(Sos).where(
        col(Sos.person_id) == person.id,
        col(Sos.started_at) > work.now - LONGEST,
        col(Sos.case_id).is_(None),
        col(Sos.chosen_at).is_(None),
        col(Sos.mistake_at).is_(None),
    )
    return work.session.exec(statement.order_by(col(Sos.id).desc())).first()


def heard(work: Work, person: Person, inbound: Inbound, *, watched: bool = False) -> bool:
    """Keep words for the team while the countdown runs; they open nothing sooner, and [Tapped by mistake] still counts.

    Args:
        watched: whether the words made a `watch` item, so that they are kept already and the soft line answers them.

    Returns:
        Whether a countdown runs.
    """
    if running(work, person) is None:
        return False
    if not watched:
        engine.add_alert(work, person, Finding(Level.NONE, Category.SUICIDE, "sos", texts=(inbound.text,), update_id=inbound.update_id))
        answers.say(work, person, None, "crisis/sos_words")
    return True


def to_case(work: Work, sos: Sos, case: Case) -> None:
    """The page went out: what was written since is read with it."""
    work.session.execute(_since(sos).values(case_id=case.id))


def to_task(work: Work, sos: Sos, task: Task) -> None:
    """It was a mistake: what was written since goes with the note that it leaves."""
    work.session.execute(_since(sos).where(col(Alert.task_id).is_(None)).values(task_id=task.id))


def _since(sos: Sos) -> Update:
    return update(Alert).where(col(Alert.person_id) == sos.person_id, col(Alert.at) >= sos.started_at, col(Alert.case_id).is_(None))
