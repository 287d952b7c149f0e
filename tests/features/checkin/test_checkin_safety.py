"""When a check-in brings a person: each safety rule as a dialogue."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from bot.models import Alert, Case, CaseState, Checkin, Conversation, Task, sealed_at
from tests.world import Phone, World, content


async def checks_in(phone: Phone, *labels: str) -> None:
    await phone.says("/checkin")
    for label in labels:
        await phone.taps(label)


def watch(world: World, phone: Phone) -> list[str]:
    """The categories of the person's open `watch` items."""
    with world.work() as work:
        found = select(Task.category).where(col(Task.person_id) == phone.person_id, col(Task.kind) == "watch")
        return sorted(str(category) for category in work.session.exec(found))


def reasons(world: World, phone: Phone) -> list[str]:
    """Why alerts were raised, oldest first."""
    with world.work() as work:
        rows = work.session.exec(select(Alert).where(col(Alert.person_id) == phone.person_id).order_by(col(Alert.id)))
        opened = [work.vault.open_json(row.evidence, sealed_at("alert", "evidence", row.id)) for row in rows if row.evidence]
        return [rule for said in opened for rule in said["rules"]]


def level(phone: Phone) -> tuple[str, str] | None:
    """Level and category of the person's case."""
    return (phone.case.level, phone.case.category) if phone.case else None


def close(world: World, phone: Phone) -> None:
    """As if a counselor had resolved the case."""
    with world.work() as work:
        case = work.session.exec(select(Case).where(col(Case.person_id) == phone.person_id, col(Case.state) == CaseState.OPEN)).one()
        case.state, case.closed_at, case.next_page_at, case.word_due_at = CaseState.CLOSED, work.now, None, None


async def test_yes_now_is_an_emergency_at_once_and_the_form_asks_nothing_more(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Yes, now")
    assert level(ana) == ("emergency", "suicide")
    assert "crisis/suicide" in ana.keys and not any(key.startswith("checkin/") for key in ana.keys)
    assert world.primary.pages
    with world.work() as work:
        row = work.session.exec(select(Checkin)).one()
        assert row.safety == "yes_now" and row.counted_at is not None
        conversation = work.session.get(Conversation, ana.person_id)
        assert conversation is not None and conversation.state is None and conversation.parked is not None


@pytest.mark.parametrize(
    ("labels", "rule"),
    [
        (("2", "No", "Yes, now"), "checkin.safety:yes_now"),
        (("2", "Yes"), "checkin.used:yes"),
        (("9", "Yes, it is"), "checkin.reach:yes"),
        (("9",), "checkin.craving:9-10"),
        (("2", "No", "Rather not say"), "checkin.safety:rather_not"),
        (("7", "No", "Rather not say"), "checkin.safety:rather_not + high craving"),
        (("2", "No", "Rather not say", "Help now"), "checkin.person:now"),
    ],
)
async def test_an_alert_keeps_the_row_of_the_table_that_decided(world: World, labels: tuple[str, ...], rule: str) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, *labels)
    assert reasons(world, ana)[-1] == rule


