"""The rota from the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Answer, Cli


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


def rotated(cli: Cli, *more: str) -> Answer:
    return cli("oncall", "rotate", "--position", "primary", "--members", "1,2", "--at", "09:00", "--from", "2027-01-04", *more)


def test_a_rotation_gives_each_their_turn_at_the_clinics_wall_time(staffed: Cli) -> None:
    assert rotated(staffed).last.startswith("1: primary 1,2 take turns of 7 days at 09:00 from 2027-01-04")
    primary = [row for row in shown(staffed, "2027-03-08T14:00Z", "2027-03-22T13:00Z") if row[0] == "primary"]
    assert primary == [  # the clocks change on March 14
        ("primary", 2, "2027-03-08T14:00:00Z", "2027-03-15T13:00:00Z"),
        ("primary", 1, "2027-03-15T13:00:00Z", "2027-03-22T13:00:00Z"),
    ]


def test_fixed_hours_come_before_the_rotation_and_set_before_both(staffed: Cli) -> None:
    rotated(staffed)
    told = staffed(
        *("oncall", "fixed", "--position", "primary", "--staff", 3, "--days", "mon-fri"),
        *("--from-time", "8:00", "--until-time", "17:00", "--from", "2027-01-01"),
    )
    assert told.out == "2: primary 3 mon-fri 08:00-17:00 from 2027-01-01\n"
    staffed("oncall", "set", "--primary", 2, "--from", "2027-01-05T12:00", "--until", "2027-01-05T13:00")
    found = [row[1] for row in shown(staffed, "2027-01-05T05:00Z", "2027-01-06T05:00Z") if row[0] == "primary"]
    assert found == [1, 3, 2, 3, 1]


def test_rules_are_listed_with_ids_and_removed_by_them(staffed: Cli) -> None:
    rotated(staffed, "--until", "2027-06-01")
    staffed("oncall", "off-hours", "--days", "sat,sun", "--from-time", "22:00", "--until-time", "08:00")
    assert [(line["id"], line["kind"], line["position"], line["what"]) for line in staffed("oncall", "rules").json] == [
        (1, "rotation", "primary", "1,2 take turns of 7 days at 09:00 from 2027-01-04 until 2027-06-01"),
        ("off-1", "off-hours", None, "sat,sun 22:00-08:00"),
    ]
    assert staffed("oncall", "remove-rule", "off-1").out == "off-1 is removed\n"
    assert staffed("oncall", "remove-rule", "1").code == 0
    assert staffed("oncall", "rules").out == ""
    again = staffed("oncall", "remove-rule", "1")
    assert (again.code, again.err) == (2, "1 is not the ID of a rule: `waymark oncall rules` prints them\n")
    assert staffed.rows("SELECT count(*) FROM rota_rule WHERE removed_at IS NOT NULL") == [(1,)]
    assert ("rota.rule_removed", "operator") in staffed.rows("SELECT action, actor FROM audit")


def test_declared_off_hours_are_no_gap(staffed: Cli) -> None:
    told = staffed("oncall", "set", "--primary", 1, "--backup", 2, "--until", "2099-01-01")
    assert "gap" not in told.err
    staffed("oncall", "off-hours", "--days", "all", "--from-time", "00:00", "--until-time", "00:00")
    rotated(staffed)
    assert staffed("oncall", "remove-rule", "1").err == ""


def test_a_second_rotation_for_one_place_is_said(staffed: Cli) -> None:
    rotated(staffed)
    assert "rotation 1 is there for primary, too" in rotated(staffed).err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("rotate --position third --members 1 --from 2027-01-04", "--position is wrong"),
        ("rotate --position primary --members 1,x --from 2027-01-04", "--members is wrong"),
        ("rotate --position primary --members 1,9 --from 2027-01-04", "9 is not the ID"),
        ("rotate --position primary --members 1,4 --from 2027-01-04", "cannot be on call"),
        ("rotate --position primary --members 1 --from 2027-02-30", "--from is wrong"),
        ("rotate --position primary --members 1 --from 9999-12-31", "--from is wrong"),
        ("rotate --position primary --members 1 --from 2027-01-04 --until 2027-01-03", "--until is wrong"),
        ("rotate --position primary --members 1 --from 2027-01-04 --every 0", "--every is wrong"),
        ("rotate --position primary --members 1 --from 2027-01-04 --at 25:00", "--at is wrong"),
        ("fixed --position primary --staff 1 --days someday --from-time 08:00 --until-time 17:00", "--days is wrong"),
        ("fixed --position primary --staff 1 --days mon --from-time 8 --until-time 17:00", "--from-time is wrong"),
        ("fixed --position primary --staff 9 --days mon --from-time 08:00 --until-time 17:00", "9 is not the ID"),
        ("off-hours --days all --from-time 22:00 --until-time late", "--until-time is wrong"),
        ("remove-rule off-7", "off-7 is not the ID of a rule"),
        ("remove-rule x", "x is not the ID of a rule"),
        ("show --from 9999-12-30", "--from is wrong"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_one_line(staffed: Cli, args: str, said: str) -> None:
    told = staffed("oncall", *args.split())
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert said in told.err
    assert staffed.rows("SELECT count(*) FROM rota_rule") == [(0,)]
