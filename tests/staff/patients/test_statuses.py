"""Where a patient is, what each status stops, and that a cry for help is heard in all of them."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from bot import outbox, people, rhythm
from bot.models import LEFT_ALONE, Audit, Due, DueState, Lane, Outbox, OutboxState, Patient, Role, Status, StatusChange, Task
from bot.outbox import Post
from tests.world import Phone, World

CRISIS = "I want to kill myself"


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        row = work.session.get(Patient, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


async def ready(world: World) -> Phone:
    """A patient of Dana's whose check-in is planned."""
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    with world.work() as work:
        rhythm.plan_checkin(work, people.get(work.session, ana.person.id))
    return ana


async def marks(staff: Phone, *labels: str) -> None:
    await staff.says("/patient Ana")
    await staff.taps("Status")
    for label in labels:
        await staff.taps(label)


def waiting(world: World, phone: Phone, kind: str = rhythm.KIND) -> int:
    with world.work() as work:
        mine = select(Due).where(Due.person_id == phone.person_id, Due.kind == kind, Due.state == DueState.WAITING)
        return len(work.session.exec(mine).all())


@pytest.mark.parametrize(("label", "then"), [("Hospital or detox", "2 weeks"), ("In custody", "No date yet")])
async def test_in_hospital_and_custody_the_bot_starts_nothing_and_sos_works(world: World, label: str, then: str) -> None:
    ana = await ready(world)
    await marks(world.primary, label, then)
    assert world.primary.last.text.startswith("Patient")
    ana.look()
    await world.passes(days=3)
    assert ana.replies == []
    await ana.says(CRISIS)
    assert ana.keys[0] == "crisis/suicide"
    assert world.primary.pages


@pytest.mark.parametrize("label", ["Discharged", "Moved away"])
async def test_discharged_and_moved_nothing_starts_and_sos_works(world: World, label: str) -> None:
    ana = await ready(world)
    await marks(world.primary, label, "Yes, change it")
    ana.look()
    await world.passes(days=2)
    assert ana.replies == []
    await ana.says("/sos")
    assert ana.replies
    await world.passes(seconds=25)
    assert world.primary.pages


async def test_what_the_bot_had_queued_is_dropped_a_human_word_is_not(world: World) -> None:
    ana = await ready(world)
    with world.work() as work:
        person = people.get(work.session, ana.person.id)
        later = work.now.replace(hour=20)
        outbox.say(work, person, "card/push", post=Post(lane=Lane.BULK, due_at=later))
        outbox.say(work, person, "message/waiting", post=Post(lane=Lane.REPLY, due_at=later))
    await marks(world.primary, "Hospital or detox", "1 week")
    with world.work() as work:
        mine = select(Outbox).where(Outbox.person_id == ana.person_id).order_by(col(Outbox.id))
        assert [(row.template, row.state) for row in work.session.exec(mine)] == [
            ("card/push", OutboxState.DROPPED),
            ("message/waiting", OutboxState.WAITING),
        ]


@pytest.mark.parametrize("status", sorted(LEFT_ALONE))
async def test_what_the_bot_starts_is_not_even_stored(world: World, status: Status) -> None:
    ana = await ready(world)
    with world.work() as work:
        person = people.get(work.session, ana.person.id)
        person.status = status
        assert outbox.say(work, person, "card/push", post=Post(lane=Lane.BULK)) is None
        human = outbox.say(work, person, "message/waiting", post=Post(lane=Lane.REPLY))
        assert (human is None) == (status is Status.DECEASED)
        assert outbox.say(work, person, "message/waiting", post=Post(lane=Lane.CRISIS)) is not None


async def test_back_from_hospital_a_person_finds_out(world: World) -> None:
    ana = await ready(world)
    await marks(world.primary, "Hospital or detox", "1 week")
    await world.passes(days=8)
    still = ana.person.status
    assert still is Status.IN_HOSPITAL
    with world.work() as work:
        assert [task.kind for task in work.session.exec(select(Task))] == ["status"]
    await marks(world.primary, "Active", "Yes, change it")
    back = ana.person.status
    assert back is Status.ACTIVE
    assert waiting(world, ana) == 1


async def test_a_traveller_has_the_lines_and_the_clock_of_the_place_and_comes_home(world: World) -> None:
    ana = await ready(world)
    await marks(world.primary, "Travelling", "3 days")
    await world.primary.says("Madrid")
    assert "Madrid, Spain" in world.primary.last.text
    assert (ana.person.country, ana.person.zone) == ("ES", "Europe/Madrid")
    await ana.says("/sos")
    assert "024" in " ".join(seen.text for seen in ana.replies)
    await ana.taps("Tapped by mistake")
    ana.look()
    await world.passes(days=5)
    assert (ana.person.status, ana.person.country, ana.person.zone) == (Status.ACTIVE, "US", "America/New_York")


async def test_a_traveller_still_has_their_checkin(world: World) -> None:
    ana = await ready(world)
    await marks(world.primary, "Travelling", "1 week")
    await world.primary.says("Spain")
    assert world.primary.keys == ["patients/place_city"]
    await world.primary.says("Canary Islands")
    assert world.primary.keys == ["place/unknown"]
    await world.primary.says("Madrid")
    ana.look()
    await world.passes(days=1)
    assert "checkin/" in " ".join(ana.keys)


