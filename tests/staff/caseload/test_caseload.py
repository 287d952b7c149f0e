"""Who needs me today, and one patient at a glance: one's own only, and each look is logged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bot import people
from bot.models import Audit, Checkin, Role
from bot.staff.caseload import rules
from tests.staff.helpers import danger
from tests.world import Phone, World


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        assert patient.person_id is not None
        row = people.patient_of(work.session, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


async def test_cases_first_then_work_then_silence(world: World) -> None:
    ana, ben, cleo = await world.enrol("Ana Torres"), await world.enrol("Ben Cole"), await world.enrol("Cleo Diaz")
    for patient in (ana, ben, cleo):
        own(world, patient, world.primary)
    world.clock.move_to(world.clock.now() + timedelta(days=4))
    await ben.says("I had a strong craving today but I got through it")
    await danger(world, ana)
    await world.primary.says("/caseload")
    lines = world.primary.last.text.splitlines()
    assert lines[:3] == ["Who needs you today", "Case 1, emergency: Ana Torres", "Ben Cole: to look at"]
    assert "Cleo Diaz: quiet for 4 days" in lines


async def test_nobody_needs_a_counselor_without_patients(world: World) -> None:
    await world.enrol("Ana Torres")
    await world.primary.says("/caseload")
    assert "Nobody right now. Patients in your care: 0." in world.primary.last.text


async def test_a_patient_at_a_glance_is_protected_and_logged(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    with world.work() as work:
        assert ana.person_id is not None
        day = work.now.date()
        work.session.add(
            Checkin(person_id=ana.person_id, local_date=day, started_at=work.now, craving=7, used="no", safety="sometimes", mood=4)
        )
    await world.primary.says("/patient torr")
    seen = world.primary.last
    assert seen.message.protected
    assert "Tuesday, March 3: craving 7/10, no use, self-harm: sometimes, mood 4/10" in seen.text
    assert "Check-ins in 14 days: 1." in seen.text
    with world.work() as work:
        assert "patient.viewed" in [row.action for row in work.session.exec(select(Audit))]
    await world.passes(hours=46)
    assert not any("Torres" in one.text for one in world.primary.all)


async def test_several_are_offered_and_one_is_chosen(world: World) -> None:
    one, two = await world.enrol("Ana Torres"), await world.enrol("Ana Lima")
    for patient in (one, two):
        own(world, patient, world.primary)
    await world.primary.says("/patient")
    await world.primary.says("ana")
    assert world.primary.last.key == "caseload/many"
    label = next(label for label in world.primary.last.labels if label.startswith("Ana L"))
    await world.primary.taps(label)
    assert "Ana Lima" in world.primary.last.text


async def test_foreign_patients_are_not_found_by_name_number_or_button(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    number = ana.person.number
    await world.primary.says("/patient ana")
    assert world.primary.keys == ["caseload/none"]
    await world.primary.says(f"/patient {number}")
    assert world.primary.keys == ["caseload/none"]
    assert await world.primary.forges(f"caseload.person:{number}") == "That button is not for you."
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    await boss.says(f"/patient {number}")
    assert boss.keys == ["caseload/patient"]


async def test_a_peer_has_no_clinical_data(world: World) -> None:
    peer = await world.hire("Pat", Role.PEER)
    for command in ("/caseload", "/patient ana", "/alerts", "/oncall", "/invite"):
        await peer.says(command)
        assert peer.keys == ["common/unknown_command"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("jose", ["a"]), ("PÉREZ", ["a"]), ("7", ["b"]), ("#7", ["b"]), ("07", ["b"]), ("an", ["b", "c"]), ("", []), ("  ", []), ("70", [])],
)
def test_whom_a_search_means(wanted: str, found: list[str]) -> None:
    assert rules.matching(wanted, [(5, "José Pérez", "a"), (7, "Ana", "b"), (17, "Joan", "c")]) == found
