"""[Should have paged]: staff say of words that paged nobody that they should have; kept sealed, once, and a page if they want one."""

from __future__ import annotations

import json

import pytest
from sqlmodel import col, select

from bot import people, schema
from bot.db import Database
from bot.errors import Conflict
from bot.escalation import chart, tasks
from bot.escalation.engine import Finding
from bot.features.privacy import store as privacy
from bot.ids import short
from bot.models import Alert, Audit, Case, Role, Status, Task, TeamMessage, Verdict, sealed_at
from bot.safety.levels import Category, Level
from bot.staff.verdicts import rules, store
from tests.features.message.test_message import own, writes
from tests.staff.helpers import danger
from tests.staff.test_walk import STEPS, resolve
from tests.world import START, Phone, World, world_on

DOG = "I gave the dog to my neighbour, she will love him"


async def item(world: World, *texts: str, name: str = "Ana Torres", language: str = "en") -> Phone:
    """A patient of the backup's, with a `watch` item of these words."""
    ana = await world.enrol(name, language=language)
    own(world, ana, world.backup)
    mention(world, ana, *(texts or (DOG,)))
    return ana


def mention(world: World, phone: Phone, *texts: str) -> None:
    for text in texts:
        with world.work() as work:
            assert phone.person_id is not None
            finding = Finding(Level.WATCH, Category.SUICIDE, "message", texts=(text,), rules=("en.suicide.example", "sign: dog"), lang="en")
            tasks.watch(work, people.get(work.session, phone.person_id), finding)


async def judges(phone: Phone, name: str = "Ana T.", label: str = "Should have paged") -> None:
    await phone.says("/alerts")
    await phone.taps(name)
    await phone.taps(label)


def verdicts(world: World) -> list[Verdict]:
    with world.work() as work:
        return list(work.session.exec(select(Verdict).order_by(col(Verdict.id))).all())


def actions(world: World) -> list[str]:
    with world.work() as work:
        return [row.action for row in work.session.exec(select(Audit).order_by(col(Audit.id))) if row.action.startswith("verdict.")]


def lines(world: World) -> list[dict[str, object]]:
    with world.work() as work:
        return [one.plain() for one in store.taken_out(work)]


async def test_one_tap_keeps_the_words_sealed_with_what_was_said_of_them(world: World) -> None:
    await keeps(world)


async def test_the_same_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    async with world_on(postgres_url) as world:
        await keeps(world)
        assert [one["level"] for one in lines(world)] == ["urgent"]


async def keeps(world: World) -> None:
    ana = await item(world)
    await judges(world.backup)
    assert world.backup.last.key == "verdicts/kept"
    assert world.backup.last.text.startswith("Kept: this should have paged someone.")
    assert world.backup.last.labels == ["Page now", "Was an emergency", "Take back"]
    assert ana.keys == []
    (row,) = verdicts(world)
    assert (row.person_id, row.staff_id) == (ana.person_id, world.backup.person_id)
    assert (row.level, row.said_level, row.category, row.case_id) == ("urgent", "watch", "suicide", None)
    assert row.content_version and row.lexicon_version
    assert row.evidence is not None and b"dog" not in row.evidence
    with world.work() as work:
        said = work.vault.open_json(row.evidence, sealed_at("verdict", "evidence", row.id))
    assert said == {"texts": [DOG], "rules": ["en.suicide.example", "sign: dog"]}
    assert actions(world) == ["verdict.kept"]


async def test_a_second_press_says_what_is_so(world: World) -> None:
    await item(world)
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    await judges(world.backup)
    await world.backup.taps("Should have paged")
    assert world.backup.last.text.startswith("You said so on Mar 3, 2026 at ")
    await judges(boss)
    assert boss.last.key == "verdicts/already"
    assert boss.last.text.startswith("Luis said so on")
    assert "Take back" not in boss.last.labels
    assert len(verdicts(world)) == 1
    assert actions(world) == ["verdict.kept"]


async def test_an_emergency_is_a_second_tap_and_a_slip_is_taken_back(world: World) -> None:
    await item(world)
    luis = world.backup
    await judges(luis)
    await luis.taps("Was an emergency")
    assert luis.last.text.startswith("Kept: this should have paged as an emergency.")
    assert luis.last.labels == ["Page now", "Take back"]
    assert verdicts(world)[0].level == "emergency"
    await luis.taps("Take back")
    assert luis.last.text == "Taken back. Nothing is kept of it."
    assert luis.last.labels == []
    assert verdicts(world) == []
    assert actions(world) == ["verdict.kept", "verdict.raised", "verdict.taken_back"]


async def test_of_several_messages_one_is_chosen(world: World) -> None:
    await item(world, "no point anymore", DOG)
    luis = world.backup
    await judges(luis)
    assert luis.last.key == "verdicts/which"
    assert luis.last.message.protected
    assert f": {DOG}" in luis.last.text
    assert luis.last.labels == ["1", "2"]
    await luis.taps("2")
    assert luis.last.key == "verdicts/kept"
    assert [one["text"] for one in lines(world)] == [DOG]


