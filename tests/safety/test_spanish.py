"""The Spanish lexicon: its own examples, how people type it, and what context does to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.files import overlay, parse_yaml
from bot.content.library import shipped_root
from bot.content.screening import load_screener
from bot.safety import Category, Level, Screener, check_examples

CRISIS = Path(__file__).parents[2] / "content" / "crisis"


def _read(name: str) -> dict[str, Any]:
    return parse_yaml((CRISIS / name).read_text(encoding="utf-8"), CRISIS / name)


SCREENER: Screener = load_screener(overlay((shipped_root("content"),), "."))
EXAMPLES: Mapping[str, Any] = _read("examples.es.yaml")
CORPUS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "corpus" / "first.es.yaml").read_text(encoding="utf-8"))
MATCHES = [(category, level, text) for category, levels in EXAMPLES["match"].items() for level, texts in levels.items() for text in texts]
PAGES = [text for _, level, text in MATCHES if Level(level).pages]


def test_every_example_is_screened_as_it_says() -> None:
    assert check_examples(SCREENER, EXAMPLES) == []


@pytest.mark.parametrize("category", [category.value for category in Category])
def test_every_category_has_examples_enough(category: str) -> None:
    assert sum(len(texts) for texts in EXAMPLES["match"][category].values()) >= 25
    assert sum(len(texts) for texts in EXAMPLES["near_miss"][category].values()) >= 12
    assert any(Level(level).pages for level in EXAMPLES["match"][category])


def test_no_example_stands_twice() -> None:
    texts = [text for _, _, text in MATCHES]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("text", PAGES)
def test_accents_capitals_and_marks_change_nothing(text: str) -> None:
    level = SCREENER.screen(text).level
    plain = "".join(part for part in unicodedata.normalize("NFD", text) if not unicodedata.combining(part))
    for typed in (plain, text.upper(), plain.upper(), f"¡¡{text}!!", f"  {text}...", "\u200b".join(text)):
        assert SCREENER.screen(typed).level == level, typed


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        ("kiero morirme", Level.URGENT),
        ("me kiero morir", Level.URGENT),
        ("ya no kiero vivir", Level.URGENT),
        ("lla no kiero bibir", Level.URGENT),
        ("ME QUIERO MORIR", Level.URGENT),
        ("me quieroooo moriiiir", Level.URGENT),
        ("boy a matarme", Level.EMERGENCY),
        ("me boy a matar", Level.EMERGENCY),
        ("me v0y a m4tar", Level.EMERGENCY),
        ("quiero suisidarme", Level.EMERGENCY),
        ("voy a suicdarme", Level.EMERGENCY),
        ("voy a quitarme la bida", Level.EMERGENCY),
        ("se me fue la mano con las pasti", Level.EMERGENCY),
        ("no rresponde", Level.EMERGENCY),
        ("no despierta mi ermano", Level.EMERGENCY),
        ("convulcionó", Level.EMERGENCY),
        ("m.e v.o.y a m.a.t.a.r", Level.EMERGENCY),
        ("me están golpiando", Level.EMERGENCY),
    ],
)
def test_phone_spelling_is_understood(typed: str, level: Level) -> None:
    assert SCREENER.screen(typed).level >= level


@pytest.mark.parametrize(
    ("one", "other", "one_level", "other_level"),
    [
        ("quiero morir", "no quiero morir", Level.URGENT, Level.WATCH),
        ("me quiero matar", "no me quiero matar", Level.EMERGENCY, Level.WATCH),
        ("no quiero vivir", "quiero vivir", Level.URGENT, Level.NONE),
        ("me pega", "no me pega", Level.URGENT, Level.WATCH),
        ("me tomé todas las pastillas", "no me tomé todas las pastillas", Level.EMERGENCY, Level.WATCH),
        ("intenté suicidarme anoche", "intenté suicidarme hace quince años", Level.EMERGENCY, Level.WATCH),
        ("consumí", "no consumí", Level.WATCH, Level.NONE),
        ("recaí con heroína", "recaí con unas cervezas", Level.URGENT, Level.WATCH),
        ("me muero", "me muero de risa", Level.NONE, Level.NONE),
        ("quiero morirme", "quiero morirme de la vergüenza", Level.URGENT, Level.NONE),
        ("me corté el brazo a propósito", "me corté el dedo cocinando", Level.URGENT, Level.NONE),
        ("no responde", "no responde mis mensajes", Level.EMERGENCY, Level.NONE),
        ("lo voy a matar", "voy a matar el tiempo", Level.EMERGENCY, Level.NONE),
        ("estoy con el mono", "vi un mono en el zoológico", Level.URGENT, Level.NONE),
        ("ya no puedo más", "no puedo más que agradecerles", Level.WATCH, Level.NONE),
        ("se suicidó", "se quiere suicidar", Level.WATCH, Level.URGENT),
        ("tengo ganas de beber", "tengo ganas de beber agua", Level.WATCH, Level.NONE),
        ("tiemblo desde que dejé de beber", "tiemblo de frío", Level.URGENT, Level.NONE),
        ("me tomé no sé cuántas pastillas", "no sé cuántas pastillas me tocan hoy", Level.EMERGENCY, Level.NONE),
        ("no puedo respirar", "no puedo respirar con este cubrebocas", Level.EMERGENCY, Level.NONE),
    ],
)
def test_minimal_pairs(one: str, other: str, one_level: Level, other_level: Level) -> None:
    assert (SCREENER.screen(one).level, SCREENER.screen(other).level) == (one_level, other_level)


def test_a_second_sign_raises_what_is_soft_alone() -> None:
    assert SCREENER.screen("ya no puedo más").level is Level.WATCH
    assert SCREENER.screen("ya no puedo más, nada tiene sentido").level is Level.URGENT


def test_means_and_a_time_raise_a_wish_to_die() -> None:
    assert SCREENER.screen("quiero morir").level is Level.URGENT
    assert SCREENER.screen("quiero morir y tengo una pistola").level is Level.EMERGENCY
    assert SCREENER.screen("quiero morir esta noche").level is Level.EMERGENCY


def test_withdrawal_signs_are_counted() -> None:
    assert SCREENER.screen("tengo temblores").level is Level.NONE
    assert SCREENER.screen("tengo temblores desde que dejé de beber").level is Level.URGENT
    assert SCREENER.screen("tengo temblores y taquicardia desde que dejé de beber").level is Level.EMERGENCY
    assert SCREENER.screen("tengo fiebre desde que dejé de beber").level is Level.EMERGENCY


@pytest.mark.parametrize(
    ("text", "answer", "subject"),
    [
        ("me tomé todas las pastillas", "overdose_self", "self"),
        ("mi novio no despierta", "overdose_other", "other"),
        ("me voy a matar", "suicide", "self"),
        ("mi hermano se quiere matar", "suicide", "other"),
        ("le pega a mi hijo", "child", "child"),
        ("me pega mi pareja", "abuse", "self"),
        ("lo voy a matar", "violence", "self"),
        ("me corté los brazos", "self_harm", "self"),
        ("tuve una convulsión", "withdrawal", "self"),
        ("recaí", "relapse", "self"),
        ("tengo ganas de consumir", "craving", "self"),
    ],
)
def test_the_answer_fits_who_is_in_danger(text: str, answer: str, subject: str) -> None:
    screening = SCREENER.screen(text)
    assert (screening.answer, screening.subject, screening.lang) == (answer, subject, "es")


def test_the_highest_sentence_of_a_long_message_counts() -> None:
    calm = "Hoy fui al grupo y me gustó la charla. Después comí con mi mamá. " * 20
    assert SCREENER.screen(calm).level is Level.NONE
    assert SCREENER.screen(calm + "Ya no quiero vivir. " + calm).level is Level.URGENT


def test_a_mixed_message_is_read_in_both_languages() -> None:
    assert SCREENER.screen("hey, sorry, ya no quiero vivir").level is Level.URGENT
    assert SCREENER.screen("estoy cansado, i want to kill myself").level is Level.EMERGENCY


@settings(max_examples=150, deadline=None)
@given(text=st.sampled_from(PAGES), before=st.sampled_from(["", "Hola. ", "Perdón por la hora. ", "hey "]), data=st.data())
def test_zero_width_marks_and_case_never_lower_a_level(text: str, before: str, data: st.DataObject) -> None:
    level = SCREENER.screen(text).level
    at = data.draw(st.integers(0, len(text)))
    mark = data.draw(st.sampled_from(["\u200b", "\u200d", "\u2060", "\u0336", "\ufeff"]))
    assert SCREENER.screen(before + text[:at] + mark + text[at:]).level >= level


def _paged(levels: set[Level]) -> float:
    rows = [row["text"] for row in CORPUS if Level(row["level"]) in levels]
    return sum(SCREENER.screen(text).level.pages for text in rows) / len(rows)


def test_measured_messages_do_not_get_worse() -> None:
    """The rows were mended after they were written (see the file): this holds what was reached, it measures nothing new."""
    assert _paged({Level.EMERGENCY}) >= 0.97
    assert _paged({Level.EMERGENCY, Level.URGENT}) >= 0.97
    assert _paged({Level.NONE}) <= 0.03
    assert _paged({Level.WATCH}) <= 0.15


HARMLESS = """
me duele la cabeza desde ayer; se murió mi perro y estoy triste; le pego duro a la guitarra; me tomé una selfie con mi nieto
me inyectaron la vacuna ayer; voy por mi hija a la escuela; me metí a la regadera y te escribo; me eché un clavado en la alberca
hago una raya en el calendario por cada día sobrio; no sirvo para las matemáticas; no puedo con esta tarea; escucho voces en el pasillo
la niña tiene fiebre y vómito, la llevo al doctor; mi jefe me amenazó con despedirme; me quitaron una muela
me encerré a estudiar toda la tarde
mi hijo está solo en su cuarto estudiando; se me acabó la paciencia; recaí en la gripe; me caigo de sueño; me ahogo en un vaso de agua
es mi último día de trabajo; hoy termina todo el curso; no quiero despertar a los niños; quiero descansar el fin de semana
me aventé la película completa; te disparo un café; nos dieron una paliza en el partido; me duele la muñeca izquierda; doné sangre ayer
tengo que tomar dos pastillas al día; voy bajando el clonazepam con mi psiquiatra; dejé de tomar café y tengo dolor de cabeza
me rompió el corazón; me duele el pecho de tanto reír; el chocolate es mi droga; vino mi hermana a verme; pasó el antojo, me fui a caminar
"""


@pytest.mark.parametrize("text", [text.strip() for text in HARMLESS.replace("\n", ";").split(";") if text.strip()])
def test_everyday_messages_page_nobody(text: str) -> None:
    assert not SCREENER.screen(text).level.pages
