"""The patient is told the truth at each step: message 1 claims nothing, message 2 only what was delivered, message 3 who has seen it."""

from __future__ import annotations

import re

import pytest

from bot import people
from bot.escalation import answers, engine
from bot.escalation.engine import Finding
from bot.models import Lane, Role
from bot.safety.levels import Category, Level
from tests.world import Phone, World, content

# The first answers, with the category that each belongs to, as the lexicon names them.
ANSWERS = {
    "suicide": Category.SUICIDE,
    "self_harm": Category.SELF_HARM,
    "overdose_self": Category.OVERDOSE,
    "overdose_other": Category.OVERDOSE,
    "withdrawal": Category.WITHDRAWAL,
    "violence": Category.VIOLENCE,
    "abuse": Category.ABUSE,
    "child": Category.ABUSE,
    "relapse": Category.RELAPSE,
    "craving": Category.CRAVING,
}
CLAIMS = re.compile(
    r"\b(alert|paged|sent|notified|on duty|will (write|contact|call)|alerta|avis|mand[eé]|turno|le escribir)", re.IGNORECASE
)


def escalated(world: World, phone: Phone, answer: str, lang: str = "und", level: Level = Level.EMERGENCY) -> None:
    """A danger of this kind, as if words had told it."""
    with world.work() as work:
        person = people.by_chat(work.session, phone.user.id)
        assert person is not None
        engine.escalate(work, person, Finding(level, ANSWERS[answer], "message", answer=answer, lang=lang))


def crisis(phone: Phone) -> list[str]:
    return [reply.key for reply in phone.replies if reply.key != "crisis/card"]


