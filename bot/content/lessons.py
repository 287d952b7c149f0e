"""The curriculum: modules of lessons, one Markdown file a lesson and language, read into frozen models.

``content/lessons/<module>/module.yaml`` names the lessons in their order; ``<lesson>.en.md`` and ``<lesson>.es.md`` hold YAML front
matter between ``---`` lines, then three to five pages parted by ``===`` lines. Both languages have the same bones: ids, keys, kinds,
options, right answers, number of pages. What Telegram shows as a message (pages, intro, ask, done, share, feedback) is held as HTML;
titles, objectives, labels and buttons are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bot.content.exercise import Exercise
from bot.content.files import (
    LANGS,
    Broken,
    Button,
    ContentId,
    Html,
    Key,
    Model,
    Plain,
    PlainPair,
    Title,
    TitlePair,
    Trigger,
    build,
    overlay,
    parse_yaml,
    read_text,
    tolerated,
    twice,
)
from bot.content.markup import to_html
from bot.content.prose import Passage
from bot.content.tools import Tool
from bot.errors import ContentError

__all__ = ["Answer", "Lesson", "LessonText", "Module", "Question", "check_links", "load_modules", "to_html"]

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_BREAK = re.compile(r"^===$", re.MULTILINE)
_LESSON_FILE = re.compile(r"^(?P<id>.+)\.(?P<lang>[a-z]{2})\.md$")


class Answer(Model):
    """A button of a quiz question and what the person reads after it."""

    key: Key
    text: Button
    correct: bool = False
    feedback: Html


class Question(Model):
    """A quiz question; more than one answer may be right."""

    key: Key
    ask: Html
    options: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=4)]

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if double := twice([option.key for option in self.options]):
            raise ValueError(f"option {double} stands twice")
        if len({option.correct for option in self.options}) < 2:
            raise ValueError("needs an option with `correct: true` and one without")
        return self


class LessonText(Model):
    """A lesson in one language."""

    title: Title
    objective: Plain
    pages: Annotated[tuple[Html, ...], Field(min_length=3, max_length=5)]
    exercise: Exercise
    quiz: Annotated[tuple[Question, ...], Field(min_length=2, max_length=3)]


class _Bones(Model):
    id: ContentId
    core: bool = False
    minutes: Annotated[int, Field(ge=1, le=60)]
    tool: ContentId | None = None
    helps_with: tuple[Trigger, ...] = ()
    related: tuple[ContentId, ...] = ()
    source: Plain


class _File(_Bones, LessonText):
    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        if double := twice([question.key for question in self.quiz]):
            raise ValueError(f"quiz question {double} stands twice")
        return self


class Lesson(_Bones):
    """A lesson in both languages.

    ``core`` marks the core path; ``minutes`` is for reading, exercise and quiz together; ``tool`` is what the exercise offers to open;
    ``source`` says, for reviewers, where the facts come from.
    """

    module_id: ContentId
    texts: dict[str, LessonText]


class _ModuleFile(Model):
    id: ContentId
    week: Annotated[int, Field(ge=1, le=52)]
    title: TitlePair
    aim: PlainPair
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]
    lessons: Annotated[tuple[ContentId, ...], Field(min_length=1, max_length=30)]


class Module(Model):
    """A week's worth of lessons, in their order; ``evidence`` are short tags such as ``cbt``."""

    id: ContentId
    week: int
    title: TitlePair
    aim: PlainPair
    evidence: tuple[str, ...]
    lessons: tuple[Lesson, ...]

    def passages(self) -> Iterator[Passage]:
        """Everything of it that people read, for the checks of ``bot.content.prose``."""
        for lang in LANGS:
            yield Passage(f"lessons/{self.id}/module.yaml", "aim", lang, self.aim.of(lang), lesson=None)
            for lesson in self.lessons:
                file = f"lessons/{self.id}/{lesson.id}.{lang}.md"
                for key, text in _texts(lesson.texts[lang]):
                    yield Passage(file, key, lang, text, lesson=lesson.id)


