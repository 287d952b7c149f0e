"""The command line as an operator uses it: in a folder of its own, with nothing but what the test gives it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.content import library
from bot.content.files import overlay
from bot.content.library import Content
from tests.world import KEY, migrated

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of the output."""
        return self.out.splitlines()[-1]

    @property
    def json(self) -> list[Any]:
        """The output, one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """Runs `waymark` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}

    def __call__(self, *args: str | int | Path, stdin: str | bytes | None = None, **env: str) -> Answer:
        """Run a command in this process; `env` holds settings without their prefix, in small letters."""
        names = {f"WAYMARK_{name.upper()}": value for name, value in env.items()}
        result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, env={**self.env, **names})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def process(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Answer:
        """Run a command as a process of its own, as a shell would."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
        done = subprocess.run(
            [sys.executable, "-m", "bot", *args],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            env={**inherited, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **self.env, **(env or {})},
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def rows(self, query: str) -> list[Any]:
        """What the folder's SQLite database answers."""
        with closing(sqlite3.connect(self.folder / "waymark.db")) as connection:
            return connection.execute(query).fetchall()


_read_content = library.load
_known: dict[tuple[tuple[str, bytes], ...], Content] = {}


def _read_once(own: Path | None = None) -> Content:
    """`library.load`, which takes a second, but the same files are read once for all tests."""
    key = () if own is None else tuple((name, path.read_bytes()) for name, path in overlay((own,), ".").items())
    if key not in _known:
        _known[key] = _read_content(own)
    return _known[key]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """An empty folder and no settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "load", _read_once)
    return Cli(tmp_path)


@pytest.fixture
def clinic(cli: Cli) -> Cli:
    """A prepared clinic: keys, zone and a migrated, empty database."""
    shutil.copy(migrated(), cli.folder / "waymark.db")
    cli.env = {"WAYMARK_ENCRYPTION_KEYS": KEY, "WAYMARK_TIMEZONE": "America/New_York"}
    return cli
