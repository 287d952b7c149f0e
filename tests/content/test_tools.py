"""The tool format, and the urge-surfing guide with its live timer."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

import pytest

from bot.content.files import LANGS, Trigger
from bot.content.markup import to_plain, visible_length
from bot.content.prose import load_style, shown_words
from bot.content.tools import LEAST_GAP_S, PUSHED, Outcome, Script, Tool, load_tools
from bot.errors import ContentError

CONTENT = Path(__file__).parents[2] / "content"
TOOLS = load_tools([CONTENT])
SURFING = next(tool for tool in TOOLS if tool.id == "urge_surfing")


def _script(tool: Tool) -> Script:
    assert tool.script is not None
    return tool.script


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A content folder with urge surfing alone."""
    (tmp_path / "tools").mkdir()
    shutil.copy(CONTENT / "tools/urge_surfing.yaml", tmp_path / "tools")
    return tmp_path


def _change(copy: Path, old: str, new: str) -> Path:
    path = copy / "tools/urge_surfing.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.id)
@pytest.mark.parametrize("lang", LANGS)
def test_every_text_of_a_tool_fits_into_a_message(tool: Tool, lang: str) -> None:
    found = [passage for passage in tool.passages() if passage.lang == lang]
    assert len(found) == len(list(tool.passages())) // len(LANGS)
    assert all(0 < visible_length(passage.text) <= 400 for passage in found)


def test_surfing_takes_five_minutes_in_a_calm_rhythm() -> None:
    script = _script(SURFING)
    assert script.total == 300
    times = [frame.at for frame in script.frames]
    gaps = [later - earlier for earlier, later in itertools.pairwise([*times, script.total])]
    assert times[0] == 0
    assert all(10 <= gap <= 20 for gap in gaps)
    assert all(visible_length(frame.text.of(lang)) <= 160 for frame in script.frames for lang in LANGS)


def test_the_wave_rises_before_it_falls_and_each_frame_is_new() -> None:
    script = _script(SURFING)
    lines = [frame.text.en for frame in script.frames]
    assert len(set(lines)) == len(lines)

    def places(word: str) -> list[int]:
        return [place for place, line in enumerate(lines) if re.search(rf"\b{word}\b", line)]

    assert places("rises")[0] < places("peak")[0] < places("falls")[0]


@pytest.mark.parametrize("lang", LANGS)
def test_surfing_gives_the_choice_to_keep_eyes_open_and_to_stop(lang: str) -> None:
    early = " ".join(frame.text.of(lang) for frame in _script(SURFING).frames if frame.at < 30)
    eyes, stop = {"en": ("eyes", "stop"), "es": ("ojos abiertos", "parar")}[lang]
    assert eyes in early
    assert stop in early


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.script], ids=lambda tool: tool.id)
@pytest.mark.parametrize("lang", LANGS)
def test_what_may_show_on_a_locked_phone_is_neutral(tool: Tool, lang: str) -> None:
    style = load_style([CONTENT])
    pushed = [passage for passage in tool.passages() if passage.pushed and passage.lang == lang]
    assert [passage.key for passage in pushed] == list(PUSHED)[: len(pushed)]
    for passage in pushed:
        assert shown_words(to_plain(passage.text), lang, style) == []


@pytest.mark.parametrize("lang", LANGS)
def test_a_higher_second_rating_is_met_with_thanks_and_a_person(lang: str) -> None:
    closing = SURFING.closing
    assert closing is not None
    higher = closing.higher.of(lang)
    assert "/sos" in higher
    assert {"en": "Thank you", "es": "Gracias"}[lang] in higher
    assert len({closing.lower.of(lang), closing.same.of(lang), higher, closing.stopped.of(lang)}) == 4


@pytest.mark.parametrize(("before", "after", "expected"), [(8, 3, "lower"), (5, 5, "same"), (0, 0, "same"), (4, 9, "higher")])
def test_two_ratings_are_compared(before: int, after: int, expected: str) -> None:
    assert Tool.outcome(before, after) is Outcome(expected)


