"""Tracks: the clinic's names for its groups of hours. Morning, afternoon and evening are known in both languages, others are as typed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlmodel import col, select

from bot import typed
from bot.content.render import LANGUAGES
from bot.models import Patient, Person, Role, SessionSeries, Status
from bot.work import Work

USUAL = ("morning", "afternoon", "evening")
LONGEST = 40
GONE = frozenset({Status.MOVED, Status.DISCHARGED, Status.DECEASED})  # whom the clinic has let go


@lru_cache(maxsize=512)
def key(name: str | None) -> str:
    """What two spellings of a track have in common; "" for none."""
    return typed.plain(name or "")


def read(work: Work, text: str) -> str | None:
    """A track as it is kept: a usual one by its English name in whichever language it was typed, others as typed; None for none."""
    plain = " ".join(text.split())
    if not 1 <= len(plain) <= LONGEST or not any(sign.isalnum() for sign in plain):
        return None
    label = work.content.texts.label
    usual = typed.pick(plain, {name: [name, *(label(f"sessions/track_{name}", lang) for lang in LANGUAGES)] for name in USUAL})
    if usual is not None:
        return usual
    return next((name for name in known(work) if key(name) == key(plain)), plain)


def shown(work: Work, name: str | None, lang: str) -> str:
    """A track's name for a reader; "" for none."""
    usual = next((one for one in USUAL if key(name) == one), None)
    return work.content.texts.label(f"sessions/track_{usual}", lang) if usual is not None else name or ""


def known(work: Work) -> list[str]:
    """The usual tracks, then those that the clinic's series and patients name."""
    series = work.session.exec(select(SessionSeries.track).where(col(SessionSeries.removed_at).is_(None)).distinct())
    own = work.session.exec(select(Patient.track).distinct())
    return _once([*USUAL, *sorted(name for name in {*series, *own} if name)])


def with_sessions(work: Work) -> list[str]:
    """The tracks that have sessions now."""
    today = work.now.date()
    statement = select(SessionSeries.track).where(
        col(SessionSeries.removed_at).is_(None), col(SessionSeries.until_date).is_(None) | (col(SessionSeries.until_date) >= today)
    )
    return _once(sorted({name for name in work.session.exec(statement) if name}, key=_order))


def _order(name: str) -> tuple[int, str]:
    return (USUAL.index(key(name)) if key(name) in USUAL else len(USUAL), name)


def _once(names: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(key(name), name)
    return list(found.values())


def patients(work: Work, name: str) -> list[Person]:
    """The enrolled patients of a track whom the clinic has not let go, by number."""
    statement = (
        select(Person, Patient.track)
        .join(Patient, col(Patient.person_id) == col(Person.id))
        .where(col(Patient.track).is_not(None), col(Person.removed_at).is_(None), col(Person.enrolled_at).is_not(None))
        .where(col(Person.role) == Role.PATIENT, col(Person.fictitious).is_(False))
        .order_by(col(Person.number))
    )
    return [person for person, track in work.session.exec(statement).all() if key(track) == key(name) and person.status not in GONE]


def is_here(person: Person) -> bool:
    """Whether somebody belongs to the programme: a patient who is enrolled, neither removed nor let go."""
    return person.removed_at is None and person.enrolled_at is not None and person.role is Role.PATIENT and person.status not in GONE
