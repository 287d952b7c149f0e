"""How content reads: sentence length, school grade in English, ease in Spanish, words that hurt, words that a locked phone must not show.

English is judged by the Flesch-Kincaid grade (0.39 words a sentence + 11.8 syllables a word - 15.59), Spanish by the Fernández-Huerta
index in its corrected form (206.84 - 60 syllables a word - 1.02 words a sentence: 70-80 is fairly easy, 80-90 easy). Syllables are
counted by rule, offline. Limits and words stand in ``content/style.yaml``; both come from CLINICAL.md 8.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from bot.content.files import LANGS, Model, Plain, build, overlay, parse_yaml, read_text
from bot.content.markup import to_plain
from bot.errors import ContentError

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_END = re.compile(r"(?<=[.!?…])[\"'”’»)]*\s+|\n+")


@dataclass(frozen=True)
class Passage:
    """A piece of content as people read it.

    Args:
        file: the file, inside the content folder.
        key: where in it.
        lang: `en` or `es`.
        text: plain text or the HTML of ``to_html``.
        lesson: the lesson or tool that it is read with, whose pieces are judged together.
        pushed: whether it may show on a locked phone.
    """

    file: str
    key: str
    lang: str
    text: str
    lesson: str | None
    pushed: bool = False


@dataclass(frozen=True)
class Finding:
    """Something that a reader would stumble over.

    Args:
        line: of the file, where it is known.
    """

    file: str
    key: str
    why: str
    line: int | None = None


class Word(Model):
    """A word that is not used, as a regular expression between word borders, and what to say in its place."""

    match: Plain
    instead: Plain

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from error
        return value

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds it as a whole word, in small or capital letters."""
        return re.compile(rf"(?<!\w)(?:{self.match})(?!\w)", re.IGNORECASE)


class Limits(Model):
    """What counts as easy to read."""

    sentence_words: Annotated[int, Field(ge=5, le=40)]
    grade_en: float
    huerta_es: float
    judged_from_words: Annotated[int, Field(ge=1)]


class Style(Model):
    """``content/style.yaml``: limits; words not used (``avoid``); words not shown on a locked phone (``preview``), by language;
    messages and buttons that may be longer than others, by ``<slice>/<key>``."""

    limits: Limits
    avoid: dict[str, tuple[Word, ...]]
    preview: dict[str, tuple[Plain, ...]]
    long_messages: tuple[Plain, ...] = ()
    long_buttons: tuple[Plain, ...] = ()

    @model_validator(mode="after")
    def _both_languages(self) -> Self:
        for name, lists in (("avoid", self.avoid), ("preview", self.preview)):
            if tuple(sorted(lists)) != LANGS:
                raise ValueError(f"`{name}` has one list for each of {', '.join(LANGS)}")
        return self


def load_style(folders: Sequence[Path]) -> Style:
    """Read ``style.yaml`` from the last content folder that has one.

    Raises:
        ContentError: it is missing or broken.
    """
    path = overlay(folders, ".").get("style.yaml")
    if path is None:
        raise ContentError(folders[0] / "style.yaml", "", "is missing")
    return build(Style, parse_yaml(read_text(path), path), path)


def words(text: str) -> list[str]:
    """The words of a plain text, numbers included."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; a line's end ends one too, so each bullet is its own."""
    return [part.strip() for part in _END.split(text) if _WORD.search(part)]


# Where the rules below miscount words that content for recovery uses.
_KNOWN_EN = {
    **dict.fromkeys(["eye", "eyes"], 1),
    **dict.fromkeys(["annoyed", "business", "chocolate", "evening", "evenings", "fluids", "maybe", "million", "ok", "poem"], 2),
    **dict.fromkeys(["safety", "science", "sidewalk", "somewhat", "tired", "aa", "na", "unique", "hundred", "equal", "homework"], 2),
    **dict.fromkeys(
        ["anyone", "areas", "behavior", "desire", "diagnose", "easier", "easiest", "everything", "everywhere", "everyday", "heroin"], 3
    ),
    **dict.fromkeys(["behaviors", "iop", "likelihood", "piano", "sos", "suicide", "theater"], 3),
    **dict.fromkeys(["diagnosis", "everybody", "society", "suicidal"], 4),
}
_GROUPS_EN = re.compile(r"[aeiouy]+")
_RULES_EN = [
    (re.compile(pattern), change)
    for pattern, change in [
        (r"[^aeiouy]e$", -1),  # home
        (r"[^aeiouylr]les?$", 1),  # little, trembles
        (r"[^aeiouytd]ed$", -1),  # calmed
        (r"[^aeiouylr]led$", 1),  # settled
        (r"(?<![aeiousxzcgy])(?<!sh)(?<!ch)es$", -1),  # times
        (r"[^aeiouy]e(?:ly|less|ness|ments?|ful|fully|times?|where|things?|body|how|day|dom|wise|back|lines?|stones?)$", -1),  # lonely
        (r"[aeiouy]ings?$", 1),  # going
        (r"[^aeiouctsgx]i(?:an|al|ans|als|ar|ate|ates|um|o|os|on|ons)$", 1),  # trial
        (r"[^aeiouctsgxq]i(?:ous|ously)$", 1),  # serious
        (r"[^aeiouctsg][iy]e(?:r|rs|st|t|ts|ty|nt|nts|nce|tly)$|qu(?=iet)|i(?=o[dlr])", 1),  # heavier, quiet, violence
        (r"eo(?!us|ple|n)|[aeio]u?a?ism|uat|uous|ual", 1),  # video
        (r"^re(?=act|en|or|op)|cre(?=at)|[aeo]y(?=[aeo])|^idea", 1),  # create, idea
        (r"(?:dn|sn)t$", 1),  # didn't
    ]
]
_STRONG_ES = re.compile(r"[aeoáéíóú]")
_GROUPS_ES = re.compile(r"[aeiouáéíóúü]+")


