"""How the simulator says no: refusals that reach the bot as Telegram's error objects, and connections that end without an answer."""

from __future__ import annotations

import json
from typing import Any


class ApiError(Exception):
    """A refusal, as Telegram words it.

    Attributes:
        code: HTTP status and `error_code`.
        description: the text, with Telegram's prefix ("Bad Request: ").
        parameters: `ResponseParameters` ("retry_after"), empty when there are none.
    """

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> bytes:
        """The JSON body that Telegram sends with this error."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return json.dumps(answer).encode()


def bad_request(text: str) -> ApiError:
    """A 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """A 403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")


class NoAnswer(Exception):
    """The request gets no answer, by a fault that was set on demand.

    Attributes:
        cut: the connection is closed at once; otherwise it stays open and silent.
    """

    def __init__(self, *, cut: bool) -> None:
        super().__init__("connection cut" if cut else "no answer")
        self.cut = cut


class CannotDo(Exception):
    """A person tried what their phone does not offer: press a button that is not there, write to a bot that they have blocked."""
