"""Words that limit a meeting to some weeks of the month: they stand only in its name or notes, and a reminder quotes them."""

from __future__ import annotations

import re

_ORDINAL = (
    r"(?:1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last|every other|alternate|alternating|1er|2do|3er|4to|5to|[1-5][ºªo°]\.?"
    r"|primer[oa]?s?|segund[oa]s?|tercer[oa]?s?|cuart[oa]s?|quint[oa]s?|[uú]ltim[oa]s?)"
)
_DAY = (
    r"(?:(?:sun|mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat)\b|(?:sun|mon|tues|wednes|thurs|fri|satur)days?\b"
    r"|domingos?\b|lunes\b|martes\b|mi[eé]rcoles\b|jueves\b|viernes\b|s[aá]bados?\b)"
)
_AND = r"(?:\s*(?:,|&|/|\+|\band\b|\bor\b|\by\b|\be\b)\s*(?:the\s+|el\s+)?)"
_NOT_A_WEEK = (
    r"(?!\s*(?:floors?|fl|str(?:eet)?s?|st|ave(?:nue)?s?|rd|road|doors?|editions?|steps?|traditions?|concepts?|chapters?|pisos?)\b)"
)
_WEEKS = re.compile(
    rf"(?<!\w){_ORDINAL}(?:{_AND}{_ORDINAL})*\s+{_DAY}"
    rf"|(?<!\w){_ORDINAL}{_AND}{_ORDINAL}(?!\w){_NOT_A_WEEK}"
    r"|\b(?:of|in|on)\s+(?:the\s+|each\s+|every\s+)?month\b|\b(?:each|every)\s+month\b|\bonce a month\b|\bmonthly\b"
    r"|\bevery (?:other|second|two|2) weeks?\b|\bbi-?weekly\b|\balternat(?:e|ing) weeks?\b"
    r"|\b(?:del?|al|cada|de cada)\s+mes\b|\bcada (?:dos|2|quince|15) (?:semanas|d[ií]as)\b|\bmensual(?:es)?\b|\bquincenal(?:es)?\b",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+|\*+")
_SECRET = re.compile(
    r"\b(?:pass(?:word|code)?|pwd?|code|pin|contraseña|clave)\b\s*(?:is|es)?\s*[:=#]?\s*\S*\d\S*|\bpw\S+|\S*(?:://|=)\S*|\S*\d{4}\S*",
    re.IGNORECASE,
)
_CHECK_LIMIT = 200


def check_note(name: str, notes: str | None) -> str | None:
    """The words that limit a meeting to some weeks of the month: whole sentences of name and notes, or None.

    They are quoted in a reminder, which may be read on a lock screen: links, long numbers and passcodes are left out.
    """
    sentences: dict[str, None] = {}
    for source in (name, notes or ""):
        if _WEEKS.search(source):
            for sentence in _SENTENCES.split(source):
                if _WEEKS.search(sentence):
                    sentences.setdefault(sentence.strip(" -*\t"))
    whole = " ".join(_SECRET.sub("", " ".join(sentences)).split())
    return (whole if len(whole) <= _CHECK_LIMIT else whole[: _CHECK_LIMIT - 1].rstrip() + "…") or None
