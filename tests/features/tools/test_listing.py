"""The list of tools: short, in groups, what fits first; cautions before what is not safe for everyone; recordings."""

from __future__ import annotations

import itertools
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.content import check, library, voices
from bot.content.files import LANGS
from bot.content.tools import Group
from bot.features.tools import rules
from bot.models import Alert, Checkin, Timer
from tests.world import Phone, World, content, world_at

OPUS = b"OggS\x00\x02" + bytes(22) + b"OpusHead" + bytes(200)
EIGHTEEN = {
    "urge_surfing": "urge_surfing",
    "breathing": "breathing_easy",
    "box": "breathing_box",
    "grounding": "grounding",
    "stop": "stop",
    "tipp": "tipp",
    "sober": "sober_space",
    "body scan": "body_scan",
    "meditation": "meditation",
    "movement": "movement",
    "thought record": "thought_record",
    "chain": "functional_analysis",
    "balance": "decisional_balance",
    "rulers": "rulers",
    "problem": "problem_solving",
    "goal": "smart_goal",
    "i-statements": "i_statements",
    "refusal": "refusal",
    "halt": "halt",
    "self-compassion": "self_compassion",
}


def checked_in(world: World, ana: Phone, **answers: Any) -> None:
    """A check-in of today, with these answers."""
    with world.work() as work:
        person = ana.person
        work.session.add(Checkin(person_id=person.id, local_date=work.now.date(), started_at=work.now, finished_at=work.now, **answers))


def test_all_tools_of_the_programme_are_there_and_can_be_done() -> None:
    tools = content().tools
    assert set(EIGHTEEN.values()) <= set(tools)
    assert len(tools) >= 18
    assert all(tool.script or tool.worksheet for tool in tools.values())
    assert {tool.group for tool in tools.values()} == set(Group)


