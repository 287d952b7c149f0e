"""Every patient has an owner: the inviter, whoever was chosen, or a supervisor chooses."""

from __future__ import annotations

from sqlmodel import select

from bot import invitations, people
from bot.escalation import tasks
from bot.models import Audit, Patient, Role, Task
from bot.staff.register import store as register
from tests.features.enrolment.test_enrolment import TAPS
from tests.world import Phone, World


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        row = work.session.get(Patient, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


def owner_of(world: World, patient: Phone) -> object:
    with world.work() as work:
        row = people.patient_of(work.session, patient.person.id)
        return row.owner_id if row is not None else None


async def enrols(world: World, code: str) -> Phone:
    ana = world.stranger("Ana")
    await ana.starts(code)
    for label in TAPS["en"]:
        await ana.taps(label)
    await ana.says("Ana")
    await ana.taps("enrolment.clinic")
    await ana.taps("enrolment.right")
    await ana.taps("enrolment.time")
    assert ana.person.enrolled_at is not None
    return ana


async def test_the_inviter_looks_after_whom_they_invited(world: World) -> None:
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT, created_by=world.primary.person)
    ana = await enrols(world, code)
    assert owner_of(world, ana) == world.primary.person_id
    with world.work() as work:
        assert work.session.exec(select(Task)).all() == []


async def test_an_owner_can_be_chosen_at_the_command_line(world: World) -> None:
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT, owner=world.backup.person)
    assert owner_of(world, await enrols(world, code)) == world.backup.person_id


async def test_nobody_chosen_is_work_for_the_supervisors_at_once(world: World) -> None:
    ines = await world.hire("Ines", Role.SUPERVISOR)
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT)
    ana = await enrols(world, code)
    with world.work() as work:
        assert [(task.kind, task.owner_id, task.due_at <= work.now) for task in work.session.exec(select(Task))] == [("orphan", None, True)]
    await world.tick()
    assert "alerts/tasks_due" in [seen.key for seen in ines.all]
    await ines.says("/patient Ana")
    await ines.taps("Owner")
    await ines.taps("Dana R.")
    assert owner_of(world, ana) == world.primary.person_id
    assert world.primary.last.key == "patients/given"
    assert "Ana" not in world.primary.user.push_preview(world.primary.last.message)
    with world.work() as work:
        assert [task.state for task in work.session.exec(select(Task))] == ["done"]
        assert "patient.owner_changed" in [row.action for row in work.session.exec(select(Audit))]


async def test_the_owner_gives_a_patient_to_a_colleague_with_the_open_work(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    with world.work() as work:
        tasks.add(work, ana.person, "watch")
    await world.primary.says("/patient Ana")
    await world.primary.taps("Owner")
    await world.primary.taps("Luis O.")
    assert owner_of(world, ana) == world.backup.person_id
    with world.work() as work:
        assert [task.owner_id for task in work.session.exec(select(Task))] == [world.backup.person_id]
    await world.primary.says("/patient Ana")
    assert world.primary.keys == ["caseload/none"]


async def test_nobody_else_gives_a_patient_away(world: World) -> None:
    ana, mira = await world.enrol("Ana"), await world.hire("Mira")
    own(world, ana, world.primary)
    toast = await mira.forges(f"patients.give:{ana.person.number}:{mira.person.number}")
    assert "not for you" in toast
    assert owner_of(world, ana) == world.primary.person_id


async def test_a_peer_or_a_patient_is_never_the_owner(world: World) -> None:
    ana, ben, kim = await world.enrol("Ana"), await world.enrol("Ben"), await world.hire("Kim", Role.PEER)
    own(world, ana, world.primary)
    for other in (ben, kim):
        assert "not for you" in await world.primary.forges(f"patients.give:{ana.person.number}:{other.person.number}")
    assert owner_of(world, ana) == world.primary.person_id


async def test_orphans_of_a_removed_owner_are_due_at_once(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    own(world, ana, world.primary)
    with world.work() as work:
        assert world.primary.person_id is not None
        register.remove(work, people.get(work.session, world.primary.person_id))
    await world.tick()
    assert "alerts/tasks_due" in [seen.key for seen in ines.all]


async def test_an_unknown_name_is_asked_for_again(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    await world.primary.says("/patient zzz")
    assert world.primary.keys == ["caseload/none"]
    await world.primary.says("yyy")
    assert world.primary.keys == ["caseload/none"]
    await world.primary.says("torres")
    assert world.primary.keys == ["caseload/patient"]
