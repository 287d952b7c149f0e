"""`waymark doctor`: every finding says what to do, and only a sound installation ends with 0."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
import yaml

from bot import native
from bot.cli import telegram
from bot.cli.telegram import Identity
from bot.content import check
from bot.content.check import Report
from bot.content.library import shipped_root
from tests.cli.conftest import Answer, Cli
from tests.world import TOKEN

WHOLE_CHECK = check.check


@pytest.fixture
def telegram_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is known; the real question is asked over HTTP in test_init."""
    monkeypatch.setattr(telegram, "identity", lambda _settings: Identity("waymark_bot", "Waymark"))


def own_lines(cli: Cli, verified_on: date | None) -> None:
    """A content folder of the clinic's own, in which every crisis line was dialled on a day."""
    document = yaml.safe_load((shipped_root("content") / "crisis" / "lines.yaml").read_text(encoding="utf-8"))
    for country in document["countries"].values():
        for group in country["lines"].values():
            for line in group:
                line.pop("verified_on", None)
                if verified_on is not None:
                    line["verified_on"] = verified_on.isoformat()
    folder = cli.folder / "own" / "crisis"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lines.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    cli.env["WAYMARK_CONTENT_DIR"] = str(cli.folder / "own")


def staffed(cli: Cli) -> None:
    """Two counselors on call and a supervisor, all with an account."""
    for name, role in (("Dana Reyes", "counselor"), ("Luis Ortega", "counselor"), ("Ines Wolf", "supervisor"), ("Olga Op", "operator")):
        cli("staff", "add", name, "--role", role)
    cli("oncall", "set", "--primary", 1, "--backup", 2)
    sql(cli, "UPDATE person SET chat_id = 1000 + number")


def sql(cli: Cli, statement: str) -> None:
    with closing(sqlite3.connect(cli.folder / "waymark.db")) as connection:
        connection.execute(statement)
        connection.commit()


def said(told: Answer, state: str, subject: str) -> str:
    """All lines of one state and subject."""
    return "\n".join(line for line in told.out.splitlines() if line.split(":")[0].split(maxsplit=1) == [state, subject])


