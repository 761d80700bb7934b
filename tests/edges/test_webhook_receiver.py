"""The receiver: 200 means durable, wrong secrets get nowhere, and nothing is lost while the store is away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from adapters.memory import MemoryStore
from adapters.sql.store import SqlStore
from adapters.web.figures import Figure
from adapters.web.group import Room
from adapters.web.http import HttpLimits
from adapters.web.receiver import Probes, Receiver, ReceiverLimits
from core.errors import HotStoreError, SettingsError
from core.ports import InboxRow, Transaction

BOT, OTHER = 7001, 7002
SECRETS = {BOT: "first-secret", OTHER: "second-secret"}
HEADER = "X-Telegram-Bot-Api-Secret-Token"
URGENT = {"update_id": 3, "callback_query": {"id": "1"}}


class Hand:
    """A clock that stands still."""

    def now_ms(self) -> int:
        return 1_780_000_000_000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")


class GatedStore(MemoryStore):
    """A store whose transactions wait at a gate, as a slow disk would make them."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = 0

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        self.begun += write
        async with super().transaction(write=write) as tx:
            yield tx
            if write:
                await self.gate.wait()


@dataclass
class Site:
    """A receiver over a store in memory, and a client."""

    store: Any = field(default_factory=GatedStore)
    limits: ReceiverLimits = field(default_factory=lambda: ReceiverLimits(HttpLimits(linger_s=0)))
    probes: Probes = field(default_factory=Probes)
    rings: int = 0

    def ring(self) -> None:
        self.rings += 1

    async def start(self) -> None:
        self.receiver = Receiver(self.store, Hand(), SECRETS, self.ring, self.limits, self.probes)
        self.port = await self.receiver.start("127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self.port}"
        self.session = aiohttp.ClientSession()

    async def stop(self) -> None:
        if isinstance(self.store, GatedStore):
            self.store.gate.set()
        await self.session.close()
        await self.receiver.stop()

    async def post(
        self, update: Any, bot: int = BOT, secret: str | None = None, *, alone: bool = False
    ) -> int:
        """`alone`: over a connection of its own."""
        headers = {HEADER: SECRETS.get(bot, "") if secret is None else secret}
        body = update if isinstance(update, bytes) else orjson.dumps(update)
        url = f"{self.base}/telegram/{bot}"
        headers |= {"Connection": "close"} if alone else {}
        async with self.session.post(url, data=body, headers=headers) as response:
            return response.status

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self.session.get(self.base + path) as response:
            return response.status, await response.read()

    async def rows(self) -> list[InboxRow]:
        async with self.store.transaction(write=False) as tx:
            rows: list[InboxRow] = await tx.inbox.pending(1_000)
        return rows

    async def until_waiting(self, count: int) -> None:
        while self.receiver.status["waiting"] != count:
            await asyncio.sleep(0)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    found = Site()
    await found.start()
    yield found
    await found.stop()


def message(number: int, text: str = "hello") -> dict[str, Any]:
    return {"update_id": number, "message": {"text": text}}


# -- accepting -----------------------------------------------------------------------------------


async def test_an_update_is_answered_with_200_only_after_its_commit(site: Site) -> None:
    site.store.gate.clear()
    posting = asyncio.create_task(site.post(message(1)))
    while not site.store.begun:
        await asyncio.sleep(0)
    assert await site.get("/healthz") == (200, b'{"ok":true}')
    assert not posting.done()
    assert await site.rows() == []
    site.store.gate.set()
    assert await posting == 200
    (row,) = await site.rows()
    assert (row.bot_id, row.update_id, row.body) == (BOT, 1, orjson.dumps(message(1)))
    assert site.rings == 1
    assert site.receiver.status["last_ok_ms"] == Hand().now_ms()


async def test_updates_that_come_during_a_commit_share_the_next_one(site: Site) -> None:
    site.store.gate.clear()
    first = asyncio.create_task(site.post(message(1)))
    while not site.store.begun:
        await asyncio.sleep(0)
    more = [asyncio.create_task(site.post(message(n), bot)) for n in range(2, 30) for bot in (BOT, OTHER)]
    await site.until_waiting(56)
    site.store.gate.set()
    assert await asyncio.gather(first, *more) == [200] * 57
    assert len(await site.rows()) == 57
    assert site.store.begun == 2
    assert site.receiver.status["commits"] == site.rings == 2


async def test_a_group_is_stored_in_telegrams_order_whatever_came_first(site: Site) -> None:
    site.store.gate.clear()
    first = asyncio.create_task(site.post(message(1)))
    while not site.store.begun:
        await asyncio.sleep(0)
    more = []
    for n in (9, 7, 8):
        more.append(asyncio.create_task(site.post(message(n))))
        await site.until_waiting(len(more))
    site.store.gate.set()
    await asyncio.gather(first, *more)
    assert [row.update_id for row in await site.rows()] == [1, 7, 8, 9]


async def test_an_update_that_comes_twice_is_accepted_twice_and_stored_once(site: Site) -> None:
    assert await asyncio.gather(*(site.post(message(1)) for _ in range(10))) == [200] * 10
    assert await site.post(message(1), OTHER) == 200
    assert [(row.bot_id, row.update_id) for row in await site.rows()] == [(BOT, 1), (OTHER, 1)]
    assert (site.receiver.status["accepted"], site.receiver.status["new"]) == (11, 2)


async def test_what_was_answered_with_200_is_in_the_file(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'webhook.db'}"
    store = await SqlStore(address).open()
    site = Site(store=store)
    await site.start()
    numbers = [n % 40 for n in range(80)]
    assert (
        await asyncio.gather(*(site.post(message(n)) for n in numbers), site.post(b"garbage")) == [200] * 81
    )
    other = SqlStore(address)  # another connection sees only what is durable
    async with other.transaction(write=False) as tx:
        assert sorted(row.update_id for row in await tx.inbox.pending(100)) == list(range(40))
        assert [row.body for row in await tx.inbox.aside(0, 10)] == [b"garbage"]
    assert site.receiver.status["new"] == 41
    await site.stop()
    await other.close()
    await store.close()


async def test_a_tap_goes_before_the_messages_that_wait(site: Site) -> None:
    for update in (message(1), message(2), URGENT):
        assert await site.post(update) == 200
    assert [row.update_id for row in await site.rows()] == [3, 1, 2]


# -- refusing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "first-secre", "first-secret ", "second-secret", "FIRST-SECRET", "ş"])
async def test_a_wrong_secret_gets_nowhere(site: Site, secret: str) -> None:
    assert await site.post(message(1), secret=secret) == 401
    assert site.store.begun == 0
    assert site.receiver.status["unauthorized"] == 1


async def test_bots_that_are_not_ours_and_other_ways_lead_nowhere(site: Site) -> None:
    assert await site.post(message(1), 7003) == 404
    assert await site.get("/") == (404, b"")
    assert await site.get(f"/telegram/{BOT}") == (405, b"")
    assert await site.get(f"/telegram/0{BOT}") == (404, b"")
    async with site.session.post(f"{site.base}/healthz") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    assert site.receiver.status["unknown"] == 2
    assert site.store.begun == 0


async def test_a_huge_body_is_refused_and_the_next_update_is_welcome() -> None:
    site = Site(limits=ReceiverLimits(HttpLimits(body=16_384)))
    await site.start()
    assert await site.post(message(1, "x" * 20_000)) == 413
    assert await site.post(message(2, "x" * 10_000)) == 200
    assert [row.update_id for row in await site.rows()] == [2]
    await site.stop()


def test_a_webhook_without_a_secret_is_refused_at_start() -> None:
    with pytest.raises(SettingsError, match="secret"):
        Receiver(MemoryStore(), Hand(), {BOT: ""})


async def test_two_processes_of_one_installation_share_a_port(site: Site) -> None:
    second = Receiver(site.store, Hand(), SECRETS)
    assert await second.start("127.0.0.1", site.port) == site.port
    for n in range(40):
        assert await site.post({"update_id": n}, alone=True) == 200
    shares = [one.status["accepted"] for one in (site.receiver, second)]
    assert all(shares)
    await second.stop()
    for n in range(40, 60):
        assert await site.post({"update_id": n}, alone=True) == 200
    assert [row.update_id for row in await site.rows()] == list(range(60))


async def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as another:
        port = another.getsockname()[1]
        says = rf"can't listen on 127.0.0.1:{port} \(listen.host, listen.port\)"
        with pytest.raises(SettingsError, match=says):
            await Receiver(MemoryStore(), Hand(), SECRETS).start("127.0.0.1", port)


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'{"message":{}}', b"\xff\x00", b'{"a":' * 5_000])
async def test_what_is_no_update_is_kept_aside_once_and_not_asked_for_again(site: Site, body: bytes) -> None:
    assert await site.post(body) == 200
    assert await site.post(body) == 200
    async with site.store.transaction(write=False) as tx:
        (row,) = await tx.inbox.aside(0, 10)
    assert row.body == body
    assert row.update_id < 0
    assert row.reason
    assert await site.rows() == []
    assert site.receiver.status["aside"] == 2


