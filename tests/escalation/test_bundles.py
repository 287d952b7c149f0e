"""A burst: beyond five pages a minute to one person the next ones stand in one message. None is dropped."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, func, select

from bot import people
from bot.escalation import ack, bundles, engine, store
from bot.escalation.engine import Finding
from bot.models import Case, Outbox, Page, PageState, Role
from bot.safety.levels import Category, Level
from tests.staff.helpers import danger
from tests.world import Phone, World


async def crises(world: World, count: int) -> Sequence[Phone]:
    """That many patients in an emergency within a minute."""
    phones = [await world.enrol(f"P{number}") for number in range(count)]
    for phone in phones:
        await danger(world, phone)
    return phones


def states(world: World) -> dict[str, int]:
    """How many pages there are in each state."""
    with world.work() as work:
        found = work.session.exec(select(Page.state, func.count()).group_by(col(Page.state))).all()
    return {str(state): count for state, count in found}


async def test_five_come_one_by_one_and_the_rest_in_one_message_that_grows(world: World) -> None:
    await crises(world, 9)
    assert [page.key for page in world.primary.pages] == ["alerts/page"] * 5 + ["alerts/page_bundle"]
    assert world.primary.pages[-1].text == "4 cases wait, 4 emergency: 6, 7, 8, 9. Tap Open list."
    assert world.primary.pages[-1].labels == ["Open list"]


async def test_its_delivery_is_the_delivery_of_each_page_and_each_patient_hears_it(world: World) -> None:
    phones = await crises(world, 9)
    assert states(world) == {"sent": 5, "queued": 4}
    await world.tick()
    await world.tick()
    assert states(world) == {"sent": 9}
    for phone in phones:
        assert [seen.key for seen in phone.all].count("crisis/paged") == 1


async def test_each_can_be_acknowledged_from_the_list_and_leaves_the_bundle(world: World) -> None:
    await crises(world, 8)
    dana = world.primary
    await dana.taps("Open list")
    await dana.taps("Case 7")
    await dana.taps("Acknowledge")
    bundle = next(page for page in dana.pages if page.key == "alerts/page_bundle")
    assert bundle.text == "2 cases wait, 2 emergency: 6, 8. Tap Open list."
    for number in (6, 8):
        await dana.taps("Open list")
        await dana.taps(f"Case {number}")
        await dana.taps("Acknowledge")
    await world.passes(seconds=10)
    bundle = next(page for page in dana.pages if page.key == "alerts/page_bundle")
    assert bundle.text == "No case of this list waits now."


async def test_a_bundle_that_can_never_arrive_gives_way_to_the_next_step_for_each_case(world: World) -> None:
    phones = [await world.enrol(f"P{number}") for number in range(8)]
    for phone in phones[:7]:
        await danger(world, phone)
    world.primary.user.block()
    await danger(world, phones[7])
    await world.passes(minutes=1)
    with world.work() as work:
        case = work.session.exec(select(Case).where(col(Case.number) == 8)).one()
        paged = work.session.exec(select(Page.staff_id).where(col(Page.case_id) == case.id)).all()
    assert world.backup.person_id in paged


async def test_the_next_minute_sounds_again(world: World) -> None:
    await crises(world, 8)
    await world.passes(minutes=2)
    dana = [page.key for page in world.primary.pages]
    assert dana == ["alerts/page"] * 5 + ["alerts/page_bundle"] + ["alerts/page"] * 5 + ["alerts/page_bundle"]


async def test_two_hundred_within_a_minute_reach_everyone_and_no_chat_is_flooded(world: World) -> None:
    phones = [world.stranger(f"P{number}") for number in range(200)]
    with world.work() as work:
        for phone in phones:
            phone.user.started = True
            people.add(work, Role.PATIENT, chat_id=phone.user.id, name=phone.user.first_name).enrolled_at = work.now
    world.look()
    for phone in phones:
        with world.work() as work:
            found = people.by_chat(work.session, phone.user.id)
            assert found is not None
            engine.escalate(work, found, Finding(Level.EMERGENCY, Category.SUICIDE, "message", lang="en"), reply=False)
    await world.settle()
    await world.passes(seconds=2)
    heard = world.heard
    assert heard.pop("Dana Reyes") == ["alerts/page"] * 5 + ["alerts/page_bundle"]
    assert heard == {f"P{number}": ["crisis/paged"] for number in range(200)}  # each patient the truth, and nobody anything else
    assert len(world.primary.pages) == 6
    assert states(world) == {"sent": 200}
    with world.work() as work:
        carried = select(func.count()).select_from(Page).where(col(Page.bundle_id).is_not(None))
        assert work.session.exec(carried).one() == 195
        bundle = work.session.exec(select(Outbox).where(col(Outbox.template) == bundles.KEY, col(Outbox.edits_id).is_(None))).one()
        assert len(bundles.waiting(work, bundle)) == 195
    # Every one of them is taken, from the list alone.
    dana = world.primary
    await dana.taps("Open list")
    assert dana.last.labels[:2] == ["Case 1", "Case 2"]
    await dana.taps("More")
    assert dana.last.labels[0] == "Case 21"
    for number in (1, 6, 7, 200):
        await dana.forges(f"alerts.case:{number}")
        await dana.taps("Acknowledge")
    for number in range(1, 201):
        with world.work() as work:
            case = store.by_number(work.session, number)
            staff = people.by_chat(work.session, dana.user.id)
            assert case is not None and staff is not None
            if case.acknowledged_at is None:
                page = engine.show_page(work, case, staff)
                assert page is not None
                ack.acknowledge(work, page.id or 0, staff)
    with world.work() as work:
        open_ones = work.session.exec(select(Case)).all()
        assert all(case.acknowledged_at is not None and case.holder_id == dana.person_id for case in open_ones)
        assert work.session.exec(select(func.count()).select_from(Page).where(col(Page.state) == PageState.FAILED)).one() == 0
