"""The second opinion beside the pipeline: it raises, never lowers, survives a stop; what it stumbles over is judged by the rules."""

from __future__ import annotations

import asyncio
import struct
import threading
import zipfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from bot import opinions as module
from bot.arrival import Screened
from bot.cli import findings_opinion
from bot.cli.findings import State as Found
from bot.content.library import shipped_root
from bot.errors import ContentError
from bot.models import Alert, Case, Checkin, Inbox, InboxState, Meta, Task
from bot.opinion import model
from bot.opinion.decide import Context, Opinion, Scores, decided_by, joint, raised
from bot.opinion.encoder import load_encoder
from bot.opinion.second import SecondReader
from bot.opinions import META, State
from bot.safety.levels import Category, Level
from tests.world import World, content, world_at

NOBODY_KNOWS = "the harbour lights are so pretty from up here"
DOUBTED = "the tide comes in at nine and I am nearly there"


class Sayings:
    """An encoder and a model in one: what is said of a text is written down; everything else is harmless."""

    def __init__(self, said: dict[str, tuple[float, float]]) -> None:
        self.said = {text.lower(): scores for text, scores in said.items()}
        self.read: list[str] = []
        self.version, self.size = "test", 1
        self.broken = False
        self._batch: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        if self.broken:
            raise RuntimeError("the words must not be told")
        self._batch = list(texts)
        self.read += texts
        return np.zeros((len(texts), model.DIMENSIONS), dtype=np.float32)

    def scores(self, _meanings: Any) -> list[Scores]:
        return [Scores(*self.said.get(text, (0.001, 0.001)), Category.SUICIDE, False) for text in self._batch]


def reader(said: Sayings) -> SecondReader:
    return SecondReader(content().screener, content().opinion, said, said, OrderedDict())  # type: ignore[arg-type]


@asynccontextmanager
async def reading(tmp_path: Path, said: Sayings) -> AsyncIterator[World]:
    """A world whose second opinion has been loaded."""
    async with world_at(tmp_path, second_opinion=True) as world:
        opinions = world.app.pipeline.opinions
        opinions._load = lambda: reader(said)
        await opinions.start()
        assert opinions.ready
        yield world


async def follows(world: World) -> None:
    """The second opinion has read everything, and what it made of it was sent."""
    opinions = world.app.pipeline.opinions
    await opinions.read()
    await opinions._settle()
    await world.settle()


def cases(world: World) -> list[Case]:
    with world.work() as work:
        return list(work.session.exec(select(Case).order_by(Case.opened_at)))  # type: ignore[arg-type]


async def test_what_only_the_model_sees_is_answered_and_paged(tmp_path: Path) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await ana.says(NOBODY_KNOWS)
        assert cases(world) == [], "the rules have nothing to say, and did not wait"
        await follows(world)
        (case,) = cases(world)
        assert (case.level, case.category) == ("urgent", "suicide")
        assert len(world.primary.pages) == 1
        assert any(key.startswith("crisis/") for key in ana.keys)
        with world.work() as work:
            (alert,) = work.session.exec(select(Alert).where(Alert.case_id == case.id)).all()
            assert alert.evidence is not None


async def test_a_harmless_message_leaves_nothing_behind(tmp_path: Path) -> None:
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await ana.says("the soup was good")
        await follows(world)
        assert cases(world) == []
        with world.work() as work:
            rows = work.session.exec(select(Inbox)).all()
            assert all(row.payload is None and not row.unread for row in rows if row.state is InboxState.DONE)


async def test_words_stay_until_they_were_read_and_no_longer(tmp_path: Path) -> None:
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says("the soup was good")
        with world.work() as work:
            (row,) = [row for row in work.session.exec(select(Inbox)) if row.unread]
            assert row.state is InboxState.DONE
            assert row.payload is not None
        await follows(world)
        with world.work() as work:
            assert [row for row in work.session.exec(select(Inbox)) if row.unread or row.payload is not None] == []


async def test_what_a_stopped_process_left_unread_is_read_after_the_next_start(tmp_path: Path) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        opinions = world.app.pipeline.opinions
        opinions._waiting.clear()  # the process died here
        await opinions.start()
        await follows(world)
        assert [case.level for case in cases(world)] == ["urgent"]
        assert len(world.primary.pages) == 1


async def test_nobody_is_paged_twice_for_one_message(tmp_path: Path) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await ana.says(NOBODY_KNOWS)
        opinions = world.app.pipeline.opinions
        twice = list(opinions._waiting)
        await follows(world)
        opinions._waiting.extend(twice)
        await follows(world)
        assert len(cases(world)) == 1
        assert len(world.primary.pages) == 1


