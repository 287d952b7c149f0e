"""A clinic's recordings of crisis messages: heard on a tap, in the language of the message, never where others may listen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.content import check, library
from tests.world import World, world_at

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(64)
RECORDED = ("suicide.en", "overdose_step_2.en", "relapse.en", "abuse.en", "suicide.es")


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A clinic's folder with recordings."""
    folder = tmp_path / "clinic/crisis/voice"
    folder.mkdir(parents=True)
    for name in RECORDED:
        (folder / f"{name}.ogg").write_bytes(OPUS)
    return tmp_path / "clinic"


@pytest.fixture
async def world(tmp_path: Path, clinic: Path) -> AsyncIterator[World]:
    async with world_at(tmp_path, loaded=library.load(clinic)) as made:
        yield made


async def test_a_crisis_message_can_be_listened_to_on_a_tap(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    first = next(seen for seen in ana.replies if seen.key == "crisis/suicide")
    assert first.labels[-1] == "Listen"
    assert not any(seen.message.voice for seen in ana.all)  # nothing is spoken by itself
    await ana.taps("Listen")
    assert ana.last.message.voice is not None
    assert ana.case is not None


async def test_it_speaks_the_language_of_the_words(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("me voy a matar")
    assert ana.replies[0].labels[-1] == "Escuchar"
    await ana.taps("Escuchar")
    assert ana.last.message.voice is not None


async def test_a_step_that_is_recorded_has_its_own_button_and_others_have_none(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("my friend overdosed and he is not breathing")
    labels = {seen.key: seen.labels for seen in ana.replies}
    assert labels["crisis/overdose_step_1"] == []
    assert labels["crisis/overdose_step_2"] == ["Listen"]


async def test_danger_at_home_is_never_spoken(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("my husband hits me and I am scared")
    assert any(seen.key == "crisis/abuse" for seen in ana.replies)
    assert "Listen" not in [label for seen in ana.all for label in seen.labels]
    assert await ana.forges("crisis.listen:abuse:en") == "That button is from an earlier step."
    await ana.says("I want to kill myself")
    assert "Listen" not in [label for seen in ana.all for label in seen.labels]


async def test_without_a_recording_nothing_is_offered(tmp_path: Path) -> None:
    async with world_at(tmp_path) as world:
        ana = await world.enrol("Ana")
        await ana.says("I want to kill myself")
        assert "Listen" not in [label for seen in ana.all for label in seen.labels]
        assert await ana.forges("crisis.listen:suicide:en") == "That button is from an earlier step."


def test_a_recording_of_no_message_is_named(clinic: Path) -> None:
    (clinic / "crisis/voice/goodbye.en.ogg").write_bytes(OPUS)
    found = {finding.file.rpartition("/")[2]: finding.why for finding in check.check(clinic).findings if finding.file.endswith(".ogg")}
    assert set(found) == {"goodbye.en.ogg"}
    assert "crisis message" in found["goodbye.en.ogg"]
