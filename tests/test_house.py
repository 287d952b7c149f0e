"""The house plan, as far as no other tool looks at it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_folder_of_code_is_a_package() -> None:
    """The import contracts do not see a folder without `__init__.py`."""
    folders = {file.parent for file in (ROOT / "bot").rglob("*.py")}
    assert sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file()) == []


def test_the_scripts_of_the_ci_can_be_executed() -> None:
    scripts = [script for script in (ROOT / ".ci").iterdir() if script.is_file()]
    assert [script.name for script in scripts if not os.access(script, os.X_OK)] == []
