"""The format of written tools, shared words, gates and rounds: what a clinician may write and what is named when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.files import LANGS
from bot.content.markup import visible_length
from bot.content.tools import load_tools
from bot.content.worksheet import SheetKind
from bot.errors import ContentError

CONTENT = Path(__file__).parents[2] / "content"
TOOLS = {tool.id: tool for tool in load_tools([CONTENT])}

SHEET = """\
id: plan
minutes: 2
group: think
source: a test
title: {en: Plan, es: Plan}
summary: {en: A plan., es: Un plan.}
intro: {en: Let us plan., es: Hagamos un plan.}
steps:
  - {en: Write it down., es: Escríbalo.}
worksheet:
  steps:
    - key: what
      kind: text
      label: {en: What, es: Qué}
      ask: {en: What is it?, es: ¿Qué es?}
    - key: sure
      kind: scale
      label: {en: How sure, es: Confianza}
      ask: {en: How sure are you?, es: ¿Cuánta confianza tiene?}
      recall: what
      min_label: {en: Not at all, es: Nada}
      max_label: {en: Very, es: Mucha}
    - key: when
      kind: choice
      label: {en: When, es: Cuándo}
      ask: {en: When?, es: ¿Cuándo?}
      options:
        - {key: soon, en: Soon, es: Pronto, days: 2}
        - {key: never, en: Never, es: Nunca}
  done: {en: Done., es: Listo.}
"""
TIMED = """\
id: pace
minutes: 2
group: body
source: a test
title: {en: Pace, es: Ritmo}
summary: {en: A pace., es: Un ritmo.}
intro: {en: Let us breathe., es: Respiremos.}
steps:
  - {en: Breathe., es: Respire.}
ratings: urge
closing: urge
script:
  total: 40
  start: {en: It begins now., es: Empieza ahora.}
  frames:
    - {at: 0, text: {en: Ready., es: Vamos.}}
    - {at: 34, text: {en: The end., es: Fin.}}
  rounds:
    at: 10
    times: 3
    phases:
      - {seconds: 4, text: {en: "In {n}", es: "Inhale {n}"}}
      - {seconds: 4, text: {en: "Out {n}", es: "Suelte {n}"}}
"""


def write(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / "tools").mkdir(exist_ok=True)
    path = tmp_path / "tools" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_worksheet_is_read_with_its_steps_in_order(tmp_path: Path) -> None:
    write(tmp_path, "plan", SHEET)
    (tool,) = load_tools([tmp_path])
    assert tool.worksheet is not None
    assert [step.kind for step in tool.worksheet.steps] == [SheetKind.TEXT, SheetKind.SCALE, SheetKind.CHOICE]
    assert list(tool.worksheet.steps[1].numbers) == list(range(11))
    assert tool.worksheet.steps[2].options[0].days == 2
    assert "worksheet.sure.ask" in {passage.key for passage in tool.passages()}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("kind: scale", "kind: slider", "has to be"),
        ("kind: text", "kind: choice", "2 to 8 options"),
        ("key: sure", "key: what", "stands twice"),
        ("recall: what", "recall: when", "no earlier step"),
        ("      max_label: {en: Very, es: Mucha}\n", "", "min_label and max_label"),
        ("key: soon", "key: never", "stands twice"),
        ("days: 2", "days: 900", "less than or equal"),
        ("en: Soon,", "en: As soon as I can,", "3 words"),
        ("  done: {en: Done., es: Listo.}\n", "  done: {en: Done.}\n", "missing"),
        ("minutes: 2\ngroup: think", "minutes: 2\ngroup: other", "has to be"),
        ("group: think\n", "", "missing"),
        ("es: ¿Qué es?}", "es: }", "valid string"),
    ],
)
def test_a_broken_worksheet_is_named_with_its_reason(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in SHEET
    path = write(tmp_path, "plan", SHEET.replace(old, new, 1))
    with pytest.raises(ContentError, match=why) as caught:
        load_tools([tmp_path])
    assert caught.value.file == str(path)


def test_rounds_are_written_once_and_become_frames(tmp_path: Path) -> None:
    write(tmp_path, "pace", TIMED)
    (tmp_path / "tools/_shared.yaml").write_bytes((CONTENT / "tools/_shared.yaml").read_bytes())
    (tool,) = load_tools([tmp_path])
    assert tool.script is not None
    assert [(frame.at, frame.text.en) for frame in tool.script.frames] == [
        (0, "Ready."),
        (10, "In 1"),
        (14, "Out 1"),
        (18, "In 2"),
        (22, "Out 2"),
        (26, "In 3"),
        (30, "Out 3"),
        (34, "The end."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("ratings: urge", "ratings: storm", "there is no storm"),
        ("at: 10\n", "at: 12\n", "at least 3 s apart"),
        ('seconds: 4, text: {en: "In', 'seconds: 2, text: {en: "In', "greater than or equal to 3"),
    ],
)
def test_shared_words_and_rounds_that_do_not_fit_are_named(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TIMED
    write(tmp_path, "pace", TIMED.replace(old, new, 1))
    (tmp_path / "tools/_shared.yaml").write_bytes((CONTENT / "tools/_shared.yaml").read_bytes())
    with pytest.raises(ContentError, match=why):
        load_tools([tmp_path])


def test_a_tool_is_timed_or_written_not_both(tmp_path: Path) -> None:
    script = TIMED[TIMED.index("script:") :]
    write(tmp_path, "plan", SHEET + script)
    with pytest.raises(ContentError, match="not both"):
        load_tools([tmp_path])


@pytest.mark.parametrize("lang", LANGS)
def test_every_question_fits_a_phone_with_what_is_added_to_it(lang: str) -> None:
    for tool in TOOLS.values():
        for step in tool.worksheet.steps if tool.worksheet else ():
            assert visible_length(step.ask.of(lang)) <= 200, (tool.id, step.key)


def test_every_timed_tool_ends_with_a_rating_and_has_its_steps_alone() -> None:
    timed = [tool for tool in TOOLS.values() if tool.script]
    assert len(timed) == 12
    for tool in timed:
        assert tool.ratings is not None and tool.closing is not None, tool.id
        assert len(tool.steps) >= 4, tool.id


@pytest.mark.parametrize("lang", LANGS)
def test_holding_the_breath_comes_with_a_way_without_it(lang: str) -> None:
    for name in ("breathing_box", "breathing_478"):
        cautions = TOOLS[name].cautions
        assert cautions is not None
        assert TOOLS["breathing_easy"].title.of(lang) in cautions.of(lang)


@pytest.mark.parametrize("lang", LANGS)
def test_a_card_and_its_steps_fit_a_message_as_a_whole(lang: str) -> None:
    for tool in TOOLS.values():
        cautions = visible_length(tool.cautions.of(lang)) + 2 if tool.cautions else 0
        assert len(tool.title.of(lang)) + 2 + visible_length(tool.intro.of(lang)) + cautions <= 400, tool.id
        assert len(tool.title.of(lang)) + sum(visible_length(step.of(lang)) + 4 for step in tool.steps) <= 400, tool.id
