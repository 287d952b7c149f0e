"""`waymark db`: upgrade, backup, restore, check."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bot.vault import new_key
from tests.cli.conftest import Cli
from tests.world import KEY


@pytest.fixture
def filled(clinic: Cli) -> Cli:
    """A clinic with a counselor in it."""
    assert clinic("staff", "add", "Dana Reyes", "--role", "counselor").code == 0
    return clinic


def run_sql(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def kept(cli: Cli) -> list[Path]:
    return sorted(cli.folder.glob("waymark.db.before-*"))


def test_upgrade_makes_a_database_and_then_has_nothing_to_do(cli: Cli) -> None:
    assert "was upgraded to" in cli("db", "upgrade").out
    assert stat.S_IMODE((cli.folder / "waymark.db").stat().st_mode) == 0o600
    told = cli("db", "upgrade", database_url="sqlite:///nowhere/waymark.db")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    told = cli("db", "upgrade")
    assert (told.code, told.err) == (0, "")
    assert "is at revision" in told.out
    assert kept(cli) == []


def test_a_newer_database_is_left_alone(filled: Cli) -> None:
    run_sql(filled.folder / "waymark.db", "UPDATE alembic_version SET version_num = 'fffffffffff0'")
    for args in (("db", "upgrade"), ("staff", "list"), ("db", "check"), ("run",)):
        told = filled(*args, bot_token="1:x")
        assert (told.code, len(told.err.splitlines())) == (2, 1)
        assert "newer Waymark" in told.err


def test_a_backup_is_one_private_file_that_restores(filled: Cli) -> None:
    told = filled("db", "backup", "copy.db")
    assert told.code == 0
    copy = filled.folder / "copy.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    filled("staff", "remove", 1)
    assert filled("staff", "list").out == ""
    told = filled("db", "restore", "copy.db")
    assert (told.code, told.err) == (0, "")
    assert filled("staff", "list").out.startswith("1\tDana Reyes")
    assert sorted(path.name for path in filled.folder.iterdir() if path not in kept(filled)) == ["copy.db", "waymark.db"]


def test_what_was_there_before_a_restore_is_kept_whole(filled: Cli) -> None:
    filled("db", "backup", "copy.db")
    filled("staff", "add", "Luis Ortega", "--role", "counselor")
    filled("db", "restore", "copy.db")
    (old,) = kept(filled)
    (filled.folder / "waymark.db").unlink()
    old.rename(filled.folder / "waymark.db")
    assert len(filled("staff", "list").out.splitlines()) == 2


def test_a_backup_holds_what_was_written_a_moment_ago(filled: Cli) -> None:
    """What is committed stands in the journal beside the file for a while."""
    with closing(sqlite3.connect(filled.folder / "waymark.db")) as busy:
        busy.execute("PRAGMA wal_autocheckpoint=0")
        busy.execute("UPDATE person SET language = 'es'")
        busy.commit()
        assert filled("db", "backup", "copy.db").code == 0
    with closing(sqlite3.connect(filled.folder / "copy.db")) as copy:
        assert copy.execute("SELECT language FROM person").fetchall() == [("es",)]


def test_an_older_backup_is_not_overwritten_unasked(filled: Cli) -> None:
    filled("db", "backup", "copy.db")
    before = (filled.folder / "copy.db").stat().st_ino
    assert filled("db", "backup", "copy.db").code == 2
    assert (filled.folder / "copy.db").stat().st_ino == before
    assert filled("db", "backup", "copy.db", "--overwrite").code == 0
    assert filled("db", "backup", "nowhere/copy.db").code == 2


@pytest.mark.parametrize("damage", ["text", "cut", "other", "page"])
def test_a_bad_backup_changes_nothing(filled: Cli, damage: str) -> None:
    filled("db", "backup", "copy.db")
    copy = filled.folder / "copy.db"
    whole = copy.read_bytes()
    match damage:
        case "text":
            copy.write_text("not a database at all")
        case "cut":
            copy.write_bytes(whole[: len(whole) // 2])
        case "other":
            copy.unlink()
            run_sql(copy, "CREATE TABLE notes (text)")
        case "page":
            copy.write_bytes(whole[:8192] + b"\x55" * 4096 + whole[12288:])
    told = filled("db", "restore", "copy.db")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "Nothing was changed" in told.err
    assert kept(filled) == []
    assert len(filled("staff", "list").out.splitlines()) == 1
    assert sorted(path.name for path in filled.folder.iterdir()) == ["copy.db", "waymark.db"]


def test_a_backup_of_other_keys_is_refused(filled: Cli) -> None:
    filled("db", "backup", "copy.db")
    told = filled("db", "restore", "copy.db", encryption_keys=new_key())
    assert told.code == 2
    assert "WAYMARK_ENCRYPTION_KEYS" in told.err
    assert kept(filled) == []


def test_a_database_in_use_is_not_replaced(filled: Cli) -> None:
    filled("db", "backup", "copy.db")
    with closing(sqlite3.connect(filled.folder / "waymark.db")) as running:
        running.execute("SELECT count(*) FROM person").fetchall()
        told = filled("db", "restore", "copy.db")
    assert told.code == 2
    assert "stop `waymark run`" in told.err
    assert kept(filled) == []


def test_restoring_into_an_empty_folder_works(filled: Cli) -> None:
    filled("db", "backup", "copy.db")
    for path in filled.folder.glob("waymark.db*"):
        path.unlink()
    assert filled("db", "restore", "copy.db").code == 0
    assert filled("db", "check").code == 0
    assert filled("db", "restore", "waymark.db").code == 2
    assert filled("db", "restore", "no-such-file").code == 2


def test_check_says_all_is_well(filled: Cli) -> None:
    told = filled("db", "check")
    assert (told.code, told.out) == (0, "all is well\n")


def test_check_finds_rows_that_point_nowhere(filled: Cli) -> None:
    run_sql(filled.folder / "waymark.db", "DELETE FROM person")
    told = filled("db", "check")
    assert told.code == 1
    assert "point to rows that are gone" in told.out


def test_check_finds_a_moved_value(filled: Cli) -> None:
    filled("staff", "add", "Luis Ortega", "--role", "counselor")
    run_sql(filled.folder / "waymark.db", "UPDATE person SET name = (SELECT name FROM person WHERE number = 1) WHERE number = 2")
    told = filled("db", "check")
    assert told.code == 1
    assert "person.name" in told.out


def test_check_with_a_wrong_key_names_the_missing_one(filled: Cli) -> None:
    told = filled("db", "check", encryption_keys=new_key())
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "does not hold the key" in told.err


def test_a_new_key_in_front_opens_what_the_old_one_sealed(filled: Cli) -> None:
    both = f"{new_key()},{KEY}"
    assert filled("db", "check", encryption_keys=both).code == 0
    assert filled("staff", "add", "Luis Ortega", "--role", "counselor", encryption_keys=both).code == 0
    assert len(filled("staff", "list", encryption_keys=both).out.splitlines()) == 2
    assert filled("staff", "list").code == 2  # what is sealed with the new key by now needs it


def test_the_tools_of_postgresql_carry_a_backup_there_and_back(cli: Cli, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY, "WAYMARK_DATABASE_URL": postgres_url}
    assert cli("db", "upgrade").code == 0
    cli("staff", "add", "Dana Reyes", "--role", "counselor")
    assert cli("db", "check").code == 0
    told = cli("db", "backup", "copy.dump")
    assert (told.code, told.err) == (0, "")
    cli("staff", "remove", 1)
    assert cli("db", "restore", "copy.dump", encryption_keys=new_key()).code == 2
    told = cli("db", "restore", "copy.dump")
    assert (told.code, told.err) == (0, "")
    assert cli("staff", "list").out.startswith("1\tDana Reyes")
    assert len(list(cli.folder.glob("waymark.before-*.dump"))) == 1
    monkeypatch.setenv("PATH", str(cli.folder))
    told = cli("db", "backup", "again.dump")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "pg_dump is missing" in told.err
