"""What a fault run needs and no person of the sandbox does by itself: zones that are known, and a broadcast.

Both come in as the product's own operators or people would bring them: history lines for `import`, and rows
of the ledger as a step of the flow writes them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from benchmarks.quality._site import Site
from core.ledger import MessageClass, NewMessage
from core.ports import PersonRecord, Reach, Transaction

MIDDAY: Final = 13
OWN_UPDATES: Final = 3_000_000_000
"""From here on the update ids of the history lines made here."""
CAMPAIGN: Final = "broadcast"
DAY_MS: Final = 86_400_000


async def live_in(place: Site) -> None:
    """Import the history of the people, with a zone for everybody."""
    declare_zones(place)
    code, _ = await place.verb("import", str(place.history), "--json")
    if code:
        raise RuntimeError("the history was not imported")


def declare_zones(place: Site) -> None:
    """Every resident tells a bot the timezone in which it is midday now."""
    now = datetime.now(UTC)
    east = MIDDAY - now.hour
    zone = f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
    known: dict[int, dict[str, Any]] = {}
    for text in place.history.read_bytes().splitlines():
        line = orjson.loads(text)
        body = line["update"].get("message")
        if body is not None and body["chat"]["type"] == "private":
            known.setdefault(body["from"]["id"], line)
    at_s = int(now.timestamp()) - 60
    with place.history.open("ab") as file:
        for number, line in enumerate(known.values()):
            body = {**line["update"]["message"], "text": f"/timezone {zone}", "date": at_s}
            body.pop("entities", None)
            update = {"update_id": OWN_UPDATES + number, "message": body}
            file.write(orjson.dumps({**line, "received_at_ms": at_s * 1000, "update": update}) + b"\n")


async def broadcast(place: Site, number: int, recipients: int) -> None:
    """Rows for the next so many people, whoever they are: the door decides who may get theirs."""
    now_ms = time.time_ns() // 1_000_000
    async with place.store() as store, store.transaction() as tx:
        everybody = await tx.people.numbers(0, 20_000)
        chosen = [everybody[(number * recipients + n) % len(everybody)] for n in range(recipients)]
        records, reaches = await tx.people.load(sorted(set(chosen))), await tx.people.reach(chosen)
        rows = [
            _message(records[no], reaches[no][number % len(reaches[no])], number, now_ms)
            for no in records
            if reaches.get(no)
        ]
        await tx.ledger.add(rows, now_ms)


async def campaign_to(tx: Transaction, people: Sequence[int], now_ms: int) -> None:
    """A row for each of these, by the first bot that can reach them."""
    records, reaches = await tx.people.load(people), await tx.people.reach(people)
    rows = [_message(records[no], reaches[no][0], 0, now_ms) for no in records if reaches.get(no)]
    await tx.ledger.add(rows, now_ms)


def _message(record: PersonRecord, reach: Reach, number: int, now_ms: int) -> NewMessage:
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=CAMPAIGN,
        step=str(number),
        person_no=record.person_no,
        bot_id=reach.bot_id,
        chat_id=reach.chat_id,
        due_ms=now_ms,
        expires_ms=now_ms + DAY_MS,
        body={"text": "SIMULATED", "buttons": [[{"text": "OK", "data": "c:{id}:ok"}]]},
        segment=max(record.segments, key=lambda name: record.segments[name], default="COLD_LEAD"),
        content="simulated",
        kind="news",
    )
