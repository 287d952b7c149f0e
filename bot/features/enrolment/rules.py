"""What looks like an invitation, and the times that are offered."""

from __future__ import annotations

import re
from collections.abc import Sequence

TIMES: Sequence[str] = ("08:00", "12:00", "17:00", "18:30", "20:00")
MINUTES = 4  # what the whole enrolment takes; said at its beginning

_LINK = re.compile(r"[?&]start=([\w-]{8,64})")
_CODE = re.compile(r"[A-Za-z0-9]{4,32}(?:[-–—‐‑ ][A-Za-z0-9]{4,8})*")
_SIGNS = range(24, 29)  # a code has 26; one sign too many or too few is still meant as one


def code_in(text: str) -> str | None:
    """The invitation in a text that is nothing but a code or a start link; None for ordinary words."""
    link = _LINK.search(text)
    if link is not None:
        return link[1]
    bare = text.strip().strip(".,;:!\"'<>()")
    if not _CODE.fullmatch(bare) or sum(sign.isalnum() for sign in bare) not in _SIGNS:
        return None
    # Five short words look like groups too: a code has a digit, or is written in capitals.
    ordinary = " " in bare and bare != bare.upper() and not any(sign.isdigit() for sign in bare)
    return None if ordinary else bare
