"""What `waymark doctor` says about the second opinion: switched off, not loadable here, or not read by the running bot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.cli.findings import Finding, look, mend, well
from bot.errors import ContentError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config import Settings
    from bot.work import Work

SLOW_LOADING = timedelta(minutes=1)


def opinion(settings: Settings, own: Path | None) -> Iterator[Finding]:
    """Whether the model and its encoder can be loaded on this machine."""
    from bot.config import name_of

    if not settings.second_opinion:
        yield look(
            "second opinion",
            f"switched off ({name_of('second_opinion')}): the rules decide alone",
        )
        return
    from bot.content.check import opinion_of, screener_of

    try:
        from bot.opinion.second import SecondReader

        reader = SecondReader.load(screener_of(own), *opinion_of(own))
    except ContentError as error:
        yield mend("second opinion", f"the rules decide alone: {error}")
    except (ImportError, OSError, ValueError) as error:
        yield mend("second opinion", f"its encoder does not load ({type(error).__name__}), the rules decide alone: run `make install`")
    else:
        yield well("second opinion", f"version {reader.model.version}, {reader.model.size} messages")


def running(work: Work) -> Iterator[Finding]:
    """What the bot that runs on this database, or ran last, said of it."""
    from bot.models import Meta
    from bot.opinions import META, State

    row = work.session.get(Meta, META)
    if row is None or not work.settings.second_opinion:
        return
    said, _, at = row.value.split(" ")
    if said == State.FAILED:
        yield mend(
            "second opinion",
            f"the bot that started at {at} could not load it, the rules decide alone: see opinion.not_loaded in its log",
        )
    elif said == State.LOADING:
        late = work.now - datetime.fromisoformat(at) > SLOW_LOADING
        line = "is still being loaded by the bot: the rules decide alone until then"
        yield (mend if late else look)("second opinion", f"{line}; it should take a second: see its log" if late else line)
    elif said == State.OFF:
        yield look("second opinion", f"the bot that started at {at} runs without it: restart it if you have switched it on since")
