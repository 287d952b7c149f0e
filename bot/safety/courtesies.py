"""Sentences that only greet, thank or call: what stands beside them is read without them too, since they explain nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_READ = 280  # characters of a text: in a longer one a greeting weighs nothing
LONGEST = 60  # characters of a sentence that may be one
_ENDS = ".!?;\n"  # of sentences
_BREAK, _SENTENCE = re.compile(f"[{_ENDS}]"), re.compile(f"[^{_ENDS}]+")
_AROUND = ' \t,:"()*~-'


class Courtesies:
    """The sentences that are nothing else.

    Args:
        phrases: of one or more words, in plain small letters; a sentence may have several, and stretch their last letters.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        ways = [_stretched(one) for one in sorted(phrases, key=len, reverse=True)]
        self._all = re.compile(rf"(?:(?:{'|'.join(ways)})(?![a-z0-9])[^a-z0-9]*)+") if ways else None

    def are(self, folded: str) -> bool:
        """Whether a sentence in plain letters is courtesies and nothing else."""
        if len(folded) > LONGEST or self._all is None:
            return False
        plain = folded.replace("'", "").strip(_AROUND)
        return self._all.fullmatch(plain) is not None

    def blanked(self, folded: str) -> str:
        """A text in plain letters, letter for letter, with spaces for such sentences; as it is where there are none, or no others."""
        if len(folded) > MAX_READ or not _BREAK.search(folded.rstrip(_ENDS)):
            return folded
        out = _SENTENCE.sub(lambda one: " " * len(one[0]) if self.are(one[0]) else one[0], folded)
        return out if any(map(str.isalnum, out)) else folded


def _stretched(phrase: str) -> str:
    """What a phrase may look like: "heyyy", "hii there"."""
    return r"[^a-z0-9]+".join(f"{re.escape(word)}{re.escape(word[-1])}*" for word in phrase.replace("'", "").split())