def _texts(text: LessonText) -> Iterator[tuple[str, str]]:
    yield "objective", text.objective
    yield from ((f"page {number}", page) for number, page in enumerate(text.pages, 1))
    yield "exercise.intro", text.exercise.intro
    yield from ((f"exercise.{step.key}.ask", step.ask) for step in text.exercise.steps)
    yield "exercise.done", text.exercise.done
    if text.exercise.share:
        yield "exercise.share", text.exercise.share
    for question in text.quiz:
        yield f"quiz.{question.key}.ask", question.ask
        yield from ((f"quiz.{question.key}.{option.key}.feedback", option.feedback) for option in question.options)


def _bones(file: _File) -> dict[str, object]:
    """All that has to be the same in every language, by where it stands."""
    bones: dict[str, object] = {name: getattr(file, name) for name in _Bones.model_fields}
    bones["number of pages"] = len(file.pages)
    bones["exercise.share"] = "given" if file.exercise.share else "left out"
    bones["exercise.steps"] = [step.key for step in file.exercise.steps]
    for step in file.exercise.steps:
        where = f"exercise.steps.{step.key}"
        bones |= {f"{where}.{name}": getattr(step, name) for name in ("kind", "plan", "measure")}
        bones[f"{where}.options"] = [option.key for option in step.options]
    bones["quiz"] = [question.key for question in file.quiz]
    for question in file.quiz:
        where = f"quiz.{question.key}"
        bones[f"{where}.options"] = [option.key for option in question.options]
        bones |= {f"{where}.{option.key}.correct": option.correct for option in question.options}
    return bones


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_lesson(path: Path) -> _File:
    text = read_text(path)
    found = _FRONT.match(text)
    if not found:
        raise ContentError(path, "line 1", "has to begin with front matter between two `---` lines, and pages below it")
    data: dict[str, Any] = parse_yaml(found["front"], path, first_line=2)
    if "pages" in data:
        raise ContentError(path, "pages", "stand below the front matter, parted by `===` lines")
    data["pages"] = [page.strip() for page in _BREAK.split(found["body"])]
    if "" in data["pages"]:
        raise ContentError(path, f"page {data['pages'].index('') + 1}", "is empty")
    return build(_File, data, path)


def _join(module_id: str, lesson_id: str, paths: dict[str, Path]) -> Lesson:
    files = {lang: _read_lesson(path) for lang, path in paths.items()}
    for lang, file in files.items():
        if file.id != lesson_id:
            raise ContentError(paths[lang], "id", f"is {file.id}, but the file's name says {lesson_id}")
    first, *others = LANGS
    bones = _bones(files[first])
    for lang in others:
        theirs = _bones(files[lang])
        for where in dict.fromkeys([*bones, *theirs]):
            if bones.get(where) != theirs.get(where):
                here, there = _shown(theirs.get(where)), _shown(bones.get(where))
                raise ContentError(paths[lang], where, f"is {here} here but {there} in {paths[first].name}; both languages need the same")
    shared = {name: getattr(files[first], name) for name in _Bones.model_fields}
    # Built, not validated once more: the texts are HTML by now and would be escaped twice.
    texts = {
        lang: LessonText.model_construct(**{name: getattr(file, name) for name in LessonText.model_fields}) for lang, file in files.items()
    }
    return Lesson.model_construct(module_id=module_id, texts=texts, **shared)


