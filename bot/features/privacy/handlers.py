"""`/privacy`: what is stored and who reads it, the consent, a copy of everything, and erasing it."""

from __future__ import annotations

from typing import Any

from bot import menu
from bot.errors import Conflict
from bot.escalation import store as cases
from bot.features.privacy import store
from bot.models import STAFF, Due, Role
from bot.outbox import Button, Rows
from bot.turn import Turn

_BACK: Rows = ((Button("common/back", "privacy.open"),),)
_KEEP = Button("privacy/keep", "privacy.keep")
_SURE_FOR_MINUTES = 15  # a last question that lies about for longer is asked anew


def privacy(turn: Turn) -> None:
    """`/privacy`."""
    key, rows = _page(turn)
    turn.say(key, rows, **menu.clinic(turn), **_consent(turn))


def open_(turn: Turn) -> None:
    """Back to the overview."""
    key, rows = _page(turn)
    turn.edit(key, rows, **menu.clinic(turn), **_consent(turn))


def _page(turn: Turn) -> tuple[str, Rows]:
    copy, erase = Button("privacy/copy", "privacy.export"), Button("privacy/erase", "privacy.erase")
    role = turn.person.role
    if role in STAFF:
        return "privacy/staff", ()
    if role is not Role.PATIENT:
        return "privacy/visitor", ((copy, erase),)
    read = [[Button("privacy/consent", "privacy.consent", (0,))]] if store.newest_consent(turn.work, turn.person) is not None else []
    waiting = [[Button("privacy/keep", "privacy.keep")]] if store.waits_to_erase(turn.work, turn.person) else []
    return "privacy/overview", [[copy, erase], *read, *waiting]


def _consent(turn: Turn) -> dict[str, Any]:
    found = store.newest_consent(turn.work, turn.person)
    return {"version": found.version if found else None, "given_at": found.given_at if found else None}


def consent(turn: Turn) -> None:
    """What the person agreed to, screen by screen, in the words of that version."""
    found = store.newest_consent(turn.work, turn.person)
    texts = turn.content.consent.versions.get(found.version) if found is not None else None
    if found is None or texts is None or not turn.arg.isdecimal() or int(turn.arg) >= len(texts.screens):
        raise Conflict("common/old_button")
    number = int(turn.arg)
    screen = texts.screens[number]
    last = number == len(texts.screens) - 1
    rows = [] if last else [[Button("privacy/next", "privacy.consent", (number + 1,))]]
    title, text = screen.title[turn.lang], menu.filled(turn, screen.text[turn.lang])
    turn.edit("privacy/agreed", [*rows, *_BACK], number=number + 1, total=len(texts.screens), title=title, text=text)


def export(turn: Turn) -> None:
    """Before a copy comes: who can open it."""
    turn.edit("privacy/export", [[Button("privacy/send", "privacy.send")], *_BACK])


def send(turn: Turn) -> None:
    """A copy of everything: a text to read, and JSON."""
    store.log_export(turn.work, turn.person)
    turn.edit("privacy/export_comes")
    for form in ("text", "json"):
        turn.document("export", f"privacy/file_{form}", args={"person": str(turn.person.id), "form": form})


def erase(turn: Turn) -> None:
    """The first question; with a case open, that it waits."""
    if cases.open_case(turn.session, turn.person.id) is not None:
        later = Button("privacy/erase_later", "privacy.erase_later")
        turn.edit("privacy/erase_waits", [[later], [_KEEP]])
    else:
        turn.edit("privacy/erase_first", [[Button("privacy/erase_yes", "privacy.erase_sure")], [_KEEP]], **menu.clinic(turn))


def erase_sure(turn: Turn) -> None:
    """The second question."""
    turn.edit("privacy/erase_last", [[_KEEP], [Button("privacy/erase_now", "privacy.erase_now", (_minute(turn),))]])


def erase_now(turn: Turn) -> None:
    """Erase everything. Whoever has the chat is a visitor from here on."""
    if not turn.arg.isdecimal() or not 0 <= _minute(turn) - int(turn.arg) <= _SURE_FOR_MINUTES:
        raise Conflict("common/old_button")
    visitor = store.erase_person(turn.work, turn.person, actor=turn.person)
    assert visitor is not None
    turn.person, turn.state, turn.data, turn.parked = visitor, None, {}, []
    turn.edit("privacy/erased")
    turn.say("privacy/chat_too", keyboard=())


def erase_later(turn: Turn) -> None:
    """Erase when the case is closed."""
    if not store.waits_to_erase(turn.work, turn.person):
        store.wait_to_erase(turn.work, turn.person)
    turn.edit("privacy/erase_noted", [[_KEEP]])


def keep(turn: Turn) -> None:
    """Nothing is erased."""
    if store.waits_to_erase(turn.work, turn.person):
        store.keep(turn.work, turn.person)
    turn.edit("privacy/kept")


def erase_when_closed(turn: Turn, _item: Due) -> None:
    """A waiting erasure whose case is closed: it is done, and a neutral line says so."""
    visitor = store.erase_person(turn.work, turn.person)
    turn.state, turn.data, turn.parked = None, {}, []
    if visitor is not None:
        turn.person = visitor
        turn.say("privacy/erased_later", keyboard=())


def erase_still_waits(turn: Turn, _item: Due) -> None:
    """The case is still open: look again later."""
    store.wait_to_erase(turn.work, turn.person)


def _minute(turn: Turn) -> int:
    return int(turn.now.timestamp()) // 60
