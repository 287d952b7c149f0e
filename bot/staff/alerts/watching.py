"""The queue of work that wakes nobody: look at an item, close it with a note, put it off, hand it on, or state "assessed, unchanged"."""

from __future__ import annotations

from bot import audit, due, outbox, people
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, answers, relay, tasks, watching
from bot.escalation import team as teams
from bot.ids import short, unshort
from bot.models import CLINICAL, Due, Lane, Person, Role, Task
from bot.outbox import Button, Post, Rows
from bot.staff.alerts import rules, store
from bot.turn import Turn

FORM = "alerts_task"
NOTE, DAY, REASON, COLLEAGUE, UNTIL, WHY = "note", "day", "reason", "colleague", "until", "why"
STEPS = (NOTE, DAY, REASON, COLLEAGUE, UNTIL, WHY)
FIRST = {"done": NOTE, "postpone": DAY, "hand": COLLEAGUE, "assess": UNTIL}
DAYS = (1, 2, 3, 7)
REASONS = ("not_reached", "agreed")
NOTHING = "none"
COLLEAGUES = 12
HISTORY = 5  # lines of what was done


def show(turn: Turn) -> None:
    """An item of the list: whom it is about, what was said, what was done with it; the look is logged."""
    task = _task(turn, turn.arg)
    audit.record(turn.work, "task.viewed", actor=turn.person, person_id=task.person_id, kind=task.kind)
    person = people.get(turn.session, task.person_id)
    assessed, words = watching.assessment(turn.work, person), store.task_words(turn.work, task, turn.person)
    ack.show_protected(
        turn.work,
        turn.person,
        "alerts/task",
        _rows(task, person, spoken=bool(words)),
        name=people.name_of(turn.work, person),
        kind=task.kind,
        category=task.category,
        count=task.count,
        due=task.due_at,
        owner=_first_name(turn, turn.session.get(Person, task.owner_id)) if task.owner_id is not None else "",
        assessed={"until": assessed.until, "name": _first_name(turn, assessed.by), "reason": rules.cut(assessed.reason, rules.REASON)}
        if assessed
        else None,
        done=[
            {
                "kind": one.kind,
                "at": one.at,
                "name": _first_name(turn, one.by),
                "to": _first_name(turn, one.to),
                "until": one.until,
                "text": _reason(turn, one.text),
            }
            for one in watching.history(turn.work, task)[-HISTORY:]
        ],
        words=words,
    )


def _rows(task: Task, person: Person, *, spoken: bool) -> Rows:
    """What can be done with an item, and where it is seen to."""
    key = short(task.id)
    route = {teams.KIND: "messages.thread", "session": "sessions.patient"}.get(task.kind, "caseload.person")
    if task.category == "missed":
        route = "sessions.patient"
    rows = [
        [Button("alerts/task_done", "alerts.task_do", (key, "done")), Button("alerts/show_list", route, (person.number,))],
        [Button("watch/postpone", "alerts.task_do", (key, "postpone")), Button("watch/hand", "alerts.task_do", (key, "hand"))],
    ]
    if person.role is Role.PATIENT and task.category in watching.ASSESSABLE:
        rows.append([Button("watch/assess", "alerts.task_do", (key, "assess"))])
    if person.role is Role.PATIENT and spoken:
        rows.append([Button("verdicts/should", "verdicts.item", (key,))])
    return rows


def begin(turn: Turn) -> None:
    """[Done], [Put off], [Hand on], [Unchanged]: each asks one or two things."""
    task_id, what = turn.args
    if what not in FIRST:
        raise NotAllowed
    task = _task(turn, task_id)
    if what == "assess" and task.category not in watching.ASSESSABLE:
        raise NotAllowed
    turn.drop_form(FORM)
    page = turn.inbound.message_id if turn.inbound is not None else 0
    turn.goto(f"{FORM}.{FIRST[what]}", task=short(task.id), page=page)
    ask(turn)


def ask(turn: Turn) -> None:
    """Put the present step's question; words are for the form, not for a patient."""
    relay.stop_writing(turn)
    task = _of_form(turn)
    if task is None:
        return
    step = _step(turn)
    if step in (DAY, UNTIL):
        buttons = [Button("watch/days", "alerts.task_pick", (step, days), {"days": days}) for days in DAYS]
    elif step == COLLEAGUE:
        found = watching.colleagues(turn.work, turn.person)[:COLLEAGUES]
        buttons = [Button("watch/colleague", "alerts.task_pick", (step, one.number), {"name": _short_name(turn, one)}) for one in found]
    else:
        values = {NOTE: (NOTHING,), REASON: REASONS}.get(step, ())
        buttons = [Button(f"watch/{step}_{value}", "alerts.task_pick", (step, value)) for value in values]
    ways = [*([Button("common/back", "form.back")] if turn.data.get("trail") else []), Button("common/later", "form.leave")]
    name = people.name_of(turn.work, people.get(turn.session, task.person_id))
    turn.ask(f"watch/{step}", [*(buttons[start : start + 2] for start in range(0, len(buttons), 2)), ways], name=name)


def pick(turn: Turn) -> None:
    """A button of a step."""
    step, value = turn.args
    if step != _step(turn):
        turn.answer("common/old_button")
        return
    task = _of_form(turn)
    if task is None:
        return
    if step in (DAY, UNTIL) and value in {str(days) for days in DAYS}:
        turn.goto(f"{FORM}.{REASON if step == DAY else WHY}", days=int(value))
        ask(turn)
    elif step == COLLEAGUE:
        _hand(turn, task, ack.number_of(value))
    elif step == NOTE and value == NOTHING:
        _finish(turn, task, "")
    elif step == REASON and value in REASONS:
        _postpone(turn, task, f"={value}")
    else:
        raise NotAllowed


