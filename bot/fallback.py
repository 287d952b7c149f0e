"""When the database does not answer: the crisis answer and the page go out directly, from what was read at the last tick."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from bot import logs, people
from bot.arrival import Screened
from bot.content.crisis import CrisisLines
from bot.errors import DeliveryError
from bot.escalation import store
from bot.models import STAFF, Person, Role
from bot.ports import Outgoing
from bot.safety.levels import Level
from bot.services import Services

_log = logs.get_logger()

REMEMBERED = 2000


@dataclass(frozen=True)
class Snapshot:
    """Who is who and who is on call, as of the last tick.

    Attributes:
        people: chat id -> (role, language, country).
        on_call: (chat id, language) of those whom an emergency's first steps page, in order.
    """

    people: dict[int, tuple[Role, str, str]] = field(default_factory=dict)
    on_call: tuple[tuple[int, str], ...] = ()


class Fallback:
    """Keeps a small picture in memory and answers from it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._snapshot = Snapshot()
        self._done: deque[int] = deque(maxlen=REMEMBERED)

    def read(self, session: Session) -> None:
        """Refresh the picture; called by the ticker."""
        now = self._services.clock.now()
        rows = session.exec(select(Person).where(col(Person.chat_id).is_not(None), col(Person.removed_at).is_(None))).all()
        known = {row.chat_id: (row.role, row.language, row.country) for row in rows if row.chat_id is not None}
        first = [person for position in ("primary", "backup") if (person := store.on_call(session, position, now))]
        everyone = [*first, *people.staff(session, {Role.SUPERVISOR})]
        chain = {person.chat_id: person.language for person in everyone if person.chat_id is not None and people.reachable(person)}
        self._snapshot = Snapshot(known, tuple(chain.items()))

    async def answer(self, crises: Sequence[Screened]) -> None:
        """Answer and page for these updates, each once however often Telegram sends it."""
        for one in crises:
            if one.inbound.update_id in self._done:
                continue
            self._done.append(one.inbound.update_id)
            role, language, country = self._snapshot.people.get(
                one.inbound.chat_id, (Role.VISITOR, self._services.settings.language, self._services.settings.country)
            )
            if role in STAFF:
                continue
            lang = one.screening.lang if one.screening.lang in ("en", "es") else language
            lines = self._services.content.lines_for(country)
            for key in _answer_keys(one.screening.answer):
                await self._send(Outgoing(one.inbound.chat_id, text=self._text(key, lang, lines)))
            if role is Role.VISITOR:
                continue
            _log.error("crisis.direct", update=one.inbound.update_id, level=one.screening.level)
            await self._page(one.screening.level)

    async def _page(self, level: Level) -> None:
        for chat_id, language in self._snapshot.on_call:
            await self._send(Outgoing(chat_id, text=self._text("alerts/page_direct", language, CrisisLines(country=""), level=str(level))))

    async def _send(self, message: Outgoing) -> None:
        try:
            await self._services.transport.send(message)
        except DeliveryError as error:
            _log.error("crisis.direct_failed", error=error)

    def only_private(self, chat_id: int) -> Outgoing:
        """What a group hears, once."""
        language = self._services.settings.language
        return Outgoing(chat_id, text=self._text("common/only_private", language, CrisisLines(country="")))

    def _text(self, key: str, lang: str, lines: CrisisLines, **values: object) -> str:
        context = {"zone": self._services.settings.timezone, "lines": lines.view(lang), **values}
        return self._services.content.texts.render(key, lang, context)


def _answer_keys(answer: str) -> list[str]:
    if answer == "overdose_other":
        return [*(f"crisis/overdose_step_{number}" for number in range(1, 5)), "crisis/overdose_after"]
    return [f"crisis/{answer or 'suicide'}"]
