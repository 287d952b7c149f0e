"""The simulated Bot API server: its state, its clock, and the one call that both ways in use."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import Clock
from bot.demo.botapi.chats import Chat, SimGroup
from bot.demo.botapi.commands import CommandBook
from bot.demo.botapi.errors import ApiError, NoAnswer, bad_request
from bot.demo.botapi.faults import Fault, FaultKind, Faults
from bot.demo.botapi.files import FileStore
from bot.demo.botapi.methods import METHODS
from bot.demo.botapi.model import Json, UploadedFile, iso
from bot.demo.botapi.params import Params
from bot.demo.botapi.people import SimUser, Toast
from bot.demo.botapi.phones import PhoneFeed, Subscription, user_shape
from bot.demo.botapi.text import Entity, clean, detect, trim
from bot.demo.botapi.updates import UpdateQueue, conflict
from bot.demo.botapi.webhook import Webhook

CALLS_KEPT = 20_000
HTML_500 = b"<html><head><title>500 Internal Server Error</title></head><body><center><h1>500</h1></center></body></html>"


class Call(NamedTuple):
    """A request as it came in, whatever became of it."""

    method: str
    chat_id: int | None
    params: Mapping[str, Any]


class _Query(NamedTuple):
    user_id: int
    message_id: int
    data: str
    at: datetime


class BotApi:
    """A Telegram of one bot.

    Args:
        clock: the time of messages, of updates' age and of what is too late.
        token: the bot's token, `<digits>:<rest>`; any other one is refused.
        bot_id: the bot's user id; by default the digits of the token.
    """

    def __init__(
        self, clock: Clock, token: str, *, bot_id: int | None = None, bot_name: str = "Waymark", bot_username: str = "WaymarkDemoBot"
    ) -> None:
        self.clock = clock
        self.token = token
        self.bot_id = bot_id if bot_id is not None else int(token.split(":", 1)[0])
        self.bot_name = bot_name
        self.bot_username = bot_username
        self.users: dict[int, SimUser] = {}
        self.groups: dict[int, SimGroup] = {}
        self.files = FileStore()
        self.updates = UpdateQueue(clock)
        self.webhook = Webhook(self.updates)
        self.zone: str | None = None  # the IANA zone in which the page shows its clock; the browser's own when None
        self.faults = Faults()
        self.phones = PhoneFeed()
        self.commands = CommandBook()
        self.profile: dict[str, str] = {}  # "<field>|<language>" -> text
        self.menu_buttons: dict[str, Json] = {}
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.unknown_methods: list[str] = []
        self.callback_lifetime = timedelta(minutes=15)
        self._next_message_id = 1
        self._next_query_id = 1
        self._queries: dict[str, _Query] = {}

    # People

    def user(self, user_id: int, first_name: str = "", *, last_name: str = "", username: str = "", language_code: str = "en") -> SimUser:
        """The person of an id; made when there is none yet (a private chat's id is the person's)."""
        user = self.users.get(user_id)
        if user is None:
            user = self.users[user_id] = SimUser(self, user_id, first_name or f"User {user_id}", last_name, username, language_code)
            user.announce_user()
        return user

    def group(self, chat_id: int, title: str, members: list[int]) -> SimGroup:
        """The group of a (negative) id; made, with the first member adding the bot, when there is none yet."""
        group = self.groups.get(chat_id)
        if group is None:
            if chat_id >= 0 or not members:
                raise ValueError("a group has a negative id and at least one member")
            group = self.groups[chat_id] = SimGroup(self, chat_id, title, members)
            group.add_bot(members[0])
        return group

    def chat(self, chat_id: int) -> Chat:
        """The chat of an id.

        Raises:
            ApiError: 400 "chat not found".
        """
        chat = self.users.get(chat_id) or self.groups.get(chat_id)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def bot_object(self) -> Json:
        """The Bot API's `User` of the bot."""
        return {"id": self.bot_id, "is_bot": True, "first_name": self.profile.get("name|") or self.bot_name, "username": self.bot_username}

    # What both ways in use

    async def call(self, method: str, params: Mapping[str, Any], files: Mapping[str, UploadedFile] | None = None) -> tuple[int, bytes]:
        """Carry out one request.

        Args:
            method: its name, in any case.
            params: parameters by name; numbers, booleans and objects may come as text.
            files: uploads by field name.

        Returns:
            The HTTP status and the body.

        Raises:
            NoAnswer: a fault says that no answer goes out.
        """
        entry = METHODS.get(method.lower())
        name = entry[0] if entry else method
        chat_id = _chat_id(params)
        self.calls.append(Call(name, chat_id, params))
        if entry is None:
            self.unknown_methods.append(method)
            self.phones.emit("unknown_method", method=method)
            return 404, ApiError(404, "Not Found: method not found").body()
        fault = self.faults.take(name, chat_id) if self.faults.rules else None
        if fault:
            answer = await self._suffer(fault)
            if answer:
                return answer
        try:
            result = entry[1](self, Params(params, files))
            if inspect.isawaitable(result):
                result = await result
        except ApiError as error:
            answer = error.code, error.body()
        else:
            answer = 200, json.dumps({"ok": True, "result": result}).encode()
        if fault and fault.kind is FaultKind.ACCEPT_THEN_DROP:
            raise NoAnswer(cut=False)
        return answer

    async def download(self, path: str) -> tuple[int, bytes, str]:
        """A file by the path that getFile gave: status, bytes and media type. Faults reach it as method "file"."""
        fault = self.faults.take("file", None)
        if fault:
            answer = await self._suffer(fault)
            if answer:
                return *answer, "application/json"
        stored = self.files.by_path.get(path)
        if stored is None:
            return 404, ApiError(404, "Not Found").body(), "application/json"
        return 200, stored.data, stored.mime_type

    def check_token(self, token: str) -> None:
        """Refuse a foreign token.

        Raises:
            ApiError: 404 for what is no token at all, 401 for another bot's.
        """
        if token != self.token:
            digits, _, rest = token.partition(":")
            raise ApiError(401, "Unauthorized") if digits.isdecimal() and rest else ApiError(404, "Not Found")

    # The phones' page

    def subscribe(self) -> Subscription:
        """A new stream of the page's events, from now on."""
        return Subscription(self.phones)

    def snapshot(self) -> Json:
        """Everything that the page draws."""
        return {
            "type": "snapshot",
            "bot": {"name": self.bot_object()["first_name"], "username": self.bot_username},
            "now": iso(self.clock.now()),
            "zone": self.zone,
            "users": [user_shape(user) for user in self.users.values()],
        }

    def clock_moved(self) -> None:
        """Tell the page what time it is now."""
        self.phones.emit("clock", now=iso(self.clock.now()))

    async def aclose(self) -> None:
        """End the streams, a waiting poll and the webhook's deliveries."""
        self.phones.close()
        self.updates.stop_poll()
        await self.webhook.stop()

    # For chats and methods

    def now(self) -> datetime:
        """The clock's time in whole seconds, as Telegram's dates are."""
        return self.clock.now().astimezone(UTC).replace(microsecond=0)

    def next_message_id(self) -> int:
        number = self._next_message_id
        self._next_message_id += 1
        return number

    def person_text(self, text: str) -> tuple[str, list[Entity]]:
        """Text as a person's app sends it: cleaned, trimmed, with what Telegram finds in it."""
        body, _ = trim(clean(text), ())
        return body, detect(body)

    def put_membership(self, chat: Chat, actor: Json, old: Json, new: Json) -> None:
        """Queue a my_chat_member update about the bot."""
        bot = self.bot_object()
        change: Json = {"chat": chat.chat_object(), "from": actor, "date": int(self.now().timestamp())}
        self.updates.put("my_chat_member", {**change, "old_chat_member": {**old, "user": bot}, "new_chat_member": {**new, "user": bot}})

    def put_callback(self, user: SimUser, message_id: int, data: str) -> str:
        """Queue a callback query; gives its id."""
        query_id = f"{self.bot_id}{self._next_query_id:09d}"
        self._next_query_id += 1
        message = user.find(message_id)
        self._queries[query_id] = _Query(user.id, message_id, data, self.clock.now())
        shape: Json = {"id": query_id, "from": user.user_object(), "chat_instance": f"-{user.id}", "data": data}
        if message is not None:
            shape["message"] = user.message_object(message)
        else:  # Telegram's InaccessibleMessage
            shape["message"] = {"chat": user.chat_object(), "message_id": message_id, "date": 0}
        self.updates.put("callback_query", shape)
        return query_id

    def answer_query(self, query_id: str, text: str, *, alert: bool) -> None:
        """End the spinner of a press.

        Raises:
            ApiError: 400 when it was answered already, is too old or never was.
        """
        query = self._queries.pop(query_id, None)
        if query is None or self.clock.now() - query.at > self.callback_lifetime:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self.users[query.user_id].toasts.append(Toast(query.message_id, query.data, text, alert))
        self.phones.emit("toast", user=query.user_id, text=text, alert=alert, message_id=query.message_id, data=query.data)

    @property
    def open_queries(self) -> list[str]:
        """Callback queries that were never answered: spinners that still turn."""
        return list(self._queries)

    async def _suffer(self, fault: Fault) -> tuple[int, bytes] | None:
        match fault.kind:
            case FaultKind.DELAY:
                await asyncio.sleep(fault.seconds)
            case FaultKind.DROP:
                raise NoAnswer(cut=True)
            case FaultKind.NO_ANSWER:
                raise NoAnswer(cut=False)
            case FaultKind.HTTP_500:
                return 500, HTML_500
            case FaultKind.RETRY_AFTER:
                seconds = max(1, int(fault.seconds))
                return 429, ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds).body()
            case FaultKind.CONFLICT:
                return 409, conflict().body()
            case FaultKind.ACCEPT_THEN_DROP:
                pass
        return None

    # Surviving a restart

    def dump(self) -> Json:
        """The whole state as JSON-able data, files included."""
        return {
            "bot": {"name": self.bot_name, "username": self.bot_username},
            "next_message_id": self._next_message_id,
            "next_query_id": self._next_query_id,
            "queries": {key: [query.user_id, query.message_id, query.data, query.at.isoformat()] for key, query in self._queries.items()},
            "users": [user.dump() for user in self.users.values()],
            "groups": [group.dump() for group in self.groups.values()],
            "files": self.files.dump(),
            "updates": self.updates.dump(),
            "webhook": self.webhook.dump(),
            "commands": self.commands.lists,
            "profile": self.profile,
            "menu_buttons": self.menu_buttons,
        }

    def load(self, state: Json) -> None:
        """Become what `dump` gave, the token aside; pages are told to draw anew."""
        self.bot_name, self.bot_username = state["bot"]["name"], state["bot"]["username"]
        self._next_message_id, self._next_query_id = state["next_message_id"], state["next_query_id"]
        self._queries = {
            key: _Query(user, message, data, datetime.fromisoformat(at)) for key, (user, message, data, at) in state["queries"].items()
        }
        self.users = {}
        for entry in state["users"]:
            user = self.users[entry["id"]] = SimUser(self, entry["id"], entry["first_name"])
            user.load(entry)
        self.groups = {}
        for entry in state["groups"]:
            group = self.groups[entry["id"]] = SimGroup(self, entry["id"], entry["title"], list(entry["members"]))
            group.bot_is_member = entry["bot_is_member"]
            group.load_messages(entry)
        self.files.load(state["files"])
        self.updates.load(state["updates"])
        self.commands.lists = dict(state["commands"])
        self.profile = dict(state["profile"])
        self.menu_buttons = dict(state["menu_buttons"])
        self.webhook.load(state["webhook"])
        for subscription in self.phones.subscriptions:
            subscription.put(self.snapshot())


def _chat_id(params: Mapping[str, Any]) -> int | None:
    raw = params.get("chat_id")
    try:
        return None if raw is None else int(raw)
    except (TypeError, ValueError):
        return None
