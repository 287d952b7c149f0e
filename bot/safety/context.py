"""What a match means where it stands: denied, long past, taught, about someone else, joined by a second sign (SAFETY.md 1).

Context may lower only the match it belongs to; what it raises is taken from the whole message. Unsure between two levels: the higher.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from .levels import Category, Level, highest
from .lexicon import Kind, Role, Speech
from .matcher import Hit
from .notation import EDGE
from .reading import Reading

BRIDGE_WORDS, SUBJECT_WORDS, NEAR_WORDS = 7, 9, 3
_DENIED_IS_WATCH = {Category.SUICIDE, Category.SELF_HARM, Category.OVERDOSE, Category.VIOLENCE, Category.ABUSE}
_SUPPOSED_IS_NONE = {Category.RELAPSE, Category.CRAVING, Category.WITHDRAWAL}
_OTHERS_ARE_WATCH = {Category.RELAPSE, Category.CRAVING}

# (role found anywhere in the message, category, from, to)
RAISES: tuple[tuple[Role, Category, Level, Level], ...] = (
    (Role.MEANS, Category.SUICIDE, Level.URGENT, Level.EMERGENCY),
    (Role.PLAN, Category.SUICIDE, Level.URGENT, Level.EMERGENCY),
    (Role.MEANS, Category.SUICIDE, Level.WATCH, Level.URGENT),
    (Role.PLAN, Category.SUICIDE, Level.WATCH, Level.URGENT),
    (Role.MEANS, Category.VIOLENCE, Level.URGENT, Level.EMERGENCY),
    (Role.DISTRESS, Category.RELAPSE, Level.WATCH, Level.URGENT),
    (Role.OPIOID, Category.RELAPSE, Level.WATCH, Level.URGENT),
    (Role.BREAK, Category.RELAPSE, Level.WATCH, Level.URGENT),  # unless the entry says fixed: break
    (Role.ACCESS, Category.CRAVING, Level.WATCH, Level.URGENT),
)
SAME_SENTENCE = {Role.OPIOID}
MASKED = {Role.MEANS, Role.PLAN, Role.ACCESS, Role.STOPPING, Role.OPIOID, Role.DISTRESS}  # roles that harmless uses silence ("jump rope")
TWO_SIGNS = {Category.SUICIDE}  # two different soft signs together are urgent
HINT = "hint"  # the sign of entries that are nothing alone ("after tonight", "forgive me") and a soft sign beside another


class Finding(NamedTuple):
    """One match and what the context made of it."""

    hit: Hit
    level: Level
    category: Category
    subject: str  # self, other, child
    rules: tuple[str, ...]
    lowered: bool = False


class Context:
    """Judges the matches of one text.

    Args:
        speech: negators, bridges and the other word classes.
        reading: the text's words.
        hits: everything the matchers found in it.
    """

    def __init__(self, speech: Speech, reading: Reading, hits: Iterable[Hit]) -> None:
        self._speech = speech
        self._reading = reading
        self._words = [word.text for word in reading.words]
        self._harmless: dict[int, list[Hit]] = defaultdict(list)  # by the words they cover
        self._roles: dict[Role, list[Hit]] = defaultdict(list)
        self._crises: list[Hit] = []
        hits = list(hits)
        for hit in hits:
            if hit.entry.kind is Kind.HARMLESS:
                for index in range(hit.start, hit.end + 1):
                    self._harmless[index].append(hit)
        for hit in hits:
            if hit.entry.kind is Kind.CRISIS:
                self._crises.append(hit)
            elif hit.entry.role is not None and not (hit.entry.role in MASKED and self._is_harmless(hit, range(hit.start, hit.end + 1))):
                self._roles[hit.entry.role].append(hit)
        self._sentence: list[int] = []
        number = 0
        for word in self._words:
            number += word == EDGE
            self._sentence.append(number)

    def findings(self) -> list[Finding]:
        """Every crisis match that still stands, judged; then raised by what else the message says."""
        judged = [finding for hit in self._crises if (finding := self._judge(hit)) is not None]
        return self._raised(judged)

    # One match

    def _judge(self, hit: Hit) -> Finding | None:
        entry, fixed = hit.entry, hit.entry.fixed
        assert entry.category is not None
        solid = [index for index in range(hit.start, hit.end + 1) if index not in hit.gaps]
        if "harmless" not in fixed and self._is_harmless(hit, solid):
            return None
        level, rules, lowered = entry.level, [entry.id], False
        subject, named = self._subject(hit, solid)
        first_person = subject == "self" and (entry.about == "self" or named)
        if "lesson" not in fixed and self._is_lesson(hit, first_person):
            return None
        if "question" not in fixed and not first_person and self._in_sentence(Role.QUESTION, hit):
            return None
        if "if" not in fixed and entry.category in _SUPPOSED_IS_NONE and self._is_supposed(hit):
            return None
        if "negation" not in fixed and self._is_denied(hit):
            if entry.category not in _DENIED_IS_WATCH:
                return None
            level, lowered = Level.WATCH, True
            rules.append("denied")
        if "past" not in fixed and self._is_past(hit, solid) and level > Level.NONE:
            if entry.category is Category.CRAVING:
                return None
            level, lowered = Level.WATCH, True
            rules.append("long past")
        elif level is Level.EMERGENCY and "recent" not in fixed and self._is_recent(hit, solid):
            level = Level.URGENT
            rules.append("some time ago")
        if subject == "other" and entry.about in {"self", "any"} and "other" not in fixed:
            if entry.category in _OTHERS_ARE_WATCH and level < Level.EMERGENCY:
                level, lowered = Level.WATCH, True
                rules.append("someone else")
            elif level is Level.EMERGENCY and entry.category in {Category.SUICIDE, Category.SELF_HARM}:
                level = Level.URGENT
                rules.append("someone else")
        return Finding(hit, level, entry.category, subject, tuple(rules), lowered)

    def _has(self, positions: Iterable[int], words: Collection[str]) -> bool:
        return any(self._words[index] in words for index in positions)

    def _is_harmless(self, hit: Hit, solid: Sequence[int]) -> bool:
        """Whether a harmless use has its telling words, and is not just a small piece of what the entry says."""
        if not self._harmless:
            return False
        telling = [index for index in solid if self._words[index] not in self._speech.frequent and self._words[index] != EDGE]
        for index in telling or solid:
            for use in self._harmless.get(index, ()):
                if use.start < hit.start or use.end > hit.end or len(solid) <= 2 * (use.end - use.start):
                    return True
        return False

    def _subject(self, hit: Hit, solid: Sequence[int]) -> tuple[str, bool]:
        """Whom the match is about, and whether a word says so."""
        about = hit.entry.about
        if about in {"other", "child"}:
            return about, True
        if about == "self":
            told = "other" not in hit.entry.fixed and self._is_told_of_other(hit)
            return ("other" if told else "self"), True
        speech = self._speech
        if self._is_told_of_other(hit) or self._names_other_in_gap(hit, solid):
            return "other", True
        for index in solid:
            if self._words[index] in speech.myself:
                return "self", True
        for index in range(hit.start, max(0, hit.start - SUBJECT_WORDS), -1):
            word = self._words[index]
            if word == EDGE:
                break
            if word in speech.others:
                return "other", True
            if word in speech.myself:
                return "self", True
        return ("other", True) if self._has(solid, speech.others) else ("self", False)

    def _is_told_of_other(self, hit: Hit) -> bool:
        """ "My friend said he will ...", "mi hermano dice que ...": the words right before are another person's."""
        return any(hit.start - 2 <= other.end < hit.start or other.start <= hit.start <= other.end for other in self._roles[Role.OTHER])

    def _names_other_in_gap(self, hit: Hit, solid: Sequence[int]) -> bool:
        """ "I think *he* overdosed": somebody else stands in a gap, after the last word about the writer."""
        last = max((index for index in solid if self._words[index] in self._speech.myself), default=hit.start)
        return any(index > last and self._words[index] in self._speech.others for index in hit.gaps)

    def _in_sentence(self, role: Role, hit: Hit) -> bool:
        return any(map(partial(self._shares_sentence, hit), self._roles[role]))

    def _shares_sentence(self, hit: Hit, other: Hit) -> bool:
        return self._sentence[other.start] == self._sentence[hit.start] and self._words[other.start - 1] not in self._speech.negators

    def _is_lesson(self, hit: Hit, first_person: bool) -> bool:
        lessons = self._roles[Role.LESSON]
        if not lessons:
            return False
        if self._reading.quoted[hit.start]:
            return True
        if first_person:
            return self._words[hit.start - 1] in self._speech.tellers and any(1 <= hit.start - lesson.end <= 4 for lesson in lessons)
        own = self._tells_of_own(hit)
        return any(self._shares_sentence(hit, lesson) and not (own and self._is_left(lesson, hit)) for lesson in lessons)

    def _tells_of_own(self, hit: Hit) -> bool:
        """Whether the clause says whose: "*my* roommate is overdosing"."""
        begin, clauses = hit.start, self._reading.clauses
        while begin > 1 and self._words[begin - 1] not in self._speech.joints and clauses[begin - 1] == clauses[hit.start]:
            begin -= 1
        return self._has(range(begin, hit.end + 1), self._speech.myself)

    def _is_left(self, lesson: Hit, hit: Hit) -> bool:
        """Whether what was said of a lesson ends before the match: another clause follows."""
        clauses = self._reading.clauses
        return lesson.end < hit.start and (
            clauses[hit.start] != clauses[lesson.end] or self._has(range(lesson.end + 1, hit.start), self._speech.joints)
        )

    def _is_supposed(self, hit: Hit) -> bool:
        return any(
            hit.start - NEAR_WORDS <= other.end <= hit.end and other.start <= hit.start for other in self._roles[Role.IF]
        ) and not self._in_sentence(Role.PRESENT, hit)

    def _is_denied(self, hit: Hit) -> bool:
        """Whether a negation governs the match: inside a gap of it, or before it across nothing but bridging words.

        A new subject in between stops it ("no I want to die"), unless a linker carries it on ("I don't think I want to die").
        """
        speech, words, clauses = self._speech, self._words, self._reading.clauses
        if any(words[index] in speech.negators and self._reaches(index, hit) for index in hit.gaps):
            return True
        index = hit.start - 1
        subject = words[hit.start] in speech.myself and words[hit.start] not in speech.bridges
        denied = False  # two negations say what none says: "I'm not going to not do it"
        for _ in range(BRIDGE_WORDS):
            if index < 1 or words[index] == EDGE or clauses[index] != clauses[hit.start]:
                break
            word = words[index]
            if word in speech.negators:
                before = words[index - 1]
                asked = before in speech.unsure or before == "si" or (before == "que" and words[index - 2] in {"por", "para"})
                if asked or subject:
                    break
                denied = not denied
            elif word in speech.linkers:
                subject = False
            elif word in speech.myself and word not in speech.bridges:
                subject = True
            elif word not in speech.bridges:
                break
            index -= 1
        return denied

    def _reaches(self, index: int, hit: Hit) -> bool:
        """Whether a negation in a gap governs the next word that matched: "want to *not* die", not "took it, he is *not* making sense"."""
        index += 1
        while index in hit.gaps and self._words[index] in self._speech.bridges:
            index += 1
        return index not in hit.gaps

    def _is_past(self, hit: Hit, solid: Sequence[int]) -> bool:
        """Whether a time long ago belongs to the match: same sentence, no "and now", and not a wish in the present tense."""
        times = [other for other in self._roles[Role.PAST] if self._sentence[other.start] == self._sentence[hit.start]]
        if not times or hit.entry.tense == "present" or self._in_sentence(Role.PRESENT, hit):
            return False
        near = [*solid, *hit.gaps, *range(max(1, hit.start - 4), hit.start)]
        past = self._told_in_past(hit, near)
        if not past and self._has(near, self._speech.presents):
            return False
        for time in times:
            if self._ends_before(time, hit):
                continue
            low, high = sorted((time.end, hit.start)) if time.start < hit.start else sorted((hit.end, time.start))
            between = range(low + 1, high)
            if past or not self._has(between, self._speech.joints):
                return True
        return False

    def _ends_before(self, time: Hit, hit: Hit) -> bool:
        """Whether a time ends what was said before the match: "I tried 3 years ago and I just took 30 pills"."""
        words, clauses = self._words, self._reading.clauses
        if time.end >= hit.start or not (words[time.end + 1] in self._speech.joints or clauses[time.end + 1] != clauses[time.end]):
            return False
        begin = time.start
        while begin > 1 and words[begin - 1] != EDGE and clauses[begin - 1] == clauses[time.start]:
            begin -= 1
        return self._has(range(begin, time.start), self._speech.myself)

    def _told_in_past(self, hit: Hit, near: Iterable[int]) -> bool:
        return hit.entry.tense == "past" or self._has(near, self._speech.pasts)

    def _is_recent(self, hit: Hit, solid: Sequence[int]) -> bool:
        """Whether it happened some weeks ago: no longer an emergency, still a human today."""
        return self._in_sentence(Role.RECENT, hit) and self._told_in_past(
            hit, [*solid, *hit.gaps, *range(max(1, hit.start - 4), hit.start)]
        )

    # The whole message

    def _raised(self, findings: list[Finding]) -> list[Finding]:
        out = [finding if finding.hit.entry.sign == HINT else self._by_role(finding) for finding in findings]
        for category in TWO_SIGNS:
            if len({one.hit.entry.id for one in out if _is_soft(one, category)}) >= 2:
                out = [one._replace(level=Level.URGENT, rules=(*one.rules, "two signs")) if _is_soft(one, category) else one for one in out]
        out = [self._by_role(one) if one.hit.entry.sign == HINT else one for one in out if not _says_nothing_alone(one)]
        return self._signs_counted(out)

    def _by_role(self, finding: Finding) -> Finding:
        if finding.lowered or finding.subject != "self":
            return finding
        for role, category, level, raised in RAISES:
            if finding.category is category and finding.level is level and role.value not in finding.hit.entry.fixed:
                found = [other for other in self._roles[role] if self._counts(role, other, finding.hit)]
                if found:
                    return finding._replace(level=raised, rules=(*finding.rules, f"{role.value}: {found[0].entry.id}"))
        return finding

    def _counts(self, role: Role, modifier: Hit, crisis: Hit) -> bool:
        """Words that the crisis entry already counted say nothing new (but which drug it was does), nor do denied ones."""
        if role in SAME_SENTENCE:
            return self._sentence[modifier.start] == self._sentence[crisis.start] and not self._is_denied(modifier)
        return not (crisis.start <= modifier.start and modifier.end <= crisis.end) and not self._is_denied(modifier)

    def _signs_counted(self, findings: list[Finding]) -> list[Finding]:
        """Withdrawal: one strong sign while stopping is urgent, two or a fever are an emergency; two without a reason named are urgent.

        Coming off street opioids one strong sign is an emergency. Signs whose name begins with ``mild`` are urgent while stopping and
        not counted.
        """
        telling = list(filter(_is_sign, findings))
        if not telling:
            return findings
        strong = {one.hit.entry.sign for one in telling if not one.hit.entry.sign.startswith("mild")}
        stopping = bool(self._roles[Role.STOPPING])
        level = Level.URGENT if stopping or len(strong) >= 2 else Level.NONE
        if stopping and (len(strong) >= 2 or strong & {"fever", "confusion"} or (strong and self._roles[Role.OPIOID])):
            level = Level.EMERGENCY
        out = []
        for finding in findings:
            if _is_sign(finding):
                raised = highest(level, finding.level if stopping or finding.level > Level.WATCH else Level.NONE)
                if raised is Level.NONE:
                    continue
                reason = f"{len(strong)} signs" + (" while stopping" if stopping else "")
                finding = finding._replace(level=raised, rules=(*finding.rules, reason))
            out.append(finding)
        return out


def _is_soft(finding: Finding, category: Category) -> bool:
    return finding.category is category and finding.level is Level.WATCH and finding.subject == "self" and not finding.lowered


def _is_sign(finding: Finding) -> bool:
    """Whether it is a sign of withdrawal, which are counted."""
    return finding.hit.entry.sign not in {"", HINT} and not finding.lowered


def _says_nothing_alone(finding: Finding) -> bool:
    return finding.hit.entry.sign == HINT and finding.level <= Level.WATCH
