"""What a check-in decides: what counts as an answer, which question is next, and when a person is needed (SAFETY.md 5, CLINICAL.md 2.7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from bot.errors import NotUnderstood
from bot.safety.levels import Level

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
    return (craving is not None and craving >= HIGH_CRAVING) or (mood is not None and mood <= LOW_MOOD)


def craving_level(scores: Sequence[int]) -> Level:
    """Judge recent cravings by themselves, without what else the person said.

    Args:
        scores: 0 (none) to 10 (strongest ever), one a local day, oldest first; no gaps, not empty.

    Returns:
        ``Level.WATCH`` for 9 or 10 now or three high days running, else ``Level.NONE``.

    Source: SAFETY.md 1, CLINICAL.md 2.7.
    """
    last = scores[-HIGH_DAYS:]
    three_high = len(last) == HIGH_DAYS and min(last) >= HIGH_CRAVING
    return Level.WATCH if three_high or last[-1] >= SEVERE_CRAVING else Level.NONE


def reach_level(reach: Reach) -> Level:
    """A severe craving and "Is it within reach?"; no answer stays at what `craving_level` gave.

    Source: SAFETY.md 5.
    """
    return Level.URGENT if reach is Reach.YES else Level.WATCH


def use_level(used: str | None, craving: int | None, mood: int | None) -> Level:
    """A calm report of use is `watch`; with distress (a high craving, a low mood) a human hears of it today.

    What was used is asked afterwards, by the relapse answer, and may raise it.

    Source: SAFETY.md 1.
    """
    if used != Used.YES:
        return Level.NONE
    return Level.URGENT if asks_halt(craving, mood) else Level.WATCH


def safety_level(answer: Safety, *, asq: bool, again: bool, craving: int | None, used: str | None, assessed: bool = False) -> Level:
    """The daily safety question.

    Args:
        asq: there is an official ASQ in the person's language, which "Sometimes" leads to; it then decides.
        again: the person did not want to say yesterday either.
        assessed: a clinician saw the person lately and found nothing new: then "Sometimes" stays `watch`.

    Source: SAFETY.md 5.
    """
    match answer:
        case Safety.NO:
            return Level.NONE
        case Safety.YES_NOW:
            return Level.EMERGENCY
        case Safety.SOMETIMES:
            if assessed:
                return Level.WATCH
            return Level.NONE if asq else Level.URGENT
        case Safety.RATHER_NOT:
            high = craving is not None and craving >= HIGH_CRAVING
            return Level.URGENT if again or high or used == Used.YES else Level.WATCH


def wish_level(wish: Wish) -> Level:
    """Want a person today? "Not today" stays at `watch`, which it already is."""
    return {Wish.TODAY: Level.URGENT, Wish.NOW: Level.EMERGENCY, Wish.NOT_TODAY: Level.NONE}[wish]


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


def asq_level(items: Sequence[str], answers: Mapping[str, str]) -> Level:
    """What a finished ASQ means: a Yes (or a refusal) on the last item is an emergency, a No there urgent, every No `watch`.

    Source: CLINICAL.md 2.6, SAFETY.md 5; the refusal on the last item takes the higher of the two.
    """
    if items[-1] not in answers:
        return Level.WATCH
    return Level.URGENT if answers[items[-1]] == AsqAnswer.NO else Level.EMERGENCY


def may_remind(local: time) -> bool:
    """Whether the check-in may be sent at this local time."""
    return REMIND_FROM <= local < REMIND_UNTIL


def nudge_for(missed: int) -> Nudge:
    """How to word the reminder after that many days without a check-in; from the third on a person reaches out, and words stay usual."""
    return {NUDGE_ONCE: Nudge.SOFT, NUDGE_AGAIN: Nudge.ASK}.get(missed, Nudge.USUAL)


def worth_saying(total: int) -> bool:
    """Whether the number of check-ins is said: the first, a week's worth, two, and each thirty. Totals never fall."""
    return total in (1, 7, 14) or (total > 0 and total % 30 == 0)
