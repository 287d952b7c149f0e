"""Audit rows, written in the same transaction as what they record; the ticker's sealer chains them afterwards."""

from __future__ import annotations

import contextlib
import hmac
import json
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from bot.models import STAFF, Audit, Counter, Person, Role
from bot.vault import Vault
from bot.work import Work

_BATCH = 100  # rows in one short transaction; the next tick takes the rest
_CHAINED = "waymark-audit-v1"
_CHAIN = "audit"  # the counter that holds the newest chain number


def record(
    work: Work,
    action: str,
    *,
    actor: Person | None = None,
    by: str | None = None,
    person_id: UUID | None = None,
    case_id: UUID | None = None,
    **details: str | int | bool | None,
) -> None:
    """Write down an act.

    Args:
        action: `noun.verb`, such as `case.opened`, `page.pressed`.
        actor: who did it; None for the system or the command line.
        by: how the actor is called when there is no person: `system` (default) or `operator`.
        person_id: whose data it is about.
        details: ids, keys and numbers; never a word that a person wrote.
    """
    kind = by or "system"
    if actor is not None:
        kind = "staff" if actor.role in STAFF else ("visitor" if actor.role is Role.VISITOR else "patient")
    work.session.add(
        Audit(
            at=work.now,
            actor_id=actor.id if actor else None,
            actor=kind,
            action=action,
            person_id=person_id,
            case_id=case_id,
            details={name: value for name, value in details.items() if value is not None},
        )
    )


def seal(session: Session, vault: Vault) -> int:
    """Chain the committed rows that are not chained yet.

    Returns:
        How many were chained.
    """
    unsealed = select(Audit).where(col(Audit.chain_no).is_(None)).order_by(col(Audit.id))
    if session.exec(unsealed.limit(1)).first() is None:
        return 0
    # Replicas chain one after the other: this row is held until the commit, and everything is read after it (PostgreSQL).
    held = select(Counter).where(col(Counter.name) == _CHAIN).with_for_update()
    chain = session.exec(held).first()
    if chain is None:
        with contextlib.suppress(IntegrityError), session.begin_nested():  # another replica may be making it too
            session.add(Counter(name=_CHAIN))
        chain = session.exec(held).one()
    number, mac = head(session)
    rows = session.exec(unsealed.limit(_BATCH).execution_options(populate_existing=True)).all()
    for row in rows:
        number += 1
        row.chain_no, row.key_id = number, vault.fingerprint
        mac = row.mac = _mac(row, mac, vault)
    chain.value = number
    return len(rows)


def verify(session: Session, vault: Vault) -> int | None:
    """Walk the chain.

    Returns:
        The chain number of the first row that was changed, or before which one is missing; None when all is whole.
    """
    mac, expected = "", 1
    for row in session.exec(select(Audit).where(col(Audit.chain_no).is_not(None)).order_by(col(Audit.chain_no))):
        if row.chain_no != expected or row.mac != _mac(row, mac, vault):
            return expected
        mac, expected = row.mac or "", expected + 1
    chain = session.get(Counter, _CHAIN)
    return expected if chain is not None and chain.value >= expected else None  # the newest rows are missing


def head(session: Session) -> tuple[int, str]:
    """The newest chained row's number and MAC; (0, "") before the first."""
    last = session.exec(select(Audit).where(col(Audit.chain_no).is_not(None)).order_by(col(Audit.chain_no).desc()).limit(1)).first()
    return (last.chain_no or 0, last.mac or "") if last else (0, "")


def _mac(row: Audit, before: str, vault: Vault) -> str:
    body: list[Any] = [
        _CHAINED,
        before,
        row.chain_no,
        row.id,
        row.at.isoformat(),
        str(row.actor_id),
        row.actor,
        row.action,
        str(row.person_id),
        str(row.case_id),
        row.details,
    ]
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hmac.new(vault.mac_key("audit", row.key_id), text.encode(), "sha256").hexdigest()
