"""A bot's webhook at Telegram: set, checked, and watched.

Promises: what is set is read back before it is believed; errors are one sentence. While it runs,
`WebhookWatch` looks whether Telegram's updates get through, sets the webhook again if somebody removed it,
and writes the mark `drained:<bot>` whenever nothing waits at Telegram. It has the face of a `Poller`.
Leaves to others: receiving (`adapters.web.receiver`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, cast

from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import MARK_MS, drained_mark
from adapters.telegram.tenure import SETTLE_S
from adapters.telegram.updates import ALLOWED_UPDATES
from core.errors import KairosError, RejectedError, SettingsError, StoreError, TransportError
from core.ports import Clock, Store

PATH: Final = "/telegram/"
"""Under this path a bot's id names its webhook."""
MAX_CONNECTIONS: Final = 40
LOOK_S: Final = 10.0
SETTLE_LOOK_S: Final = 2.0
"""While other processes may be starting there is a look, and a mark, every two seconds."""
_HURRY_S: Final = 1.0
_LONGEST_WAIT_S: Final = 30.0
_RECENT_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Hook:
    """What a bot's webhook should be. `base`: the public address of `listen`."""

    base: str
    secret: str
    max_connections: int = MAX_CONNECTIONS

    def address(self, bot_id: int) -> str:
        """Where Telegram posts this bot's updates."""
        return f"{self.base.rstrip('/')}{PATH}{bot_id}"


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """What Telegram says about a webhook. `url` is empty when none is set; times in ms, 0 = never."""

    url: str = ""
    pending: int = 0
    last_error: str = ""
    last_error_ms: int = 0


async def webhook_info(client: TelegramClient) -> WebhookInfo:
    """Ask Telegram. Raises TransportError."""
    found = await client.call("getWebhookInfo", {})
    if not isinstance(found, dict):
        raise TransportError("getWebhookInfo answered something that is no object")
    known = cast("dict[str, object]", found)
    return WebhookInfo(
        str(known.get("url", "")),
        _number(known, "pending_update_count"),
        str(known.get("last_error_message", ""))[:200],
        _number(known, "last_error_date") * 1000,
    )


async def ensure_webhook(
    client: TelegramClient, hook: Hook, allowed_updates: Sequence[str] = ALLOWED_UPDATES
) -> WebhookInfo:
    """Set the webhook and read it back. What waits at Telegram stays.

    Raises SettingsError for what Telegram refuses, and TransportError when it can't be asked."""
    address = hook.address(client.bot_id)
    asked = {
        "url": address,
        "secret_token": hook.secret,
        "allowed_updates": list(allowed_updates),
        "max_connections": hook.max_connections,
        "drop_pending_updates": False,
    }
    try:
        await client.call("setWebhook", asked)
    except RejectedError as error:
        raise SettingsError(
            f"Telegram does not take {address} as the webhook of bot {client.bot_id}: {error}",
            next_step="webhook_url must be an https address that Telegram can reach "
            "on port 443, 80, 88 or 8443",
        ) from None
    info = await webhook_info(client)
    if info.url != address:
        raise TransportError(
            f"the webhook of bot {client.bot_id} was set, but Telegram has {info.url or 'none'}",
            next_step="another program may be setting it; end that, or give it another bot",
        )
    return info


def _number(known: dict[str, object], name: str) -> int:
    value = known.get(name, 0)
    return value if isinstance(value, int) else 0


@dataclass(slots=True)
class WatchStatus:
    """How a webhook does. state: starting, listening, blind (Telegram can't bring its updates), waiting
    (Telegram can't be asked) or refused."""

    state: str = "starting"
    error: str = ""
    failures: int = 0
    last_ok_ms: int = 0
    pending: int = 0
    times_set: int = 0


class WebhookWatch:
    """Watches over one bot's webhook; `run` goes on until it is cancelled."""

    def __init__(
        self, client: TelegramClient, store: Store, clock: Clock, hook: Hook, *, look_s: float = LOOK_S
    ) -> None:
        """`look_s`: seconds between two looks."""
        self.bot_id = client.bot_id
        self._client = client
        self._store = store
        self._clock = clock
        self._hook = hook
        self._look_s = look_s
        self._marked_ms = 0
        self._settled_ms = 0
        self._status = WatchStatus()
        self.drained = False
        """True once nothing waited at Telegram: what people did while we were away is stored."""

    @property
    def status(self) -> dict[str, object]:
        """What `WatchStatus` holds, with the bot's id."""
        return {"bot_id": self.bot_id, **asdict(self._status)}

    @property
    def last_ok_ms(self) -> int:
        """When updates last got through; 0 = not yet."""
        return self._status.last_ok_ms

    async def run(self) -> None:
        """Set the webhook, then look after it for ever. Raises the SettingsError of a refused one."""
        self._settled_ms = self._clock.now_ms() + int(SETTLE_S * 1000)
        while True:
            try:
                await self._look()
                pause_s = self._pause_s() if self.drained else min(_HURRY_S, self._look_s)
            except SettingsError as error:
                self._status.state, self._status.error = "refused", str(error)
                raise
            except (TransportError, StoreError) as error:
                pause_s = self._failed(error)
            await self._clock.sleep(pause_s)

    def _pause_s(self) -> float:
        """Until the next look, in seconds."""
        settling = self._clock.now_ms() < self._settled_ms
        return min(SETTLE_LOOK_S, self._look_s) if settling else self._look_s

    async def _look(self) -> None:
        status = self._status
        info = await webhook_info(self._client)
        if info.url != self._hook.address(self.bot_id) or not status.times_set:
            info = await ensure_webhook(self._client, self._hook)
            status.times_set += 1
        now_ms = self._clock.now_ms()
        failing = now_ms - info.last_error_ms < _RECENT_MS
        status.failures, status.pending = 0, info.pending
        blind = failing and info.pending > 0
        status.state, status.error = ("blind", info.last_error) if blind else ("listening", "")
        self.drained = self.drained or not info.pending
        if blind or not self.drained or info.pending > self._hook.max_connections:
            return  # a few that wait are merely on their way
        status.last_ok_ms = now_ms
        if now_ms - self._marked_ms >= min(MARK_MS, self._pause_s() * 1000):
            async with self._store.transaction() as tx:
                await tx.control.set_mark(drained_mark(self.bot_id), str(now_ms))
            self._marked_ms = now_ms

    def _failed(self, error: KairosError) -> float:
        status = self._status
        status.failures += 1
        status.state, status.error = "waiting", str(error)
        return float(min(2 ** min(status.failures - 1, 10), _LONGEST_WAIT_S))
