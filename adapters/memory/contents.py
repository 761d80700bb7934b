"""The versions of contents in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adapters.memory.tables import Tables, plain
from core.ports import ContentVersion


class MemoryContents:
    """Fulfils `core.ports.Contents`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def put(self, name: str, body: Mapping[str, object], now_ms: int, *, author: str) -> ContentVersion:
        await self.retire(name)
        version = self._t.next_number(f"content {name}")
        stored = ContentVersion(name, version, True, author, now_ms, plain(body))
        self._t.contents[name, version] = stored
        return stored

    async def live(self) -> dict[str, ContentVersion]:
        return {name: one for (name, _), one in sorted(self._t.contents.items(), key=_key) if one.live}

    async def history(self, name: str) -> list[ContentVersion]:
        found = [one for one in self._t.contents.values() if one.name == name]
        return sorted(found, key=lambda one: -one.version)

    async def retire(self, name: str) -> bool:
        live = [key for key, one in self._t.contents.items() if one.name == name and one.live]
        for key in live:
            self._t.contents[key] = replace(self._t.contents[key], live=False)
        return bool(live)

    async def retired(self) -> frozenset[str]:
        return frozenset(name for name, _ in self._t.contents) - (await self.live()).keys()


def _key(item: tuple[tuple[str, int], ContentVersion]) -> tuple[str, int]:
    return item[0]
