"""A tool beside the conversation: its card, the ratings, the live timer on a moved clock, stopping, and what stops it."""

from __future__ import annotations

import itertools

import pytest
from sqlmodel import col, select

from bot.content.markup import to_plain
from bot.features.tools import rules
from bot.models import Alert, Case, Outbox, Task, Timer
from tests.world import Phone, World

SURFING = "urge_surfing"


async def ride(ana: Phone, before: int | str = 6) -> None:
    """From nothing to a running timer."""
    await ana.says("/tools")
    await ana.taps("tools.open")
    await ana.taps("tools.start")
    await ana.taps(f"tools.before:{SURFING}:{before}")


async def rate(ana: Phone, after: int) -> None:
    """Answer the second rating."""
    await ana.taps(str(after), message=ana.find("tools.after"))


def timer_of(world: World, phone: Phone) -> Timer:
    with world.work() as work:
        row = work.session.exec(select(Timer).where(col(Timer.person_id) == phone.person.id).order_by(col(Timer.id).desc())).first()
        assert row is not None
        return row


def script(world: World) -> tuple[str, ...]:
    tool = world.app.services.content.tools[SURFING]
    assert tool.script is not None
    return tuple(to_plain(frame.text.en) for frame in tool.script.frames)


def edits(world: World, phone: Phone) -> list[str]:
    """What every edit of this chat said, in order."""
    return [str(call.params.get("text")) for call in world.api.calls if call.method == "editMessageText" and call.chat_id == phone.user.id]


