"""Meeting lists: refusals of whole ones, every outcome of a row of Meeting Guide JSON, and the figures of real lists."""

from __future__ import annotations

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ContentError, SetupError
from bot.features.meetings import fields, zones
from bot.features.meetings.codes import TypeBook, load_types
from bot.features.meetings.feed import FeedRefused, Refusal, held_back, parse
from bot.features.meetings.listing import Attendance, MeetingRow, Outcome, ParsedFeed, Reason

ROOT = Path(__file__).parents[3]
TYPES = load_types(ROOT / "content" / "meetings" / "types.yaml")
REAL = ROOT.parent / "shared" / "data" / "meetings"
NEW_YORK = "America/New_York"
NOTHING = object()  # "leave the field out"


def read(*items: object, zone: str | None = NEW_YORK, fellowship: str = "aa") -> ParsedFeed:
    return parse(json.dumps(list(items)).encode(), types=TYPES, fellowship=fellowship, default_zone=zone)


def item(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "slug": "lantern-monday",
        "name": "Lantern Monday",
        "day": 1,
        "time": "19:00",
        "types": ["O"],
        "formatted_address": "12 Harbor Lane, New York, NY 10004, USA",
        "latitude": 40.7041,
        "longitude": -74.0137,
    }
    return {name: value for name, value in (whole | changes).items() if value is not NOTHING}


def one(**changes: Any) -> MeetingRow:
    (row,) = read(item(**changes)).rows
    return row


def findings(feed: ParsedFeed) -> list[Reason]:
    return [found.reason for report in feed.report for found in report.findings]


def reasons(**changes: Any) -> list[Reason]:
    return findings(read(item(**changes)))


# Whole lists


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", Refusal.EMPTY),
        (b"\xef\xbb\xbf  \n", Refusal.EMPTY),
        (b"[]", Refusal.EMPTY),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", Refusal.WEB_PAGE),
        (b"[{'slug': 1}]", Refusal.NO_JSON),
        (b'[{"slug": "a"}] and more', Refusal.NO_JSON),
        (b"\xff\xfe\x00", Refusal.NO_JSON),
        (b"[" * 100_000, Refusal.NO_JSON),
        (b'{"error": "bad key"}', Refusal.ERROR_ANSWER),
        (b'{"slug": "a"}', Refusal.NO_LIST),
        (b'"meetings"', Refusal.NO_LIST),
        (b"null", Refusal.NO_LIST),
        (b'{"meetings": []}', Refusal.EMPTY),
        (b'{"values": []}', Refusal.EMPTY),
        (b'{"values": [["Slug", "Name", "Day", "Time"]]}', Refusal.EMPTY),
        (b'{"values": [["ID", "Name", "rclub", "Time"], ["a", "Paper Boats", "Monday", "18:00"]]}', Refusal.TABLE),
        (b'"Time","rclub","Name"\r\n"6:00 PM","Monday","Paper Boats"\r\n', Refusal.TABLE),
        (b"Name,Day,Time\r\nPaper Boats,Monday,6:00 PM\r\n", Refusal.NOTHING_LEFT),
        (b'[{"key_string": "O", "name_string": "Open", "id": "17"}]', Refusal.BMLT),
        (b'[{"version": "4.2.6", "available_keys": "id_bigint"}]', Refusal.BMLT),
        (b'[{"id_bigint": "1", "published": "0"}]', Refusal.NOTHING_LEFT),
        (b'[{"slug": "a", "name": "A"},', Refusal.NO_JSON),
        (b'[{"slug": "a", "name": "A"} {"slug": "b"}]', Refusal.NO_JSON),
        (b'{"meetings": [{"slug": "a", "name": "A"}], }', Refusal.NO_JSON),
        (b'{"meetings": [{"slug": "a", "name": "A"}]', Refusal.NO_JSON),
        (b'cb([{"slug": "a", "name": "A"}]', Refusal.NO_JSON),
        (b'[{"slug": "a", "name": "' + b"x" * 5_000_000, Refusal.TOO_LARGE),
        (b'[{"id": "1", "parent_id": "0", "name": "Area", "type": "AS", "helpline": ""}]', Refusal.BMLT),
        (b'[{"colour": "red"}, 5]', Refusal.NO_MEETINGS),
        (b"[1, 2, 3]", Refusal.NO_MEETINGS),
    ],
)
def test_what_is_no_list_of_meetings_is_refused_whole(data: bytes, refusal: Refusal) -> None:
    with pytest.raises(FeedRefused) as caught:
        parse(data, types=TYPES, fellowship="aa", default_zone=NEW_YORK)
    assert caught.value.refusal is refusal


