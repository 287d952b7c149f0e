"""Answers of written tools: how they are kept, read and shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.content.exercise import PlanField
from bot.content.tools import Tool
from bot.content.worksheet import TAPPED, SheetKind, SheetStep, Worksheet
from bot.errors import NotUnderstood
from bot.models import ToolEntry

LONGEST_LIST = 20
_BULLETS = "-–—•*·"
_ROOM = 3000  # characters of all answers together, so that the card fits a message


def parse_number(typed: str, top: int) -> int:
    """A number of 0 to `top`.

    Raises:
        NotUnderstood: it is none.
    """
    digits = typed.strip().rstrip(".!%").removesuffix(f"/{top}").strip()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 3 or int(digits) > top:
        raise NotUnderstood("tools/number_hint", top=top)
    return int(digits)


def lines(typed: str) -> list[str]:
    """One thing a line, without the bullets that people put before them."""
    found = [line.strip().lstrip(_BULLETS).strip() for line in typed.splitlines()]
    return [line for line in found if line]


def kept(step: SheetStep, value: Any) -> dict[str, Any]:
    """An answer as it is stored: text, things, an option's key, option keys, or a number, as the step's kind asks."""
    return {"kind": step.kind.value, "value": value}


def items(answer: Mapping[str, Any] | None) -> list[str]:
    """The things of a list; none when it was none."""
    return list(answer["value"]) if answer is not None and answer.get("kind") == SheetKind.LIST else []


def keys(answer: Mapping[str, Any] | None) -> list[str]:
    """The options that an answer names."""
    if answer is None or answer.get("kind") not in (SheetKind.CHOICE, SheetKind.MULTI):
        return []
    value = answer["value"]
    return list(value) if isinstance(value, list) else [str(value)]


def shown(step: SheetStep, answer: Mapping[str, Any] | None, lang: str) -> str:
    """An answer as its giver reads it: plain text; "" when there is none that still fits the step."""
    if answer is None or answer.get("kind") != step.kind.value:
        return ""
    if step.kind is SheetKind.LIST:
        return "\n".join(f"• {item}" for item in answer["value"])
    if step.kind in (SheetKind.CHOICE, SheetKind.MULTI):
        return ", ".join(option.of(lang) for option in step.options if option.key in keys(answer))
    if step.kind is SheetKind.SCALE:
        return f"{answer['value']}/{step.top}"
    return str(answer["value"])


def for_plan(sheet: Worksheet, answers: Mapping[str, Any], lang: str) -> list[tuple[PlanField, list[str]]]:
    """What of the answers can go into the person's plan: the kind of entry, and a line for each thing."""
    found: list[tuple[PlanField, list[str]]] = []
    for step in sheet.steps:
        answer = answers.get(step.key)
        text = shown(step, answer, lang)
        if step.plan is None or not text:
            continue
        if step.kind is SheetKind.LIST:
            found.append((step.plan, items(answer)))
        elif step.kind in TAPPED:
            found.append((step.plan, [option.of(lang) for option in step.options if option.key in keys(answer)]))
        else:
            found.append((step.plan, [text]))
    return found


def card(tool: Tool, sheet: Worksheet, entry: ToolEntry, answers: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What the card's template needs: all answers with their headings."""
    found = [(step, text) for step in sheet.steps if (text := shown(step, answers.get(step.key), lang))]
    room = _ROOM // max(len(found), 1)
    at: datetime = entry.done_at or entry.updated_at
    return {
        "title": tool.title.of(lang),
        "at": at,
        "draft": entry.done_at is None,
        "answers": [{"label": step.label.of(lang), "text": cut(text, room)} for step, text in found],
    }


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, at a word's end where there is one near."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    at_word = short.rfind(" ")
    return (short[:at_word] if at_word > limit * 2 // 3 else short).rstrip() + "…"
