"""Two phones, one bot between them: whom words are for, and what happens to them on the way."""

from __future__ import annotations

from sqlmodel import select

from bot import people
from bot.models import Case, RelayMessage
from bot.safety.levels import Category
from tests.staff.helpers import CRISIS, below, danger
from tests.world import Phone, World


async def held(world: World, name: str = "Ana", category: Category = Category.VIOLENCE) -> Phone:
    """A patient whose case the primary has."""
    patient = await world.enrol(name)
    case = await danger(world, patient, category=category)
    if not any(page.text.startswith(f"Case {case.number},") for page in world.primary.pages):
        await world.primary.says("/alerts")  # whoever has one emergency is not paged for the next
        await world.primary.taps(f"Case {case.number}")
    page = next(page for page in reversed(world.primary.pages) if page.text.startswith(f"Case {case.number},"))
    await world.primary.taps("Acknowledge", message=page.message)
    patient.look()
    return patient


def words(phone: Phone) -> list[str]:
    return [seen.text for seen in phone.all if seen.key == "relay/to_patient"]


async def test_with_two_cases_and_no_target_the_bot_asks_and_only_the_chosen_one_hears(world: World) -> None:
    ana, ben = await held(world, "Ana"), await held(world, "Ben")
    dana = world.primary
    await dana.says("Can you hear me?")
    assert dana.last.text == "Not sent yet. Who is this for?"
    assert dana.last.labels == ["Case 1", "Case 2", "Nobody"]
    assert words(ana) == words(ben) == []
    await dana.taps("Case 2")
    assert words(ana) == []
    assert words(ben) == ["Dana: Can you hear me?"]
    assert below(dana) == ["Writing: case 2", "Stop writing"]
    await dana.says("Where are you?")
    assert words(ben)[-1] == "Dana: Where are you?"


async def test_what_is_written_before_the_choice_is_kept_too(world: World) -> None:
    ana, _ben = await held(world, "Ana"), await held(world, "Ben")
    await world.primary.says("one")
    await world.primary.says("two")
    await world.primary.taps("Case 1")
    assert words(ana) == ["Dana: one", "Dana: two"]


async def test_nobody_means_nobody(world: World) -> None:
    ana, ben = await held(world, "Ana"), await held(world, "Ben")
    await world.primary.says("note to self")
    await world.primary.taps("Nobody")
    assert world.primary.last.key == "relay/dropped"
    assert words(ana) == words(ben) == []


async def test_a_reply_decides_before_the_target(world: World) -> None:
    ana, ben = await held(world, "Ana"), await held(world, "Ben")
    dana = world.primary
    await dana.taps("relay.write:2")
    await ana.says("I am scared")
    await dana.says("I am with you", reply_to=dana.last.message.message_id)
    assert words(ana) == ["Dana: I am with you"]
    assert words(ben) == []
    await dana.says("And you?")
    assert words(ben) == ["Dana: And you?"]


