"""Takes a bot's updates by long polling and makes them durable before Telegram may forget them.

Promises: a batch and the next offset are committed in one transaction, and only then is the next offset
asked for; so a kill at any moment loses nothing, and what comes twice is dropped by the inbox. Updates are
stored as they came (halves of letters as "?", because no text can hold them): none can block the line.
Failures are waited out (longer each time) and shown in `status`.
Leaves to others: what updates mean.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, cast

import orjson

from adapters.telegram.client import TelegramClient
from adapters.telegram.errors import ConflictError
from core.errors import KairosError, RateLimitedError, RejectedError, StoreError, TransportError
from core.ports import Clock, RawUpdate, Store

ALLOWED_UPDATES: Final = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
)
"""All kinds of Bot API 10.1: some come only when named, and leaving the list out keeps the former one."""

POLL_S: Final = 25
BATCH: Final = 100
STORE_TRIES: Final = 5
"""So often in a row the store may fail (15 s with pauses) before polling ends: Telegram keeps the rest."""
_MARGIN_S = 15.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_NO_TOKEN_WAIT_S = 60.0


@dataclass(slots=True)
class PollerStatus:
    """How a poller does. state: starting, polling, waiting (after a failure), conflict or unauthorized."""

    state: str = "starting"
    error: str = ""
    failures: int = 0
    last_ok_ms: int = 0
    batches: int = 0
    updates: int = 0


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
    ) -> None:
        """`poll_s`: how long Telegram may hold an empty poll, in seconds."""
        self.bot_id = client.bot_id
        self._client = client
        self._store = store
        self._clock = clock
        self._on_batch = on_batch
        self._poll_s = poll_s
        self._unstored = 0
        self._status = PollerStatus()
        self.drained = False
        """True once Telegram said that nothing waits: what people did while we were away is stored."""

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
        while True:
            try:
                offset = await self._stored_offset()
                while True:
                    offset = await self._turn(offset)
            except StoreError as error:
                self._unstored += 1
                if error.permanent or self._unstored == STORE_TRIES:
                    raise
                await self._clock.sleep(self._failed(error))
            except TransportError as error:
                await self._clock.sleep(self._failed(error))

    async def _stored_offset(self) -> int | None:
        async with self._store.transaction(write=False) as tx:
            return await tx.inbox.offset(self.bot_id)

    async def _turn(self, offset: int | None) -> int | None:
        """One poll and its commit; the offset of the next. The first don't wait, until all is fetched."""
        wait_s = self._poll_s if self.drained else 0
        params: dict[str, object] = {"timeout": wait_s, "limit": BATCH, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            params["offset"] = offset
        result = await self._client.call("getUpdates", params, answer_s=wait_s + _MARGIN_S)
        now_ms = self._clock.now_ms()
        updates = raw_updates(result, now_ms)
        if updates:
            offset = updates[-1].update_id + 1
            async with self._store.transaction() as tx:
                await tx.inbox.add(self.bot_id, updates, next_offset=offset)
        self._unstored = 0
        self.drained = self.drained or not updates
        self._succeeded(len(updates), now_ms)
        return offset

    def _succeeded(self, updates: int, now_ms: int) -> None:
        status = self._status
        status.state, status.error, status.failures, status.last_ok_ms = "polling", "", 0, now_ms
        if updates:
            status.batches += 1
            status.updates += updates
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


def raw_updates(result: object, now_ms: int) -> list[RawUpdate]:
    """The updates of a getUpdates result, in Telegram's order, each as JSON of its own."""
    if not isinstance(result, list):
        raise TransportError("getUpdates answered something that is no list of updates")
    found = cast("Sequence[Mapping[str, object]]", result)
    return [RawUpdate(cast("int", update["update_id"]), _json(update), now_ms) for update in found]


def _json(update: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(update)
    except TypeError:  # half of a surrogate pair, see the client: it must not cost a /stop its effect
        return json.dumps(update, ensure_ascii=False).encode(errors="replace")


def _state_after(error: KairosError) -> str:
    if isinstance(error, ConflictError):
        return "conflict"
    if isinstance(error, RejectedError) and error.code == "unauthorized":
        return "unauthorized"
    return "waiting"
