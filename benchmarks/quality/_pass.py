"""Reads an SQLite record from outside, and takes everything that ever came in once more.

The second pass forgets that updates were done, as the inbox may after its hours, and brings them again in
another order and other batches: nothing may change by that.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import ContentError
from core.event import CHOICES
from core.flow.capture import CaptureDeps, Read, apply_pending
from core.ports import InboxRow, RawUpdate

PAGE: Final = 5_000
FOREVER_MS: Final = 2**60
FORGET: Final = "forget:"
"""Keys of what the wish to be forgotten brings about; it is a handler that takes it."""
_EFFECTS: Final = (
    "person",
    "identity",
    "membership",
    "reach",
    "consent",
    "consent_history",
    "event",
    "grp",
    "group_identity",
    "group_member",
)
"""Tables in which updates take effect."""
_COLUMNS: Final = "id, bot_id, update_id, received_ms, body, state, reason"
_ROWS: Final = f"SELECT {_COLUMNS} FROM inbox WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - names of ours


@dataclass(frozen=True, slots=True)
class Held:
    """Events held against the inbox.

    missing, extra: events that handled updates mean and that are not there, or the other way round; asked:
    withdrawals by those who asked a handler to be forgotten; unreadable: numbers of the updates that can't be
    read; kinds: events by kind."""

    events: int
    missing: int
    extra: int
    asked: int
    unreadable: frozenset[int]
    kinds: Counter[str]


def rows(file: Path) -> Iterator[list[InboxRow]]:
    """The inbox, page by page."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        after = 0
        while page := base.execute(_ROWS, (after, PAGE)).fetchall():
            yield [InboxRow(*row) for row in page]
            after = page[-1][0]


def held(file: Path, read: Read) -> Held:
    """What the updates mean, read once more, against the events that are stored."""
    wanted: set[tuple[int, str]] = set()
    unreadable = set()
    for page in rows(file):
        for row in page:
            if row.update_id < 0:
                continue
            try:
                captured = read(row)
            except ContentError:
                unreadable.add(row.update_id)
                continue
            if row.state == "failed":
                continue
            told = [*captured.events, *(event for _, events in captured.others for event in events)]
            wanted.update((_moment(event.kind, event.ts_ms), event.key) for event in told)
    kinds: Counter[str] = Counter()
    there, asked = set(), 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        for ts_ms, key, kind in base.execute("SELECT ts_ms, key, kind FROM event"):
            kinds[kind] += 1
            if key.startswith(FORGET):
                asked += 1
            else:
                there.add((_moment(kind, ts_ms), key))
    extra = len(there - wanted) + kinds.total() - asked - len(there)
    return Held(kinds.total(), len(wanted - there), extra, asked, frozenset(unreadable), kinds)


def _moment(kind: str, ts_ms: int) -> int:
    """Choices are set in their order, so their moment is not that of the receipt alone."""
    return 0 if kind in CHOICES else ts_ms


def effects(file: Path) -> str:
    """A digest of everything that updates have brought about."""
    digest = hashlib.blake2b()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        for table in _EFFECTS:
            count = len(base.execute(f"SELECT * FROM {table} LIMIT 0").description)  # noqa: S608 - names of ours
            order = ", ".join(str(n + 1) for n in range(count))
            for row in base.execute(f"SELECT * FROM {table} ORDER BY {order}"):  # noqa: S608 - names of ours
                digest.update(repr(row).encode())
    return digest.hexdigest()


async def again(file: Path, deps: CaptureDeps, seed: int) -> int:
    """Forget that updates were done and take them in again, shuffled; how many had an effect."""
    copy, dice, effective = file.with_suffix(".before"), random.Random(seed), 0
    with closing(sqlite3.connect(file)) as base, closing(sqlite3.connect(copy)) as target:
        base.backup(target)
    while await _prune(deps):
        pass
    for page in rows(copy):
        dice.shuffle(page)
        for start in range(0, len(page), 1_000):
            part = page[start : start + 1_000]
            async with deps.store.transaction() as tx:
                for bot_id in {row.bot_id for row in part}:
                    raw = [_raw(row) for row in part if row.bot_id == bot_id]
                    await tx.inbox.add(bot_id, raw, answer=False)
            effective += await _applied(deps, page[0].received_ms)
    copy.unlink()
    return effective


async def _applied(deps: CaptureDeps, now_ms: int) -> int:
    events = 0
    while (done := await apply_pending(deps, now_ms)).rows:
        events += done.events
    return events


async def _prune(deps: CaptureDeps) -> int:
    async with deps.store.transaction() as tx:
        return await tx.inbox.prune(FOREVER_MS, PAGE)


def _raw(row: InboxRow) -> RawUpdate:
    return RawUpdate(row.update_id, row.body, row.received_ms, reason=row.reason)
