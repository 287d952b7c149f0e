"""Who is removed has no rights from that moment on, and nobody who needs help waits for them."""

from __future__ import annotations

from sqlmodel import col, select

from bot import invitations, people
from bot.escalation import tasks
from bot.models import Invitation, Patient, Person, Role, Shift, Task
from bot.staff.register import store
from bot.staff.register.store import Left
from tests.world import Phone, World

CRISIS = "I want to kill myself"


async def remove(world: World, phone: Phone) -> Left:
    """What `waymark staff remove` does while the bot runs."""
    with world.work() as work:
        assert phone.person_id is not None
        left = store.remove(work, people.get(work.session, phone.person_id))
    await world.settle()
    return left


async def test_an_open_case_of_a_removed_holder_is_paged_to_the_backup_at_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    pages = len(world.backup.pages)
    left = await remove(world, world.primary)
    assert left == Left((1,), 0)
    assert len(world.backup.pages) == pages + 1
    await world.backup.taps("Acknowledge")
    assert ana.case is not None
    assert ana.case.holder_id == world.backup.person_id


async def test_a_case_that_only_the_removed_was_paged_for_does_not_wait_for_them(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    assert not world.backup.pages
    assert (await remove(world, world.primary)).cases == (1,)
    assert len(world.backup.pages) == 1
    assert [page for page in world.primary.pages if not page.message.deleted] == []  # taken back


async def test_words_of_patients_are_taken_back_from_the_phone(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    await ana.says("at home, alone")
    assert any("Ana" in seen.text for seen in world.primary.all)
    await remove(world, world.primary)
    shown = " ".join(seen.text for seen in world.primary.all)
    assert "Ana" not in shown
    assert "alone" not in shown
    assert CRISIS not in shown


async def test_buttons_that_are_left_on_the_phone_do_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    page = world.primary.pages[-1]
    data = [data for row in page.message.buttons for _text, data in row]
    await remove(world, world.primary)
    for one in data:
        await world.primary.forges(one)
    assert ana.case is not None
    assert ana.case.holder_id is None
    assert not any("Ana" in seen.text or CRISIS in seen.text for seen in world.primary.replies)


async def test_whoever_writes_from_that_phone_is_a_stranger(world: World) -> None:
    await remove(world, world.primary)
    await world.primary.says("/alerts")
    assert world.primary.person.role is Role.VISITOR
    assert world.primary.person.id != world.primary.person_id
    await world.primary.says("/caseload")
    assert world.primary.keys == ["common/unknown_command"]


async def test_a_removed_person_is_not_paged_again(world: World) -> None:
    await remove(world, world.primary)
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.passes(minutes=20)
    assert not world.primary.pages
    assert world.backup.pages


async def test_a_removed_person_can_be_hired_again_by_a_new_code(world: World) -> None:
    await remove(world, world.primary)
    with world.work() as work:
        _person, code = store.invite(work, Role.COUNSELOR, "Dana Reyes")
    await world.primary.says(f"/start {code}")
    assert world.primary.person.role is Role.COUNSELOR
    assert world.primary.person.id != world.primary.person_id


async def test_shifts_end_and_come_no_more(world: World) -> None:
    await remove(world, world.primary)
    with world.work() as work:
        mine = work.session.exec(select(Shift).where(col(Shift.staff_id) == world.primary.person_id)).all()
        assert all(shift.end_at is not None and shift.end_at <= work.now for shift in mine)


async def test_patients_go_to_the_supervisors_with_an_item_each(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    with world.work() as work:
        for phone in (ana, ben):
            patient = work.session.get(Patient, phone.person_id)
            assert patient is not None
            patient.owner_id = world.primary.person_id if phone is ana else world.backup.person_id
        assert ben.person_id is not None
        tasks.add(work, people.get(work.session, ben.person_id), "watch").owner_id = world.primary.person_id
    assert (await remove(world, world.primary)).patients == 1
    with world.work() as work:
        found = work.session.exec(select(Task).where(col(Task.state) == "open").order_by(col(Task.id))).all()
        assert [(task.kind, task.owner_id) for task in found] == [("watch", None), ("orphan", None)]
        assert found[1].person_id == ana.person_id


async def test_codes_that_they_gave_out_for_staff_are_good_no_more(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    with world.work() as work:
        inviter = work.session.get(Person, ines.person_id)
        code = invitations.create(work, Role.COUNSELOR, created_by=inviter, name="Max")
        for_patient = invitations.create(work, Role.PATIENT, created_by=inviter)
    await remove(world, ines)
    max_ = world.stranger("Max")
    await max_.starts(code)
    assert max_.person.role is Role.VISITOR
    with world.work() as work:
        open_ones = work.session.exec(select(Invitation).where(col(Invitation.refused_at).is_(None))).all()
        assert [one.role for one in open_ones] == [Role.PATIENT]
    assert for_patient


async def test_a_search_finds_patients_by_parts_of_their_name_number_or_track(world: World) -> None:
    ana = await world.enrol("Ana María Núñez")
    await world.enrol("Ben Okafor")
    number = ana.person.number
    with world.work() as work:
        patient = work.session.get(Patient, ana.person_id)
        assert patient is not None
        patient.track = "evening"
        for search in ("ana", "nunez", "MARÍA an", str(number), "even", "Núñ evening"):
            assert [one.number for one in store.patients(work, search)] == [number], search
        assert store.patients(work, "na") == []
        assert store.patients(work, f"{number}0") == []
        assert len(store.patients(work)) == 2
