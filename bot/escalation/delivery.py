"""What a delivery means for cases and people; the sender calls this for every message that arrived or never will."""

from __future__ import annotations

from bot import audit, people
from bot.escalation import bundles, engine, pages, relay, store, tasks, team
from bot.models import STAFF, Outbox, Person, Role, Status
from bot.work import Work

UNREACHABLE = frozenset({"blocked", "deactivated", "chat_not_found"})


def arrived(work: Work, row: Outbox) -> None:
    """A message was accepted for delivery."""
    if bundles.is_bundle(row):
        bundles.arrived(work, row)
    elif row.page_id is not None and row.edits_id is None:
        engine.page_sent(work, row.page_id)
    elif row.template is not None and row.template.startswith("relay/") and row.edits_id is None:
        relay.arrived(work, row)
    elif row.template == team.FROM_TEAM and row.edits_id is None:
        team.arrived(work, row)


def failed(work: Work, row: Outbox, reason: str) -> None:
    """A message can never arrive. A blocked bot is a state of the person, and escalation hears of it at once."""
    if reason in UNREACHABLE and row.person_id is not None:
        _unreachable(work, row, reason)
    if bundles.is_bundle(row):
        bundles.arrived(work, row)
    elif row.page_id is not None and row.edits_id is None:
        engine.page_failed(work, row.page_id, reason)
    elif row.template is not None and row.template.startswith("relay/") and row.edits_id is None:
        relay.failed(work, row, reason)
    elif row.template in team.CARRIERS and row.edits_id is None:
        team.failed(work, row, reason)


def _unreachable(work: Work, row: Outbox, reason: str) -> None:
    person = people.get(work.session, row.person_id) if row.person_id else None
    if person is None or person.blocked_at is not None or person.chat_id != row.chat_id:
        return  # known already, or a chat that was theirs before
    blocked(work, row.chat_id, reason)


def reachable_again(work: Work, person: Person) -> None:
    """Someone who had blocked the bot is back. Staff: cases whose pages all failed do not wait for the next round."""
    if person.blocked_at is None:
        return
    person.blocked_at = None
    audit.record(work, "person.reachable", person_id=person.id)
    if person.role not in STAFF or person.removed_at is not None:
        return
    for case in store.unreached(work.session):
        case.next_page_at = work.now


def blocked(work: Work, chat_id: int, reason: str = "blocked") -> None:
    """Someone cannot be written to any more.

    A patient: with a case open a page ("phone now"), else a task for the same day. Staff: the engine's next cycle, within a second,
    gives the cases that they have to the next person.
    """
    person = people.by_chat(work.session, chat_id, lock=True)
    if person is None or person.blocked_at is not None:
        return
    person.blocked_at = work.now
    audit.record(work, "person.unreachable", person_id=person.id, reason=reason)
    if person.role is not Role.PATIENT:
        return
    case = store.open_case(work.session, person.id)
    if case is None and person.status is Status.DECEASED:
        return
    if case is None:
        tasks.once(work, person, "blocked", due_at=tasks.same_day(work))
        return
    pages.refresh(work, case)
    holder = [people.get(work.session, case.holder_id)] if case.holder_id and case.acknowledged_at else []
    paged = engine.page_people(work, case, holder or store.whom(work, case, ("primary", "backup")), "unreachable")
    if not paged and case.acknowledged_at is None:
        engine.advance(work, case)
