"""`/tools`: a short list in groups, what fits the last named trigger first, and a tool's card. Two or three taps lead to anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.content import voices
from bot.content.files import Trigger
from bot.content.render import safe
from bot.content.tools import Family, Group, Tool
from bot.errors import Conflict
from bot.escalation import engine
from bot.escalation.store import open_case
from bot.features.tools import rules, store
from bot.ids import short
from bot.turn import Button, Turn

OLD = "common/old_button"
_DOUBLE_S = 5  # a second tap so soon is the finger's, not the person's
_FITTING = 2  # tools that are offered at once
_SHORT = 14  # two such labels stand side by side on a phone


def tools(turn: Turn) -> None:
    """`/tools`: what may help now, and the groups."""
    rows, values = _home(turn)
    turn.say("tools/list", rows, **values)


def home(turn: Turn) -> None:
    """The same in the place of the list from which one came."""
    rows, values = _home(turn)
    turn.edit("tools/list", rows, **values)


def _home(turn: Turn) -> tuple[list[list[Button]], dict[str, Any]]:
    named = store.last_triggers(turn.work, turn.person)
    found = list(turn.content.tools.values())
    fitting = rules.best(found, named) or rules.best(found, [Trigger.CRAVING])
    groups = [group for group in Group if any(tool.group is group for tool in found)]
    rows = [[_title(turn, tool)] for tool in fitting[:_FITTING]]
    rows += _paired([Button(f"tools/group_{group}", "tools.group", (group,)) for group in groups])
    if store.wrote_something(turn.work, turn.person):
        rows.append([Button("tools/notes", "tools.notes")])
    return rows, {"named": bool(rules.best(found, named))}


def group(turn: Turn) -> None:
    """The tools of a group with a line about each; a family is one entry."""
    try:
        chosen = Group(turn.arg)
    except ValueError:
        raise Conflict(OLD) from None
    found = [tool for tool in turn.content.tools.values() if tool.group is chosen]
    ordered = rules.in_order(found, store.last_triggers(turn.work, turn.person))
    buttons: list[Button] = []
    families: set[Family] = set()
    for tool in ordered:
        if tool.family is None:
            buttons.append(_title(turn, tool))
        elif tool.family not in families:
            families.add(tool.family)
            buttons.append(Button(f"tools/family_{tool.family}", "tools.family", (tool.family,)))
    rows = _rows(turn, buttons)
    rows.append([Button("common/back", "tools.home")])
    turn.edit("tools/group", rows, group=chosen.value)


def family(turn: Turn) -> None:
    """Tools that are offered together: the choice between them."""
    found = [tool for tool in turn.content.tools.values() if tool.family == turn.arg]
    if not found:
        raise Conflict(OLD)
    ordered = rules.in_order(found, store.last_triggers(turn.work, turn.person))
    rows = [[_title(turn, tool)] for tool in ordered]
    rows.append([Button("common/back", "tools.group", (ordered[0].group,))])
    listed = [{"title": tool.title.of(turn.lang), "summary": tool.summary.of(turn.lang)} for tool in ordered]
    turn.edit("tools/family", rows, tools=listed)


def open_(turn: Turn) -> None:
    """A tool's card: what it does, what to take care of, and the ways to do it. While a case is open only the steps."""
    tool = known(turn)
    steps = Button("tools/steps", "tools.steps", (tool.id,))
    rows: list[list[Button]] = [[steps]]
    if not rests(turn):
        if tool.script is not None:
            rows = [[Button("tools/start", "tools.start", (tool.id,)), steps]]
        elif tool.worksheet is not None:
            rows = _written(turn, tool, steps)
    if voices.path_of(turn.content.voices, f"tools/{tool.id}", turn.lang):
        rows.append([Button("tools/listen", "tools.listen", (tool.id,))])
    cautions = tool.cautions.of(turn.lang) if tool.cautions else ""
    turn.say(
        "tools/open",
        rows,
        dedup_key=once(turn, "open"),
        title=tool.title.of(turn.lang),
        intro=safe(tool.intro.of(turn.lang)),
        cautions=safe(cautions) if cautions else "",
    )


def _written(turn: Turn, tool: Tool, steps: Button) -> list[list[Button]]:
    begun = store.draft(turn.work, turn.person, tool)
    if begun is None:
        return [[Button("tools/write", "sheet.start", (tool.id,)), steps]]
    return [[Button("tools/go_on", "sheet.resume", (short(begun.id),)), Button("tools/start_new", "sheet.start", (tool.id,))], [steps]]


