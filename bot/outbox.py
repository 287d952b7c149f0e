"""The outbox: messages are rendered and stored with the commit that decides on them; the sender does the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select, update

from bot.db import affected
from bot.models import LEFT_ALONE, Lane, Outbox, OutboxState, Person, Status, new_row, sealed_at
from bot.ports import Key, Outgoing, ReplyKey
from bot.work import Work

MAX_DATA_BYTES = 64


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button before rendering.

    Args:
        label: the key of its label, `<slice>/<key>`.
        route: the name of its route in `router.py`; "" for a link.
        args: what the route needs, in order; short, since data may have 64 bytes.
        values: what the label's template needs.
        url: for a link.
    """

    label: str
    route: str = ""
    args: tuple[str | int, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""


Rows = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True)
class ReplyButton:
    """A button of the keyboard below the text field; `wants` is "", "location" or "contact", `values` what its label needs."""

    label: str
    wants: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Post:
    """Where a message belongs and how it travels.

    Args:
        lane: pages and crisis answers overtake everything.
        due_at: not before; now when left out.
        expires_at: useless afterwards: dropped and logged.
        dedup_key: ids and ISO dates; a second message with the same key is not stored.
        serial: binds the buttons to a step of a conversation (see `turn`).
    """

    lane: Lane = Lane.REPLY
    due_at: datetime | None = None
    expires_at: datetime | None = None
    dedup_key: str | None = None
    case_id: UUID | None = None
    page_id: int | None = None
    serial: int | None = None
    silent: bool = False
    protected: bool = False
    lang: str | None = None
    reply_to: int | None = None
    reply_keys: Sequence[Sequence[ReplyButton]] | None = None
    reply_keys_once: bool = False


def say(work: Work, person: Person, key: str, rows: Rows = (), *, post: Post = Post(), **values: Any) -> Outbox | None:
    """Put a message to a person in the outbox.

    Args:
        key: of the template, `<slice>/<key>`.
        rows: inline buttons.
        values: what the template needs; `zone` and `lines` (of the person's country) are given.

    Returns:
        The row, or None when nothing was stored (no chat, silent mode, same dedup key).
    """
    message = compose(work, person, key, rows, post=post, **values)
    return put(work, person, message, post=post, template=key)


def compose(work: Work, person: Person, key: str, rows: Rows = (), *, post: Post = Post(), **values: Any) -> Outgoing:
    """Render a message for a person without storing it."""
    lang = post.lang or person.language
    context = {"zone": person.zone, "lines": work.content.lines_for(person.country).view(lang), **values}
    reply_keys = None
    if post.reply_keys is not None:
        reply_keys = tuple(
            tuple(ReplyKey(work.content.texts.label(b.label, lang, b.values), b.wants) for b in row) for row in post.reply_keys
        )
    return Outgoing(
        chat_id=person.chat_id or 0,
        text=work.content.texts.render(key, lang, context),
        keys=render_rows(work, rows, lang, post.serial),
        reply_keys=reply_keys,
        reply_keys_once=post.reply_keys_once,
        silent=post.silent,
        protected=post.protected,
        reply_to=post.reply_to,
    )


def render_rows(work: Work, rows: Rows, lang: str, serial: int | None = None) -> tuple[tuple[Key, ...], ...]:
    """Buttons as they go out."""
    return tuple(tuple(_key(work, button, lang, serial) for button in row) for row in rows if row)


def _key(work: Work, button: Button, lang: str, serial: int | None) -> Key:
    label = work.content.texts.label(button.label, lang, button.values)
    if button.url:
        return Key(label, url=button.url)
    data = ":".join([button.route, *map(str, button.args)]) + ("" if serial is None else f"~{serial}")
    if len(data.encode()) > MAX_DATA_BYTES:
        raise ValueError(f"button data of {button.route} is longer than {MAX_DATA_BYTES} bytes")
    return Key(label, data=data)


def put(
    work: Work,
    person: Person,
    message: Outgoing,
    *,
    post: Post = Post(),
    template: str | None = None,
    edits_id: UUID | None = None,
    chat_id: int | None = None,
) -> Outbox | None:
    """Store a rendered message. Silent mode, a missing chat and what the person's status stops store nothing.

    Args:
        chat_id: another chat than the person's present one: what stands in a chat that was theirs before. What the drill's people would
            read goes to the drill's chat, or nowhere.
    """
    chat_id = chat_id if chat_id is not None else person.chat_id
    if person.fictitious:
        chat_id, message = work.settings.drill_chat, _as_drill(work, person, message)
    if chat_id is None or (person.silent_since is not None and post.lane is not Lane.PAGE) or _stopped(person, post.lane):
        return None
    if post.dedup_key is not None and work.session.exec(select(Outbox.id).where(col(Outbox.dedup_key) == post.dedup_key)).first():
        return None
    row = new_row(
        Outbox,
        chat_id=chat_id,
        person_id=person.id,
        lane=post.lane,
        kind=message.kind,
        template=template,
        content_version=work.content.version,
        dedup_key=post.dedup_key,
        edits_id=edits_id,
        target_message_id=message.target,
        case_id=post.case_id,
        page_id=post.page_id,
        due_at=post.due_at or work.now,
        expires_at=post.expires_at,
        created_at=work.now,
    )
    _seal(work, row, replace(message, chat_id=chat_id))
    work.session.add(row)
    return row


