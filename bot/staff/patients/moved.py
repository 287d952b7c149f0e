"""After a new phone: what the old one still had to do is done by the new one, and a greeting says that it works."""

from __future__ import annotations

from bot import menu, moving, people
from bot.escalation import engine, relay
from bot.escalation import store as cases
from bot.ids import unshort
from bot.models import STAFF, Case, Due, Lane, Person
from bot.staff.patients import store
from bot.turn import Turn
from bot.work import Work

KIND, CUT = moving.FOLLOW, moving.CUT


def follow(turn: Turn, item: Due) -> None:
    """The greeting; staff have their cases and pages again, a case that the account had as a visitor is the person's."""
    work, person = turn.work, turn.person
    store.take_case_over(work, person, unshort(str(item.args["account"])))
    if person.role not in STAFF:
        turn.say("patients/moved_here", keyboard=menu.KEYBOARD, lane=Lane.REPLY)
        return
    relay.clear_target(work, person)  # the keyboard that said to whom they write is gone
    turn.say("patients/moved_here_staff", keyboard=(), lane=Lane.REPLY)
    for case in cases.open_cases(turn.session):
        if case.acknowledged_at is not None and case.holder_id == person.id:
            engine.show_page(work, case, person)
        elif case.acknowledged_at is None and _was_paged(work, case, person):
            engine.page_people(work, case, [person], "again")


def cut(turn: Turn, item: Due) -> None:
    """A chat that is nobody's any more has a stranger's command menu."""
    people.menu_changed(turn.work, int(item.args["chat"]))


def _was_paged(work: Work, case: Case, person: Person) -> bool:
    return any(page.staff_id == person.id for page in cases.pages_of(work.session, case.id))
