"""What of a person's words may go into a file for training."""

from __future__ import annotations

import re

_LINK = re.compile(r"\b(?:https?://|www\.|t\.me/)\S+", re.IGNORECASE)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")
_ACCOUNT = re.compile(r"(?<!\w)@\w{3,}")
_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){6,}")  # seven digits or more: a phone, an id, a date of birth
_WORD = re.compile(r"\w{3,}")


def masked(text: str, names: str) -> str:
    """The words without the writer's own name, links, addresses, accounts and long numbers; `[name]` and the like stand there instead.

    What else tells who somebody is (a street, a friend's name) stays: nobody but a reader can tell.

    Args:
        names: the writer's name as it was kept; its words of three letters or more go, in any case.
    """
    for pattern, instead in ((_LINK, "[link]"), (_MAIL, "[mail]"), (_ACCOUNT, "[account]"), (_NUMBER, "[number]")):
        text = pattern.sub(instead, text)
    own = sorted({re.escape(word) for word in _WORD.findall(names)}, key=len, reverse=True)
    return re.sub(rf"\b(?:{'|'.join(own)})\b", "[name]", text, flags=re.IGNORECASE) if own else text
