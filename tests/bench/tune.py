"""Tunes the network of the second opinion to crises: JAX finds the gradients, plain arrays come out.

It is the network that runs (`bot/opinion/network.py`), with JAX for numpy. The package's weights are where it begins; its table of word
pieces stays as it is. The attention begins anywhere. On top stands one linear layer: page, emergency, about somebody else, level, category.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing.queues import Queue
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from bot.opinion.encoder import Base
from bot.opinion.network import ADDED, ATTENDED, MEANING, PLACES, SAID, TUNED, read
from bot.safety.levels import Category, Level

Array = npt.NDArray[Any]
Params = dict[str, Any]

LENGTHS = (10, 16, 20, 24, 28, 32, 40, 52, 72, PLACES)  # word pieces; batches are of messages that fit the same one
BATCH = 64
EPOCHS = 5
RATE, ADDED_RATE, HEAD_RATE, DECAY = 5e-4, 1e-3, 1e-3, 0.01
DROPPED, DROPPED_ADDED = 0.2, 0.1  # of the meaning's numbers, and of the attention's, at each step
LOST = 0.05  # of the word pieces, at each step
NOISED = 0.4  # of the messages are read with the slips of a thumb
SOFT = 0.01  # how far from 0 and 1 a label stays
PAIRED = 0.5  # how much it counts which half of a minimal pair is the crisis
AUX = 0.3  # how much levels and categories count beside page and emergency
# A meaning has length 1; the linear layer sees it this much longer.
SCALE = np.array([10.0] * MEANING + [1.0] * ATTENDED, np.float32)
ONWARD_EPOCHS, ONWARD_RATE = 2, 0.3  # of networks that are taken further; times the rates
LEVELS, CATEGORIES = list(Level), list(Category)
PAGE, EMERGENCY, OTHER = 0, 1, 2
LEVEL, CATEGORY = slice(3, 3 + len(LEVELS)), slice(3 + len(LEVELS), 4 + len(LEVELS) + len(CATEGORIES))  # of categories the first is none
OUTPUTS = CATEGORY.stop


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned from.

    Attributes:
        pieces: the word pieces of each message, and of some noisy readings of it.
        level: numbers into LEVELS.
        category: 1 + numbers into CATEGORIES; 0 for none, -1 where it is not known.
        other: whether a crisis is about somebody else.
        weights: how much each counts.
        partner: where the other half of a minimal pair stands; -1 for others.
    """

    pieces: Sequence[Sequence[Sequence[int]]]
    level: Array
    category: Array
    other: Array
    weights: Array
    partner: Array

    @property
    def pages(self) -> Array:
        """Whether somebody should look now."""
        return self.level >= LEVELS.index(Level.URGENT)


class Words:
    """The fixed table of word pieces, in batches."""

    def __init__(self) -> None:
        base = Base.load()
        self._table, self.least, self.start = base.table, base.least, base.weights

    def batch(self, messages: Sequence[Sequence[int]], length: int) -> tuple[Array, Array]:
        """Messages of at most `length` pieces, filled up to BATCH, and the mask of what is there."""
        words, there = self._table.batch([pieces[:length] for pieces in messages] + [[]] * (BATCH - len(messages)), length)
        there[len(messages) :, 0] = 1  # no message is empty
        return words, there

    def meanings(self, messages: Sequence[Sequence[int]]) -> Array:
        """The meanings of messages, as the package's network has them."""
        params: Params = dict(self.start) | {name: np.zeros(shape, np.float32) for name, shape in ADDED.items()}
        return _read(self, params, messages)[:, :MEANING]


def _length(pieces: Sequence[int]) -> int:
    return next((length for length in LENGTHS if len(pieces) <= length), LENGTHS[-1])


def outputs(params: Params, said: Any) -> Any:
    """What the linear layer makes of what messages say."""
    return (said * SCALE) @ params["head"] + params["bias"]


def _dropper(key: Any, share: float) -> Callable[[Any], Any]:
    """Leaves out a share of numbers, others each time it is called."""
    keys = iter(jax.random.split(key, 8))

    def drop(numbers: Any) -> Any:
        return numbers * jax.random.bernoulli(next(keys), 1 - share, numbers.shape) / (1 - share)

    return drop


