"""The papers about a case: recipes for the sender, which makes them outside the writer just before they go out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bot import people
from bot.content import documents
from bot.escalation import chart as charts
from bot.escalation import record, resolution, store
from bot.escalation.chart import Chart, Event, Paged, Said, Screened, Way
from bot.escalation.record import Entry, EntryKind
from bot.models import Case, Person
from bot.ports import Attachment
from bot.work import Work

_PHONED = "case.phoned"
_PLACE = re.compile(r"\{(\w+)\}")


def chart(work: Work, parameters: Mapping[str, Any]) -> Attachment:
    """The recipe `chart`: `case` and `reader` are ids.

    Raises:
        LookupError: the case is gone, or the reader may not read it (any more).
    """
    case, reader = _asked(work, parameters)
    data = Paper(work, reader).chart(charts.collect(work, case))
    return Attachment(f"case-{case.number}.pdf", documents.pdf(work.content.folders, "chart", data), "application/pdf")


def disclosure(work: Work, parameters: Mapping[str, Any]) -> Attachment:
    """The recipe `disclosure`: `case`, `reader` and `entry` are ids.

    Raises:
        LookupError: one is gone, or the reader may not read it (any more).
    """
    case, reader = _asked(work, parameters)
    wanted = UUID(str(parameters["entry"]))
    found = next((one for one in record.entries(work, case) if one.id == wanted and one.kind is EntryKind.DISCLOSURE), None)
    if found is None:
        raise LookupError("no such entry")
    data = Paper(work, reader).disclosure(case, found)
    return Attachment(f"case-{case.number}-form.pdf", documents.pdf(work.content.folders, "disclosure", data), "application/pdf")


def _asked(work: Work, parameters: Mapping[str, Any]) -> tuple[Case, Person]:
    case = work.session.get(Case, UUID(str(parameters["case"])))
    reader = people.get(work.session, UUID(str(parameters["reader"])))
    if case is None or not store.may_see_words(reader) or not store.concerns(work, case, reader):
        raise LookupError("not for this reader")
    return case, reader


class Paper:
    """Data as a layout needs them: texts in the reader's language, times of the clinic's wall."""

    def __init__(self, work: Work, reader: Person) -> None:
        self._work, self._reader, self._lang = work, reader, reader.language
        self._zone = work.settings.timezone
        self._all: Mapping[str, Any] = work.content.documents["chart"]["words"]

    def chart(self, found: Chart) -> dict[str, Any]:
        """The chart's data for `documents/chart.typ`."""
        sections = [
            self._table("why", ("time", "source", "judged", "rules*", "versions"), [self._screened(one) for one in found.screened]),
            self._table("said", ("time", "who", "words*"), [self._said(one) for one in found.said]),
            self._table("paged", ("time", "to", "reason", "delivered", "pressed", "ways*"), [self._paged(one) for one in found.paged]),
            self._table("events", ("time", "who", "event*"), [self._event(one) for one in found.events]),
            {"kind": "pairs", "title": self._word("resolution"), "rows": self._resolution(found.resolution)},
            self._table("late", ("time", "who", "entry*"), [self._late(one) for one in found.entries if one.kind is EntryKind.LATE]),
            self._table(
                "disclosures", ("time", "who", "told*"), [self._told(one) for one in found.entries if one.kind is EntryKind.DISCLOSURE]
            ),
        ]
        title = self._word("title", number=found.case.number)
        return {**self._frame(title), "facts": self._facts(found), "sections": [one for one in sections if one["rows"]]}

    def disclosure(self, case: Case, entry: Entry) -> dict[str, Any]:
        """A disclosure's data for `documents/disclosure.typ`."""
        patient = people.get(self._work.session, case.person_id)
        facts = [
            [self._word("patient"), self._name(patient)],
            *self._disclosed(entry),
            [self._word("discloser"), self._name(entry.author)],
            [self._word("written"), self._time(entry.at)],
            [self._word("case_number"), str(case.number)],
        ]
        signatures = [self._word("signature"), self._word("signature_date")]
        frame = self._frame(self._word("disclosure_title"))
        return {**frame, "intro": self._word("disclosure_intro"), "facts": facts, "signatures": signatures}

    def _frame(self, title: str) -> dict[str, Any]:
        settings = self._work.settings
        made = self._word("made", at=self._time(self._work.now), name=self._name(self._reader))
        notice = self._word("notice") if settings.country == "US" else ""
        return {
            "title": title,
            "author": settings.clinic_name,
            "clinic": settings.clinic_name,
            "lang": self._lang,
            "paper": documents.paper(settings.country),
            "notice": notice,
            "made": made,
        }

    def _facts(self, found: Chart) -> list[list[str]]:
        case = found.case
        facts = [
            ("patient", f"{self._name(found.patient)} (#{found.patient.number})"),
            ("level", f"{self._value(case.level)}, {self._value(case.category)}"),
            ("opened", self._time(case.opened_at)),
            ("answered", self._since(case, found.answer_at)),
            ("acknowledged", self._since(case, found.acknowledged_at)),
            ("word", self._since(case, case.word_at)),
            ("promise", self._promise(found)),
            ("closed", self._closed(found)),
            ("zone", self._zone),
        ]
        if found.before is not None and found.before.closed_at is not None:
            at = self._time(found.before.closed_at)
            facts.append(("before", self._word("before_value", number=found.before.number, at=at)))
        facts += [(key, self._value(answer)) for key, answer in (("helped", case.helped), ("soon", case.helped_soon)) if answer]
        return [[self._word(key), value] for key, value in facts]

    def _promise(self, found: Chart) -> str:
        if found.broken:
            return self._word("promise_broken", times=", ".join(self._time(at) for at in found.broken))
        return self._word("promise_none" if found.acknowledged_at is None else "promise_kept" if found.case.word_at else "none")

    def _closed(self, found: Chart) -> str:
        if found.case.closed_at is None:
            return self._word("still_open")
        return self._word("closed_by", at=self._time(found.case.closed_at), name=self._name(found.closed_by))

    def _since(self, case: Case, at: datetime | None) -> str:
        if at is None:
            return self._word("none")
        return self._word("after", at=self._time(at), minutes=int((at - case.opened_at).total_seconds() // 60))

    def _screened(self, one: Screened) -> list[str]:
        found = ", ".join([*one.rules, *(f"“{words}”" for words in one.matched)])
        judged = f"{self._value(one.level)}, {self._value(one.category)}"
        return [self._time(one.at), self._value(one.source), judged, found, f"{one.lexicon} / {one.content}"]

    def _said(self, one: Said) -> list[str]:
        marks = []
        if one.edited_at is not None:
            marks.append(self._word("edited", at=self._time(one.edited_at)))
        if one.failure:
            marks.append(self._word("not_arrived", why=self._value(one.failure)))
        elif one.who is not None:
            marks.append(self._word("arrived", at=self._time(one.arrived_at)) if one.arrived_at else self._word("waits"))
        text = f"{one.text} ({', '.join(marks)})" if marks else one.text
        return [self._time(one.at), self._name(one.who) if one.who is not None else self._word("patient_words"), text]

    def _paged(self, one: Paged) -> list[str]:
        delivered = self._word("queued", at=self._time(one.at))
        if one.sent_at is not None:
            delivered = self._time(one.sent_at)
        elif one.failed_at is not None:
            delivered = self._word("failed", at=self._time(one.failed_at), why=self._value(one.failure))
        pressed = self._time(one.pressed_at) if one.pressed_at is not None else "-"
        ways = "; ".join(self._way(way) for way in one.ways) or "-"
        return [self._time(one.at), self._name(one.staff), self._value(one.reason, step=one.step + 1), delivered, pressed, ways]

    def _way(self, way: Way) -> str:
        state = f"{way.kind} {self._value(way.state)} {self._time(way.at)}"
        return f"{state} ({self._value(way.failure)})" if way.failure else state

    def _event(self, one: Event) -> list[str]:
        key = one.action
        if key == _PHONED:
            key = f"{_PHONED}.{'yes' if one.details.get('reached') else 'no'}"
        values = {name: self._value(str(value)) for name, value in one.details.items()}
        return [self._time(one.at), self._name(one.actor) if one.actor is not None else self._word("bot"), self._word(key, **values)]

    def _resolution(self, answers: Mapping[str, Any]) -> list[list[str]]:
        shown = resolution.lines(self._work.content.texts, self._lang, self._zone, answers)
        return [[name, value] for _question, name, value in shown]

    def _late(self, one: Entry) -> list[str]:
        return [self._time(one.at), self._name(one.author), str(one.body.get("text", ""))]

    def _told(self, one: Entry) -> list[str]:
        return [self._time(one.at), self._name(one.author), "; ".join(f"{name}: {value}" for name, value in self._disclosed(one))]

    def _disclosed(self, one: Entry) -> list[list[str]]:
        found = record.disclosure_lines(self._work.content.texts, self._lang, self._zone, one.body)
        return [[name, value] for name, value in found]

    def _table(self, title: str, columns: Sequence[str], rows: list[list[str]]) -> dict[str, Any]:
        """A section; `*` marks the column that takes the room that is left."""
        named = [{"name": self._word(column.rstrip("*")), "wide": column.endswith("*")} for column in columns]
        return {"kind": "table", "title": self._word(title), "columns": named, "rows": rows}

    def _name(self, person: Person | None) -> str:
        found = people.name_of(self._work, person) if person is not None else ""
        return found or (f"#{person.number}" if person is not None else self._word("unknown"))

    def _time(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self._zone)).strftime("%Y-%m-%d %H:%M:%S")

    def _value(self, value: str, **values: Any) -> str:
        return self._word(f"={value}", **values).removeprefix("=")

    def _word(self, key: str, **values: Any) -> str:
        """The words for a key; the key itself where the content has none. Values stand in them as they are."""
        pair = self._all.get(key)
        text = str(pair[self._lang]) if pair is not None else key
        return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), text)
