"""The database: engine, column types and units of work. A unit of work is a plain function with a plain `Session`."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import DateTime, Dialect, Engine, Integer, String, event, make_url
from sqlalchemy.engine import CursorResult, Result
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Session, create_engine

P = ParamSpec("P")
T = TypeVar("T")

POSTGRES_THREADS = 4
SLOW_WRITE_S = 0.050
TRIES = 4  # of a unit of work that met another one on its way
_COLLIDED = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
_READING = "reading"


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware when it goes in (else `ValueError`), UTC and aware when it comes out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumValue(TypeDecorator[Enum]):
    """An enum member, kept as its plain value: a new member needs no migration, and people can read the rows."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if issubclass(self.kind, int) else String())

    def process_bind_param(self, value: Enum | None, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Enum | None:
        return None if value is None else self.kind(value)


def make_engine(url: str, **options: Any) -> Engine:
    """An engine with this product's rules for SQLite (WAL, full sync, foreign keys, `BEGIN IMMEDIATE`) or PostgreSQL.

    Args:
        url: as in `WAYMARK_DATABASE_URL`, `sqlite:///...` or `postgresql+psycopg://...`.
    """
    if make_url(url).get_backend_name() != "sqlite":
        waits = {"connect_timeout": 5}
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=POSTGRES_THREADS + 1, connect_args=waits, **options)

        @event.listens_for(engine, "connect")
        def _limit(connection: Any, _record: object) -> None:
            # A machine that dies in the middle of a transaction must not hold its people's rows for hours.
            connection.execute("SET idle_in_transaction_session_timeout = '60s'")
            connection.commit()

        return engine
    engine = create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 30}, **options)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        # Python's own transaction handling begins lazily and too weakly; BEGIN is ours, below.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READING) else "BEGIN IMMEDIATE")

    return engine


def affected(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE changed."""
    assert isinstance(result, CursorResult)
    return result.rowcount


class Database:
    """Runs units of work: on SQLite one at a time in one thread, on PostgreSQL several."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._threads = ThreadPoolExecutor(1 if self.is_sqlite else POSTGRES_THREADS, thread_name_prefix="database")
        self._listeners: list[Callable[[], None]] = []
        self.slowest_write_s = 0.0
        self.slow_writes: dict[str, int] = {}

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction in the calling thread: committed at the end, rolled back on any error. For commands and tests."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A read transaction in the calling thread, beside the writer: it holds nothing up, and nothing of it is kept."""
        with Session(self.engine.execution_options(**{_READING: True}), autoflush=False) as session:
            try:
                yield session
            finally:
                session.rollback()

    def _work(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return self._once(work, *args, **kwargs)
            except DBAPIError as error:
                # Two units waited for each other's rows and the server took one of them back whole: it simply runs again.
                if getattr(error.orig, "sqlstate", None) not in _COLLIDED:
                    raise
        return self._once(work, *args, **kwargs)

    def _once(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        started = time.perf_counter()
        with self.transaction() as session:
            result = work(session, *args, **kwargs)
        took = time.perf_counter() - started
        self.slowest_write_s = max(self.slowest_write_s, took)
        if took > SLOW_WRITE_S:
            name = getattr(work, "__qualname__", repr(type(work)))
            self.slow_writes[name] = self.slow_writes.get(name, 0) + 1
        return result

    async def run(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work whole, in a thread of the database's, and commit it.

        Args:
            work: a plain function whose first argument is the session; it never commits.

        Returns:
            What it returned. ORM objects stay readable but are detached.
        """
        result = await self.run_quietly(work, *args, **kwargs)
        for listener in self._listeners:
            listener()
        return result

    async def run_quietly(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, without telling the listeners: for the sender's own, which would wake itself for ever."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, functools.partial(self._work, work, *args, **kwargs))

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` in the event loop after each unit of work."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Wait for the running units of work, then close every connection."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()


def database_is_away(error: BaseException) -> bool:
    """Whether the database failed rather than what was to be done in it."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout))
