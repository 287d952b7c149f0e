"""`waymark screen`: JSON lines in, JSON lines out, whatever comes in between."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from bot.errors import ContentError
from bot.safety.levels import Level
from tests.cli.conftest import ROOT, Cli


def lines(*asked: object) -> str:
    return "".join(json.dumps(one) + "\n" for one in asked)


def test_each_text_gets_a_line_in_its_order(cli: Cli) -> None:
    told = cli("screen", stdin=lines({"id": 1, "text": "I want to kill myself"}, {"id": "b", "text": "see you tomorrow at the group"}))
    assert told.code == 0
    assert told.err == ""
    first, second = told.json
    assert list(first) == ["id", "level", "category", "matched", "lang", "by"]
    assert (first["id"], first["level"], first["category"], first["lang"]) == (1, "emergency", "suicide", "en")
    assert first["matched"]
    assert second == {"id": "b", "level": "none", "category": None, "matched": [], "lang": second["lang"], "by": "rules"}


def test_a_bad_line_is_named_and_the_rest_goes_on(cli: Cli) -> None:
    bad = ["no json", "[1]", '{"id": 1}', '{"text": "x"}', '{"id": 1, "text": 7}', "[" * 100_000]
    text = (
        lines({"id": 1, "text": "hello"}).encode()
        + "\n".join(bad).encode()
        + b"\n\n"
        + b'\xff{"id": 2}\n'
        + lines({"id": 3, "text": ""}).encode()
    )
    told = cli("screen", stdin=text)
    assert told.code == 1
    assert [one["id"] for one in told.json] == [1, 3]
    assert len(told.err.splitlines()) == len(bad) + 1
    assert all(line.startswith("line ") for line in told.err.splitlines())


def test_any_text_that_json_can_carry_is_answered(cli: Cli) -> None:
    strange = ["\ud800", "\x00", "🙂" * 5000, "a" * 100_000, "\u202eme voy a matar"]
    told = cli("screen", stdin=lines(*({"id": text[:1], "text": text} for text in strange)))
    assert (told.code, told.err) == (0, "")
    assert [one["id"] for one in told.json] == [text[:1] for text in strange]
    assert told.json[-1]["level"] == "emergency"


def test_an_answer_comes_before_the_next_question() -> None:
    """Whoever pipes messages in reads each answer at once."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "screen"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(2):
            running.stdin.write(lines({"id": number, "text": "hola"}).encode())
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["id"] == number
        running.stdin.close()
        assert running.wait(30) == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_closed_stream_is_named(closed: str) -> None:
    command = f'exec "$0" -m bot screen {closed}'
    done = subprocess.run(["sh", "-c", command, sys.executable], cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"standard input and output have to be open: `waymark screen < FILE`\n")


def test_no_setting_is_needed_and_a_wrong_one_does_not_matter(cli: Cli) -> None:
    (cli.folder / ".env").write_text("WAYMARK_TIMEZONE=nowhere\n")
    assert cli("screen", stdin=lines({"id": 1, "text": "hi"})).code == 0


def test_the_clinic_s_own_lexicon_counts(cli: Cli) -> None:
    own = cli.folder / "own"
    (own / "crisis").mkdir(parents=True)
    (own / "crisis" / "lexicon.en.yaml").write_text("entries: [broken\n")
    told = cli("screen", stdin="", content_dir=str(own))
    assert told.code == 2
    assert "lexicon.en.yaml" in told.err
    assert "no such folder" in cli("screen", stdin="", content_dir=str(own / "nowhere")).err


def test_one_text_is_explained(cli: Cli) -> None:
    told = cli("screen", "--explain", "I want to kill myself")
    assert told.code == 0
    first, words, *why = told.out.splitlines()
    assert "emergency, suicide" in first
    assert "kill myself" in words
    assert any("en.suicide.kill-myself" in line for line in why)
    assert any("lexicon" in line for line in why)


def test_a_harmless_message_is_explained(cli: Cli) -> None:
    told = cli("screen", "--explain", "quiero vivir mejor").out
    assert told.startswith("none")
    assert "es.whole.wants-to-live: the whole message is harmless" in told


def test_a_text_of_signs_is_explained_by_its_points(cli: Cli) -> None:
    told = cli("screen", "--explain", "wrote the letters. four of them. one for each kid", second_opinion="off")
    assert "urgent" in told.out
    assert "signs" in told.out
    assert " +" in told.out
    assert not re.search(r"^  second opinion", told.out, re.M)


