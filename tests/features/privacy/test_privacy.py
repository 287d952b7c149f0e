"""What is stored: to see, to take along, to erase."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import SQLModel, col, select

from bot import invitations, people
from bot.errors import Conflict
from bot.escalation import ack
from bot.features.privacy import export, store
from bot.models import Audit, Case, Outbox, Person, Role, Task
from bot.work import Work
from tests.world import Phone, World

MARKER = "zebra umbrella"


async def enrolled(world: World, language: str = "en") -> Phone:
    """Someone who went the whole way in, wrote to the team in a crisis, and is out of it."""
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT)
    ana = world.stranger("Ana", language=language)
    await ana.starts(code)
    for label in ("English", "18 or older", *["Next"] * 4, "In working hours", "It stays the same", "I agree"):
        await ana.taps(label)
    for words in ("Ana Bright", "New York", "yes", "18:30"):
        await ana.says(words)
    return ana


async def checks_in(phone: Phone) -> None:
    await phone.says("/checkin")
    for label in ("2", "No", "No", "8", "7", "Yes"):
        await phone.taps(label)
    await phone.says(MARKER)


async def gets_help(world: World, phone: Phone, *, resolved: bool = True) -> None:
    """A crisis that a counselor takes, with words both ways; closed unless told otherwise."""
    await phone.says("I want to kill myself")
    await world.primary.taps("Acknowledge")
    await phone.says(MARKER)
    if resolved:
        close(world, phone)
        await world.settle()


def close(world: World, phone: Phone) -> None:
    case, dana = phone.case, world.primary.person
    assert case is not None
    with world.work() as work:
        ack.take(work, work.session.merge(case), people.get(work.session, dana.id))  # it may have gone on to another meanwhile
        ack.resolve(work, case.id, people.get(work.session, dana.id), "safe", {})


def files_of(world: World, phone: Phone) -> dict[str, bytes]:
    """The documents on a phone, by name."""
    found = {}
    for seen in phone.all:
        document = seen.message.media.get("document")
        if document is not None:
            found[document["file_name"]] = world.api.files.get(document["file_id"]).data
    return found


def naming(work: Work, person_id: UUID) -> set[str]:
    """The columns in which this person's id still stands."""
    found = set()
    for table in SQLModel.metadata.sorted_tables:
        for row in work.session.execute(table.select()).mappings():
            found |= {f"{table.name}.{name}" for name, value in row.items() if value == person_id}
    return found


async def test_privacy_says_what_is_stored_and_what_was_agreed_to(world: World) -> None:
    ana = await enrolled(world)
    await ana.says("/privacy")
    assert ana.keys == ["privacy/overview"]
    assert "Mar 3, 2026 (version 1)" in ana.last.text
    await ana.taps("What I agreed")
    page = ana.last
    assert "What this is" in page.text
    await ana.taps("Next")
    await ana.taps("Next")
    await ana.taps("Next")
    assert "4 of 4" in ana.last.text
    assert ana.last.labels == ["Back"]
    await ana.taps("Back")
    assert "Your data" in ana.last.text


async def test_a_copy_comes_as_a_text_and_as_json(world: World) -> None:
    ana = await enrolled(world)
    await checks_in(ana)
    await gets_help(world, ana)
    await ana.says("/privacy")
    await ana.taps("Get a copy")
    await ana.taps("Send them")
    assert ana.keys == ["privacy/file_text", "privacy/file_json"]
    files = files_of(world, ana)
    assert set(files) == {"my-data.txt", "my-data.json"}
    data = json.loads(files["my-data.json"])
    assert data["person"]["name"] == "Ana Bright"
    assert data["checkins"][0]["note"] == MARKER
    assert data["checkins"][0]["craving"] == 2
    assert any(entry["words"] == MARKER and entry["from"] == "you" for entry in data["words_with_team"])
    assert data["consents"][0]["version"] == "1"
    assert data["cases"][0]["level"] == "emergency"
    assert any(entry["action"] == "consent.given" and entry["actor"] == "you" for entry in data["log"])
    text = files["my-data.txt"].decode("utf-8-sig")
    for words in (
        "What is stored about me",
        "Name: Ana Bright",
        f"Note: {MARKER}",
        "Craving (0-10): 2",
        "My check-ins",
        "2026-03-03 10:00",
    ):
        assert words in text, words
    with world.work() as work:
        assert work.session.exec(select(Audit).where(col(Audit.action) == "privacy.exported")).one().actor == "patient"


