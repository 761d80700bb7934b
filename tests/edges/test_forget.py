"""The canary: who has written, been written to and quoted is, once forgotten, in no byte of what we keep.

Real files all the way: SQLite with its log open, the embedded Redis with its append-only file, log files.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.logs import LogFiles, open_logs
from adapters.redis.hot import RedisHot
from adapters.redis.link import Link
from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from app.updates import reader
from core.event import Event, PersonEvent
from core.flow.capture import CaptureDeps, apply_pending
from core.flow.forget import ForgetDeps, Forgotten, erase_asked, forget_pending, request_erasure
from core.flow.rebuild import rebuild
from core.identity import Identity, telegram
from core.intake import record
from core.keyed import suppression_hash
from core.ledger import MessageClass, Move, NewMessage, State
from core.ports import AuditEntry, RawUpdate

BOT, NOW, DAY = 7_000_000_001, 1_767_607_200_000, 86_400_000
KEY = b"k" * 32
ANNA, BEN = 712_345_678, 712_345_699
CANARY = "Kanarya77"
GROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Chess"}
WHO = {
    ANNA: {
        "id": ANNA,
        "is_bot": False,
        "first_name": CANARY,
        "username": f"{CANARY}_w",
        "language_code": "tr",
    },
    BEN: {"id": BEN, "is_bot": False, "first_name": "Bence", "username": "bence_k", "language_code": "tr"},
}
TRACES = tuple(
    form
    for word in (CANARY, CANARY.lower(), CANARY.upper(), str(ANNA))
    for form in (
        word.encode(),
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
        word.encode().hex().encode(),
    )
)


def hashed(identity: Identity) -> str:
    return suppression_hash(KEY, identity)


@dataclass(slots=True)
class House:
    """What an installation writes to, under one folder."""

    folder: Path
    store: SqlStore
    hot: RedisHot
    logs: LogFiles
    now: int = NOW
    updates: int = 0
    capture: CaptureDeps = field(init=False)

    def __post_init__(self) -> None:
        read = reader(granted_on_start=True, text_version="v1", key=KEY)
        self.capture = CaptureDeps(self.store, self.hot, read, suppressed_as=hashed)

    @property
    def forgetting(self) -> ForgetDeps:
        async def scrub(words: Sequence[str]) -> None:
            await asyncio.to_thread(self.logs.scrub, words)

        return ForgetDeps(self.store, self.hot, hashed, scrub)

    async def arrives(self, *updates: dict[str, Any]) -> None:
        """Updates take effect, and their handlers have run."""
        raws = []
        for update in updates:
            self.updates += 1
            body = json.dumps({"update_id": self.updates, **update}, ensure_ascii=False).encode()
            raws.append(RawUpdate(self.updates, body, self.now))
        async with self.store.transaction() as tx:
            await tx.inbox.add(BOT, raws)
        await apply_pending(self.capture, self.now)
        async with self.store.transaction() as tx:
            await tx.inbox.handled([row.id for row in await tx.inbox.unhandled(999)])

    def says(self, person: int, text: str, chat: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        body = {
            "message_id": self.updates + 1,
            "date": self.now // 1000,
            "from": WHO[person],
            "chat": chat or {"id": person, "type": "private", "first_name": WHO[person]["first_name"]},
            "text": text,
        }
        return {"message": body | more}

    async def campaign(self, person: int) -> None:
        """An offer with the name in it is sent, and its button tapped; another waits."""
        async with self.store.transaction() as tx:
            number = await tx.people.find(telegram(person))
            assert number is not None
            name = WHO[person]["first_name"]
            first, _, answer = await tx.ledger.add(
                [
                    self.message(number, person, "1", f"{name}, an offer"),
                    self.message(number, person, "2", f"{name}, another"),
                    self.message(number, person, "3", f"Hello {name}", MessageClass.INTERACTIVE),
                ],
                self.now,
            )
            for one in (first, answer):
                assert one is not None
                await tx.ledger.move([Move(one.id, State.PLANNED, State.SENDING, permit_ms=self.now)])
                await tx.ledger.move([Move(one.id, State.SENDING, State.SENT, sent_ms=self.now)])
        self.now += 60_000
        shown = {"message_id": 3, "date": 1, "chat": {"id": person, "type": "private"}}
        tap = {
            "id": "9",
            "chat_instance": "1",
            "from": WHO[person],
            "data": "c:1:offer:more",
            "message": shown,
        }
        await self.arrives({"callback_query": tap})

    def message(
        self, number: int, chat: int, step: str, text: str, cls: MessageClass = MessageClass.CAMPAIGN
    ) -> NewMessage:
        body = {"text": text}
        due = self.now
        return NewMessage(
            cls, "opt" if cls is MessageClass.CAMPAIGN else "a", step, number, BOT, chat, due, due + DAY, body
        )

    async def notes(self, person: int) -> None:
        """An operator writes something down."""
        async with self.store.transaction() as tx:
            number = await tx.people.find(telegram(person))
            assert number is not None
            name = str(WHO[person]["first_name"])
            event = Event(
                f"note:{number}", self.now, "noted", props={"text": f"{name} is nice", "author": "1"}
            )
            await record(tx, [PersonEvent(number, event)], self.now)
            await tx.control.audit(
                [AuditEntry(self.now, "operator:1", "users.note", f"@{name}_w", {"of": name})]
            )
        await self.hot.publish([{"what": "note", "person": number, "of": name}])
        self.logs.get("segmentation").warning("odd", says=f"chat {person} is strange")

    async def lives(self, person: int) -> None:
        """All that leaves traces."""
        name = WHO[person]["first_name"]
        await self.arrives(
            self.says(person, f"/start {name}"),
            self.says(person, f"I am {name} and I want VIP " + f"{name} " * 300),
            self.says(person, f"{name} in the group", GROUP),
            {"edited_message": self.says(person, f"{name} said it better", GROUP)["message"]},
            {"inline_query": {"id": "4", "from": WHO[person], "query": f"{name} pictures", "offset": ""}},
        )
        await self.campaign(person)
        await self.notes(person)

    async def quotes(self, speaker: int, quoted: int) -> None:
        """Somebody else answers and forwards what was said."""
        said = self.says(quoted, f"{WHO[quoted]['first_name']} in the group", GROUP)["message"]
        origin = {"type": "user", "sender_user": WHO[quoted], "date": 1}
        await self.arrives(
            self.says(speaker, "I think so too", GROUP, reply_to_message=said),
            self.says(speaker, str(said["text"]), GROUP, forward_origin=origin),
            self.says(speaker, "", GROUP, new_chat_members=[WHO[quoted]]),
        )

    def traces(self) -> dict[str, list[bytes]]:
        """Files in which the canary still stands, and in which form."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                forms = [form for form in TRACES if form in data]
                if forms:
                    found[str(path.relative_to(self.folder))] = forms
        return found


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[House]:
    """The installation over whatever is in the folder."""
    (folder / "data").mkdir(exist_ok=True)
    async with EmbeddedRedis(folder / "data" / "redis") as url:
        link = Link(url)
        store = await SqlStore(f"sqlite:///{folder}/data/kairos.db").open()
        logs = open_logs(folder / "logs", lambda: NOW)
        try:
            yield House(folder, store, RedisHot(link), logs)
        finally:
            logs.close()
            await store.close()
            await link.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        yield house


