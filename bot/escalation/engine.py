"""The engine: all state is in rows, and a short cycle advances it. Nothing here closes a case; only `ack.resolve` does, for a human."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from bot import audit, due, people
from bot.content.crisis import Policy
from bot.escalation import answers, beyond, bundles, channels, free, pages, policy, store
from bot.models import Alert, Case, Lane, OutboxState, Page, PageState, Person, sealed_at
from bot.safety.levels import Category, Level
from bot.work import Budget, Work

_log = structlog.get_logger()

CYCLE_LIMIT = 6  # cases that a cycle advances in one short transaction; whoever calls it goes on while there are more
ASK_AGAIN = timedelta(minutes=5)
DRILL_NUMBERS = 900_000_000
QUIET = timedelta(hours=2)  # without a word of either side the patient's menu comes back


@dataclass(frozen=True, slots=True)
class Finding:
    """Why someone may be in danger: from words, a form, a button or silence.

    Attributes:
        answer: which first answer fits (`suicide`, `overdose_other`, ...; see `answers`); "" for none.
        source: message, edit, form, button, sos, media, silence.
        texts: what was said, as typed.
        lang: of the words; "und" when they do not tell.
    """

    level: Level
    category: Category
    source: str
    answer: str = ""
    texts: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    lang: str = "und"
    update_id: int | None = None
    at: datetime | None = None


def escalate(work: Work, person: Person, finding: Finding, *, reply: bool = True) -> Case:
    """Open a case for a person, or feed the open one; page; answer the person. For urgent and emergency.

    Same or lower level inside an open case joins it silently, a higher level is a new loud page.

    Args:
        reply: whether the person gets the first answer now (a form or SOS has answered by itself).

    Returns:
        The case.
    """
    case = store.open_case(work.session, person.id)
    raised = case is not None and finding.level > case.level
    opened = case is None
    if case is None:
        case = _open(work, person, finding)
    elif raised:
        _raise_level(work, case, finding)
    add_alert(work, person, finding, case_id=case.id)
    if reply and finding.answer:
        answers.first(work, person, case, finding.answer, finding.lang)  # message 1 before anything that the chain may have to say
    if opened:
        advance(work, case)
    elif raised:
        # The pages that are out already say what is so now, and can be acknowledged again.
        pages.refresh(work, case)
        advance(work, case, reason="higher")
    if finding.category in (Category.SUICIDE, Category.SELF_HARM) and finding.level is Level.URGENT and case.tapped_at is None:
        due.put(
            work, "case.ask_again", f"case:{case.id}:ask_again", work.now + ASK_AGAIN, person=person, case_id=case.id, answer=finding.answer
        )
    return case


def _open(work: Work, person: Person, finding: Finding) -> Case:
    drill = person.fictitious  # its numbers are not among those that people say aloud
    case = Case(
        number=people.next_number(work.session, "drill") + DRILL_NUMBERS if drill else people.next_number(work.session, "case"),
        kind="drill" if drill else "real",
        person_id=person.id,
        level=finding.level,
        category=finding.category,
        opened_at=work.now,
        level_at=work.now,
        next_page_at=work.now,
    )
    _start_chain(work, case)
    work.session.add(case)
    work.session.flush()
    _quiet_later(work, case)
    audit.record(work, "case.opened", person_id=person.id, case_id=case.id, level=case.level, category=case.category, source=finding.source)
    _log.info("case.opened", case=case.number, level=case.level)
    return case


def _raise_level(work: Work, case: Case, finding: Finding) -> None:
    audit.record(work, "case.raised", person_id=case.person_id, case_id=case.id, before=case.level, level=finding.level)
    case.level, case.category = finding.level, finding.category
    case.level_at = work.now
    case.acknowledged_at = case.word_due_at = None
    case.told_nobody_at = case.told_paged_at = None
    _start_chain(work, case)


def _start_chain(work: Work, case: Case) -> None:
    local = work.now.astimezone(ZoneInfo(work.settings.timezone)).time()
    chain = policy.choose(work.content.policies, Level(case.level), local)
    case.policy, case.step, case.next_page_at = policy.snapshot(chain), 0, work.now
    _tell_later(work, case, chain)


def _tell_later(work: Work, case: Case, chain: Policy) -> None:
    """The patient hears that nobody has answered, unless somebody does in time."""
    if chain.tell_nobody_after is not None:
        at = work.now + timedelta(minutes=chain.tell_nobody_after)
        due.put(work, "case.nobody", f"case:{case.id}:nobody:{case.level}:{work.now.isoformat(timespec='seconds')}", at, case_id=case.id)


def _quiet_later(work: Work, case: Case) -> None:
    at = (case.last_word_at or case.opened_at) + QUIET
    due.put(work, "case.quiet", f"case:{case.id}:quiet:{at:%Y-%m-%dT%H}", at, case_id=case.id)


def is_quiet(case: Case, now: datetime) -> bool:
    """Whether two hours passed without a word of either side, so that what the patient starts comes back."""
    return now - (case.last_word_at or case.opened_at) >= QUIET


def quiet(work: Work, case_id: UUID) -> None:
    """Two hours without a word: the menu comes back; what the bot would start stays paused."""
    case = store.locked(work.session, case_id)
    if case is not None and case.state == "open" and is_quiet(case, work.now):
        answers.menu_back(work, case)


def add_alert(work: Work, person: Person, finding: Finding, *, case_id: UUID | None = None, task_id: UUID | None = None) -> Alert:
    """Keep a piece of evidence with its screening."""
    alert = Alert(
        person_id=person.id,
        case_id=case_id,
        task_id=task_id,
        source=finding.source,
        update_id=finding.update_id,
        level=finding.level,
        category=finding.category,
        lexicon_version=work.content.screener.version,
        content_version=work.content.version,
        at=finding.at or work.now,
    )
    said = {"texts": list(finding.texts), "matched": list(finding.matched), "rules": list(finding.rules)}
    alert.evidence = work.vault.seal_json(said, sealed_at("alert", "evidence", alert.id))
    work.session.add(alert)
    return alert


def advance(work: Work, case: Case, *, reason: str = "step", without: Person | None = None) -> None:
    """Page the next step of the chain; a step that reaches nobody gives way to the next at once.

    When a whole round reaches nobody, the patient is told so and the round is tried again after the policy's pause.

    Args:
        without: who has just passed the case on, so that it does not come straight back to them.
    """
    chain, rung = policy.read(case.policy), {without.id} if without is not None else set()
    extra = [people.get(work.session, case.holder_id)] if case.holder_id and reason == "higher" else []
    for _attempt in range(len(chain.steps) + 1):
        step = policy.step(chain, case.step, case.level_at)
        case.step += 1
        staff = [person for person in free.whom(work, case, step.who) if without is None or person.id != without.id]
        reached = [page for person in _once([*extra, *staff]) if (page := _page(work, case, person, step.index, reason))]
        beyond.ring(work, case, step, reason, rung)
        if reached:
            case.next_page_at = _after(chain, case, work.now)
            pages.refresh(work, case, but=reached)  # what stands on the others' phones tells the minutes again
            return
        audit.record(work, "case.step_empty", person_id=case.person_id, case_id=case.id, step=step.index)
        _log.warning("case.step_empty", case=case.number, step=step.index)
    case.next_page_at = work.now + timedelta(minutes=chain.repeat_every)
    answers.nobody_on_duty(work, case)


def _after(chain: Policy, case: Case, now: datetime) -> datetime:
    # A chain that ran ahead (steps that gave way) keeps its steps' distances from now on, never less than a minute.
    planned = policy.step(chain, case.step, case.level_at).at
    before = policy.step(chain, case.step - 1, case.level_at).at
    return now + max(planned - before, timedelta(minutes=1))


def _once(staff: Sequence[Person]) -> list[Person]:
    return list({person.id: person for person in staff if people.reachable(person)}.values())


def _page(work: Work, case: Case, staff: Person, step: int, reason: str, lane: Lane = Lane.PAGE) -> Page | None:
    if staff.chat_id is None:
        return None
    page = Page(case_id=case.id, staff_id=staff.id, step=step, reason=reason, level=case.level, created_at=work.now)
    work.session.add(page)
    work.session.flush()
    assert page.id is not None
    if pages.send(work, case, page, staff, lane=lane):
        channels.queue(work, case, page, staff)
    audit.record(work, "page.queued", person_id=case.person_id, case_id=case.id, page=page.id, staff=staff.number, step=step, reason=reason)
    _log.info("case.paged", case=case.number, step=step, page=page.id)
    return page


def page_people(work: Work, case: Case, staff: Sequence[Person], reason: str) -> list[Page]:
    """Page these people now, outside the chain's order.

    Returns:
        The pages that were queued.
    """
    return [page for person in _once(staff) if (page := _page(work, case, person, max(case.step - 1, 0), reason))]


def show_page(work: Work, case: Case, staff: Person) -> Page | None:
    """A page for someone who asked for it (a list of cases): the same message with the same buttons, edited like any other."""
    return _page(work, case, staff, max(case.step - 1, 0), "asked", Lane.REPLY)


def page_sent(work: Work, page_id: int) -> None:
    """A page was accepted for delivery: only now may the patient be told that the team was alerted."""
    page = work.session.get(Page, page_id)
    if page is None or page.state is PageState.SENT:
        return
    page.state, page.sent_at = PageState.SENT, work.now
    case = store.locked(work.session, page.case_id)
    audit.record(work, "page.sent", person_id=case.person_id if case else None, case_id=page.case_id, page=page_id)
    if case is not None and case.told_paged_at is None and case.acknowledged_at is None:
        case.told_paged_at = work.now
        answers.paged(work, case)


def page_failed(work: Work, page_id: int, reason: str) -> None:
    """A page can never arrive: the chain goes on at once unless another page of the same moment is on its way."""
    page = work.session.get(Page, page_id)
    if page is None or page.state is not PageState.QUEUED:
        return
    case = store.locked(work.session, page.case_id)
    if case is None:
        return
    others_try = channels.still_trying(work, case, page, reason)
    if others_try and people.reachable(people.get(work.session, page.staff_id)):
        return  # whoever blocked the bot cannot acknowledge here: their other channels ring, and nobody waits for them
    page.state, page.failed_at, page.failure = PageState.FAILED, work.now, reason
    audit.record(work, "page.failed", person_id=case.person_id, case_id=case.id, page=page_id, reason=reason)
    _log.warning("page.failed", case=case.number, page=page_id, reason=reason)
    if case.state != "open" or case.acknowledged_at is not None:
        return
    others = [one for one in store.pages_of(work.session, case.id) if one.created_at == page.created_at and one.id != page.id]
    if not any(one.state is not PageState.FAILED for one in others):
        advance(work, case)


def settle_bundle(work: Work, bundle: str) -> bool:
    """A bundle was delivered, or never will be: so was each of its pages. As many at a time as fit a short transaction.

    Returns:
        Whether there are more.
    """
    ids, outcome = bundles.settled(work, bundle, CYCLE_LIMIT)
    for page_id in ids:
        if outcome is OutboxState.SENT:
            page_sent(work, page_id)
        else:
            page_failed(work, page_id, "bundle")
    return len(ids) == CYCLE_LIMIT


def cycle(work: Work) -> int:
    """Advance open cases that have something due, the most overdue first. Called each second, again at once while it finds its limit.

    Returns:
        How many cases were advanced, at most `CYCLE_LIMIT`; that many too when its time was spent before it was through.
    """
    budget = Budget()
    for staff in store.gone_holders(work.session):
        holder_gone(work, staff)
    cases = store.overdue(work.session, work.now, CYCLE_LIMIT)
    for case in cases:
        if case.acknowledged_at is None:
            if case.next_page_at is not None and case.next_page_at <= work.now:
                advance(work, case)
        elif case.word_due_at is not None and case.word_due_at <= work.now:
            _promise_broken(work, case)
        if budget.spent:
            return CYCLE_LIMIT
    return len(cases)


def _promise_broken(work: Work, case: Case) -> None:
    """An acknowledgement is a promise: no word of a human in time, so the page comes back and goes on to the backup."""
    chain = policy.read(case.policy)
    reason = "unanswered" if case.unanswered_since is not None else "no_word"
    audit.record(work, "case.promise_broken", person_id=case.person_id, case_id=case.id, reason=reason)
    back_to_backup(work, case)
    case.step += 1
    pages.refresh(work, case)
    holder = [people.get(work.session, case.holder_id)] if case.holder_id else []
    paged = page_people(work, case, [*holder, *store.whom(work, case, ("backup",))], reason)
    case.next_page_at = policy.step(chain, case.step, case.level_at).at if paged else work.now
    if chain.tell_nobody_after is not None:
        case.told_nobody_at = work.now
        answers.still_trying(work, case)  # they read "seen by" and wait: now they hear whom to call


def back_to_backup(work: Work, case: Case) -> None:
    """Nobody has the case any more: the chain goes on from the backup's step, at the distances that the policy gives."""
    chain = policy.read(case.policy)
    index = policy.index_of(chain, "backup")
    case.acknowledged_at = case.word_due_at = case.told_nobody_at = None
    _tell_later(work, case, chain)
    case.step, case.level_at = index, work.now - timedelta(minutes=chain.steps[index].at)


