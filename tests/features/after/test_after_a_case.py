"""After a case: a person gets in touch, kind notes follow for a year, and words that came just after the end are not lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from bot import people
from bot.escalation import after
from bot.escalation.after import SERIES, Step
from bot.models import Alert, Due, DueState, Patient, Person, Role, Status, Task
from tests.staff.alerts.test_list import own
from tests.staff.helpers import CRISIS, danger
from tests.staff.test_walk import STEPS, resolve
from tests.world import Phone, World


async def case_ends(world: World, phone: Phone, *, how: str = "Safe with plan", after_that: str = "Tomorrow") -> None:
    """A crisis of this person from its first words to its end."""
    await phone.says(CRISIS)
    await world.passes(minutes=1)
    dana = world.primary
    await dana.taps("Acknowledge")
    steps = [*STEPS[:6], how, *([] if how == "Not a crisis" else [after_that])]
    await resolve(dana, *steps)
    phone.look()


def waiting(world: World, phone: Phone) -> list[tuple[str, datetime]]:
    with world.work() as work:
        rows = work.session.exec(
            select(Due).where(col(Due.kind) == after.KIND, col(Due.person_id) == phone.person_id, col(Due.state) == DueState.WAITING)
        )
        return [(str(row.args["step"]), row.due_at) for row in rows]


def change(world: World, phone: Phone, **values: object) -> None:
    with world.work() as work:
        person = work.session.get(Person, phone.person_id)
        assert person is not None
        for name, value in values.items():
            setattr(person, name, value)


def notes(phone: Phone) -> list[str]:
    return [seen.key for seen in phone.all if seen.key == "after/waiting"]


async def test_who_closed_it_and_that_no_person_reads_on_is_said(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    ana.look()
    await resolve(world.primary)
    assert ana.keys == ["crisis/closed"]
    assert ana.last.text.startswith("Dana closed this alert at 10:00.\nWhat you write from now on goes to me, not to a person.")


async def test_a_kind_note_comes_the_next_day_at_the_check_in_time_behind_a_neutral_line(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await world.passes(hours=31)  # 17:01 the next day
    assert notes(ana) == []
    await world.passes(hours=1)
    assert notes(ana) == ["after/waiting"]
    seen = next(one for one in ana.all if one.key == "after/waiting")
    assert (seen.text, seen.labels) == ("You have a message", ["Open"])
    await ana.taps("after.open")
    shown = next(one for one in ana.all if one.message.message_id == seen.message.message_id)
    assert shown.text.startswith("Yesterday was hard. We are glad that you are here.")
    assert shown.text.endswith("Your team at Harbor Clinic")
    assert "?" not in shown.text  # it asks for nothing
    assert shown.labels == ["Stop these"]


async def test_the_series_goes_on_for_a_year_and_then_ends(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    change(world, ana, reminders_off=["checkin"], checkin_at=None)
    got: list[date] = []
    for _ in range(40):
        found = waiting(world, ana)
        if not found:
            break
        world.clock.move_to(found[0][1])
        ana.look()
        await world.tick()
        if "after/waiting" in ana.keys:
            got.append(world.clock.now().date())
    assert got == [
        date(2026, 3, 4),
        date(2026, 3, 10),
        date(2026, 4, 3),
        date(2026, 5, 3),
        date(2026, 6, 3),
        date(2026, 7, 3),
        date(2026, 9, 3),
        date(2026, 11, 3),
        date(2027, 1, 3),
        date(2027, 3, 3),
    ]


async def test_a_note_that_is_stopped_is_the_last_one_and_it_can_be_taken_back(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await world.passes(hours=32)
    await ana.taps("after.open")
    await ana.taps("Stop these")
    assert ana.keys == ["after/stopped"]
    assert waiting(world, ana) == []
    await world.passes(days=8)
    assert len(notes(ana)) == 1
    await case_ends(world, ana)  # stopped is stopped, also after another case
    assert waiting(world, ana) == []
    await ana.taps("Send them again")
    assert [step for step, _at in waiting(world, ana)] == ["day_1"]


async def test_a_new_case_in_earnest_begins_the_series_anew(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await world.passes(days=3)
    assert [step for step, _at in waiting(world, ana)] == ["week_1"]
    await case_ends(world, ana)
    found = waiting(world, ana)
    assert [step for step, _at in found] == ["day_1"]  # one series a person
    assert found[0][1] == datetime(2026, 3, 7, 23, 0, tzinfo=UTC)


async def test_an_open_case_holds_the_notes_back_and_the_series_goes_on_after_a_false_alarm(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await world.passes(hours=30)
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Reached by phone")
    await world.passes(hours=4)
    assert notes(ana) == []
    await resolve(world.primary, *STEPS[:6], "Not a crisis")
    assert [step for step, _at in waiting(world, ana)] == ["week_1"]
    assert notes(ana) == []  # no backlog


async def test_after_a_false_alarm_nothing_follows_and_no_contact_is_planned(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana, how="Not a crisis")
    assert waiting(world, ana) == []
    with world.work() as work:
        assert work.session.exec(select(Task).where(col(Task.kind) == "follow_up")).all() == []


async def test_nothing_follows_for_a_fictitious_person(world: World) -> None:
    ana = await world.enrol("Ana")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    change(world, ana, fictitious=True)
    await resolve(world.primary)
    assert waiting(world, ana) == []


GONE: list[dict[str, object]] = [
    {"status": Status.DISCHARGED},
    {"status": Status.MOVED},
    {"status": Status.DECEASED},
    {"silent_since": datetime(2026, 3, 3, tzinfo=UTC)},
]


@pytest.mark.parametrize("values", GONE)
async def test_the_series_ends_for_who_is_gone_or_silent(world: World, values: dict[str, object]) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    change(world, ana, **values)
    await world.passes(days=2)
    assert notes(ana) == []
    assert waiting(world, ana) == []


async def test_who_blocked_the_bot_gets_no_more(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    ana.user.block()
    await world.settle()
    await world.passes(days=2)
    assert waiting(world, ana) == []


async def test_in_hospital_a_note_is_left_out_and_the_next_one_waits(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana, how="In hospital", after_that="Others take over")
    change(world, ana, status=Status.IN_HOSPITAL)
    await world.passes(days=2)
    assert notes(ana) == []
    assert [step for step, _at in waiting(world, ana)] == ["week_1"]


async def test_a_note_that_a_pause_holds_back_is_tried_for_three_days(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    change(world, ana, paused_until=world.clock.now() + timedelta(days=2))
    await world.passes(days=1, hours=12)
    assert notes(ana) == []
    await world.passes(days=1)
    assert notes(ana) == ["after/waiting"]


async def test_who_moved_west_gets_it_at_the_check_in_time_of_their_new_clock(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    change(world, ana, zone="America/Los_Angeles")
    await world.passes(hours=32)  # 18:01 in New York, 15:01 where she is now
    assert notes(ana) == []
    await world.passes(hours=3)
    assert notes(ana) == ["after/waiting"]
    await world.passes(hours=6)
    assert notes(ana) == ["after/waiting"]


async def test_nobody_opens_another_persons_note(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await case_ends(world, ana)
    await ben.says("hello")
    for data in ("after.open:1:day_1", "after.open:9:day_1", "after.open:x:day_1"):
        assert await ben.forges(data) == "That button is not for you."
    assert await ana.forges("after.open:1:nonsense") == "That button is not for you."


@pytest.mark.parametrize(
    ("closed_on", "step", "expected"),
    [
        (date(2026, 1, 31), Step("month_1", months=1), date(2026, 2, 28)),
        (date(2028, 1, 31), Step("month_1", months=1), date(2028, 2, 29)),
        (date(2026, 11, 30), Step("month_3", months=3), date(2027, 2, 28)),
        (date(2026, 3, 3), Step("month_12", months=12), date(2027, 3, 3)),
        (date(2026, 12, 31), Step("day_1", days=1), date(2027, 1, 1)),
    ],
)
def test_the_days_of_the_series_follow_the_calendar(closed_on: date, step: Step, expected: date) -> None:
    assert after.day_of(closed_on, step) == expected


def test_the_series_is_the_one_of_the_fact_base() -> None:
    assert [(one.days, one.months) for one in SERIES] == [(1, 0), (7, 0), *((0, months) for months in (1, 2, 3, 4, 6, 8, 10, 12))]


# The next contact


@pytest.mark.parametrize(("choice", "hours"), [("Today", 4), ("Tomorrow", 24), ("In 2 days", 48), ("In 3 days", 72)])
async def test_the_next_contact_is_work_for_the_patients_counselor(world: World, choice: str, hours: int) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    await case_ends(world, ana, after_that=choice)
    with world.work() as work:
        task = work.session.exec(select(Task).where(col(Task.kind) == "follow_up")).one()
        assert task.owner_id == world.backup.person_id
        assert task.due_at == work.now + timedelta(hours=hours)
    await world.backup.says("/alerts")
    await world.backup.taps("Ana T.")
    assert "Ana Torres: get in touch after the case" in world.backup.last.text


async def test_without_a_counselor_of_their_own_it_is_work_for_who_closed_the_case(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await case_ends(world, ana)
    with world.work() as work:
        assert work.session.exec(select(Task).where(col(Task.kind) == "follow_up")).one().owner_id == world.primary.person_id


async def test_where_others_take_over_no_contact_is_planned(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await case_ends(world, ana, how="In hospital", after_that="Others take over")
    with world.work() as work:
        assert work.session.exec(select(Task).where(col(Task.kind) == "follow_up")).all() == []


# Words just after the end


async def test_words_within_the_hour_are_offered_to_the_team(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    await case_ends(world, ana, after_that="Others take over")
    await ana.says("thank you, that was kind")
    assert ana.keys == ["after/words"]
    assert ana.last.labels == ["Send to my team", "SOS", "No"]
    await ana.says("and please call my sister")
    await ana.taps("Send to my team")
    assert "They read them today." in ana.last.text
    await world.backup.says("/alerts")
    await world.backup.taps("Ana T.")
    assert "thank you, that was kind" in world.backup.last.text
    assert "and please call my sister" in world.backup.last.text
    with world.work() as work:
        assert [task.kind for task in work.session.exec(select(Task))] == ["after_case"]
        assert {row.level for row in work.session.exec(select(Alert).where(col(Alert.task_id).is_not(None)))} == {"watch"}


async def test_words_that_are_not_to_be_sent_go_nowhere(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana, after_that="Others take over")
    await ana.says("thank you")
    await ana.taps("after.drop")
    assert ana.last.key == "after/words_dropped"
    with world.work() as work:
        assert work.session.exec(select(Task)).all() == []


async def test_after_an_hour_words_are_the_bots_again(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await world.passes(minutes=61)
    await ana.says("thank you")
    assert ana.keys == ["common/not_understood"]


async def test_crisis_words_just_after_the_end_are_a_new_case(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await ana.says("thanks")
    await ana.says(CRISIS)
    assert ana.case is not None
    assert (ana.case.number, ana.case.state) == (2, "open")
    assert ana.keys[0] == "crisis/suicide"


async def test_the_new_case_says_that_it_is_the_second_within_a_day(world: World) -> None:
    ana = await world.enrol("Ana")
    await case_ends(world, ana)
    await world.passes(hours=3)
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "Second case in 24 hours. The one before: case 1, closed at 10:01 by Dana, safe with plan." in world.primary.last.text
    await resolve(world.primary)
    await world.passes(hours=30)
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "Second case" not in world.primary.last.text


async def test_staff_have_no_series(world: World) -> None:
    dana, luis = world.primary, world.backup
    await dana.says(CRISIS)
    await dana.taps("crisis.staff_page")
    await world.passes(minutes=5)
    await luis.taps("Acknowledge")
    await resolve(luis)
    assert waiting(world, dana) == []
    with world.work() as work:
        assert people.get(work.session, dana.person.id).role is Role.COUNSELOR
        assert work.session.exec(select(Patient)).all() == []