def answer(turn: Turn) -> None:
    """Words: a note or a reason; the other steps want a button."""
    step = _step(turn)
    if step not in (NOTE, REASON, WHY):
        raise NotUnderstood("resolve/use_buttons")
    text = turn.text
    task = _of_form(turn)
    if task is None:
        return
    if step == NOTE:
        _finish(turn, task, text)
    elif step == REASON:
        _postpone(turn, task, text)
    else:
        _assess(turn, task, text)


def _finish(turn: Turn, task: Task, text: str) -> None:
    watching.finish(turn.work, task, turn.person, text)
    _off_the_phone(turn)
    turn.finish()
    turn.say("alerts/task_done", [_list_button()])


def _postpone(turn: Turn, task: Task, reason: str) -> None:
    at = watching.morning_in(turn.work, int(turn.data["days"]))
    watching.postpone(turn.work, task, turn.person, at, reason)
    turn.finish()
    turn.say("watch/postponed", [_list_button()], at=at)


def _hand(turn: Turn, task: Task, number: int) -> None:
    to = people.by_number(turn.session, number)
    if to is None:
        raise NotAllowed
    watching.hand(turn.work, task, turn.person, to)
    _off_the_phone(turn)
    turn.finish()
    turn.say("watch/handed", [_list_button()], name=_first_name(turn, to))
    mark = f"{short(task.id)}:{turn.now.isoformat(timespec='seconds')}"
    post = Post(lane=Lane.BULK, dedup_key=f"watch/for_you:{to.id}:{mark}")
    outbox.say(turn.work, to, "watch/for_you", [_list_button()], post=post, name=_first_name(turn, turn.person))


def _assess(turn: Turn, task: Task, reason: str) -> None:
    until = watching.morning_in(turn.work, int(turn.data["days"]))
    watching.assess(turn.work, task, turn.person, until, reason)
    turn.finish()
    turn.say("watch/assessed", [_list_button()], until=until)


def _off_the_phone(turn: Turn) -> None:
    """The item is theirs no more: its words leave their phone."""
    row = outbox.sent_as(turn.work, turn.person.chat_id or 0, int(turn.data.get("page", 0)))
    if row is not None:
        ack.delete_opened(turn.work, row)


def _list_button() -> list[Button]:
    return [Button("watch/list", "alerts.list")]


def due_now(turn: Turn, item: Due) -> None:
    """An item is due: its owner hears it, once a day however many there are."""
    task = _open_task(turn, item)
    if task is None:
        return
    for staff in tasks.readers(turn.work, task):
        count = sum(1 for one in tasks.open_tasks(turn.work, staff) if one.due_at <= turn.now)
        _say_work(turn, staff, "alerts/tasks_due", count, due.local_date(turn.now, staff.zone).isoformat())


def overdue_now(turn: Turn, item: Due) -> None:
    """A working day after it was due and still open: the supervisors hear it once."""
    task = _open_task(turn, item)
    if task is None or task.overdue_told_at is not None:
        return
    task.overdue_told_at = turn.now
    audit.record(turn.work, "task.overdue", person_id=task.person_id, kind=task.kind)
    for staff in people.staff(turn.session, {Role.SUPERVISOR}):
        count = sum(1 for one in tasks.open_tasks(turn.work, staff) if is_overdue(turn, one))
        _say_work(turn, staff, "alerts/tasks_overdue", count, turn.now.isoformat(timespec="minutes"))


def is_overdue(turn: Turn, task: Task) -> bool:
    """Whether a working day has passed since it was due."""
    return task.due_at + tasks.OVERDUE_AFTER <= turn.now


def called(turn: Turn, task: Task) -> str:
    """A name that fits a button: the first word and an initial."""
    return _short_name(turn, people.get(turn.session, task.person_id))


def _short_name(turn: Turn, person: Person) -> str:
    first, _, rest = people.name_of(turn.work, person).partition(" ")
    return f"{first[:18]} {rest[:1]}.".strip() if rest else first[:20] or f"#{person.number}"


def _first_name(turn: Turn, person: Person | None) -> str:
    return answers.first_name(people.name_of(turn.work, person)) if person is not None else ""


def _reason(turn: Turn, text: str) -> str:
    """A tapped reason is kept by its key, so that everybody reads it in their language."""
    key = text.removeprefix("=")
    return (
        turn.content.texts.label(f"watch/reason_{key}", turn.lang)
        if text.startswith("=") and key in REASONS
        else rules.cut(text, rules.REASON)
    )


def _say_work(turn: Turn, staff: Person, key: str, count: int, mark: str) -> None:
    post = Post(lane=Lane.BULK, dedup_key=f"{key}:{staff.id}:{mark}")
    outbox.say(turn.work, staff, key, [[Button("alerts/show_list", "alerts.list")]], post=post, count=count)


def _open_task(turn: Turn, item: Due) -> Task | None:
    task = store.task(turn.session, unshort(str(item.args["task"])))
    return task if task is not None and task.state == "open" else None


def _task(turn: Turn, key: str) -> Task:
    try:
        task_id = unshort(key)
    except ValueError as error:
        raise NotAllowed from error
    return tasks.theirs(turn.work, task_id, turn.person)


def _of_form(turn: Turn) -> Task | None:
    """The form's item while it is still theirs and open; else the form ends and says so."""
    try:
        if turn.person.role not in CLINICAL:
            raise NotAllowed
        return _task(turn, str(turn.data["task"]))
    except (NotAllowed, Conflict):
        turn.finish()
        turn.say("watch/gone")
        return None


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
