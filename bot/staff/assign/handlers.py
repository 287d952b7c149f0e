"""A patient's lessons for the team: module by module, a tap gives a lesson and another takes it back."""

from __future__ import annotations

from bot import assigning, people
from bot.content.lessons import Lesson, Module
from bot.errors import Conflict, NotAllowed
from bot.escalation import ack, statuses
from bot.models import LessonProgress, Person
from bot.outbox import Button
from bot.turn import Turn

_IN_A_ROW = 6


def modules(turn: Turn) -> None:
    """Which module?"""
    patient = _patient(turn)
    rows = assigning.rows_of(turn.work, patient)
    known = [lesson for module in turn.content.modules for lesson in module.lessons]
    given = [one.texts[turn.lang].title for one in known if _state(rows.get(one.id)) == "given"]
    buttons = [
        [Button("assign/title", "assign.module", (patient.number, one.id), {"title": one.title.of(turn.lang)})]
        for one in turn.content.modules
    ]
    done = sum(1 for one in known if _state(rows.get(one.id)) == "done")
    turn.edit("assign/modules", buttons, number=patient.number, given=given[:10], done=done, total=len(known))


def module(turn: Turn) -> None:
    """A module's lessons, each with where the patient is."""
    _show(turn, _patient(turn), _module(turn, turn.args[1]))


def toggle(turn: Turn) -> None:
    """Give the lesson, or take it back."""
    patient = _patient(turn)
    found = next(((one, lesson) for one in turn.content.modules for lesson in one.lessons if lesson.id == turn.args[1]), None)
    if found is None:
        raise Conflict("common/old_button")
    home, lesson = found
    row = assigning.rows_of(turn.work, patient).get(lesson.id)
    if row is not None and row.assigned_by is not None and row.done_at is None:
        assigning.take_back(turn.work, patient, lesson, turn.person)
    else:
        assigning.give(turn.work, patient, lesson, turn.person)
    turn.session.flush()
    _show(turn, patient, home)


def _show(turn: Turn, patient: Person, found: Module) -> None:
    rows = assigning.rows_of(turn.work, patient)
    shown = [_line(turn, place, lesson, rows.get(lesson.id)) for place, lesson in enumerate(found.lessons, 1)]
    numbers = [
        Button("assign/number", "assign.toggle", (patient.number, lesson.id), {"number": place})
        for place, lesson in enumerate(found.lessons, 1)
    ]
    buttons = [numbers[at : at + _IN_A_ROW] for at in range(0, len(numbers), _IN_A_ROW)]
    buttons.append([Button("common/back", "assign.modules", (patient.number,))])
    turn.edit("assign/module", buttons, number=patient.number, title=found.title.of(turn.lang), lessons=shown)


def _line(turn: Turn, place: int, lesson: Lesson, row: LessonProgress | None) -> dict[str, object]:
    return {"number": place, "title": lesson.texts[turn.lang].title, "state": _state(row)}


def _state(row: LessonProgress | None) -> str:
    if row is None:
        return "open"
    if row.done_at is not None:
        return "done"
    return "given" if row.assigned_by is not None else "begun"


def _module(turn: Turn, module_id: str) -> Module:
    found = next((one for one in turn.content.modules if one.id == module_id), None)
    if found is None:
        raise Conflict("common/old_button")
    return found


def _patient(turn: Turn) -> Person:
    found = people.by_number(turn.session, ack.number_of(turn.arg))
    if found is None or not statuses.may_change(turn.work, found, turn.person):
        raise NotAllowed
    return found
