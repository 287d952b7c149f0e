"""Photos, voice, video, stickers, files and places that nobody asked for: never silence, and never lost (SAFETY.md 1)."""

from __future__ import annotations

import html
from datetime import datetime

from bot import menu, people
from bot.errors import NotAllowed
from bot.escalation import answers, countdown, parcels, relay, tasks
from bot.escalation import store as cases
from bot.escalation.parcels import Parcel
from bot.features.sos import flows, rules, store
from bot.inbound import Kind
from bot.models import STAFF, Case, Person, Role
from bot.outbox import Button
from bot.safety.levels import Category, Level
from bot.turn import Turn


def media(turn: Turn) -> None:
    """Never silence: what it cannot do, SOS, and a note for the team. In an open case whoever has it hears of it at once."""
    assert turn.inbound is not None
    work, person, kind = turn.work, turn.person, turn.inbound.kind
    if person.role in STAFF:
        turn.say("common/need_text")
        return
    pressed = countdown.running(work, person)
    if pressed is not None and person.role is not Role.VISITOR:
        flows.page_now(turn, pressed, f"media:{kind}")  # a voice or a place right after SOS is no mistake: it needs a human now
    case = cases.open_case(turn.session, person.id)
    if case is not None:
        _pass_on(turn, case, kind)
        return
    rows = [[Button("crisis/sos", "crisis.sos")]]
    by: datetime | None = None
    recent = store.recent_case(work, person, rules.MEDIA_PAGES) if person.role is not Role.VISITOR else None
    if recent is not None:
        danger = rules.Danger(Level(recent.level), Category(recent.category), "talk")
        case = flows.raise_for(turn, danger, f"media:{kind}", source="media", reply=False)
        _keep_for_team(turn, case)
    elif person.role is not Role.VISITOR:
        by = tasks.once(work, person, "media").due_at
        rows.append([Button("crisis/send_to_team", "crisis.media")])
    # An album is many updates of one moment: one answer.
    once = f"media:{person.id}:{turn.now:%Y-%m-%dT%H:%M}"
    answers.say(work, person, case, "crisis/media", rows, dedup_key=once, how=rules.sense(kind), paging=case is not None, by=by)


def _keep_for_team(turn: Turn, case: Case | None) -> None:
    """What opened a case comes with Open: a human can listen to it, or see it."""
    inbound = turn.inbound
    parcel = parcels.of(inbound) if inbound is not None else None
    if inbound is not None and parcel is not None and case is not None:
        relay.to_team(turn.work, case, turn.person, parcel, chat_id=inbound.chat_id, message_id=inbound.message_id)


def _pass_on(turn: Turn, case: Case, kind: Kind) -> None:
    """A photo, voice message, place or file goes to whoever has the case; of anything else they hear that it was sent."""
    inbound = turn.inbound
    assert inbound is not None
    work, person = turn.work, turn.person
    parcel = parcels.of(inbound)
    if parcel is None:
        values = {"zone": work.settings.timezone, "lines": work.content.lines_for(person.country).view("en"), "kind": kind}
        note = Parcel(text=html.unescape(work.content.texts.render("crisis/media_note", work.settings.language, values)))
        if inbound.text:
            note = Parcel(text=f"{note.text} {inbound.text}")
    kept = relay.to_team(work, case, person, parcel or note, chat_id=inbound.chat_id, message_id=inbound.message_id)
    holder = people.get(turn.session, kept.recipient_id) if kept.recipient_id is not None else None
    name = answers.first_name(people.name_of(work, holder)) if holder is not None else ""
    what = parcel.kind if parcel is not None else ""
    once = f"media:{case.id}:{turn.now:%Y-%m-%dT%H:%M}:{what or 'note'}"
    rows = _keyboard(person) if what == "location" else None
    answers.say(work, person, case, "crisis/media_case", dedup_key=once, reply_keys=rows, what=what, name=name)


def _keyboard(person: Person) -> answers.Keyboard | None:
    """What stands below the text field once the place was sent."""
    if person.role is Role.PATIENT:
        return menu.KEYBOARD if person.enrolled_at is not None else None
    return None if person.role in STAFF else ()


def on_media(turn: Turn) -> None:
    """[Send to my team]: the note is kept already; now it is known that the person wants it seen, and they hear when."""
    if turn.person.role in STAFF or turn.person.role is Role.VISITOR:
        raise NotAllowed
    task = store.open_task(turn.work, turn.person, "media") or tasks.add(turn.work, turn.person, "media")
    flows.tell(turn, None, "crisis/media_kept", by=task.due_at)