@pytest.fixture
def content_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at all content takes a second; that is for the tests of `content check`."""
    monkeypatch.setattr(check, "check", lambda _own: Report({"files": 1}, []))


@pytest.fixture
def sound(clinic: Cli, telegram_answers: None, content_is_fine: None) -> Cli:
    """A clinic with nothing to mend."""
    clinic.env |= {"WAYMARK_BOT_TOKEN": TOKEN}
    own_lines(clinic, datetime.now(UTC).date() - timedelta(days=30))
    staffed(clinic)
    return clinic


@pytest.mark.parametrize(("compiled", "line"), [(True, "ok    screen: runs compiled"), (False, "look  screen: runs as plain Python")])
def test_whether_the_screen_is_compiled_is_told(sound: Cli, monkeypatch: pytest.MonkeyPatch, compiled: bool, line: str) -> None:
    monkeypatch.setattr(native, "runs", lambda: compiled)
    assert any(told.startswith(line) for told in sound("doctor").out.splitlines())


def test_a_sound_clinic_ends_with_0(sound: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check", WHOLE_CHECK)
    told = sound("doctor")
    assert [line for line in told.out.splitlines() if line.startswith("mend")] == []
    assert told.code == 0
    assert told.err == ""


def test_an_empty_folder_is_told_what_to_do(cli: Cli) -> None:
    told = cli("doctor")
    assert told.code == 1
    assert "`waymark init`" in said(told, "mend", "settings")
    assert "there is no database" in said(told, "mend", "database")


def test_wrong_settings_are_findings_each(cli: Cli) -> None:
    told = cli("doctor", timezone="Mars/Olympus", listen="nowhere")
    assert told.code == 1
    assert said(told, "mend", "settings").count("is wrong") == 2


def test_a_slip_of_the_pen_in_env_is_found(sound: Cli) -> None:
    (sound.folder / ".env").write_text("WAYMARK_TIMEZON=UTC\n")
    (sound.folder / ".env").chmod(0o644)
    found = said(sound("doctor"), "mend", "settings")
    assert "WAYMARK_TIMEZON," in found
    assert "chmod 600" in found


@pytest.mark.parametrize("days", [None, 200, -1])
def test_lines_that_nobody_dialled_within_six_months_fail(sound: Cli, days: int | None) -> None:
    own_lines(sound, None if days is None else datetime.now(UTC).date() - timedelta(days=days))
    told = sound("doctor")
    assert told.code == 1
    assert "verified_on" in said(told, "mend", "lines")


def test_a_country_without_lines_fails(sound: Cli) -> None:
    found = said(sound("doctor", country="AQ"), "mend", "lines")
    assert "no emergency number" in found
    assert "no crisis line" in found


def test_the_sign_off_holds_for_this_content_alone(sound: Cli) -> None:
    assert "no clinician has approved" in said(sound("doctor"), "look", "sign-off")
    assert sound("content", "sign-off", "Ann Lee", "--role", "medical director", "--on", "2026-01-02").code == 0
    assert "Ann Lee, medical director, 2026-01-02" in said(sound("doctor"), "ok", "sign-off")
    (sound.folder / "own" / "style.yaml").write_bytes((shipped_root("content") / "style.yaml").read_bytes() + b"\n# changed\n")
    assert "no clinician has approved" in said(sound("doctor"), "look", "sign-off")


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "2999-01-01"])
def test_a_sign_off_needs_a_day_that_has_come(sound: Cli, on: str) -> None:
    told = sound("content", "sign-off", "Ann Lee", "--role", "nurse", "--on", on)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "--on is wrong" in told.err


def test_a_clinician_s_name_is_sealed(sound: Cli) -> None:
    sound("content", "sign-off", "Ann Lee", "--role", "nurse", "--on", "2026-01-02")
    assert b"Ann Lee" not in b"".join(path.read_bytes() for path in sound.folder.glob("waymark.db*"))


def test_nobody_on_call_now_fails_and_later_gaps_are_named(sound: Cli) -> None:
    end = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    sql(sound, "DELETE FROM shift")
    sound("oncall", "set", "--primary", 1, "--until", end)
    told = sound("doctor")
    assert told.code == 1
    assert "nobody is backup now" in said(told, "mend", "on call")
    assert "nobody is primary from" in said(told, "look", "on call")


def test_who_cannot_be_paged_is_no_cover(sound: Cli) -> None:
    sql(sound, "UPDATE person SET blocked_at = '2026-01-01 00:00:00' WHERE number = 1")
    assert "1 is primary now but cannot be paged" in said(sound("doctor"), "mend", "on call")


def test_a_chain_without_supervisor_fails(sound: Cli) -> None:
    sound("staff", "remove", 3)
    assert "no supervisor" in said(sound("doctor"), "mend", "on call")


def test_a_telling_name_is_pointed_out(sound: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "identity", lambda _settings: Identity("sober_harbor_bot", "Harbor"))
    assert "sober" in said(sound("doctor"), "look", "token")


def test_telegram_out_of_reach_fails(sound: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "identity", lambda _settings: None)
    assert "does not answer" in said(sound("doctor"), "mend", "token")


def test_a_wrong_key_and_a_damaged_file_are_findings(sound: Cli) -> None:
    told = sound("doctor", encryption_keys="A" * 43 + "=")
    assert "does not hold the key" in said(told, "mend", "keys")
    path = sound.folder / "waymark.db"
    path.write_bytes(b"x" * path.stat().st_size)
    for companion in sound.folder.glob("waymark.db-*"):
        companion.unlink()
    told = sound("doctor")
    assert told.code == 1
    assert "restore your last backup" in said(told, "mend", "database")


def test_broken_content_is_a_finding(sound: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check", WHOLE_CHECK)
    (sound.folder / "own" / "crisis" / "policy.yaml").write_text("emergency: [\n")
    told = sound("doctor")
    assert told.code == 1
    assert "1 finding: `waymark content check` names it" in said(told, "mend", "content")


def test_clocks_are_compared_on_postgresql(clinic: Cli, postgres_url: str, telegram_answers: None, content_is_fine: None) -> None:
    clinic.env["WAYMARK_DATABASE_URL"] = postgres_url
    assert clinic("db", "upgrade").code == 0
    assert "agrees with the database server's" in said(clinic("doctor"), "ok", "clock")
