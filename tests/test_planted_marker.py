"""A word is planted in everything that people write; it must stand in no log, no output and nowhere readable in the database."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from sqlmodel import col, select

from bot import invitations, people
from bot.features.privacy import store as privacy
from bot.models import Alert, Counter, Person, Role
from bot.routing import Command
from bot.turn import Turn
from tests import test_logs
from tests.world import Phone, World

stream = test_logs.stream  # what is logged at the finest level

MARKER = "Xyzzyquux"  # a word as a name may be one
CRISIS = f"I want to kill myself {MARKER}"


def traces(text: str) -> list[bytes]:
    """How a text may stand in a file: as it is, in capitals, in small letters, in two bytes a letter, in base64 at each offset."""
    forms = {text.encode(), text.lower().encode(), text.upper().encode(), text.encode("utf-16-le"), text.encode("utf-16-be")}
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + text.encode())
        forms.add(whole[4 if offset else 0 : -4])
    return sorted(forms)


def readable(folder: Path) -> list[str]:
    """The files of the database in which the marker can be read, with what stands around it."""
    found = []
    for file in folder.glob("waymark.db*"):
        data = file.read_bytes()
        for form in traces(MARKER):
            place = data.find(form)
            if place >= 0:
                found.append(f"{file.name}: {data[max(0, place - 80) : place + 40]!r}")
    return found


@contextmanager
def nothing_shows(world: World, stream: io.StringIO, folder: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """After the block the marker stands nowhere."""
    yield
    world.app.services.database.engine.dispose()  # what stands in the journal goes to the file; both are looked at
    assert MARKER.lower() not in stream.getvalue().lower()
    assert MARKER.lower() not in "".join(capfd.readouterr()).lower()
    assert readable(folder) == []


async def everything(world: World, phone: Phone, commands: list[str]) -> None:
    """Go into every command; write the marker at every question and tap every first button, a while."""
    for command in commands:
        await phone.says(f"/{command} {MARKER}")
        for step in range(6):
            labels = phone.last.labels if phone.all else []
            if step % 2 and labels:
                await phone.taps(labels[step % len(labels)])
            else:
                await phone.says(f"{MARKER} {step}")


async def media(phone: Phone) -> None:
    """All that is no plain text and carries words all the same."""
    await phone.sends("photo", b"\xff\xd8", f"look {MARKER}")
    await phone.sends("document", b"%PDF", f"{MARKER}.pdf", f"my {MARKER}")
    await phone.sends("contact", "+12125550100", MARKER)
    await phone.sends("sticker", "🙂")
    await phone.shares_location(40.7, -74.0)


async def test_a_stranger_s_words(world: World, stream: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with nothing_shows(world, stream, tmp_path, capfd):
        sam = world.stranger(MARKER)
        await sam.starts(MARKER)
        await everything(world, sam, ["start", "help", MARKER, "privacy", "settings"])
        await media(sam)
        await sam.says(CRISIS)
        await sam.taps("Yes")
        await sam.forges(f"invite.confirm:{MARKER}")
        assert world.primary.pages
        await world.primary.taps("Open")
        assert MARKER in world.primary.last.text


async def test_an_enrolment_s_words(world: World, stream: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with world.work() as work:
        code = invitations.create(work, Role.PATIENT, track="evening")
        staff_code = invitations.create(work, Role.COUNSELOR, name=f"Max {MARKER}")
    with nothing_shows(world, stream, tmp_path, capfd):
        ana = world.stranger("Ana")
        await ana.starts(code)
        for label in ("English", "18 or older", *["Next"] * 4, "In working hours", "It stays the same", "I agree"):
            await ana.says(f"{MARKER} {label}")
            await ana.taps(label)
        await ana.says(f"Ana {MARKER}")
        with world.work() as work:
            assert people.conversation_of(work, ana.person).data is not None  # the name, sealed, until the enrolment ends
        max_ = world.stranger("Max")
        await max_.starts(staff_code)
        assert max_.person.role is Role.COUNSELOR


async def test_a_patient_s_words(world: World, stream: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ana = await world.enrol(f"Ana {MARKER}")
    commands = [name for name, command in world.app.routes.commands.items() if Role.PATIENT in command.roles and name != "sos"]
    with nothing_shows(world, stream, tmp_path, capfd):
        await everything(world, ana, commands)
        await media(ana)
        said = await ana.says(f"good morning {MARKER}")
        await ana.edits(said, f"good night {MARKER}")
        await world.passes(hours=30)
        await everything(world, ana, ["checkin", "message"])
        sam = await world.hire("Sam", Role.SUPERVISOR)
        await sam.says("hello")
        await sam.forges(f"messages.thread:{ana.person.number}")
        await sam.taps("Should have paged")
        if sam.last.key == "verdicts/which":
            await sam.taps("1")
        assert sam.last.key == "verdicts/kept"
        with world.work() as work:
            kept = privacy.export_person(work, people.get(work.session, ana.person.id))
        assert MARKER in str(kept)  # it is there, for whoever has the key


async def test_a_crisis_in_words_from_the_first_to_the_last(
    world: World, stream: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ana = await world.enrol(f"Ana {MARKER}")
    dana = world.primary
    with nothing_shows(world, stream, tmp_path, capfd):
        said = await ana.says(CRISIS)
        await ana.edits(said, f"I took 40 pills {MARKER}")
        await world.passes(minutes=5)
        await dana.taps("Acknowledge")
        await dana.taps("Open")
        await dana.taps("Write")
        written = await dana.says(f"I am here {MARKER}")
        await dana.edits(written, f"I am with you {MARKER}")
        await ana.says(f"at home {MARKER}")
        await media(ana)
        assert MARKER in ana.all[-1].text or any(MARKER in seen.text for seen in ana.all)
        await dana.says(f"/patient {MARKER}")
        await everything(world, dana, ["caseload", "alerts", "oncall", "invite"])
        await dana.taps("Resolve")
        for _ in range(10):
            if dana.last.key != "resolve/note":
                await dana.taps(dana.last.labels[0])
        await dana.says(f"note {MARKER}")
        await dana.taps("Close case")
        await world.passes(hours=20)
        with world.work() as work:
            alerts = work.session.exec(select(Alert).where(col(Alert.person_id) == ana.person_id)).all()
            assert any(alert.evidence is not None for alert in alerts)


async def test_what_the_team_notes_about_a_case(
    world: World, stream: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ana, dana = await world.enrol(f"Ana {MARKER}"), world.primary
    with nothing_shows(world, stream, tmp_path, capfd):
        await ana.says(CRISIS)
        await dana.taps("Acknowledge")
        await dana.taps("Resolve")
        for answer in ("High", "Colleague", None, "I warned", None, "Yes, by us", "Just now", "In hospital", "Tomorrow", None):
            await (dana.taps(answer) if answer else dana.says(f"someone {MARKER}"))
        await dana.taps("Close case")
        await ana.says(f"thank you {MARKER}")
        await ana.taps("Send to my team")
        await dana.taps("Disclosure form")
        await dana.says(f"Dr. {MARKER}")
        await dana.says(f"{MARKER} Hospital")
        await dana.taps("Just now")
        await dana.says(f"a fall {MARKER}")
        await dana.says(f"that {MARKER} is in danger")
        await dana.taps("Save")
        assert dana.last.message.document is not None
        await dana.taps("Add to record")
        await dana.says(f"later {MARKER}")
        await dana.taps("Chart PDF")
        assert dana.last.message.document is not None
        await dana.says("/alerts")
        await dana.taps("alerts.task:")
        await dana.taps("Put off")
        await dana.taps("1 day")
        await dana.says(f"she is with {MARKER}")
        await world.passes(hours=30)


async def test_errors_that_hold_the_words(world: World, stream: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A handler that raises with them, a statement that fails with them, a server that refuses the message with them."""

    def fail(turn: Turn) -> None:
        raise RuntimeError(f"cannot understand {words(turn)}")

    def fail_in_the_database(turn: Turn) -> None:
        for _ in range(2):
            turn.session.add(Counter(name=words(turn), value=1))
        turn.session.flush()

    def words(turn: Turn) -> str:
        assert turn.inbound is not None
        assert MARKER in turn.inbound.text
        return turn.inbound.text

    commands = cast(dict[str, Command], world.app.routes.commands)
    commands["fail"] = Command("fail", fail)
    commands["fail_in_the_database"] = Command("fail_in_the_database", fail_in_the_database)
    ana = await world.enrol("Ana")
    with nothing_shows(world, stream, tmp_path, capfd):
        await ana.says(f"/fail {MARKER}")
        await ana.says(f"/fail_in_the_database {MARKER}")
        assert [reply.key for reply in ana.all].count("common/went_wrong") == 2
        for fault in (world.api.faults.http_500, world.api.faults.drop, world.api.faults.accept_then_drop, world.api.faults.no_answer):
            fault("sendMessage", chat_id=ana.user.id)
            await ana.says(f"/help {MARKER}")
            await world.passes(seconds=10)
        world.api.faults.retry_after("sendMessage", seconds=5, chat_id=ana.user.id)
        await ana.says(f"/menu {MARKER}")
        await world.passes(seconds=10)
        await ana.says(CRISIS)
        world.primary.user.block()
        await world.passes(minutes=3)
        world.primary.user.deactivate()
        await world.passes(minutes=10)
        logged = stream.getvalue()
        assert "turn.failed" in logged
        assert "RuntimeError" in logged
        assert "IntegrityError" in logged


def test_a_word_in_clear_would_be_found(tmp_path: Path) -> None:
    """The scan sees what it is there to see."""
    for form in (MARKER.encode(), MARKER.upper().encode(), MARKER.encode("utf-16-le"), base64.b64encode(f"a {MARKER} b".encode())):
        (tmp_path / "waymark.db").write_bytes(b"\0" * 100 + form + b"\0" * 100)
        assert readable(tmp_path)
    (tmp_path / "waymark.db").write_bytes(b"\0" * 1000)
    assert readable(tmp_path) == []
    assert Person.__tablename__ == "person"
