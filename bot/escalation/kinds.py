"""The kinds of channels beside Telegram: what each is called, and whether it rings a phone that is set to do-not-disturb.

Looked up in what Apprise 2.2's plug-ins really send (`notify_type=failure` with every page). E-mail and SMS never count, nor does a push
that obeys do-not-disturb: SAFETY.md 3 asks for a voice call, an emergency-priority push or a pager service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

TELEGRAM, WEBHOOK = "telegram", "webhook"


@dataclass(frozen=True, slots=True)
class Kind:
    """A service.

    Attributes:
        name: as people know it.
        rings: whether it can ring through do-not-disturb.
        needs: the address's parameter without which it does not, and what its value begins with.
        why: the reason, for whoever keeps this table.
    """

    name: str
    rings: bool = False
    needs: tuple[str, tuple[str, ...]] | None = None
    why: str = ""


_PAGER = "a pager service: calls and critical alerts by the rules of the person's own profile there"
_PUSH = "an ordinary push: obeys do-not-disturb"
_SMS = "a text message: obeys do-not-disturb"
_MAIL = "e-mail"

KINDS: Mapping[str, Kind] = {
    "bark": Kind("Bark", True, ("level", ("c",)), "level=critical is a critical alert of iOS"),
    "barks": Kind("Bark", True, ("level", ("c",)), "level=critical is a critical alert of iOS"),
    "betterstack": Kind("Better Stack", True, why=_PAGER),
    "bulksms": Kind("BulkSMS", why=_SMS),
    "clicksend": Kind("ClickSend", why=_SMS),
    "firehydrant": Kind("FireHydrant", True, why=_PAGER),
    "goalert": Kind("GoAlert", True, why=_PAGER),
    "goalerts": Kind("GoAlert", True, why=_PAGER),
    "gotify": Kind("Gotify", why=_PUSH),
    "gotifys": Kind("Gotify", why=_PUSH),
    "ilert": Kind("ilert", True, why=_PAGER),
    "incidentio": Kind("incident.io", True, why=_PAGER),
    "join": Kind("Join", why=_PUSH),
    "mailto": Kind("E-mail", why=_MAIL),
    "mailtos": Kind("E-mail", why=_MAIL),
    "msgbird": Kind("MessageBird", why=_SMS),
    "nexmo": Kind("Vonage", why=_SMS),
    "ntfy": Kind("ntfy", why="its highest priority still obeys do-not-disturb on iOS"),
    "ntfys": Kind("ntfy", why="its highest priority still obeys do-not-disturb on iOS"),
    "opsgenie": Kind("Opsgenie", True, why=_PAGER),
    "pagerduty": Kind("PagerDuty", True, why=_PAGER + "; severity critical"),
    "pagertree": Kind("PagerTree", True, why=_PAGER),
    "pbul": Kind("Pushbullet", why=_PUSH),
    "plivo": Kind("Plivo", why=_SMS),
    "pover": Kind("Pushover", True, ("priority", ("e", "2")), "priority=emergency repeats until it is confirmed and is a critical alert"),
    "prowl": Kind("Prowl", why=_PUSH),
    "signal": Kind("Signal", why=_PUSH),
    "signals": Kind("Signal", why=_PUSH),
    "signl4": Kind("SIGNL4", True, why=_PAGER),
    "sinch": Kind("Sinch", why=_SMS),
    "smseagle": Kind("SMSEagle", why=_SMS),
    "smseagles": Kind("SMSEagle", why=_SMS),
    "sns": Kind("Amazon SNS", why=_SMS),
    "spike": Kind("Spike", True, why=_PAGER),
    "splunk": Kind("Splunk On-Call", True, why=_PAGER + "; message type critical"),
    "squadcast": Kind("Squadcast", True, why=_PAGER),
    "threema": Kind("Threema", why=_PUSH),
    "twilio": Kind("Twilio", True, ("method", ("c",)), "method=call is a voice call that speaks the page; otherwise a text message"),
    "victorops": Kind("Splunk On-Call", True, why=_PAGER + "; message type critical"),
    "voipms": Kind("VoIP.ms", why=_SMS),
    "vonage": Kind("Vonage", why=_SMS),
    "xmatters": Kind("xMatters", True, why=_PAGER),
    TELEGRAM: Kind("Telegram", why="cannot ring through do-not-disturb"),
    WEBHOOK: Kind("Webhook", True, why="the clinic's own pager behind a signed webhook; the proof is the person's tap"),
}


def kind_of(target: str) -> str:
    """The kind of an address: its scheme."""
    return target.partition("://")[0].lower()


def rings(target: str) -> bool:
    """Whether a target with this address can ring through do-not-disturb."""
    kind = KINDS.get(kind_of(target), Kind(""))
    if not kind.rings or kind.needs is None:
        return kind.rings
    name, beginnings = kind.needs
    value = parse_qs(target.partition("?")[2]).get(name, [""])[-1]
    return value.lower().startswith(beginnings)
