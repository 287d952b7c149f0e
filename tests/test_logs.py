"""Nothing that a person wrote, no token and no SQL parameter reaches a log, whatever goes wrong."""

from __future__ import annotations

import ast
import asyncio
import gc
import io
import json
import logging
import sys
import threading
import uuid
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy
import structlog

from bot import logs
from bot.config import LogLevel
from bot.errors import NotUnderstood

MARKER = "quiero-morir-7f3a"
TOKEN = f"123456789:AA{MARKER}0123456789abcdefghij"
BOT = Path(logs.__file__).parent


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged, with every global that `configure` sets put back afterwards."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.raiseExceptions)
    hooks = (warnings.showwarning, sys.excepthook, sys.unraisablehook, threading.excepthook)
    libraries = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in logs._QUIET}
    structure = structlog.get_config()
    stream = io.StringIO()
    logs.configure(LogLevel.DEBUG, style=logs.Style.JSON, stream=stream)
    yield stream
    structlog.configure(**structure)
    warnings.showwarning, sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    root.level, root.handlers[:], logging.raiseExceptions = before
    for name, (level, propagate) in libraries.items():
        logging.getLogger(name).level, logging.getLogger(name).propagate = level, propagate


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    text = stream.getvalue()
    assert MARKER not in text
    return [json.loads(line) for line in text.splitlines()]


def only(stream: io.StringIO) -> dict[str, Any]:
    (line,) = lines(stream)
    return line


def fail() -> None:
    raise ValueError(f"no such thing: {MARKER}")


def test_an_event_carries_its_ids(stream: io.StringIO) -> None:
    page = uuid.UUID(int=7)
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    logs.get_logger(case=17).info("case.paged", step=2, page=page, at=at, wait=timedelta(minutes=4), key=f"page:17:{page}", lane="crisis/x")
    line = only(stream)
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "event": "case.paged",
        "level": "info",
        "case": 17,
        "step": 2,
        "page": str(page),
        "at": "2026-03-01T09:00:00+00:00",
        "wait": "240s",
        "key": f"page:17:{page}",
        "lane": "crisis/x",
    }


@pytest.mark.parametrize(
    "value",
    [
        f"{MARKER} y no quiero vivir",
        f"más {MARKER}",
        f"https://api.telegram.org/bot{TOKEN}/sendMessage",
        TOKEN,
        "+12125550100",
        "212-555-0100",
        "ana@example.org",
        f"{MARKER}@example.org",
        {"text": MARKER},
        MARKER.encode(),
        [f"{MARKER} {MARKER}"],
        "x" * 200,
    ],
)
def test_a_value_that_is_no_id_leaves_only_its_kind(value: object, stream: io.StringIO) -> None:
    logs.get_logger().info("a.thing", given=value)
    assert only(stream)["given"].startswith("<")


def test_an_event_that_is_a_sentence_is_refused(stream: io.StringIO) -> None:
    logs.get_logger().info(f"patient said {MARKER}")
    logs.get_logger().info("patient.said %s", MARKER)
    assert [line["event"] for line in lines(stream)] == ["log.refused", "log.refused"]


@pytest.mark.parametrize("how", ["value", "exc_info", "true", "exception"])
def test_an_error_is_told_by_type_and_place(how: str, stream: io.StringIO) -> None:
    try:
        fail()
    except ValueError as error:
        log = logs.get_logger(turn=4)
        match how:
            case "value":
                log.error("turn.failed", error=error)
            case "exc_info":
                log.error("turn.failed", exc_info=error)
            case "true":
                log.error("turn.failed", exc_info=True)
            case "exception":
                log.exception("turn.failed")
    line = only(stream)
    assert line["error"] == "ValueError"
    assert line["place"].startswith("test_logs.py:")
    assert line["turn"] == 4


def test_the_place_is_the_innermost_frame_of_our_own(tmp_path: Path) -> None:
    from bot.config_values import decode_keys

    with pytest.raises(ValueError, match="key 1") as caught:
        decode_keys(MARKER)
    assert logs.describe(caught.value)["place"].startswith("bot/config_values.py:")
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / MARKER).read_text()
    assert logs.describe(missing.value)["code"] == "ENOENT"
    assert logs.describe(NotUnderstood("a/b"))["error"] == "NotUnderstood"
    assert logs.describe(ExceptionGroup(MARKER, [ValueError(MARKER), KeyError(MARKER)]))["error"] == "ExceptionGroup(KeyError,ValueError)"


