"""The form that closes a case, and what comes after it: late entries, the record of a disclosure, closed cases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from bot.errors import NotUnderstood
from bot.escalation import record, resolution
from bot.models import Audit, Case, CaseEntry, CaseState, Role, sealed_at
from bot.staff.alerts import rules
from tests.staff.helpers import danger
from tests.staff.test_walk import resolve
from tests.world import START, Phone, World

TOLD = ("High", "Supervisor", "No name", "I warned", "The supervisor", "Yes, by us", "15 min ago", "In hospital", "Others take over")


async def held(world: World, name: str = "Ana Torres") -> Phone:
    ana = await world.enrol(name)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    return ana


def state(patient: Phone) -> CaseState:
    found = patient.case
    assert found is not None
    return found.state


def kept(world: World) -> dict[str, Any]:
    with world.work() as work:
        return record.resolution_of(work, work.session.exec(select(Case)).one())


async def test_every_question_of_the_form_is_asked_and_kept(world: World) -> None:
    await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    asked = [dana.last.key]
    for label in TOLD:
        await dana.taps(label)
        asked.append(dana.last.key)
    await dana.says("He is with the doctors now.")
    assert asked == [f"resolve/{one}" for one in resolution.QUESTIONS]
    assert dana.last.key == "resolve/check"
    assert "Risk: High" in dana.last.text
    assert "Called at: 2026-03-03 09:45" in dana.last.text
    assert "Note: He is with the doctors now." in dana.last.text
    await dana.taps("Close case")
    found = kept(world)
    assert found["services"] == "called"
    assert found["when"] == "2026-03-03T14:45:00+00:00"
    assert (found["decider"], found["next"], found["by"]) == ("supervisor", "handed", dana.person.number)


async def test_names_and_a_time_can_be_typed(world: World) -> None:
    await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    for step in ("High", "Colleague"):
        await dana.taps(step)
    await dana.says("Kim Lee")
    await dana.taps("I reported")
    await dana.says("Dr. Wong")
    await dana.taps("Yes, by others")
    await dana.says("in a while")
    assert dana.last.key == "resolve/time_again"
    await dana.says("9:50 am")
    for step in ("In hospital", "Tomorrow", "No note"):
        await dana.taps(step)
    assert "Name: Kim Lee" in dana.last.text and "Decided by: Dr. Wong" in dana.last.text
    assert "Called at: 2026-03-03 09:50" in dana.last.text


async def test_questions_that_do_not_apply_are_left_out(world: World) -> None:
    await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    for label in ("Low", "Nobody", "Supervisor decides", "No", "Not a crisis", "No note"):
        await dana.taps(label)
    assert dana.last.key == "resolve/check"
    await dana.taps("Close case")
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        assert (case.state, case.outcome) == (CaseState.CLOSED, "not_a_crisis")


async def test_an_answer_is_changed_on_the_last_page_and_what_hangs_on_it_is_asked(world: World) -> None:
    await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    for label in ("Low", "Nobody", "Not needed", "I did", "No", "Safe with plan", "Tomorrow", "No note"):
        await dana.taps(label)
    await dana.taps("Change")
    assert dana.last.key == "resolve/change"
    await dana.taps("Consulted")
    await dana.taps("Doctor or nurse")
    assert dana.last.key == "resolve/who"
    await dana.says("Dr. Wong")
    assert dana.last.key == "resolve/check"
    assert "Consulted: Doctor or nurse" in dana.last.text and "Name: Dr. Wong" in dana.last.text
    await dana.taps("Change")
    await dana.taps("Back")
    assert dana.last.key == "resolve/check"
    await dana.taps("Close case")
    assert kept(world)["who"] == {"words": "Dr. Wong"}


async def test_the_form_can_be_left_and_taken_up_on_its_last_page(world: World) -> None:
    ana = await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    for label in ("Low", "Nobody", "Not needed", "I did", "No", "Safe with plan", "Tomorrow", "No note"):
        await dana.taps(label)
    await dana.taps("Later")
    assert state(ana) is CaseState.OPEN
    await dana.taps("Continue")
    assert dana.last.key == "resolve/check"
    await dana.taps("Close case")
    assert state(ana) is CaseState.CLOSED


async def test_nothing_closes_before_everything_was_answered_and_shown(world: World) -> None:
    ana = await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    await dana.taps("Low")
    data = next(data for line in dana.last.message.buttons for _text, data in line if "pick" in data)
    serial = data.rpartition("~")[2]
    assert await dana.forges(f"alerts.close~{serial}") == "That button is from an earlier step."
    assert state(ana) is CaseState.OPEN


# What comes late


async def test_a_late_entry_is_marked_with_time_and_author_and_nothing_else_changes(world: World) -> None:
    await held(world)
    dana = world.primary
    await resolve(dana, note="All calm.")
    before = kept(world)
    await world.passes(hours=26)
    await dana.taps("Add to record")
    await dana.says("Her sister called: she slept well.")
    assert dana.last.text == "Added to case 1 at 12:00, marked as late."
    assert kept(world) == before
    with world.work() as work:
        entry = work.session.exec(select(CaseEntry)).one()
        assert entry.body is not None
        assert work.vault.open_json(entry.body, sealed_at("case_entry", "body", entry.id)) == {"text": "Her sister called: she slept well."}
        assert "case.late_added" in {row.action for row in work.session.exec(select(Audit))}
    await dana.says("/alerts")
    await dana.taps("Closed cases")
    assert dana.last.labels == ["Case 1"]
    await dana.taps("Case 1")
    assert "Late entry," in dana.last.text and "Her sister called: she slept well." in dana.last.text
    assert dana.last.message.protected


async def test_a_disclosure_is_asked_about_written_down_and_printed(world: World) -> None:
    await held(world)
    dana = world.primary
    await resolve(dana, *TOLD)
    assert "Someone outside heard of the person." in dana.last.text
    await dana.taps("Disclosure form")
    await dana.says("Dr. Maya Singh")
    await dana.says("City General Hospital, emergency room")
    await dana.taps("30 min ago")
    await dana.taps("Overdose")
    await dana.taps("Name and danger")
    assert dana.last.key == "record/check"
    assert "Told to: Dr. Maya Singh" in dana.last.text and "Time: 2026-03-03 09:30" in dana.last.text
    await dana.taps("Save")
    message = dana.last.message
    assert message.document is not None
    assert message.document["file_name"] == "case-1-form.pdf"
    assert message.protected
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        found = record.entries(work, case)[0]
        assert found.body["affiliation"] == {"words": "City General Hospital, emergency room"}
        assert found.author.id == dana.person_id
        assert "case.disclosure_added" in {row.action for row in work.session.exec(select(Audit))}


async def test_without_anybody_outside_no_disclosure_form_is_offered(world: World) -> None:
    await held(world)
    await resolve(world.primary)
    assert world.primary.last.labels == ["Chart PDF", "Add to record"]


async def test_a_closed_case_is_no_business_of_others_and_an_open_one_has_no_record_yet(world: World) -> None:
    await held(world)
    dana = world.primary
    for route in ("alerts.add:1", "alerts.disclose:1", "alerts.chart:1", "alerts.closed:1"):
        assert await dana.forges(route) == "Case 1 is open. This works once it is closed."
    await resolve(dana)
    kim, boss = await world.hire("Kim Lee"), await world.hire("Sam Green", Role.SUPERVISOR)
    operator = await world.hire("Olga", Role.OPERATOR)
    for route in ("alerts.add:1", "alerts.disclose:1", "alerts.chart:1", "alerts.closed:1"):
        for phone in (kim, operator):
            assert await phone.forges(route) == "That button is not for you."
    await boss.says("/alerts")
    await boss.taps("Closed cases")
    await boss.taps("Case 1")
    assert "Ana Torres" in boss.last.text


@pytest.mark.parametrize(("text", "expected"), [("9:50", 10), ("09.59", 1), ("10:00", 0), ("10:01", 0), ("10:30", 23 * 60 + 30)])
def test_a_typed_time_is_the_last_one_that_it_was(text: str, expected: int) -> None:
    assert (START - rules.recent(text, START, "America/New_York")).total_seconds() / 60 == expected


@pytest.mark.parametrize("text", ["", "25:00", "soon", "9:61"])
def test_what_is_no_time_is_asked_again(text: str) -> None:
    with pytest.raises(NotUnderstood):
        rules.recent(text, START, "America/New_York")


@pytest.mark.parametrize("text", ["…", " ", "x" * 121])
def test_what_is_no_name_is_asked_again(text: str) -> None:
    with pytest.raises(NotUnderstood):
        rules.someone(text)
