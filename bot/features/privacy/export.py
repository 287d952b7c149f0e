"""Everything that is stored about a person, for the person: as data, as JSON and as a text to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel, col, select

from bot import people
from bot.models import (
    Alert,
    Audit,
    Case,
    Checkin,
    Consent,
    Due,
    DueState,
    EmergencyCard,
    ExerciseAnswer,
    Leave,
    LessonProgress,
    MeetingBrowse,
    MeetingFavourite,
    MeetingPick,
    MeetingVisit,
    Outbox,
    Person,
    PlanItem,
    QuizAnswer,
    RelayMessage,
    SessionMember,
    SessionNews,
    SessionNotice,
    SessionRequest,
    SessionSeat,
    Sos,
    StatusChange,
    TeamMessage,
    Timer,
    ToolEntry,
    VisitorAsk,
    sealed_at,
)
from bot.outbox import opened
from bot.ports import Attachment
from bot.work import Work

_INDENT = "  "

# Tables whose rows are the person's own, by section of the file; sealed columns are opened.
OWN: Mapping[str, tuple[type[SQLModel], tuple[str, ...], tuple[str, ...]]] = {
    "checkins": (
        Checkin,
        (
            "local_date",
            "started_at",
            "counted_at",
            "finished_at",
            "craving",
            "within_reach",
            "used",
            "safety",
            "mood",
            "sleep_hours",
            "medication",
            "halt",
        ),
        ("note",),
    ),
    "lessons": (LessonProgress, ("module_id", "lesson_id", "stage", "position", "started_at", "updated_at", "done_at"), ()),
    "exercises": (ExerciseAnswer, ("lesson_id", "step_key", "at"), ("answer",)),
    "plan": (PlanItem, ("kind", "lesson_id", "step_key", "created_at", "removed_at"), ("text",)),
    "quizzes": (QuizAnswer, ("lesson_id", "item_key", "option_key", "right", "at"), ()),
    "tools": (Timer, ("script", "started_at", "ended_at", "end", "before", "after"), ()),
    "notes": (ToolEntry, ("tool_id", "started_at", "done_at", "went"), ("answers",)),
    "meetings": (
        MeetingPick,
        ("name", "key", "weekday", "mode", "leads", "local_date", "wall", "timezone", "created_at", "cancelled_at"),
        ("ride",),
    ),
    "favourites": (MeetingFavourite, ("name", "key", "home", "created_at"), ()),
    "visits": (MeetingVisit, ("key", "weekday", "local_date", "start_at", "going_at", "went_at", "not_at", "how"), ()),
    "meeting_search": (MeetingBrowse, ("used_at",), ("search",)),
    "sessions": (
        SessionSeat,
        ("start_at", "minutes", "kind", "reply", "replied_at", "why", "attendance", "marked_at"),
        ("note", "guests"),
    ),
    "session_requests": (
        SessionRequest,
        ("local_date", "kind", "wish_date", "wish_wall", "state", "asked_at", "offer_date", "offer_wall", "answered_at"),
        ("note", "answer"),
    ),
    "session_places": (SessionMember, ("from_date", "until_date", "added_at"), ()),
    "sos": (Sos, ("started_at", "choice", "chosen_at", "mistake_at"), ()),
    "statuses": (StatusChange, ("status", "until_date", "asked_at", "confirmed_at", "refused_at", "undone_at"), ()),
    "cases": (Case, ("number", "level", "category", "opened_at", "acknowledged_at", "word_at", "closed_at", "outcome"), ()),
}
_SEALED_JSON = frozenset({("exercise_answer", "answer"), ("tool_entry", "answers"), ("meeting_browse", "search")})


def collect(work: Work, person: Person) -> dict[str, Any]:
    """All of it as JSON-able data: sections by name, times in ISO 8601 (UTC)."""
    found: dict[str, Any] = {
        "made_at": work.now,
        "person": _person(work, person),
        "consents": [_consent(work, row) for row in _rows(work, Consent, person)],
    }
    for section, (table, columns, sealed) in OWN.items():
        found[section] = [_own(work, row, columns, sealed) for row in _rows(work, table, person)]
    found["reminders"] = [
        {"kind": row.kind, "due_at": row.due_at}
        for row in _rows(work, Due, person)
        if row.state is DueState.WAITING and row.case_id is None
    ]
    found["alerts"] = [_alert(work, row) for row in _rows(work, Alert, person)]
    found["alerts"] += [_visitor_ask(work, row) for row in _rows(work, VisitorAsk, person)]
    found["emergency_card"] = list(_card(work, person))
    found["session_news"] = list(_session_news(work, person))
    found["words_with_team"] = [*_relay(work, person), *_team(work, person)]
    found["session_points"] = list(_points(work, person))
    found["leave"] = list(_leave(work, person))
    found["messages_from_bot"] = list(_sent(work, person))
    found["log"] = [
        {"at": row.at, "action": row.action, "actor": "you" if row.actor_id == person.id else row.actor}
        for row in _rows(work, Audit, person)
    ]
    plain: dict[str, Any] = json.loads(json.dumps(found, default=_plain))
    return plain


def document(work: Work, parameters: Mapping[str, Any]) -> Attachment:
    """The recipe `export`: `person` is the person's id, `form` is `text` or `json`.

    Raises:
        LookupError: there is no such person any more.
    """
    person = people.get(work.session, UUID(str(parameters["person"])))
    if person.chat_id is None:
        raise LookupError("this person was erased")
    data = collect(work, person)
    name = _words(work, "file", person.language)
    if parameters["form"] == "json":
        return Attachment(f"{name}.json", json.dumps(data, ensure_ascii=False, indent=2).encode(), "application/json")
    # The mark before the first letter tells simple viewers that this is UTF-8.
    return Attachment(f"{name}.txt", readable(work, data, person.language, person.zone).encode("utf-8-sig"), "text/plain")


def readable(work: Work, data: Mapping[str, Any], lang: str, zone: str) -> str:
    """The data of `collect` as a text: sections with headings, one line a value, times of the person's own zone."""
    lines = [_words(work, "title", lang), f"{_words(work, 'made_at', lang)}: {_shown(work, data['made_at'], lang, zone)}"]
    for section, content in data.items():
        if section == "made_at":
            continue
        entries = [content] if isinstance(content, dict) else content
        lines += ["", f"== {_words(work, section, lang)} ==", ""]
        if not entries:
            lines.append(_words(work, "nothing", lang))
        for number, entry in enumerate(entries):
            if number and len(entry) > 1:
                lines.append("")
            lines += list(_entry(work, entry, lang, zone))
    return "\n".join(lines) + "\n"


