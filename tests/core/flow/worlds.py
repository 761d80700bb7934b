"""An installation in memory for tests of the flow: people speak, the clock obeys, Telegram may fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from adapters.memory import ManualClock, MemoryHot, MemoryMessenger, MemoryPacer, MemoryStore
from bot.capture import Arrival, CaptureRules, capture
from core.errors import ContentError
from core.flow.capture import Applied, CaptureDeps, apply_pending
from core.flow.deliver import DeliverDeps, Delivered, Delivery
from core.flow.reply import ReplyDeps
from core.identity import Captured, Identity, telegram
from core.ledger import Message, MessageClass, NewMessage
from core.ports import InboxRow, Lease, PersonRecord, RawUpdate, Transaction
from core.strategy import Pace, Strategy
from core.text import opts_out, topics

T = TypeVar("T")

BOT, OTHER_BOT = 42, 43
NOW = 1_767_607_200_000
"""2026-01-05 10:00 UTC, a Monday."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
ANNA, BORA, CEM = 1001, 1002, 1003
GROUP = -1001234567890
"""Telegram ids; in a private chat the chat id is the same."""
HELD_OUT = telegram(1009)
ENGAGED = Strategy("ENGAGED", 1, 8, Pace(1, 2, 6), Pace(1, 2, 6), ("offer",))
RULES = CaptureRules(topics, opts_out)


def held_out(identity: Identity) -> bool:
    """One known person belongs to the control group."""
    return identity == HELD_OUT


def read(row: InboxRow) -> Captured:
    """The meaning of a stored update, as a running installation reads it."""
    try:
        update = json.loads(row.body)
    except ValueError as error:
        raise ContentError("the update is no JSON") from error
    return capture(update, Arrival(row.bot_id, row.update_id, row.received_ms), RULES)