async def test_a_death_stops_everything_at_the_first_word_and_is_final_by_the_second(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await ready(world)
    with world.work() as work:
        person = people.get(work.session, ana.person.id)
        outbox.say(work, person, "message/waiting", post=Post(lane=Lane.REPLY, due_at=work.now.replace(hour=20)))
    await marks(world.primary, "Deceased", "Yes, change it")
    assert ana.person.status is Status.DECEASED
    ana.look()
    await world.passes(days=1)
    assert ana.replies == []
    push = next(seen for seen in ines.all if seen.key == "patients/second")
    assert "Ana" not in push.text and "deceased" not in push.text
    await ines.taps("patients.death")
    assert "Ana Torres" in ines.last.text
    assert ines.last.message.protected
    await ines.taps("Yes, confirm")
    assert world.primary.last.key == "patients/confirmed"
    with world.work() as work:
        row = work.session.exec(select(StatusChange)).one()
        assert (row.asked_by, row.confirmed_by) == (world.primary.person_id, ines.person_id)
        assert [task.state for task in work.session.exec(select(Task).where(Task.kind == "deceased"))] == ["done"]
        actions = [one.action for one in work.session.exec(select(Audit))]
        assert "status.changed" in actions and "status.confirmed" in actions


async def test_the_first_person_cannot_be_the_second(world: World) -> None:
    await world.hire("Ines", Role.SUPERVISOR)
    await ready(world)
    await marks(world.primary, "Deceased", "Yes, change it")
    assert "A second person" in await world.primary.forges("patients.death_yes:1")
    with world.work() as work:
        assert work.session.exec(select(StatusChange)).one().confirmed_at is None


async def test_a_counselor_who_was_not_asked_answers_nothing(world: World) -> None:
    await world.hire("Ines", Role.SUPERVISOR)
    ana, mira = await ready(world), await world.hire("Mira")
    await marks(world.primary, "Deceased", "Yes, change it")
    assert "not for you" in await mira.forges("patients.death_yes:1")
    assert "not for you" in await mira.forges("patients.death:1")
    assert ana.person.status is Status.DECEASED


async def test_not_so_brings_all_back(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await ready(world)
    await marks(world.primary, "Deceased", "Yes, change it")
    assert waiting(world, ana) == 0
    await ines.taps("patients.death")
    await ines.taps("Not so")
    assert ana.person.status is Status.ACTIVE
    assert world.primary.last.key == "patients/refused"
    assert waiting(world, ana) == 1
    ana.look()
    await world.passes(days=1)
    assert ana.replies
    toast = await ines.forges("patients.death_yes:1")
    assert "answered already" in toast


async def test_a_supervisor_undoes_it_and_nobody_else(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await ready(world)
    await marks(world.primary, "Deceased", "Yes, change it")
    await ines.taps("patients.death")
    await ines.taps("Yes, confirm")
    assert "not for you" in await world.primary.forges(f"patients.undo_yes:{ana.person.number}")
    await ines.says("/patient Ana")
    await ines.taps("Status")
    await ines.taps("Undo")
    await ines.taps("Yes, undo")
    assert ana.person.status is Status.ACTIVE
    with world.work() as work:
        row = work.session.exec(select(StatusChange)).one()
        assert row.undone_by == ines.person_id
        assert "status.undone" in [one.action for one in work.session.exec(select(Audit))]


async def test_a_message_from_a_dead_persons_chat_is_told_with_the_reason(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await ready(world)
    await marks(world.primary, "Deceased", "Yes, change it")
    await ana.says("hello, this is her sister")
    assert ana.keys == ["patients/closed_chat"]
    assert "911" in ana.last.text
    assert ines.last.key == "patients/heard"
    assert "Someone else may have the phone, or our record is wrong." in ines.last.text
    assert "sister" not in ines.last.text
    await ana.says("/checkin")
    assert ana.keys == []  # once a day
    with world.work() as work:
        assert "heard" in [task.kind for task in work.session.exec(select(Task))]


async def test_a_cry_for_help_from_that_chat_is_answered_and_paged(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await ready(world)
    await marks(world.primary, "Deceased", "Yes, change it")
    await ana.says(CRISIS)
    assert ana.keys[0] == "crisis/suicide"
    assert world.primary.pages
    assert "patients/heard" in [seen.key for seen in ines.all]
    await world.primary.taps("Acknowledge")
    assert ana.last.key == "crisis/seen"
    await world.primary.taps("alerts.open")
    assert "Marked as deceased: someone else may have the phone" in world.primary.last.text
    await ana.says("please answer me")
    assert world.primary.last.key == "relay/to_staff"


async def test_sos_works_in_a_chat_that_is_closed(world: World) -> None:
    ana = await ready(world)
    await marks(world.primary, "Deceased", "Yes, change it")
    await ana.says("/sos")
    assert ana.keys and ana.keys[0].startswith("crisis/")
    await world.passes(seconds=25)
    assert world.primary.pages


async def test_a_foreign_counselor_changes_nothing(world: World) -> None:
    ana, mira = await ready(world), await world.hire("Mira")
    assert "not for you" in await mira.forges(f"patients.set:{ana.person.number}:deceased:open")
    assert ana.person.status is Status.ACTIVE


async def test_forged_statuses_change_nothing(world: World) -> None:
    ana = await ready(world)
    number = ana.person.number
    for data in (f"patients.set:{number}:gone:open", f"patients.set:{number}:discharged:9y", "patients.set:x:discharged:open"):
        assert await world.primary.forges(data)
    assert ana.person.status is Status.ACTIVE
