"""What every command shares: it starts without settings, and an operator's mistake is one line."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import staff
from tests.cli.conftest import ROOT, Cli
from tests.world import KEY, TOKEN


def test_the_module_is_the_command(cli: Cli) -> None:
    told = cli.process("--help")
    assert told.code == 0
    for command in ("run", "init", "doctor", "db", "content", "screen", "staff", "patient", "oncall"):
        assert command in told.out


def test_the_version_is_the_package_s(cli: Cli) -> None:
    assert cli("--version").out == f"waymark {importlib.metadata.version('waymark')}\n"


@pytest.mark.parametrize("args", [("run",), ("staff", "list"), ("oncall", "show"), ("patient", "list"), ("db", "check")])
def test_a_missing_setting_is_named_in_one_line(cli: Cli, args: tuple[str, ...]) -> None:
    told = cli(*args)
    assert told.code == 2
    assert told.out == ""
    assert all(line.startswith("WAYMARK_") and "is missing" in line for line in told.err.splitlines())
    assert "ENCRYPTION_KEYS" in told.err


def test_a_wrong_setting_is_named_without_its_value(cli: Cli) -> None:
    told = cli("staff", "list", encryption_keys="secret-but-wrong", timezone="Mars/Olympus")
    assert told.code == 2
    assert "WAYMARK_ENCRYPTION_KEYS is wrong" in told.err
    assert "WAYMARK_TIMEZONE is wrong" in told.err
    assert "secret-but-wrong" not in told.err


def test_run_without_a_database_makes_none(cli: Cli) -> None:
    told = cli("run", bot_token=TOKEN, encryption_keys=KEY)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "`waymark init`" in told.err
    assert list(cli.folder.iterdir()) == []


def test_a_file_that_is_no_database_is_said_in_one_line(cli: Cli) -> None:
    (cli.folder / "waymark.db").write_bytes(b"not a database, " * 100)
    told = cli("staff", "list", encryption_keys=KEY)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "not a SQLite database" in told.err


def test_a_database_server_that_does_not_answer_is_said_in_one_line(cli: Cli) -> None:
    told = cli("staff", "list", encryption_keys=KEY, database_url="postgresql://user:geheim@127.0.0.1:1/none")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "WAYMARK_DATABASE_URL" in told.err
    assert "geheim" not in told.err


def test_broken_content_is_said_with_file_and_reason(clinic: Cli) -> None:
    own = clinic.folder / "own"
    (own / "crisis").mkdir(parents=True)
    (own / "crisis" / "replies.yaml").write_text("yes: [yes\n")
    told = clinic("staff", "list", content_dir=str(own))
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "replies.yaml" in told.err


def test_a_mistake_of_ours_is_one_line_without_the_words_in_it(clinic: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> str:
        raise RuntimeError("quiero-morir")

    monkeypatch.setattr(staff, "checked_name", fail)
    told = clinic("staff", "add", "Dana", "--role", "counselor")
    assert (told.code, len(told.err.splitlines())) == (1, 1)
    assert "RuntimeError" in told.err
    assert "quiero-morir" not in told.err


def test_an_unknown_command_is_refused(cli: Cli) -> None:
    told = cli("fly")
    assert told.code == 2
    assert "Traceback" not in told.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("args", [("--version",), ("screen", "--rules-only", "--explain", "hello")])
def test_a_full_disk_is_one_line(args: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-m", "bot", *args], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"the disk is full: free some space and try again\n")
