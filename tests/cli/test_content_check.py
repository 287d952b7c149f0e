"""`waymark content check`: each way in which content can be wrong is found, with file, key and reason."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bot.content.check import check, folders_of
from bot.content.check_texts import TextsCheck
from bot.content.files import overlay
from bot.content.library import load_texts, shipped_root
from bot.content.prose import load_style, review
from bot.errors import ContentError
from tests.cli.conftest import Cli

SHIPPED = shipped_root("content")


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Path]:
    """Makes an overlay out of `path="text"` pairs."""

    def make(files: dict[str, str]) -> Path:
        folder = tmp_path / "own"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return make


@cache
def shipped_findings() -> frozenset[tuple[str, str]]:
    """What the shipped content has of its own."""
    return frozenset((one.key, one.why) for one in check().findings)


def new_findings(folder: Path) -> list[str]:
    """What is found in an overlay beside that."""
    return [f"{one.file}: {one.key}: {one.why}" for one in check(folder).findings if (one.key, one.why) not in shipped_findings()]


def in_texts(folder: Path) -> list[str]:
    """What is found in the messages and labels of a folder that holds nothing else."""
    style = load_style([SHIPPED])
    try:
        found = TextsCheck(load_texts(overlay((folder,), ".")), {})
    except ContentError as error:
        return [str(error)]
    return [one.why for one in (*found.findings(), *found.hard_slices(style), *review(found.passages(), style))]


def test_the_shipped_content_is_whole(cli: Cli) -> None:
    told = cli("content", "check")
    assert told.out.splitlines()[:-1] == []
    assert told.last.endswith("all is well")
    assert told.code == 0


def test_the_table_of_levels_has_a_line_for_each_module_and_keeps_the_limits(cli: Cli) -> None:
    lines = cli("content", "levels").out.splitlines()
    modules = [line for line in lines if line.startswith("| m")][1:]
    assert len(modules) == 12
    _, name, lessons, _, grade, highest, *_ = (cell.strip() for cell in lines[-1].split("|"))
    assert (name, lessons) == ("all", "64")
    assert float(grade) <= 5.5
    assert float(highest) <= 6.0


def test_a_lesson_is_previewed_in_words_and_one_that_is_not_there_is_said(cli: Cli) -> None:
    told = cli("content", "preview", "m3.4", "--lang", "es")
    assert "Surfear las ganas (es, " in told.out
    assert "[ " in told.out
    told = cli("content", "preview", "m99", "--page")
    assert (told.code, len(told.err.splitlines())) == (2, 1)


def test_findings_end_with_1_and_are_counted(cli: Cli, own: Callable[..., Path]) -> None:
    folder = own({"templates/en/trial/hello.j2": "Hello."})
    told = cli("content", "check", folder)
    assert told.code == 1
    assert "templates/es/trial/hello.j2" in told.out
    assert "to mend" in told.last
    assert cli("content", "check", content_dir=str(folder)).code == 1


def test_a_folder_that_is_not_there_is_said(cli: Cli) -> None:
    told = cli("content", "check", "nowhere")
    assert (told.code, len(told.err.splitlines())) == (2, 1)


LISTED = "messages:\n  hello: {name: Ana}\n"
MESSAGE = {
    "templates/trial.yaml": LISTED,
    "templates/en/trial/hello.j2": "Hi {{ name }}.",
    "templates/es/trial/hello.j2": "Hola {{ name }}.",
}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"templates/es/trial/hello.j2": "Hola."}, "does not use name"),
        ({"templates/es/trial/hello.j2": "Hola {{ nombre }}."}, "no sample value for nombre"),
        ({"templates/trial.yaml": "messages:\n  hello: {name: Ana, day: x}\n"}, "gives day, which no template uses"),
        ({"templates/trial.yaml": "messages:\n  hello: {name: Ana}\n  bye: {}\n"}, "there is no such template"),
        ({"templates/trial.yaml": "buttons: {}\n"}, "does not list hello"),
        ({"templates/en/trial/hello.j2": "Hi {{ name }}" + "x" * 400}, "at most 400 are asked"),
        ({"templates/en/trial/hello.j2": "Hi {{ name }} <blink>you</blink>."}, "which Telegram does not know"),
        ({"templates/en/trial/hello.j2": "Hi <b>{{ name }}."}, "never closes <b>"),
        ({"templates/en/trial/hello.j2": "Hi {{ name }"}, "is no template"),
        ({"templates/en/trial/hello.j2": "{{ name|time }}"}, "cannot be filled in"),
        ({"templates/en/trial/hello.j2": "{% if name == 'x' %}Hi{% endif %}"}, "is empty"),
        ({"templates/en/trial/hello.j2": "Hi {{ name }}, addict."}, "says 'addict'"),
        ({"templates/en/trial/hello.j2": "Hi {{ name }} " + "and on " * 16 + "it goes."}, "has a sentence of"),
        ({"templates/trial.yaml": LISTED + "buttons:\n  go: {en: Go on with it now, es: Ir}\n"}, "at most 3 and 24"),
        ({"templates/trial.yaml": LISTED + "buttons:\n  go: {en: Incomprehensibilities now, es: Ir}\n"}, "at most 3 and 24"),
        ({"templates/trial.yaml": LISTED + 'buttons:\n  go: {en: "To {{ place }}", es: Ir}\n'}, "uses place in one language only"),
        ({"templates/trial.yaml": LISTED + "buttons:\n  go: {en: Go}\n"}, "needs en and es"),
    ],
)  # fmt: skip
def test_messages_and_buttons(own: Callable[..., Path], files: dict[str, str], why: str) -> None:
    assert in_texts(own(MESSAGE)) == []
    assert any(why in line for line in in_texts(own({**MESSAGE, **files})))


def test_an_instant_in_the_samples_is_one(own: Callable[..., Path]) -> None:
    files = {
        "templates/trial.yaml": 'messages:\n  at: {at: "2026-03-03T15:00Z", on: "2026-03-03"}\n',
        "templates/en/trial/at.j2": "At {{ at|time }} on {{ on|weekday }}.",
        "templates/es/trial/at.j2": "A las {{ at|time }} del {{ on|weekday }}.",
    }
    assert in_texts(own(files)) == []


def test_an_exception_that_names_nothing_is_found(own: Callable[..., Path]) -> None:
    style = (SHIPPED / "style.yaml").read_text(encoding="utf-8")
    assert any(
        "no such button" in line
        for line in new_findings(own({"style.yaml": style.replace("long_buttons:\n", "long_buttons:\n  - trial/gone\n")}))
    )


@pytest.mark.parametrize(
    ("names", "old", "new", "why"),
    [
        (["lessons/m3/m3.1.es.md"], "id: m3.1", "id: m3.9", "m3.9"),
        (["lessons/m3/m3.1.en.md", "lessons/m3/m3.1.es.md"], "related: [", "related: [m9.9, ", "m9.9 is no other lesson"),
        (["crisis/policy.yaml"], "repeat_every: 5", "repeat_every: 0", "greater than 0"),
        (["crisis/replies.yaml"], "\n", "\nmaybe: [perhaps]\n", "`yes`"),
        (["crisis/lexicon.en.yaml"], "\ncrisis:", "\ncrises:", "crises: is not a known key"),
        (["crisis/lexicon.es.yaml"], "\ncrisis:", "\ncrisis: [broken", "lexicon.es.yaml"),
        (["consent.yaml"], "current:", "currant:", "consent.yaml"),
        (["checkin.yaml"], "halt:", "holt:", "checkin.yaml"),
        (["crisis/lines.yaml"], "countries:", "lands:", "lines.yaml"),
        (["tools/urge_surfing.yaml"], "id:", "ident:", "urge_surfing.yaml"),
    ],
)
def test_each_kind_of_file_is_read(own: Callable[..., Path], names: list[str], old: str, new: str, why: str) -> None:
    texts = {name: (SHIPPED / name).read_text(encoding="utf-8") for name in names}
    assert all(old in text for text in texts.values())
    found = new_findings(own({name: text.replace(old, new, 1) for name, text in texts.items()}))
    assert any(why in line for line in found), found


def test_every_broken_entry_of_a_lexicon_is_named_at_once(own: Callable[..., Path]) -> None:
    text = (SHIPPED / "crisis/lexicon.en.yaml").read_text(encoding="utf-8")
    entries = (
        "  - {id: one, level: hot, category: suicide, patterns: [a b]}\n  - {id: two, level: urgent, category: grief, patterns: [a b]}\n"
    )
    found = new_findings(own({"crisis/lexicon.en.yaml": text.replace("\ncrisis:\n", f"\ncrisis:\n{entries}", 1)}))
    assert ["one: level: 'hot'" in line or "two: category: 'grief'" in line for line in found] == [True, True]


def test_an_example_that_is_screened_otherwise_is_found(own: Callable[..., Path]) -> None:
    found = new_findings(own({"crisis/examples.en.yaml": "match: {suicide: {emergency: [see you tomorrow]}}\nnear_miss: {}\n"}))
    assert any("see you tomorrow" in line for line in found)


def test_an_entry_that_no_example_meets_is_found(own: Callable[..., Path]) -> None:
    name = "crisis/lexicon.en.yaml"
    entry = "\ncrisis:\n  - {id: zorbling, level: urgent, category: suicide, patterns: [zorble]}"
    folder = own({name: (SHIPPED / name).read_text(encoding="utf-8").replace("\ncrisis:", entry, 1)})
    found = [line for line in new_findings(folder) if "is met by no example" in line]
    assert found == [f"{folder / name}: zorbling: is met by no example: add one, or take the entry out"]


def test_a_whole_copy_stands_alone_so_that_what_it_lacks_shows(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(SHIPPED, copy)
    assert folders_of(copy) == (copy,)
    (copy / "templates" / "es" / "common" / "later.j2").unlink()
    assert any(finding.file.endswith("es/common/later.j2") and "is missing" in finding.why for finding in check(copy).findings)
    (copy / "crisis" / "lines.yaml").unlink()
    assert any("lines.yaml" in finding.file and "is missing" in finding.why for finding in check(copy).findings)


LESSON = (SHIPPED / "lessons/m3/m3.1.en.md").read_text(encoding="utf-8")


def line_with(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ("kind: multi", "kind: drawing", "kind: drawing"),
        ("minutes: ", "minutes: soon #", "minutes: soon"),
        ("objective: ", "objective: Know that he is clean and know ", "objective: Know that he is clean"),
        ("===\n", "===\nIt is a plain sentence that goes on and on and on and on, and on, and on and on again. ", "a plain sentence"),
        ("minutes: ", "mood: calm\nminutes: ", "mood: calm"),
        ("core: ", "\tcore: ", "\tcore: "),
    ],
)
def test_a_finding_names_the_line(own: Callable[..., Path], old: str, new: str, near: str) -> None:
    text = LESSON.replace(old, new, 1)
    found = [one for one in check(own({"lessons/m3/m3.1.en.md": text})).findings if one.file.endswith("m3.1.en.md") and one.line]
    assert [one.line for one in found if abs((one.line or 0) - line_with(text, near)) <= 1], found


def test_the_line_is_printed_as_editors_read_it(cli: Cli, own: Callable[..., Path]) -> None:
    text = LESSON.replace("kind: multi", "kind: drawing", 1)
    told = cli("content", "check", own({"lessons/m3/m3.1.en.md": text}))
    assert f"m3.1.en.md:{line_with(text, 'kind: drawing')}: exercise.steps 1.kind: " in told.out
    broken = cli("content", "check", own({"crisis/signs.yaml": "levels:\n  base: [1\nideas: {}\n"}))
    assert "signs.yaml:3: is not valid YAML: " in broken.out  # the line once


def test_every_broken_lesson_and_tool_is_named_at_once(own: Callable[..., Path]) -> None:
    tool = (SHIPPED / "tools/stop.yaml").read_text(encoding="utf-8")
    folder = own(
        {
            "lessons/m3/m3.1.en.md": LESSON.replace("kind: multi", "kind: drawing", 1),
            "lessons/m3/m3.2.es.md": "No front matter.",
            "lessons/m5/m5.1.en.md": (SHIPPED / "lessons/m5/m5.1.en.md").read_text(encoding="utf-8") + "word " * 1000,
            "tools/stop.yaml": tool.replace("minutes:", "moments:", 1),
        }
    )
    named = {one.file.rpartition("/")[2] for one in check(folder).findings}
    assert named >= {"m3.1.en.md", "m3.2.es.md", "m5.1.en.md", "stop.yaml"}
    page = next(one for one in check(folder).findings if one.file.endswith("m5.1.en.md"))
    lines = (folder / "lessons/m5/m5.1.en.md").read_text(encoding="utf-8").splitlines()
    assert lines[(page.line or 0) - 2] == "==="  # its first line is named