def listen(turn: Turn) -> None:
    """The recording beside a tool's file."""
    tool = known(turn)
    path = voices.path_of(turn.content.voices, f"tools/{tool.id}", turn.lang)
    if path is None:
        raise Conflict(OLD)
    turn.voice(path, "tools/voice", title=tool.title.of(turn.lang))


def steps(turn: Turn) -> None:
    """Just the steps, in one message. What is not safe for everyone is asked about first."""
    tool = known(turn)
    if tool.gate is None or _is_closed(turn):
        show_steps(turn, tool)
        return
    rows = [
        [Button("tools/gate_none", "tools.gate", (tool.id, "none"))],
        [Button("tools/gate_some", "tools.gate", (tool.id, "some")), Button("tools/gate_unsure", "tools.gate", (tool.id, "some"))],
    ]
    turn.say("tools/gate", rows, dedup_key=once(turn, "steps"), ask=safe(tool.gate.ask.of(turn.lang)))


def gate(turn: Turn) -> None:
    """The answer to a tool's caution: everything, or only what suits everyone."""
    tool = known(turn)
    if tool.gate is None:
        raise Conflict(OLD)
    opened = turn.args[1] == "none" and not _is_closed(turn)
    turn.edit("tools/gate_answered", (), ask=safe(tool.gate.ask.of(turn.lang)), opened=opened)
    show_steps(turn, tool, opened=opened)


def _is_closed(turn: Turn) -> bool:
    """Whether nothing behind a gate is offered, whatever they say: in a case, and when they told of withdrawal lately."""
    return open_case(turn.session, turn.person.id) is not None or store.told_of_withdrawal(turn.work, turn.person)


def show_steps(turn: Turn, tool: Tool, *, opened: bool = False) -> None:
    """The steps in one message, with a button to start where there is a guide.

    Args:
        opened: with those behind the tool's gate.
    """
    rows: list[list[Button]] = []
    if not rests(turn):
        if tool.script is not None:
            rows = [[Button("tools/start", "tools.start", (tool.id,))]]
        elif tool.worksheet is not None:
            rows = [[Button("tools/write", "sheet.start", (tool.id,))]]
    gated = tool.gate.steps if tool.gate is not None and opened else ()
    listed = [safe(step.of(turn.lang)) for step in (*gated, *tool.steps)]
    left_out = tool.gate is not None and not opened
    key = once(turn, "shown")
    turn.say("tools/steps", rows, dedup_key=key, title=tool.title.of(turn.lang), steps=listed, left_out=left_out)


def rests(turn: Turn) -> bool:
    """Whether only the steps are given: a case is open and its relay was not quiet for two hours."""
    case = open_case(turn.session, turn.person.id)
    return case is not None and not engine.is_quiet(case, turn.now)


def known(turn: Turn) -> Tool:
    """The tool that a button names.

    Raises:
        Conflict: there is none.
    """
    found = turn.content.tools.get(turn.arg)
    if found is None:
        raise Conflict(OLD)
    return found


def once(turn: Turn, what: str) -> str | None:
    """The key under which a doubled tap is answered once; None for what was no tap."""
    pressed = turn.inbound.message_id if turn.inbound is not None else None
    if not pressed:
        return None
    return f"tools:{what}:{short(turn.person.id)}:{pressed}:{int(turn.now.timestamp()) // _DOUBLE_S}"


def _title(turn: Turn, tool: Tool) -> Button:
    return Button("tools/title", "tools.open", (tool.id,), {"title": tool.title.of(turn.lang)})


def fitting_rows(turn: Turn, triggers: Sequence[Trigger], without: str) -> list[list[Button]]:
    """Buttons of the tools that fit these triggers best."""
    found = [tool for tool in rules.best(turn.content.tools.values(), triggers) if tool.id != without]
    return [[_title(turn, tool)] for tool in found[:_FITTING]]


def _rows(turn: Turn, buttons: Iterable[Button]) -> list[list[Button]]:
    """Short labels two in a row, long ones alone."""
    rows: list[list[Button]] = []
    room = False
    for button in buttons:
        fits = len(turn.content.texts.label(button.label, turn.lang, button.values)) <= _SHORT
        if room and fits:
            rows[-1].append(button)
            room = False
        else:
            rows.append([button])
            room = fits
    return rows


def _paired(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
