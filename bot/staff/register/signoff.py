"""Which clinician approved which version of the content, and when."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from bot import audit
from bot.ids import uuid7
from bot.models import Meta, sealed_at
from bot.work import Work

_PREFIX = "content_signoff"


@dataclass(frozen=True, slots=True)
class SignOff:
    """One approval of the content version that is in use."""

    name: str
    role: str
    on: date


def record(work: Work, signed: SignOff) -> str:
    """Write down an approval of the present content.

    Returns:
        The content's version.
    """
    mark = uuid7()
    sealed = work.vault.seal_json({"name": signed.name, "role": signed.role, "on": signed.on.isoformat()}, sealed_at("meta", "value", mark))
    work.session.add(Meta(name=f"{_PREFIX}:{work.content.version}:{mark}", value=base64.b64encode(sealed).decode()))
    audit.record(work, "content.signed_off", by="operator", version=work.content.version)
    return work.content.version


def current(work: Work) -> list[SignOff]:
    """The approvals of the present content, oldest first."""
    statement = (
        select(Meta).where(col(Meta.name).startswith(f"{_PREFIX}:{work.content.version}:", autoescape=True)).order_by(col(Meta.name))
    )
    found = []
    for row in work.session.exec(statement):
        kept = work.vault.open_json(base64.b64decode(row.value), sealed_at("meta", "value", UUID(row.name.rpartition(":")[2])))
        found.append(SignOff(kept["name"], kept["role"], date.fromisoformat(kept["on"])))
    return found
