"""What the staff's tests share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot import people
from bot.escalation import engine
from bot.escalation.engine import Finding
from bot.models import Case
from bot.safety.levels import Category, Level
from tests.world import Phone, World

CRISIS = "I want to kill myself"


async def danger(
    world: World, phone: Phone, level: Level = Level.EMERGENCY, category: Category = Category.VIOLENCE, text: str = "he is outside"
) -> Case:
    """A danger of this level and category, as if words had told it."""
    with world.work() as work:
        person = people.by_chat(work.session, phone.user.id)
        assert person is not None
        engine.escalate(work, person, Finding(level, category, "message", texts=(text,), lang="en"), reply=False)
    await world.settle()
    case = phone.case
    assert case is not None
    return case


async def attend(world: World) -> None:
    """The counselor on call takes the open case and writes to the patient, so that nobody is paged about it again and again."""
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am with you")
    await world.primary.taps_keyboard("Stop writing")


def below(phone: Phone) -> list[str]:
    """The labels of the keyboard below the text field."""
    return [button["text"] for row in (phone.user.keyboard or {}).get("keyboard", []) for button in row]


class Watch:
    """Who is paged at which minute, as the time passes."""

    def __init__(self, world: World, **phones: Phone) -> None:
        self.world, self.phones = world, phones
        self.start = world.clock.now()
        self.seen = {name: len(phone.pages) for name, phone in phones.items()}
        self.timeline: list[tuple[int, str]] = []

    def look(self) -> None:
        """Note the pages that are new."""
        minute = int((self.world.clock.now() - self.start) / timedelta(minutes=1))
        for name, phone in self.phones.items():
            count = len(phone.pages)
            self.timeline += [(minute, name)] * (count - self.seen[name])
            self.seen[name] = count

    async def minutes(self, number: int) -> list[tuple[int, str]]:
        """Let this many minutes pass, one at a time.

        Returns:
            (minute, who) for each page so far, from the beginning of the watch.
        """
        self.look()
        for _minute in range(number):
            await self.world.passes(minutes=1)
            self.look()
        return self.timeline

    def forget(self) -> None:
        """What was paged so far does not count; minutes count from now."""
        self.look()
        self.timeline, self.start = [], self.world.clock.now()


def assert_nothing_shows(phones: Iterable[Phone], *secrets: str) -> None:
    """No page, and no preview of one on a lock screen, says who it is or what was said."""
    for phone in phones:
        for page in phone.pages:
            preview = phone.user.push_preview(page.message)
            for secret in secrets:
                assert secret.casefold() not in page.text.casefold()
                assert secret.casefold() not in preview.casefold()
