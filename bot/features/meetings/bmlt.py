"""BMLT's GetSearchResults, field by field: the answers of NA's servers. All values are text; "" means unknown. Source: MEETINGS.md C."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from bot.features.meetings import bmlt_formats, fields, weeks, zones
from bot.features.meetings.bmlt_formats import Side
from bot.features.meetings.fields import Found
from bot.features.meetings.listing import Attendance, Context, Finding, MeetingRow, Reason

NAME = "bmlt"
_LENGTH = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_MARK = "#@-@#"
_DAY_MINUTES = 24 * 60
_VENUES: Mapping[str, Attendance] = {"1": Attendance.IN_PERSON, "2": Attendance.ONLINE, "3": Attendance.HYBRID}


def is_bmlt(keys: frozenset[str]) -> bool:
    """Whether these are the keys of any answer of a BMLT server."""
    return (
        bool(keys & {"id_bigint", "weekday_tinyint", "meeting_name", "key_string", "available_keys"}) or {"parent_id", "helpline"} <= keys
    )


def has_meetings(keys: frozenset[str]) -> bool:
    """Whether these are the keys of GetSearchResults, even of one that was asked for a few fields only."""
    return bool(keys & {"id_bigint", "weekday_tinyint", "meeting_name"})


@dataclass(frozen=True, slots=True)
class Bmlt:
    """Reads rows of GetSearchResults."""

    side: Side
    name: str = NAME

    def keys(self, item: Mapping[str, object]) -> tuple[str | None, str | None]:
        """Root server and number together (an aggregator mixes servers); the number alone is the second handle."""
        number = fields.key(item.get("id_bigint"))
        root = bmlt_formats.root_of(item)
        return (fields.key(f"{root}#{number}") if root and number else number), number

    def left_out(self, item: Mapping[str, object]) -> Reason | None:
        """Only what is published is public; a server that was not asked for the field sends public rows."""
        return Reason.UNPUBLISHED if "published" in item and fields.text(item["published"]) != "1" else None

    def row(self, item: Mapping[str, object], key: str, alt_id: str | None, found: Found, context: Context) -> MeetingRow:
        """A row as all formats end in."""
        location = _short(item, "location_text", found)
        name = _short(item, "meeting_name", found)
        if name is None:
            found.append(Finding(Reason.NAME_EMPTY))
        start = fields.start_time(item.get("start_time"), found)
        codes, held = bmlt_formats.codes(item, self.side, context.types, context.fellowship, found)
        join, odd_join = fields.link(_value(item, "virtual_meeting_link"), found, "virtual_meeting_link")
        dial, odd_dial = fields.phone(_value(item, "phone_meeting_number"), found)
        spot = fields.place(item.get("latitude"), item.get("longitude"), None, found)
        street = _text(item, "location_street")
        attendance = _attendance(item, held, access=bool(join or dial), street=bool(street))
        if attendance is Attendance.INACTIVE:
            found.append(Finding(Reason.INACTIVE))
        elif attendance is not Attendance.IN_PERSON and not (join or dial):
            found.append(Finding(Reason.NO_ACCESS))
        online = attendance is Attendance.ONLINE
        approximate = online or (spot is None and street is None)
        there = spot if attendance is Attendance.IN_PERSON and not approximate else None
        if online:
            spot = None  # the middle of the server's map, as often as not
        notes = _lines(item, "comments", found)
        body = self.side.body(bmlt_formats.root_of(item), fields.text(item.get("service_body_bigint")) or "")
        entity_url, _ = fields.link(body[1] if body else None, [], "url")
        return MeetingRow(
            key=key,
            alt_id=alt_id,
            name=name or location or key,
            attendance=attendance,
            days=_days(item.get("weekday_tinyint"), found),
            time=start,
            end_time=_end(item.get("duration_time"), start, found),
            timezone=zones.of_row(_value(item, "time_zone"), context.default_zone, there, found),
            types=codes,
            approximate=approximate,
            address=_address(item, found),
            city=_short(item, "location_municipality", found),
            region=_region(item, found),
            latitude=spot.latitude if spot else None,
            longitude=spot.longitude if spot else None,
            location=location,
            location_notes=fields.joined(*(_lines(item, name, found) for name in ("location_info", "train_lines", "bus_lines"))),
            notes=notes,
            conference_url=join,
            conference_url_notes=fields.joined(_lines(item, "virtual_meeting_additional_info", found), odd_join),
            conference_phone=dial,
            conference_phone_notes=odd_dial,
            entity=(body[0] if body else None) or _short(item, "service_body_name", found),
            entity_url=entity_url,
            check_note=weeks.check_note(name or "", notes),
        )


def _value(item: Mapping[str, object], name: str) -> object:
    """A field; old servers put its caption before a mark."""
    raw = item.get(name)
    return raw.rpartition(_MARK)[2] if isinstance(raw, str) and _MARK in raw else raw


def _text(item: Mapping[str, object], name: str) -> str | None:
    return fields.text(_value(item, name))


def _short(item: Mapping[str, object], name: str, found: Found) -> str | None:
    return fields.short_text(_value(item, name), found, name)


def _lines(item: Mapping[str, object], name: str, found: Found) -> str | None:
    return fields.short_text(_value(item, name), found, name, lines=True)


def _days(value: object, found: Found) -> tuple[int, ...] | None:
    """The weekday, 0 = Sunday; the semantic API counts from 1 = Sunday."""
    if fields.empty(value):
        found.append(Finding(Reason.DAY_MISSING))
        return None
    raw = fields.text(value) or ""
    if raw.isascii() and raw.isdecimal() and len(raw) < 3 and 1 <= int(raw) <= 7:
        return (int(raw) - 1,)
    found.append(Finding(Reason.DAY_UNREADABLE, fields.quoted(value)))
    return None


def _end(value: object, start: time | None, found: Found) -> time | None:
    """The end by the length; 0 and none mean the usual 60 minutes. A room that is open around the clock ends when it starts."""
    if fields.empty(value):
        return None
    match = _LENGTH.fullmatch(fields.text(value) or "")
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else None
    if minutes is None or minutes > _DAY_MINUTES:
        found.append(Finding(Reason.END_UNREADABLE, fields.quoted(value)))
        return None
    if start is None or minutes == 0:
        return None
    begin = start.hour * 60 + start.minute
    finish = (begin + minutes) % _DAY_MINUTES
    if minutes == _DAY_MINUTES:
        return time(*divmod(finish, 60))
    if minutes > 12 * 60:
        found.append(Finding(Reason.END_HIDDEN, fields.quoted(value)))
        return None
    if begin + minutes >= _DAY_MINUTES and minutes > 3 * 60:
        found.append(Finding(Reason.LONG, fields.quoted(value)))
    return time(*divmod(finish, 60))


def _attendance(item: Mapping[str, object], held: set[str], *, access: bool, street: bool) -> Attendance:
    """What the server says; where it does not, the formats, then the way in. A closed place leaves what is online, or nothing."""
    if "TC" in held:
        return Attendance.ONLINE if access else Attendance.INACTIVE
    venue = _VENUES.get(_text(item, "venue_type") or "")
    if venue is not None:
        return venue
    if "HY" in held:
        return Attendance.HYBRID
    if "VM" in held:
        return Attendance.ONLINE
    if access:
        return Attendance.HYBRID if street else Attendance.ONLINE
    return Attendance.IN_PERSON


def _address(item: Mapping[str, object], found: Found) -> str | None:
    province = " ".join(part for part in (_text(item, "location_province"), _text(item, "location_postal_code_1")) if part)
    line = fields.address(_text(item, "location_street"), _text(item, "location_municipality"), province)
    return fields.short_text(line, found, "location_street")


def _region(item: Mapping[str, object], found: Found) -> str | None:
    parts = (_text(item, f"location_{name}") for name in ("neighborhood", "city_subsection", "sub_province"))
    return fields.short_text(", ".join(dict.fromkeys(part for part in parts if part)), found, "location_sub_province")
