"""When the database does not answer: the crisis answer and the page go out directly, from what was read at the last tick."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from bot import logs, people
from bot.arrival import Screened
from bot.content.crisis import CrisisLines
from bot.content.render import LANGUAGES
from bot.errors import DeliveryError, RetryLater
from bot.escalation import store
from bot.models import STAFF, Person, Role
from bot.ports import Outgoing
from bot.safety.levels import Level
from bot.services import Services

_log = logs.get_logger()

REMEMBERED = 2000
TRIES = 3
LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True)
class Snapshot:
    """Who is who and who is on call, as of the last tick.

    Attributes:
        people: chat id -> (role, language, country).
        on_call: (chat id, language) of those whom an emergency's first steps page, in order.
        numbers: (ID, language) of the same people, for their other channels.
    """

    people: dict[int, tuple[Role, str, str]] = field(default_factory=dict)
    on_call: tuple[tuple[int, str], ...] = ()
    numbers: tuple[tuple[int, str], ...] = ()


class Fallback:
    """Keeps a small picture in memory and answers from it.

    Attributes:
        ring: calls these people's other channels, (ID, language) each, about a case of this level; set where the channels are.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._snapshot = Snapshot()
        self._done: deque[int] = deque(maxlen=REMEMBERED)
        self.ring: Callable[[Sequence[tuple[int, str]], str], Awaitable[None]] | None = None

    def read(self, session: Session) -> None:
        """Refresh the picture; called by the ticker."""
        work = self._services.work(session)
        columns = select(col(Person.chat_id), col(Person.role), col(Person.language), col(Person.country))
        rows = session.exec(columns.where(col(Person.chat_id).is_not(None), col(Person.removed_at).is_(None)))
        known = {chat_id: (role, language, country) for chat_id, role, language, country in rows if chat_id is not None}
        first = [person for position in ("primary", "backup") if (person := store.on_call(work, position, work.now))]
        everyone = [*first, *people.staff(session, {Role.SUPERVISOR})]
        there = [person for person in everyone if people.reachable(person)]
        chain = {person.chat_id: person.language for person in there if person.chat_id is not None}
        numbers = {person.number: person.language for person in there}
        self._snapshot = Snapshot(known, tuple(chain.items()), tuple(numbers.items()))

    async def answer(self, crises: Sequence[Screened]) -> None:
        """Answer and page for these updates, each once however often Telegram sends it."""
        new = [one for one in crises if one.inbound.update_id not in self._done]
        self._done.extend(one.inbound.update_id for one in new)
        await asyncio.gather(*(self._answer(one) for one in new))

    async def _answer(self, one: Screened) -> None:
        role, language, country = self._snapshot.people.get(
            one.inbound.chat_id, (Role.VISITOR, self._services.settings.language, self._services.settings.country)
        )
        if role in STAFF:
            return
        lang = one.screening.lang if one.screening.lang in LANGUAGES else language
        lines = self._services.content.lines_for(country)
        # Buttons cannot be lived through now, so that whoever presses one for help counts as an emergency.
        level = one.screening.level if one.screening.level.pages else Level.EMERGENCY
        _log.error("crisis.direct", update=one.inbound.update_id, level=level)
        answers = [Outgoing(one.inbound.chat_id, text=self._text(key, lang, lines)) for key in _answer_keys(one)]
        pages = () if role is Role.VISITOR else [self._page(chat_id, language, level) for chat_id, language in self._snapshot.on_call]
        ring = () if role is Role.VISITOR or self.ring is None else (self.ring(self._snapshot.numbers, str(level)),)
        await asyncio.gather(self._send(*answers), *(self._send(page) for page in pages), *ring)

    def _page(self, chat_id: int, language: str, level: Level) -> Outgoing:
        return Outgoing(chat_id, text=self._text("alerts/page_direct", language, CrisisLines(country=""), level=str(level)))

    async def _send(self, *messages: Outgoing) -> None:
        """In order; what Telegram does not take is tried again a few times, since nothing else remembers it."""
        for message in messages:
            for _ in range(TRIES):
                try:
                    await self._services.transport.send(message)
                except RetryLater as error:
                    _log.error("crisis.direct_late", error=error)
                    await asyncio.sleep(min(error.after.total_seconds(), LONGEST_PAUSE_S))
                except DeliveryError as error:
                    _log.error("crisis.direct_failed", error=error)
                    break
                else:
                    break

    def only_private(self, chat_id: int) -> Outgoing:
        """What a group hears, once."""
        language = self._services.settings.language
        return Outgoing(chat_id, text=self._text("common/only_private", language, CrisisLines(country="")))

    def _text(self, key: str, lang: str, lines: CrisisLines, **values: object) -> str:
        context = {
            "zone": self._services.settings.timezone,
            "lines": lines.view(lang),
            "hears": "",  # no buttons go with it
            **values,
        }
        return self._services.content.texts.render(key, lang, context)


def _answer_keys(one: Screened) -> list[str]:
    answer = one.screening.answer
    if answer == "overdose_other":
        return [*(f"crisis/overdose_step_{number}" for number in range(1, 5)), "crisis/overdose_after"]
    return [f"crisis/{answer}"] if answer and one.screening.level.pages else ["crisis/sos_numbers"]
