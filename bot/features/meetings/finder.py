"""The finder: one message that shows a page of what is looked for, and changes in place with each tap on days, place and filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.errors import NotUnderstood
from bot.features.meetings import browse, rules, search, towns, views
from bot.features.meetings.browse import Look
from bot.features.meetings.views import Rows
from bot.inbound import Kind
from bot.outbox import Button, ReplyButton
from bot.turn import Turn

PAGE = 5
TOWNS_OFFERED = 6
LANGUAGES_OFFERED = 12
LAST_PAGE = 400
SHARE = ((ReplyButton("meetings/share", "location"),), (ReplyButton("meetings/not_now"),))


def when(turn: Turn) -> None:
    """Other days."""
    if turn.arg not in set(rules.When):
        raise NotUnderstood("meetings/not_listed")
    _edit(turn, browse.changed(turn, when=turn.arg))


def online(turn: Turn) -> None:
    """What can be joined from anywhere."""
    _edit(turn, browse.changed(turn, online=True, **_NOWHERE))


def everywhere(turn: Turn) -> None:
    """Online or not, wherever."""
    _edit(turn, browse.changed(turn, online=False, **_NOWHERE))


_NOWHERE: dict[str, Any] = {"latitude": None, "longitude": None, "town": "", "plain": ""}


def results(turn: Turn) -> None:
    """Back to the list."""
    _edit(turn, browse.load(turn))


def page(turn: Turn) -> None:
    """Another page of it."""
    _edit(turn, browse.turned(turn, min(views.number(turn.arg) or 0, LAST_PAGE)))


def days(turn: Turn) -> None:
    """Which days?"""
    turn.edit("meetings/days", views.days_rows())


def places(turn: Turn) -> None:
    """Where?"""
    rows = [
        [Button("meetings/near", "meetings.near"), Button("meetings/online", "meetings.online")],
        [Button("meetings/everywhere", "meetings.everywhere")],
        [Button("meetings/list", "meetings.results")],
    ]
    turn.edit("meetings/places", rows)


def near(turn: Turn) -> None:
    """Ask where the person is."""
    turn.goto("meetings.near")
    ask_near(turn)


def ask_near(turn: Turn) -> None:
    """Where are you? When the name of a town fits several, which one?"""
    found = turn.data.get("towns")
    if not found:
        turn.ask("meetings/ask_place", keyboard=SHARE, keyboard_once=False)
        return
    buttons = [
        [Button("meetings/town", "meetings.town", (number,), {"name": views.short(_full(town))})] for number, town in enumerate(found)
    ]
    turn.ask("meetings/which_town", buttons)


def on_near(turn: Turn) -> None:
    """A shared place, a town's name, or "not now"."""
    inbound = turn.inbound
    assert inbound is not None
    if inbound.kind is Kind.LOCATION and inbound.latitude is not None and inbound.longitude is not None:
        _placed(turn, {**_NOWHERE, "latitude": round(inbound.latitude, 3), "longitude": round(inbound.longitude, 3)})
        return
    if inbound.kind is not Kind.TEXT or not inbound.text.strip():
        raise NotUnderstood("meetings/place_again")
    if inbound.text.strip() in {turn.content.texts.label("meetings/not_now", lang) for lang in ("en", "es")}:
        turn.finish()
        turn.say("meetings/without_place", keyboard=views.no_keyboard(turn))
        turn.say("meetings/start", views.start_rows())
        return
    found = search.towns_named(turn.session, inbound.text.strip()[:100])
    if not found:
        raise NotUnderstood("meetings/town_unknown")
    if len(found) == 1:
        _placed(turn, _of(found[0]))
        return
    turn.data["towns"] = [{**_of(town), "region": town.region} for town in found[:TOWNS_OFFERED]]
    turn.goto("meetings.near")
    ask_near(turn)


def town(turn: Turn) -> None:
    """One of several towns of that name."""
    found, number = turn.data.get("towns") or [], views.number(turn.arg)
    if number is None or number >= len(found):
        raise NotUnderstood("meetings/place_again")
    _placed(turn, {key: found[number][key] for key in _NOWHERE})


