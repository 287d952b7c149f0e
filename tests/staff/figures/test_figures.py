"""The weeks in numbers: how fast, how often in vain, how often too late; drills and fictitious people left out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from bot import people, schema
from bot.db import Database
from bot.escalation import engine
from bot.escalation.engine import Finding
from bot.models import Audit, Case, Person, Role
from bot.safety.levels import Category, Level
from bot.staff.figures import rules, store
from bot.staff.figures.rules import RuleCount, Spread, Week
from tests.staff.helpers import CRISIS, danger
from tests.staff.test_walk import STEPS, resolve
from tests.world import START, Phone, World, world_on


def week(world: World, back: int = 0) -> Week:
    with world.work() as work:
        return store.weeks(work, back + 1)[back]


def by_rule(world: World) -> dict[str, RuleCount]:
    with world.work() as work:
        return {one.rule: one for one in store.by_rule(work)}


async def case(world: World, patient: Phone, *, seen: int = 1, word: int | None = 2, how: str = "Safe with plan") -> None:
    """A crisis: acknowledged after so many minutes, a word after so many more, and closed."""
    dana = world.primary
    await patient.says(CRISIS)
    await world.passes(minutes=seen)
    await dana.taps("Acknowledge")
    if word is not None:
        await world.passes(minutes=word)
        await dana.taps("Reached by phone")
    await resolve(dana, *STEPS[:6], how, *([] if how == "Not a crisis" else ["Tomorrow"]))


async def test_times_levels_and_false_alarms_of_a_week(world: World) -> None:
    await a_week(world)


async def test_the_same_figures_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    async with world_on(postgres_url) as world:
        await a_week(world)
        assert by_rule(world)["en.suicide.kill-myself"].false_alarms == 1


async def a_week(world: World) -> None:
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    ana, ben, cleo = await world.enrol("Ana"), await world.enrol("Ben"), await world.enrol("Cleo")
    await case(world, ana, seen=1, word=1)
    await case(world, ben, seen=3, word=4)
    await case(world, cleo, seen=2, word=None, how="Not a crisis")
    dan = await world.enrol("Dan")
    await danger(world, dan, Level.URGENT, Category.WITHDRAWAL)
    found = week(world)
    assert (found.start, found.until) == (date(2026, 3, 2), date(2026, 3, 8))
    assert found.levels == {"emergency": 3, "urgent": 1}
    assert found.acknowledged == Spread(count=3, missing=1, median=2.0, p95=3.0)
    assert found.word == Spread(count=2, missing=2, median=4.5, p95=7.0)
    assert (found.closed, found.false_alarms, found.false_share) == (3, 1, 33.3)
    assert found.broken == 0
    await boss.says("/figures")
    assert boss.last.text.startswith("Week from Mar 2, 2026\nCases: 4 (emergency 3, urgent 1).\nSeen after 2.0 min; 95 of 100 within 3.0.")
    assert "False alarms: 1 of 3 closed." in boss.last.text
    assert "No cases." in boss.last.text  # the weeks before
    assert boss.last.text.endswith("Drills are not counted.")


async def test_the_first_acknowledgement_counts_and_every_broken_promise(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=10)
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=10)
    found = week(world)
    assert found.acknowledged == Spread(1, 0, 0.0, 0.0)
    assert (found.broken, found.broken_cases) == (2, 1)


async def test_what_the_patients_said_is_counted(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    for patient, label in ((ana, "A little"), (ben, "crisis.helped:2:yes")):
        await case(world, patient)
        await patient.taps(label)
    await ben.taps("Too late")
    assert week(world).helped == {"yes": 1, "some": 1, "no": 0}
    assert week(world).soon == {"yes": 0, "no": 1}


async def test_drills_and_fictitious_people_are_left_out(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await case(world, ana)
    await case(world, ben)
    with world.work() as work:
        drill = work.session.exec(select(Case).where(col(Case.number) == 1)).one()
        drill.kind = "drill"
        assert ben.person_id is not None
        people.get(work.session, ben.person_id).fictitious = True
    assert week(world).cases == 0
    assert week(world).acknowledged == Spread(0, 0, None, None)
    assert by_rule(world) == {}


async def test_a_week_begins_on_monday_in_the_clinics_zone(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await world.passes(days=5, hours=13, minutes=59)  # Sunday 23:59 in New York; the clocks went forward that night
    world.clock.move_to(world.clock.now() - timedelta(hours=1))
    await danger(world, ana)
    world.clock.move_to(world.clock.now() + timedelta(minutes=2))
    await danger(world, ben)
    assert (week(world, 0).cases, week(world, 1).cases) == (1, 1)
    assert week(world, 0).start == date(2026, 3, 9)


async def test_rules_by_what_a_human_judged(world: World) -> None:
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    for name, how in (("Ana", "Not a crisis"), ("Ben", "Safe with plan"), ("Cleo", "Safe with plan")):
        await case(world, await world.enrol(name), how=how)
    dan = await world.enrol("Dan")
    await dan.says(CRISIS)
    found = by_rule(world)["en.suicide.kill-myself"]
    assert (found.fired, found.cases, found.judged, found.false_alarms, found.precision) == (4, 4, 3, 1, 66.7)
    await boss.says("/figures")
    await boss.taps("By rule")
    assert "en.suicide.kill-myself: right in 66.7 %, 1 of 3 not a crisis" in boss.last.text


async def test_a_rule_of_a_form_is_counted_without_its_answers(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    for label in ("2", "No", "Sometimes", "No", "Yes", "No"):
        await ana.taps(label)
    assert "asq" in by_rule(world)
    assert not any("=" in name for name in by_rule(world))


async def test_the_second_opinion_is_one_rule_with_a_precision_of_its_own(world: World) -> None:
    for name, page, how in (("Ana", "0.91", "Not a crisis"), ("Ben", "0.87", "Safe with plan"), ("Cleo", "0.99", "Safe with plan")):
        phone = await world.enrol(name)
        with world.work() as work:
            said = f"second opinion: {page} page, 0.10 emergency", "together: 4.1 of 3.2", "last hours: craving"
            found = Finding(Level.URGENT, Category.SUICIDE, "message", texts=("the harbour lights",), rules=("signs: 20 of 60", *said))
            engine.escalate(work, phone.person, found, reply=False)
        await world.settle()
        await world.primary.taps("Acknowledge")
        await resolve(world.primary, *STEPS[:6], how, *([] if how == "Not a crisis" else ["Tomorrow"]))
    found_rules = by_rule(world)
    assert set(found_rules) == {"second opinion", "signs"}
    one = found_rules["second opinion"]
    assert (one.fired, one.cases, one.judged, one.false_alarms, one.precision) == (3, 3, 3, 1, 66.7)


async def test_only_supervisors_see_figures(world: World) -> None:
    await world.primary.says("/figures")
    assert world.primary.keys == ["common/unknown_command"]
    assert await world.primary.forges("figures.rules") == "That button is not for you."
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    await boss.says("/figures")
    assert boss.keys == ["figures/weeks"]
    with world.work() as work:
        staff = work.session.exec(select(Person).where(col(Person.role) == Role.SUPERVISOR)).one()
        staff.removed_at = work.now
    await boss.says("/figures")
    assert "figures/weeks" not in boss.keys


async def test_a_case_that_rose_counts_at_the_level_that_it_reached(world: World) -> None:
    ana = await world.enrol("Ana")
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await danger(world, ana, Level.EMERGENCY, Category.SUICIDE)
    assert week(world).levels == {"emergency": 1, "urgent": 0}
    with world.work() as work:
        assert "case.raised" in {row.action for row in work.session.exec(select(Audit))}


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], Spread(0, 0, None, None)),
        ([None], Spread(0, 1, None, None)),
        ([5], Spread(1, 0, 5.0, 5.0)),
        ([1, 2, 9, None], Spread(3, 1, 2.0, 9.0)),
        (list(range(1, 101)), Spread(100, 0, 50.5, 95.0)),
        (list(range(1, 21)), Spread(20, 0, 10.5, 19.0)),
    ],
)
def test_median_and_95th_percentile(minutes: list[int | None], expected: Spread) -> None:
    assert rules.spread([timedelta(minutes=one) if one is not None else None for one in minutes]) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("en.suicide.kill-myself", "en.suicide.kill-myself"),
        ("asq (2020, en): q1=no,q2=yes", "asq"),
        ("checkin.safety:sometimes", "checkin.safety:sometimes"),
        ("checkin.safety:rather_not + high craving", "checkin.safety:rather_not"),
        ("sos:hurt", "sos:hurt"),
        ("second opinion: 0.93 page, 0.11 emergency", "second opinion"),
        ("together: 4.1 of 3.2", "second opinion"),
        ("last hours: craving", "second opinion"),
        ("signs: 71 of 60", "signs"),
        ("sign: knife", "signs"),
        ("calm: 12 of 60", "calm"),
        ("3 signs while stopping", "signs of withdrawal"),
        ("two signs", "two signs"),
        ("earlier words", "earlier words"),
        ("means: en.means.gun", "en.means.gun"),
        ("long past", "long past"),
        ("someone else", "someone else"),
        ("signs.of-a-form:x", "signs.of-a-form:x"),
        ("", ""),
    ],
)
def test_a_rules_name_holds_no_answer(rule: str, expected: str) -> None:
    assert rules.rule_id(rule) == expected
