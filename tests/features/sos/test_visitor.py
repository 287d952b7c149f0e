"""Visitors in danger: lines and steps at once; the team hears of it only on Yes; on No nothing is kept beyond a day."""

from __future__ import annotations

from sqlmodel import col, select

from bot import people
from bot.escalation import ack
from bot.models import Case, Conversation, Outbox, Person, Role, Task, VisitorAsk
from tests.world import Phone, World

DANGER = "I want to kill myself tonight"


def asks(world: World) -> list[VisitorAsk]:
    with world.work() as work:
        return list(work.session.exec(select(VisitorAsk)).all())


def crisis(phone: Phone) -> list[str]:
    return [reply.key for reply in phone.replies if reply.key != "crisis/card"]


async def test_lines_at_once_and_then_the_question(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    assert crisis(sam) == ["crisis/suicide", "crisis/visitor_question"]
    assert "911" in sam.replies[0].text
    assert sam.last.labels == ["Yes", "No"]
    await world.passes(minutes=30)
    assert not world.primary.pages


async def test_yes_pages(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.taps("Yes")
    assert crisis(sam) == ["crisis/visitor_yes", "crisis/paged"]
    assert "the clinic's team" in sam.last.text
    assert len(world.primary.pages) == 1
    await sam.taps("Yes")
    assert len(world.primary.pages) == 1


async def test_after_yes_further_words_feed_the_case_and_are_not_asked_about_again(world: World) -> None:
    sam = world.stranger()
    await sam.says("I want to die")
    await sam.taps("Yes")
    await sam.says(DANGER)
    assert "crisis/visitor_question" not in sam.keys
    assert sam.case is not None
    assert (sam.case.number, sam.case.level) == (1, "emergency")


async def test_at_most_two_pages_a_day_then_an_item_for_the_supervisors(world: World) -> None:
    sam = world.stranger()
    for _round in range(3):
        await sam.says(DANGER)
        await sam.taps("Yes")
        with world.work() as work:
            for case in work.session.exec(select(Case)).all():
                case.state, case.closed_at, case.next_page_at = type(case.state)("closed"), work.now, None
        await world.passes(minutes=15)
    assert "I have paged the team for you twice today." in next(one for one in sam.all if one.key == "crisis/visitor_limit").text
    assert sam.case is not None
    assert sam.case.number == 2
    with world.work() as work:
        task = work.session.exec(select(Task).where(col(Task.kind) == "visitor")).one()
        assert task.owner_id is None


async def test_no_tells_no_one_and_may_still_become_yes(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.taps("No")
    assert sam.keys == ["crisis/visitor_no"]
    assert "988" in sam.replies[0].text
    assert not world.primary.pages
    await sam.taps("Yes")
    assert len(world.primary.pages) == 1


async def test_on_no_nothing_is_kept_beyond_a_day(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.taps("No")
    await world.passes(hours=23, minutes=59)
    assert asks(world)
    await world.passes(minutes=1)
    with world.work() as work:
        assert not work.session.exec(select(VisitorAsk)).all()
        assert not work.session.exec(select(Person).where(col(Person.role) == Role.VISITOR)).all()
        assert not work.session.exec(select(Outbox).where(col(Outbox.chat_id) == sam.user.id)).all()
        assert not [row for row in work.session.exec(select(Conversation)).all() if row.asked]
    await sam.says("hello")
    assert sam.replies


async def test_without_an_answer_nothing_is_kept_either(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await world.passes(hours=24)
    assert not asks(world)


async def test_a_visitor_who_came_back_keeps_their_place_but_not_the_words(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.taps("No")
    await world.passes(hours=20)
    await sam.says("hello")
    await world.passes(hours=4)
    with world.work() as work:
        assert work.session.exec(select(Person).where(col(Person.role) == Role.VISITOR)).all()
        rows = work.session.exec(select(Outbox).where(col(Outbox.chat_id) == sam.user.id)).all()
        assert all(row.payload is None for row in rows if row.template and row.template.startswith("crisis/"))
    assert not asks(world)
    await world.passes(hours=20)
    with world.work() as work:
        assert not work.session.exec(select(Person).where(col(Person.role) == Role.VISITOR)).all()
        assert not work.session.exec(select(Outbox).where(col(Outbox.chat_id) == sam.user.id)).all()


async def test_the_words_of_a_yes_move_to_the_case(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.taps("Yes")
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here.")  # so that nobody is paged every few minutes for a day
    await world.passes(hours=24)
    assert [one.evidence for one in asks(world)] == [None]
    assert sam.case is not None


async def test_nobody_answers_somebody_elses_question(world: World) -> None:
    sam, eve = world.stranger(), world.stranger("Eve")
    await sam.says(DANGER)
    await eve.says("hello")
    data = next(data for row in sam.last.message.buttons for text, data in row if text == "Yes")
    assert await eve.forges(data) == "That button is not for you."
    assert not world.primary.pages


async def test_a_yes_of_an_earlier_day_is_answered_kindly_with_lines_and_asked_once_more(world: World) -> None:
    sam, luz = world.stranger("Sam"), world.stranger("Luz", language="es")
    await sam.says(DANGER)
    await luz.says("me voy a matar")
    await world.passes(hours=25)
    for phone, label in ((sam, "Yes"), (luz, "Sí")):
        assert await phone.taps(label) == ""
        assert phone.keys == ["crisis/visitor_forgotten"]
        assert "911" in phone.last.text
        assert "988" in phone.last.text
        assert phone.last.labels == ["SOS"]
    assert "so I told no one now." in sam.last.text
    assert not world.primary.pages
    await sam.says(DANGER)
    await sam.taps("Yes")
    assert len(world.primary.pages) == 1


async def test_the_buttons_answer_visitors_sensibly(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.taps("I am safe")
    assert sam.keys == ["crisis/safe_no_case"]
    await sam.taps("Someone is with me")
    assert sam.keys == ["crisis/someone_stay"]
    await sam.taps("I need help now")
    assert sam.keys == ["crisis/help_now", "crisis/visitor_question"]
    assert "emergency." not in sam.replies[0].text
    assert not world.primary.pages
    assert len(asks(world)) == 1


async def test_typed_answers_of_visitors(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    await sam.says("yes")
    assert sam.keys == ["crisis/safe_no_case"]
    await sam.says("no")
    assert crisis(sam) == ["crisis/not_safe", "crisis/visitor_question"]


async def test_sos_of_a_visitor_gives_numbers_and_steps_then_asks(world: World) -> None:
    sam = world.stranger()
    await sam.says("/sos")
    assert crisis(sam) == ["crisis/sos_numbers", "crisis/sos_visitor", "crisis/visitor_question"]
    await world.passes(minutes=6)
    assert not world.primary.pages
    await sam.taps("Overdose")
    assert crisis(sam)[0] == "crisis/overdose_step_1"
    assert crisis(sam)[-1] == "crisis/visitor_question"
    await sam.taps("Yes")
    assert sam.case is not None
    assert (sam.case.level, sam.case.category) == ("emergency", "overdose")


async def test_more_words_within_minutes_join_the_question_that_stands(world: World) -> None:
    sam = world.stranger()
    await sam.says("I want to die")
    await sam.says(DANGER)
    assert crisis(sam) == ["crisis/added", "crisis/visitor_question"]
    assert len(asks(world)) == 1
    assert asks(world)[0].level == "emergency"


async def test_a_soft_yes_of_a_visitor_is_answered_and_asked_about(world: World) -> None:
    sam = world.stranger()
    await sam.says("I can't do this anymore")
    await sam.taps("crisis.soft:yes")
    assert crisis(sam) == ["crisis/suicide", "crisis/visitor_question"]


async def test_yes_once_more_after_the_case_is_closed_pages_again_at_most_twice_a_day(world: World) -> None:
    sam = world.stranger()
    await sam.says(DANGER)
    question = sam.find("Yes")
    for number in (1, 2):
        await sam.taps("Yes", message=question)
        assert sam.case is not None
        assert (sam.case.number, sam.case.state) == (number, "open")
        await world.primary.taps("Acknowledge")
        with world.work() as work:
            assert world.primary.person_id is not None
            ack.resolve(work, sam.case.id, people.get(work.session, world.primary.person_id), "safe_plan", {})
        await world.settle()
    assert await sam.taps("No", message=question) == "That button is from an earlier step."
    for _press in (1, 2):
        assert await sam.taps("Yes", message=question) == ""
        assert crisis(sam) == ["crisis/visitor_limit"]
    assert sam.case is not None
    assert sam.case.number == 2


async def test_a_choice_after_sos_is_answered_in_full_when_nothing_was_written(world: World) -> None:
    sam = world.stranger()
    await sam.says("/sos")
    await sam.taps("I need to talk")
    assert crisis(sam) == ["crisis/talk", "crisis/visitor_question"]
