"""The chart: one page for the clinic's record, made for whoever may read it, with words that cannot break it."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

import bot
from bot import schema
from bot.content import documents
from bot.db import Database
from bot.demo.botapi.model import SimMessage
from bot.escalation import chart, papers
from bot.escalation.record import EntryKind
from bot.models import Audit, Case, Role
from tests.staff.test_walk import resolve
from tests.world import START, Phone, World, content, world_on

NASTY = 'I want to kill myself 😢💊 "; #panic("x") $x$ *b* _i_ `r` <l> @ref \\ // [c] مرحبا שלום 你好 \u202egnp ' + "x" * 300


def collected(world: World) -> tuple[chart.Chart, dict[str, Any]]:
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        found = chart.collect(work, case)
        assert case.closed_by is not None
        reader = found.closed_by
        assert reader is not None
        return found, papers.Paper(work, reader).chart(found)


def section(data: Mapping[str, Any], title: str) -> list[list[str]]:
    found: list[list[str]] = next((one["rows"] for one in data["sections"] if one["title"] == title), [])
    return found


def pages(pdf: bytes) -> int:
    streams = b"".join(_inflated(pdf)) + pdf
    return len(re.findall(rb"/Type\s*/Page\b", streams))


def _inflated(pdf: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n", pdf):
        try:
            found.append(zlib.decompressobj().decompress(pdf[match.end() :]))
        except zlib.error:
            continue
    return found


async def closed(world: World, words: str = "I want to kill myself") -> Phone:
    ana = await world.enrol("Ana Torres")
    await ana.says(words)
    dana = world.primary
    await world.passes(minutes=1)
    await dana.taps("Acknowledge")
    await dana.taps("Open")
    await dana.taps("Write")
    await dana.says("Hi Ana, where are you?")
    await ana.says("at home")
    await world.passes(minutes=3)
    await resolve(dana, note="Sister stays the night.")
    return ana


async def test_the_chart_holds_every_time_word_page_and_answer(world: World) -> None:
    await whole(world)


async def test_the_same_chart_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    async with world_on(postgres_url) as world:
        await whole(world)
        message = await taken(world.primary)
        assert message.document is not None


async def whole(world: World) -> None:
    ana = await closed(world)
    await ana.taps("A little")
    found, data = collected(world)
    assert data["title"] == "Case 1"
    assert dict(data["facts"])["Patient"] == f"Ana Torres (#{ana.person.number})"
    assert dict(data["facts"])["First acknowledged"] == "2026-03-03 10:01:00 (1 min)"
    assert dict(data["facts"])["Promise of a word"] == "kept"
    assert dict(data["facts"])["Closed"] == "2026-03-03 10:04:00 by Dana Reyes"
    assert dict(data["facts"])["Patient says it helped"] == "a little"
    assert [row[2] for row in section(data, "Words as written")] == [
        "I want to kill myself",
        "Hi Ana, where are you? (arrived 2026-03-03 10:01:00)",
        "at home",
    ]
    why = section(data, "Why it was opened")[0]
    assert why[1:3] == ["message", "emergency, suicide"]
    assert "en.suicide.kill-myself" in why[3] and "“kill myself”" in why[3]
    assert section(data, "Pages")[0][1:5] == ["Dana Reyes", "step 1", "2026-03-03 10:00:00", "2026-03-03 10:01:00"]
    assert ["Risk", "Moderate"] in section(data, "Closing assessment")
    assert ["Note", "Sister stays the night."] in section(data, "Closing assessment")
    assert {"Opened", "Acknowledged", "First word of a human arrived", "Closed"} <= {row[2] for row in section(data, "What was done")}
    assert found.before is None


async def test_words_that_fed_an_open_case_and_reached_its_holder_stand_once(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says("I want to kill myself")
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=1)
    await ana.says("I will kill myself tonight")
    await resolve(world.primary)
    _found, data = collected(world)
    assert [row[2] for row in section(data, "Words as written")] == ["I want to kill myself", "I will kill myself tonight"]
    assert len(section(data, "Why it was opened")) == 2


async def test_the_chart_says_when_the_promise_of_a_word_was_broken(world: World) -> None:
    ana = await world.enrol("Ana Torres")
    await ana.says("I want to kill myself")
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=11)
    await world.primary.taps("Acknowledge")
    await resolve(world.primary)
    _found, data = collected(world)
    assert dict(data["facts"])["Promise of a word"] == "broken at 2026-03-03 10:10:00"


async def taken(phone: Phone) -> SimMessage:
    toast = await phone.taps("Chart PDF")
    assert toast == "It comes below. It is logged."
    return phone.last.message


async def test_the_resolver_gets_it_as_a_protected_file_and_it_leaves_the_phone(world: World) -> None:
    await closed(world)
    dana = world.primary
    message = await taken(dana)
    assert message.document is not None
    assert message.document["file_name"] == "case-1.pdf"
    assert message.protected
    with world.work() as work:
        assert "case.chart_taken" in {row.action for row in work.session.exec(select(Audit))}
    await world.passes(hours=47)
    assert message.message_id not in {seen.message.message_id for seen in dana.all}


async def test_only_who_may_read_the_words_gets_the_chart(world: World) -> None:
    await closed(world)
    kim = await world.hire("Kim Lee")
    operator, peer = await world.hire("Olga", Role.OPERATOR), await world.hire("Pat", Role.PEER)
    boss = await world.hire("Sam Green", Role.SUPERVISOR)
    for phone in (kim, operator, peer):
        assert await phone.forges("alerts.chart:1") == "That button is not for you."
    assert await boss.forges("alerts.chart:1") == "It comes below. It is logged."
    assert await boss.forges("alerts.chart:99") == "That button is not for you."


async def test_who_may_not_read_it_any_more_when_the_file_is_made_gets_none(world: World) -> None:
    await closed(world)
    reader = world.primary.person
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        parameters = {"case": str(case.id), "reader": str(reader.id)}
        assert papers.chart(work, parameters).data.startswith(b"%PDF")
        staff = work.session.get(type(reader), reader.id)
        assert staff is not None
        staff.role = Role.OPERATOR  # they held the case, but read no words any more
        with pytest.raises(LookupError):
            papers.chart(work, parameters)
        staff.role, staff.removed_at = Role.COUNSELOR, work.now
        with pytest.raises(LookupError):
            papers.chart(work, parameters)


async def test_words_cannot_break_the_layout_nor_run_in_it(world: World) -> None:
    await closed(world, NASTY)
    _found, data = collected(world)
    said = section(data, "Words as written")[0][2]
    assert said == NASTY
    made = documents.pdf(content().folders, "chart", data)
    assert made.startswith(b"%PDF")


async def test_long_words_flow_to_more_pages(world: World) -> None:
    ana = await closed(world)
    _found, data = collected(world)
    assert pages(documents.pdf(content().folders, "chart", data)) == 1
    rows = section(data, "Words as written")
    rows += [["2026-03-03 10:00:00", "Patient", "I cannot go on like this. " * 150]] * 6
    assert pages(documents.pdf(content().folders, "chart", data)) > 1
    assert ana.case is not None


def test_what_a_printer_cannot_show_is_named() -> None:
    assert documents.printable("😢 \U0001f468\u200d\U0001f469 👍🏽 🇺🇸") == "[crying face] [man][woman] [thumbs up sign] US"
    assert documents.printable("a\u202eb\x00c\td\ne") == "a[U+202E]b[U+0000]c d\ne"
    assert documents.printable("\U0001d54e\U0001d556 \uff2f\uff2b 1º x²") == "We OK 1º x²"
    assert documents.printable("¿Qué? ñ é مرحبا 你好") == "¿Qué? ñ é مرحبا 你好"
    assert "\u200b" in documents.printable("x" * 60)
    assert documents.printable("x" * 60).replace("\u200b", "") == "x" * 60


def test_every_act_that_the_log_can_hold_about_a_case_has_words() -> None:
    named = set()
    for file in Path(bot.__file__).parent.rglob("*.py"):
        named |= set(re.findall(r'audit\.record\(\s*(?:turn\.)?work,\s*"(case\.[a-z_]+)"', file.read_text(encoding="utf-8")))
    words = content().documents["chart"]["words"]
    assert "case.opened" in named
    assert sorted(one for one in named - {"case.phoned"} if one not in words) == []
    assert {"case.phoned.yes", "case.phoned.no", *(f"case.{kind}_added" for kind in EntryKind)} <= set(words)


@pytest.mark.parametrize(("country", "expected"), [("US", "us-letter"), ("MX", "us-letter"), ("ES", "a4"), ("GB", "a4"), ("", "a4")])
def test_the_paper_is_the_country_s(country: str, expected: str) -> None:
    assert documents.paper(country) == expected


async def test_a_spanish_reader_gets_it_in_spanish(world: World) -> None:
    await closed(world)
    found, _data = collected(world)
    with world.work() as work:
        case = work.session.exec(select(Case)).one()
        reader = found.closed_by
        assert reader is not None
        reader.language = "es"
        data = papers.Paper(work, reader).chart(chart.collect(work, case))
    assert data["title"] == "Caso 1"
    assert ["Riesgo", "Medio"] in section(data, "Evaluación al cerrar")
    assert io.BytesIO(documents.pdf(content().folders, "chart", data)).read(4) == b"%PDF"
