"""What answers in forms mean, in one table, so that forms and words feed one engine (SAFETY.md 5, CLINICAL.md 2.1, 2.6, 2.7).

A row says: this form, this item, this answer, while all of these things are so, means this level. Rows of one item stand from the most
urgent down; the first that fits decides. What no row names says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeGuard

from .levels import Category, Level

# What may be so besides the answer.
REPEATED = "repeated"  # the same answer as the day before
HIGH_CRAVING = "high craving"  # 7 and more of 10
USED = "used"
ASSESSED = "assessed"  # a clinician saw the person lately and found nothing new
LOW_MOOD = "low mood"  # 3 and less of 10
THREE_HIGH_DAYS = "three high days"  # cravings of 7 and more on three days running
NO_ASQ = "no asq"  # no official ASQ in the person's language: "sometimes" leads to no questions, so it decides itself
RISE = "rise of 5"  # against the last time
ELSE = "*"  # any answer that has no row above


@dataclass(frozen=True, slots=True)
class FormRule:
    """One row.

    Attributes:
        form: checkin, asq, phq9, gad7.
        item: of that form; ``total`` is its sum.
        answers: any of these; numbers as ``9`` or a range ``15-19``.
        also: all of these have to be so too.
        level: what it means.
        category: what it is about.
        source: where it was decided.
    """

    form: str
    item: str
    answers: tuple[str, ...]
    level: Level
    category: Category
    source: str
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As it is kept with an alert: ``checkin.safety:yes_now``, ``checkin.craving + three high days``."""
        answers = "" if self.answers == (ELSE,) else f":{'|'.join(self.answers)}"
        return " + ".join((f"{self.form}.{self.item}{answers}", *self.also))

    def fits(self, answer: str, also: Collection[str]) -> bool:
        """Whether this row is about such an answer."""
        return all(thing in also for thing in self.also) and any(_fits(wanted, answer) for wanted in self.answers)


def _fits(wanted: str, answer: str) -> bool:
    low, dash, high = wanted.partition("-")
    if dash and low.isdecimal() and answer.isdecimal():
        return int(low) <= int(answer) <= int(high)
    return wanted in (ELSE, answer)


_E, _U, _W = Level.EMERGENCY, Level.URGENT, Level.WATCH
_SUICIDE, _CRAVING, _RELAPSE = Category.SUICIDE, Category.CRAVING, Category.RELAPSE
_SAFETY5, _SAFETY1 = "SAFETY.md 5", "SAFETY.md 1"
_ASQ, _PHQ, _SHORT = "CLINICAL.md 2.6", "CLINICAL.md 2.1", "CLINICAL.md 2.7"

RULES: tuple[FormRule, ...] = (
    FormRule("checkin", "safety", ("yes_now",), _E, _SUICIDE, _SAFETY5),
    FormRule("checkin", "safety", ("sometimes",), _W, _SUICIDE, _SAFETY5, (ASSESSED,)),
    FormRule("checkin", "safety", ("sometimes",), _U, _SUICIDE, _SAFETY5, (NO_ASQ,)),
    FormRule("checkin", "safety", ("rather_not",), _U, _SUICIDE, _SAFETY5, (REPEATED,)),
    FormRule("checkin", "safety", ("rather_not",), _U, _SUICIDE, _SAFETY5, (HIGH_CRAVING,)),
    FormRule("checkin", "safety", ("rather_not",), _U, _SUICIDE, _SAFETY5, (USED,)),
    FormRule("checkin", "safety", ("rather_not",), _W, _SUICIDE, _SAFETY5),
    FormRule("checkin", "person", ("now",), _E, _SUICIDE, _SAFETY5),
    FormRule("checkin", "person", ("today",), _U, _SUICIDE, _SAFETY5),
    FormRule("checkin", "reach", ("yes",), _U, _CRAVING, _SAFETY5),
    FormRule("checkin", "reach", (ELSE,), _W, _CRAVING, _SAFETY5),
    FormRule("checkin", "craving", ("9-10",), _W, _CRAVING, _SHORT),
    FormRule("checkin", "craving", (ELSE,), _W, _CRAVING, _SHORT, (THREE_HIGH_DAYS,)),
    FormRule("checkin", "used", ("yes",), _U, _RELAPSE, _SAFETY1, (HIGH_CRAVING,)),
    FormRule("checkin", "used", ("yes",), _U, _RELAPSE, _SAFETY1, (LOW_MOOD,)),
    FormRule("checkin", "used", ("yes",), _W, _RELAPSE, _SAFETY1),
    FormRule("asq", "now", ("yes", "rather_not"), _E, _SUICIDE, _ASQ),
    FormRule("asq", "now", ("no",), _U, _SUICIDE, _ASQ),
    FormRule("asq", "unfinished", (ELSE,), _U, _SUICIDE, _SAFETY5),
    FormRule("asq", "all", ("no",), _W, _SUICIDE, _SAFETY5),
    FormRule("phq9", "acuity", ("yes", "rather_not"), _E, _SUICIDE, _PHQ),
    FormRule("phq9", "9", ("1-3",), _U, _SUICIDE, _PHQ),
    FormRule("phq9", "total", ("20-27",), _U, _SUICIDE, _PHQ),
    FormRule("phq9", "total", ("15-19",), _W, _SUICIDE, _PHQ),
    FormRule("phq9", "total", (ELSE,), _W, _SUICIDE, _PHQ, (RISE,)),
    FormRule("gad7", "total", ("15-21",), _W, _SUICIDE, "CLINICAL.md 5"),
)


def judge_answer(form: str, item: str, answer: str, also: Iterable[str] = ()) -> FormRule | None:
    """The row that decides about one answer; None when it says nothing.

    Args:
        form: as in the table.
        item: of that form.
        answer: as the form keeps it; a number in digits.
        also: what is so besides.
    """
    things = frozenset(also)
    return next((rule for rule in RULES if (rule.form, rule.item) == (form, item) and rule.fits(answer, things)), None)


def pages(rule: FormRule | None) -> TypeGuard[FormRule]:
    """Whether what decided about an answer brings a person at once."""
    return rule is not None and rule.level.pages
