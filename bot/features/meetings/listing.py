"""The shapes of a parsed meeting list: rows, what was found wrong with them, and the figures. Every format ends in these."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.features.meetings.codes import TypeBook


class Attendance(StrEnum):
    """How one can take part."""

    IN_PERSON = "in_person"
    HYBRID = "hybrid"
    ONLINE = "online"
    INACTIVE = "inactive"


class Outcome(StrEnum):
    """What became of a row, best first."""

    OK = "ok"
    WARN = "warn"  # imported, schedule kept
    NO_SCHEDULE = "no_schedule"  # imported and shown, cannot be picked for reminders
    SKIPPED = "skipped"  # left out on purpose: the same row again, or unpublished
    REJECTED = "rejected"  # left out


class Reason(StrEnum):
    """Why a row is not simply ok."""

    NAME_EMPTY = "name_empty"
    TEXT_CUT = "text_cut"
    SOME_DAYS_UNREADABLE = "some_days_unreadable"
    END_UNREADABLE = "end_unreadable"
    LONG = "long"
    END_HIDDEN = "end_hidden"
    ZONE_UNKNOWN = "zone_unknown"
    ZONE_ELSEWHERE = "zone_elsewhere"
    TYPE_UNKNOWN = "type_unknown"
    INACTIVE = "inactive"
    NO_ACCESS = "no_access"
    LINK_DROPPED = "link_dropped"
    PHONE_AS_NOTE = "phone_as_note"
    COORDINATES_DROPPED = "coordinates_dropped"
    DAY_MISSING = "day_missing"
    DAY_UNREADABLE = "day_unreadable"
    TIME_MISSING = "time_missing"
    TIME_UNREADABLE = "time_unreadable"
    ZONE_MISSING = "zone_missing"
    REPEATED = "repeated"
    UNPUBLISHED = "unpublished"
    NOT_AN_OBJECT = "not_an_object"
    NO_KEY = "no_key"
    KEY_TAKEN = "key_taken"

    @property
    def outcome(self) -> Outcome:
        """The least that a row with this finding gets."""
        return _OUTCOMES.get(self, Outcome.WARN)

    @property
    def text(self) -> str:
        """What the operator reads in the import's report."""
        return _TEXTS[self]


_OUTCOMES: Mapping[Reason, Outcome] = MappingProxyType(
    {
        Reason.DAY_MISSING: Outcome.NO_SCHEDULE,
        Reason.DAY_UNREADABLE: Outcome.NO_SCHEDULE,
        Reason.TIME_MISSING: Outcome.NO_SCHEDULE,
        Reason.TIME_UNREADABLE: Outcome.NO_SCHEDULE,
        Reason.ZONE_MISSING: Outcome.NO_SCHEDULE,
        Reason.REPEATED: Outcome.SKIPPED,
        Reason.UNPUBLISHED: Outcome.SKIPPED,
        Reason.NOT_AN_OBJECT: Outcome.REJECTED,
        Reason.NO_KEY: Outcome.REJECTED,
        Reason.KEY_TAKEN: Outcome.REJECTED,
    }
)

