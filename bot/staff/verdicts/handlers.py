"""[Should have paged] on an item of the list and on a patient's messages: kept by one tap, and what can be done now beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bot import people
from bot.errors import Conflict, NotAllowed
from bot.escalation import ack, answers, statuses
from bot.ids import short, unshort
from bot.models import Person, Verdict
from bot.outbox import Button, Rows
from bot.safety.levels import Level
from bot.staff.verdicts import store
from bot.staff.verdicts.store import ALERT, MESSAGE, Words
from bot.turn import Turn

CUT = 300  # of each message to choose from


def item(turn: Turn) -> None:
    """Of an item of the list."""
    _choose(turn, store.of_item(turn.work, _id(turn.arg), turn.person))


def thread(turn: Turn) -> None:
    """Of a patient's messages to the team."""
    patient = people.by_number(turn.session, ack.number_of(turn.arg))
    if patient is None or not statuses.may_change(turn.work, patient, turn.person):
        raise NotAllowed
    _choose(turn, store.of_thread(turn.work, patient))


def _choose(turn: Turn, found: Sequence[Words]) -> None:
    """One message is meant; of several, which."""
    if not found:
        raise Conflict("verdicts/no_words")
    if len(found) == 1:
        _keep(turn, found[0].kind, found[0].id)
        return
    lines = [{"at": one.at, "text": _cut(" ".join(one.texts))} for one in found]
    keys = [(one.kind, short(one.id)) for one in found]
    buttons = [Button("verdicts/number", "verdicts.keep", key, {"number": number}) for number, key in enumerate(keys, start=1)]
    ack.show_protected(turn.work, turn.person, "verdicts/which", [buttons], lines=lines)


def keep(turn: Turn) -> None:
    """This one."""
    kind, key = turn.args
    if kind not in (ALERT, MESSAGE):
        raise NotAllowed
    _keep(turn, kind, _id(key))


def _keep(turn: Turn, kind: str, row_id: UUID) -> None:
    person, words = store.words_of(turn.work, kind, row_id, turn.person)
    verdict, fresh = store.keep(turn.work, person, words, turn.person)
    rows, values = _rows(turn, verdict, person), _values(turn, verdict, person)
    if fresh:
        turn.say("verdicts/kept", rows, **values)
    else:
        by = people.get(turn.session, verdict.staff_id)
        own = by.id == turn.person.id
        turn.say("verdicts/already", rows, name="" if own else answers.first_name(people.name_of(turn.work, by)), at=verdict.at, **values)


def emergency(turn: Turn) -> None:
    """It was an emergency, not only urgent."""
    verdict, person = store.verdict_of(turn.work, _id(turn.arg), turn.person)
    store.raise_level(turn.work, verdict, turn.person)
    turn.edit("verdicts/kept", _rows(turn, verdict, person), **_values(turn, verdict, person))


def take_back(turn: Turn) -> None:
    """It was a slip: nothing is kept."""
    verdict, _person = store.verdict_of(turn.work, _id(turn.arg), turn.person)
    store.take_back(turn.work, verdict, turn.person)
    turn.edit("verdicts/taken_back")


def page(turn: Turn) -> None:
    """[Page now]: a case, as if the words had opened it."""
    verdict, person = store.verdict_of(turn.work, _id(turn.arg), turn.person)
    case = store.page(turn.work, verdict, person, turn.person)
    turn.edit("verdicts/paged", [[Button("alerts/case", "alerts.case", (case.number,), {"number": case.number})]], number=case.number)


def _rows(turn: Turn, verdict: Verdict, person: Person) -> Rows:
    key = short(verdict.id)
    first = [Button("verdicts/page", "verdicts.page", (key,))] if store.may_page(turn.work, verdict, person) else []
    first += [Button("verdicts/emergency", "verdicts.emergency", (key,))] if verdict.level != Level.EMERGENCY else []
    slip = verdict.staff_id == turn.person.id and verdict.case_id is None
    return [row for row in (first, [Button("verdicts/take_back", "verdicts.take_back", (key,))] if slip else []) if row]


def _values(turn: Turn, verdict: Verdict, person: Person) -> dict[str, Any]:
    return {"level": verdict.level, "page": store.may_page(turn.work, verdict, person)}


def _id(key: str) -> UUID:
    try:
        return unshort(key)
    except ValueError as error:
        raise NotAllowed from error


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[:CUT]}…"