def test_a_byte_order_mark_is_no_harm() -> None:
    data = b"\xef\xbb\xbf" + json.dumps([item()]).encode()
    assert len(parse(data, types=TYPES, fellowship="aa", default_zone=NEW_YORK).rows) == 1


def test_a_default_zone_that_is_none_is_refused_before_anything_is_read() -> None:
    with pytest.raises(SetupError):
        read(item(), zone="Eastern")


@pytest.mark.parametrize(
    ("rows", "last", "held"), [(0, None, False), (50, 100, False), (49, 100, True), (0, 1, True), (200, 100, False), (0, 0, False)]
)
def test_fewer_than_half_of_the_last_rows_waits_for_the_operator(rows: int, last: int | None, held: bool) -> None:
    assert held_back(rows, last) is held


# Rows and keys


def test_a_good_row_is_ok_and_not_in_the_report() -> None:
    feed = read(item())
    assert feed.report == ()
    assert feed.counts.outcomes[Outcome.OK] == 1


def test_the_report_names_row_key_and_reason() -> None:
    feed = read(item(), "no object", item(slug="b", day=7), item(slug=NOTHING))
    assert [(report.row, report.key, report.outcome) for report in feed.report] == [
        (2, "", Outcome.REJECTED),
        (3, "b", Outcome.NO_SCHEDULE),
        (4, "", Outcome.REJECTED),
    ]
    assert "row 3 [b] no_schedule" in feed.report[1].text
    assert "7" in feed.report[1].text


def test_every_reason_has_a_sentence_for_the_operator() -> None:
    assert all(reason.text for reason in Reason)


def test_the_worst_finding_is_the_rows_outcome() -> None:
    feed = read(item(name="", time="25:00"))
    assert feed.report[0].outcome is Outcome.NO_SCHEDULE
    assert findings(feed) == [Reason.NAME_EMPTY, Reason.TIME_UNREADABLE]


def test_numbers_as_keys_become_text_and_the_id_stands_in_for_a_missing_slug() -> None:
    assert one(slug=254, id=9).key == "254"
    assert one(slug=254, id=9).alt_id == "9"
    assert one(slug=NOTHING, id=64769).key == "64769"
    assert one(slug="  ", id=64769).key == "64769"


def test_a_key_that_no_index_could_hold_is_cut_and_stays_its_own() -> None:
    feed = read(item(slug="x" * 5000), item(slug="x" * 5001), item(slug="x" * 5000, name="Other"))
    assert [len(row.key) for row in feed.rows] == [fields.KEY_LIMIT] * 2
    assert findings(feed) == [Reason.KEY_TAKEN]


def test_endless_codes_and_numbers_are_cut() -> None:
    row = one(types=[f"{number:04}" * 99 for number in range(500)], conference_phone="1" * 500)
    assert len(row.types) == fields.TYPES_LIMIT
    assert max(map(len, row.types)) <= 60
    assert row.conference_phone is None


def test_the_same_row_again_is_dropped_and_another_row_with_its_key_is_rejected() -> None:
    feed = read(item(), item(), item(time="20:00"), item(slug="other"))
    assert [row.key for row in feed.rows] == ["lantern-monday", "other"]
    assert [report.outcome for report in feed.report] == [Outcome.SKIPPED, Outcome.REJECTED]
    assert findings(feed) == [Reason.REPEATED, Reason.KEY_TAKEN]


def test_same_name_day_and_time_at_another_place_are_two_meetings() -> None:
    feed = read(item(), item(slug="twin", location="Cooper Yard"))
    assert len(feed.rows) == 2
    assert feed.report == ()


def test_an_empty_name_is_shown_as_place_or_group() -> None:
    assert one(name=" ", location="Lantern House").name == "Lantern House"
    assert one(name=None, group="Harbor Group").name == "Harbor Group"
    assert one(name=NOTHING).name == "lantern-monday"
    assert reasons(name="") == [Reason.NAME_EMPTY]