async def test_the_target_ends_with_stop_writing(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.primary.taps_keyboard("Stop writing")
    assert world.primary.last.key == "relay/stopped"
    assert below(world.primary) == []
    await world.primary.says("nobody should read this")
    assert words(ana) == []


async def test_the_target_ends_after_thirty_idle_minutes(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.passes(minutes=9)
    await world.primary.says("Hello")
    await world.passes(minutes=29)
    assert below(world.primary) != []
    await world.passes(minutes=1)
    assert world.primary.last.text == "30 quiet minutes: your texts no longer go to case 1."
    assert below(world.primary) == []
    await world.primary.says("for someone else")
    assert words(ana) == ["Dana: Hello"]
    assert world.primary.last.key == "relay/which"


async def test_the_line_that_says_whom_they_write_to_is_never_sent_to_the_patient(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.primary.taps_keyboard("Writing: case 1")
    assert world.primary.last.key == "relay/writing_status"
    assert words(ana) == []


async def test_write_puts_a_form_aside_so_that_words_reach_the_patient(world: World) -> None:
    ana = await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    for label in ("Low", "Nobody", "Not needed", "I did", "No", "Safe with plan", "Today"):
        await dana.taps(label)
    await dana.taps("Write")
    await dana.says("One more question")
    assert words(ana) == ["Dana: One more question"]
    case = ana.case
    assert case is not None
    assert case.state == "open"


async def test_a_form_ends_the_target_so_that_its_words_reach_no_patient(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.primary.says("/patient")
    assert below(world.primary) == []
    await world.primary.says("Torres")
    assert words(ana) == []


async def test_edits_follow_both_ways(world: World) -> None:
    ana = await held(world)
    dana = world.primary
    await dana.taps("Write")
    sent = await dana.says("Are you hme?")
    await dana.edits(sent, "Are you home?")
    assert words(ana) == ["Dana: Are you home?"]
    mine = await ana.says("yes, alon")
    await ana.edits(mine, "yes, alone")
    assert [seen.text for seen in dana.all if seen.key == "relay/to_staff"] == ["Case 1: new message.\nyes, alone"]


async def test_an_edit_that_now_holds_a_crisis_reaches_the_holder(world: World) -> None:
    ana = await held(world)
    mine = await ana.says("I am fine")
    await ana.edits(mine, CRISIS)
    assert [seen.text for seen in world.primary.all if seen.key == "relay/to_staff"] == [f"Case 1: new message.\n{CRISIS}"]


async def test_an_old_message_edited_into_a_crisis_reaches_the_holder(world: World) -> None:
    ana = await world.enrol()
    before = await ana.says("hello")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await ana.edits(before, CRISIS)
    assert [seen.text for seen in world.primary.all if seen.key == "relay/to_staff"] == [f"Case 1: new message.\n{CRISIS}"]


async def test_words_that_nobody_holds_wait_and_show_with_open(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await ana.says("is anyone there?")
    assert not any(seen.key == "relay/to_staff" for seen in world.primary.all)
    await world.primary.taps("Acknowledge")
    assert world.primary.pages[-1].text.endswith("New messages: 1. Tap Open.")
    await world.primary.taps("Open")
    assert "is anyone there?" in world.primary.last.text
    assert world.primary.pages[0].text.endswith("Write or call now.")


async def test_in_an_abuse_case_the_words_wait_until_they_are_opened(world: World) -> None:
    ana = await held(world, category=Category.ABUSE)
    dana = world.primary
    await dana.taps("Write")
    await dana.says("Is he there now?")
    waiting = ana.last
    assert (waiting.text, waiting.labels) == ("You have a message.", ["Open"])
    assert ana.user.push_preview(waiting.message) == "You have a message."
    assert dana.last.text == "Sent to case 1. They only see that a message waits."
    case = ana.case
    assert case is not None
    assert case.word_at is None  # nobody has read it yet
    await ana.taps("Open")
    assert words(ana) == ["Dana: Is he there now?"]
    case = ana.case
    assert case is not None
    assert case.word_at is not None
    with world.work() as work:
        relay_id = work.session.exec(select(RelayMessage)).one().id
    assert await ana.forges(f"relay.show:{relay_id.hex}") == "You opened this message before."
    ben = await world.enrol("Ben")
    assert await ben.forges(f"relay.show:{relay_id.hex}") == "That button is not for you."


async def test_silent_mode_holds_the_relay_back_and_tells_the_counselor(world: World) -> None:
    ana = await held(world, category=Category.ABUSE)
    with world.work() as work:
        assert ana.person_id is not None
        people.get(work.session, ana.person_id).silent_since = work.now
    await world.primary.taps("Write")
    await world.primary.says("Hello?")
    assert world.primary.last.key == "relay/silent"
    assert not any(seen.key.startswith("relay/") for seen in ana.all)
    await ana.says("I can write now")
    assert world.primary.last.text == "Case 1: new message.\nI can write now"
    await world.primary.says("Good")
    assert ana.last.key == "relay/waiting"


async def test_a_counselors_crisis_words_in_the_relay_are_never_a_case(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.primary.says("Do you want to die? Are you going to kill yourself?")
    assert words(ana) == ["Dana: Do you want to die? Are you going to kill yourself?"]
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1
    assert not any(seen.key.startswith("crisis/") for seen in world.primary.all)


async def test_staff_who_write_of_danger_get_lines_for_themselves_and_no_talk_of_commands(world: World) -> None:
    await world.primary.says(CRISIS)
    assert world.primary.keys == ["crisis/staff_lines"]
    assert world.backup.pages == []


async def test_words_for_nobody_get_a_kind_hint(world: World) -> None:
    await world.primary.says("hello")
    assert world.primary.keys == ["relay/hint"]


async def test_a_word_that_comes_just_after_the_promise_ran_out_is_not_lost(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.passes(minutes=10)
    await world.primary.says("Sorry, I was on the phone")
    assert world.primary.last.labels == ["Case 1", "Nobody"]
    await world.primary.taps("Case 1")
    assert words(ana) == ["Dana: Sorry, I was on the phone"]
    case = ana.case
    assert case is not None
    assert case.holder_id == world.primary.person_id
    assert case.acknowledged_at is not None


async def test_whose_case_was_taken_over_cannot_write_in_it(world: World) -> None:
    ana = await world.enrol()
    await danger(world, ana)
    await world.passes(minutes=4)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.backup.taps("I have it")
    await world.backup.taps("Yes, take it")
    await world.primary.says("still me")
    assert world.primary.keys == ["relay/hint"]
    assert words(ana) == []
    assert await world.primary.forges("relay.write:1") == "Luis has case 1 since 10:04."


async def test_mentions_and_html_arrive_as_plain_text(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    await world.primary.says("a < b & <b>c</b>, ask @someone")
    assert words(ana) == ["Dana: a < b & <b>c</b>, ask someone"]


async def test_4096_characters_arrive_whole(world: World) -> None:
    ana = await held(world)
    await world.primary.taps("Write")
    text = "x" * 4096
    await world.primary.says(text)
    assert "".join(part.removeprefix("Dana: ") for part in words(ana)) == text
    await ana.says("y" * 4096)
    assert sum(seen.text.count("y") for seen in world.primary.all if seen.key == "relay/to_staff") == 4096


async def test_a_form_that_is_taken_up_again_ends_the_target(world: World) -> None:
    ana = await held(world)
    dana = world.primary
    await dana.taps("Resolve")
    for label in ("Low", "Nobody", "Not needed", "I did", "No", "Safe with plan", "Today"):
        await dana.taps(label)
    await dana.taps("Write")
    await dana.taps_keyboard("Stop writing")
    await dana.taps("Write")
    await dana.taps("Continue")
    assert below(dana) == []
    assert dana.last.key == "resolve/note"
    assert words(ana) == []


async def test_someone_of_the_team_who_asks_for_help_is_heard_by_a_colleague(world: World) -> None:
    dana, luis = world.primary, world.backup
    await dana.says(CRISIS)
    await dana.taps("crisis.staff_page")
    await world.passes(minutes=5)
    assert dana.pages == []  # nobody is paged for themselves
    await luis.taps("Acknowledge")
    await dana.says("I cannot go on like this")
    assert luis.last.text == "Case 1: new message.\nI cannot go on like this"
    await luis.says("I am coming", reply_to=luis.last.message.message_id)
    assert dana.last.text == "Luis: I am coming"


async def test_someone_of_the_team_who_writes_before_a_colleague_came_hears_that_the_words_are_kept(world: World) -> None:
    dana = world.primary
    await dana.says(CRISIS)
    await dana.taps("crisis.staff_page")
    await dana.says("Is anybody there?")
    assert dana.last.key == "crisis/kept_for_team"
    dana.look()
    await dana.says("Please hurry")
    assert dana.keys == []


async def test_write_while_the_bot_asks_whom_it_is_for_sends_what_was_kept_only_when_told(world: World) -> None:
    ana, ben = await held(world, "Ana"), await held(world, "Ben")
    dana = world.primary
    await dana.says("hold on")
    assert dana.keys == ["relay/which"]
    await dana.taps("Write", message=next(page.message for page in reversed(dana.pages) if page.text.startswith("Case 2,")))
    assert dana.keys == ["relay/writing", "relay/kept_question"]
    await dana.says("I am here now")
    assert words(ben) == ["Dana: I am here now"]
    assert words(ana) == []
    await dana.taps("Send")
    assert words(ben) == ["Dana: I am here now", "Dana: hold on"]
    assert await dana.forges("relay.kept:2:yes") != ""
    assert words(ben) == ["Dana: I am here now", "Dana: hold on"]


async def test_what_was_kept_can_go_to_nobody(world: World) -> None:
    ana, ben = await held(world, "Ana"), await held(world, "Ben")
    dana = world.primary
    await dana.says("hold on")
    await dana.taps("Write", message=next(page.message for page in reversed(dana.pages) if page.text.startswith("Case 1,")))
    await dana.taps("Don't send")
    await dana.says("hello")
    assert words(ana) == ["Dana: hello"]
    assert words(ben) == []


async def test_words_that_cannot_reach_the_holder_wait_for_the_next_one(world: World) -> None:
    ana = await held(world)
    world.primary.user.block()
    await ana.says("please answer")
    await world.passes(seconds=2)
    assert all("did not arrive" not in seen.text for seen in ana.all)
    await world.backup.taps("Acknowledge")
    await world.backup.taps("Open")
    assert "please answer" in world.backup.last.text
