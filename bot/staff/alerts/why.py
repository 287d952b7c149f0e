"""Why a case stands at its level, as one plain sentence can say it. Pure: from where the evidence came and which rule it met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_BY_RULE: Mapping[str, str] = {
    "sos:no_choice": "sos",
    "sos:page_now": "sos",
    "sos:visitor": "sos",
    "sos:talk": "sos_talk",
    "sos:hurt": "sos_hurt",
    "sos:overdose": "sos_overdose",
    "sos:unsafe": "sos_unsafe",
    "sos:silence": "sos_silence",
    "button:help": "help",
    "button:body_sleepy": "sleepy",
    "button:body_sick": "sick",
    "button:used_opioid": "opioid",
    "button:person": "person",
    "button:staff": "colleague",
    "answer:soft": "soft_yes",
    "answer:safe": "not_safe",
    "checkin.human": "person",
    "checkin.person:today": "person",
    "checkin.person:now": "help",
    "checkin.safety:yes_now": "unsafe_now",
    "checkin.safety:rather_not": "rather_not",
    "earlier words": "together",
    "staff:paged": "staff",
}
_BY_SOURCE = frozenset({"message", "edit", "form", "media", "silence", "sos"})


def told(source: str, rules: Sequence[str]) -> str:
    """The key of the sentence.

    Args:
        source: of the evidence: message, edit, form, button, sos, media, silence.
        rules: that it met; the last one that has a sentence of its own decides. What else was so ("... + used") changes no sentence.
    """
    names = [rule.partition(" + ")[0] for rule in rules]
    named = [_BY_RULE[name] for name in names if name in _BY_RULE]
    if named:
        return named[-1]
    return source if source in _BY_SOURCE else "sign"
