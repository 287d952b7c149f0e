"""`/sos`: numbers at once, the team in 20 seconds, an emergency after five minutes without a tap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot import people
from bot.escalation import ack
from bot.models import Alert, Role, Sos, Task
from tests.world import Phone, World


def presses(world: World) -> list[Sos]:
    with world.work() as work:
        return list(work.session.exec(select(Sos)).all())


def tasks(world: World, kind: str) -> list[Task]:
    with world.work() as work:
        return list(work.session.exec(select(Task).where(col(Task.kind) == kind)).all())


async def started(world: World, *, language: str = "en") -> Phone:
    ana = await world.enrol("Ana", language=language)
    await ana.says("/sos")
    return ana


async def test_sos_gives_the_numbers_at_once_and_then_asks_what_is_happening(world: World) -> None:
    ana = await started(world)
    assert ana.keys == ["crisis/sos_numbers", "crisis/card", "crisis/sos"]
    assert "911" in ana.replies[0].text
    assert "988" in ana.replies[0].text
    assert ana.replies[1].message.media["contact"]["phone_number"] == "988"
    assert ana.replies[2].labels == [
        "I might hurt myself",
        "Overdose",
        "Not safe here",
        "I need to talk",
        "Page now",
        "Tapped by mistake",
    ]
    assert "20 seconds" in ana.replies[2].text
    assert not world.primary.pages


async def test_sos_in_spanish(world: World) -> None:
    ana = await started(world, language="es")
    assert "20 segundos" in ana.replies[2].text
    assert ana.replies[2].labels[0] == "Podría hacerme daño"


async def test_nobody_is_paged_after_19_seconds_and_somebody_is_after_20(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=19)
    assert not world.primary.pages
    ana.look()
    await world.passes(seconds=1)
    assert len(world.primary.pages) == 1
    assert ana.case is not None
    assert ana.case.level == "urgent"
    assert ana.keys == ["crisis/paged"]
    going = ana.all[2]
    assert going.text.startswith("I am trying to reach your team now.")
    assert "Tapped by mistake" not in going.labels
    assert "Overdose" in going.labels


async def test_words_while_the_20_seconds_run_are_kept_and_come_with_the_page(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=10)
    await ana.says("he is at the door")
    assert ana.keys == ["crisis/sos_words"]
    assert not world.primary.pages
    await world.passes(seconds=10)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "he is at the door" in world.primary.last.text


async def test_soft_words_while_the_20_seconds_run_are_asked_about_and_come_with_the_page(world: World) -> None:
    ana = await started(world, language="es")
    await ana.says("ya no puedo más con esto")
    assert ana.keys == ["crisis/soft_question"]
    await world.passes(seconds=20)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "ya no puedo más con esto" in world.primary.last.text


async def test_a_voice_message_or_a_place_while_the_20_seconds_run_pages_at_once_and_is_passed_on(world: World) -> None:
    ana = await started(world)
    await ana.sends("voice", b"ogg", 3)
    assert ana.keys == ["crisis/media_case", "crisis/paged"]
    assert len(world.primary.pages) == 1
    await ana.shares_location(40.7128, -74.006)
    await world.passes(seconds=30)
    assert len(world.primary.pages) == 1
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert [one.message.voice is not None or one.message.location is not None for one in world.primary.replies] == [
        False,
        True,
        False,
        True,
    ]


async def test_words_before_tapped_by_mistake_stop_nothing_and_stay_with_the_note(world: World) -> None:
    ana = await started(world, language="es")
    await ana.says("perdón, me equivoqué")
    assert ana.replies[0].text.startswith("He guardado sus palabras para su equipo.")
    await ana.taps("Toqué por error")
    await world.passes(minutes=1)
    assert not world.primary.pages
    (task,) = tasks(world, "watch")
    with world.work() as work:
        assert len(work.session.exec(select(Alert).where(col(Alert.task_id) == task.id)).all()) == 2
    await ana.says("hola")
    assert ana.keys == ["common/not_understood"]


async def test_five_minutes_without_a_tap_make_it_an_emergency(world: World) -> None:
    ana = await started(world)
    await world.passes(minutes=4, seconds=59)
    assert ana.case is not None
    assert ana.case.level == "urgent"
    await world.passes(seconds=1)
    assert ana.case.level == "emergency"
    assert [reply.key for reply in ana.all][-2:] == ["crisis/sos_raised", "crisis/paged"]
    assert len(world.primary.pages) == 2


@pytest.mark.parametrize(
    ("label", "level", "category", "answer"),
    [
        ("I might hurt myself", "emergency", "suicide", "crisis/suicide"),
        ("Overdose", "emergency", "overdose", "crisis/overdose_step_1"),
        ("Not safe here", "emergency", "abuse", "crisis/abuse"),
        ("I need to talk", "urgent", "suicide", "crisis/talk"),
    ],
)
async def test_a_choice_pages_at_once_with_its_first_answer(world: World, label: str, level: str, category: str, answer: str) -> None:
    ana = await started(world)
    await ana.taps(label)
    assert ana.case is not None
    assert (ana.case.level, ana.case.category) == (level, category)
    assert len(world.primary.pages) == 1
    assert ana.keys[0] == answer
    assert ana.all[2].labels == []


async def test_a_choice_is_a_tap_so_that_talking_stays_urgent(world: World) -> None:
    ana = await started(world)
    await ana.taps("I need to talk")
    await world.passes(minutes=6)
    assert ana.case is not None
    assert ana.case.level == "urgent"


async def test_page_now_pages_at_once_and_its_silence_still_becomes_an_emergency(world: World) -> None:
    ana = await started(world)
    await ana.taps("Page now")
    assert len(world.primary.pages) == 1
    assert ana.case is not None
    assert ana.case.level == "urgent"
    await world.passes(seconds=30)
    assert len(world.primary.pages) == 1
    await world.passes(minutes=5)
    assert ana.case.level == "emergency"


async def test_a_choice_after_the_page_raises(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=20)
    await ana.taps("Overdose")
    assert ana.case is not None
    assert (ana.case.level, ana.case.category) == ("emergency", "overdose")
    assert len(world.primary.pages) == 2


async def test_tapped_by_mistake_within_20_seconds_pages_nobody_and_leaves_a_watch_item(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=19)
    await ana.taps("Tapped by mistake")
    assert ana.all[2].text.startswith("OK. I send no new alert.")
    assert ana.all[2].labels == []
    await world.passes(minutes=10)
    assert not world.primary.pages
    assert ana.case is None
    assert len(tasks(world, "watch")) == 1


async def test_tapped_by_mistake_at_20_seconds_stops_nothing(world: World) -> None:
    ana = await started(world)
    message = ana.replies[2].message
    data = next(data for row in message.buttons for text, data in row if text == "Tapped by mistake")
    world.clock.move_to(world.clock.now() + timedelta(seconds=20))
    toast = await ana.forges(data, message=message)
    assert toast == "Your alert is on its way already. I keep trying until someone answers."
    await world.tick()
    assert len(world.primary.pages) == 1
    await ana.forges(data, message=message)
    await world.passes(minutes=5)
    assert ana.case is not None
    assert ana.case.level == "emergency"


async def test_tapped_by_mistake_after_a_choice_stops_nothing(world: World) -> None:
    ana = await started(world)
    message = ana.replies[2].message
    data = next(data for row in message.buttons for text, data in row if text == "Tapped by mistake")
    await ana.taps("I might hurt myself")
    toast = await ana.forges(data, message=message)
    assert toast == "Your alert is on its way already. I keep trying until someone answers."
    assert ana.case is not None
    assert ana.case.state == "open"
    assert not tasks(world, "watch")


async def test_a_doubled_sos_joins_the_first(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=10)
    await ana.says("/sos")
    assert "10 seconds" in ana.replies[-1].text
    assert ana.all[2].labels == []
    await world.passes(seconds=10)
    assert len(presses(world)) == 1
    assert len(world.primary.pages) == 1


async def test_sos_in_an_open_case_pages_again(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=2)
    before = len(world.primary.pages)
    await ana.says("/sos")
    await world.passes(seconds=20)
    assert len(world.primary.pages) == before + 1
    assert ana.case is not None
    assert ana.case.number == 1


async def test_the_label_of_the_keyboard_leads_to_sos(world: World) -> None:
    ana = await world.enrol()
    await ana.says("SOS")
    assert ana.keys[-1] == "crisis/sos"


async def test_sos_works_while_paused(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        person.paused_until = work.now.replace(year=2027)
    await ana.says("/sos")
    await world.passes(seconds=20)
    assert len(world.primary.pages) == 1


async def test_sos_of_staff_shows_lines_for_themselves_and_pages_nobody(world: World) -> None:
    luis = world.backup
    await luis.says("/sos")
    assert luis.keys == ["crisis/staff_lines"]
    await world.passes(minutes=6)
    assert not world.primary.pages


async def test_staff_who_tap_page_their_team(world: World) -> None:
    luis = world.backup
    await luis.says("/sos")
    await luis.taps("Page my team")
    assert len(world.primary.pages) == 1
    assert luis.keys == ["crisis/trying", "crisis/paged"]


async def test_a_supporter_is_paged_for_too(world: World) -> None:
    rosa = await world.hire("Rosa", Role.SUPPORTER)
    await rosa.says("/sos")
    await world.passes(seconds=20)
    assert len(world.primary.pages) == 1


async def test_forged_numbers_of_somebody_elses_sos_do_nothing(world: World) -> None:
    ana = await started(world)
    ben = await world.enrol("Ben")
    number = presses(world)[0].id
    for data in (f"sos.mistake:{number}", f"sos.choice:{number}:hurt", f"sos.now:{number}", "sos.now:x", "sos.choice:99:hurt"):
        assert await ben.forges(data) == "That button is not for you."
    assert ben.case is None
    await world.passes(seconds=20)
    assert ana.case is not None


async def test_what_was_tapped_is_evidence(world: World) -> None:
    ana = await started(world)
    await ana.taps("Overdose")
    case = ana.case
    assert case is not None
    with world.work() as work:
        alert = work.session.exec(select(Alert)).one()
        assert (alert.source, alert.case_id) == ("sos", case.id)


async def test_sos_works_before_the_enrolment_is_finished_and_its_question_waits(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        person.enrolled_at = None
        people.conversation_of(work, person).state = "enrolment.name"
    await ana.says("/sos")
    assert ana.keys == ["crisis/sos_numbers", "crisis/card", "crisis/sos"]
    await ana.taps("I need to talk")
    assert ana.case is not None
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        assert people.kept(work, person) == (None, {}, [("enrolment.name", {})])


async def test_what_was_asked_before_sos_is_not_asked_of_someone_in_a_crisis_and_waits(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    await ana.says("/sos")
    await world.passes(seconds=20)
    await ana.says("I feel so bad")
    assert ana.keys == ["crisis/kept_for_team"]  # no "a number from 0 to 10, please"
    await world.primary.taps("Acknowledge")
    assert ana.case is not None
    with world.work() as work:
        ack.resolve(work, ana.case.id, people.get(work.session, world.primary.person.id), "safe_plan", {})
    await world.settle()
    assert ana.last.key == "common/resume_offer"
    await ana.taps("Continue")
    assert ana.keys == ["checkin/craving"]


async def test_a_person_who_writes_with_whoever_has_the_case_is_not_silent(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=20)
    await world.primary.taps("Acknowledge")
    await ana.says("it is me, thank you for looking")
    await world.passes(minutes=6)
    assert ana.case is not None
    assert ana.case.level == "urgent"


async def test_a_doubled_choice_is_answered_once(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/sos")
    asked = ana.find("I need to talk")
    data = next(data for row in asked.buttons for label, data in row if label == "I need to talk")
    ana.user.press(asked.message_id, data)
    await ana.taps("I need to talk", message=asked)
    assert ana.keys.count("crisis/talk") == 1
    assert "crisis/added" not in ana.keys
    assert len(world.primary.pages) == 1


async def closes(world: World, phone: Phone) -> None:
    """The primary takes the person's case and closes it."""
    assert phone.case is not None
    await world.primary.taps("Acknowledge")
    with world.work() as work:
        assert world.primary.person_id is not None
        ack.resolve(work, phone.case.id, people.get(work.session, world.primary.person_id), "safe_plan", {})
    await world.settle()


async def test_sos_again_within_minutes_of_a_case_that_was_closed_pages_anew(world: World) -> None:
    ana = await started(world)
    await world.passes(seconds=20)
    await closes(world, ana)
    await world.passes(minutes=3)
    await ana.says("/sos")
    assert ana.keys == ["crisis/sos_numbers", "crisis/card", "crisis/sos"]
    await world.passes(seconds=20)
    assert ana.case is not None
    assert (ana.case.number, ana.case.state) == (2, "open")
    assert "Case 2" in world.primary.pages[-1].text


async def test_page_now_of_a_case_that_was_closed_pages_anew_and_claims_nothing_before(world: World) -> None:
    ana = await started(world)
    message = ana.find("Page now")
    await ana.taps("Page now")
    assert await ana.forges("sos.now:1", message=message) == "Your alert is on its way already. I keep trying until someone answers."
    await closes(world, ana)
    assert "on its way" not in await ana.forges("sos.mistake:1", message=message)
    assert "on its way" not in await ana.forges("sos.now:1", message=message)
    assert ana.case is not None
    assert (ana.case.number, ana.case.state) == (2, "open")
