"""The second opinion's units of work: judge a message, find what a stopped process left, and leave word for `doctor`."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot import arrival, inbox, logs, people
from bot.content.library import Content
from bot.escalation import hours
from bot.inbound import Inbound
from bot.models import STAFF, Meta
from bot.opinion.decide import Context, Opinion, raised
from bot.safety.levels import Level
from bot.safety.screen import Screening
from bot.work import Budget, Work

_log = logs.get_logger()

PAGE = 50  # of what was left, in one unit of work
META = "second_opinion"
GONE = timedelta(minutes=3)  # a process that has said nothing for so long, while others did, runs no more


class State(StrEnum):
    """What the second opinion does."""

    OFF = "off"
    LOADING = "loading"
    READY = "ready"
    LATE = "late"  # the reader does not come back: the rules decide alone, messages are kept for it
    LOST = "lost"  # it has not for long: nothing more is kept for it
    FAILED = "failed"  # there is no reader


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for the second reader, or for the database to take what came of it.

    Attributes:
        found: what the rules found in it.
        paged: the level that it was answered and paged at.
        opinion: the reader's, when it has one.
        late: the reader did not answer in time: the message is kept for it, unless it pages without.
    """

    inbound: Inbound
    found: Screening
    paged: Level
    opinion: Opinion | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What a process said of its second opinion.

    Attributes:
        since: when that began.
        seen: when it said so last.
        failed: messages in a row that the reader stumbled over.
    """

    state: State
    since: datetime
    seen: datetime
    failed: int = 0


def said(content: Content, one: Waiting, context: Collection[Context] = ()) -> Screening:
    """What rules and model say of a message together; without an opinion what the rules say alone.

    Args:
        context: what is known of the person's last hours.
    """
    if one.opinion is None:
        return arrival.screening(content, one.inbound)
    return raised(content.opinion, one.found, one.opinion, context)


def judge(work: Work, one: Waiting) -> None:
    """Open or raise the case of a message that is to be paged higher than it was."""
    inbound = one.inbound
    row = inbox.get(work, inbound.update_id, lock=True)
    if row is None or not row.unread:
        return  # another replica was faster, or the words were erased
    read = not one.late
    person = people.by_chat(work.session, inbound.chat_id)
    # Staff's words are work most of the time, and by now nobody can tell what they were written into.
    if person is None or person.role not in STAFF:
        found = said(work.content, one, hours.context(work, person, inbound.update_id) if person is not None else ())
        if found.level.pages and found.level > Level(row.level):
            arrival.raise_level(work, inbound, found)
            _log.info("opinion.raised", update=inbound.update_id, before=row.level, level=found.level)
            read = True
    if read:
        inbox.read_over(work, [inbound.update_id])


def left_unread(work: Work, age: timedelta, but: Collection[int], after: int = -1) -> tuple[list[Waiting], int, bool]:
    """Messages that were marked and never read.

    Returns:
        Some of them from behind the id `after`, with what the rules find that leave to the model what they are not sure of; the last id
        that was looked at; whether there may be more.
    """
    budget = Budget()
    out: list[Waiting] = []
    rows = inbox.unread(work, work.now - age, after, PAGE)
    for number, row in enumerate(rows):
        if number and budget.spent:
            return out, after, True
        after = row.update_id
        if row.update_id in but:
            continue
        try:
            inbound = inbox.read(work, row)
        except Exception as error:
            # It will not be readable the next time either, and must not keep the others from being read.
            _log.error("opinion.unreadable", error=error, update=row.update_id)
            inbox.read_over(work, [row.update_id])
            continue
        out.append(Waiting(inbound, arrival.screening(work.content, inbound, sure=True), Level(row.level)))
    return out, after, len(rows) == PAGE


def note(work: Work, process: str, state: State | None, since: datetime, failed: int = 0) -> None:
    """Leave word for `doctor`, beside that of the other processes on this database.

    Args:
        state: None when the process stops.
    """
    row = work.session.get(Meta, META, with_for_update=True) or Meta(name=META, value="")
    notes = {name: one for name, one in _notes(row.value).items() if work.now - one.seen < GONE}
    notes.pop(process, None)
    if state is not None:
        notes[process] = Note(state, since, work.now, failed)
    row.value = json.dumps({name: asdict(one) for name, one in notes.items()}, default=datetime.isoformat)
    work.session.add(row)


def told(work: Work) -> Sequence[Note]:
    """What the processes said that run on this database, or ran last."""
    row = work.session.get(Meta, META)
    notes = _notes(row.value).values() if row is not None else ()
    newest = max((one.seen for one in notes), default=work.now)
    return [one for one in notes if newest - one.seen < GONE]


def _notes(value: str) -> dict[str, Note]:
    try:
        return {
            name: Note(State(one["state"]), datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["seen"]), int(one["failed"]))
            for name, one in json.loads(value).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # of an earlier version, or of a later one