async def test_a_card_shows_the_cautions_before_anything_starts(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/tools")
    await ana.taps("Surfear las ganas")
    assert ana.keys == ["tools/open"]
    assert "atención médica" in ana.replies[0].text
    assert ana.replies[0].labels == ["Empezar", "Solo los pasos"]


async def test_just_the_steps_come_in_one_message_without_a_timer(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/tools")
    await ana.taps("Urge surfing")
    await ana.taps("Just the steps")
    assert ana.keys == ["tools/steps"]
    assert "1. Stop and name it" in ana.replies[0].text
    assert "7. Do one next good thing" in ana.replies[0].text
    with world.work() as work:
        assert work.session.exec(select(Timer)).first() is None


async def test_five_minutes_are_one_message_whose_frames_follow_from_the_clock(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    assert ana.keys == ["tools/timer"]
    assert ana.replies[0].text.startswith("Your five minutes begin now.")
    assert ana.replies[0].labels == ["Pause", "Stop"]
    before = len(edits(world, ana))
    count = len(ana.all)
    shown: list[str] = []
    for _ in range(299):
        await world.passes(seconds=1)
        line = ana.all[count - 1].text.splitlines()[0]
        if not shown or shown[-1] != line:
            shown.append(line)
    assert shown[1:] == list(script(world))  # after the start every frame once, in order
    assert len(edits(world, ana)) - before == len(script(world))  # and nothing was edited twice
    assert len(ana.all) == count  # one message all along
    await world.passes(seconds=1)
    assert ana.all[count - 1].text == "The time is up. Welcome back."
    assert ana.all[count - 1].labels == []
    assert ana.last.key == "tools/rate"


async def test_frames_are_at_least_three_seconds_apart(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    times: list[int] = []
    seen = len(edits(world, ana))
    for second in range(1, 301):
        await world.passes(seconds=1)
        now = len(edits(world, ana))
        assert now - seen <= 1
        if now != seen:
            times.append(second)
        seen = now
    assert times[0] == 3  # the start itself was the message before
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= rules.GAP.total_seconds()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [(6, 3, "The wave came down"), (6, 6, "It is still there"), (3, 7, "It is stronger now"), (0, 0, "The wave came down")],
)
async def test_the_closing_line_fits_what_became_of_it(world: World, before: int, after: int, words: str) -> None:
    ana = await world.enrol("Ana")
    await ride(ana, before)
    await world.passes(minutes=5)
    await rate(ana, after)
    assert ana.keys == ["tools/closing"]
    assert words in ana.replies[0].text
    assert (f"Before {before}, now {after}." in ana.replies[0].text) == (after < before)
    row = timer_of(world, ana)
    assert (row.before, row.after, row.end) == (before, after, "finished")


async def test_what_grew_stronger_offers_sos_and_a_person(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana, 3)
    await world.passes(minutes=5)
    await rate(ana, 7)
    assert ana.replies[0].labels[:2] == ["SOS", "Talk to someone"]
    assert "I alert your team right now" in ana.replies[0].text
    await ana.taps("Talk to someone")
    case = ana.case
    assert case is not None
    assert case.level == "urgent"
    assert world.primary.pages
    await ana.taps("Talk to someone")
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1


async def test_stopping_early_is_fine(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(seconds=100)
    await ana.taps("Stop")
    assert ana.last.text.startswith("You stopped, and that is fine.")
    assert ana.last.labels == ["Once more", "Just the steps"]
    said = len(edits(world, ana))
    await world.passes(minutes=10)
    assert len(edits(world, ana)) == said
    assert ana.last.text.startswith("You stopped")
    assert timer_of(world, ana).end == "stopped"


async def test_a_pause_holds_the_clock(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(seconds=100)
    await ana.taps("Pause")
    assert "Paused." in ana.last.text
    assert ana.last.labels == ["Continue", "Stop"]
    held = ana.last.text
    await world.passes(minutes=20)
    assert ana.last.text == held
    await ana.taps("Continue")
    assert script(world)[6] in ana.last.text
    await world.passes(seconds=16)
    assert script(world)[7] in ana.last.text
    await world.passes(seconds=183)
    assert ana.last.key == "tools/timer"
    await world.passes(seconds=1)
    assert ana.last.key == "tools/rate"


async def test_a_pause_that_is_forgotten_ends_without_a_word(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(seconds=100)
    await ana.taps("Pause")
    count = len(ana.all)
    await world.passes(hours=2)
    assert len(ana.all) == count
    assert ana.last.labels == []
    assert timer_of(world, ana).end == "stopped"


async def test_old_and_doubled_presses_do_no_harm(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    start = ana.last.message
    data = [data for row in start.buttons for _, data in row]
    assert await ana.forges(f"tools.before:{SURFING}:6") == "One is running already. It is further up in the chat."
    await ana.taps("Pause")
    assert await ana.forges(data[0], message=start) == "It is paused already."
    await ana.taps("Stop")
    assert await ana.forges(data[0], message=start) == "This one is over. You can start a new one."
    assert await ana.forges(data[1], message=start) == "This one is over. You can start a new one."
    with world.work() as work:
        assert len(work.session.exec(select(Timer)).all()) == 1


async def test_a_second_rating_counts_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(minutes=5)
    question = ana.last.message
    data = [data for row in question.buttons for _, data in row]
    await rate(ana, 2)
    assert await ana.forges(data[9], message=question) == "I have your number already. Thank you."
    assert timer_of(world, ana).after == 2


async def test_nobody_can_press_for_another(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await ride(ana)
    data = [data for row in ana.last.message.buttons for _, data in row]
    for route in data:
        assert await ben.forges(route) == "That button is from an earlier step."
    assert await ben.forges("tools.after:nonsense:3") == "That button is from an earlier step."
    assert await ben.forges("tools.open:nothing") == "That button is from an earlier step."
    assert await ben.forges(f"tools.before:{SURFING}:11") == "That button is from an earlier step."
    assert timer_of(world, ana).ended_at is None


async def test_the_language_may_change_on_the_way(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(seconds=20)
    with world.work() as work:
        person = work.session.get(type(ana.person), ana.person_id)
        assert person is not None
        person.language = "es"
    await world.passes(seconds=15)
    assert ana.last.text.startswith("Dígase por dentro")
    assert ana.last.labels == ["Pausa", "Parar"]


async def test_what_may_show_on_a_locked_phone_names_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    previews = [ana.user.push_preview(ana.last.message)]
    await world.passes(minutes=5)
    previews.append(ana.user.push_preview(ana.last.message))
    for preview in previews:
        assert not any(word in preview.lower() for word in ("urge", "craving", "wave", "ever", "sos"))


async def test_an_open_case_stops_it_without_a_word(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(seconds=60)
    frame = ana.last
    said = len(edits(world, ana))
    await ana.says("I want to kill myself")
    assert ana.replies[0].key.startswith("crisis/")
    held = next(seen for seen in ana.all if seen.message.message_id == frame.message.message_id)
    assert (held.text, held.labels) == (frame.text, [])
    await world.passes(minutes=10)
    assert len(edits(world, ana)) == said
    assert not any(seen.key == "tools/rate" for seen in ana.all[-10:] if seen.message.message_id > frame.message.message_id)
    assert timer_of(world, ana).end == "case"


async def test_with_a_case_open_only_the_steps_are_given(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    await ana.says("/tools")
    await ana.taps("Urge surfing")
    assert ana.last.labels == ["Just the steps"]
    await ana.forges(f"tools.before:{SURFING}:5")
    assert ana.last.key == "tools/steps"
    with world.work() as work:
        assert work.session.exec(select(Timer)).first() is None


async def test_a_very_strong_craving_asks_whether_it_is_within_reach(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana, 9)
    assert ana.keys == ["tools/reach"]
    with world.work() as work:
        assert [(task.kind, task.category) for task in work.session.exec(select(Task))] == [("watch", "craving")]
    await ana.taps("Yes")
    case = ana.case
    assert case is not None
    assert (case.level, case.category) == ("urgent", "craving")
    with world.work() as work:
        assert work.session.exec(select(Timer)).first() is None


async def test_a_very_strong_craving_out_of_reach_is_watched_and_ridden(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana, 10)
    await ana.taps("No")
    assert ana.keys == ["tools/timer"]
    assert ana.case is None
    await world.passes(minutes=5)
    await rate(ana, 10)  # asked before this ride: not once more
    assert ana.keys == ["tools/closing"]
    assert ana.replies[0].labels[:2] == ["SOS", "Talk to someone"]
    with world.work() as work:
        assert {alert.level for alert in work.session.exec(select(Alert))} == {"watch"}


async def test_a_craving_that_became_very_strong_asks_too(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana, 5)
    await world.passes(minutes=5)
    await rate(ana, 9)
    assert ana.keys == ["tools/closing", "tools/reach"]
    await ana.taps("Yes")
    case = ana.case
    assert case is not None
    assert case.level == "urgent"


async def test_ratings_can_be_left_out(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana, "-")
    assert ana.keys == ["tools/timer"]
    await world.passes(minutes=5)
    assert await ana.taps("Skip", message=ana.find("tools.after")) == "That is fine."
    row = timer_of(world, ana)
    assert (row.before, row.after, row.end) == (None, None, "finished")


async def test_long_after_the_end_nothing_is_asked_any_more(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    count = len(ana.all)
    await world.passes(seconds=60)
    world.clock.move_to(timer_of(world, ana).started_at + rules.END_USEFUL_FOR * 3)  # the process stood still meanwhile
    await world.tick()
    assert len(ana.all) == count
    assert ana.last.text == "The time is up. Welcome back."
    assert timer_of(world, ana).end == "finished"


async def test_the_frames_stand_nowhere_in_the_outbox(world: World) -> None:
    ana = await world.enrol("Ana")
    await ride(ana)
    await world.passes(seconds=200)
    with world.work() as work:
        rows = work.session.exec(select(Outbox).where(col(Outbox.edits_id) == timer_of(world, ana).outbox_id)).all()
    assert rows == []


@pytest.mark.parametrize(("label", "key"), [("tools.open", "tools/open"), ("tools.start", "tools/rate"), ("tools.steps", "tools/steps")])
async def test_a_doubled_tap_is_answered_once(world: World, label: str, key: str) -> None:
    ana = await world.enrol()
    await ana.says("/tools")
    if label != "tools.open":
        await ana.taps("tools.open")
    pressed = ana.find(label)
    data = next(data for row in pressed.buttons for _, data in row if data.startswith(label))
    ana.user.press(pressed.message_id, data)
    await ana.taps(label, message=pressed)
    assert ana.keys == [key]
    await world.passes(minutes=1)
    await ana.taps(label, message=pressed)
    assert ana.keys == [key]
