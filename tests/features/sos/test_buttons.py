"""The buttons under the first answers: each is answered, none of them ever lowers, stops or delays anything."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from bot.models import Audit, Case, Task
from tests.world import Phone, World

SUICIDE = "I want to kill myself tonight"


def crisis(phone: Phone) -> list[str]:
    return [reply.key for reply in phone.replies if reply.key != "crisis/card"]


def case_of(phone: Phone) -> Case:
    case = phone.case
    assert case is not None
    return case


@pytest.mark.parametrize("words", ["I want to die", SUICIDE])
@pytest.mark.parametrize("label", ["I need help now", "Someone is with me", "I am safe"])
async def test_no_tap_lowers_or_delays_the_chain(world: World, words: str, label: str) -> None:
    ana = await world.enrol()
    await ana.says(words)
    before = case_of(ana)
    await ana.taps(label)
    after = case_of(ana)
    assert after.state == "open"
    assert after.level == ("emergency" if label == "I need help now" else before.level)
    assert after.tapped_at is not None
    assert after.next_page_at is not None
    assert before.next_page_at is not None
    assert after.next_page_at <= before.next_page_at
    await world.passes(minutes=31)
    assert world.backup.pages


async def test_i_need_help_now_raises_to_an_emergency_and_pages_again(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    assert case_of(ana).level == "urgent"
    await ana.taps("I need help now")
    assert case_of(ana).level == "emergency"
    assert len(world.primary.pages) == 2
    assert crisis(ana) == ["crisis/help_now", "crisis/where", "crisis/paged"]
    assert "I have marked this as an emergency." in ana.replies[0].text


async def test_i_need_help_now_in_an_emergency_that_somebody_has_asks_them_again(world: World) -> None:
    ana = await world.enrol()
    await ana.says(SUICIDE)
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=2)
    before = len(world.primary.pages)
    await ana.taps("I need help now")
    assert len(world.primary.pages) == before + 1
    assert "I am asking Dana again now." in ana.replies[0].text
    await ana.taps("I need help now")
    assert len(world.primary.pages) == before + 1  # not at every tap


async def test_i_need_help_now_after_the_case_was_closed_opens_a_new_one(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        case.state, case.closed_at = type(case.state)("closed"), work.now
    await ana.taps("I need help now")
    assert (case_of(ana).number, case_of(ana).level) == (2, "emergency")


async def test_someone_is_with_me_asks_whether_they_can_stay_and_call(world: World) -> None:
    ana = await world.enrol()
    await ana.says(SUICIDE)
    await ana.taps("Someone is with me")
    assert "Can they stay and call with you?" in ana.replies[0].text
    await ana.taps("crisis.stay:no")
    assert "988" in ana.replies[0].text
    assert ana.replies[0].labels == ["I need help now"]
    await ana.taps("Yes, they can")
    assert ana.keys == ["crisis/stay_yes"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "she took something and isn't breathing"), ("es", "mi amiga no respira, se pasó de dosis")]
)
async def test_who_is_not_alone_in_an_overdose_is_sent_to_the_ambulance_and_to_no_talk(world: World, language: str, words: str) -> None:
    ana = await world.enrol(language=language)
    await ana.says(words)
    assert case_of(ana).category == "overdose"
    for tapped in ("crisis.someone", "crisis.stay:yes", "crisis.stay:no"):
        await ana.taps(tapped)
        assert "911" in ana.replies[0].text, tapped
        assert "988" not in ana.replies[0].text, tapped
        if tapped != "crisis.someone":
            assert "911" in ana.replies[0].text.splitlines()[0]


async def test_who_is_not_alone_at_home_in_danger_gets_the_line_that_helps_with_it(world: World) -> None:
    ana = await world.enrol()
    await ana.says("my husband hits me")
    await ana.taps("Someone is with me")
    assert "+1-800-799-7233" in ana.replies[0].text
    assert "988" not in ana.replies[0].text


async def test_i_am_safe_promises_that_a_person_still_comes(world: World) -> None:
    ana = await world.enrol()
    await ana.says(SUICIDE)
    await ana.taps("I am safe")
    assert ana.replies[0].text == "Thank you. A person will still check in with you."


async def test_taps_stand_in_the_audit_log(world: World) -> None:
    ana = await world.enrol()
    await ana.says(SUICIDE)
    await ana.taps("I am safe")
    with world.work() as work:
        row = work.session.exec(select(Audit).where(col(Audit.action) == "case.tapped")).one()
        assert row.details == {"press": "safe"}


# Typed answers


@pytest.mark.parametrize("word", ["no", "No.", "nope"])
async def test_a_typed_no_to_are_you_safe_is_an_emergency(world: World, word: str) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    await ana.says(word)
    assert case_of(ana).level == "emergency"
    assert crisis(ana) == ["crisis/not_safe", "crisis/paged", "crisis/where"]
    assert len(world.primary.pages) == 2


async def test_a_no_to_a_counselors_question_is_for_the_counselor(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.passes(minutes=1)
    await world.primary.says("Have you eaten today?")
    await ana.says("no")
    assert case_of(ana).level == "urgent"


async def test_a_typed_no_without_a_question_is_nothing(world: World) -> None:
    ana = await world.enrol()
    await ana.says("no")
    assert ana.case is None


async def test_the_soft_line_asks_directly_and_yes_is_an_emergency(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I can't do this anymore")
    asked = next(reply for reply in ana.replies if reply.key == "crisis/soft_question")
    assert "Are you thinking about killing yourself?" in asked.text
    assert not world.primary.pages
    await ana.taps("Yes")
    assert case_of(ana).level == "emergency"
    assert crisis(ana) == ["crisis/suicide", "crisis/paged"]


async def test_no_to_the_soft_line_is_a_kind_word_and_changes_nothing(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I can't do this anymore")
    await ana.taps("No")
    assert ana.keys == ["crisis/soft_no"]
    assert ana.case is None
    with world.work() as work:
        assert work.session.exec(select(Task)).one().state == "open"


async def test_no_to_the_soft_line_in_an_open_case_promises_that_a_person_still_comes(world: World) -> None:
    ana = await world.enrol()
    await ana.says("no point anymore")
    asked = ana.find("crisis.soft:no")
    await ana.taps("crisis.soft:yes")
    await ana.taps("crisis.soft:no", message=asked)
    assert ana.keys == ["crisis/safe"]
    assert case_of(ana).level == "emergency"


@pytest.mark.parametrize(("words", "next_key"), [("I relapsed", "crisis/relapse"), ("I really want a drink", "crisis/soft_craving")])
async def test_no_to_the_soft_line_goes_on_with_what_the_words_were_about(world: World, words: str, next_key: str) -> None:
    ana = await world.enrol()
    await ana.says(words)
    assert "Are you thinking about killing yourself?" in ana.replies[-1].text
    assert ("Your sober days still count." in ana.replies[-1].text) == (next_key == "crisis/relapse")
    await ana.taps("crisis.soft:no")
    assert ana.keys == [next_key]
    await ana.says(words)
    await ana.says("no")
    assert ana.keys == [next_key]
    assert ana.case is None


async def test_a_typed_si_to_the_soft_line_is_an_emergency(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("I can't do this anymore")
    await ana.says("sí")
    assert case_of(ana).level == "emergency"
    assert ana.replies[0].text.startswith("Gracias por decírmelo.")


async def test_a_typed_no_to_the_soft_line_is_a_kind_word(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I can't do this anymore")
    await ana.says("no")
    assert ana.keys == ["crisis/soft_no"]
    assert ana.case is None
    await ana.says("yes")  # they may think again
    assert case_of(ana).level == "emergency"


async def test_a_bare_yes_hours_later_is_no_answer_any_more(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I can't do this anymore")
    await world.passes(hours=6, minutes=1)
    await ana.says("yes")
    assert ana.case is None


# What can be forged


@pytest.mark.parametrize("data", ["crisis.soft:maybe", "crisis.body:fine", "crisis.used:lots", "crisis.stay:x", "crisis.visitor:abc:yes"])
async def test_forged_answers_do_nothing(world: World, data: str) -> None:
    ana = await world.enrol()
    await ana.says("hello")
    assert await ana.forges(data) == "That button is not for you."
    assert ana.case is None


@pytest.mark.parametrize("data", ["crisis.soft:yes", "crisis.body:sleepy", "crisis.used:opioid", "crisis.person", "crisis.silent"])
async def test_staff_cannot_press_a_patients_buttons(world: World, data: str) -> None:
    await world.primary.says("/sos")
    assert await world.primary.forges(data) == "That button is not for you."
    assert world.primary.case is None
    assert not world.backup.pages


async def test_a_patient_cannot_press_the_staffs_button(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/sos")
    assert await ana.forges("crisis.staff_page") == "That button is not for you."