async def test_the_list_is_short_and_two_taps_lead_to_a_tool(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/tools")
    assert ana.keys == ["tools/list"]
    assert "for a strong urge" in ana.replies[0].text
    assert ana.replies[0].labels == ["Urge surfing", "SOBER space", "Right now", "Body and breath", "Think it through", "With others"]
    await ana.taps("Think it through")
    assert ana.last.key == "tools/list"  # the same message, edited
    assert ana.last.text.startswith("Think it through")
    await ana.taps("Thought record")
    assert ana.keys == ["tools/open"]
    assert ana.replies[0].labels == ["Start writing", "Just the steps"]


async def test_every_tool_can_be_reached_from_the_list_in_both_languages(world: World) -> None:
    for language in LANGS:
        ana = await world.enrol("Ana", language=language)
        await ana.says("/tools")
        found: set[str] = set()
        for group in Group:
            await ana.forges(f"tools.group:{group}", message=ana.last.message)
            buttons = [data for row in ana.last.message.buttons for _, data in row]
            found |= {data.removeprefix("tools.open:") for data in buttons if data.startswith("tools.open:")}
            if "tools.family:breathing" in buttons:
                await ana.taps("tools.family")
                found |= {data.removeprefix("tools.open:") for row in ana.last.message.buttons for _, data in row if "open" in data}
        assert found == set(content().tools)


async def test_breathing_is_offered_once_with_a_choice(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/tools")
    await ana.taps("Cuerpo y respiración")
    assert ana.last.labels.count("Respiración") == 1
    await ana.taps("Respiración")
    assert ana.last.labels == ["Respiración 4-7-8", "Respiración en caja", "Respiración suave", "Atrás"]
    assert "Sin retener" in ana.last.text
    await ana.taps("Atrás")
    assert ana.last.text.startswith("Cuerpo y respiración")


async def test_what_fits_the_last_check_in_stands_first(world: World) -> None:
    ana = await world.enrol("Ana")
    checked_in(world, ana, craving=8, halt=["angry"], mood=5)
    await ana.says("/tools")
    assert "what fits what you named last" in ana.replies[0].text
    assert ana.replies[0].labels[:2] == ["Urge surfing", "TIPP"]  # the craving first, then what helps with both
    with world.work() as work:
        row = work.session.exec(select(Checkin)).one()
        row.craving, row.mood = 3, 3
    await ana.says("/tools")
    assert ana.replies[0].labels[:2] == ["STOP", "TIPP"]  # anger first
    world.clock.move_to(world.clock.now() + timedelta(days=3))
    await ana.says("/tools")
    assert ana.replies[0].labels[0] == "Urge surfing"  # what was named days ago says little


def test_tools_that_fit_no_trigger_come_after_the_others_short_ones_first() -> None:
    tools = [tool for tool in content().tools.values() if tool.group is Group.THINK]
    ordered = rules.in_order(tools, [content().tools["problem_solving"].helps_with[0]])
    assert ordered[0].id == "problem_solving"
    minutes = [tool.minutes for tool in ordered[1:]]
    assert minutes == sorted(minutes)


@pytest.mark.parametrize("label", ["One or more", "Not sure"])
async def test_cold_and_fast_movement_are_asked_about_first(world: World, label: str) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/tools")
    await ana.taps("Right now")
    await ana.taps("TIPP")
    assert "medical help" in ana.replies[0].text  # cautions before anything
    await ana.taps("Just the steps")
    assert ana.keys == ["tools/gate"]
    for word in ("heart", "eating disorder", "pregnancy", "cold", "breathing", "head injury", "withdrawal", "beta-blockers"):
        assert word in ana.replies[0].text
    await ana.taps(label)
    assert ana.last.key == "tools/steps"
    assert "cold" not in ana.last.text.lower()
    assert "I left them out" in ana.last.text


async def test_only_who_has_none_of_the_cautions_sees_cold_and_fast_movement(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/tools")
    await ana.taps("Right now")
    await ana.taps("TIPP")
    await ana.taps("Just the steps")
    await ana.taps("None of these")
    assert "Cold:" in ana.last.text
    assert "I left them out" not in ana.last.text


async def test_in_withdrawal_cold_and_exercise_are_never_offered(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I stopped drinking and I am shaking hard")
    case = ana.case
    assert case is not None and case.category == "withdrawal"
    await ana.forges("tools.steps:tipp")
    assert "cold:" not in ana.last.text.lower()
    await ana.forges("tools.gate:tipp:none")
    assert "cold:" not in ana.last.text.lower()


async def test_who_spoke_of_withdrawal_lately_gets_the_safe_parts_without_being_asked(world: World) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        work.session.add(Alert(person_id=ana.person.id, source="message", level="watch", category="withdrawal", at=work.now))
    await world.passes(days=29)
    await ana.forges("tools.steps:tipp")
    assert ana.last.key == "tools/steps"
    assert "I left them out" in ana.last.text
    await world.passes(days=2)
    await ana.forges("tools.steps:tipp")
    assert ana.last.key == "tools/gate"


def test_the_guided_part_of_tipp_has_neither_cold_nor_exercise() -> None:
    script = content().tools["tipp"].script
    assert script is not None
    words = " ".join(frame.text.en for frame in script.frames).lower()
    assert not any(word in words for word in ("cold", "ice", "water", "run", "jump", "stairs"))


@pytest.mark.parametrize(("tool", "cycle"), [("breathing_box", [4, 4, 4, 4]), ("breathing_478", [4, 7, 8]), ("breathing_easy", [4, 6])])
def test_paced_breathing_keeps_its_counts(tool: str, cycle: list[int]) -> None:
    script = content().tools[tool].script
    assert script is not None
    times = [frame.at for frame in script.frames]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    begin = next(place for place in range(len(gaps)) if gaps[place : place + len(cycle)] == cycle)
    rounds = 0
    while gaps[begin + rounds * len(cycle) : begin + (rounds + 1) * len(cycle)] == cycle:
        rounds += 1
    assert rounds == {"breathing_box": 4, "breathing_478": 4, "breathing_easy": 15}[tool]
    assert min(gaps) >= 3


async def test_a_round_of_the_box_is_four_edits_four_seconds_apart(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.forges("tools.start:breathing_box")
    await ana.taps("tools.before:breathing_box:5")
    shown: list[tuple[int, str]] = []
    for second in range(1, 89):
        await world.passes(seconds=1)
        line = ana.all[-1].text.splitlines()[0]
        if "of 4" in line and (not shown or shown[-1][1] != line):
            shown.append((second, line))
    assert [second for second, _ in shown] == list(range(14, 78, 4))
    assert [line[:6] for _, line in shown[:4]] == ["▲ In… ", "▶ Hold", "▼ Out…", "◀ Rest"]
    await world.passes(seconds=2)
    assert ana.last.key == "tools/rate"
    assert ana.last.text.startswith("That was it.")


async def test_after_two_quiet_hours_of_a_case_a_guide_can_be_started(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    await ana.forges("tools.open:grounding")
    assert ana.last.labels == ["Just the steps"]
    await world.passes(hours=2, minutes=1)
    await ana.forges("tools.open:grounding")
    assert ana.last.labels == ["Start timer", "Just the steps"]
    await ana.taps("Start timer", message=ana.last.message)
    await ana.taps("tools.before:grounding:5")
    await world.passes(seconds=30)
    assert "Small ones count" in ana.last.text
    await world.passes(seconds=150)
    assert any(seen.key == "tools/rate" and "Thank you for taking" in seen.text for seen in ana.all)
    with world.work() as work:
        assert work.session.exec(select(Timer)).one().end == "finished"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A clinic's folder with a recording of one tool, in English."""
    (tmp_path / "clinic/tools").mkdir(parents=True)
    (tmp_path / "clinic/tools/grounding.en.ogg").write_bytes(OPUS)
    return tmp_path / "clinic"


async def test_a_recording_beside_a_tool_can_be_listened_to(tmp_path: Path, recorded: Path) -> None:
    async with world_at(tmp_path, loaded=library.load(recorded)) as world:
        ana = await world.enrol("Ana")
        await ana.forges("tools.open:grounding")
        assert ana.last.labels == ["Start timer", "Just the steps", "Listen"]
        await ana.taps("Listen")
        voice = ana.last.message.voice
        assert voice is not None and voice["mime_type"] == "audio/ogg"
        eva = await world.enrol("Eva", language="es")
        await eva.forges("tools.open:grounding")
        assert "Escuchar" not in eva.last.labels  # none in her language
        assert await eva.forges("tools.listen:grounding")


def test_a_recording_that_belongs_nowhere_or_is_no_sound_is_named(recorded: Path) -> None:
    shutil.copy(recorded / "tools/grounding.en.ogg", recorded / "tools/nothing.en.ogg")
    (recorded / "tools/stop.es.ogg").write_bytes(b"RIFF no sound that Telegram plays")
    why = {finding.file.rpartition("/")[2]: finding.why for finding in check.check(recorded).findings if finding.file.endswith(".ogg")}
    assert "belongs to no tool" in why["nothing.en.ogg"]
    assert "Opus" in why["stop.es.ogg"]
    assert "grounding.en.ogg" not in why
    assert voices.path_of({"tools/stop.es.ogg"}, "tools/stop", "en") is None
