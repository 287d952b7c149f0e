"""The calendar file, opened by a second library: neutral by default, right in every zone, the same event at every export."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from itertools import islice
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]
from dateutil.rrule import rrulestr
from dateutil.tz import tzical
from sqlmodel import select

from bot.features.meetings import calendar, rules, store
from bot.features.meetings.calendar import Entry
from bot.models import Meeting
from tests.features.meetings.imported import load
from tests.features.meetings.test_finder import EARLY, LANTERN, LIST, at_list
from tests.world import Phone, World


def sent(phone: Phone, world: World) -> tuple[str, str, Any]:
    """The newest file: its name, its text and the calendar in it."""
    document = phone.user.received[-1].media["document"]
    data = world.api.files.get(document["file_id"]).data
    text = data.decode()
    return document["file_name"], text, vobject.readOne(text)


async def test_a_card_gives_a_file_with_a_neutral_title(world: World) -> None:
    ana = await at_list(world, "Today", "1", "Calendar file")
    assert "the title stays neutral" in ana.last.text
    await ana.taps("Send file")
    name, text, opened = sent(ana, world)
    assert name == "calendar.ics"
    event = opened.vevent
    assert event.summary.value == "Appointment"
    assert event.dtstart.value == datetime(2026, 3, 3, 18, 0, tzinfo=event.dtstart.value.tzinfo)
    assert event.dtstart.value.astimezone(UTC) == datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    assert event.duration.value == timedelta(hours=1)
    assert event.dtstamp.value == datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    assert "RRULE:FREQ=WEEKLY;BYDAY=TU" in text
    assert "DTSTART;TZID=America/New_York:20260303T180000" in text
    assert "TZID:America/New_York" in text
    assert text.count("\r\n") == text.count("\n")
    for word in ("Lantern", " AA", "Women", "meeting"):
        assert word.casefold() not in text.replace("BEGIN", "").casefold()
    assert "12 Harbor Lane" in event.location.value


async def test_the_name_and_the_passcodes_only_when_asked_for(world: World) -> None:
    ana = await at_list(world, "Online", "1", "Calendar file")
    await ana.taps("Send file")
    _, text, _ = sent(ana, world)
    assert "1234" not in text
    assert "secret" not in text
    assert "https://meet.example.org/early" in text
    await ana.taps("Show the name")
    assert "the title tells what it is" in ana.find("Send file").text
    assert "✓ Show the name" in ana.find("Send file").labels
    await ana.taps("With passcodes")
    await ana.taps("Send file")
    _, text, opened = sent(ana, world)
    assert opened.vevent.summary.value == "Early Online"
    assert "1234" in opened.vevent.description.value
    assert "pwd=secret" in opened.vevent.url.value


async def test_all_of_mine_are_one_file(world: World) -> None:
    ana = await at_list(world, "Today", "1", "Every week")
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("Remind me once")
    await ana.taps("My meetings")
    await ana.taps("Calendar file")
    await ana.taps("Send file")
    _, text, opened = sent(ana, world)
    events = opened.vevent_list
    assert len(events) == 2
    assert len({event.uid.value for event in events}) == 2
    assert text.count("RRULE:FREQ=WEEKLY;BYDAY=TU") == 1  # the other was picked once
    assert text.count("BEGIN:VTIMEZONE") == 1


async def test_the_same_event_at_every_export(world: World) -> None:
    ana = await at_list(world, "Today", "1", "Calendar file", "Send file")
    first = sent(ana, world)[2].vevent.uid.value
    load(world, [{**LANTERN, "name": "Another name", "time": "19:00"}, *LIST[1:]])
    await world.passes(days=8)
    await ana.taps("Send file")
    assert sent(ana, world)[2].vevent.uid.value == first


async def test_in_spanish_the_name_of_the_file_and_the_title_are_neutral_too(world: World) -> None:
    ana = await at_list(world, "Hoy", "1", "Archivo de calendario", "Enviar archivo", language="es")
    name, text, opened = sent(ana, world)
    assert name == "calendario.ics"
    assert opened.vevent.summary.value == "Cita"
    assert "Lantern" not in text


async def test_one_that_vanished_meanwhile_sends_no_broken_file(world: World) -> None:
    ana = await at_list(world, "Today", "1", "Calendar file")
    load(world, [*LIST[1:], {**LANTERN, "slug": "other", "name": "Other"}])
    await ana.taps("Send file")
    assert ana.last.key == "meetings/not_listed"


ZONES = (
    "America/New_York",
    "Europe/Madrid",
    "Australia/Sydney",
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Tokyo",
    "Europe/London",
    "America/Mexico_City",
    "Pacific/Auckland",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Europe/Dublin",
    "Asia/Jerusalem",
    "Africa/Casablanca",
)


@pytest.mark.parametrize("zone", ZONES)
async def test_a_year_of_repetitions_is_what_we_compute(world: World, zone: str) -> None:
    """The rule and the file's own VTIMEZONE, read by others, give our starts over both changes of clock.

    The weeks come from dateutil, which reads both; vobject alone takes the zone from elsewhere where its offset is zero.
    """
    load(world, [{**EARLY, "timezone": zone, "day": [0, 3], "time": "19:30"}])
    with world.work() as work:
        meeting = work.session.exec(select(Meeting)).one()
        row = store.to_row(meeting)
        entries = [Entry(meeting, "aa|x", next(rules.following(row, work.now, weekday)), weekly=True) for weekday in (0, 3)]
        data = calendar.made(entries, work.now, work.content, "en", name=False, codes=False)
        opened, clock = vobject.readOne(data.decode()), zone_in(data.decode())
        for event, weekday in zip(opened.vevent_list, (0, 3), strict=True):
            wall = event.dtstart.value.replace(tzinfo=None)
            assert wall.strftime("%H:%M") == "19:30"
            theirs = [at.replace(tzinfo=clock).astimezone(UTC) for at in _weeks(event.rrule.value, wall)]
            ours = [one.start_utc for one in rules.following(row, work.now, weekday, weeks=53)][:52]
            assert theirs == ours


def _weeks(rule: str, wall: datetime) -> list[datetime]:
    """The first year of a rule, on the wall clock."""
    return list(islice(rrulestr(rule, dtstart=wall), 52))


def zone_in(text: str) -> tzinfo:
    """The clock that the file itself describes."""
    start, end = text.index("BEGIN:VTIMEZONE"), text.index("END:VTIMEZONE")
    found = tzical(StringIO(f"{text[start:end]}END:VTIMEZONE\n".replace("\r\n", "\n"))).get()
    assert isinstance(found, tzinfo)
    return found
