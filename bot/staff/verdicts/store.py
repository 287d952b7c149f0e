"""Verdicts of staff on the screen: kept sealed, counted, and opened for a file only by an operator's command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import audit, due, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import engine, statuses, tasks, team
from bot.escalation import store as cases
from bot.escalation.engine import Finding
from bot.escalation.resolution import NOT_A_CRISIS
from bot.models import Alert, Case, CaseState, Person, Role, Status, Task, TeamMessage, Verdict, sealed_at
from bot.safety.levels import Category, Level
from bot.safety.screen import Screening
from bot.staff.verdicts import rules
from bot.work import Work

ALERT, MESSAGE = "a", "m"  # what a verdict is about, as buttons carry it
CHOICE = 5  # messages to choose from
SAME = timedelta(minutes=5)  # a message to the team and the evidence of its screening are that near
SCREENED = ("message", "edit")  # sources whose words the screen judged
PAGED_BY_STAFF = "staff:paged"  # the rule of a page that staff asked for
_PAGING = tuple(level.value for level in Level if level.pages)
_OWN_ANSWER = {Category.CRAVING: "talk"}  # what no first answer of its own fits


@dataclass(frozen=True, slots=True)
class Words:
    """A message that a verdict can be about.

    Attributes:
        kind: `ALERT` or `MESSAGE`.
        texts: as typed.
    """

    kind: str
    id: UUID
    at: datetime
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What rules and model made of a message."""

    level: str
    category: str | None
    rules: tuple[str, ...]
    lexicon_version: str
    content_version: str


def of_item(work: Work, task_id: UUID, staff: Person) -> list[Words]:
    """The newest messages of an item, oldest first; none of somebody who is no patient.

    Raises:
        NotAllowed, Conflict: as `tasks.theirs`.
    """
    known = work.session.get(Task, task_id)
    person = people.by_id_locked(work.session, known.person_id) if known is not None else None  # before the item, as patients' turns do
    task = tasks.theirs(work, task_id, staff)
    if person is None or person.role is not Role.PATIENT:
        return []
    alerts = work.session.exec(select(Alert).where(col(Alert.task_id) == task.id).order_by(col(Alert.at), col(Alert.id))).all()
    return [one for alert in alerts if (one := _of_alert(work, alert)).texts][-CHOICE:]


def of_thread(work: Work, patient: Person) -> list[Words]:
    """A patient's newest messages to the team, oldest first."""
    return [_of_message(work, row) for row in team.thread(work, patient) if row.author_id == patient.id and row.body][-CHOICE:]


def words_of(work: Work, kind: str, row_id: UUID, staff: Person) -> tuple[Person, Words]:
    """A message by the id in a button, and whose it is; their row is locked.

    Raises:
        NotAllowed: there is none, or the person is not theirs to look after.
        Conflict: the item that it belongs to is done.
    """
    alert = work.session.get(Alert, row_id) if kind == ALERT else None
    message = work.session.get(TeamMessage, row_id) if kind == MESSAGE else None
    if alert is not None:
        words, task_id, person_id = _of_alert(work, alert), alert.task_id, alert.person_id
    elif message is not None and message.author_id == message.person_id and message.body is not None:
        words, task_id, person_id = _of_message(work, message), None, message.person_id
    else:
        raise NotAllowed
    person = people.by_id_locked(work.session, person_id)
    if person is None or person.role is not Role.PATIENT or not words.texts:
        raise NotAllowed
    if not statuses.may_change(work, person, staff):
        if task_id is None:
            raise NotAllowed
        tasks.theirs(work, task_id, staff)  # handed to them by whoever looks after the person
    return person, words


def keep(work: Work, person: Person, words: Words, staff: Person) -> tuple[Verdict, bool]:
    """Keep that a message should have paged.

    Args:
        person: whose words they are, locked.

    Returns:
        The verdict, and whether it is new: a second one on the same words changes nothing.

    Raises:
        Conflict: it did page.
    """
    alert = work.session.get(Alert, words.id) if words.kind == ALERT else _evidence_of(work, person, words)
    about = alert.id if alert is not None else words.id
    found = work.session.exec(select(Verdict).where(col(Verdict.about_id) == about)).first()
    if found is not None:
        return found, False
    said = _said(work, words, alert)
    if alert is not None and Level(alert.level).pages:
        raise Conflict("verdicts/paged_then")
    verdict = Verdict(
        person_id=person.id,
        staff_id=staff.id,
        about_id=about,
        level=Level.URGENT,
        category=said.category,
        said_level=said.level,
        lexicon_version=said.lexicon_version,
        content_version=said.content_version,
        written_at=words.at,
        at=work.now,
    )
    evidence = {"texts": list(words.texts), "rules": list(said.rules)}
    verdict.evidence = work.vault.seal_json(evidence, sealed_at("verdict", "evidence", verdict.id))
    work.session.add(verdict)
    audit.record(work, "verdict.kept", actor=staff, person_id=person.id, level=verdict.level, said=said.level)
    return verdict, True


