"""Takes a bot's updates by long polling and makes them durable before Telegram may forget them.

Promises: a batch and the next offset are committed in one transaction, and only then is the next offset
asked for; so a kill at any moment loses nothing, and what comes twice is dropped by the inbox. Updates are
stored one by one as they came (`adapters.telegram.updates`): none can block the line. Of several processes
one polls (`adapters.telegram.tenure`). When Telegram had no more, the mark `drained:<bot>` says when that
was, for other processes: those that start a little later than this one want to hear it soon, so for a while
polls are short. A webhook that was left behind is removed. Failures are waited out (longer each
time) and shown in `status`.
Leaves to others: what updates mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from adapters.telegram.client import TelegramClient
from adapters.telegram.errors import ConflictError
from adapters.telegram.tenure import LeaseLostError, PollLease, Tenure
from adapters.telegram.updates import ALLOWED_UPDATES, next_offset, raw_updates
from core.errors import KairosError, RateLimitedError, RejectedError, StoreError, TransportError
from core.ports import Clock, RawUpdate, Store

__all__ = ["ALLOWED_UPDATES", "BATCH", "POLL_S", "PollLease", "Poller", "drained_mark", "raw_updates"]

POLL_S: Final = 25
BATCH: Final = 100
STORE_TRIES: Final = 5
"""So often in a row the store may fail (15 s with pauses) before polling ends: Telegram keeps the rest."""
MARK_MS: Final = 10_000
"""The mark `drained:<bot>` is written at most so often."""
SETTLE_POLL_S: Final = 2
"""While other processes may be starting, Telegram holds an empty poll no longer, and each is marked."""
_MARGIN_S = 15.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_NO_TOKEN_WAIT_S = 60.0


def drained_mark(bot_id: int) -> str:
    """The mark that holds the last moment (ms) at which all of this bot's updates were stored."""
    return f"drained:{bot_id}"


@dataclass(slots=True)
class PollerStatus:
    """How a poller does. state: starting, standby (another process polls), polling, waiting (after a
    failure), conflict or unauthorized. aside: how many were no updates and are kept aside."""

    state: str = "starting"
    error: str = ""
    failures: int = 0
    last_ok_ms: int = 0
    batches: int = 0
    updates: int = 0
    aside: int = 0


