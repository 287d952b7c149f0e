"""BMLT answers: weekdays from 1, everything as text, formats by the server's own table, and the figures of recorded answers."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.meetings import bmlt_formats, sources
from bot.features.meetings.bmlt_formats import Side
from bot.features.meetings.codes import load_types
from bot.features.meetings.feed import FeedRefused, Refusal, parse, side_of
from bot.features.meetings.listing import Attendance, MeetingRow, Outcome, ParsedFeed, Reason

ROOT = Path(__file__).parents[3]
TYPES = load_types(ROOT / "content" / "meetings" / "types.yaml")
REAL = ROOT.parent / "shared" / "data" / "meetings"
NEW_YORK = "America/New_York"
SERVER = "https://bmlt.example.org/main_server"
NOTHING = object()

FORMATS = [
    {"key_string": "OFF", "name_string": "Open", "lang": "en", "id": "17", "world_id": "OPEN", "root_server_uri": SERVER},
    {"key_string": "WC", "name_string": "Wheelchair", "lang": "en", "id": "33", "world_id": "WCHR", "root_server_uri": SERVER},
    {"key_string": "Ti", "name_string": "Timer", "lang": "en", "id": "28", "world_id": "", "root_server_uri": SERVER},
    {"key_string": "Ti", "name_string": "Reloj", "lang": "es", "id": "28", "world_id": "", "root_server_uri": SERVER},
    {"key_string": "ES", "name_string": "Español", "lang": "en", "id": "9", "world_id": "LANG", "root_server_uri": SERVER},
    {"key_string": "V", "name_string": "Virtual", "lang": "en", "id": "54", "world_id": "VM", "root_server_uri": SERVER},
    {"key_string": "H", "name_string": "Mixed", "lang": "en", "id": "55", "world_id": "HYBR", "root_server_uri": SERVER},
    {"key_string": "X", "name_string": "Shut", "lang": "en", "id": "56", "world_id": "TC", "root_server_uri": SERVER},
]
BODIES = [{"id": "4", "parent_id": "0", "name": "Harbor Area", "type": "AS", "url": "https://area.example.org", "helpline": ""}]


def item(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id_bigint": "2154",
        "root_server_uri": SERVER,
        "service_body_bigint": "4",
        "weekday_tinyint": "2",
        "venue_type": "1",
        "start_time": "19:30:00",
        "duration_time": "01:30:00",
        "time_zone": "",
        "formats": "",
        "format_shared_id_list": "",
        "published": "1",
        "latitude": "40.7041",
        "longitude": "-74.0137",
        "meeting_name": "Paper Boats",
        "location_text": "Lantern House",
        "location_info": "Side door",
        "location_street": "12 Harbor Lane",
        "location_municipality": "New York",
        "location_province": "NY",
        "location_postal_code_1": "10004",
        "location_nation": "USA",
        "comments": "",
        "virtual_meeting_link": "",
        "phone_meeting_number": "",
    }
    return {name: value for name, value in (whole | changes).items() if value is not NOTHING}


def read(*items: object, side: Side | None = None, formats: list[Any] | None = None, fellowship: str = "na") -> ParsedFeed:
    document: object = list(items) if formats is None else {"meetings": list(items), "formats": formats}
    return parse(json.dumps(document).encode(), types=TYPES, fellowship=fellowship, default_zone=NEW_YORK, side=side)


def one(**changes: Any) -> MeetingRow:
    (row,) = read(item(**changes)).rows
    return row


def reasons(**changes: Any) -> list[Reason]:
    return [found.reason for report in read(item(**changes)).report for found in report.findings]


def test_a_row_is_read() -> None:
    row = one()
    assert reasons() == []
    assert (row.key, row.alt_id) == (f"{SERVER}#2154", "2154")
    assert (row.days, row.time, row.end_time, row.timezone) == ((1,), time(19, 30), time(21), NEW_YORK)
    assert (row.address, row.city, row.location_notes) == ("12 Harbor Lane, New York, NY 10004", "New York", "Side door")


@pytest.mark.parametrize("fellowship", ["na", "aa", "harbor recovery"])
def test_the_format_is_known_by_its_keys_not_by_the_fellowship(fellowship: str) -> None:
    assert read(item(), fellowship=fellowship).format == "bmlt"


@pytest.mark.parametrize(("raw", "days"), [("1", (0,)), ("2", (1,)), ("7", (6,)), (7, (6,))])
def test_the_week_begins_with_1_for_sunday(raw: object, days: tuple[int, ...]) -> None:
    assert one(weekday_tinyint=raw).days == days


@pytest.mark.parametrize("raw", ["0", "8", "Monday", "1.5", "", None, NOTHING, [2]])
def test_a_day_that_is_none_is_never_guessed(raw: object) -> None:
    feed = read(item(weekday_tinyint=raw))
    assert feed.rows[0].days is None
    assert feed.report[0].outcome is Outcome.NO_SCHEDULE


@pytest.mark.parametrize("raw", ["", "25:00:00", "soon", NOTHING])
def test_a_time_that_is_none_is_never_guessed(raw: object) -> None:
    assert read(item(start_time=raw)).report[0].outcome is Outcome.NO_SCHEDULE


@pytest.mark.parametrize(
    ("start", "length", "end", "found"),
    [
        ("19:00:00", "01:15:00", time(20, 15), []),
        ("23:00:00", "01:00:00", time(0), []),
        ("22:00:00", "04:00:00", time(2), [Reason.LONG]),
        ("08:00:00", "12:00:00", time(20), []),
        ("08:00:00", "12:30:00", None, [Reason.END_HIDDEN]),
        ("00:00:00", "24:00:00", time(0), []),
        ("09:00:00", "24:00:00", time(9), []),
        ("19:00:00", "00:00:00", None, []),
        ("19:00:00", "", None, []),
        ("19:00:00", NOTHING, None, []),
        ("19:00:00", "25:00:00", None, [Reason.END_UNREADABLE]),
        ("19:00:00", "an hour", None, [Reason.END_UNREADABLE]),
    ],
)
def test_the_length_gives_the_end(start: str, length: object, end: time | None, found: list[Reason]) -> None:
    assert one(start_time=start, duration_time=length).end_time == end
    assert reasons(start_time=start, duration_time=length) == found


@pytest.mark.parametrize(("published", "kept"), [("1", True), (1, True), (NOTHING, True), ("0", False), ("", False), (None, False)])
def test_only_what_is_published_is_taken_and_the_rest_is_counted(published: object, kept: bool) -> None:
    feed = read(item(), item(id_bigint="9", published=published))
    assert len(feed.rows) == 1 + kept
    assert feed.counts.outcomes[Outcome.SKIPPED] == (not kept)


def test_the_same_number_at_two_servers_are_two_meetings() -> None:
    feed = read(item(), item(root_server_uri="https://other.example.org/"), item(), item(meeting_name="Another"))
    assert [row.key for row in feed.rows] == [f"{SERVER}#2154", "https://other.example.org#2154"]
    assert [report.outcome for report in feed.report] == [Outcome.SKIPPED, Outcome.REJECTED]


def test_without_a_server_the_number_is_the_key() -> None:
    assert one(root_server_uri="").key == "2154"
    assert read(item(), item(id_bigint=NOTHING)).report[0].outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("venue", "formats", "link", "expected"),
    [
        ("1", "", "", Attendance.IN_PERSON),
        ("2", "", "https://meet.example.org/1", Attendance.ONLINE),
        ("3", "", "https://meet.example.org/1", Attendance.HYBRID),
        ("", "", "", Attendance.IN_PERSON),
        ("", "VM", "https://meet.example.org/1", Attendance.ONLINE),
        ("", "HY", "https://meet.example.org/1", Attendance.HYBRID),
        ("", "", "https://meet.example.org/1", Attendance.HYBRID),
        ("", "VM,TC", "https://meet.example.org/1", Attendance.ONLINE),
        ("2", "VM,TC", "https://meet.example.org/1", Attendance.ONLINE),
        ("", "TC", "", Attendance.INACTIVE),
        ("2", "VM,TC", "", Attendance.INACTIVE),
        ("1", "TC", "", Attendance.INACTIVE),
        ("9", "", "", Attendance.IN_PERSON),
    ],
)
def test_how_it_is_held(venue: str, formats: str, link: str, expected: Attendance) -> None:
    row = one(venue_type=venue, formats=formats, virtual_meeting_link=link)
    assert row.attendance is expected
    assert row.approximate is (expected is Attendance.ONLINE)


def test_a_virtual_meeting_does_not_lie_in_the_middle_of_the_servers_map() -> None:
    row = one(venue_type="2", virtual_meeting_link="https://meet.example.org/1", latitude="34.23", longitude="-118.56")
    assert (row.latitude, row.longitude) == (None, None)
    assert reasons(venue_type="2", virtual_meeting_link="https://meet.example.org/1", latitude="34.23", longitude="-118.56") == []


def test_online_without_link_and_phone_is_a_warning_and_a_closed_place_without_them_too() -> None:
    assert reasons(venue_type="2") == [Reason.NO_ACCESS]
    assert reasons(formats="TC") == [Reason.INACTIVE]
    assert reasons(venue_type="2", phone_meeting_number="+1 212 555 0142") == []


def test_formats_are_what_the_server_says_they_are() -> None:
    row = read(item(formats="OFF,WC,Ti,ES", format_shared_id_list="17,33,28,9"), formats=FORMATS).rows[0]
    assert row.types == ("O", "X", "Timer", "S")


def test_ids_count_more_than_keys_and_the_side_file_does_as_well_as_the_answers_own() -> None:
    side = bmlt_formats.side([*FORMATS, *BODIES])
    row = read(item(formats="", format_shared_id_list="17,33"), side=side).rows[0]
    assert row.types == ("O", "X")
    assert (row.entity, row.entity_url) == ("Harbor Area", "https://area.example.org")
    assert read(item(formats="OFF", root_server_uri=NOTHING), side=side).rows[0].types == ("O",)


@pytest.mark.parametrize(("key", "expected"), [("V", Attendance.ONLINE), ("H", Attendance.HYBRID), ("X,V", Attendance.ONLINE)])
def test_local_keys_for_virtual_are_known_by_their_world_id(key: str, expected: Attendance) -> None:
    feed = read(item(venue_type="", formats=key, virtual_meeting_link="https://meet.example.org/1"), formats=FORMATS)
    assert feed.rows[0].attendance is expected


def test_without_a_table_the_usual_keys_count_and_an_unknown_one_is_kept_and_told() -> None:
    assert one(formats="O,WC,St,BEG").types == ("O", "X", "STEP", "BEG")
    assert one(formats="O,Qx").types == ("O", "Qx")
    assert reasons(formats="O,Qx") == [Reason.TYPE_UNKNOWN]


def test_captions_of_old_servers_are_left_out_and_persons_too() -> None:
    row = one(comments="Comment#@-@#Ring twice", contact_name_1="PLANTED", email_contact="PLANTED", contact_phone_1="PLANTED")
    assert row.notes == "Ring twice"
    assert "PLANTED" not in repr(row)


def test_the_zone_is_the_rows_or_the_feeds_and_another_continent_is_told() -> None:
    assert one(time_zone="America/Chicago").timezone == "America/Chicago"
    assert reasons(time_zone="-04:00") == [Reason.ZONE_UNKNOWN]
    assert reasons(latitude="-30.5164", longitude="151.6664") == [Reason.ZONE_ELSEWHERE]
    assert one(latitude="-30.5164", longitude="151.6664").timezone == NEW_YORK


@pytest.mark.parametrize("wrapper", ["cb({});", "/**/jQuery123.cb ( {} )", "{}"])
def test_a_call_around_the_answer_is_taken_off(wrapper: str) -> None:
    data = wrapper.replace("{}", json.dumps([item()])).encode()
    assert len(parse(data, types=TYPES, fellowship="na", default_zone=NEW_YORK).rows) == 1


def test_a_list_with_gaps_comes_as_an_object() -> None:
    data = json.dumps({"0": item(), "2": item(id_bigint="9")}).encode()
    assert len(parse(data, types=TYPES, fellowship="na", default_zone=NEW_YORK).rows) == 2


@pytest.mark.parametrize("rows", [FORMATS, BODIES])
def test_formats_and_service_bodies_are_no_list_of_meetings(rows: list[Any]) -> None:
    with pytest.raises(FeedRefused) as caught:
        read(*rows)
    assert caught.value.refusal is Refusal.BMLT


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "https://b.example.org/main/client_interface/json/?switcher=GetSearchResults&services=4&key=k1",
            [
                "https://b.example.org/main/client_interface/json/?switcher=GetFormats&key=k1",
                "https://b.example.org/main/client_interface/json/?switcher=GetServiceBodies&key=k1",
            ],
        ),
        (
            "https://b.example.org/client_interface/jsonp/?callback=x&switcher=GetSearchResults&get_used_formats=1",
            ["https://b.example.org/client_interface/json/?switcher=GetServiceBodies"],
        ),
        ("https://aa.example.org/wp-admin/admin-ajax.php?action=meetings", []),
    ],
)
def test_what_belongs_to_an_address_is_at_the_same_server(address: str, expected: list[str]) -> None:
    assert sources.beside(address) == expected


_json = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.lists(st.text(max_size=4), max_size=2)


@settings(max_examples=120)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(item())), _json, max_size=10), max_size=4))
def test_whatever_stands_in_the_fields_every_row_is_accounted_for(items: list[Any]) -> None:
    feed = read(item(id_bigint="the good one"), *items)
    assert feed.counts.rows == len(items) + 1 == sum(feed.counts.outcomes.values())
    assert len(feed.rows) == feed.counts.imported


EXPECTED = {
    # file: rows, imported, weekly, (in person, hybrid, online, inactive), past midnight
    "na-bmlt-new-york-large.json": (1555, 1513, 1513, (1513, 0, 0, 0), 7),
    "na-bmlt-full-fields.json": (54, 53, 53, (52, 0, 1, 0), 0),
    "na-bmlt-search-with-formats-day2.json": (53, 53, 53, (53, 0, 0, 0), 0),
    "na-bmlt-search-with-formats-day3.json": (54, 54, 54, (54, 0, 0, 0), 0),
    "na-bmlt-search-with-formats-day4.json": (62, 62, 62, (62, 0, 0, 0), 0),
}


@pytest.mark.parametrize("name", [name for name in EXPECTED if (REAL / name).exists()])
def test_recorded_answers_give_the_figures_of_their_readme(name: str) -> None:
    side = None
    if (REAL / "na-bmlt-formats.json").exists():
        with (REAL / "na-bmlt-formats.json").open("rb") as formats, (REAL / "na-bmlt-service-bodies.json").open("rb") as bodies:
            side = side_of(formats, bodies)
    feed = parse((REAL / name).read_bytes(), types=TYPES, fellowship="na", default_zone=NEW_YORK, side=side)
    counts = feed.counts
    assert (counts.rows, counts.imported, counts.weekly, tuple(counts.attendance.values()), counts.past_midnight) == EXPECTED[name]
    assert counts.outcomes[Outcome.NO_SCHEDULE] == counts.outcomes[Outcome.REJECTED] == 0
    assert not any(found.reason is Reason.TYPE_UNKNOWN for report in feed.report for found in report.findings)
