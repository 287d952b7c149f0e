"""The crisis screen as machine code: where there is a C compiler, mypyc translates `bot/safety` when Waymark is installed.

`make` calls `main`, which compiles; `import bot` uses what was compiled. That stands beside the installed libraries, in a folder named
after the very sources that it was made from: beside any others it is not found, and the Python files run as they are. Both judge alike.
Whatever is wrong with it (damaged, of another machine, not readable), the Python files run: this stops no start.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PLACE = Path(sysconfig.get_path("platlib")) / "waymark_native"
PACKAGE = "bot.safety"
# What takes the time: all that runs for each message, and what builds the lexicons.
MODULES = (
    "build",
    "context",
    "letters",
    "lexicon",
    "matcher",
    "normalise",
    "notation",
    "reader",
    "reading",
    "screen",
    "signs",
    "slips",
    "trail",
    "vocabulary",
    "whole",
)
_GROUP = "waymark_screen"  # what the modules share is a library of this name
_SUM = "sum"  # the file with the checksum
_LIBRARY = f"{_GROUP}__mypyc"


class _Compiled(MetaPathFinder):
    """Finds the compiled modules before the Python files of the same names."""

    def __init__(self, folder: Path) -> None:
        self._places = {f"{PACKAGE}.{name}": [str(folder.joinpath(*PACKAGE.split(".")))] for name in MODULES} | {_LIBRARY: [str(folder)]}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where a module was compiled to; None for any other."""
        return PathFinder.find_spec(fullname, self._places[fullname]) if fullname in self._places else None


def _package() -> Path:
    return Path(__file__).parent / PACKAGE.split(".")[-1]


def _folder() -> Path:
    """Where this very code stands once it is compiled for this Python."""
    sources = hashlib.blake2b(sys.version.encode(), digest_size=12)
    for file in (Path(__file__), *sorted(_package().glob("*.py"))):
        sources.update(file.name.encode() + file.read_bytes())
    return PLACE / sources.hexdigest()


def _sum(folder: Path) -> str:
    """A checksum of what was compiled: a library that is cut short would take the whole process with it."""
    return hashlib.blake2b(b"".join(file.read_bytes() for file in sorted(folder.rglob("*.so")))).hexdigest()


def _is_whole(folder: Path) -> bool:
    return (folder / _SUM).is_file() and (folder / _SUM).read_text() == _sum(folder)


def use() -> bool:
    """Lets the compiled modules be imported, if they stand there and this machine can load them. To be called before any of them is."""
    try:
        folder = _folder()
        if not _is_whole(folder):
            return False
    except OSError:
        return False
    finder = _Compiled(folder)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(_LIBRARY)
    except Exception:
        sys.meta_path.remove(finder)
        return False
    return True


def runs() -> bool:
    """Whether the compiled modules are what is imported."""
    return _LIBRARY in sys.modules


def build() -> str:
    """Compiles what is not compiled yet and throws away what was made from other sources.

    Returns:
        Why it could not be done; empty when it is there.
    """
    try:
        folder = _folder()
        if _is_whole(folder):
            return ""
        compiler = sysconfig.get_config_var("CC") or "cc"
        if shutil.which(os.environ.get("CC", compiler).split()[0]) is None:
            return "there is no C compiler"
        if not Path(sysconfig.get_path("include"), "Python.h").is_file():
            return "Python's headers are not installed"
        PLACE.mkdir(parents=True, exist_ok=True)
        return _compiled_to(folder)
    except OSError as error:
        return str(error)


def _compiled_to(folder: Path) -> str:
    try:
        from mypyc.build import mypycify
        from setuptools import setup
    except ImportError:
        return "mypy and setuptools are not installed"
    with tempfile.TemporaryDirectory(dir=PLACE) as scratch, contextlib.chdir(scratch):
        package = Path(*PACKAGE.split("."))
        package.mkdir(parents=True)
        for file in _package().glob("*.py"):
            shutil.copy(file, package)
        (package.parent / "__init__.py").touch()  # this module's own package would bring this module in
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                modules = mypycify(
                    ["--follow-imports=silent", *(str(package / f"{name}.py") for name in MODULES)], group_name=_GROUP, debug_level="0"
                )
                setup(name=_GROUP, packages=[], py_modules=[], ext_modules=modules, script_args=["-q", "build_ext", "--build-lib=made"])
        except (Exception, SystemExit) as error:
            told = [line for line in said.getvalue().splitlines() if "error" in line]
            return told[-1] if told else f"{type(error).__name__}: {error}"
        made = Path("made")
        (made / _SUM).write_text(_sum(made))
        for old in PLACE.iterdir():
            if not old.name.startswith(tempfile.gettempprefix()):
                shutil.rmtree(old, ignore_errors=True)
        made.replace(folder)
    return ""


def main() -> int:
    """Compiles, and says in one line why it could not.

    Returns:
        0 when it is compiled.
    """
    why = build()
    if why:
        print(f"The crisis screen runs as plain Python, at half the speed: {why}.")
    return int(bool(why))
