"""The way in, as dialogues: by buttons and typed, in both languages, with Back at every step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot import invitations, people
from bot.escalation import ack
from bot.models import Audit, Consent, Due, Patient, Role, Task
from tests.world import Phone, World

CONSENT = ("enrolment/consent",) * 4

# What is tapped from the language to the check-in time, by language.
TAPS = {
    "en": ["English", "18 or older", *["Next"] * 4, "In working hours", "It stays the same", "I agree"],
    "es": ["Español", "18 o más", *["Siguiente"] * 4, "En su horario", "Sigue igual", "Acepto"],
}


def code_for(world: World, role: Role = Role.PATIENT, name: str | None = None) -> str:
    with world.work() as work:
        return invitations.create(work, role, name=name)


async def begins(world: World, language: str = "en") -> Phone:
    phone = world.stranger("Ana", language=language)
    await phone.starts(code_for(world))
    return phone


async def taps_to_name(phone: Phone, language: str = "en") -> None:
    for label in TAPS[language]:
        await phone.taps(label)


def keyboard(phone: Phone) -> list[str]:
    """The labels below the text field."""
    rows = (phone.user.keyboard or {}).get("keyboard", [])
    return [key["text"] for row in rows for key in row]


def actions(world: World, phone: Phone) -> list[str]:
    with world.work() as work:
        return list(work.session.exec(select(Audit.action).where(col(Audit.person_id) == phone.person.id).order_by(col(Audit.id))))


async def test_the_whole_way_in_by_buttons(world: World) -> None:
    ana = await begins(world)
    assert ana.keys == ["enrolment/language"]
    assert "4 minutes" in ana.replies[0].text
    await taps_to_name(ana)
    assert ana.keys == ["enrolment/name"]
    await ana.says("Ana")
    assert ana.keys == ["place/share", "place/ask"]
    await ana.taps("New York")
    assert ana.keys == ["place/thanks", "place/clock"]
    assert "10:00" in ana.last.text
    await ana.taps("Yes")
    await ana.taps("18:30")
    assert ana.keys == ["enrolment/contacts", "contact", "contact", "enrolment/done"]
    person = ana.person
    assert (person.role, person.language, person.country, person.zone, person.checkin_at) == (
        Role.PATIENT,
        "en",
        "US",
        "America/New_York",
        "18:30",
    )
    assert person.enrolled_at == world.clock.now()
    assert keyboard(ana) == ["Check-in", "Learn", "Tools", "Meetings", "SOS", "More"]
    with world.work() as work:
        assert people.name_of(work, person) == "Ana"
        consent = work.session.exec(select(Consent)).one()
        assert (consent.version, consent.language, consent.content_version) == ("1", "en", work.content.version)
        assert consent.answers == {"adult": True, "night": ["hours"], "choice": ["same"]}
        due = work.session.exec(select(Due).where(col(Due.kind) == "checkin.remind")).one()
        assert (due.key, due.wall, due.zone) == (f"checkin:{person.id}:2026-03-03", "18:30", "America/New_York")
    assert [name for name in actions(world, ana) if name.partition(".")[0] in ("enrolment", "consent")] == [
        "enrolment.started",
        "consent.given",
        "enrolment.done",
    ]


async def test_the_whole_way_in_by_typing_in_spanish(world: World) -> None:
    ana = world.stranger("Ana", language="es")
    await ana.says(code_for(world).lower())
    for words in (
        "español",
        "tengo 34",
        *["siguiente"] * 4,
        "en su horario",
        "sigue igual",
        "acepto",
        "Ana María",
        "ciudad de méxico",
        "sí",
    ):
        await ana.says(words)
    assert ana.keys == ["enrolment/checkin"]
    await ana.says("a las 7 de la tarde")
    assert ana.keys[-1] == "enrolment/done"
    assert "Todo listo, Ana María" in ana.last.text
    person = ana.person
    assert (person.language, person.country, person.zone, person.checkin_at) == ("es", "MX", "America/Mexico_City", "19:00")
    assert [message.message.media["contact"]["phone_number"] for message in ana.replies if message.key == "contact"] == [
        "911",
        "+528009112000",
    ]


async def test_back_leads_through_every_step(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("Ana")
    await ana.taps("New York")
    await ana.taps("Yes")
    seen = []
    while ana.last.key != "enrolment/language":
        await ana.taps("Back")
        seen.append(ana.last.key)
    assert seen == [
        "place/clock",
        "place/ask",
        "enrolment/name",
        "enrolment/agree",
        "enrolment/check",
        "enrolment/check",
        *CONSENT,
        "enrolment/age",
        "enrolment/language",
    ]
    assert "Back" not in ana.last.labels


async def test_every_step_offers_sos(world: World) -> None:
    ana = await begins(world)
    walk = [*TAPS["en"], None, "Show a list", "United States", "Chicago", "Yes"]
    for label in walk:
        assert "SOS" in ana.last.labels, ana.last.key
        await (ana.taps(label) if label else ana.says("Ana"))
    assert "SOS" in ana.last.labels
    await ana.taps("SOS")
    assert ana.keys[0].startswith("crisis/")


async def test_sos_and_help_work_before_the_consent_and_other_commands_wait(world: World) -> None:
    ana = await begins(world)
    await ana.taps("English")
    await ana.says("/sos")
    assert any(key.startswith("crisis/") for key in ana.keys)
    await ana.says("/help")
    assert ana.keys[:2] == ["help/patient", "help/human"]
    assert ana.keys[-1] == "enrolment/age"
    for command in ("/checkin", "/learn", "/menu"):
        await ana.says(command)
        assert ana.keys == ["common/enrol_first", "enrolment/age"]
    await ana.says("/nonsense")
    assert ana.keys == ["common/unknown_command", "enrolment/age"]


async def test_a_wrong_answer_is_explained_kindly_and_asked_again(world: World) -> None:
    ana = await begins(world)
    for label in TAPS["en"][:6]:
        await ana.taps(label)
    await ana.taps("Right away")
    assert ana.keys == ["enrolment/explain", "enrolment/check"]
    await ana.says("whatever")
    assert ana.keys == ["enrolment/tap", "enrolment/check"]
    for label in ("In working hours", "I get reported", "It stays the same", "I agree"):
        await ana.taps(label)
    with world.work() as work:
        answers = work.session.exec(select(Consent)).one().answers
    assert answers == {"adult": True, "night": ["at_once", "hours"], "choice": ["report", "same"]}


async def test_someone_under_18_is_stopped_kindly_and_staff_know(world: World) -> None:
    sam = await begins(world)
    await sam.taps("English")
    await sam.taps("Under 18")
    assert sam.keys == ["enrolment/minor"]
    assert "+1 212 555 0100" in sam.last.text
    await sam.says("hello?")
    assert sam.keys == ["enrolment/tap", "enrolment/minor"]
    assert sam.person.enrolled_at is None
    with world.work() as work:
        assert [task.kind for task in work.session.exec(select(Task))] == ["minor"]
    await sam.taps("Back")
    assert sam.keys == ["enrolment/age"]


async def test_who_does_not_agree_is_let_go_and_can_come_back(world: World) -> None:
    ana = await begins(world)
    for label in TAPS["en"][:-1]:
        await ana.taps(label)
    await ana.taps("I don't agree")
    assert ana.keys == ["enrolment/declined"]
    with world.work() as work:
        assert work.session.exec(select(Consent)).all() == []
        assert [task.kind for task in work.session.exec(select(Task))] == ["declined"]
    await ana.starts()
    assert ana.keys == ["enrolment/declined"]
    await ana.taps("Back")
    await ana.taps("I agree")
    assert ana.keys == ["enrolment/name"]


async def test_agreeing_twice_is_kept_once_and_taking_it_back_is_kept_too(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.taps("Back")
    await ana.taps("I agree")
    with world.work() as work:
        assert len(work.session.exec(select(Consent)).all()) == 1
    await ana.taps("Back")
    await ana.taps("I don't agree")
    with world.work() as work:
        assert work.session.exec(select(Consent)).one().revoked_at is not None


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("😀😀😀", "enrolment/name_hint"),
        ("12345", "enrolment/name_hint"),
        ("x" * 41, "enrolment/name_long"),
        ("x" * 4096, "enrolment/name_long"),
    ],
)
async def test_what_is_no_name_is_asked_again_kindly(world: World, said: str, key: str) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says(said)
    assert ana.keys == [key]
    await ana.says("A" * 40)
    assert ana.keys[-1] == "place/ask"


async def test_a_photo_where_a_name_is_asked_is_answered_and_the_question_stands(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.sends("photo", b"no image")
    assert ana.keys[-1] == "enrolment/name"
    assert len(ana.keys) > 1


async def test_crisis_words_in_the_name_field_page_and_are_no_name(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("I want to kill myself")
    assert ana.replies[0].key == "crisis/suicide"
    assert ana.case is not None
    assert world.primary.pages
    with world.work() as work:
        assert people.name_of(work, ana.person) == ""


async def test_crisis_words_page_from_the_moment_the_code_was_right(world: World) -> None:
    ana = await begins(world, "es")
    await ana.says("me voy a matar")
    assert ana.replies[0].key == "crisis/suicide"
    assert ana.case is not None
    await ana.starts()
    assert ana.keys == ["enrolment/go_on", "enrolment/language"]


async def test_a_shared_place_gives_zone_and_country(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("Ana")
    await ana.shares_location(40.42, -3.70)
    assert ana.keys == ["place/thanks", "place/clock"]
    assert "Madrid" in ana.last.text
    assert "16:00" in ana.last.text
    await ana.taps("Yes")
    assert (ana.person.country, ana.person.zone) == ("ES", "Europe/Madrid")


async def test_a_place_at_sea_and_an_unknown_city_are_asked_again(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("Ana")
    await ana.shares_location(30.0, -40.0)
    assert ana.keys == ["place/unknown"]
    await ana.says("Atlantis")
    assert ana.keys == ["place/unknown"]
    await ana.says("Chicago")
    assert "09:00" in ana.last.text


async def test_a_wrong_clock_leads_to_the_list(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("Ana")
    await ana.taps("New York")
    await ana.taps("No")
    assert ana.keys == ["place/country"]
    await ana.says("Colombia")
    assert ana.keys == ["place/clock"]
    await ana.taps("No")
    await ana.taps("Australia")
    assert ana.keys == ["place/zone"]
    await ana.says("perth")
    assert "Perth" in ana.last.text
    await ana.taps("Yes")
    assert (ana.person.country, ana.person.zone) == ("AU", "Australia/Perth")


async def test_a_country_without_lines_gets_no_other_countrys_numbers(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("Ana")
    await ana.says("Colombia")
    await ana.taps("Yes")
    await ana.taps("18:30")
    assert ana.keys == ["enrolment/no_contacts", "enrolment/done"]


@pytest.mark.parametrize(
    ("said", "key"), [("7", "enrolment/time_window"), ("21:00", "enrolment/time_window"), ("soon", "enrolment/time_hint")]
)
async def test_a_check_in_outside_the_hours_is_asked_again(world: World, said: str, key: str) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    for words in ("Ana", "Chicago", "yes"):
        await ana.says(words)
    await ana.says(said)
    assert ana.keys == [key]
    await ana.says("20:45")
    assert ana.keys[-1] == "enrolment/done"


async def test_two_devices_that_press_twice_move_one_step(world: World) -> None:
    ana = await begins(world)
    question = ana.last.message
    await ana.taps("English", message=question)
    assert ana.keys == ["enrolment/age"]
    toast = await ana.forges("enrolment.language:es~1", message=question)
    assert (ana.keys, ana.person.language) == ([], "en")
    assert "earlier step" in toast


async def test_forged_buttons_do_nothing(world: World) -> None:
    ana = await begins(world)
    before = ana.person
    for data in (
        "enrolment.agree~1",
        "enrolment.zone:Mars/Base~1",
        "enrolment.language:xx~1",
        "enrolment.time:1830~999",
        "enrolment.check:hours",
    ):
        await ana.forges(data)
    assert ana.person.enrolled_at is None
    assert (ana.person.language, ana.person.zone) == (before.language, before.zone)
    stranger = world.stranger("Eve")
    await stranger.starts()
    assert await stranger.forges("enrolment.agree~1")
    assert stranger.person.role is Role.VISITOR


async def test_another_language_in_the_middle_asks_again_in_it(world: World) -> None:
    ana = await begins(world)
    await ana.taps("English")
    await ana.says("/settings")
    assert ana.keys == ["settings/panel", "enrolment/age"]
    await ana.taps("Language")
    await ana.taps("Español")
    assert ana.keys[-1] == "enrolment/age"
    assert "edad" in ana.last.text
    await ana.taps("18 o más")
    assert "Qué es esto" in ana.last.text


async def test_the_inviter_owns_the_patient_and_the_track_is_kept(world: World) -> None:
    dana = world.primary.person
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT, created_by=dana, track="evening")
    ana = world.stranger("Ana")
    await ana.starts(code)
    owner, person = world.primary.person, ana.person
    with world.work() as work:
        patient = work.session.get(Patient, person.id)
        assert patient is not None
        assert (patient.owner_id, patient.track) == (owner.id, "evening")


async def test_the_first_check_in_comes_at_the_chosen_time(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    for words in ("Ana", "Chicago", "yes", "12:00"):
        await ana.says(words)
    ana.look()
    await world.passes(hours=2)
    assert ana.keys == []
    await world.passes(hours=1, minutes=1)  # 12:00 in Chicago
    assert ana.keys == ["checkin/remind"]


async def test_a_pause_of_days_loses_nothing(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    world.clock.move_to(world.clock.now() + timedelta(days=9))
    await ana.starts()
    assert ana.keys == ["enrolment/name"]


async def test_after_a_crisis_the_enrolment_is_offered_again_where_it_stopped(world: World) -> None:
    ana = await begins(world)
    await taps_to_name(ana)
    await ana.says("I want to kill myself")
    case, dana = ana.case, world.primary.person
    assert case is not None
    with world.work() as work:
        ack.take(work, work.session.merge(case), people.get(work.session, dana.id))
        ack.resolve(work, case.id, people.get(work.session, dana.id), "safe", {})
    ana.look()
    await world.settle()
    assert "common/resume_offer" in ana.keys
    await ana.taps("Continue")
    assert ana.keys == ["enrolment/name"]
    await ana.says("Ana")
    assert ana.keys[-1] == "place/ask"
