"""Letters without the spaces between words: run together, or spelled out one by one. Read as the row of words that is least far-fetched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Set

from .normalise import leet_readings

MAX_SPELLED = 128  # letters of one text that stand alone and are read as words
IMPOSSIBLE = 10**6
PLAIN = 5  # tenths of a word for each letter: so far-fetched may letters be that are read as plain words
MOST_DIGITS = 3  # one of so many letters at most is a digit that stands for a letter
_LETTERS = re.compile(r"(?<![a-z0-9'])[a-z0-9](?:[^a-z0-9',;:\n]{1,3}[a-z0-9](?![a-z0-9'])){3,}")
_RUN = re.compile(r"(?<![a-z0-9'])[a-z0-9][a-z0-9']{15,}(?![a-z0-9'])")
RUN_WORDS = 4  # run together: fewer may be one that is not listed
_WIDE = re.compile(r"\s{2,}|\.\s|\s[-/|]\s")
_NO_LETTERS = re.compile(r"[^a-z0-9]")
# A digit or sign where a letter should be: inside a word or at its head. Then the words that may be written so.
_SIGN = re.compile(r"[0-9@$!|]")  # without one of which nothing below is found: most texts have none
_DRESSED = re.compile(r"[a-z][0-9@$!|][a-z]|(?<![a-z0-9])[01345790@$!|][a-z]")
_WORD = re.compile(r"[a-z0-9@$!|+]+(?:'[a-z0-9@$!|+]+)?")
_APART = re.compile(r"(?<![a-z0-9)])(?:\([a-z0-9]\)){3,}|(?<![a-z0-9])[a-z](?:\+[a-z](?![a-z0-9])){2,}")
_BETWEEN = str.maketrans("()+", "   ")
JOINTS = "-._/|~*+=\\"  # what people put between words in place of spaces, or beside them
JOINED, JOINED_SHARE = 3, 4  # so many gaps are joined at least, and all but one of so many
_GAP = re.compile(r"(?<=[a-z0-9'])(?:\s*([-_/|~*+=\\]|\.(?=\S))\1*\s*|\s+)(?=[a-z0-9'])")
_DOTS = re.compile(r"\.{2,}|\.(?=\S)")  # one before a space ends a sentence
DRESSED_WORDS, DRESSED_SHARE = 2, 4  # a text is written in digits and signs when so many of its words are: one of so many


def unjoined(folded: str) -> str:
    """A folded text, letter for letter, with spaces where nearly all words are joined by one and the same mark: "i_want_to_die".

    Single letters stay as they are: there the marks stand between letters, and the spaces between words.
    """
    spaces = folded.count(" ")
    for mark in JOINTS:
        if folded.count(mark) >= JOINED and folded.count(mark) * JOINED_SHARE > spaces:  # of most texts nothing more is looked at
            return _unjoined(folded)
    return folded


def _unjoined(folded: str) -> str:
    gaps = _GAP.findall(folded)
    mark, joined = Counter(filter(None, gaps)).most_common(1)[0] if any(gaps) else ("", 0)
    if joined < JOINED or (len(gaps) - joined) * JOINED_SHARE > len(gaps) or sum(map(str.isalnum, folded)) < 2 * len(gaps):
        return folded
    return _undotted(folded) if mark == "." else folded.replace(mark, " ")


def _undotted(folded: str) -> str:
    """With spaces for dots; with line breaks for more of them than most gaps have: there a sentence may end, "so.sorry..so.much.blood"."""
    usual = Counter(map(len, _DOTS.findall(folded))).most_common(1)[0][0]
    return _DOTS.sub(lambda run: ("\n" if len(run[0]) > usual else " ") + " " * (len(run[0]) - 1), folded)


class Letters:
    """Cuts letters into words.

    Args:
        listed: every word that is known.
        strong: those of them that tell a crisis.
        common: frequent ones.
        spelling: typed word -> words meant.
    """

    def __init__(self, listed: Set[str], strong: frozenset[str], common: frozenset[str], spelling: Mapping[str, tuple[str, ...]]) -> None:
        self._listed, self._strong, self._common, self._spelling = listed, strong, common, spelling

    def cut(self, glued: str, least: int, *, spelled: bool = False) -> tuple[int, tuple[str, ...]] | None:
        """Words run together, cut into words of the lexicon with at least one strong one; None when they cannot be.

        Args:
            least: letters of a strong word.
            spelled: letter by letter; then numbers and words that are not listed may stand among them, and plain words need no strong one.

        Returns:
            How far-fetched it is, and the words.
        """
        size = len(glued)
        costs, came = [0] + [IMPOSSIBLE] * size, [0] * (size + 1)
        for start in range(size):
            so_far = costs[start]
            if so_far >= IMPOSSIBLE:
                continue
            for end in range(start + 1, min(size, start + 16) + 1):
                part = glued[start:end]
                letters = end - start
                if part in self._listed and (letters > 1 or part in "aiyou"):
                    cost = so_far + (self._far_fetched(part) if spelled else 3 if letters < 3 else 1)
                elif spelled:
                    cost = so_far + (10 if part.isdecimal() else 40 + 10 * letters)
                else:
                    continue
                if cost < costs[end]:
                    costs[end], came[end] = cost, start
        if costs[size] >= IMPOSSIBLE:
            return None
        parts: list[str] = []
        while size:
            parts.append(glued[came[size] : size])
            size = came[size]
        parts.reverse()
        if any(part in self._strong and len(part) >= least for part in parts) or (spelled and costs[-1] <= PLAIN * len(glued)):
            return costs[-1], tuple(parts)
        return None

    def undressed(self, folded: str) -> str | None:
        """A folded text, letter for letter, in which digits and signs are the letters that they stand for; None where it is not written so.

        "1 w4nt 70 d13": when many of its words are written that way, what looks like a number is a word too.
        """
        out = _APART.sub(lambda row: row[0].translate(_BETWEEN), folded) if "(" in folded or "+" in folded else folded
        if _SIGN.search(out) and _DRESSED.search(out):
            words = _WORD.findall(out)
            dressed = sum([not word.isalpha() and not word.isdecimal() and self._meant(word) in self._listed for word in words])
            if dressed >= DRESSED_WORDS and dressed * DRESSED_SHARE >= len(words):
                out = _WORD.sub(lambda word: self._read(word[0]), out)
        return None if out == folded else out

    def _meant(self, word: str) -> str:
        """The letters that a word with digits and signs is written for: those of a word that is known, where there is one."""
        bare = word.rstrip("!")
        ways = leet_readings(bare)
        return next((way for way in ways if way in self._listed), ways[0]) + word[len(bare) :]

    def _read(self, word: str) -> str:
        if word == "!":
            return "i"
        if word.isalpha():
            return word
        meant = self._meant(word)
        return meant if word in "14" or meant in self._common or not word.isdecimal() else word

    def spelled(self, letters: str) -> tuple[str, ...]:
        """The words that letters spell; none where nothing of the lexicon is among them."""
        if letters in self._spelling:
            return (letters,)
        ways = [letters]
        if letters.isalnum() and not letters.isalpha() and sum(map(str.isdigit, letters)) * MOST_DIGITS <= len(letters):
            ways += leet_readings(letters)
        cuts = [found for way in dict.fromkeys(ways) if (found := self.cut(way, least=3, spelled=True))]
        return min(cuts, default=(0, ()))[1]

    def _far_fetched(self, listed: str) -> int:
        """How far-fetched it is to read some letters as a listed word, in tenths of a frequent one."""
        if len(listed) == 1:
            return 12 if listed in "aiy" else 30
        misspelt = 20 * (listed in self._spelling)
        if listed in self._common:
            return 10 + misspelt
        return 20 - 5 * (listed in self._strong) + 15 * (len(listed) < 4) + misspelt

    def closed_up(self, folded: str) -> str:
        """A folded text in which what is spelled out letter by letter, or without any spaces, is written in words."""
        left = MAX_SPELLED

        def apart(run: re.Match[str]) -> str:
            nonlocal left
            typed = run[0]
            if typed in self._listed or len(typed) > left:
                return typed
            left -= len(typed)
            found = self.cut(typed.replace("'", ""), least=IMPOSSIBLE, spelled=True)  # plain words, or it is one that is not listed
            return " ".join(found[1]) if found and len(found[1]) >= RUN_WORDS else typed

        def words(letters: re.Match[str]) -> str:
            nonlocal left
            groups = [_NO_LETTERS.sub("", group) for group in _WIDE.split(letters[0])]
            wide = len(groups) > 1 and max(map(len, groups)) > 1  # wider gaps stand between words
            out: list[str] = []
            for spelled in groups if wide else ["".join(groups)]:
                parts = self.spelled(spelled) if len(spelled) <= left else ()
                left -= len(spelled)
                for part in parts:
                    out += self._spelling.get(part, (part,))
                if wide and not parts:
                    out.append(spelled)
            return " ".join(out) or letters[0]

        return _RUN.sub(apart, _LETTERS.sub(words, folded))
