"""Towns, as the lists themselves name them: found in addresses, gathered with the middle of their meetings, matched with what people type.

Pure, and without any map of its own: a town is known when a meeting is held there.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot import places
from bot.features.meetings.rules import distance_km

SAME_TOWN_KM = 60.0  # meetings of one name farther apart are two towns
NAME_LENGTH = 60
_CODE = re.compile(r"[A-Z]{2,3}")
_POSTAL = re.compile(r"(?:[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{3,4})?)", re.IGNORECASE)
_SHORT_FOR = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort", "sta": "santa", "sto": "santo"}


@dataclass(frozen=True, slots=True)
class Named:
    """A town's name and the state, province or country that tells it from others ("" when the list does not say)."""

    name: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Town:
    """A town with meetings.

    Args:
        plain: the name without marks, in small letters: what is compared.
        latitude: of the middle of its meetings, degrees; None like `longitude` when none of them has coordinates.
        meetings: how many are there; `bare`: of them without coordinates.
    """

    name: str
    plain: str
    region: str = ""
    latitude: float | None = None
    longitude: float | None = None
    meetings: int = 0
    bare: int = 0


@dataclass(slots=True)
class _Group:
    names: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    spots: list[tuple[float, float]] = field(default_factory=list)
    bare: int = 0


def plain(text: str) -> str:
    """A name as it is compared: small letters, no marks, `St.` and `Saint` the same."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    words = "".join(sign if sign.isalnum() else " " for sign in bare.replace("'", "").replace("’", "")).split()
    return " ".join(_SHORT_FOR.get(word, word) for word in words)


@lru_cache(maxsize=2048)
def _country(text: str) -> bool:
    return isinstance(places.find(text), str)


def of_address(address: str) -> Named | None:
    """The town in an address such as "12 Harbor Lane, Irvine, CA 92614, USA"; None when there is none in it."""
    parts = [part.strip() for part in address.split(",") if part.strip()]
    country = ""
    if len(parts) > 1 and _country(parts[-1]):
        country = parts.pop()
    parts = [cut for part in parts if (cut := _without_postal(part))]
    if not parts or (len(parts) == 1 and (_street(parts[0]) or _country(parts[0]))):
        return None
    if len(parts) > 1 and not _street(parts[-2]) and (_CODE.fullmatch(parts[-1]) or len(parts) > 2):
        return _named(parts[-2], parts[-1])
    return _named(parts[-1], country)


def _without_postal(part: str) -> str:
    return " ".join(_POSTAL.sub(" ", part).split()) if any(sign.isdigit() for sign in part) and not _street(part) else part


def _street(part: str) -> bool:
    """Whether a part of an address is a house's: a number that is no postal code stands in it."""
    return any(sign.isdigit() for sign in _POSTAL.sub(" ", part))


def _named(name: str, region: str) -> Named | None:
    shown = name.title() if name.isupper() or name.islower() else name
    return Named(shown[:NAME_LENGTH], region[:NAME_LENGTH]) if any(sign.isalpha() for sign in name) and len(name) > 1 else None


def names_of(city: str | None, region: str | None, address: str | None) -> list[Named]:
    """The towns that a meeting can be found under, the surest first: its city, the town in its address, its regions."""
    found = of_address(address) if address else None
    if city:
        found = _named(city, found.region if found else "")
    names = [found] if found else []
    parts = [part.strip() for part in (region or "").split(",")]
    regions = (_named(part, found.region if found else "") for part in parts if part and not _country(part))
    names.extend(named for named in regions if named)
    distinct = {plain(one.name): one for one in reversed(names)}
    return [one for one in names if distinct.pop(plain(one.name), None) is not None]


def gather(rows: Iterable[tuple[Sequence[Named], float | None, float | None]]) -> tuple[list[Town], list[int | None]]:
    """All towns of a list.

    Args:
        rows: for each meeting its names (`names_of`) and, of a place that people can go to, latitude and longitude.

    Returns:
        The towns, and for each row the number of its own (its first name) in them; None for a row without a name.
    """
    groups: list[_Group] = []
    by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
    own: list[int | None] = []
    for names, latitude, longitude in rows:
        first: int | None = None
        for named in names:
            number = _group_for(groups, by_key[plain(named.name), plain(named.region)], latitude, longitude)
            groups[number].names[named.name] += 1
            groups[number].regions[named.region] += 1
            if latitude is not None and longitude is not None:
                groups[number].spots.append((latitude, longitude))
            else:
                groups[number].bare += 1
            first = number if first is None else first
        own.append(first)
    return [_town(group) for group in groups], own


