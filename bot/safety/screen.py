"""Screening of what people write: the highest level over all sentences, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .context import Context, Finding
from .courtesies import Courtesies
from .levels import Category, Level
from .lexicon import Entry, Kind, Speech
from .matcher import Hit, Matcher
from .notation import EDGE, Patterns
from .reader import Reader
from .reading import Reading
from .signs import NEVER, Signs
from .trail import Sum, Trail, of_sum
from .vocabulary import Vocabulary
from .whole import Whole

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
_WAITS = frozenset({Category.RELAPSE, Category.CRAVING})  # beside a wish to die
_LATER = {category: -place for place, category in enumerate(_FIRST)}

_Weight = tuple[int, bool, bool, bool, int, int]
FEW = 6  # words have no surroundings that could calm them
SHORT = 7  # words of a sentence that waits for no second opinion, whatever stands beside it
AROUND = 16  # words on either side of a finding belong to what surrounds it, when the sentence is so long
TOLD = 5  # of the signs that decided, how many are named


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
        points: what patterns and signs say together, of the stretch that has most; what a second opinion is added to.
        doubted: the level of a pattern that the words around it calmed; if somebody is paged all the same, it is at no lower level.
        harmless: id of the entry that stands for the whole message, which neither signs nor a second opinion raise; else empty.
    """

    level: Level
    category: Category | None
    matched: tuple[str, ...]
    lang: str
    rules: tuple[str, ...]
    subject: str | None
    answer: str
    points: int = 0
    doubted: Level = Level.NONE
    harmless: str = ""


@dataclass(slots=True)
class _Judged:
    """What one of the texts was judged to be."""

    weight: _Weight
    level: Level
    category: Category
    matched: tuple[str, ...]
    lang: str
    rules: tuple[str, ...]
    subject: str
    answer: str
    doubted: Level = Level.NONE

    def screening(self, lang: str, points: int) -> Screening:
        """As it is told; `lang` and `points` are those of all texts together."""
        told = lang if lang != "und" else self.lang
        return Screening(self.level, self.category, self.matched, told, self.rules, self.subject, self.answer, points, self.doubted)


class _Stretches:
    """The points of stretches of one text, each counted once.

    Args:
        sums: the points of signs that are known.
        found: what the patterns found in it.
    """

    def __init__(self, signs: Signs, trail: Trail, sums: Sequence[Sum], found: Sequence[Finding]) -> None:
        self._signs, self._trail, self._found = signs, trail, found
        self.sums = [one._replace(points=one.points + self._of_patterns(one.start, one.end)) for one in sums]
        self._points = {(one.start, one.end): one.points + one.less for one in self.sums}

    def points(self, start: int, end: int) -> int:
        """The points of patterns and signs from one word to another."""
        if (start, end) not in self._points:
            self._points[start, end] = self._signs.base + self._trail.points(start, end) + self._of_patterns(start, end)
        return self._points[start, end]

    def apart(self, start: int, end: int) -> int:
        """The same as if nothing stood before them."""
        return self._signs.base + Trail(self._trail.words[start : end + 1]).points(0, end - start) + self._of_patterns(start, end)

    def _of_patterns(self, start: int, end: int) -> int:
        return self._signs.of_patterns(_names(self._found, start, end))


