"""`content check`: everything loads, both languages fit, messages are short and easy, links lead somewhere, the lexicon keeps its word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bot.content import documents, meetings, voices
from bot.content.check_texts import TextsCheck
from bot.content.checkin import load_checkin
from bot.content.consent import ConsentTexts, load_consent
from bot.content.crisis import CrisisLines, load_lines, load_policies, load_replies, load_rota
from bot.content.files import LANGS, overlay
from bot.content.lessons import Module, check_links, load_modules
from bot.content.library import OPINION_MODEL, load_opinion, load_texts, read_yaml, shipped_root
from bot.content.measures import load_measures
from bot.content.places import line_of
from bot.content.prose import Finding, Passage, Style, load_style, review
from bot.content.screening import broken_entries, lexicon_of, load_screener, run_examples
from bot.content.tools import Tool, load_tools
from bot.errors import ContentError
from bot.opinion.decide import Table
from bot.safety.screen import Screener

T = TypeVar("T")


@dataclass
class Report:
    """What was looked at and what has to be mended.

    Attributes:
        counts: how many of what, by a word for it.
        findings: file (as the operator can open it), key, reason, line; empty when all is well.
    """

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def folders_of(own: Path | None) -> tuple[Path, ...]:
    """Which folders make up the content.

    Args:
        own: lies over the shipped content; one that holds everything that the shipped folder holds at its top stands alone, so that
            what is missing in it shows.
    """
    shipped = shipped_root("content")
    if own is None or own.resolve() == shipped.resolve():
        return (shipped,)
    if not own.is_dir():
        raise ContentError(own, "", "there is no such folder")
    wanted = {path.name for path in shipped.iterdir() if not path.name.startswith(".")}
    return (own,) if wanted <= {path.name for path in own.iterdir()} else (shipped, own)


def screener_of(own: Path | None = None) -> Screener:
    """The screener alone, whatever else of the content is broken.

    Args:
        own: the clinic's folder over the shipped one.

    Raises:
        ContentError: a lexicon is missing or broken.
    """
    return load_screener(overlay(folders_of(own), "."))


def opinion_of(own: Path | None = None) -> tuple[Table, Path]:
    """The second opinion's table and model file, whatever else of the content is broken.

    Raises:
        ContentError: one of them is missing or the table is broken.
    """
    files = overlay(folders_of(own), ".")
    return load_opinion(files), _need(files, OPINION_MODEL)


def check(own: Path | None = None) -> Report:
    """Look at all content.

    Args:
        own: a folder as for `folders_of`.

    Raises:
        ContentError: there is no such folder.
    """
    return _Check(folders_of(own)).run()


class _Check:
    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._files = overlay(folders, ".")
        self._report = Report()

    def run(self) -> Report:
        files, counts = self._files, self._report.counts
        counts["files"] = len(files)
        style = self._loaded(lambda: load_style(self._folders))
        modules: tuple[Module, ...] = self._loaded(lambda: load_modules(self._folders, self._broken)) or ()
        tools: tuple[Tool, ...] = tuple(self._loaded(lambda: load_tools(self._folders, self._broken)) or ())
        lines = self._loaded(lambda: load_lines(*self._document("crisis/lines.yaml"))) or {}
        self._loaded(lambda: load_policies(*self._document("crisis/policy.yaml")))
        self._loaded(lambda: load_replies(*self._document("crisis/replies.yaml")))
        self._loaded(lambda: load_rota(*self._document("crisis/rota.yaml")))
        self._loaded(lambda: meetings.load_filters(*self._document(meetings.FILTERS)))
        links = self._loaded(lambda: meetings.load_links(*self._document(meetings.LINKS))) or ()
        counts["links"] = len(links)
        for name in files:
            if name.endswith(".yaml"):
                self._loaded(lambda name=name: self._document(name))  # type: ignore[misc]
        checkin = self._loaded(lambda: load_checkin(self._folders))
        consent = self._loaded(lambda: load_consent(*self._document("consent.yaml")))
        counts["measures"] = len(self._loaded(lambda: load_measures(self._folders)) or ())
        if not self._report.findings:  # what is broken is missing, and every link to it would be one more finding
            self._loaded(lambda: check_links(modules, tools))
        subjects = {f"tools/{tool.id}" for tool in tools} | {
            f"lessons/{one.module_id}/{one.id}" for module in modules for one in module.lessons
        }
        crisis = (Path(name) for name in files if name.startswith("templates/en/crisis/"))
        subjects |= {f"crisis/voice/{path.stem}" for path in crisis if not path.stem.startswith("_")}
        self._add(voices.findings(files, subjects))
        counts["lessons"], counts["tools"] = sum(len(module.lessons) for module in modules), len(tools)
        passages = [passage for module in modules for passage in module.passages()]
        passages += [passage for tool in tools for passage in tool.passages()]
        passages += [*checkin.passages()] if checkin is not None else []
        passages += _consent(consent) if consent is not None else []
        passages += meetings.passages(links)
        passages += self._texts(style, lines)
        if style is not None:
            self._add(review(passages, style))
        self._documents()
        self._lexicon()
        self._opinion()
        self._report.findings = list(dict.fromkeys(self._report.findings))
        return self._report

    def _texts(self, style: Style | None, lines: dict[str, CrisisLines]) -> list[Passage]:
        texts = self._loaded(lambda: load_texts(self._files))
        if texts is None:
            return []
        found = TextsCheck(texts, lines, style.long_messages if style else (), style.long_buttons if style else ())
        self._report.counts["messages"], self._report.counts["labels"] = len(found.keys), len(texts.labels)
        self._add(found.findings())
        if style is not None:
            self._add(found.hard_slices(style))
        return list(found.passages())

    def _documents(self) -> None:
        """Each layout has a sample that it can be filled with."""
        names = [name.removeprefix("documents/").removesuffix(".typ") for name in self._files if name.endswith(".typ")]
        self._report.counts["documents"] = len(names)
        samples = self._loaded(lambda: self._document("documents/samples.yaml")) if names else None
        if samples is None:
            return
        for name in names:
            sample = samples[1].get(name)
            if sample is None:
                self._add([Finding("documents/samples.yaml", name, "has no sample for this layout")])
            else:
                self._loaded(lambda name=name, sample=sample: documents.pdf(self._folders, name, sample))  # type: ignore[misc]

    def _lexicon(self) -> None:
        screener = self._loaded(lambda: load_screener(self._files))
        if screener is None:
            for error in self._loaded(lambda: broken_entries(self._files)) or ():
                self._broken(error)
            return
        self._report.counts["lexicon entries"] = len(screener.entries)
        self._report.counts["examples"] = 0
        touched: set[str] = set()
        whole = True
        for lang in LANGS:
            name = f"crisis/examples.{lang}.yaml"
            found = self._loaded(lambda name=name: run_examples(screener, _need(self._files, name)))  # type: ignore[misc]
            if found is None:
                whole = False  # what it would have touched is not known
                continue
            self._report.counts["examples"] += found.count
            self._add(Finding(name, *_split(line)) for line in found.failing)
            touched |= found.touched
        why = "is met by no example: add one, or take the entry out"
        untouched = [entry for entry in screener.entries if whole and entry.id not in touched]
        self._add(Finding(lexicon_of(entry.lang), entry.id.removeprefix(f"{entry.lang}."), why) for entry in untouched)

    def _opinion(self) -> None:
        """The second opinion's table, and that its file can be read."""
        if self._loaded(lambda: load_opinion(self._files)) is None:
            return
        from bot.opinion import model  # numpy, which nothing else here needs

        found = self._loaded(lambda: model.load(_need(self._files, OPINION_MODEL)))
        if found is not None:
            self._report.counts["messages of the second opinion"] = found[0].size

    def _document(self, name: str) -> tuple[Path, dict[str, Any]]:
        path = _need(self._files, name)
        return path, read_yaml(path)

    def _loaded(self, load: Callable[[], T]) -> T | None:
        """What `load` gives, or None and a finding."""
        try:
            return load()
        except ContentError as error:
            self._broken(error)
            return None

    def _broken(self, error: ContentError) -> None:
        self._add([Finding(error.file, error.key, error.why)])

    def _add(self, findings: Iterable[Finding]) -> None:
        """Keep findings, with each file as the operator can open it."""
        for finding in findings:
            path = self._files.get(finding.file, Path(finding.file))
            self._report.findings.append(Finding(_shown(path), finding.key, finding.why, line_of(path, finding.key)))


def _consent(consent: ConsentTexts) -> Iterator[Passage]:
    """The words of the present version; old ones stay as people agreed to them."""
    for lang in LANGS:
        for screen in consent.now.screens:
            yield Passage("consent.yaml", screen.key, lang, f"{screen.title[lang]}\n{screen.text[lang]}", lesson=None)
        for question in consent.now.questions:
            yield Passage("consent.yaml", question.key, lang, f"{question.ask[lang]}\n{question.explain[lang]}", lesson=None)


def _need(files: dict[str, Path], name: str) -> Path:
    if name not in files:
        raise ContentError(name, "", "is missing")
    return files[name]


def _split(line: str) -> tuple[str, str]:
    where, _, why = line.partition(": ")
    return where, why


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
