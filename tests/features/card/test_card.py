"""The emergency card: asked gently, sealed, revocable at once, and at hand for whoever opens a case."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bot import cards, people
from bot.models import Audit, EmergencyCard, Role, Status, Task
from tests.staff.helpers import danger
from tests.world import Phone, World


async def fill(phone: Phone, *, tell: tuple[str, ...] = ("In danger",), agree: bool = True) -> None:
    await phone.says("/settings")
    await phone.taps("Emergency card")
    await phone.taps("Change")
    await phone.says("+1 212 555 0177")
    await phone.says("12 Elm Street, Queens")
    await phone.says("Rosa")
    await phone.says("+1 212-555-0188")
    for label in tell:
        await phone.taps(label)
    await phone.taps("Done")
    await phone.taps("I agree" if agree else "I don't agree")


def card_of(world: World, phone: Phone) -> cards.Card:
    with world.work() as work:
        return cards.of(work, phone.person)


def plan(world: World, phone: Phone) -> None:
    with world.work() as work:
        cards.plan(work, people.get(work.session, phone.person_id) if phone.person_id else phone.person)


async def test_the_card_is_filled_in_step_by_step(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana)
    card = card_of(world, ana)
    assert (card.phone, card.address) == ("+12125550177", "12 Elm Street, Queens")
    assert (card.contact_name, card.contact_phone) == ("Rosa", "+12125550188")
    assert card.may_tell == ("in_danger",)
    assert ana.keys[-1] == "card/card"
    assert "They may hear: you are in danger" in ana.last.text


async def test_nothing_of_it_is_readable_in_the_database(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana)
    with world.work() as work:
        row = work.session.get(EmergencyCard, ana.person_id)
        assert row is not None
        for value in (row.address, row.contact_name, row.contact_phone):
            assert value is not None
            assert not any(word in value for word in (b"Elm", b"Rosa", b"2125550188"))


async def test_the_consent_says_who_tells_whom_what_and_is_kept_with_its_words(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/settings")
    await ana.taps("Tarjeta de emergencia")
    await ana.taps("Cambiar")
    for said in ("+34 600 000 000", "Calle Mayor 1", "Rosa", "+34 600 111 111"):
        await ana.says(said)
    await ana.taps("Dónde estoy")
    await ana.taps("Listo")
    assert ana.keys[-1] == "card/agree"
    for part in ("Harbor Clinic", "Rosa", "+34600111111", "dónde está", "/settings"):
        assert part in ana.last.text
    await ana.taps("Acepto")
    with world.work() as work:
        row = work.session.get(EmergencyCard, ana.person_id)
        assert row is not None and row.consent_at is not None
        assert (row.consent_language, row.consent_version) == ("es", work.content.version)
        assert "card.consent_given" in [one.action for one in work.session.exec(select(Audit))]


async def test_without_the_consent_nothing_of_that_person_is_kept(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana, agree=False)
    card = card_of(world, ana)
    assert (card.phone, card.contact_name, card.contact_phone) == ("+12125550177", "", "")
    with world.work() as work:
        row = work.session.get(EmergencyCard, ana.person_id)
        assert row is not None
        assert row.contact_name is None


async def test_a_box_is_ticked_and_unticked(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana, tell=("In danger", "Where I am", "✓ In danger"))
    assert card_of(world, ana).may_tell == ("where",)


async def test_whoever_opens_the_case_sees_whom_to_phone(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana)
    await danger(world, ana)
    await world.primary.taps("Open")
    text = world.primary.last.text
    for part in ("+12125550177", "12 Elm Street", "Rosa, +12125550188", "in danger"):
        assert part in text


async def test_an_operator_sees_the_card_and_never_the_words(world: World) -> None:
    ana, olga = await world.enrol("Ana"), await world.hire("Olga", Role.OPERATOR)
    await fill(ana)
    world.on_call("primary", None)
    world.on_call("backup", None)
    await ana.says("I want to kill myself")
    await world.passes(minutes=25)
    await olga.taps("Open")
    assert "Rosa, +12125550188" in olga.last.text
    assert "Whom to phone: +12125550177" in olga.last.text
    assert "kill myself" not in " ".join(seen.text for seen in olga.all)


async def test_taken_back_means_from_this_moment_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana)
    await ana.says("/settings")
    await ana.taps("Emergency card")
    toast = await ana.taps("Remove person")
    assert "We call nobody" in toast
    await danger(world, ana)
    await world.primary.taps("Open")
    assert "Rosa" not in world.primary.last.text
    assert "No one else may be called." in world.primary.last.text
    with world.work() as work:
        row = work.session.get(EmergencyCard, ana.person_id)
        assert row is not None
        assert row.contact_phone is None and row.revoked_at is not None


async def test_who_has_the_case_hears_that_it_was_taken_back(world: World) -> None:
    ana = await world.enrol("Ana")
    await fill(ana)
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await ana.says("/settings")
    await ana.taps("Emergency card")
    await ana.taps("Remove person")
    assert world.primary.last.key == "patients/contact_revoked"
    assert "Rosa" not in world.primary.last.text


async def test_asked_in_the_first_week_with_a_neutral_line(world: World) -> None:
    ana = await world.enrol("Ana")
    plan(world, ana)
    await world.passes(days=1)
    assert "card/push" not in [seen.key for seen in ana.all]
    await world.passes(days=2)
    pushes = [seen for seen in ana.all if seen.key == "card/push"]
    assert len(pushes) == 1
    preview = ana.user.push_preview(pushes[0].message)
    assert "emergency" not in preview.casefold()
    await ana.taps("Open", message=pushes[0].message)
    assert "Your emergency card" in ana.last.text


async def test_another_day_asks_once_more_and_skip_is_work_for_staff(world: World) -> None:
    ana = await world.enrol("Ana")
    plan(world, ana)
    await world.passes(days=3)
    await ana.taps("card.offer")
    await ana.taps("Another day")
    await world.passes(days=2)
    assert [seen.key for seen in ana.all].count("card/push") == 2
    await ana.taps("card.offer")
    await ana.taps("Skip")
    await world.passes(days=7)
    with world.work() as work:
        assert [task.kind for task in work.session.exec(select(Task).where(Task.kind == "card"))] == ["card"]


async def test_an_answer_that_never_comes_in_the_first_week_is_work_for_staff(world: World) -> None:
    ana = await world.enrol("Ana")
    plan(world, ana)
    with world.work() as work:
        people.get(work.session, ana.person.id).paused_until = work.now.replace(year=work.now.year + 1)
    await world.passes(days=10)
    assert "card/push" not in [seen.key for seen in ana.all]
    with world.work() as work:
        assert "card" in [task.kind for task in work.session.exec(select(Task))]


async def test_nobody_in_hospital_is_asked(world: World) -> None:
    ana = await world.enrol("Ana")
    plan(world, ana)
    with world.work() as work:
        people.get(work.session, ana.person.id).status = Status.IN_HOSPITAL
    await world.passes(days=4)
    assert "card/push" not in [seen.key for seen in ana.all]


@pytest.mark.parametrize("said", ["call me", "12", "+1 212 555 0100 ext five", "1234567890123456"])
async def test_a_number_that_is_none_is_asked_for_again(world: World, said: str) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Emergency card")
    await ana.taps("Change")
    await ana.says(said)
    assert "card/phone_hint" in ana.keys
    assert card_of(world, ana).phone == ""


async def test_danger_told_in_the_middle_of_the_card_is_paged_and_the_card_waits(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    await ana.taps("Emergency card")
    await ana.taps("Change")
    await ana.says("I want to kill myself")
    assert ana.keys[0] == "crisis/suicide"
    assert ana.case is not None
    assert card_of(world, ana).phone == ""
