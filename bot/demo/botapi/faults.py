"""Faults on demand: what a network, a busy Telegram or a second poller does to a bot, when a test or the page asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class FaultKind(StrEnum):
    """What happens to a matching call."""

    DELAY = "delay"  # carried out and answered, `seconds` later
    DROP = "drop"  # not carried out, connection cut
    NO_ANSWER = "no_answer"  # not carried out, never answered
    HTTP_500 = "http_500"  # not carried out, a proxy's HTML page
    ACCEPT_THEN_DROP = "accept_then_drop"  # carried out, then no answer
    RETRY_AFTER = "retry_after"  # 429 with `seconds` as retry_after
    CONFLICT = "conflict"  # 409, another poller


@dataclass(slots=True)
class Fault:
    """A rule: the next `count` calls (None: all) of methods like `method` (a glob, any case) to `chat_id` (None: any) meet `kind`."""

    kind: FaultKind
    method: str = "*"
    chat_id: int | None = None
    count: int | None = 1
    seconds: float = 0.0


class Faults:
    """The rules that are in force, oldest first; the first that matches is used up."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(
        self, kind: FaultKind | str, method: str = "*", *, chat_id: int | None = None, count: int | None = 1, seconds: float = 0.0
    ) -> Fault:
        """Put a rule in force.

        Raises:
            ValueError: an unknown kind.
        """
        rule = Fault(FaultKind(kind), method, chat_id, count, seconds)
        self.rules.append(rule)
        return rule

    def delay(self, method: str = "*", *, seconds: float, chat_id: int | None = None, count: int | None = 1) -> Fault:
        """Answer late by `seconds` of real time."""
        return self.add(FaultKind.DELAY, method, chat_id=chat_id, count=count, seconds=seconds)

    def drop(self, method: str = "*", *, chat_id: int | None = None, count: int | None = 1) -> Fault:
        """Cut the connection before anything is done (in process: NetworkError)."""
        return self.add(FaultKind.DROP, method, chat_id=chat_id, count=count)

    def no_answer(self, method: str = "*", *, chat_id: int | None = None, count: int | None = 1) -> Fault:
        """Do nothing and never answer (in process: TimedOut at once)."""
        return self.add(FaultKind.NO_ANSWER, method, chat_id=chat_id, count=count)

    def http_500(self, method: str = "*", *, chat_id: int | None = None, count: int | None = 1) -> Fault:
        """Answer 500 with an HTML body."""
        return self.add(FaultKind.HTTP_500, method, chat_id=chat_id, count=count)

    def accept_then_drop(self, method: str = "*", *, chat_id: int | None = None, count: int | None = 1) -> Fault:
        """Do it, then give no answer (in process: TimedOut). Sending again doubles the message."""
        return self.add(FaultKind.ACCEPT_THEN_DROP, method, chat_id=chat_id, count=count)

    def retry_after(self, method: str = "*", *, seconds: float, chat_id: int | None = None, count: int | None = 1) -> Fault:
        """Answer 429 and ask to wait."""
        return self.add(FaultKind.RETRY_AFTER, method, chat_id=chat_id, count=count, seconds=seconds)

    def conflict(self, *, count: int | None = 1) -> Fault:
        """Answer getUpdates with 409, as if another process polled with the same token."""
        return self.add(FaultKind.CONFLICT, "getUpdates", count=count)

    def clear(self) -> None:
        """No rule is in force any more."""
        self.rules.clear()

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The rule for this call, counted down; None when nothing is wrong."""
        if not self.rules:
            return None
        name = method.lower()
        for rule in self.rules:
            if rule.chat_id in (None, chat_id) and fnmatchcase(name, rule.method.lower()):
                if rule.count is not None:
                    rule.count -= 1
                    if rule.count <= 0:
                        self.rules.remove(rule)
                return rule
        return None
