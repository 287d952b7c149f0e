"""`waymark meetings`: import with a report for people and for machines, what takes place when, and the feeds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "meetings"
LIST: list[dict[str, Any]] = [
    {"slug": "lantern", "name": "Lantern", "day": 0, "time": "15:00", "formatted_address": "12 Harbor Lane, New York, NY 10004, USA"},
    {"slug": "boats", "name": "Boats", "day": [0, 1], "time": "23:30", "end_time": "00:30", "formatted_address": "1 Pier St, A, NY, USA"},
    {"slug": "shut", "name": "Shut", "day": 0, "time": "15:00", "types": ["TC"], "formatted_address": "2 Pier St, A, NY, USA"},
    {"slug": "arranged", "name": "Arranged", "formatted_address": "3 Pier St, A, NY, USA"},
    {"slug": "odd", "name": "Odd", "day": 7, "time": "25:00", "formatted_address": "3 Pier St, A, NY, USA"},
]


@pytest.fixture
def lists(clinic: Cli) -> Cli:
    (clinic.folder / "list.json").write_text(json.dumps(LIST), encoding="utf-8")
    return clinic


class _Server(HTTPServer):
    body, status, asked = b"[]", 200, 0


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.asked += 1
        self.send_response(server.status)
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, *_args: Any) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def server() -> Iterator[_Server]:
    made = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_every_row_that_is_not_ok_is_a_line_and_the_last_line_counts(lists: Cli) -> None:
    done = lists("meetings", "import", "list.json", "--fellowship", "aa")
    assert done.code == 0
    assert done.out.splitlines()[:3] == [
        "list.json: row 3 [shut] warn: inactive: neither a place nor a way to join; not offered",
        "list.json: row 4 [arranged] no_schedule: no day: by appointment; no time: by appointment",
        "list.json: row 5 [odd] no_schedule: the day cannot be read (0 = Sunday to 6 = Saturday) (7); "
        "the time cannot be read (HH:MM) (25:00)",
    ]
    assert done.last == "Imported 5 of 5 rows (2 ok, 1 warn, 2 no_schedule; 4 in_person, 1 inactive); 4 weekly meetings."


def test_the_same_for_machines(lists: Cli) -> None:
    (found,) = lists("meetings", "import", "list.json", "--fellowship", "aa", "--json").json
    assert (found["result"], found["format"], found["counts"]["weekly"], found["added"]) == ("imported", "meeting_guide", 4, 5)
    assert found["rows"][2] == {
        "file": "list.json",
        "row": 5,
        "key": "odd",
        "outcome": "no_schedule",
        "reasons": [
            {"reason": "day_unreadable", "detail": "7", "text": "the day cannot be read (0 = Sunday to 6 = Saturday) (7)"},
            {"reason": "time_unreadable", "detail": "25:00", "text": "the time cannot be read (HH:MM) (25:00)"},
        ],
    }


def test_the_same_file_twice_says_that_nothing_changed(lists: Cli) -> None:
    lists("meetings", "import", "list.json", "--fellowship", "aa")
    again = lists("meetings", "import", "list.json", "--fellowship", "aa")
    assert again.code == 0
    assert again.last.startswith("Nothing has changed since the last import: 5 of 5 rows")
    assert lists.rows("SELECT COUNT(*) FROM meeting") == [(5,)]


def test_one_file_is_one_list_however_its_path_and_its_fellowship_are_written(lists: Cli) -> None:
    for path, label in (("list.json", "aa"), ("./list.json", "AA"), (str(lists.folder / "list.json"), " Aa ")):
        assert lists("meetings", "import", path, "--fellowship", label).code == 0
    assert [(one["fellowship"], one["source"]) for one in lists("meetings", "feeds", "--json").json] == [
        ("aa", str(lists.folder / "list.json"))
    ]


def test_a_refused_list_is_one_line_and_for_machines_an_object(lists: Cli) -> None:
    (lists.folder / "page.html").write_text("<!DOCTYPE html>", encoding="utf-8")
    done = lists("meetings", "import", "page.html", "--fellowship", "aa")
    assert (done.code, done.out) == (2, "")
    assert "web page" in done.err
    assert lists("meetings", "import", "page.html", "--fellowship", "aa", "--json").json[0]["result"] == "refused"
    assert lists.rows("SELECT COUNT(*) FROM feed") == [(0,)]


def test_a_list_that_lost_half_waits_for_accept(lists: Cli) -> None:
    lists("meetings", "import", "list.json", "--fellowship", "aa")
    (lists.folder / "list.json").write_text(json.dumps(LIST[:2]), encoding="utf-8")
    held = lists("meetings", "import", "list.json", "--fellowship", "aa")
    assert held.code == 1
    assert "refresh 1 --accept" in held.err
    assert "held" in lists("meetings", "feeds").out
    assert any("held back" in line for line in lists("doctor").out.splitlines())
    assert lists("meetings", "refresh", 1, "--accept").code == 0
    assert lists("meetings", "feeds", "--json").json[0]["rows"] == 2


@pytest.mark.parametrize(
    "args",
    [
        ["import", "list.json", "--fellowship", " "],
        ["import", "list.json", "--fellowship", "x" * 50],
        ["import", "list.json", "--fellowship", "aa", "--timezone", "Eastern"],
        ["import", "nothing.json", "--fellowship", "aa"],
        ["import", ".", "--fellowship", "aa"],
        ["import", "/dev/zero", "--fellowship", "aa"],  # without an end
        ["import", "list.json", "--fellowship", "aa", "--every", "12"],
        ["import", "list.json", "--fellowship", "na", "--also", "list.json"],
        ["import", "ftp://example.org/x", "--fellowship", "aa"],
        ["refresh", "9"],
        ["remove", "9"],
        ["report", "9"],
        ["set", "9", "--every", "1"],
        ["occurrences", "--from", "soon", "--until", "2027-01-01"],
        ["occurrences", "--from", "2027-01-01", "--until", "2027-01-01"],
    ],
)
def test_a_slip_of_the_operator_is_one_line(lists: Cli, args: list[str]) -> None:
    done = lists("meetings", *args)
    assert done.code == 2
    assert len(done.err.strip().splitlines()) == 1


def test_occurrences_are_exact_across_the_change_of_clocks(lists: Cli) -> None:
    lists("meetings", "import", "list.json", "--fellowship", "aa")
    # In New York clocks go forward at 07:00 UTC on 2027-03-14, a Sunday.
    found = lists("meetings", "occurrences", "--from", "2027-03-14T04:30:00Z", "--until", "2027-03-22T03:30:00Z").json
    assert [(line["slug"], line["start"], line["end"]) for line in found] == [
        ("lantern", "2027-03-14T19:00:00Z", "2027-03-14T20:00:00Z"),
        ("boats", "2027-03-15T03:30:00Z", "2027-03-15T04:30:00Z"),
        ("boats", "2027-03-16T03:30:00Z", "2027-03-16T04:30:00Z"),
        ("lantern", "2027-03-21T19:00:00Z", "2027-03-21T20:00:00Z"),
    ]
    assert list(found[0]) == ["fellowship", "slug", "name", "start", "end", "timezone"]
    assert found[0]["timezone"] == "America/New_York"


def test_the_span_of_occurrences_holds_its_start_and_not_its_end(lists: Cli) -> None:
    lists("meetings", "import", "list.json", "--fellowship", "aa")
    one = lists("meetings", "occurrences", "--from", "2027-03-14T19:00:00Z", "--until", "2027-03-14T19:00:01Z")
    assert len(one.json) == 1
    assert lists("meetings", "occurrences", "--from", "2027-03-14T18:00:00Z", "--until", "2027-03-14T19:00:00Z").out == ""


def test_a_bmlt_meeting_is_named_by_its_number(clinic: Cli) -> None:
    row = {
        "id_bigint": "2154",
        "root_server_uri": "https://na.example.org/main",
        "weekday_tinyint": "1",
        "start_time": "15:00:00",
        "meeting_name": "B",
    }
    (clinic.folder / "na.json").write_text(json.dumps([row]), encoding="utf-8")
    clinic("meetings", "import", "na.json", "--fellowship", "na")
    (found,) = clinic("meetings", "occurrences", "--from", "2027-03-14T00:00:00Z", "--until", "2027-03-15T00:00:00Z").json
    assert (found["slug"], found["fellowship"]) == ("2154", "na")


def test_the_zone_given_once_is_kept_for_the_next_import(lists: Cli) -> None:
    lists("meetings", "import", "list.json", "--fellowship", "aa", "--timezone", "America/Chicago")
    assert lists("meetings", "import", "list.json", "--fellowship", "aa").last.startswith("Nothing has changed")
    assumed = lists("meetings", "import", "list.json", "--fellowship", "na")
    assert assumed.last.startswith("Imported")
    assert "read in America/New_York" in assumed.err
    assert lists("meetings", "import", "list.json", "--fellowship", "na").err == ""
    assert [line["zone"] for line in lists("meetings", "feeds", "--json").json] == ["America/Chicago", "America/New_York"]


def test_an_address_is_listed_without_its_key_and_read_daily(lists: Cli, server: _Server) -> None:
    server.body = json.dumps(LIST).encode()
    source = f"http://127.0.0.1:{server.server_port}/x?action=meetings&key=PLANTED"
    assert "private network" in lists("meetings", "import", source, "--fellowship", "aa").err
    assert server.asked == 0
    done = lists("meetings", "import", source, "--fellowship", "aa", feed_allow_private="on")
    assert done.code == 0
    listed = lists("meetings", "feeds")
    told = lists("meetings", "report", 1)
    assert "PLANTED" not in done.out + done.err + listed.out + told.out
    (line,) = lists("meetings", "feeds", "--json").json
    assert (line["state"], line["every_hours"], line["format"]) == ("ok", 24, "meeting_guide")
    assert line["next"] is not None
    assert len(told.out.splitlines()) == 4
    assert lists("meetings", "set", 1, "--every", 6).code == 0
    assert lists("meetings", "import", source, "--fellowship", "aa", feed_allow_private="on").code == 0
    assert lists("meetings", "feeds", "--json").json[0]["every_hours"] == 6
    server.status = 500
    failed = lists("meetings", "refresh", 1, feed_allow_private="on")
    assert failed.code == 2
    assert "500" in lists("meetings", "feeds").out
    assert any("could not be read" in line for line in lists("doctor").out.splitlines())


def test_a_removed_feed_is_listed_no_more(lists: Cli) -> None:
    lists("meetings", "import", "list.json", "--fellowship", "aa")
    assert lists("meetings", "remove", 1).code == 0
    assert "No lists yet" in lists("meetings", "feeds").out
    assert lists("meetings", "occurrences", "--from", "2027-03-01", "--until", "2027-04-01").out == ""
    assert lists("meetings", "import", "list.json", "--fellowship", "aa").last.startswith("Imported 5")


def test_the_doctor_says_when_there_are_no_lists_and_when_all_is_well(lists: Cli) -> None:
    def told() -> list[str]:
        return [line for line in lists("doctor").out.splitlines() if "meetings:" in line]

    assert "there are no lists" in told()[0]
    lists("meetings", "import", "list.json", "--fellowship", "aa")
    assert told() == ["ok    meetings: 1 list with 5 meetings, read lately"]


@pytest.mark.skipif(not REAL.exists(), reason="the folder of real lists is not here")
def test_formats_of_a_bmlt_server_come_from_files_beside_it(clinic: Cli) -> None:
    beside = (part for name in ("formats", "service-bodies") for part in ("--also", str(REAL / f"na-bmlt-{name}.json")))
    done = clinic("meetings", "import", REAL / "na-bmlt-new-york-large.json", "--fellowship", "na", *beside)
    assert done.last == "Imported 1513 of 1555 rows (1511 ok, 2 warn, 42 skipped; 1513 in_person); 1513 weekly meetings."
