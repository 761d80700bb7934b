"""The referee's verdict on a site: the sandbox's evidence against the exported ledger and inbox.

Leaves to others: gathering the evidence while it runs (`_site`). Ask after every process has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from adapters.strategies import load_strategies
from app.exporter import export_inbox, export_ledger
from app.town import held_out, plain_limits
from benchmarks.quality._site import ROOT, TOKENS, Site
from core.strategy import Caps
from sandbox.log import SandboxLog
from sandbox.people import Population
from sandbox.referee import Evidence, Verdict, judge
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict, and what it rests on. `waiting`: rows `sending` of processes that died less than a minute
    before the end, which the next look of a running installation would have closed."""

    verdict: Verdict
    updates: int
    acknowledged: int
    inbox: Mapping[str, int]
    ledger: Mapping[str, int]
    unknown: Collection[int]
    waiting: Collection[int]


async def judged(
    site: Site, killed: Collection[int] = (), history: Sequence[dict[str, Any]] | None = None
) -> Judged:
    """Judge the whole run. `killed`: numbers of the messages that were on their way at a kill. `history`: of
    people who do not come from the site's own population."""
    log = SandboxLog(site.evidence)
    log.close()
    async with site.store() as store:
        ledger, inbox, held = await export_ledger(store), await export_inbox(store), await held_out(store)
    waiting = {row["id"] for row in ledger if row["state"] == "sending" and row["id"] in killed}
    for row in ledger:
        if row["id"] in waiting:
            row["state"] = "unknown"
    emitted, acknowledged = log.emitted(), log.acknowledged()
    caps = Caps()
    verdict = judge(
        Evidence(
            received=log.received(),
            emitted=emitted,
            acknowledged=acknowledged,
            ledger=ledger,
            inbox=[(bot, update, "done" if state in _EFFECTIVE else state) for bot, update, state in inbox],
            limits=plain_limits(load_strategies(ROOT / "strategies")),
            caps={"per_day": caps.per_day, "per_week": caps.per_week},
            history=_history(site) if history is None else history,
            true_zones=_zones(site) if history is None else {},
            holdout=held,
        )
    )
    return Judged(
        verdict=verdict,
        updates=len(emitted),
        acknowledged=sum(one.update_id < acknowledged.get(one.bot_id, 0) for one in emitted),
        inbox=_counted(state for _, _, state in inbox),
        ledger=_counted(row["state"] for row in ledger),
        unknown={row["id"] for row in ledger if row["state"] == "unknown"} - waiting,
        waiting=waiting,
    )


_EFFECTIVE = frozenset({"applied", "handled"})
"""States of an update that has taken effect, whether or not its handler has run."""


def _history(site: Site) -> list[dict[str, Any]]:
    if not site.people.days:
        return []
    return [orjson.loads(line) for line in site.history.read_bytes().splitlines()]


def _zones(site: Site) -> dict[int, str]:
    """Where everybody really lives: the same seed makes the same people."""
    bots = sorted(int(token.partition(":")[0]) for token in TOKENS.values())
    world = World(lambda: 0, SandboxLog(None))
    people = Population(world, people=site.people.count, seed=site.people.seed, clock=lambda: 0, bots=bots)
    return people.true_zones()


def _counted(states: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in states:
        counts[state] = counts.get(state, 0) + 1
    return dict(sorted(counts.items()))
