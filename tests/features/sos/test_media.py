"""Photos, voice, video, stickers, files and places outside a relay: never silence, never lost."""

from __future__ import annotations

import base64

import pytest
from sqlmodel import col, select

from bot.models import Case, CaseState, RelayMessage, Task
from tests.world import World

VOICE = ("voice", b"ogg", 3)
PHOTO = ("photo", b"not an image")
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def media_tasks(world: World) -> list[Task]:
    with world.work() as work:
        return list(work.session.exec(select(Task).where(col(Task.kind) == "media")).all())


def close(world: World) -> None:
    with world.work() as work:
        for case in work.session.exec(select(Case)).all():
            case.state, case.closed_at, case.next_page_at = CaseState.CLOSED, work.now, None


@pytest.mark.parametrize(
    ("act", "verb"),
    [
        (VOICE, "listen to"),
        (PHOTO, "see"),
        (("video_note",), "see"),
        (("sticker", "🙂"), "see"),
        (("document", b"text", "note.pdf"), "see"),
        (("location", 40.7, -74.0), "use"),
        (("contact", "+12125550199", "Rosa"), "see"),
    ],
)
async def test_what_cannot_be_read_is_answered_and_kept(world: World, act: tuple[object, ...], verb: str) -> None:
    ana = await world.enrol()
    await ana.sends(str(act[0]), *act[1:])
    assert ana.replies[-1].key == "crisis/media"
    assert ana.replies[-1].text == f"I can't {verb} this. If you need help now, tap SOS.\nSend to my team: they see it on Wednesday."
    assert ana.replies[-1].labels == ["SOS", "Send to my team"]
    task = media_tasks(world)[0]
    assert task.due_at.isoformat() == "2026-03-04T14:00:00+00:00"  # 09:00 of the next working morning
    assert not world.primary.pages


async def test_in_spanish(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.sends(*VOICE)
    assert ana.replies[0].text == "No puedo escuchar esto. Si necesita ayuda ahora, toque SOS.\nMandar al equipo: lo ven el miércoles."


async def test_an_album_gets_one_answer_and_one_item(world: World) -> None:
    ana = await world.enrol()
    await ana.sends(*PHOTO)
    await ana.sends(*PHOTO)
    assert ana.replies == []
    assert len(media_tasks(world)) == 1


async def test_send_to_my_team_says_when_and_that_it_is_not_for_emergencies(world: World) -> None:
    ana = await world.enrol()
    await ana.sends(*VOICE)
    await ana.taps("Send to my team")
    assert "Your team will see on Wednesday" in ana.replies[0].text
    assert "/sos" in ana.replies[0].text
    assert len(media_tasks(world)) == 1


async def test_the_sos_button_leads_to_sos(world: World) -> None:
    ana = await world.enrol()
    await ana.sends(*VOICE)
    await ana.taps("SOS")
    assert ana.keys[-1] == "crisis/sos"


async def test_within_a_day_of_a_case_it_pages_at_that_cases_level(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    close(world)
    await world.passes(hours=23)
    pages = len(world.primary.pages)
    await ana.sends(*VOICE)
    assert ana.case is not None
    assert (ana.case.number, ana.case.level) == (2, "emergency")
    assert len(world.primary.pages) == pages + 1
    assert ana.keys == ["crisis/media", "crisis/paged"]
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert world.primary.replies[-1].message.voice is not None


async def test_a_day_after_a_case_it_waits_for_the_morning(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    close(world)
    await world.passes(hours=24, minutes=1)
    await ana.sends(*VOICE)
    assert ana.case is not None
    assert ana.case.number == 1
    assert len(media_tasks(world)) == 1


async def test_in_an_open_case_whoever_has_it_hears_of_it(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await world.primary.taps("Acknowledge")
    world.primary.look()
    await ana.sends(*VOICE)
    assert ana.keys == ["crisis/media_case"]
    assert ana.replies[0].text == "Voice message: I am passing it on to Dana."
    assert world.primary.replies[-1].message.voice is not None
    await ana.sends("video_note")
    assert "I am telling Dana that you sent it." in ana.replies[0].text
    assert "[sent a video, not passed on]" in world.primary.last.text


async def test_a_place_shared_in_an_open_case_reaches_the_team(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await ana.shares_location(40.7128, -74.006)
    assert ana.replies[-1].text == "Location: I have kept it for your team."
    await world.primary.taps("Acknowledge")
    world.primary.look()
    await world.primary.taps("Open")
    assert "[place: 40.71280, -74.00600]" in world.primary.replies[0].text
    assert world.primary.replies[-1].message.location == {"latitude": 40.7128, "longitude": -74.006}
    await ana.shares_location(40.7128, -74.006)
    assert world.primary.last.message.location is not None
    with world.work() as work:
        assert len(work.session.exec(select(RelayMessage)).all()) == 2


async def test_a_photo_whose_caption_is_a_cry_for_help_comes_with_open(world: World) -> None:
    ana = await world.enrol()
    await ana.sends("photo", PIXEL, "I am going to kill myself with these")
    assert ana.keys == ["crisis/suicide", "crisis/card", "crisis/media_case", "crisis/paged"]
    await world.primary.taps("Acknowledge")
    assert "New messages: 1" in world.primary.pages[-1].text
    await world.primary.taps("Open")
    assert world.primary.replies[0].text.count("I am going to kill myself with these") == 1
    assert world.primary.replies[-1].message.photo is not None


async def test_crisis_words_in_a_files_name_or_a_contact_reach_whoever_has_the_case(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await world.primary.taps("Acknowledge")
    world.primary.look()
    await ana.sends("document", b"%PDF-1.4", "I want to die.pdf")
    assert world.primary.replies[0].text == "Case 1: new message.\nI want to die.pdf"
    assert world.primary.last.message.document is not None
    world.primary.look()
    await ana.sends("contact", "+12125550199", "I want to kill myself")
    assert [one.text.splitlines()[1] for one in world.primary.replies] == [
        "I want to kill myself",
        "[sent a contact card, not passed on]",
    ]


async def test_words_that_waited_and_were_changed_into_a_cry_for_help_are_changed_for_the_team_too(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    said = await ana.says("it hurts a lot")
    await ana.edits(said, "I took all my pills")
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "I took all my pills" in world.primary.last.text
    assert "it hurts a lot" not in world.primary.last.text


async def test_a_visitor_gets_the_way_to_sos_and_leaves_nothing(world: World) -> None:
    sam = world.stranger()
    await sam.sends(*VOICE)
    assert sam.replies[-1].labels == ["SOS"]
    assert not media_tasks(world)


async def test_a_caption_is_screened_like_any_words(world: World) -> None:
    ana = await world.enrol()
    await ana.sends("photo", b"not an image", "I want to kill myself tonight")
    assert ana.replies[0].key == "crisis/suicide"
