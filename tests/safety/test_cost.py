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


def test_all_of_unicode_fills_no_memory_and_leaves_letters_at_hand() -> None:
    folding = Folding({"🔫": "gun"})
    everything = "".join(chr(code) for code in range(0x20, 0x30000) if not 0xD800 <= code < 0xE000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        folded = folding.fold(everything)
        kept = tracemalloc.get_traced_memory()[0] - before - len(folded)
    finally:
        tracemalloc.stop()
    assert kept < 2e6
    assert folded.replace(" gun ", "") == "".join(map(fold_character, everything.replace("🔫", "")))
    assert folding.fold("ｋｉｌｌ ｍ𝓎ѕeļf") == "kill myself"
    assert {ord(letter) for letter in "ｋｉｌｍ𝓎ѕļ"} <= set(folding)  # met last, kept all the same