async def test_the_three_messages_come_in_order(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("me voy a matar")
    assert crisis(ana) == ["crisis/suicide", "crisis/paged"]
    assert "911" in ana.replies[0].text
    assert "988" in ana.replies[0].text
    assert ana.replies[0].labels == ["Necesito ayuda ya", "Alguien está conmigo", "Estoy a salvo"]
    await world.primary.taps("Acknowledge")
    assert ana.last.key == "crisis/seen"
    assert ana.last.text.startswith("Dana vio su alerta a las 10:00.")


async def test_message_2_waits_until_a_page_was_accepted(world: World) -> None:
    ana = await world.enrol()
    world.primary.user.block()
    world.backup.user.block()
    await ana.says("I want to kill myself tonight")
    assert "crisis/paged" not in ana.keys
    assert crisis(ana) == ["crisis/suicide", "crisis/nobody_on_duty"]
    told = ana.replies[-1].text
    assert "No one from the clinic is on duty now." in told
    assert "Wednesday, 08:00" in told
    assert "988" in told


async def test_nobody_on_duty_is_said_once_and_the_chain_goes_on(world: World) -> None:
    ana = await world.enrol()
    world.on_call("primary", None)
    world.on_call("backup", None)
    for phone in (world.primary, world.backup):
        phone.user.block()
    await ana.says("I want to kill myself tonight")
    await world.passes(minutes=20)
    assert [one.key for one in ana.all].count("crisis/nobody_on_duty") == 1
    marta = await world.hire("Marta", Role.SUPERVISOR)
    await world.passes(minutes=6)
    assert marta.pages
    assert ana.last.key == "crisis/paged"


async def test_after_five_minutes_without_an_answer_the_patient_hears_so(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    ana.look()
    await world.passes(minutes=4, seconds=59)
    assert ana.keys == []
    await world.passes(seconds=1)
    assert ana.keys == ["crisis/still_trying"]
    assert "No one has answered yet. I am still trying." in ana.replies[0].text
    await world.passes(minutes=30)
    assert ana.keys == ["crisis/still_trying"]


async def test_once_somebody_has_seen_it_nobody_answered_is_not_said(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await world.passes(minutes=3)
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=6)
    assert "crisis/still_trying" not in [one.key for one in ana.all]


async def test_when_whoever_saw_it_gives_no_word_in_time_the_patient_hears_whom_to_call(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await world.primary.taps("Acknowledge")
    ana.look()
    await world.passes(minutes=9, seconds=59)
    assert ana.keys == []
    await world.passes(minutes=8)
    assert ana.keys == ["crisis/still_trying"]
    await world.backup.taps("Acknowledge")
    assert ana.keys[-1] == "crisis/seen"


async def test_when_whoever_saw_it_passes_it_on_and_nobody_takes_it_the_patient_hears_so(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=6)
    ana.look()
    await world.primary.taps("Pass on")
    await world.passes(minutes=4)
    assert ana.keys == []
    await world.passes(minutes=2)
    assert ana.keys == ["crisis/still_trying"]


async def test_urgent_at_night_says_until_when_a_person_writes(world: World) -> None:
    ana = await world.enrol()
    await world.passes(hours=13)
    await ana.says("I want to die")
    assert crisis(ana) == ["crisis/suicide", "crisis/paged_night"]
    assert "A person will write by Wednesday, 12:00." in ana.replies[-1].text


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_message_1_of_each_kind_is_short_and_claims_nothing_about_people(world: World, answer: str, lang: str) -> None:
    ana = await world.enrol("Ana", language=lang)
    escalated(world, ana, answer, lang)
    await world.settle()
    said = [one for one in ana.replies if one.key not in ("crisis/card", "crisis/paged", "crisis/where")]
    keys = [one.key for one in said]
    if answer == "overdose_other":
        assert keys == [*(f"crisis/overdose_step_{number}" for number in range(1, 5)), "crisis/overdose_after"]
    elif answer in ("abuse", "child"):
        assert keys == [f"crisis/{answer}", "crisis/abuse_silent", "crisis/waiting"]
    else:
        assert keys == [f"crisis/{answer}"]
    for one in said:
        assert len(one.text) <= 400
        assert not CLAIMS.search(one.text), one.text
    assert any("911" in one.text for one in said)
    labels = {"en": "I need help now", "es": "Necesito ayuda ya"}
    if answer != "relapse":
        assert any(labels[lang] in one.labels for one in said)


async def test_someone_elses_overdose_is_four_messages_at_once_without_taps(world: World) -> None:
    ana = await world.enrol()
    await ana.says("my friend overdosed and is not breathing")
    keys = crisis(ana)
    assert keys[:5] == [*(f"crisis/overdose_step_{number}" for number in range(1, 5)), "crisis/overdose_after"]
    assert all(not reply.labels for reply in ana.replies[:4])
    after = ana.replies[4].text
    assert "The aim is breathing, not waking." in after
    assert "Take nothing else." in after


async def test_the_answer_speaks_the_languages_of_the_words(world: World) -> None:
    ana = await world.enrol("Ana", language="en")
    await ana.says("me voy a matar")
    assert ana.replies[0].text.startswith("Gracias por decírmelo.")
    assert ana.replies[-1].text.startswith("Soy un bot.")
    await ana.taps("Estoy a salvo")
    assert ana.replies[0].text == "Gracias. De todos modos, una persona se comunicará con usted."


async def test_a_country_without_lines_gets_nobody_elses_numbers(world: World) -> None:
    ana = await world.enrol("Ana", country="ZZ")
    await ana.says("I want to kill myself tonight")
    assert "Call your local emergency number." in ana.replies[0].text
    assert not re.search(r"\d", ana.replies[0].text)
    assert "crisis/card" not in ana.keys


@pytest.mark.parametrize(
    ("answer", "phone"),
    [("suicide", "988"), ("overdose_self", "911"), ("abuse", "+18007997233"), ("violence", "911"), ("craving", "988")],
)
async def test_the_number_comes_as_a_contact_card(world: World, answer: str, phone: str) -> None:
    ana = await world.enrol()
    escalated(world, ana, answer)
    await world.settle()
    cards = [reply.message.media["contact"] for reply in ana.replies if reply.key == "crisis/card"]
    assert [card["phone_number"] for card in cards] == [phone]


async def test_the_same_danger_within_minutes_gets_a_short_line_not_the_whole_answer_again(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself tonight")
    await ana.says("I really want to kill myself")
    assert crisis(ana) == ["crisis/added"]
    await world.passes(minutes=11)
    await ana.says("I want to kill myself")
    assert "crisis/suicide" in ana.keys


async def test_no_tap_for_five_minutes_brings_the_answer_and_the_page_once_more(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    pages = len(world.primary.pages)
    ana.look()
    await world.passes(minutes=5)
    assert crisis(ana) == ["crisis/suicide"]
    assert len(world.primary.pages) == pages + 1


async def test_a_tap_within_five_minutes_is_not_asked_again(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    await ana.taps("Someone is with me")
    ana.look()
    await world.passes(minutes=10)
    assert ana.keys == []


async def test_abuse_is_told_behind_a_neutral_line(world: World) -> None:
    ana = await world.enrol()
    await ana.says("he hits me")
    waiting = ana.replies[-1]
    assert (waiting.key, waiting.text, waiting.labels) == ("crisis/waiting", "You have a message", ["Open"])
    await ana.taps("Open")
    assert ana.last.text.startswith("I am a bot. I have sent an alert to your team.")
    await world.primary.taps("Acknowledge")
    assert ana.last.text == "You have a message"
    await ana.taps("Open")
    assert ana.last.text.startswith("Dana saw your alert at 10:00.")


async def test_danger_at_home_stays_behind_a_neutral_line_whatever_comes_on_top(world: World) -> None:
    ana = await world.enrol()
    await ana.says("he hits me")
    await ana.says("I want to kill myself tonight")
    ana.look()
    await world.passes(minutes=5)
    assert [(one.key, one.text) for one in ana.replies] == [("crisis/waiting", "You have a message")]
    await ana.taps("Open")
    assert ana.last.text.startswith("No one has answered yet.")


async def test_nobody_opens_the_news_of_another_persons_case(world: World) -> None:
    ana = await world.enrol()
    ben = await world.enrol("Ben")
    await ana.says("he hits me")
    assert await ben.forges("crisis.show:1:seen") == "That button is not for you."
    assert await ana.forges("crisis.show:1:seen") == "That button is from an earlier step."
    assert await ana.forges("crisis.show:1:nonsense") == "That button is from an earlier step."


async def test_what_the_fallback_can_send_needs_no_values_and_speaks_of_no_buttons() -> None:
    texts = content().texts
    for answer in ANSWERS:
        keys = [f"crisis/overdose_step_{number}" for number in range(1, 5)] if answer == "overdose_other" else [f"crisis/{answer}"]
        for key in keys:
            for lang in ("en", "es"):
                said = texts.render(key, lang, {"lines": content().lines_for("US").view(lang), "hears": ""})
                assert said
                assert '"' not in said, "it has no buttons, so that none is spoken of"


async def test_a_form_that_names_the_category_alone_gets_the_answer_for_oneself(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        answers.first(work, person, None, "overdose", "und")
    await world.settle()
    assert crisis(ana) == ["crisis/overdose_self"]


async def test_crisis_answers_travel_on_their_own_lane(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        row = answers.say(work, person, None, "crisis/suicide")
        assert row is not None
        assert row.lane is Lane.CRISIS


async def test_where_help_must_come_the_place_is_asked_for_once_after_the_page_and_one_tap_gives_it(world: World) -> None:
    ana = await world.enrol()
    await ana.says("my friend is not breathing, he took fentanyl")
    assert crisis(ana)[-2:] == ["crisis/paged", "crisis/where"]
    assert next(row[0]["text"] for row in (ana.user.keyboard or {})["keyboard"]) == "Share my place"
    await ana.taps("I need help now")
    assert "crisis/where" not in ana.keys
    await world.primary.taps("Acknowledge")
    await ana.shares_location(40.7, -74.0)
    assert world.primary.last.message.location == {"latitude": 40.7, "longitude": -74.0}
    assert "Share my place" not in str(ana.user.keyboard)


async def test_on_a_phone_that_others_may_see_no_place_is_asked_for(world: World) -> None:
    ana = await world.enrol()
    await ana.says("he hit me again and I am scared to go home")
    await ana.taps("I need help now")
    assert "crisis/where" not in [seen.key for seen in ana.all]


async def test_when_a_message_waits_too_long_it_says_the_last_message_and_not_that_nobody_ever_came(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to kill myself")
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here.")
    await ana.says("please help")
    await world.passes(minutes=15)
    assert "No one has answered your last message yet." in ana.last.text


async def test_what_becomes_more_serious_is_answered_in_full_again(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to die")
    await world.passes(minutes=2)
    await ana.says("I have the pills in my hand and I am going to kill myself now")
    assert ana.keys[0] == "crisis/suicide"
    await ana.says("I am going to kill myself")
    assert ana.keys[0] == "crisis/added"


async def test_a_night_that_passes_without_anybody_is_not_passed_over_in_silence(world: World) -> None:
    await world.passes(hours=13)  # 23:00
    ana = await world.enrol("Ana")
    await ana.says("I want to die")
    await ana.taps("I am safe")
    await world.passes(hours=12, minutes=55)
    ana.look()
    await world.passes(minutes=10)
    assert crisis(ana) == ["crisis/still_trying"]


async def test_an_operator_who_has_the_case_reads_no_words_and_the_patient_is_told_so(world: World) -> None:
    operator = await world.hire("Ed", Role.OPERATOR)
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself tonight")
    await world.passes(minutes=11)
    ana.look()
    await operator.taps("Acknowledge")
    assert ana.last.key == "crisis/seen"
    assert "Ed saw your alert" in ana.last.text
    assert "I keep your words for your team." in ana.last.text
    assert "go to Ed" not in ana.last.text


async def test_words_kept_while_an_operator_has_the_case_do_not_wait_to_be_told_what_is_so_already(world: World) -> None:
    operator = await world.hire("Ed", Role.OPERATOR)
    ana, rosa = await world.enrol("Ana"), await world.enrol("Rosa", language="es")
    await ana.says("I want to kill myself tonight")
    await rosa.says("me voy a matar")
    await world.passes(minutes=11)
    await operator.taps("alerts.acknowledge:", message=operator.pages[0].message)
    await operator.taps("alerts.acknowledge:", message=operator.pages[1].message)
    await ana.says("are you there?")
    assert ana.last.key == "crisis/kept_for_team"
    assert ana.last.text == "I have kept your words for your team.\nEd has seen your alert."
    await rosa.says("hola?")
    assert rosa.last.text == "He guardado sus palabras para su equipo.\nEd vio su alerta."


async def test_two_quiet_hours_with_an_operator_promise_no_reader(world: World) -> None:
    operator = await world.hire("Ed", Role.OPERATOR)
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself tonight")
    await world.passes(minutes=11)
    await operator.taps("Acknowledge")
    await operator.taps("Reached by phone")
    await world.passes(hours=2, minutes=1)
    assert ana.last.key == "crisis/menu_back"
    assert "I keep what you write for your team." in ana.last.text
    assert "goes to Ed" not in ana.last.text


async def test_a_page_that_arrives_after_nobody_was_on_duty_is_told_at_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself tonight")
    assert "crisis/paged" in ana.keys
    for phone in (world.primary, world.backup):
        phone.user.block()
    ana.look()
    await world.passes(minutes=4)
    assert [key for key in crisis(ana) if key != "crisis/where"] == ["crisis/nobody_on_duty"]
    ana.look()
    world.backup.user.unblock()
    await world.backup.says("hi")
    await world.passes(seconds=2)
    assert world.backup.pages
    assert crisis(ana) == ["crisis/paged"]
    await world.backup.taps("Acknowledge")
    assert ana.last.key == "crisis/seen"