async def test_yes_now_in_spanish(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await checks_in(ana, "2", "No", "Sí, ahora")
    assert level(ana) == ("emergency", "suicide")
    assert "Su vida importa" in next(reply.text for reply in ana.replies if reply.key == "crisis/suicide")


async def test_the_form_is_taken_up_again_when_the_case_is_over(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Yes, now")
    close(world, ana)
    await ana.says("/checkin")
    assert ana.keys == ["checkin/mood"]


async def test_a_typed_yes_counts_as_yes_now(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No")
    await ana.says("yes")
    assert level(ana) == ("emergency", "suicide")


async def test_sometimes_leads_to_the_asq_word_for_word(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Sometimes")
    assert ana.keys == ["checkin/asq"]
    assert "National Institute of Mental Health" in ana.last.text
    asked = [ana.last.text.rpartition("\n")[2]]
    for _ in range(3):
        await ana.taps("No")
        asked.append(ana.last.text)
    assert asked == [item.text["en"] for item in content().measures["asq"].items[:4]]
    assert "Back" not in ana.last.labels


async def test_an_asq_of_noes_is_watch_and_says_when_a_person_comes_then_the_check_in_goes_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Sometimes", "No", "No", "No", "No")
    assert ana.case is None
    assert watch(world, ana) == ["suicide"]
    assert ana.keys == ["checkin/asq_contact", "checkin/mood"]
    assert "by Wednesday" in ana.replies[0].text
    await world.passes(minutes=30)
    assert ana.case is None  # finished: nothing follows


@pytest.mark.parametrize("answer", ["Yes", "Rather not say"])
@pytest.mark.parametrize(("last", "expected"), [("Yes", "emergency"), ("No", "urgent"), ("Rather not say", "emergency")])
async def test_a_yes_or_a_refusal_leads_to_the_last_item_at_once(world: World, answer: str, last: str, expected: str) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Sometimes", "No", answer)
    assert ana.last.text == content().measures["asq"].text("q5", "en")
    await ana.taps(last)
    assert level(ana) == (expected, "suicide")
    assert "crisis/suicide" in ana.keys
    assert any("q1=no,q2=" in rule for rule in reasons(world, ana))


async def test_an_asq_left_for_ten_minutes_is_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Sometimes", "No")
    await world.passes(minutes=9)
    assert ana.case is None
    await world.passes(minutes=2)
    assert level(ana) == ("urgent", "suicide")
    assert reasons(world, ana)[-1] == "asq.unfinished"


async def test_an_asq_put_off_is_urgent_too(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Sometimes")
    await ana.taps("Later")
    await world.passes(minutes=11)
    assert level(ana) == ("urgent", "suicide")


async def test_a_late_yes_on_the_last_item_still_raises_the_case(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Sometimes", "Yes")
    await world.passes(minutes=11)
    assert level(ana) == ("urgent", "suicide")
    await ana.taps("asq.answer:yes")
    assert level(ana) == ("emergency", "suicide")


async def test_sometimes_in_spanish_brings_a_person_at_once(world: World) -> None:
    """No official Spanish text is confirmed, and nothing of it is translated by us."""
    ana = await world.enrol("Ana", language="es")
    await checks_in(ana, "2", "No", "A veces")
    assert level(ana) == ("urgent", "suicide")
    assert "crisis/suicide" in ana.keys and "checkin/asq" not in ana.keys


async def test_rather_not_say_is_watch_and_asks_whether_a_person_is_wanted(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Rather not say")
    assert ana.keys == ["checkin/person"] and ana.last.labels[:3] == ["Yes, today", "Not today", "Help now"]
    assert watch(world, ana) == ["suicide"] and ana.case is None
    await ana.taps("Not today")
    assert ana.keys == ["checkin/mood"] and ana.case is None


@pytest.mark.parametrize(
    ("wish", "expected", "key"), [("Yes, today", "urgent", "crisis/talk"), ("Help now", "emergency", "crisis/suicide")]
)
async def test_a_person_who_is_wanted_is_paged(world: World, wish: str, expected: str, key: str) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Rather not say", wish)
    assert level(ana) == (expected, "suicide")
    assert key in ana.keys and world.primary.pages
    assert not any(one.startswith("checkin/") for one in ana.keys)


async def test_rather_not_say_two_days_running_is_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Rather not say", "Not today", "6", "7", "Yes", "Skip")
    await world.passes(hours=24)
    await checks_in(ana, "2", "No", "Rather not say")
    assert level(ana) == ("urgent", "suicide")
    assert "crisis/talk" in ana.keys


async def test_rather_not_say_with_a_day_between_stays_watch(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Rather not say", "Not today", "6", "7", "Yes", "Skip")
    await world.passes(hours=48)
    await checks_in(ana, "2", "No", "Rather not say")
    assert ana.case is None


async def test_rather_not_say_with_a_high_craving_is_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "7", "No", "Rather not say")
    assert level(ana) == ("urgent", "suicide")


async def test_rather_not_say_after_use_is_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "Yes", "Continue", "Rather not say")
    assert level(ana) == ("urgent", "suicide")


async def test_a_severe_craving_within_reach_is_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "9")
    assert ana.last.key == "checkin/reach" and "a person from your team will contact you" in ana.last.text
    await ana.taps("Yes, it is")
    assert level(ana) == ("urgent", "craving")
    assert "crisis/craving" in ana.keys and "checkin/use" not in ana.keys


async def test_a_severe_craving_out_of_reach_or_unanswered_is_watch(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "10")
    assert watch(world, ana) == ["craving"]  # before any answer: none is needed
    await ana.taps("No")
    assert ana.case is None and watch(world, ana) == ["craving"] and ana.last.key == "checkin/use"


async def test_three_high_days_running_are_watch(world: World) -> None:
    ana = await world.enrol("Ana")
    for day in range(3):
        await checks_in(ana, "7")
        assert watch(world, ana) == (["craving"] if day == 2 else [])
        await world.passes(hours=24)


async def test_three_high_days_with_a_gap_are_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    for wait in (24, 48, 24):
        await checks_in(ana, "8")
        await world.passes(hours=wait)
    assert watch(world, ana) == []


async def test_a_calm_report_of_use_is_thanked_for_asked_about_and_watch(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "Yes")
    assert ana.keys == ["crisis/relapse"]
    assert ana.last.text.startswith("Thank you for telling me. That took courage. Your sober days still count.")
    assert ana.last.labels[-1] == "Continue"
    assert watch(world, ana) == ["relapse"] and ana.case is None
    await ana.taps("Continue")
    assert ana.keys == ["checkin/safety"]


async def test_the_relapse_questions_are_answered_and_the_check_in_goes_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "Yes", "OK", "Alcohol")
    assert ana.case is None and "crisis/slip_plan" in ana.keys
    for label in ("Continue", "No", "6", "7", "Yes", "Skip"):
        await ana.taps(label)
    assert ana.last.key == "checkin/closing" and "That takes courage." in ana.last.text


async def test_a_body_in_danger_brings_help_and_no_offer_to_go_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "Yes", "Very sleepy or hard to breathe")
    assert level(ana) == ("emergency", "overdose")
    await world.passes(minutes=4)
    assert "checkin/go_on" not in [seen.key for seen in ana.all]


async def test_after_the_relapse_question_the_check_in_offers_to_go_on_in_neutral_words(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "Yes")
    ana.look()
    await world.passes(minutes=4)
    assert [(reply.key, reply.text) for reply in ana.replies] == [("checkin/go_on", "Shall we go on?")]
    await ana.taps("Continue")
    assert ana.keys == ["checkin/safety"]
    await world.passes(minutes=10)
    assert ana.keys == ["checkin/safety"]


async def test_who_went_on_at_once_is_not_asked_again(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "Yes", "Continue")
    await world.passes(minutes=4)
    assert "checkin/go_on" not in [seen.key for seen in ana.all]


@pytest.mark.parametrize("labels", [("7", "Yes"), ("2", "Yes", "Continue", "No", "3")])
async def test_use_with_distress_is_urgent(world: World, labels: tuple[str, ...]) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, *labels)
    assert level(ana) == ("urgent", "relapse")
    assert "crisis/relapse" in ana.keys


async def test_crisis_words_in_the_note_are_answered_and_the_note_is_kept(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "No", "8", "7", "Yes")
    await ana.says("I want to kill myself")
    assert level(ana) == ("emergency", "suicide")
    assert "crisis/suicide" in ana.keys and "checkin/closing" not in ana.keys
    with world.work() as work:
        row = work.session.exec(select(Checkin)).one()
        assert row.note is not None
        assert work.vault.open(row.note, sealed_at("checkin", "note", row.id)) == "I want to kill myself"


async def test_crisis_words_instead_of_a_number_are_answered_and_change_no_answer(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/checkin")
    await ana.says("me voy a matar")
    assert level(ana) == ("emergency", "suicide")
    with world.work() as work:
        assert work.session.exec(select(Checkin)).first() is None


async def test_asking_for_a_person_after_a_strong_craving_pages_one(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "7", "No", "No", "6", "7", "Yes", "None of these", "Skip")
    assert ana.last.key == "checkin/closing" and ana.case is None
    await ana.taps("Ask a person")
    assert level(ana) == ("urgent", "craving") and "crisis/talk" in ana.keys


async def test_a_check_in_in_an_open_case_asks_for_nothing_that_must_be_typed(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself")
    await world.passes(hours=2)
    await checks_in(ana, "2", "No", "No", "8", "7", "Yes")
    assert ana.keys == ["checkin/closing"]


async def test_nothing_lowers_what_was_said_before(world: World) -> None:
    ana = await world.enrol("Ana")
    await checks_in(ana, "2", "No", "Yes, now")
    await world.passes(hours=2)
    await checks_in(ana, "8", "7", "Yes")
    await ana.says("/checkin")
    await ana.taps("Change it")
    for label in ("0", "No", "No"):
        await ana.taps(label)
    assert level(ana) == ("emergency", "suicide")
