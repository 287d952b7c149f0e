"""Written tools: one question at a time, answers kept sealed after each, a card with all of them at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.content.files import LANGS, Trigger
from bot.content.render import safe
from bot.content.tools import Tool
from bot.content.worksheet import TAPPED, WRITTEN, SheetKind, SheetStep, Worksheet
from bot.errors import Conflict, NotUnderstood
from bot.escalation.store import open_case
from bot.features.tools import listing, looking, store, written
from bot.ids import short
from bot.models import ToolEntry
from bot.turn import Button, Turn
from bot.typed import pick

FORM = "sheet"
STEP = f"{FORM}.step"
_SHORT_LABEL = 14  # two such labels stand side by side on a phone
_SHOWN = 160  # characters of an earlier answer that are shown with a question


@dataclass(frozen=True, slots=True)
class Here:
    """Where the person is: the tool, its sheet, their entry, the present step, and what they answered so far."""

    tool: Tool
    sheet: Worksheet
    entry: ToolEntry
    step: SheetStep
    answers: dict[str, Any]

    @property
    def place(self) -> int:
        return self.sheet.steps.index(self.step)


def start(turn: Turn) -> None:
    """Begin a written tool; what was begun before stays a draft. While a case is open only the steps are given."""
    tool = listing.known(turn)
    if tool.worksheet is None or listing.rests(turn):
        listing.show_steps(turn, tool)
        return
    entry = store.begin(turn.work, turn.person, tool, tool.worksheet.steps[0].key)
    _enter(turn, entry)


def resume(turn: Turn) -> None:
    """On with a draft, at the step where it was left."""
    entry = store.mine(turn.work, turn.person, turn.arg)
    if entry is None or entry.done_at is not None:
        raise Conflict(listing.OLD)
    _enter(turn, entry)


def _enter(turn: Turn, entry: ToolEntry) -> None:
    turn.drop_form(FORM)
    turn.goto(STEP, entry=short(entry.id))
    ask(turn)


def here(turn: Turn) -> Here | None:
    """Where the person is; None when the entry was deleted or the tool is no longer part of the content, which is said."""
    entry = store.mine(turn.work, turn.person, str(turn.data.get("entry", "")))
    tool = turn.content.tools.get(entry.tool_id) if entry is not None else None
    if entry is None or tool is None or tool.worksheet is None or entry.done_at is not None:
        turn.finish()
        turn.say("tools/gone", [[Button("tools/all", "tools.home")]])
        return None
    steps = tool.worksheet.steps
    step = next((step for step in steps if step.key == entry.step), steps[0])
    return Here(tool, tool.worksheet, entry, step, store.answers(turn.work, entry))


def ask(turn: Turn) -> None:
    """Put the present question as a new message."""
    at = here(turn)
    if at is not None:
        key, rows, values = _question(turn, at)
        turn.ask(key, rows, **values)


def answer(turn: Turn) -> None:
    """Words: the answer of a written step, or a button's words, or a number."""
    at = here(turn)
    if at is None:
        return
    step, typed = at.step, turn.text
    if step.kind is SheetKind.TEXT:
        _keep(turn, at, typed)
    elif step.kind is SheetKind.LIST:
        _add(turn, at, typed)
    elif step.kind is SheetKind.SCALE:
        _keep(turn, at, written.parse_number(typed, step.top))
    elif step.kind is SheetKind.MULTI:
        raise NotUnderstood("tools/tap_hint")
    else:
        found = pick(typed, {option.key: [option.of(lang) for lang in LANGS] for option in step.options})
        if found is None:
            raise NotUnderstood("tools/tap_hint")
        _keep(turn, at, found)


def choose(turn: Turn) -> None:
    """An option of a step was tapped."""
    at = here(turn)
    if at is None:
        return
    if at.step.kind is not SheetKind.CHOICE or at.step.option(turn.arg) is None:
        turn.answer(listing.OLD)
        return
    _keep(turn, at, turn.arg)


def scale(turn: Turn) -> None:
    """A number of a scale was tapped."""
    at = here(turn)
    if at is None:
        return
    if at.step.kind is not SheetKind.SCALE:
        turn.answer(listing.OLD)
        return
    _keep(turn, at, written.parse_number(turn.arg, at.step.top))


def toggle(turn: Turn) -> None:
    """An option of a step with several answers was tapped: on or off."""
    at = here(turn)
    if at is None:
        return
    if at.step.kind is not SheetKind.MULTI or at.step.option(turn.arg) is None:
        turn.answer(listing.OLD)
        return
    chosen = _chosen(turn, at)
    turn.goto(STEP, chosen=[key for key in chosen if key != turn.arg] if turn.arg in chosen else [*chosen, turn.arg])
    key, rows, values = _question(turn, at)
    turn.edit(key, rows, step=True, **values)


def done(turn: Turn) -> None:
    """The list, or the ticks, are complete."""
    at = here(turn)
    if at is None:
        return
    step = at.step
    if step.kind is SheetKind.MULTI:
        chosen = [option.key for option in step.options if option.key in _chosen(turn, at)]
        if not chosen:
            turn.answer("tools/tap_one")
            return
        shown = written.shown(step, {"kind": step.kind.value, "value": chosen}, turn.lang)
        turn.edit("tools/answered", (), ask=safe(step.ask.of(turn.lang)), answer=shown)
        _keep(turn, at, chosen)
    elif step.kind is SheetKind.LIST and written.items(at.answers.get(step.key)):
        _reply(turn, step, None)
        _forward(turn, at)
    else:
        turn.answer("tools/write_one")


