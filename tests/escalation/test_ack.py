"""What a human does with a case: every press is checked, old and doubled ones are told what is so."""

from __future__ import annotations

from sqlmodel import select

from bot import people, schema
from bot.db import Database
from bot.models import Audit, Case, CaseState, Outbox, OutboxState, Patient, Role, sealed_at
from tests.staff.helpers import CRISIS, assert_nothing_shows, below, danger
from tests.world import START, Phone, World, world_on


def phone_number(world: World, patient: Phone, number: str) -> None:
    with world.work() as work:
        row = work.session.get(Patient, patient.person_id)
        assert row is not None
        assert patient.person_id is not None
        row.phone = work.vault.seal(number, sealed_at("patient", "phone", patient.person_id))


def actions(world: World) -> list[str]:
    with world.work() as work:
        return [row.action for row in work.session.exec(select(Audit))]


async def resolve(phone: Phone) -> None:
    await phone.taps("Resolve")
    for label in ("Low", "Nobody", "Not needed", "I did", "No", "Safe with plan", "Today", "No note", "Close case"):
        await phone.taps(label)


async def test_two_press_at_once_and_one_has_it(world: World) -> None:
    await two_press(world)


async def test_two_press_at_once_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    async with world_on(postgres_url) as world:
        await two_press(world)