def _loss(params: Params, words: Any, there: Any, key: Any, told: tuple[Any, ...], least: float, onward: bool) -> Any:
    level, category, other, weights, crisis_half, other_half, paired = told
    of_meaning, of_added = (_dropper(one, share) for one, share in zip(jax.random.split(key), (DROPPED, DROPPED_ADDED), strict=True))
    found = read(jnp, params, words, there, least, of_added)
    said = outputs(params, jnp.concatenate([of_meaning(found[:, :MEANING]), of_added(found[:, MEANING:])], axis=-1))
    crisis = (category > 0).astype(jnp.float32)

    def sure(column: int, wanted: Any) -> Any:
        return optax.sigmoid_binary_cross_entropy(said[:, column], wanted * (1 - 2 * SOFT) + SOFT)

    loss = sure(PAGE, level >= LEVELS.index(Level.URGENT)) + 0.5 * sure(EMERGENCY, level == LEVELS.index(Level.EMERGENCY))
    loss += AUX * crisis * sure(OTHER, other)
    if onward:  # what is shipped does not hold the columns of levels, nor the one of no category
        loss += AUX * crisis * optax.softmax_cross_entropy_with_integer_labels(said[:, CATEGORY][:, 1:], jnp.maximum(category - 1, 0))
    else:
        loss += AUX * optax.softmax_cross_entropy_with_integer_labels(said[:, LEVEL], level)
        told_of = optax.softmax_cross_entropy_with_integer_labels(said[:, CATEGORY], jnp.maximum(category, 0))
        loss += AUX * (category >= 0) * told_of
    apart = said[crisis_half, PAGE] - said[other_half, PAGE]
    return (loss * weights).mean() + PAIRED * (jax.nn.softplus(-apart) * paired).sum() / BATCH


@cache
def _optimizer() -> optax.GradientTransformation:
    """Adam; the learning rate that counts comes with each step, so that one compiled step serves all."""
    return optax.multi_transform(
        {
            "tuned": optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.scale(-RATE)),
            "added": optax.chain(
                optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(DECAY), optax.scale(-ADDED_RATE)
            ),
            "head": optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(DECAY), optax.scale(-HEAD_RATE)),
        },
        dict.fromkeys(TUNED, "tuned") | dict.fromkeys(ADDED, "added") | {"head": "head", "bias": "head"},
    )


@partial(jax.jit, static_argnames="onward")
def _step(
    params: Params, state: Any, words: Any, there: Any, key: Any, told: tuple[Any, ...], least: float, rate: Any, *, onward: bool
) -> Any:
    gradients = jax.grad(_loss)(params, words, there, key, told, least, onward)
    updates, state = _optimizer().update(gradients, state, params)
    return optax.apply_updates(params, jax.tree.map(lambda update: rate * update, updates)), state


_forward = jax.jit(partial(read, jnp))


@dataclass(frozen=True, slots=True)
class Network:
    """What was tuned, from different beginnings, and what the linear layers say on average."""

    words: Words
    members: Sequence[Params]

    def read(self, messages: Sequence[Sequence[int]]) -> tuple[Array, Array]:
        """What messages say (the members' rows of SAID numbers one behind the other) and what the linear layers make of it."""
        found = [_read(self.words, params, messages) for params in self.members]
        made = [np.asarray(outputs(params, said)) for params, said in zip(self.members, found, strict=True)]
        return np.hstack(found), np.mean(made, axis=0)

    def layers(self, columns: Sequence[int]) -> tuple[Array, Array]:
        """The members' linear layers: members x SAID x columns, and members x columns."""
        heads = [SCALE[:, None] * params["head"][:, columns] for params in self.members]
        return np.stack(heads), np.stack([params["bias"][columns] for params in self.members])


class Workshop:
    """Tunes networks side by side, one on each core: two at once take less time than one that is spread over both."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        cores = context.Queue()
        for core in sorted(os.sched_getaffinity(0)):
            cores.put(core)
        self._pool = ProcessPoolExecutor(len(os.sched_getaffinity(0)), context, _bound, (cores,))

    def begin(self, lesson: Lesson, seed: int = 0, shipped: Params | None = None) -> Future[Params]:
        """A network after EPOCHS times through the lesson; the same lesson and seed give the same.

        Args:
            shipped: a network that is taken further instead, with its linear layer (see `taken_up`).
        """
        return self._pool.submit(_tuned, lesson, seed, shipped)

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def _bound(cores: Queue[int]) -> None:
    """Keeps a process to one core, before it computes anything."""
    os.sched_setaffinity(0, {cores.get()})


def taken_up(words: Words, learned: Params, head: Array, bias: Array, columns: Sequence[int]) -> Params:
    """A shipped network as it is tuned: what was learned on top of the package's weights, and its linear layer's columns."""
    params: Params = {name: learned[name] + words.start[name] for name in TUNED} | {name: learned[name] for name in ADDED}
    params["head"], params["bias"] = np.zeros((SAID, OUTPUTS), np.float32), np.zeros(OUTPUTS, np.float32)
    params["head"][:, columns], params["bias"][columns] = head / SCALE[:, None], bias
    return params


def _fresh(words: Words, dice: np.random.Generator) -> Params:
    """The package's network, with an attention and a linear layer that know nothing."""
    params: Params = dict(words.start) | {name: _begun(name, shape, dice) for name, shape in ADDED.items()}
    params["head"] = (dice.normal(0, 1, (SAID, OUTPUTS)) * np.where(SCALE > 1, 0.08, 0.05)[:, None]).astype(np.float32)
    params["bias"] = np.zeros(OUTPUTS, np.float32)
    return params


