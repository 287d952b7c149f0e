"""`Turn`: what a handler sees and how it says what shall happen. It collects intents; the pipeline carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.content.library import Content
from bot.errors import NotUnderstood
from bot.inbound import Inbound, Kind
from bot.models import Lane, Person
from bot.outbox import Button, ReplyButton, Rows
from bot.safety.levels import Category, Level
from bot.work import Work

__all__ = ["Alert", "Button", "Contact", "Document", "Edit", "ReplyButton", "Rows", "Say", "Turn", "Venue"]


@dataclass(frozen=True, slots=True)
class Say:
    """A message to the person. `step`: its buttons belong to the present step and die with it."""

    key: str
    rows: Rows = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    step: bool = False
    lane: Lane | None = None
    reply_keys: tuple[tuple[ReplyButton, ...], ...] | None = None
    reply_keys_once: bool = False
    silent: bool = False
    dedup_key: str | None = None
    expires_at: datetime | None = None
    case_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """New words and buttons for the message whose button was pressed; said anew when it is gone."""

    key: str
    rows: Rows = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    step: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact card: short numbers become tappable that way."""

    phone: str
    name: str


@dataclass(frozen=True, slots=True)
class Venue:
    """A place on the map, with its name."""

    latitude: float
    longitude: float
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Evidence from a form: it feeds the same engine as words do."""

    level: Level
    category: Category
    source: str
    rule: str


@dataclass(frozen=True, slots=True)
class Remind:
    """A due item for this person."""

    kind: str
    key: str
    at: datetime
    useful_for: timedelta | None
    wall: str | None
    zone: str | None
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A file for the person, made by a recipe just before sending; `key` is the caption's template, `kind` as in `ports.Outgoing`."""

    recipe: str
    args: Mapping[str, Any]
    key: str
    values: Mapping[str, Any]
    kind: str = "document"


Intent = Say | Edit | Contact | Venue | Alert | Remind | Document