async def test_a_reader_that_fails_leaves_the_rules_to_decide_alone(tmp_path: Path) -> None:
    said = Sayings({})
    doubted = next(text for text in DOUBTS if doubtful(text))
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        said.broken = True
        await ana.says(doubted)
        assert cases(world) == []
        await follows(world)
        assert [case.level for case in cases(world)] == [content().screener.screen(doubted).level]


async def test_a_model_that_cannot_be_loaded_leaves_the_rules_to_decide_alone(tmp_path: Path) -> None:
    doubted = next(text for text in DOUBTS if doubtful(text))
    async with world_at(tmp_path, second_opinion=True) as world:
        opinions = world.app.pipeline.opinions

        def missing() -> SecondReader:
            raise ContentError("crisis/opinion.npz", "", "is missing")

        opinions._load = missing
        await opinions.start()
        assert opinions.state is State.FAILED
        ana = await world.enrol("Ana")
        await ana.says(doubted)
        assert len(cases(world)) == 1
        with world.work() as work:
            told = list(findings_opinion.running(work))
        assert [one.state for one in told] == [Found.MEND]


async def test_until_it_is_loaded_the_rules_decide_alone(tmp_path: Path) -> None:
    doubted = next(text for text in DOUBTS if doubtful(text))
    async with world_at(tmp_path, second_opinion=True) as world:
        assert world.app.pipeline.opinions.state is State.LOADING
        ana = await world.enrol("Ana")
        await ana.says(doubted)
        assert len(cases(world)) == 1


async def test_while_much_waits_to_be_read_the_rules_decide_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doubted = next(text for text in DOUBTS if doubtful(text))
    async with reading(tmp_path, Sayings({})) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await ana.says(doubted)
        assert not cases(world)  # it waits for the second opinion, which finds nothing in it
        monkeypatch.setattr("bot.opinions.BACKLOG", 1)
        await ben.says(doubted)
        assert len(cases(world)) == 1


async def test_it_raises_an_urgent_case_and_lowers_none(tmp_path: Path) -> None:
    said = Sayings({"i want to die": (0.999, 0.99), "i am going to kill myself tonight": (0.0, 0.0)})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await ana.says("I want to die")
        await ben.says("I am going to kill myself tonight")
        await follows(world)
        assert sorted(case.level for case in cases(world)) == ["emergency", "emergency"]


async def test_the_last_hours_make_it_more_careful(tmp_path: Path) -> None:
    table = content().opinion
    plain = content().screener.screen(DOUBTED, sure=True)
    near = 0.5
    while joint(table, plain, Scores(near, 0.0, Category.SUICIDE, False)) < table.page["en"] - 0.25:
        near += (1 - near) / 8
    said = Sayings({DOUBTED: (near, 0.0)})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        with world.work() as work:
            start = work.now
            work.session.add(Checkin(person_id=ben.person.id, local_date=start.date(), started_at=start, craving=9))
        await ana.says(DOUBTED)
        await ben.says(DOUBTED)
        await follows(world)
        assert [case.person_id for case in cases(world)] == [ben.person.id]


async def test_staff_and_visitors(tmp_path: Path) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        await world.primary.says(NOBODY_KNOWS)
        visitor = world.stranger()
        await visitor.says(NOBODY_KNOWS)
        await follows(world)
        assert cases(world) == [], "staff's words are work; a visitor is asked first"
        assert any(key.startswith(("visitor/", "crisis/")) for key in visitor.keys)
        assert not any(key.startswith("crisis/") for key in world.primary.keys)


async def test_a_burst_is_read_in_order_and_settled_in_few_transactions(tmp_path: Path) -> None:
    said = Sayings({})
    async with reading(tmp_path, said) as world:
        people = [await world.enrol(name) for name in ("Ana", "Ben", "Cleo")]
        await follows(world)
        said.read.clear()
        for number in range(20):
            for person in people:
                await person.says(f"day {number} of {person.person.number}")
        await follows(world)
        assert len(said.read) == 60
        with world.work() as work:
            assert [row.update_id for row in work.session.exec(select(Inbox)) if row.unread] == []


async def test_a_reader_that_hangs_keeps_nobody_waiting_and_reads_what_was_left_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubted = next(text for text in DOUBTS if doubtful(text))
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana, ben, cleo = [await world.enrol(name) for name in ("Ana", "Ben", "Cleo")]
        await follows(world)
        opinions = world.app.pipeline.opinions
        hangs = threading.Event()
        monkeypatch.setattr(module, "PATIENCE_S", 0.01)
        monkeypatch.setattr(said, "encode", lambda texts: hangs.wait() and Sayings.encode(said, texts))
        await ana.says(doubted)
        await ben.says(NOBODY_KNOWS)
        await follows(world)
        assert [case.person_id for case in cases(world)] == [ana.person.id], "by the rules alone"
        assert opinions._late is not None
        await cleo.says(doubted)
        assert len(cases(world)) == 2, "at once, as long as it hangs"
        monkeypatch.setattr(module, "PATIENCE_S", 5)
        hangs.set()
        await asyncio.wait({opinions._late})
        await asyncio.sleep(0)
        assert opinions.ready
        await opinions._sweep(timedelta(0))
        await follows(world)
        assert ben.person.id in {case.person_id for case in cases(world)}, "words that it was too late for were kept for it"
        assert unread(world) == []


