"""What a check-in decides: what counts as an answer, which question is next, and when a person is needed (SAFETY.md 5, CLINICAL.md 2.7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from bot.errors import NotUnderstood
from bot.safety import forms
from bot.safety.forms import FormRule, judge_answer

HIGH_CRAVING, SEVERE_CRAVING = 7, 9  # of 10
LOW_MOOD = 3  # of 10
HIGH_DAYS = 3
NUDGE_ONCE, NUDGE_AGAIN, TELL_COUNSELOR = 1, 2, 3  # days without a check-in
REMIND_FROM, REMIND_UNTIL = time(8, 0), time(21, 0)  # no form with a safety question is sent outside
# Around the number, as people type it in either language: "about 7", "unas 6 horas y media".
_ABOUT = r"(?:(?:about|around|maybe|like|an?|un|unas|unos|como|tal vez|quizás?)\s+)?"
_HALF = r"(?:½|\s+1/2|\s+and a half|\s+y media)"
_HOURS = r"(?:\s*(?:h|hs|hrs?|hours?|horas?)\b)?"
_SLEEP = re.compile(
    rf"{_ABOUT}(?P<whole>\d{{1,2}})(?:(?P<half>{_HALF})|[.,](?P<tenth>\d)|:(?P<minutes>[0-5]\d))?{_HOURS}(?P<later>{_HALF})?\.?"
)
_OF_TEN = re.compile(rf"{_ABOUT}(?P<score>\d{{1,2}})(?:\s*(?:/|de|of|out of)\s*10)?\.?")


class Step(StrEnum):
    """The questions, in their order: with the first ones (to `SAFETY`) the day counts."""

    CRAVING = "craving"
    REACH = "reach"
    USE = "use"
    SAFETY = "safety"
    PERSON = "person"
    MOOD = "mood"
    SLEEP = "sleep"
    MEDICATION = "medication"
    HALT = "halt"
    NOTE = "note"


class Reach(StrEnum):
    YES = "yes"
    NO = "no"


class Used(StrEnum):
    NO = "no"
    YES = "yes"
    RATHER_NOT = "rather_not"


class Safety(StrEnum):
    NO = "no"
    SOMETIMES = "sometimes"
    YES_NOW = "yes_now"
    RATHER_NOT = "rather_not"


class Wish(StrEnum):
    """Want a person today?"""

    TODAY = "today"
    NOT_TODAY = "not_today"
    NOW = "now"


class Medication(StrEnum):
    YES = "yes"
    NO = "no"
    NONE = "none"


class AsqAnswer(StrEnum):
    YES = "yes"
    NO = "no"
    RATHER_NOT = "rather_not"


class Nudge(StrEnum):
    """How the day's reminder is worded."""

    USUAL = "remind"
    SOFT = "nudge"
    ASK = "nudge_again"


@dataclass(frozen=True, slots=True)
class Answers:
    """One day's answers; None: not answered. `note` says whether there is one."""

    craving: int | None = None
    within_reach: str | None = None
    used: str | None = None
    safety: str | None = None
    mood: int | None = None
    sleep_hours: float | None = None
    medication: str | None = None
    halt: tuple[str, ...] = ()
    note: bool = False

    @property
    def counts(self) -> bool:
        """Craving, use and the safety question are answered."""
        return None not in (self.craving, self.used, self.safety)


def parse_score(text: str) -> int:
    """A number from 0 to 10 as people type it: `7`, `7/10`, a keycap emoji.

    Raises:
        NotUnderstood: it is none.
    """
    match = _OF_TEN.fullmatch(_digits(text))
    if match is None or int(match["score"]) > 10:
        raise NotUnderstood("checkin/score_again")
    return int(match["score"])


def parse_sleep(text: str) -> float:
    """Hours of sleep, 0 to 24: `7`, `6.5`, `6,5`, `6:30`, `7 h`.

    Raises:
        NotUnderstood: it is none.
    """
    match = _SLEEP.fullmatch(_digits(text))
    if match is None:
        raise NotUnderstood("checkin/sleep_again")
    hours = (
        int(match["whole"])
        + int(match["tenth"] or 0) / 10
        + int(match["minutes"] or 0) / 60
        + (0.5 if match["half"] or match["later"] else 0)
    )
    if hours > 24:
        raise NotUnderstood("checkin/sleep_again")
    return round(hours, 2)


def _digits(text: str) -> str:
    """Full-width and other digits as 0-9, keycap emoji as their digit."""
    bare = text.strip().casefold().replace("🔟", "10").replace("\ufe0f", "").replace("\u20e3", "")
    return "".join(str(unicodedata.digit(sign)) if sign.isdecimal() else sign for sign in bare)


def next_step(answers: Answers, passed: Collection[str], *, again: bool = False) -> Step | None:
    """The question to ask next, or None at the end.

    Args:
        answers: of the day so far.
        passed: steps that were answered in this sitting.
        again: the person changes a day's answers: every question comes once more.
    """
    for step in Step:
        if step in passed or not _is_asked(step, answers):
            continue
        if again or not _has(step, answers):
            return step
    return None


