"""The way in without a network: python-telegram-bot's own client on top of the simulator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.demo.botapi.errors import ApiError, NoAnswer
from bot.demo.botapi.model import UploadedFile

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput

    from bot.demo.botapi.core import BotApi

_URL = re.compile(r"(/file)?/bot([^/]+)/([^?]+)")


class SimRequest(BaseRequest):
    """A transport for `Bot(request=SimRequest(api), get_updates_request=SimRequest(api))`.

    Faults come up as they do over a real connection: a cut one as NetworkError, a missing answer as TimedOut (at once, no waiting).
    """

    def __init__(self, api: BotApi) -> None:
        self.api = api

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Carry out one request; time-outs mean nothing here.

        Raises:
            NetworkError, TimedOut: a fault that was set on demand.
        """
        match = _URL.search(url)
        if match is None:
            return 404, ApiError(404, "Not Found").body()
        is_file, token, rest = match.groups()
        try:
            self.api.check_token(unquote(token))
            if is_file:
                status, body, _ = await self.api.download(rest)
                return status, body
            files = {}
            if request_data is not None and request_data.contains_files:
                files = {name: _uploaded(content) for name, content in request_data.multipart_data.items()}
            return await self.api.call(rest, request_data.parameters if request_data else {}, files)
        except ApiError as error:
            return error.code, error.body()
        except NoAnswer as silence:
            if silence.cut:
                raise NetworkError("httpx.RemoteProtocolError: Server disconnected without sending a response.") from silence
            raise TimedOut from silence


def _uploaded(content: Any) -> UploadedFile:
    name, data, mime_type = content
    return UploadedFile(str(name or ""), data if isinstance(data, bytes) else data.read(), str(mime_type or ""))
