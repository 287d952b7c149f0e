"""The lesson format: what the shipped curriculum promises, and what a broken file is told."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content.exercise import Kind
from bot.content.files import LANGS, Trigger
from bot.content.lessons import Lesson, LessonText, Module, check_links, load_modules, to_html
from bot.content.markup import to_plain, visible_length
from bot.content.preview import pages_of
from bot.content.tools import load_tools
from bot.errors import ContentError

CONTENT = Path(__file__).parents[2] / "content"
MODULES = load_modules([CONTENT])
LESSONS = [lesson for module in MODULES for lesson in module.lessons]
TEXTS = [pytest.param(lesson.texts[lang], id=f"{lesson.id}.{lang}") for lesson in LESSONS for lang in LANGS]

Breaker = Callable[[str, str, str], Path]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A content folder with module M3 alone."""
    shutil.copytree(CONTENT / "lessons" / "m3", tmp_path / "lessons" / "m3")
    return tmp_path


@pytest.fixture
def broken(copy: Path) -> Breaker:
    """Replaces one piece of one file of the copy."""

    def replace(name: str, old: str, new: str) -> Path:
        path = copy / "lessons" / "m3" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return replace


def _messages(text: LessonText) -> list[str]:
    answers = [option.feedback for question in text.quiz for option in question.options]
    asked = [step.ask for step in text.exercise.steps] + [question.ask for question in text.quiz]
    return [*text.pages, text.exercise.intro, text.exercise.done, text.exercise.share or "", *asked, *answers]


def test_module_three_holds_its_six_lessons_in_order() -> None:
    module = next(module for module in MODULES if module.id == "m3")
    assert [lesson.id for lesson in module.lessons] == ["m3.1", "m3.2", "m3.3", "m3.4", "m3.5", "m3.6"]
    assert [lesson.core for lesson in module.lessons] == [True, True, True, True, False, False]
    assert module.week == 3
    assert module.title.of("es") != module.title.of("en")


@pytest.mark.parametrize("text", TEXTS)
def test_a_lesson_is_short_messages_an_exercise_and_a_quiz(text: LessonText) -> None:
    assert 3 <= len(text.pages) <= 5
    assert all(visible_length(message) <= 400 for message in _messages(text))
    assert text.exercise.steps
    assert 2 <= len(text.quiz) <= 3


@pytest.mark.parametrize("text", TEXTS)
def test_messages_hold_only_bold_and_italic_well_nested(text: LessonText) -> None:
    for message in _messages(text):
        opened: list[str] = []
        for closing, tag in re.findall(r"<(/?)(\w+)>", message):
            assert tag in ("b", "i")
            if closing:
                assert opened.pop() == tag
            else:
                opened.append(tag)
        assert not opened
        assert "<" not in re.sub(r"</?[bi]>", "", message)
        assert "*" not in message


@pytest.mark.parametrize("text", TEXTS)
def test_buttons_have_at_most_three_words(text: LessonText) -> None:
    options = [option.text for step in text.exercise.steps for option in step.options]
    labels = [label for step in text.exercise.steps for label in (step.min_label, step.max_label) if label]
    for button in [*options, *labels, *(option.text for question in text.quiz for option in question.options)]:
        assert len(button.split()) <= 3
        assert len(button) <= 24


@pytest.mark.parametrize("text", TEXTS)
def test_the_options_of_a_question_can_be_told_apart(text: LessonText) -> None:
    for shown in [
        *([option.text for option in step.options] for step in text.exercise.steps),
        *([option.text for option in question.options] for question in text.quiz),
    ]:
        assert len(set(shown)) == len(shown)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_button_data_fits_into_telegrams_64_bytes(lesson: Lesson) -> None:
    text = lesson.texts["en"]
    for question in text.quiz:
        for option in question.options:
            assert len(f"learn:{lesson.id}:{question.key}:{option.key}".encode()) <= 64
    for step in text.exercise.steps:
        for choice in step.options:
            assert len(f"learn:{lesson.id}:{step.key}:{choice.key}".encode()) <= 64