class Poller:
    """One bot's long polling; `run` goes on until it is cancelled."""

    def __init__(
        self,
        client: TelegramClient,
        store: Store,
        clock: Clock,
        on_batch: Callable[[], None] = lambda: None,
        *,
        poll_s: int = POLL_S,
        lease: PollLease | None = None,
    ) -> None:
        """`poll_s`: how long Telegram may hold an empty poll, in seconds. `lease` None: no other process
        polls this bot."""
        self.bot_id = client.bot_id
        self._client = client
        self._store = store
        self._clock = clock
        self._on_batch = on_batch
        self._poll_s = poll_s
        self._tenure = Tenure(store, clock, client.bot_id, lease)
        self._unstored = 0
        self._marked_ms = 0
        self._settle_ms = int(lease.settle_s * 1000) if lease is not None else 0
        self._settled_ms = 0
        self._may_unhook = True
        self._status = PollerStatus()
        self.drained = False
        """True once Telegram had no more for us: what people did while we were away is stored."""

    @property
    def status(self) -> dict[str, object]:
        """What `PollerStatus` holds, with the bot's id."""
        return {"bot_id": self.bot_id, **asdict(self._status)}

    @property
    def last_ok_ms(self) -> int:
        """When Telegram last answered a poll; 0 = not yet."""
        return self._status.last_ok_ms

    async def run(self) -> None:
        """Poll for ever. Cancelling it loses nothing: what was not committed is handed out again.

        Raises the StoreError of a store that takes nothing for a while (it is full, say), or for good."""
        try:
            while True:
                try:
                    pause_s = await self._hold()
                    self._unstored = 0
                except StoreError as error:
                    self._unstored += 1
                    if error.permanent or self._unstored == STORE_TRIES:
                        raise
                    pause_s = self._failed(error)
                except TransportError as error:
                    pause_s = 0.0 if await self._unhooked(error) else self._failed(error)
                if pause_s:
                    await self._clock.sleep(pause_s)
        finally:
            await self._tenure.release()

    async def _hold(self) -> float:
        """Poll while the bot is ours; seconds to wait before it is tried again."""
        try:
            if await self._tenure.take():
                offset = await self._stored_offset()
                if not self.drained:  # a failure meanwhile is no new start
                    self._settled_ms = self._clock.now_ms() + self._settle_ms
                while await self._tenure.take():
                    offset = await self._turn(offset)
        except LeaseLostError:
            self._tenure.forget()
        self.drained = False
        status = self._status
        status.state, status.error, status.failures = "standby", "", 0
        return self._tenure.pause_s

    async def _stored_offset(self) -> int | None:
        async with self._store.transaction(write=False) as tx:
            return await tx.inbox.offset(self.bot_id)

    async def _turn(self, offset: int | None) -> int | None:
        """One poll and its commit; the offset of the next. The first don't wait, until all is fetched."""
        settling = self._clock.now_ms() < self._settled_ms
        longest_s = min(SETTLE_POLL_S, self._poll_s) if settling else self._poll_s
        wait_s = longest_s if self.drained else 0
        params: dict[str, object] = {"timeout": wait_s, "limit": BATCH, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            params["offset"] = offset
        call = self._client.call("getUpdates", params, answer_s=wait_s + _MARGIN_S)
        result = await self._tenure.during(call)
        now_ms = self._clock.now_ms()
        updates = raw_updates(result, now_ms)
        following = next_offset(offset, updates)
        drained = len(updates) < BATCH
        await self._keep(updates, following, now_ms if drained else 0)
        self._unstored = 0
        if updates and following is None:
            raise TransportError("getUpdates answered only what is no update, and nothing can be confirmed")
        self.drained = self.drained or drained
        self._succeeded(updates, now_ms)
        return following

    async def _keep(self, updates: list[RawUpdate], following: int | None, drained_ms: int) -> None:
        """Commit what came, and that there is no more."""
        pause_ms = SETTLE_POLL_S * 1000 if drained_ms < self._settled_ms else MARK_MS
        mark = drained_ms if drained_ms - self._marked_ms >= pause_ms else 0
        if not updates and not mark:
            return
        async with self._store.transaction() as tx:
            await self._tenure.prove(tx)
            if updates:
                await tx.inbox.add(self.bot_id, updates, next_offset=following)
            if mark:
                await tx.control.set_mark(drained_mark(self.bot_id), str(mark))
        self._marked_ms = mark or self._marked_ms

    async def _unhooked(self, error: TransportError) -> bool:
        """Remove a webhook that was left behind, once: while one is set nobody can poll. What waits stays."""
        if not (self._may_unhook and isinstance(error, ConflictError) and error.webhook):
            return False
        self._may_unhook = False
        try:
            await self._client.call("deleteWebhook", {"drop_pending_updates": False})
        except TransportError:
            self._may_unhook = True
            return False
        return True

    def _succeeded(self, updates: list[RawUpdate], now_ms: int) -> None:
        status = self._status
        status.state, status.error, status.failures, status.last_ok_ms = "polling", "", 0, now_ms
        if updates:
            status.batches += 1
            status.updates += len(updates)
            status.aside += sum(1 for update in updates if update.reason)
            self._on_batch()

    def _failed(self, error: KairosError) -> float:
        """Note the failure; seconds to wait."""
        status = self._status
        status.failures += 1
        status.error = str(error)
        status.state = _state_after(error)
        if isinstance(error, RateLimitedError):
            return error.retry_after_s
        if status.state == "unauthorized":
            return _NO_TOKEN_WAIT_S
        return float(min(_FIRST_WAIT_S * 2 ** min(status.failures - 1, 10), _LONGEST_WAIT_S))


def _state_after(error: KairosError) -> str:
    if isinstance(error, ConflictError):
        return "conflict"
    if isinstance(error, RejectedError) and error.code == "unauthorized":
        return "unauthorized"
    return "waiting"
