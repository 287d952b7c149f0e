"""The rota from the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli


@pytest.fixture
def staffed(clinic: Cli) -> Cli:
    """Two counselors (1, 2), a supervisor (3) and a peer (4)."""
    for name, role in (("Dana Reyes", "counselor"), ("Luis Ortega", "counselor"), ("Ines Wolf", "supervisor"), ("Paul Kim", "peer")):
        assert clinic("staff", "add", name, "--role", role).code == 0
    return clinic


def shown(cli: Cli, start: str, end: str) -> list[tuple[object, ...]]:
    return [
        (line["position"], line["staff"], line["from"], line["until"])
        for line in cli("oncall", "show", "--from", start, "--until", end).json
    ]


def test_local_times_are_those_of_the_clinic(staffed: Cli) -> None:
    told = staffed("oncall", "set", "--primary", 1, "--backup", 2, "--from", "2027-01-04T08:00", "--until", "2027-01-11 08:00")
    assert told.code == 0
    assert shown(staffed, "2027-01-04T13:00:00Z", "2027-01-11T13:00:00+00:00") == [
        ("primary", 1, "2027-01-04T13:00:00Z", "2027-01-11T13:00:00Z"),
        ("backup", 2, "2027-01-04T13:00:00Z", "2027-01-11T13:00:00Z"),
    ]


def test_gaps_are_shown_with_nobody_in_them(staffed: Cli) -> None:
    staffed("oncall", "set", "--primary", 1, "--from", "2027-01-04T08:00Z", "--until", "2027-01-05T08:00Z")
    assert shown(staffed, "2027-01-04T00:00Z", "2027-01-06T00:00Z") == [
        ("primary", None, "2027-01-04T00:00:00Z", "2027-01-04T08:00:00Z"),
        ("primary", 1, "2027-01-04T08:00:00Z", "2027-01-05T08:00:00Z"),
        ("primary", None, "2027-01-05T08:00:00Z", "2027-01-06T00:00:00Z"),
        ("backup", None, "2027-01-04T00:00:00Z", "2027-01-06T00:00:00Z"),
    ]


def test_a_later_entry_wins_for_its_stretch_alone(staffed: Cli) -> None:
    staffed("oncall", "set", "--primary", 1, "--from", "2027-01-01T00:00Z")
    staffed("oncall", "set", "--primary", 3, "--from", "2027-01-02T00:00Z", "--until", "2027-01-03T00:00Z")
    assert [row[1] for row in shown(staffed, "2027-01-01T00:00Z", "2027-01-04T00:00Z") if row[0] == "primary"] == [1, 3, 1]


def test_the_names_stand_beside_the_ids(staffed: Cli) -> None:
    staffed("oncall", "set", "--primary", 1)
    assert [line["name"] for line in staffed("oncall", "show").json] == ["Dana Reyes", None]


def test_left_out_times_mean_from_now_on_and_two_weeks(staffed: Cli) -> None:
    told = staffed("oncall", "set", "--primary", 1, "--backup", 2)
    assert "cannot be paged yet" in told.err  # they have not used their codes
    assert [line["staff"] for line in staffed("oncall", "show").json] == [1, 2]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "nobody was named"),
        (("--primary", "9"), "is not the ID of a member of staff"),
        (("--primary", "4"), "cannot be on call"),
        (("--primary", "1", "--from", "tomorrow"), "--from is wrong"),
        (("--primary", "1", "--from", "2027-02-30T08:00"), "--from is wrong"),
        (("--primary", "1", "--from", "2027-01-02", "--until", "2027-01-02"), "--until is wrong"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(staffed: Cli, args: tuple[str, ...], said: str) -> None:
    told = staffed("oncall", "set", *args)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert said in told.err
    assert staffed.rows("SELECT count(*) FROM shift") == [(0,)]


def test_one_bad_id_leaves_the_other_unset(staffed: Cli) -> None:
    assert staffed("oncall", "set", "--primary", 1, "--backup", 9).code == 2
    assert staffed.rows("SELECT count(*) FROM shift") == [(0,)]


def test_one_person_for_both_is_allowed_and_warned_of(staffed: Cli) -> None:
    told = staffed("oncall", "set", "--primary", 1, "--backup", 1)
    assert told.code == 0
    assert "the same person" in told.err


def test_hours_that_the_clocks_skip_or_repeat_are_taken(staffed: Cli) -> None:
    assert staffed("oncall", "set", "--primary", 1, "--from", "2027-03-14T02:30", "--until", "2027-11-07T01:30").code == 0
    rows = shown(staffed, "2027-03-14T07:30:00Z", "2027-11-07T05:30:00Z")
    assert rows[0] == ("primary", 1, "2027-03-14T07:30:00Z", "2027-11-07T05:30:00Z")
