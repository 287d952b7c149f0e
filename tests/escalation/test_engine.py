"""Every step of the policy (SAFETY.md 3), minute by minute on the moved clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from bot import people
from bot.models import Page, PageState, Role
from bot.safety.levels import Category, Level
from tests.staff.helpers import CRISIS, Watch, assert_nothing_shows, danger
from tests.world import Phone, World, world_at

NIGHT = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # 23:00 in New York


async def everyone(world: World) -> dict[str, Phone]:
    kim = await world.hire("Kim Lee")
    sam = await world.hire("Sam Green", Role.SUPERVISOR)
    olga = await world.hire("Olga Ruiz", Role.OPERATOR)
    return {"dana": world.primary, "luis": world.backup, "kim": kim, "sam": sam, "olga": olga}


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        assert patient.person_id is not None
        row = people.patient_of(work.session, patient.person_id)
        assert row is not None
        row.owner_id = owner.person_id


async def test_an_emergency_goes_from_one_to_the_next_and_round_until_someone_acts(world: World) -> None:
    staff = await everyone(world)
    ana = await world.enrol("Ana Torres")
    watch = Watch(world, **staff)
    await danger(world, ana)
    chain = [
        (0, "dana"),
        (2, "dana"),
        (4, "luis"),
        (7, "dana"),
        (7, "luis"),
        (7, "kim"),
        (7, "sam"),
        (10, "olga"),
    ]
    round_ = ["dana", "luis", "kim", "sam", "olga"]
    expected = [*chain, *((15, name) for name in round_), *((20, name) for name in round_), *((25, name) for name in round_)]
    assert await watch.minutes(25) == expected
    assert staff["luis"].pages[0].text == "Case 1: the newest message is below."
    assert staff["dana"].pages[-1].text == "Case 1, emergency, 25 min waiting. Tap Acknowledge."
    assert_nothing_shows(staff.values(), "Ana", "Torres", "outside")


async def test_after_five_minutes_of_an_emergency_the_patient_hears_the_truth(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    ana.look()
    await world.passes(minutes=4, seconds=59)
    assert ana.keys == []
    await world.passes(seconds=1)
    assert ana.keys == ["crisis/still_trying"]


async def test_urgent_by_day_asks_the_own_counselor_who_is_on_shift_first(world: World) -> None:
    staff = await everyone(world)
    ana = await world.enrol()
    own(world, ana, world.backup)
    watch = Watch(world, **staff)
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    chain = [(0, "luis"), (15, "dana"), (30, "luis"), (45, "sam")]
    round_ = ["dana", "luis", "sam"]
    assert sorted(await watch.minutes(105)) == sorted([*chain, *((75, name) for name in round_), *((105, name) for name in round_)])


async def test_urgent_by_day_goes_to_the_primary_when_the_own_counselor_is_off(world: World) -> None:
    staff = await everyone(world)
    ana = await world.enrol()
    own(world, ana, staff["kim"])
    watch = Watch(world, **staff)
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    assert await watch.minutes(14) == [(0, "dana")]


async def test_urgent_by_night_wakes_the_primary_and_the_patient_hears_until_when(tmp_path: Path) -> None:
    async with world_at(tmp_path, NIGHT) as world:
        staff = await everyone(world)
        ana = await world.enrol()
        watch = Watch(world, **staff)
        await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
        assert "12:00" in next(reply.text for reply in ana.all if reply.key == "crisis/paged_night")
        chain = [(0, "dana"), (30, "dana"), (60, "luis"), (120, "dana"), (120, "luis"), (180, "dana"), (180, "luis")]
        assert await watch.minutes(180) == chain


async def test_an_acknowledged_case_pages_nobody_while_a_word_comes_in_time(world: World) -> None:
    staff = await everyone(world)
    ana = await world.enrol()
    watch = Watch(world, **staff)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    watch.forget()
    await watch.minutes(8)
    await world.primary.taps("Write")
    await world.primary.says("I am here.")
    assert await watch.minutes(60) == []


async def test_no_word_ten_minutes_after_acknowledging_pages_again_with_the_backup_and_goes_on(world: World) -> None:
    staff = await everyone(world)
    ana = await world.enrol()
    watch = Watch(world, **staff)
    await danger(world, ana)
    await world.passes(minutes=1)
    await world.primary.taps("Acknowledge")
    watch.forget()
    assert await watch.minutes(9) == []
    assert await watch.minutes(1) == [(10, "dana"), (10, "luis")]
    assert world.primary.pages[-1].key == "alerts/page_no_word"
    assert world.primary.pages[-1].text == "Case 1, emergency, 11 min waiting. No word has reached the person. Tap Acknowledge."
    assert world.primary.pages[-1].labels == ["Acknowledge", "Open", "Pass on"]
    assert world.primary.pages[0].text == "Case 1: the newest message is below."
    assert world.primary.pages[0].labels == []
    assert [who for minute, who in await watch.minutes(3) if minute == 13] == ["dana", "luis", "kim", "sam"]


async def test_a_phone_call_keeps_the_promise(world: World) -> None:
    ana = await world.enrol()
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("No answer")
    await world.primary.taps("Reached by phone")
    watch.forget()
    assert await watch.minutes(30) == []


async def test_a_message_that_waits_fifteen_minutes_in_an_emergency_pages_again(world: World) -> None:
    ana = await world.enrol()
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("Are you safe?")
    await ana.says("not sure")
    watch.forget()
    assert await watch.minutes(14) == []
    await ana.says("hello?")  # does not start the wait anew
    assert await watch.minutes(1) == [(15, "dana"), (15, "luis")]
    assert world.backup.pages[-1].key == "alerts/page_unanswered"


async def test_an_answer_ends_the_wait(world: World) -> None:
    ana = await world.enrol()
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("Are you safe?")
    await ana.says("not sure")
    await world.passes(minutes=10)
    await world.primary.says("Tell me more")
    watch.forget()
    assert await watch.minutes(30) == []


async def test_a_step_with_nobody_gives_way_at_once(world: World) -> None:
    staff = await everyone(world)
    world.on_call("primary", None)
    ana = await world.enrol()
    watch = Watch(world, **staff)
    await danger(world, ana)
    assert (await watch.minutes(0)) == [(0, "luis")]
    assert [who for minute, who in await watch.minutes(3) if minute == 3] == ["dana", "luis", "kim", "sam"]


async def test_with_nobody_at_all_the_patient_is_told_and_the_round_goes_on(tmp_path: Path) -> None:
    async with world_at(tmp_path, staff=False) as world:
        ana = await world.enrol()
        await danger(world, ana)
        assert [reply.key for reply in ana.all if reply.key != "crisis/card"] == ["crisis/nobody_on_duty"]
        await world.passes(minutes=20)
        assert [reply.key for reply in ana.all].count("crisis/nobody_on_duty") == 1
        late = await world.hire("Kim Lee")
        watch = Watch(world, kim=late)
        assert len(await watch.minutes(5)) == 1


async def test_a_primary_who_blocked_the_bot_is_found_out_and_the_backup_is_paged_at_once(world: World) -> None:
    world.primary.user.block()
    ana = await world.enrol()
    await ana.says(CRISIS)
    assert [page.text for page in world.backup.pages] == ["Case 1, emergency, 0 min waiting. Tap Acknowledge."]
    assert "crisis/paged" in ana.keys  # only because the backup's page arrived
    with world.work() as work:
        pages = work.session.exec(select(Page).order_by(Page.id)).all()  # type: ignore[arg-type]
        assert [page.state for page in pages][-1] is PageState.SENT


async def test_same_or_lower_joins_silently_higher_is_a_new_loud_page(world: World) -> None:
    ana = await world.enrol()
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await danger(world, ana, Level.URGENT, Category.VIOLENCE)
    assert await watch.minutes(0) == [(0, "dana")]
    await world.primary.taps("Acknowledge")
    await danger(world, ana, Level.URGENT, Category.VIOLENCE)
    assert await watch.minutes(0) == [(0, "dana")]
    await danger(world, ana, Level.EMERGENCY, Category.VIOLENCE)
    assert await watch.minutes(0) == [(0, "dana"), (0, "dana")]
    assert world.primary.pages[-1].text == "Case 1, emergency, 0 min waiting. It is more serious now. Tap Acknowledge."
    assert world.primary.pages[0].text == "Case 1: the newest message is below."
    case = ana.case
    assert case is not None
    assert case.acknowledged_at is None


async def test_what_was_said_before_it_rose_does_not_keep_the_new_promise(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here.")
    await world.passes(minutes=5)
    await danger(world, ana, Level.EMERGENCY)
    await world.primary.taps("Acknowledge")
    watch = Watch(world, dana=world.primary, luis=world.backup)
    assert await watch.minutes(10) == [(10, "dana"), (10, "luis")]


async def test_whoever_acknowledges_late_still_has_time_for_a_word(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await world.passes(hours=5)
    await world.primary.taps("Acknowledge")
    watch = Watch(world, dana=world.primary, luis=world.backup)
    assert await watch.minutes(9) == []
    assert await watch.minutes(1) == [(10, "dana"), (10, "luis")]


async def test_no_tap_for_five_minutes_asks_again_and_pages_again_without_hurrying_the_chain(world: World) -> None:
    staff = await everyone(world)
    ana = await world.enrol()
    watch = Watch(world, **staff)
    await ana.says("I want to die")
    ana.look()
    assert await watch.minutes(5) == [(0, "dana"), (5, "dana")]
    assert ana.keys[0] == "crisis/suicide"
    assert world.primary.pages[-1].text == "Case 1, urgent, 5 min waiting. The person still waits. Tap Acknowledge."
    assert [one for one in await watch.minutes(25) if one[0] > 5] == [(15, "dana"), (30, "luis")]


async def test_the_cases_of_someone_who_leaves_go_to_the_next_person_at_once(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    watch = Watch(world, luis=world.backup)
    with world.work() as work:
        assert world.primary.person_id is not None
        people.get(work.session, world.primary.person_id).removed_at = work.now
    await world.passes(seconds=1)
    assert await watch.minutes(0) == [(0, "luis")]
    assert world.backup.pages[-1].text == "Case 1, emergency, 0 min waiting. Passed on to you. Tap Acknowledge."


async def test_a_holder_who_blocks_the_bot_loses_the_case_to_the_next_person(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    world.primary.user.block()
    await ana.says("are you there?")
    await world.passes(seconds=1)
    assert world.backup.pages[-1].key == "alerts/page_passed_on"


async def test_a_patient_who_blocks_the_bot_in_a_case_has_to_be_phoned(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    ana.user.block()
    await world.primary.says("Are you there?")
    assert world.primary.pages[-1].text == "Case 1, emergency, 0 min waiting. Can't reach by chat. Phone now."
    assert "Call" in world.primary.pages[-1].labels
    assert world.primary.last.text == "Case 1: your words did not arrive. Please phone."


async def test_of_older_pages_one_line_points_to_the_newest_and_no_trail_of_them_stays(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.passes(minutes=32)
    stands = [seen for seen in world.primary.all if seen.key.startswith("alerts/page")]
    assert len(world.primary.pages) > 4
    assert [seen.text for seen in stands[:-1]] == ["Case 1: the newest message is below."]
    assert stands[-1].labels == ["Acknowledge", "Open", "Pass on"]
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Reached by phone")
    assert ana.last.key == "crisis/seen"


async def test_the_clock_standing_still_pages_nobody_twice(world: World) -> None:
    ana = await world.enrol()
    watch = Watch(world, dana=world.primary)
    await danger(world, ana)
    for _time in range(5):
        await world.tick()
    assert await watch.minutes(0) == [(0, "dana")]


async def test_a_stopped_process_pages_once_when_it_is_back(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    watch = Watch(world, dana=world.primary, luis=world.backup)
    world.clock.move_to(world.clock.now() + timedelta(hours=1))
    await world.tick()
    watch.look()
    assert len(watch.timeline) == 1
