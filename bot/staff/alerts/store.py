"""What someone who opens a case reads: words, check-ins, phone; and which cases are whose business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from bot import due, leave, people
from bot.escalation import answers, relay, store
from bot.models import Alert, Case, Outbox, Person, Role, Task
from bot.work import Work

WORDS_LIMIT = 2800  # characters of all words together: the message has 4096
ONE_LIMIT = 900  # of one message
ASKED = 5  # colleagues named where there is no number
TASK_LIMIT = 500  # of one of five messages of an item
SAME = timedelta(minutes=5)  # words that fed a case and went through the relay are shown once


@dataclass(frozen=True, slots=True)
class Said:
    """Words, when and by whom.

    Attributes:
        who: "" for the patient.
        old: it was on another day for the reader.
        lost: it never arrived.
        caption: of a file; what stands before it in `text` says what file it is.
    """

    at: datetime
    who: str
    text: str
    old: bool = False
    lost: bool = False
    caption: str = ""


def said(work: Work, case: Case, reader: Person) -> tuple[list[Said], bool]:
    """What was said in a case, oldest first, as much as fits: the newest, and always what opened it.

    Returns:
        The words, and whether some were left out.
    """
    found = sorted(_all(work, case), key=lambda one: one.at)
    kept = [Said(one.at, one.who, _cut(one.text), _is_old(work, one.at, reader), one.lost) for one in _unrepeated(found)]
    if not kept:
        return [], False
    chosen, room = [kept[0]], WORDS_LIMIT - len(kept[0].text)
    newest: list[Said] = []
    for one in reversed(kept[1:]):
        room -= len(one.text) + 20
        if room < 0:
            break
        newest.insert(0, one)
    return [*chosen, *newest], len(newest) < len(kept) - 1


def _all(work: Work, case: Case) -> Iterable[Said]:
    for alert in store.alerts_of(work.session, case.id):
        yield from (Said(alert.at, "", text) for text in store.evidence(work, alert).get("texts", ()))
    for message in store.relay_of(work.session, case.id):
        who = answers.first_name(people.name_of(work, people.get(work.session, message.author_id))) if message.to_patient else ""
        caption = relay.parcel_of(work, message).text if message.media is not None else ""
        yield Said(message.at, who, relay.body(work, message), lost=message.failure is not None, caption=caption)


def _unrepeated(found: Sequence[Said]) -> list[Said]:
    kept: list[Said] = []
    captions = [one for one in found if one.caption]
    for one in found:
        again = any(one.text == other.text and one.who == other.who and one.at - other.at <= SAME for other in kept)
        under = any(one.text == other.caption and one.who == other.who and abs(one.at - other.at) <= SAME for other in captions)
        if one.text and not again and not under:
            kept.append(one)
    return kept


def task_words(work: Work, task: Task, reader: Person) -> list[Said]:
    """What was said that made an item, oldest first, the last five."""
    alerts = work.session.exec(select(Alert).where(col(Alert.task_id) == task.id).order_by(col(Alert.at))).all()
    found = [Said(alert.at, "", text) for alert in alerts for text in store.evidence(work, alert).get("texts", ())]
    return [Said(one.at, "", _cut(one.text, TASK_LIMIT), _is_old(work, one.at, reader)) for one in _unrepeated(found)][-5:]


def main_alert(session: Session, case: Case) -> Alert | None:
    """The newest evidence at the case's level: why it stands there."""
    alerts = store.alerts_of(session, case.id)
    return next((alert for alert in reversed(alerts) if alert.level == case.level), alerts[-1] if alerts else None)


def rules_of(work: Work, alert: Alert) -> list[str]:
    """The rules that a piece of evidence met."""
    return [str(rule) for rule in store.evidence(work, alert).get("rules", ())]


def on_call_names(work: Work) -> list[str]:
    """Who is on call now, primary first; "" is left out."""
    staff = [store.on_call(work, position, work.now) for position in ("primary", "backup")]
    return [name for person in staff if person is not None and (name := people.name_of(work, person))]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone to ask about a patient; `place` is `counselor` (theirs, or their cover), `on_call` or `supervisor`."""

    name: str
    place: str


def colleagues(work: Work, case: Case, reader: Person) -> list[Colleague]:
    """Whom to ask where no number is on file: the patient's counselor, who is on call, the supervisors; each once, without the reader."""
    owner = leave.looks_after(work, people.patient_of(work.session, case.person_id))
    named = [(people.get(work.session, owner), "counselor")] if owner is not None else []
    named += [(person, "on_call") for position in ("primary", "backup") if (person := store.on_call(work, position, work.now)) is not None]
    named += [(person, "supervisor") for person in people.staff(work.session, {Role.SUPERVISOR})]
    found: dict[UUID, Colleague] = {}
    for person, place in named:
        if person.id not in (reader.id, case.person_id) and person.removed_at is None and (name := people.name_of(work, person)):
            found.setdefault(person.id, Colleague(name, place))
    return list(found.values())[:ASKED]


def message(session: Session, row_id: UUID) -> Outbox | None:
    """A message that was sent."""
    return session.get(Outbox, row_id)


def task(session: Session, task_id: UUID) -> Task | None:
    """An item, done or not."""
    return session.get(Task, task_id)


def _is_old(work: Work, at: datetime, reader: Person) -> bool:
    return due.local_date(at, reader.zone) != due.local_date(work.now, reader.zone)


def _cut(text: str, limit: int = ONE_LIMIT) -> str:
    return text if len(text) <= limit else text[:limit] + "…"
