"""The errors that this product raises on purpose. They carry ids, keys and places, never what a person wrote."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any


class BotError(Exception):
    """The root of all of them."""


class NotUnderstood(BotError):
    """A person's input does not answer the question; raised before anything is written. The pipeline asks again.

    Args:
        hint: a template key that says what an answer looks like.
        values: what the template needs.
    """

    def __init__(self, hint: str, **values: Any) -> None:
        super().__init__(hint)
        self.hint = hint
        self.values = values


class NotAllowed(BotError):
    """Role, ownership, consent or enrolment is missing."""


class Conflict(BotError):
    """Someone else was first, or it was done already.

    Args:
        reason: a template key for the person who pressed.
        values: what the template needs.
    """

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


class ContentError(BotError):
    """A file of content is broken.

    Args:
        file: the file, as the operator knows it.
        key: where in the file.
        why: what is wrong and what a right one looks like.
    """

    def __init__(self, file: Path | str, key: str, why: str) -> None:
        super().__init__(f"{file}: {key}: {why}" if key else f"{file}: {why}")
        self.file, self.key, self.why = str(file), key, why


class SetupError(BotError):
    """The operator has to act: one line that says what is wrong, why, and what a right one looks like."""


class DeliveryError(BotError):
    """A message could not be delivered."""


class RetryLater(DeliveryError):
    """Flood control, a time-out or the network; the message may nevertheless have arrived when `uncertain`.

    Args:
        after: how long to wait at least.
        uncertain: whether the other side may have taken the message already.
    """

    def __init__(self, after: timedelta, *, uncertain: bool = False) -> None:
        super().__init__(f"retry in {after.total_seconds():.0f} s")
        self.after = after
        self.uncertain = uncertain


class Undeliverable(DeliveryError):
    """It will never arrive: blocked, deactivated, chat not found, refused by form. Never retried.

    Args:
        reason: one word: `blocked`, `deactivated`, `chat_not_found`, `gone` (the message to edit), `rejected`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