async def test_the_file_is_not_stored_and_its_making_holds_no_writer_up(world: World) -> None:
    ana = await enrolled(world)
    await ana.says("/privacy")
    await ana.taps("Get a copy")
    await ana.taps("Send them")
    with world.work() as work:
        rows = work.session.exec(select(Outbox).where(col(Outbox.kind) == "document")).all()
        assert len(rows) == 2
        assert all(row.payload is not None and len(row.payload) < 1000 for row in rows)
    person = ana.person
    with world.work() as work, world.app.services.database.reading() as session:
        people.get(work.session, person.id).quiet_from = "01:00"
        work.session.flush()
        beside = session.get(Person, person.id)
        assert beside is not None
        assert beside.quiet_from == "22:00"  # it reads on while another writes


async def test_the_spanish_copy_has_spanish_headings(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/privacy")
    await ana.taps("Recibir copia")
    await ana.taps("Enviar")
    files = files_of(world, ana)
    assert "Nombre: Ana" in files["mis-datos.txt"].decode("utf-8-sig")
    assert "mis-datos.json" in files


async def test_every_word_of_the_copy_has_a_heading(world: World) -> None:
    ana = await enrolled(world)
    await checks_in(ana)
    await gets_help(world, ana)
    person = ana.person
    with world.work() as work:
        data = export.collect(work, person)
        known = set(work.content.documents["export"]["words"])
    assert set(data) <= known
    entries = [
        entry
        for content in data.values()
        if isinstance(content, (list, dict))
        for entry in ([content] if isinstance(content, dict) else content)
    ]
    assert {name for entry in entries for name in entry} <= known


async def test_erasing_asks_twice_and_leaves_nothing_but_numbers(world: World) -> None:
    ana = await enrolled(world)
    await checks_in(ana)
    await gets_help(world, ana)
    old = ana.person
    chat_id = ana.user.id
    await ana.says("/privacy")
    await ana.taps("Erase me")
    await ana.taps("Yes, erase")
    await ana.taps("Erase everything")
    assert ana.keys[-1] == "privacy/chat_too"
    assert not (ana.user.keyboard or {}).get("keyboard")
    assert ana.person.role is Role.VISITOR
    assert ana.person.id != old.id
    with world.work() as work:
        blank = work.session.get(Person, old.id)
        assert blank is not None
        assert (blank.chat_id, blank.name, blank.enrolled_at) == (None, None, None)
        case = work.session.exec(select(Case)).one()
        assert (case.category, case.resolution, case.outcome) == ("erased", None, None)
        assert [task.kind for task in work.session.exec(select(Task))] == ["erased"]
        assert naming(work, old.id) <= {
            "person.id",
            "audit.person_id",
            "audit.actor_id",
            "case.person_id",
            "task.person_id",
            "invitation.used_by",
        }
        mine = list(work.session.exec(select(Outbox).where(col(Outbox.chat_id) == chat_id, col(Outbox.person_id) == old.id)))
        assert mine == []
        about = work.session.exec(select(Outbox).where(col(Outbox.case_id) == case.id, col(Outbox.kind) == "text")).all()
        assert all(row.payload is None for row in about)


async def test_whoever_was_erased_is_a_visitor_and_may_come_again(world: World) -> None:
    ana = await enrolled(world)
    await ana.says("/privacy")
    for label in ("Erase me", "Yes, erase", "Erase everything"):
        await ana.taps(label)
    await ana.says("/checkin")
    assert ana.keys == ["visitor/for_members"]
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT)
    await ana.starts(code)
    assert ana.keys == ["enrolment/language"]


async def test_nothing_is_sent_for_what_was_erased(world: World) -> None:
    ana = await enrolled(world)
    await ana.says("/privacy")
    for label in ("Erase me", "Yes, erase", "Erase everything"):
        await ana.taps(label)
    ana.look()
    await world.passes(days=2)
    assert ana.keys == []