class Turn:
    """One turn of a conversation, or one due item of a person.

    Attributes:
        person: whose turn it is.
        inbound: what they did; None for a due item.
        args: of the pressed button, as text, in order.
        state: where the person is, such as `checkin.craving`; None outside any form.
        data: what the form keeps between its steps (JSON-able). Change it in place; it is stored with the state.
        ask_again: a handler sets it when the present step's question has to be put (again): a form taken up, another language.
        ends_silence: silent mode was on until this word.
    """

    def __init__(
        self,
        work: Work,
        person: Person,
        *,
        inbound: Inbound | None = None,
        state: str | None = None,
        data: dict[str, Any] | None = None,
        parked: list[tuple[str, dict[str, Any]]] | None = None,
        args: tuple[str, ...] = (),
    ) -> None:
        self.work = work
        self.person = person
        self.inbound = inbound
        self.state = state
        self.data: dict[str, Any] = data if data is not None else {}
        self.parked: list[tuple[str, dict[str, Any]]] = parked if parked is not None else []
        self.args = args
        self.intents: list[Intent] = []
        self.toast: tuple[str, Mapping[str, Any], bool] | None = None
        self.moved = False
        self.resume = False
        self.answered = False
        self.ask_again = False
        self.ends_silence = False

    @property
    def session(self) -> Session:
        return self.work.session

    @property
    def now(self) -> datetime:
        """The instant of this turn, UTC."""
        return self.work.now

    @property
    def content(self) -> Content:
        return self.work.content

    @property
    def lang(self) -> str:
        """The person's language."""
        return self.person.language

    @property
    def text(self) -> str:
        """What was typed, trimmed.

        Raises:
            NotUnderstood: it was no text (a photo, a sticker).
        """
        if self.inbound is None or self.inbound.kind is not Kind.TEXT or not self.inbound.text.strip():
            raise NotUnderstood("common/need_text")
        return self.inbound.text.strip()

    @property
    def arg(self) -> str:
        """The first argument of the pressed button."""
        return self.args[0]

    def say(
        self,
        key: str,
        rows: Rows = (),
        *,
        lane: Lane | None = None,
        keyboard: tuple[tuple[ReplyButton, ...], ...] | None = None,
        keyboard_once: bool = False,
        silent: bool = False,
        dedup_key: str | None = None,
        expires_at: datetime | None = None,
        case_id: UUID | None = None,
        **values: Any,
    ) -> None:
        """Send a message whose buttons work at any time.

        Args:
            key: of the template, `<slice>/<key>`.
            rows: inline buttons.
            keyboard: a reply keyboard; () removes the present one.
            values: what the template needs beside `zone`, `lang` and `lines`.
        """
        self.intents.append(
            Say(
                key,
                rows,
                values,
                lane=lane,
                reply_keys=keyboard,
                reply_keys_once=keyboard_once,
                silent=silent,
                dedup_key=dedup_key,
                expires_at=expires_at,
                case_id=case_id,
            )
        )

    def ask(
        self,
        key: str,
        rows: Rows = (),
        *,
        keyboard: tuple[tuple[ReplyButton, ...], ...] | None = None,
        keyboard_once: bool = True,
        **values: Any,
    ) -> None:
        """Ask a form's question: its buttons belong to the step that this turn ends in, and are old afterwards."""
        self.intents.append(Say(key, rows, values, step=True, reply_keys=keyboard, reply_keys_once=keyboard_once))

    def edit(self, key: str, rows: Rows = (), *, step: bool = False, **values: Any) -> None:
        """Change the message whose button was pressed; say it anew when there is none."""
        self.intents.append(Edit(key, rows, values, step))

    def contact(self, phone: str, name: str) -> None:
        """Send a contact card."""
        self.intents.append(Contact(phone, name))

    def venue(self, latitude: float, longitude: float, *, title: str, address: str) -> None:
        """Send a place as a pin with its name and address; degrees."""
        self.intents.append(Venue(latitude, longitude, title, address))

    def document(self, recipe: str, key: str, *, args: Mapping[str, Any], **values: Any) -> None:
        """Send a file.

        Args:
            recipe: its name in `files.RECIPES`.
            key: of the caption.
            args: the recipe's parameters: ids, keys, numbers.
        """
        self.intents.append(Document(recipe, args, key, values))

    def voice(self, path: str, key: str, **values: Any) -> None:
        """Send a recording of the content as a voice message.

        Args:
            path: inside a content folder, one of `Content.voices`.
            key: of the caption.
        """
        self.intents.append(Document("voice", {"path": path}, key, values, kind="voice"))

    def answer(self, key: str, *, alert: bool = False, **values: Any) -> None:
        """A short text over the chat for the pressed button (a toast, or with `alert` a box to close)."""
        self.toast = (key, values, alert)

    def alert(self, level: Level, category: Category, *, source: str = "form", rule: str = "") -> None:
        """Raise an alert from a form. `Level.NONE` raises none."""
        if level is not Level.NONE:
            self.intents.append(Alert(level, category, source, rule))

    def remind(
        self,
        kind: str,
        key: str,
        at: datetime,
        *,
        useful_for: timedelta | None = None,
        wall: str | None = None,
        zone: str | None = None,
        **args: Any,
    ) -> None:
        """Put a due item in for this person (see `due.put`)."""
        self.intents.append(Remind(kind, key, at, useful_for, wall, zone, args))

    def goto(self, state: str, **data: Any) -> None:
        """Move to a step. A step of the same form remembers where it came from; one of another form parks the present form.

        Args:
            state: `<form>.<step>`.
            data: merged into what the form keeps.
        """
        form = state.partition(".")[0]
        if self.state is not None and self.state.partition(".")[0] == form:
            if self.state != state:
                trail = self.data.setdefault("trail", [])
                if state in trail:
                    del trail[trail.index(state) :]
                trail.append(self.state)
        else:
            self.park()
            self.data = {}
        self.state = state
        self.data.update(data)
        self.moved = True

    def proceed(self, state: str, **data: Any) -> None:
        """Like `goto`, and the pipeline puts the question of the new step when the handler is through."""
        self.goto(state, **data)
        self.ask_again = True

    def back(self) -> str | None:
        """Go back one step of the form.

        Returns:
            The step that is the present one now, or None when this was the first.
        """
        trail = self.data.get("trail") or []
        if not trail:
            return None
        self.state = trail.pop()
        self.moved = True
        return self.state

    def park(self) -> None:
        """Put the present form aside; it is offered again when the next one ends."""
        if self.state is not None:
            form = self.state.partition(".")[0]
            self.parked = [(state, data) for state, data in self.parked if state.partition(".")[0] != form]
            self.parked.append((self.state, self.data))
            self.state, self.data = None, {}
            self.moved = True

    def finish(self) -> None:
        """End the form. A parked one comes back by an offer of the pipeline's."""
        self.state, self.data = None, {}
        self.moved = True
        self.resume = True

    def drop_form(self, form: str) -> None:
        """Forget a form, present or parked."""
        self.parked = [(state, data) for state, data in self.parked if state.partition(".")[0] != form]
        if self.state is not None and self.state.partition(".")[0] == form:
            self.state, self.data = None, {}
            self.moved = True