def back(turn: Turn) -> None:
    """One question back; what was answered is kept."""
    at = here(turn)
    if at is None:
        return
    if at.place == 0:
        turn.answer("common/first_step")
        return
    _place(turn, at, at.sheet.steps[at.place - 1])


def skip(turn: Turn) -> None:
    """Leave a question unanswered."""
    at = here(turn)
    if at is not None:
        _forward(turn, at)


def _add(turn: Turn, at: Here, typed: str) -> None:
    """More things for a list; the person says when it is complete."""
    listed = [*written.items(at.answers.get(at.step.key)), *written.lines(typed)][: written.LONGEST_LIST]
    store.keep(turn.work, at.entry, at.step.key, written.kept(at.step, listed))
    rows = [[Button("tools/done", f"{FORM}.done")], [Button("common/back", f"{FORM}.back"), Button("common/later", "form.leave")]]
    turn.ask("tools/listed", rows, items=listed)


def _keep(turn: Turn, at: Here, value: Any) -> None:
    store.keep(turn.work, at.entry, at.step.key, written.kept(at.step, value))
    _reply(turn, at.step, value)
    _forward(turn, at)


def _reply(turn: Turn, step: SheetStep, value: Any) -> None:
    option = step.option(value) if step.kind is SheetKind.CHOICE else None
    text = option.reply if option is not None and option.reply is not None else step.reply
    if text is not None:
        turn.say("tools/reply", text=safe(text.of(turn.lang)))


def _forward(turn: Turn, at: Here) -> None:
    if at.place + 1 < len(at.sheet.steps):
        _place(turn, at, at.sheet.steps[at.place + 1])
    else:
        _finish(turn, at)


def _place(turn: Turn, at: Here, step: SheetStep) -> None:
    store.move(turn.work, at.entry, step.key)
    turn.goto(STEP, chosen=None)
    ask(turn)


def _finish(turn: Turn, at: Here) -> None:
    answers = store.answers(turn.work, at.entry)
    store.finish(turn.work, at.entry)
    turn.finish()
    if not answers:
        turn.say("tools/nothing_written", [[Button("tools/all", "tools.home")]])
        return
    turn.say("tools/sheet_done", text=safe(at.sheet.done.of(turn.lang)))
    rows = listing.fitting_rows(turn, _named(at.sheet, answers), at.tool.id)
    rows += looking.plan_rows(turn, at.entry, at.sheet, answers)
    rows += [[Button("tools/again", "sheet.start", (at.tool.id,)), Button("tools/notes", "tools.notes")]]
    turn.say("tools/card", rows, **written.card(at.tool, at.sheet, at.entry, answers, turn.lang))
    looking.plan(turn.work, turn.person, at.entry, at.sheet, answers)


def _named(sheet: Worksheet, answers: dict[str, Any]) -> list[Trigger]:
    """The triggers among what was ticked: an option that is called like a trigger names it."""
    ticked = [key for step in sheet.steps if step.kind is SheetKind.MULTI for key in written.keys(answers.get(step.key))]
    return [Trigger(key) for key in ticked if key in set(Trigger)]


def _question(turn: Turn, at: Here) -> tuple[str, list[list[Button]], dict[str, Any]]:
    step, lang = at.step, turn.lang
    rows: list[list[Button]] = []
    if step.kind is SheetKind.SCALE:
        numbers = [Button("tools/number", f"{FORM}.scale", (number,), {"number": number}) for number in step.numbers]
        rows = [numbers[:6], numbers[6:]]
    elif step.kind in TAPPED:
        multi = step.kind is SheetKind.MULTI
        labels = [(option.key, option.of(lang)) for option in step.options]
        rows = _options(f"{FORM}.{'toggle' if multi else 'choose'}", labels, _chosen(turn, at) if multi else ())
    before = at.answers.get(step.key)
    if step.kind is SheetKind.MULTI or written.items(before):
        rows.append([Button("tools/done", f"{FORM}.done")])
    first = [] if at.place == 0 else [Button("common/back", f"{FORM}.back")]
    rows.append([*first, Button("common/skip", f"{FORM}.skip"), Button("common/later", "form.leave")])
    recalled = at.sheet.steps[[one.key for one in at.sheet.steps].index(step.recall)] if step.recall else None
    return (
        "tools/question",
        rows,
        {
            "number": at.place + 1,
            "total": len(at.sheet.steps),
            "ask": safe(step.ask.of(lang)),
            "recalled": written.cut(written.shown(recalled, at.answers.get(recalled.key), lang), _SHOWN) if recalled else "",
            "low": step.min_label.of(lang) if step.min_label else "",
            "high": step.max_label.of(lang) if step.max_label else "",
            "top": step.top,
            "before": "" if step.kind is SheetKind.MULTI else written.cut(written.shown(step, before, lang), _SHOWN),
            "kind": step.kind.value,
            "to_team": step.kind in WRITTEN and open_case(turn.session, turn.person.id) is not None,
        },
    )


def _options(route: str, options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> list[list[Button]]:
    rows: list[list[Button]] = []
    room = False
    for key, text in options:
        button = Button("tools/option_on" if key in chosen else "tools/option", route, (key,), {"text": text})
        fits = len(text) <= _SHORT_LABEL
        if room and fits:
            rows[-1].append(button)
            room = False
        else:
            rows.append([button])
            room = fits
    return rows


def _chosen(turn: Turn, at: Here) -> list[str]:
    """The options that are ticked: those tapped since the question was put, else those of an earlier answer."""
    chosen = turn.data.get("chosen")
    return written.keys(at.answers.get(at.step.key)) if chosen is None else list(chosen)