async def test_page_now_opens_a_case_pages_and_answers_the_patient(world: World) -> None:
    ana = await item(world)
    luis = world.backup
    await judges(luis)
    ana.look()
    await luis.taps("Page now")
    case = ana.case
    assert case is not None
    assert (case.level, case.category, case.kind) == ("urgent", "suicide", "real")
    assert luis.find(f"Case {case.number}")
    assert len(luis.pages) == 1  # their own counselor is on shift
    assert ana.keys[0] == "crisis/suicide"
    assert "crisis/paged" in ana.keys or "crisis/paged_night" in ana.keys
    await world.passes(minutes=15)
    await world.primary.taps("Open")
    assert "Why: a colleague read their words and asked for help." in world.primary.last.text
    assert DOG in world.primary.last.text
    assert verdicts(world)[0].case_id == case.id
    assert actions(world)[-1] == "verdict.paged"
    with world.work() as work:
        assert "verdict.paged" in {event.action for event in chart.collect(work, case).events}
        assert "verdict.paged" in work.content.documents["chart"]["words"]  # so the page for the chart says it in words


async def test_page_now_pressed_twice_pages_once(world: World) -> None:
    ana = await item(world)
    luis = world.backup
    await judges(luis)
    key = short(verdicts(world)[0].id)
    await luis.taps("Page now")
    assert ana.case is not None
    number = ana.case.number
    assert await luis.forges(f"verdicts.page:{key}") == f"Case {number} covers this already. Find it with /alerts."
    assert await luis.forges(f"verdicts.take_back:{key}") == f"Case {number} covers this already. Find it with /alerts."
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1


async def test_with_a_case_open_nothing_is_paged_again(world: World) -> None:
    ana = await item(world)
    await danger(world, ana)
    await judges(world.backup)
    assert "Page now" not in world.backup.last.labels
    assert "pages whoever" not in world.backup.last.text


async def test_nobody_is_paged_for_the_dead(world: World) -> None:
    ana = await item(world)
    with world.work() as work:
        assert ana.person_id is not None
        people.get(work.session, ana.person_id).status = Status.DECEASED
    await judges(world.backup)
    assert "Page now" not in world.backup.last.labels
    assert await world.backup.forges(f"verdicts.page:{short(verdicts(world)[0].id)}") == "That button is not for you."


