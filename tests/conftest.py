"""What all tests share: the machine's extras (Chromium, PostgreSQL), and what did not run for want of them.

A test that needs an extra carries its marker (`browser`, `postgres`) or asks for its fixture. Where the machine lacks it, the test is
left out and the last line says so; with `REQUIRE_ALL=1` the run fails instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from sqlalchemy.engine import make_url

from bot import opinions, pipeline, schema
from bot.db import Database
from tests.reaching import unexplained
from tests.world import START, World, migrated, world_at

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
POSTGRES_URL = "WAYMARK_TEST_POSTGRES_URL"
MEMORY = "/dev/shm"  # a file system in memory, where the machine has one
FIXTURES = {"browser": "chromium", "postgres": "postgres_url"}
MISSING = pytest.StashKey[dict[str, str]]()

# The same examples each time: a red run must come from a change, not from the dice or a busy machine.
hypothesis.settings.register_profile("waymark", deadline=None, derandomize=True)
hypothesis.settings.load_profile("waymark")


def _browser() -> str | None:
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


def pytest_configure(config: pytest.Config) -> None:
    """Forget the settings of whoever starts the tests, and look what the machine has."""
    for name in list(os.environ):
        if name.startswith("WAYMARK_") and not name.startswith("WAYMARK_TEST_"):
            del os.environ[name]
    if os.access(MEMORY, os.W_OK):
        # Every commit of the product waits for the disk; what a test wants to know does not depend on it.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)
    missing = {}
    if _browser() is None:
        missing["browser"] = "no Chromium on this machine"
    if not os.environ.get(POSTGRES_URL):
        missing["postgres"] = f"no PostgreSQL ({POSTGRES_URL} is not set; .ci/test starts one where it is installed)"
    config.stash[MISSING] = missing
    if missing and os.environ.get("REQUIRE_ALL") == "1":
        raise pytest.UsageError(f"REQUIRE_ALL=1, but: {'; '.join(missing.values())}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run."""
    missing = config.stash[MISSING]
    here: list[pytest.Item] = []
    not_here: list[pytest.Item] = []
    for item in items:
        needs = {
            name for name, fixture in FIXTURES.items() if item.get_closest_marker(name) or fixture in getattr(item, "fixturenames", ())
        }
        (not_here if needs & missing.keys() else here).append(item)
    if not_here:
        config.hook.pytest_deselected(items=not_here)
        items[:] = here


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Say last, below the summary, what did not run."""
    result = yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not session.config.option.collectonly:
        for name, why in session.config.stash[MISSING].items():
            reporter.write_line(f"Did not run: {name} tests: {why}")
        if not session.config.stash[MISSING]:
            reporter.write_line("Nothing was left out for want of Chromium or PostgreSQL.")
    return result


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser for playwright's `executable_path`."""
    path = _browser()
    assert path is not None, "a test that asks for this fixture at run time needs the marker `browser`"
    return path


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The address (SQLAlchemy's, psycopg 3) of a fresh, empty PostgreSQL database that is dropped after the test."""
    base = os.environ.get(POSTGRES_URL)
    assert base, "a test that asks for this fixture at run time needs the marker `postgres`"
    server = make_url(base).set(drivername="postgresql")
    name = f"waymark_test_{uuid4().hex}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        yield server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


SHIPPED_PATIENCE = (pipeline.CRISIS_PATIENCE_S, pipeline.PATIENCE_S)


@pytest.fixture
def shipped_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's own patience with a late database, for the tests that are about it."""
    monkeypatch.setattr(pipeline, "CRISIS_PATIENCE_S", SHIPPED_PATIENCE[0])
    monkeypatch.setattr(pipeline, "PATIENCE_S", SHIPPED_PATIENCE[1])


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy test machine is no database that is late; the tests of lateness set their own patience."""
    monkeypatch.setattr(pipeline, "CRISIS_PATIENCE_S", 60.0)
    monkeypatch.setattr(pipeline, "PATIENCE_S", 60.0)
    monkeypatch.setattr(opinions, "DATABASE_S", 60.0)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The real bot in a clinic with two counselors on call; it is Tuesday, 10:00 in New York."""
    async with world_at(tmp_path) as made:
        yield made
        # Each button that reaches a human says what will happen (SAFETY.md 2), wherever a dialogue meets it.
        assert unexplained(made) == []


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database at this version's schema."""
    shutil.copy(migrated(), tmp_path / "trial.db")
    database = Database(f"sqlite:///{tmp_path / 'trial.db'}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database at this version's schema, of each kind that the machine has."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    made = Database(request.getfixturevalue("postgres_url"))
    schema.upgrade(made.url, made.engine, now=START)
    yield made
    made.close()
