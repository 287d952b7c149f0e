"""Photos, voice, files and places through the relay, both ways: rebuilt, so that nobody's account or device comes with them."""

from __future__ import annotations

import struct
import zlib

import pytest

from bot.errors import Undeliverable
from bot.escalation import parcels, pictures
from tests.staff.helpers import CRISIS
from tests.world import Phone, World


def png(*, comment: bytes = b"") -> bytes:
    """A picture of one point, with words beside it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    said = chunk(b"tEXt", b"Author\x00" + comment) if comment else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + said + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def jpeg(*, place: bytes = b"") -> bytes:
    """The bones of a JPEG, with a place beside the picture and something after its end."""

    def segment(marker: int, data: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    said = segment(0xE1, b"Exif\0\0" + place) + segment(0xFE, place) if place else b""
    frame = segment(0xC0, b"\x08" + struct.pack(">HH", 1, 1) + b"\x01\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + said + frame + scan + b"\xff\xd9" + place


async def talking(world: World, name: str = "Ana", words: str = CRISIS) -> Phone:
    """A patient with whom the primary is writing."""
    patient = await world.enrol(name)
    await patient.says(words)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    patient.look()
    world.primary.look()
    return patient


async def test_a_photo_goes_both_ways_hidden_on_the_staffs_lock_screen(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await ana.sends("photo", png(), "my arm @ana_t")
    seen = dana.last
    assert seen.message.photo is not None
    assert seen.message.caption == "Case 1: a photo.\nmy arm ana_t"
    assert seen.message.protected
    assert "arm" not in dana.user.push_preview(seen.message)
    assert ana.last.text == "Photo: I am passing it on to Dana."
    await dana.sends("photo", png(), "look at this")
    assert ana.last.message.photo is not None
    assert ana.last.message.caption == "Dana: look at this"


async def test_words_to_the_counselor_stand_on_no_lock_screen(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await ana.says("I have pills here")
    assert dana.last.text == "Case 1: new message.\nI have pills here"
    assert "pills" not in dana.user.push_preview(dana.last.message)
    assert "Case 1: new message." in dana.user.push_preview(dana.last.message)


async def test_voice_goes_both_ways(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await ana.sends("voice", b"OggS....", 3)
    assert dana.last.message.voice is not None
    assert dana.last.message.caption == "Case 1: a voice message."
    await dana.sends("voice", b"OggS....", 3)
    assert ana.last.message.voice is not None
    assert ana.last.message.caption == "Dana sent a voice message."


async def test_a_place_goes_both_ways(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await ana.shares_location(40.7, -74.0)
    assert dana.last.message.location == {"latitude": 40.7, "longitude": -74.0}
    await dana.shares_location(40.8, -73.9)
    assert ana.last.message.location == {"latitude": 40.8, "longitude": -73.9}
    assert "Dana sent a place." in [seen.text for seen in ana.all]


async def test_a_file_loses_its_name_and_a_picture_what_stands_beside_it(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await dana.sends("document", png(comment=b"Dana Reyes, 12 Elm Street"), "dana_reyes_home.png", "the plan")
    document = ana.last.message.document
    assert document is not None
    assert document["file_name"] == "file.png"
    stored = world.api.files.get(document["file_id"])
    assert b"Elm Street" not in stored.data
    assert stored.data == png()
    await ana.sends("document", b"%PDF-1.4 x", "Ana Torres.pdf")
    document = dana.last.message.document
    assert document is not None
    assert document["file_name"] == "file.pdf"


@pytest.mark.parametrize(
    "act",
    [
        ("document", b"PK..", "letter.docx"),
        ("contact", "+12125550100", "Dana Reyes"),
        ("sticker", "\U0001f642"),
        ("video_note",),
    ],
)
async def test_what_may_tell_who_made_it_goes_to_nobody_and_the_sender_hears_it(world: World, act: tuple[object, ...]) -> None:
    ana, dana = await talking(world), world.primary
    await dana.sends(*act)  # type: ignore[arg-type]
    assert dana.keys == ["relay/not_passed"]
    assert ana.keys == []


async def test_a_picture_that_is_none_is_not_delivered_and_the_counselor_hears_it(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await dana.sends("document", b"no picture", "x.png")
    assert dana.last.key == "relay/not_delivered"
    assert ana.keys == []


async def test_what_was_sent_before_anyone_had_the_case_comes_with_open(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await ana.sends("photo", png(), "here")
    assert ana.last.text == "Photo: I have kept it for your team."
    dana = world.primary
    await dana.taps("Acknowledge")
    await dana.taps("Open")
    assert [seen.key for seen in dana.replies] == ["alerts/opened", "relay/to_staff"]
    assert "[photo] here" in dana.replies[0].text
    assert dana.last.message.photo is not None
    await dana.taps("Open")
    assert [seen.key for seen in dana.replies] == ["alerts/opened"]


async def test_the_next_holder_gets_the_photo_too(world: World) -> None:
    ana = await talking(world)
    await ana.sends("photo", png(), "here")
    await world.primary.taps("Pass on")
    await world.backup.taps("Acknowledge")
    await world.backup.taps("Open")
    assert world.backup.last.message.photo is not None


async def test_in_danger_at_home_a_photo_waits_behind_a_tap(world: World) -> None:
    ana = await talking(world, words="he hit me again and I am scared to go home")
    await world.primary.sends("photo", png(), "come here")
    assert ana.keys == ["relay/waiting"]
    await ana.taps("Open")
    assert ana.last.message.photo is not None


async def test_a_photo_without_a_target_is_asked_about_and_kept(world: World) -> None:
    ana = await talking(world, "Ana")
    dana = world.primary
    await ana.says("are you there?")
    await dana.taps_keyboard("Stop writing")
    await dana.sends("photo", png(), "yes")
    assert dana.keys == ["relay/which"]
    await dana.taps("Case 1")
    assert ana.last.message.photo is not None


def test_a_picture_keeps_nothing_but_the_picture() -> None:
    assert pictures.cleaned(jpeg(place=b"40.7N 74.0W")) == jpeg()
    assert pictures.cleaned(png(comment=b"Dana")) == png()


@pytest.mark.parametrize("data", [b"", b"GIF89a", jpeg()[:-12], png()[:-10], b"\xff\xd8\xff"])
def test_a_cut_or_foreign_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Undeliverable):
        parcels.remade({"mime_type": "image/png"}, data)


async def test_a_caption_that_is_changed_follows_both_ways(world: World) -> None:
    ana, dana = await talking(world), world.primary
    await ana.sends("photo", png(), "my arm")
    mine = next(message for message in reversed(ana.user.messages) if not message.from_bot)
    await ana.edits(mine.message_id, "my left arm @ana_t")
    assert dana.last.text == "Case 1: new words under a photo.\nmy left arm ana_t"
    assert dana.last.labels == ["Reply"]
    assert "arm" not in dana.user.push_preview(dana.last.message)
    await dana.taps("Open")
    assert "my left arm" in dana.last.text
    await dana.sends("document", b"%PDF-1.4", "plan.pdf", "our plan")
    theirs = next(message for message in reversed(dana.user.messages) if not message.from_bot)
    await dana.edits(theirs.message_id, "our plan for tonight")
    assert ana.last.text == "Dana, new words under a file:\nour plan for tonight"
    before = len(ana.all)
    await dana.edits(theirs.message_id, "our plan for tonight")
    assert len(ana.all) == before


async def test_a_caption_that_is_changed_into_a_crisis_is_one(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.sends("photo", png(), "me today")
    mine = next(message for message in reversed(ana.user.messages) if not message.from_bot)
    await ana.edits(mine.message_id, CRISIS)
    assert ana.case is not None
    assert ana.case.level == "emergency"
    assert world.primary.pages


async def test_a_caption_that_is_changed_before_anybody_has_the_case_waits_with_its_photo(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await ana.sends("photo", png(), "my arm")
    mine = next(message for message in reversed(ana.user.messages) if not message.from_bot)
    await ana.edits(mine.message_id, "my left arm")
    assert all("arm" not in seen.text for seen in world.primary.all)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert any("my left arm" in seen.text for seen in world.primary.replies)
    assert any(seen.message.photo is not None and "my left arm" in seen.message.caption for seen in world.primary.replies)
