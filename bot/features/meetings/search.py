"""Looks for meetings by place, time and kind among those of the present lists: raw SQL over the index that `indexing` keeps.

Times are compared on the wall clock of each meeting's own zone (`windows.segments`), places first by quarter degrees and then by distance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from bot.features.meetings import indexing, towns
from bot.features.meetings.rules import ALL_DAY, distance_km
from bot.features.meetings.windows import Segment, segments, whole_minute
from bot.models import Feed, Meeting, MeetingFacet, MeetingTown

WITHIN_KM = 40.0  # of a place: about 25 miles
KM_PER_DEGREE = 111.195
ROOMS = 50  # that are open all day, at most
SOON = timedelta(hours=6)  # looked at first of a longer span


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to look around; `plain` is the town's name when it is one, which finds meetings without coordinates too."""

    latitude: float | None = None
    longitude: float | None = None
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to look for.

    Args:
        start: UTC; meetings that start from then until `end` (at most a week later) are found.
        open_at: rooms that are open all day, and are at this instant, come first.
        unlimited: no day was chosen: each meeting once with its next time, those by appointment at the end.
        around: only those that people can go to near this place; the nearest first when `unlimited`, else the soonest first.
        online: only those that can be joined from anywhere.
        fellowship: only this one's.
        kinds: groups of codes; a meeting needs one code of each group.
        without: codes that it must not have.
        but: ids of meetings to leave out.
    """

    start: datetime
    end: datetime
    open_at: datetime | None = None
    unlimited: bool = False
    around: Spot | None = None
    within_km: float = WITHIN_KM
    online: bool = False
    fellowship: str | None = None
    kinds: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    but: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A meeting that was found; `start_at` is None for one by appointment, `km` when nobody asked or its place is not known exactly."""

    meeting: Meeting
    fellowship: str
    start_at: datetime | None
    km: float | None


def find(session: Session, ask: Ask, *, limit: int, offset: int = 0) -> list[Hit]:
    """One page of what is found, in its order; ask for one more than is shown to know whether there is another page."""
    imports = _imports(session, ask.fellowship)
    if not imports:
        return []
    start, end = whole_minute(ask.start), whole_minute(ask.end)
    rooms = _open_rooms(session, ask, imports, start)
    rows: list[tuple[int, int | None]] = rooms[offset : offset + limit]
    if rooms:
        ask = replace(ask, but=tuple(number for number, _ in rooms))
        limit, offset = limit - len(rows), max(0, offset - len(rooms))
    return _hits(session, ask, imports, start, rows + _others(session, ask, imports, start, end, limit=limit, offset=offset))


def _others(
    session: Session, ask: Ask, imports: dict[int, str], start: datetime, end: datetime, *, limit: int, offset: int
) -> list[tuple[int, int | None]]:
    """A page of what starts in the span, and at its end of what is by appointment."""
    rows: list[tuple[int, int | None]] = []
    if not _nearest_first(ask) and end - start > SOON:
        # The soonest come first: when the next hours fill the page, the rest of the span need not be looked at.
        rows = _run(session, ask, imports, start, start + SOON, limit=limit, offset=offset)
    if len(rows) < limit:
        rows = _run(session, ask, imports, start, end, limit=limit, offset=offset)
    if ask.unlimited and len(rows) < limit:
        scheduled = offset + len(rows) if rows else _count(session, ask, imports, start, end)
        rows += _by_appointment(session, ask, imports, limit=limit - len(rows), offset=max(0, offset - scheduled))
    return rows


def _open_rooms(session: Session, ask: Ask, imports: dict[int, str], start: datetime) -> list[tuple[int, int | None]]:
    """All-day rooms that began in the last day and are still open, with the minutes from `start` (negative)."""
    if ask.open_at is None:
        return []
    began, now = start - timedelta(days=1), whole_minute(ask.open_at)
    sql = _timed(session, ask, list(imports), began, now)
    if sql is None:
        return []
    sql.tables = [*(table for table in sql.tables if table != "seg"), "seg"]
    sql.where += ["s.length >= :all_day", f"{_WAIT} + s.length > :passed"]
    sql.values |= {"passed": int((now - began) / timedelta(minutes=1)), "all_day": int(ALL_DAY / timedelta(minutes=1))}
    statement = f"{_from(sql, f's.meeting_id, MAX({_WAIT}) AS wait')} GROUP BY s.meeting_id ORDER BY wait, s.meeting_id LIMIT {ROOMS}"
    day = int(timedelta(days=1) / timedelta(minutes=1))
    return [(row[0], row[1] - day) for row in session.execute(text(statement), sql.values)]


