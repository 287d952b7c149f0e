"""Messages between a patient and the team that are no crisis: kept, an item for the owner, answered from the same chat.

Whatever a patient writes was screened before it came here. Neither side's account is disclosed, and a locked phone shows only that
there is something.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import audit, due, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import answers, relay, statuses, tasks
from bot.ids import short
from bot.models import Lane, Outbox, OutboxState, Person, Task, TeamMessage, sealed_at
from bot.outbox import Button, Post
from bot.work import Work

KIND = "message"  # of the item for the owner
FROM_TEAM = "message/from_team"
CARRIERS = frozenset({FROM_TEAM, "message/waiting", "messages/new"})
MESSAGE, POINT = "message", "session"  # what a row is: a message, or a point for the next session
SHOWN = 8
POINTS = 20
TELL_AGAIN = timedelta(minutes=30)  # several messages in a row are one push, and at night they wait for the morning


def write(work: Work, patient: Person, text: str, *, chat_id: int, message_id: int) -> TeamMessage:
    """Keep a patient's message; whoever looks after them has an item for the same working day, and a neutral line now."""
    task = tasks.once(work, patient, KIND, due_at=_end_of_working_day(work))
    row = _keep(work, patient, patient, MESSAGE, text, chat_id, message_id)
    row.task_id = task.id
    audit.record(work, "message.written", actor=patient, person_id=patient.id)
    _tell_staff(work, patient, task, row)
    return row


def reply(work: Work, patient: Person, staff: Person, text: str, *, chat_id: int, message_id: int) -> TeamMessage:
    """A member of staff answers: the patient reads it after a tap, and the item is done.

    Raises:
        NotAllowed: the patient is not theirs.
    """
    if not statuses.may_change(work, patient, staff):
        raise NotAllowed
    row = _keep(work, patient, staff, MESSAGE, text, chat_id, message_id)
    audit.record(work, "message.answered", actor=staff, person_id=patient.id)
    for message in unanswered(work, patient):
        message.answered_at, message.answered_by = work.now, staff.id
    for task in _items(work, patient):
        tasks.finish(work, task, staff)
    carrier = _carry(work, patient, staff, row)
    work.session.flush()
    row.outbox_id = carrier.id if carrier is not None else None
    if carrier is None:
        row.failure = "silent" if patient.silent_since is not None else "no_chat"
        _not_delivered(work, row)
    return row


def _carry(work: Work, patient: Person, staff: Person, row: TeamMessage) -> Outbox | None:
    post = Post(lane=Lane.REPLY)
    if not patient.show_previews:
        return outbox.say(work, patient, "message/waiting", [[Button("message/open", "message.show", (short(row.id),))]], post=post)
    carrier = None
    for part in relay.parts(body(work, row)):
        carrier = outbox.say(work, patient, "message/from_team", _answer_rows(), post=post, name=_first(work, staff), text=part)
    return carrier


def shown(work: Work, message_id: UUID, patient: Person) -> None:
    """The patient opens what the team wrote: only now its words stand on the phone.

    Raises:
        NotAllowed: there is no such message for this person.
        Conflict: it was opened before.
    """
    row = work.session.get(TeamMessage, message_id)
    if row is None or row.person_id != patient.id or row.author_id == patient.id:
        raise NotAllowed
    if row.arrived_at is not None or row.body is None:
        raise Conflict("message/shown_already")
    row.arrived_at = work.now
    author = people.get(work.session, row.author_id)
    for part in relay.parts(body(work, row)):
        outbox.say(work, patient, "message/from_team", _answer_rows(), post=Post(lane=Lane.REPLY), name=_first(work, author), text=part)


def _answer_rows() -> outbox.Rows:
    return [[Button("message/write", "message.write")]]


def edited(work: Work, author: Person, text: str, *, chat_id: int, message_id: int) -> bool:
    """Follow an edit of a message; whoever opens it reads the new words.

    Returns:
        Whether there was one.
    """
    statement = select(TeamMessage).where(
        col(TeamMessage.source_chat_id) == chat_id,
        col(TeamMessage.source_message_id) == message_id,
        col(TeamMessage.author_id) == author.id,
    )
    row = work.session.exec(statement.order_by(col(TeamMessage.id).desc()).limit(1)).first()
    if row is None:
        return False
    row.body = work.vault.seal(text, sealed_at("team_message", "body", row.id))
    return True


def arrived(work: Work, row: Outbox) -> None:
    """An answer (or the line that it is there) was accepted for delivery."""
    message = work.session.exec(select(TeamMessage).where(col(TeamMessage.outbox_id) == row.id)).first()
    if message is not None and message.author_id != message.person_id:
        message.arrived_at = work.now


def failed(work: Work, row: Outbox, reason: str) -> None:
    """It can never arrive. An answer: its author is told. The line to staff: the supervisors have it instead."""
    message = work.session.exec(select(TeamMessage).where(col(TeamMessage.outbox_id) == row.id)).first()
    if message is None or message.failure is not None:
        return
    if message.author_id != message.person_id:
        message.failure = reason
        _not_delivered(work, message)
        return
    task = work.session.get(Task, message.task_id) if message.task_id is not None else None
    if task is not None and task.state == "open" and task.owner_id is not None:
        task.owner_id, message.outbox_id = None, None
        _push(work, people.get(work.session, message.person_id), task, message, tasks.readers(work, task))


def unanswered(work: Work, patient: Person) -> Sequence[TeamMessage]:
    """The patient's messages that nobody answered yet, oldest first."""
    statement = select(TeamMessage).where(
        col(TeamMessage.person_id) == patient.id,
        col(TeamMessage.author_id) == patient.id,
        col(TeamMessage.kind) == MESSAGE,
        col(TeamMessage.answered_at).is_(None),
    )
    return work.session.exec(statement.order_by(col(TeamMessage.id))).all()