async def all_of(house: House, person: int) -> tuple[object, ...]:
    """Everything that is kept of a person."""
    async with house.store.transaction(write=False) as tx:
        number = await tx.people.find(telegram(person))
        assert number is not None
        kept = (await tx.people.load([number]), await tx.people.reach([number]))
        events = await tx.events.all_of_person(number)
        ledger = await tx.ledger.of_person(number, 99)
        consent, groups = await tx.people.consent_history(number), await tx.groups.of_people([number])
    return (*kept, events, ledger, consent, groups, await house.hot.read([number]))


async def test_a_forgotten_person_is_in_no_byte_and_the_other_is_untouched(house: House) -> None:
    await house.lives(ANNA)
    await house.lives(BEN)
    await house.quotes(BEN, ANNA)
    await house.quotes(ANNA, BEN)
    ben = await all_of(house, BEN)
    assert {path.partition("/")[0] for path in house.traces()} == {"data", "logs"}
    assert any("aof" in path or "redis" in path for path in house.traces()), "Redis knows the campaign"
    house.now += 60_000
    assert await request_erasure(house.store, telegram(ANNA), house.now)
    assert await forget_pending(house.forgetting, house.now) == Forgotten(erased=1, done=1)
    assert house.traces() == {}, "with the database and its log open"
    assert await all_of(house, BEN) == ben
    async with house.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
        assert await tx.groups.member_counts([1]) == {1: (1, 1)}
        assert (await tx.groups.load([1]))[1].state.totals["group_message"] >= 6, "the group keeps its hours"
        assert await tx.ledger.counts("campaign") == {"planned": 1, "sent": 2, "suppressed": 1}
    await rebuild(house.store, house.hot)
    await house.hot.compact()
    assert house.traces() == {}, "nothing comes back from the record"


async def test_what_a_crash_left_is_finished_by_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await house.lives(ANNA)
        await request_erasure(house.store, telegram(ANNA), house.now)
        assert (await erase_asked(house.forgetting, house.now)).erased == 1
        assert house.traces() != {}, "files were not written anew yet"
    async with opened(tmp_path) as house:
        assert await forget_pending(house.forgetting, NOW + DAY) == Forgotten(done=1)
        assert house.traces() == {}


async def test_a_forgotten_person_who_goes_on_talking_is_not_taken_in_again(house: House) -> None:
    await house.lives(ANNA)
    await request_erasure(house.store, telegram(ANNA), house.now)
    await forget_pending(house.forgetting, house.now)
    house.now += DAY
    await house.arrives(house.says(ANNA, "do you still know me?"))
    async with house.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
        assert await tx.people.count() == 0
