"""`/schedule` as a dialogue: what is next, the week and its hours, coming or not. It is Tuesday, 3 March 2026, 10:00 in New York."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from bot.ids import short
from bot.models import SessionRequest, SessionSeat, Task
from bot.programme import editing, reminders, rolls
from bot.programme.store import Book
from tests.programme_helpers import adopt, heard, occasion, person_of, put, until, waiting
from tests.world import World

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)


async def test_what_is_next_this_week_and_one_session(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening", plan=9)
    put(world, TUESDAY, track="Evening", weekdays=(0, 1, 2, 3), title="Skills", minutes=120)
    await ana.says("/schedule")
    assert ana.keys == ["schedule/home"]
    assert "today, 18:00, 120 minutes" in ana.last.text
    assert "Group: Skills" in ana.last.text
    assert "0 of 9 hours" in ana.last.text
    assert "Still to come: 6" in ana.last.text
    await ana.taps("This week")
    assert "Tuesday 18:00 · Group: Skills" in ana.last.text
    assert "Monday" not in ana.last.text, "before they came into the programme"
    await ana.taps("2")
    assert "Wednesday, March 4, 18:00 to 20:00" in ana.last.text
    assert "Where: Room 2" in ana.last.text
    assert "With Dana" in ana.last.text


async def test_nothing_is_planned_and_there_is_no_track_yet(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    await ana.says("/schedule")
    assert ana.keys == ["schedule/empty"]
    put(world, TUESDAY, track="evening", weekdays=(1,))
    put(world, TUESDAY, track="Weekend", weekdays=(5,))
    await ana.says("/schedule")
    assert ana.keys == ["schedule/ask_track"]
    assert ana.last.labels == ["Evening", "Weekend", "Not sure"]
    await ana.taps("Evening")
    assert ana.last.text == "Noted: Evening. Your sessions are here now."
    assert world.primary.last.key == "sessions/asked"
    await ana.says("/schedule")
    assert "today, 18:00" in ana.last.text


async def test_a_track_is_found_in_either_language_and_asked_for_gently_once(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    adopt(world, ana, track="Noche")
    put(world, TUESDAY, track="evening", weekdays=(1,))
    await ana.says("/schedule")
    assert ana.keys == ["schedule/empty"], "a clinic's own name is its own"
    adopt(world, ana, track="EVENING")
    await ana.says("/schedule")
    assert "hoy, 18:00" in ana.last.text


async def test_ill_be_there_and_i_cant_come(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    row = put(world, TUESDAY, track="evening")
    await ana.says("/schedule")
    toast = await ana.taps("I'll be there")
    assert "See you there" in toast
    assert "You said: I'll be there." in ana.last.text
    await ana.taps("I can't come")
    assert ana.last.key == "schedule/ask_why"
    await ana.says("my shift was moved, I could not swap it")
    assert ana.last.key == "schedule/cannot_noted"
    assert world.primary.last.key == "sessions/asked"
    assert waiting(world, ana) == [], "no reminder of what they cannot come to"
    with world.work() as work:
        seat = work.session.exec(select(SessionSeat)).one()
        assert (seat.series_id, seat.reply, seat.why) == (row.id, "cannot", None)
        assert seat.note is not None
        assert b"shift" not in seat.note
    await world.primary.taps("Open")
    assert "my shift was moved" in world.primary.last.text


async def test_words_of_danger_in_the_reason_are_heard_as_such(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening")
    await ana.says("/schedule")
    await ana.taps("I can't come")
    await ana.says("I want to kill myself")
    assert ana.replies[0].key == "crisis/suicide"
    assert ana.case is not None
    with world.work() as work:
        assert work.session.exec(select(SessionSeat)).one().reply == "cannot", "what the form asked is kept all the same"


async def test_a_patient_in_another_zone_reads_their_own_time_and_the_clinics(world: World) -> None:
    ana = await world.enrol("Ana", zone="Europe/Madrid", country="ES")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening")
    await ana.says("/schedule")
    await ana.taps("Details")
    assert "Wednesday, March 4, 00:00 to 01:30" in ana.last.text
    assert "At the clinic it is Tuesday 18:00." in ana.last.text


async def test_a_video_link_shows_only_after_opening(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, WEDNESDAY, track="evening", room="", link="https://meet.example.org/abc")
    await until(world, "03-03 18:00")
    reminder = ana.last
    assert reminder.text == "Reminder: tomorrow 18:00"
    assert reminder.labels == ["Open"]
    await ana.taps("Open")
    assert "Join" in ana.last.labels
    assert "Where" not in ana.last.text


async def test_hours_count_once_attendance_was_taken(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening", plan=9)
    row = put(world, TUESDAY, track="evening", weekdays=(1, 3))
    await until(world, "03-03 20:00")
    await ana.says("/schedule")
    assert "0 of 9 hours done" in ana.last.text
    assert "Not noted yet: 1.5" in ana.last.text
    with world.work() as work:
        rolls.finish(work, occasion(work, row, TUESDAY), person_of(work, world.primary))
    await ana.says("/schedule")
    assert "1.5 of 9 hours done" in ana.last.text
    assert "Still to come: 1.5" in ana.last.text


async def test_an_hour_earlier_and_a_button_of_yesterday(world: World) -> None:
    """Old buttons, buttons of somebody else's session and of one that is gone get a kind word."""
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    adopt(world, ana)
    adopt(world, ben)
    mine = put(world, TUESDAY, "12:00", who=(ana,), kind="individual")
    theirs = put(world, TUESDAY, "13:00", who=(ben,), kind="individual")
    await ana.says("/schedule")
    await ana.forges(f"schedule.show:{short(theirs.id)}:2026-03-03")
    assert ana.last.key == "schedule/gone"
    assert "not for you" in await ana.forges("schedule.show:nonsense:2026-03-03")
    await until(world, "03-03 14:00")
    assert "is over" in await ana.forges(f"schedule.coming:{short(mine.id)}:2026-03-03")