def _rows(work: Work, table: type[Any], person: Person) -> list[Any]:
    statement = select(table).where(col(table.person_id) == person.id)
    key = next(iter(table.__table__.primary_key.columns))
    return list(work.session.exec(statement.order_by(key)).all())


def _person(work: Work, person: Person) -> dict[str, Any]:
    columns = (
        "number",
        "role",
        "language",
        "country",
        "zone",
        "status",
        "created_at",
        "enrolled_at",
        "last_seen_at",
        "checkin_at",
        "quiet_from",
        "quiet_until",
        "paused_until",
        "show_previews",
        "reminders_off",
    )
    found = {"name": people.name_of(work, person), "chat_id": person.chat_id, **{name: getattr(person, name) for name in columns}}
    patient = people.patient_of(work.session, person.id)
    if patient is not None:
        found |= {name: getattr(patient, name) for name in ("track", "track_at", "plan_hours", "started_on", "pace_weeks", "lesson_at")}
        if patient.phone is not None:
            found["phone"] = work.vault.open(patient.phone, sealed_at("patient", "phone", person.id))
    return found


def _consent(work: Work, row: Consent) -> dict[str, Any]:
    texts = work.content.consent.versions.get(row.version)
    agreed = [f"{screen.title[row.language]}: {screen.text[row.language]}" for screen in texts.screens] if texts is not None else []
    return {"version": row.version, "language": row.language, "given_at": row.given_at, "revoked_at": row.revoked_at, "agreed_to": agreed}


def _own(work: Work, row: Any, columns: tuple[str, ...], sealed: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in columns}
    for name in sealed:
        value = getattr(row, name)
        if value is not None:
            where = sealed_at(row.__tablename__, name, row.id)
            found[name] = work.vault.open_json(value, where) if (row.__tablename__, name) in _SEALED_JSON else work.vault.open(value, where)
    return found


