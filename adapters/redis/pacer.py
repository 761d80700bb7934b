"""The pacer in Redis: one pace per bot for all processes, decided in one small script.

Promises: slots are evenly spaced and never made up for after a pause (a burst is what Telegram punishes); no
chat twice within a second, no group more than 20 times a minute (by even spacing too); nothing before
`halt_until`; one cut per 429 event, healing by time, and above the starting rate only what messages that went
well have earned. The rate that was refused is remembered for a while: the pace returns to just below it and
stays there, then forgets, and so finds a limit that was lifted. A group's first 429 halts that group, a
second one meanwhile halts the bot.

Messages for which Stars are paid have a lane of their own with the same rules at another rate. Chats' bounds
and halts are common to both.

The reserve for people: campaigns book at most 0.3 s ahead, interactive answers up to 2 s. So an answer never
waits behind more than 0.3 s of campaign, and while answers fill the line campaigns get nothing.
An empty pacer (new, or after a flush) begins with a silent second and at half the rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import orjson
from redis.commands.core import AsyncScript

from adapters.redis.keys import Keys
from adapters.redis.link import Link
from core.ports import Grant

_SCRIPT: Final = (Path(__file__).parent / "pacer.lua").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class PacerLimits:
    """The numbers of the pace.

    Telegram's own are 30/s overall, 1/s a chat, 20/min a group; all are kept with a margin, because what
    leaves evenly does not arrive evenly. start, ceiling, floor: messages/s. heal: messages/s regained each
    second after a cut, up to the start. earn: messages/s earned by each slot above it, up to the ceiling.
    keep: share of the rate that a cut leaves. below: share of a refused rate at which the pace stays for
    memory_ms. event_ms: refusals closer together are one event. lost_ms: a next slot so far ahead is another
    clock's. paid_rate: of messages that Stars are paid for, 0 = they go as all others do."""

    start: float = 27.0
    ceiling: float = 29.0
    floor: float = 1.0
    heal: float = 1.0
    earn: float = 0.0001
    keep: float = 0.7
    below: float = 0.88
    memory_ms: int = 900_000
    chat_gap_ms: int = 1_100
    group_gap_ms: int = 3_100
    silence_ms: int = 1_000
    event_ms: int = 2_000
    lost_ms: int = 60_000
    campaign_ahead_ms: int = 300
    interactive_ahead_ms: int = 2_000
    paid_rate: float = 0.0


class RedisPacer:
    """`core.ports.Pacer` on Redis."""

    def __init__(self, link: Link, keys: Keys | None = None, limits: PacerLimits | None = None) -> None:
        self._link = link
        self._keys = keys or Keys()
        self._limits = limits or PacerLimits()
        self._document = orjson.dumps(self._limits)
        self._script: AsyncScript | None = None

    async def grant(
        self,
        bot_id: int,
        chat_ids: Sequence[int],
        now_ms: int,
        *,
        interactive: bool = False,
        paid: bool = False,
    ) -> Grant:
        """Slots for these chats in the given order; a chat named twice gets one."""
        if not chat_ids:
            return Grant({})
        chats = list(dict.fromkeys(chat_ids))
        limits = self._limits
        ahead = limits.interactive_ahead_ms if interactive else limits.campaign_ahead_ms
        lane = "paid" if paid and limits.paid_rate > 0 else "free"
        again, *slots = await self._run(bot_id, "grant", now_ms, [ahead, lane, *chats])
        return Grant({chat: at for chat, at in zip(chats, slots, strict=True) if at}, again)

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        """A 429 for this chat: until when the bot (or that group) is silent, in ms."""
        wait_ms = math.ceil(retry_after_s * 1000)
        (until,) = await self._run(bot_id, "limited", now_ms, [chat_id, wait_ms])
        return until

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        """What the pace is now; changes nothing. `paid_rate_per_s` is 0 without a paid lane."""
        rate, paid, halt, granted = await self._run(bot_id, "status", now_ms, [])
        return {
            "rate_per_s": rate / 1000,
            "paid_rate_per_s": paid / 1000,
            "halt_until_ms": float(halt),
            "granted": float(granted),
        }

    async def _run(self, bot_id: int, op: str, now_ms: int, rest: Sequence[int | str]) -> list[int]:
        async with self._link.use() as redis:
            if self._script is None:
                self._script = redis.register_script(_SCRIPT)
            answer = await self._script(
                keys=[self._keys.pacer(bot_id), self._keys.chats(bot_id)],
                args=[op, now_ms, self._document, *rest],
            )
        return cast("list[int]", answer)
