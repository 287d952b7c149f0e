"""What the settings write; what depends on them is planned anew."""

from __future__ import annotations

from datetime import datetime

from bot import audit, people, rhythm
from bot.escalation import tasks
from bot.models import Person
from bot.places import Place
from bot.programme import reminders as sessions
from bot.work import Work


def set_language(work: Work, person: Person, lang: str) -> None:
    """From the next message on."""
    person.language = lang
    _changed(work, person, "language")


def set_name(work: Work, person: Person, name: str) -> None:
    """How the bot and the team call the person."""
    people.set_name(work, person, name)
    _changed(work, person, "name")


def move(work: Work, person: Person, place: Place) -> None:
    """Another country or zone: other crisis lines, and the check-in follows the new wall clock."""
    person.country, person.zone = place.country, place.zone
    rhythm.plan_checkin(work, person)
    rhythm.clock_changed(work, person)
    sessions.plan(work, person)
    _changed(work, person, "place")


def set_checkin(work: Work, person: Person, wall: str) -> None:
    """The local time of the daily check-in, from the next one on."""
    person.checkin_at = wall
    rhythm.plan_checkin(work, person)
    _changed(work, person, "checkin")


def set_quiet(work: Work, person: Person, start: str, end: str) -> None:
    """Hours in which the bot starts nothing."""
    person.quiet_from, person.quiet_until = start, end
    sessions.plan(work, person)
    _changed(work, person, "quiet")


def pause(work: Work, person: Person, until: datetime | None, *, tell_staff: bool) -> None:
    """The bot starts nothing until then; what the person starts works all the same. None ends the pause."""
    person.paused_until = until
    if tell_staff:
        tasks.once(work, person, "paused")
    _changed(work, person, "pause")


def set_reminders_off(work: Work, person: Person, off: list[str]) -> None:
    """The kinds of reminders that do not come."""
    person.reminders_off = off
    rhythm.plan_checkin(work, person)
    _changed(work, person, "reminders")


def set_previews(work: Work, person: Person, *, show: bool) -> None:
    """Whether a message may show its words on a locked phone."""
    person.show_previews = show
    _changed(work, person, "previews")


def set_paged_with_all(work: Work, person: Person, *, paged: bool) -> None:
    """Staff: whether a case that goes to everyone goes to them too."""
    person.paged_with_all = paged
    _changed(work, person, "paged_with_all")


def _changed(work: Work, person: Person, what: str) -> None:
    audit.record(work, "settings.changed", actor=person, person_id=person.id, what=what)