async def test_ask_to_move_accepted(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    row = put(world, WEDNESDAY, "10:00", who=(ana,), kind="individual", minutes=50)
    await ana.says("/schedule")
    await ana.taps("Details")
    await ana.taps("Ask to move")
    assert ana.last.key == "schedule/ask_move"
    await ana.taps("Thursday")
    await ana.says("25:99")
    assert ana.last.key == "schedule/asked", "what is no time is kept as words"
    await ana.taps("My sessions")
    await ana.taps("Details")
    assert "You asked for another time" in ana.last.text
    await ana.taps("Never mind")
    await ana.taps("My sessions")
    await ana.taps("Details")
    await ana.taps("Ask to move")
    await ana.taps("Thursday")
    await ana.taps("15:00")
    assert ana.last.key == "schedule/asked"
    await world.primary.taps("Open")
    assert world.primary.last.key == "sessions/patient"
    await world.primary.taps("Request 1")
    assert "Would like: Thursday, March 5, 15:00" in world.primary.last.text
    await world.primary.taps("Accept")
    assert world.primary.last.text == "Done: Thursday, March 5 at 15:00. They are told."
    await world.tick()
    assert ana.last.text == "You have a message."
    await ana.taps("Open")
    assert "Yes: One-to-one is on Thursday, March 5 at 15:00." in ana.last.text
    with world.work() as work:
        slot = occasion(work, row, WEDNESDAY).slot
        assert f"{slot.start:%m-%d %H:%M}" == "03-05 20:00"
        assert [task.state for task in work.session.exec(select(Task)) if task.kind == "session"] == ["done", "done"]
    assert waiting(world, ana) == ["03-04 15:00"]


async def test_ask_to_move_declined_with_words(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    put(world, WEDNESDAY, "10:00", who=(ana,), kind="individual")
    await ana.says("/schedule")
    await ana.taps("Details")
    await ana.taps("Ask to move")
    await ana.says("after work on any day would be good")
    await world.primary.taps("Open")
    await world.primary.taps("Request 1")
    assert "after work on any day would be good" in world.primary.last.text
    assert "Accept" not in world.primary.last.labels, "no time was named"
    await world.primary.taps("Decline")
    await world.primary.says("This week is full. Next week we start earlier.")
    assert world.primary.last.key == "sessions/declined"
    await world.tick()
    await ana.taps("Open")
    assert "Another time is not possible for now. This week is full." in ana.last.text


async def test_another_time_is_offered_and_taken(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    put(world, WEDNESDAY, "10:00", who=(ana,), kind="individual")
    await ana.says("/schedule")
    await ana.taps("Details")
    await ana.taps("Ask to move")
    await ana.says("mornings are hard")
    await world.primary.taps("Open")
    await world.primary.taps("Request 1")
    await world.primary.taps("Offer a time")
    await world.primary.says("yesterday evening")
    assert world.primary.last.key == "sessions/day_again"
    await world.primary.says("6 March")
    await world.primary.says("4 pm")
    assert world.primary.last.key == "sessions/offered"
    await world.tick()
    await ana.taps("Open")
    assert "Dana offers you Friday, March 6 at 16:00. Does that work?" in ana.last.text
    await ana.taps("Take it")
    assert ana.last.text == "It is yours: Friday, March 6 at 16:00. Your team knows."
    assert world.primary.last.key == "sessions/taken"
    assert waiting(world, ana) == ["03-05 16:00"]
    with world.work() as work:
        request = work.session.exec(select(SessionRequest)).one()
    assert "settled" in await ana.forges(f"schedule.take:{short(request.id)}")


async def test_an_offer_that_does_not_suit_goes_back_to_the_team(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    put(world, WEDNESDAY, "10:00", who=(ana,), kind="individual")
    await ana.says("/schedule")
    await ana.taps("Details")
    await ana.taps("Ask to move")
    await ana.says("mornings are hard")
    await world.primary.taps("Open")
    await world.primary.taps("Request 1")
    await world.primary.taps("Offer a time")
    await world.primary.taps("Friday 06")
    await world.primary.taps("08:00")
    await world.tick()
    await ana.taps("Open")
    await ana.taps("Not for me")
    assert ana.last.text == "That's fine. Your team will look for another time."
    with world.work() as work:
        assert [row.state for row in work.session.exec(select(SessionRequest))] == ["refused"]
        assert [task.state for task in work.session.exec(select(Task)) if task.kind == "session"].count("open") == 1


async def test_a_group_is_made_up_in_another_group(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening", weekdays=(1,))
    other = put(world, WEDNESDAY, "09:00", track="morning", weekdays=(2,), title="Coping")
    await ana.says("/schedule")
    await ana.taps("I can't come")
    await ana.taps("Work")
    await ana.taps("Make one up")
    assert ana.last.key == "schedule/ask_make_up"
    await ana.says("any morning")
    await world.primary.taps("Open")
    await world.primary.taps("Request 1")
    await world.primary.taps("Into a group")
    assert "Group: Coping" in world.primary.last.text
    await world.primary.taps("1")
    assert world.primary.last.key == "sessions/put_in"
    await world.passes(minutes=2)
    await ana.taps("Open")
    assert "You can come to: Group: Coping, Wednesday, March 4 at 09:00." in ana.last.text
    with world.work() as work:
        book = Book(work)
        person = person_of(work, ana)
        assert [one.id for one in book.people_of(occasion(work, other, WEDNESDAY))] == [person.id]
        assert book.people_of(occasion(work, other, date(2026, 3, 11))) == [], "a guest of that date alone"


async def test_family_sessions_who_comes_and_a_text_to_forward(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana)
    put(world, WEDNESDAY, "17:00", who=(ana,), kind="family")
    await ana.says("/schedule")
    await ana.taps("Details")
    await ana.taps("Who comes")
    await ana.says("x" * 201)
    assert ana.last.key == "schedule/guests_long"
    await ana.says("Rosa and Tom")
    await ana.taps("Invite text")
    assert ana.keys == ["schedule/letter_how", "schedule/letter"]
    assert "Wednesday, March 4 at 17:00" in ana.last.text
    await world.primary.says("/session")
    await world.primary.taps("1")
    assert "(with Rosa and Tom)" in world.primary.last.text


async def test_cancelled_after_the_reminder_is_told_and_not_reminded_of_again(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    row = put(world, WEDNESDAY, track="evening", title="Skills")
    await until(world, "03-03 18:30")
    assert heard(ana) == ["Reminder: tomorrow 18:00"]
    with world.work() as work:
        editing.cancel_one(work, occasion(work, row, WEDNESDAY), person_of(work, world.primary), "Snow")
    await until(world, "03-04 20:00")
    assert heard(ana) == ["Reminder: tomorrow 18:00", "You have a message."]
    await ana.taps("schedule.news")
    assert "Cancelled: Group: Skills on Wednesday, March 4 at 18:00. Why: Snow" in ana.last.text
    await ana.taps("schedule.day", message=ana.all[0].message)
    assert "It does not take place." in ana.all[0].text


async def test_spanish_speaks_to_usted(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    adopt(world, ana, track="evening", plan=9)
    put(world, TUESDAY, track="evening")
    await ana.says("/schedule")
    assert "0 de 9 horas hechas" in ana.last.text
    await ana.taps("No puedo ir")
    await ana.taps("Trabajo")
    assert ana.last.text.startswith("Gracias por decirlo. Su equipo ya lo sabe.")


async def test_the_track_is_asked_for_once_in_the_first_week_and_only_of_who_has_none(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    adopt(world, ana)
    adopt(world, ben, track="morning")
    put(world, TUESDAY, track="evening", weekdays=(1,))
    with world.work() as work:
        for phone in (ana, ben):
            reminders.begin(work, person_of(work, phone))
    await until(world, "03-08 12:00")
    assert heard(ana) == ["You have a message."]
    assert heard(ben) == []
    await ana.taps("schedule.home")
    assert "When do you come to your groups?" in next(one.text for one in ana.all if "groups" in one.text)


async def test_a_group_is_made_up_in_a_talk_at_the_wished_time(world: World) -> None:
    ana = await world.enrol("Ana")
    adopt(world, ana, track="evening")
    put(world, TUESDAY, track="evening", title="Skills")
    await ana.says("/schedule")
    await ana.taps("I can't come")
    await ana.taps("Work")
    await ana.taps("Make one up")
    await ana.taps("Thursday")
    await ana.taps("09:00")
    await world.primary.taps("Open")
    await world.primary.taps("Request 1")
    await world.primary.taps("Accept")
    await world.tick()
    await ana.taps("Open")
    assert "Yes: One-to-one is on Thursday, March 5 at 09:00." in ana.last.text
    await ana.taps("This week")
    assert "Thursday 09:00 · One-to-one" in ana.last.text
    await ana.says("/schedule")
    assert "Make one up" not in ana.last.labels, "it was asked about"
