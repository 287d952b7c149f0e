"""Twenty decisions of the screen, explained: ten as anybody would expect them, and ten that surprise."""

from __future__ import annotations

import subprocess
import sys

EXPECTED = (
    "I want to kill myself tonight",
    "me tomé todo el frasco de pastillas hace una hora",
    "my roommate is blue and won't wake up",
    "stopped drinking two days ago, shaking and seeing things on the wall",
    "he hit me again and took my phone",
    "ya no quiero vivir",
    "my dealer is outside and I have the money",
    "I cut myself last night",
    "strong craving today but I called my sponsor",
    "the meeting was good, see you thursday",
)
SURPRISING = (
    ("this commute is killing me, I'm dead", "deadly words, and nothing meant"),
    ("I don't want to die", "a denial is looked at in the day, and wakes nobody"),
    ("I'm not going to not kill myself", "two negations say what none says"),
    ("remind me when group is, also I want to die", "no harmless beginning calms what a sentence ends with"),
    ("I've given the dog to my neighbour, she'll love him. Thanks for everything.", "no word of danger: only the second opinion sees it"),
    ("k!ll mys3lf 2nite", "written past a filter"),
    ("the warning signs of suicide include talking about wanting to die", "a lesson's words"),
    ("five years ago I tried to kill myself, today I have four years clean", "long past, and told as such"),
    ("my brother says he is going to shoot himself", "about another: a human calls today"),
    ("ran 5 kms before breakfast, legs are dead", "`kms` is kilometres here"),
)


def main() -> None:
    """Print what `waymark screen --explain` says of each."""
    for number, (text, why) in enumerate([*((text, "") for text in EXPECTED), *SURPRISING], 1):
        print(f"{number}. {why}".rstrip(), flush=True)
        command = [sys.executable, "-m", "bot", "screen", "--explain", text]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
