"""What `waymark doctor` says about the second opinion: switched off, not loadable here, or not read by the running bot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.findings import Finding, look, mend, well
from bot.errors import ContentError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config import Settings
    from bot.work import Work

FAILING = 3  # messages in a row


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
    except (ImportError, OSError) as error:
        yield mend("second opinion", f"its encoder does not load ({type(error).__name__}), the rules decide alone: run `make install`")
    except ValueError as error:
        line = f"the model file was made for another encoder ({error}), the rules decide alone"
        yield mend("second opinion", f"{line}: put the shipped crisis/opinion.npz back or run `make train-screen`")
    else:
        yield well("second opinion", f"version {reader.model.version}, {reader.model.size} messages")


def running(work: Work) -> Iterator[Finding]:
    """What the processes that run on this database, or ran last, said of it: the worst."""
    from bot.opinion_work import State, told

    notes = told(work)
    if not notes or not work.settings.second_opinion:
        return
    wrong = [one for one in notes if one.state is not State.READY or one.failed >= FAILING]
    if not wrong:
        return
    order = (State.FAILED, State.LOST, State.LATE, State.READY, State.LOADING, State.OFF)
    one = min(wrong, key=lambda one: order.index(one.state))
    at = f"{one.since:%Y-%m-%d %H:%M} UTC"
    lines = {
        State.FAILED: f"could not be loaded ({at}), the rules decide alone: see opinion.not_loaded in the bot's log",
        State.LOST: f"has not come back from a message ({at}), the rules decide alone: restart the bot",
        State.LATE: f"has not come back from a message ({at}), the rules decide alone: restart the bot if it stays so",
        State.READY: f"stumbled over the last {one.failed} messages, the rules decided alone: see opinion.failed in the bot's log",
        State.LOADING: f"is still being loaded by the bot ({at}): the rules decide alone until then",
        State.OFF: f"the bot that started at {at} runs without it: restart it if you have switched it on since",
    }
    of = f"in {len(wrong)} of {len(notes)} processes: " if len(notes) > 1 else ""
    yield (look if one.state in (State.LOADING, State.OFF) else mend)("second opinion", of + lines[one.state])