def _as_drill(work: Work, person: Person, message: Outgoing) -> Outgoing:
    """Marked, without a sound, and without buttons that somebody could press."""
    if message.kind in ("delete", "markup"):
        return message
    mark = work.content.texts.label("drill/mark", person.language)
    return replace(message, text=f"{mark} {message.text}" if message.text else "", keys=(), reply_keys=None, silent=True)


def _stopped(person: Person, lane: Lane) -> bool:
    """Away, the bot starts nothing (its lane is bulk); after a death nothing leaves but the answer to a cry for help from that chat."""
    if person.status not in LEFT_ALONE:
        return False
    return lane is Lane.BULK or (person.status is Status.DECEASED and lane not in (Lane.PAGE, Lane.CRISIS))


def _seal(work: Work, row: Outbox, message: Outgoing) -> None:
    row.payload = work.vault.seal_json(message.to_payload(), sealed_at("outbox", "payload", row.id))


def opened(work: Work, row: Outbox) -> Outgoing | None:
    """What a row says, or None when its payload was erased."""
    if row.payload is None:
        return None
    return Outgoing.from_payload(work.vault.open_json(row.payload, sealed_at("outbox", "payload", row.id)))


def sent_as(work: Work, chat_id: int, message_id: int) -> Outbox | None:
    """The row that was sent as this message, or None."""
    statement = select(Outbox).where(col(Outbox.chat_id) == chat_id, col(Outbox.result_message_id) == message_id)
    return work.session.exec(statement.order_by(col(Outbox.id)).limit(1)).first()


def edit(work: Work, person: Person, row: Outbox, message: Outgoing, *, lane: Lane | None = None) -> None:
    """Change what a row says, wherever it is by now.

    Not yet sent: the row itself is rewritten. Sent or on its way: an edit is queued, and earlier edits of the same row
    that still wait are dropped, since only the newest matters.

    Args:
        message: the new words and buttons; its `kind` is `text`, or `markup` to change the buttons alone.
    """
    if row.chat_id != person.chat_id:
        return  # it stands in a chat that is theirs no more
    before = opened(work, row)
    fresh = message
    if before is not None:
        # The row keeps what its message says now, so that a later edit of the buttons alone does not bring old words back.
        fresh = replace(before, keys=message.keys) if message.kind == "markup" else replace(before, text=message.text, keys=message.keys)
        payload = work.vault.seal_json(fresh.to_payload(), sealed_at("outbox", "payload", row.id))
        statement = update(Outbox).where(col(Outbox.id) == row.id)
        if row.kind == "text" and row.state is OutboxState.WAITING:
            # Conditional: another replica may be claiming it at this moment.
            waiting = statement.where(col(Outbox.state) == OutboxState.WAITING).values(payload=payload)
            taken = affected(work.session.execute(waiting)) == 1
            work.session.refresh(row)
            if taken:
                return
        work.session.execute(statement.values(payload=payload))
        work.session.refresh(row)
    superseded = work.session.execute(
        update(Outbox)
        .where(col(Outbox.edits_id) == row.id, col(Outbox.state) == OutboxState.WAITING)
        .values(state=OutboxState.DROPPED, failure="superseded")
    )
    # New buttons alone are enough only when no new words were waiting to go out.
    buttons_alone = message.kind == "markup" and (before is None or affected(superseded) == 0)
    put(
        work,
        person,
        replace(fresh, kind="markup" if buttons_alone else "edit", target=row.result_message_id, reply_keys=None),
        post=Post(lane=lane if lane is not None else row.lane, case_id=row.case_id),
        template=row.template,
        edits_id=row.id,
    )


def delete(work: Work, person: Person, row: Outbox) -> None:
    """Take a message back: not yet sent, it is dropped; sent, a delete is queued (Telegram allows it for 48 hours)."""
    if row.state is OutboxState.WAITING:
        row.state, row.failure = OutboxState.DROPPED, "taken_back"
        return
    gone = Outgoing(row.chat_id, kind="delete", target=row.result_message_id)
    put(work, person, gone, post=Post(lane=row.lane), edits_id=row.id, chat_id=row.chat_id)
