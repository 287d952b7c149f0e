"""Danger at home: silent mode, and taking the bot's messages off the phone."""

from __future__ import annotations

from sqlmodel import col, select

from bot import outbox, people
from bot.models import Outbox
from tests.world import Phone, World


async def silent(world: World) -> Phone:
    ana = await world.enrol()
    await ana.says("he hits me")
    toast = await ana.taps("Silent mode")
    assert toast == "Silent mode is on. I send nothing until you write a word."
    return ana


async def test_silent_mode_stops_everything(world: World) -> None:
    ana = await silent(world)
    assert ana.replies == []
    await world.primary.taps("Acknowledge")
    await world.passes(hours=5)
    assert ana.replies == []


async def test_silent_mode_drops_what_waits_to_be_sent(world: World) -> None:
    ana = await world.enrol()
    await ana.says("he hits me")
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        row = outbox.say(work, person, "crisis/safe", post=outbox.Post(due_at=work.now.replace(year=2027)))
        assert row is not None
        key = row.id
    await ana.taps("Silent mode")
    with world.work() as work:
        kept = work.session.get(Outbox, key)
        assert kept is not None
        assert kept.state == "dropped"


async def test_silence_never_stops_the_pages(world: World) -> None:
    ana = await silent(world)
    await world.passes(hours=1)
    assert world.backup.pages
    assert ana.case is not None
    assert ana.case.state == "open"


async def test_taps_in_silent_mode_work_and_are_answered_over_the_chat_only(world: World) -> None:
    ana = await silent(world)
    toast = await ana.taps("I need help now")
    assert toast.startswith("Silent mode is on.")
    assert "911" in toast
    assert ana.replies == []
    assert ana.case is not None
    assert ana.case.level == "emergency"


async def test_a_word_of_their_own_ends_it(world: World) -> None:
    ana = await silent(world)
    await ana.says("are you there")
    assert ana.person.silent_since is None
    assert ana.replies != []


async def test_whoever_breaks_their_silence_later_hears_what_became_of_the_alert(world: World) -> None:
    ana = await silent(world)
    await ana.sends("voice", b"ogg", 3)
    await world.primary.taps("Acknowledge")
    await world.passes(hours=1)
    await ana.says("I can talk now")
    assert ana.keys == ["crisis/kept_for_team"]
    assert ana.last.text == "I have kept your words for your team.\nDana has seen your alert."


async def test_clear_my_last_messages_takes_the_bots_messages_off_the_phone(world: World) -> None:
    ana = await world.enrol()
    await ana.says("hello")
    await world.passes(hours=49)
    await ana.says("he hits me")
    old = [one.message for one in ana.all if one.key == "common/not_understood"]
    toast = await ana.taps("Clear my last messages")
    assert toast.startswith("I am deleting my messages")
    assert toast.endswith("For silent mode: /sos, then Not safe here.")  # its button goes with the rest
    await world.passes(minutes=1)
    shown = [message.message_id for message in ana.user.received if not message.deleted]
    assert shown == [message.message_id for message in old]


async def test_clearing_works_in_silent_mode_and_deletes_nothing_twice(world: World) -> None:
    ana = await silent(world)
    await ana.taps("Clear my last messages")
    await ana.forges("crisis.clear")
    with world.work() as work:
        deletions = [row.edits_id for row in work.session.exec(select(Outbox).where(col(Outbox.kind) == "delete")).all()]
        assert deletions
        assert len(deletions) == len(set(deletions))
    assert [message for message in ana.user.received if not message.deleted] == []
    assert ana.person.silent_since is not None


async def test_whoever_has_the_case_reads_the_truth_about_silence(world: World) -> None:
    ana = await silent(world)
    toast = await world.primary.taps("Acknowledge")
    assert toast == "Case 1 is yours. Silent mode: phone. In chat the person hears nothing until they write."
    assert "Silent mode: phone, and write only when they write." in world.primary.pages[-1].text
    assert "call now" not in world.primary.pages[-1].text
    world.look()
    await ana.taps("I need help now")
    await world.primary.taps("Acknowledge")
    await world.passes(seconds=61)
    await ana.taps("I need help now")
    assert world.primary.pages[-1].key == "alerts/page_again"
    assert "call now" not in world.primary.pages[-1].text


async def test_silence_that_begins_later_changes_the_page_of_whoever_has_the_case(world: World) -> None:
    ana = await world.enrol()
    await ana.says("he hits me")
    await world.primary.taps("Acknowledge")
    assert "Write or call now." in world.primary.pages[-1].text
    await ana.taps("Silent mode")
    assert "Silent mode: phone, and write only when they write." in world.primary.pages[-1].text


async def test_a_message_that_was_cleared_does_not_come_back_by_an_edit(world: World) -> None:
    ana = await world.enrol()
    await ana.says("he hits me")
    await ana.says("/sos")
    await ana.taps("Clear my last messages")
    ana.look()
    await world.passes(seconds=30)
    assert [key for key in ana.keys if key != "crisis/waiting"] == []