async def test_one_message_that_it_stumbles_over_takes_the_opinion_from_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)

        def encode(texts: Sequence[str]) -> Any:
            if "stumble" in texts:
                raise RuntimeError
            return Sayings.encode(said, texts)

        monkeypatch.setattr(said, "encode", encode)
        await ana.says("stumble")
        await ben.says(NOBODY_KNOWS)
        await follows(world)
        assert [case.person_id for case in cases(world)] == [ben.person.id]


async def test_while_the_database_is_away_a_danger_is_answered_directly_and_opens_its_case_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        opinions, direct = world.app.pipeline.opinions, list[int]()

        async def directly(crises: Sequence[Screened]) -> None:
            direct.extend(one.inbound.chat_id for one in crises if one.screening.level.pages)

        def away(*_: Any) -> Level:
            raise OperationalError("", {}, Exception())

        monkeypatch.setattr(opinions, "_directly", directly)
        with monkeypatch.context() as patch:
            patch.setattr(module, "judge", away)
            for _ in range(8):
                await opinions.read()
                await opinions.retry()
        assert cases(world) == []
        assert set(direct) == {ana.person.chat_id}
        await opinions.retry()
        assert [case.level for case in cases(world)] == ["urgent"]
        assert unread(world) == []


async def test_what_can_never_be_judged_is_not_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        opinions = world.app.pipeline.opinions

        def broken(*_: Any) -> Level:
            raise ValueError

        monkeypatch.setattr(module, "judge", broken)
        await opinions.read()
        for _ in range(module.GIVEN_UP):
            await opinions.retry()
        await opinions._settle()
        assert unread(world) == []


@pytest.mark.parametrize("on", [True, False])
async def test_much_that_was_left_is_read_in_one_go_and_what_cannot_be_read_stands_in_nobodys_way(tmp_path: Path, on: bool) -> None:
    many = module.PAGE + 20
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)
        for number in range(many):
            await ana.says(f"day {number}")
        await ben.says(NOBODY_KNOWS)
        opinions = world.app.pipeline.opinions
        opinions._waiting.clear()  # the process died here
        with world.work() as work:
            first = min(unread(world))
            row = work.session.get(Inbox, first)
            assert row is not None
            row.payload = b"torn"
        if on:
            await opinions._sweep(timedelta(0))
            await follows(world)
            assert [case.person_id for case in cases(world)] == [ben.person.id]
        else:
            opinions.state, opinions._reader = State.OFF, None
            await opinions.run()
        assert unread(world) == []


def unread(world: World) -> list[int]:
    with world.work() as work:
        return [row.update_id for row in work.session.exec(select(Inbox)) if row.unread]


async def test_switched_off_it_says_so_and_reads_nothing(tmp_path: Path) -> None:
    async with world_at(tmp_path, second_opinion=False) as world:
        await asyncio.wait_for(world.app.pipeline.opinions.run(), 5)
        ana = await world.enrol("Ana")
        await ana.says("the soup was good")
        with world.work() as work:
            assert work.session.get(Meta, META).value.startswith("off")  # type: ignore[union-attr]
            assert not any(row.unread for row in work.session.exec(select(Inbox)))
            assert work.session.exec(select(Task)).all() == []


# What the rules alone page for, and leave to the second opinion when there is one.

DOUBTS = (
    "I don't see a point in going on like this, they would be fine",
    "everyone would be better without me around",
    "I keep thinking about the bridge on my way home",
    "ya no le veo sentido a nada y estoy cansada",
    "I gave everything away and said my goodbyes",
    "he is outside again and I hid the knives",
    "I feel like letting go of all of it tonight",
)


def doubtful(text: str) -> bool:
    screener = content().screener
    return screener.screen(text).level.pages and not screener.screen(text, sure=True).level.pages


def test_some_are_doubted() -> None:
    assert any(doubtful(text) for text in DOUBTS)


# The decision

TABLE = content().opinion


def opinion(page: float, emergency: float = 0.0) -> Opinion:
    return Opinion(Scores(page, emergency, Category.OVERDOSE, True), "as typed", "as read")