def _nearest_first(ask: Ask) -> bool:
    return ask.unlimited and ask.around is not None


def _imports(session: Session, fellowship: str | None) -> dict[int, str]:
    statement = select(Feed.current_import_id, Feed.fellowship).where(col(Feed.current_import_id).is_not(None))
    if fellowship is not None:
        statement = statement.where(col(Feed.fellowship) == fellowship)
    return {number: name for number, name in session.exec(statement) if number is not None}


def _zones(session: Session, imports: Sequence[int]) -> list[str]:
    statement = select(MeetingFacet.code).where(col(MeetingFacet.kind) == "zone", col(MeetingFacet.import_id).in_(imports)).distinct()
    return sorted(session.exec(statement))


@dataclass(slots=True)
class _Sql:
    """Pieces of one statement and their values."""

    tables: list[str]
    where: list[str]
    values: dict[str, Any]
    ctes: list[str]
    far: str = "0"


def _base(session: Session, ask: Ask, imports: Sequence[int]) -> _Sql:
    sql = _Sql(["meeting_slot AS s"], [f"+s.import_id IN ({', '.join(str(int(number)) for number in imports)})"], {}, [])
    if ask.around is not None:
        _near(session, sql, ask.around, ask.within_km, imports)
    if ask.online:
        sql.where.append("s.online")
    if ask.but:
        sql.where.append(f"s.meeting_id NOT IN ({', '.join(str(int(number)) for number in ask.but)})")
    for number, group in enumerate(ask.kinds):
        sql.where.append("(" + " OR ".join(f"s.types LIKE :kind_{number}_{place}" for place in range(len(group))) + ")")
        sql.values |= {f"kind_{number}_{place}": f"%,{code},%" for place, code in enumerate(group)}
    for number, code in enumerate(ask.without):
        sql.where.append(f"s.types NOT LIKE :without_{number}")
        sql.values[f"without_{number}"] = f"%,{code},%"
    return sql


def _near(session: Session, sql: _Sql, spot: Spot, within_km: float, imports: Sequence[int]) -> None:
    """Only what lies within reach: rows of quarter degrees from the index, then a flat distance that is right for such short ways."""
    town_ids = _bare_towns(session, spot, imports)
    if spot.latitude is None or spot.longitude is None:
        sql.where.append(f"s.town_id IN ({', '.join(map(str, town_ids)) or '-1'})")
        sql.where.append("s.on_site")
        return
    shrink = max(0.01, math.cos(math.radians(min(89.0, abs(spot.latitude) + within_km / KM_PER_DEGREE))))
    cells = ", ".join(f"({low}, {high})" for low, high in _cells(spot.latitude, spot.longitude, within_km, shrink))
    sql.ctes.append(f"box(lo, hi) AS (VALUES {cells})")
    sql.values |= {"lat": spot.latitude, "lon": spot.longitude, "near": (within_km / KM_PER_DEGREE) ** 2}
    sql.values["squeeze"] = math.cos(math.radians(spot.latitude)) ** 2
    east = "s.longitude - :lon"
    gap = f"(CASE WHEN {east} > 180 THEN {east} - 360 WHEN {east} < -180 THEN {east} + 360 ELSE {east} END)"
    far = f"((s.latitude - :lat) * (s.latitude - :lat) + {gap} * {gap} * :squeeze)"
    inside = f"{far} <= :near"
    if town_ids:
        # Those of this town without coordinates are found by its name, and come after the others.
        bare = ", ".join(map(str, town_ids))
        sql.where.append(
            f"s.id IN (SELECT s.id FROM box CROSS JOIN meeting_slot AS s WHERE s.cell BETWEEN box.lo AND box.hi AND {inside}"  # noqa: S608
            f" UNION SELECT s.id FROM meeting_slot AS s WHERE s.town_id IN ({bare}) AND s.on_site AND s.cell IS NULL)"
        )
        sql.far = f"COALESCE({far}, 1000000)"
        return
    sql.tables.insert(0, "box")
    sql.where += ["s.cell BETWEEN box.lo AND box.hi", inside]
    sql.far = far


