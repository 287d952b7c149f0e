"""How long the content takes to load and what it holds, the same with a thousand lessons of a clinic's own, what a page turn writes."""

from __future__ import annotations

import asyncio
import inspect
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from tests.world import Phone, World, world_at

RUNS = 5
OWN_LESSONS, PER_MODULE = 1000, 20
_MEASURE = """
import json, sys, time, tracemalloc
from pathlib import Path
import bot.content.library as library
own = Path(sys.argv[2]) if sys.argv[2] else None
if sys.argv[1] == "memory":
    tracemalloc.start()
wall, cpu = time.perf_counter(), time.process_time()
content = library.load(own)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
held = tracemalloc.get_traced_memory()[0] / 2**20 if sys.argv[1] == "memory" else 0
print(json.dumps([wall, cpu, held, sum(len(module.lessons) for module in content.modules)]))
"""


def measured(what: str, own: Path | None = None) -> tuple[float, float, float, int]:
    """Load all content once in a fresh process: seconds by the clock and of the processor, megabytes that it holds, lessons."""
    command = [sys.executable, "-c", _MEASURE, what, str(own or "")]
    wall, cpu, held, lessons = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return wall, cpu, held, lessons


def clinic(folder: Path, count: int) -> None:
    """A clinic's own lessons: the shipped one about cravings under new names, in modules of twenty."""
    shipped = Path("content/lessons/m3")
    texts = {lang: (shipped / f"m3.3.{lang}.md").read_text(encoding="utf-8") for lang in ("en", "es")}
    for first in range(0, count, PER_MODULE):
        name = f"own{first // PER_MODULE}"
        home = folder / "lessons" / name
        home.mkdir(parents=True)
        ids = [f"{name}.{number}" for number in range(1, PER_MODULE + 1)]
        title = "{en: Our house, es: Nuestra casa}"
        aim = '{en: "Know how we work.", es: "Saber cómo trabajamos."}'
        (home / "module.yaml").write_text(
            f"id: {name}\nweek: 2\ntitle: {title}\naim: {aim}\nevidence: [psychoed]\nlessons: [{', '.join(ids)}]\n", encoding="utf-8"
        )
        for lesson in ids:
            for lang, text in texts.items():
                (home / f"{lesson}.{lang}.md").write_text(text.replace("id: m3.3\n", f"id: {lesson}\n"), encoding="utf-8")


async def turned() -> dict[str, int]:
    """What one page turn does, from the tap to the phone."""
    with tempfile.TemporaryDirectory() as place:
        async with world_at(Path(place)) as world:
            ana = await world.enrol("Ana")
            await ana.says("/learn")
            await ana.taps("Start")
            return await one_turn(world, ana)


async def one_turn(world: World, ana: Phone) -> dict[str, int]:
    """Tap Next once, and count the calls of the Bot API by method, and the units of work that write, by their names."""
    database = world.app.services.database
    plain, wrote, units = database.run_quietly, list[str](), list[str]()

    async def named(work: Any, *args: Any, **kwargs: Any) -> Any:
        wrote.clear()
        unit = inspect.getclosurevars(work).nonlocals.get("unit", work)
        found = await plain(work, *args, **kwargs)
        units.extend([unit.__name__] if wrote else [])
        return found

    def sees(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN", "PRAGMA", "SAVEPOINT")):
            wrote.append(statement)

    calls = len(world.api.calls)
    event.listen(database.engine, "before_cursor_execute", sees)
    with patch.object(database, "run_quietly", named):
        await ana.taps("Next")
    event.remove(database.engine, "before_cursor_execute", sees)
    made = [call.method for call in list(world.api.calls)[calls:] if call.method != "getUpdates"]
    return dict(Counter(made) + Counter(f"unit of work {unit}" for unit in units))


def main() -> None:
    """Print the figures beside what is wanted."""
    runs = [measured("time") for _ in range(RUNS)]
    wall, cpu = statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)
    held = measured("memory")[2]
    print(f"content: {runs[0][3]} lessons load in {wall * 1000:.0f} ms, {cpu * 1000:.0f} of them processor (wanted under 400)")
    print(f"content: holds {held:.0f} MB (wanted under 30)")
    with tempfile.TemporaryDirectory() as place:
        clinic(Path(place), OWN_LESSONS)
        runs = [measured("time", Path(place)) for _ in range(3)]
        wall, cpu = statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)
        print(f"content: {runs[0][3]} lessons load in {wall:.2f} s, {cpu:.2f} of them processor (a start wanted under 3)")
    print("a page turn:", asyncio.run(turned()))


if __name__ == "__main__":
    main()
