"""A whole programme from a table: all of it or nothing, and one line that says why."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli

HEAD = "kind,track,days,from,until,time,minutes,room,link,title,leader,patients\n"
GROUP = "group,Evening,mon-thu,2030-03-04,2030-05-30,18:00,180,Room 2,,Skills,1,\n"


def table(clinic: Cli, text: str) -> str:
    (clinic.folder / "programme.csv").write_text(text, encoding="utf-8")
    return "programme.csv"


@pytest.fixture
def staffed(clinic: Cli) -> Cli:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    return clinic


def test_a_table_becomes_series_and_single_sessions(staffed: Cli) -> None:
    once = "group,morning,,2030-03-04,,9:30 am,1.5 h,,https://meet.example.org/x,,1,\n"
    told = staffed("sessions", "import", table(staffed, HEAD + GROUP + once))
    assert (told.code, told.err, told.last) == (0, "", "2 sessions put in")
    assert staffed.rows("SELECT kind, track, wall, minutes FROM session_series ORDER BY wall") == [
        ("group", "morning", "09:30", 90),
        ("group", "evening", "18:00", 180),
    ]
    lines = staffed("sessions", "list").out.splitlines()
    cells = ["group", "evening", "mon,tue,wed,thu 18:00 from 2030-03-04 until 2030-05-30 America/New_York", "180 min", "led by 1"]
    assert cells in [line.split("\t") for line in lines]
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("circle,evening,mon,2030-03-04,,18:00,90,,,,1,\n", "kind is wrong"),
        ("group,,mon,2030-03-04,,18:00,90,,,,1,\n", "track is wrong"),
        ("group,evening,someday,2030-03-04,,18:00,90,,,,1,\n", "days is wrong"),
        ("group,evening,mon,4 March,,18:00,90,,,,1,\n", "from is wrong"),
        ("group,evening,mon,2030-03-04,2030-03-01,18:00,90,,,,1,\n", "from is wrong"),
        ("group,evening,,2020-03-04,,18:00,90,,,,1,\n", "that time is over"),
        ("group,evening,mon,2030-03-04,,25:00,90,,,,1,\n", "time is wrong"),
        ("group,evening,mon,2030-03-04,,18:00,5,,,,1,\n", "time is wrong"),
        ("group,evening,mon,2030-03-04,,18:00,90,,ftp://x.org,,1,\n", "room is wrong"),
        ("group,evening,mon,2030-03-04,,18:00,90,,,,x,\n", "leader is wrong"),
        ("group,evening,mon,2030-03-04,,18:00,90,,,,99,\n", "99"),
        ("group,evening,mon\n", "cells"),
    ],
)
def test_one_bad_row_puts_nothing_in(staffed: Cli, row: str, why: str) -> None:
    told = staffed("sessions", "import", table(staffed, HEAD + GROUP + row))
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert why in told.err
    assert staffed.rows("SELECT count(*) FROM session_series") == [(0,)]


@pytest.mark.parametrize("text", ["", "kind;track\n", "<html>", "kind,leader,from,time,minutes,colour\n"])
def test_what_is_no_such_table_is_refused(staffed: Cli, text: str) -> None:
    told = staffed("sessions", "import", table(staffed, text))
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "columns" in told.err


def test_a_dry_run_only_looks(staffed: Cli) -> None:
    told = staffed("sessions", "import", table(staffed, HEAD + GROUP), "--dry-run")
    assert told.last == "1 sessions are fine; nothing was put in"
    assert staffed.rows("SELECT count(*) FROM session_series") == [(0,)]
    assert staffed("sessions", "import", "nowhere.csv").code == 2
