"""An installation at its start: strategies are seeded once, and an edited file is a proposal."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.memory import ManualClock, MemoryHot, MemoryMessenger, MemoryPacer, MemoryStore
from adapters.strategies import load_strategies
from app.hot import WatchedHot
from app.installation import ROLES, Installation
from app.parts import Conditions, Listening, Logs, Parts
from core.segment import SegmentSpec

NOWHERE = Listening()
STRATEGIES = Path(__file__).parents[2] / "strategies"


class Silent:
    def info(self, event: str, **figures: Any) -> None:
        """Nobody listens."""

    def warning(self, event: str, **figures: Any) -> None:
        """Nobody listens."""


async def nothing() -> None:
    """No Redis of ours to bring back."""


def installation(
    store: MemoryStore, specs: tuple[SegmentSpec, ...], listen: Listening = NOWHERE
) -> Installation:
    clock = ManualClock(1_780_000_000_000)
    hot = WatchedHot(MemoryHot())
    logs = Logs(Silent(), Silent(), Silent())
    messenger = MemoryMessenger(clock.now_ms)
    parts = Parts(store, hot, MemoryPacer(), messenger, (), (), specs, clock, logs, nothing)
    return Installation(parts, Conditions(b"a key of thirty-two bytes or more", listen=listen), "test")


async def test_the_files_are_version_one_and_a_second_start_changes_nothing() -> None:
    store, specs = MemoryStore(), load_strategies(STRATEGIES)
    for _ in range(2):
        await installation(store, specs).start()
    async with store.transaction(write=False) as tx:
        live = await tx.knowledge.strategies()
        history = await tx.knowledge.strategy_history("HOT_LEAD")
    assert set(live) == {spec.name for spec in specs}
    assert [(item[0].version, item[2], item[3]) for item in history] == [(1, True, "file")]


async def test_an_edited_file_becomes_a_proposal_and_is_not_in_force_by_itself() -> None:
    store, specs = MemoryStore(), load_strategies(STRATEGIES)
    await installation(store, specs).start()
    hot_lead = next(spec for spec in specs if spec.name == "HOT_LEAD")
    calmer = replace(hot_lead.strategy, pace=replace(hot_lead.strategy.pace, cooldown_h=8.0))
    edited = tuple(replace(s, strategy=calmer) if s.name == "HOT_LEAD" else s for s in specs)
    for _ in range(2):
        await installation(store, edited).start()
    async with store.transaction(write=False) as tx:
        live = await tx.knowledge.strategies()
        history = await tx.knowledge.strategy_history("HOT_LEAD")
    assert live["HOT_LEAD"].pace.cooldown_h == 4.0
    assert [(item[0].version, item[2]) for item in history] == [(2, False), (1, True)]
    assert history[0][0].pace.cooldown_h == 8.0


async def test_who_takes_updates_listens_and_its_siblings_with_the_same_settings_do_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = Listening(port=free.getsockname()[1])
    stopping = asyncio.Event()
    stopping.set()
    listeners = []
    for role in ROLES:
        made = installation(MemoryStore(), (), listen)
        await made.run(stopping, [role])
        listeners.append(made.receiver is not None)
    assert dict(zip(ROLES, listeners, strict=True)) == {"bot": True, "sender": False, "scheduler": False}
