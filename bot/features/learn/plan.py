"""The person's own plan: what they wrote in exercises and added themselves, by kind; each entry can be taken out again."""

from __future__ import annotations

from uuid import UUID

from bot import plan_items
from bot.content.exercise import PlanField
from bot.errors import NotUnderstood
from bot.features.learn import rules
from bot.models import PlanItem
from bot.turn import Button, Turn

STEP = "plan.text"
_IN_A_ROW = 5
_ROOM = 2600  # characters of all entries of a kind together, so that the list fits a message


def show(turn: Turn) -> None:
    """Every kind of entry, with how many there are."""
    found = plan_items.counts(turn.work, turn.person)
    rows = [[Button(f"learn/plan_{kind}", "plan.kind", (kind.value,))] for kind in PlanField]
    kinds = [{"kind": kind.value, "count": found.get(kind, 0)} for kind in PlanField]
    turn.edit("learn/plan", [*rows, [Button("common/back", "learn.list")]], kinds=kinds)


def kind(turn: Turn) -> None:
    """The entries of one kind."""
    asked = _kind(turn.arg)
    if asked is None:
        turn.answer("common/old_button")
        return
    _show_kind(turn, asked, say=False)


def add(turn: Turn) -> None:
    """A new entry, to be typed."""
    asked = _kind(turn.arg)
    if asked is None:
        turn.answer("common/old_button")
    elif len(plan_items.entries(turn.work, turn.person, asked)) >= plan_items.MOST:
        turn.answer("learn/plan_full", alert=True)
    else:
        turn.proceed(STEP, kind=asked.value)


def ask(turn: Turn) -> None:
    """What shall stand in the plan?"""
    turn.ask("learn/plan_ask", [[Button("common/later", "form.leave")]], kind=turn.data["kind"])


def on_text(turn: Turn) -> None:
    """The entry, typed."""
    text = turn.text
    if len(text) > plan_items.LONGEST:
        raise NotUnderstood("learn/plan_too_long")
    asked = PlanField(turn.data["kind"])
    plan_items.add(turn.work, turn.person, asked, text)
    turn.finish()
    _show_kind(turn, asked, say=True)


def remove(turn: Turn) -> None:
    """An entry goes out of the plan."""
    try:
        row = plan_items.remove(turn.work, turn.person, UUID(turn.arg))
    except ValueError:
        row = None
    if row is None:
        turn.answer("common/old_button")
        return
    turn.answer("learn/plan_removed")
    _show_kind(turn, PlanField(row.kind), say=False)


def removing(turn: Turn) -> None:
    """Which entry shall go?"""
    asked = _kind(turn.arg)
    found = plan_items.entries(turn.work, turn.person, asked) if asked is not None else []
    if asked is None or not found:
        turn.answer("common/old_button")
        return
    buttons = [Button("learn/number", "plan.remove", (row.id.hex,), {"number": place}) for place, (row, _) in enumerate(found, 1)]
    rows = [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]
    turn.edit("learn/plan_which", [*rows, [Button("common/back", "plan.kind", (asked.value,))]], entries=_lines(found))


def _show_kind(turn: Turn, asked: PlanField, *, say: bool) -> None:
    found = plan_items.entries(turn.work, turn.person, asked)
    change = [Button("learn/plan_add", "plan.add", (asked.value,))]
    if found:
        change.append(Button("learn/plan_take_out", "plan.removing", (asked.value,)))
    rows = [change, [Button("common/back", "plan.show")]]
    show_it = turn.say if say else turn.edit
    show_it("learn/plan_entries", rows, kind=asked.value, entries=_lines(found))


def _lines(found: list[tuple[PlanItem, str]]) -> list[dict[str, object]]:
    room = _ROOM // max(len(found), 1)
    return [{"number": place, "text": rules.cut(text, room)} for place, (_, text) in enumerate(found, 1)]


def _kind(name: str) -> PlanField | None:
    return PlanField(name) if name in set(PlanField) else None
