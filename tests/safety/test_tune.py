"""What `make train-screen` tunes is what runs."""

from __future__ import annotations

import numpy as np
import pytest

from bot.opinion.encoder import load_encoder, load_tokenizer
from tests.bench import tune
from tests.bench.slips import slipped

TEXTS = ["the soup was good", "no puedo más con esto y ya me despedí de todos", "ok", "the dog is with my neighbour now " * 3]


def test_the_network_that_is_tuned_is_the_one_that_runs() -> None:
    words, cut = tune.Words(), load_tokenizer()
    pieces = [cut.encode(text, out_type=int, add_bos=True, add_eos=True) for text in TEXTS]
    params = words.start | {"head": np.zeros((512, tune.OUTPUTS)), "bias": np.zeros(tune.OUTPUTS)}
    meanings, _ = tune.Network(words, [params]).read(pieces)
    assert np.allclose(meanings, load_encoder().encode(TEXTS), atol=1e-4)


def test_members_speak_through_one_layer_as_they_do_on_average() -> None:
    words, cut, dice = tune.Words(), load_tokenizer(), np.random.default_rng(1)
    members = [words.start | {"head": dice.normal(size=(512, tune.OUTPUTS)), "bias": dice.normal(size=tune.OUTPUTS)} for _ in range(2)]
    network = tune.Network(words, members)
    meanings, said = network.read([cut.encode(text, out_type=int, add_bos=True, add_eos=True) for text in TEXTS])
    head, bias = network.layer([tune.PAGE, tune.OTHER])
    assert np.allclose(meanings @ head + bias, said[:, [tune.PAGE, tune.OTHER]], atol=1e-3)


@pytest.mark.parametrize("text", TEXTS)
def test_slips_leave_a_message_that_can_be_read(text: str) -> None:
    readings = [slipped(text, np.random.default_rng(seed)) for seed in range(50)]
    assert len(set(readings)) > 5
    assert all(abs(len(one) - len(text)) <= 20 and one.strip() for one in readings)
