"""Lines and greetings: what stands beside a crisis on lines of its own neither explains it nor takes it apart."""

from __future__ import annotations

import pytest

from bot.safety.courtesies import LONGEST, MAX_READ, Courtesies
from bot.safety.levels import Level
from bot.safety.screen import Screener
from tests.bench.corpus import rows

CRISES = [
    "i want to kill myself",
    "i took too many pills",
    "he won't wake up",
    "im going to stab him",
    "my husband hits me",
    "i cut myself last night",
    "i used heroin today",
    "i want to die",
    "me quiero morir",
]
CALMING = [  # in one sentence with a crisis each of them calms at least one of these
    *(
        "lesson",
        "1ESS0",
        "quiz",
        "game",
        "xbox",
        "movie",
        "novel",
        "laughing",
        "homework",
        "algebra",
        "accidentally",
        "gardening",
        "shaving",
    ),
    *(
        "before",
        "b4",
        "without",
        "boxing",
        "karate",
        "free",
        "classes",
        "counseling",
        "early",
        "pelicula",
        "videojuego",
        "sobrio",
        "viejita",
    ),
]


@pytest.mark.parametrize("crisis", CRISES)
@pytest.mark.parametrize("word", CALMING)
def test_no_line_calms_the_one_below_or_above_it(screener: Screener, word: str, crisis: str) -> None:
    assert screener.screen(f"{word}\n{crisis}").level >= Level.WATCH
    assert screener.screen(f"{crisis}\n{word}").level >= Level.WATCH


@pytest.mark.parametrize(
    "typed", ["i want to\nkill\nmyself", "took all\n\nmy pills\nand i\nwant to\ndie", "me quiero\nmatar", "k\ni\nl\nl\nmyself"]
)
def test_a_sentence_over_several_lines_is_still_one(screener: Screener, typed: str) -> None:
    assert screener.screen(typed).level.pages


def test_what_matched_over_several_lines_is_shown_as_it_was_typed(screener: Screener) -> None:
    found = screener.screen("hola\ni want to\nkill myself")
    assert found.matched and all(span in "hola\ni want to\nkill myself" for span in found.matched)
    assert any("kill myself" in span for span in found.matched)


@pytest.mark.parametrize("greeting", ["hey", "Hola buenas", "good morning!", "u there??", "sorry", "heyyy, it's me", "¿Estás ahí?"])
@pytest.mark.parametrize(
    "crisis", ["hes oustide agian and i hid all teh knives", "me pegó otra vez 😢👊 los nenes vieron", "i want to die"]
)
def test_a_greeting_takes_nothing_off_a_crisis(screener: Screener, greeting: str, crisis: str) -> None:
    for sure in (False, True):
        by_itself = screener.screen(crisis, sure=sure)
        for typed in (f"{greeting}\n{crisis}", f"{greeting.rstrip('!?')}. {crisis}", f"{crisis}\n{greeting}"):
            found = screener.screen(typed, sure=sure)
            assert found.level >= by_itself.level
            assert found.points >= by_itself.points


@pytest.mark.parametrize("said", ["hey", "HOLAAA", "hi it's me", "heyyy, you up", "thank you so much", "  buenas noches ,", "Ｈｅｙ"])
def test_courtesies(screener: Screener, said: str) -> None:
    assert screener.is_courtesy(said)


@pytest.mark.parametrize(
    "said", ["", "...", "good", "im ok", "lol", "sorry for what i did", "hey i took pills", "thanks for everything", "adios", "bye"]
)
def test_what_says_something_is_no_courtesy(screener: Screener, said: str) -> None:
    assert not screener.is_courtesy(said)


def test_what_is_blanked_keeps_its_place() -> None:
    courtesies = Courtesies({"hey", "thank you"})
    assert courtesies.blanked("hey. i want to die. thank youuu!") == "   . i want to die.            !"
    for kept in ("hey", "hey. thank you", "i want to die", "hey i want to die", "hey. " + "x" * MAX_READ):
        assert courtesies.blanked(kept) == kept
    assert not courtesies.are("hey " * LONGEST)
    assert Courtesies(()).blanked("hey. you") == "hey. you"


QUIET = "the bus was late again and the rain came in at the window seat. "


@pytest.mark.parametrize("crisis", CRISES)
@pytest.mark.parametrize("place", [0, 1, 7, 14])
def test_a_long_text_is_matched_as_its_sentences_are(screener: Screener, crisis: str, place: int) -> None:
    sentences = [QUIET] * 15
    sentences[place] = f"{crisis}. "
    alone = {hit.entry.id for hit in screener.hits(screener.read(crisis))}
    found = screener.hits(screener.read("".join(sentences)))
    assert alone <= {hit.entry.id for hit in found}
    words = [word.text for word in screener.read("".join(sentences)).words]
    assert all(hit.start >= len(screener.read("".join(sentences[:place])).words) - 1 for hit in found if hit.entry.id in alone), words


@pytest.mark.parametrize("before", range(16))
def test_a_pattern_with_the_end_of_a_sentence_inside_is_found_wherever_a_stretch_ends(screener: Screener, before: int) -> None:
    text = "it rained. " * before + "passing out. on pills. " + QUIET * 4
    assert "en.overdose.body" in {hit.entry.id for hit in screener.hits(screener.read(text))}


def test_a_sentence_is_matched_from_its_beginning_wherever_a_stretch_begins(screener: Screener) -> None:
    asked = 0
    for text in (row.text for row in rows("part_a") if row.level.pages and "." not in row.text):
        alone = {hit.entry.id for hit in screener.hits(screener.read(text))}
        found = {hit.entry.id for hit in screener.hits(screener.read(f"{QUIET * 2}{text}. {QUIET * 2}"))}
        assert alone <= found, text
        asked += bool(alone)
    assert asked > 100


def test_words_of_several_sentences_make_no_pattern_of_one(screener: Screener) -> None:
    text = QUIET * 3 + "i want to. " + QUIET * 3 + "kill. " + QUIET * 3 + "myself. "
    assert not screener.findings(screener.read(text))
