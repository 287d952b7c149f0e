"""After a case: two taps about whether it helped, by its own person alone."""

from __future__ import annotations

from sqlmodel import select

from bot.escalation import answers
from bot.models import Case, CaseState
from tests.world import Phone, World


def close(world: World) -> None:
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        case.state, case.closed_at, case.next_page_at = CaseState.CLOSED, work.now, None
        answers.closed(work, case)


async def closed(world: World) -> Phone:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    close(world)
    await world.settle()
    return ana


async def test_two_taps_tell_whether_it_helped(world: World) -> None:
    ana = await closed(world)
    assert ana.last.key == "crisis/closed"
    await ana.taps("A little")
    assert "soon enough?" in ana.last.text
    await ana.taps("Too late")
    assert ana.last.text.startswith("Thank you for telling us.")
    case = ana.case
    assert case is not None
    assert (case.helped, case.helped_soon) == ("some", "no")


async def test_nobody_answers_for_another_persons_case(world: World) -> None:
    ana = await closed(world)
    ben = await world.enrol("Ben")
    await ben.says("hello")
    for data in ("crisis.helped:1:yes", "crisis.soon:1:yes", "crisis.helped:99:yes", "crisis.helped:x:yes", "crisis.helped:-1:yes"):
        assert await ben.forges(data) == "That button is not for you."
    assert ana.case is not None
    assert ana.case.helped is None


async def test_an_open_case_and_a_made_up_answer_are_refused(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    assert await ana.forges("crisis.helped:1:yes") == "That button is not for you."
    close(world)
    assert await ana.forges("crisis.helped:1:sure") == "That button is not for you."
    assert ana.case is not None
    assert ana.case.helped is None
