"""The check-in's content and the measures: what loads, and what a broken file says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.content.checkin import load_checkin
from bot.content.library import shipped_root
from bot.content.measures import load_measures
from bot.errors import ContentError
from tests.world import content

SHIPPED = shipped_root("content")
# CLINICAL.md 2.6: word for word.
ASQ = (
    "In the past few weeks, have you wished you were dead?",
    "In the past few weeks, have you felt that you or your family would be better off if you were dead?",
    "In the past week, have you been having thoughts about killing yourself?",
    "Have you ever tried to kill yourself?",
    "Are you having thoughts of killing yourself right now?",
)


def overlaid(folder: Path, name: str, change: dict[str, object]) -> tuple[Path, Path]:
    """The shipped folder, and a clinic's over it whose file differs in these keys (None: taken out)."""
    document = yaml.safe_load((SHIPPED / name).read_text("utf-8")) | change
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}), "utf-8")
    return SHIPPED, folder


def test_the_asq_stands_word_for_word_with_credit_and_in_english_alone() -> None:
    asq = content().measures["asq"]
    assert tuple(item.text["en"] for item in asq.items) == ASQ
    assert "NIMH" in asq.credit
    assert asq.speaks("en") and not asq.speaks("es")


def test_a_clinic_with_the_official_spanish_text_may_add_it(tmp_path: Path) -> None:
    items = [{"key": f"q{n}", "text": {"en": text, "es": f"(texto oficial {n})"}} for n, text in enumerate(ASQ, 1)]
    assert load_measures(overlaid(tmp_path, "measures/asq.yaml", {"items": items}))["asq"].speaks("es")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"credit": None}, "credit"),
        ({"id": "other"}, "id"),
        ({"items": [{"key": "q1", "text": {"en": "One?"}}]}, "items"),
        ({"items": [{"key": "q1", "text": {"en": "One?"}}, {"key": "q2", "text": {"es": "¿Dos?"}}]}, "q2"),
        ({"wording": "mine"}, "wording"),
    ],
)
def test_a_broken_measure_names_file_and_place(tmp_path: Path, change: dict[str, object], where: str) -> None:
    with pytest.raises(ContentError) as error:
        load_measures(overlaid(tmp_path, "measures/asq.yaml", change))
    assert "asq.yaml" in error.value.file and where in f"{error.value.key} {error.value.why}"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"sleep_hours": [7, 30]}, "sleep_hours"),
        ({"halt": []}, "halt"),
        ({"skills": [{"when": "halt", "triggers": ["craving"]}]}, "skills"),
        ({"skills": [{"when": "craving", "triggers": ["craving"]}]}, "least"),
        ({"skills": [{"when": "use", "triggers": ["nothing we know"]}]}, "skills"),
    ],
)
def test_a_broken_check_in_file_names_file_and_place(tmp_path: Path, change: dict[str, object], where: str) -> None:
    with pytest.raises(ContentError) as error:
        load_checkin(overlaid(tmp_path, "checkin.yaml", change))
    assert "checkin.yaml" in error.value.file and where in f"{error.value.key} {error.value.why}"
