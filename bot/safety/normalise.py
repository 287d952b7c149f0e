"""From what a phone sends to plain lower-case letters: one table, one pass, one code point at a time.

Every code point folds by itself (no context), so the folded text of a message is the folded text of its characters put together. That is
what makes zero-width characters, accents, case and look-alikes unable to change a screening, and lets a match be shown as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from .look_alikes import ALIKE

_LOOK_ALIKES = {one: letter for letter, ones in ALIKE.items() for one in ones}
_LOOK_ALIKES = (
    {one.lower(): letter for one, letter in _LOOK_ALIKES.items()}
    | {one.upper(): letter for one, letter in _LOOK_ALIKES.items()}
    | _LOOK_ALIKES
)
_LOOK_ALIKES |= {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ß": "ss", "ð": "d", "þ": "th"}
_LOOK_ALIKES |= {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "ʹ": "'", "′": "'", "＇": "'", "‛": "'"}
_LOOK_ALIKES |= {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": '"', "›": '"', "〝": '"', "〞": '"'}
_LOOK_ALIKES |= {"…": "..", "¿": " ", "¡": "!", "¦": "|"}
_LOOK_ALIKES |= {"\u2800": " ", "\u3164": " ", "\uffa0": " "}  # empty, and as wide as a letter
_LOOK_ALIKES |= {"\u2028": "\n", "\u2029": "\n", "\r": "\n", "。": ".", "、": ",", "！": "!", "？": "?"}
_NAMED = re.compile(r"(?:LATIN|INDICATOR SYMBOL|MODIFIER) .*?\b([A-Z])(?: WITH .+)?$")  # the letter in the name of a character
_GONE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\ufffc")  # invisible, though Unicode calls them letters or symbols
_DROPPED = frozenset({"Mn", "Me", "Cf", "Sk"})
_NAMES = frozenset({"Lu", "Ll", "Lm", "So"})  # the kinds whose names may be of a Latin letter: most of Unicode is of none of them
_CASED = frozenset({"Lu", "Ll", "Lt", "Nl"})  # a small letter of these may be one that is read
_SPACED = frozenset(" \t\n!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def fold_character(character: str) -> str:
    """One character as plain lower-case text: a letter, several (ligatures), a space, or nothing (marks, invisible characters)."""
    if "a" <= character <= "z":
        return character
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    if character in _GONE:
        return ""
    kind = unicodedata.category(character)
    if kind in _DROPPED and character not in "^`":
        return ""
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind in _NAMES:
        named = _NAMED.search(unicodedata.name(character, ""))
        if named:
            return named[1].lower()
    if kind not in _CASED and not character.isascii() and not unicodedata.decomposition(character):
        return " "
    plain = unicodedata.normalize("NFKD", character)
    if len(plain) > 4:  # whole Arabic or Japanese phrases in one code point: nothing this lexicon reads
        return " "
    out = []
    for part in plain:
        for piece in _LOOK_ALIKES.get(part, part).lower():
            low = _LOOK_ALIKES.get(piece, piece)
            if low.isascii():
                out.append(low if low.isalnum() or low in _SPACED or len(low) > 1 else " ")
            elif unicodedata.category(low) not in {"Mn", "Me", "Cf"}:
                out.append(" ")
    return "".join(out)


# The large scripts that nothing here reads: each is a space, and asked about at every character. From, to, from, to ...
_UNREAD = (0x3400, 0xA4D0, 0xAC00, 0xD7A4, 0xE000, 0xF900, 0x12000, 0x13430, 0x13460, 0x16100, 0x17000, 0x1BC00, 0x20000, 0xE0000)


def _is_unread(code: int) -> bool:
    return bool(bisect_right(_UNREAD, code) & 1)


MAX_FOLDED = 2_000  # that are read as a space: most of Unicode is


class Folding(dict[int, str]):
    """A table for ``str.translate`` that fills itself: code point -> plain text. Emoji become words of the lexicon."""

    def __init__(self, emoji: Mapping[str, str]) -> None:
        super().__init__()
        for picture, word in emoji.items():
            self[ord(picture[0])] = f" {word} "
        self.update((ord(one), plain) for one, plain in _LOOK_ALIKES.items() if _is_unread(ord(one)))

    def __missing__(self, code: int) -> str:
        if _is_unread(code):
            return " "
        plain = fold_character(chr(code))
        if plain != " " or len(self) < MAX_FOLDED:  # nobody fills the memory with all of Unicode, nor makes what is frequent slow by it
            self[code] = plain
        return plain

    def fold(self, text: str) -> str:
        """The whole text in plain lower-case letters, digits, spaces and ASCII punctuation."""
        return text.lower() if self._is_plain(text) else text.translate(self)

    @staticmethod
    def _is_plain(text: str) -> bool:
        """Whether each character is itself, or its small letter."""
        return text.isascii() and "`" not in text and "\r" not in text

    def places(self, text: str, folded: Sequence[int]) -> list[int]:
        """The index in ``text`` that each of some places in its folded text came from."""
        if self._is_plain(text):
            return list(folded)
        codes = memoryview(text.encode("utf-32-le", "surrogatepass")).cast("I")
        ends = list(accumulate(map(len, map(self.__getitem__, codes))))
        return [bisect_right(ends, place) for place in folded]


# One word with what people put inside it (apostrophes, leetspeak, censoring), or one mark that ends or divides a sentence. Each way begins
# with the characters that it can begin with, and plain words come first: most ways are then left out without a try.
_INSIDE = r"(?:['@$!*|+]+[a-z0-9]+)*(?:(?<![a-z0-9]{3})\*{2,}(?![a-z0-9]))?"
RAW = re.compile(
    r"[a-z0-9]++(?!['@$!*|+])"
    rf"|[a-z0-9]+{_INSIDE}"
    rf"|[$@*](?<![$@*][$@*])[$@*]*[a-z0-9]+{_INSIDE}"
    r"|\.\.+|\.(?=\s|$|\")|[!?;\n,:\"()]|'(?<![a-z0-9]')(?=[a-z])|'(?<=[a-z.!?]')(?![a-z0-9])|-(?<=[ \t]-)-*\s"
)
HARD_BREAKS = frozenset(".!?;\n")

_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "!": "i", "|": "l", "+": "t"}
)
_LEET_L = str.maketrans(
    {"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "!": "l", "|": "i", "+": "t"}
)
_STRETCH = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"(.)\1+")


def leet_readings(word: str) -> tuple[str, str]:
    """A word written with digits and signs for letters, read with 1 and ! as i, and as l."""
    return word.translate(_LEET), word.translate(_LEET_L)


def shortened(word: str) -> tuple[str, ...]:
    """Readings of a word with stretched letters: runs of three or more as two or one, then every double letter as one."""
    readings = [_DOUBLE.sub(r"\1", word)] if _DOUBLE.search(word) else []
    if _STRETCH.search(word):
        readings[:0] = [_STRETCH.sub(r"\1\1", word), _STRETCH.sub(r"\1", word)]
    return tuple(readings)


_SOUNDS = (
    (re.compile(r"qu(?=[ei])|q|k|c(?![eih])"), "k"),
    (re.compile(r"z|c(?=[ei])|ss|sc(?=[ei])"), "s"),
    (re.compile(r"v|w"), "b"),
    (re.compile(r"ll"), "y"),
    (re.compile(r"(?<!c)h"), ""),
    (re.compile(r"g(?=[ei])|x"), "j"),
)


def spanish_sound(word: str) -> str:
    """How a word sounds in Latin American Spanish: kiero and quiero, boy and voy, suisidarme and suicidarme fall together."""
    for sound, letter in _SOUNDS:
        word = sound.sub(letter, word)
    return _DOUBLE.sub(r"\1", word)


def spanish_sounds(words: Sequence[str]) -> list[str]:
    """``spanish_sound`` of many words, each in letters only, at once."""
    return spanish_sound("\n".join(words)).split("\n") if words else []
