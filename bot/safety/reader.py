"""From plain letters to the words of sentences: what is cut where, what belongs together, and what was spelled out letter by letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .letters import MAX_SPELLED, unjoined
from .normalise import HARD_BREAKS, RAW, Folding
from .notation import EDGE
from .reading import Reading, Word
from .vocabulary import Vocabulary

REPAIRS, OF_SIGNS = 30, 3  # of one text; a word with digits and signs in it counts for so many
MAX_WORDS = 2_048  # of one text, marks not counted; only pictures make more of 4,096 characters
MARKS = frozenset(".,!?;:")
_DASH = re.compile(r"\s-")  # beside a space it is a mark


class Reader:
    """Turns folded text into words.

    Args:
        vocabulary: what the words mean.
        emoji: pictures and the words that they stand for.
    """

    def __init__(self, vocabulary: Vocabulary, emoji: Mapping[str, str]) -> None:
        self._vocabulary = vocabulary
        self.folding = Folding(emoji)
        self._edge = vocabulary.word(EDGE)

    def read(self, folded: str) -> Reading:
        """The words of a folded text."""
        vocabulary, reading = self._vocabulary, Reading()
        plain, pairs, strong = vocabulary.plain, vocabulary.pairs, vocabulary.strong
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
            words = vocabulary.look(piece)
            if words is None:
                first = piece[0]
                if not (first.isalnum() or first in "$@*"):
                    clause += 1
                    if first in "\"'":  # one that nothing closes is none: 55", my parents' house
                        if piece not in closing:
                            closing[piece] = len(pieces) - 1 - pieces[::-1].index(piece)
                        in_quotes = not in_quotes and index < closing[piece]
                    elif first in HARD_BREAKS and not piece.startswith("..") and out[-1].text != EDGE:
                        broken = True
                    letters = letters if first in ".!?" else 0
                    continue
                words = repaired.get(piece)
                if words is None:
                    if spent < REPAIRS:
                        spent += 1 if piece.isalpha() else OF_SIGNS
                        words = repaired[piece] = vocabulary.resolve(piece)
                    else:
                        words = (vocabulary.word(piece, known=False),)
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
                joined = vocabulary.look(pieces[index - 1] + piece)
                if joined is not None and len(joined) == 1 and joined[0].text in strong and len(joined[0].text) >= (4 if unknown else 5):
                    wakes |= joined[0].wakes
                    out[-1], raws[-1] = joined[0], (raws[-1][0], index)
                    previous_unknown = False
                    continue
            previous_unknown = unknown
            if piece in pairs:
                if out[-1].text in pairs[piece]:
                    words = pairs[piece][out[-1].text]
                    del out[-1], clauses[-1], quoted[-1], raws[-1]
                elif index and pieces[index - 1] in pairs[piece] and vocabulary.look(pieces[index - 1]) == ():  # a filler left no word
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
        parts = self._vocabulary.letters.spelled("".join(piece for piece in pieces[first : index + 1] if piece.isalnum()))
        if not parts:
            return 0
        words = self._vocabulary.meant(parts)
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
        """A folded text as it is read: in its lines, each a sentence; on one line; and in letters, where it is in digits and signs."""
        folded = unjoined(folded)
        lines = (folded.replace("\n", " "),) if "\n" in folded.strip() else ()
        undressed = self._vocabulary.letters.undressed(folded)
        return (folded, *lines) if undressed is None else (folded, *lines, undressed)

    def closed_up(self, folded: str) -> str:
        """A folded text in which what is spelled out letter by letter, or written in digits and signs, is written in words."""
        return self._vocabulary.letters.closed_up(self.ways(folded)[-1])


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


def _lonely(pieces: Sequence[str], index: int) -> bool:
    """Whether the word at ``index`` stands alone between breaks, in the middle of more such words."""
    after = pieces[index + 1] if index + 1 < len(pieces) else "."
    return index < len(pieces) and after[0] in HARD_BREAKS and len(pieces) >= 4