def verdict_of(work: Work, verdict_id: UUID, staff: Person) -> tuple[Verdict, Person]:
    """A verdict by the id in a button, for whoever gave it or looks after the person; the person's row is locked.

    Raises:
        NotAllowed: there is none, or it is no business of theirs.
    """
    verdict = work.session.get(Verdict, verdict_id)
    person = people.by_id_locked(work.session, verdict.person_id) if verdict is not None else None
    if verdict is None or person is None or staff.removed_at is not None or not cases.may_see_words(staff):
        raise NotAllowed
    if verdict.staff_id != staff.id and not statuses.may_change(work, person, staff):
        raise NotAllowed
    return verdict, person


def raise_level(work: Work, verdict: Verdict, staff: Person) -> None:
    """It should have been an emergency."""
    if verdict.level != Level.EMERGENCY:
        verdict.level = Level.EMERGENCY
        audit.record(work, "verdict.raised", actor=staff, person_id=verdict.person_id, level=verdict.level)


def take_back(work: Work, verdict: Verdict, staff: Person) -> None:
    """It was a slip.

    Raises:
        NotAllowed: somebody else gave it.
        Conflict: somebody was paged for it since.
    """
    if verdict.staff_id != staff.id:
        raise NotAllowed
    if verdict.case_id is not None:
        raise Conflict("verdicts/case_open", number=_number(work, verdict.case_id))
    work.session.delete(verdict)
    audit.record(work, "verdict.taken_back", actor=staff, person_id=verdict.person_id)


def may_page(work: Work, verdict: Verdict, person: Person) -> bool:
    """Whether a page is of use now: a living patient without an open case, and none was opened for these words."""
    if person.role is not Role.PATIENT or person.status is Status.DECEASED or verdict.case_id is not None:
        return False
    return cases.open_case(work.session, person.id) is None


def page(work: Work, verdict: Verdict, person: Person, staff: Person) -> Case:
    """Do now what the screen did not: a case at the verdict's level, whoever is on call paged, the person answered.

    Raises:
        Conflict: a case is open, or was opened for these words.
        NotAllowed: there is nobody to page for.
    """
    found = cases.open_case(work.session, person.id)
    if found is not None or verdict.case_id is not None:
        raise Conflict("verdicts/case_open", number=found.number if found is not None else _number(work, verdict.case_id))
    if not may_page(work, verdict, person):
        raise NotAllowed
    evidence = _evidence(work, verdict)
    texts = tuple(evidence.get("texts", ()))
    category = Category(verdict.category) if verdict.category is not None else None
    finding = Finding(
        level=Level(verdict.level),
        category=category or Category.SUICIDE,
        source="button",
        answer=_OWN_ANSWER.get(category, category.value) if category is not None else "talk",
        texts=texts,
        rules=(*evidence.get("rules", ()), PAGED_BY_STAFF),
        lang=work.content.screener.screen(texts).lang,
        at=verdict.written_at,
    )
    case = engine.escalate(work, person, finding)
    verdict.case_id = case.id
    audit.record(work, "verdict.paged", actor=staff, person_id=person.id, case_id=case.id, level=verdict.level)
    return case


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: no name, no id, nothing but what a training needs.

    Attributes:
        level: that the words should have had; `none` where a case was closed as no crisis.
        said: the level that rules and model gave, and the rules.
        at: the day of the clinic on which it was written, ISO.
    """

    text: str
    level: str
    category: str | None
    lang: str
    said_level: str
    rules: tuple[str, ...]
    at: str

    def plain(self) -> dict[str, Any]:
        """As it stands in the file."""
        said = {"level": self.said_level, "rules": list(self.rules)}
        return {"text": self.text, "level": self.level, "category": self.category, "lang": self.lang, "said": said, "at": self.at}


def missed(work: Work) -> list[Line]:
    """Words that should have paged, the oldest first. Left out: drills, fictitious people, and what a case showed to be no crisis."""
    statement = (
        select(Verdict, Person, Case)
        .join(Person, col(Person.id) == col(Verdict.person_id))
        .outerjoin(Case, col(Case.id) == col(Verdict.case_id))
        .where(col(Person.fictitious).is_(False))
        .order_by(col(Verdict.id))
    )
    found: list[Line] = []
    for verdict, person, case in work.session.exec(statement):
        if case is not None and (case.kind != "real" or case.outcome == NOT_A_CRISIS):
            continue
        said = Said(verdict.said_level, verdict.category, (), "", "")
        found += _lines(work, person, _evidence(work, verdict), verdict.level, said, verdict.written_at)
    return found


def false_alarms(work: Work) -> list[Line]:
    """Words that paged in cases which a human closed as no crisis, the oldest first. Left out: drills, and pages that staff asked for."""
    statement = (
        select(Alert, Person)
        .join(Case, col(Case.id) == col(Alert.case_id))
        .join(Person, col(Person.id) == col(Alert.person_id))
        .where(
            col(Case.kind) == "real",
            col(Case.state) == CaseState.CLOSED,
            col(Case.outcome) == NOT_A_CRISIS,
            col(Person.fictitious).is_(False),
            col(Alert.level).in_(_PAGING),
            col(Alert.source).in_(SCREENED),
        )
        .order_by(col(Alert.id))
    )
    found: list[Line] = []
    for alert, person in work.session.exec(statement):
        said = Said(alert.level, alert.category, (), "", "")
        found += _lines(work, person, cases.evidence(work, alert), Level.NONE, said, alert.at)
    return found


def taken_out(work: Work) -> list[Line]:
    """All of it, for the operator's file; that it was taken is written down."""
    lines = [*missed(work), *false_alarms(work)]
    audit.record(work, "verdicts.exported", by="operator", lines=len(lines))
    return lines