# Day and time


@pytest.mark.parametrize(
    ("day", "days"),
    [
        (0, (0,)),
        ("0", (0,)),
        (6, (6,)),
        ("3", (3,)),
        (3.0, (3,)),
        ([1], (1,)),
        (["1", "3"], (1, 3)),
        ([5, 1, 1], (1, 5)),
        ("1,3", (1, 3)),
        ("Monday", (1,)),
        ("SUNDAY", (0,)),
        ("Wed", (3,)),
        ("miércoles", (3,)),
        ("Sabado", (6,)),
        ("vendredi", (5,)),
        (["Sunday", 6], (0, 6)),
        ({"0": 1, "2": "3"}, (1, 3)),
    ],
)
def test_days_are_read_with_sunday_as_zero(day: object, days: tuple[int, ...]) -> None:
    feed = read(item(day=day))
    assert feed.rows[0].days == days
    assert feed.report == ()
    assert feed.counts.weekly == len(days)


@pytest.mark.parametrize("day", [7, -1, "7", "someday", "", None, [], 1.5, True, [[1]], {"day": 1}, "١", "1000000000000", NOTHING])
def test_a_day_that_is_missing_or_unreadable_is_never_guessed(day: object) -> None:
    feed = read(item(day=day))
    assert feed.rows[0].days is None
    assert not feed.rows[0].scheduled
    assert feed.report[0].outcome is Outcome.NO_SCHEDULE
    assert feed.counts.weekly == 0


def test_the_readable_days_of_a_list_are_kept_and_the_others_reported() -> None:
    feed = read(item(day=[1, 9]))
    assert feed.rows[0].days == (1,)
    assert findings(feed) == [Reason.SOME_DAYS_UNREADABLE]
    assert feed.report[0].outcome is Outcome.WARN


@pytest.mark.parametrize(
    ("raw", "wall"),
    [
        ("19:00", time(19)),
        ("7:05", time(7, 5)),
        ("00:00", time(0)),
        ("18:00:00", time(18)),
        ("8:00 PM", time(20)),
        ("8 pm", time(20)),
        ("12:00 AM", time(0)),
        ("12:30 pm", time(12, 30)),
        ("8:00 p.\u00a0m.", time(20)),
        ("noon", time(12)),
        ("Midnight", time(0)),
        ("mediodía", time(12)),
        ("18.30", time(18, 30)),
        ("18h30", time(18, 30)),
        ("19 Uhr", time(19)),
        ("6.30 PM", time(18, 30)),
    ],
)
def test_times_are_read(raw: str, wall: time) -> None:
    feed = read(item(time=raw))
    assert feed.rows[0].time == wall
    assert feed.report == ()


@pytest.mark.parametrize(
    "raw", ["25:00", "24:00", "19:60", "13:00 PM", "0:30 pm", "7", "1900", "evening", 19, "19:00:61", "", None, NOTHING, ["19:00"]]
)
def test_a_time_that_is_missing_or_unreadable_is_never_guessed(raw: object) -> None:
    feed = read(item(time=raw))
    assert feed.rows[0].time is None
    assert feed.report[0].outcome is Outcome.NO_SCHEDULE


@pytest.mark.parametrize(
    ("start", "end", "kept", "next_day", "found"),
    [
        ("19:00", "20:15", time(20, 15), False, []),
        ("23:00", "00:00", time(0), True, []),
        ("23:00", "24:00", time(0), True, []),
        ("23:00", "midnight", time(0), True, []),
        ("22:00", "01:00", time(1), True, []),
        ("22:00", "01:30", time(1, 30), True, [Reason.LONG]),
        ("19:00", "08:00", None, False, [Reason.END_HIDDEN]),
        ("19:00", "19:00", None, False, [Reason.END_HIDDEN]),
        ("07:00", "20:00", None, False, [Reason.END_HIDDEN]),
        ("00:00", "23:59", time(23, 59), False, []),
        ("00:00", "24:00", time(0), True, []),
        ("19:00", "late", None, False, [Reason.END_UNREADABLE]),
        ("19:00", "", None, False, []),
    ],
)
def test_ends(start: str, end: str, kept: time | None, next_day: bool, found: list[Reason]) -> None:
    feed = read(item(time=start, end_time=end))
    assert (feed.rows[0].end_time, feed.rows[0].ends_next_day) == (kept, next_day)
    assert findings(feed) == found
    assert feed.rows[0].scheduled
    assert feed.counts.past_midnight == next_day


