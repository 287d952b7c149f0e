"""Kind messages after a case, each behind a neutral line; and words that came just after its end."""

from __future__ import annotations

from bot import due, menu, people
from bot.errors import NotAllowed
from bot.escalation import after, engine, tasks
from bot.escalation import store as cases
from bot.escalation.engine import Finding
from bot.models import Case, Due, Lane
from bot.routing import Handler
from bot.safety.levels import Category, Level
from bot.turn import Button, Turn

FORM = "after_words"


def message(turn: Turn, item: Due) -> None:
    """It is time for the next one: "You have a message" [Open], nothing else on the lock screen."""
    work, person = turn.work, turn.person
    case, step, tries = _case_of(turn, item), str(item.args["step"]), int(item.args["tries"])
    if case is None or after.ended(work, person):
        return
    if after.too_early(work, person, case, step, tries):
        after.plan(work, person, case, step, tries=tries)
    elif person.status in after.AWAY:
        after.plan_next(work, person, case, step)
    elif not due.may_start(work, person, "after"):
        if tries + 1 < after.TRIES:
            after.plan(work, person, case, step, tries=tries + 1)
        else:
            after.plan_next(work, person, case, step)
    else:
        dedup = f"after:{person.id}:{case.number}:{step}"
        turn.say("after/waiting", [[Button("after/open", "after.open", (case.number, step))]], lane=Lane.BULK, dedup_key=dedup)
        after.plan_next(work, person, case, step)


def skipped(turn: Turn, item: Due) -> None:
    """Too late, or a case is open: the series goes on with the next one (a new case that ends in earnest begins it anew)."""
    case = _case_of(turn, item)
    if case is not None and not after.ended(turn.work, turn.person):
        after.plan_next(turn.work, turn.person, case, str(item.args["step"]))


def open_(turn: Turn) -> None:
    """[Open]: the words, signed by the team; nothing is asked."""
    number, step = turn.args
    case = cases.by_number(turn.session, _number(number))
    if case is None or case.person_id != turn.person.id or step not in {one.name for one in after.SERIES}:
        raise NotAllowed
    patient = people.patient_of(turn.session, turn.person.id)
    rows = [[Button("after/stop", "after.stop")]] if patient is not None and patient.messages_stopped_at is None else []
    turn.edit(f"after/{step}", rows, clinic=turn.work.settings.clinic_name)


def stop(turn: Turn) -> None:
    """[Stop these]: none comes any more; it can be taken back."""
    after.set_stopped(turn.work, turn.person, stopped=True)
    turn.say("after/stopped", [[Button("after/again", "after.again")]])


def again(turn: Turn) -> None:
    """[Send them again]: from the next one on that is not over yet."""
    patient = people.patient_of(turn.session, turn.person.id)
    if patient is None or patient.messages_stopped_at is None:
        turn.answer("common/old_button")
        return
    after.set_stopped(turn.work, turn.person, stopped=False)
    after.resume(turn.work, turn.person)
    turn.edit("after/wanted")


def words(otherwise: Handler) -> Handler:
    """What takes free words: just after a case they may be meant for the human who was there, so the bot asks; else `otherwise`."""

    def handle(turn: Turn) -> None:
        case = after.just_closed(turn.work, turn.person)
        if case is None or case.kind != "real" or turn.person.silent_since is not None:
            otherwise(turn)
            return
        turn.goto(f"{FORM}.ask", kept=[turn.text], about=case.category)
        ask(turn)

    return handle


def ask(turn: Turn) -> None:
    """Nobody reads along any more: shall the team get these words?"""
    by = tasks.same_day(turn.work)
    rows = [[Button("crisis/send_to_team", "after.send")], [menu.SOS, Button("after/no", "after.drop")]]
    turn.ask("after/words", rows, by=by, today=by <= turn.now)


def more(turn: Turn) -> None:
    """More words before a button: they are kept too."""
    turn.data["kept"].append(turn.text)
    ask(turn)


def send(turn: Turn) -> None:
    """[Send to my team]: an item for the counselor, with the words."""
    kept, about = tuple(str(one) for one in turn.data["kept"]), Category(turn.data["about"])
    by = tasks.same_day(turn.work)
    turn.finish()
    task = tasks.once(turn.work, turn.person, "after_case", due_at=by)
    finding = Finding(Level.WATCH, about, "message", texts=kept, rules=("after.words",))
    engine.add_alert(turn.work, turn.person, finding, task_id=task.id)
    turn.say("after/words_sent", by=by, today=by <= turn.now)


def drop(turn: Turn) -> None:
    """[No]: the words go nowhere."""
    turn.finish()
    turn.say("after/words_dropped")


def _case_of(turn: Turn, item: Due) -> Case | None:
    return cases.by_number(turn.session, int(item.args["case"]))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise NotAllowed
    return int(text)