def _of(found: towns.Town) -> dict[str, Any]:
    return {"latitude": found.latitude, "longitude": found.longitude, "town": found.name, "plain": found.plain}


def _full(found: dict[str, Any]) -> str:
    return f"{found['town']}, {found['region']}" if found["region"] else str(found["town"])


def _placed(turn: Turn, spot: dict[str, Any]) -> None:
    look = browse.changed(turn, online=False, **spot)
    turn.finish()
    turn.say("meetings/place_used", keyboard=views.no_keyboard(turn), town=look.town)
    key, rows, values = _list(turn, look)
    turn.say(key, rows, **values)


def nearest(turn: Turn) -> None:
    """Look around the nearest town that has any meetings."""
    look = browse.load(turn)
    found = (
        search.nearest_town(turn.session, look.latitude, look.longitude)
        if look.latitude is not None and look.longitude is not None
        else None
    )
    if found is None:
        raise NotUnderstood("meetings/not_listed")
    _edit(turn, browse.changed(turn, **_of(found[0])))


def filters(turn: Turn) -> None:
    """Whose, what kind, in which language?"""
    look = browse.load(turn)
    rows = [
        [Button("meetings/fellowships", "meetings.fellowships"), Button("meetings/kinds", "meetings.kinds")],
        [Button("meetings/languages", "meetings.languages")],
        [Button("meetings/clear", "meetings.clear")] if look.narrowed else [],
        [Button("meetings/list", "meetings.results")],
    ]
    turn.edit("meetings/filters", rows, filters=_filters(turn, look))


def clear(turn: Turn) -> None:
    """No filters any more."""
    _edit(turn, browse.changed(turn, fellowship="", kinds=(), language=""))


def fellowships(turn: Turn) -> None:
    """Whose meetings? By the alphabet: none is put before another."""
    look = browse.load(turn)
    names = search.fellowships(turn.session)
    buttons = [
        _choice(views.spelled(name), "meetings.fellowship", number, chosen=name == look.fellowship) for number, name in enumerate(names, 1)
    ]
    everyone = _choice("", "meetings.fellowship", 0, chosen=not look.fellowship)
    turn.edit("meetings/fellowships", [[everyone], *_pairs(buttons), _back()])


def fellowship(turn: Turn) -> None:
    """This one's, or all."""
    names = ["", *search.fellowships(turn.session)]
    chosen = views.number(turn.arg)
    if chosen is None or chosen >= len(names):
        raise NotUnderstood("meetings/not_listed")
    browse.changed(turn, fellowship=names[chosen])
    filters(turn)


def kinds(turn: Turn) -> None:
    """What kind? Those that any list has."""
    look, codes = browse.load(turn), search.codes(turn.session)
    offered = {key: narrow for key, narrow in turn.content.meeting_filters.kinds.items() if key in look.kinds or codes & set(narrow.codes)}
    buttons = [_choice(narrow.of(turn.lang), "meetings.kind", key, chosen=key in look.kinds) for key, narrow in offered.items()]
    turn.edit("meetings/kinds", [*_pairs(buttons), _back()])


def kind(turn: Turn) -> None:
    """One kind on or off; open and closed take each other's place."""
    if turn.arg not in turn.content.meeting_filters.kinds:
        raise NotUnderstood("meetings/not_listed")
    before = browse.load(turn).kinds
    opposite = {"open": "closed", "closed": "open"}.get(turn.arg)
    after = tuple(one for one in before if one not in (turn.arg, opposite))
    browse.changed(turn, kinds=after if turn.arg in before else (*after, turn.arg))
    kinds(turn)


def languages(turn: Turn) -> None:
    """In which language? Those that any list names."""
    look, codes = browse.load(turn), search.codes(turn.session)
    offered = [code for code in turn.content.meeting_filters.languages if code in codes or code == look.language][:LANGUAGES_OFFERED]
    buttons = [
        _choice(views.book(turn.content).name(code, turn.lang, "aa"), "meetings.speak", code, chosen=code == look.language)
        for code in offered
    ]
    turn.edit("meetings/languages", [[_choice("", "meetings.speak", "-", chosen=not look.language)], *_pairs(buttons), _back()])


