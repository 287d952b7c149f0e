"""A patient's lessons for the team: a tap gives a lesson and another takes it back; order, a module first, what is left out, the pace."""

from __future__ import annotations

from bot import assigning, people
from bot.content.lessons import Lesson, Module
from bot.errors import Conflict, NotAllowed
from bot.escalation import ack, statuses
from bot.models import LessonProgress, Person
from bot.outbox import Button
from bot.turn import Turn

_IN_A_ROW = 6
_LISTED = 10
_MODULES = 20  # on one page of the list


def modules(turn: Turn) -> None:
    """Which module?"""
    _show_modules(turn, _patient(turn), 0)


def more(turn: Turn) -> None:
    """Another page of the modules."""
    wanted = turn.args[1]
    _show_modules(turn, _patient(turn), int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 3 else 0)


def _show_modules(turn: Turn, patient: Person, page: int) -> None:
    modules = turn.content.modules
    page = min(page, max(len(modules) - 1, 0) // _MODULES)
    rows = assigning.rows_of(turn.work, patient)
    known = _lessons(turn)
    given = assigning.in_order(known, rows)
    buttons = [
        [Button("assign/title", "assign.module", (patient.number, one.id), {"title": one.title.of(turn.lang)})]
        for one in modules[page * _MODULES : (page + 1) * _MODULES]
    ]
    turning = [Button("assign/earlier", "assign.more", (patient.number, page - 1))] if page else []
    if (page + 1) * _MODULES < len(modules):
        turning.append(Button("assign/more", "assign.more", (patient.number, page + 1)))
    buttons += [turning] if turning else []
    order = [Button("assign/order", "assign.order", (patient.number,))] if len(given) > 1 else []
    buttons.append([*order, Button("assign/pace", "assign.pace", (patient.number,))])
    turn.edit(
        "assign/modules",
        buttons,
        number=patient.number,
        given=[one.texts[turn.lang].title for one in given[:_LISTED]],
        more=max(len(given) - _LISTED, 0),
        done=sum(1 for one in known if _state(rows.get(one.id)) == "done"),
        total=len(known),
        weeks=_pace(turn, patient),
    )


def module(turn: Turn) -> None:
    """A module's lessons, each with where the patient is."""
    _show(turn, _patient(turn), _module(turn, turn.args[1]))


def toggle(turn: Turn) -> None:
    """Give the lesson, or take it back."""
    patient = _patient(turn)
    home, lesson = _found(turn)
    row = assigning.rows_of(turn.work, patient).get(lesson.id)
    if row is not None and row.assigned_by is not None and row.done_at is None:
        assigning.take_back(turn.work, patient, lesson, turn.person)
    else:
        assigning.give(turn.work, patient, lesson, turn.person)
        turn.answer("assign/will_hear")
    turn.session.flush()
    _show(turn, patient, home)


def leaving(turn: Turn) -> None:
    """Which of a module's lessons shall not come for this patient?"""
    _show_leaving(turn, _patient(turn), _module(turn, turn.args[1]))


def leave_out(turn: Turn) -> None:
    """This lesson is passed over; another tap, and it comes in its turn again."""
    patient = _patient(turn)
    home, lesson = _found(turn)
    if assigning.is_left_out(assigning.rows_of(turn.work, patient).get(lesson.id)):
        assigning.take_in(turn.work, patient, lesson, turn.person)
    else:
        assigning.leave_out(turn.work, patient, lesson, turn.person)
    turn.session.flush()
    _show_leaving(turn, patient, home)


def _show_leaving(turn: Turn, patient: Person, found: Module) -> None:
    rows = assigning.rows_of(turn.work, patient)
    shown = [_line(turn, place, lesson, rows.get(lesson.id)) for place, lesson in enumerate(found.lessons, 1)]
    buttons = _numbers("assign.leave_out", patient, found)
    buttons.append([Button("common/back", "assign.module", (patient.number, found.id))])
    turn.edit("assign/leaving", buttons, number=patient.number, title=found.title.of(turn.lang), lessons=shown)


def put_module_first(turn: Turn) -> None:
    """All of a module before anything else."""
    patient, home = _patient(turn), _module(turn, turn.args[1])
    if assigning.put_first(turn.work, patient, home.lessons, turn.person):
        turn.answer("assign/will_hear")
    else:
        turn.answer("assign/done_already")
    turn.session.flush()
    _show(turn, patient, home)


def order(turn: Turn) -> None:
    """In which order the given lessons come; a tap puts one first."""
    _show_order(turn, _patient(turn))


def put_first(turn: Turn) -> None:
    """This one comes next."""
    patient = _patient(turn)
    rows = assigning.rows_of(turn.work, patient)
    lesson = next((one for one in assigning.in_order(_lessons(turn), rows) if one.id == turn.args[1]), None)
    if lesson is None:
        raise Conflict("common/old_button")
    assigning.put_first(turn.work, patient, [lesson], turn.person)
    turn.session.flush()
    _show_order(turn, patient)


def _show_order(turn: Turn, patient: Person) -> None:
    given = assigning.in_order(_lessons(turn), assigning.rows_of(turn.work, patient))
    shown = given[: _IN_A_ROW * 2]
    numbers = [
        Button("assign/number", "assign.put_first", (patient.number, lesson.id), {"number": place}) for place, lesson in enumerate(shown, 1)
    ]
    buttons = [numbers[at : at + _IN_A_ROW] for at in range(0, len(numbers), _IN_A_ROW)]
    buttons.append([Button("common/back", "assign.modules", (patient.number,))])
    lessons = [{"number": place, "title": lesson.texts[turn.lang].title} for place, lesson in enumerate(shown, 1)]
    turn.edit("assign/order", buttons, number=patient.number, lessons=lessons)


def pace(turn: Turn) -> None:
    """Over how many weeks shall the curriculum open for this patient?"""
    _show_pace(turn, _patient(turn))


def set_pace(turn: Turn) -> None:
    """The weeks, tapped. The patient hears of it."""
    patient = _patient(turn)
    if turn.args[1] not in {str(weeks) for weeks in assigning.PACES}:
        raise Conflict("common/old_button")
    assigning.set_pace(turn.work, patient, int(turn.args[1]), turn.person)
    turn.answer("assign/will_hear")
    _show_pace(turn, patient)


def _show_pace(turn: Turn, patient: Person) -> None:
    numbers = [Button("assign/number", "assign.set_pace", (patient.number, weeks), {"number": weeks}) for weeks in assigning.PACES]
    buttons = [numbers[at : at + _IN_A_ROW] for at in range(0, len(numbers), _IN_A_ROW)]
    buttons.append([Button("common/back", "assign.modules", (patient.number,))])
    turn.edit("assign/pace", buttons, number=patient.number, weeks=_pace(turn, patient))


def _pace(turn: Turn, patient: Person) -> int:
    row = people.patient_of(turn.session, patient.id)
    return row.pace_weeks if row is not None else assigning.WEEKS


def _lessons(turn: Turn) -> list[Lesson]:
    return [lesson for module in turn.content.modules for lesson in module.lessons]


def _show(turn: Turn, patient: Person, found: Module) -> None:
    rows = assigning.rows_of(turn.work, patient)
    shown = [_line(turn, place, lesson, rows.get(lesson.id)) for place, lesson in enumerate(found.lessons, 1)]
    buttons = _numbers("assign.toggle", patient, found)
    if any(one["state"] != "done" for one in shown):
        first = [Button("assign/all_first", "assign.put_module_first", (patient.number, found.id))]
        buttons.append([*(first if any(one["state"] not in ("done", "left") for one in shown) else []), _leaving(patient, found)])
    buttons.append([Button("common/back", "assign.modules", (patient.number,))])
    turn.edit("assign/module", buttons, number=patient.number, title=found.title.of(turn.lang), lessons=shown)


def _leaving(patient: Person, found: Module) -> Button:
    return Button("assign/leave", "assign.leaving", (patient.number, found.id))


def _numbers(route: str, patient: Person, found: Module) -> list[list[Button]]:
    numbers = [
        Button("assign/number", route, (patient.number, lesson.id), {"number": place}) for place, lesson in enumerate(found.lessons, 1)
    ]
    return [numbers[at : at + _IN_A_ROW] for at in range(0, len(numbers), _IN_A_ROW)]


def _line(turn: Turn, place: int, lesson: Lesson, row: LessonProgress | None) -> dict[str, object]:
    return {"number": place, "title": lesson.texts[turn.lang].title, "state": _state(row)}


def _state(row: LessonProgress | None) -> str:
    if row is None:
        return "open"
    if row.done_at is not None:
        return "done"
    if assigning.is_left_out(row):
        return "left"
    return "given" if row.assigned_by is not None else "begun"


def _found(turn: Turn) -> tuple[Module, Lesson]:
    found = next(((one, lesson) for one in turn.content.modules for lesson in one.lessons if lesson.id == turn.args[1]), None)
    if found is None:
        raise Conflict("common/old_button")
    return found


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