def _tuned(lesson: Lesson, seed: int, shipped: Params | None) -> Params:
    words = Words()
    dice, key = np.random.default_rng(seed), jax.random.PRNGKey(seed)
    onward = shipped is not None
    params = {name: jnp.asarray(value) for name, value in (shipped or _fresh(words, dice)).items()}
    epochs, most = (ONWARD_EPOCHS, ONWARD_RATE) if onward else (EPOCHS, 1.0)
    steps = epochs * (len(lesson.pieces) // BATCH + len(LENGTHS))
    rate = optax.warmup_cosine_decay_schedule(0, most, steps // 10, steps, 0.02)  # times RATE and HEAD_RATE
    state = _optimizer().init(params)
    weights = lesson.weights / lesson.weights.mean()
    done = 0
    for _ in range(epochs):
        for chosen, pieces in _batches(lesson, dice):
            key, now = jax.random.split(key)
            filled = np.zeros(BATCH, int)
            filled[: len(chosen)] = chosen
            counts = np.zeros(BATCH, np.float32)
            counts[: len(chosen)] = weights[chosen]
            labels = (lesson.level[filled], lesson.category[filled], lesson.other[filled].astype(np.float32), counts)
            batch = words.batch(pieces, max(map(_length, pieces)))
            told = (*labels, *_halves(lesson, chosen))
            params, state = _step(params, state, *batch, now, told, words.least, rate(done), onward=onward)
            done += 1
    return {name: np.asarray(value) for name, value in params.items()}


def _begun(name: str, shape: tuple[int, ...], dice: np.random.Generator) -> Array:
    """Where a part of the attention begins."""
    if len(shape) > 1:
        return dice.normal(0, 0.02 if name == "place" else shape[0] ** -0.5, shape).astype(np.float32)
    return np.full(shape, float(name.startswith("norm") and not name.endswith("_b")), np.float32)


def _halves(lesson: Lesson, chosen: Sequence[int]) -> tuple[Array, Array, Array]:
    """Where in a batch both halves of a pair stand: the crisis, the other, and 1; the rest is filled up with 0."""
    rows = {at: row for row, at in enumerate(chosen)}
    crises = [at for at in chosen if lesson.pages[at] and lesson.partner[at] in rows]
    halves = np.zeros((3, BATCH // 2), int)
    for number, at in enumerate(crises):
        halves[:, number] = rows[at], rows[lesson.partner[at]], 1
    return halves[0], halves[1], halves[2].astype(np.float32)


def _batches(lesson: Lesson, dice: np.random.Generator) -> list[tuple[list[int], list[Sequence[int]]]]:
    """All messages once in batches of like length, in random order, the halves of a pair together; some with slips, some pieces lost."""
    by_length: dict[int, list[list[tuple[int, Sequence[int]]]]] = {length: [] for length in LENGTHS}
    for at in dice.permutation(len(lesson.pieces)):
        partner = int(lesson.partner[at])
        if partner < 0 or lesson.pages[at]:  # an other half comes with its crisis
            unit = [(one, _typed(lesson.pieces[one], dice)) for one in (int(at), partner) if one >= 0]
            by_length[max(_length(pieces) for _, pieces in unit)].append(unit)
    batches: list[list[tuple[int, Sequence[int]]]] = []
    for units in by_length.values():
        batches.append([])
        for unit in units:
            if len(batches[-1]) + len(unit) > BATCH:
                batches.append([])
            batches[-1] += unit
    batches = [batch for batch in batches if batch]
    return [([at for at, _ in batches[number]], [pieces for _, pieces in batches[number]]) for number in dice.permutation(len(batches))]


def _typed(readings: Sequence[Sequence[int]], dice: np.random.Generator) -> Sequence[int]:
    """One of the readings of a message, often without slips, without some of its pieces."""
    plain, *noisy = readings
    pieces = noisy[dice.integers(len(noisy))] if noisy and dice.random() < NOISED else plain
    if len(pieces) > 5:
        kept = dice.random(len(pieces)) >= LOST
        kept[0] = kept[-1] = True  # what marks beginning and end
        pieces = list(itertools.compress(pieces, kept))
    return pieces


def _read(words: Words, params: Params, messages: Sequence[Sequence[int]]) -> Array:
    params = {name: params[name] for name in (*TUNED, *ADDED)}
    found = np.zeros((len(messages), SAID), np.float32)
    lengths = np.array([_length(pieces) for pieces in messages])
    for length in LENGTHS:
        chosen = np.flatnonzero(lengths == length)
        for at in range(0, len(chosen), BATCH):
            part = chosen[at : at + BATCH]
            found[part] = np.asarray(_forward(params, *words.batch([messages[one] for one in part], length), words.least))[: len(part)]
    return found
