"""Crisis lines: the shipped file and how they read in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.content.crisis import CrisisLines, Line, LinesView, load_lines
from bot.content.files import parse_yaml
from bot.errors import ContentError

FILE = Path(__file__).parents[2] / "content" / "crisis" / "lines.yaml"
LINES = load_lines(FILE, parse_yaml(FILE.read_text(encoding="utf-8"), FILE))
CODES = {"US": "+1", "CA": "+1", "GB": "+44", "IE": "+353", "AU": "+61", "MX": "+52", "ES": "+34"}
SHORT = {  # who else may dial the same short number
    "US": {"911", "988", "741741", "435748", "88788"},
    "CA": {"911", "988"},
    "GB": {"999", "111", "116123", "85258"},
    "IE": {"112", "999", "116123", "50808"},
    "AU": {"000"},
    "MX": {"911"},
    "ES": {"112", "024", "016"},
}
ALL = [(country, key, line) for country, lines in LINES.items() for key, some in lines.lines.items() for line in some]


def test_every_country_of_the_fact_base_has_an_emergency_number_and_a_crisis_line() -> None:
    assert set(LINES) == set(CODES)
    for lines in LINES.values():
        assert lines.lines["emergency"]
        assert lines.lines["crisis_voice"]


@pytest.mark.parametrize(("country", "key", "line"), ALL, ids=[f"{country}-{key}-{line.number}" for country, key, line in ALL])
def test_a_number_is_its_own_countrys(country: str, key: str, line: Line) -> None:
    if line.tel.startswith("+"):
        assert line.tel.startswith(CODES[country])
        longer = [code for other, code in CODES.items() if other != country and len(code) > len(CODES[country])]
        assert not any(line.tel.startswith(code) for code in longer)
    else:
        assert line.tel in SHORT[country]
    assert line.verified_on is None  # nobody has dialled it


def test_no_long_number_stands_under_two_countries() -> None:
    places: dict[str, set[str]] = {}
    for country, _, line in ALL:
        if line.tel.startswith("+"):
            places.setdefault(line.tel, set()).add(country)
    assert all(len(countries) == 1 for countries in places.values())


@pytest.mark.parametrize(("country", "key", "line"), ALL, ids=[f"{country}-{key}-{line.number}" for country, key, line in ALL])
def test_every_wording_names_the_number_that_the_phone_dials(country: str, key: str, line: Line) -> None:
    tail = line.tel.removeprefix(CODES[country])
    assert tail.lstrip("0") in re.sub(r"\D", "", line.number).lstrip("0")
    for words in line.label.values():
        assert tail in re.sub(r"\D", "", words)


@pytest.mark.parametrize("country", LINES)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_contact_card_holds_what_a_phone_dials_and_a_name(country: str, lang: str) -> None:
    for key in ("emergency", "crisis_voice"):
        card = LINES[country].card(key, lang)
        assert card is not None
        assert re.fullmatch(r"\+?\d+", card[0])
        assert len(card[1]) >= 8
    assert LINES[country].view(lang).emergency


def test_no_card_for_help_at_home_says_what_it_is_for() -> None:
    for _country, key, line in ALL:
        if key in {"dv", "sexual_assault"}:
            assert not re.search("viol|assault|abus|dom|sex", " ".join(line.card.values()), re.IGNORECASE)


@pytest.mark.parametrize(
    ("country", "lang", "emergency", "crisis"),
    [
        ("US", "en", "911", "988 (call or text)"),
        ("US", "es", "911", "988 (oprima 2)"),
        ("CA", "en", "911", "988 (call or text)"),
        ("CA", "es", "911", "988 (llamada o mensaje)"),
        ("GB", "en", "999", "116 123, or text SHOUT to 85258"),
        ("IE", "en", "112 or 999", "116 123, or text 50808"),
        ("IE", "es", "112 o 999", "116 123, o mande un mensaje al 50808"),
        ("AU", "en", "000", "13 11 14"),
        ("MX", "es", "911", "+52-800-911-2000"),
        ("ES", "es", "112", "024"),
    ],
)
def test_the_words_stand_in_a_sentence(country: str, lang: str, emergency: str, crisis: str) -> None:
    view = LINES[country].view(lang)
    assert (view.emergency, view.crisis) == (emergency, crisis)


def test_a_country_without_lines_has_no_words_and_no_card() -> None:
    nowhere = CrisisLines(country="FR")
    assert nowhere.view("en") == nowhere.view("es") == LinesView()
    assert nowhere.card("emergency", "en") is None


def test_an_unknown_language_reads_english() -> None:
    assert LINES["US"].view("und") == LINES["US"].view("en")


def test_words_are_plain_text() -> None:
    for country in LINES.values():
        for lang in ("en", "es"):
            view = country.view(lang)
            for name in LinesView.__dataclass_fields__:
                assert not set(getattr(view, name)) & set("<>&{}\n")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"tel": "8005551234"}, "tel"),  # long without a country's code: a phone abroad would ring someone else
        ({"tel": "call us"}, "tel"),
        ({"label": {"en": "<b>911</b>"}}, "label"),
        ({"label": {}}, "label"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_broken_line_is_named(change: dict[str, object], where: str) -> None:
    line = {"number": "911", "tel": "911", "label": {"en": "911"}, **change}
    with pytest.raises(ContentError) as error:
        load_lines(FILE, {"countries": {"US": {"lines": {"emergency": [line]}}}})
    assert error.value.key.startswith("countries.US.lines.emergency.0")
    assert where in error.value.key


@pytest.mark.parametrize(
    "document",
    [None, {}, {"countries": {"US": None}}, {"countries": {"US": {"lines": {}}}}, {"countries": {"US": {"lines": {"fire": []}}}}],
)
def test_a_file_without_countries_or_emergency_is_refused(document: object) -> None:
    with pytest.raises(ContentError):
        load_lines(FILE, document)


def test_the_file_can_be_read_by_any_yaml_reader() -> None:
    """Numbers stay texts: 000 and 024 are not 0 and 20."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert document["countries"]["AU"]["lines"]["emergency"][0]["tel"] == "000"
    assert document["countries"]["ES"]["lines"]["crisis_voice"][0]["label"]["es"] == "024"