def test_both_languages_are_really_two() -> None:
    for lesson in LESSONS:
        english, spanish = lesson.texts["en"], lesson.texts["es"]
        assert not set(english.pages) & set(spanish.pages)
        assert english.title != spanish.title
        assert [step.key for step in english.exercise.steps] == [step.key for step in spanish.exercise.steps]


def test_the_first_right_answer_is_not_the_only_thing_with_kind_words() -> None:
    for lesson in LESSONS:
        for text in lesson.texts.values():
            for question in text.quiz:
                assert all(len(to_plain(option.feedback)) > 20 for option in question.options)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_the_right_answer_stands_in_every_place_and_in_the_same_one_in_both_languages(module: Module) -> None:
    def places(lang: str) -> list[int]:
        questions = [question for lesson in module.lessons for question in lesson.texts[lang].quiz]
        return [next(place for place, option in enumerate(question.options) if option.correct) for question in questions]

    assert places("en") == places("es")
    assert max(places("en").count(place) for place in range(3)) <= len(places("en")) / 2


def test_a_craving_rated_in_an_exercise_is_marked_for_the_safety_rules() -> None:
    for lesson in LESSONS:
        for step in lesson.texts["en"].exercise.steps:
            if step.kind is Kind.SCALE and re.search(r"wish to use|craving|urge", to_plain(step.ask)):
                assert step.measure == "craving", f"{lesson.id} {step.key}"
    measured = [step.key for step in _lesson("m3.3").texts["es"].exercise.steps if step.measure]
    assert measured == ["first", "second"]


def _lesson(lesson_id: str) -> Lesson:
    return next(lesson for lesson in LESSONS if lesson.id == lesson_id)


def test_a_lesson_can_open_a_tool_and_names_what_it_helps_with() -> None:
    surfing = _lesson("m3.4")
    assert surfing.tool == "urge_surfing"
    assert Trigger.CRAVING in surfing.helps_with
    halt = {Trigger.HUNGRY, Trigger.ANGRY, Trigger.LONELY, Trigger.TIRED}
    assert halt <= set(_lesson("m3.2").helps_with)


def test_all_links_of_the_shipped_curriculum_lead_somewhere() -> None:
    check_links(MODULES, load_tools([CONTENT]))


def test_a_link_to_a_missing_tool_is_named() -> None:
    with pytest.raises(ContentError) as caught:
        check_links(MODULES, [tool for tool in load_tools([CONTENT]) if tool.id != "urge_surfing"])
    assert caught.value.key == "tool"
    assert "m3.4.en.md" in caught.value.file
    assert "urge_surfing" in caught.value.why


def test_a_link_to_a_missing_lesson_is_named(broken: Breaker, copy: Path) -> None:
    broken("m3.1.en.md", "related: [m3.2, m3.5, m9.2]", "related: [m9.9]")
    broken("m3.1.es.md", "related: [m3.2, m3.5, m9.2]", "related: [m9.9]")
    with pytest.raises(ContentError) as caught:
        check_links(load_modules([copy]), load_tools([CONTENT]))
    assert (caught.value.key, "m9.9" in caught.value.why) == ("related", True)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("**bold** and *italic*", "<b>bold</b> and <i>italic</i>"),
        ("**all *of* it**", "<b>all <i>of</i> it</b>"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<script>", "&lt;script&gt;"),
        ("one\nline", "one line"),
        ("one\n\n\n\ntwo", "one\n\ntwo"),
        ("Some:\n- a\n- b\n  goes on\n\nEnd", "Some:\n• a\n• b goes on\n\nEnd"),
        (r"5 \* 3", "5 * 3"),
        ("  \n around \n ", "around"),
        ("", ""),
    ],
)
def test_markup(written: str, shown: str) -> None:
    assert to_html(written) == shown


@pytest.mark.parametrize("written", ["**open", "an * alone", "**b *i** x*", "**over\n\nparagraphs**"])
def test_markup_that_does_not_close_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"\*"):
        to_html(written)


