"""Pages on their other ways: which targets a person has, what is put in for a page, when Telegram's silence calls on them, what is proven.

No input or output here: `bot.channels` takes the rows up, outside of any transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import col, func, select

from bot import audit, due
from bot.config import EVERYONE, Settings
from bot.content.crisis import Policy
from bot.errors import Conflict, NotAllowed
from bot.escalation import kinds, policy
from bot.escalation.kinds import KINDS, WEBHOOK
from bot.models import Case, CaseState, ChannelProof, Page, PageDelivery, PageState, Person
from bot.work import Work

_log = structlog.get_logger()

SILENT = "case.silent"  # the due item that looks whether Telegram took a page
ANSWER_WITHIN = timedelta(hours=1)  # "It rang" is about a test this young
SHORTEST_WAIT = timedelta(minutes=1)
WAITING, SENT, FAILED, LATE = "waiting", "sent", "failed", "late"


@dataclass(frozen=True, slots=True)
class Way:
    """One channel of a person beside Telegram.

    Attributes:
        target: what names it in rows, logs and buttons: a fingerprint of its address, or `webhook`; never the address.
        kind: a key of `KINDS`.
        rings: whether it can ring through do-not-disturb.
    """

    target: str
    kind: str
    rings: bool

    @property
    def name(self) -> str:
        """As people know the service."""
        return KINDS[self.kind].name


def fingerprint(address: str) -> str:
    """What stands for a target's address, which usually holds a password."""
    return hashlib.sha256(f"waymark-channel|{address}".encode()).hexdigest()[:16]


def ways(settings: Settings, number: int) -> list[Way]:
    """The ways of a member of staff beside Telegram: their own targets, everyone's, the webhook; each once.

    Args:
        number: their ID, as `staff list` prints it.
    """
    targets = settings.page_targets
    found = [way_of(address) for key in (str(number), EVERYONE) for address in targets.get(key, ())]
    if settings.page_webhook_url is not None:
        found.append(Way(WEBHOOK, WEBHOOK, KINDS[WEBHOOK].rings))
    return list(dict.fromkeys(found))


def way_of(address: str) -> Way:
    """What a target's address is in the product."""
    return Way(fingerprint(address), kinds.kind_of(address), kinds.rings(address))


def queue(work: Work, case: Case, page: Page, staff: Person) -> None:
    """Put a page's other ways in, in the transaction that puts the page in.

    Where its step rings they are tried beside Telegram, at once; elsewhere only when Telegram fails or stays silent. A page that was asked
    for and a drill's ring nowhere.
    """
    if page.reason == "asked" or case.kind != "real" or not ways(work.settings, staff.number):
        return
    chain = policy.read(case.policy)
    if "ring" in channels_of(chain, page.step):
        _put(work, case, page, staff)
    else:
        at = work.now + timedelta(minutes=chain.silent_after)
        due.put(work, SILENT, f"case:{case.id}:silent:{page.id}", at, case_id=case.id, page=page.id)


def call_now(work: Work, case: Case, page: Page, staff: Person) -> None:
    """Put in a page that goes out on the other ways alone, at once: its person cannot be written to in the chat."""
    if case.kind == "real":
        _put(work, case, page, staff)


def channels_of(chain: Policy, index: int) -> tuple[str, ...]:
    """The channels of a step; the rounds after the last step go as it does."""
    return chain.steps[min(index, len(chain.steps) - 1)].channels


def wait_of(chain: Policy, index: int) -> timedelta:
    """How long a step waits for an answer before the next."""
    start = datetime.min.replace(tzinfo=UTC)
    return max(policy.step(chain, index + 1, start).at - policy.step(chain, index, start).at, SHORTEST_WAIT)


def silent(work: Work, page_id: int) -> None:
    """Telegram has not taken a page in time: the other ways are tried, while it goes on trying."""
    page = work.session.get(Page, page_id)
    case = work.session.get(Case, page.case_id) if page is not None else None
    if page is not None and case is not None and page.state is PageState.QUEUED and wanted(case, page):
        _fall_back(work, case, page, "silent")


def still_trying(work: Work, case: Case, page: Page, reason: str) -> bool:
    """Telegram can never deliver a page: whether another way may yet. The others are called upon when they were not yet.

    A page has failed only when Telegram failed and no other channel took it; until then `failure` keeps why Telegram did.
    """
    states = set(work.session.exec(select(PageDelivery.state).where(col(PageDelivery.page_id) == page.id)).all())
    if not states and wanted(case, page) and case.kind == "real":
        states = {WAITING} if _fall_back(work, case, page, reason) else set()
    if not states & {WAITING, SENT}:
        return False
    page.failure = reason
    return True


def wanted(case: Case, page: Page) -> bool:
    """Whether a page still has to ring: nobody has taken the case on since it was made."""
    answered = case.acknowledged_at is not None and case.acknowledged_at >= page.created_at
    return case.state is CaseState.OPEN and not answered and page.pressed_at is None


