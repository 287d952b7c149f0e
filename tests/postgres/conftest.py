"""The same clinic as everywhere, on PostgreSQL. Tests in this folder carry the marker `postgres`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from bot import schema
from bot.db import Database
from tests.conftest import POSTGRES_URL
from tests.world import START, World, world_on


def _server() -> URL:
    return make_url(os.environ[POSTGRES_URL]).set(drivername="postgresql")


@contextmanager
def _database(template: str = "template0") -> Iterator[str]:
    """A database of its own, dropped afterwards; gives its name."""
    name = f"waymark_test_{uuid4().hex}"
    with psycopg.connect(_server().render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        yield name
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _url(name: str) -> str:
    return _server().set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated() -> Iterator[str]:
    """The name of an empty database at the newest schema, made once."""
    with _database() as name:
        database = Database(_url(name))
        schema.upgrade(database.url, database.engine, now=START)
        database.close()
        yield name


@pytest.fixture
def migrated_url(migrated: str) -> Iterator[str]:
    """The address of a fresh copy of it."""
    with _database(migrated) as name:
        yield _url(name)


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[World]:
    """The clinic of the other tests, on PostgreSQL."""
    async with world_on(migrated_url) as made:
        yield made