def thread(work: Work, patient: Person, limit: int = SHOWN) -> list[TeamMessage]:
    """The newest messages of both sides, oldest first."""
    statement = select(TeamMessage).where(col(TeamMessage.person_id) == patient.id, col(TeamMessage.kind) == MESSAGE)
    return list(reversed(work.session.exec(statement.order_by(col(TeamMessage.id).desc()).limit(limit)).all()))


def lines(work: Work, patient: Person, reader: Person) -> list[dict[str, object]]:
    """The thread for a template: `at`, `who` ("" for the reader's own side), `text`, `waits` (not opened yet)."""
    found: list[dict[str, object]] = []
    for row in thread(work, patient):
        own = row.author_id == reader.id
        name = "" if own else _first(work, people.get(work.session, row.author_id))
        waits = row.author_id != patient.id and row.arrived_at is None
        if waits and reader.id == patient.id:
            row.arrived_at = work.now  # read here
        found.append({"at": row.at, "who": name, "own": own, "text": body(work, row), "waits": waits, "failed": row.failure is not None})
    return found


def add_point(work: Work, patient: Person, text: str, *, chat_id: int, message_id: int) -> TeamMessage:
    """Something to raise in the next session.

    Raises:
        Conflict: the list is full.
    """
    if len(points(work, patient)) >= POINTS:
        raise Conflict("message/points_full", count=POINTS)
    audit.record(work, "session_point.added", actor=patient, person_id=patient.id)
    return _keep(work, patient, patient, POINT, text, chat_id, message_id)


def points(work: Work, patient: Person) -> Sequence[TeamMessage]:
    """What the patient wants to raise and has not ticked off, oldest first."""
    statement = select(TeamMessage).where(
        col(TeamMessage.person_id) == patient.id, col(TeamMessage.kind) == POINT, col(TeamMessage.answered_at).is_(None)
    )
    return work.session.exec(statement.order_by(col(TeamMessage.id))).all()


def point_done(work: Work, patient: Person, message_id: UUID, by: Person) -> None:
    """It was talked about.

    Raises:
        NotAllowed: it is not on this patient's list.
    """
    row = work.session.get(TeamMessage, message_id)
    if row is None or row.person_id != patient.id or row.kind != POINT:
        raise NotAllowed
    if row.answered_at is None:
        row.answered_at, row.answered_by = work.now, by.id
        audit.record(work, "session_point.done", actor=by, person_id=patient.id)


def body(work: Work, row: TeamMessage) -> str:
    """What a message says."""
    return work.vault.open(row.body, sealed_at("team_message", "body", row.id)) if row.body else ""


def _keep(work: Work, patient: Person, author: Person, kind: str, text: str, chat_id: int, message_id: int) -> TeamMessage:
    row = TeamMessage(
        person_id=patient.id, author_id=author.id, kind=kind, at=work.now, source_chat_id=chat_id, source_message_id=message_id
    )
    row.body = work.vault.seal(text, sealed_at("team_message", "body", row.id))
    work.session.add(row)
    return row


def _items(work: Work, patient: Person) -> Sequence[Task]:
    statement = select(Task).where(col(Task.person_id) == patient.id, col(Task.kind) == KIND, col(Task.state) == "open")
    return work.session.exec(statement).all()


def _tell_staff(work: Work, patient: Person, task: Task, row: TeamMessage) -> None:
    told = select(Outbox, TeamMessage).join(TeamMessage, col(TeamMessage.outbox_id) == col(Outbox.id))
    newest = work.session.exec(told.where(col(TeamMessage.task_id) == task.id).order_by(col(TeamMessage.id).desc()).limit(1)).first()
    if newest is not None and (newest[0].state is OutboxState.WAITING or newest[1].at > work.now - TELL_AGAIN):
        return
    _push(work, patient, task, row, tasks.readers(work, task))


def _push(work: Work, patient: Person, task: Task, row: TeamMessage, readers: Sequence[Person]) -> None:
    for staff in readers:
        carrier = outbox.say(
            work,
            staff,
            "messages/new",
            [[Button("messages/open", "messages.thread", (patient.number,))]],
            post=Post(lane=Lane.REPLY, due_at=tasks.same_day(work), dedup_key=f"messages/new:{row.id}:{staff.id}"),
            due=task.due_at,
        )
        work.session.flush()
        row.outbox_id = carrier.id if carrier is not None else row.outbox_id


def _not_delivered(work: Work, row: TeamMessage) -> None:
    author, patient = people.get(work.session, row.author_id), people.get(work.session, row.person_id)
    key = "messages/silent" if row.failure == "silent" else "messages/not_delivered"
    outbox.say(
        work,
        author,
        key,
        [[Button("messages/open", "messages.thread", (patient.number,))]],
        post=Post(lane=Lane.REPLY, dedup_key=f"{key}:{row.id}"),
    )


def _end_of_working_day(work: Work) -> datetime:
    """17:00 of this working day, or of the next one."""
    zone = work.settings.timezone
    local = work.now.astimezone(ZoneInfo(zone))
    day = local if local.weekday() < 5 and local.strftime("%H:%M") < tasks.WORKDAY_END else tasks.next_working_morning(work)
    return due.instant_of(due.local_date(day, zone), due.parse_wall(tasks.WORKDAY_END), zone)


def _first(work: Work, person: Person) -> str:
    return answers.first_name(people.name_of(work, person))