def _cells(latitude: float, longitude: float, within_km: float, shrink: float) -> list[tuple[int, int]]:
    """Ranges of cells that cover the surroundings: one a row, two where they cross the date line."""
    reach = within_km / KM_PER_DEGREE
    wide = reach / shrink
    ranges: list[tuple[int, int]] = []
    for row in range(indexing.row_of(max(-90.0, latitude - reach)), indexing.row_of(min(90.0, latitude + reach)) + 1):
        zero = row * indexing.COLUMNS
        if wide >= 180.0:
            ranges.append((zero, zero + indexing.COLUMNS - 1))
            continue
        west, east = indexing.column_of(longitude - wide), indexing.column_of(longitude + wide)
        ranges += [(zero + west, zero + east)] if west <= east else [(zero, zero + east), (zero + west, zero + indexing.COLUMNS - 1)]
    return ranges


def _bare_towns(session: Session, spot: Spot, imports: Sequence[int]) -> list[int]:
    if not spot.plain:
        return []
    statement = select(MeetingTown).where(col(MeetingTown.plain) == spot.plain, col(MeetingTown.import_id).in_(imports))
    found = []
    for town in session.exec(statement):
        same = spot.latitude is None or spot.longitude is None or town.latitude is None or town.longitude is None
        if same or distance_km(spot.latitude or 0, spot.longitude or 0, town.latitude or 0, town.longitude or 0) <= towns.SAME_TOWN_KM:
            found.append(town)
    return [town.id for town in found if town.id is not None and (town.bare or spot.latitude is None)]


def _timed(session: Session, ask: Ask, imports: Sequence[int], start: datetime, end: datetime) -> _Sql | None:
    """The slots in the span, joined with the pieces of it; None when no zone has any."""
    pieces = [piece for zone in _zones(session, imports) for piece in segments(zone, start, end)]
    if not pieces:
        return None
    sql = _base(session, ask, imports)
    sql.ctes.append(f"seg(zone, lo, hi, base) AS (VALUES {', '.join(_piece(sql, number, piece) for number, piece in enumerate(pieces))})")
    if ask.around is None:
        sql.tables.insert(0, "seg")
    else:
        sql.tables.append("seg")
    sql.where += ["s.zone = seg.zone", "s.week_minute >= seg.lo", "s.week_minute < seg.hi"]
    return sql


def _piece(sql: _Sql, number: int, piece: Segment) -> str:
    sql.values[f"zone_{number}"] = piece.zone
    return f"(CAST(:zone_{number} AS VARCHAR), {piece.low}, {piece.high}, {piece.base})"


_WAIT = "(seg.base + s.week_minute - seg.lo)"


def _run(
    session: Session, ask: Ask, imports: dict[int, str], start: datetime, end: datetime, *, limit: int, offset: int
) -> list[tuple[int, int | None]]:
    sql = _timed(session, ask, list(imports), start, end)
    if sql is None:
        return []
    columns = f"s.meeting_id AS meeting_id, MIN({_WAIT}) AS wait, MIN({sql.far}) AS far"
    order = "far, wait, meeting_id" if _nearest_first(ask) else "wait, far, meeting_id"
    statement = f"{_from(sql, columns)} GROUP BY s.meeting_id ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}"
    return [(row[0], row[1]) for row in session.execute(text(statement), sql.values)]


def _count(session: Session, ask: Ask, imports: dict[int, str], start: datetime, end: datetime) -> int:
    sql = _timed(session, ask, list(imports), start, end)
    return int(session.execute(text(_from(sql, "COUNT(DISTINCT s.meeting_id)")), sql.values).scalar_one()) if sql is not None else 0


def _by_appointment(session: Session, ask: Ask, imports: dict[int, str], *, limit: int, offset: int) -> list[tuple[int, int | None]]:
    sql = _base(session, ask, list(imports))
    sql.where.append("s.week_minute IS NULL")
    columns = f"s.meeting_id AS meeting_id, {sql.far} AS far"
    statement = f"{_from(sql, columns)} ORDER BY far, meeting_id LIMIT {int(limit)} OFFSET {int(offset)}"
    return [(row[0], None) for row in session.execute(text(statement), sql.values)]


