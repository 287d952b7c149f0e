"""Meeting Guide JSON: the form of the 12-step-meeting-list plugin and of most AA, Al-Anon and CA sites, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.features.meetings import fields, weeks, zones
from bot.features.meetings.fields import Found
from bot.features.meetings.listing import Attendance, Context, Finding, MeetingRow, Reason

FORMAT = "meeting_guide"
_US = {"us", "usa", "u.s.", "u.s.a.", "united states", "united states of america"}


def is_meeting_guide(keys: frozenset[str]) -> bool:
    """Whether these are the keys of a list in this form."""
    return bool(keys & {"slug", "name"})


@dataclass(frozen=True, slots=True)
class MeetingGuide:
    """Reads rows of Meeting Guide JSON, and of tables whose headers were translated. Personal data and money are never looked at."""

    name: str = FORMAT

    def keys(self, item: Mapping[str, object]) -> tuple[str | None, str | None]:
        """The slug, or the id when there is none; the id is the second handle."""
        alt_id = fields.key(item.get("id"))
        return fields.key(item.get("slug")) or alt_id, alt_id

    def left_out(self, item: Mapping[str, object]) -> Reason | None:
        """Everything in such a list is public."""
        return None

    def row(self, item: Mapping[str, object], key: str, alt_id: str | None, found: Found, context: Context) -> MeetingRow:
        """A row as all formats end in."""
        return _row(item, key, alt_id, found, context)


def _row(item: Mapping[str, object], key: str, alt_id: str | None, found: Found, context: Context) -> MeetingRow:
    location = fields.short_text(item.get("location"), found, "location")
    group = fields.short_text(item.get("group"), found, "group")
    name = fields.short_text(item.get("name"), found, "name")
    if name is None:
        found.append(Finding(Reason.NAME_EMPTY))
    days = fields.days(item.get("day"), found)
    start = fields.start_time(item.get("time"), found)
    end = fields.end_time(item.get("end_time"), start, found)
    codes = fields.type_codes(item.get("types"), context.types, context.fellowship, found)
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
        timezone=zones.of_row(item.get("timezone"), context.default_zone, there, found),
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
        notes=fields.joined(notes, odd_url),
        conference_url=join,
        conference_url_notes=fields.joined(
            fields.short_text(item.get("conference_url_notes"), found, "conference_url_notes", lines=True), odd_join
        ),
        conference_phone=dial,
        conference_phone_notes=fields.joined(
            fields.short_text(item.get("conference_phone_notes"), found, "conference_phone_notes", lines=True), odd_dial
        ),
        url=url,
        entity=fields.short_text(item.get("entity"), found, "entity"),
        entity_url=entity_url,
        check_note=weeks.check_note(name or "", notes),
        updated=fields.updated_on(item.get("updated")),
    )


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
    state = " ".join(part for part in (fields.text(item.get("state")), _postal_code(item)) if part)
    parts = (fields.text(item.get("city")), state, fields.text(item.get("country")))
    return fields.short_text(fields.address(fields.text(item.get("address")), *parts), found, "address")


def _postal_code(item: Mapping[str, object]) -> str | None:
    """The postal code; a number has lost its leading zeros, which are certain only in the United States."""
    code, country = item.get("postal_code"), fields.text(item.get("country"))
    if isinstance(code, int) and not isinstance(code, bool) and country and country.casefold() in _US:
        return f"{code:05d}"
    return fields.text(code)


def _region(item: Mapping[str, object], found: Found) -> str | None:
    listed = fields.without_gaps(item.get("regions"))
    wide = fields.text(item.get("region")) or (fields.text(listed[-1]) if isinstance(listed, list) and listed else None)
    narrow = fields.text(item.get("sub_region"))
    return fields.short_text(", ".join(dict.fromkeys(part for part in (narrow, wide) if part)), found, "region")
