"""The steps that find out where someone is: share the place, type or pick it, then "Is it 21:05 where you are?".

The enrolment and the settings both ask this, each with a `Placing` of its own; the steps stand in the router under the form's name.
"""

from __future__ import annotations

from collections.abc import Callable

from bot import places, typed
from bot.errors import NotUnderstood
from bot.inbound import Kind
from bot.outbox import Button, ReplyButton, Rows
from bot.places import Place
from bot.turn import Turn

SHARE = ((ReplyButton("place/share", "location"),),)
_PER_ROW = 2


class Placing:
    """One form's steps `place`, `country`, `zone` and `clock`; they keep `country` and `zone` in the form's data."""

    def __init__(self, form: str, done: Callable[[Turn, Place], None], foot: Callable[[Turn], Rows]) -> None:
        """
        Args:
            form: the form that they belong to.
            done: called when the clock was found right.
            foot: the rows below each question's own (back, SOS).
        """
        self._form, self._done, self._foot = form, done, foot

    def _button(self, label: str, name: str, *args: str, **values: object) -> Button:
        return Button(label, f"{self._form}.{name}", args, values)

    def ask_place(self, turn: Turn) -> None:
        """Where are you? A place to share, the clinic's, or a list; a city or country may be typed."""
        settings = turn.work.settings
        turn.say("place/share", keyboard=SHARE, keyboard_once=True)
        here = self._button("place/clinic", "clinic", city=places.city(settings.timezone, turn.lang)[:24])
        turn.ask("place/ask", [[here], [self._button("place/list", "list")], *self._foot(turn)])

    def on_place(self, turn: Turn) -> None:
        """A shared place, or the name of a city or country."""
        assert turn.inbound is not None
        if turn.inbound.kind is Kind.LOCATION and turn.inbound.latitude is not None and turn.inbound.longitude is not None:
            found: Place | str | None = places.at(turn.inbound.latitude, turn.inbound.longitude)
        else:
            found = places.find(turn.text)
        if found is None:
            raise NotUnderstood("place/unknown")
        self._take(turn, found)

    def clinic(self, turn: Turn) -> None:
        """The clinic's country and zone."""
        settings = turn.work.settings
        self._take(turn, Place(settings.country, settings.timezone))

    def list_(self, turn: Turn) -> None:
        """Show the countries."""
        self._hide_share(turn)
        turn.proceed(f"{self._form}.country")

    def ask_country(self, turn: Turn) -> None:
        """The countries whose lines are known, to pick from; any other can be typed."""
        buttons = [
            self._button("common/words", "in", code, words=places.country_name(code, turn.lang)[:24])
            for code in turn.content.lines
            if places.exists(code)
        ]
        turn.ask("place/country", [*_rows(buttons), *self._foot(turn)])

    def choose_country(self, turn: Turn) -> None:
        """A country's button."""
        if not places.exists(turn.arg):
            raise NotUnderstood("place/unknown")
        self._take(turn, turn.arg)

    def ask_zone(self, turn: Turn) -> None:
        """The zones of the country, by city and the time that it is there."""
        zones = places.zones_of(turn.data["country"], turn.now)
        buttons = [self._button("common/words", "zone", zone, words=places.city(zone, turn.lang)[:24]) for zone in zones]
        turn.ask("place/zone", [*_rows(buttons), *self._foot(turn)])

    def on_zone(self, turn: Turn) -> None:
        """A city of the country, typed."""
        country = turn.data["country"]
        zones = places.zones_of(country, turn.now)
        zone = typed.pick(turn.text, {zone: [places.city(zone, lang) for lang in places.LOCALES] for zone in zones})
        found = Place(country, zone) if zone is not None else places.find(turn.text)
        if found is None:
            raise NotUnderstood("place/unknown")
        self._take(turn, found)

    def choose_zone(self, turn: Turn) -> None:
        """A zone's button."""
        country = turn.data.get("country", "")
        if turn.arg not in places.zones_of(country, turn.now):
            raise NotUnderstood("place/unknown")
        self._take(turn, Place(country, turn.arg))

    def ask_clock(self, turn: Turn) -> None:
        """Is it 21:05 where you are?"""
        zone, country = turn.data["zone"], turn.data["country"]
        rows = [[self._button("place/right", "right"), self._button("place/wrong", "list")], *self._foot(turn)]
        city, land = places.city(zone, turn.lang), places.country_name(country, turn.lang)
        turn.ask("place/clock", rows, at=turn.now, zone=zone, city=city, country=land)

    def on_clock(self, turn: Turn) -> None:
        """Yes, no, or another city, typed."""
        labels = {choice: [turn.content.texts.label(f"place/{choice}", lang) for lang in places.LOCALES] for choice in ("right", "wrong")}
        answer = typed.pick(turn.text, labels)
        if answer == "right" or turn.content.short_answer(turn.text) == "yes":
            self.right(turn)
        elif answer == "wrong" or turn.content.short_answer(turn.text) == "no":
            self.list_(turn)
        else:
            self.on_place(turn)

    def right(self, turn: Turn) -> None:
        """The clock is right."""
        self._done(turn, Place(turn.data["country"], turn.data["zone"]))

    def _take(self, turn: Turn, found: Place | str) -> None:
        """Go on with a place, or with a country whose zone may still have to be chosen."""
        self._hide_share(turn)
        if isinstance(found, str):
            zones = places.zones_of(found, turn.now)
            if len(zones) > 1:
                turn.proceed(f"{self._form}.zone", country=found)
                return
            found = Place(found, zones[0])
        turn.proceed(f"{self._form}.clock", country=found.country, zone=found.zone)

    def _hide_share(self, turn: Turn) -> None:
        if turn.state == f"{self._form}.place":
            turn.say("place/thanks", keyboard=())


def _rows(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + _PER_ROW] for start in range(0, len(buttons), _PER_ROW)]
