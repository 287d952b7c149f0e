"""How the rules' word and the model's are joined: an explicit table that clinicians can read (`content/crisis/opinion.yaml`)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.errors import ContentError
from bot.safety.levels import Category, Level
from bot.safety.screen import Screening

RULE = "second opinion"
_SURE = 1e-6  # a probability is never told as 0 or 1
LOUD = 0.95  # a probability of a page from which on one network's word is enough
BELOW, ABOVE = 0.2, 0.05  # how far an emergency's must be from what is needed, so that it is enough too


class Context(StrEnum):
    """What is known of the person's last hours and lowers what is needed."""

    CASE = "case"  # a crisis was open
    WATCH = "watch"  # something was to be looked at
    CRAVING = "craving"  # a check-in said 9 or 10


@dataclass(frozen=True, slots=True)
class Table:
    """The joint decision.

    Attributes:
        rules: how much a point of the rules counts.
        model: how much a logit of the model's probability counts.
        page: the joint sum from which on somebody is paged, by the words' language.
        emergency_beside: the model's probability of an emergency from which on it is one when a rule found something too.
        emergency_alone: the same when no rule found anything.
        less: what each context takes off `page`; the largest counts.
        hours: for how long each context counts.
        part, further: what is asked of a part of a message beyond that, for the first sentence that it leaves out and for each further one.
    """

    rules: float
    model: float
    page: Mapping[str, float]
    emergency_beside: float
    emergency_alone: float
    less: Mapping[Context, float]
    hours: Mapping[Context, float]
    part: float
    further: float

    @property
    def lowest(self) -> float:
        """What no sum below can page with, whatever the context."""
        return min(self.page.values()) - max(self.less.values(), default=0.0)


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model makes of one stretch of text.

    Attributes:
        page: probability that a human should look now (urgent or emergency), 0 to 1.
        emergency: probability that a life is in danger now, 0 to 1.
        category: the one that fits best, whatever the probabilities.
        other: whether it is more likely about somebody else than about the writer.
    """

    page: float
    emergency: float
    category: Category
    other: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the second reader makes of a message.

    Attributes:
        scores: of the stretch that has most.
        stretch: its words, as typed.
        plain: the same, as they were read.
    """

    scores: Scores
    stretch: str
    plain: str


def read_table(path: Path, document: Mapping[str, Any]) -> Table:
    """The table of `crisis/opinion.yaml`.

    Raises:
        ContentError: a number is missing or out of range.
    """

    def number(section: str, name: str, low: float = 0.0, high: float = 1000.0) -> float:
        part = document.get(section)
        value = part.get(name) if isinstance(part, Mapping) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ContentError(path, f"{section}.{name}", f"must be a number from {low:g} to {high:g}")
        return float(value)

    context = document.get("context")
    if not isinstance(context, Mapping) or set(context) != set(Context):
        raise ContentError(path, "context", f"must have the entries {', '.join(Context)}, each with less and hours")
    for name in Context:
        if not isinstance(context[name], Mapping):
            raise ContentError(path, f"context.{name}", "must have less and hours")
    flat = {f"context.{name}": context[name] for name in Context}
    document = {**document, **flat}
    return Table(
        rules=number("joined", "rules"),
        model=number("joined", "model"),
        page={lang: number("page", lang, -1000.0) for lang in ("en", "es", "und")},
        emergency_beside=number("emergency", "beside", 0.5, 1.0),
        emergency_alone=number("emergency", "alone", 0.5, 1.0),
        less={name: number(f"context.{name}", "less") for name in Context},
        hours={name: number(f"context.{name}", "hours", 0.0, 72.0) for name in Context},
        part=number("part", "first"),
        further=number("part", "further"),
    )


def joint(table: Table, found: Screening, scores: Scores) -> float:
    """The sum that is held against `Table.page`."""
    return table.rules * found.points + table.model * _logit(scores.page)


def of_part(table: Table, scores: Scores, left_out: int) -> Scores:
    """What a part of a message says for the whole: less, since the sentences that it leaves out may explain it."""
    if not left_out or not table.model:
        return scores
    less = (table.part + table.further * (left_out - 1)) / table.model
    return replace(scores, page=_lowered(scores.page, less), emergency=_lowered(scores.emergency, less))


def _lowered(probability: float, less: float) -> float:
    return 1 / (1 + math.exp(less - _logit(probability)))


def settled(table: Table, scores: Scores, sure: int) -> bool:
    """Whether a text is so clear that reading it with one more network would change nothing.

    It is when no points of the rules that do not page by themselves could make the sum enough, whatever the last hours; or when a page
    is likely beyond doubt, and it is clear whether it is an emergency.

    Args:
        sure: the points from which on the rules page by themselves.
    """
    if table.rules * sure + table.model * _logit(scores.page) < table.lowest:
        return True
    clear = not table.emergency_beside - BELOW < scores.emergency < table.emergency_alone + ABOVE
    return scores.page >= LOUD and clear


def _logit(probability: float) -> float:
    probability = min(max(probability, _SURE), 1 - _SURE)
    return math.log(probability / (1 - probability))


def raised(table: Table, found: Screening, opinion: Opinion, context: Collection[Context] = ()) -> Screening:
    """The screening of rules and model together: the rules' level or a higher one, never a lower.

    Args:
        context: what is known of the person's last hours.

    Returns:
        `found` itself when the model adds nothing, or the whole message is harmless and the last hours were calm.
    """
    if found.harmless and not context:  # after a crisis, nothing is beyond doubt
        return found
    scores = opinion.scores
    total = joint(table, found, scores)
    needed = table.page.get(found.lang, table.page["und"]) - max((table.less[one] for one in context), default=0.0)
    level = found.level
    if total >= needed and not level.pages:
        level = max(Level.URGENT, found.doubted)  # of two levels the higher: what the rules would have said by themselves
    sure = table.emergency_beside if found.level is not Level.NONE else table.emergency_alone
    if level.pages and level is not Level.EMERGENCY and scores.emergency >= sure:
        level = Level.EMERGENCY
    if level <= found.level:
        return found
    category = found.category if found.category is not None else scores.category
    other = found.subject in ("other", "child") if found.subject is not None else scores.other
    answer = found.answer or {Category.OVERDOSE: "overdose_other" if other else "overdose_self"}.get(category, category.value)
    why = (
        f"{RULE}: {scores.page:.2f} page, {scores.emergency:.2f} emergency",
        f"together: {total:.1f} of {needed:.1f}",
        *(f"last hours: {one.value}" for one in sorted(context)),
    )
    return replace(
        found,
        level=level,
        category=category,
        matched=found.matched or (opinion.stretch,),
        subject=found.subject or ("other" if other else "self"),
        answer=answer,
        rules=(*found.rules, *why),
    )


def decided_by(found: Screening) -> str:
    """Which of the two decided the level: `rules` or `second opinion`; of `none` the rules."""
    return RULE if any(rule.startswith(f"{RULE}: ") for rule in found.rules) else "rules"
