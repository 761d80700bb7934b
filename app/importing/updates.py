"""Lines of updates: `{"bot_id": 42, "received_at_ms": 1780000000000, "update": {...}}`, as Telegram made
them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.errors import ContentError
from core.ports import RawUpdate, Transaction

MAX_NUMBER = 2**52
"""Telegram's ids have at most 52 significant bits."""


@dataclass(frozen=True, slots=True)
class UpdateLine:
    """An update of the past and the bot that got it."""

    bot_id: int
    update: RawUpdate


def parse(document: Mapping[str, Any], now_ms: int) -> UpdateLine:
    """Raises ContentError with what is wrong with the line."""
    for key in ("bot_id", "received_at_ms"):
        if not whole(document.get(key)):
            raise ContentError(f"{key} must be a positive whole number")
    received_ms = int(document["received_at_ms"])
    if received_ms > now_ms:  # a "yes" from the future would be newer than every /stop to come
        raise ContentError("received_at_ms lies in the future")
    update = document["update"]
    if not isinstance(update, dict) or not whole(update.get("update_id")):
        raise ContentError("update must be an object with an update_id")
    return UpdateLine(
        int(document["bot_id"]), RawUpdate(update["update_id"], orjson.dumps(update), received_ms)
    )


def whole(value: object) -> bool:
    """A number that Telegram may use and a database can hold."""
    return type(value) is int and 0 < value < MAX_NUMBER


async def store(tx: Transaction, lines: Sequence[UpdateLine]) -> int:
    """Put them into the inbox, to be answered by nobody; how many were new."""
    by_bot: dict[int, list[RawUpdate]] = {}
    for line in lines:
        by_bot.setdefault(line.bot_id, []).append(line.update)
    return sum([await tx.inbox.add(bot, updates, answer=False) for bot, updates in by_bot.items()])