def _group_for(groups: list[_Group], numbers: list[int], latitude: float | None, longitude: float | None) -> int:
    for number in numbers:
        spots = groups[number].spots
        if latitude is None or longitude is None or not spots or distance_km(latitude, longitude, *spots[0]) <= SAME_TOWN_KM:
            return number
    groups.append(_Group())
    numbers.append(len(groups) - 1)
    return numbers[-1]


def _town(group: _Group) -> Town:
    name = group.names.most_common(1)[0][0]
    latitude, longitude = _middle(group.spots)
    count = group.bare + len(group.spots)
    return Town(name, plain(name), group.regions.most_common(1)[0][0], latitude, longitude, count, group.bare)


def _middle(spots: Sequence[tuple[float, float]]) -> tuple[float, float] | tuple[None, None]:
    """The median of each axis: one typing error does not move a town. Across the date line longitudes are counted on."""
    if not spots:
        return None, None
    latitudes = sorted(latitude for latitude, _ in spots)
    first = spots[0][1]
    longitudes = sorted(first + (longitude - first + 180.0) % 360.0 - 180.0 for _, longitude in spots)
    return latitudes[len(spots) // 2], (longitudes[len(spots) // 2] + 180.0) % 360.0 - 180.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person typed, split: the name, and the region after a comma ("" when there was none)."""

    plain: str
    region: str


def asked(text: str) -> list[Asked]:
    """The ways to read what was typed: "Springfield, MA" and "springfield ma" may both name a region."""
    name, comma, region = text.partition(",")
    if comma and plain(name):
        return [Asked(plain(name), plain(region))]
    words = plain(text).split()
    ways = [Asked(" ".join(words), "")] if words else []
    return ways + [Asked(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(len(words) - 1, 0, -1)]


def slips(length: int) -> int:
    """How many typing slips are forgiven in a name of this many letters."""
    return 0 if length < 4 else 1 if length < 7 else 2


def close(wanted: str, names: Iterable[str]) -> list[str]:
    """The names nearest to what was typed, all equally near; none when even the nearest is too far."""
    allowed = slips(len(wanted))
    best: list[str] = []
    nearest = allowed
    letters = _letters(wanted)
    for name in names:
        if abs(len(name) - len(wanted)) > nearest or (letters ^ _letters(name)).bit_count() > 2 * nearest:
            continue
        far = _slips_between(wanted, name, nearest)
        if far < nearest:
            best, nearest = [name], far
        elif far == nearest:
            best.append(name)
    return best


def _letters(name: str) -> int:
    found = 0
    for sign in name:
        found |= 1 << (ord(sign) & 63)
    return found


def _slips_between(one: str, other: str, most: int) -> int:
    """Letters added, left out, changed or swapped with their neighbour; `most` + 1 as soon as there are more than that."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, sign in enumerate(one, 1):
        last, before, row = before, row, [number]
        for place, mark in enumerate(other, 1):
            cost = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (sign != mark))
            if number > 1 and place > 1 and sign == other[place - 2] and one[number - 2] == mark:
                cost = min(cost, last[place - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return row[-1]


def merged(found: Iterable[Town]) -> list[Town]:
    """Towns of several lists that are the same one taken together, the one with most meetings first."""
    whole: list[Town] = []
    for town in sorted(found, key=lambda one: -one.meetings):
        number = next((number for number, other in enumerate(whole) if _same(town, other)), None)
        if number is None:
            whole.append(town)
        else:
            whole[number] = _both(whole[number], town)
    return sorted(whole, key=lambda one: (-one.meetings, one.region))


def _same(one: Town, other: Town) -> bool:
    if one.plain != other.plain:
        return False
    if one.latitude is not None and one.longitude is not None and other.latitude is not None and other.longitude is not None:
        return distance_km(one.latitude, one.longitude, other.latitude, other.longitude) <= SAME_TOWN_KM
    regions = {plain(one.region), plain(other.region)} - {""}
    # One list may say "Edmonton, Canada" where another row says "Edmonton, Alberta".
    return len(regions) < 2 or _country(one.region) != _country(other.region)


def _both(one: Town, other: Town) -> Town:
    placed = one if one.latitude is not None else other
    region = one.region or other.region
    if other.region and _country(region):
        region = other.region
    return Town(
        one.name,
        one.plain,
        region,
        placed.latitude,
        placed.longitude,
        one.meetings + other.meetings,
        one.bare + other.bare,
    )


def in_region(found: Iterable[Town], region: str) -> Iterator[Town]:
    """Those whose region begins with what was typed, or all when nothing was."""
    return (town for town in found if not region or plain(town.region).startswith(region))
