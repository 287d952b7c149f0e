"""All content, loaded once at start into one frozen object; a clinic's folder lies over the shipped one, file by file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bot
from bot.content import voices
from bot.content.checkin import CheckinPlan, load_checkin
from bot.content.consent import ConsentTexts, load_consent
from bot.content.crisis import CrisisLines, Policies, RotaTimes, load_lines, load_policies, load_replies, load_rota
from bot.content.files import no_sweeping, overlay, parse_yaml, read_text, text_of
from bot.content.lessons import Module, load_modules
from bot.content.measures import Measure, load_measures
from bot.content.meetings import FILTERS, LINKS, Filters, Link, load_filters, load_links
from bot.content.render import LANGUAGES, Source, Texts
from bot.content.screening import load_screener
from bot.content.tools import Tool, load_tools
from bot.errors import ContentError
from bot.opinion.decide import Table, read_table
from bot.safety.screen import Screener

OPINION, OPINION_MODEL = "crisis/opinion.yaml", "crisis/opinion.npz"
_SHORT_ANSWER, _SHORT_REQUEST = 24, 40  # characters
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")  # marks and pictures
_WITHIN = re.compile(r"[\s,.;:!]+")
_STRETCHED = re.compile(r"(.)\1+$")


def shipped_root(name: str) -> Path:
    """Where a folder that belongs to the package lies (`content`, `migrations`): beside it in a checkout, inside it in a wheel."""
    package = Path(bot.__file__).parent
    inside = package / "_shipped" / name
    return inside if inside.is_dir() else package.parent / name


@dataclass(frozen=True)
class Content:
    """Everything that a clinician may change.

    Attributes:
        version: first 12 hex digits of a SHA-256 over every file; kept with what was sent.
        modules: the curriculum in order.
        tools: by id.
        checkin: what a check-in offers to tap, and which skill fits an answer.
        measures: validated questionnaires, by id.
        lines: crisis lines by ISO country code.
        meeting_filters: how lists of meetings can be narrowed.
        meeting_links: other fellowships' own pages, by the alphabet.
        opinion: how rules and second opinion are joined.
        opinion_model: the second opinion's file; None when there is none, and the rules go on alone.
        voices: the recordings, by path inside a content folder.
    """

    version: str
    folders: tuple[Path, ...]
    texts: Texts
    modules: tuple[Module, ...]
    tools: Mapping[str, Tool]
    checkin: CheckinPlan
    measures: Mapping[str, Measure]
    screener: Screener
    opinion: Table
    opinion_model: Path | None
    lines: Mapping[str, CrisisLines]
    policies: Policies
    rota: RotaTimes
    replies: Mapping[str, frozenset[str]]
    consent: ConsentTexts
    documents: Mapping[str, Any]
    meeting_filters: Filters
    meeting_links: tuple[Link, ...]
    voices: frozenset[str] = frozenset()

    def lines_for(self, country: str) -> CrisisLines:
        """The lines of a country; empty ones (never another country's) when there are none."""
        return self.lines.get(country) or CrisisLines(country=country)

    def short_answer(self, text: str) -> str:
        """`yes` or `no` when the whole text is a bare answer in either language (`crisis/replies.yaml`), else ""."""
        return next((answer for answer in ("yes", "no") if self._is(answer, text)), "")

    def asks_for_help(self, text: str) -> bool:
        """Whether the whole text asks for help in so many words, which is the same as tapping SOS (`crisis/replies.yaml`)."""
        return self._is("sos", text)

    def asks_for_a_person(self, text: str) -> bool:
        """Whether the whole text asks for help, or for a person, without a word of danger (`crisis/replies.yaml`)."""
        return self._is("help", text, _SHORT_REQUEST)

    def _is(self, meaning: str, text: str, longest: int = _SHORT_ANSWER) -> bool:
        if len(text) > longest:
            return False
        bare = _AROUND.sub("", text.casefold().replace("\u2019", "'"))
        plain = _WITHIN.sub(" ", bare)  # "no, i'm not"
        return not self.replies[meaning].isdisjoint({bare, plain, _STRETCHED.sub(r"\1", plain)})  # "nooo"


def load(own: Path | None = None) -> Content:
    """Read and check everything.

    Raises:
        ContentError: the first broken file, with key and reason.
    """
    with no_sweeping():
        return _load(own)


def _load(own: Path | None) -> Content:
    folders = (shipped_root("content"), *((own,) if own else ()))
    for folder in folders:
        if not folder.is_dir():
            raise ContentError(folder, "", "no such folder: WAYMARK_CONTENT_DIR names a folder laid out like content/")
    files = overlay(folders, ".")
    version, raw = _read(files)
    documents = {
        relative.removesuffix(".yaml"): read_yaml(path)
        for relative, path in files.items()
        if "/" not in relative and relative.endswith(".yaml")
    }
    return Content(
        version=version,
        folders=folders,
        texts=load_texts(files, raw),
        modules=load_modules(folders),
        tools={tool.id: tool for tool in load_tools(folders)},
        checkin=load_checkin(folders),
        measures=load_measures(folders),
        screener=load_screener(files),
        opinion=load_opinion(files),
        opinion_model=files.get(OPINION_MODEL),
        lines=load_lines(_need(files, "crisis/lines.yaml"), read_yaml(_need(files, "crisis/lines.yaml"))),
        policies=load_policies(_need(files, "crisis/policy.yaml"), read_yaml(_need(files, "crisis/policy.yaml"))),
        rota=load_rota(_need(files, "crisis/rota.yaml"), read_yaml(_need(files, "crisis/rota.yaml"))),
        replies=load_replies(_need(files, "crisis/replies.yaml"), read_yaml(_need(files, "crisis/replies.yaml"))),
        consent=load_consent(_need(files, "consent.yaml"), documents["consent"]),
        documents=documents,
        meeting_filters=load_filters(_need(files, FILTERS), read_yaml(_need(files, FILTERS))),
        meeting_links=load_links(_need(files, LINKS), read_yaml(_need(files, LINKS))),
        voices=voices.names(files),
    )


def load_opinion(files: Mapping[str, Path]) -> Table:
    """How the rules and the second opinion are joined."""
    path = _need(files, OPINION)
    return read_table(path, read_yaml(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file's mapping; errors name the file and the line."""
    return parse_yaml(read_text(path), path)


def load_texts(files: Mapping[str, Path], raw: Mapping[str, bytes] | None = None) -> Texts:
    """The messages (`templates/<lang>/<slice>/<key>.j2`) and the labels and samples beside them (`templates/<slice>.yaml`).

    Args:
        raw: what stands in the files, where they were read already.
    """
    sources = (
        (name, Source(path, text_of(raw[name], path) if raw is not None else read_text(path)))
        for name, path in files.items()
        if name.startswith("templates/")
    )
    return _texts(tuple(sources))


@lru_cache(maxsize=2)
def _texts(files: tuple[tuple[str, Source], ...]) -> Texts:
    """The same for files that were read: what was compiled of them serves again as long as none has changed."""
    sources: dict[str, Source] = {}
    labels: dict[str, Mapping[str, str]] = {}
    samples: dict[str, Mapping[str, Any]] = {}
    label_samples: dict[str, Mapping[str, Any]] = {}
    for relative, source in files:
        parts, path = relative.split("/"), source.file
        if path.suffix == ".j2" and len(parts) == 4 and parts[1] in LANGUAGES:
            sources[f"{parts[1]}/{parts[2]}/{path.stem}"] = source
        elif path.suffix == ".yaml" and len(parts) == 2:
            _load_slice(path, path.stem, parse_yaml(source.text, path), labels, samples, label_samples)
        elif path.suffix != ".md":
            raise ContentError(path, "", "does not belong here: templates/<lang>/<slice>/<key>.j2 or templates/<slice>.yaml")
    return Texts(sources, labels, samples, label_samples)


def _load_slice(
    path: Path,
    name: str,
    document: Mapping[str, Any],
    labels: dict[str, Mapping[str, str]],
    samples: dict[str, Mapping[str, Any]],
    label_samples: dict[str, Mapping[str, Any]],
) -> None:
    if set(document) - {"messages", "buttons"}:
        raise ContentError(path, "", "holds `messages` (key: sample values) and `buttons` (key: {en, es}) and nothing else")
    for key, values in (document.get("messages") or {}).items():
        samples[f"{name}/{key}"] = values or {}
    for key, texts in (document.get("buttons") or {}).items():
        if not isinstance(texts, dict) or not set(LANGUAGES) <= set(texts):
            raise ContentError(path, f"buttons.{key}", "needs en and es")
        labels[f"{name}/{key}"] = {lang: str(texts[lang]) for lang in LANGUAGES}
        label_samples[f"{name}/{key}"] = texts.get("sample") or {}


def _need(files: Mapping[str, Path], relative: str) -> Path:
    if relative not in files:
        raise ContentError(relative, "", "is missing")
    return files[relative]


def _read(files: Mapping[str, Path]) -> tuple[str, dict[str, bytes]]:
    """The version, and of all that was read for it the templates: they are most of the files. Recordings are large and are let go."""
    digest, kept = hashlib.sha256(), dict[str, bytes]()
    for relative, path in sorted(files.items()):
        data = _bytes(path)
        digest.update(relative.encode() + b"\0")
        digest.update(data)
        digest.update(b"\0")
        if relative.startswith("templates/"):
            kept[relative] = data
    return digest.hexdigest()[:12], kept


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContentError(path, "", f"cannot be read: {error.strerror}") from error
