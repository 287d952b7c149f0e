"""What was written in tools, looked at again: the list, one entry, deleting it, and the question some days later how it went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot import due, plan_items
from bot.content.tools import Tool
from bot.content.worksheet import SheetKind, Worksheet
from bot.errors import Conflict
from bot.features.tools import listing, store, written
from bot.ids import short
from bot.models import Due, Lane, Person, ToolEntry
from bot.turn import Button, Rows, Turn
from bot.work import Work

KIND = "tools.look_back"
WALL = "17:00"  # without a time of the person's own
USEFUL_FOR = timedelta(hours=3)
TRIES = 3  # days on which it may find room among what the bot starts
WENT = ("done", "partly", "not_yet")
_PAGE = 6
_IN_A_ROW = 3


def notes(turn: Turn) -> None:
    """`/tools`, My notes: what the person wrote, the newest first."""
    _list(turn, 0)


def more(turn: Turn) -> None:
    """Another page of the list."""
    _list(turn, int(turn.arg) if turn.arg.isdecimal() and len(turn.arg) < 4 else 0)


def _list(turn: Turn, page: int) -> None:
    found = store.entries(turn.work, turn.person)
    back = [Button("common/back", "tools.home")]
    if not found:
        turn.edit("tools/no_notes", [back])
        return
    page = min(page, (len(found) - 1) // _PAGE)
    shown = found[page * _PAGE : (page + 1) * _PAGE]
    buttons = [
        Button("tools/number", "tools.note", (short(row.id),), {"number": place}) for place, row in enumerate(shown, page * _PAGE + 1)
    ]
    rows = [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]
    turning = [Button("tools/newer", "tools.notes_page", (page - 1,))] if page else []
    if len(found) > (page + 1) * _PAGE:
        turning.append(Button("tools/older", "tools.notes_page", (page + 1,)))
    listed = [
        {
            "number": place,
            "title": turn.content.tools[row.tool_id].title.of(turn.lang),
            "at": row.done_at or row.updated_at,
            "draft": row.done_at is None,
        }
        for place, row in enumerate(shown, page * _PAGE + 1)
    ]
    turn.edit("tools/notes_list", [*rows, *([turning] if turning else []), back], notes=listed)


def note(turn: Turn) -> None:
    """One entry, as a card."""
    row, tool, sheet = _mine(turn)
    answers = store.answers(turn.work, row)
    first: list[Button] = []
    if row.done_at is None and not listing.rests(turn):
        first = [Button("tools/go_on", "sheet.resume", (turn.arg,))]
    rows = [
        first,
        *plan_rows(turn, row, sheet, answers),
        [Button("tools/delete", "tools.drop", (turn.arg,)), Button("common/back", "tools.notes")],
    ]
    values = written.card(tool, sheet, row, answers, turn.lang)
    turn.edit("tools/card", [line for line in rows if line], **values)


def plan_rows(turn: Turn, row: ToolEntry, sheet: Worksheet, answers: Mapping[str, Any]) -> list[list[Button]]:
    """One tap puts what was written into the person's plan, where the tool says that it can go there."""
    return [[Button("tools/into_plan", "tools.plan", (short(row.id),))]] if written.for_plan(sheet, answers, turn.lang) else []


def into_plan(turn: Turn) -> None:
    """What was written goes into the plan; what stands there already is not put in again."""
    row, tool, sheet = _mine(turn)
    answers = store.answers(turn.work, row)
    new = sum(plan_items.keep(turn.work, turn.person, kind, texts) for kind, texts in written.for_plan(sheet, answers, turn.lang))
    turn.answer("tools/in_plan" if new else "tools/in_plan_before")
    rows = [
        [Button("tools/my_plan", "plan.show")],
        [Button("tools/again", "sheet.start", (tool.id,)), Button("tools/notes", "tools.notes")],
    ]
    turn.edit("tools/card", rows, **written.card(tool, sheet, row, answers, turn.lang))


def drop(turn: Turn) -> None:
    """Delete it? Asked once."""
    row, tool, _ = _mine(turn)
    rows = [[Button("tools/delete_yes", "tools.drop_sure", (turn.arg,)), Button("tools/keep", "tools.note", (turn.arg,))]]
    turn.edit("tools/drop", rows, title=tool.title.of(turn.lang), at=row.done_at or row.updated_at)


def drop_sure(turn: Turn) -> None:
    """Deleted for good."""
    row, _, _ = _mine(turn)
    due.drop(turn.work, _key(row))
    store.delete(turn.work, row)
    turn.work.session.flush()
    turn.answer("tools/deleted")
    _list(turn, 0)


def plan(work: Work, person: Person, row: ToolEntry, sheet: Worksheet, answers: Mapping[str, Any]) -> None:
    """Ask on the chosen day how it went, when a day was chosen."""
    for step in sheet.steps:
        option = next((step.option(key) for key in written.keys(answers.get(step.key))), None) if step.kind is SheetKind.CHOICE else None
        if option is not None and option.days is not None:
            _put(work, person, row, work.now + timedelta(days=option.days - 1), 0)
            return


def _put(work: Work, person: Person, row: ToolEntry, after: datetime, tries: int) -> None:
    at = due.next_instant(after, person.checkin_at or WALL, person.zone)
    due.put(work, KIND, f"{_key(row)}:{tries}", at, person=person, useful_for=USEFUL_FOR, entry=str(row.id), tries=tries)


def _key(row: ToolEntry) -> str:
    return f"look_back:{row.id}"


def look_back(turn: Turn, item: Due) -> None:
    """The day has come: "You have a message" [Open], nothing else on a locked phone."""
    row = store.by_id(turn.work, turn.person, UUID(str(item.args["entry"])))
    if row is None or row.tool_id not in turn.content.tools:
        return
    if due.may_start(turn.work, turn.person, "tools"):
        turn.say("tools/waiting", [[Button("tools/open", "tools.look", (short(row.id),))]], lane=Lane.BULK, dedup_key=_key(row))
    else:
        look_back_later(turn, item)


def look_back_later(turn: Turn, item: Due) -> None:
    """No room today, or a case is open: another day, a few times at most."""
    row, tries = store.by_id(turn.work, turn.person, UUID(str(item.args["entry"]))), int(item.args["tries"])
    if row is not None and tries + 1 < TRIES:
        _put(turn.work, turn.person, row, turn.now, tries + 1)


def look(turn: Turn) -> None:
    """[Open]: what was written, and how it went."""
    row, tool, sheet = _mine(turn)
    rows: Rows = [[Button(f"tools/went_{how}", "tools.went", (turn.arg, how)) for how in WENT]]
    values = written.card(tool, sheet, row, store.answers(turn.work, row), turn.lang)
    turn.edit("tools/look_back", rows, **values)


def went(turn: Turn) -> None:
    """How it went. Whatever it was, it is met with thanks; what did not work out can be made smaller."""
    row, tool, _ = _mine(turn)
    how = turn.args[1]
    if how not in WENT:
        raise Conflict(listing.OLD)
    row.went = how
    rows: Rows = [] if how == "done" else [[Button("tools/smaller", "sheet.start", (tool.id,))]]
    turn.edit("tools/went", rows, how=how)


def _mine(turn: Turn) -> tuple[ToolEntry, Tool, Worksheet]:
    row = store.mine(turn.work, turn.person, turn.arg)
    tool = turn.content.tools.get(row.tool_id) if row is not None else None
    if row is None or tool is None or tool.worksheet is None:
        raise Conflict(listing.OLD)
    return row, tool, tool.worksheet
