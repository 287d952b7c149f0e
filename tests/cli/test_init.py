"""`waymark init`: from an empty folder to a clinic, and again without harm."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.cli.telegram import Identity, telling
from bot.clock import FakeClock
from bot.content.library import shipped_root
from bot.content.prose import load_style
from bot.demo.botapi.core import BotApi
from bot.demo.botapi.http import routes
from bot.demo.botapi.server import serving
from tests.cli.conftest import ROOT, Answer, Cli
from tests.cli.test_people import CODE
from tests.world import KEY, TOKEN


def settings(cli: Cli) -> dict[str, str | None]:
    return dotenv_values(cli.folder / ".env")


def test_an_empty_folder_becomes_a_clinic(cli: Cli) -> None:
    told = cli("init", "--yes", "--country", "us", "--timezone", "America/New_York", "--supervisor", "Ines Wolf")
    assert told.code == 0
    assert CODE.fullmatch(told.last)
    assert stat.S_IMODE((cli.folder / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((cli.folder / "waymark.db").stat().st_mode) == 0o600
    assert settings(cli)["WAYMARK_TIMEZONE"] == "America/New_York"
    assert cli("staff", "list").out.split("\t")[:3] == ["1", "Ines Wolf", "supervisor"]
    assert cli("db", "check").code == 0


def test_a_second_run_keeps_everything_and_gives_a_fresh_code(cli: Cli) -> None:
    first = cli("init", "--yes", "--country", "MX", "--supervisor", "Ines Wolf")
    before = (cli.folder / ".env").read_bytes()
    again = cli("init", "--yes")
    assert again.code == 0
    assert (cli.folder / ".env").read_bytes() == before
    assert CODE.fullmatch(again.last)
    assert again.last != first.last
    assert len(cli("staff", "list").out.splitlines()) == 1


def test_what_env_says_is_changed_only_when_told_so(cli: Cli) -> None:
    (cli.folder / ".env").write_text("# ours\nWAYMARK_COUNTRY=MX # Mexico\nOTHER=1\n")
    told = cli("init", "--yes", "--country", "US")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "WAYMARK_COUNTRY" in told.err
    assert settings(cli)["WAYMARK_COUNTRY"] == "MX"
    assert cli("init", "--yes", "--country", "US", "--replace").code == 0
    assert settings(cli)["WAYMARK_COUNTRY"] == "US"
    assert (cli.folder / ".env").read_text().startswith("# ours\n")
    assert settings(cli)["OTHER"] == "1"


def test_a_wrong_answer_writes_nothing(cli: Cli) -> None:
    told = cli("init", "--yes", "--timezone", "Mars/Olympus")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "WAYMARK_TIMEZONE is wrong" in told.err
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize("name", ['Harbor\'s "C" \\ # Clinic', "Clínica Ñandú", "= $HOME"])
def test_any_name_comes_back_as_it_was_typed(cli: Cli, name: str) -> None:
    assert cli("init", "--yes", "--clinic-name", name).code == 0
    assert settings(cli)["WAYMARK_CLINIC_NAME"] == name


def test_it_asks_what_it_needs_and_asks_again_after_a_slip(cli: Cli) -> None:
    answers = ["", "Harbor Clinic", "ZZ", "US", "America/Chicago", "es", "+1 212 555 0100", "", "Ines Wolf"]
    told = cli("init", stdin="\n".join(answers) + "\n")
    assert told.code == 0
    assert "WAYMARK_COUNTRY is wrong" in told.err
    written = settings(cli)
    assert {name.removeprefix("WAYMARK_").lower(): value for name, value in written.items() if name != "WAYMARK_ENCRYPTION_KEYS"} == {
        "clinic_name": "Harbor Clinic",
        "country": "US",
        "timezone": "America/Chicago",
        "language": "es",
        "clinic_phone": "+1 212 555 0100",
    }
    assert CODE.fullmatch(told.last)


def test_enter_keeps_what_is_there(cli: Cli) -> None:
    cli("init", stdin="\nHarbor Clinic\nMX\n\n\n\n\nInes Wolf\n")
    assert (settings(cli)["WAYMARK_COUNTRY"], settings(cli)["WAYMARK_LANGUAGE"]) == ("MX", "en")
    before = (cli.folder / ".env").read_bytes()
    assert cli("init", stdin="\n" * 10).code == 0
    assert (cli.folder / ".env").read_bytes() == before
    assert "Ines Wolf" in cli("staff", "list").out


def test_a_lost_key_is_not_replaced_by_a_new_one(clinic: Cli) -> None:
    clinic("staff", "add", "Dana Reyes", "--role", "counselor")
    del clinic.env["WAYMARK_ENCRYPTION_KEYS"]
    told = clinic("init", "--yes")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "put the key from your old .env back" in told.err
    assert not (clinic.folder / ".env").exists()


def test_keys_from_the_environment_are_not_written_to_a_file(cli: Cli) -> None:
    assert cli("init", "--yes", "--country", "US", encryption_keys=KEY).code == 0
    assert "WAYMARK_ENCRYPTION_KEYS" not in settings(cli)


def test_a_database_of_a_newer_version_stops_it(clinic: Cli) -> None:
    with closing(sqlite3.connect(clinic.folder / "waymark.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'fffffffffff0'")
        connection.commit()
    assert "newer Waymark" in clinic("init", "--yes").err


@pytest.mark.parametrize(
    ("username", "name", "told"),
    [
        ("HarborRecoveryBot", "Harbor", "recovery"),
        ("harborsoberbot", "Harbor", "sober"),
        ("harbor_bot", "AA meetings", "aa"),
        ("harbor_bot", "Sin drogas", "drogas"),
        ("detox2go_bot", "Harbor", "detox"),
    ],
)
def test_a_name_that_tells_what_the_bot_is_for_is_found(username: str, name: str, told: str) -> None:
    assert told in telling(Identity(username, name), load_style([shipped_root("content")]))


@pytest.mark.parametrize(("username", "name"), [("waymark_bot", "Waymark"), ("NanaHouseBot", "Harbor House"), ("sunrise_bot", "Buen día")])
def test_a_neutral_name_is_not_warned_of(username: str, name: str) -> None:
    assert telling(Identity(username, name), load_style([shipped_root("content")])) == []


async def _waymark(folder: Path, *args: str, **env: str) -> Answer:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
    names = {f"WAYMARK_{name.upper()}": value for name, value in env.items()}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *args,
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **names},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await running.communicate()
    return Answer(running.returncode or 0, out.decode(), err.decode())


@pytest.mark.e2e
async def test_the_bot_s_name_is_asked_for_and_looked_at(tmp_path: Path) -> None:
    api = BotApi(FakeClock(datetime(2026, 3, 3, tzinfo=UTC)), TOKEN, bot_username="SoberHarborBot", bot_name="Harbor")
    async with serving(routes(api), before_stop=api.aclose) as root:
        told = await _waymark(tmp_path, "init", "--yes", "--token", TOKEN, bot_api_url=root)
        assert told.code == 0, told.err
        assert "@SoberHarborBot" in told.out
        assert "sober" in told.err
        looked = await _waymark(tmp_path, "doctor", bot_api_url=root)
        assert "Telegram knows the bot as @SoberHarborBot" in looked.out
        run = await _waymark(tmp_path, "run", bot_api_url=root, bot_token="1:wrong")
        assert (run.code, "Traceback" in run.err) == (2, False)
        assert run.err.splitlines()[-1].startswith("WAYMARK_BOT_TOKEN is refused")
        key = await _waymark(tmp_path, "run", bot_api_url=root, encryption_keys=KEY)
        assert (key.code, key.err.count("\n")) == (2, 1)
        assert "does not hold the key" in key.err


@pytest.mark.e2e
async def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    api = BotApi(FakeClock(datetime(2026, 3, 3, tzinfo=UTC)), TOKEN)
    async with serving(routes(api), before_stop=api.aclose) as root:
        assert (await _waymark(tmp_path, "init", "--yes", "--token", TOKEN, bot_api_url=root)).code == 0
        hook = {"mode": "webhook", "public_url": "http://127.0.0.1:1", "webhook_secret": "secret", "listen": root.removeprefix("http://")}
        told = await _waymark(tmp_path, "run", bot_api_url=root, **hook)
    assert told.code == 2
    assert "WAYMARK_LISTEN" in told.err.splitlines()[-1]
    assert "Traceback" not in told.err
