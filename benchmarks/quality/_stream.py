"""What the fuzz benchmark's server hands out, in a process of its own: nothing of it is measured.

Generated updates of every kind, a share of them with something wrong, one in a hundred poisonous (it parses
and means nonsense, or breaks the transaction that applies it), and elements that are no updates at all.
Elements without a number take a place in the line, as they would at Telegram. Batches have any size, are
shuffled among their numbered elements, and repeat what was handed out before; now and then the answer is
no answer at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from multiprocessing.connection import Connection
from typing import Any, Final

from aiohttp import web

from benchmarks.quality._botapi import Asked, BotApi, handed, raw
from tests.botapi.generate import Generator, as_bytes

STOP_S: Final = 10.0
BOT_ID: Final = 42
"""The bot of the generated updates."""
MARK: Final = "poison"
"""Field of an update that shall break the transaction which applies it."""
WRONG: Final = 0.2
POISON: Final = 100
"""One in so many is poisonous."""
BREAKING: Final = 4
"""And of those one in so many breaks its transaction."""
NONE: Final = 300
"""One element in so many is no update."""
AGAIN: Final = 0.1
RECENT: Final = 1_000
"""Of so many handed out last, some are handed out again."""
OFTEN: Final = ("message", "message", "callback_query", "chat_member", "my_chat_member", "message_reaction")
"""Every other update is one of these, the rest of any kind."""
SECONDS_APART: Final = 15
"""As far are generated updates from each other in the mean."""
DEEP: Final = 5_000
"""One element in so many is nested deeper than any parser goes."""
_END_S: Final = 0.1


class Sort(IntEnum):
    """What an element of the stream is."""

    GOOD = 0
    WRONG = 1
    NONSENSE = 2
    BREAKING = 3
    NONE = 4


@dataclass(frozen=True, slots=True)
class Load:
    """How much: updates in all, and who makes them."""

    updates: int
    people: int
    chats: int
    seed: int
    now_s: int


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What was handed out. sorts: one byte (a `Sort`) for each number from `first` on; nones: different
    elements without a number; repeated: elements that were handed out more than once; skipped: numbers that
    were confirmed before they were handed out; faults: answers that were none."""

    first: int
    sorts: bytes
    nones: int
    repeated: int
    skipped: int
    faults: int

    @property
    def last(self) -> int:
        return self.first + len(self.sorts) - 1

    def numbers(self, *sorts: Sort) -> set[int]:
        """The update numbers of these sorts."""
        return {self.first + n for n, sort in enumerate(self.sorts) if sort in sorts}


