"""The demo's clinic: invented people with two weeks behind them, and meeting lists of our own making."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bot import cards, due, menu, outbox, people, rhythm
from bot.demo import programme
from bot.demo.botapi.core import BotApi
from bot.features.meetings import importing
from bot.models import Checkin, LessonProgress, Patient, Person, Role, Shift
from bot.outbox import Post
from bot.services import Services
from bot.work import Work

HISTORY_DAYS = 14
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Cast:
    """One person of the demo. `cravings` and `moods` are a day each, oldest first, None for a day without a check-in."""

    user_id: int
    name: str
    role: Role
    language: str = "en"
    zone: str = "America/New_York"
    checkin_at: str = "18:00"
    cravings: tuple[int | None, ...] = ()
    moods: tuple[int | None, ...] = ()
    lessons_done: int = 0
    card: cards.Card | None = None  # numbers of the kind that no telephone has


PEOPLE = (
    Cast(
        4101,
        "Maya Brooks",
        Role.PATIENT,
        cravings=(7, 6, 6, 8, 5, 5, None, 4, 6, 5, 4, 4, 3, 4),
        moods=(3, 4, 4, 2, 5, 5, None, 6, 5, 6, 6, 5, 7, 6),
        lessons_done=2,
        card=cards.Card("+1 212 555 0134", "14 Alder Street, apartment 3", "Ruth, my sister", "+1 212 555 0178", ("in_danger", "where")),
    ),
    Cast(
        4102,
        "Tomás Rivera",
        Role.PATIENT,
        language="es",
        checkin_at="19:30",
        cravings=(4, 5, 3, 3, 4, 2, 3, 3, None, None, 5, 6, 4, 3),
        moods=(5, 5, 6, 6, 6, 7, 6, 7, None, None, 4, 4, 5, 6),
        lessons_done=3,
        card=cards.Card("+1 646 555 0112"),
    ),
    Cast(
        4103,
        "June Park",
        Role.PATIENT,
        checkin_at="08:30",
        cravings=(2, 2, 3, 1, 2, 2, 1, 2, 6, 7, 7, 6, 5, 5),
        moods=(7, 7, 6, 8, 7, 7, 8, 7, 4, 3, 3, 4, 4, 5),
        lessons_done=4,
    ),
    Cast(4201, "Dana Reyes", Role.COUNSELOR),
    Cast(4202, "Luis Ortega", Role.COUNSELOR, language="es"),
    Cast(4203, "Priya Shah", Role.SUPERVISOR),
    Cast(4204, "Ed Novak", Role.OPERATOR),
)
VISITOR = (4301, "Sam")
DRILL_ROOM = (4290, "Drills")  # the chat that drills are shown in


def put_phones(api: BotApi) -> None:
    """Give everyone a phone in the simulator; they tapped Start long ago, the visitor never did."""
    for one in PEOPLE:
        first, _, last = one.name.partition(" ")
        user = api.user(one.user_id, first, last_name=last, language_code=one.language)
        user.started = True
        user.role_label = one.role.value
    room = api.user(DRILL_ROOM[0], DRILL_ROOM[1], language_code="en")
    room.started = True
    room.role_label = "drills"
    visitor = api.user(VISITOR[0], VISITOR[1], language_code="en")
    visitor.role_label = "visitor"


def seed(work: Work) -> None:
    """Fill an empty database: staff and rota, patients with two weeks of check-ins and lessons."""
    found = {one.user_id: _add(work, one) for one in PEOPLE}
    owner = found[4201]
    for one in PEOPLE:
        if one.role is Role.PATIENT:
            _history(work, one, found[one.user_id], owner.id)
    programme.seed(work, [found[one.user_id] for one in PEOPLE if one.role is Role.PATIENT], owner)
    start = work.now - timedelta(days=HISTORY_DAYS)
    for position, user_id in (("primary", 4201), ("backup", 4202)):
        work.session.add(Shift(position=position, staff_id=found[user_id].id, start_at=start, created_at=start))


def _add(work: Work, one: Cast) -> Person:
    person = people.add(work, one.role, chat_id=one.user_id, language=one.language, name=one.name)
    person.zone, person.telegram_language = one.zone, one.language
    person.created_at = person.enrolled_at = work.now - timedelta(days=HISTORY_DAYS)
    person.last_seen_at = work.now - timedelta(hours=18)
    if one.role is Role.PATIENT:
        person.checkin_at = one.checkin_at
    return person


def _history(work: Work, one: Cast, person: Person, owner_id: UUID) -> None:
    today = due.local_date(work.now, person.zone)
    rhythm.plan_checkin(work, person)
    work.session.add(Patient(person_id=person.id, owner_id=owner_id, track="evening", started_on=today - timedelta(days=HISTORY_DAYS)))
    work.session.flush()
    _card(work, person, one.card)
    for ago, (craving, mood) in enumerate(zip(reversed(one.cravings), reversed(one.moods), strict=True), start=1):
        if craving is not None:
            work.session.add(_checkin(person, today - timedelta(days=ago), craving, mood or 5))
    lessons = [lesson for module in work.content.modules for lesson in module.lessons]
    for number, lesson in enumerate(lessons[: one.lessons_done]):
        at = work.now - timedelta(days=HISTORY_DAYS - 2 * number)
        work.session.add(
            LessonProgress(
                person_id=person.id,
                module_id=lesson.module_id,
                lesson_id=lesson.id,
                stage="done",
                started_at=at,
                updated_at=at,
                done_at=at,
                content_version=work.content.version,
            )
        )


def _card(work: Work, person: Person, card: cards.Card | None) -> None:
    if card is None:
        return
    if card.phone:
        cards.set_phone(work, person, card.phone)
    if card.address:
        cards.set_address(work, person, card.address)
    if card.contact_name:
        cards.agree(work, person, card.contact_name, card.contact_phone, card.may_tell)


def _checkin(person: Person, day: date, craving: int, mood: int) -> Checkin:
    at: datetime = due.instant_of(day, due.parse_wall(person.checkin_at or "18:00"), person.zone)
    return Checkin(
        person_id=person.id,
        local_date=day,
        started_at=at,
        counted_at=at,
        finished_at=at + timedelta(minutes=1),
        craving=craving,
        used="no",
        safety="no",
        mood=mood,
        sleep_hours=6.0 + (mood % 3) * 0.5,
        medication="none",
    )


def welcome(work: Work) -> None:
    """Each person of the cast finds the keyboard or a word of welcome in their chat, as after an enrolment."""
    for one in PEOPLE:
        person = people.by_chat(work.session, one.user_id)
        if person is None:
            continue
        if one.role is Role.PATIENT:
            outbox.say(work, person, "menu/menu", post=Post(reply_keys=menu.KEYBOARD, silent=True))
        else:
            outbox.say(work, person, "menu/staff", post=Post(silent=True))


async def import_meetings(services: Services) -> None:
    """The demo's own lists, AA and NA."""

    def step(unit: Callable[[Work], None]) -> None:
        with services.database.transaction() as session:
            unit(services.work(session))

    for file, fellowship in (("meetings.json", "aa"), ("meetings-na.json", "na")):
        data = (DATA / file).read_bytes()
        zone = "America/New_York"
        await asyncio.to_thread(importing.run, importing.Unit(step), services.content, data, fellowship=fellowship, source=file, zone=zone)
