"""The figures that /metrics shows: counts of the record, the receipt of updates, Redis' memory, erasures.

Promises: the record is counted at most once in KEEP_MS, however many ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from adapters.web.figures import Figure
from app.jobs import Jobs
from app.memory import metrics_of
from app.parts import Parts

KEEP_MS: Final = 5_000
"""So long the figures are good: counting a large inbox costs more than looking often is worth."""
_MEANINGS: Mapping[str, str] = {
    "kairos_redis_used_bytes": "Memory that Redis uses",
    "kairos_redis_max_bytes": "Bound of Redis' memory",
    "kairos_redis_used_share": "Share of the bound that is used, 0..1",
    "kairos_redis_fragmentation": "Memory taken from the system by memory used",
    "kairos_redis_profiles": "Hot profiles of people",
    "kairos_redis_bytes_per_profile": "Bytes of a hot profile, by a sample",
    "kairos_redis_days_to_full": "Days until the bound is reached at the present growth",
}


class Listener(Protocol):
    """Whatever brings a bot's updates."""

    @property
    def bot_id(self) -> int: ...
    @property
    def last_ok_ms(self) -> int: ...


class Metrics:
    """The figures of one process."""

    def __init__(
        self,
        parts: Parts,
        jobs: Jobs,
        listeners: Callable[[], Sequence[Listener]],
        requests: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        """`listeners`: what brings updates now; `requests`: how webhooks did (`Receiver.status`)."""
        self._parts = parts
        self._jobs = jobs
        self._listeners = listeners
        self._requests = requests
        self._counting = asyncio.Lock()
        self._kept: list[Figure] = []
        self._counted_ms = 0

    async def figures(self) -> list[Figure]:
        """All of them, as they stood at most KEEP_MS ago. Raises StoreError."""
        async with self._counting:
            now_ms = self._parts.clock.now_ms()
            if not self._kept or not 0 <= now_ms - self._counted_ms < KEEP_MS:
                found = await _figures(self._parts, self._jobs, self._listeners())
                self._kept = [*found, _webhooks(self._requests())]
                self._counted_ms = now_ms
            return self._kept


async def _figures(parts: Parts, jobs: Jobs, listeners: Sequence[Listener]) -> list[Figure]:
    async with parts.store.transaction(write=False) as tx:
        inbox, ledger = await tx.inbox.counts(), await tx.ledger.counts()
        people, groups = await tx.people.count(), await tx.groups.count()
        asked, done, slowest_ms = await tx.erasures.figures()
    watched = metrics_of(jobs.watched.use) if jobs.watched else {}
    return [
        Figure("kairos_people", "People known", "gauge", {(): people}),
        Figure("kairos_groups", "Groups and channels known", "gauge", {(): groups}),
        _by_state("kairos_inbox_updates", "Updates kept, by state", inbox),
        _by_state("kairos_ledger_messages", "Messages in the ledger, by state", ledger),
        Figure(
            "kairos_updates_last_ok_seconds",
            "When the updates of a bot last came in, seconds since 1970",
            "gauge",
            {(str(one.bot_id),): one.last_ok_ms / 1000 for one in listeners},
            ("bot",),
        ),
        Figure(
            "kairos_erasures_open",
            "People who asked to be forgotten and are not yet",
            "gauge",
            {(): asked - done},
        ),
        Figure("kairos_erasures_done", "People forgotten", "gauge", {(): done}),
        Figure("kairos_erasure_slowest_seconds", "Slowest erasure", "gauge", {(): slowest_ms / 1000}),
        *(Figure(name, _MEANINGS[name], "gauge", {(): value}) for name, value in watched.items()),
    ]


def _webhooks(status: Mapping[str, object]) -> Figure:
    counted: dict[tuple[str, ...], float] = {(name,): float(str(status.get(name, 0))) for name in _REQUESTS}
    meaning = "Requests to webhooks since the start, by what became of them"
    return Figure("kairos_webhook_requests_total", meaning, "counter", counted, ("result",))


_REQUESTS = ("accepted", "refused", "unauthorized", "unknown", "aside")


def _by_state(name: str, meaning: str, counts: Mapping[str, int]) -> Figure:
    return Figure(name, meaning, "gauge", {(state,): n for state, n in counts.items()}, ("state",))
