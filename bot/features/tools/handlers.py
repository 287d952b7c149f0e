"""Timed tools: the rating before, the live timer, the rating after."""

from __future__ import annotations

from uuid import UUID

from bot.content.files import HtmlPair
from bot.content.render import safe
from bot.content.tools import Outcome, Ratings, Script, Tool
from bot.errors import Conflict
from bot.escalation.store import open_case
from bot.features.tools import rules, timer
from bot.features.tools.listing import OLD, known, once, rests, show_steps
from bot.ids import short
from bot.menu import SOS
from bot.models import Due, Lane, Timer
from bot.safety.levels import Category, Level
from bot.turn import Button, Rows, Say, Turn

_SKIPPED = "-"


def start(turn: Turn) -> None:
    """Start: first the rating, when the tool has one."""
    tool = known(turn)
    if tool.script is None or rests(turn):
        show_steps(turn, tool)
        return
    if not _is_free(turn):
        return
    if tool.ratings is None:
        timer.start(turn.work, turn.person, tool, tool.script, None)
        return
    asked = tool.ratings.before
    low, high = asked.min_label.of(turn.lang), asked.max_label.of(turn.lang)
    rows = _rating_rows("tools.before", tool.id)
    turn.say("tools/rate", rows, dedup_key=once(turn, "rate"), ask=safe(asked.ask.of(turn.lang)), low=low, high=high)


def before(turn: Turn) -> None:
    """The first rating. A craving of 9 or 10 asks first whether it is within reach."""
    tool, script, ratings = _rated_tool(turn)
    rating = _parsed(turn)
    if rests(turn):
        show_steps(turn, tool)
        return
    if not _is_free(turn):
        return
    turn.edit("tools/chosen", (), text=safe(ratings.before.ask.of(turn.lang)), choice=_shown(rating))
    if rules.asks_reach(tool, rating):
        turn.alert(Level.WATCH, Category.CRAVING, rule="tool.before")
        _ask_reach(turn, tool, str(rating))
        return
    timer.start(turn.work, turn.person, tool, script, rating)


def reach(turn: Turn) -> None:
    """Is it within reach? Yes is urgent; no, or no answer, stays the `watch` item of the rating itself."""
    tool, script, _ = _rated_tool(turn)
    rating = _parsed(turn)
    within = turn.args[2] == "yes"
    turn.edit("tools/reach_answered", (), within=within)
    if within:
        # The crisis answer and the page are all that may be said now.
        turn.alert(Level.URGENT, Category.CRAVING, rule="tool.within_reach")
    elif rating is None:
        turn.say("tools/reach_far", _ways_on(turn, tool, hard=True))
    elif timer.running(turn.work, turn.person) is None and not rests(turn):
        timer.start(turn.work, turn.person, tool, script, rating)


def pause(turn: Turn) -> None:
    """Let the guide wait."""
    row, script = _live(turn)
    if row.paused_at is not None:
        turn.answer("tools/already_paused")
        return
    timer.pause(turn.work, turn.person, row, script)
    turn.edit("tools/paused", timer.paused_rows(row), **timer.words_now(turn.work, turn.person, row, script))


def continue_(turn: Turn) -> None:
    """On from where it stood."""
    row, script = _live(turn)
    if row.paused_at is None:
        turn.answer("tools/already_running")
        return
    timer.go_on(turn.work, turn.person, row, script)
    turn.edit("tools/timer", timer.running_rows(row), **timer.words_now(turn.work, turn.person, row, script))


def stop(turn: Turn) -> None:
    """Stopping early is fine."""
    row, _ = _live(turn)
    tool = turn.content.tools[row.script]
    timer.end(turn.work, row, "stopped")
    if tool.closing is None:
        turn.edit("tools/timer_over", ())
        return
    turn.edit(
        "tools/closing",
        _ways_on(turn, tool, hard=False),
        text=safe(tool.closing.stopped.of(turn.lang)),
        human=False,
        **rules.fallen(None, 0),
    )


