"""Keeps the finder's tables in step with the lists: slots, towns and facets of an import, made before it is shown.

`build` makes them for a whole import, some rows in a transaction; `refresh` follows a small change inside the transaction that makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import time
from typing import Any, Protocol

from sqlmodel import Session, col, delete, insert, select

from bot.features.meetings import towns
from bot.features.meetings.windows import DAY, week_minute
from bot.models import Feed, Meeting, MeetingFacet, MeetingImport, MeetingSlot, MeetingTown
from bot.work import Work

ROWS_AT_ONCE = 400  # slots written in one transaction
READ_AT_ONCE = 500  # meetings
PER_DEGREE = 4  # cells
ASSUMED_MINUTES = 60
COLUMNS = 360 * PER_DEGREE  # cells round the globe
_ON_SITE = ("in_person", "hybrid")
_ONLINE = ("online", "hybrid")
_NEEDED = (
    Meeting.id,
    Meeting.key,
    Meeting.days,
    Meeting.time,
    Meeting.end_time,
    Meeting.timezone,
    Meeting.attendance,
    Meeting.approximate,
    Meeting.types,
    Meeting.latitude,
    Meeting.longitude,
    Meeting.address,
    Meeting.city,
    Meeting.region,
)


class InUnits(Protocol):
    """Runs a function with these arguments in a transaction of its own and gives what it gives."""

    def __call__(self, work_function: Callable[..., Any], *args: Any) -> Any: ...


def cell_of(latitude: float, longitude: float) -> int:
    """The number of the quarter degree that this place lies in, row by row from the south pole."""
    return row_of(latitude) * COLUMNS + column_of(longitude)


def row_of(latitude: float) -> int:
    """The row of a latitude, 0 at the south pole."""
    return min(int((latitude + 90.0) * PER_DEGREE), 180 * PER_DEGREE - 1)


def column_of(longitude: float) -> int:
    """The column of a longitude, 0 at the date line."""
    return int((longitude + 180.0) * PER_DEGREE) % COLUMNS


def build(unit: InUnits, import_id: int) -> None:
    """Index an import before it is flipped. The same again changes nothing.

    The rows are gone through twice, some at a time, so that a list of any length takes little memory.
    """
    found, own = towns.gather(_place(row) for row in _all(unit, import_id))
    unit(_clear, import_id)
    ids: list[int] = []
    for start in range(0, len(found), ROWS_AT_ONCE):
        ids += unit(_add_towns, import_id, found[start : start + ROWS_AT_ONCE])
    slots: list[dict[str, Any]] = []
    facets: Counter[tuple[str, str]] = Counter({("all", ""): 0})
    for row, number in zip(_all(unit, import_id), own, strict=True):
        slots += _slots(row, import_id, ids[number] if number is not None else None)
        facets.update(_counted([row]))
        if len(slots) >= ROWS_AT_ONCE:
            unit(_add_slots, slots)
            slots = []
    if slots:
        unit(_add_slots, slots)
    unit(_add_facets, import_id, facets)
    while unit(sweep):
        pass


def _all(unit: InUnits, import_id: int) -> Iterator[Any]:
    last = ""
    while part := unit(_read, import_id, last):
        yield from part
        last = part[-1].key


def refresh(work: Work, import_id: int, meeting_ids: Collection[int]) -> None:
    """Index some rows of the present import anew, changed, added or gone. A town that only they name is added to the others."""
    ids = list(meeting_ids)
    work.session.execute(delete(MeetingSlot).where(col(MeetingSlot.import_id) == import_id, col(MeetingSlot.meeting_id).in_(ids)))
    statement = select(*_NEEDED).where(col(Meeting.import_id) == import_id, col(Meeting.id).in_(ids))  # type: ignore[call-overload]
    rows = work.session.execute(statement).all()
    found, own = towns.gather(_place(row) for row in rows)
    numbers = [_known_town(work.session, import_id, town) or _add_towns(work, import_id, [town])[0] for town in found]
    slots = [
        slot
        for row, number in zip(rows, own, strict=True)
        for slot in _slots(row, import_id, numbers[number] if number is not None else None)
    ]
    if slots:
        _add_slots(work, slots)
    for kind, codes in (("zone", {row.timezone for row in rows if row.timezone}), ("type", {code for row in rows for code in row.types})):
        have = select(MeetingFacet.code).where(col(MeetingFacet.import_id) == import_id, col(MeetingFacet.kind) == kind)
        known = set(work.session.exec(have))
        work.session.add_all(MeetingFacet(import_id=import_id, kind=kind, code=code, meetings=1) for code in sorted(codes - known))


def sweep(work: Work, limit: int = 500) -> int:
    """Throw away what belongs to imports that are no longer shown nor made, some at a time.

    Returns:
        How many rows went.
    """
    shown = select(Feed.current_import_id).where(col(Feed.current_import_id).is_not(None))
    made = select(MeetingImport.id).where(col(MeetingImport.state) == "staged")
    wanted = {*work.session.exec(shown), *work.session.exec(made)}
    went = 0
    for table in (MeetingSlot, MeetingTown, MeetingFacet):
        indexed = set(work.session.exec(select(table.import_id).distinct()))
        for import_id in indexed - wanted:
            old = select(table.id).where(col(table.import_id) == import_id).limit(limit)
            ids = list(work.session.exec(old))
            work.session.execute(delete(table).where(col(table.id).in_(ids)))
            went += len(ids)
    return went


def catch_up(unit: InUnits) -> None:
    """Index what is shown and has no index yet (a database from before there was one), and clear away what is old."""
    for import_id in unit(missing):
        build(unit, import_id)
    while unit(sweep):
        pass


def missing(work: Work) -> list[int]:
    """Present imports without an index."""
    indexed = set(work.session.exec(select(MeetingFacet.import_id).where(col(MeetingFacet.kind) == "all")))
    shown = work.session.exec(select(Feed.current_import_id).where(col(Feed.current_import_id).is_not(None)))
    return [number for number in shown if number is not None and number not in indexed]


def _read(work: Work, import_id: int, after: str) -> Sequence[Any]:
    statement = select(*_NEEDED).where(col(Meeting.import_id) == import_id, col(Meeting.key) > after)  # type: ignore[call-overload]
    return work.session.execute(statement.order_by(col(Meeting.key)).limit(READ_AT_ONCE)).all()


def _clear(work: Work, import_id: int) -> None:
    for table in (MeetingSlot, MeetingTown, MeetingFacet):
        work.session.execute(delete(table).where(col(table.import_id) == import_id))


def _exact(row: Any) -> bool:
    return row.attendance in _ON_SITE and not row.approximate and row.latitude is not None and row.longitude is not None


def _place(row: Any) -> tuple[Sequence[towns.Named], float | None, float | None]:
    if row.attendance not in _ON_SITE:
        return (), None, None
    names = towns.names_of(row.city, row.region, row.address)
    return (names, row.latitude, row.longitude) if _exact(row) else (names, None, None)


def _slots(row: Any, import_id: int, town_id: int | None) -> Iterator[dict[str, Any]]:
    """The rows of a meeting: one a weekday, or one without a time. An inactive meeting has none."""
    on_site, online = row.attendance in _ON_SITE, row.attendance in _ONLINE
    if not on_site and not online:
        return
    exact = _exact(row)
    base = {
        "import_id": import_id,
        "meeting_id": row.id,
        "zone": None,
        "week_minute": None,
        "length": _length(row),
        "cell": cell_of(row.latitude, row.longitude) if exact else None,
        "latitude": row.latitude if exact else None,
        "longitude": row.longitude if exact else None,
        "on_site": on_site,
        "online": online,
        "types": f",{','.join(row.types)}," if row.types else "",
        "town_id": town_id,
    }
    if not row.days or row.time is None or row.timezone is None:
        yield base
        return
    wall = time.fromisoformat(row.time)
    for weekday in row.days:
        yield {**base, "zone": row.timezone, "week_minute": week_minute(weekday, wall)}


def _length(row: Any) -> int:
    """Minutes from the start to the end, over midnight too; an hour where the list gives no end."""
    if row.time is None or row.end_time is None:
        return ASSUMED_MINUTES
    start, end = time.fromisoformat(row.time), time.fromisoformat(row.end_time)
    return (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % DAY or DAY


def _add_slots(work: Work, slots: Sequence[dict[str, Any]]) -> None:
    work.session.execute(insert(MeetingSlot), list(slots))


def _add_towns(work: Work, import_id: int, found: Sequence[towns.Town]) -> list[int]:
    rows = [
        MeetingTown(
            import_id=import_id,
            name=town.name,
            plain=town.plain,
            region=town.region,
            latitude=town.latitude,
            longitude=town.longitude,
            meetings=town.meetings,
            bare=town.bare,
        )
        for town in found
    ]
    work.session.add_all(rows)
    work.session.flush()
    return [row.id or 0 for row in rows]


def _known_town(session: Session, import_id: int, town: towns.Town) -> int | None:
    statement = select(MeetingTown).where(col(MeetingTown.import_id) == import_id, col(MeetingTown.plain) == town.plain)
    same = [row for row in session.exec(statement) if not town.region or row.region == town.region]
    if not same:
        return None
    # The middle of a town with meetings stays where it is: one more moves it by a street.
    row = same[0]
    row.bare = max(row.bare, town.bare)
    if row.latitude is None:
        row.latitude, row.longitude = town.latitude, town.longitude
    return row.id


def _counted(rows: Sequence[Any]) -> dict[tuple[str, str], int]:
    """How many meetings have each facet, by kind and code."""
    active = [row for row in rows if row.attendance in _ON_SITE or row.attendance in _ONLINE]
    zones = Counter(("zone", row.timezone) for row in active if row.timezone and row.days and row.time)
    types = Counter(("type", code) for row in active for code in row.types)
    return {("all", ""): len(active), **zones, **types}  # the first also says that this import is indexed


def _add_facets(work: Work, import_id: int, counted: dict[tuple[str, str], int]) -> None:
    work.session.add_all(MeetingFacet(import_id=import_id, kind=kind, code=code, meetings=count) for (kind, code), count in counted.items())
