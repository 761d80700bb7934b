"""Texts that GPT wrote and what they cost, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, replace
from typing import Final

from adapters.memory.tables import Tables
from core.ports import Spent, Writing
from core.writing import MARK_LENGTH

HOUR_MS: Final = 3_600_000


class MemoryWritings:
    """Fulfils `core.ports.Writings`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def add(self, writings: Sequence[Writing]) -> list[Writing]:
        stored = [replace(one, id=self._t.next_number("writing")) for one in writings]
        self._t.writings.update({one.id: one for one in stored})
        return stored

    async def find(self, fingerprints: Sequence[str]) -> dict[str, list[Writing]]:
        found: dict[str, list[Writing]] = {}
        for one in self._newest(lambda each: each.fingerprint in fingerprints):
            found.setdefault(one.fingerprint, []).append(one)
        return found

    async def approved(self, contents: Sequence[str], person_nos: Sequence[int] = (0,)) -> list[Writing]:
        return self._newest(
            lambda one: one.state == "approved" and one.content in contents and one.person_no in person_nos
        )

    async def waiting(self, after_id: int, limit: int) -> list[Writing]:
        found = self._newest(lambda one: one.state == "waiting" and one.id > after_id)
        return found[::-1][:limit]

    async def get(self, writing_id: int) -> Writing | None:
        return self._t.writings.get(writing_id)

    async def decide(self, writing_id: int, state: str, reason: str, author: str, now_ms: int) -> bool:
        one = self._t.writings.get(writing_id)
        if one is None or one.state != "waiting":
            return False
        decided = replace(one, state=state, reason=reason, decided_by=author, decided_ms=now_ms)
        self._t.writings[writing_id] = decided
        return True

    async def useless(self, marks: Collection[str], before_ms: int, limit: int) -> list[int]:
        newest: dict[tuple[int, str], int] = {}
        for one in self._newest(lambda each: each.state == "approved"):
            newest.setdefault(_asked(one), one.id)
        found = [
            one.id
            for one in self._newest(lambda each: each.person_no > 0 and each.at_ms < before_ms)
            if one.fingerprint[:MARK_LENGTH] not in marks
            or (one.state == "approved" and newest[_asked(one)] != one.id)
        ]
        return sorted(found)[:limit]

    async def delete(self, ids: Sequence[int]) -> int:
        return sum(self._t.writings.pop(one, None) is not None for one in ids)

    async def spend(self, purpose: str, spent: Spent, now_ms: int) -> None:
        key = (now_ms - now_ms % HOUR_MS, purpose)
        self._t.spending[key] = _sum([self._t.spending.get(key, Spent()), spent])

    async def spent(self, purpose: str, since_ms: int) -> Spent:
        return _sum(
            [
                spent
                for (hour_ms, name), spent in self._t.spending.items()
                if hour_ms > since_ms - HOUR_MS and purpose in {"", name}
            ]
        )

    def _newest(self, wanted: Callable[[Writing], bool]) -> list[Writing]:
        return [one for _, one in sorted(self._t.writings.items(), reverse=True) if wanted(one)]


def _asked(one: Writing) -> tuple[int, str]:
    """For whom it was written, and from which brief."""
    return one.person_no, one.fingerprint[:MARK_LENGTH]


def _sum(parts: Sequence[Spent]) -> Spent:
    return Spent(*(sum(column) for column in zip(*map(astuple, parts), strict=True)))