def after(turn: Turn) -> None:
    """The second rating, and the words that go with what became of it."""
    row = timer.mine(turn.work, turn.person, turn.arg)
    tool = turn.content.tools.get(row.script) if row is not None else None
    if row is None or tool is None or tool.ratings is None or tool.closing is None:
        raise Conflict(OLD)
    rating = _parsed(turn)
    if row.after is not None:
        turn.answer("tools/already_rated")
        return
    row.after = rating
    asked = safe(tool.ratings.after.ask.of(turn.lang))
    if rests(turn) or rating is None:
        turn.edit("tools/chosen", (), text=asked, choice=_shown(rating))
        if rating is None:
            turn.answer("tools/kept")
        return
    outcome = rules.outcome(row.before, rating)
    hard = outcome is Outcome.HIGHER or rating >= rules.SEVERE_CRAVING
    turn.edit("tools/chosen", (), text=asked, choice=_shown(rating))
    closing: HtmlPair = getattr(tool.closing, outcome.value)
    turn.say(
        "tools/closing", _ways_on(turn, tool, hard=hard), text=safe(closing.of(turn.lang)), human=hard, **rules.fallen(row.before, rating)
    )
    if rules.asks_reach(tool, rating):
        turn.alert(Level.WATCH, Category.CRAVING, rule="tool.after")
        if not rules.asks_reach(tool, row.before):  # asked before this ride already
            _ask_reach(turn, tool, _SKIPPED)


def person(turn: Turn) -> None:
    """A person, because it did not get easier: urgent."""
    if open_case(turn.session, turn.person.id) is not None:
        raise Conflict("tools/team_knows")
    turn.alert(Level.URGENT, Category.CRAVING, source="button", rule="tool.person")


def on_end(turn: Turn, item: Due) -> None:
    """The time is up: the timer's message says so, and the second rating is asked in neutral words."""
    row = timer.by_id(turn.work, UUID(item.args["timer"]))
    if row is None or row.ended_at is not None:
        return
    if rests(turn):
        timer.end(turn.work, row, "case")
        timer.strip(turn.work, turn.person, row)
        return
    tool = turn.content.tools.get(row.script)
    if row.paused_at is not None or tool is None:
        timer.end(turn.work, row, "stopped")
        timer.strip(turn.work, turn.person, row)
        return
    timer.end(turn.work, row, "finished")
    timer.over(turn.work, turn.person, row)
    if tool.ratings is None:
        return
    rows = _rating_rows("tools.after", short(row.id))
    # It may arrive on a locked phone: the question alone, whose words are checked for that.
    values = {"ask": safe(tool.ratings.after.ask.of(turn.lang)), "low": "", "high": ""}
    turn.intents.append(Say("tools/rate", rows, values, lane=Lane.REPLY))


def on_end_late(turn: Turn, item: Due) -> None:
    """Long after the end nobody sits there any more: no word, only the buttons go."""
    row = timer.by_id(turn.work, UUID(item.args["timer"]))
    if row is not None and row.ended_at is None:
        timer.end(turn.work, row, "finished")
        timer.over(turn.work, turn.person, row)


def _rated_tool(turn: Turn) -> tuple[Tool, Script, Ratings]:
    tool = known(turn)
    if tool.script is None or tool.ratings is None:
        raise Conflict(OLD)
    return tool, tool.script, tool.ratings


def _live(turn: Turn) -> tuple[Timer, Script]:
    row = timer.mine(turn.work, turn.person, turn.arg)
    tool = turn.content.tools.get(row.script) if row is not None else None
    if row is None or tool is None or tool.script is None:
        raise Conflict(OLD)
    if row.ended_at is not None:
        raise Conflict("tools/ended")
    return row, tool.script


def _is_free(turn: Turn) -> bool:
    """Whether no timer runs; else it is said over the chat."""
    if timer.running(turn.work, turn.person) is None:
        return True
    turn.answer("tools/one_runs")
    return False


def _parsed(turn: Turn) -> int | None:
    try:
        return rules.parse_rating(turn.args[1])
    except ValueError:
        raise Conflict(OLD) from None


def _ask_reach(turn: Turn, tool: Tool, rating: str) -> None:
    rows = [
        [
            Button("tools/reach_yes", "tools.reach", (tool.id, rating, "yes")),
            Button("tools/reach_no", "tools.reach", (tool.id, rating, "no")),
        ]
    ]
    turn.say("tools/reach", rows)


def _rating_rows(route: str, subject: str) -> Rows:
    numbers = [Button("tools/number", route, (subject, number), {"number": number}) for number in range(11)]
    return [numbers[:6], numbers[6:], [Button("common/skip", route, (subject, _SKIPPED))]]


def _shown(rating: int | None) -> str:
    return "" if rating is None else str(rating)


def _ways_on(turn: Turn, tool: Tool, *, hard: bool) -> Rows:
    """What can be done after a tool: again, back to a lesson that waits, and, when it is hard, reach a human."""
    again_row = [Button("tools/again", "tools.start", (tool.id,)), Button("tools/steps", "tools.steps", (tool.id,))]
    rows = [[SOS, Button("tools/person", "tools.person")], again_row] if hard else [again_row]
    if turn.state is not None and turn.state.startswith("learn."):
        rows.append([Button("tools/lesson", "learn.resume")])
    return rows
