"""One target of `WAYMARK_PAGE_URLS`: a service behind Apprise, with our own time-out, no redirects, and its answers in our own words."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
import warnings
from collections.abc import Mapping
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, PersistentStoreMode

from bot.channels import answers
from bot.channels.answers import SOON
from bot.config import Settings, name_of
from bot.errors import DeliveryError, RetryLater, SetupError
from bot.escalation.channels import fingerprint

ABANDONED = 3  # threads of one target that hang; until one of them ends it gets no further one
_SOCKET_S = 4.0
_STATUS = re.compile(r"\berror=(\d{3})")

# Its messages hold addresses and answers of the services: they go nowhere but into the result, of which we read a number.
_logger = logging.getLogger("apprise")
_logger.setLevel(logging.WARNING)
_logger.propagate = False
_logger.addHandler(logging.NullHandler())


class Target:
    """Sends fixed words through one service. A hanging one holds up nobody: it runs in a thread of its own, which is left behind."""

    def __init__(self, address: str) -> None:
        """
        Args:
            address: as the operator wrote it; it usually holds a password.

        Raises:
            ValueError: Apprise makes nothing of it; the message does not repeat it.
        """
        self.target = fingerprint(address)
        asset = AppriseAsset(
            app_id="Waymark",
            app_desc="Waymark",
            app_url="",
            http_redirects=False,
            async_mode=False,
            storage_mode=PersistentStoreMode.MEMORY,
            service_timeout=0,
            pgp_autogen=False,
            pem_autogen=False,
            image_url_mask="",
            image_url_logo="",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the first one loads every plug-in, old modules of theirs included
            service: Any = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
        if service is None or not service.enabled:
            raise ValueError("is none that its service understands")
        # Whatever the address says: no redirect, no pause between two pages, no attempts of its own beside ours.
        service.redirects, service.request_rate_per_sec, service.retry = False, 0, 0
        service.socket_connect_timeout = service.socket_read_timeout = _SOCKET_S
        self._apprise = Apprise(asset=asset)
        self._apprise.add(service)
        self._hanging = 0

    async def send(self, text: str) -> None:
        """Send a text.

        Raises:
            RetryLater: time-out, network or an error of the server's own; it may have arrived.
            Undeliverable: `refused` (the service said no), `redirected`.
        """
        if self._hanging >= ABANDONED:
            raise RetryLater(SOON)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        self._hanging += 1
        # No pool of threads: one that hangs would hold up the process's end, and others that wait for their turn.
        threading.Thread(target=self._run, args=(text, loop, answer), name="channel", daemon=True).start()
        try:
            async with asyncio.timeout(answers.TIMEOUT_S):
                await answer
        except TimeoutError as error:
            raise RetryLater(SOON, uncertain=True) from error

    def _run(self, text: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[None]) -> None:
        failure: DeliveryError | None
        try:
            failure = self._deliver(text)
        except Exception:
            failure = RetryLater(SOON, uncertain=True)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._answered, answer, failure)

    def _answered(self, answer: asyncio.Future[None], failure: DeliveryError | None) -> None:
        self._hanging -= 1
        if answer.done():
            return
        if failure is None:
            answer.set_result(None)
        else:
            answer.set_exception(failure)

    def _deliver(self, text: str) -> DeliveryError | None:
        result: Any = self._apprise.notify(body=text, notify_type=NotifyType.FAILURE, body_format=NotifyFormat.TEXT)
        if result:
            return None
        codes = [int(found[1]) for entry in result.logs() if (found := _STATUS.search(entry.message))]
        return answers.meaning(codes[-1]) if codes else RetryLater(SOON, uncertain=True)


def build(settings: Settings) -> Mapping[str, Target]:
    """All targets of the settings by their fingerprint.

    Raises:
        SetupError: one of them is no target of its service's; one line says which.
    """
    found: dict[str, Target] = {}
    for key, addresses in settings.page_targets.items():
        for number, address in enumerate(addresses, start=1):
            try:
                target = Target(address)
            except ValueError as error:
                scheme = address.partition("://")[0]
                example = "pover://USER@TOKEN?priority=emergency"
                raise SetupError(
                    f'{name_of("page_urls")} is wrong: target {number} of "{key}" ({scheme}) {error}. '
                    f"It is an address as Apprise's pages describe it, for example: {example}"
                ) from None
            found[target.target] = target
    return found