@contextmanager
def stream(load: Load) -> Iterator[tuple[str, Connection]]:
    """The base address of a server that hands out the stream, and where it says at the end what it was."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, load), daemon=True)
    process.start()
    try:
        yield str(here.recv()), here
    finally:
        with contextlib.suppress(OSError):  # it has ended already
            here.send("stop")
        process.join(STOP_S)
        process.terminate()  # who was ended before all was handed out still waits for that
        process.join()


def _serve(parent: Connection, load: Load) -> None:
    asyncio.run(_live(parent, load))


async def _live(parent: Connection, load: Load) -> None:
    line = _Line(load)
    server = BotApi(line.answer)
    parent.send(await server.start())
    await line.confirmed.wait()
    parent.send(line.handed_out())
    await asyncio.to_thread(parent.recv)
    await server.stop()


@dataclass(frozen=True, slots=True)
class _Element:
    number: int
    body: bytes
    sort: Sort


class _Line:
    """The elements that wait at the server, and what became of them."""

    def __init__(self, load: Load) -> None:
        self._dice = random.Random(load.seed)
        self._coming = _elements(load, random.Random(load.seed + 1))
        self._waiting: deque[_Element] = deque()
        self._recent: deque[_Element] = deque(maxlen=RECENT)
        self._first = 0
        self._sorts = bytearray()
        self._nones: set[bytes] = set()
        self._shown = 0
        self._seen_last = 0
        self._skipped = 0
        self._faults = deque((0.1, 0.3, 0.5, 0.7))
        self._load = load
        self.confirmed = asyncio.Event()

    def handed_out(self) -> HandedOut:
        repeated = self._shown - len(self._sorts)
        faults = 4 - len(self._faults)
        return HandedOut(self._first, bytes(self._sorts), len(self._nones), repeated, self._skipped, faults)

    async def answer(self, asked: Asked) -> web.StreamResponse:
        self._confirm(asked.offset)
        self._fill()
        if not self._waiting:
            self.confirmed.set()
            await asyncio.sleep(_END_S)
            return handed([])
        if self._faults and len(self._sorts) > self._faults[0] * self._load.updates:
            self._faults.popleft()
            return _fault(len(self._faults))
        batch = self._batch(asked.limit)
        self._shown += len(batch)
        self._seen_last = max(self._seen_last, *(one.number for one in batch))
        self._recent.extend(one for one in batch if one.sort is not Sort.NONE)
        return handed([one.body for one in batch])

    def _confirm(self, offset: int) -> None:
        """Everything before the offset is gone; it should have been seen."""
        while self._waiting and self._waiting[0].number < offset:
            self._skipped += self._waiting.popleft().number > self._seen_last

    def _fill(self) -> None:
        for element in self._coming:
            self._first = self._first or element.number
            self._sorts.append(element.sort)
            self._waiting.append(element)
            if element.sort is Sort.NONE:
                self._nones.add(element.body)
            if len(self._waiting) >= 100:
                return

    def _batch(self, limit: int) -> list[_Element]:
        """The next few: those with a number change places among themselves, and some come again."""
        dice = self._dice
        size = dice.choice((limit, limit, limit, dice.randint(1, limit)))
        chosen = [self._waiting[n] for n in range(min(size, len(self._waiting)))]
        places = [n for n, one in enumerate(chosen) if one.sort is not Sort.NONE]
        if dice.random() < 0.3:
            for place, one in zip(places, dice.sample([chosen[n] for n in places], len(places)), strict=True):
                chosen[place] = one
        again = [one for one in chosen if self._recent and dice.random() < AGAIN]
        for _ in again:
            chosen.insert(dice.randint(0, len(chosen) - 1), dice.choice(self._recent))
        return chosen


def _elements(load: Load, dice: random.Random) -> Iterator[_Element]:
    """The stream in the order of its numbers. It begins with a good one, so that there is a number."""
    start_s = load.now_s - load.updates * SECONDS_APART
    made = Generator(load.seed, load.people, load.chats, start_s)
    first = dice.randrange(1, 10**6)
    for number in range(first, first + load.updates):
        if number > first and not dice.randrange(NONE):
            yield _Element(number, _no_update(number, dice), Sort.NONE)
            continue
        if number > first and not dice.randrange(DEEP):
            yield _Element(number, _too_deep(number), Sort.NONSENSE)
            continue
        update, sort = made.update(dice.choice(OFTEN) if dice.random() < 0.5 else None), Sort.GOOD
        if number > first and not dice.randrange(POISON):
            update, sort = _poison(made, dice)
        elif dice.random() < WRONG:
            update, sort = made.mutated(update), Sort.WRONG
        yield _Element(number, as_bytes({**update, "update_id": number}), sort)


def _poison(made: Generator, dice: random.Random) -> tuple[dict[str, Any], Sort]:
    if not dice.randrange(BREAKING):
        return {**made.update("message"), MARK: True}, Sort.BREAKING
    message = made.update("message")["message"]
    tap = made.update("callback_query")["callback_query"]
    return dice.choice(
        (
            {"message": {**message, "date": "yesterday"}},
            {"message": {**message, "chat": {"id": "here", "type": "private"}}},
            {"message": {**message, "chat": {"id": 10**30, "type": "supergroup"}}},
            {"message": {**message, "chat": None}},
            {"message": []},
            {"message": "/start"},
            {"callback_query": {**tap, "from": {"id": -1, "is_bot": False}}},
            {"callback_query": {**tap, "from": "\ud83d"}},
            {"pre_checkout_query": {"from": {"id": 1001}, "currency": "EUR", "total_amount": float("nan")}},
            {},
        )
    ), Sort.NONSENSE


def _no_update(number: int, dice: random.Random) -> bytes:
    """An element without a usable number."""
    return dice.choice(
        (
            *(b"null", b"[]", b"{}", b"7", b'"\\ud800"', b"true"),
            json.dumps([{"update_id": number}]).encode(),
            json.dumps({"update_id": str(number), "message": {}}).encode(),
            json.dumps({"update_id": -number}).encode(),
            json.dumps({"update_id": number + 0.5}).encode(),
            json.dumps({"update_id": 2**63 + number}).encode(),
            json.dumps({"message": {"message_id": number, "text": "who am I?"}}).encode(),
        )
    )


def _too_deep(number: int) -> bytes:
    return b'{"update_id":%d,"message":%b"]"%b}' % (number, b"[" * 20_000, b"]" * 20_000)


def _fault(kind: int) -> web.StreamResponse:
    """No answer to a getUpdates: gone wrong before, cut off, not now, or not Telegram's."""
    if kind == 0:
        return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
    if kind == 1:
        return raw(b'{"ok":true,"result":[{"update_id":1,"mess')
    if kind == 2:
        return raw(b'{"ok":false,"error_code":429,"description":"Too Many","parameters":{"retry_after":1}}')
    return raw(b'{"ok":true,"result":{"update_id":1}}')
