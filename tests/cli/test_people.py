"""Staff and patients from the command line."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from bot.cli.common import now
from bot.models import Role
from tests.cli.conftest import Cli
from tests.world import KEY, World

CODE = re.compile(r"[A-Z2-7]{5}(-[A-Z2-7]{5,6}){4}")


def test_add_prints_the_code_alone_on_the_last_line(clinic: Cli) -> None:
    told = clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    assert (told.code, told.err) == (0, "")
    assert CODE.fullmatch(told.last)


def test_the_list_shows_who_waits_for_their_account(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    clinic("staff", "add", "Ines Wolf", "--role", "supervisor")
    told = clinic("staff", "list")
    assert [line.split("\t")[:3] for line in told.out.splitlines()] == [["1", "Dana Reyes", "counselor"], ["2", "Ines Wolf", "supervisor"]]
    assert told.out.count("has not used the code yet") == 2


def test_someone_who_missed_their_hour_gets_a_new_code_and_no_second_row(clinic: Cli) -> None:
    first = clinic("staff", "add", "Dana Reyes", "--role", "counselor").last
    second = clinic("staff", "add", "Dana  Reyes", "--role", "counselor").last
    assert first != second
    assert len(clinic("staff", "list").out.splitlines()) == 1
    assert clinic.rows("SELECT count(*) FROM invitation WHERE refused_at IS NULL") == [(1,)]  # the older one is good no more


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Da\x07na"])
def test_a_name_that_cannot_be_one_is_refused(clinic: Cli, name: str) -> None:
    told = clinic("staff", "add", name, "--role", "peer")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert clinic.rows("SELECT count(*) FROM person") == [(0,)]


@pytest.mark.parametrize(
    "args", [("staff", "add", "Dana", "--role", "patient"), ("staff", "ad"), ("--bogus",), ("staff", "remove", "x"), ("patient", "owner")]
)
def test_a_wrong_word_is_refused_in_one_line(clinic: Cli, args: tuple[str, ...]) -> None:
    told = clinic(*args)
    assert (told.code, len(told.err.splitlines()), told.out) == (2, 1, "")
    assert "--help` shows what it takes" in told.err


def test_names_and_codes_are_not_readable_in_the_database(clinic: Cli) -> None:
    code = clinic("staff", "add", "Dana Reyes", "--role", "counselor").last
    stored = b"".join(path.read_bytes() for path in clinic.folder.glob("waymark.db*"))
    assert b"Dana" not in stored
    assert code.encode() not in stored
    assert code.replace("-", "").encode() not in stored


def test_removed_staff_are_off_the_list_and_off_the_rota(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    clinic("oncall", "set", "--primary", "1")
    told = clinic("staff", "remove", 1)
    assert told.code == 0
    assert "nobody is primary" in told.err
    assert clinic("staff", "list").out == ""
    assert {span["staff"] for span in clinic("oncall", "show").json} == {None}
    assert clinic("staff", "remove", 1).code == 2


def test_nobody_can_be_removed_twice_or_without_being_there(clinic: Cli) -> None:
    told = clinic("staff", "remove", 7)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "`waymark staff list`" in told.err


def test_patient_invitations_differ_and_carry_their_track(clinic: Cli) -> None:
    codes = {clinic("patient", "invite", "--track", "evening").last, clinic("patient", "invite").last}
    assert len(codes) == 2
    assert all(CODE.fullmatch(code) for code in codes)
    assert sorted(clinic.rows("SELECT track FROM invitation"), key=str) == [("evening",), (None,)]


def test_what_the_operator_did_is_in_the_audit_log(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    clinic("patient", "list", "--search", "ana")
    clinic("staff", "remove", 1)
    told = clinic.rows("SELECT actor, action FROM audit ORDER BY id")
    assert ("operator", "patients.listed") in told
    assert ("operator", "staff.removed") in told
    assert {actor for actor, _ in told} == {"operator"}


def test_staff_cannot_be_erased(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    told = clinic("patient", "erase", 1)
    assert told.code == 2
    assert "`waymark staff remove 1`" in told.err
    assert clinic("patient", "export", 5).code == 2


async def test_a_patient_is_listed_exported_and_erased(world: World, cli: Cli) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY}
    ana = await world.enrol("Ana Núñez")
    number = ana.person.number
    await ana.says("a word to remember")
    assert cli("patient", "list", "--search", "nunez").out.startswith(f"{number}\tAna Núñez\t")
    assert cli("patient", "list", "--search", "ben").out == ""
    told = cli("patient", "export", number)
    assert told.code == 0
    assert json.loads(told.out)["person"]["name"] == "Ana Núñez"
    assert "Ana Núñez" in cli("patient", "export", number, "--format", "text").out
    told = cli("patient", "erase", number)
    assert (told.code, told.err) == (0, "")
    assert cli("patient", "list").out == ""
    for command in ("export", "erase"):
        told = cli("patient", command, number)
        assert (told.code, len(told.err.splitlines())) == (2, 1)
    await ana.says("hello again")
    assert ana.person.role is Role.VISITOR


async def test_nobody_is_erased_in_the_middle_of_a_crisis(world: World, cli: Cli) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY}
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    told = cli("patient", "erase", ana.person.number)
    assert told.code == 2
    assert "open case" in told.err
    assert ana.person.role is Role.PATIENT


async def test_a_code_of_the_command_line_opens_the_door(world: World, cli: Cli) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY}
    world.clock.move_to(now())  # the command line lives in the present
    max_ = world.stranger("Max")
    await max_.says(f"/start {cli('staff', 'add', 'Max Meyer', '--role', 'counselor').last}")
    assert (max_.person.role, max_.person.chat_id) == (Role.COUNSELOR, max_.user.id)
    assert "\tready" in next(line for line in cli("staff", "list").out.splitlines() if "Max Meyer" in line)
    ana = world.stranger("Ana")
    await ana.starts(cli("patient", "invite").last)
    assert ana.keys == ["enrolment/language"]


def test_an_invitation_names_the_owner(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    clinic("staff", "add", "Kim Day", "--role", "peer")
    assert CODE.fullmatch(clinic("patient", "invite", "--owner", 1).last)
    assert len(clinic.rows("SELECT owner_id FROM invitation WHERE owner_id IS NOT NULL")) == 1
    for wrong in (2, 9):
        told = clinic("patient", "invite", "--owner", wrong)
        assert (told.code, len(told.err.splitlines())) == (2, 1)


async def test_the_owner_is_changed_at_the_command_line(world: World, cli: Cli) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY}
    ana = await world.enrol("Ana")
    number, dana = ana.person.number, world.primary.person.number
    assert cli("patient", "owner", number, "--to", dana).code == 0
    assert "\tDana Reyes\t" in cli("patient", "list").out
    again = cli("patient", "owner", number, "--to", dana)
    assert (again.code, len(again.err.splitlines())) == (2, 1)
    assert cli("patient", "owner", dana, "--to", dana).code == 2


def test_leave_is_planned_listed_and_cancelled(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    clinic("staff", "add", "Luis Ortega", "--role", "counselor")
    first, last = (now() + timedelta(days=10)).date(), (now() + timedelta(days=14)).date()
    told = clinic("staff", "leave", 1, "--from", str(first), "--until", str(last), "--cover", 2)
    assert (told.code, told.err) == (0, "")
    assert clinic("staff", "leave").out == f"1\tDana Reyes\t{first}\t{last}\t2 Luis Ortega\n"
    wrongs = [
        ("--from", str(first)),
        ("--from", "soon"),
        ("--from", "2020-01-01", "--until", "2020-01-02"),
        ("--from", str(last), "--cover", "1"),
    ]
    for wrong in wrongs:
        told = clinic("staff", "leave", 1, *wrong)
        assert (told.code, len(told.err.splitlines())) == (2, 1), wrong
    assert clinic("staff", "leave", 1, "--cancel").code == 0
    assert clinic("staff", "leave").out == ""
    assert clinic("staff", "leave", 1, "--cancel").code == 2


async def test_nobody_with_patients_goes_without_a_cover(world: World, cli: Cli) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY}
    ana = await world.enrol("Ana")
    dana = world.primary.person.number
    cli("patient", "owner", ana.person.number, "--to", dana)
    told = cli("staff", "leave", dana, "--from", str((now() + timedelta(days=3)).date()))
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "--cover" in told.err


async def test_a_code_moves_a_patient_or_a_colleague_to_a_new_phone_without_a_question(world: World, cli: Cli) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY}
    ana = await world.enrol("Ana")
    world.clock.move_to(now())  # the command line lives in the present
    for command, old, role in (("patient", ana, Role.PATIENT), ("staff", world.primary, Role.COUNSELOR)):
        number = old.person.number
        new = world.stranger("New")
        await new.says(f"/start {cli(command, 'code', number).last}")
        assert (new.person.number, new.person.role) == (number, role)
        await old.says("hello")
        assert old.person.role is Role.VISITOR
    assert cli("patient", "code", world.backup.person.number).code == 2
    assert cli("staff", "code", 999).code == 2
