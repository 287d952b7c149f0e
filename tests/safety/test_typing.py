"""Phone typing, disguises, and what no text may do: raise, take long, or get a lower level by disguise."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.safety.levels import Level
from bot.safety.normalise import Folding, fold_character
from bot.safety.screen import Screener

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
LOOK_ALIKE = {"a": "а@", "e": "еé3", "i": "іí1", "o": "оö0", "s": "ѕ$", "c": "с", "p": "р", "x": "х", "y": "у", "k": "к"}
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u0336\u0301\ufe0f"
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    "typed",
    [
        "KILL MYSELF",
        "k i l l   m y s e l f",
        "k.i.l.l. m.y.s.e.l.f",
        "kiiiill myselffff",
        "k1ll mys3lf",
        "k!ll my$elf",
        "kill myslef",
        "killmyself",
        "ｋｉｌｌ ｍｙｓｅｌｆ",
        "𝓴𝓲𝓵𝓵 𝓶𝔂𝓼𝓮𝓵𝓯",
        "kіll mуself",
        "k̶i̶l̶l̶ ̶m̶y̶s̶e̶l̶f̶",
        "ki\u200bll my\u200bself",
        "🅺🅸🅻🅻 🅼🆈🆂🅴🅻🅵",
        "kms",
        "unalive myself",
        "k*ll myself",
        "kill. my. self.",
    ],
)
def test_disguises_of_the_plainest_words(screener: Screener, typed: str) -> None:
    assert screener.screen(f"i will {typed}").level is Level.EMERGENCY


@pytest.mark.parametrize(
    "typed",
    [
        "wanna dieeee",
        "i wnat to die",
        "i wanna die",
        "I WANT TO DIE!!!",
        "i rly just want to die",
        "i fucking want to die",
        "want 💀 to die",
    ],
)
def test_ways_to_write_a_wish_to_die(screener: Screener, typed: str) -> None:
    assert screener.screen(typed).level >= Level.URGENT


def test_what_matched_is_shown_as_it_was_typed(screener: Screener) -> None:
    assert screener.screen("ok so… I’m gonna K!LL  mysélf").matched == ("K!LL  mysélf",)


@given(text=st.text(max_size=300))
@QUIET
def test_any_text_is_screened_without_raising(screener: Screener, text: str) -> None:
    found = screener.screen(text)
    assert all(span in text for span in found.matched)


@given(text=st.text(alphabet=st.characters(max_codepoint=0x10FFFF), min_size=1, max_size=40), crisis=st.sampled_from(CRISES))
@QUIET
def test_a_crisis_on_its_own_line_is_found_in_any_company(screener: Screener, text: str, crisis: str) -> None:
    assert screener.screen(f"{text}\n{crisis}\n").level >= Level.WATCH


@given(data=st.data(), crisis=st.sampled_from(CRISES))
@QUIET
def test_invisible_characters_change_nothing(screener: Screener, data: st.DataObject, crisis: str) -> None:
    typed = "".join(letter + data.draw(st.sampled_from(["", *INVISIBLE])) for letter in crisis)
    assert screener.screen(typed).level >= screener.screen(crisis).level


@given(data=st.data(), crisis=st.sampled_from(CRISES))
@QUIET
def test_case_and_accents_never_lower_a_level(screener: Screener, data: st.DataObject, crisis: str) -> None:
    typed = "".join(
        data.draw(st.sampled_from([letter, letter.upper(), letter + "\u0301", unicodedata.normalize("NFC", letter + "\u0301")]))
        for letter in crisis
    )
    assert screener.screen(typed).level >= screener.screen(crisis).level


@given(data=st.data(), crisis=st.sampled_from(CRISES))
@QUIET
def test_look_alike_letters_never_lower_a_level(screener: Screener, data: st.DataObject, crisis: str) -> None:
    typed = "".join(
        data.draw(st.sampled_from([letter, *(one for one in LOOK_ALIKE.get(letter, "") if not one.isascii())])) for letter in crisis
    )
    assert screener.screen(typed).level >= screener.screen(crisis).level


@given(character=st.characters())
@QUIET
def test_every_code_point_folds_to_plain_text(character: str) -> None:
    assert fold_character(character).isascii()
    assert Folding({}).fold(character).isascii() or character.isascii()


def test_places_point_back_into_the_text() -> None:
    folding = Folding({"🔫": "gun"})
    text = "æ🔫\u200bK"
    folded = folding.fold(text)
    assert folding.places(text, range(len(folded))) == [0, 0, 1, 1, 1, 1, 1, 3]
    assert folding.places("plain K", [6, 0]) == [6, 0]


@pytest.mark.parametrize(
    "unit",
    ["kill ", "i want to not ", "a ", "k i l l ", "die,", "k*ll ", "x", "killmyself", "🔫", "took some of the ", "zzzqqq ", "5k1ll3 "],
)
def test_work_grows_no_faster_than_the_text(screener: Screener, unit: str) -> None:
    reading = screener.read((unit * 4096)[:4096])
    order = reading.order()
    assert len(order) <= 2 * (4096 + 2)  # a word for each character, and a pause before each
    for number, matcher in enumerate(screener._matchers):
        codes = Counted(reading.codes(number, order))
        matcher.found(codes)
        assert codes.steps <= 3 * len(order)  # what is roused, how many words there are, and one step a word


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("i j u s t h a d a s e i z u r e", "i just had a seizure"),
        ("I J U S T  T O O K  3 0  P I L L S", "i just took 30 pills"),
        ("w.e. c.a.l.l.e.d., i w4nt t.o d.i.e", "we called., i w4nt to die"),
        ("me v.o.y a m.a.t.a.r", "me voy a matar"),
        ("m e q u i e r o m o r i r", "me quiero morir"),
        ("i want to e n d i t a l l", "i want to end it all"),
        ("i w a n t  t o  e n d  i t  a l l", "i want to end it all"),
        ("i d o n t f e e l s a f e a t h o m e", "i do not feel safe at home"),
        ("v o y a a c a b a r c o n t o d o", "voy a acabar con todo"),
        ("h a p p y b i r t h d a y", "happy birthday"),
        ("plan a b c d today", "plan a b c d today"),
        ("quiz: b d a c b a d", "quiz: b d a c b a d"),
        ("i took my 1 0 m g in room 5 0 1 c 3", "i took my 1 0 m g in room 5 0 1 c 3"),
        ("it's 5 a m and I ate 2 or 3", "it's 5 a m and i ate 2 or 3"),
    ],
)
def test_what_is_spelled_out_is_read_in_words_by_the_second_opinion_too(screener: Screener, typed: str, words: str) -> None:
    assert screener.plain(typed) == words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1 w4nt 70 d13", "i want to die"),
        ("1 c4n'7 g0 0n l1k3 7h15", "i can't go on like this"),
        ("! w@nt t0 d!e", "i want to die"),
        ("m3 qu13r0 m0r1r", "me quiero morir"),
        ("i will (k)(i)(l)(l) myself", "i will kill myself"),
        ("i will k+i+l+l myself", "i will kill myself"),
        ("r00m 5 at 4pm, 30mg, b12 and h2o", "r00m 5 at 4pm, 30mg, b12 and h2o"),
        ("my son is l33t at minecraft, room 101", "my son is l33t at minecraft, room 101"),
        ("(a) or (b)? 2+2", "(a) or (b)? 2+2"),
    ],
)
def test_a_text_in_digits_and_signs_is_read_in_letters(screener: Screener, typed: str, words: str) -> None:
    assert screener.plain(typed).split() == words.split()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("i_want_to_die", "i want to die"),
        ("i - have - the - pills - here", "i have the pills here"),
        ("I...want...to...die, tonight", "i want to die, tonight"),
        ("quiero|morir|hoy|mismo", "quiero morir hoy mismo"),
        ("imgonnakillmyselftonight", "im gonna kill myself tonight"),
        ("k-i-l-l m-y-s-e-l-f", "kill myself"),
        ("K.M.S. not joking", "k.m.s. not joking"),
        ("Ate. Slept. Worked. Home.", "ate. slept. worked. home."),
        ("rate 1-10: 4, call 555-123-4567 or 988", "rate 1-10: 4, call 555-123-4567 or 988"),
        ("desafortunadamente no puedo, estoy impermeabilizando", "desafortunadamente no puedo, estoy impermeabilizando"),
    ],
)
def test_words_joined_by_marks_or_run_together_are_read_apart(screener: Screener, typed: str, words: str) -> None:
    assert screener.plain(typed).split() == words.split()


@pytest.mark.parametrize("typed", ["iwant todie", "iwant to die", "IWANT TO DIE", "ineed tokill myself", "imgoing tokill him tonight"])
def test_a_little_word_without_the_space_behind_it_is_read_apart(screener: Screener, typed: str) -> None:
    assert screener.screen(typed).level.pages


@pytest.mark.parametrize("blank", ["\u2800", "\u3164", "\uffa0", "\u00a0", "\u2003", "\u3000"])
def test_what_looks_like_a_space_is_one(screener: Screener, blank: str) -> None:
    for crisis in CRISES:
        assert screener.screen(crisis.replace(" ", blank)).rules == screener.screen(crisis).rules, crisis


@pytest.mark.parametrize("written", [str.maketrans("aeiost", "431057"), str.maketrans("aeios", "@310$"), str.maketrans("aios", "@!0$")])
def test_digits_and_signs_for_letters_never_lower_a_level(screener: Screener, written: dict[int, int]) -> None:
    for crisis in CRISES:
        assert screener.screen(crisis.translate(written)).level >= screener.screen(crisis).level, crisis


def test_what_is_read_in_letters_is_shown_as_it_was_typed(screener: Screener) -> None:
    found = screener.screen("7h3y'r3 l473, 4nd 1 w4nt 70 k1ll my53lf")
    assert (found.level, found.matched) == (Level.EMERGENCY, ("k1ll my53lf",))


@pytest.mark.parametrize("typed", ["i j u s t h a d a s e i z u r e", "i j u s t t o o k 3 0 p i l l s", "me v.o.y a m.a.t.a.r"])
def test_a_danger_spelled_out_pages_with_plain_words_around_it(screener: Screener, typed: str) -> None:
    assert screener.screen(typed, sure=True).level is Level.EMERGENCY


def test_of_a_text_only_so_many_letters_are_read_as_words(screener: Screener) -> None:
    spelled = "i t i s f i n e, " * 40
    assert screener.plain(spelled).startswith("it is fine, it is fine")
    assert screener.plain(spelled).endswith("i t i s f i n e, ")
    assert [word.text for word in screener.read(spelled).words][-3:-1] == ["n", "e"]


class Counted(list[int]):
    """Codes that count how many of them were read."""

    steps = 0

    def __iter__(self) -> Iterator[int]:
        for code in super().__iter__():
            self.steps += 1
            yield code