def _alert(work: Work, row: Alert) -> dict[str, Any]:
    evidence = work.vault.open_json(row.evidence, sealed_at("alert", "evidence", row.id)) if row.evidence else {}
    return {"at": row.at, "source": row.source, "level": row.level, "category": row.category, "words": evidence.get("texts", [])}


def _visitor_ask(work: Work, row: VisitorAsk) -> dict[str, Any]:
    evidence = work.vault.open_json(row.evidence, sealed_at("visitor_ask", "evidence", row.id)) if row.evidence else {}
    return {"at": row.asked_at, "level": row.level, "category": row.category, "words": evidence.get("texts", [])}


def _relay(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    statement = select(RelayMessage).join(Case, col(Case.id) == col(RelayMessage.case_id)).where(col(Case.person_id) == person.id)
    for row in work.session.exec(statement.order_by(col(RelayMessage.id))):
        body = work.vault.open(row.body, sealed_at("relay_message", "body", row.id)) if row.body else ""
        yield {"at": row.at, "from": "team" if row.to_patient else "you", "words": body}


def _card(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    row = work.session.get(EmergencyCard, person.id)
    if row is not None:
        sealed = {name: getattr(row, name) for name in ("address", "contact_name", "contact_phone")}
        yield {
            **{name: work.vault.open(value, sealed_at("emergency_card", name, person.id)) for name, value in sealed.items() if value},
            "may_tell": row.may_tell,
            "agreed_at": row.consent_at,
            "revoked_at": row.revoked_at,
        }


def _session_news(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    statement = select(SessionNotice, SessionNews).join(SessionNews, col(SessionNews.id) == col(SessionNotice.news_id))
    for row, news in work.session.exec(statement.where(col(SessionNotice.person_id) == person.id).order_by(col(SessionNotice.id))):
        yield {"what": news.kind, "local_date": news.local_date, "told_at": row.told_at, "opened_at": row.opened_at}


def _team(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    for row in _rows(work, TeamMessage, person):
        if row.kind == "message":
            yield {"at": row.at, "from": "you" if row.author_id == person.id else "team", "words": _body(work, row)}


def _points(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    for row in _rows(work, TeamMessage, person):
        if row.kind == "session":
            yield {"at": row.at, "words": _body(work, row), "done_at": row.answered_at}


def _body(work: Work, row: TeamMessage) -> str:
    return work.vault.open(row.body, sealed_at("team_message", "body", row.id)) if row.body else ""


def _leave(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    for row in work.session.exec(select(Leave).where(col(Leave.staff_id) == person.id).order_by(col(Leave.id))):
        yield {"from_date": row.from_date, "until_date": row.until_date, "cancelled_at": row.cancelled_at}


def _sent(work: Work, person: Person) -> Iterator[dict[str, Any]]:
    statement = select(Outbox).where(col(Outbox.person_id) == person.id, col(Outbox.kind) == "text").order_by(col(Outbox.id))
    for row in work.session.exec(statement):
        message = opened(work, row)
        if message is not None and row.sent_at is not None:
            yield {"at": row.sent_at, "words": message.text}


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _words(work: Work, key: str, lang: str) -> str:
    words = work.content.documents["export"]["words"].get(key)
    return str(words[lang]) if words is not None else key


def _entry(work: Work, entry: Mapping[str, Any], lang: str, zone: str) -> Iterator[str]:
    for name, value in entry.items():
        if value is None or value in ("", []):
            continue
        label = _words(work, name, lang)
        if isinstance(value, list):
            yield f"{label}:"
            yield from (f"{_INDENT}- {_shown(work, item, lang, zone)}" for item in value)
        else:
            yield f"{label}: {_shown(work, value, lang, zone)}"


def _shown(work: Work, value: Any, lang: str, zone: str) -> str:
    if isinstance(value, bool):
        return _words(work, "true" if value else "false", lang)
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
        try:
            return datetime.fromisoformat(value).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
        except ValueError:
            return value
    if isinstance(value, str):
        return _words(work, f"={value}", lang).removeprefix("=")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