def _lesson_paths(module: _ModuleFile, found: dict[str, Path], folders: Sequence[Path]) -> dict[str, dict[str, Path]]:
    """Each lesson's file by language, complete; nothing beside them that nobody would ever see."""
    paths: dict[str, dict[str, Path]] = {lesson: {} for lesson in module.lessons}
    home = found[f"{module.id}/module.yaml"]
    layers = [folder / "lessons" / module.id for folder in folders]
    own = layers[layers.index(home.parent) :]  # with the folder of the list, or laid over it
    for name, path in found.items():
        folder, _, file = name.rpartition("/")
        if folder != module.id or not file.endswith(".md") or file == "README.md":
            continue
        match = _LESSON_FILE.match(file)
        if match is None or match["lang"] not in LANGS:
            raise ContentError(path, "", f"a lesson's file is called <lesson>.{LANGS[0]}.md or <lesson>.{LANGS[1]}.md")
        if match["id"] in paths:
            paths[match["id"]][match["lang"]] = path
        elif path.parent in own:  # an overlay may leave a shipped lesson out, not forget one of its own
            raise ContentError(path, "", f"is not listed under `lessons` in {home}")
    for lesson, by_lang in paths.items():
        for lang in LANGS:
            if lang not in by_lang:
                raise ContentError(home, "lessons", f"{lesson} has no file {lesson}.{lang}.md beside it")
    return {lesson: {lang: by_lang[lang] for lang in LANGS} for lesson, by_lang in paths.items()}


def load_modules(folders: Sequence[Path], broken: Broken | None = None) -> tuple[Module, ...]:
    """Read and check the whole curriculum.

    Args:
        folders: content folders (each may hold ``lessons/``), the shipped one first; a later folder's file takes the place of the earlier
            one's with the same name.
        broken: is told of everything that is broken, which is left out then; without it the first such thing is raised.

    Returns:
        Modules by week, then as their ids are numbered; lessons in each in the order that its file gives.

    Raises:
        ContentError: the first thing that is broken: file, key, reason.
    """
    found = overlay(folders, "lessons")
    modules: list[Module] = []
    homes: dict[str, Path] = {}
    for name in (name for name in found if name.endswith("/module.yaml")):
        with tolerated(broken):
            module = _module_file(name, found[name], homes)
            lessons: list[Lesson] = []
            for lesson, paths in _lesson_paths(module, found, folders).items():
                with tolerated(broken):
                    lessons.append(_join(module.id, lesson, paths))
            modules.append(Module.model_construct(**{**dict(module), "lessons": tuple(lessons)}))
    for name, path in found.items():
        with tolerated(broken):
            if name.endswith(".md") and "/" in name and f"{name.rpartition('/')[0]}/module.yaml" not in found:
                raise ContentError(path, "", "lies in a folder without module.yaml")
    return tuple(sorted(modules, key=lambda module: (module.week, [int(n) for n in re.findall(r"\d+", module.id)], module.id)))


def _module_file(name: str, path: Path, homes: dict[str, Path]) -> _ModuleFile:
    module = build(_ModuleFile, parse_yaml(read_text(path), path), path)
    if name != f"{module.id}/module.yaml":
        raise ContentError(path, "id", f"is {module.id}, but the folder is called {name.removesuffix('/module.yaml')}")
    if double := twice(module.lessons):
        raise ContentError(path, "lessons", f"{double} stands twice")
    for lesson in module.lessons:
        if lesson in homes:
            raise ContentError(path, "lessons", f"{lesson} belongs to {homes[lesson]} already")
        homes[lesson] = path
    return module


def check_links(modules: Sequence[Module], tools: Sequence[Tool]) -> None:
    """Make sure that every tool and lesson that a lesson points to exists.

    Raises:
        ContentError: the first link that leads nowhere.
    """
    known_tools = {tool.id for tool in tools}
    known_lessons = {lesson.id for module in modules for lesson in module.lessons}
    for lesson in (lesson for module in modules for lesson in module.lessons):
        file = f"lessons/{lesson.module_id}/{lesson.id}.{LANGS[0]}.md"
        if lesson.tool is not None and lesson.tool not in known_tools:
            raise ContentError(file, "tool", f"there is no tool {lesson.tool}; there are {', '.join(sorted(known_tools)) or 'none'}")
        for other in lesson.related:
            if other not in known_lessons or other == lesson.id:
                raise ContentError(file, "related", f"{other} is no other lesson: take it out, or name the id of one")
