"""Meeting type codes and their names, from content/meetings/types.yaml. A code's meaning depends on the fellowship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from bot.errors import ContentError

SHARED = "shared"
_LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class TypeBook:
    """All known codes.

    Args:
        names: fellowship (or ``shared``) -> code -> language -> name.
        spellings: fellowship (or ``shared``) -> any spelling, case folded -> code.
    """

    names: Mapping[str, Mapping[str, Mapping[str, str]]]
    spellings: Mapping[str, Mapping[str, str]]

    def code(self, text: str, fellowship: str) -> str | None:
        """The code for a code in any case or for a name in English or Spanish; None when this fellowship has none."""
        folded = text.strip().casefold()
        for section in (fellowship, SHARED):
            if found := self.spellings.get(section, {}).get(folded):
                return found
        return None

    def name(self, code: str, language: str, fellowship: str) -> str:
        """A short name to show; the code itself when it is unknown."""
        for section in (fellowship, SHARED):
            if names := self.names.get(section, {}).get(code):
                return names.get(language) or names["en"]
        return code


def load_types(path: Path) -> TypeBook:
    """Read the codes.

    Raises:
        ContentError: the file is missing, is no YAML, or a name is missing.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContentError(path, "", f"cannot be read as YAML ({type(error).__name__})") from error
    if not isinstance(raw, dict) or SHARED not in raw:
        raise ContentError(path, SHARED, "sections of codes are expected, one of them 'shared'")
    names: dict[str, Mapping[str, Mapping[str, str]]] = {}
    spellings: dict[str, Mapping[str, str]] = {}
    for section, codes in raw.items():
        if not isinstance(codes, dict):
            raise ContentError(path, str(section), "a list of codes is expected, each with en and es")
        names[section], spellings[section] = _section(path, section, codes)
    return TypeBook(MappingProxyType(names), MappingProxyType(spellings))


def _section(path: Path, section: str, codes: Mapping[object, object]) -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, str]]:
    names: dict[str, Mapping[str, str]] = {}
    by_name: dict[str, str] = {}
    for code, entry in codes.items():
        if not isinstance(code, str):
            raise ContentError(path, f"{section}.{code}", "write the code in quotes: YAML reads it as a number or as yes/no")
        if not isinstance(entry, dict) or not set(entry) <= {*_LANGUAGES, "also"}:
            raise ContentError(path, f"{section}.{code}", "en and es are expected, and nothing else but also: [other spellings]")
        if not all(isinstance(entry.get(language), str) and entry[language] for language in _LANGUAGES):
            raise ContentError(path, f"{section}.{code}", "a name in en and in es is expected")
        names[code] = MappingProxyType({language: entry[language] for language in _LANGUAGES})
        for spelling in (*names[code].values(), *entry.get("also", ())):
            by_name.setdefault(spelling.casefold(), code)
    return MappingProxyType(names), MappingProxyType(by_name | {code.casefold(): code for code in names})
