"""The walk of a first day: a patient from the first message to the check-in, a crisis, and a counselor to the closed case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.botapi.people import SimUser
from tests.e2e.stage import Stage, find, press


@dataclass(frozen=True)
class Step:
    """One thing that somebody does, and how one sees that the bot has done its part."""

    name: str
    act: Callable[[], None]
    done: Callable[[], bool]


def first_day(patient: SimUser, counselor: SimUser, code: str) -> list[Step]:
    """All steps, in order."""

    def taps(user: SimUser, label: str, then: Callable[[], bool]) -> Step:
        return Step(f"{user.first_name} taps {label}", lambda: press(user, label), then)

    def says(user: SimUser, text: str, then: Callable[[], bool]) -> Step:
        return Step(f"{user.first_name} says {text[:20]}", lambda: _say(user, text), then)

    def button(user: SimUser, label: str) -> Callable[[], bool]:
        return lambda: find(user, label) is not None

    def words(user: SimUser, text: str) -> Callable[[], bool]:
        return lambda: any(text in (message.text or "") for message in user.received)

    def page(number: int) -> Callable[[], bool]:
        return lambda: words(patient, f"{number} of 4")()

    return [
        Step("start", lambda: _start(patient, code), button(patient, "English")),
        taps(patient, "English", button(patient, "18 or older")),
        taps(patient, "18 or older", page(1)),
        taps(patient, "Next", page(2)),
        taps(patient, "Next", page(3)),
        taps(patient, "Next", page(4)),
        taps(patient, "Next", button(patient, "In working hours")),
        taps(patient, "In working hours", button(patient, "It stays the same")),
        taps(patient, "It stays the same", button(patient, "I agree")),
        taps(patient, "I agree", words(patient, "What shall I call you?")),
        says(patient, "Sammy", button(patient, "New York")),
        taps(patient, "New York", button(patient, "Yes")),
        taps(patient, "Yes", button(patient, "18:30")),
        taps(patient, "18:30", words(patient, "All set, Sammy.")),
        says(patient, "/checkin", button(patient, "4")),
        taps(patient, "4", button(patient, "Rather not say")),
        says(
            patient,
            "I want to kill myself",
            lambda: find(counselor, "Acknowledge") is not None and words(patient, "I have sent an alert")(),
        ),
        taps(counselor, "Acknowledge", lambda: words(patient, "Dana")() and find(counselor, "Write") is not None),
        taps(counselor, "Open", words(counselor, "I want to kill myself")),
        taps(counselor, "Write", words(counselor, "case 1")),
        says(counselor, "Hi Sammy, I am here. Where are you now?", words(patient, "Hi Sammy, I am here.")),
        says(patient, "at home, it is bad", words(counselor, "at home, it is bad")),
        taps(patient, "I am safe", words(patient, "A person will still check in with you.")),
    ]


def _say(user: SimUser, text: str) -> None:
    user.text(text)


def _start(user: SimUser, code: str) -> None:
    user.start(code)


async def walk(stage: Stage, steps: list[Step], *, kill_at: set[int], salt: int = 0) -> None:
    """Walk through the steps; at those in `kill_at` the bot is killed right after the act and started again."""
    for number, step in enumerate(steps):
        step.act()
        if number in kill_at:
            await stage.kill_after_a_moment(number + 31 * salt)
            await stage.start()
        await stage.until(step.done, step.name)
