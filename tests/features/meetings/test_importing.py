"""Imports into the database: all or nothing, small changes in place, large ones by a flip, and what is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select

from bot.config import Settings
from bot.content import library
from bot.content.library import Content
from bot.db import Database
from bot.errors import SetupError
from bot.features.meetings import feed_rows, feed_state, importing, indexing
from bot.features.meetings.feed import FeedRefused
from bot.features.meetings.importing import Imported, Result
from bot.models import Feed, Meeting, MeetingImport
from bot.vault import Vault
from bot.work import Work
from tests.world import KEY, START


class Clinic:
    """A database, a clock, and one list."""

    def __init__(self, database: Database, content: Content) -> None:
        self.database, self.content, self.now = database, content, START
        self.settings = Settings.load(encryption_keys=KEY, database_url=database.url, _env_file=None)
        self.unit = importing.Unit(self._step)

    def _step(self, work_function: Callable[[Work], None]) -> None:
        with self.work() as work:
            work_function(work)

    def work(self) -> Any:
        return _working(self)

    def load(
        self, rows: list[dict[str, Any]] | bytes, *, source: str = "list.json", zone: str = "America/New_York", **more: Any
    ) -> Imported:
        data = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        return importing.run(self.unit, self.content, data, fellowship="aa", source=source, zone=zone, **more)

    def listed(self) -> dict[str, tuple[int | None, str | None]]:
        """Key to id and time of what is shown."""
        with self.work() as work:
            statement = select(Meeting).join(Feed, col(Feed.current_import_id) == col(Meeting.import_id))
            return {row.key: (row.id, row.time) for row in work.session.exec(statement)}

    def feed(self) -> Feed:
        with self.work() as work:
            found: Feed = work.session.exec(select(Feed)).one()
            return found

    def count(self, table: type[Any] = Meeting) -> int:
        with self.work() as work:
            found: int = work.session.exec(select(func.count()).select_from(table)).one()
            return found


class _working:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._open = clinic.database.transaction()

    def __enter__(self) -> Work:
        clinic = self._clinic
        return Work(self._open.__enter__(), clinic.now, clinic.content, Vault(clinic.settings.keys), clinic.settings)

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)


@pytest.fixture(scope="module")
def content() -> Content:
    return library.load()


@pytest.fixture
def clinic(database: Database, content: Content) -> Clinic:
    return Clinic(database, content)


def rows(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "slug": f"group-{number}",
            "id": number + 1,
            "name": f"Group {number}",
            "day": number % 7,
            "time": "18:00",
            "formatted_address": "1 Pier St, A, NY 1, USA",
        }
        | changes
        for number in range(count)
    ]


def test_the_first_import_is_shown_whole(clinic: Clinic) -> None:
    done = clinic.load(rows(250))
    assert (done.result, done.added, done.changed, done.gone) == (Result.IMPORTED, 250, 0, 0)
    assert len(clinic.listed()) == 250
    feed = clinic.feed()
    assert (feed.state, feed.format, feed.lease_until, feed.staging_import_id) == ("ok", "meeting_guide", None, None)
    assert feed.checked_at == feed.imported_at == clinic.now


def test_the_same_list_again_changes_nothing(clinic: Clinic) -> None:
    clinic.load(rows(30))
    before, then = clinic.listed(), clinic.now
    clinic.now += timedelta(days=1)
    done = clinic.load(rows(30))
    assert done.result is Result.UNCHANGED
    assert clinic.listed() == before
    assert clinic.feed().imported_at == then
    assert clinic.feed().checked_at == clinic.now
    assert clinic.load(list(reversed(rows(30)))).result is Result.UNCHANGED
    assert (clinic.count(), clinic.count(MeetingImport)) == (30, 1)


def test_a_small_change_is_written_in_place_so_that_ids_last(clinic: Clinic) -> None:
    clinic.load(rows(30))
    before = clinic.listed()
    changed = [{**rows(30)[0], "time": "19:00"}, *rows(30)[1:29], {**rows(30)[0], "slug": "new", "id": 99}]
    clinic.now += timedelta(days=1)
    done = clinic.load(changed)
    assert (done.added, done.changed, done.gone) == (1, 1, 1)
    after = clinic.listed()
    assert after["group-0"] == (before["group-0"][0], "19:00")
    assert after["group-1"] == before["group-1"]
    assert "group-29" not in after
    assert "new" in after
    assert clinic.feed().imported_at == clinic.now


def test_what_is_gone_is_kept_and_comes_back_as_itself(clinic: Clinic) -> None:
    clinic.load(rows(30))
    before = clinic.listed()
    clinic.load(rows(29))
    with clinic.work() as work:
        gone = work.session.get_one(Meeting, before["group-29"][0])
        assert gone.gone_at == clinic.now
    clinic.load(rows(30))
    assert clinic.listed() == before
    clinic.load(rows(29))
    clinic.load(rows(29))
    assert clinic.count() == 30


def test_a_renamed_slug_is_the_same_meeting(clinic: Clinic) -> None:
    clinic.load(rows(30))
    before = clinic.listed()
    renamed = [{**rows(30)[0], "slug": "renamed"}, *rows(30)[1:]]
    done = clinic.load(renamed)
    assert (done.added, done.changed, done.gone) == (0, 1, 0)
    assert clinic.listed()["renamed"][0] == before["group-0"][0]


def test_two_rows_that_swap_their_slugs_follow_their_slugs(clinic: Clinic) -> None:
    clinic.load(rows(3))
    before = clinic.listed()
    first, second, third = rows(3)
    clinic.load([{**first, "slug": second["slug"]}, {**second, "slug": first["slug"]}, third])
    assert {key: found[0] for key, found in clinic.listed().items()} == {key: found[0] for key, found in before.items()}


def test_a_chain_of_renames_keeps_every_id(clinic: Clinic) -> None:
    clinic.load(rows(3))
    before = clinic.listed()
    clinic.load(
        [{**row, "slug": f"group-{number + 1}"} | ({"slug": "group-x"} if number == 2 else {}) for number, row in enumerate(rows(3))]
    )
    # group-1 and group-2 are known keys, and keys win; only group-x is new, and group-0 is gone.
    assert clinic.listed()["group-1"][0] == before["group-1"][0]
    assert set(clinic.listed()) == {"group-1", "group-2", "group-x"}


def test_a_large_change_flips_and_the_rows_before_lead_on_for_some_days(clinic: Clinic) -> None:
    clinic.load(rows(150))
    before = clinic.listed()
    done = clinic.load(rows(150, time="20:00"))
    assert (done.result, done.changed) == (Result.IMPORTED, 150)
    assert set(clinic.listed().values()).isdisjoint(before.values())
    importing.sweep(clinic.unit)
    assert clinic.count() == 300
    clinic.now += timedelta(days=4)
    importing.sweep(clinic.unit)
    assert (clinic.count(), clinic.count(MeetingImport)) == (150, 1)


def test_what_a_flip_dropped_is_kept_as_listed_no_more(clinic: Clinic) -> None:
    clinic.load(rows(250))
    clinic.load(rows(130))
    clinic.now += timedelta(days=4)
    importing.sweep(clinic.unit)
    with clinic.work() as work:
        gone = work.session.exec(select(Meeting).where(col(Meeting.gone_at).is_not(None))).all()
    assert len(gone) == 120
    assert len(clinic.listed()) == 130
    clinic.now += timedelta(days=400)
    importing.sweep(clinic.unit)
    assert clinic.count() == 130


def test_fewer_than_half_is_held_back_until_it_is_accepted(clinic: Clinic) -> None:
    clinic.load(rows(30))
    before = clinic.listed()
    done = clinic.load(rows(14))
    assert done.held
    assert (clinic.listed(), clinic.feed().state) == (before, "held")
    assert not clinic.load(rows(15)).held
    assert clinic.feed().state == "ok"
    assert clinic.load(rows(3)).held
    assert clinic.load(rows(3), anyway=True).result is Result.IMPORTED
    assert len(clinic.listed()) == 3


@pytest.mark.parametrize("data", [b"<html>", b'{"error": "closed"}', b'[{"slug": "a", "name": "A"},', b'[{"name": "no key"}]', b"[]"])
def test_a_refused_list_leaves_the_old_one_and_a_new_feed_leaves_nothing(clinic: Clinic, data: bytes) -> None:
    with pytest.raises(FeedRefused):
        clinic.load(data)
    assert (clinic.count(Feed), clinic.count(MeetingImport), clinic.count()) == (0, 0, 0)
    clinic.load(rows(30))
    before = clinic.listed()
    with pytest.raises(FeedRefused):
        clinic.load(data)
    assert clinic.listed() == before
    assert clinic.feed().lease_until is None


def test_an_import_that_breaks_in_the_middle_shows_nothing_and_cleans_up(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.load(rows(150))
    before = clinic.listed()

    def breaks(*_args: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(indexing, "build", breaks)
    with pytest.raises(OSError, match="full"):
        clinic.load(rows(150, time="20:00"))
    assert (clinic.listed(), clinic.count()) == (before, 150)
    assert clinic.feed().lease_until is None


def test_a_process_that_was_killed_leaves_rows_that_the_sweep_takes(clinic: Clinic) -> None:
    clinic.load(rows(30))
    claim = clinic.unit(feed_state.claim, "aa", "list.json", "UTC")
    import_id = clinic.unit(feed_rows.begin, claim.feed_id)
    clinic.unit(feed_rows.stage, claim.feed_id, import_id, [feed_rows.columns(_row())])
    with pytest.raises(SetupError, match="another process"):
        clinic.load(rows(30))
    importing.sweep(clinic.unit)
    assert clinic.count() == 31
    clinic.now += feed_rows.LEASE + timedelta(seconds=1)
    assert clinic.load(rows(30)).result is Result.UNCHANGED
    with pytest.raises(SetupError, match="another process"):
        clinic.unit(feed_rows.flip, claim.feed_id, import_id)
    importing.sweep(clinic.unit)
    assert (clinic.count(), clinic.count(MeetingImport)) == (30, 1)


def _row() -> Any:
    from bot.features.meetings.listing import Attendance, MeetingRow

    return MeetingRow(key="half", name="Half", attendance=Attendance.IN_PERSON)


def test_a_zone_that_changes_changes_the_rows(clinic: Clinic) -> None:
    clinic.load(rows(30))
    done = clinic.load(rows(30), zone="America/Chicago")
    assert done.changed == 30
    assert clinic.feed().timezone == "America/Chicago"


def test_lists_of_two_sources_do_not_touch_each_other(clinic: Clinic) -> None:
    clinic.load(rows(30))
    clinic.load(rows(5), source="other.json")
    clinic.load(rows(29))
    assert len([1 for key in clinic.listed()]) == 29
    with clinic.work() as work:
        statement = select(func.count()).select_from(Meeting).join(Feed, col(Feed.current_import_id) == col(Meeting.import_id))
        assert work.session.exec(statement).one() == 34


def test_a_removed_feed_shows_nothing_and_a_new_import_brings_it_back(clinic: Clinic) -> None:
    feed_id = clinic.load(rows(30)).feed_id
    clinic.unit(feed_state.remove, feed_id)
    assert clinic.listed() == {}
    with clinic.work() as work:
        assert feed_state.listed(work.session) == []
        with pytest.raises(SetupError):
            feed_state.by_id(work.session, feed_id)
    clinic.now += timedelta(days=4)
    importing.sweep(clinic.unit)
    assert clinic.count() == 30  # kept as listed no more: somebody may have picked one
    assert clinic.load(rows(30)).feed_id == feed_id
    assert len(clinic.listed()) == 30


def test_the_report_of_the_last_reading_is_kept(clinic: Clinic) -> None:
    clinic.load([*rows(5), {"slug": "odd", "name": "Odd", "day": 9, "time": "18:00", "attendance_option": "in_person"}])
    with clinic.work() as work:
        found = feed_state.last_report(work.session, clinic.feed().id or 0)
        assert found is not None
        assert found.report == [[6, "odd", "no_schedule", [["day_unreadable", "9"]]]]
        assert found.counts["no_schedule"] == 1


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            "https://aa.example.org/wp-admin/admin-ajax.php?action=meetings&key=PLANTED",
            "https://aa.example.org/wp-admin/admin-ajax.php?...",
        ),
        ("https://user:PLANTED@aa.example.org:8443/list.json#PLANTED", "https://aa.example.org:8443/list.json"),
        ("http://[::1]/x?PLANTED", "http://[::1]/x?..."),
        ("https://[PLANTED", "https://..."),
        ("lists/aa.json", "lists/aa.json"),
    ],
)
def test_a_source_is_shown_without_its_secrets(source: str, shown: str) -> None:
    assert feed_state.shown(source) == shown


def _retry(clinic: Clinic, feed_id: int) -> timedelta:
    clinic.unit(feed_state.failed, feed_id, "it did not answer", 0.5)
    next_at: datetime | None = clinic.feed().next_at
    assert next_at is not None
    return next_at - clinic.now


def test_failures_are_tried_again_later_and_later_and_a_good_reading_forgets_them(clinic: Clinic) -> None:
    feed_id = clinic.load(rows(3), source="https://aa.example.org/x").feed_id
    clinic.unit(feed_state.set_every, feed_id, 24)
    waits = [_retry(clinic, feed_id) for _ in range(10)]
    assert waits[:4] == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert waits[-1] == timedelta(hours=24)
    assert (clinic.feed().state, clinic.feed().failures) == ("failing", 10)
    clinic.load(rows(3), source="https://aa.example.org/x")
    feed = clinic.feed()
    assert (feed.state, feed.error, feed.failures, feed.next_at) == ("ok", None, 0, clinic.now + timedelta(hours=24))


def test_whatever_a_feed_sends_fits_into_the_tables(clinic: Clinic) -> None:
    nasty = "\x00\ud83d\ufeff\u202e<b>\U0001f6a4" + "x" * 6000
    fields = (
        "name",
        "location",
        "region",
        "city",
        "group",
        "notes",
        "address",
        "entity",
        "conference_url",
        "conference_phone",
        "url",
        "updated",
    )
    rows_ = [
        {"slug": nasty, "id": 10**40, "day": "0", "time": "18:00", "types": [nasty, "O"], **dict.fromkeys(fields, nasty)},
        {"slug": "limits", "name": "A", "day": 6, "time": "00:00", "latitude": 90, "longitude": -180, "timezone": nasty},
        {
            "slug": "pole",
            "name": "B",
            "day": 6,
            "time": "00:00",
            "latitude": "-90.0",
            "longitude": "180",
            "conference_url": "https://a.example.org/" + "y" * 3000,
        },
    ]
    done = clinic.load(rows_)
    assert done.counts.imported == 3
    assert clinic.load(rows_).result is Result.UNCHANGED
    assert len(clinic.listed()) == 3