def _is_asked(step: Step, answers: Answers) -> bool:
    match step:
        case Step.REACH:
            return answers.craving is not None and answers.craving >= SEVERE_CRAVING
        case Step.PERSON:
            return answers.safety == Safety.RATHER_NOT
        case Step.HALT:
            return asks_halt(answers.craving, answers.mood)
    return True


def _has(step: Step, answers: Answers) -> bool:
    values: Mapping[Step, object] = {
        Step.CRAVING: answers.craving,
        Step.REACH: answers.within_reach,
        Step.USE: answers.used,
        Step.SAFETY: answers.safety,
        Step.MOOD: answers.mood,
        Step.SLEEP: answers.sleep_hours,
        Step.MEDICATION: answers.medication,
        Step.HALT: answers.halt or None,
        Step.NOTE: answers.note or None,
    }
    return values.get(step) is not None


def asks_halt(craving: int | None, mood: int | None) -> bool:
    """HALT is asked only when craving or mood ask for it."""
    return _is_high(craving) or _is_low(mood)


def craving_rule(scores: Sequence[int]) -> FormRule | None:
    """What recent cravings mean by themselves, without what else the person said.

    Args:
        scores: 0 (none) to 10 (strongest ever), one a local day, oldest first; no gaps, not empty.
    """
    last = scores[-HIGH_DAYS:]
    three_high = len(last) == HIGH_DAYS and min(last) >= HIGH_CRAVING
    return _rule("craving", str(last[-1]), {forms.THREE_HIGH_DAYS: three_high})


def reach_rule(reach: Reach) -> FormRule | None:
    """A severe craving and "Is it within reach?"; no answer stays at what `craving_rule` gave."""
    return _rule("reach", reach)


def use_rule(used: str | None, craving: int | None, mood: int | None) -> FormRule | None:
    """What use means, calm or with distress (a high craving, a low mood).

    What was used is asked afterwards, by the relapse answer, and may raise it.
    """
    return _rule("used", used or "", {forms.HIGH_CRAVING: _is_high(craving), forms.LOW_MOOD: _is_low(mood)})


def safety_rule(
    answer: Safety, *, asq: bool, again: bool, craving: int | None, used: str | None, assessed: bool = False
) -> FormRule | None:
    """The daily safety question.

    Args:
        asq: there is an official ASQ in the person's language, which "Sometimes" leads to; it then decides.
        again: the person did not want to say yesterday either.
        assessed: a clinician saw the person lately and found nothing new.
    """
    also = {
        forms.ASSESSED: assessed,
        forms.NO_ASQ: not asq,
        forms.REPEATED: again,
        forms.HIGH_CRAVING: _is_high(craving),
        forms.USED: used == Used.YES,
    }
    return _rule("safety", answer, also)


def wish_rule(wish: Wish) -> FormRule | None:
    """Want a person today? "Not today" stays at `watch`, which it already is."""
    return _rule("person", wish)


def _rule(item: str, answer: str, also: Mapping[str, bool] | None = None) -> FormRule | None:
    """The row of the table that decides (`bot.safety.forms`); None when the answer says nothing."""
    return judge_answer("checkin", item, answer, [thing for thing, so in (also or {}).items() if so])


def _is_high(craving: int | None) -> bool:
    return craving is not None and craving >= HIGH_CRAVING


def _is_low(mood: int | None) -> bool:
    return mood is not None and mood <= LOW_MOOD


def asq_next(items: Sequence[str], answers: Mapping[str, str]) -> str | None:
    """The item of the ASQ to ask next; None when it is finished.

    Args:
        items: the keys in order; the last one asks about right now, and only after a Yes or a refusal before it.
        answers: `AsqAnswer` by item.

    Source: CLINICAL.md 2.6.
    """
    screening, acuity = items[:-1], items[-1]
    if acuity in answers:
        return None
    if any(answers.get(item, AsqAnswer.NO) != AsqAnswer.NO for item in screening):
        return acuity
    return next((item for item in screening if item not in answers), None)


def asq_rule(items: Sequence[str], answers: Mapping[str, str]) -> FormRule | None:
    """What a finished ASQ means: its last item decides where it was asked; else every answer was No."""
    last = answers.get(items[-1])
    return judge_answer("asq", "all", AsqAnswer.NO) if last is None else judge_answer("asq", "now", last)


def may_remind(local: time) -> bool:
    """Whether the check-in may be sent at this local time."""
    return REMIND_FROM <= local < REMIND_UNTIL


def nudge_for(missed: int) -> Nudge:
    """How to word the reminder after that many days without a check-in; from the third on a person reaches out, and words stay usual."""
    return {NUDGE_ONCE: Nudge.SOFT, NUDGE_AGAIN: Nudge.ASK}.get(missed, Nudge.USUAL)


def worth_saying(total: int) -> bool:
    """Whether the number of check-ins is said: the first, a week's worth, two, and each thirty. Totals never fall."""
    return total in (1, 7, 14) or (total > 0 and total % 30 == 0)
