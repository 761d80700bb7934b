"""Broadcasts in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapters.memory.tables import Tables, plain
from core.ports import CampaignRow


class MemoryCampaigns:
    """Fulfils `core.ports.Campaigns`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def add(self, row: CampaignRow) -> bool:
        if row.name in self._t.campaigns:
            return False
        self._t.campaigns[row.name] = replace(row, body=plain(row.body))
        return True

    async def get(self, name: str) -> CampaignRow | None:
        return self._t.campaigns.get(name)

    async def save(self, row: CampaignRow) -> None:
        old = self._t.campaigns.get(row.name)
        if old is not None:
            self._t.campaigns[row.name] = replace(row, created_ms=old.created_ms, body=plain(row.body))

    async def by_state(self, states: Sequence[str]) -> list[CampaignRow]:
        rows = sorted(self._t.campaigns.values(), key=lambda row: row.name)
        return [row for row in rows if not states or row.state in states]
