"""How meeting lists can be narrowed, and the links to other fellowships: schema and loading of `meetings/filters.yaml` and `links.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from bot.content.files import Button, Key, Model, PlainPair, Title, build
from bot.content.prose import Passage
from bot.errors import ContentError

FILTERS, LINKS = "meetings/filters.yaml", "meetings/links.yaml"
_SUMMARY = 120  # characters

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,9}$")]


def _https(url: str) -> str:
    if not url.startswith("https://") or any(sign.isspace() for sign in url):
        raise ValueError(f"an https address is expected, not {url!r}")
    return url


Https = Annotated[str, StringConstraints(max_length=200), AfterValidator(_https)]


class Narrow(Model):
    """One way to narrow a list.

    Attributes:
        codes: a meeting has to have one of them, in the spelling of `types.yaml`; fellowships use different codes for the same.
        without: and none of these.
    """

    en: Button
    es: Button
    codes: tuple[Code, ...]
    without: tuple[Code, ...] = ()

    def of(self, lang: str) -> str:
        """The label in that language."""
        return self.es if lang == "es" else self.en


class Filters(Model):
    """The file of filters: kinds of meetings by key in the order that they are offered, and codes that are languages."""

    kinds: dict[Key, Narrow]
    languages: tuple[Code, ...]


class _Link(Model):
    id: Key
    name: Title
    url: Https
    url_es: Https | None = None
    summary: PlainPair
    verified_on: date


class _Links(Model):
    links: tuple[_Link, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Another fellowship's own page.

    Attributes:
        summary: one sentence, by language.
        urls: by language.
        verified_on: the day on which somebody looked that the address is theirs.
    """

    id: str
    name: str
    summary: Mapping[str, str]
    urls: Mapping[str, str]
    verified_on: date


def load_filters(path: Path, document: dict[str, Any]) -> Filters:
    """Check the filters.

    Raises:
        ContentError: file, key and reason.
    """
    found = build(Filters, document, path)
    empty = next((key for key, narrow in found.kinds.items() if not narrow.codes), None)
    if empty is not None:
        raise ContentError(path, f"kinds.{empty}.codes", "at least one code is expected")
    return found


def load_links(path: Path, document: dict[str, Any]) -> tuple[Link, ...]:
    """Check the links, which stand by the alphabet, so that none is put before another.

    Raises:
        ContentError: file, key and reason.
    """
    found = build(_Links, document, path).links
    names = [link.name.casefold() for link in found]
    if names != sorted(set(names)):
        raise ContentError(path, "links", "each name once and by the alphabet: none is put before another")
    for link in found:
        if max(len(link.summary.en), len(link.summary.es)) > _SUMMARY:
            raise ContentError(path, f"links.{link.id}.summary", f"one sentence of at most {_SUMMARY} characters")
    return tuple(_link(link) for link in found)


def _link(link: _Link) -> Link:
    urls = {"en": link.url, "es": link.url_es or link.url}
    return Link(link.id, link.name, {"en": link.summary.en, "es": link.summary.es}, urls, link.verified_on)


def passages(links: Sequence[Link]) -> list[Passage]:
    """What people read of it, for the check of the writing."""
    return [Passage(LINKS, link.id, lang, text, lesson=None) for link in links for lang, text in link.summary.items()]
