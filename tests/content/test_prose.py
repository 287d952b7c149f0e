"""How content reads: the measures themselves, and all shipped lessons and tools held against them."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from bot.content.files import LANGS
from bot.content.lessons import load_modules
from bot.content.markup import to_plain
from bot.content.prose import (
    Passage,
    grade_en,
    huerta_es,
    load_style,
    review,
    sentences,
    shown_words,
    syllables_en,
    syllables_es,
    words,
)
from bot.content.tools import load_tools
from bot.errors import ContentError

CONTENT = Path(__file__).parents[2] / "content"
STYLE = load_style([CONTENT])
PASSAGES = [
    *(passage for module in load_modules([CONTENT]) for passage in module.passages()),
    *(passage for tool in load_tools([CONTENT]) for passage in tool.passages()),
]
PAGES = [passage for passage in PASSAGES if passage.key.startswith("page ")]
LESSONS = sorted({passage.lesson for passage in PASSAGES if passage.lesson})

ENGLISH = Passage("a.en.md", "page 1", "en", "", lesson="a")
SPANISH = Passage("a.es.md", "page 1", "es", "", lesson="a")


def _whys(passage: Passage, text: str) -> list[str]:
    return [finding.why for finding in review([replace(passage, text=text)], STYLE)]


def test_the_shipped_content_keeps_the_writing_rules() -> None:
    assert review(PASSAGES, STYLE) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.file}:{page.key}")
def test_every_page_is_easy_to_read(page: Passage) -> None:
    text = to_plain(page.text)
    assert len(text) <= 400
    assert max(len(words(sentence)) for sentence in sentences(text)) <= 15
    if page.lang == "en":
        assert grade_en(text) <= 6.0
    else:
        assert huerta_es(text) >= 70


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_lesson_and_tool_as_a_whole_is_easy_to_read(lesson: str, lang: str) -> None:
    text = "\n".join(to_plain(passage.text) for passage in PASSAGES if passage.lesson == lesson and passage.lang == lang)
    assert grade_en(text) <= 5.5 if lang == "en" else huerta_es(text) >= 80


def test_a_library_that_counts_otherwise_finds_the_lessons_as_easy() -> None:
    """The house's counter knows the words of recovery better; textstat's goes by hyphenation. Neither finds a lesson hard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for pkg_resources, which setuptools warns of
        from textstat.textstat import textstatistics
    counter = textstatistics()
    counter.set_lang("en_US")
    english = defaultdict(list)
    for passage in PASSAGES:
        if passage.lang == "en" and passage.lesson:
            english[passage.lesson].append(to_plain(passage.text))
    grades = {lesson: counter.flesch_kincaid_grade("\n".join(texts)) for lesson, texts in english.items()}
    assert max(grades.values()) <= 6.0
    assert sum(grades.values()) / len(grades) <= 5.5


def test_crisis_words_in_lessons_lead_to_a_person() -> None:
    """Where a lesson names a danger to the body, help is one tap away in the same message."""
    for passage in PASSAGES:
        if any(sign in passage.text for sign in ("racing heart", "corazón muy rápido", "Very sleepy", "mucho sueño")):
            assert "/sos" in passage.text, f"{passage.file} {passage.key}"


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("home", 1),
        ("craving", 2),
        ("little", 2),
        ("calmed", 1),
        ("started", 2),
        ("lonely", 2),
        ("quiet", 2),
        ("people", 2),
        ("idea", 3),
        ("medicine", 3),
        ("didn't", 2),
        ("can't", 1),
        ("you’re", 1),
        ("five-minute", 3),
        ("trembles", 2),
        ("changes", 2),
        ("30", 2),
        ("SOS", 3),
        ("counselor", 3),
        ("easiest", 3),
    ],
)
def test_english_syllables(word: str, count: int) -> None:
    assert syllables_en(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("ola", 2),
        ("ganas", 2),
        ("día", 2),
        ("pie", 1),
        ("cuidado", 3),
        ("ahora", 3),
        ("cualquier", 2),
        ("pensamiento", 4),
        ("eslabón", 3),
        ("y", 1),
        ("leer", 2),
        ("vergüenza", 3),
        ("respiración", 4),
        ("maíz", 2),
    ],
)
def test_spanish_syllables(word: str, count: int) -> None:
    assert syllables_es(word) == count


def test_the_grade_is_flesch_and_kincaids() -> None:
    text = "The cat sat on the mat. It was warm."
    assert grade_en(text) == pytest.approx(0.39 * 9 / 2 + 11.8 * 9 / 9 - 15.59)


def test_the_index_is_fernandez_huertas() -> None:
    text = "La ola sube. La ola baja."
    assert huerta_es(text) == pytest.approx(206.84 - 60 * 10 / 6 - 1.02 * 6 / 2)


def test_an_empty_text_is_easy() -> None:
    assert grade_en("…") == 0.0
    assert huerta_es("") == 100.0


