"""`waymark staff test`: whether a page reaches someone by other ways than Telegram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import member, table
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.channels.proof import Plan
    from bot.channels.targets import Target
    from bot.config import Settings
    from bot.escalation.channels import Way

REFUSALS = {
    "refused": "refused: the service says no; check the address, its token and who may use it",
    "redirected": "refused: the address leads elsewhere, which is not followed; name the service itself",
    "no_answer": "no answer within 10 s; check the address, this machine's network and the service",
    "no_target": "not set up",
}


def test(number: Annotated[int, typer.Argument(metavar="ID", help="As `staff list` prints it.")]) -> None:
    """Call each of someone's channels now; whether it rang they answer in Telegram. Ends with 1 when one did not take the call."""
    import asyncio

    from bot.channels import proof, ringer
    from bot.cli.common import opened, work_in
    from bot.config import Settings

    settings = Settings.load(("encryption_keys",))
    targets = ringer.build_targets(settings)
    with opened(settings) as database:
        with work_in(settings, database) as work:
            wanted = proof.plan(work, member(work, number).id)
        if not wanted.ways:
            raise SetupError(
                f"{number} has no channel beside Telegram, which cannot ring through do-not-disturb: name one in WAYMARK_PAGE_URLS, "
                f'for example: {{"{number}": ["pover://USER@TOKEN?priority=emergency"]}}'
            )
        results = asyncio.run(_called(settings, wanted, targets))
        with work_in(settings, database) as work:
            proof.store(work, wanted, results)
    rows = [[way.name, "rings" if way.rings else "quiet", "accepted" if why is None else REFUSALS[why]] for way, why in results]
    table(("Channel", "Do-not-disturb", "Test"), rows)
    if any(why is None for _way, why in results):
        typer.echo(f"{number} is asked in Telegram whether it rang, as soon as the bot runs.", err=True)
    if any(why is not None for _way, why in results):
        raise typer.Exit(1)


async def _called(settings: Settings, wanted: Plan, targets: Mapping[str, Target]) -> list[tuple[Way, str | None]]:
    from bot.channels import proof, ringer

    webhook = ringer.webhook_of(settings)
    try:
        return await proof.call(wanted, targets, webhook)
    finally:
        if webhook is not None:
            await webhook.close()
