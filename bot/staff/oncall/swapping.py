"""[Give a shift]: pick one of one's own, pick a colleague, and the colleague agrees or not."""

from __future__ import annotations

from bot import people
from bot.errors import Conflict, NotAllowed
from bot.escalation import ack, duty
from bot.escalation.rota import POSITIONS, Span
from bot.models import Swap
from bot.outbox import Button
from bot.staff.oncall import handover, swaps
from bot.staff.oncall.handlers import present
from bot.turn import Turn

LISTED, A_ROW = 8, 4


def list_(turn: Turn) -> None:
    """My shifts of the next 14 days, one button each."""
    present(turn)
    found = swaps.mine(turn.work, turn.person)[:LISTED]
    if not found:
        raise Conflict("oncall/no_shifts")
    buttons = [
        Button("oncall/words", "oncall.swap_pick", (POSITIONS.index(one.position), _stamp(turn, one)), {"words": str(number)})
        for number, one in enumerate(found, start=1)
    ]
    rows = [buttons[start : start + A_ROW] for start in range(0, len(buttons), A_ROW)]
    shifts = [{"position": one.position, "start": one.start, "end": one.end, "now": one.start <= turn.now} for one in found]
    turn.say("oncall/swap_which", rows, shifts=shifts)


def pick(turn: Turn) -> None:
    """A shift was picked: who could take it?"""
    present(turn)
    span = _picked(turn)
    found = swaps.candidates(turn.work, turn.person, span)
    if not found:
        raise Conflict("oncall/nobody_else")
    rows = [
        [Button("oncall/words", "oncall.swap_ask", (*turn.args, one.number), {"words": handover.first_name(turn.work, one)[:24]})]
        for one in found[:LISTED]
    ]
    turn.edit("oncall/swap_whom", rows, position=span.position, start=span.start, end=span.end)


def ask(turn: Turn) -> None:
    """A colleague was picked: they are asked."""
    present(turn)
    span = _picked(turn)
    colleague = people.by_number(turn.session, ack.number_of(turn.args[2]))
    if colleague is None:
        raise NotAllowed
    swap = swaps.ask(turn.work, turn.person, span, colleague)
    rows = [[Button("oncall/swap_back", "oncall.swap_back", (swap.id or 0,))]]
    name = handover.first_name(turn.work, colleague)
    turn.edit("oncall/swap_asked", rows, name=name, position=span.position, start=span.start, ends=swaps.ends_at(swap))


def open_(turn: Turn) -> None:
    """[Open] on the neutral message: who asks, which shift."""
    swap = swaps.waiting(turn.work, _swap(turn))
    if swap.to_id != turn.person.id:
        raise NotAllowed
    giver = people.get(turn.session, swap.from_id)
    number = swap.id or 0
    rows = [[Button("oncall/agree", "oncall.swap_yes", (number,)), Button("oncall/refuse", "oncall.swap_no", (number,))]]
    other = "backup" if swap.position == "primary" else "primary"
    both = any(span.staff_id == turn.person.id for span in duty.spans(turn.work, other, swap.start_at, swap.end_at))
    name = handover.first_name(turn.work, giver)
    turn.edit("oncall/swap_question", rows, name=name, position=swap.position, start=swap.start_at, end=swap.end_at, both=both)


def yes(turn: Turn) -> None:
    """[Agree]: the rota changes."""
    swap = _swap(turn)
    swaps.agree(turn.work, swap, turn.person)
    turn.edit("oncall/swap_yours", position=swap.position, start=max(swap.start_at, turn.now), end=swap.end_at)


def no(turn: Turn) -> None:
    """[No]: nothing changes."""
    swaps.refuse(turn.work, _swap(turn), turn.person)
    turn.edit("oncall/swap_no")


def back(turn: Turn) -> None:
    """[Take it back]: the question is withdrawn."""
    swaps.withdraw(turn.work, _swap(turn), turn.person)
    turn.edit("oncall/swap_back")


def _swap(turn: Turn) -> Swap:
    present(turn)
    return swaps.of(turn.work, ack.number_of(turn.arg), turn.person)


def _stamp(turn: Turn, span: Span) -> int:
    """The minute in which a shift starts, as its button keeps it; 0: it runs already."""
    return 0 if span.start <= turn.now else int(span.start.timestamp()) // 60


def _picked(turn: Turn) -> Span:
    """The shift that a button names, if it is still this person's; the present one from now on."""
    position, stamp = ack.number_of(turn.args[0]), ack.number_of(turn.args[1])
    if position >= len(POSITIONS):
        raise NotAllowed
    for one in swaps.mine(turn.work, turn.person):
        if one.position == POSITIONS[position] and _stamp(turn, one) == stamp:
            return one
    raise Conflict("oncall/changed")