async def two_press(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.passes(minutes=4)
    dana, luis = world.primary, world.backup
    for phone in (dana, luis):
        page = phone.pages[-1].message
        phone.user.press(page.message_id, next(data for row in page.buttons for text, data in row if text == "Acknowledge"))
    await world.settle()
    toasts = {phone.user.toasts[-1].text for phone in (dana, luis)}
    case = ana.case
    assert case is not None
    holder, other = (dana, luis) if case.holder_id == dana.person_id else (luis, dana)
    assert holder.user.toasts[-1].text == "Case 1 is yours. The person hears that you saw it."
    assert other.user.toasts[-1].text.endswith("has case 1 since 10:04.")
    assert len(toasts) == 2
    assert [reply.key for reply in ana.all].count("crisis/seen") == 1
    assert other.pages[-1].key == "alerts/page"
    assert other.pages[-1].text.endswith("has it since 10:04.")
    assert other.pages[-1].labels == ["Open", "I have it"]


async def test_a_doubled_press_is_told_what_is_so(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    page = world.primary.pages[-1].message
    data = next(data for row in page.buttons for text, data in row if text == "Acknowledge")
    await world.primary.taps("Acknowledge")
    assert await world.primary.forges(data, message=page) == "You have case 1 already."
    assert [reply.key for reply in ana.all].count("crisis/seen") == 1


async def test_presses_on_a_closed_case_are_told_so(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    page = world.primary.pages[-1].message
    await world.primary.taps("Acknowledge")
    await resolve(world.primary)
    for data in (
        "alerts.acknowledge:1",
        "alerts.open:1",
        "alerts.pass_on:1",
        "alerts.call:1",
        "alerts.resolve:1",
        "relay.write:1",
        "alerts.take:1:yes",
    ):
        assert await world.primary.forges(data, message=page) == "Case 1 is closed."


FORGED = (
    "alerts.acknowledge:1",
    "alerts.open:1",
    "alerts.pass_on:1",
    "alerts.take:1:yes",
    "alerts.acknowledge:77",
    "alerts.acknowledge:x",
    "alerts.open:-1",
    "alerts.open:99999999999999999999",
    "alerts.call:1",
    "alerts.reached:1",
    "alerts.no_answer:1",
    "alerts.case:1",
    "alerts.resolve:1",
    "relay.write:1",
    "alerts.task:AAAAAAAAAAAAAAAAAAAAAA",
    "alerts.task:x",
    "alerts.task_do:AAAAAAAAAAAAAAAAAAAAAA:done",
    "caseload.person:1",
    "invite.confirm:AAAAAAAAAAAAAAAAAAAAAA",
    "invite.confirm:%",
    "invite.refuse:AAAAAAAAAAAAAAAAAAAAAA",
    "invite.make:operator",
    "relay.show:00000000000000000000000000000000",
    "relay.show:zz",
)


async def test_a_counselor_whose_case_it_is_not_can_forge_nothing(world: World) -> None:
    kim = await world.hire("Kim Lee")
    ana = await world.enrol()
    await danger(world, ana)
    for data in FORGED:
        assert await kim.forges(data) == "That button is not for you.", data
    assert kim.all == []
    case = ana.case
    assert case is not None
    assert case.holder_id is None
    assert case.state is CaseState.OPEN


async def test_patients_peers_and_strangers_can_forge_nothing(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    peer, stranger = await world.hire("Pat", Role.PEER), world.stranger()
    await stranger.starts()
    await danger(world, ana)
    for phone in (ana, ben, peer, stranger):
        before = len(phone.all)
        for data in ("alerts.acknowledge:1", "alerts.open:1", "alerts.resolve:1", "alerts.list", "relay.write:1", "oncall.take:0:0"):
            assert "not for you" in await phone.forges(data), data
        assert len(phone.all) == before


async def test_a_press_adopts_a_page_whose_send_timed_out(world: World) -> None:
    ana = await world.enrol()
    world.api.faults.accept_then_drop("sendMessage", chat_id=world.primary.user.id)
    await danger(world, ana)
    assert len(world.primary.user.received) == 1
    await world.primary.taps("alerts.acknowledge")
    await world.passes(minutes=1)
    assert len(world.primary.user.received) == 1  # not sent once more
    assert world.primary.pages[-1].key == "alerts/page"
    assert world.primary.pages[-1].text.startswith("Case 1, emergency. You have it since")


async def test_a_removed_counselor_has_no_rights_from_that_moment(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    with world.work() as work:
        assert world.primary.person_id is not None
        people.get(work.session, world.primary.person_id).removed_at = work.now
    for label in ("Open", "Call", "Resolve", "Pass on"):
        assert await world.primary.taps(label) == "That button is not for you."
    before = len(ana.all)
    await world.primary.says("still me")
    for command in ("/alerts", "/oncall", "/caseload", "/patient Ana", "/invite"):
        await world.primary.says(command)
        assert world.primary.keys == ["common/not_allowed"]
    assert len(ana.all) == before


async def test_passing_on_does_not_come_straight_back(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    assert await world.primary.taps("Pass on") == "Case 1 goes to the next person now."
    assert len(world.primary.pages) == 1
    assert world.backup.pages[-1].text == "Case 1, emergency, 0 min waiting. Passed on to you. Tap Acknowledge."


async def test_passing_on_twice_pages_the_next_person_once(world: World) -> None:
    world.on_call("backup", None)
    third = await world.hire("Mia", Role.SUPERVISOR)
    ana = await world.enrol()
    await danger(world, ana)
    page = world.primary.pages[-1].message
    await world.primary.taps("Pass on")
    assert world.primary.pages[-1].labels == ["Acknowledge", "Open"]
    before = {phone: len(phone.pages) for phone in (world.backup, third)}
    assert sum(before.values()) >= 1
    assert await world.primary.forges("alerts.pass_on:1", message=page) == "You passed case 1 on at 10:00. The next person was paged."
    assert {phone: len(phone.pages) for phone in (world.backup, third)} == before
    await world.primary.taps("Acknowledge")  # whoever passed it on may still take it
    assert ana.last.key == "crisis/seen"


async def test_a_holder_who_passes_on_twice_pages_the_backup_once(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    page = world.primary.pages[-1].message
    await world.primary.taps("Pass on")
    await world.primary.forges("alerts.pass_on:1", message=page)
    assert len(world.backup.pages) == 1
    await world.backup.taps("Pass on")  # the next one may pass it on in turn
    assert world.primary.pages[-1].labels == ["Acknowledge", "Open", "Pass on"]


async def test_a_holder_passes_on_to_the_backup_and_no_longer_has_it(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.taps("Pass on")
    assert below(world.primary) == []
    assert world.backup.pages[-1].key == "alerts/page_passed_on"
    await world.backup.taps("Acknowledge")
    case = ana.case
    assert case is not None
    assert case.holder_id == world.backup.person_id
    assert [reply.key for reply in ana.all].count("crisis/seen") == 2
    assert await world.primary.forges("alerts.resolve:1") == "Luis has case 1 since 10:00."


async def test_i_have_it_takes_a_case_over_after_one_question(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.passes(minutes=4)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.backup.taps("I have it")
    assert world.backup.last.text == "Dana has case 1. Do you want to take it over?"
    await world.backup.taps("Yes, take it")
    assert world.primary.last.text == "Luis has case 1 now. You can rest from it."
    assert below(world.primary) == []
    assert "case.taken_over" in actions(world)
    case = ana.case
    assert case is not None
    assert case.holder_id == world.backup.person_id


async def test_an_operator_sees_whom_to_phone_and_not_what_was_said(world: World) -> None:
    olga = await world.hire("Olga Ruiz", Role.OPERATOR)
    ana = await world.enrol("Ana Torres")
    phone_number(world, ana, "+12125550123")
    await ana.says(CRISIS)
    await world.passes(minutes=10)
    await olga.taps("Open")
    assert "+12125550123" in olga.last.text
    assert "Dana Reyes, Luis Ortega" in olga.last.text
    assert CRISIS not in olga.last.text
    await olga.taps("Acknowledge")
    assert "Write" not in olga.pages[-1].labels
    assert "Resolve" not in olga.pages[-1].labels
    await ana.says("please help me, I took pills")
    assert not any("pills" in seen.text for seen in olga.all)
    assert any(seen.key == "relay/words_waiting" for seen in olga.all)
    assert await olga.forges("alerts.resolve:1") == "That button is not for you."
    assert await olga.forges("relay.write:1") == "That button is not for you."


async def test_open_is_logged_and_shows_the_last_seven_days(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says(CRISIS)
    await world.primary.taps("Open")
    assert "case.viewed" in actions(world)
    assert "No check-ins in these days." in world.primary.last.text
    assert_nothing_shows([world.primary, world.backup], "Ana", "Torres", "kill")


async def test_what_was_opened_leaves_the_phone_before_48_hours(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here.")  # so that nobody is paged every few minutes for two days
    await world.primary.taps("Open")
    await world.passes(hours=45)
    assert any("Torres" in seen.text for seen in world.primary.all)
    await world.passes(hours=1)
    assert not any("Torres" in seen.text for seen in world.primary.all)


async def test_resolving_takes_what_was_opened_off_every_phone(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says(CRISIS)
    await world.passes(minutes=4)
    await world.primary.taps("Acknowledge")
    for phone in (world.primary, world.backup):
        await phone.taps("Open")
        assert any("Torres" in seen.text for seen in phone.all)
    await resolve(world.primary)
    for phone in (world.primary, world.backup):
        assert not any("Torres" in seen.text or CRISIS in seen.text for seen in phone.all)
    await world.passes(hours=47)  # the deletion that was planned finds nothing left to do
    with world.work() as work:
        assert not work.session.exec(select(Outbox).where(Outbox.state == OutboxState.FAILED)).all()


async def test_call_gives_the_number_as_a_card_and_is_logged(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    phone_number(world, ana, "+12125550123")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Call")
    card, question = world.primary.replies
    assert card.message.contact is not None
    assert card.message.contact["phone_number"] == "+12125550123"
    assert card.message.contact["first_name"] == "Case 1"
    assert question.labels == ["Reached by phone", "No answer"]
    assert "phone.viewed" in actions(world)


async def test_without_a_number_call_says_so(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Call")
    assert world.primary.keys == ["alerts/call_no_number"]


async def test_an_operator_without_a_number_reads_whom_to_ask(world: World) -> None:
    olga = await world.hire("Olga Ruiz", Role.OPERATOR)
    await world.hire("Eva Luna", Role.SUPERVISOR)
    mia = await world.hire("Mia Soto")
    ana = await world.enrol("Ana Torres")
    with world.work() as work:
        patient = work.session.get(Patient, ana.person_id)
        assert patient is not None
        patient.owner_id = mia.person_id
    await ana.says(CRISIS)
    await world.passes(minutes=10)
    await olga.taps("Open")
    assert "Whom to phone: no number on file." in olga.last.text
    assert "Ask too: Mia Soto (their counselor), Eva Luna (supervisor)." in olga.last.text
    await olga.taps("Acknowledge")
    await olga.taps("Call")
    assert olga.last.text == (
        "No phone number is on file for case 1.\n"
        "You cannot write to them here. Pass on gives the case to someone who can.\n"
        "Ask Mia Soto (their counselor), Dana Reyes (on call), Luis Ortega (on call), Eva Luna (supervisor)."
    )


async def test_the_resolve_form_goes_back_and_waits(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Resolve")
    await world.primary.taps("Low")
    await world.primary.taps("Back")
    assert world.primary.last.key == "resolve/assessed"
    await world.primary.taps("High")
    await world.primary.says("hm")
    assert world.primary.keys[0] == "resolve/use_buttons"
    await world.primary.taps("Later")
    await world.primary.taps("Continue")
    for label in (
        "Supervisor",
        "No name",
        "I warned",
        "I did",
        "Yes, by us",
        "Just now",
        "In hospital",
        "Others take over",
        "No note",
        "Close case",
    ):
        await world.primary.taps(label)
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        assert case.resolution is not None
        kept = work.vault.open_json(case.resolution, sealed_at("case", "resolution", case.id))
    assert (kept["assessed"], kept["duty"], kept["services"], case.outcome) == ("high", "warned", "called", "hospital")


async def test_a_case_that_is_taken_over_in_the_middle_of_the_form_is_not_closed_by_it(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.passes(minutes=4)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Resolve")
    await world.backup.taps("I have it")
    await world.backup.taps("Yes, take it")
    await world.primary.taps("Low")
    assert world.primary.last.key == "resolve/gone"
    case = ana.case
    assert case is not None
    assert case.state is CaseState.OPEN


async def test_what_the_patient_was_doing_is_offered_again_when_the_case_closes(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/checkin")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    ana.look()
    await resolve(world.primary)
    assert ana.keys == ["crisis/closed", "common/resume_offer"]
