"""The second opinion in a process of its own, with the shipped model: what no word list catches pages, also after a kill in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from bot.models import Case, Inbox
from bot.opinion_work import State, told
from tests.e2e.stage import Stage, find, stage

pytestmark = pytest.mark.e2e

HINT = "I've given the dog to my neighbour, she'll love him. Thanks for everything."


def loaded(made: Stage) -> bool:
    return any(one.state is State.READY for one in made.work(told))


def levels(made: Stage) -> list[str]:
    return list(made.work(lambda work: work.session.exec(select(Case.level)).all()))


def waiting_words(made: Stage) -> int:
    rows = made.work(lambda work: work.session.exec(select(Inbox)).all())
    return sum(row.payload is not None or row.unread for row in rows)


async def test_what_only_the_model_sees_is_paged_and_its_words_are_erased(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.env["WAYMARK_SECOND_OPINION"] = "on"
        dana = made.hire(2001, "Dana", position="primary")
        sam = made.enrol(1001, "Sam")
        await made.start()
        await made.until(lambda: loaded(made), "the second opinion is loaded")
        sam.text("the soup was good")
        sam.text(HINT)
        await made.until(lambda: levels(made) == ["urgent"], "the second opinion opened a case")
        await made.until(lambda: find(dana, "Acknowledge") is not None, "it is paged")
        await made.until(lambda: waiting_words(made) == 0, "nothing of what was said waits in the inbox")
        await made.stop()


async def test_a_kill_between_the_rules_and_the_second_opinion_loses_neither_case_nor_page(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.env["WAYMARK_SECOND_OPINION"] = "on"
        dana = made.hire(2001, "Dana", position="primary")
        sam = made.enrol(1001, "Sam")
        await made.start()
        await made.until(lambda: loaded(made), "the second opinion is loaded")
        for number in range(4):
            sam.text(HINT if number else "the soup was good")
            await made.kill_after_a_moment(number)
            await made.start()
        await made.until(lambda: levels(made) == ["urgent"], "the second opinion opened a case")
        await made.until(lambda: find(dana, "Acknowledge") is not None, "it is paged")
        await made.until(lambda: waiting_words(made) == 0, "nothing of what was said waits in the inbox")