# Zones


@pytest.mark.parametrize(
    ("own", "default", "used", "found"),
    [
        (NOTHING, NEW_YORK, NEW_YORK, []),
        ("US/Eastern", "Europe/Madrid", "US/Eastern", []),
        ("america/detroit", NEW_YORK, "America/Detroit", []),
        ("-04:00", NEW_YORK, NEW_YORK, [Reason.ZONE_UNKNOWN]),
        ("Eastern", NEW_YORK, NEW_YORK, [Reason.ZONE_UNKNOWN]),
        ("../etc/passwd", NEW_YORK, NEW_YORK, [Reason.ZONE_UNKNOWN]),
        (5, NEW_YORK, NEW_YORK, [Reason.ZONE_UNKNOWN]),
        ("  ", NEW_YORK, NEW_YORK, []),
        (NOTHING, "America/Chicago", "America/Chicago", [Reason.ZONE_ELSEWHERE]),
        (NOTHING, None, NEW_YORK, []),
        ("Eastern", None, NEW_YORK, [Reason.ZONE_UNKNOWN]),
    ],
)
def test_the_zone_is_the_rows_then_the_feeds_then_that_of_the_place(
    own: object, default: str | None, used: str, found: list[Reason]
) -> None:
    feed = read(item(timezone=own), zone=default)
    assert feed.rows[0].timezone == used
    assert findings(feed) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"types": ["ONL"], "conference_url": "https://meet.example.org/a"},  # hybrid
        {"types": ["ONL", "TC"], "conference_url": "https://meet.example.org/a"},  # online
        {"latitude": None, "longitude": None},
        {"approximate": "yes", "attendance_option": "in_person"},
        {"latitude": 30.0, "longitude": -40.0},  # at sea
    ],
)
def test_without_zone_and_an_exact_place_that_one_goes_to_there_is_no_schedule(changes: dict[str, Any]) -> None:
    feed = read(item(**changes), zone=None)
    assert feed.rows[0].timezone is None
    assert feed.report[-1].outcome is Outcome.NO_SCHEDULE
    assert Reason.ZONE_MISSING in findings(feed)
    assert feed.counts.weekly == 0


def test_an_online_row_is_not_compared_with_the_place_of_its_pin() -> None:
    online = item(types=["ONL"], conference_url="https://meet.example.org/a", latitude=51.5072, longitude=-0.1276)
    assert read(online).report == ()


def test_zones_with_other_names_and_the_same_clock_are_no_warning() -> None:
    assert zones.same_clock("US/Eastern", NEW_YORK)
    assert zones.same_clock("America/Detroit", NEW_YORK)
    assert not zones.same_clock("America/Phoenix", "America/Denver")


# Types and attendance


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (["O", "D"], ("O", "D")),
        (["onl", "o"], ("ONL", "O")),
        ("O,C", ("O", "C")),
        ("[open]", ("O",)),
        ("Closed, Wheelchair Access", ("C", "X")),
        (["12 Steps &amp; 12 Traditions"], ("12x12",)),
        ({"0": "O", "2": "D"}, ("O", "D")),
        ([11], ("11",)),
        (["", None, "O", "o"], ("O",)),
        (NOTHING, ()),
        (None, ()),
    ],
)
def test_types_become_codes(raw: object, codes: tuple[str, ...]) -> None:
    extra = {"conference_url": "https://meet.example.org/a"}
    feed = read(item(types=raw, **extra))
    assert feed.rows[0].types == codes
    assert feed.report == ()


def test_an_unknown_code_is_kept_and_reported() -> None:
    feed = read(item(types=["O", "Zz9"]))
    assert feed.rows[0].types == ("O", "Zz9")
    assert findings(feed) == [Reason.TYPE_UNKNOWN]
    assert "Zz9" in feed.report[0].text