_TEXTS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.NAME_EMPTY: "no name; the place or the group is shown instead",
        Reason.TEXT_CUT: "text too long, cut",
        Reason.SOME_DAYS_UNREADABLE: "some of its days cannot be read; the others are kept",
        Reason.END_UNREADABLE: "the end time cannot be read; 60 minutes are assumed",
        Reason.LONG: "ends the next day and lasts more than 3 hours",
        Reason.END_HIDDEN: "would last more than 12 hours; no end is shown",
        Reason.ZONE_UNKNOWN: "not an IANA time zone; the feed's default counts",
        Reason.ZONE_ELSEWHERE: "the place lies in another time zone than the row; nothing was changed",
        Reason.TYPE_UNKNOWN: "unknown type code, kept as it is",
        Reason.INACTIVE: "inactive: neither a place nor a way to join; not offered",
        Reason.NO_ACCESS: "online or hybrid without link and phone",
        Reason.LINK_DROPPED: "not a plain http(s) link; moved to the notes",
        Reason.PHONE_AS_NOTE: "not a phone number to dial; shown as a note",
        Reason.COORDINATES_DROPPED: "impossible coordinates, dropped",
        Reason.DAY_MISSING: "no day: by appointment",
        Reason.DAY_UNREADABLE: "the day cannot be read (0 = Sunday to 6 = Saturday)",
        Reason.TIME_MISSING: "no time: by appointment",
        Reason.TIME_UNREADABLE: "the time cannot be read (HH:MM)",
        Reason.ZONE_MISSING: "no time zone in the row, and the feed has no default",
        Reason.REPEATED: "the same row again, left out",
        Reason.UNPUBLISHED: "not published: closed for a while",
        Reason.NOT_AN_OBJECT: "the row is no object",
        Reason.NO_KEY: "neither slug nor id",
        Reason.KEY_TAKEN: "another row has this key already",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one row.

    Args:
        detail: the value or field it is about, shortened; never from a field that may hold personal data.
    """

    reason: Reason
    detail: str = ""

    @property
    def text(self) -> str:
        """One line for the operator."""
        return f"{self.reason.text} ({self.detail})" if self.detail else self.reason.text


@dataclass(frozen=True, slots=True)
class RowReport:
    """A row that is not simply ok.

    Args:
        row: its number in the file; the first is 1.
        key: its key, or "" when it has none.
        findings: in the order they were made, not empty; `outcome` is the worst of theirs.
    """

    row: int
    key: str
    outcome: Outcome
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """One line for the operator, without the file's name."""
        return f"row {self.row} [{self.key or '-'}] {self.outcome}: {'; '.join(found.text for found in self.findings)}"


