"""The crisis screen as machine code: where there is a C compiler, mypyc translates `bot/safety` when Waymark is installed.

`make` calls `main`, which compiles; `import bot` uses what was compiled. That stands beside the installed libraries, in a folder named
after the very sources that it was made from: beside any others it is not found, and the Python files run as they are. Both judge alike.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
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
MODULES = ("build", "context", "lexicon", "matcher", "normalise", "notation", "reader", "reading", "screen", "signs", "slips")
_GROUP = "waymark_screen"  # what the modules share is a library of this name
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
    """Where this very code stands once it is compiled."""
    sources = hashlib.blake2b(digest_size=12)
    for file in (Path(__file__), *sorted(_package().glob("*.py"))):
        sources.update(file.name.encode() + file.read_bytes())
    return PLACE / sources.hexdigest()


def use() -> bool:
    """Lets the compiled modules be imported, if they stand there and this machine can load them. To be called before any of them is."""
    folder = _folder()
    if not folder.is_dir():
        return False
    finder = _Compiled(folder)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(_LIBRARY)
    except ImportError:
        sys.meta_path.remove(finder)
        return False
    return True


def build() -> str:
    """Compiles what is not compiled yet and throws away what was made from other sources.

    Returns:
        Why it could not be done; empty when it is there.
    """
    folder = _folder()
    if folder.is_dir():
        return ""
    try:
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
        shutil.copytree(_package(), package, ignore=shutil.ignore_patterns("__pycache__"))
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
        for old in PLACE.iterdir():
            if not old.name.startswith(tempfile.gettempprefix()):
                shutil.rmtree(old, ignore_errors=True)
        Path("made").replace(folder)
    return ""


def main() -> None:
    """Compile, and say in one line what came of it."""
    if why := build():
        print(f"The crisis screen runs as plain Python, at half the speed: it could not be compiled ({why}). A C compiler helps.")
