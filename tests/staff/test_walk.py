"""From the first crisis word to the closed case: a patient's phone and a counselor's phone."""

from __future__ import annotations

from sqlmodel import col, select

from bot import audit, schema
from bot.db import Database
from bot.models import Alert, Audit, Case, CaseState, sealed_at
from tests.staff.helpers import CRISIS, below
from tests.world import START, Phone, World, world_on

STEPS = ("Moderate", "Supervisor", "No name", "Not needed", "I did", "No", "Safe with plan", "Tomorrow")


async def resolve(phone: Phone, *steps: str, note: str | None = None) -> None:
    """Walk through the form that closes a case."""
    await phone.taps("Resolve")
    for label in steps or STEPS:
        await phone.taps(label)
    await (phone.says(note) if note else phone.taps("No note"))
    await phone.taps("Close case")


async def test_crisis_page_acknowledge_open_words_both_ways_resolve(world: World) -> None:
    await walk(world)


async def test_the_same_walk_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    async with world_on(postgres_url) as world:
        await walk(world)


async def walk(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says(CRISIS)
    assert ana.keys[0] == "crisis/suicide"
    assert "crisis/paged" in ana.keys
    dana = world.primary
    page = dana.pages[-1]
    assert page.text == "Case 1, emergency, 0 min waiting. Tap Acknowledge."
    assert page.labels == ["Acknowledge", "Open", "Pass on"]

    await world.passes(minutes=1)
    assert await dana.taps("Acknowledge") == "Case 1 is yours. The person hears that you saw it."
    assert dana.pages[-1].text == "Case 1, emergency. You have it since 10:01. Write or call now."
    assert ana.last.key == "crisis/seen"
    assert "Dana" in ana.last.text

    await dana.taps("Open")
    opened = dana.last
    assert opened.key == "alerts/opened"
    assert opened.message.protected
    assert "Ana Torres" in opened.text
    assert CRISIS in opened.text
    assert "Why: their words point to suicide. It was your turn on the list." in opened.text

    await dana.taps("Write")
    assert below(dana) == ["Writing: case 1", "Stop writing"]
    await dana.says("Hi Ana, I am here. Where are you?")
    assert ana.last.text == "Dana: Hi Ana, I am here. Where are you?"
    assert dana.last.text == "Sent to case 1."
    assert dana.last.message.silent
    await ana.says("at home, alone")
    assert dana.last.text == "Case 1: new message.\nat home, alone"
    assert dana.last.message.protected
    await dana.says("Can your sister come?")
    assert dana.keys == []  # said once, not after each line
    assert ana.last.text == "Dana: Can your sister come?"

    await resolve(dana, note="Sister stays the night.")
    assert dana.last.key == "resolve/closed"
    assert below(dana) == []
    assert dana.pages[-1].text == "Case 1 is closed."
    assert dana.pages[-1].labels == ["Chart PDF", "Add to record"]
    assert not any(CRISIS in seen.text for seen in dana.all)  # what was opened is off the phone
    assert any(seen.key == "crisis/closed" for seen in ana.all)
    number = dana.person.number
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        assert case.state is CaseState.CLOSED
        assert case.outcome == "safe_plan"
        assert case.resolution is not None
        kept = work.vault.open_json(case.resolution, sealed_at("case", "resolution", case.id))
        assert kept["consulted"] == "supervisor"
        assert kept["note"] == "Sister stays the night."
        assert kept["by"] == number
        done = [row.action for row in work.session.exec(select(Audit).where(col(Audit.case_id) == case.id))]
        assert {
            "case.opened",
            "page.sent",
            "case.acknowledged",
            "case.viewed",
            "relay.to_patient",
            "relay.to_team",
            "case.resolved",
        } <= set(done)
        assert work.session.exec(select(Alert)).one().level == "emergency"
    with world.work() as work:
        audit.seal(work.session, work.vault)
        assert audit.verify(work.session, work.vault) is None