async def test_a_last_question_that_lay_about_does_nothing(world: World) -> None:
    ana = await enrolled(world)
    await ana.says("/privacy")
    await ana.taps("Erase me")
    await ana.taps("Yes, erase")
    world.clock.move_to(world.clock.now() + timedelta(hours=1))
    toast = await ana.taps("Erase everything")
    assert "earlier step" in toast
    assert ana.person.role is Role.PATIENT
    await ana.forges("privacy.erase_now:1")
    assert ana.person.role is Role.PATIENT


async def test_nothing_is_erased_when_the_person_keeps_it(world: World) -> None:
    ana = await enrolled(world)
    await ana.says("/privacy")
    await ana.taps("Erase me")
    await ana.taps("Keep my data")
    assert ana.all[-1].text == "Good. Nothing is erased."
    assert ana.person.role is Role.PATIENT


async def test_with_a_case_open_erasing_waits_for_its_end(world: World) -> None:
    ana = await enrolled(world)
    await gets_help(world, ana, resolved=False)
    await ana.says("/privacy")
    await ana.taps("Erase me")
    assert "Your alert is still open" in ana.last.text  # whether or not anybody has seen it
    await ana.taps("Erase after that")
    await world.passes(hours=1)
    assert ana.person.enrolled_at is not None
    close(world, ana)
    await world.settle()
    ana.look()
    await world.passes(minutes=20)
    assert ana.keys[-1] == "privacy/erased_later"
    assert ana.person.role is Role.VISITOR


async def test_a_waiting_erasure_can_be_taken_back(world: World) -> None:
    ana = await enrolled(world)
    await gets_help(world, ana, resolved=False)
    await ana.says("/privacy")
    await ana.taps("Erase me")
    await ana.taps("Erase after that")
    await ana.says("/privacy")
    assert "Keep my data" in ana.last.labels
    await ana.taps("Keep my data", message=ana.last.message)
    close(world, ana)
    await world.passes(minutes=40)
    assert ana.person.role is Role.PATIENT


async def test_the_command_line_may_not_erase_during_a_case_nor_staff(world: World) -> None:
    ana = await enrolled(world)
    await gets_help(world, ana, resolved=False)
    person, dana = ana.person, world.primary.person
    with world.work() as work, pytest.raises(Conflict):
        store.erase_person(work, people.get(work.session, person.id), by="operator")
    with world.work() as work, pytest.raises(ValueError, match="staff remove"):
        store.erase_person(work, people.get(work.session, dana.id), by="operator")


async def test_a_visitor_sees_and_erases_the_little_there_is(world: World) -> None:
    sam = world.stranger()
    await sam.says("hello")
    before = sam.person.id
    await sam.says("/privacy")
    assert sam.keys == ["privacy/visitor"]
    for label in ("Erase me", "Yes, erase", "Erase everything"):
        await sam.taps(label)
    assert sam.person.id != before
    with world.work() as work:
        assert work.session.exec(select(Task)).all() == []


async def test_staff_read_what_is_kept_of_them_and_erase_nothing(world: World) -> None:
    dana = await world.hire("Dana")
    await dana.says("/privacy")
    assert dana.keys == ["privacy/staff"]
    toast = await dana.forges("privacy.erase_now:1")
    assert "not for you" in toast


async def test_exporting_for_someone_erased_in_between_sends_nothing(world: World) -> None:
    ana = await enrolled(world)
    person = ana.person
    with world.work() as work:
        erased = people.get(work.session, person.id)
        store.erase_person(work, erased)
    with world.work() as work, pytest.raises(LookupError):
        export.document(work, {"person": str(person.id), "form": "json"})


def test_every_table_about_a_person_is_erased_or_kept_on_purpose() -> None:
    """A new table has to be named in the privacy slice: its rows go (or stay for a reason) and stand in the copy."""
    about = {table.name for table in SQLModel.metadata.sorted_tables if "person_id" in table.columns}
    erased = {table.__tablename__ for table in store.OWN_ROWS}
    elsewhere = {"audit", "case", "due", "invitation", "outbox", "task"}
    assert about - erased == elsewhere
    copied = {table.__tablename__ for table, _, _ in export.OWN.values()}
    # Part of other sections, or of no interest.
    in_words = {"alert", "consent", "conversation", "emergency_card", "patient", "started", "team_message", "visitor_ask"} | {
        "session_news",
        "session_notice",
    }
    teams_own = {"case_entry", "task_note", "verdict"}  # what the team noted for its own record, like a case's closing assessment
    assert about - elsewhere - copied == in_words | teams_own
