"""One pool of connections to Redis, shared by all that speak to it.

Promises: a bounded, blocking pool; what is open is counted as in flight; every failure leaves as
HotStoreError with one sentence that shows no password. Leaves to others: what to do without Redis.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from adapters.inflight import InFlight
from core.errors import HotStoreError, SettingsError

CONNECTIONS = 16


class Link:
    """Connections to one Redis by URL (`redis://`, `rediss://` or `unix://`)."""

    def __init__(self, url: str, inflight: InFlight | None = None, *, connections: int = CONNECTIONS) -> None:
        self.where = shown(url)
        self._inflight = inflight or InFlight()
        try:
            pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
                url,
                max_connections=connections,
                decode_responses=True,
                # RESP2 and no introduction: a connection is usable without a further round trip.
                protocol=2,
                driver_info=None,
                # Once more at once: a connection that was closed while idle is not a failure. No waiting
                # here: it would be an open call that holds the town's clock.
                retry=Retry(NoBackoff(), 1),
            )
        except ValueError:
            raise SettingsError(f"redis.url {self.where} can't be read as a Redis address") from None
        self._redis: Redis = Redis(connection_pool=pool)

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Redis]:
        """The client, for one command or pipeline; its failures become HotStoreError."""
        with self._inflight.track():
            try:
                yield self._redis
            except (RedisError, OSError) as error:
                raise HotStoreError(
                    f"Redis at {self.where} does not answer: {_why(error)}",
                    next_step="start Redis or correct redis.url; `manage_crm.py doctor` looks again",
                ) from error

    async def close(self) -> None:
        """Give all connections back. Safe to call twice."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    def __repr__(self) -> str:
        return f"Link({self.where})"


def shown(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _why(error: Exception) -> str:
    """The first line of what went wrong, without a full stop."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")
