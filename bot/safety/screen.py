"""Screening of what people write: the highest level over all sentences, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .context import Context, Finding
from .levels import Category, Level
from .lexicon import Entry, Speech, read_entries, section, word_list
from .matcher import Hit, Matcher
from .normalise import RAW
from .notation import LexiconError, Notation, Patterns
from .reader import Reader, Reading

_FIRST = (  # of two findings with the same level the one whose answer cannot wait
    Category.OVERDOSE,
    Category.WITHDRAWAL,
    Category.SUICIDE,
    Category.VIOLENCE,
    Category.ABUSE,
    Category.SELF_HARM,
    Category.RELAPSE,
    Category.CRAVING,
)


@dataclass(frozen=True, slots=True)
class Screening:
    """What one message was judged to be.

    Attributes:
        level: the highest over all texts and sentences.
        category: of the finding that decided; None on ``Level.NONE``.
        matched: the spans that matched at that level, as typed, in the order of the text.
        lang: the words' language: ``en``, ``es`` or ``und``.
        rules: ids of the entries (``en.suicide.kill-myself``) and context rules that decided.
        subject: ``self``, ``other``, ``child``; None on ``Level.NONE``.
        answer: key of the first answer that fits; empty on ``Level.NONE``.
    """

    level: Level
    category: Category | None
    matched: tuple[str, ...]
    lang: str
    rules: tuple[str, ...]
    subject: str | None
    answer: str


class Screener:
    """Holds a compiled lexicon. Safe to share: ``screen`` keeps nothing of what it read.

    Args:
        entries: of all languages, each with its patterns.
        version: of the content, kept with each alert by the caller.
        speech: spelling and word classes of all languages.
    """

    def __init__(self, entries: Iterable[tuple[Entry, Patterns]], version: str = "", *, speech: Speech | None = None) -> None:
        self.version = version
        self.speech = speech or Speech()
        written = tuple(entries)
        self.entries = tuple(entry for entry, _ in written)
        self._matchers = tuple(
            Matcher((one for one in written if one[0].lang == lang), self.speech.common.get(lang, frozenset()))
            for lang in dict.fromkeys(entry.lang for entry in self.entries)
        )
        self._reader = Reader(self._matchers, self.speech)
        only: dict[str, frozenset[str]] = {}
        for lang, words in self.speech.common.items():
            only[lang] = words - frozenset().union(*(others for other, others in self.speech.common.items() if other != lang))
        self._only = only

    def screen(self, texts: Sequence[str] | str) -> Screening:
        """Judges a message.

        Args:
            texts: one text, or several that belong together (text, caption, file name); any Unicode, any length, may be empty.

        Returns:
            The highest finding over all texts. Never raises on what a text contains.
        """
        best: tuple[tuple[int, bool, bool, int, int], list[Finding], str, Reading] | None = None
        readings: list[Reading] = []
        for text in (texts,) if isinstance(texts, str) else texts:
            reading = self._reader.read(self._reader.folding.fold(text))
            readings.append(reading)
            if not reading.wakes:
                continue
            findings = self._findings(reading)
            if findings:
                top = max(findings, key=_weight)
                if best is None or _weight(top) > best[0]:
                    best = (_weight(top), [top, *(one for one in findings if one is not top)], text, reading)
        lang = self._lang(readings)
        if best is None:
            return Screening(Level.NONE, None, (), lang, (), None, "")
        _, findings, text, reading = best
        top = findings[0]
        deciding = [one for one in findings if one.level is top.level]
        return Screening(
            level=top.level,
            category=top.category,
            matched=self._spans(text, reading, deciding),
            lang=lang if lang != "und" else top.hit.entry.lang,
            rules=tuple(dict.fromkeys(rule for one in deciding for rule in one.rules)),
            subject=top.subject,
            answer=_answer(top),
        )

    def _findings(self, reading: Reading) -> list[Finding]:
        found = []
        for number, matcher in enumerate(self._matchers):
            if reading.wakes >> number & 1:
                codes, positions = reading.codes(number)
                if roused := matcher.roused(codes):
                    found.append((matcher, codes, positions, roused, matcher.ends(codes, roused & matcher.crisis)))
        if not any(crises for *_, crises in found):
            return []  # what else was found has nothing to say something about
        hits: list[Hit] = []
        for matcher, codes, positions, roused, crises in found:
            hits += matcher.hits([*crises, *matcher.ends(codes, roused & ~matcher.crisis)], codes, positions)
        return [one for one in Context(self.speech, reading, hits).findings() if one.level is not Level.NONE]

    def _lang(self, readings: Iterable[Reading]) -> str:
        counts = {lang: sum(word.text in words for reading in readings for word in reading.words) for lang, words in self._only.items()}
        if not counts or not any(counts.values()):
            return "und"
        return max(counts, key=lambda lang: counts[lang])

    def _spans(self, text: str, reading: Reading, findings: Iterable[Finding]) -> tuple[str, ...]:
        folding = self._reader.folding
        places = [found.span() for found in RAW.finditer(folding.fold(text))]
        offsets = folding.offsets(text)
        spans: dict[tuple[int, int], None] = {}
        for finding in sorted(findings, key=lambda one: (one.hit.start, -one.hit.end)):
            first, last = reading.raw[finding.hit.start], reading.raw[finding.hit.end]
            begin, end = offsets[places[min(first[0], len(places) - 1)][0]], offsets[places[min(last[1], len(places) - 1)][1] - 1] + 1
            if not any(low <= begin and end <= high for low, high in spans):
                spans[begin, end] = None
        return tuple(text[begin:end] for begin, end in spans)


def _weight(finding: Finding) -> tuple[int, bool, bool, int, int]:
    """What decides: the level; then what cannot wait; a child; the longer match, which says more; then the order of ``_FIRST``."""
    hit = finding.hit
    return (
        finding.level.rank,
        finding.category in _FIRST[:2],
        finding.subject == "child",
        hit.end - hit.start,
        -_FIRST.index(finding.category),
    )


def _answer(finding: Finding) -> str:
    if finding.hit.entry.answer:
        return finding.hit.entry.answer
    if finding.subject == "child":
        return "child"
    if finding.category is Category.OVERDOSE:
        return "overdose_self" if finding.subject == "self" else "overdose_other"
    return finding.category.value


def build_screener(documents: Mapping[str, Mapping[str, Any]], version: str) -> Screener:
    """Compiles parsed lexicon files.

    Args:
        documents: language -> the parsed ``lexicon.<language>.yaml``.
        version: of the content.

    Raises:
        LexiconError: names the language, the entry and what is wrong with it.
    """
    spelling: dict[str, tuple[str, ...]] = {}
    for lang, document in documents.items():
        for meant, typed in section(lang, document, "spelling", dict).items():
            for variant in word_list(lang, "spelling", typed):
                if len(variant.split()) > 2:
                    raise LexiconError(lang, "spelling", f"{variant!r} has more than two words")
                spelling[variant] = tuple(str(meant).split())
    fillers: set[str] = set()
    for lang, document in documents.items():
        fillers.update(word_list(lang, "fillers", section(lang, document, "classes", dict).get("fillers", [])))
    entries: list[tuple[Entry, Patterns]] = []
    for lang, document in documents.items():
        names = {str(name): word_list(lang, str(name), members) for name, members in section(lang, document, "words", dict).items()}
        entries += read_entries(lang, document, Notation(lang, names, spelling, frozenset(fillers)))

    def union(name: str) -> frozenset[str]:
        found: set[str] = set()
        for lang, document in documents.items():
            classes = section(lang, document, "classes", dict)
            found.update(word_list(lang, name, classes.get(name, [])))
        return frozenset(found)

    emoji: dict[str, str] = {}
    for lang, document in documents.items():
        for picture, word in section(lang, document, "emoji", dict).items():
            if not isinstance(word, str) or not str(picture):
                raise LexiconError(lang, "emoji", f"{picture!r} needs a word")
            emoji[str(picture)] = word
    speech = Speech(
        spelling=spelling,
        emoji=emoji,
        common={lang: frozenset(word_list(lang, "common", document.get("common", ""))) for lang, document in documents.items()},
        frequent=frozenset(word for lang, document in documents.items() for word in word_list(lang, "common", document.get("common", ""))),
        keep=frozenset(word for lang, document in documents.items() for word in word_list(lang, "keep", document.get("keep", ""))),
        negators=union("negators"),
        bridges=union("bridges"),
        linkers=union("linkers"),
        unsure=union("unsure"),
        tellers=union("tellers"),
        myself=union("myself"),
        others=union("others"),
        presents=union("presents"),
        pasts=union("pasts"),
        joints=union("joints"),
        fillers=frozenset(fillers),
    )
    return Screener(entries, version, speech=speech)