def of_page(work: Work, page_id: int) -> list[PageDelivery]:
    """A page's other ways, oldest first."""
    return list(work.session.exec(select(PageDelivery).where(col(PageDelivery.page_id) == page_id).order_by(col(PageDelivery.id))))


def next_at(work: Work) -> datetime | None:
    """When a delivery may go next, after now; None when none waits. For a clock that is moved by hand."""
    waiting = select(func.min(PageDelivery.next_at)).where(col(PageDelivery.state) == WAITING, col(PageDelivery.next_at) > work.now)
    return work.session.exec(waiting).one()


def _fall_back(work: Work, case: Case, page: Page, reason: str) -> bool:
    staff = work.session.get(Person, page.staff_id)
    if staff is None or of_page(work, page.id or 0) or not _put(work, case, page, staff):
        return False
    audit.record(work, "page.fell_back", person_id=case.person_id, case_id=case.id, page=page.id, reason=reason)
    _log.warning("page.fell_back", case=case.number, page=page.id, reason=reason)
    return True


def _put(work: Work, case: Case, page: Page, staff: Person) -> bool:
    """Queue a page on each of its person's ways.

    Returns:
        Whether there are any.
    """
    found = ways(work.settings, staff.number)
    until = work.now + wait_of(policy.read(case.policy), page.step)
    for way in found:
        work.session.add(
            PageDelivery(
                page_id=page.id or 0,
                case_id=case.id,
                staff_id=staff.id,
                target=way.target,
                kind=way.kind,
                next_at=work.now,
                useful_until=until,
                created_at=work.now,
            )
        )
    return bool(found)


def state_of(work: Work, way: Way, proof: ChannelProof | None) -> str:
    """How far a way can be relied upon: `untested`, `failed` (the service refused), `asked` (taken; no tap yet), `silent` (nothing came),
    `proven`, `old` (proven too long ago); `quiet` for a way that came through but never rings."""
    if proof is None or proof.tested_at is None:
        return "untested"
    if proof.proven_at is not None:
        fresh = work.now - proof.proven_at <= timedelta(days=work.content.rota.rings_within_days)
        return ("proven" if fresh else "old") if way.rings else "quiet"
    if proof.failure == "silent":
        return "silent"
    return "failed" if proof.failure is not None else "asked"


def forget_gone(work: Work) -> None:
    """What was proven of a way that the settings name no more counts no more; called at the start."""
    for proof in work.session.exec(select(ChannelProof).where(col(ChannelProof.rings).is_(True))):
        staff = work.session.get(Person, proof.staff_id)
        if staff is None or proof.target not in {way.target for way in ways(work.settings, staff.number) if way.rings}:
            proof.rings = False


def proofs(work: Work, staff: Person) -> list[tuple[Way, ChannelProof | None]]:
    """The ways of a person beside Telegram with what is known of each; a way whose options changed is another one."""
    rows = work.session.exec(select(ChannelProof).where(col(ChannelProof.staff_id) == staff.id)).all()
    known = {row.target: row for row in rows}
    return [(way, known.get(way.target)) for way in ways(work.settings, staff.number)]


def tested(work: Work, staff_id: UUID, way: Way, failure: str | None) -> ChannelProof:
    """Write down a test and whether the service took it; only the person's tap proves more."""
    statement = select(ChannelProof).where(col(ChannelProof.staff_id) == staff_id, col(ChannelProof.target) == way.target)
    proof = work.session.exec(statement.with_for_update(key_share=True)).first() or ChannelProof(
        staff_id=staff_id, target=way.target, kind=way.kind
    )
    # What was proven stays so until a later test tells otherwise.
    proof.rings, proof.tested_at, proof.failure = way.rings, work.now, failure
    if failure is None:
        proof.accepted_at = work.now
    else:
        proof.proven_at = None
    work.session.add(proof)
    work.session.flush()
    audit.record(work, "channel.tested", person_id=staff_id, kind=way.kind, failure=failure)
    return proof


def rang(work: Work, proof_id: int, staff: Person, *, it_did: bool) -> ChannelProof:
    """The person's answer to "Did it ring?".

    Raises:
        NotAllowed: it is no test of theirs.
        Conflict: it was asked too long ago to count.
    """
    proof = work.session.get(ChannelProof, proof_id)
    if proof is None or proof.staff_id != staff.id or staff.removed_at is not None:
        raise NotAllowed
    if proof.accepted_at is None or work.now - proof.accepted_at > ANSWER_WITHIN:
        raise Conflict("channels/too_late")
    proof.proven_at, proof.failure = (work.now, None) if it_did else (None, "silent")
    audit.record(work, "channel.proven" if it_did else "channel.silent", actor=staff, kind=proof.kind)
    return proof
