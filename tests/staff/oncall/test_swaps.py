"""Giving a shift by consent: asked, agreed, refused, withdrawn, too late."""

from __future__ import annotations

from sqlmodel import col, select

from bot.models import Audit, Role, Swap
from tests.staff.rota import holder, on_leave, plan
from tests.world import Phone, World


async def asked(world: World, hours: float = 24) -> tuple[Phone, Phone]:
    """Kim has a shift from then on for 8 hours and asks Lee to take it."""
    kim, lee = await world.hire("Kim Lee"), await world.hire("Lee Dunn")
    plan(world, "primary", kim, hours, 8)
    await kim.says("/oncall")
    await kim.taps("Give a shift")
    await kim.taps("1")
    await kim.taps("Lee")
    return kim, lee


def state(world: World) -> str:
    with world.work() as work:
        return work.session.exec(select(Swap)).one().state


async def test_a_colleague_agrees_and_has_the_shift_and_both_are_told(world: World) -> None:
    kim, lee = await asked(world)
    assert "Lee is asked to take it: first on call, Wednesday, March 4, 10:00." in kim.last.text
    assert lee.keys == ["oncall/swap_waits"]
    assert lee.last.text == "A colleague has a question about a shift."  # nothing else on a locked screen
    await lee.taps("Open")
    assert lee.last.text.startswith("Kim asks you to take a shift.")
    assert holder(world, hours=25) == kim.person_id
    kim.look()
    await lee.taps("Agree")
    assert lee.last.text == "The shift is yours. First: Wednesday, March 4, 10:00 to Wednesday 18:00."
    assert kim.keys == ["oncall/swap_done"]
    assert holder(world, hours=25) == lee.person_id
    assert holder(world, hours=33) == world.primary.person_id
    with world.work() as work:
        found = [
            row.action for row in work.session.exec(select(Audit).where(col(Audit.action).startswith("swap.")).order_by(col(Audit.id)))
        ]
        assert found == ["swap.asked", "swap.agreed"]


async def test_no_leaves_it_where_it_is(world: World) -> None:
    kim, lee = await asked(world)
    await lee.taps("Open")
    kim.look()
    await lee.taps("No")
    assert kim.keys == ["oncall/swap_not"]
    assert holder(world, hours=25) == kim.person_id
    assert await lee.forges("oncall.swap_yes:1") == "This was answered with no already."


async def test_a_question_can_be_taken_back_and_is_gone_for_the_other(world: World) -> None:
    kim, lee = await asked(world)
    await lee.taps("Open")
    await kim.taps("Take it back")
    assert lee.last.key == "oncall/swap_gone"
    assert await lee.taps("Agree") == "Your colleague has taken this back."
    assert holder(world, hours=25) == kim.person_id


async def test_an_answer_after_the_shift_began_is_too_late_and_whoever_asked_hears_it(world: World) -> None:
    kim, lee = await asked(world, hours=2)
    await lee.taps("Open")
    await world.passes(hours=2)
    assert "oncall/swap_late" in [one.key for one in kim.all]
    assert state(world) == "too_late"
    assert await lee.taps("Agree") == "It is too late for this: the time is over."


async def test_a_rota_that_changed_meanwhile_is_not_overwritten(world: World) -> None:
    _kim, lee = await asked(world)
    await lee.taps("Open")
    plan(world, "primary", world.backup, 26, 1)
    assert "changed" in await lee.taps("Agree")
    assert state(world) == "asked"
    assert holder(world, hours=26.5) == world.backup.person_id


async def test_a_shift_that_runs_is_given_from_now_on(world: World) -> None:
    kim, lee = await world.hire("Kim Lee"), await world.hire("Lee Dunn")
    plan(world, "primary", kim, 0, 8)
    await world.passes(minutes=1)
    await kim.taps("I am on")
    await kim.says("/oncall")
    await kim.taps("Give a shift")
    assert "1. First: now to Tuesday 18:00" in kim.last.text
    await kim.taps("1")
    await kim.taps("Lee")
    await world.passes(minutes=10)
    await lee.taps("Open")
    await lee.taps("Agree")
    assert holder(world, hours=0) == lee.person_id
    lee.look()
    await world.passes(minutes=30)
    assert lee.keys == []  # their own word was the tap


async def test_nobody_answers_for_another_or_asks_twice_or_asks_somebody_on_leave(world: World) -> None:
    kim, lee = await asked(world)
    assert await world.backup.forges("oncall.swap_yes:1") == "That button is not for you."
    assert await kim.forges("oncall.swap_yes:1") == "That button is not for you."
    assert await lee.forges("oncall.swap_back:1") == "That button is not for you."
    assert await lee.forges("oncall.swap_open:99") == "That button is not for you."
    await kim.says("/oncall")
    await kim.taps("Give a shift")
    on_leave(world, lee, 1)
    await kim.taps("1")
    assert kim.last.labels == ["Dana", "Luis"]
    assert await kim.taps("Dana") == "You have asked about this shift already."


async def test_whoever_has_no_shift_and_an_operator_give_none(world: World) -> None:
    kim, olga = await world.hire("Kim Lee"), await world.hire("Olga Ruiz", Role.OPERATOR)
    await kim.says("/oncall")
    assert "Give a shift" not in kim.last.labels
    assert await kim.forges("oncall.swaps") == "You have no shift in the next 14 days."
    assert await olga.forges("oncall.swaps") == "That button is not for you."
