"""Hours of sessions a week against the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import people
from bot.models import Person
from bot.programme import rules, store
from bot.programme.store import Book
from bot.work import Work


@dataclass(frozen=True, slots=True)
class Week:
    """One patient's week, in minutes.

    Attributes:
        done: of sessions where they were, by the attendance that was taken.
        ahead: of sessions that are still to come this week and that they did not call off.
        open: of sessions that are over and whose attendance nobody has taken yet.
        plan: hours; None when nobody set any.
        missed: how many sessions they were absent from.
    """

    done: int
    ahead: int
    open: int
    plan: int | None
    missed: int

    @property
    def under(self) -> bool:
        """Whether the week stays below the plan even with everything that is open."""
        return self.plan is not None and self.done + self.ahead + self.open < self.plan * 60


def week(work: Work, person: Person, weeks: int = 0, book: Book | None = None) -> Week:
    """A patient's week in the clinic's zone; 0 is the present one, -1 the one before."""
    start, end = rules.week_of(work.now, work.settings.timezone, weeks)
    patient = people.patient_of(work.session, person.id)
    seats = {(one.series_id, one.local_date): one for one in store.seats_of(work, person, start, end)}
    counted = [one for one in seats.values() if one.counted]
    ahead = unmarked = 0
    for one in (book or Book(work)).of(person, start, end):
        seat = seats.get((one.row.id, one.slot.day))
        if seat is not None and (seat.counted or seat.reply == "cannot"):
            continue
        if one.slot.end > work.now:
            ahead += one.minutes
        else:
            unmarked += one.minutes
    return Week(
        sum(one.minutes for one in counted if one.attendance in rules.THERE),
        ahead,
        unmarked,
        patient.plan_hours if patient is not None else None,
        sum(1 for one in counted if one.attendance == rules.Mark.ABSENT.value),
    )


def under_plan(work: Work, found: Sequence[Person]) -> list[tuple[Person, Week]]:
    """Whose last week stayed below their plan, of these patients; those are left out who had no plan then or are away."""
    planned = [one for one in found if (row := people.patient_of(work.session, one.id)) is not None and row.plan_hours is not None]
    start, _end = rules.week_of(work.now, work.settings.timezone, -1)
    planned = [one for one in planned if one.enrolled_at is not None and one.enrolled_at <= start]
    if not planned:
        return []
    book = Book(work)
    weeks = [(one, week(work, one, -1, book)) for one in planned]
    return [(one, found_week) for one, found_week in weeks if found_week.under]