def speak(turn: Turn) -> None:
    """This language, or any."""
    if turn.arg != "-" and turn.arg not in turn.content.meeting_filters.languages:
        raise NotUnderstood("meetings/not_listed")
    browse.changed(turn, language="" if turn.arg == "-" else turn.arg)
    filters(turn)


def _choice(name: str, route: str, arg: str | int, *, chosen: bool) -> Button:
    return Button("meetings/choice", route, (arg,), {"name": views.short(name), "chosen": chosen})


def _pairs(buttons: list[Button]) -> Rows:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]


def _back() -> list[Button]:
    return [Button("common/back", "meetings.filters"), Button("meetings/list", "meetings.results")]


def _edit(turn: Turn, look: Look) -> None:
    key, rows, values = _list(turn, look)
    turn.edit(key, rows, **values)


def _list(turn: Turn, look: Look) -> tuple[str, Rows, dict[str, Any]]:
    """The page of a search: its template, buttons and values."""
    if not search.any_listed(turn.session):
        return "meetings/none_yet", [[Button("meetings/others", "meetings.links")]], {}
    ask = browse.asked(turn, look)
    hits = search.find(turn.session, ask, limit=PAGE + 1, offset=look.page * PAGE)
    if not hits and look.page:
        look = replace(look, page=0)
        browse.save(turn, look)
        hits = search.find(turn.session, ask, limit=PAGE + 1)
    head = {
        "when": str(look.when),
        "online": look.online,
        "near": look.near,
        "town": look.town,
        "filters": _filters(turn, look),
    }
    if not hits:
        return _nothing(turn, look, head)
    turns = [Button("meetings/earlier", "meetings.page", (look.page - 1,))] if look.page else []
    if len(hits) > PAGE:
        turns.append(Button("meetings/more", "meetings.page", (look.page + 1,)))
    rows = [views.number_row(hits[:PAGE]), turns, _narrowing()]
    return "meetings/list", rows, {**head, "entries": views.entries(turn, hits[:PAGE])}


def _narrowing() -> list[Button]:
    return [
        Button("meetings/days", "meetings.days"),
        Button("meetings/places", "meetings.places"),
        Button("meetings/filters", "meetings.filters"),
    ]


def _nothing(turn: Turn, look: Look, head: dict[str, Any]) -> tuple[str, Rows, dict[str, Any]]:
    """Nothing found: a way on from here, the nearest place when this one is far from every meeting."""
    far = (
        search.nearest_town(turn.session, look.latitude, look.longitude)
        if look.latitude is not None and look.longitude is not None
        else None
    )
    rows: Rows = []
    if far is not None and far[1] > search.WITHIN_KM:
        rows.append([Button("meetings/town", "meetings.nearest", (), {"name": views.short(far[0].name)})])
    else:
        far = None
    if look.when != rules.When.ANY:
        rows.append([Button("meetings/any", "meetings.when", (rules.When.ANY.value,))])
    if look.narrowed:
        rows.append([Button("meetings/clear", "meetings.clear")])
    if not look.online:
        rows.append([Button("meetings/online", "meetings.online")])
    values = {
        **head,
        "far": far[0].name if far else "",
        "distance": views.distance(turn, far[1]) if far else None,
        "miles": turn.person.country in rules.IN_MILES,
    }
    return "meetings/none_found", [*rows, _narrowing()], values


def _filters(turn: Turn, look: Look) -> list[str]:
    """What narrows the list, in words."""
    found = [views.spelled(look.fellowship)] if look.fellowship else []
    known = turn.content.meeting_filters.kinds
    found += [known[key].of(turn.lang) for key in look.kinds if key in known]
    return found + ([views.book(turn.content).name(look.language, turn.lang, "aa")] if look.language else [])
