"""Meeting Guide JSON: the form of the 12-step-meeting-list plugin and of most AA, Al-Anon and CA sites, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.features.meetings import fields, zones
from bot.features.meetings.codes import TypeBook
from bot.features.meetings.fields import Found
from bot.features.meetings.listing import Attendance, Collector, Finding, MeetingRow, ParsedFeed, Reason

FORMAT = "meeting_guide"
_US = {"us", "usa", "u.s.", "u.s.a.", "united states", "united states of america"}


def parse_rows(items: Sequence[object], *, types: TypeBook, fellowship: str, default_zone: str | None) -> ParsedFeed:
    """Read the rows of a list. Fields that may hold personal data or money are never looked at.

    Args:
        items: the list as it stood in the JSON.
        default_zone: the feed's IANA zone, checked; None when there is none.
    """
    collector = Collector(FORMAT)
    seen: dict[str, object] = {}
    for number, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            collector.add(number, "", [Finding(Reason.NOT_AN_OBJECT)])
            continue
        slug, alt_id = fields.key(item.get("slug")), fields.key(item.get("id"))
        key = slug or alt_id
        if key is None:
            collector.add(number, "", [Finding(Reason.NO_KEY)])
        elif key in seen:
            collector.add(number, key, [Finding(Reason.REPEATED if seen[key] == item else Reason.KEY_TAKEN)])
        else:
            seen[key] = item
            found: Found = []
            row = _row(item, key, alt_id, found, types, fellowship, default_zone)
            collector.add(number, key, found, row)
    return collector.finish()


def _row(
    item: Mapping[str, object], key: str, alt_id: str | None, found: Found, types: TypeBook, fellowship: str, default_zone: str | None
) -> MeetingRow:
    location = fields.short_text(item.get("location"), found, "location")
    group = fields.short_text(item.get("group"), found, "group")
    name = fields.short_text(item.get("name"), found, "name")
    if name is None:
        found.append(Finding(Reason.NAME_EMPTY))
    days = fields.days(item.get("day"), found)
    start = fields.start_time(item.get("time"), found)
    end = fields.end_time(item.get("end_time"), start, found)
    codes = fields.type_codes(item.get("types"), types, fellowship, found)
    notes = fields.short_text(item.get("notes"), found, "notes", lines=True)
    url, odd_url = fields.link(item.get("url"), found, "url")
    entity_url, _ = fields.link(item.get("entity_url"), found, "entity_url")
    join, odd_join = fields.link(item.get("conference_url"), found, "conference_url")
    dial, odd_dial = fields.phone(item.get("conference_phone"), found)
    spot = fields.place(item.get("latitude"), item.get("longitude"), item.get("coordinates"), found)
    approximate = _approximate(item, spot)
    attendance = _attendance(item, codes, approximate, access=bool(join or dial))
    if attendance is Attendance.INACTIVE:
        found.append(Finding(Reason.INACTIVE))
    elif attendance is not Attendance.IN_PERSON and not (join or dial):
        found.append(Finding(Reason.NO_ACCESS))
    there = spot if attendance is Attendance.IN_PERSON and not approximate else None
    return MeetingRow(
        key=key,
        alt_id=alt_id,
        name=name or location or group or key,
        attendance=attendance,
        days=days,
        time=start,
        end_time=end,
        timezone=_zone(item.get("timezone"), default_zone, there, found),
        types=codes,
        approximate=approximate,
        address=_address(item, found),
        city=fields.short_text(item.get("city"), found, "city"),
        region=_region(item, found),
        latitude=spot.latitude if spot else None,
        longitude=spot.longitude if spot else None,
        location=location,
        location_notes=fields.short_text(item.get("location_notes"), found, "location_notes", lines=True),
        group=group,
        group_notes=fields.short_text(item.get("group_notes"), found, "group_notes", lines=True),
        notes=_joined(notes, odd_url),
        conference_url=join,
        conference_url_notes=_joined(
            fields.short_text(item.get("conference_url_notes"), found, "conference_url_notes", lines=True), odd_join
        ),
        conference_phone=dial,
        conference_phone_notes=_joined(
            fields.short_text(item.get("conference_phone_notes"), found, "conference_phone_notes", lines=True), odd_dial
        ),
        url=url,
        entity=fields.short_text(item.get("entity"), found, "entity"),
        entity_url=entity_url,
        check_note=fields.check_note(name or "", notes),
        updated=fields.updated_on(item.get("updated")),
    )


def _zone(own: object, default_zone: str | None, there: fields.Place | None, found: Found) -> str | None:
    """The row's own zone, else the feed's, else the one at the place of an in-person row (`there` is None for all others)."""
    zone = zones.canonical(own) if isinstance(own, str) else None
    if zone is None and not fields.empty(own):
        found.append(Finding(Reason.ZONE_UNKNOWN, fields.quoted(own)))
    zone = zone or default_zone
    local = zones.zone_at(there.latitude, there.longitude) if there else None
    if zone is None and local is None:
        found.append(Finding(Reason.ZONE_MISSING))
    elif zone and local and not zones.same_clock(zone, local):
        found.append(Finding(Reason.ZONE_ELSEWHERE, f"{zone}, the place {local}"))
    return zone or local


def _approximate(item: Mapping[str, object], spot: fields.Place | None) -> bool:
    said = item.get("approximate")
    word = said.strip().casefold() if isinstance(said, str) else said
    if word is True or word in ("yes", "true") or (spot is not None and spot.box):
        return True
    return spot is None and not _has_street(item)


def _has_street(item: Mapping[str, object]) -> bool:
    """Whether the address goes down to a street: a field of its own does, a whole address with four parts or a house number does."""
    if fields.text(item.get("address")):
        return True
    parts = [part for part in (fields.text(item.get("formatted_address")) or "").split(",") if part.strip()]
    first = parts[0] if len(parts) > 1 else ""
    return len(parts) >= 4 or bool(re.search(r"\d", first) and re.search(r"[^\W\d_]", first))


def _attendance(item: Mapping[str, object], codes: tuple[str, ...], approximate: bool, *, access: bool) -> Attendance:
    """What the feed says, else the plugin's own rule. Source: MEETINGS.md A."""
    said = fields.text(item.get("attendance_option"))
    if said and said.casefold() in set(Attendance):
        return Attendance(said.casefold())
    access = access or "ONL" in codes
    closed = "TC" in codes
    if access:
        return Attendance.ONLINE if closed or approximate else Attendance.HYBRID
    return Attendance.INACTIVE if closed or approximate else Attendance.IN_PERSON


