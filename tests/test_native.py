"""The compiled screen judges as the Python files do, and is used only beside the sources that it was made from."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot import native
from bot.safety.screen import Screener
from tests.bench.corpus import examples, rows
from tests.world import content

# Judges texts from standard input by the Python files.
JUDGE = """
import dataclasses, json, sys
from importlib.util import find_spec, module_from_spec
sys.modules["bot"] = module_from_spec(find_spec("bot"))  # without running it: nothing compiled is used
import bot.safety.screen
assert bot.safety.screen.__file__.endswith(".py")
from tests.bench.screen import shipped
screener = shipped()
json.dump([dataclasses.astuple(screener.screen(text, sure=sure)) for text in json.load(sys.stdin) for sure in (False, True)], sys.stdout)
"""
# Compiles a small package in place of the screen, and says what came of it.
COMPILE = """
import sys, pathlib
from bot import native
native.PLACE, native.MODULES, native._GROUP = pathlib.Path(sys.argv[1]) / "place", ("sum",), "waymark_try"
native._package = lambda: pathlib.Path(sys.argv[1]) / "safety"
native.main()
print(sorted(one.suffix for one in native._folder().rglob("*") if one.is_file()) if native._folder().is_dir() else "nothing")
"""


def run(code: str, *arguments: str, told: str = "", **variables: str) -> str:
    """What a new Python process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=told,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_compiled_and_plain_judge_alike() -> None:
    if not native._folder().is_dir():
        pytest.skip("nothing is compiled")
    screener = content().screener
    texts = [row.text for row in (*examples(), *list(rows("voices_first"))[::8], *list(rows("part_a"))[::8])]
    judged = [screener.screen(text, sure=sure) for text in texts for sure in (False, True)]
    told = json.dumps(list(map(dataclasses.astuple, judged)))
    assert json.loads(run(JUDGE, told=json.dumps(texts))) == json.loads(told)


def test_what_was_compiled_is_what_runs() -> None:
    assert native._folder().is_dir() is (Path(sys.modules[Screener.__module__].__file__ or "").suffix != ".py")


def test_beside_other_sources_it_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_these = native._folder()
    shutil.copytree(native._package(), tmp_path / "safety", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(native, "_package", lambda: tmp_path / "safety")
    assert native._folder() == of_these
    with (tmp_path / "safety/screen.py").open("a") as file:
        file.write("# another line\n")
    assert native._folder() != of_these
    finders = list(sys.meta_path)
    assert not native.use()
    assert sys.meta_path == finders


def test_what_the_machine_cannot_load_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "PLACE", tmp_path)
    monkeypatch.setattr(native, "_LIBRARY", "waymark_broken__mypyc")
    native._folder().mkdir()
    finders = list(sys.meta_path)
    assert not native.use(), "an empty folder"
    (native._folder() / "waymark_broken__mypyc.so").write_bytes(b"no library")
    assert not native.use(), "one without its checksum"
    (native._folder() / native._SUM).write_text("another")
    assert not native.use(), "a damaged one"
    (native._folder() / native._SUM).write_text(native._sum(native._folder()))
    assert not native.use(), "one of another machine"
    (tmp_path / "safety").mkdir()
    (tmp_path / "safety/.#reader.py").symlink_to(tmp_path / "gone")
    monkeypatch.setattr(native, "_package", lambda: tmp_path / "safety")
    assert not native.use(), "sources that cannot be read"
    assert sys.meta_path == finders


def test_it_is_compiled_once_and_what_came_before_goes(tmp_path: Path) -> None:
    (tmp_path / "safety").mkdir()
    (tmp_path / "safety/__init__.py").touch()
    (tmp_path / "safety/sum.py").write_text("def both(one: int, other: int) -> int:\n    return one + other\n")
    (tmp_path / "place/before").mkdir(parents=True)
    found = run(COMPILE, str(tmp_path))
    if found.startswith("The crisis screen runs as plain Python, at half the speed: there is no C compiler"):
        return
    assert found == "['', '.so', '.so']\n"
    (made,) = (tmp_path / "place").iterdir()
    assert run(COMPILE, str(tmp_path), CC="/no/compiler") == found, "it is there already"
    next(made.glob("*.so")).write_bytes(b"cut short")
    assert run(COMPILE, str(tmp_path)) == found, "a damaged one is made anew"
    assert b"cut short" not in {one.read_bytes() for one in made.glob("*.so")}


@pytest.mark.parametrize(
    ("source", "variables", "why"),
    [
        ("def both() -> int:\n    return 1\n", {"CC": "/no/compiler"}, "there is no C compiler"),
        ("both: int = 'one'\n", {}, "Incompatible types"),
    ],
)
def test_without_a_compiler_it_says_so_in_one_line(tmp_path: Path, source: str, variables: dict[str, str], why: str) -> None:
    (tmp_path / "safety").mkdir()
    (tmp_path / "safety/__init__.py").touch()
    (tmp_path / "safety/sum.py").write_text(source)
    told, made = run(COMPILE, str(tmp_path), **variables).splitlines()
    assert told.startswith("The crisis screen runs as plain Python")
    assert why in told
    assert made == "nothing"


def test_where_nothing_may_be_written_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "place").touch()
    monkeypatch.setattr(native, "PLACE", tmp_path / "place/there")
    native.main()
    assert "Not a directory" in capsys.readouterr().out
