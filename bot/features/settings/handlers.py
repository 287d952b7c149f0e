"""`/settings`: one message that shows how things are; each button changes it in place."""

from __future__ import annotations

from typing import Any

from bot import menu, people, places, rhythm, typed
from bot.content.render import LANGUAGES
from bot.errors import Conflict, NotUnderstood
from bot.features.settings import rules, store
from bot.models import CLINICAL, Person, Role
from bot.outbox import Button, Rows
from bot.places import Place
from bot.placing import Placing
from bot.turn import Turn

_BACK: Rows = ((Button("common/back", "settings.open"),),)
_CANCEL: Rows = ((Button("settings/cancel", "settings.cancel"),),)
_TIMES_PER_ROW = 4


def settings(turn: Turn) -> None:
    """`/settings`."""
    turn.say("settings/panel", _rows(turn.person), **_values(turn))


def open_(turn: Turn) -> None:
    """Back to the overview."""
    _show(turn)


def _show(turn: Turn, toast: str | None = "settings/saved") -> None:
    turn.edit("settings/panel", _rows(turn.person), **_values(turn))
    if toast is not None:
        turn.answer(toast)


def _full(person: Person) -> bool:
    return person.role is Role.PATIENT and person.enrolled_at is not None


def _rows(person: Person) -> Rows:
    def to(name: str) -> Button:
        return Button(f"settings/{name}", f"settings.{name}")

    if person.role in CLINICAL:
        return ((to("language"),), (Button(f"settings/paged_{'on' if person.paged_with_all else 'off'}", "settings.paged"),))
    if not _full(person):
        return ((to("language"),),)
    return (
        (to("language"), to("name")),
        (to("place"), to("checkin")),
        (to("quiet"), to("pause")),
        (to("reminders"), to("previews")),
        (Button("settings/lessons", "learn.rhythm"), Button("settings/card", "card.show")),
    )


def _values(turn: Turn) -> dict[str, Any]:
    person = turn.person
    paused = person.paused_until if person.paused_until is not None and person.paused_until > turn.now else None
    patient = people.patient_of(turn.session, person.id)
    return {
        "pace": patient.pace_weeks if patient is not None else 0,
        "lesson_at": patient.lesson_at or "" if patient is not None else "",
        "full": _full(person),
        "staff": person.role in CLINICAL,
        "paged": person.paged_with_all,
        "name": people.name_of(turn.work, person),
        "city": places.city(person.zone, turn.lang),
        "country": places.country_name(person.country, turn.lang),
        "now": turn.now,
        "checkin": person.checkin_at or "",
        "quiet_from": person.quiet_from,
        "quiet_until": person.quiet_until,
        "paused_until": None if paused == rules.UNTIL_I_SAY else paused,
        "paused": paused is not None,
        "off": list(person.reminders_off),
        "previews": person.show_previews,
    }


def language(turn: Turn) -> None:
    """Which language?"""
    names = [Button("settings/english", "settings.set_language", ("en",)), Button("settings/spanish", "settings.set_language", ("es",))]
    turn.edit("settings/language", [names, *_BACK])


def set_language(turn: Turn) -> None:
    """The language, with everything that stands on the screen: the keyboard, a question that is open."""
    if turn.arg not in LANGUAGES:
        raise Conflict("common/old_button")
    store.set_language(turn.work, turn.person, turn.arg)
    _show(turn)
    if _full(turn.person):
        menu.show(turn, "settings/language_set")
    turn.ask_again = turn.state is not None


def name(turn: Turn) -> None:
    """Another name."""
    turn.proceed("settings.name")


def ask_name(turn: Turn) -> None:
    """What shall I call you?"""
    turn.ask("settings/name", _CANCEL)


def on_name(turn: Turn) -> None:
    """The name, typed."""
    found = typed.name(turn.text)
    if found is None:
        raise NotUnderstood("settings/name_hint")
    store.set_name(turn.work, turn.person, found)
    _back_from_form(turn)


def place(turn: Turn) -> None:
    """Another place: its zone and its crisis lines."""
    turn.proceed("settings.place")


def _placed(turn: Turn, found: Place) -> None:
    store.move(turn.work, turn.person, found)
    turn.finish()
    menu.show(turn, "settings/place_saved", at=turn.now)
    settings(turn)