def test_codes_mean_what_the_fellowship_means() -> None:
    assert TYPES.name("H", "en", "aa") == "Birthday"
    assert TYPES.name("H", "en", "na") == "H"
    assert TYPES.name("S", "es", "na") == "Español"
    assert TYPES.code("speaker", "na") == "SPK"
    assert TYPES.code("H", "other") is None


def test_all_codes_of_the_spec_have_a_name() -> None:
    spec = REAL / "aa-meeting-types.json"
    codes = json.loads(spec.read_text(encoding="utf-8")) if spec.exists() else {"O": {"en": "Open", "es": "Abierta"}}
    for code, names in codes.items():
        assert TYPES.code(code, "aa") == code
        assert TYPES.code(names["en"], "aa") is not None, code


@pytest.mark.parametrize(
    "text",
    ["shared: [", "aa: {}", "shared: 5", "shared: {NO: {en: a, es: b}}", "shared: {'O': {en: a}}", "shared: {'O': {en: a, es: b, fr: c}}"],
)
def test_a_broken_file_of_codes_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "types.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=r"types\.yaml"):
        load_types(path)


@pytest.mark.parametrize(
    ("closed", "access", "approximate", "expected"),
    [
        (True, True, "yes", Attendance.ONLINE),
        (True, True, "no", Attendance.ONLINE),
        (True, False, "yes", Attendance.INACTIVE),
        (True, False, "no", Attendance.INACTIVE),
        (False, True, "no", Attendance.HYBRID),
        (False, True, "yes", Attendance.ONLINE),
        (False, False, "no", Attendance.IN_PERSON),
        (False, False, "yes", Attendance.INACTIVE),
    ],
)
@pytest.mark.parametrize("way_in", [{"conference_url": "https://meet.example.org/a"}, {"conference_phone": "+12125550142"}])
def test_attendance_follows_the_plugins_table(
    closed: bool, access: bool, approximate: str, expected: Attendance, way_in: dict[str, str]
) -> None:
    row = one(types=["TC"] if closed else [], approximate=approximate, **(way_in if access else {}))
    assert row.attendance is expected


@pytest.mark.parametrize(
    ("changes", "approximate"),
    [
        ({}, False),
        ({"latitude": None, "longitude": None}, False),
        ({"latitude": None, "longitude": None, "formatted_address": "Anytown, OK 12345, USA"}, True),
        ({"latitude": None, "longitude": None, "formatted_address": NOTHING}, True),
        ({"latitude": None, "longitude": None, "formatted_address": NOTHING, "approximate": "no"}, True),
        ({"latitude": None, "longitude": None, "formatted_address": NOTHING, "address": "12 Harbor Lane"}, False),
        ({"formatted_address": NOTHING}, False),
        ({"approximate": True}, True),
        ({"approximate": "YES"}, True),
        ({"approximate": False}, False),
        ({"latitude": NOTHING, "longitude": NOTHING, "coordinates": "40.7,-74.0"}, False),
        ({"latitude": NOTHING, "longitude": NOTHING, "coordinates": "40.7,-74.0,40.8,-73.9"}, True),
    ],
)
def test_a_place_is_approximate_when_nobody_could_find_it(changes: dict[str, Any], approximate: bool) -> None:
    assert one(**changes).approximate is approximate


def test_what_the_feed_says_about_attendance_counts() -> None:
    assert one(attendance_option="Hybrid").attendance is Attendance.HYBRID
    assert one(attendance_option="perhaps").attendance is Attendance.IN_PERSON


def test_an_inactive_row_is_imported_with_its_schedule_and_a_warning() -> None:
    feed = read(item(types=["TC"]))
    assert feed.report[0].outcome is Outcome.WARN
    assert findings(feed) == [Reason.INACTIVE]
    assert feed.counts.weekly == 1
    assert feed.counts.attendance[Attendance.INACTIVE] == 1


def test_online_or_hybrid_without_link_and_phone_is_a_warning() -> None:
    assert reasons(types=["ONL"]) == [Reason.NO_ACCESS]
    assert reasons(types=["ONL", "TC"]) == [Reason.NO_ACCESS]


# Coordinates, links, phones, texts