def test_the_frame_follows_from_the_seconds_gone_by() -> None:
    script = _script(SURFING)
    first, second = script.frames[:2]
    assert script.frame_at(0) is first
    assert script.frame_at(second.at - 0.1) is first
    assert script.frame_at(second.at) is second
    assert script.frame_at(299.9) is script.frames[-1]
    assert script.frame_at(300) is None
    assert script.frame_at(-1) is first


def test_the_next_change_follows_from_the_seconds_gone_by() -> None:
    script = _script(SURFING)
    assert script.next_at(0) == script.frames[1].at
    assert script.next_at(script.frames[1].at) == script.frames[2].at
    assert script.next_at(script.frames[-1].at) == script.total


def test_surfing_comes_with_its_steps_alone_and_says_what_it_helps_with() -> None:
    assert len(SURFING.steps) == 7
    assert Trigger.CRAVING in SURFING.helps_with
    assert SURFING.cautions is not None


@pytest.mark.parametrize(
    ("old", "new", "key", "why"),
    [
        ("minutes: 5\n", "", "minutes", "missing"),
        ("minutes: 5\n", "minutes: 5\nmood: calm\n", "mood", "not a known key"),
        ("  es: Surfear las ganas\n", "", "title.es", "missing"),
        ("    - at: 15\n", "    - at: 2\n", "script", f"{LEAST_GAP_S} s apart: 0 and 2"),
        ("    - at: 30\n", "    - at: 10\n", "script", "15 and 10"),
        ("    - at: 0\n", "    - at: 1\n", "script", "first frame is at 0"),
        ("    - at: 288\n", "    - at: 299\n", "script", "299 and 300"),
        ("{en: Not there,", "{en: Not there at all,", "ratings.before.min_label.en", "3 words"),
        ("**five minutes**", "**five minutes", "intro.en", "never closed"),
        ("Nothing to get right.", "Nothing. " * 60, "intro.en", "400 characters"),
        ("closing:", "farewell:", "farewell", "not a known key"),
        ("  stopped:", "  halted:", "closing.stopped", "missing"),
        ("id: urge_surfing", "id: surfing", "id", "surfing.yaml"),
        ("id: urge_surfing", "id: Urge Surfing", "id", "pattern"),
        ("minutes: 5\n", "? [minutes, hours]\n: 5\n", "line 2", "a key is a word"),
        ("minutes: 5\n", "5: minutes\n", "line 2", "a key is a word"),
        ("minutes: 5\n", "minutes: &a [*a]\n", "line ", "contains itself"),
        ("minutes: 5\n", "\tminutes: 5\n", "line 2", "not valid YAML"),
    ],
)
def test_a_broken_tool_is_named_with_key_and_reason(copy: Path, old: str, new: str, key: str, why: str) -> None:
    path = _change(copy, old, new)
    with pytest.raises(ContentError) as caught:
        load_tools([copy])
    assert caught.value.file == str(path)
    assert caught.value.key.startswith(key)
    assert why in caught.value.why


def test_a_tool_may_be_steps_alone(copy: Path) -> None:
    path = copy / "tools/urge_surfing.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("ratings:")], encoding="utf-8")
    tool = load_tools([copy])[0]
    assert tool.script is None
    assert tool.closing is None


def test_ratings_need_their_closing_words(copy: Path) -> None:
    path = copy / "tools/urge_surfing.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("closing:")], encoding="utf-8")
    with pytest.raises(ContentError, match="come together"):
        load_tools([copy])


def test_a_clinic_lays_its_own_tool_over_the_shipped_one(copy: Path, tmp_path: Path) -> None:
    clinic = tmp_path / "clinic"
    shutil.copytree(copy / "tools", clinic / "tools")
    _change(clinic, "en: Urge surfing", "en: Ride the wave")
    assert [tool.title.en for tool in load_tools([copy, clinic])] == ["Ride the wave"]
    assert [tool.title.en for tool in load_tools([copy])] == ["Urge surfing"]
