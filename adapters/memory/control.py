"""Strategies, models, slots, leases, switches and the audit trail in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.memory.tables import Tables, plain
from core.errors import NotFoundError
from core.ports import AuditEntry, Lease, ModelVersion
from core.strategy import Strategy


class MemoryKnowledge:
    """Fulfils `core.ports.Knowledge`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def strategies(self) -> dict[str, Strategy]:
        rows = sorted(self._t.strategies.items(), key=lambda item: item[0])
        return {segment: strategy for (segment, _), (strategy, _, live, _) in rows if live}

    async def put_strategy(self, strategy: Strategy, now_ms: int, *, live: bool, author: str) -> Strategy:
        version = self._t.next_number(f"strategy {strategy.segment}")
        stored = replace(strategy, version=version)
        self._t.strategies[strategy.segment, version] = (stored, now_ms, False, author)
        if live:
            await self.make_live(strategy.segment, version)
        return stored

    async def strategy_history(self, segment: str) -> list[tuple[Strategy, int, bool, str]]:
        rows = [(version, row) for (name, version), row in self._t.strategies.items() if name == segment]
        return [row for _, row in sorted(rows, key=lambda item: -item[0])]

    async def make_live(self, segment: str, version: int) -> None:
        if (segment, version) not in self._t.strategies:
            raise NotFoundError(
                f"{segment} has no strategy version {version}", next_step=f"strategy history {segment}"
            )
        for (name, number), (strategy, at_ms, _, author) in list(self._t.strategies.items()):
            if name == segment:
                self._t.strategies[name, number] = (strategy, at_ms, number == version, author)

    async def model(self, name: str) -> ModelVersion | None:
        return self._t.models.get((name, self._t.counters.get(f"model {name}", 0)))

    async def put_model(self, name: str, body: Mapping[str, object], now_ms: int) -> ModelVersion:
        version = self._t.next_number(f"model {name}")
        self._t.models[name, version] = ModelVersion(name, version, now_ms, plain(body))
        return self._t.models[name, version]


class MemoryControl:
    """Fulfils `core.ports.Control`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def take_slot(self, job: str, slot_ms: int, now_ms: int) -> bool:
        if (job, slot_ms) in self._t.slots:
            return False
        self._t.slots[job, slot_ms] = now_ms
        return True

    async def last_slot(self, job: str) -> int | None:
        return max((slot_ms for name, slot_ms in self._t.slots if name == job), default=None)

    async def acquire(self, name: str, holder: str, now_ms: int, ttl_ms: int) -> Lease | None:
        old = self._t.leases.get(name)
        if old is not None and old.holder != holder and old.until_ms > now_ms:
            return None
        epoch = 1 if old is None else old.epoch + (old.holder != holder)
        self._t.leases[name] = Lease(name, holder, epoch, now_ms + ttl_ms)
        return self._t.leases[name]

    async def check(self, lease: Lease, now_ms: int) -> bool:
        held = self._t.leases.get(lease.name)
        mine = held is not None and (held.holder, held.epoch) == (lease.holder, lease.epoch)
        return mine and held is not None and held.until_ms > now_ms

    async def release(self, lease: Lease) -> None:
        held = self._t.leases.get(lease.name)
        if held is not None and (held.holder, held.epoch) == (lease.holder, lease.epoch):
            self._t.leases[lease.name] = replace(held, until_ms=0)

    async def set_switch(self, name: str, value: str | None) -> None:
        if value is None:
            self._t.switches.pop(name, None)
        else:
            self._t.switches[name] = value

    async def switches(self) -> dict[str, str]:
        return dict(sorted(self._t.switches.items()))

    async def set_mark(self, name: str, value: str | None) -> None:
        if value is None:
            self._t.marks.pop(name, None)
        else:
            self._t.marks[name] = value

    async def marks(self, prefix: str) -> dict[str, str]:
        return {name: value for name, value in sorted(self._t.marks.items()) if name.startswith(prefix)}

    async def audit(self, entries: Sequence[AuditEntry]) -> None:
        for entry in entries:
            self._t.audit[self._t.next_number("audit")] = replace(entry, detail=plain(entry.detail))

    async def audit_trail(self, limit: int) -> list[AuditEntry]:
        rows = sorted(self._t.audit.items(), key=lambda item: -item[0])
        return [entry for _, entry in rows[:limit]]
