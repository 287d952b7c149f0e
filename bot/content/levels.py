"""How easy the curriculum reads, module by module, as a Markdown table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import mean

from bot.content.files import LANGS
from bot.content.lessons import Module
from bot.content.markup import to_plain
from bot.content.prose import grade_en, huerta_es, words

_HEAD = "| module | lessons | words a lesson | English: mean grade | highest | Spanish: mean ease | lowest |"


def table(modules: Sequence[Module]) -> Iterator[str]:
    """The table's lines, a module each, and one for all. Each lesson is judged as a whole, as `content check` does."""
    yield _HEAD
    yield "|---|" + "---:|" * (_HEAD.count("|") - 2)
    everything: list[tuple[int, float, float]] = []
    for module in modules:
        lessons = [_judged(texts) for texts in _texts(module)]
        everything += lessons
        yield _row(f"{module.id} {module.title.en}", lessons)
    if everything:
        yield _row("all", everything)


def _texts(module: Module) -> list[dict[str, str]]:
    """What each lesson of a module says, by language."""
    found: dict[str, dict[str, list[str]]] = {lesson.id: defaultdict(list) for lesson in module.lessons}
    for passage in module.passages():
        if passage.lesson is not None:
            found[passage.lesson][passage.lang].append(to_plain(passage.text))
    return [{lang: "\n".join(texts[lang]) for lang in LANGS} for texts in found.values()]


def _judged(texts: dict[str, str]) -> tuple[int, float, float]:
    return len(words(texts["en"])), grade_en(texts["en"]), huerta_es(texts["es"])


def _row(name: str, lessons: Sequence[tuple[int, float, float]]) -> str:
    counts, grades, eases = zip(*lessons, strict=True)
    cells = (
        name,
        len(lessons),
        f"{mean(counts):.0f}",
        f"{mean(grades):.1f}",
        f"{max(grades):.1f}",
        f"{mean(eases):.0f}",
        f"{min(eases):.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"
