"""A request's parameters, whatever way they came: numbers and booleans may be text, objects may be JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.model import Json, UploadedFile


class Params:
    """Typed access to the parameters and files of one request."""

    def __init__(self, raw: Mapping[str, Any], files: Mapping[str, UploadedFile] | None = None) -> None:
        self.raw = raw
        self.files = files or {}

    def has(self, name: str) -> bool:
        return self.raw.get(name) is not None

    def text(self, name: str) -> str:
        """A text; "" when it is missing."""
        value = self.raw.get(name)
        return "" if value is None else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        value = self.raw.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f"invalid {name} specified") from None

    def number(self, name: str) -> float | None:
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise bad_request(f"can't parse {name}") from None

    def flag(self, name: str) -> bool:
        value = self.raw.get(name)
        return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else bool(value)

    def json(self, name: str) -> Any:
        """An object or a list; None when it is missing."""
        value = self.raw.get(name)
        if isinstance(value, str):
            if not value:
                return None
            try:
                return json.loads(value)
            except ValueError:
                raise bad_request(f"can't parse {name} JSON object") from None
        return value

    def mapping(self, name: str) -> Json | None:
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"object expected as {name}")
        return value

    def array(self, name: str) -> list[Any] | None:
        value = self.json(name)
        if value is not None and not isinstance(value, list | tuple):
            raise bad_request(f"expected an Array of {name}")
        return None if value is None else list(value)

    def file(self, name: str) -> UploadedFile | str:
        """An uploaded file, directly or by attach://, or the text (a file_id or an address) that stands in its place; "" when missing."""
        if name in self.files:
            return self.files[name]
        value = self.text(name)
        if value.startswith("attach://"):
            attached = self.files.get(value.removeprefix("attach://"))
            if attached is None:
                raise bad_request("wrong file identifier/HTTP URL specified")
            return attached
        return value
