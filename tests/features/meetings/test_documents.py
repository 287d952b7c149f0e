"""Reading a file piece by piece: the same as at once, wherever the pieces end; and nothing that it may hold breaks anything."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.meetings import documents, feed
from bot.features.meetings.feed import FeedRefused, Refusal, parse
from tests.features.meetings.test_feed import TYPES, item

ROWS = [item(slug=f"a{number}", name='Ñandú \U0001f6a4 \\"] },' * 3, day=number % 7, latitude=-1.5e1, id=10**number) for number in range(9)]


def rows(data: bytes) -> list[object]:
    return [found for _number, found in documents.recognise(io.BytesIO(data)).rows()]


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize(
    "shape", ["{}", " \ufeff {} ", "cb({});", '{{"formats": [{{"key_string": "O"}}], "meetings": {}, "more": {{"a": [1, {{"b": 2}}]}}}}']
)
def test_pieces_of_any_size_give_the_same_rows(monkeypatch: pytest.MonkeyPatch, piece: int, shape: str) -> None:
    monkeypatch.setattr(documents, "_CHUNK", piece)
    for ascii_only in (True, False):
        assert rows(shape.format(json.dumps(ROWS, ensure_ascii=ascii_only)).encode()) == ROWS


@pytest.mark.parametrize("piece", [1, 5, 64])
def test_numbers_are_not_cut_where_a_piece_ends(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(documents, "_CHUNK", piece)
    numbers = [1234567890123, -1.25e-7, True, None, {"slug": 123456}, 98765]
    assert rows(json.dumps(numbers).encode()) == numbers


def test_a_long_list_is_never_whole_in_memory() -> None:
    class Counting(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size >= 0
            Counting.largest = max(Counting.largest, size)
            return super().read(size)

    file = Counting(json.dumps([item(slug=str(number)) for number in range(5000)]).encode())
    assert sum(1 for _row in documents.recognise(file).rows()) == 5000
    assert Counting.largest <= 1 << 18


def taken(data: bytes) -> Any:
    try:
        return parse(data, types=TYPES, fellowship="aa", default_zone="America/New_York")
    except FeedRefused as error:
        return error.refusal


@settings(max_examples=200)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert taken(data) is not None


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_list_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([json.dumps(ROWS[:3]).encode(), b"Name,Day,Time,Slug\r\nA,Monday,18:00,a\r\n"])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(whole)))
    assert taken(bytes(whole[:end])) is not None
    assert taken(bytes(whole)) is not None


def test_endless_lists_are_refused_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "ROWS_LIMIT", 20)
    assert taken(json.dumps([item(slug=str(number)) for number in range(20)]).encode()).counts.rows == 20
    assert taken(json.dumps([item(), *range(20)]).encode()) is Refusal.TOO_LARGE
    assert taken(b"Slug,Name,Day,Time\n" + b"a,A,1,18:00\n" * 20) is Refusal.TOO_LARGE


def test_a_list_that_is_made_to_take_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PATIENCE_S", -1.0)
    assert taken(json.dumps(ROWS).encode()) is Refusal.TOO_LONG


@pytest.mark.parametrize(
    "piece", ["<script ", "<!--", "<a", "</", "&", "1st, ", "1st ", "= ", "1234", "a:/", "<style></script>", "\n ", "<br "]
)
def test_texts_that_are_made_to_be_slow_are_not(piece: str) -> None:
    def seconds(piece: str) -> float:
        text = piece * (200_000 // len(piece))
        data = json.dumps([item(name=text, notes=text, conference_url=text, time=text, day=text, types=text, updated=text)]).encode()
        started = time.process_time()
        assert taken(data)
        return time.process_time() - started

    # Beside plain words of the same length, read on the same machine: two or three times as long; hundreds, where each piece
    # has everything behind it read again.
    assert min(seconds(piece) for _ in range(2)) < 12 * min(seconds("word ") for _ in range(2))