# -- a store that is away ------------------------------------------------------------------------


async def test_a_store_that_takes_nothing_makes_telegram_come_again_and_it_lands_once(site: Site) -> None:
    site.store.failing = True
    assert await asyncio.gather(*(site.post(message(n)) for n in range(5))) == [503] * 5
    assert await site.rows() == []
    status = site.receiver.status
    assert (status["state"], status["refused"], site.rings) == ("waiting", 5, 0)
    assert "full" in str(status["error"])
    site.store.failing = False
    assert await asyncio.gather(*(site.post(message(n)) for n in range(5))) == [200] * 5
    assert sorted(row.update_id for row in await site.rows()) == [0, 1, 2, 3, 4]
    assert (site.receiver.status["state"], site.receiver.status["error"]) == ("listening", "")


@pytest.mark.parametrize("room", [Room(updates=3), Room(size=3 * 1_100)])
async def test_no_more_waits_than_there_is_room_for(room: Room) -> None:
    site = Site(limits=ReceiverLimits(room=room))
    await site.start()
    site.store.gate.clear()
    first = asyncio.create_task(site.post(message(0)))
    while not site.store.begun:
        await asyncio.sleep(0)
    waiting = []
    for n in range(1, 4):
        waiting.append(asyncio.create_task(site.post(message(n, "x" * 1_100))))
        await site.until_waiting(n)
    assert await site.post(message(4)) == 503
    site.store.gate.set()
    assert await asyncio.gather(first, *waiting) == [200] * 4
    assert await site.post(message(4)) == 200
    assert sorted(row.update_id for row in await site.rows()) == [0, 1, 2, 3, 4]
    await site.stop()


