"""Tables: sheets and CSV files with plain-language headers, in several spellings, alphabets and delimiters."""

from __future__ import annotations

import csv
import io
import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.meetings.codes import load_types
from bot.features.meetings.feed import FeedRefused, Refusal, parse
from bot.features.meetings.listing import Attendance, Outcome, ParsedFeed, Reason

ROOT = Path(__file__).parents[3]
TYPES = load_types(ROOT / "content" / "meetings" / "types.yaml")
SPEC = ROOT.parent / "shared" / "data" / "meetings" / "aa-meeting-types.json"
HEADER = ["Time", "End Time", "Day", "Name", "Location", "Address", "Region", "Sub Region", "Types", "Notes", "Timezone", "Slug"]
LINE = [
    *("6:00 PM", "7:15 PM", "Monday", "Paper Boats", "Lantern House", "12 Harbor Lane, New York, NY 10004, USA", "Brooklyn", "Red Hook"),
    *("Open, Wheelchair Access", "Ring twice.\r\nSide door.", "America/Chicago", "paper-boats"),
]


def text(*lines: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    return out.getvalue()


def read(data: bytes, fellowship: str = "aa") -> ParsedFeed:
    return parse(data, types=TYPES, fellowship=fellowship, default_zone="America/New_York")


def sheet(*lines: list[Any]) -> ParsedFeed:
    return read(json.dumps({"range": "A1:Z99", "values": lines}).encode())


def test_a_line_of_cells_is_read_like_a_row_of_json() -> None:
    feed = read(text(HEADER, LINE).encode())
    (row,) = feed.rows
    assert (feed.format, feed.report) == ("table", ())
    assert (row.key, row.name, row.days, row.time, row.end_time) == ("paper-boats", "Paper Boats", (1,), time(18), time(19, 15))
    assert (row.timezone, row.types, row.attendance) == ("America/Chicago", ("O", "X"), Attendance.IN_PERSON)
    assert (row.address, row.region) == ("12 Harbor Lane, New York, NY 10004, USA", "Red Hook, Brooklyn")
    assert row.notes == "Ring twice.\nSide door."


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found_out(delimiter: str, encoding: str) -> None:
    line = [*LINE[:3], "Café Ñandú", *LINE[4:]]
    feed = read(text(HEADER, line, delimiter=delimiter).encode(encoding))
    assert [row.name for row in feed.rows] == ["Café Ñandú"]
    assert feed.report == ()


def test_columns_in_any_order_empty_lines_and_short_lines() -> None:
    header = ["", "Slug", "NAME ", "day", "  Start time", "Colour", "Notes"]
    feed = read(text([""] * 7, header, [], ["x", "a", "One", "Sun", "7 pm", "red"], [" "] * 7, ["x", "b", "Two", "2", "19h30"]).encode())
    assert [(row.key, row.days, row.time, row.notes) for row in feed.rows] == [("a", (0,), time(19), None), ("b", (2,), time(19, 30), None)]
    assert feed.counts.rows == 2


def test_the_report_gives_the_number_that_the_sheet_shows() -> None:
    feed = read(text(HEADER, LINE, [""], [*LINE[:2], "someday", *LINE[3:11], "other"]).encode())
    assert [(report.row, report.key, report.outcome) for report in feed.report] == [(4, "other", Outcome.NO_SCHEDULE)]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (["Nombre", "Día", "Hora", "Clave"], ["Barcos", "miércoles", "18:30", "b"]),
        (["Nom", "Jour", "Heure", "Slug"], ["Bateaux", "mercredi", "18h30", "b"]),
        (["Naam", "Dag", "Tijd", "ID"], ["Boten", "woensdag", "18.30 uhr", "b"]),
        (["MEETING_NAME", "Weekday", "start-time", "id"], ["Boats", "WED", "6:30 p.m.", "b"]),
    ],
)
def test_headers_and_days_of_other_languages(header: list[str], line: list[str]) -> None:
    feed = read(text(header, line).encode())
    assert [(row.key, row.days, row.time) for row in feed.rows] == [("b", (3,), time(18, 30))]


@pytest.mark.parametrize(
    "types", ["Ouvert(e), Femmes", "Gesloten, Vrouwen", "Aberta, Mulheres", "Otvorené, Ženy", "Öppet, Kvinnomöte", "Abierta, Mujeres"]
)
def test_types_by_name_in_the_sites_language(types: str) -> None:
    row = read(text(HEADER, [*LINE[:8], types, *LINE[9:]]).encode()).rows[0]
    assert row.types in (("O", "W"), ("C", "W"))


