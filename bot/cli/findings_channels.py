"""What `waymark doctor` looks at about how a page reaches people: targets, proofs, drills, the heartbeat."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.cli.findings import Finding, look, mend, well
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.work import Work

BEAT_LATE = timedelta(minutes=5)
# Schemes that go over the network in the clear; the same with an `s` at the end are encrypted.
_CLEAR = frozenset({"bark", "goalert", "gotify", "ntfy", "signal", "smseagle"})


def channels(settings: Settings) -> Iterator[Finding]:
    """Whether the settings name targets that their services understand, and whether they go encrypted."""
    from bot.channels.ringer import build_targets
    from bot.config import name_of

    if settings.page_urls is None and settings.page_webhook_url is None:
        yield look(
            "channels",
            "pages go by Telegram alone, which cannot ring through do-not-disturb: no emergency shift counts as confirmed; set "
            f"{name_of('page_urls')}, or let whoever is on call exempt Telegram from do-not-disturb on their phone",
        )
    else:
        try:
            count = len(build_targets(settings))
        except SetupError as error:
            yield mend("channels", str(error))
        else:
            webhook = " and the webhook" if settings.page_webhook_url is not None else ""
            yield well("channels", f"{count} targets{webhook} beside Telegram")
        yield from _in_the_clear(settings)
    if settings.heartbeat_url is None:
        yield look("channels", f"{name_of('heartbeat_url')} is not set: nobody outside would notice that this machine stopped")
    if settings.drill_chat is None:
        yield look("channels", f"{name_of('drill_chat')} is not set: drills leave out Telegram's leg")


def _in_the_clear(settings: Settings) -> Iterator[Finding]:
    from bot.config import name_of

    for key, addresses in settings.page_targets.items():
        for number, address in enumerate(addresses, start=1):
            scheme, host = address.partition("://")[0].lower(), urlsplit(address).hostname or ""
            # ntfy://TOPIC alone is the public service, which is always reached encrypted.
            if scheme in _CLEAR and not _near(host) and (scheme != "ntfy" or urlsplit(address).path.strip("/")):
                yield look(
                    "channels", f'{name_of("page_urls")}: target {number} of "{key}" goes over the network unencrypted: write {scheme}s://'
                )
    url = settings.page_webhook_url
    if url is not None and url.startswith("http://") and not _near(urlsplit(url).hostname or ""):
        yield look("channels", f"{name_of('page_webhook_url')} goes over the network unencrypted: write https://")


def _near(host: str) -> bool:
    """Whether a host is this machine or in the clinic's own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".internal"))


def reach(work: Work) -> Iterator[Finding]:
    """Whether the targets belong to somebody, who is on call can be rung, and what the last drill and heartbeat said."""
    yield from _strangers(work)
    yield from _on_call(work)
    yield from _drills(work)
    yield from _heartbeat(work)


def _strangers(work: Work) -> Iterator[Finding]:
    from bot import people
    from bot.config import EVERYONE, name_of

    known = {str(person.number) for person in people.staff(work.session)}
    for key in work.settings.page_targets:
        if key != EVERYONE and key not in known:
            yield mend("channels", f'{name_of("page_urls")} names "{key}", which is nobody\'s ID: `waymark staff list` prints them')


def _on_call(work: Work) -> Iterator[Finding]:
    from bot.escalation import duty
    from bot.escalation.rota import POSITIONS
    from bot.staff.oncall import store

    for position in POSITIONS:
        person = store.post(work, position, work.now).staff
        if person is None:
            continue
        if duty.rings(work, person.id):
            yield well("channels", f"{position}: {person.number} has a channel that was proven to ring")
        elif work.settings.page_urls is not None or work.settings.page_webhook_url is not None:
            yield look(
                "channels",
                f"{person.number} is {position} without a channel that was proven to ring: the shift does not count as confirmed; "
                f"`waymark staff test {person.number}`, then the tap in Telegram",
            )


def _drills(work: Work) -> Iterator[Finding]:
    from bot.escalation import drill

    last = next(iter(drill.newest(work.session)), None)
    at = last.started_at.astimezone(work.settings.zone).strftime("%a %Y-%m-%d %H:%M") if last is not None else ""
    match drill.verdict(work):
        case "none":
            yield look("drill", "none has run yet: with the bot running, `waymark drill`")
        case "failed":
            yield mend("drill", f"the last one ({at}) did not come through: look at the bot's log, mend it, then `waymark drill`")
        case "old":
            yield mend("drill", f"the last one was {at}: is the bot running? then `waymark drill`")
        case _:
            yield well("drill", f"the last one passed ({at})")


_SILENCES = {
    "no_audit": "the audit of open cases did not run",
    "stuck": "an open case stood still",
    "sender": "messages do not go out",
    "drill_failed": "the last drill failed",
    "drill_old": "the last drill is too old",
    "no_answer": "its address did not answer with success",
}


def _heartbeat(work: Work) -> Iterator[Finding]:
    from bot.escalation import watchdog

    if work.settings.heartbeat_url is None:
        return
    last = watchdog.last_beat(work)
    if last is None:
        yield look("heartbeat", "none yet: it begins a minute after `waymark run`")
        return
    at, state = last
    when = at.astimezone(work.settings.zone).strftime("%a %Y-%m-%d %H:%M")
    if state != "ok":
        yield mend("heartbeat", f"silent at {when}: {_SILENCES.get(state, state)}")
    elif work.now - at > BEAT_LATE:
        yield mend("heartbeat", f"the last was {when}: is the bot running?")
    else:
        yield well("heartbeat", f"the last was {when}")
