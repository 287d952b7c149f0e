"""Printed documents: a layout in Typst (`documents/<name>.typ`), filled with data that is never read as markup."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.content.files import overlay
from bot.errors import ContentError

LETTER = frozenset({"US", "CA", "MX", "CL", "CO", "CR", "GT", "PA", "PH", "PR", "VE"})  # countries that print on letter paper
_RUN = re.compile(r"\S{32,}")
_STEP = 24  # a line may break after so many signs of a run without spaces
_BREAK = "\u200b"
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")  # between the parts of a picture; the parts are named
_SKIN = range(0x1F3FB, 0x1F400)
_WIDE, _FANCY = range(0xFF01, 0xFF5F), range(0x1D400, 0x1D800)
_LETTERS = range(0x1F1E6, 0x1F200)  # two of them are a flag


def paper(country: str) -> str:
    """The paper that a country prints on, as Typst calls it."""
    return "us-letter" if country in LETTER else "a4"


def layout(folders: Sequence[Path], name: str) -> Path:
    """Where a document's layout lies; the clinic's own goes before the shipped one.

    Raises:
        ContentError: there is none.
    """
    path = overlay(folders, "documents").get(f"{name}.typ")
    if path is None:
        raise ContentError("documents", name, "there is no such layout")
    return path


def pdf(folders: Sequence[Path], name: str, data: Mapping[str, Any]) -> bytes:
    """A document as a PDF.

    Args:
        folders: of the content, the shipped one first.
        name: of the layout.
        data: JSON-able; every text in it is made printable here.

    Raises:
        ContentError: the layout is missing or broken.
    """
    import typst  # takes a while, and most of the bot never needs it

    path = layout(folders, name)
    inputs = {"data": json.dumps(_printable(data), ensure_ascii=False)}
    try:
        made: bytes = typst.compile(str(path), root=str(path.parent), sys_inputs=inputs, format="pdf")
    except typst.TypstError as error:
        # Its message can quote the data.
        raise ContentError(path, "", "is no layout that these data fit into") from error
    return made


def printable(text: str) -> str:
    """A text as a printer can show it whole: pictures by name, no invisible sign that turns a line around, breaks in endless words."""
    shown = "".join(_sign(sign) for sign in unicodedata.normalize("NFC", text))
    return _RUN.sub(lambda run: _BREAK.join(run[0][at : at + _STEP] for at in range(0, len(run[0]), _STEP)), shown)


def _sign(sign: str) -> str:
    code, kind = ord(sign), unicodedata.category(sign)
    if sign == "\n":
        return sign
    if sign in _JOINERS or code in _SKIN:
        return ""
    if code in _LETTERS:
        return chr(ord("A") + code - _LETTERS.start)
    if kind == "Zs" or sign == "\t":
        return " "
    if code in _WIDE or code in _FANCY:
        return unicodedata.normalize("NFKC", sign)  # letters of a fancy keyboard: the fonts know the plain ones
    if kind in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return f"[U+{code:04X}]"
    if kind == "So" and code >= 0x2190:
        return f"[{unicodedata.name(sign, f'U+{code:04X}').lower()}]"
    return sign


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return value
