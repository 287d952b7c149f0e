"""The test of a person's channels: a call to each, what the services said, and the question whether it rang."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from bot import outbox, people
from bot.channels.queue import plain
from bot.channels.webhook import Webhook
from bot.errors import DeliveryError, Undeliverable
from bot.escalation import channels
from bot.escalation.channels import Way
from bot.escalation.kinds import WEBHOOK
from bot.models import Lane
from bot.outbox import Button, Post
from bot.work import Work

if TYPE_CHECKING:
    from bot.channels.targets import Target

KIND = "channel.test"
LEASE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to test and how.

    Attributes:
        number: the person's ID.
        text: fixed words in their language.
    """

    staff_id: UUID
    number: int
    text: str
    ways: tuple[Way, ...]
    at: datetime


def plan(work: Work, staff_id: UUID) -> Plan:
    """What a person's test is: all their ways beside Telegram."""
    person = people.get(work.session, staff_id)
    text = plain(work, "channels/test", person.language)
    return Plan(person.id, person.number, text, tuple(channels.ways(work.settings, person.number)), work.now)


async def call(wanted: Plan, targets: Mapping[str, Target], webhook: Webhook | None) -> list[tuple[Way, str | None]]:
    """Call all ways at the same time.

    Returns:
        Each with None when the service took it, else one word: `refused`, `redirected`, `no_answer`, `no_target`.
    """
    return list(zip(wanted.ways, await asyncio.gather(*(_try(wanted, way, targets, webhook) for way in wanted.ways)), strict=True))


async def _try(wanted: Plan, way: Way, targets: Mapping[str, Target], webhook: Webhook | None) -> str | None:
    try:
        if way.target == WEBHOOK and webhook is not None:
            body = {"kind": "test", "staff": wanted.number, "at": wanted.at.isoformat()}
            await webhook.post(body, delivery=f"test-{wanted.number}-{int(wanted.at.timestamp())}", now=wanted.at)
        elif way.target in targets:
            await targets[way.target].send(wanted.text)
        else:
            return "no_target"
    except Undeliverable as error:
        return error.reason
    except DeliveryError:
        return "no_answer"
    return None


def store(work: Work, wanted: Plan, results: Sequence[tuple[Way, str | None]]) -> None:
    """Write down what the services said, and ask the person in chat about each way that was taken."""
    person = people.get(work.session, wanted.staff_id)
    for way, failure in results:
        proof = channels.tested(work, person.id, way, failure)
        post = Post(lane=Lane.REPLY)
        if failure is not None:
            outbox.say(work, person, "channels/test_failed", post=post, name=way.name, failure=failure)
            continue
        yes = Button("channels/it_rang", "channels.rang", (proof.id or 0, "yes"))
        no = Button("channels/nothing_came", "channels.rang", (proof.id or 0, "no"))
        outbox.say(work, person, "channels/did_it_ring", [[yes], [no]], post=post, name=way.name, rings=way.rings)
