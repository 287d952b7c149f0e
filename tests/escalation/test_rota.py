"""Who is on call: the newest shift that covers an instant counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.rota import Slot, holder, spans

DANA, LUIS, KIM = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def slot(staff: UUID, start: float, end: float | None, rank: int, position: str = "primary") -> Slot:
    return Slot(position, staff, at(start), None if end is None else at(end), rank)


def test_a_shift_begins_at_its_start_and_ends_before_its_end() -> None:
    shifts = [slot(DANA, 0, 8, 1)]
    assert holder(shifts, "primary", at(-0.01)) is None
    assert holder(shifts, "primary", at(0)) == DANA
    assert holder(shifts, "primary", at(7.99)) == DANA
    assert holder(shifts, "primary", at(8)) is None


def test_the_newer_shift_wins_and_the_older_comes_back_after_it() -> None:
    shifts = [slot(DANA, 0, None, 1), slot(LUIS, 2, 4, 2)]
    assert [holder(shifts, "primary", at(hour)) for hour in (1, 2, 3, 4, 100)] == [DANA, LUIS, LUIS, DANA, DANA]


def test_positions_do_not_mix() -> None:
    shifts = [slot(DANA, 0, 8, 1), slot(LUIS, 0, 8, 2, "backup")]
    assert holder(shifts, "primary", at(1)) == DANA
    assert holder(shifts, "backup", at(1)) == LUIS


def test_spans_show_gaps_and_join_neighbours_of_one_person() -> None:
    shifts = [slot(DANA, 0, 4, 1), slot(DANA, 4, 6, 2), slot(LUIS, 8, 10, 3)]
    found = [(span.staff_id, span.start, span.end) for span in spans(shifts, "primary", at(-1), at(12))]
    assert found == [(None, at(-1), at(0)), (DANA, at(0), at(6)), (None, at(6), at(8)), (LUIS, at(8), at(10)), (None, at(10), at(12))]


_slots = st.lists(
    st.builds(
        lambda staff, start, length, rank: slot(staff, start, None if length is None else start + length, rank),
        st.sampled_from([DANA, LUIS, KIM]),
        st.integers(-20, 20),
        st.none() | st.integers(1, 15),
        st.integers(0, 1000),
    ),
    max_size=8,
    unique_by=lambda one: one.rank,
)


@given(_slots)
def test_spans_cover_the_stretch_without_holes_and_agree_with_the_holder(shifts: list[Slot]) -> None:
    found = spans(shifts, "primary", at(-15), at(15))
    assert found[0].start == at(-15)
    assert found[-1].end == at(15)
    for before, after in pairwise(found):
        assert before.end == after.start
        assert before.staff_id != after.staff_id
    for span in found:
        for instant in (span.start, span.start + (span.end - span.start) / 2):
            assert holder(shifts, "primary", instant) == span.staff_id
