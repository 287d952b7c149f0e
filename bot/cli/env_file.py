"""Writing `.env`: lines that are there stay as they are, secrets are for this user alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot.errors import SetupError


def values(path: Path) -> dict[str, str]:
    """What the file sets, empty values left out; nothing when there is no file."""
    if not path.is_file():
        return {}
    return {name: value for name, value in dotenv_values(path, encoding="utf-8-sig").items() if value}


def write(path: Path, changes: Mapping[str, str]) -> None:
    """Set values, mode 600. Other lines and comments stay; the file appears whole or not at all.

    Raises:
        SetupError: it cannot be written, or a value does not come back as it was given.
    """
    handle, name = tempfile.mkstemp(prefix=".env.", dir=path.absolute().parent)  # mkstemp makes it 600
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(_text(path, changes))
            stream.flush()
            os.fsync(stream.fileno())
        written = values(part)
        for key, value in changes.items():
            if written.get(key) != value:
                raise SetupError(f"{key} cannot be written to {path}: leave quotes, backslashes and $ out of it")
        part.replace(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: give this user the right to write it and its folder") from error
    finally:
        part.unlink(missing_ok=True)


def _text(path: Path, changes: Mapping[str, str]) -> str:
    waiting = dict(changes)
    out: list[str] = []
    if path.is_file():
        with path.open(encoding="utf-8-sig") as stream:
            for line in parse_stream(stream):
                if line.key in waiting:
                    out.append(_line(line.key, waiting.pop(line.key)))
                else:
                    out.append(line.original.string)
        if out and not out[-1].endswith("\n"):
            out.append("\n")
    return "".join(out) + "".join(_line(key, value) for key, value in waiting.items())


def _line(key: str, value: str) -> str:
    if value.isalnum():
        return f"{key}={value}\n"
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{key}='{quoted}'\n"