@pytest.mark.parametrize(
    ("latitude", "longitude", "kept"),
    [
        ("40.7041", "-74.0137", (40.7041, -74.0137)),
        (0, -78.5, (0.0, -78.5)),
        (None, None, None),
        ("", "", None),
        (NOTHING, NOTHING, None),
    ],
)
def test_coordinates_are_read(latitude: object, longitude: object, kept: tuple[float, float] | None) -> None:
    feed = read(item(latitude=latitude, longitude=longitude, timezone="America/Guayaquil" if kept == (0.0, -78.5) else NOTHING))
    row = feed.rows[0]
    assert (row.latitude, row.longitude) == (kept or (None, None))
    assert feed.report == ()


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(0, 0), ("0", "0.0"), (91, 10), (10, -181), ("north", "west"), (40.7, None), (float("nan"), 1.0), (10**400, 1), (True, True)],
)
def test_impossible_coordinates_are_dropped_with_a_warning(latitude: object, longitude: object) -> None:
    feed = read(item(latitude=latitude, longitude=longitude))
    assert (feed.rows[0].latitude, feed.rows[0].longitude) == (None, None)
    assert findings(feed) == [Reason.COORDINATES_DROPPED]


@pytest.mark.parametrize(
    "url",
    [
        "https://meet.example.org/j/1?pwd=a",
        "http://landing.example.org/x",
        "https://meet.example.org//j/1",
        "https://meet.example.org",
        "https://discord.example.org/abc",
    ],
)
def test_any_http_link_is_kept(url: str) -> None:
    feed = read(item(conference_url=url))
    assert feed.rows[0].conference_url == url
    assert feed.report == ()


def test_an_encoded_ampersand_in_a_link_is_decoded() -> None:
    assert one(conference_url="https://meet.example.org/a?b=1&amp;copy=2").conference_url == "https://meet.example.org/a?b=1&copy=2"


@pytest.mark.parametrize(
    ("url", "note"),
    [
        ("meet.example.org/j/1", "meet.example.org/j/1"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("Ask the host for the room", "Ask the host for the room"),
        ('<a href="https://meet.example.org/1">Join us</a>', "Join us"),
        ("https://meet.example.org/1 code 77", "https://meet.example.org/1 code 77"),
        ("https://meet.example.org@bad.example.net/1", "https://meet.example.org@bad.example.net/1"),
        ("https://[broken", "https://[broken"),
        ("https://", "https://"),
    ],
)
def test_what_is_no_plain_link_moves_to_the_notes(url: str, note: str) -> None:
    feed = read(item(conference_url=url, conference_url_notes="Opens early."))
    assert feed.rows[0].conference_url is None
    assert feed.rows[0].conference_url_notes == f"Opens early.\n{note}"
    assert findings(feed) == [Reason.LINK_DROPPED]


def test_a_page_that_is_no_link_is_dropped_into_the_notes() -> None:
    row = one(url="see our site", notes="Ramp.")
    assert (row.url, row.notes) == (None, "Ramp.\nsee our site")


@pytest.mark.parametrize(
    ("raw", "dial"),
    [("+1 (212) 555-0142", "+12125550142"), ("+12125550142,,123#,,*9#", "+12125550142,,123#,,*9#"), (2125550142, "2125550142")],
)
def test_numbers_to_dial_are_kept(raw: object, dial: str) -> None:
    feed = read(item(conference_phone=raw))
    assert feed.rows[0].conference_phone == dial
    assert feed.report == ()


@pytest.mark.parametrize("raw", ["555-0142", "call the office", "+12125550142 ext. 5", "+12125550142,,1#,,Kettle#"])
def test_what_cannot_be_dialled_is_shown_as_a_note(raw: str) -> None:
    feed = read(item(conference_phone=raw))
    assert feed.rows[0].conference_phone is None
    assert feed.rows[0].conference_phone_notes == raw
    assert findings(feed) == [Reason.PHONE_AS_NOTE]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Ring twice<br>Second floor<br/>Left", "Ring twice\nSecond floor\nLeft"),
        ("<p>One</p><p><b>Two</b></p>", "One\nTwo"),
        ("Tea &amp; cake &lt;free&gt;", "Tea & cake <free>"),
        ("a\r\n\r\n\r\nb\t\t c", "a\nb c"),
        ("we <3 you, 1 < 2", "we <3 you, 1 < 2"),
        ("<script>alert(1)</script>Hello", "Hello"),
        ("<SCRIPT type='x'>alert(1)</Script >Hello<!-- no --> you<style>b</style>", "Hello you"),
        ("<!-- open <b>Hello", "<!-- open Hello"),
        ("bad\x00\x07 \ud800sign", "bad sign"),
        ("    ", None),
        (", ,", None),
        ([], None),
    ],
)
def test_html_in_texts_becomes_plain_text(raw: object, clean: str | None) -> None:
    assert one(notes=raw).notes == clean
    assert reasons(notes=raw) == []


