"""Every button and command, fired by every role that it is not for: nothing is shown, nothing happens (button data can be forged)."""

from __future__ import annotations

import pytest
from sqlmodel import func, select

from bot import people, router
from bot.models import Audit, Case, Role, Task
from tests.world import Phone, World

ROUTES = router.build()
TABLES = (Audit, Case, Task)


async def someone(world: World, role: Role) -> Phone:
    if role is Role.VISITOR:
        phone = world.stranger("Sam")
        await phone.starts()
        return phone
    if role is Role.PATIENT:
        return await world.enrol("Ben")
    phone = await world.hire("Kim", role)
    phone.user.text("hello")  # a first message, for the buttons to hang on
    await world.settle()
    return phone


def counted(world: World) -> list[int]:
    with world.work() as work:
        return [int(work.session.exec(select(func.count()).select_from(table)).one()) for table in TABLES]


@pytest.mark.parametrize("role", list(Role))
async def test_a_button_of_another_role_does_nothing(world: World, role: Role) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        row = people.patient_of(work.session, ana.person.id)
        assert row is not None
        row.owner_id = world.primary.person_id
    await ana.says("I want to kill myself")  # there is something to get at
    phone = await someone(world, role)
    before, number = counted(world), str(ana.person.number)
    foreign = [route for route in ROUTES.presses.values() if role not in route.roles]
    phone.look()
    for route in foreign:
        data = ":".join([route.name, *([number] * route.args)]) + ("~0" if route.form else "")
        assert "not for you" in await phone.forges(data), route.name
    assert phone.replies == []
    assert counted(world) == before


@pytest.mark.parametrize("role", list(Role))
async def test_a_command_of_another_role_is_unknown(world: World, role: Role) -> None:
    phone = await someone(world, role)
    for command in ROUTES.commands.values():
        if role in command.roles:
            continue
        await phone.says(f"/{command.name}")
        known = role is Role.VISITOR and Role.PATIENT in command.menu
        assert phone.keys[-1] == ("visitor/for_members" if known else "common/unknown_command"), command.name
        assert not [key for key in phone.keys[:-1] if not key.startswith("crisis/")], command.name  # its name is screened as any word


@pytest.mark.parametrize("role", [Role.PATIENT, Role.SUPERVISOR])
async def test_forged_arguments_are_met_with_a_line_and_never_with_an_error(world: World, role: Role) -> None:
    """Numbers, ids and words that the bot never gave out, to every button of one's own."""
    phone = await someone(world, role)
    for route in ROUTES.presses.values():
        if role in route.roles and route.args:
            for value in ("99999999999999999999", "x"):
                await phone.forges(":".join([route.name, *([value] * route.args)]) + ("~0" if route.form else ""))
                assert "common/went_wrong" not in phone.keys, (route.name, value)
