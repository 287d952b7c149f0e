"""Twenty decisions of the screen, explained: ten as anybody would expect them, and ten that surprise. Ends with 1 when one is another."""

from __future__ import annotations

import re
import subprocess
import sys

EXPECTED = (
    ("emergency", "I want to kill myself tonight"),
    ("emergency", "me tomé todo el frasco de pastillas hace una hora"),
    ("emergency", "my roommate is blue and won't wake up"),
    ("emergency", "stopped drinking two days ago, shaking and seeing things on the wall"),
    ("urgent", "he hit me again and took my phone"),
    ("urgent", "ya no quiero vivir"),
    ("urgent", "my dealer is outside and I have the money"),
    ("urgent", "I cut myself last night"),
    ("watch", "strong craving today but I called my sponsor"),
    ("none", "the meeting was good, see you thursday"),
)
SURPRISING = (
    ("none", "this commute is killing me, I'm dead", "deadly words, and nothing meant"),
    ("watch", "I don't want to die", "a denial is looked at in the day, and wakes nobody"),
    ("emergency", "I'm not going to not kill myself", "two negations say what none says"),
    ("urgent", "remind me when group is, also I want to die", "no harmless beginning calms what a sentence ends with"),
    (
        "urgent",
        "I've given the dog to my neighbour, she'll love him. Thanks for everything.",
        "no word of danger: only the second opinion sees it",
    ),
    ("emergency", "k!ll mys3lf 2nite", "written past a filter"),
    ("none", "my quiz answer was slow breathing and blue lips", "a lesson's words"),
    ("watch", "five years ago I tried to kill myself, today I have four years clean", "long past, and told as such"),
    ("urgent", "my brother says he is going to shoot himself", "about another: a human calls today"),
    ("none", "ran 5 kms before breakfast, legs are dead", "`kms` is kilometres here"),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main() -> None:
    """Print what `waymark screen --explain` says of each, and which are not as they should be."""
    others = []
    for number, (level, text, why) in enumerate([*((level, text, "") for level, text in EXPECTED), *SURPRISING], 1):
        print(f"{number}. {level}: {why}".rstrip(": "), flush=True)
        command = [sys.executable, "-m", "bot", "screen", "--explain", text]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        print(told)
        if not _COLOUR.sub("", told).startswith(level):
            others.append(number)
    print(f"not as they should be: {', '.join(map(str, others))}" if others else "All are as they should be.")
    raise SystemExit(bool(others))
