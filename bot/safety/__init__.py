"""Crisis screening: explainable rules over a lexicon that clinicians edit. Pure: no files,
no clock, no network, nothing of ours imported.
"""

from .build import build_screener
from .examples import check_examples
from .levels import Category, Level, highest
from .lexicon import Entry
from .notation import LexiconError
from .screen import Screener, Screening

__all__ = ["Category", "Entry", "Level", "LexiconError", "Screener", "Screening", "build_screener", "check_examples", "highest"]