def test_very_long_texts_are_cut_and_reported() -> None:
    feed = read(item(name="x" * 300, notes="y" * 10_000))
    assert len(feed.rows[0].name) == fields.NAME_LIMIT
    assert len(feed.rows[0].notes or "") == fields.NOTES_LIMIT
    assert findings(feed) == [Reason.TEXT_CUT, Reason.TEXT_CUT]


def test_the_address_is_put_together_and_a_us_postal_code_gets_its_zeros_back() -> None:
    parts = {"formatted_address": NOTHING, "address": "9 Kettle Row", "city": "Milltown", "state": "NJ", "country": "USA"}
    assert one(**parts, postal_code=7001).address == "9 Kettle Row, Milltown, NJ 07001, USA"
    whole = {"formatted_address": NOTHING, "address": "9 Kettle Row, Milltown, NJ, USA", "city": "Milltown", "country": "USA"}
    assert one(**whole).address == "9 Kettle Row, Milltown, NJ, USA"


def test_the_region_is_told_from_narrow_to_wide() -> None:
    assert one(region="Brooklyn", sub_region="Red Hook").region == "Red Hook, Brooklyn"
    assert one(regions=["Kings County", "Brooklyn"]).region == "Brooklyn"


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-09-14 15:20:00", date(2026, 9, 14)),
        ("8/10/2021 11:16:48 AM", date(2021, 8, 10)),
        ("2020-04-0416:50:58", date(2020, 4, 4)),
        ("2020-13-45", None),
        ("last week", None),
        (5, None),
    ],
)
def test_the_date_of_the_last_change_is_never_a_reason_to_complain(raw: object, day: date | None) -> None:
    feed = read(item(updated=raw))
    assert feed.rows[0].updated == day
    assert feed.report == ()


@pytest.mark.parametrize(
    ("name", "notes", "note"),
    [
        ("Paper Boats", "Coffee first. Speaker on the last Friday. Ramp.", "Speaker on the last Friday."),
        ("Ames - 1st and 3rd Mondays", None, "Ames - 1st and 3rd Mondays"),
        ("Steps (2nd Sat)", None, "Steps (2nd Sat)"),
        ("Paper Boats", "We meet every other Sunday", "We meet every other Sunday"),
        ("Barcos", "Orador el último viernes del mes.", "Orador el último viernes del mes."),
        ("Barcos", "Solo el 1er y 3er lunes", "Solo el 1er y 3er lunes"),
        ("Paper Boats", "Room 3: https://meet.example.org/9 password: k33p 123456 on the first Monday", "Room 3: on the first Monday"),
        ("Paper Boats", "1st and 2nd floor, at 3rd Street. We read the 4th Edition and the 12th Step. First come, first served.", None),
        ("Paper Boats", "Every Monday, the last to leave locks up", None),
        ("Paper Boats", None, None),
    ],
)
def test_words_that_limit_a_meeting_to_some_weeks_are_quoted_without_secrets(name: str, notes: str | None, note: str | None) -> None:
    assert one(name=name, notes=notes).check_note == note


def test_personal_data_and_money_are_never_kept() -> None:
    private = {
        "contact_1_name": "PLANTED",
        "contact_1_email": "PLANTED@example.org",
        "contact_2_phone": "PLANTED",
        "email": "PLANTED@example.org",
        "phone": "PLANTED",
        "venmo": "@PLANTED",
        "square": "$PLANTED",
        "paypal": "PLANTED",
        "author": "PLANTED",
        "feedback_emails": ["PLANTED@example.org"],
        "edit_url": "https://example.org/PLANTED",
        "entity_email": "PLANTED@example.org",
        "mailing_address": "PLANTED",
        "append": "PLANTED",
    }
    feed = read(item(**private), item(slug="b", day=9, **private))
    assert "PLANTED" not in repr(feed)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_places = ["approximate", "address", "city", "postal_code", "country", "coordinates", "region", "regions"]