@lru_cache(maxsize=16384)
def syllables_en(word: str) -> int:
    """Syllables of an English word, by rule: right for 97 in 100 words of the CMU dictionary that easy texts use."""
    if word.isdecimal():
        return min(len(word), 2)
    whole = word.lower().replace("’", "'")
    if "-" in whole:
        return sum(syllables_en(part) for part in whole.split("-") if part)
    plain = re.sub(r"[^a-z]", "", re.sub(r"'(?:s|re|ve|ll|d|m)$", "", whole))
    if plain in _KNOWN_EN:
        return _KNOWN_EN[plain]
    return max(1, len(_GROUPS_EN.findall(plain)) + sum(change * len(rule.findall(plain)) for rule, change in _RULES_EN))


@lru_cache(maxsize=16384)
def syllables_es(word: str) -> int:
    """Syllables of a Spanish word: a group of vowels has as many as it has strong (or accented) ones, and at least one."""
    if word.isdecimal():
        return min(len(word), 2)
    groups = _GROUPS_ES.findall(word.lower().replace("qu", "q"))
    return max(1, sum(max(1, len(_STRONG_ES.findall(group))) for group in groups))


def grade_en(text: str) -> float:
    """The Flesch-Kincaid grade of an English plain text; 0.0 without words."""
    found = words(text)
    if not found:
        return 0.0
    return 0.39 * len(found) / len(sentences(text)) + 11.8 * sum(map(syllables_en, found)) / len(found) - 15.59


def huerta_es(text: str) -> float:
    """The Fernández-Huerta index of a Spanish plain text, 100 and above being the easiest; 100.0 without words."""
    found = words(text)
    if not found:
        return 100.0
    return 206.84 - 60 * sum(map(syllables_es, found)) / len(found) - 1.02 * len(found) / len(sentences(text))


def _hard(text: str, lang: str, limits: Limits) -> str | None:
    if lang == "es":
        if (index := huerta_es(text)) < limits.huerta_es:
            return f"is hard to read: Fernández-Huerta {index:.0f}, at least {limits.huerta_es:g} is asked"
    elif (grade := grade_en(text)) > limits.grade_en:
        return f"is hard to read: grade {grade:.1f}, at most {limits.grade_en:g} is asked"
    return None


def review(passages: Iterable[Passage], style: Style) -> list[Finding]:
    """Judge content by the house's writing rules.

    Args:
        passages: what ``Module.passages`` and ``Tool.passages`` give.
        style: limits and words.

    Returns:
        What to mend: long sentences, words not used, words that a locked phone would show, and hard passages (each with enough words to
        judge it by, and each lesson or tool as a whole). Empty when all is well.
    """
    findings: list[Finding] = []
    whole: dict[tuple[str, str], list[str]] = defaultdict(list)
    for passage in passages:
        text = to_plain(passage.text)
        whys: list[str | None] = [
            f"has a sentence of {len(words(sentence))} words, at most {style.limits.sentence_words} are asked: {sentence}"
            for sentence in sentences(text)
            if len(words(sentence)) > style.limits.sentence_words
        ]
        whys += [
            f"says {found.group()!r}; say {word.instead}" for word in style.avoid[passage.lang] if (found := word.pattern.search(text))
        ]
        if passage.pushed:
            whys += [f"may show on a locked phone and says {shown!r}" for shown in shown_words(text, passage.lang, style)]
        if len(words(text)) >= style.limits.judged_from_words:
            whys.append(_hard(text, passage.lang, style.limits))
        findings += [Finding(passage.file, passage.key, why) for why in whys if why]
        if passage.lesson is not None:
            whole[passage.file, passage.lang].append(text)
    for (file, lang), texts in whole.items():
        if why := _hard("\n".join(texts), lang, style.limits):
            findings.append(Finding(file, "", why))
    return findings


def shown_words(text: str, lang: str, style: Style) -> list[str]:
    """The words of a plain text that must not show on a locked phone (SAFETY.md 4), as they stand there."""
    return [
        found.group() for word in style.preview[lang] if (found := re.search(rf"(?<!\w)(?:{word})(?!\w)", text, re.IGNORECASE)) is not None
    ]