def holder_gone(work: Work, staff: Person) -> None:
    """Someone who has cases cannot be written to any more, or is staff no more: their cases go to the next person at once."""
    for held in store.held_by(work.session, staff.id):
        case = store.locked(work.session, held.id)
        if case is None or case.acknowledged_at is None or case.holder_id != staff.id:
            continue  # another replica was faster
        audit.record(work, "case.holder_gone", person_id=case.person_id, case_id=case.id, staff=staff.number)
        back_to_backup(work, case)
        advance(work, case, reason="passed_on", without=staff)
        pages.refresh(work, case)


def nobody_answered(work: Work, case_id: UUID) -> None:
    """Five minutes of an emergency without an acknowledgement: the patient hears the truth and whom to call."""
    case = store.locked(work.session, case_id)
    if case is None or case.state != "open" or case.acknowledged_at is not None or case.told_nobody_at is not None:
        return
    case.told_nobody_at = work.now
    answers.still_trying(work, case)


def ask_again(work: Work, case_id: UUID, answer: str) -> None:
    """No tap for five minutes on urgent suicide or self-harm: the first answer once more, and the page again."""
    case = store.locked(work.session, case_id)
    if case is None or case.state != "open" or case.tapped_at is not None:
        return
    if case.acknowledged_at is not None and case.word_at is not None:
        return  # a human is talking with them
    person = people.get(work.session, case.person_id)
    answers.repeat(work, person, case, answer)
    if case.acknowledged_at is not None and case.holder_id is not None:
        staff = [people.get(work.session, case.holder_id)]
    else:
        # Whoever was paged last, beside the chain: its next step comes at its own time.
        last = policy.step(policy.read(case.policy), max(case.step - 1, 0), case.level_at)
        staff = store.whom(work, case, last.who)
    if not page_people(work, case, staff, "again") and case.acknowledged_at is None:
        advance(work, case)


def patient_wrote(work: Work, case: Case) -> None:
    """A patient's message came in an open case: in an acknowledged emergency it must not wait long for an answer."""
    case.last_word_at = work.now
    _quiet_later(work, case)
    chain = policy.read(case.policy)
    if case.acknowledged_at is None or case.word_at is None or chain.unanswered_within is None or case.unanswered_since is not None:
        return
    case.unanswered_since = work.now
    case.word_due_at = work.now + timedelta(minutes=chain.unanswered_within)


def word_arrived(work: Work, case: Case) -> None:
    """A human's word reached the patient (or they were reached by phone): the promise is kept."""
    if case.word_at is None:
        case.word_at = work.now
        audit.record(work, "case.first_word", person_id=case.person_id, case_id=case.id)
    case.unanswered_since = case.word_due_at = None
    case.last_word_at = work.now
    _quiet_later(work, case)


def next_instants(work: Work) -> list[datetime]:
    """When something of an open case is due next; for a clock that is moved by hand."""
    return [at for case in store.open_cases(work.session) for at in (case.next_page_at, case.word_due_at) if at is not None]
