"""The settings as dialogues: one message that changes in place."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from bot import people, rhythm
from bot.models import Audit, Due, DueState, Task
from tests.world import Phone, World


def waiting(world: World, phone: Phone) -> list[tuple[datetime, str | None, str | None]]:
    """The check-in reminders that wait: instant, wall time, zone."""
    person = phone.person
    with world.work() as work:
        statement = select(Due).where(col(Due.person_id) == person.id, col(Due.kind) == rhythm.KIND, col(Due.state) == DueState.WAITING)
        return [(row.due_at, row.wall, row.zone) for row in work.session.exec(statement)]


async def test_the_panel_shows_how_things_are_and_changes_in_place(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    assert ana.keys == ["settings/panel"]
    panel = ana.last.message
    assert "Name: Ana" in ana.last.text
    await ana.taps("Quiet hours")
    await ana.taps("21:00 to 08:00")
    assert ana.replies == []  # nothing new: the same message
    assert world.seen(ana.user, panel).text.count("Quiet hours: 21:00 to 08:00") == 1
    assert (ana.person.quiet_from, ana.person.quiet_until) == ("21:00", "08:00")


async def test_back_from_any_page(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    panel = ana.last.message
    for label in ("Language", "Check-in time", "Quiet hours", "Take a break", "Reminders", "Locked phone"):
        await ana.taps(label, message=panel)
        assert "Back" in panel.labels, label
        await ana.taps("Back", message=panel)
        assert "Quiet hours" in panel.labels


async def test_another_language_changes_panel_keyboard_and_command_menu(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Language")
    toast = await ana.taps("Español")
    assert toast == "Guardado."
    assert ana.keys == ["settings/language_set"]
    labels = [key["text"] for row in (ana.user.keyboard or {})["keyboard"] for key in row]
    assert "Aprender" in labels
    assert any(command["description"] == "Lecciones cortas" for command in ana.user.commands)
    await ana.taps_keyboard("Más")
    assert ana.keys == ["menu/more_text"]


async def test_another_name_typed(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Name")
    await ana.says("🙂")
    assert ana.keys == ["settings/name_hint"]
    await ana.says("Annie")
    assert ana.keys == ["settings/done", "settings/panel"]
    person = ana.person
    with world.work() as work:
        assert people.name_of(work, person) == "Annie"


async def test_a_question_can_be_dropped(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Place")
    await ana.taps("Keep as is")
    assert ana.keys == ["settings/kept"]
    assert (ana.user.keyboard or {})["keyboard"][0][0]["text"] == "Check-in"
    assert ana.person.zone == "America/New_York"


async def test_moving_moves_the_next_check_in_to_the_new_wall_clock(world: World) -> None:
    ana = await world.enrol("Ana")  # 18:00 in New York is 23:00 UTC
    with world.work() as work:
        rhythm.plan_checkin(work, people.get(work.session, ana.person_id))  # type: ignore[arg-type]
    await ana.says("/settings")
    await ana.taps("Place")
    await ana.shares_location(34.05, -118.24)
    await ana.taps("Yes")
    assert ana.keys == ["settings/place_saved", "settings/panel"]
    assert "07:00" in ana.replies[0].text
    (row,) = waiting(world, ana)
    assert (row[0].isoformat(), row[1], row[2]) == ("2026-03-04T02:00:00+00:00", "18:00", "America/Los_Angeles")


async def test_moving_back_and_forth_leaves_one_reminder(world: World) -> None:
    ana = await world.enrol("Ana")
    for city in ("Tokyo", "Los Angeles", "Madrid", "New York"):
        await ana.says("/settings")
        await ana.taps("Place")
        await ana.says(city)
        await ana.taps("Yes")
    (row,) = waiting(world, ana)
    assert row[2] == "America/New_York"


async def test_another_time_tapped_and_typed(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Check-in time")
    await ana.taps("12:00")
    assert waiting(world, ana)[0][1] == "12:00"
    await ana.taps("Check-in time")
    await ana.taps("Another time")
    await ana.says("22:00")
    assert ana.keys == ["settings/time_hint"]
    await ana.says("8:15 pm")
    assert ana.person.checkin_at == "20:15"
    assert [row[1] for row in waiting(world, ana)] == ["20:15"]


async def test_a_pause_silences_the_check_in_and_ends_by_itself(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Check-in time")
    await ana.taps("12:00")
    await ana.taps("Take a break")
    await ana.taps("1 day")
    ana.look()
    await world.passes(hours=8)
    assert ana.keys == []
    await world.passes(hours=24)
    assert "checkin/remind" in ana.keys


async def test_a_pause_without_an_end_ends_by_a_tap_and_staff_hear_of_it(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Take a break")
    await ana.taps("Until I start")
    panel = ana.all[0].text
    assert "until you start again" in panel
    with world.work() as work:
        assert [task.kind for task in work.session.exec(select(Task))] == ["paused"]
    await ana.taps("Take a break")
    await ana.taps("No break")
    assert ana.person.paused_until is None


async def test_check_in_reminders_off_and_on_again_the_same_day(world: World) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        rhythm.plan_checkin(work, people.get(work.session, ana.person_id))  # type: ignore[arg-type]
    await ana.says("/settings")
    await ana.taps("Reminders")
    await ana.taps("✓ Check-in")
    assert waiting(world, ana) == []
    assert ana.person.reminders_off == ["checkin"]
    await ana.taps("Check-in: off")
    assert [row[1] for row in waiting(world, ana)] == ["18:00"]
    await ana.taps("✓ Meetings")
    assert ana.person.reminders_off == ["meetings"]


async def test_previews(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/settings")
    await ana.taps("Teléfono bloqueado")
    await ana.taps("Mostrar")
    assert ana.person.show_previews
    assert "se pueden ver palabras" in ana.all[0].text


@pytest.mark.parametrize("data", ["set_language:fr", "set_pause:ever", "set_quiet:99", "toggle:sos", "set_previews:x", "set_time:9999"])
async def test_forged_settings_do_nothing(world: World, data: str) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    before = ana.person.model_dump(exclude={"last_seen_at", "commands_set"})
    await ana.forges(f"settings.{data}")
    assert ana.person.model_dump(exclude={"last_seen_at", "commands_set"}) == before


async def test_a_visitor_and_staff_choose_their_language_alone(world: World) -> None:
    dana = await world.hire("Dana")
    await dana.says("/settings")
    assert dana.last.labels == ["Language", "✓ Paged with everyone"]
    toast = await dana.forges("settings.name")
    assert "not for you" in toast


async def test_a_command_in_the_middle_of_a_typed_question_asks_it_again(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Name")
    await ana.says("/help")
    assert ana.keys[-1] == "settings/name"


async def test_every_change_is_in_the_audit_log_without_words(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Name")
    await ana.says("Annie")
    with world.work() as work:
        rows = work.session.exec(select(Audit).where(col(Audit.action) == "settings.changed")).all()
    assert [row.details for row in rows] == [{"what": "name"}]


async def test_a_reminder_that_came_today_comes_tomorrow_at_the_new_time(world: World) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        rhythm.plan_checkin(work, people.get(work.session, ana.person_id))  # type: ignore[arg-type]
    await world.passes(hours=8, minutes=5)  # 18:05, reminded
    await ana.says("/settings")
    await ana.taps("Check-in time")
    await ana.taps("20:30")
    (row,) = waiting(world, ana)
    assert row[0] - world.clock.now() > timedelta(hours=20)