def test_the_second_opinion_says_what_it_thinks_and_which_messages_are_like_it(cli: Cli) -> None:
    text = "I've given the dog to my neighbour, she'll love him. Thanks for everything."
    told = cli("screen", "--explain", text)
    assert told.out.startswith(("urgent, suicide", "emergency, suicide"))
    assert "second opinion" in told.out
    by_rules = cli("screen", "--explain", text, "--rules-only").out
    assert "none" in by_rules.splitlines()[0]
    assert re.search(r"points -?\d+ \(enough for a page: \d+ without the second opinion, \d+ beside it; all begin with -?\d+\)", by_rules)
    assert re.search(r"signs for a page: \S.* \+\d", by_rules)
    assert re.search(r"signs against one: \S.* -\d", by_rules)


def test_what_took_a_page_away_is_told_in_words(cli: Cli) -> None:
    text = "Remind me when group is on Thursday please, the guy at the desk said someone will kill me if I am late again"
    told = cli("screen", "--explain", text, "--rules-only").out
    assert told.startswith("watch")
    assert re.search(r"calm +-?\d+ of \d+ points: the words around it do not say enough for a page", told)


def test_what_was_calmed_and_pages_all_the_same_is_told_truly(cli: Cli) -> None:
    told = cli("screen", "--explain", "my roommate is blue and won't wake up").out
    assert told.startswith("emergency")
    assert re.search(r"calm +\d+ of \d+ points: not enough by itself, what stands beside it pages", told)
    assert "a counselor looks" not in told


def test_the_words_that_decided_are_named_without_colour_too(cli: Cli) -> None:
    assert 'words    "kill myself"' in cli("screen", "--explain", "I want to kill myself").out


def test_nothing_in_a_text_reaches_the_terminal_but_what_can_be_seen(cli: Cli) -> None:
    told = cli("screen", "--explain", "\x1b]0;x\x07I want to die \u202etxet\r\nsecond line \u200d").out
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(re.sub(r"\x1b\[[0-9;]*m", "", told))
    assert "\\u001b]0;x\\u0007I want to die \\u202etxet\n  second line" in told


@pytest.mark.parametrize(
    ("written", "why"), [("NaN", "is not JSON (NaN is no number)"), ("9" * 6000, "holds a number of 6000 digits; 1000 are read")]
)
def test_a_number_that_cannot_be_given_back_is_said(cli: Cli, written: str, why: str) -> None:
    told = cli("screen", stdin=f'{{"id": {written}, "text": "hi"}}\n{{"id": 2, "text": "hi"}}\n')
    assert (told.code, told.err) == (1, f"line 1: {why}\n")
    assert [one["id"] for one in told.json] == [2]


def test_what_the_second_opinion_decided_is_named_and_never_lower(cli: Cli) -> None:
    texts = ("he is outside again and I hid the knives", "I want to kill myself", "see you at group", "the soup was good")
    asked = lines(*({"id": number, "text": text} for number, text in enumerate(texts)))
    both, rules = cli("screen", stdin=asked).json, cli("screen", "--rules-only", stdin=asked).json
    assert [one["by"] for one in both] == ["second opinion", "rules", "rules", "rules"]
    assert {one["by"] for one in rules} == {"rules"}
    assert all(Level(one["level"]) >= Level(other["level"]) for one, other in zip(both, rules, strict=True))


def test_without_its_model_the_rules_decide_alone_and_a_line_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ContentError("crisis/opinion.npz", "", "is missing")

    monkeypatch.setattr("bot.opinion.second.SecondReader.load", missing)
    told = cli("screen", stdin=lines({"id": 1, "text": "I want to kill myself"}))
    assert [one["level"] for one in told.json] == ["emergency"]
    assert told.err.count("\n") == 1
    assert "opinion.npz" in told.err


def no_opinion(stumbles: type[Exception]) -> SimpleNamespace:
    """A reader that has an opinion on nothing, and stumbles over whatever has a letter in it."""

    def opinions(messages: Sequence[Sequence[str]]) -> list[None]:
        if any(character.isalpha() for texts in messages for text in texts for character in text):
            raise stumbles("the words must not be told")
        return [None for _ in messages]

    return SimpleNamespace(opinions=opinions)


@pytest.mark.parametrize("error", [ValueError, MemoryError, RecursionError])
def test_a_line_that_the_second_opinion_has_none_on_is_judged_by_the_rules_alone(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    doubt = "he is outside again and I hid the knives"
    monkeypatch.setattr("bot.opinion.second.SecondReader.load", lambda *_: no_opinion(error))
    asked = lines({"id": 1, "text": doubt}, {"id": 2, "text": "..."})
    told, alone = cli("screen", stdin=asked), cli("screen", stdin=asked, second_opinion="off")
    assert (told.code, told.err) == (0, "")
    assert told.json == alone.json
    assert told.json[0]["level"] == "urgent"
    explained = cli("screen", "--explain", doubt).out
    assert explained.startswith("urgent")
    assert f"the rules decided alone: {error.__name__}" in explained
    assert "the rules decided alone: a text without words" in cli("screen", "--explain", "...").out
