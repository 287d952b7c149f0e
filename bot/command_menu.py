"""The command menu beside the text field: which one a chat has, and whose has to be set after a unit of work."""

from __future__ import annotations

from dataclasses import dataclass

from bot import people
from bot.content.library import Content
from bot.models import Person, Role
from bot.routing import Routes
from bot.work import Work


@dataclass(frozen=True, slots=True)
class CommandMenu:
    """A menu to set.

    Attributes:
        commands: (command, description) in order.
        mark: what is kept with the person, so that it is set once.
    """

    chat_id: int
    language: str
    commands: tuple[tuple[str, str], ...]
    mark: str


def entries(content: Content, routes: Routes, role: Role, lang: str) -> tuple[tuple[str, str], ...]:
    """A role's command menu in a language: (command, description) in order."""
    return tuple((name, content.texts.label(f"commands/{name}", lang)) for name in routes.menu(role))


def own(work: Work, routes: Routes, person: Person, chat_id: int) -> CommandMenu | None:
    """The menu of whoever just did something; None when theirs is set already."""
    return None if person.commands_set == _mark(work, person.role, person.language) else _menu(work, routes, chat_id, person)


def of_others(work: Work, routes: Routes, *, without: int | None = None) -> tuple[CommandMenu, ...]:
    """The menus of chats whose role this unit of work changed (`people.menu_changed`); a chat that was cut off has a visitor's."""
    chats: set[int] = work.session.info.pop("menus", set()) - {without}
    known = people.by_chats(work.session, chats) if chats else {}
    return tuple(_menu(work, routes, chat, known.get(chat)) for chat in sorted(chats))


def _menu(work: Work, routes: Routes, chat_id: int, person: Person | None) -> CommandMenu:
    role, lang = (person.role, person.language) if person is not None else (Role.VISITOR, work.settings.language)
    return CommandMenu(chat_id, lang, entries(work.content, routes, role, lang), _mark(work, role, lang))


def _mark(work: Work, role: Role, lang: str) -> str:
    return f"{role}:{lang}:{work.content.version}"
