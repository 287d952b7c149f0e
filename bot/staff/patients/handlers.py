"""The buttons below one patient: [Owner], [Status], [Card], [New phone]. Each is looked up within the presser's own patients."""

from __future__ import annotations

from bot import audit, cards, invitations, leave, people, places
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, answers, relay, statuses
from bot.models import CLINICAL, Person, Role, Status
from bot.outbox import Button, Rows
from bot.places import Place
from bot.staff.patients import rules, store
from bot.turn import Turn

FORM = "trip"
_LATER: Rows = ((Button("common/later", "form.leave"),),)


def card(turn: Turn) -> None:
    """[Card]: whom to phone and where to look; the look is logged."""
    patient = _patient(turn)
    found = cards.of(turn.work, patient)
    audit.record(turn.work, "card.viewed", actor=turn.person, person_id=patient.id)
    ack.show_protected(
        turn.work,
        turn.person,
        "patients/card",
        name=people.name_of(turn.work, patient),
        phone=found.phone,
        address=found.address,
        contact=found.contact_name,
        contact_phone=found.contact_phone,
        tell=list(found.may_tell),
    )


def owner(turn: Turn) -> None:
    """[Owner]: to whom the patient shall go."""
    patient = _patient(turn)
    if not store.may_give(turn.work, patient, turn.person):
        raise NotAllowed
    away = leave.away(turn.work)
    buttons = [_colleague(turn, patient, one, away=one.id in away) for one in store.candidates(turn.work, patient)]
    if not buttons:
        raise Conflict("patients/nobody_else")
    turn.say("patients/owner", [buttons[start : start + 2] for start in range(0, len(buttons), 2)], number=patient.number)


def _colleague(turn: Turn, patient: Person, one: Person, *, away: bool) -> Button:
    label = "patients/colleague_away" if away else "patients/colleague"
    return Button(label, "patients.give", (patient.number, one.number), {"name": _name(turn, one)})


def give(turn: Turn) -> None:
    """A colleague's button: the patient is theirs now."""
    patient, colleague = _patient(turn), people.by_number(turn.session, ack.number_of(turn.args[1]))
    if colleague is None:
        raise NotAllowed
    store.give(turn.work, patient, colleague, by=turn.person)
    turn.edit("patients/gave", number=patient.number, name=_name(turn, colleague))


def status(turn: Turn) -> None:
    """[Status]: where the patient is."""
    patient = _patient(turn)
    now = statuses.current(turn.work, patient)
    others = [one for one in statuses.CHOICES if one is not patient.status]
    buttons = [Button(f"patients/be_{one.value}", "patients.choose", (patient.number, one.value)) for one in others]
    if patient.status is Status.DECEASED:
        undo = [[Button("patients/undo", "patients.undo", (patient.number,))]] if turn.person.role is Role.SUPERVISOR else []
        turn.say("patients/status_deceased", undo, number=patient.number, confirmed=now is not None and now.confirmed_at is not None)
        return
    rows = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
    turn.say("patients/status", rows, number=patient.number, status=patient.status.value, until=now.until_date if now is not None else None)


def choose(turn: Turn) -> None:
    """A status: what it stops, until when, and the last question."""
    patient, wanted = _patient(turn), _status(turn)
    if wanted is patient.status or patient.status is Status.DECEASED:
        raise Conflict("common/old_button")
    if wanted in statuses.UNTIL:
        spans = [Button(f"patients/span_{span}", "patients.set", (patient.number, wanted.value, span)) for span in rules.SPANS]
        rows = [spans[1:3], spans[3:], spans[:1]]
    else:
        rows = [[Button("patients/yes", "patients.set", (patient.number, wanted.value, "open"))]]
    turn.edit("patients/choose", [*rows, [Button("patients/leave_it", "patients.leave_it")]], number=patient.number, status=wanted.value)


def leave_it(turn: Turn) -> None:
    """Nothing changes."""
    turn.edit("patients/left")


def set_(turn: Turn) -> None:
    """The status is so from now on. A traveller's place is asked first; a death waits for a second person."""
    patient, wanted, span = _patient(turn), _status(turn), turn.args[2]
    if span not in rules.SPANS:
        raise NotAllowed
    if wanted is Status.TRAVELLING:
        turn.goto("trip.place", patient=patient.number, span=span)
        ask_place(turn)
        return
    locked = _locked(turn, patient)
    if wanted is Status.DECEASED:
        statuses.report_death(turn.work, locked, turn.person)
        turn.edit("patients/reported", number=patient.number)
        return
    row = statuses.change(turn.work, locked, wanted, turn.person, until=rules.last_day(span, leave.today(turn.work)))
    turn.edit("patients/changed", number=patient.number, status=wanted.value, until=row.until_date)


