"""Logs: an event and ids, on standard error. Nothing that a person wrote, no address with a token, no foreign error's message.

`log = logs.get_logger()` at a module's top, then `log.info("case.paged", case=17, step=2)` and, for an error,
`log.error("turn.failed", error=exc, update=4)`. Importing this module is enough to be safe; `configure` routes everything else here too.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast
from uuid import UUID

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from bot.config import LogLevel

_PACKAGE = Path(__file__).resolve().parent
_LEVELS = {LogLevel.DEBUG: logging.DEBUG, LogLevel.INFO: logging.INFO, LogLevel.WARNING: logging.WARNING, LogLevel.ERROR: logging.ERROR}
# Libraries whose messages hold addresses (with the token in them), SQL parameters or payloads.
_QUIET = ("aiohttp", "alembic", "apscheduler", "asyncio", "httpcore", "httpx", "sqlalchemy", "telegram", "uvicorn", "uvicorn.access")

_EVENT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_ID = re.compile(r"[\w.:/@+,#-]{0,120}", re.ASCII)
# Not ids although they hold no blank: an address, a phone number, a bot's token.
_NO_ID = re.compile(r"//|@\w+\.|^\+\d{6,}$|^\d{3}-\d{3}-\d{4}$|\d:(?![0-9a-f]{8}-)[\w-]{20,}", re.ASCII)


class Style(StrEnum):
    """How a line looks."""

    CONSOLE = "console"
    LOGFMT = "logfmt"
    JSON = "json"


def get_logger(**ids: object) -> FilteringBoundLogger:
    """A logger; `ids` are added to each of its lines."""
    return cast(FilteringBoundLogger, structlog.get_logger(**ids))


def describe(error: BaseException) -> dict[str, str]:
    """What may be told of an error: `error` (its type), `place` (file:line, the innermost frame of our own, else the innermost) and,
    when there is one, `code` (of the operating system or the database). Never its message: it may hold what a person wrote."""
    told = {"error": _type_name(error), "place": _place(error.__traceback__)}
    code = _code(error)
    return {**told, "code": code} if code else told


def _type_name(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__.partition(".")[0] in ("builtins", "bot") else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        return f"{name}({','.join(sorted({_type_name(each) for each in error.exceptions}))})"
    return name


def _place(trace: TracebackType | None) -> str:
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]
    if not frames:
        return "?"
    own = [(file, line) for file, line in frames if _PACKAGE in Path(file).parents]
    file, line = (own or frames)[-1]
    return f"{_short(file)}:{line}"


def _short(file: str) -> str:
    path = Path(file)
    return path.relative_to(_PACKAGE.parent).as_posix() if _PACKAGE in path.parents else path.name


def _code(error: BaseException) -> str | None:
    inner = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error
    if isinstance(inner, OSError) and inner.errno is not None:
        return errno.errorcode.get(inner.errno, str(inner.errno))
    for name in ("sqlite_errorname", "sqlstate"):
        code = getattr(inner, name, None)
        if isinstance(code, str) and re.fullmatch(r"\w{1,40}", code, re.ASCII):
            return code
    return None


def _errors_told(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an error, given as `exc_info` or as any value, by its type and place."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event.update(describe(error))
    for key, value in list(event.items()):
        if isinstance(value, BaseException):
            told = describe(value)
            event[key] = told.pop("error")
            event.update(told)
    return event


def _only_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let ids, numbers and times through; of anything else only the kind and the length remain."""
    name = event.pop("event", "")
    safe: EventDict = {"event": name if isinstance(name, str) and _EVENT.fullmatch(name) else "log.refused"}
    for key, value in event.items():
        safe[key] = value if key in ("error", "place") else _safe(value)
    return safe


def _safe(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return f"{value.total_seconds():g}s"
        case UUID() | Path():
            return str(value)
        case str() if _ID.fullmatch(value) and not _NO_ID.search(value):
            return str(value)
        case str():
            return f"<text:{len(value)}>"
        case list() | tuple() | set() | frozenset() if len(value) <= 50:
            return ",".join(str(_safe(each)) for each in value)
    return f"<{type(value).__name__}>"


def _renderer(style: Style) -> Processor:
    match style:
        case Style.CONSOLE:
            return structlog.dev.ConsoleRenderer(pad_event_to=24)
        case Style.LOGFMT:
            return structlog.processors.LogfmtRenderer(key_order=["time", "level", "event"], drop_missing=True)
        case Style.JSON:
            return structlog.processors.JSONRenderer()


def _set_up_structlog(level: LogLevel, style: Style, stream: TextIO | None) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _errors_told,
            _only_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _renderer(style),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Bridge(logging.Handler):
    """Takes what libraries log and keeps logger, level, place and the error's type; the message is thrown away unformatted."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else next((arg for arg in _arguments(record) if isinstance(arg, BaseException)), None)
        told = describe(error) if error is not None else {"place": f"{_short(record.pathname)}:{record.lineno}"}
        get_logger().log(record.levelno, "library.logged", logger=record.name, **told)


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    args = record.args or ()
    return tuple(args.values()) if isinstance(args, Mapping) else args


def configure(level: LogLevel = LogLevel.INFO, *, style: Style | None = None, stream: TextIO | None = None) -> None:
    """Log everything of this process safely: our events, what libraries log or warn of, and errors that nobody caught.

    May be called again, to change the level. An ASGI server has to be started with its own logging set-up switched off.

    Args:
        level: the least important of our own events that is shown; libraries are heard from `warning` on.
        style: coloured on a terminal and logfmt elsewhere when left out.
        stream: standard error when left out.
    """
    target = stream or sys.stderr
    _set_up_structlog(level, style or (Style.CONSOLE if target.isatty() else Style.LOGFMT), stream)

    logging.raiseExceptions = False  # a failing handler would print the message with its arguments
    root = logging.getLogger()
    for logger in [root, *(logging.getLogger(name) for name in _QUIET)]:
        for handler in list(logger.handlers):
            if isinstance(handler, _Bridge) or type(handler).__module__ == "logging":
                logger.removeHandler(handler)
        logger.setLevel(max(logging.WARNING, _LEVELS[level]))
        logger.propagate = True
    root.addHandler(_Bridge())

    warnings.showwarning = _on_warning
    sys.excepthook = _on_crash
    sys.unraisablehook = _on_unraisable
    threading.excepthook = _on_thread_crash


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Log what a task or callback of this loop raises and nobody awaits; asyncio's own report shows the error's message."""
    loop.set_exception_handler(_on_loop_error)


def _on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    task = context.get("task") or context.get("future")
    name = task.get_name() if isinstance(task, asyncio.Task) else None
    get_logger().error("loop.failed", error=context.get("exception"), task=name)


def _on_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger().critical("process.crashed", error=error.with_traceback(trace))


def _on_thread_crash(args: threading.ExceptHookArgs) -> None:
    if not issubclass(args.exc_type, SystemExit):
        get_logger().error("thread.crashed", error=args.exc_value, thread=args.thread.name if args.thread else None)


def _on_unraisable(args: Any) -> None:
    get_logger().error("python.unraisable", error=args.exc_value)


def _on_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None
) -> None:
    del message, file, line
    get_logger().warning("python.warned", category=category.__qualname__, place=f"{_short(filename)}:{lineno}")


# From the import on, so that no module can log past the processors above before `configure` has run.
_set_up_structlog(LogLevel.INFO, Style.LOGFMT, None)
