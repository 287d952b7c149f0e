"""A lost phone: an in-person code moves the person to a new account, and the old one is cut at once."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from bot import invitations, outbox, people
from bot.escalation import relay
from bot.models import Audit, Lane, Outbox, OutboxState, Patient, Person, Role
from bot.outbox import Post
from bot.staff.register import store as register
from tests.staff.helpers import below, danger
from tests.world import Phone, World

CRISIS = "I want to kill myself"


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        row = work.session.get(Patient, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


async def code_from(world: World, patient: Phone) -> str:
    own(world, patient, world.primary)
    await world.primary.says("/patient Ana")
    await world.primary.taps("New phone")
    await world.primary.taps("Make code")
    return next(line for line in world.primary.last.text.splitlines() if line.startswith("/start ")).removeprefix("/start ")


def commands(world: World, phone: Phone) -> list[str]:
    """What the chat's command menu holds."""
    found = world.api.commands.lists.get(f"chat:{phone.user.id}|", [])
    return [one["command"] for one in found]


async def moved(world: World, patient: Phone) -> Phone:
    new = world.stranger("Ana")
    await new.starts(await code_from(world, patient))
    assert new.keys == ["invite/waiting_move"]
    assert world.primary.last.key == "invite/confirm_move"
    await world.primary.taps("invite.confirm")
    await world.tick()
    return new