def test_length_is_counted_as_telegram_counts() -> None:
    assert visible_length(to_html("**a** & 🌊")) == 6
    assert to_plain(to_html("**a** < b")) == html.unescape("a &lt; b")


def _caught(folder: Path) -> ContentError:
    with pytest.raises(ContentError) as caught:
        load_modules([folder])
    return caught.value


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "why"),
    [
        ("m3.1.en.md", "minutes: 6", "minutes: 6\ncolour: red", "colour", "not a known key"),
        ("m3.1.en.md", "minutes: 6\n", "", "minutes", "missing"),
        ("m3.1.en.md", "minutes: 6", "minutes: 0", "minutes", "greater than or equal to 1"),
        ("m3.1.en.md", "minutes: 6", "minutes: 6\nminutes: 7", "line 7", "'minutes' stands twice"),
        ("m3.1.en.md", "title: External", "title: [External", "line", "not valid YAML"),
        ("m3.1.en.md", "id: m3.1", "id: m3.7", "id", "m3.1"),
        ("m3.1.en.md", "kind: multi", "kind: drawing", "exercise.steps 1.kind", "'text', 'choice', 'multi', 'scale' or 'confirm'"),
        ("m3.1.en.md", "kind: multi", "kind: text", "exercise.steps 1", "0 to 0 options, this one 4"),
        ("m3.1.en.md", "{key: places, text: Places}", "{key: people, text: Places}", "exercise.steps 1", "people stands twice"),
        ("m3.1.en.md", "key: who", "key: kinds", "exercise", "kinds stands twice"),
        ("m3.1.en.md", "key: link", "key: payday", "", "payday stands twice"),
        ("m3.1.en.md", "text: A time", "text: A time of the day", "quiz 1.options 1.text", "3 words"),
        ("m3.1.en.md", "text: A time", "text: Donaudampfschifffahrtsgesellschaft", "quiz 1.options 1.text", "24 characters"),
        ("m3.1.en.md", "key: person\n", "key: Persona\u00f1a\n", "quiz 1.options 2.key", "pattern"),
        ("m3.1.en.md", "correct: true", "correct: false", "quiz 1", "`correct: true`"),
        ("m3.1.en.md", "        feedback: People can", "        other: People can", "quiz 1.options 2.feedback", "missing"),
        ("m3.1.en.md", "**People**", "**People", "pages 2", "never closed"),
        ("m3.1.en.md", "Use seldom", "x" * 401 + " seldom", "pages 3", "400 characters"),
        ("m3.1.en.md", "===\n", "===\n\n===\n", "page 2", "empty"),
        ("m3.1.en.md", "---\nid", "id", "line 1", "front matter"),
        ("m3.1.en.md", "minutes: 6", "minutes: 6\npages: []", "pages", "below the front matter"),
        ("m3.1.en.md", "[people, places, things, times, offers]", "[people, palces]", "helps_with 2", "'places'"),
        ("m3.2.en.md", "      min_label: Hardly there\n", "", "exercise.steps 2", "min_label and max_label"),
        ("m3.3.en.md", "plan: coping", "plan: dreams", "exercise.steps 5.plan", "'coping'"),
        ("m3.3.en.md", "kind: text", "kind: text\n      measure: craving", "exercise.steps 5", "only a scale"),
        ("module.yaml", "week: 3", "week: three", "week", "integer"),
        ("module.yaml", "id: m3", "id: m4", "id", "the folder is called m3"),
        ("module.yaml", "m3.6]", "m3.6, m3.6]", "lessons", "m3.6 stands twice"),
        ("module.yaml", "m3.6]", "m3.6, m3.7]", "lessons", "m3.7 has no file m3.7.en.md"),
        ("module.yaml", "  es: Detonantes y ganas\n", "", "title.es", "missing"),
    ],
)
def test_a_broken_file_is_named_with_key_and_reason(broken: Breaker, copy: Path, name: str, old: str, new: str, key: str, why: str) -> None:
    path = broken(name, old, new)
    error = _caught(copy)
    assert error.file == str(path)
    assert error.key.startswith(key)
    assert why in error.why
    assert str(path) in str(error)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("minutes: 6", "minutes: 9", "minutes"),
        ("core: true", "core: false", "core"),
        ("kind: multi", "kind: choice", "exercise.steps.kinds.kind"),
        ("key: hour", "key: time", "exercise.steps"),
        ("{key: night, text", "{key: late, text", "exercise.steps.hour.options"),
        ("      plan: trigger\n", "", "exercise.steps.who.plan"),
        ("  share: ", "  # ", "exercise.share"),
        ("key: sure", "key: certain", "quiz"),
        ("===\n", "===\nUna página más.\n===\n", "number of pages"),
        ("        correct: true\n", "", "quiz.payday"),
    ],
)
def test_the_languages_may_differ_in_words_only(broken: Breaker, copy: Path, old: str, new: str, key: str) -> None:
    path = broken("m3.1.es.md", old, new)
    if key == "quiz.payday":  # the right answer moves to another option
        broken("m3.1.es.md", "        text: Una persona\n", "        text: Una persona\n        correct: true\n")
    error = _caught(copy)
    assert error.file == str(path)
    assert error.key.startswith(key)
    assert "both languages need the same" in error.why