def _from(sql: _Sql, columns: str) -> str:
    # Every value is bound; what is put together here are names and numbers of our own. CROSS JOIN keeps SQLite to this order:
    # the place first where there is one, else the minutes of the week; the plus sign keeps it off the index of the imports.
    ctes = f"WITH {', '.join(sql.ctes)} " if sql.ctes else ""
    return f"{ctes}SELECT {columns} FROM {' CROSS JOIN '.join(sql.tables)} WHERE {' AND '.join(sql.where)}"  # noqa: S608


def _hits(session: Session, ask: Ask, imports: dict[int, str], start: datetime, rows: Sequence[tuple[int, int | None]]) -> list[Hit]:
    found = session.exec(select(Meeting).where(col(Meeting.id).in_([number for number, _ in rows]))).all()
    by_id = {meeting.id: meeting for meeting in found}
    return [
        Hit(
            by_id[number],
            imports[by_id[number].import_id],
            start + timedelta(minutes=wait) if wait is not None else None,
            _km(ask.around, by_id[number]),
        )
        for number, wait in rows
        if number in by_id and by_id[number].import_id in imports
    ]


def _km(spot: Spot | None, meeting: Meeting) -> float | None:
    if spot is None or spot.latitude is None or spot.longitude is None or meeting.latitude is None or meeting.longitude is None:
        return None
    return None if meeting.approximate else distance_km(spot.latitude, spot.longitude, meeting.latitude, meeting.longitude)


def any_listed(session: Session) -> bool:
    """Whether there is any list at all."""
    return session.exec(select(Feed.id).where(col(Feed.current_import_id).is_not(None)).limit(1)).first() is not None


def fellowships(session: Session) -> list[str]:
    """Whose meetings are listed, by the alphabet."""
    return sorted(set(_imports(session, None).values()), key=str.casefold)


def codes(session: Session) -> set[str]:
    """The type codes that any present meeting has."""
    imports = list(_imports(session, None))
    statement = select(MeetingFacet.code).where(col(MeetingFacet.kind) == "type", col(MeetingFacet.import_id).in_(imports)).distinct()
    return set(session.exec(statement))


def towns_named(session: Session, typed: str) -> list[towns.Town]:
    """The towns that someone may have meant, the one with most meetings first: by name, by its beginning, then with typing slips."""
    imports = list(_imports(session, None))
    ways = towns.asked(typed)
    for way in ways:
        if found := _of_names(session, imports, [way.plain], way.region):
            return found
    if ways and len(ways[0].plain) >= 3:
        first = ways[0]
        starts = col(MeetingTown.plain).startswith(first.plain, autoescape=True)
        names = session.exec(select(MeetingTown.plain).where(starts, col(MeetingTown.import_id).in_(imports)).distinct()).all()
        if names and (found := _of_names(session, imports, names, first.region)):
            return found
    for way in ways:
        names = towns.close(way.plain, _names_about(session, imports, len(way.plain)))
        if names and (found := _of_names(session, imports, names, way.region)):
            return found
    return []


def _names_about(session: Session, imports: Sequence[int], length: int) -> Sequence[str]:
    allowed = towns.slips(length)
    if not allowed:
        return []
    statement = select(MeetingTown.plain).where(col(MeetingTown.import_id).in_(imports)).distinct()
    return session.exec(statement.where(func.length(col(MeetingTown.plain)).between(length - allowed, length + allowed))).all()


def _of_names(session: Session, imports: Sequence[int], names: Sequence[str], region: str) -> list[towns.Town]:
    statement = select(MeetingTown).where(col(MeetingTown.plain).in_(names), col(MeetingTown.import_id).in_(imports))
    return towns.merged(towns.in_region((_town(row) for row in session.exec(statement)), region))


def _town(row: MeetingTown) -> towns.Town:
    return towns.Town(row.name, row.plain, row.region, row.latitude, row.longitude, row.meetings, row.bare)


def nearest_town(session: Session, latitude: float, longitude: float) -> tuple[towns.Town, float] | None:
    """The nearest town with meetings, wherever that is, and the kilometres to it; None when no list has a place with coordinates."""
    imports = list(_imports(session, None))
    spots = select(MeetingTown.id, MeetingTown.latitude, MeetingTown.longitude).where(
        col(MeetingTown.import_id).in_(imports), col(MeetingTown.latitude).is_not(None)
    )
    near = min(((distance_km(latitude, longitude, north, east), number) for number, north, east in session.exec(spots)), default=None)  # type: ignore[arg-type]
    if near is None:
        return None
    row = session.get(MeetingTown, near[1])
    assert row is not None
    return _town(row), near[0]