_ways_in = ["attendance_option", "conference_url", "conference_phone", "url"]
_known_fields = st.sampled_from([*item(), *_places, *_ways_in, "id", "end_time", "timezone", "notes", "updated"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(_known_fields, _json, max_size=8) | _json, max_size=4))
def test_whatever_stands_in_a_row_the_import_accounts_for_it(items: list[Any]) -> None:
    feed = read(item(slug="the good one"), *items)
    assert feed.counts.rows == len(items) + 1 == sum(feed.counts.outcomes.values())
    assert feed.counts.imported == len(feed.rows) == len({row.key for row in feed.rows})
    assert len(feed.report) == feed.counts.rows - feed.counts.outcomes[Outcome.OK]
    repr(feed).encode()


# Real lists beside the project, and our own for the demo

EXPECTED = {
    # file: zone, fellowship, rows, weekly, no_schedule, (in person, hybrid, online, inactive), past midnight
    "aa-tsml-orange-county.json": ("America/Los_Angeles", "aa", 1967, 1966, 1, (1432, 148, 385, 2), 9),
    "aa-meeting-guide-sf-marin.json": ("America/Los_Angeles", "aa", 658, 658, 0, (55, 89, 514, 0), 0),
    "aa-meeting-guide-edmonton.json": ("America/Edmonton", "aa", 315, 315, 0, (220, 52, 22, 21), 0),
    "aa-meeting-guide-kansas-city.json": ("America/Chicago", "aa", 206, 206, 0, (116, 48, 33, 9), 0),
    "eda-tsml-worldwide.json": (NEW_YORK, "eda", 185, 185, 0, (70, 14, 100, 1), 0),
    "edge/times.json": ("America/Chicago", "aa", 9, 8, 1, (0, 8, 0, 1), 0),
    "edge/appointment.json": (NEW_YORK, "aa", 2, 1, 1, (0, 0, 2, 0), 0),
}
OWN = {
    "meetings.json": (NEW_YORK, "aa", 36, 124, 1, (25, 4, 7, 0), 1),
    "meetings-na.json": (NEW_YORK, "na", 18, 67, 0, (13, 2, 3, 0), 1),
}
LISTS = [(REAL / name, figures) for name, figures in EXPECTED.items() if (REAL / name).exists()]
LISTS += [(ROOT / "bot" / "demo" / "data" / name, figures) for name, figures in OWN.items()]


@pytest.mark.parametrize(("path", "figures"), LISTS, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_an_import_finds_what_is_in_the_list(path: Path, figures: tuple[str, str, int, int, int, tuple[int, ...], int]) -> None:
    zone, fellowship, rows, weekly, no_schedule, attendance, past_midnight = figures
    counts = parse(path.read_bytes(), types=TYPES, fellowship=fellowship, default_zone=zone).counts
    assert (counts.rows, counts.imported, counts.weekly) == (rows, rows, weekly)
    assert counts.outcomes[Outcome.NO_SCHEDULE] == no_schedule
    assert tuple(counts.attendance.values()) == attendance
    assert counts.past_midnight == past_midnight
    assert counts.as_dict()["rows"] == rows


@pytest.mark.parametrize(("name", "fellowship"), [("meetings.json", "aa"), ("meetings-na.json", "na")])
def test_the_demos_own_list_is_free_of_warnings(name: str, fellowship: str) -> None:
    data = (ROOT / "bot" / "demo" / "data" / name).read_bytes()
    feed = parse(data, types=TYPES, fellowship=fellowship, default_zone=NEW_YORK)
    assert feed.counts.outcomes[Outcome.WARN] == 0
    assert {day for row in feed.rows for day in row.days or ()} == set(range(7))


def test_the_book_of_codes_is_a_type_book() -> None:
    assert isinstance(TYPES, TypeBook)