async def test_a_stop_answers_what_is_under_way(site: Site) -> None:
    site.store.gate.clear()
    posting = [asyncio.create_task(site.post(message(n))) for n in range(3)]
    while site.store.begun + int(str(site.receiver.status["waiting"])) < 2:
        await asyncio.sleep(0)
    stopping = asyncio.create_task(site.receiver.stop())
    await asyncio.sleep(0)
    site.store.gate.set()
    answers = await asyncio.gather(*posting, return_exceptions=True)
    await stopping
    stored = {row.update_id for row in await site.rows()}
    assert {n for n, status in enumerate(answers) if status == 200} == stored
    assert stored
    assert site.receiver.status["state"] == "stopped"


# -- watchers ------------------------------------------------------------------------------------


async def test_readiness_names_what_is_missing_and_metrics_are_text() -> None:
    missing: list[str] = []

    async def ready() -> Sequence[str]:
        return missing

    async def metrics() -> Iterable[Figure]:
        by_state: dict[tuple[str, ...], float] = {("sent",): 3.0, ("failed",): 1.0}
        return [
            Figure("kairos_messages", "rows of the ledger", "gauge", by_state, ("state",)),
            Figure("kairos_updates_total", "updates", "counter", {(): 7.0}),
        ]

    site = Site(probes=Probes(ready, metrics))
    await site.start()
    assert await site.get("/readyz") == (200, b'{"ok":true,"missing":[]}')
    missing.append("database")
    assert await site.get("/readyz") == (503, b'{"ok":false,"missing":["database"]}')
    status, text = await site.get("/metrics")
    assert status == 200
    assert text.decode().splitlines() == [
        "# HELP kairos_messages rows of the ledger",
        "# TYPE kairos_messages gauge",
        'kairos_messages{state="failed"} 1.0',
        'kairos_messages{state="sent"} 3.0',
        "# HELP kairos_updates_total updates",
        "# TYPE kairos_updates_total counter",
        "kairos_updates_total 7.0",
    ]
    await site.stop()


async def test_a_check_that_fails_says_only_how() -> None:
    async def failing() -> Sequence[str]:
        raise HotStoreError("redis://user:password@host is away")

    site = Site(probes=Probes(ready=failing))
    await site.start()
    assert await site.get("/readyz") == (503, b'{"ok":false,"error":"HotStoreError"}')
    assert (await site.get("/metrics"))[0] == 200
    await site.stop()