async def test_the_new_account_has_everything_and_the_old_one_nothing(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    before = ana.person
    await ana.says("/menu")
    ana.look()
    new = await moved(world, ana)
    assert new.person.id == before.id
    assert new.last.key == "patients/moved_here"
    assert below(new)
    assert ana.keys == ["patients/chat_closed"]
    assert ana.last.text == "This chat is closed."
    assert not below(ana)
    await ana.says("/checkin")
    assert ana.person.role is Role.VISITOR
    assert ana.keys == ["visitor/for_members"]
    await new.says("/checkin")
    assert new.keys[0].startswith("checkin/")
    with world.work() as work:
        assert "account.moved" in [row.action for row in work.session.exec(select(Audit))]


async def test_nothing_moves_before_the_counselor_says_yes(world: World) -> None:
    ana = await world.enrol("Ana")
    new = world.stranger("Thief")
    await new.starts(await code_from(world, ana))
    await world.tick()
    assert new.person.role is Role.VISITOR
    await world.primary.taps("invite.refuse")
    assert new.last.key == "invite/refused_account"
    assert ana.person.id == ana.person_id
    assert new.person.role is Role.VISITOR


async def test_the_code_is_good_for_an_hour_and_once(world: World) -> None:
    ana = await world.enrol("Ana")
    code = await code_from(world, ana)
    world.clock.move_to(world.clock.now() + timedelta(minutes=61))
    late = world.stranger("Ana")
    await late.starts(code)
    assert late.keys == ["enrolment/code_expired"]
    newer = await code_from(world, ana)
    again = await code_from(world, ana)
    other = world.stranger("Ana")
    await other.starts(newer)
    assert other.keys == ["enrolment/code_used"]  # a newer one was made
    await other.starts(again)
    assert other.keys == ["invite/waiting_move"]


async def test_wrong_codes_are_throttled(world: World) -> None:
    ana = await world.enrol("Ana")
    code = await code_from(world, ana)
    new = world.stranger("Ana")
    for _ in range(5):
        await new.starts("AAAAA-BBBBB-CCCCC-DDDDD-EEEEEE")
    await new.starts(code)
    assert new.keys == ["enrolment/code_throttled"]


async def test_an_open_case_goes_on_with_the_new_account(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    new = await moved(world, ana)
    await new.says("I am here now")
    assert world.primary.last.key == "relay/to_staff"
    await world.primary.taps("Write")
    await world.primary.says("Good to read you")
    assert "Good to read you" in new.last.text
    assert "Good to read you" not in " ".join(seen.text for seen in ana.all)


async def test_what_a_human_wrote_meanwhile_is_not_lost(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    case = await danger(world, ana)
    await world.primary.taps("Acknowledge")
    later = world.clock.now() + timedelta(minutes=30)
    with world.work() as work:
        person = people.get(work.session, ana.person.id)
        outbox.say(
            work,
            person,
            "relay/to_patient",
            post=Post(lane=Lane.CRISIS, case_id=case.id, due_at=later),
            name="Dana",
            text="Call me",
            kind="text",
            under=False,
        )
        outbox.say(work, person, "card/push", post=Post(lane=Lane.BULK, due_at=later))
    new = await moved(world, ana)
    await world.passes(minutes=31)
    assert "Dana: Call me" in [seen.text for seen in new.all]
    assert "Call me" not in " ".join(seen.text for seen in ana.all)
    with world.work() as work:
        dropped = select(Outbox.template).where(col(Outbox.failure) == "moved")
        assert "card/push" in work.session.exec(dropped).all()


async def test_a_case_that_the_new_account_had_as_a_stranger_is_the_persons(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    code = await code_from(world, ana)
    new = world.stranger("Ana")
    await new.says(CRISIS)
    await new.taps("crisis.visitor")
    assert new.case is not None
    number = new.case.number
    await new.starts(code)
    await world.primary.taps("invite.confirm")
    await world.tick()
    assert new.person.id == ana.person_id
    assert new.case is not None
    assert new.case.number == number


async def test_a_blocked_old_phone_says_nothing_about_the_new_one(world: World) -> None:
    ana = await world.enrol("Ana")
    ana.user.block()
    await world.settle()
    new = await moved(world, ana)
    await world.passes(minutes=2)
    assert new.person.blocked_at is None
    await world.passes(days=1)
    assert new.person.blocked_at is None


async def test_an_account_that_has_a_role_cannot_become_somebodys_phone(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await ben.starts(await code_from(world, ana))
    assert ben.person.id == ben.person_id
    assert ana.person.id == ana.person_id


async def test_a_foreign_counselor_makes_no_code(world: World) -> None:
    ana, mira = await world.enrol("Ana"), await world.hire("Mira")
    own(world, ana, world.primary)
    assert "not for you" in await mira.forges(f"patients.code:{ana.person.number}")


def staff_code(world: World, phone: Phone) -> str:
    with world.work() as work:
        return invitations.create_move(work, phone.person)


async def test_staff_rights_end_on_the_old_account_when_the_new_one_is_there(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    old = world.primary
    new = world.stranger("Dana")
    await new.starts(staff_code(world, old))
    await world.tick()
    assert new.person.id == old.person_id
    assert new.person.role is Role.COUNSELOR
    assert new.pages, "the case that she has is on the new phone"
    assert "Ana" not in " ".join(seen.text for seen in old.all)
    assert old.last.text == "This chat is closed."
    await old.says("/caseload")
    assert old.keys == ["common/unknown_command"]
    await new.taps("Open")
    assert "Ana Torres" in new.last.text


async def test_a_page_that_waits_is_paged_on_the_new_phone(world: World) -> None:
    ana = await world.enrol("Ana")
    await danger(world, ana)
    new = world.stranger("Dana")
    await new.starts(staff_code(world, world.primary))
    await world.tick()
    assert new.pages
    await new.taps("Acknowledge")
    assert ana.case is not None
    assert ana.case.holder_id == world.primary.person_id


async def test_the_command_menu_of_both_chats_changes_without_a_word_of_theirs(world: World) -> None:
    ana = await world.enrol("Ana")
    new = await moved(world, ana)
    assert "checkin" in commands(world, new)
    assert "checkin" not in commands(world, ana)


async def test_a_confirmed_counselor_has_their_menu_before_they_write(world: World) -> None:
    ines = await world.hire("Ines", Role.SUPERVISOR)
    with world.work() as work:
        code = invitations.create(work, Role.COUNSELOR, created_by=ines.person, name="Max")
    max_ = world.stranger("Max")
    await max_.starts(code)
    assert "alerts" not in commands(world, max_)
    await ines.taps("invite.confirm")
    assert "alerts" in commands(world, max_)


async def test_a_removed_colleague_has_a_strangers_menu_without_writing(world: World) -> None:
    await world.primary.says("/help")
    assert "alerts" in commands(world, world.primary)
    with world.work() as work:
        register.remove(work, people.get(work.session, world.primary.person.id))
    await world.tick()
    assert "alerts" not in commands(world, world.primary)
    assert "start" in commands(world, world.primary)


async def test_the_emptied_row_of_the_account_is_nobodys(world: World) -> None:
    ana = await world.enrol("Ana")
    new = await moved(world, ana)
    with world.work() as work:
        mine = work.session.exec(select(Person).where(col(Person.chat_id) == new.user.id)).all()
        assert [person.id for person in mine] == [ana.person_id]
        assert relay.target(work, mine[0]) is None
        stuck = select(Outbox).where(col(Outbox.chat_id) == ana.user.id, col(Outbox.state) == OutboxState.WAITING)
        assert work.session.exec(stuck).all() == []