@dataclass(slots=True)
class World:
    """All in memory. Updates are put in by `says`, `taps`, ... and take effect by `apply`."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    store: MemoryStore = field(default_factory=lambda: MemoryStore(holdout=held_out))
    hot: MemoryHot = field(default_factory=MemoryHot)
    pacer: MemoryPacer = field(default_factory=MemoryPacer)
    updates: int = 0
    read: Callable[[InboxRow], Captured] = read
    messenger: MemoryMessenger = field(init=False)

    def __post_init__(self) -> None:
        self.messenger = MemoryMessenger(self.clock.now_ms)

    # ------------------------------------------------------------------ what people do
    async def says(self, person: int, text: str, *, bot: int = BOT, name: str = "", **more: Any) -> RawUpdate:
        return await self.writes(person, {"text": text, **more}, bot=bot, name=name)

    async def writes(
        self, person: int, content: Mapping[str, Any], *, bot: int = BOT, name: str = ""
    ) -> RawUpdate:
        """A message in a private chat, whatever is in it."""
        body = {
            "message_id": self.updates + 1,
            "date": self.clock.now_ms() // 1000,
            "from": human(person, name),
            "chat": {"id": person, "type": "private"},
        }
        return await self.arrives({"message": body | dict(content)}, bot=bot)

    async def says_in_group(
        self, person: int, text: str, *, group: int = GROUP, title: str = "Club", **more: Any
    ) -> RawUpdate:
        chat = {"id": group, "type": "supergroup", "title": title}
        return await self.writes(person, {"text": text, "chat": chat, **more})

    async def moves_in_group(self, person: int, status: str, *, group: int = GROUP) -> RawUpdate:
        """Comes (member) or goes (left)."""
        before = "left" if status == "member" else "member"
        body = {
            "date": self.clock.now_ms() // 1000,
            "from": human(person),
            "chat": {"id": group, "type": "supergroup", "title": "Club"},
            "old_chat_member": {"status": before, "user": human(person)},
            "new_chat_member": {"status": status, "user": human(person)},
        }
        return await self.arrives({"chat_member": body})

    async def taps(self, person: int, data: str, *, bot: int = BOT) -> RawUpdate:
        shown = {"message_id": 3, "date": 1, "chat": {"id": person, "type": "private"}}
        tap = {"id": "9", "chat_instance": "1", "from": human(person), "data": data, "message": shown}
        return await self.arrives({"callback_query": tap}, bot=bot)

    async def blocks(self, person: int, *, bot: int = BOT) -> RawUpdate:
        body = {
            "date": self.clock.now_ms() // 1000,
            "from": human(person),
            "chat": {"id": person, "type": "private"},
            "new_chat_member": {"status": "kicked"},
        }
        return await self.arrives({"my_chat_member": body}, bot=bot)

    async def pays(self, person: int, amount: int = 4900) -> RawUpdate:
        sale = {"total_amount": amount, "currency": "XTR", "telegram_payment_charge_id": f"c{self.updates}"}
        return await self.writes(person, {"successful_payment": sale})

    async def arrives(self, update: Mapping[str, Any], *, bot: int = BOT) -> RawUpdate:
        """Telegram gives us an update: it is durable, and has no effect yet."""
        self.updates += 1
        body = json.dumps({"update_id": self.updates, **update}).encode()
        raw = RawUpdate(self.updates, body, self.clock.now_ms())
        await self.again(raw, bot=bot)
        return raw

    async def again(self, raw: RawUpdate, *, bot: int = BOT) -> int:
        async with self.store.transaction() as tx:
            return await tx.inbox.add(bot, [raw])

    async def apply(self, limit: int = 500) -> Applied:
        return await apply_pending(self.capture, self.clock.now_ms(), limit)

    async def settle(self, *people: int, zone: str = "Europe/Istanbul") -> list[int]:
        """People who said yes some days ago and whose timezone we know; their numbers."""
        self.clock.advance(-3 * DAY / 1000)
        for person in people:
            await self.says(person, "/start")
            await self.taps(person, "consent:all")
            await self.says(person, f"/timezone {zone}")
            await self.apply()
        self.clock.advance(3 * DAY / 1000)
        return [await self.number(person) for person in people]

    # ------------------------------------------------------------------ what we know
    async def number(self, person: int) -> int:
        async with self.store.transaction(write=False) as tx:
            found = await tx.people.find(telegram(person))
        assert found is not None
        return found

    async def record(self, person: int) -> PersonRecord:
        number = await self.number(person)
        async with self.store.transaction(write=False) as tx:
            return (await tx.people.load([number]))[number]

    async def kinds(self, person: int) -> list[str]:
        """Kinds of the person's events, oldest first."""
        number = await self.number(person)
        async with self.store.transaction(write=False) as tx:
            return [item.event.kind for item in await tx.events.all_of_person(number)]

    async def row(self, message_id: int) -> Message:
        async with self.store.transaction(write=False) as tx:
            return (await tx.ledger.get([message_id]))[message_id]

    async def inbox(self) -> dict[str, int]:
        async with self.store.transaction(write=False) as tx:
            return await tx.inbox.counts()

    # ------------------------------------------------------------------ what we do
    async def within(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do something in a transaction of its own."""
        async with self.store.transaction() as tx:
            return await work(tx)

    async def lease(self, holder: str = "one", ttl_ms: int = 60_000) -> Lease:
        found = await self.within(
            lambda tx: tx.control.acquire(f"lane:{BOT}", holder, self.clock.now_ms(), ttl_ms)
        )
        assert found is not None
        return found

    async def switch(self, name: str, value: str | None) -> None:
        await self.within(lambda tx: tx.control.set_switch(name, value))

    async def engage(self) -> None:
        """Put the strategy of ENGAGED in force."""
        await self.within(
            lambda tx: tx.knowledge.put_strategy(ENGAGED, self.clock.now_ms(), live=True, author="file")
        )

    async def offers(self, *people: int, **changes: Any) -> list[Message]:
        """Plan an offer for each of these people, due now."""
        new = [replace(self.offer(person, await self.number(person)), **changes) for person in people]
        async with self.store.transaction() as tx:
            added = await tx.ledger.add(new, self.clock.now_ms())
        return [message for message in added if message is not None]

    def offer(self, person: int, number: int) -> NewMessage:
        now_ms = self.clock.now_ms()
        return NewMessage(
            cls=MessageClass.CAMPAIGN,
            campaign="opt",
            step=str(now_ms // HOUR),
            person_no=number,
            bot_id=BOT,
            chat_id=person,
            due_ms=now_ms,
            expires_ms=now_ms + 7 * HOUR,
            body={"text": "Merhaba", "buttons": [[{"text": "VIP", "data": "c:{id}:offer:more"}]]},
            segment="ENGAGED",
            content="hello",
            kind="offer",
            priority=8.0,
            predicted=0.2,
        )

    async def deliver(
        self, lease: Lease | None = None, deps: DeliverDeps | None = None, bot: int = BOT
    ) -> Delivered:
        """What is in line goes out, as far as the pacer lets it go at once; all requests have ended then."""
        delivery = Delivery(deps or self.sending, bot)
        lease = lease or await self.lease()
        return await self.through(_round(delivery, lease))

    @property
    def capture(self) -> CaptureDeps:
        return CaptureDeps(self.store, self.hot, self.read)

    @property
    def sending(self) -> DeliverDeps:
        return DeliverDeps(self.store, self.hot, self.pacer, self.messenger, self.clock)

    @property
    def replying(self) -> ReplyDeps:
        return ReplyDeps(self.store, self.pacer, self.messenger, self.clock)

    async def through(self, work: Awaitable[T], *, step_s: float = 0.05) -> T:
        """Run to the end; the clock goes on whenever everybody waits for it."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if not task.done():
                self.clock.advance(step_s)
        return task.result()


async def _round(delivery: Delivery, lease: Lease) -> Delivered:
    sent = held = closed = 0
    done = Delivered()
    while not done.wait_ms:
        done = await delivery.step(lease)
        sent, held, closed = sent + done.sent, held + done.held, closed + done.closed
    sent += await delivery.finish()
    return Delivered(sent, held, closed, done.wait_ms, done.lost)


def human(person: int, name: str = "") -> dict[str, Any]:
    return {"id": person, "is_bot": False, "first_name": name or f"P{person}", "language_code": "en"}