def _address(item: Mapping[str, object], found: Found) -> str | None:
    whole = fields.short_text(item.get("formatted_address"), found, "formatted_address")
    if whole:
        return whole
    line = fields.text(item.get("address")) or ""
    state = " ".join(part for part in (fields.text(item.get("state")), _postal_code(item)) if part)
    for part in (fields.text(item.get("city")), state, fields.text(item.get("country"))):
        if part and part.casefold() not in line.casefold():
            line = f"{line}, {part}" if line else part
    return fields.short_text(line, found, "address")


def _postal_code(item: Mapping[str, object]) -> str | None:
    """The postal code; a number has lost its leading zeros, which are certain only in the United States."""
    code, country = item.get("postal_code"), fields.text(item.get("country"))
    if isinstance(code, int) and not isinstance(code, bool) and country and country.casefold() in _US:
        return f"{code:05d}"
    return fields.text(code)


def _region(item: Mapping[str, object], found: Found) -> str | None:
    listed = item.get("regions")
    wide = fields.text(item.get("region")) or (fields.text(listed[-1]) if isinstance(listed, list) and listed else None)
    narrow = fields.text(item.get("sub_region"))
    return fields.short_text(", ".join(dict.fromkeys(part for part in (narrow, wide) if part)), found, "region")


def _joined(*parts: str | None) -> str | None:
    return "\n".join(part for part in parts if part) or None
