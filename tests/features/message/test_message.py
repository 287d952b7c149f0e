"""`/message`: words to the team that are no crisis; who answers, when, and what a locked phone shows of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from bot import people
from bot.models import Audit, Role, Task, TeamMessage
from tests.staff.helpers import danger
from tests.world import Phone, World

WORDS = "Can I come at ten on Friday?"


def own(world: World, patient: Phone, owner: Phone) -> None:
    with world.work() as work:
        row = people.patient_of(work.session, patient.person.id)
        assert row is not None
        row.owner_id = owner.person_id


async def writes(patient: Phone, text: str = WORDS) -> None:
    await patient.says("/message")
    await patient.says(text)


async def test_first_it_says_when_it_is_answered_and_what_it_is_not_for(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/message")
    assert ana.keys == ["message/ask"]
    assert "Answered Mon-Fri 9:00-17:00, usually the same day. Not for emergencies: then tap SOS." in ana.last.text
    assert "SOS" in " ".join(ana.last.labels)


async def test_the_owner_reads_answers_and_the_patient_opens_it(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    await writes(ana)
    assert ana.keys == ["message/sent"]
    push = world.primary.last
    assert push.key == "messages/new"
    preview = world.primary.user.push_preview(push.message)
    assert "Ana" not in preview
    assert WORDS not in preview
    assert "messages/new" not in [seen.key for seen in world.backup.all]
    await world.primary.taps("messages.thread")
    assert world.primary.last.message.protected
    assert WORDS in world.primary.last.text
    await world.primary.taps("Reply")
    await world.primary.says("Yes, ten is fine.")
    assert world.primary.last.key == "messages/sent"
    assert ana.last.key == "message/waiting"
    assert "ten is fine" not in ana.user.push_preview(ana.last.message)
    await ana.taps("Open")
    assert ana.keys[-1] == "message/from_team"
    assert ana.last.text == "Dana: Yes, ten is fine."
    with world.work() as work:
        assert [(task.kind, task.state) for task in work.session.exec(select(Task))] == [("message", "done")]
        assert {"message.written", "message.viewed", "message.answered"} <= {row.action for row in work.session.exec(select(Audit))}


async def test_words_are_sealed(world: World) -> None:
    ana = await world.enrol("Ana")
    await writes(ana)
    with world.work() as work:
        row = work.session.exec(select(TeamMessage)).one()
        assert row.body is not None
        assert b"Friday" not in row.body


async def test_who_lets_words_show_reads_the_answer_at_once(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    with world.work() as work:
        people.get(work.session, ana.person.id).show_previews = True
    await writes(ana)
    await world.primary.taps("messages.thread")
    await world.primary.taps("Reply")
    await world.primary.says("Yes.")
    assert ana.last.text == "Dana: Yes."


async def test_due_by_the_end_of_the_working_day(world: World) -> None:
    ana = await world.enrol("Ana")
    await writes(ana)  # Tuesday, 10:00 in New York
    world.clock.move_to(datetime(2026, 3, 7, 2, 0, tzinfo=UTC))  # Friday evening
    ben = await world.enrol("Ben")
    await writes(ben)
    with world.work() as work:
        found = [task.due_at for task in work.session.exec(select(Task).order_by(col(Task.created_at)))]
    assert found == [datetime(2026, 3, 3, 22, 0, tzinfo=UTC), datetime(2026, 3, 9, 21, 0, tzinfo=UTC)]  # the clocks changed on Sunday


async def test_at_night_nobody_is_woken_for_it(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    own(world, ana, world.primary)
    world.clock.move_to(datetime(2026, 3, 4, 3, 0, tzinfo=UTC))  # ten at night
    await writes(ana)
    await world.passes(minutes=45)
    await writes(ana, "and one more thing")
    assert "messages/new" not in [seen.key for seen in world.primary.all]
    await world.passes(hours=11)
    assert [seen.key for seen in world.primary.all].count("messages/new") == 1
    await world.passes(hours=13)  # not answered by five; the supervisors hear of it in the morning
    assert "alerts/tasks_overdue" not in [seen.key for seen in ines.all]
    await world.passes(hours=11)
    assert "alerts/tasks_overdue" in [seen.key for seen in ines.all]


async def test_without_an_owner_the_supervisors_have_it(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    await writes(ana)
    assert ines.last.key == "messages/new"


async def test_several_in_a_row_are_one_push_and_one_item(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    for number in range(3):
        await writes(ana, f"and another thing, number {number}")
    assert [seen.key for seen in world.primary.all].count("messages/new") == 1
    await world.primary.taps("messages.thread")
    assert all(f"number {number}" in world.primary.last.text for number in range(3))
    with world.work() as work:
        assert [task.count for task in work.session.exec(select(Task))] == [3]


async def test_a_changed_message_is_read_as_changed(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    await ana.says("/message")
    sent = await ana.says(WORDS)
    await ana.edits(sent, "Can I come at eleven?")
    await world.primary.taps("messages.thread")
    assert "at eleven" in world.primary.last.text
    assert "at ten" not in world.primary.last.text


async def test_danger_in_a_message_is_paged_and_the_words_are_kept(world: World) -> None:
    ana = await world.enrol("Ana")
    await writes(ana, "I want to kill myself")
    assert ana.keys[0] == "crisis/suicide"
    assert world.primary.pages
    with world.work() as work:
        assert len(work.session.exec(select(TeamMessage)).all()) == 1


async def test_with_a_case_open_words_go_to_the_case(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    await danger(world, ana)
    await ana.says("/message")
    assert "with you" not in ana.last.text  # nobody has seen it yet
    await world.primary.taps("Acknowledge")
    await ana.says("/message")
    assert ana.keys == ["message/in_case"]
    await ana.says("are you there")
    assert world.primary.last.key == "relay/to_staff"
    with world.work() as work:
        assert work.session.exec(select(TeamMessage)).all() == []


async def test_an_answer_that_cannot_arrive_is_told_to_its_author(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    await writes(ana)
    await world.primary.taps("messages.thread")
    await world.primary.taps("Reply")
    ana.user.block()
    await world.settle()
    await world.primary.says("Yes.")
    assert "messages/not_delivered" in [seen.key for seen in world.primary.all]


async def test_staff_who_cannot_be_reached_lose_no_message(world: World) -> None:
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    own(world, ana, world.primary)
    world.primary.user.block()
    await writes(ana)
    assert ines.last.key == "messages/new"


async def test_a_foreign_counselor_reads_and_answers_nothing(world: World) -> None:
    ana, mira = await world.enrol("Ana"), await world.hire("Mira")
    own(world, ana, world.primary)
    await writes(ana)
    for data in (f"messages.thread:{ana.person.number}", f"messages.reply:{ana.person.number}"):
        assert "not for you" in await mira.forges(data)
    assert WORDS not in " ".join(seen.text for seen in mira.all)


async def test_a_foreign_message_is_not_opened(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    own(world, ana, world.primary)
    await writes(ana)
    await world.primary.taps("messages.thread")
    await world.primary.taps("Reply")
    await world.primary.says("Only for Ana.")
    data = next(data for row in ana.last.message.buttons for _text, data in row)
    assert "not for you" in await ben.forges(data)
    assert "Only for Ana" not in " ".join(seen.text for seen in ben.all)


async def test_the_list_for_the_next_session_is_added_to_seen_by_staff_and_ticked_off(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    await ana.says("/message")
    await ana.taps("Next session")
    await ana.taps("Add")
    await ana.says("My sleep")
    assert ana.keys == ["message/points"]
    assert "1. My sleep" in ana.last.text
    await world.primary.says("/patient Ana")
    assert "1. My sleep" in world.primary.last.text
    toast = await ana.taps("✓ 1")
    assert "Off the list" in toast
    await world.primary.says("/patient Ana")
    assert "My sleep" not in world.primary.last.text


async def test_the_thread_shows_both_sides(world: World) -> None:
    ana = await world.enrol("Ana")
    own(world, ana, world.primary)
    await writes(ana)
    await world.primary.taps("messages.thread")
    await world.primary.taps("Reply")
    await world.primary.says("Yes.")
    world.clock.move_to(world.clock.now() + timedelta(minutes=5))
    await ana.says("/message")
    await ana.taps("Messages")
    assert "You: " + WORDS in ana.last.text
    assert "Dana: Yes." in ana.last.text