async def test_a_request_s_address_is_not_logged(stream: io.StringIO) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get(f"https://api.telegram.org/bot{TOKEN}/getMe")
    logging.getLogger("httpx").warning("HTTP Request: GET https://api.telegram.org/bot%s/getMe", TOKEN)
    line = only(stream)
    assert (line["event"], line["logger"], line["level"]) == ("library.logged", "httpx", "warning")
    assert line["place"].startswith("test_logs.py:")


def test_sql_parameters_are_not_logged(stream: io.StringIO) -> None:
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.StaticPool)
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.OperationalError, match=MARKER) as caught:
        connection.execute(sqlalchemy.text("insert into nowhere values (:said)"), {"said": MARKER})
    engine.dispose()
    logs.get_logger().error("turn.failed", error=caught.value)
    logging.getLogger("sqlalchemy.engine").error("failed: %s", caught.value)
    ours, library = lines(stream)
    assert ours["error"] == library["error"] == "sqlalchemy.exc.OperationalError"
    assert ours["code"] == "SQLITE_ERROR"


def test_a_library_is_heard_from_warning_on_and_never_in_its_words(stream: io.StringIO) -> None:
    for name in (*logs._QUIET, "some.other.library"):
        logger = logging.getLogger(name)
        logger.info(MARKER)
        logger.warning(f"{MARKER} %s", MARKER)
        logger.error("not enough arguments %s %s", MARKER)
    heard = lines(stream)
    assert len(heard) == 2 * (len(logs._QUIET) + 1)
    assert {line["event"] for line in heard} == {"library.logged"}


def test_what_nobody_caught_is_told_by_type_and_place(stream: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    class Careless:
        def __del__(self) -> None:
            raise RuntimeError(MARKER)

    Careless()
    assert [(line["event"], line["error"]) for line in lines(stream)] == [
        ("process.crashed", "ValueError"),
        ("thread.crashed", "ValueError"),
        ("python.unraisable", "RuntimeError"),
    ]
    assert MARKER not in "".join(capfd.readouterr())


def test_ctrl_c_is_no_crash(stream: io.StringIO) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert lines(stream) == []


async def test_a_task_that_nobody_awaits_is_told(stream: io.StringIO) -> None:
    loop = asyncio.get_running_loop()
    logs.watch_loop(loop)

    async def careless() -> None:
        fail()

    task = asyncio.create_task(careless(), name="sender")
    await asyncio.wait([task])
    del task
    gc.collect()
    loop.set_exception_handler(None)
    line = only(stream)
    assert (line["event"], line["error"], line["task"]) == ("loop.failed", "ValueError", "sender")


def test_a_warning_is_told_by_category_and_place(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._on_warning
        warnings.warn(MARKER, UserWarning, stacklevel=1)
    line = only(stream)
    assert (line["event"], line["category"]) == ("python.warned", "UserWarning")


def test_the_level_is_obeyed(stream: io.StringIO) -> None:
    logs.configure(LogLevel.ERROR, style=logs.Style.JSON, stream=stream)
    logs.get_logger().warning("a.warning")
    logging.getLogger("httpx").warning("x")
    logs.get_logger().error("an.error")
    logging.getLogger("httpx").error("x")
    assert [line["event"] for line in lines(stream)] == ["an.error", "library.logged"]


def test_off_a_terminal_a_line_is_logfmt(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    logs.get_logger().info("case.paged", case=17, step=2)
    assert stream.getvalue().endswith("level=info event=case.paged case=17 step=2\n")


def test_on_a_terminal_the_renderer_shows_no_error_either(stream: io.StringIO) -> None:
    logs.configure(stream=stream, style=logs.Style.CONSOLE)
    try:
        fail()
    except ValueError:
        logs.get_logger().exception("turn.failed", stack_info=True)
    assert MARKER not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


def test_even_before_the_set_up_nothing_leaks(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except ValueError:
        logs.get_logger().exception("turn.failed", text=f"{MARKER} {MARKER}")
    out, err = capsys.readouterr()
    assert out == ""
    assert "event=turn.failed" in err
    assert MARKER not in err


def test_every_event_in_the_code_is_a_fixed_dotted_name() -> None:
    wrong = []
    for file in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id.strip("_") in {"log", "logger"}
            ):
                event = node.args[0] if node.args else None
                if not (isinstance(event, ast.Constant) and isinstance(event.value, str) and logs._EVENT.fullmatch(event.value)):
                    wrong.append(f"{file.relative_to(BOT)}:{node.lineno}")
    assert wrong == []