def _lines(work: Work, person: Person, evidence: dict[str, Any], level: str, said: Said, at: datetime) -> Iterator[Line]:
    text = "\n".join(str(one) for one in evidence.get("texts", ()))
    if text.strip():
        lang = work.content.screener.screen((text,)).lang
        day = due.local_date(at, work.settings.timezone).isoformat()
        plain = rules.masked(text, people.name_of(work, person))
        yield Line(plain, level, said.category, lang, said.level, tuple(str(one) for one in evidence.get("rules", ())), day)


def _of_alert(work: Work, alert: Alert) -> Words:
    return Words(ALERT, alert.id, alert.at, tuple(str(one) for one in cases.evidence(work, alert).get("texts", ()) if one))


def _of_message(work: Work, row: TeamMessage) -> Words:
    return Words(MESSAGE, row.id, row.at, (team.body(work, row),))


def _evidence_of(work: Work, person: Person, words: Words) -> Alert | None:
    """What was kept when a message to the team was screened; the highest of several."""
    near = select(Alert).where(col(Alert.person_id) == person.id, col(Alert.source).in_(SCREENED))
    near = near.where(col(Alert.at) >= words.at - SAME, col(Alert.at) <= words.at + SAME)
    found = [alert for alert in work.session.exec(near.order_by(col(Alert.id))).all() if _same(work, alert, words.texts)]
    return max(found, key=lambda alert: Level(alert.level).rank, default=None)


def _same(work: Work, alert: Alert, texts: Sequence[str]) -> bool:
    return any(text in texts for text in cases.evidence(work, alert).get("texts", ()))


def _said(work: Work, words: Words, alert: Alert | None) -> Said:
    """What was kept at the screening; of words that were harmless nothing was, and the rules are asked once more."""
    if alert is not None:
        kept = tuple(str(rule) for rule in cases.evidence(work, alert).get("rules", ()))
        return Said(alert.level, alert.category, kept, alert.lexicon_version, alert.content_version)
    found: Screening = work.content.screener.screen(words.texts, sure=work.settings.second_opinion)
    category = found.category.value if found.category is not None else None
    return Said(found.level, category, found.rules, work.content.screener.version, work.content.version)


def _evidence(work: Work, verdict: Verdict) -> dict[str, Any]:
    sealed = verdict.evidence
    return work.vault.open_json(sealed, sealed_at("verdict", "evidence", verdict.id)) if sealed is not None else {}


def _number(work: Work, case_id: UUID | None) -> int:
    case = work.session.get(Case, case_id) if case_id is not None else None
    return case.number if case is not None else 0
