"""What whoever closes a case answers (SAFETY.md 3): the questions, which of them apply, and how the answers read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.content.render import Texts

NOT_A_CRISIS = "not_a_crisis"  # a false alarm: the rules that fired stay with the alerts
NO_NEXT = "none"

CHOICES: Mapping[str, tuple[str, ...]] = {
    "assessed": ("low", "moderate", "high", "not"),
    "consulted": ("nobody", "colleague", "supervisor", "medical"),
    "who": ("unnamed",),
    "duty": ("not_needed", "warned", "reported", "undecided"),
    "decider": ("me", "colleague", "supervisor"),
    "services": ("no", "called", "other"),
    "when": ("now", "m15", "m30", "h1"),
    "disposition": ("safe_plan", "with_someone", "emergency_services", "hospital", "not_reached", NOT_A_CRISIS),
    "next": ("today", "tomorrow", "two_days", "three_days", "handed"),
    "note": (NO_NEXT,),
}
QUESTIONS = tuple(CHOICES)
TYPED = frozenset({"who", "decider", "when", "note"})  # words do as well as a button
WHEN: Mapping[str, timedelta] = {
    "now": timedelta(),
    "m15": timedelta(minutes=15),
    "m30": timedelta(minutes=30),
    "h1": timedelta(hours=1),
}
_TOLD_DISPOSITIONS = frozenset({"emergency_services", "hospital"})


def applies(question: str, answers: Mapping[str, Any]) -> bool:
    """Whether a question is asked, after what was answered so far."""
    match question:
        case "who":
            return answers.get("consulted") not in (None, "nobody")
        case "decider":
            return answers.get("duty") not in (None, "undecided")  # then the supervisor decides, and that says it
        case "when":
            return answers.get("services") not in (None, "no")
        case "next":
            return answers.get("disposition") != NOT_A_CRISIS
    return True


def missing(answers: Mapping[str, Any]) -> str | None:
    """The next question without an answer; None when all are answered."""
    return next((one for one in QUESTIONS if one not in answers and applies(one, answers)), None)


def kept(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without those whose question does not apply any more."""
    return {one: answers[one] for one in QUESTIONS if one in answers and applies(one, answers)}


def told_outside(answers: Mapping[str, Any]) -> bool:
    """Whether emergency services or a hospital heard of the person: then the disclosure is to be written down (42 CFR 2.51)."""
    return answers.get("services") in ("called", "other") or answers.get("disposition") in _TOLD_DISPOSITIONS


def lines(texts: Texts, lang: str, zone: str, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The answers as people read them, in the form's order: question, its name, the answer.

    Args:
        answers: as `kept` leaves them; an instant in ISO form.
    """
    found = []
    for question in QUESTIONS:
        if question in answers:
            value = answers[question]
            found.append((question, texts.label(f"resolve/name_{question}", lang), _shown(texts, lang, zone, question, value)))
    return found


def _shown(texts: Texts, lang: str, zone: str, question: str, value: Any) -> str:
    if question == "when":
        return datetime.fromisoformat(str(value)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if question == "note":
        return str(value) or texts.label("resolve/note_none", lang)
    if isinstance(value, dict):  # what was typed is kept apart from what was tapped
        return str(value["words"])
    return texts.label(f"resolve/{question}_{value}", lang) if value in CHOICES[question] else str(value)
