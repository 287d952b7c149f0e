"""Codes in the chat, restarts in the middle, and what a stranger sees before the code is right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import invitations
from bot.app import build
from bot.demo.botapi.inprocess import SimRequest
from bot.features.enrolment.rules import code_in
from bot.models import Role
from bot.telegram.polling import Polling
from bot.telegram.transport import TelegramTransport, make_bot
from tests.world import TOKEN, Phone, World, content


def code_for(world: World, role: Role = Role.PATIENT, name: str | None = None) -> str:
    with world.work() as work:
        return invitations.create(work, role, name=name)


async def restarted(world: World) -> World:
    """The same phones and the same file, under a process that knows nothing of the first one's memory."""
    bot = make_bot(TOKEN, "http://127.0.0.1", SimRequest(world.api), SimRequest(world.api))
    transport = TelegramTransport(bot)
    app = build(world.app.services.settings, world.clock, transport, loaded=content())
    await transport.start()
    again = World(world.api, app, world.clock, Polling(bot, app.pipeline, world.clock))
    await app.pipeline.load()
    return again


async def test_an_unknown_code_is_answered_kindly(world: World) -> None:
    sam = world.stranger()
    await sam.starts("QQQQQ-QQQQQ-QQQQQ-QQQQQ-QQQQQQ")
    assert sam.keys == ["enrolment/code_unknown"]
    assert "+1 212 555 0100" in sam.last.text
    assert sam.person.role is Role.VISITOR
    await sam.starts("short")
    assert sam.keys == ["enrolment/code_unknown"]


async def test_an_expired_code(world: World) -> None:
    code = code_for(world)
    world.clock.move_to(world.clock.now() + timedelta(days=8))
    sam = world.stranger(language="es")
    await sam.starts(code)
    assert sam.keys == ["enrolment/code_expired"]
    assert "venció" in sam.last.text


async def test_a_code_of_someone_else(world: World) -> None:
    code = code_for(world)
    ana, sam = world.stranger("Ana"), world.stranger("Sam")
    await ana.starts(code)
    await sam.starts(code)
    assert sam.keys == ["enrolment/code_used"]
    assert sam.person.role is Role.VISITOR


async def test_too_many_wrong_codes_have_to_wait_even_for_the_right_one(world: World) -> None:
    sam = world.stranger()
    for number in range(5):
        await sam.starts(f"AAAAA-AAAAA-AAAAA-AAAAA-AAAAA{number + 2}")
    await sam.starts(code_for(world))
    assert sam.keys == ["enrolment/code_throttled"]
    world.clock.move_to(world.clock.now() + timedelta(hours=2))
    await sam.says(code_for(world))
    assert sam.keys == ["enrolment/language"]


async def test_ones_own_code_again_goes_on_where_it_stopped(world: World) -> None:
    code = code_for(world)
    ana = world.stranger("Ana")
    await ana.starts(code)
    await ana.taps("English")
    await ana.starts(code)
    assert ana.keys == ["enrolment/age"]
    await ana.taps("18 or older")
    assert ana.keys == ["enrolment/consent"]


async def test_a_code_for_someone_who_is_in_already_changes_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    code = code_for(world)
    await ana.starts(code)
    assert ana.keys == ["menu/menu"]
    sam = world.stranger("Sam")
    await sam.starts(code)
    assert sam.keys == ["enrolment/language"]


async def test_a_staff_code_of_the_command_line_opens_the_door_at_once(world: World) -> None:
    code = code_for(world, Role.COUNSELOR, name="Mira Sol")
    mira = world.stranger("Mira")
    await mira.starts(code)
    assert mira.keys == ["invite/welcome_staff"]
    assert mira.person.role is Role.COUNSELOR
    await mira.starts()
    assert mira.keys == ["menu/staff"]


async def test_a_staff_code_from_the_chat_waits_for_the_inviter(world: World) -> None:
    boss = await world.hire("Rosa Lima", Role.SUPERVISOR)
    rosa = boss.person
    with world.work() as work:
        code = invitations.create(work, Role.COUNSELOR, created_by=rosa, name="Mira Sol")
    mira = world.stranger("Mira")
    await mira.says(code)
    assert mira.keys == ["invite/waiting"]
    await world.passes(minutes=1)
    await mira.says(code)
    assert mira.keys == ["invite/waiting"]
    assert mira.person.role is Role.VISITOR


async def test_a_stranger_sees_nothing_of_the_clinics_patients(world: World) -> None:
    sam = world.stranger()
    await sam.starts()
    assert sam.keys == ["visitor/hello"]
    assert not (sam.user.keyboard or {}).get("keyboard")
    await sam.says("/checkin")
    assert sam.keys == ["visitor/for_members"]
    assert "Daily check-in" in sam.last.text
    await sam.says("/caseload")
    assert sam.keys == ["common/unknown_command"]


async def test_a_killed_process_goes_on_in_the_middle(world: World) -> None:
    ana = world.stranger("Ana")
    await ana.starts(code_for(world))
    await ana.taps("English")
    await ana.taps("18 or older")
    world.api.users[ana.user.id].press(ana.last.message.message_id, ana.last.message.buttons[0][0][1])
    await world.polling.once()
    await world.app.pipeline.idle()  # committed, but nothing is sent: here it is killed
    again = await restarted(world)
    same = Phone(again, ana.user)
    same.look()
    await again.settle()
    assert same.keys == ["enrolment/consent"]
    assert "2 of 4" in same.last.text
    await same.taps("Next")
    assert "3 of 4" in same.last.text


async def test_an_update_that_came_before_the_kill_is_lived_through_after_it(world: World) -> None:
    ana = world.stranger("Ana")
    await ana.starts(code_for(world))
    ana.user.press(ana.last.message.message_id, "enrolment.language:en~1")  # arrives while nobody listens
    again = await restarted(world)
    same = Phone(again, ana.user)
    same.look()
    await again.settle()
    assert same.keys == ["enrolment/age"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("QX4ZT-ABCDE-FGHIJ-KLMNO-PQRST2", True),
        ("qx4ztabcdefghijklmnopqrst2", True),
        ("QX4ZT ABCDE FGHIJ KLMNO PQRST2", True),
        ("https://t.me/some_bot?start=QX4ZT-ABCDE-FGHIJ-KLMNO-PQRST2", True),
        (" QX4ZT-ABCDE-FGHIJ-KLMNO-PQRST2. ", True),
        ("hello there today maybe later", False),
        ("Hello", False),
        ("my phone is 2125550100", False),
        ("", False),
    ],
)
def test_what_looks_like_a_code(text: str, found: bool) -> None:
    assert (code_in(text) is not None) is found
