"""After a new phone: what the old one still had to do is done by the new one, and a greeting says that it works."""

from __future__ import annotations

from bot import menu, moving
from bot.escalation import engine
from bot.escalation import store as cases
from bot.ids import unshort
from bot.models import STAFF, Case, Due, Lane, Person
from bot.staff.patients import store
from bot.turn import Turn
from bot.work import Work

KIND = moving.FOLLOW


def follow(turn: Turn, item: Due) -> None:
    """The greeting; staff have their cases and pages again, a case that the account had as a visitor is the person's."""
    work, person = turn.work, turn.person
    store.take_case_over(work, person, unshort(str(item.args["account"])))
    if person.role not in STAFF:
        turn.say("patients/moved_here", keyboard=menu.KEYBOARD, lane=Lane.REPLY)
        return
    turn.say("patients/moved_here_staff", keyboard=(), lane=Lane.REPLY)
    for case in cases.open_cases(turn.session):
        if case.acknowledged_at is not None and case.holder_id == person.id:
            engine.show_page(work, case, person)
        elif case.acknowledged_at is None and _was_paged(work, case, person):
            engine.page_people(work, case, [person], "again")


def _was_paged(work: Work, case: Case, person: Person) -> bool:
    return any(page.staff_id == person.id for page in cases.pages_of(work.session, case.id))