def test_harder_english_has_a_higher_grade_and_harder_spanish_a_lower_index() -> None:
    hard = "Pharmacological interventions necessitate considerable interdisciplinary collaboration."
    difícil = "Las intervenciones farmacológicas necesitan una considerable colaboración interdisciplinaria."
    assert grade_en(hard) > 12 > 6 > grade_en("You can ride the wave. It will pass.")
    assert huerta_es(difícil) < 40 < 70 < huerta_es("La ola sube y baja. Usted puede.")


def test_each_bullet_and_each_quoted_sentence_is_one() -> None:
    assert sentences('Two:\n• one thing\n• another\n\nYou think, "Just once." It grows. "Ya no." Fin…') == [
        "Two:",
        "• one thing",
        "• another",
        'You think, "Just once.',
        "It grows.",
        '"Ya no.',
        "Fin…",
    ]


def test_a_long_sentence_is_found() -> None:
    assert _whys(ENGLISH, "One " * 14 + "end.") == []
    assert "16 words" in _whys(ENGLISH, "one " * 15 + "end.")[0]


def test_a_hard_passage_is_found_in_either_language() -> None:
    english = "Comprehensive psychosocial rehabilitation facilitates functionality. " * 8
    spanish = "La rehabilitación psicosocial multidisciplinaria facilita funcionalidades. " * 8
    assert any("grade" in why for why in _whys(ENGLISH, english))
    assert any("Fernández-Huerta" in why for why in _whys(SPANISH, spanish))


def test_short_pieces_are_judged_together() -> None:
    piece = "Comprehensive psychosocial rehabilitation facilitates functionality."
    found = review([replace(ENGLISH, text=piece, key=f"page {number}") for number in range(3)], STYLE)
    assert [(finding.key, "grade" in finding.why) for finding in found] == [("", True)]


@pytest.mark.parametrize(
    "text",
    [
        "An addict can change.",
        "Alcoholics need rest.",
        "Stop your drug habit.",
        "She stayed clean for a week.",
        "A dirty test is bad.",
        "Drug users come here.",
        "Substance abuse hurts.",
        "You failed again.",
        "He fell off the wagon.",
        "You must do this.",
        "He committed suicide.",
        "Take 20 mg.",
        "Ask for MAT.",
    ],
)
def test_words_that_hurt_are_found_in_english(text: str) -> None:
    assert any("; say " in why for why in _whys(ENGLISH, text))


@pytest.mark.parametrize(
    "text",
    [
        "Los adictos pueden cambiar.",
        "Una persona alcohólica descansa.",
        "Deje ese vicio.",
        "Lleva un mes limpio: quiere seguir limpio.",
        "Una prueba sucia es mala.",
        "El abuso de drogas duele.",
        "Usted fracasó.",
        "Usted debe hacerlo.",
        "La drogodependencia es así.",
        "Tome 20 mg.",
    ],
)
def test_words_that_hurt_are_found_in_spanish(text: str) -> None:
    assert any("; say " in why for why in _whys(SPANISH, text))


@pytest.mark.parametrize(
    ("passage", "text"),
    [
        (ENGLISH, "Roll out your mat. Clean your room. Address it. Alcoholics Anonymous is one choice."),
        (SPANISH, "Una bebida alcohólica. Limpie su cuarto. No tiene que decirlo. Alcohólicos Anónimos es una opción."),
    ],
)
def test_harmless_neighbours_are_left_alone(passage: Passage, text: str) -> None:
    assert not any("; say " in why for why in _whys(passage, text))


@pytest.mark.parametrize(
    ("lang", "text", "shown"),
    [
        ("en", "Your urge", ["urge"]),
        ("en", "A drink", ["drink"]),
        ("en", "You have a message", []),
        ("en", "Check-in time", []),
        ("es", "Sus ganas", ["ganas"]),
        ("es", "Tiene un mensaje", []),
    ],
)
def test_words_that_a_locked_phone_must_not_show(lang: str, text: str, shown: list[str]) -> None:
    assert shown_words(text, lang, STYLE) == shown


def test_a_pushed_passage_with_such_a_word_is_found() -> None:
    assert _whys(ENGLISH, "Your craving") == []
    assert "locked phone" in _whys(replace(ENGLISH, pushed=True), "Your craving")[0]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  sentence_words: 15\n", "", "limits.sentence_words"),
        ('match: "addicts?"', 'match: "addicts?("', "avoid.en 1.match"),
        ("preview:\n  en:", "preview:\n  de:", "preview"),
    ],
)
def test_a_broken_style_file_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = (CONTENT / "style.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "style.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_style([tmp_path])
    assert caught.value.file == str(tmp_path / "style.yaml")
    assert key in str(caught.value)


def test_a_missing_style_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"style\.yaml: is missing"):
        load_style([tmp_path])