def test_a_missing_translation_is_named(copy: Path) -> None:
    (copy / "lessons/m3/m3.2.es.md").unlink()
    error = _caught(copy)
    assert error.file.endswith("module.yaml")
    assert "m3.2.es.md" in error.why


@pytest.mark.parametrize("name", ["m3.9.en.md", "m3.1.fr.md", "notes.md"])
def test_a_lesson_that_nobody_would_see_is_named(copy: Path, name: str) -> None:
    shutil.copy(copy / "lessons/m3/m3.1.en.md", copy / "lessons/m3" / name)
    assert _caught(copy).file.endswith(name)


def test_a_folder_without_module_file_is_named(copy: Path) -> None:
    (copy / "lessons/m3/module.yaml").unlink()
    assert "without module.yaml" in _caught(copy).why


def test_text_that_is_not_utf8_is_named(copy: Path) -> None:
    (copy / "lessons/m3/m3.1.es.md").write_bytes("título".encode("latin-1"))
    assert "not UTF-8" in _caught(copy).why


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "does not exist" in _caught(tmp_path / "nowhere").why


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(copy: Path) -> None:
    path = copy / "lessons/m3/m3.1.en.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_modules([copy])[0].lessons[0] == _lesson("m3.1")


def test_a_clinic_lays_one_file_over_the_shipped_ones(copy: Path, tmp_path: Path) -> None:
    clinic = tmp_path / "clinic"
    (clinic / "lessons/m3").mkdir(parents=True)
    text = (copy / "lessons/m3/m3.1.en.md").read_text(encoding="utf-8").replace("title: External triggers", "title: Around you")
    (clinic / "lessons/m3/m3.1.en.md").write_text(text, encoding="utf-8")
    lesson = load_modules([copy, clinic])[0].lessons[0]
    assert lesson.texts["en"].title == "Around you"
    assert lesson.texts["es"].title == _lesson("m3.1").texts["es"].title


def test_a_clinic_may_leave_out_a_shipped_lesson_and_add_a_module(copy: Path, tmp_path: Path) -> None:
    clinic = tmp_path / "clinic"
    (clinic / "lessons/m3").mkdir(parents=True)
    module = (copy / "lessons/m3/module.yaml").read_text(encoding="utf-8")
    (clinic / "lessons/m3/module.yaml").write_text(module.replace(", m3.5, m3.6", ""), encoding="utf-8")
    own = clinic / "lessons/ours"
    own.mkdir()
    (own / "module.yaml").write_text(
        re.sub(r"lessons: .*", "lessons: [ours.1]", module).replace("id: m3", "id: ours").replace("week: 3", "week: 1"), encoding="utf-8"
    )
    for lang in LANGS:
        text = (copy / f"lessons/m3/m3.1.{lang}.md").read_text(encoding="utf-8")
        (own / f"ours.1.{lang}.md").write_text(text.replace("id: m3.1", "id: ours.1"), encoding="utf-8")
    modules: tuple[Module, ...] = load_modules([copy, clinic])
    assert [module.id for module in modules] == ["ours", "m3"]
    assert len(modules[1].lessons) == 4