def ask_place(turn: Turn) -> None:
    """Where are they?"""
    relay.stop_writing(turn)
    turn.ask("patients/place", _LATER, number=turn.data["patient"])


def on_place(turn: Turn) -> None:
    """A city or a country, typed; a country with several clocks needs a city."""
    found = places.find(turn.text)
    if isinstance(found, str):
        zones = places.zones_of(found, turn.now)
        found = Place(found, zones[0]) if len(zones) == 1 else None
        if found is None:
            raise NotUnderstood("patients/place_city")
    if found is None:
        raise NotUnderstood("place/unknown")
    patient = people.by_number(turn.session, int(turn.data["patient"]))
    span = str(turn.data["span"])
    turn.finish()
    if patient is None:
        raise NotAllowed
    until = rules.last_day(span, leave.today(turn.work))
    statuses.change(turn.work, _locked(turn, patient), Status.TRAVELLING, turn.person, until=until, place=found)
    turn.say(
        "patients/travels",
        number=patient.number,
        until=until,
        city=places.city(found.zone, turn.lang),
        country=places.country_name(found.country, turn.lang),
        lines_known=bool(turn.content.lines_for(found.country).view(turn.lang).emergency),
    )


def death(turn: Turn) -> None:
    """[Open] on a report that waits for a second person: who it is, and the question."""
    number = ack.number_of(turn.arg)
    row, patient = statuses.waiting_death(turn.work, number, turn.person)
    audit.record(turn.work, "patient.viewed", actor=turn.person, person_id=patient.id)
    first = people.get(turn.session, row.asked_by) if row.asked_by is not None else None
    own = first is not None and first.id == turn.person.id
    yes = [] if own else [[Button("patients/confirm", "patients.death_yes", (number,))]]
    ack.show_protected(
        turn.work,
        turn.person,
        "patients/death",
        [*yes, [Button("patients/not_so", "patients.death_no", (number,))]],
        name=people.name_of(turn.work, patient),
        number=patient.number,
        by=answers.first_name(people.name_of(turn.work, first)) if first is not None else "",
        at=row.asked_at,
        own=own,
    )


def death_yes(turn: Turn) -> None:
    """[Confirm]: it is final."""
    patient = statuses.confirm_death(turn.work, ack.number_of(turn.arg), turn.person)
    turn.edit("patients/final", number=patient.number)


def death_no(turn: Turn) -> None:
    """[Not so]: all is as it was."""
    patient = statuses.refuse_death(turn.work, ack.number_of(turn.arg), turn.person)
    turn.edit("patients/undone", number=patient.number)


def undo(turn: Turn) -> None:
    """[Undo], by a supervisor; asked once more."""
    patient = _patient(turn)
    turn.edit(
        "patients/undo",
        [[Button("patients/undo_yes", "patients.undo_yes", (patient.number,))], [Button("patients/leave_it", "patients.leave_it")]],
        number=patient.number,
    )


def undo_yes(turn: Turn) -> None:
    """The patient is not dead: what they have starts again."""
    patient = _patient(turn)
    statuses.undo_death(turn.work, _locked(turn, patient), turn.person)
    turn.edit("patients/undone", number=patient.number)


def phone(turn: Turn) -> None:
    """[New phone]: what the code does, before it is made."""
    patient = _patient(turn)
    turn.say("patients/new_phone", [[Button("patients/make_code", "patients.code", (patient.number,))]], number=patient.number)


def code(turn: Turn) -> None:
    """[Make code]: shown once; it is for the person who stands in front of the counselor."""
    patient = _patient(turn)
    made = invitations.create_move(turn.work, patient, created_by=turn.person)
    until = turn.now + invitations.STAFF_LIFE
    turn.edit("patients/code", code=made, link=invitations.link(turn.work, made), until=until, number=patient.number)


def _patient(turn: Turn) -> Person:
    found = people.by_number(turn.session, ack.number_of(turn.arg))
    if found is None or turn.person.role not in CLINICAL or not statuses.may_change(turn.work, found, turn.person):
        raise NotAllowed
    return found


def _locked(turn: Turn, patient: Person) -> Person:
    found = people.by_id_locked(turn.session, patient.id)
    if found is None:
        raise NotAllowed
    return found


def _status(turn: Turn) -> Status:
    wanted = next((one for one in statuses.CHOICES if one.value == turn.args[1]), None)
    if wanted is None:
        raise NotAllowed
    return wanted


def _name(turn: Turn, staff: Person) -> str:
    first, _, rest = people.name_of(turn.work, staff).partition(" ")
    return f"{first[:14]} {rest[:1]}." if rest else first[:16] or f"#{staff.number}"