@pytest.mark.parametrize("text", ["I want to die", "the soup was good", "I'm going to kill myself", "I miss my dad", "hoy me siento bien"])
@pytest.mark.parametrize("page", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("emergency", [0.0, 0.8, 1.0])
@pytest.mark.parametrize("context", [(), (Context.CASE,), tuple(Context)])
def test_never_lower_than_the_rules(text: str, page: float, emergency: float, context: tuple[Context, ...]) -> None:
    found = content().screener.screen(text, sure=True)
    said = raised(TABLE, found, opinion(page, emergency), context)
    assert said.level >= found.level
    assert (said.level > found.level) == (decided_by(said) == "second opinion")
    assert said.category is not None or said.level is Level.NONE


@pytest.mark.parametrize(
    "text",
    ["my friend OD'd help", "mi hijo está en peligro", "they are shooting at us", "dad beat me up again", "dejé una carta de despedida"],
)
def test_a_plain_cry_in_few_words_waits_for_no_second_opinion(text: str) -> None:
    alone, sure = content().screener.screen(text), content().screener.screen(text, sure=True)
    assert alone.level.pages
    assert sure.level is alone.level


def test_what_the_rules_doubted_is_paged_at_the_rules_level() -> None:
    sure = content().screener.screen("he is not moving since the match ended, just stares at the screen and the sandwich", sure=True)
    assert (sure.level, sure.doubted) == (Level.WATCH, Level.EMERGENCY)
    assert raised(TABLE, sure, opinion(0.0)) is sure
    assert raised(TABLE, sure, opinion(0.9)).level is Level.EMERGENCY


def test_the_model_alone_makes_it_urgent_and_an_emergency_only_when_very_sure() -> None:
    found = content().screener.screen("the soup was good", sure=True)
    between = (TABLE.emergency_beside + TABLE.emergency_alone) / 2
    assert raised(TABLE, found, opinion(0.9999, between)).level is Level.URGENT
    assert raised(TABLE, found, opinion(0.9999, TABLE.emergency_alone)).level is Level.EMERGENCY
    beside = content().screener.screen("I can't do this anymore", sure=True)
    assert beside.level is Level.WATCH
    assert raised(TABLE, beside, opinion(0.9999, between)).level is Level.EMERGENCY


def test_what_is_raised_says_who_raised_it_and_which_answer_fits() -> None:
    found = content().screener.screen("the soup was good", sure=True)
    said = raised(TABLE, found, opinion(0.9999), (Context.CRAVING,))
    assert (said.category, said.subject, said.answer, said.matched) == (Category.OVERDOSE, "other", "overdose_other", ("as typed",))
    assert said.rules[0].startswith("second opinion: 1.00 page")
    assert said.rules[-1] == "last hours: craving"


# The shipped model file

MODEL = shipped_root("content") / "crisis" / "opinion.npz"


def test_an_encoder_of_other_shapes_than_the_file_was_made_for_is_refused() -> None:
    with pytest.raises(ValueError, match="the encoder's d0"):
        load_encoder([{"d0": np.zeros((3, 3), dtype=np.float32)}])


def test_tuned_encoders_differ_and_know_the_shipped_messages_again() -> None:
    shipped = model.load(MODEL)
    encoder = load_encoder(shipped.tuned())
    text = shipped.nearest(encoder.encode(["i gave the dog away"])[0], 1)[0].text
    [meaning] = encoder.encode([" ".join(content().screener.fold(text).split())])
    first, second = meaning[: model.DIMENSIONS], meaning[model.DIMENSIONS :]
    assert not np.allclose(first, second, atol=0.01)
    assert np.allclose(np.linalg.norm([first, second], axis=1), 1, atol=1e-3)
    [nearest] = shipped.nearest(meaning, 1)
    assert nearest.text == text
    assert nearest.likeness > 0.98


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "garbled", "other format", "other shapes"])
def test_a_missing_or_damaged_file_is_one_clear_line(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "opinion.npz"
    whole = MODEL.read_bytes()
    if damage.startswith("other"):
        with np.load(MODEL) as found:
            arrays = {name: found[name] for name in found.files}
        if damage == "other format":
            arrays["about"] = np.frombuffer(b'{"format": 99, "version": "x"}', dtype=np.uint8)
        else:
            arrays["head"] = arrays["head"][:100]
        np.savez(path, **arrays)
    elif damage != "missing":
        with zipfile.ZipFile(MODEL) as parts:
            part = next(one for one in parts.infolist() if one.compress_type == zipfile.ZIP_DEFLATED)
        begins = part.header_offset + 30 + sum(struct.unpack_from("<HH", whole, part.header_offset + 26))
        garbled = whole[:begins] + b"\x07" + whole[begins + 1 :]  # no kind of block that there is
        path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"hello", "garbled": garbled}[damage])
    with pytest.raises(ContentError) as told:
        model.load(path)
    assert "\n" not in str(told.value)
    assert str(path) in str(told.value)
