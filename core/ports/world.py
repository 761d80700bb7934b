"""The rest of the world: clock, hot state, pacer, messenger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """The time outside: real, or the town's."""

    def now_ms(self) -> int: ...
    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class HotRow:
    """What the hot store holds of one person or group: `packed` by `core.profile`, kept as it is."""

    no: int
    seq: int
    packed: str


class HotStore(Protocol):
    """Redis: fast and losable."""

    async def write(self, rows: Sequence[HotRow]) -> None:
        """People's hot profiles: an older seq never overwrites a newer one."""
        ...

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]: ...
    async def write_groups(self, rows: Sequence[HotRow]) -> None:
        """Groups' likewise."""
        ...

    async def read_groups(self, group_nos: Sequence[int]) -> dict[int, Mapping[str, str]]: ...
    async def forget(self, person_nos: Sequence[int]) -> None:
        """Delete all about these people, also in the live feed."""
        ...

    async def compact(self) -> None:
        """Make what was deleted unreadable in the files of Redis (rewrite the append-only file)."""
        ...

    async def mark(self) -> int | None:
        """The seq up to which all is applied, or None when empty."""
        ...

    async def set_mark(self, seq: int, *, if_marked: bool = False) -> None:
        """`if_marked`: only while there is a mark; after a flush there stays none, and so it is noticed."""
        ...

    async def clear(self) -> None:
        """Forget everything of this workspace."""
        ...

    async def publish(self, feed: Iterable[Mapping[str, object]]) -> None:
        """Append to the live feed (bounded)."""
        ...

    async def feed(self, limit: int) -> list[Mapping[str, object]]: ...
    async def ping(self) -> Mapping[str, object]:
        """Version, memory and keys; raises HotStoreError when Redis is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """Slots granted by the pacer: at which moment each chat may be written to; a missing chat must wait."""

    slots: Mapping[int, int]
    retry_ms: int = 0


class Pacer(Protocol):
    """One per bot, shared by all processes. Every call with a chat id pays."""

    async def grant(
        self,
        bot_id: int,
        chat_ids: Sequence[int],
        now_ms: int,
        *,
        interactive: bool = False,
        paid: bool = False,
    ) -> Grant:
        """Evenly spaced moments (>= now_ms) for these chats, soon enough for a permit; `retry_ms` says when
        to ask again for those that got none. `paid`: campaign messages for which Stars are paid have a pace
        of their own, up to 1000 a second; halts and the bounds of a chat hold for them as well."""
        ...

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        """A 429: halt the bot (a group: that group) until then and slow down; returns halt_until in ms."""
        ...

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        """{"rate_per_s", "paid_rate_per_s" (0: no paid lane), "halt_until_ms", "granted"}."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """Telegram accepted the message."""

    telegram_id: int
    at_ms: int


class Messenger(Protocol):
    """Sends what the ledger marked, within `core.ledger.LEAVES_MS` or not at all. Raises the TransportErrors
    of `core.errors`."""

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt: ...
