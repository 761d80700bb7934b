"""Campaigns that harm stop themselves: too many people block the bot, or opt out, after their messages.

Counted are a campaign's messages of the last seven days, and the blocks and opt-outs that followed one of
them within a day. A campaign is stopped (its switch is set, with the figures) when the share is surely above
its bound: the lower end of an exact confidence sequence lies above it, so that looking every minute does not
add up to false stops within the seven days; over many weeks they can. Only an operator lets it go on; then it
is judged by what is sent from that moment on.

Promises: the switch, its line in the audit trail and the mark commit together, once. Leaves to others: noting
which message harmed (capture), obeying the switch (the door).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.broadcast import CANCELLED, DONE, SELF_STOP
from core.experiment import least_rate
from core.ledger import BROADCAST
from core.ports import AuditEntry, Guard, HarmCount, Store, Transaction

WINDOW_MS: Final = 7 * 86_400_000
LEAST_SENT: Final = 30
"""Below so many messages nothing is said."""
ALPHA: Final = 0.005
"""Chance of stopping a campaign that is not above its bound, however often one looks while all its messages
are of the last seven days; for blocks and for opt-outs each."""
ACTOR: Final = "kairos"
SWITCH: Final = "pause:campaign:"
MARK: Final = "guard:"
"""Of a campaign that was stopped: `stopped`, and after an operator let it go on the moment from which it is
judged."""
_STOPPED: Final = "stopped"


@dataclass(frozen=True, slots=True)
class GuardDeps:
    """The bounds: shares of messages that a block or an opt-out may follow."""

    store: Store
    stop_blocks: float = 0.02
    stop_opt_outs: float = 0.05


@dataclass(frozen=True, slots=True)
class Guarded:
    """How many campaigns were looked at, and those stopped now: campaign -> why, in words."""

    campaigns: int = 0
    stopped: Mapping[str, str] = field(default_factory=dict)


async def watch_harm(deps: GuardDeps, now_ms: int, guard: Guard | None = None) -> Guarded:
    """Look at all campaigns once. Counting a week of messages takes its time, so it is done where nobody
    waits for it; only what is to be changed is looked at again, in a writing transaction."""
    async with deps.store.transaction(write=False) as tx:
        seen = await _look(deps, tx, now_ms)
    if not seen.stopped and not seen.marks:
        return Guarded(seen.campaigns)
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Guarded()
        seen = await _look(deps, tx, now_ms)
        for mark, value in seen.marks.items():
            await tx.control.set_mark(mark, value)
        for campaign, (why, sent) in seen.stopped.items():
            await tx.control.set_switch(f"{SWITCH}{campaign}", f"{SELF_STOP}{why}")
            await tx.control.set_mark(f"{MARK}{campaign}", _STOPPED)
            detail = {"reason": why, "sent": sent}
            await tx.control.audit([AuditEntry(now_ms, ACTOR, "campaign.self-stop", campaign, detail)])
    return Guarded(seen.campaigns, {campaign: why for campaign, (why, _) in seen.stopped.items()})


@dataclass(frozen=True, slots=True)
class _Seen:
    """How many campaigns there are; those to be stopped: (why, messages); marks to be changed."""

    campaigns: int
    stopped: Mapping[str, tuple[str, int]]
    marks: Mapping[str, str | None]


async def _look(deps: GuardDeps, tx: Transaction, now_ms: int) -> _Seen:
    """The figures of each campaign, since it was let go on where it had stopped."""
    switches = await tx.control.switches()
    counts = await tx.ledger.harm_since(now_ms - WINDOW_MS)
    marks: dict[str, str | None] = {}
    for mark, value in (await tx.control.marks(MARK)).items():
        campaign = mark.removeprefix(MARK)
        if f"{SWITCH}{campaign}" in switches:
            continue
        since_ms = now_ms if value == _STOPPED else int(value)
        if since_ms <= now_ms - WINDOW_MS:
            marks[mark] = None
            continue
        if value == _STOPPED:
            marks[mark] = str(now_ms)
        if campaign in counts:
            since = await tx.ledger.harm_since(since_ms)
            counts[campaign] = since.get(campaign, HarmCount(0, 0, 0, 0))
    found = {name: harm(count, deps) for name, count in sorted(counts.items())}
    stopped = {
        name: (why, counts[name].sent)
        for name, why in found.items()
        if why and f"{SWITCH}{name}" not in switches and not await _is_over(tx, name)
    }
    return _Seen(len(counts), stopped, marks)


async def _is_over(tx: Transaction, campaign: str) -> bool:
    """Whether it is a broadcast of which nothing is left to be stopped: a switch would only stay behind."""
    if not campaign.startswith(BROADCAST):
        return False
    row = await tx.campaigns.get(campaign.removeprefix(BROADCAST))
    return row is not None and row.state in (DONE, CANCELLED)


def harm(count: HarmCount, deps: GuardDeps) -> str:
    """Why this campaign must stop, in words; empty if it need not."""
    for hits, bound, words in (
        (count.blocks, deps.stop_blocks, "blocked"),
        (count.opt_outs, deps.stop_opt_outs, "opted out"),
    ):
        if count.sent >= LEAST_SENT and least_rate(hits, count.sent, ALPHA) > bound:
            share = 100 * hits / count.sent
            return f"{hits} of {count.sent} {words} ({share:.1f} %, surely above {100 * bound:g} %)"
    return ""
