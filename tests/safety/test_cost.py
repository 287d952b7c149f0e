"""What the screen may hold in memory: as built from the shipped lexicons, and after many messages of every kind."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import yaml

from bot.content.files import LANGS, parse_yaml
from bot.safety.build import build_screener
from bot.safety.normalise import Folding, fold_character

CRISIS = Path(__file__).resolve().parents[2] / "content" / "crisis"
BUILT, USED = 20e6, 8e6  # bytes


def test_the_lexicons_stay_small_in_memory() -> None:
    files = {lang: CRISIS / f"lexicon.{lang}.yaml" for lang in LANGS}
    documents = {lang: parse_yaml(path.read_text(encoding="utf-8"), path) for lang, path in files.items()}
    signs = parse_yaml((CRISIS / "signs.yaml").read_text(encoding="utf-8"), CRISIS / "signs.yaml")
    texts = [
        text
        for lang in LANGS
        for levels in yaml.safe_load((CRISIS / f"examples.{lang}.yaml").read_text(encoding="utf-8")).values()
        for by_level in levels.values()
        for rows in by_level.values()
        for text in map(str, rows)
    ]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        screener = build_screener(documents, "test", signs)
        gc.collect()
        built = tracemalloc.get_traced_memory()[0]
        for text in texts[::4]:
            screener.screen(text)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert built - before < BUILT
    assert used - built < USED


def test_all_of_unicode_does_not_fill_the_memory() -> None:
    folding = Folding({"🔫": "gun"})
    everything = "".join(chr(code) for code in range(0x20, 0x30000) if not 0xD800 <= code < 0xE000)
    folded = folding.fold(everything)
    assert len(folding) < 5_000
    assert folded.replace(" gun ", "") == "".join(map(fold_character, everything.replace("🔫", "")))
