"""A Bot API server of our own: one simulator, reached in process (`inprocess.SimRequest`) or over HTTP (`http.routes`).

It answers what the bot uses and refuses what Telegram refuses. Imports nothing of the product but the clock.
"""

from bot.demo.botapi.chats import SimGroup
from bot.demo.botapi.core import BotApi, Call
from bot.demo.botapi.errors import CannotDo
from bot.demo.botapi.faults import Fault, FaultKind, Faults
from bot.demo.botapi.model import SimMessage, UploadedFile
from bot.demo.botapi.people import SimUser, Toast
from bot.demo.botapi.phones import Subscription

__all__ = [
    "BotApi",
    "Call",
    "CannotDo",
    "Fault",
    "FaultKind",
    "Faults",
    "SimGroup",
    "SimMessage",
    "SimUser",
    "Subscription",
    "Toast",
    "UploadedFile",
]