placing = Placing("settings", _placed, lambda _: _CANCEL)


def checkin(turn: Turn) -> None:
    """When shall the check-in come?"""
    buttons = [Button("common/words", "settings.set_time", (wall.replace(":", ""),), {"words": wall}) for wall in rules.TIMES]
    rows = [buttons[start : start + _TIMES_PER_ROW] for start in range(0, len(buttons), _TIMES_PER_ROW)]
    turn.edit("settings/checkin", [*rows, [Button("settings/other_time", "settings.time")], *_BACK])


def set_time(turn: Turn) -> None:
    """A time's button."""
    store.set_checkin(turn.work, turn.person, _wall(turn.arg))
    _show(turn)


def time(turn: Turn) -> None:
    """Another time, to type."""
    turn.proceed("settings.time")


def ask_time(turn: Turn) -> None:
    """The time?"""
    turn.ask("settings/time", _CANCEL)


def on_time(turn: Turn) -> None:
    """The time, typed."""
    store.set_checkin(turn.work, turn.person, _wall(turn.text))
    _back_from_form(turn)


def _wall(said: str) -> str:
    wall = typed.wall(said)
    if wall is None or not rhythm.in_window(wall):
        raise NotUnderstood("settings/time_hint")
    return wall


def quiet(turn: Turn) -> None:
    """Which hours shall be quiet?"""
    buttons = [
        [Button("settings/span", "settings.set_quiet", (number,), {"start": start, "end": end})]
        for number, (start, end) in enumerate(rules.QUIET)
    ]
    turn.edit("settings/quiet", [*buttons, *_BACK])


def set_quiet(turn: Turn) -> None:
    """The hours."""
    if not turn.arg.isdecimal() or int(turn.arg) >= len(rules.QUIET):
        raise Conflict("common/old_button")
    store.set_quiet(turn.work, turn.person, *rules.QUIET[int(turn.arg)])
    _show(turn)


def pause(turn: Turn) -> None:
    """How long a pause?"""
    choices = [[Button(f"settings/pause_{choice}", "settings.set_pause", (choice,))] for choice in ("day", "week", "open", "none")]
    turn.edit("settings/pause", [*choices, *_BACK])


def set_pause(turn: Turn) -> None:
    """A pause, or its end. SOS works all the while, and it says so."""
    try:
        until = rules.paused_until(turn.arg, turn.now)
    except ValueError as error:
        raise Conflict("common/old_button") from error
    store.pause(turn.work, turn.person, until, tell_staff=turn.arg in rules.STAFF_HEAR)
    _show(turn)


def reminders(turn: Turn) -> None:
    """Which reminders?"""
    off = turn.person.reminders_off
    rows = [[Button(f"settings/{kind}_{'off' if kind in off else 'on'}", "settings.toggle", (kind,))] for kind in rules.REMINDERS]
    turn.edit("settings/reminders", [*rows, *_BACK])


def toggle(turn: Turn) -> None:
    """One kind on or off."""
    try:
        off = rules.toggled(turn.person.reminders_off, turn.arg)
    except ValueError as error:
        raise Conflict("common/old_button") from error
    store.set_reminders_off(turn.work, turn.person, off)
    reminders(turn)
    turn.answer("settings/saved")


def paged(turn: Turn) -> None:
    """Staff: whether they are among everyone when a case goes to everyone."""
    store.set_paged_with_all(turn.work, turn.person, paged=not turn.person.paged_with_all)
    _show(turn)


def previews(turn: Turn) -> None:
    """May words show on a locked phone?"""
    choices = [Button("settings/hide", "settings.set_previews", ("hide",)), Button("settings/show", "settings.set_previews", ("show",))]
    turn.edit("settings/previews", [choices, *_BACK])


def set_previews(turn: Turn) -> None:
    """Hidden or shown."""
    if turn.arg not in ("hide", "show"):
        raise Conflict("common/old_button")
    store.set_previews(turn.work, turn.person, show=turn.arg == "show")
    _show(turn)


def cancel(turn: Turn) -> None:
    """Everything stays as it was."""
    turn.finish()
    menu.show(turn, "settings/kept")


def _back_from_form(turn: Turn) -> None:
    turn.finish()
    turn.say("settings/done")
    settings(turn)
