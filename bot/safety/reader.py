"""From plain letters to words the matcher knows: contractions, phone spelling, leetspeak, spaced-out letters, typos."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from .letters import MAX_SPELLED, Letters, unjoined
from .lexicon import Speech
from .matcher import Matcher
from .normalise import HARD_BREAKS, RAW, Folding, leet_readings, shortened, spanish_sound, spanish_sounds
from .notation import EDGE, MANY, NUMBER, count_word
from .reading import Reading, Word
from .signs import Signs
from .slips import SWAPPED, Slips, swapped

MAX_REPAIRED = 32  # letters of a word that is mended
LINE = 4  # words of a line that is a sentence by itself; the one after it has two fewer at least
REPAIRS, OF_SIGNS = 30, 3  # of one text; a word with digits and signs in it counts for so many
MAX_RESOLVED = 2_000  # words that were looked into are kept at hand, so that what many people type is mended once
MAX_WORDS = 2_048  # of one text, marks not counted; only pictures make more of 4,096 characters
GLUED = frozenset({"me", "no", "se", "lo", "la", "te", "ya", "mi", "le", "yo", "al", "con", "por", "mas", "que", "muy"})
MARKS = frozenset(".,!?;:")
_DASH = re.compile(r"\s-")  # beside a space it is a mark
_SIGNS = re.compile(r"[@$!|+*]")
_AMOUNT = re.compile(r"(\d+)([a-z]+)")


class Reader:
    """Turns folded text into words.

    Args:
        matchers: in the order of ``Word.codes``.
        speech: how people write these languages.
        signs: what words say by themselves.
    """

    def __init__(self, matchers: Sequence[Matcher], speech: Speech, signs: Signs) -> None:
        self._matchers = matchers
        self._speech = speech
        self._signs = signs
        self.folding = Folding(speech.emoji)
        self._edge = self._word(EDGE)
        self._number = self._word(NUMBER)
        self._many = self._word(MANY)
        vocabulary: set[str] = set().union(*(matcher.words for matcher in matchers)) - {EDGE, NUMBER, MANY}
        common = frozenset[str]().union(*speech.common.values())
        # What is not repaired: the words that are meant, or, where one stands for itself, whether it is known. (False: it only looks like
        # a crisis word mistyped.) Most of them are never typed, so their codes are looked up when one is.
        self._listed: dict[str, bool | tuple[str, ...]] = dict.fromkeys(speech.keep, False)
        self._listed |= dict.fromkeys(vocabulary | common | signs.vocabulary, True)
        for words in (speech.negators, speech.bridges, speech.linkers, speech.myself, speech.others):
            self._listed |= dict.fromkeys(words, True)
        self._met: dict[str, tuple[Word, ...]] = {}
        self._plain: dict[str, Word] = {}  # of those that were met, the ones that are one word whatever stands around them
        self._resolved: dict[str, tuple[Word, ...]] = {}  # says what a word is, never who wrote it
        self._pairs: dict[str, dict[str, tuple[Word, ...]]] = defaultdict(dict)  # "my self": second word -> first -> what is meant
        for typed, meant in speech.spelling.items():
            if " " in typed:
                first, second = typed.split()
                self._pairs[second][first] = tuple(self._word(word) for word in meant)
                for word in (first, second):
                    self._listed.setdefault(word, True)
                continue
            self._listed[typed] = tuple(word for word in meant if word not in speech.fillers)
        self._listed |= dict.fromkeys(speech.fillers, ())
        anchors: set[str] = set().union(*(matcher.anchors for matcher in matchers))
        self._strong = frozenset(word for word in anchors & vocabulary - common if len(word) >= 3)
        self._letters = Letters(self._listed.keys(), self._strong, common, speech.spelling)
        rank: Counter[str] = Counter()
        for matcher in matchers:
            rank |= matcher.targets
            matcher.targets.clear()
            matcher.anchors.clear()
        spanish = speech.common.get("es", frozenset()).union(*(matcher.words for matcher in matchers[1:]))
        self._spanish = spanish | {typed for typed, meant in speech.spelling.items() if meant and set(meant) <= spanish}
        targets = vocabulary & rank.keys()
        self._slips = Slips((targets - common) | signs.telling, self._strong, rank)
        self._frequent = frozenset(word for word in common if len(word) >= SWAPPED)
        sounding = sorted(word for word in targets | speech.spelling.keys() if len(word) >= 4)
        self._sounds = dict(zip(reversed(spanish_sounds(sounding)), reversed(sounding), strict=True))

    def _word(self, text: str, *, known: bool = True) -> Word:
        codes = tuple(matcher.code(text) for matcher in self._matchers)
        wakes = sum(1 << number for number, matcher in enumerate(self._matchers) if matcher.wakes(codes[number]))
        tongues = [lang for lang, words in self._speech.common.items() if text in words]
        return Word(text, codes, wakes, self._signs.mark(text), tongues[0] if len(tongues) == 1 else "", known)

    def _means(self, listed: str) -> tuple[Word, ...]:
        """What a listed word means."""
        found = self._met.get(listed)
        if found is None:
            meant = self._listed[listed]
            found = (self._word(listed, known=meant),) if isinstance(meant, bool) else tuple(map(self._word, meant))
            self._met[listed] = found
            if len(found) == 1 and found[0].known and len(listed) > 1 and listed not in self._pairs:
                self._plain[listed] = found[0]
        return found

    def _look(self, typed: str) -> tuple[Word, ...] | None:
        return self._means(typed) if typed in self._listed else None

    def _count(self, digits: str) -> Word:
        return self._many if count_word(digits) == MANY else self._number

    def read(self, folded: str) -> Reading:
        """The words of a folded text."""
        met, plain, listed, reading = self._met, self._plain, self._listed, Reading()
        out, clauses, quoted, raws = reading.words, reading.clauses, reading.quoted, reading.raw
        repaired: dict[str, tuple[Word, ...]] = {}
        closing: dict[str, int] = {}  # where the last quotation mark of a kind stands
        clause = letters = spelled = spent = 0
        in_quotes = broken = staccato = False
        pieces = _pieces(folded)
        out.append(self._edge)
        clauses.append(0)
        quoted.append(False)
        raws.append((0, 0))
        wakes = 0
        previous_unknown = False
        pairs = self._pairs
        for index, piece in enumerate(pieces):
            word = plain.get(piece)
            if word is not None and not (broken or previous_unknown):  # as most are
                wakes |= word.wakes
                out.append(word)
                clauses.append(clause)
                quoted.append(in_quotes)
                raws.append((index, index))
                letters = 0
                continue
            words = met.get(piece)
            if words is None and piece in listed:
                words = self._means(piece)
            if words is None:
                first = piece[0]
                if not (first.isalnum() or first in "$@*"):
                    clause += 1
                    if first in "\"'":  # one that nothing closes is none: 55", my parents' house
                        if piece not in closing:
                            closing[piece] = len(pieces) - 1 - pieces[::-1].index(piece)
                        in_quotes = not in_quotes and index < closing[piece]
                    elif first in HARD_BREAKS and not piece.startswith("..") and out[-1].text != EDGE:
                        broken = broken or first != "\n" or _ends_line(pieces, index)
                    letters = letters if first in ".!?" else 0
                    continue
                words = repaired.get(piece)
                if words is None:
                    if spent < REPAIRS:
                        spent += 1 if piece.isalpha() else OF_SIGNS
                        words = repaired[piece] = self._resolved.get(piece) or self._resolve(piece)
                    else:
                        words = (self._word(piece, known=False),)
                unknown = bool(words) and not words[-1].known
            else:
                unknown = False
            if broken:
                broken = False
                # "kill. my. self.": breaks after every word are a way of typing, not sentences
                staccato = _lonely(pieces, index) and (staccato or _lonely(pieces, index + 2) or (index >= 2 and out[-2].text == EDGE))
                if not staccato:
                    out.append(self._edge)
                    clauses.append(clause)
                    quoted.append(in_quotes)
                    raws.append((index, index))
            if (unknown or previous_unknown) and index and out[-1].text != EDGE:
                joined = self._look(pieces[index - 1] + piece)
                if (
                    joined is not None
                    and len(joined) == 1
                    and joined[0].text in self._strong
                    and len(joined[0].text) >= (4 if unknown else 5)
                ):
                    wakes |= joined[0].wakes
                    out[-1], raws[-1] = joined[0], (raws[-1][0], index)
                    previous_unknown = False
                    continue
            previous_unknown = unknown
            if piece in pairs:
                if out[-1].text in pairs[piece]:
                    words = pairs[piece][out[-1].text]
                    del out[-1], clauses[-1], quoted[-1], raws[-1]
                elif index and pieces[index - 1] in pairs[piece] and listed.get(pieces[index - 1]) == ():  # a filler left no word
                    words = pairs[piece][pieces[index - 1]]
            for word in words:
                wakes |= word.wakes
                out.append(word)
                clauses.append(clause)
                quoted.append(in_quotes)
                raws.append((index, index))
            if len(piece) == 1:
                letters += 1
                following = pieces[index + 1] if index + 1 < len(pieces) else ""
                if letters >= 3 and not (len(following) == 1 and following.isalnum()):
                    letters = min(letters, MAX_SPELLED - spelled)  # of too many the last
                    if letters >= 3:
                        spelled += letters
                        wakes |= self._close_up(reading, pieces, index, letters)
                    letters = 0
            else:
                letters = 0
        out.append(self._edge)
        clauses.append(clause)
        quoted.append(False)
        raws.append((len(pieces), len(pieces)))
        reading.wakes, reading.folded, reading.pieces = wakes, folded, pieces
        return reading

    def _close_up(self, reading: Reading, pieces: Sequence[str], index: int, letters: int) -> int:
        """Single letters in a row read as words: "k i l l  m y s e l f". Returns what the words wake."""
        first = index
        while letters > 1 and first > 0:
            first -= 1
            if len(pieces[first]) == 1 and pieces[first].isalnum():
                letters -= 1
        parts = self._letters.spelled("".join(piece for piece in pieces[first : index + 1] if piece.isalnum()))
        if not parts:
            return 0
        words = self._meant(parts)
        keep = next(number for number, (start, _) in enumerate(reading.raw) if start >= first and number)
        for column in (reading.words, reading.clauses, reading.quoted, reading.raw):
            del column[keep:]
        for word in words:
            reading.words.append(word)
            reading.clauses.append(reading.clauses[-1])
            reading.quoted.append(reading.quoted[-1])
            reading.raw.append((first, index))
        return _wakes(words)

    def ways(self, folded: str) -> tuple[str, ...]:
        """A folded text in words, and, where it is written in digits and signs, in the letters that they stand for."""
        folded = unjoined(folded)
        undressed = self._letters.undressed(folded)
        return (folded,) if undressed is None else (folded, undressed)

    def closed_up(self, folded: str) -> str:
        """A folded text in which what is spelled out letter by letter, or written in digits and signs, is written in words."""
        return self._letters.closed_up(self.ways(folded)[-1])

    def _meant(self, parts: Iterable[str]) -> tuple[Word, ...]:
        """What the parts of something cut mean."""
        words: list[Word] = []
        for part in parts:
            known = self._look(part)
            if known is not None:
                words += known
            else:
                words.append(self._count(part) if part.isdecimal() else self._word(part, known=False))
        return tuple(words)

    def _resolve(self, typed: str) -> tuple[Word, ...]:
        words = self.resolve(typed)
        if len(typed) <= MAX_REPAIRED:
            if len(self._resolved) >= MAX_RESOLVED:
                self._resolved.clear()
            self._resolved[typed] = words
        return words

    def resolve(self, typed: str) -> tuple[Word, ...]:
        """What an unknown word most likely means; itself when nothing of the lexicon is near."""
        listed, means = self._listed, self._means
        if len(typed) > 2 * MAX_REPAIRED:
            return (self._word(typed, known=False),)
        if typed.isdecimal():
            return (self._count(typed),)
        if "'" in typed:
            whole = typed.replace("'", "")
            if whole in listed:
                return means(whole)
            stem = typed.split("'")[0]
            if typed.endswith("'s") and stem:
                return self._look(stem) or self.resolve(stem)
            return self.resolve(whole) if whole.isalnum() else self._parted(whole)
        if not typed.isalpha():
            return self._written_in_signs(typed)
        if len(typed) > MAX_REPAIRED:
            return self._whole_or_cut(typed)
        for reading in shortened(typed):
            if reading in listed:
                return means(reading)
        if any(matcher.begins(typed) for matcher in self._matchers):
            return (self._word(typed),)
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
        """A little Spanish word typed without the space behind it: "nokiero", "mevoy"."""
        for size in (2, 3):
            if typed[:size] in GLUED and len(typed) >= size + 3 and self._speaks_spanish(typed[size:]):
                return (*self._means(typed[:size]), *self._means(typed[size:]))
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
                if cut := self._letters.cut(reading, least=4):
                    return self._meant(cut[1])
        return self._parted(typed)

    def _parted(self, typed: str) -> tuple[Word, ...]:
        out: list[Word] = []
        for part in _SIGNS.split(typed):
            amount = _AMOUNT.fullmatch(part)
            if part.isdecimal():
                out.append(self._count(part))
            elif amount:
                out += (self._count(amount.group(1)), *(self._look(amount.group(2)) or (self._word(amount.group(2), known=False),)))
            elif part:
                out += self._look(part) or (self.resolve(part) if part.isalpha() else (self._word(part, known=False),))
        return tuple(out) or (self._word(typed, known=False),)

    def _whole_or_cut(self, typed: str) -> tuple[Word, ...]:
        if len(typed) >= 7 and len(typed) <= MAX_REPAIRED * 2:
            cut = self._letters.cut(typed, least=4)
            if cut:
                return self._meant(cut[1])
        return (self._word(typed, known=False),)


def _pieces(folded: str) -> list[str]:
    """What a text is cut into, up to so many words; marks between them are no words."""
    pieces: list[str] = []
    if len(folded) <= 2 * MAX_WORDS:  # has no more, with what divides them
        if "\n" in folded or ("-" in folded and _DASH.search(folded)):
            pieces += RAW.findall(folded)
            return pieces
        for typed in folded.split():  # nothing else is found across a space, and most are plain words
            if typed.isalnum():
                pieces.append(typed)
            elif typed[-1] in MARKS and typed[:-1].isalnum():
                pieces.append(typed[:-1])
                pieces.append(typed[-1])
            else:
                pieces += RAW.findall(typed)
        return pieces
    words = 0
    for one in RAW.finditer(folded):
        piece = one[0]
        if piece[0].isalnum():
            words += 1
            if words > MAX_WORDS:
                break
        pieces.append(piece)
    return pieces


def _wakes(words: Iterable[Word]) -> int:
    wakes = 0
    for word in words:
        wakes |= word.wakes
    return wakes


def _ends_line(pieces: Sequence[str], index: int) -> bool:
    """Whether a line break ends a sentence: between lines of some words each. "I want to / die" is one, and typed on two lines."""
    before, after = pieces[max(0, index - 2 * LINE) : index], pieces[index : index + 2 * LINE]
    return _words_of_line(reversed(before)) >= LINE and _words_of_line(after) >= LINE - 2


def _words_of_line(pieces: Iterable[str]) -> int:
    words = 0
    for piece in pieces:
        if piece[0] in HARD_BREAKS and (words or piece != "\n"):
            break
        words += piece[0].isalnum()
    return words


def _lonely(pieces: Sequence[str], index: int) -> bool:
    """Whether the word at ``index`` stands alone between breaks, in the middle of more such words."""
    after = pieces[index + 1] if index + 1 < len(pieces) else "."
    return index < len(pieces) and after[0] in HARD_BREAKS and len(pieces) >= 4