async def test_a_message_to_the_team_that_no_rule_knew(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    await writes(ana, "The dog lives with my neighbour from today.")
    dana = world.primary
    await dana.taps("messages.thread")
    await dana.taps("Should have paged")
    (row,) = verdicts(world)
    assert (row.said_level, row.category, row.level) == ("none", None, "urgent")
    await dana.taps("Page now")
    assert ana.case is not None
    assert "crisis/talk" in ana.keys


async def test_a_message_to_the_team_and_its_watch_item_are_one(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    await writes(ana, "no point anymore")
    dana = world.primary
    with world.work() as work:
        alert = work.session.exec(select(Alert)).one()
    await dana.taps("messages.thread")
    await dana.taps("Should have paged")
    assert [(row.about_id, row.said_level) for row in verdicts(world)] == [(alert.id, "watch")]
    with world.work() as work:
        key = short(work.session.exec(select(Task.id).where(col(Task.kind) == "watch")).one())
    await dana.forges(f"verdicts.item:{key}")
    assert dana.last.key == "verdicts/already"


async def test_what_did_page_is_no_miss(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.primary)
    await writes(ana)
    with world.work() as work:
        row = work.session.exec(select(TeamMessage)).one()
        person = people.get(work.session, row.person_id)
        alert = tasks.watch(work, person, Finding(Level.WATCH, Category.SUICIDE, "message", texts=("Can I come at ten on Friday?",)))
        assert alert is not None
        for one in work.session.exec(select(Alert)):
            one.level = Level.URGENT.value
    await world.primary.taps("messages.thread")
    assert await world.primary.taps("Should have paged") == "That message did page the team."
    assert verdicts(world) == []


async def test_others_cannot_judge_nor_page(world: World) -> None:
    await item(world)
    await judges(world.backup)
    row, dana = verdicts(world)[0], world.primary
    with world.work() as work:
        task, alert = work.session.exec(select(Task.id)).one(), work.session.exec(select(Alert.id)).one()
    for data in (
        f"verdicts.item:{short(task)}",
        f"verdicts.keep:a:{short(alert)}",
        f"verdicts.keep:m:{short(alert)}",
        f"verdicts.emergency:{short(row.id)}",
        f"verdicts.page:{short(row.id)}",
        f"verdicts.take_back:{short(row.id)}",
        "verdicts.thread:1",
    ):
        assert await dana.forges(data) == "That button is not for you.", data
    assert actions(world) == ["verdict.kept"]


async def test_who_was_handed_the_item_may_judge_it(world: World) -> None:
    await item(world)
    luis, dana = world.backup, world.primary
    await luis.says("/alerts")
    await luis.taps("Ana T.")
    await luis.taps("Hand on")
    await luis.taps("Dana R.")
    await judges(dana)
    assert dana.last.key == "verdicts/kept"


async def test_in_spanish(world: World) -> None:
    eva = await world.hire("Eva", language="es")
    ana = await world.enrol("Ana Torres", language="es")
    own(world, ana, eva)
    mention(world, ana, "ya no hay para qué")
    await judges(eva, label="Debió avisar")
    assert eva.last.text.startswith("Guardado: esto debió avisar a alguien.")
    assert eva.last.labels == ["Avisar ya", "Era una emergencia", "Deshacer"]
    await eva.taps("Avisar ya")
    assert ana.case is not None
    assert eva.last.text == f"El caso {ana.case.number} está abierto. El equipo recibe el aviso."


async def test_an_item_without_words_has_no_such_button(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    own(world, ana, world.backup)
    with world.work() as work:
        assert ana.person_id is not None
        task = tasks.add(work, people.get(work.session, ana.person_id), "blocked")
    await world.backup.says("/alerts")
    await world.backup.taps("Ana T.")
    assert "Should have paged" not in world.backup.last.labels
    assert await world.backup.forges(f"verdicts.item:{short(task.id)}") == "There are no words here to judge."


async def test_erasing_a_patient_erases_verdicts_and_their_copy_tells_nothing_of_them(world: World) -> None:
    ana = await item(world)
    await judges(world.backup)
    with world.work() as work:
        assert ana.person_id is not None
        person = people.get(work.session, ana.person_id)
        assert "verdict" not in json.dumps({name: part for name, part in privacy.export_person(work, person).items() if name != "log"})
        privacy.erase_person(work, person)
    assert verdicts(world) == []
    assert lines(world) == []


async def test_the_file_has_misses_and_false_alarms_and_no_name_or_id(world: World) -> None:
    await item(world, "Ana here, call +1 212 555 0100 or @anatorres, see https://x.example/me or a.t@mail.example. No point anymore")
    await judges(world.backup)
    ben = await world.enrol("Ben")
    await ben.says("I want to kill myself")
    await world.passes(minutes=1)
    await world.primary.taps("Acknowledge")
    await resolve(world.primary, *STEPS[:6], "Not a crisis")
    missed, alarm = lines(world)
    assert missed == {
        "text": "[name] here, call [number] or [account], see [link] or [mail]. No point anymore",
        "level": "urgent",
        "category": "suicide",
        "lang": "en",
        "said": {"level": "watch", "rules": ["en.suicide.example", "sign: dog"]},
        "at": "2026-03-03",
    }
    assert (alarm["text"], alarm["level"], alarm["category"]) == ("I want to kill myself", "none", "suicide")
    assert alarm["said"] == {"level": "emergency", "rules": alarm["said"]["rules"]}  # type: ignore[index]
    with world.work() as work:
        row = work.session.exec(select(Audit).where(col(Audit.action) == "verdicts.exported")).first()
        assert row is not None and (row.actor, row.details) == ("operator", {"lines": 2})


async def test_drills_and_what_a_case_showed_to_be_none_are_left_out(world: World) -> None:
    ana = await item(world)
    await judges(world.backup)
    await world.backup.taps("Page now")
    case = ana.case
    assert case is not None
    assert len(lines(world)) == 1
    await world.backup.taps("Acknowledge")
    await resolve(world.backup, *STEPS[:6], "Not a crisis")
    assert lines(world) == []  # neither a miss any more nor a false alarm of the screen's
    with world.work() as work:
        row = work.session.get(Case, case.id)
        assert row is not None
        row.outcome, row.kind = "safe_plan", "drill"
    assert lines(world) == []
    with world.work() as work:
        row = work.session.get(Case, case.id)
        assert row is not None and ana.person_id is not None
        row.kind = "real"
        people.get(work.session, ana.person_id).fictitious = True
    assert lines(world) == []


async def test_the_engine_is_not_asked_twice_at_once(world: World) -> None:
    """A case was opened between the look and the press."""
    ana = await item(world)
    await judges(world.backup)
    await danger(world, ana)
    with world.work() as work:
        verdict = work.session.exec(select(Verdict)).one()
        staff = people.get(work.session, verdict.staff_id)
        with pytest.raises(Conflict):
            store.page(work, verdict, people.get(work.session, verdict.person_id), staff)


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("ANA was here, banana", "Ana Torres", "[name] was here, banana"),
        ("soy torres", "Ana Torres", "soy [name]"),
        ("30 pills at 10:30, 2 days", "Ana", "30 pills at 10:30, 2 days"),
        ("call 212-555-0100", "", "call [number]"),
        ("born 1990/03/12", "", "born [number]"),
        ("Al is low", "Al", "Al is low"),
        ("(a+b", "(a+ )", "(a+b"),
        ("", "Ana", ""),
    ],
)
def test_what_tells_who_somebody_is_is_masked(text: str, names: str, expected: str) -> None:
    assert rules.masked(text, names) == expected
