"""Invitations from the chat: a code that works once, and an account that counts only when the inviter says so."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlmodel import select

from bot import invitations, people
from bot.models import Invitation, Role
from bot.staff.oncall import store as oncall
from tests.staff.helpers import danger
from tests.world import Phone, World

CODE = re.compile(r"/start ([A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6})")


def code_in(phone: Phone) -> str:
    found = CODE.search(phone.last.text)
    assert found is not None
    return found[1]


def role(phone: Phone) -> Role:
    return phone.person.role


async def staff_code(boss: Phone, label: str = "A counselor", name: str = "Mira Sol") -> str:
    await boss.says("/invite")
    await boss.taps(label)
    await boss.says(name)
    return code_in(boss)


async def test_a_counselor_invites_a_patient(world: World) -> None:
    await world.primary.says("/invite")
    assert world.primary.last.labels == ["A patient"]
    await world.primary.taps("A patient")
    assert "until Tuesday, March 10, 11:00" in world.primary.last.text
    ana = world.stranger("Ana")
    await ana.says(f"/start {code_in(world.primary)}")
    assert role(ana) is Role.PATIENT


async def test_only_the_hash_of_a_code_is_kept(world: World) -> None:
    await world.primary.says("/invite")
    await world.primary.taps("A patient")
    code = code_in(world.primary)
    with world.work() as work:
        invitation = work.session.exec(select(Invitation)).one()
        assert code not in repr(invitation)
        assert len(code.replace("-", "")) * 5 >= 128
        assert len(invitation.code_hash) == 64


async def test_a_staff_account_counts_only_when_the_inviter_says_so(world: World) -> None:
    boss = await world.hire("Rosa Lima", Role.SUPERVISOR)
    await boss.says("/invite")
    assert boss.last.labels == ["A patient", "A counselor", "A peer"]
    code = await staff_code(boss)
    mira = world.stranger("Mira")
    await mira.says(f"/start {code}")
    assert mira.keys == ["invite/waiting"]
    assert role(mira) is Role.VISITOR
    await mira.says("/alerts")
    assert mira.keys == ["common/unknown_command"]
    question = boss.last
    assert "for Mira Sol (counselor). The account is called: Mira" in question.text
    assert question.labels == ["Yes, that's Mira", "No"]
    mira.look()
    await boss.taps("Yes, that's Mira")
    assert boss.last.text == "Done. Mira is on your team now."
    assert mira.keys == ["invite/welcome_staff"]
    assert role(mira) is Role.COUNSELOR
    await mira.says("/alerts")
    assert mira.keys == ["alerts/list"]
    assert next(command["command"] for command in mira.user.commands) == "alerts"


async def test_the_wrong_account_gets_nothing(world: World) -> None:
    boss = await world.hire("Rosa Lima", Role.SUPERVISOR)
    code = await staff_code(boss, "A peer", "Kim Lee")
    thief = world.stranger("Eve")
    await thief.says(f"/start {code}")
    thief.look()
    await boss.taps("No")
    assert thief.keys == ["invite/refused_account"]
    assert role(thief) is Role.VISITOR
    kim = world.stranger("Kim")
    await kim.says(f"/start {code}")
    assert kim.keys == ["enrolment/code_used"]


async def test_old_and_foreign_answers_are_told_what_is_so(world: World) -> None:
    boss, other = await world.hire("Rosa Lima", Role.SUPERVISOR), await world.hire("Sam Green", Role.SUPERVISOR)
    code = await staff_code(boss)
    mira = world.stranger("Mira")
    await mira.says(f"/start {code}")
    data = boss.last.message.buttons[0][0][1]
    question = boss.last.message
    assert await other.forges(data) == "That button is not for you."
    assert role(mira) is Role.VISITOR
    await boss.taps("Yes, that's Mira")
    assert await boss.forges(data, message=question) == "You have answered that already."


async def test_an_answer_a_day_late_counts_no_more(world: World) -> None:
    boss = await world.hire("Rosa Lima", Role.SUPERVISOR)
    code = await staff_code(boss)
    mira = world.stranger("Mira")
    await mira.says(f"/start {code}")
    world.clock.move_to(world.clock.now() + timedelta(hours=25))
    assert "too late" in await boss.taps("Yes, that's Mira")
    assert role(mira) is Role.VISITOR


async def test_a_counselor_cannot_invite_staff(world: World) -> None:
    assert await world.primary.forges("invite.make:counselor") == "That button is not for you."
    assert await world.primary.forges("invite.make:patient") == ""
    boss = await world.hire("Rosa Lima", Role.SUPERVISOR)
    assert await boss.forges("invite.make:supervisor") == "That button is not for you."


async def test_a_name_that_is_none_is_asked_for_again(world: World) -> None:
    boss = await world.hire("Rosa Lima", Role.SUPERVISOR)
    await boss.says("/invite")
    await boss.taps("A counselor")
    await boss.says("🙂")
    assert boss.keys == ["invite/name_again"]
    await boss.says("Mira Sol")
    assert boss.keys == ["invite/code"]


async def test_the_link_stands_in_the_message_when_the_bots_name_is_known(world: World) -> None:
    with world.work() as work:
        invitations.remember_bot(work, "HarborBot")
    await world.primary.says("/invite")
    await world.primary.taps("A patient")
    assert re.search(r"https://t\.me/HarborBot\?start=[A-Z2-7-]{30}", world.primary.last.text)


async def test_a_command_line_code_gives_its_account_to_the_row_that_stands_on_the_rota(world: World) -> None:
    with world.work() as work:
        waiting = people.add(work, Role.COUNSELOR, name="Mira Sol")
        number, code = waiting.number, invitations.create(work, Role.COUNSELOR, person=waiting)
        oncall.set_shift(work, "primary", waiting, work.now, None)
    mira = world.stranger("Mira")
    await mira.says(code.lower().replace("-", " "))
    assert mira.person.number == number
    assert role(mira) is Role.COUNSELOR
    ana = await world.enrol()
    await danger(world, ana)
    assert [page.text for page in mira.pages] == ["Case 1, emergency, 0 min waiting. Tap Acknowledge."]
