"""`make show`: what people read, minute by minute, on a moved clock and the demo's Bot API.

`emergency`: nobody answers for 20 minutes, then somebody acknowledges, calls and resolves. `drill`: a drill from words to close, and the
supervisor's view. `week`: a week of meeting reminders in four zones. `lists`: what each real meeting list beside the repository comes to,
what takes place over the changes of clock, and a calendar file that other libraries open. `decisions`: twenty of the screen, explained.
Without an argument all of it, the emergency in both languages.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import jobs
from bot.escalation import drill
from bot.models import Patient, Person, Role, sealed_at
from tests.bench import week
from tests.show import decisions, lists
from tests.world import Phone, World, world_at

ROOM = 4290
ZONE = ZoneInfo("America/New_York")
SAID = {"en": "I want to kill myself tonight", "es": "me voy a matar esta noche"}
LABELS = {
    "en": ("Acknowledge", "Open", "Call", "Reached by phone", "Resolve"),
    "es": ("Yo me encargo", "Abrir", "Llamar", "Habló por teléfono", "Cerrar caso"),
}


class Transcript:
    """Prints each message once, and a message that was edited once more, with the time and the phone it stands on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[tuple[int, int], str] = {}

    def look(self) -> None:
        """Print what is new on every phone."""
        at = self._world.clock.now().astimezone(ZONE).strftime("%H:%M:%S")
        for phone in self._world.phones:
            for message in phone.user.history.values():
                spot, said = (phone.user.id, message.message_id), self._said(phone, message.message_id)
                if self._known.get(spot) == said:
                    continue
                verb = "edited" if spot in self._known else "to" if message.from_bot else "from"
                self._known[spot] = said
                print(f"{at}  {verb:6} {phone.user.first_name:12} {said}", flush=True)

    def _said(self, phone: Phone, message_id: int) -> str:
        message = phone.user.history[message_id]
        text = (message.text or message.caption or (f"[contact {message.contact}]" if message.contact else "[file]")).replace("\n", " / ")
        buttons = " ".join(f"[{label}]" for label in message.labels)
        return "(taken away)" if message.deleted else f"{text} {buttons}".strip()

    async def minutes(self, count: int) -> None:
        """Let minutes pass in small steps, so that each message shows its own time."""
        for _ in range(count * 4):
            await self._world.passes(seconds=15)
            self.look()


async def emergency(lang: str) -> None:
    """The chain as shipped: nobody, nobody again, the patient's truth; then a human."""
    with tempfile.TemporaryDirectory(prefix="waymark-show-") as folder:
        async with world_at(Path(folder)) as world:
            await world.hire("Eva Luna", Role.SUPERVISOR, language=lang)
            await world.hire("Ed Stone", Role.OPERATOR, language=lang)
            ana = await world.enrol("Ana", language=lang)
            with world.work() as work:
                patient = work.session.get_one(Patient, ana.person_id)
                patient.phone = work.vault.seal("+12125550123", sealed_at("patient", "phone", patient.person_id))
                for phone in (world.primary, world.backup):
                    work.session.get_one(Person, phone.person_id).language = lang
            told = Transcript(world)
            told.look()
            await ana.says(SAID[lang])
            told.look()
            await told.minutes(20)
            for label in LABELS[lang]:
                print(f"          -- {world.backup.user.first_name} taps [{label}]")
                toast = await world.backup.taps(label)
                print(f"          -- {toast}" if toast else "", end="\n" if toast else "")
                told.look()
                await told.minutes(1)
            while world.backup.last.key.startswith("resolve/") and world.backup.last.labels:
                await world.backup.taps(world.backup.last.labels[0])
                told.look()


async def drilled() -> None:
    """A drill by the supervisor's tap, what its chat shows, and what the supervisor reads."""
    with tempfile.TemporaryDirectory(prefix="waymark-show-") as folder:
        async with world_at(Path(folder), drill_chat=ROOM) as world:
            world.phones.append(Phone(world, world.api.user(ROOM, "Drills")))
            world.phones[-1].user.started = True
            eva = await world.hire("Eva Luna", Role.SUPERVISOR)
            await eva.says("/drill")
            await eva.taps("drill.start")
            with world.work() as work:
                assert jobs.waiting(work.session, drill.KIND)
            performing = asyncio.create_task(world.app.drills.once())
            told = Transcript(world)
            while not performing.done():
                await world.settle()
                told.look()
                await asyncio.sleep(0)
            await eva.says("/drill")
            told.look()


async def main(chosen: str) -> None:
    """What was asked for, or all of it."""
    if chosen in ("", "emergency"):
        for lang in SAID:
            print(f"\nAn emergency that nobody answers for 20 minutes ({lang})\n")
            await emergency(lang)
    if chosen in ("", "drill"):
        print("\nA drill\n")
        await drilled()
    if chosen in ("", "week"):
        print("\nA week of meeting reminders in four zones\n")
        await week.main()
    if chosen in ("", "lists"):
        print("\nMeeting lists: imports, changes of clock, a calendar file\n")
        await lists.main()
    if chosen in ("", "decisions"):
        print("\nTwenty decisions of the screen\n")
        decisions.main()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
