"""The slips that the second opinion is trained on. (That what is tuned is what runs, `make train-screen` itself makes sure of.)"""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.slips import slipped

TEXTS = ["the soup was good", "no puedo más con esto y ya me despedí de todos", "the dog is with my neighbour now " * 3]


@pytest.mark.parametrize("text", TEXTS)
def test_slips_leave_a_message_that_can_be_read(text: str) -> None:
    readings = [slipped(text, np.random.default_rng(seed)) for seed in range(50)]
    assert len(set(readings)) > 5
    assert all(abs(len(one) - len(text)) <= 20 and one.strip() for one in readings)
