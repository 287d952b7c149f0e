"""A BMLT server's formats and service bodies: what its local keys and numbers mean. Source: MEETINGS.md C."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.features.meetings import fields
from bot.features.meetings.codes import TypeBook
from bot.features.meetings.fields import Found
from bot.features.meetings.listing import Finding, Reason

# What the keys mean that every server starts with (English); used where the server's own formats are not known.
_USUAL: Mapping[str, str] = MappingProxyType(
    {
        "AB": "QA", "B": "BEG", "BEG": "BEG", "BK": "LIT", "BT": "BT", "C": "C", "CL": "CAN", "CP": "CPT", "CW": "CW", "D": "DISC",
        "ES": "S", "GL": "GL", "GP": "GP", "HY": "HY", "IP": "IP", "IW": "IW", "JT": "JFT", "JFT": "JFT", "LC": "LC", "LIT": "LIT",
        "M": "M", "ME": "MED", "MED": "MED", "NS": "NS", "O": "O", "QA": "QA", "RA": "RA", "RF": "VAR", "SD": "SPK", "SG": "SWG",
        "SL": "ASL", "SM": "SMOK", "SO": "SPK", "SPAD": "SPAD", "ST": "STEP", "TC": "TC", "TO": "TOP", "TR": "TRAD", "TW": "TRAD",
        "VM": "VM", "W": "W", "WC": "X", "WCHR": "X", "YP": "Y", "Y": "Y",
    }
)  # fmt: skip
# World ids that no type code is spelled like.
_WORLD: Mapping[str, str] = MappingProxyType(
    {"OPEN": "O", "CLOSED": "C", "WCHR": "X", "HYBR": "HY", "VM": "VM", "TC": "TC", "SMOK": "SMOK", "TRAD": "TRAD", "STEP": "STEP"}
)
_LANGUAGE = "LANG"  # a world id that only the name tells more of
_TO_ASK = {"VM", "HY", "TC"}  # they say how it is held: the attendance, not a type


@dataclass(frozen=True, slots=True)
class Side:
    """What stands beside a server's meetings.

    Args:
        formats: (root server or "", id or key) -> the format's world id, name and key.
        bodies: (root server or "", id) -> the name and the page of a service body.
    """

    formats: Mapping[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    bodies: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def format(self, root: str, *names: str) -> tuple[str, str, str] | None:
        """The first known of these ids and keys, at this server or at one that is not named."""
        for name in names:
            if found := self.formats.get((root, name)) or self.formats.get(("", name)):
                return found
        return None

    def body(self, root: str, number: str) -> tuple[str, str] | None:
        """Name and page of a service body."""
        return self.bodies.get((root, number)) or self.bodies.get(("", number))


def is_formats(keys: Iterable[str]) -> bool:
    """Whether these are the keys of GetFormats."""
    return {"key_string", "name_string"} <= set(keys)


def is_bodies(keys: Iterable[str]) -> bool:
    """Whether these are the keys of GetServiceBodies."""
    return {"parent_id", "name"} <= set(keys)


def side(rows: Iterable[object]) -> Side:
    """Read formats and service bodies, in any mix. A server that only speaks of itself is found under its root and under none."""
    formats: dict[tuple[str, str], tuple[str, str, str]] = {}
    bodies: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        root, number = root_of(row), fields.text(row.get("id")) or ""
        if is_formats(row):
            key = fields.text(row.get("key_string")) or ""
            told = (fields.text(row.get("world_id")) or "", fields.text(row.get("name_string")) or "", key)
            # Ids are numbers and keys may be digits too ("12"): an id has a mark before it.
            for name in filter(None, (number and f"#{number}", key)):
                if (fields.text(row.get("lang")) or "en") == "en":
                    formats[root, name] = told
                else:
                    formats.setdefault((root, name), told)
                formats.setdefault(("", name), told)
        elif is_bodies(row) and number:
            body = (fields.text(row.get("name")) or "", fields.text(row.get("url")) or "")
            bodies[root, number] = body
            bodies.setdefault(("", number), body)
    return Side(formats, bodies)


def root_of(row: Mapping[str, object]) -> str:
    """The root server's address, one spelling for each."""
    return (fields.text(row.get("root_server_uri")) or "").rstrip("/")


def codes(row: Mapping[str, object], side_: Side, types: TypeBook, fellowship: str, found: Found) -> tuple[tuple[str, ...], set[str]]:
    """A row's formats.

    Returns:
        Type codes, each once, in their order; and which of VM, HY and TC say how it is held.
    """
    root = root_of(row)
    keys, numbers = _parts(row.get("formats")), _parts(row.get("format_shared_id_list"))
    if not keys:
        keys = [""] * len(numbers)
    pairs = zip(keys, numbers if len(numbers) == len(keys) else [""] * len(keys), strict=True)
    listed: dict[str, None] = {}
    held: set[str] = set()
    for key, number in pairs:
        code = _code(key, side_.format(root, *([f"#{number}"] if number else []), *([key] if key else [])), types, fellowship)
        if code is None:
            found.append(Finding(Reason.TYPE_UNKNOWN, fields.quoted(key or number)))
        if code in _TO_ASK:
            held.add(code)
        if code == "TC" or code not in _TO_ASK:
            listed.setdefault(fields.quoted(code or key or number))
    return tuple(listed)[: fields.TYPES_LIMIT], held


def _code(key: str, told: tuple[str, str, str] | None, types: TypeBook, fellowship: str) -> str | None:
    """The code for a format; its name where the server's words are all that is known of it; None for an unknown key."""
    if told is None:
        usual = _USUAL.get(key.upper())
        return usual or _known(types, fellowship, key)
    world, name, own = told
    if world and world != _LANGUAGE and (code := _WORLD.get(world.upper()) or _known(types, fellowship, world)):
        return code
    if own.upper() in _TO_ASK:
        return own.upper()
    return _known(types, fellowship, name) or (_USUAL.get(own.upper()) if not world else None) or name or own


def _known(types: TypeBook, fellowship: str, word: str) -> str | None:
    return types.code(word, fellowship) or types.code(word, "na") if word else None


def _parts(value: object) -> list[str]:
    return [part for raw in (fields.text(value) or "").split(",") if (part := raw.strip())]
