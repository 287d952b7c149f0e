"""What routes are: commands, buttons, steps of forms and due items. The table itself is `router.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.models import EVERYONE, Due, Role
from bot.turn import Turn

# What pauses while a case is open, by the first word of a route's name, and what never does since it asks for a human (SAFETY.md 2).
PAUSED = frozenset({"asq", "checkin", "learn", "measures", "rewards", "sheet"})
ASKS_FOR_A_HUMAN = frozenset({"checkin.help", "checkin.human", "checkin.ok", "checkin.person"})

Handler = Callable[[Turn], None]
DueHandler = Callable[[Turn, Due], None]

PATIENT = frozenset({Role.PATIENT})
MEMBERS = frozenset({Role.PATIENT, Role.SUPPORTER, Role.PEER, Role.COUNSELOR, Role.SUPERVISOR, Role.OPERATOR})
CARE = frozenset({Role.COUNSELOR, Role.SUPERVISOR})
PAGED = frozenset({Role.COUNSELOR, Role.SUPERVISOR, Role.OPERATOR})


def pauses(name: str) -> bool:
    """Whether a command, a button or a step of a form rests while its person has an open case."""
    return name.partition(".")[0] in PAUSED and name not in ASKS_FOR_A_HUMAN


@dataclass(frozen=True, slots=True)
class Command:
    """A command, for these roles.

    Attributes:
        menu: the roles in whose command menu it stands, in the table's order.
        asks_again: in the middle of a form, the form's question is put again after the command's answer.
        while_enrolling: open to a patient who has not finished the enrolment (and so has not agreed to anything yet).
    """

    name: str
    handler: Handler
    roles: frozenset[Role] = EVERYONE
    menu: frozenset[Role] = frozenset()
    asks_again: bool = True
    while_enrolling: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """A button. A step's button (`form`) works only while its form is the present one and the step has not moved on.

    Attributes:
        answers: whether its label is an answer, shown under the question afterwards; "Next" is none.
    """

    name: str
    handler: Handler
    roles: frozenset[Role] = EVERYONE
    args: int = 0
    form: str | None = None
    answers: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """A step of a form. `ask` puts its question (again), `answer` takes text, a location or a contact.

    Attributes:
        asks_again: whether a command in its middle is followed by its question; a lesson's page would only be in the way.
    """

    name: str
    ask: Handler
    answer: Handler
    roles: frozenset[Role] = EVERYONE
    asks_again: bool = True


@dataclass(frozen=True, slots=True)
class Timed:
    """A kind of due item.

    Attributes:
        during_case: whether it goes on while the person has an open case (SAFETY.md 2 says what does).
        late: what is done instead when it comes too late to be useful (a recurring item puts its next one in).
    """

    name: str
    handler: DueHandler
    during_case: bool = False
    late: DueHandler | None = None


@dataclass(frozen=True)
class Routes:
    """All routes of one product, checked for clashes when built.

    Attributes:
        free: what takes words that no form and no relay asked for, by role.
        media: what takes voice, photo, video, sticker, file, and a place or contact that nobody asked for.
        menu_labels: label key -> command, for the keyboard below the text field.
    """

    commands: Mapping[str, Command]
    presses: Mapping[str, Press]
    states: Mapping[str, State]
    dues: Mapping[str, Timed]
    free: Mapping[Role, Handler]
    media: Handler
    menu_labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        commands: Iterable[Command],
        presses: Iterable[Press],
        states: Iterable[State],
        dues: Iterable[Timed],
        free: Mapping[Role, Handler],
        media: Handler,
        menu_labels: Mapping[str, str],
    ) -> Routes:
        """Check and index.

        Raises:
            ValueError: two routes share a name, or a label leads nowhere.
        """
        routes = cls(_unique(commands), _unique(presses), _unique(states), _unique(dues), dict(free), media, dict(menu_labels))
        missing = [role for role in Role if role not in routes.free]
        if missing:
            raise ValueError(f"nobody takes the free words of {missing}")
        for label, command in routes.menu_labels.items():
            if command not in routes.commands:
                raise ValueError(f"the label {label} leads to /{command}, which is no command")
        return routes

    def menu(self, role: Role) -> list[str]:
        """The commands of a role's menu, in the table's order."""
        return [command.name for command in self.commands.values() if role in command.menu]


R = TypeVar("R", Command, Press, State, Timed)


def _unique(items: Iterable[R]) -> dict[str, R]:
    found: dict[str, R] = {}
    for item in items:
        if item.name in found:
            raise ValueError(f"two routes are called {item.name}")
        found[item.name] = item
    return found
