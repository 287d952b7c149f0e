"""Scripted crises while the bot is killed (SIGKILL) at random instants and the Bot API fails: every crisis ends acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import col, func, select

from bot.demo.botapi.faults import FaultKind
from bot.demo.botapi.people import SimUser
from bot.models import Alert, Case, Inbox, InboxState, Outbox, OutboxState, Page, PageState, Role, Sos
from bot.work import Work
from tests.e2e.stage import Stage, stage

CRISES = 12
KILLS = 15
QUIET_S = 90.0  # how long the end of a round may take once nobody kills any more
ACKNOWLEDGE = "Acknowledge"
TEXTS = (
    "I want to kill myself",
    "i took all my pills",
    "he wont wake up and his lips are blue",
    "me quiero matar",
    "I am going to end my life tonight",
    "I cut myself and it won't stop bleeding",
    "/sos",
)


@dataclass
class Tally:
    """What became of a round.

    Attributes:
        doubled: messages to the staff beyond those that were meant to be.
        excused: kills, accepted and dropped sends, and sends whose time ran out: each may double one.
        last_words: the end of the bot's log, when something went wrong.
        lost: crises without a case, a first answer or their alert; pages that never arrived; updates and messages that were given up.
        stuck: cases that nobody acknowledged by the end.
    """

    crises: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    doubled: int = 0
    excused: int = 0
    lost: list[str] = field(default_factory=list)
    stuck: list[int] = field(default_factory=list)
    took_s: float = 0.0
    last_words: str = ""

    @property
    def well(self) -> bool:
        """Nothing lost, nothing stuck, no more doubled than there is a reason for."""
        return not self.lost and not self.stuck and self.doubled <= self.excused

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.crises += other.crises
        self.kills += other.kills
        self.faults += other.faults
        self.pages += other.pages
        self.doubled += other.doubled
        self.excused += other.excused
        self.lost += other.lost
        self.stuck += other.stuck
        self.took_s += other.took_s

    def line(self) -> str:
        """One line for people."""
        faults = ", ".join(f"{count} {kind}" for kind, count in sorted(self.faults.items())) or "none"
        return (
            f"{self.crises} crises, {self.kills} kills, faults: {faults}; pages {self.pages}, doubled {self.doubled} "
            f"(at most {self.excused} explained), lost {len(self.lost)}, stuck {len(self.stuck)}, {self.took_s:.0f} s"
        )


class _Round:
    """One clinic, one script, one dice."""

    def __init__(self, made: Stage, seed: int) -> None:
        self.made = made
        self.dice = random.Random(seed)
        self.tally = Tally()
        self.primary = made.hire(2001, "Dana", position="primary")
        self.backup = made.hire(2002, "Luis", position="backup")
        self.others = [made.hire(2003, "Sue", Role.SUPERVISOR), made.hire(2004, "Omar", Role.OPERATOR)]
        self.staff = [self.primary, self.backup, *self.others]
        self.patients = [made.enrol(3000 + number, f"Patient{number}") for number in range(CRISES)]
        self.said: list[SimUser] = []
        self.pressed: set[tuple[int, int]] = set()

    async def play(self, kills: int) -> None:
        """The whole round."""
        started = time.monotonic()
        await self.made.start()
        waiting = list(self.patients)
        hands = asyncio.create_task(self._hands())
        try:
            for number in range(kills):
                if self.dice.random() < 0.75:
                    await self._polling()
                if waiting and (number % 2 == 0 or len(waiting) >= kills - number):
                    self._cry(waiting.pop())
                self._fault()
                await asyncio.sleep(self.dice.uniform(0.0, 0.3))
                await self.made.kill()
                await self.made.start()
            for patient in waiting:
                self._cry(patient)
            self.made.api.faults.clear()
            await self._settled()
        finally:
            hands.cancel()
            await asyncio.gather(hands, return_exceptions=True)
        self.tally.kills, self.tally.crises = self.made.kills, len(self.said)
        self.tally.excused += self.made.kills
        self.made.work(self._judge)
        self.tally.took_s = time.monotonic() - started

    def _cry(self, patient: SimUser) -> None:
        patient.text(self.dice.choice(TEXTS))
        self.said.append(patient)

    def _fault(self) -> None:
        kind = self.dice.choice([None, FaultKind.HTTP_500, FaultKind.DROP, FaultKind.ACCEPT_THEN_DROP, FaultKind.RETRY_AFTER])
        if kind is None:
            return
        count = self.dice.randint(1, 2)
        self.made.api.faults.add(kind, "sendMessage", count=count, seconds=1 if kind is FaultKind.RETRY_AFTER else 0)
        self.tally.faults[kind.value] += count
        if kind is FaultKind.ACCEPT_THEN_DROP:
            self.tally.excused += count

    async def _polling(self) -> None:
        calls = self.made.api.calls
        calls.clear()
        await self.made.until(lambda: any(call.method.lower() == "getupdates" for call in calls), "the bot polls")

    async def _hands(self) -> None:
        """The staff: the primary acknowledges most pages after a moment, the backup what is left."""
        while True:
            await asyncio.sleep(0.1)
            for user, share in ((self.primary, 0.05), (self.backup, 0.1), *((other, 0.1) for other in self.others)):
                for message in [one for one in user.received if ACKNOWLEDGE in one.labels]:
                    if (user.id, message.message_id) not in self.pressed and self.dice.random() < share:
                        self.pressed.add((user.id, message.message_id))
                        user.press(message.message_id, ACKNOWLEDGE)

    async def _settled(self) -> None:
        """Everything is answered, sent and acknowledged; the clock moves on, so that what nobody saw is paged again."""
        ends = time.monotonic() + QUIET_S
        moved = time.monotonic()
        while time.monotonic() < ends:
            await asyncio.sleep(0.5)
            if not self.made.api.updates.pending and self.made.work(_done):
                return
            if time.monotonic() - moved > 5:
                self.made.moves(seconds=61)
                moved = time.monotonic()

    def _judge(self, work: Work) -> None:
        session, tally = work.session, self.tally
        lost = tally.lost
        cases = session.exec(select(Case)).all()
        tally.stuck = [case.number for case in cases if case.acknowledged_at is None and case.holder_id is None]
        if len(cases) != len(self.said):
            lost.append(f"{len(self.said)} crises, {len(cases)} cases")
        with_alert = {alert.case_id for alert in session.exec(select(Alert))}
        lost += [f"case {case.number} without its alert" for case in cases if case.id not in with_alert]
        lost += [f"no first answer to {patient.first_name}" for patient in self.said if not patient.received]
        for state, what in ((InboxState.NEW, "waiting"), (InboxState.SET_ASIDE, "set aside")):
            count = session.exec(select(func.count()).select_from(Inbox).where(col(Inbox.state) == state)).one()
            lost += [f"{count} updates {what}"] if count else []
        given_up = session.exec(select(Outbox).where(col(Outbox.state) == OutboxState.FAILED)).all()
        lost += [f"message given up: {row.template} ({row.failure})" for row in given_up]
        pages = session.exec(select(Page)).all()
        tally.pages = len(pages)
        lost += [f"page {page.id} {page.state}" for page in pages if page.state is not PageState.SENT]
        lost += [f"page {page.id} in no chat" for page in pages if not self._in_chat(work, page)]
        tally.doubled = sum(self._doubled(work, user) for user in self.staff)

    def _in_chat(self, work: Work, page: Page) -> bool:
        """Whether the message that carries a page, alone or in a bundle, is in the chat of whom it is for."""
        carries = col(Outbox.id) == page.bundle_id if page.bundle_id is not None else col(Outbox.page_id) == page.id
        row = work.session.exec(select(Outbox).where(carries, col(Outbox.edits_id).is_(None))).first()
        user = next((one for one in self.staff if row is not None and one.id == row.chat_id), None)
        return row is not None and user is not None and row.result_message_id in user.history

    def _doubled(self, work: Work, user: SimUser) -> int:
        """How many messages of the bot's are in a chat beyond those that were meant to be."""
        fresh = (
            col(Outbox.chat_id) == user.id,
            col(Outbox.result_message_id).is_not(None),
            col(Outbox.kind).not_in(("edit", "markup", "delete")),
        )
        meant = work.session.exec(select(func.count()).select_from(Outbox).where(*fresh)).one()
        return sum(1 for message in user.history.values() if message.from_bot) - meant


def _done(work: Work) -> bool:
    count: Callable[..., int] = lambda kind, *where: work.session.exec(select(func.count()).select_from(kind).where(*where)).one()  # noqa: E731
    open_still = count(Case, col(Case.acknowledged_at).is_(None))
    waiting = count(Inbox, col(Inbox.state) == InboxState.NEW)
    counting = count(Sos, col(Sos.case_id).is_(None), col(Sos.mistake_at).is_(None))  # twenty seconds, then it is a case
    going = count(Outbox, col(Outbox.state).in_((OutboxState.WAITING, OutboxState.SENDING)), col(Outbox.due_at) <= work.now)
    return open_still + waiting + counting + going == 0


async def crisis_round(folder: Path, *, seed: int, kills: int = KILLS, database_url: str | None = None) -> Tally:
    """One round.

    Args:
        database_url: an empty PostgreSQL database; a SQLite file when left out.
    """
    async with stage(folder, database_url=database_url) as made:
        played = _Round(made, seed)
        await played.play(kills)
        if not played.tally.well:
            played.tally.last_words = made.log.read_text()[-3000:]
        return played.tally
