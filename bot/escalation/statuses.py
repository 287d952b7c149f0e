"""Where a patient is: who may change it, what each change stops at once, and what brings it back.

Away (hospital, custody, moved, discharged) means that the bot starts nothing; SOS and the screening go on for everybody. A death stops
everything at the first person's word, becomes final by a second one's, and can be undone by a supervisor.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select, update

from bot import audit, due, outbox, people, rhythm
from bot.errors import Conflict, NotAllowed
from bot.escalation import tasks
from bot.models import CLINICAL, LEFT_ALONE, Lane, Outbox, OutboxState, Patient, Person, Role, Status, StatusChange, Task, Timer
from bot.outbox import Button, Post
from bot.places import Place
from bot.work import Work

ENDS = "status.ends"  # the due item of the day after the last one
LOOK_AT = "09:00"

CHOICES = (
    Status.ACTIVE,
    Status.IN_HOSPITAL,
    Status.IN_CUSTODY,
    Status.TRAVELLING,
    Status.MOVED,
    Status.DISCHARGED,
    Status.DECEASED,
)
UNTIL = frozenset({Status.IN_HOSPITAL, Status.IN_CUSTODY, Status.TRAVELLING})  # those that end on a day


def may_change(work: Work, patient: Person, staff: Person) -> bool:
    """Whether this member of staff looks after the patient: the owner, their cover, or any supervisor."""
    if staff.removed_at is not None or staff.role not in CLINICAL or patient.removed_at is not None:
        return False
    return staff.role is Role.SUPERVISOR or staff.id in (_owner(work, patient), tasks.responsible(work, patient))


def change(
    work: Work, person: Person, status: Status, by: Person, *, until: date | None = None, place: Place | None = None
) -> StatusChange:
    """Change where a patient is; what the new status stops, stops now.

    Args:
        person: locked.
        status: any but `deceased` (see `report_death`).
        until: the last day (of `UNTIL`); a traveller is home the day after, for the others a person looks again.
        place: where a traveller is: other crisis lines, another clock.

    Raises:
        NotAllowed: the patient is not theirs.
        Conflict: they are marked as dead, which a supervisor can undo, or nothing would change.
    """
    if not may_change(work, person, by):
        raise NotAllowed
    if person.status is Status.DECEASED or status is Status.DECEASED:
        raise Conflict("patients/deceased_first")
    if status is person.status and until is None and place is None:
        raise Conflict("patients/same_status")
    row = _write(work, person, status, by, until if status in UNTIL else None)
    row.confirmed_at, row.confirmed_by = work.now, by.id
    _come_home(work, person, row)
    if status is Status.TRAVELLING and place is not None:
        row.home_country, row.home_zone = person.country, person.zone
        person.country, person.zone = place.country, place.zone
        rhythm.clock_changed(work, person)
    person.status = status
    if row.until_date is not None:
        _plan_end(work, person, row)
    if status in LEFT_ALONE:
        _drop_queued(work, person, only_started=True)
    rhythm.plan_checkin(work, person)
    return row


def report_death(work: Work, person: Person, by: Person) -> StatusChange:
    """The first person's word: everything stops now; it is final when a second person confirms it.

    Args:
        person: locked.

    Raises:
        NotAllowed: the patient is not theirs.
        Conflict: it was reported already.
    """
    if not may_change(work, person, by):
        raise NotAllowed
    if person.status is Status.DECEASED:
        raise Conflict("patients/reported_already")
    row = _write(work, person, Status.DECEASED, by, None)
    _come_home(work, person, row)
    person.status = Status.DECEASED
    _fall_silent(work, person)
    task = tasks.once(work, person, "deceased", due_at=tasks.same_day(work))
    task.owner_id = None  # the supervisors', until a second person has confirmed it
    work.session.flush()
    for staff in seconds(work, person, by):
        outbox.say(
            work,
            staff,
            "patients/second",
            [[Button("patients/open", "patients.death", (row.id or 0,))]],
            post=Post(lane=Lane.REPLY, dedup_key=f"patients/second:{row.id}:{staff.id}"),
            number=person.number,
        )
    return row


def seconds(work: Work, person: Person, first: Person) -> list[Person]:
    """Who may be the second person: the supervisors and whoever looks after the patient; where that is nobody else, any clinician."""
    theirs = {_owner(work, person), tasks.responsible(work, person)}
    others = [one for one in people.staff(work.session, CLINICAL) if one.id != first.id and people.reachable(one)]
    return [one for one in others if one.role is Role.SUPERVISOR or one.id in theirs] or others


def waiting_death(work: Work, change_id: int, staff: Person) -> tuple[StatusChange, Person]:
    """A report that waits for a second person, for somebody who may be it (or who made it).

    Raises:
        NotAllowed: it is no business of theirs.
        Conflict: it was answered.
    """
    row = work.session.exec(select(StatusChange).where(col(StatusChange.id) == change_id).with_for_update()).first()
    person = people.by_id_locked(work.session, row.person_id) if row is not None else None
    if row is None or person is None or row.status != Status.DECEASED or staff.role not in CLINICAL or staff.removed_at is not None:
        raise NotAllowed
    first = people.get(work.session, row.asked_by) if row.asked_by is not None else None
    if first is not None and staff.id != first.id and staff.id not in {one.id for one in seconds(work, person, first)}:
        raise NotAllowed
    if row.confirmed_at is not None or row.refused_at is not None or row.undone_at is not None:
        raise Conflict("patients/answered_already")
    return row, person


def confirm_death(work: Work, change_id: int, staff: Person) -> Person:
    """The second person's word: it is final.

    Raises:
        NotAllowed: no business of theirs, or they are the first person.
        Conflict: it was answered.
    """
    row, person = waiting_death(work, change_id, staff)
    if staff.id == row.asked_by:
        raise Conflict("patients/second_person")
    row.confirmed_at, row.confirmed_by = work.now, staff.id
    _fall_silent(work, person)
    _finish(work, person, "deceased", staff)
    audit.record(work, "status.confirmed", actor=staff, person_id=person.id, change=row.id)
    _tell_first(work, row, person, "patients/confirmed")
    return person


def refuse_death(work: Work, change_id: int, staff: Person) -> Person:
    """It is not so (or the first person takes it back): all is as it was before.

    Raises:
        NotAllowed, Conflict: as `waiting_death`.
    """
    row, person = waiting_death(work, change_id, staff)
    row.refused_at = work.now
    _back(work, person, row)
    _finish(work, person, "deceased", staff)
    audit.record(work, "status.refused", actor=staff, person_id=person.id, change=row.id)
    if staff.id != row.asked_by:
        _tell_first(work, row, person, "patients/refused")
    return person


def undo_death(work: Work, person: Person, supervisor: Person) -> None:
    """A supervisor takes a death back, confirmed or not.

    Args:
        person: locked.

    Raises:
        NotAllowed: no supervisor.
        Conflict: the patient is not marked as dead.
    """
    if supervisor.role is not Role.SUPERVISOR or supervisor.removed_at is not None:
        raise NotAllowed
    row = newest(work, person, Status.DECEASED)
    if person.status is not Status.DECEASED or row is None:
        raise Conflict("patients/not_marked")
    row.undone_at, row.undone_by = work.now, supervisor.id
    _back(work, person, row)
    _finish(work, person, "deceased", supervisor)
    _finish(work, person, "heard", supervisor)
    audit.record(work, "status.undone", actor=supervisor, person_id=person.id, change=row.id)


def newest(work: Work, person: Person, status: Status) -> StatusChange | None:
    """The newest change to a status, or None."""
    statement = select(StatusChange).where(col(StatusChange.person_id) == person.id, col(StatusChange.status) == status.value)
    return work.session.exec(statement.order_by(col(StatusChange.id).desc()).limit(1)).first()


def current(work: Work, person: Person) -> StatusChange | None:
    """The change that the present status comes from; None for someone whose status never changed."""
    return newest(work, person, person.status)


def ended(work: Work, person: Person, change_id: int) -> None:
    """The last day is over: a traveller is home; whether somebody is out of hospital or custody, a person finds out.

    Args:
        person: locked.
    """
    row = work.session.get(StatusChange, change_id)
    newer = current(work, person)
    if row is None or newer is None or newer.id != row.id or row.status != person.status:
        return
    if person.status is not Status.TRAVELLING:
        tasks.once(work, person, "status", due_at=tasks.same_day(work))
        return
    back = _write(work, person, Status.ACTIVE, None, None)
    back.confirmed_at = work.now
    _come_home(work, person, back)
    person.status = Status.ACTIVE
    rhythm.plan_checkin(work, person)


def heard(work: Work, person: Person, *, answer: bool = True) -> None:
    """A word or a tap from the chat of someone marked as dead: somebody may have the phone, or the mark is wrong.

    It was screened like any other. The supervisors hear of it with the reason; whoever wrote reads one neutral line with the numbers.

    Args:
        answer: whether that line is said (a crisis has its own answer).
    """
    task = tasks.once(work, person, "heard", due_at=tasks.same_day(work))
    task.owner_id = None
    audit.record(work, "status.heard", person_id=person.id)
    hour = work.now.strftime("%Y-%m-%dT%H")
    for staff in people.staff(work.session, {Role.SUPERVISOR}):
        outbox.say(
            work,
            staff,
            "patients/heard",
            [[Button("patients/open", "caseload.person", (person.number,))]],
            post=Post(lane=Lane.CRISIS, dedup_key=f"patients/heard:{person.id}:{staff.id}:{hour}"),
            number=person.number,
        )
    if answer:
        settings = work.settings
        day = due.local_date(work.now, person.zone).isoformat()
        outbox.say(
            work,
            person,
            "patients/closed_chat",
            post=Post(lane=Lane.CRISIS, dedup_key=f"patients/closed_chat:{person.id}:{day}"),
            clinic=settings.clinic_name,
            phone=settings.clinic_phone,
        )


def _owner(work: Work, person: Person) -> UUID | None:
    patient = work.session.get(Patient, person.id)
    return patient.owner_id if patient is not None else None


def _write(work: Work, person: Person, status: Status, by: Person | None, until: date | None) -> StatusChange:
    due.drop(work, f"status:{person.id}")
    row = StatusChange(
        person_id=person.id,
        before=person.status.value,
        status=status.value,
        until_date=until,
        asked_at=work.now,
        asked_by=by.id if by is not None else None,
    )
    work.session.add(row)
    work.session.flush()
    audit.record(
        work,
        "status.changed",
        actor=by,
        person_id=person.id,
        change=row.id,
        before=row.before,
        status=row.status,
        until=until.isoformat() if until is not None else None,
    )
    return row


def _come_home(work: Work, person: Person, row: StatusChange) -> None:
    """Whoever was travelling has their own country and clock back."""
    trip = newest(work, person, Status.TRAVELLING) if person.status is Status.TRAVELLING else None
    if trip is not None and trip.id != row.id and trip.home_zone is not None and trip.home_country is not None:
        person.country, person.zone = trip.home_country, trip.home_zone
        rhythm.clock_changed(work, person)


def _plan_end(work: Work, person: Person, row: StatusChange) -> None:
    assert row.until_date is not None
    day = row.until_date + timedelta(days=1)
    if person.status is Status.TRAVELLING:
        at = due.instant_of(day, due.parse_wall("00:00"), row.home_zone or person.zone)
    else:
        at = due.instant_of(day, due.parse_wall(LOOK_AT), work.settings.timezone)
    due.put(work, ENDS, f"status:{person.id}:{row.id}", max(at, work.now), person=person, change=row.id)


def _drop_queued(work: Work, person: Person, *, only_started: bool) -> None:
    """Take back what waits to be sent: what the bot started, or everything."""
    waiting = update(Outbox).where(col(Outbox.person_id) == person.id, col(Outbox.state) == OutboxState.WAITING)
    if only_started:
        waiting = waiting.where(col(Outbox.lane) == Lane.BULK)
    work.session.execute(waiting.values(state=OutboxState.DROPPED, failure="status"))


def _fall_silent(work: Work, person: Person) -> None:
    """Nothing more leaves for this chat until a word comes out of it; what waits is dropped, timers end."""
    _drop_queued(work, person, only_started=False)
    person.silent_since = person.silent_since or work.now
    running = update(Timer).where(col(Timer.person_id) == person.id, col(Timer.ended_at).is_(None))
    work.session.execute(running.values(ended_at=work.now, end="stopped", next_at=None))
    rhythm.plan_checkin(work, person)


def _back(work: Work, person: Person, row: StatusChange) -> None:
    person.status = Status(row.before)
    if person.silent_since is not None and person.silent_since >= row.asked_at:
        person.silent_since = None  # a silence that the person had asked for stays until they write
    if person.status is Status.TRAVELLING:
        person.status = Status.ACTIVE  # the trip's place was given up when everything stopped
    rhythm.plan_checkin(work, person)


def _finish(work: Work, person: Person, kind: str, staff: Person) -> None:
    open_ones = select(Task).where(col(Task.person_id) == person.id, col(Task.kind) == kind, col(Task.state) == "open")
    for task in work.session.exec(open_ones).all():
        tasks.finish(work, task, staff)


def _tell_first(work: Work, row: StatusChange, person: Person, key: str) -> None:
    first = people.get(work.session, row.asked_by) if row.asked_by is not None else None
    if first is not None:
        outbox.say(work, first, key, post=Post(lane=Lane.REPLY), number=person.number)
