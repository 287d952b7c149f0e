"""How the bot gets updates and files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.demo.botapi.errors import ApiError, bad_request
from bot.demo.botapi.files import DOWNLOAD_LIMIT
from bot.demo.botapi.model import Json
from bot.demo.botapi.params import Params
from bot.demo.botapi.updates import MAX_BATCH

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def _set_allowed(api: BotApi, params: Params) -> None:
    allowed = params.array("allowed_updates")
    if allowed is not None:
        api.updates.allowed = [str(kind) for kind in allowed]


async def get_updates(api: BotApi, params: Params) -> list[Json]:
    if api.webhook.url:
        raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
    _set_allowed(api, params)
    limit = min(max(params.integer("limit", MAX_BATCH), 1), MAX_BATCH)
    return await api.updates.poll(params.integer("offset"), limit, params.number("timeout") or 0.0)


def set_webhook(api: BotApi, params: Params) -> bool:
    url = params.text("url")
    if not url:
        return delete_webhook(api, params)
    parts = urlsplit(url)
    # Telegram wants https and ports 443, 80, 88 or 8443; a bot under test listens where it can.
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = params.text("secret_token")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = params.integer("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad_request("max_connections must be 1-100")
    _set_allowed(api, params)
    _drop_if_asked(api, params)
    api.webhook.set(url, secret, connections)
    return True


def delete_webhook(api: BotApi, params: Params) -> bool:
    _drop_if_asked(api, params)
    api.webhook.clear()
    return True


def _drop_if_asked(api: BotApi, params: Params) -> None:
    if params.flag("drop_pending_updates"):
        api.updates.pending.clear()


def get_webhook_info(api: BotApi, _params: Params) -> Json:
    return api.webhook.info()


def get_file(api: BotApi, params: Params) -> Json:
    stored = api.files.by_id.get(params.text("file_id"))
    if stored is None:
        raise bad_request("invalid file_id")
    if len(stored.data) > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_size": len(stored.data), "file_path": stored.path}