def worst(findings: Iterable[Finding]) -> Outcome:
    """The outcome of a row with these findings; `ok` for none."""
    order = tuple(Outcome)
    return max((found.reason.outcome for found in findings), key=order.index, default=Outcome.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRow:
    """One meeting of a list, cleaned. Texts are plain: they still have to be escaped where they are shown.

    Args:
        key: unique in its feed: slug, or id when there is no slug (BMLT: root server and id).
        alt_id: a second handle that survives a renamed slug (BMLT: the id alone).
        days: 0 = Sunday .. 6 = Saturday, ascending; None by appointment or unreadable.
        time: wall time of the start at the meeting's place; None like `days`.
        end_time: wall time of the end; not after `time` means the next day; None when not given or not to be believed.
        timezone: the IANA zone that counts for this row; None when there is none.
        types: codes in the fellowship's spelling; unknown ones as they came.
        approximate: the place is only a city or an area, so nobody can go there.
        city: the town alone, when the feed gives it.
        region: the district, the narrower part first.
        notes: remarks on the meeting; `location_notes` and `group_notes` on the place and the group.
        conference_url_notes: may hold passcodes; so may `conference_phone_notes`.
        conference_phone: digits and + , * # only.
        url: the page to check before one goes.
        entity: the service office that publishes the list, and `entity_url`.
        check_note: the words that limit it to some weeks of the month; a reminder quotes them.
        updated: the day the listing was last changed, when it can be read.
    """

    key: str
    name: str
    attendance: Attendance
    alt_id: str | None = None
    days: tuple[int, ...] | None = None
    time: dt.time | None = None
    end_time: dt.time | None = None
    timezone: str | None = None
    types: tuple[str, ...] = ()
    approximate: bool = False
    address: str | None = None
    city: str | None = None
    region: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    location: str | None = None
    location_notes: str | None = None
    group: str | None = None
    group_notes: str | None = None
    notes: str | None = None
    conference_url: str | None = None
    conference_url_notes: str | None = None
    conference_phone: str | None = None
    conference_phone_notes: str | None = None
    url: str | None = None
    entity: str | None = None
    entity_url: str | None = None
    check_note: str | None = None
    updated: dt.date | None = None

    @property
    def scheduled(self) -> bool:
        """Whether day, time and zone are known, so that occurrences can be computed."""
        return bool(self.days) and self.time is not None and self.timezone is not None

    @property
    def active(self) -> bool:
        """Whether it may be offered and reminded of."""
        return self.attendance is not Attendance.INACTIVE

    @property
    def ends_next_day(self) -> bool:
        """Whether the given end lies on the day after the start."""
        return self.time is not None and self.end_time is not None and self.end_time <= self.time


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of an import.

    Args:
        rows: in the file.
        outcomes: rows by outcome; every outcome is there.
        attendance: imported rows by attendance; every kind is there.
        weekly: (row, weekday) pairs with a schedule, inactive rows included.
        past_midnight: scheduled rows whose given end is midnight or later.
    """

    rows: int
    outcomes: Mapping[Outcome, int]
    attendance: Mapping[Attendance, int]
    weekly: int
    past_midnight: int

    @property
    def imported(self) -> int:
        """Rows that stand in the list after the import."""
        return sum(self.outcomes[kind] for kind in (Outcome.OK, Outcome.WARN, Outcome.NO_SCHEDULE))

    def as_dict(self) -> dict[str, int]:
        """The same, flat, for JSON."""
        return {
            "rows": self.rows,
            "imported": self.imported,
            "weekly": self.weekly,
            "past_midnight": self.past_midnight,
            **{kind.value: count for kind, count in self.outcomes.items()},
            **{kind.value: count for kind, count in self.attendance.items()},
        }


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A whole list: the rows to import, the report of every row that is not ok, in file order, and the figures."""

    format: str
    rows: tuple[MeetingRow, ...]
    report: tuple[RowReport, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Context:
    """What counts for every row of a feed.

    Args:
        fellowship: ``aa``, ``na`` or another label: codes depend on it.
        default_zone: the feed's IANA zone, checked; None when there is none.
    """

    types: TypeBook
    fellowship: str
    default_zone: str | None


class Format(Protocol):
    """How the rows of one format are read."""

    @property
    def name(self) -> str:
        """As it is kept with the feed."""

    def keys(self, item: Mapping[str, object]) -> tuple[str | None, str | None]:
        """A row's key in its feed, None when it has none; and the second handle."""

    def left_out(self, item: Mapping[str, object]) -> Reason | None:
        """Why a row is left out on purpose."""

    def row(self, item: Mapping[str, object], key: str, alt_id: str | None, found: list[Finding], context: Context) -> MeetingRow:
        """The row; what is wrong with it is added to `found`."""


@dataclass(slots=True)
class Collector:
    """Counts a feed's rows as they come, and keeps the report of those that are not ok; the rows themselves go by."""

    report: list[RowReport] = field(default_factory=list)
    _outcomes: Counter[Outcome] = field(default_factory=Counter)
    _attendance: Counter[Attendance] = field(default_factory=Counter)
    _weekly: int = 0
    _past_midnight: int = 0

    def add(self, number: int, key: str, findings: Iterable[Finding], row: MeetingRow | None = None) -> None:
        """Take the next row.

        Args:
            row: left out when the findings say that it is not imported.
        """
        found = tuple(findings)
        outcome = worst(found)
        self._outcomes[outcome] += 1
        if found:
            self.report.append(RowReport(number, key, outcome, found))
        if row is not None:
            self._attendance[row.attendance] += 1
            if row.scheduled:
                self._weekly += len(row.days or ())
                self._past_midnight += row.ends_next_day

    @property
    def counts(self) -> Counts:
        """The figures of everything taken so far."""
        return Counts(
            rows=self._outcomes.total(),
            outcomes=MappingProxyType({kind: self._outcomes[kind] for kind in Outcome}),
            attendance=MappingProxyType({kind: self._attendance[kind] for kind in Attendance}),
            weekly=self._weekly,
            past_midnight=self._past_midnight,
        )