class Screener:
    """Holds a compiled lexicon. Safe to share: ``screen`` keeps nothing of what it read.

    Args:
        entries: of all languages, each with its patterns.
        version: of the content, kept with each alert by the caller.
        speech: spelling and word classes of all languages.
        signs: what words say that stand in no pattern.
    """

    def __init__(
        self, entries: Iterable[tuple[Entry, Patterns]], version: str = "", *, speech: Speech | None = None, signs: Signs | None = None
    ) -> None:
        self.version = version
        self.speech = speech or Speech()
        self.signs = signs or Signs({})
        written = tuple(entries)
        self.entries = tuple(entry for entry, _ in written)
        self._matchers = tuple(
            Matcher(
                (one for one in written if one[0].lang == lang and one[0].kind is not Kind.WHOLE), self.speech.common.get(lang, frozenset())
            )
            for lang in dict.fromkeys(entry.lang for entry in self.entries)
        )
        self.whole = Whole((one for one in written if one[0].kind is Kind.WHOLE), self.speech.frequent)
        self._reader = Reader(Vocabulary(self._matchers, self.speech, self.signs), self.speech.emoji)
        self.courtesies = Courtesies(map(self.fold, self.speech.courtesies))

    def fold(self, text: str) -> str:
        """A text in plain lower-case letters, as it is read here: look-alikes, accents, case and invisible characters are gone."""
        return self._reader.folding.fold(text)

    def plain(self, text: str) -> str:
        """As ``fold``, with what is spelled out letter by letter in words: what a second opinion reads."""
        return self._reader.closed_up(self.fold(text))

    def shown(self, text: str) -> list[int]:
        """Where the characters stand that are seen: the others make a text no longer, and hide no end of a sentence."""
        folding = self._reader.folding
        return [place for place, one in enumerate(text) if folding[ord(one)]]

    def read(self, text: str) -> Reading:
        """The words of a text as they are judged."""
        return self._reader.read(self._reader.folding.fold(text))

    def is_harmless(self, text: str) -> bool:
        """Whether an entry stands for the whole text, as ``Screening.harmless`` says."""
        return self.whole.entry(text, self.read(text)) is not None

    def is_courtesy(self, sentence: str) -> bool:
        """Whether a sentence only greets, thanks or calls."""
        return self.courtesies.are(self.fold(sentence))

    def screen(self, texts: Sequence[str] | str, *, sure: bool = False) -> Screening:
        """Judges a message.

        Args:
            texts: one text, or several that belong together (text, caption, file name); any Unicode, any length, may be empty.
            sure: only what is sure pages, since a second opinion reads the message too; else whatever is likely enough does.

        Returns:
            The highest finding over all texts. Never raises on what a text contains.
        """
        best: _Judged | None = None
        readings: list[Reading] = []
        written: list[tuple[str, Reading]] = []
        most = -NEVER
        for text in (texts,) if isinstance(texts, str) else texts:
            for folded in self._ways(self.fold(text)):
                reading = self._reader.read(folded)
                readings.append(reading)
                if text.strip():
                    written.append((text, reading))
                judged, points = self._judge(text, reading, self.signs.sure if sure else self.signs.alone)
                most = max(most, points)
                if judged is not None and (best is None or judged.weight > best.weight):
                    best = judged
        lang = self._lang(readings)
        if best is None:
            one_text = len({text for text, _ in written}) == 1
            whole = next(filter(None, (self.whole.entry(*one) for one in written)), None) if one_text else None
            return Screening(Level.NONE, None, (), lang, (), None, "", most, harmless=whole.id if whole else "")
        return best.screening(lang, most)

    def _ways(self, folded: str) -> tuple[str, ...]:
        """How a folded text is read: as it stands, without its courtesies, and in letters where it is written in digits and signs."""
        ways, bare = self._reader.ways(folded), self.courtesies.blanked(folded)
        return ways if bare == folded else (*ways, *self._reader.ways(bare))

    def _judge(self, text: str, reading: Reading, needed: int) -> tuple[_Judged | None, int]:
        """What one text is, and its points: a pattern pages unless the words around it take too much away, signs when they are enough."""
        trail = Trail(reading.words)
        # By themselves the rules would page for much that the next sentence explains: parts count where a second opinion reads them too.
        sums = trail.sums(self.signs.base, in_parts=needed != self.signs.alone)
        found = self.findings(reading) if reading.wakes else []
        if found and (whole := self.whole.entry(text, reading)) and "pattern" in whole.fixed:
            found = []
        if not found:
            most = max(sums, key=of_sum)
            enough = most.points >= needed and not self.whole.entry(text, reading)
            return (self._raised(text, reading, most, most.points, needed, None) if enough else None), most.points
        stretches = _Stretches(self.signs, trail, sums, found)
        most = max(stretches.sums, key=of_sum)
        points = most.points
        plain = min(needed, self.signs.alone)
        several = _second_markers(found)
        weighed = [
            self._weighed(one, reading, stretches, plain if one in several else needed) if one.level.pages else (one, -NEVER)
            for one in found
        ]
        findings = [one for one, _ in weighed]
        top = max(findings, key=_weight)
        highest = max([points, *(one for _, one in weighed)])
        if not top.level.pages:
            against = max(needed, self.signs.sure) if any(one.lowered for one in findings) else needed  # denied, past, told of another
            if points >= against:
                return self._raised(text, reading, most, points, against, top), highest
        deciding = [top, *(one for one in findings if one is not top and one.level is top.level)]
        judged = _Judged(
            weight=_weight(top),
            level=top.level,
            category=top.category,
            matched=self._spans(text, reading, [(one.hit.start, one.hit.end) for one in deciding]),
            lang=top.hit.entry.lang,
            rules=tuple(dict.fromkeys(rule for one in deciding for rule in one.rules)),
            subject=top.subject,
            answer=_answer(top),
            doubted=max(
                (before.level for before, after in zip(found, findings, strict=True) if after.level < before.level), default=Level.NONE
            ),
        )
        return judged, highest

    def _weighed(self, finding: Finding, reading: Reading, stretches: _Stretches, needed: int) -> tuple[Finding, int]:
        """A finding in its sentences, with their points. Too few: it is for the counselor to look at, and wakes nobody."""
        words, start, end = reading.words, finding.hit.start, finding.hit.end
        first, last = max(0, start - AROUND), min(len(words) - 1, end + AROUND)
        while start > first and words[start].text != EDGE:
            start -= 1
        while end < last and words[end].text != EDGE:
            end += 1
        points = stretches.points(start, end)
        alone = needed == self.signs.alone
        if finding.level is Level.EMERGENCY:
            needed = min(needed, self.signs.grave)  # nobody in such danger waits for a second opinion
        few = end - start <= FEW + 1 if alone else end - start <= SHORT + 1 and points >= self.signs.alone
        if points >= needed or few or "calm" in finding.hit.entry.fixed or not self.signs.weighs:
            return finding, points
        if (finding.subject == "self" or finding.level is Level.EMERGENCY) and self._closing(finding, reading, stretches) >= min(
            needed, self.signs.last
        ):
            return finding, points
        return finding._replace(level=Level.WATCH, rules=(*finding.rules, f"calm: {points} of {needed}"), lowered=True), points

    def _closing(self, finding: Finding, reading: Reading, stretches: _Stretches) -> int:
        """The points of a finding's own clause when it ends the sentence: what follows may explain it, what came before does not.

        "Remind me when group is, also I want to die": no harmless beginning calms that.
        """
        words, clauses = reading.words, reading.clauses
        start, end = finding.hit.start, finding.hit.end
        if words[end].text != EDGE and words[end + 1].text != EDGE:
            return -NEVER
        while words[start - 1].text not in self.speech.joints and words[start - 1].text != EDGE and clauses[start - 1] == clauses[start]:
            start -= 1
        return stretches.apart(start, end)

    def _raised(self, text: str, reading: Reading, most: Sum, points: int, needed: int, top: Finding | None) -> _Judged:
        """A judgement that pages because the points are enough."""
        category = top.category if top is not None and not top.lowered else most.category or Category.SUICIDE  # whose answer fits most
        subject = top.subject if top is not None else "self"
        answer = {Category.OVERDOSE: f"overdose_{'self' if subject == 'self' else 'other'}"}.get(category, category.value)
        level = Level.EMERGENCY if top is None and category is Category.OVERDOSE else Level.URGENT  # of two levels the higher
        return _Judged(
            weight=(level.rank, False, False, False, 0, _LATER[category]),
            level=level,
            category=category,
            matched=self._spans(text, reading, self._stretch(reading, most)),
            lang="und",
            rules=(
                *(top.rules if top is not None else ()),
                f"signs: {points} of {needed}",
                *(f"sign: {sign}" for sign in most.told(TOLD)),
            ),
            subject=subject,
            answer=answer,
        )

    def _stretch(self, reading: Reading, points: Sum) -> list[tuple[int, int]]:
        """The words of the stretch, without the edges around it."""
        inside = [index for index in range(points.start, points.end + 1) if reading.words[index].text != EDGE]
        return [(inside[0], inside[-1])] if inside else []

    def findings(self, reading: Reading) -> list[Finding]:
        """What the patterns find in a text and what the words around it make of that, before any points are counted."""
        hits = self.hits(reading)
        return [one for one in Context(self.speech, reading, hits).findings() if one.level is not Level.NONE] if hits else []

    def hits(self, reading: Reading, *, sparing: bool = True) -> list[Hit]:
        """Every entry that is found in a text.

        Args:
            sparing: nothing where no crisis is: what else would be found has nothing to say something about.
        """
        found = []
        order = reading.order()
        for number, matcher in enumerate(self._matchers):
            if reading.wakes >> number & 1:
                codes = reading.codes(number, order)
                found.append((matcher, codes, matcher.found(codes)))
        if sparing and not any(crises for *_, (crises, _) in found):
            return []
        positions = list(map(abs, order))
        hits: list[Hit] = []
        for matcher, codes, (crises, others) in found:
            hits += matcher.hits(crises, codes, positions)
            hits += matcher.hits(others, codes, positions)
        return hits

    def _lang(self, readings: Iterable[Reading]) -> str:
        counts = dict.fromkeys(self.speech.common, 0)
        for reading in readings:
            for word in reading.words:
                if word.tongue:
                    counts[word.tongue] += 1
        top = max(counts, key=lambda tongue: (counts[tongue], tongue == "en"), default="und")
        return top if counts.get(top) else "und"

    def _spans(self, text: str, reading: Reading, hits: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        folding = self._reader.folding
        told = sorted(hits, key=lambda one: (one[0], -one[1]))
        if not told:
            return ()
        pieces = [reading.raw[start][0] for start, _ in told] + [reading.raw[end][1] for _, end in told]
        found = reading.spans(pieces)
        places = folding.places(text, [begin for begin, _ in found[: len(told)]] + [end - 1 for _, end in found[len(told) :]])
        spans: dict[tuple[int, int], None] = {}
        for begin, last in zip(places[: len(told)], places[len(told) :], strict=True):
            if not any(low <= begin and last < high for low, high in spans):
                spans[begin, last + 1] = None
        return tuple([text[begin:end] for begin, end in spans])


def _second_markers(findings: Sequence[Finding]) -> list[Finding]:
    """What tells of the writer's wish to die in two places of a text: those wait for no second opinion (SAFETY.md 1)."""
    markers = [
        one for one in findings if one.category is Category.SUICIDE and one.subject == "self" and not (one.lowered or one.hit.entry.sign)
    ]
    if not markers:
        return markers
    first, last = min(one.hit.end for one in markers), max(one.hit.start for one in markers)
    return [one for one in markers if one.hit.start > first or one.hit.end < last]


def _weight(finding: Finding) -> _Weight:
    """What decides: the level; what cannot wait; a child; what is no relapse; the longer match, it says more; then ``_FIRST``."""
    later = _LATER[finding.category]
    return (
        finding.level.rank,
        later > -2,
        finding.subject == "child",
        finding.category not in _WAITS,
        finding.hit.length,
        later,
    )


def pattern_names(findings: Iterable[Finding]) -> set[str]:
    """What the points know of findings: the entries' ids, and how the highest was judged ("urgent self", "watch other lowered")."""
    found = list(findings)
    names = {one.hit.entry.id for one in found}
    if found:
        top = max(found, key=_weight) if len(found) > 1 else found[0]
        names.add(f"{top.level._value_} {top.subject}{' lowered' if top.lowered else ''}")
    return names


def _names(findings: Sequence[Finding], start: int, end: int) -> set[str]:
    return pattern_names(one for one in findings if start <= one.hit.start and one.hit.end <= end) if findings else set()


def _answer(finding: Finding) -> str:
    if finding.hit.entry.answer:
        return finding.hit.entry.answer
    if finding.subject == "child":
        return "child"
    if finding.category is Category.OVERDOSE:
        return "overdose_self" if finding.subject == "self" else "overdose_other"
    return finding.category.value
