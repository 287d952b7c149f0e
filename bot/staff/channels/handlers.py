"""`/channels`: by which ways a page reaches this person, a test of them, and "Did it ring?"."""

from __future__ import annotations

from bot import jobs
from bot.errors import NotAllowed
from bot.escalation import ack, channels, kinds
from bot.outbox import Button
from bot.turn import Turn

TEST = "channel.test"  # the job that `bot.channels` does


def show(turn: Turn) -> None:
    """The ways with what is known of each; [Test]."""
    _present(turn)
    known = channels.proofs(turn.work, turn.person)
    lines = [
        {
            "name": way.name,
            "rings": way.rings,
            "state": channels.state_of(turn.work, way, proof),
            "at": proof.proven_at if proof is not None else None,
        }
        for way, proof in known
    ]
    rows = [[Button("channels/test", "channels.test")]] if known else []
    turn.say("channels/list", rows, ways=lines, number=turn.person.number)


def test(turn: Turn) -> None:
    """[Test]: each way is called now; once a minute at most."""
    _present(turn)
    if not channels.ways(turn.work.settings, turn.person.number):
        show(turn)
        return
    minute = turn.now.isoformat(timespec="minutes")
    put = jobs.put(turn.work, TEST, f"{TEST}:{turn.person.id}:{minute}", staff=str(turn.person.id))
    turn.answer("channels/testing" if put is not None else "channels/wait_a_minute")


def rang(turn: Turn) -> None:
    """[It rang], [Nothing came]."""
    _present(turn)
    proof_id, answer = ack.number_of(turn.args[0]), turn.args[1]
    if answer not in ("yes", "no"):
        raise NotAllowed
    proof = channels.rang(turn.work, proof_id, turn.person, it_did=answer == "yes")
    turn.edit("channels/proven" if answer == "yes" else "channels/silent", name=kinds.KINDS[proof.kind].name, rings=proof.rings)


def _present(turn: Turn) -> None:
    if turn.person.removed_at is not None:
        raise NotAllowed
