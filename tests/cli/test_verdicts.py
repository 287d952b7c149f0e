"""`waymark verdicts`: patients' words leave the database by this command alone, after a yes, into a file for one user."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from bot import people
from bot.escalation import tasks
from bot.escalation.engine import Finding
from bot.models import CaseState
from bot.safety.levels import Category, Level
from tests.cli.conftest import Cli
from tests.features.message.test_message import own
from tests.staff.helpers import CRISIS
from tests.world import world_at

WORDS = "Ana says: the dog lives with my neighbour, cariño"


@pytest.fixture
def judged(clinic: Cli, tmp_path: Path) -> Cli:
    """A clinic with a message that should have paged and a case that was no crisis."""

    async def live() -> None:
        folder = tmp_path / "bot"
        folder.mkdir()
        async with world_at(folder) as world:
            ana, ben, luis = await world.enrol("Ana Torres"), await world.enrol("Ben"), world.backup
            own(world, ana, luis)
            with world.work() as work:
                assert ana.person_id is not None
                finding = Finding(Level.WATCH, Category.SUICIDE, "message", texts=(WORDS,), rules=("en.x",))
                tasks.watch(work, people.get(work.session, ana.person_id), finding)
            await luis.says("/alerts")
            await luis.taps("Ana T.")
            await luis.taps("Should have paged")
            await luis.taps("Was an emergency")
            await ben.says(CRISIS)
            with world.work() as work:
                case = ben.case
                assert case is not None
                row = work.session.get(type(case), case.id)
                assert row is not None
                row.state, row.outcome, row.next_page_at = CaseState.CLOSED, "not_a_crisis", None
        (folder / "waymark.db").replace(tmp_path / "waymark.db")

    asyncio.run(live())
    return clinic


def audited(cli: Cli) -> list[tuple[str, str]]:
    return cli.rows("SELECT actor, details FROM audit WHERE action = 'verdicts.exported'")


def test_the_numbers_show_no_word(judged: Cli) -> None:
    answer = judged("verdicts", "count")
    assert answer.out.splitlines() == ["should have paged\t1", "not a crisis\t1"]
    assert audited(judged) == []


def test_after_a_yes_the_words_stand_in_a_file_for_this_user(judged: Cli) -> None:
    answer = judged("verdicts", "export", "words.jsonl", stdin="yes\n")
    assert answer.code == 0
    assert answer.last == "2 lines were written to words.jsonl."
    assert "2 messages of patients" in answer.err
    file = judged.folder / "words.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    missed, alarm = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert missed == {
        "text": "[name] says: the dog lives with my neighbour, cariño",
        "level": "emergency",
        "category": "suicide",
        "lang": missed["lang"],
        "said": {"level": "watch", "rules": ["en.x"]},
        "at": "2026-03-03",
    }
    assert (alarm["text"], alarm["level"], alarm["said"]["level"], alarm["lang"]) == (CRISIS, "none", "emergency", "en")
    assert "Torres" not in file.read_text("utf-8")
    assert [(actor, json.loads(details)) for actor, details in audited(judged)] == [("operator", {"lines": 2})]


@pytest.mark.parametrize("stdin", ["no\n", "y\n", "\n"])
def test_anything_but_yes_writes_nothing(judged: Cli, stdin: str) -> None:
    answer = judged("verdicts", "export", "words.jsonl", stdin=stdin)
    assert answer.code == 1
    assert "Nothing was written." in answer.err
    assert not (judged.folder / "words.jsonl").exists()
    assert audited(judged) == []


def test_without_anybody_to_ask_it_wants_the_option(judged: Cli) -> None:
    assert judged("verdicts", "export", "words.jsonl").code != 0
    assert not (judged.folder / "words.jsonl").exists()
    assert judged("verdicts", "export", "words.jsonl", "--yes").code == 0
    assert (judged.folder / "words.jsonl").exists()


def test_a_file_that_is_there_is_left_alone(judged: Cli) -> None:
    (judged.folder / "words.jsonl").write_text("mine")
    answer = judged("verdicts", "export", "words.jsonl", "--yes")
    assert (answer.code, answer.err) == (2, "words.jsonl exists already: name a new file\n")
    assert (judged.folder / "words.jsonl").read_text() == "mine"
    assert audited(judged) == []


def test_a_folder_that_is_not_there_is_named(judged: Cli) -> None:
    answer = judged("verdicts", "export", "nowhere/words.jsonl", "--yes")
    assert (answer.code, answer.err) == (2, "the folder of nowhere/words.jsonl does not exist: make it first\n")


def test_of_nothing_no_file_is_made(clinic: Cli) -> None:
    answer = clinic("verdicts", "export", "words.jsonl", "--yes")
    assert answer.code == 0
    assert "nothing to export" in answer.err
    assert not (clinic.folder / "words.jsonl").exists()
    assert clinic("verdicts", "count").out.splitlines() == ["should have paged\t0", "not a crisis\t0"]


def test_the_help_tells_what_the_file_holds(clinic: Cli) -> None:
    assert "should have paged" in clinic("verdicts", "--help").out
    text = clinic("verdicts", "export", "--help").out
    assert "audit log" in text and "--yes" in text
