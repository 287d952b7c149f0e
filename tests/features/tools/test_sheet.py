"""Written tools as dialogues: steps, Back and Later, the card, what was written before, and the question how it went."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bot import people, plan_items
from bot.content.library import shipped_root
from bot.content.tools import Group, Tool, load_tools
from bot.features.privacy import export
from bot.features.privacy import store as privacy
from bot.features.tools import looking, written
from bot.models import Due, DueState, Outbox, ToolEntry
from tests.world import Phone, World

SHEETS = [tool for tool in load_tools([shipped_root("content")]) if tool.worksheet]


async def begins(ana: Phone, tool: str) -> None:
    """From nothing to the first question."""
    await ana.forges(f"tools.open:{tool}")
    await ana.taps("sheet.start")


def entries(world: World) -> list[ToolEntry]:
    with world.work() as work:
        return list(work.session.exec(select(ToolEntry).order_by(ToolEntry.id)))  # type: ignore[arg-type]


async def test_a_thought_record_from_the_scene_to_the_card(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "thought_record")
    assert ana.keys == ["tools/question"]
    assert ana.replies[0].text.startswith("1/8  What happened?")
    assert ana.replies[0].labels == ["Skip", "Later"]
    await ana.says("Sam did not call")
    assert ana.replies[0].labels[:6] == ["0", "10", "20", "30", "40", "50"]
    await ana.taps("80")
    await ana.says("I always get it wrong")
    assert "I always get it wrong" in ana.replies[0].text  # the thought stands with the question about it
    await ana.says("He often calls\n- Not today")
    assert ana.keys == ["tools/listed"]
    assert "• He often calls\n• Not today" in ana.replies[0].text
    await ana.says("He did not write")
    await ana.taps("Done")
    await ana.says("He works late on Tuesdays")
    await ana.taps("Done")
    await ana.taps("Mind reading")
    await ana.taps("✓ Mind reading")
    await ana.taps("Fortune-telling")
    await ana.taps("Mind reading")
    await ana.taps("Done")
    await ana.says("Sam may be at work. I can call him.")
    await ana.says("40")
    assert ana.keys == ["tools/sheet_done", "tools/card"]
    card = ana.last.text
    assert card.startswith("Thought record · ")
    for words in ("Sam did not call", "80/100", "• He did not write", "Fortune-telling, Mind reading", "I can call him", "40/100"):
        assert words in card
    assert ana.last.labels[-3:] == ["Into my plan", "Once more", "My notes"]
    assert entries(world)[0].done_at is not None


async def test_back_goes_one_question_back_and_shows_what_was_said(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "thought_record")
    assert "Back" not in ana.last.labels
    await ana.says("Sam did not call")
    await ana.taps("Back")
    assert "Your answer so far: Sam did not call" in ana.last.text
    await ana.says("Sam called late")
    await ana.taps("Back")
    assert "Sam called late" in ana.last.text


async def test_later_keeps_it_and_it_goes_on_at_the_same_question(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "rulers")
    await ana.says("Going to group each week")
    await ana.taps("8")
    await ana.taps("Later")
    assert ana.keys == ["common/later"]
    await ana.taps("Continue")
    assert ana.last.text.startswith("3/7")
    assert "8/10" in ana.last.text


async def test_a_draft_is_offered_on_the_card_even_after_something_else(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "rulers")
    await ana.says("Going to group each week")
    await begins(ana, "i_statements")
    await ana.says("Sam")
    await ana.forges("tools.open:rulers")
    assert ana.last.labels == ["Continue", "Start new", "Just the steps"]
    await ana.taps("Continue", message=ana.last.message)
    assert ana.last.text.startswith("2/7")
    assert [row.tool_id for row in entries(world)] == ["rulers", "i_statements"]


async def test_starting_twice_without_a_word_leaves_one_entry(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "halt")
    await begins(ana, "halt")
    assert len(entries(world)) == 1
    for _ in range(3):
        await ana.taps("Skip")
    assert ana.last.key == "tools/nothing_written"
    assert entries(world) == []


async def test_the_choice_of_an_option_is_met_with_a_kind_line(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await begins(ana, "refusal")
    await ana.taps("Una fiesta")
    assert ana.keys == ["tools/reply", "tools/question"]
    assert "solo uno" in ana.replies[0].text
    await ana.says("No, gracias")
    assert "Solo esta vez" in ana.replies[0].text
    await ana.says("No, gracias. Hoy no.")
    await ana.says("cambio de tema")  # a button's words may be typed
    assert "Preguntar por su vida" in ana.replies[0].text


async def test_what_was_ticked_leads_to_a_tool_that_fits(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "halt")
    await ana.taps("Lonely")
    await ana.taps("Done")
    await ana.taps("Someone near")
    await ana.says("I text my sister")
    assert ana.last.labels == ["Self-compassion break", "I-statements", "Into my plan", "Once more", "My notes"]


@pytest.mark.parametrize("text", ["many", "101", "-1", "5.5"])
async def test_what_is_no_number_gets_a_hint(world: World, text: str) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "thought_record")
    await ana.taps("Skip")
    await ana.says(text)
    assert ana.last.text == "A number from 0 to 100, please."
    assert entries(world)[0].answers is None


async def test_old_doubled_and_foreign_presses_do_no_harm(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await begins(ana, "rulers")
    first = ana.last.message
    await ana.says("A change")
    skip = next(data for row in first.buttons for _, data in row if data.startswith("sheet.skip"))
    assert await ana.forges(skip, message=first) == "That button is from an earlier step."
    scale = next(data for row in ana.last.message.buttons for _, data in row if data.startswith("sheet.scale"))
    assert await ben.forges(scale) == "That button is from an earlier step."
    await ana.forges("tools.notes")
    code = next(data for row in ana.last.message.buttons for _, data in row if data.startswith("tools.note:"))
    for route in (code, code.replace("note", "drop"), code.replace("note", "drop_sure"), code.replace("tools.note", "sheet.resume")):
        assert await ben.forges(route) == "That button is from an earlier step."
    assert len(entries(world)) == 1


async def test_earlier_ones_can_be_looked_at_and_deleted(world: World) -> None:
    ana = await world.enrol("Ana")
    for person in ("Sam", "Kim"):
        await begins(ana, "i_statements")
        await ana.says(person)
        for _ in range(5):
            await ana.taps("Skip")
    await ana.says("/tools")
    await ana.taps("My notes")
    assert ana.last.text.count("I-statements") == 2
    await ana.taps("2")
    assert "Sam" in ana.last.text
    await ana.taps("Delete")
    await ana.taps("Keep it")
    assert "Sam" in ana.last.text
    await ana.taps("Delete")
    assert await ana.taps("Yes, delete") == "Deleted."
    assert ana.last.text.count("I-statements") == 1
    assert len(entries(world)) == 1


async def test_a_long_list_of_notes_has_pages(world: World) -> None:
    ana = await world.enrol("Ana")
    for number in range(8):
        await begins(ana, "i_statements")
        await ana.says(f"Person {number}")
    await ana.says("/tools")
    await ana.taps("My notes")
    assert ana.last.labels == ["1", "2", "3", "4", "5", "6", "Older", "Back"]
    await ana.taps("Older")
    assert ana.last.labels == ["7", "8", "Newer", "Back"]


async def test_what_was_written_is_sealed_copied_and_erased(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "i_statements")
    await ana.says("Cousin Ramona")
    assert b"Ramona" not in (entries(world)[0].answers or b"")
    with world.work() as work:
        notes = export.collect(work, ana.person)["notes"]
        assert notes[0]["tool_id"] == "i_statements"
        assert notes[0]["answers"]["who"]["value"] == "Cousin Ramona"
    with world.work() as work:
        person = work.session.get(type(ana.person), ana.person_id)
        assert person is not None
        privacy.erase_person(work, person)
    assert entries(world) == []


async def test_words_of_danger_in_a_step_are_kept_and_page(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "thought_record")
    await ana.says("I want to kill myself")
    assert all(key.startswith("crisis/") for key in ana.keys)
    assert world.primary.pages
    assert entries(world)[0].answers is not None
    await ana.forges("sheet.start:halt")
    assert ana.last.key != "tools/question"  # rests until two quiet hours have passed


async def test_after_two_quiet_hours_what_is_written_goes_to_the_team_too(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    await world.passes(hours=2, minutes=1)
    await begins(ana, "i_statements")
    assert "goes to your team" in ana.last.text
    await ana.says("Sam")
    assert ana.last.text.startswith("2/6")


async def test_a_goal_is_asked_about_on_its_day_in_neutral_words(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "smart_goal")
    await ana.says("Walk to the park")
    await ana.says("twice, 20 minutes")
    await ana.taps("8")
    await ana.taps("Skip")
    await ana.taps("Skip")
    await ana.taps("3 days")
    assert ana.last.key == "tools/card"
    await world.passes(days=2, hours=12)
    seen = next(seen for seen in ana.all if seen.key == "tools/waiting")
    assert seen.text == "You have a message"
    await ana.taps("Open", message=seen.message)
    opened = next(one for one in ana.all if one.message.message_id == seen.message.message_id)
    assert "Walk to the park" in opened.text
    await ana.taps("Not yet", message=opened.message)
    assert "Not yet is fine." in next(one for one in ana.all if one.message.message_id == seen.message.message_id).text
    assert entries(world)[0].went == "not_yet"
    await ana.taps("A smaller step")
    assert ana.last.text.startswith("1/6")


async def test_a_deleted_goal_is_not_asked_about(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "smart_goal")
    await ana.says("Walk to the park")
    for _ in range(4):
        await ana.taps("Skip")
    await ana.taps("3 days")
    await ana.taps("My notes")
    await ana.taps("1")
    await ana.taps("Delete")
    await ana.taps("Yes, delete")
    with world.work() as work:
        assert [row.state for row in work.session.exec(select(Due).where(Due.kind == looking.KIND))] == [DueState.DROPPED]
    await world.passes(days=4)
    with world.work() as work:
        assert work.session.exec(select(Outbox).where(Outbox.template == "tools/waiting")).first() is None


@pytest.mark.parametrize("tool", SHEETS, ids=lambda tool: tool.id)
@pytest.mark.parametrize("language", ["en", "es"])
async def test_every_written_tool_can_be_done_by_tapping_and_typing(world: World, tool: Tool, language: str) -> None:
    assert tool.worksheet is not None
    ana = await world.enrol("Ana", language=language)
    await begins(ana, tool.id)
    for step in tool.worksheet.steps:
        match step.kind.value:
            case "text":
                await ana.says("algo breve / something short")
            case "list":
                await ana.says("uno\ndos")
                await ana.taps("sheet.done")
            case "choice":
                await ana.taps(f"sheet.choose:{step.options[-1].key}")
            case "multi":
                await ana.taps(f"sheet.toggle:{step.options[0].key}")
                await ana.taps("sheet.done")
            case "scale":
                await ana.taps(f"sheet.scale:{step.top}")
    assert ana.last.key == "tools/card"
    for step in tool.worksheet.steps:
        assert step.label.of(language) in ana.last.text


def test_lists_are_read_line_by_line_without_bullets() -> None:
    assert written.lines("- tea\n• a walk\n\n  * music  ") == ["tea", "a walk", "music"]


def test_written_tools_stand_where_they_are_looked_for() -> None:
    assert {tool.id for tool in SHEETS if tool.group is Group.PEOPLE} == {"i_statements", "refusal"}
    assert len(SHEETS) == 9


def plan(world: World, ana: Phone) -> list[tuple[str, str]]:
    with world.work() as work:
        return [(row.kind, text) for row, text in plan_items.entries(work, people.get(work.session, ana.person.id))]


async def test_one_tap_puts_what_was_written_into_the_plan_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "decisional_balance")
    for _ in range(3):
        await ana.taps("Skip")
    await ana.says("My daughter smiles\n- I sleep")
    await ana.taps("Done")
    await ana.taps("Skip")
    assert plan(world, ana) == []  # nothing goes there by itself
    assert await ana.taps("Into my plan") == "It is in your plan now."
    assert plan(world, ana) == [("reason", "My daughter smiles"), ("reason", "I sleep")]
    await ana.taps("My plan")
    assert "My reasons: 2" in ana.last.text
    await ana.forges("tools.notes")
    await ana.taps("1", message=ana.find("tools.note"))
    assert "already" in await ana.taps("Into my plan")
    assert len(plan(world, ana)) == 2


async def test_an_answer_that_was_skipped_offers_no_plan_and_a_long_one_is_cut(world: World) -> None:
    ana = await world.enrol("Ana")
    await begins(ana, "halt")
    await ana.taps("Hungry")
    await ana.taps("Done")
    await ana.taps("Food or water")
    await ana.taps("Skip")
    assert "Into my plan" not in ana.last.labels
    await begins(ana, "halt")
    await ana.taps("Skip")
    await ana.taps("Skip")
    await ana.says("Make a soup. " * 60)
    await ana.taps("Into my plan")
    [(kind, text)] = plan(world, ana)
    assert kind == "coping"
    assert len(text) <= plan_items.LONGEST


async def test_another_persons_note_goes_into_no_plan(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await begins(ana, "halt")
    await ana.taps("Skip")
    await ana.taps("Skip")
    await ana.says("A walk")
    button = next(data for row in ana.last.message.buttons for label, data in row if label == "Into my plan")
    await ben.forges(button)
    assert plan(world, ben) == []
