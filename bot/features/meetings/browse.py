"""The search that a person is looking at: remembered while they turn pages and add filters, sealed, and forgotten after some hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, delete, select

from bot import due
from bot.features.meetings import windows
from bot.features.meetings.rules import JUST_STARTED, When
from bot.features.meetings.search import Ask, Spot
from bot.models import Due, MeetingBrowse, Person, new_row, sealed_at
from bot.turn import Turn
from bot.work import Work

KIND = "meetings.forget"
KEEP = timedelta(hours=6)
STEADY = timedelta(minutes=30)  # a list that is turned in pages stands still for so long
NEXT_HOURS = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Look:
    """What a person looks for.

    Args:
        since: ISO instant from which on times count, so that pages fit together.
        latitude, longitude: of a place that they shared or the middle of a town; None like `plain` "" when they named none.
        town: its name as shown, "" for a shared place; `plain` as it is compared.
        fellowship: a label, or "" for all.
        kinds: keys of `content/meetings/filters.yaml`.
        language: a code, or "".
    """

    since: str
    when: str = When.ANY
    online: bool = False
    latitude: float | None = None
    longitude: float | None = None
    town: str = ""
    plain: str = ""
    fellowship: str = ""
    kinds: tuple[str, ...] = ()
    language: str = ""
    page: int = 0

    @property
    def near(self) -> bool:
        """Whether a place limits it."""
        return self.latitude is not None or bool(self.plain)

    @property
    def narrowed(self) -> bool:
        """Whether fellowship, kinds or language limit it."""
        return bool(self.fellowship or self.kinds or self.language)


def fresh(now: datetime) -> Look:
    """A search without any limits."""
    return Look(since=now.isoformat())


def load(turn: Turn) -> Look:
    """The person's present search; a fresh one when there is none, or it is too old."""
    row = _row(turn.work, turn.person)
    if row is None or row.used_at <= turn.now - KEEP:
        return fresh(turn.now)
    known = {field.name for field in fields(Look)}
    values = turn.work.vault.open_json(row.search, sealed_at("meeting_browse", "search", row.id))
    look = Look(**{key: value for key, value in values.items() if key in known})
    return replace(look, kinds=tuple(look.kinds))


def save(turn: Turn, look: Look) -> None:
    """Remember a search, and that it is to be forgotten."""
    work, person = turn.work, turn.person
    row = _row(work, person)
    if row is None:
        row = new_row(MeetingBrowse, person_id=person.id, search=b"", used_at=work.now)
        work.session.add(row)
    row.search = work.vault.seal_json(asdict(look), sealed_at("meeting_browse", "search", row.id))
    row.used_at = work.now
    hour = work.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    due.put(work, KIND, f"{KIND}:{person.id}:{hour.isoformat()}", hour + KEEP, person=person)


def forget(turn: Turn, _item: Due) -> None:
    """Hours later: where the person was is stored no more."""
    row = _row(turn.work, turn.person)
    if row is not None and row.used_at <= turn.now - KEEP:
        turn.session.execute(delete(MeetingBrowse).where(col(MeetingBrowse.id) == row.id))


def _row(work: Work, person: Person) -> MeetingBrowse | None:
    return work.session.exec(select(MeetingBrowse).where(col(MeetingBrowse.person_id) == person.id)).first()


def begin(turn: Turn) -> None:
    """Look anew: place and filters stay, any day and everywhere else come back."""
    look = load(turn)
    if look.online or look.when != When.ANY:
        changed(turn, online=False, when=When.ANY.value)


def changed(turn: Turn, **values: Any) -> Look:
    """The present search with something else in it, from its first page on."""
    look = replace(load(turn), since=turn.now.isoformat(), page=0, **values)
    save(turn, look)
    return look


def turned(turn: Turn, page: int) -> Look:
    """Another page of the present search; one that has stood for long begins anew with what is still to come."""
    look = load(turn)
    if turn.now - datetime.fromisoformat(look.since) > STEADY:
        look, page = replace(look, since=turn.now.isoformat()), 0
    look = replace(look, page=page)
    save(turn, look)
    return look


def asked(turn: Turn, look: Look) -> Ask:
    """What to look for in the lists; days are the person's own."""
    since, zone = datetime.fromisoformat(look.since), turn.person.zone
    spans: Mapping[str, tuple[datetime, datetime]] = {
        When.NOW: (since - JUST_STARTED, since + NEXT_HOURS),
        When.TODAY: windows.from_now_to_midnight(since, zone),
        When.TOMORROW: windows.day(since, zone, 1),
        When.WEEKEND: windows.weekend(since, zone),
        When.ANY: (since, since + timedelta(days=7)),
    }
    start, end = spans.get(look.when) or spans[When.ANY]
    filters = turn.content.meeting_filters
    chosen = [filters.kinds[kind] for kind in look.kinds if kind in filters.kinds]
    kinds = [narrow.codes for narrow in chosen] + ([(look.language,)] if look.language else [])
    return Ask(
        start,
        end,
        open_at=since if look.when == When.NOW else None,
        unlimited=look.when not in spans or look.when == When.ANY,
        around=Spot(look.latitude, look.longitude, look.plain) if look.near else None,
        online=look.online,
        fellowship=look.fellowship or None,
        kinds=tuple(kinds),
        without=tuple(code for narrow in chosen for code in narrow.without),
    )