@pytest.mark.parametrize("name", ["m3.11.es.md", "m3,1.es.md"])
def test_a_clinics_file_that_is_misnamed_is_named_although_the_module_is_the_shipped_one(copy: Path, tmp_path: Path, name: str) -> None:
    clinic = tmp_path / "clinic"
    (clinic / "lessons/m3").mkdir(parents=True)
    shutil.copy(copy / "lessons/m3/m3.1.es.md", clinic / "lessons/m3" / name)
    with pytest.raises(ContentError) as caught:
        load_modules([copy, clinic])
    assert str(caught.value.file).endswith(name)


def test_one_page_too_many_is_named_with_the_cure(copy: Path) -> None:
    path = copy / "lessons/m3/m3.1.en.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n===\nMore." * 5, encoding="utf-8")
    assert "at most 5 parts" in _caught(copy).why


def test_a_lesson_belongs_to_one_module(copy: Path) -> None:
    shutil.copytree(copy / "lessons/m3", copy / "lessons/m4")
    path = copy / "lessons/m4/module.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: m3", "id: m4"), encoding="utf-8")
    assert "belongs to" in _caught(copy).why


def test_yes_and_no_are_words(copy: Path, broken: Breaker) -> None:
    for lang in LANGS:
        broken(f"m3.1.{lang}.md", "{key: people,", "{key: no,")
    options = load_modules([copy])[0].lessons[0].texts["en"].exercise.steps[0].options
    assert options[0].key == "no"


def test_a_loop_of_links_between_lessons_does_no_harm(copy: Path) -> None:
    for path in copy.glob("lessons/m3/*.md"):
        to = "m3.2" if path.name.startswith("m3.1.") else "m3.1"
        path.write_text(
            re.sub(r"^related: .*$", f"related: [{to}]", path.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8"
        )
    check_links(load_modules([copy]), load_tools([CONTENT]))


def test_an_unknown_type_of_exercise_is_named_with_the_known_ones(copy: Path, broken: Breaker) -> None:
    broken("m3.1.en.md", "kind: multi", "kind: drawing")
    error = _caught(copy)
    assert str(error.file).endswith("m3.1.en.md")
    assert "kind" in error.key
    assert "multi" in error.why


def test_a_page_of_5000_characters_is_named(copy: Path) -> None:
    path = copy / "lessons/m3/m3.1.en.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nword" * 1250, encoding="utf-8")
    error = _caught(copy)
    assert str(error.file).endswith("m3.1.en.md")
    assert "400" in error.why


def test_html_that_telegram_would_refuse_is_shown_as_written(copy: Path, broken: Breaker) -> None:
    broken("m3.1.en.md", "done: |\n    Your map", "done: |\n    <div onclick=1>Your <b>map</div>")
    done = load_modules([copy])[0].lessons[0].texts["en"].exercise.done
    assert "&lt;div onclick=1&gt;Your &lt;b&gt;map&lt;/div&gt;" in done
    assert to_plain(done).startswith("<div onclick=1>Your <b>map</div>")


@pytest.mark.parametrize("lang", LANGS)
def test_a_preview_shows_every_message_and_button_of_a_lesson(lang: str) -> None:
    lesson = _lesson("m3.1")
    text = lesson.texts[lang]
    shown = " ".join(" ".join(pages_of(lesson, lang)).split())
    for message in _messages(text):
        assert " ".join(to_plain(message).split()) in shown
    labels = [option.text for step in text.exercise.steps for option in step.options]
    for label in [*labels, *(option.text for question in text.quiz for option in question.options)]:
        assert f"[ {label} ]" in shown
    assert max(len(line) for page in list(pages_of(lesson, lang))[1:] for line in page.splitlines()) < 80
    assert "<b>" not in shown