@pytest.mark.parametrize(
    "closed",
    [
        "Temporary Closure",
        "Location Temporarily Closed",
        "Ubicación temporalmente cerrada",
        "Local Temporáriamente Encerrado",
        "一時的休止中",
    ],
)
def test_a_place_that_is_closed_for_now_is_not_offered_as_a_place_in_any_spelling(closed: str) -> None:
    header = [*HEADER, "Conference URL"]
    line = [*LINE[:8], f"Men, {closed}", *LINE[9:]]
    feed = read(text(header, [*line, "https://meet.example.org/1"], [*line[:-1], "shut", ""]).encode())
    assert [row.attendance for row in feed.rows] == [Attendance.ONLINE, Attendance.INACTIVE]


@pytest.mark.skipif(not SPEC.exists(), reason="the spec's names are not here")
def test_every_type_of_the_spec_is_known_by_its_name_in_every_language() -> None:
    names = json.loads(SPEC.read_text(encoding="utf-8"))
    wrong = [(code, name) for code, spoken in names.items() for name in spoken.values() if TYPES.code(name, "aa") != code]
    assert not wrong


def test_a_google_sheet_answers_with_values_whose_lines_are_shorter_than_the_header() -> None:
    header = ["ID", "Name", "Day", "Time", "Full Address", "Conference URL", "Coordinates", "Regions", "Types"]
    feed = sheet(
        header,
        [7, "One", "Monday", "18:00", "3 Pier Street, Boston, MA 02110, USA", "", "42.36,-71.05", "MA > Boston", "Closed, Women"],
        ["8", "Two", "Tuesday", "noon", "", "https://meet.example.org/2"],
        [],
        ["9", "Three"],
    )
    one, two, three = feed.rows
    assert (one.key, one.days, one.region, one.types, one.latitude) == ("7", (1,), "Boston", ("C", "W"), 42.36)
    assert (two.time, two.attendance) == (time(12), Attendance.ONLINE)
    assert not three.scheduled
    assert [report.row for report in feed.report] == [5]


def test_a_key_of_its_own_beside_the_number_survives_as_the_second_handle() -> None:
    feed = sheet(["ID", "Slug", "Name", "Day", "Time"], ["12", "boats", "Paper Boats", "Monday", "18:00"])
    assert [(row.key, row.alt_id) for row in feed.rows] == [("boats", "12")]


@pytest.mark.parametrize("missing", ["Name", "Day", "Time"])
def test_a_table_without_name_day_or_time_is_refused_and_the_column_named(missing: str) -> None:
    header = ["rclub" if name == missing else name for name in HEADER]
    with pytest.raises(FeedRefused, match=f"missing: {missing}") as caught:
        read(text(header, LINE).encode())
    assert caught.value.refusal is Refusal.TABLE


def test_several_days_in_a_cell_are_one_meeting_with_several_occurrences() -> None:
    feed = read(text(HEADER, [*LINE[:2], "Monday, Wednesday, Fri", *LINE[3:]]).encode())
    assert feed.rows[0].days == (1, 3, 5)
    assert feed.counts.weekly == 3


def test_latitudes_with_a_comma() -> None:
    feed = read(
        text(["Slug", "Name", "Day", "Time", "Lat", "Lng"], ["a", "A", "Monday", "18:00", "40,7041", "-74,0137"], delimiter=";").encode()
    )
    assert (feed.rows[0].latitude, feed.rows[0].longitude) == (40.7041, -74.0137)


def test_the_same_key_twice_is_told_with_both_outcomes() -> None:
    feed = read(text(HEADER, LINE, LINE, [*LINE[:3], "Other", *LINE[4:]]).encode())
    assert [found.reason for report in feed.report for found in report.findings] == [Reason.REPEATED, Reason.KEY_TAKEN]


def test_an_open_quote_that_swallows_the_file_is_refused() -> None:
    with pytest.raises(FeedRefused):
        read((text(HEADER) + '"' + "x" * 200_000).encode())


@settings(max_examples=100)
@given(st.lists(st.lists(st.text(max_size=8), max_size=14), max_size=5))
def test_whatever_stands_in_the_cells_every_line_is_accounted_for(lines: list[list[str]]) -> None:
    feed = read(text(HEADER, LINE, *lines).encode("utf-8", "surrogatepass") if _plain(lines) else text(HEADER, LINE).encode())
    assert sum(feed.counts.outcomes.values()) == feed.counts.rows
    assert len(feed.rows) == feed.counts.imported


def _plain(lines: list[list[str]]) -> bool:
    return not any("\ud800" <= sign <= "\udfff" or sign == "\x00" for line in lines for cell in line for sign in cell)


REAL = ROOT.parent / "shared" / "data" / "meetings" / "tsml-template.csv"


@pytest.mark.skipif(not REAL.exists(), reason="the folder of real lists is not here")
def test_the_plugins_own_template() -> None:
    feed = read(REAL.read_bytes())
    assert (feed.counts.rows, feed.counts.imported, feed.counts.weekly) == (36, 36, 36)
    assert {row.timezone for row in feed.rows} == {"America/Los_Angeles"}
    assert feed.counts.outcomes[Outcome.NO_SCHEDULE] == 0
