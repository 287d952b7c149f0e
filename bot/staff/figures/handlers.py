"""`/figures`: the last weeks in numbers, and how the rules of the screen fared."""

from __future__ import annotations

from bot.errors import NotAllowed
from bot.outbox import Button
from bot.staff.figures import store
from bot.turn import Turn

WEEKS = 4
RULES = 12
LEAST = 3  # judged cases; fewer say nothing about a rule


def show(turn: Turn) -> None:
    """The last four weeks, the present one first."""
    _present(turn)
    turn.say("figures/weeks", [[Button("figures/rules", "figures.rules")]], weeks=store.weeks(turn.work, WEEKS))


def by_rule(turn: Turn) -> None:
    """[By rule]: the rules that were most often judged to be no crisis."""
    _present(turn)
    found = [one for one in store.by_rule(turn.work) if one.judged >= LEAST]
    turn.say("figures/rules", rules=found[:RULES], more=max(len(found) - RULES, 0), least=LEAST)


def _present(turn: Turn) -> None:
    if turn.person.removed_at is not None:
        raise NotAllowed
