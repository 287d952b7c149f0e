"""What a typed word means: listed ones at once; contractions, phone spelling, leetspeak, words run together and typos when one is met."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from .letters import Letters
from .lexicon import Speech
from .matcher import Matcher
from .normalise import leet_readings, shortened, spanish_sound, spanish_sounds
from .notation import EDGE, MANY, NUMBER, count_word
from .reading import Word
from .signs import Signs
from .slips import SWAPPED, Slips, swapped

MAX_REPAIRED = 32  # letters of a word that is mended
MAX_RESOLVED = 2_000  # words that were looked into are kept at hand, so that what many people type is mended once
GLUED_SPANISH = frozenset({"me", "no", "se", "lo", "la", "te", "ya", "mi", "le", "yo", "al", "con", "por", "mas", "que", "muy"})
GLUED_ENGLISH = ("i", "to", "im", "my", "dont", "cant")
MOST_CAPITALS = 4  # of a word's i that may be the capital letter, which looks like an l
_SIGNS = re.compile(r"[@$!|+*]")
_AMOUNT = re.compile(r"(\d+)([a-z]+)")


class Vocabulary:
    """Every word that the screen knows, and what unknown ones most likely are.

    Args:
        matchers: in the order of ``Word.codes``; what they keep only for building this is let go of.
        speech: how people write these languages.
        signs: what words say by themselves.
    """

    def __init__(self, matchers: Sequence[Matcher], speech: Speech, signs: Signs) -> None:
        self._matchers = matchers
        self._speech = speech
        self._signs = signs
        self._number = self.word(NUMBER)
        self._many = self.word(MANY)
        vocabulary: set[str] = set().union(*(matcher.words for matcher in matchers)) - {EDGE, NUMBER, MANY}
        common = frozenset[str]().union(*speech.common.values())
        # What is not repaired: the words that are meant, or, where one stands for itself, whether it is known. (False: it only looks like
        # a crisis word mistyped.) Most of them are never typed, so their codes are looked up when one is.
        self._listed: dict[str, bool | tuple[str, ...]] = dict.fromkeys(speech.keep, False)
        self._listed |= dict.fromkeys(vocabulary | common | signs.vocabulary, True)
        for words in (speech.negators, speech.bridges, speech.linkers, speech.myself, speech.others):
            self._listed |= dict.fromkeys(words, True)
        self._met: dict[str, tuple[Word, ...]] = {}
        self.plain: dict[str, Word] = {}  # of those that were met, the ones that are one word whatever stands around them
        self._resolved: dict[str, tuple[Word, ...]] = {}  # says what a word is, never who wrote it
        self.pairs: dict[str, dict[str, tuple[Word, ...]]] = defaultdict(dict)  # "my self": second word -> first -> what is meant
        for typed, meant in speech.spelling.items():
            if " " in typed:
                first, second = typed.split()
                self.pairs[second][first] = tuple(self.word(word) for word in meant)
                for word in (first, second):
                    self._listed.setdefault(word, True)
                continue
            self._listed[typed] = tuple(word for word in meant if word not in speech.fillers)
        self._listed |= dict.fromkeys(speech.fillers, ())
        anchors: set[str] = set().union(*(matcher.anchors for matcher in matchers))
        self.strong = frozenset(word for word in anchors & vocabulary - common if len(word) >= 3)
        self.letters = Letters(self._listed.keys(), self.strong, common, speech.spelling)
        rank: Counter[str] = Counter()
        for matcher in matchers:
            rank |= matcher.targets
            matcher.targets.clear()
            matcher.anchors.clear()
        spanish = speech.common.get("es", frozenset()).union(*(matcher.words for matcher in matchers[1:]))
        self._spanish = spanish | {typed for typed, meant in speech.spelling.items() if meant and set(meant) <= spanish}
        self._english = frozenset(word for word in speech.common.get("en", ()) if len(word) >= 4) | self.strong.intersection(
            *(matcher.words for matcher in matchers[:1])
        )
        targets = vocabulary & rank.keys()
        self._slips = Slips((targets - common) | signs.telling, self.strong, rank)
        self._frequent = frozenset(word for word in common if len(word) >= SWAPPED)
        sounding = sorted(word for word in targets | speech.spelling.keys() if len(word) >= 4)
        self._sounds = dict(zip(reversed(spanish_sounds(sounding)), reversed(sounding), strict=True))

    def word(self, text: str, *, known: bool = True) -> Word:
        """A word as it is written."""
        codes = tuple(matcher.code(text) for matcher in self._matchers)
        wakes = sum(1 << number for number, matcher in enumerate(self._matchers) if matcher.wakes(codes[number]))
        tongues = [lang for lang, words in self._speech.common.items() if text in words]
        return Word(text, codes, wakes, self._signs.mark(text), tongues[0] if len(tongues) == 1 else "", known)

    def _means(self, listed: str) -> tuple[Word, ...]:
        """What a listed word means."""
        found = self._met.get(listed)
        if found is None:
            meant = self._listed[listed]
            found = (self.word(listed, known=meant),) if isinstance(meant, bool) else tuple(map(self.word, meant))
            self._met[listed] = found
            if len(found) == 1 and found[0].known and len(listed) > 1 and listed not in self.pairs:
                self.plain[listed] = found[0]
        return found

    def look(self, typed: str) -> tuple[Word, ...] | None:
        """What a listed word means, which may be nothing; None when it is not listed."""
        found = self._met.get(typed)
        return self._means(typed) if found is None and typed in self._listed else found

    def _count(self, digits: str) -> Word:
        return self._many if count_word(digits) == MANY else self._number

    def meant(self, parts: Iterable[str]) -> tuple[Word, ...]:
        """What the parts of something cut mean."""
        words: list[Word] = []
        for part in parts:
            known = self.look(part)
            if known is not None:
                words += known
            else:
                words.append(self._count(part) if part.isdecimal() else self.word(part, known=False))
        return tuple(words)

    def resolve(self, typed: str) -> tuple[Word, ...]:
        """What an unknown word most likely means; itself when nothing of the lexicon is near."""
        words = self._resolved.get(typed)
        if words is not None:
            return words
        words = self._read_anew(typed)
        if len(typed) <= MAX_REPAIRED:
            if len(self._resolved) >= MAX_RESOLVED:
                self._resolved.clear()
            self._resolved[typed] = words
        return words

    def _read_anew(self, typed: str) -> tuple[Word, ...]:
        listed, means = self._listed, self._means
        if len(typed) > 2 * MAX_REPAIRED:
            return (self.word(typed, known=False),)
        if typed.isdecimal():
            return (self._count(typed),)
        if "'" in typed:
            whole = typed.replace("'", "")
            if whole in listed:
                return means(whole)
            stem = typed.split("'")[0]
            if typed.endswith("'s") and stem:
                return self.look(stem) or self._read_anew(stem)
            return self._read_anew(whole) if whole.isalnum() else self._parted(whole)
        if not typed.isalpha():
            return self._written_in_signs(typed)
        if len(typed) > MAX_REPAIRED:
            return self._whole_or_cut(typed)
        seen = self._as_it_looks(typed) if "ii" in typed else None
        if seen and ("iii" not in typed or seen in self.strong):  # otherwise it may be an i drawn out
            return means(seen)
        for reading in shortened(typed):
            if reading in listed:
                return means(reading)
        if seen:
            return means(seen)
        if any(matcher.begins(typed) for matcher in self._matchers):
            return (self.word(typed),)
        if typed.endswith("in") and typed + "g" in listed:
            return means(typed + "g")
        for close in shortened(typed):
            if near := self._near(close):
                return means(near)
        near = self._near(typed)
        if near:
            return means(near)
        return self._unglued(typed) or self._whole_or_cut(typed)

    def _unglued(self, typed: str) -> tuple[Word, ...] | None:
        """A little word typed without the space behind it: "nokiero", "mevoy", "iwant", "todie"."""
        for size in (2, 3):
            if typed[:size] in GLUED_SPANISH and len(typed) >= size + 3 and self._speaks_spanish(typed[size:]):
                return (*self._means(typed[:size]), *self._means(typed[size:]))
        for little in GLUED_ENGLISH:
            rest = typed.removeprefix(little)
            if rest != typed and rest in self._english:
                return (*self._means(little), *self._means(rest))
        return None

    def _as_it_looks(self, typed: str) -> str | None:
        """The known word that a capital I was put into for an l: "kiII", "piIIs"."""
        at = [place for place, letter in enumerate(typed) if letter == "i"]
        if len(at) > MOST_CAPITALS:
            return None
        for count in range(len(at), 0 if len(typed) > 3 else len(at) - 1, -1):
            for changed in combinations(at, count):
                reading = "".join("l" if place in changed else letter for place, letter in enumerate(typed))
                if reading in self._listed:
                    return reading
        return None

    def _speaks_spanish(self, typed: str) -> bool:
        return typed in self._spanish and bool(self._listed.get(typed))

    def _near(self, typed: str) -> str:
        """The lexicon's word that this one sounds like or is a slip of the finger from."""
        if len(typed) >= 4:
            sounds = self._sounds.get(spanish_sound(typed))
            if sounds and (len(typed) >= 5 or typed[0] in "kq"):
                return sounds
        return self._slips.near(typed) or swapped(typed, self._frequent)

    def _written_in_signs(self, typed: str) -> tuple[Word, ...]:
        """Words with digits and signs in them."""
        listed, means = self._listed, self._means
        amount = _AMOUNT.fullmatch(typed)
        if amount and amount.group(2) in listed and len(amount.group(2)) > 1:
            return (self._count(amount.group(1)), *means(amount.group(2)))
        for reading in leet_readings(typed):
            if reading in listed and not (amount and len(reading) < 4):
                return means(reading)
        bare = typed.strip("*")
        if "*" in bare and bare.replace("*", "").isalnum():
            hidden = re.compile(bare.replace("*", "."))
            for word in self._slips.alike(len(bare), bare[0]):
                if hidden.fullmatch(word):
                    return means(word)
        for reading in leet_readings(typed.replace("*", "")):
            if reading.isalpha() and reading != typed and 4 <= len(reading) <= MAX_REPAIRED:
                for short in (reading, *shortened(reading)):
                    if short in listed or (short := self._near(short)):
                        return means(short)
                if cut := self.letters.cut(reading, least=4):
                    return self.meant(cut[1])
        return self._parted(typed)

    def _parted(self, typed: str) -> tuple[Word, ...]:
        out: list[Word] = []
        for part in _SIGNS.split(typed):
            amount = _AMOUNT.fullmatch(part)
            if part.isdecimal():
                out.append(self._count(part))
            elif amount:
                out += (self._count(amount.group(1)), *(self.look(amount.group(2)) or (self.word(amount.group(2), known=False),)))
            elif part:
                out += self.look(part) or (self._read_anew(part) if part.isalpha() else (self.word(part, known=False),))
        return tuple(out) or (self.word(typed, known=False),)

    def _whole_or_cut(self, typed: str) -> tuple[Word, ...]:
        if len(typed) >= 7 and len(typed) <= MAX_REPAIRED * 2:
            cut = self.letters.cut(typed, least=4)
            if cut:
                return self.meant(cut[1])
        return (self.word(typed, known=False),)
