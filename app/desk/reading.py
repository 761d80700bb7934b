"""Reads that several questions of operators share: everybody, whom a text means, the bots, the outcomes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING

from app.desk.views import BotLine
from core.identity import Identity
from core.ports import Outcome, PersonRecord, Transaction

if TYPE_CHECKING:
    from app.desk.workspace import BotName

PAGE = 1_000
MANY = 20_000


async def resolve(tx: Transaction, text: str) -> int | None:
    """A number, `tg:ID`, `NAMESPACE:VALUE` or `@username` -> person number, None if nobody is meant."""
    if text.isascii() and text.isdigit():
        return int(text) if int(text) < 2**63 and await tx.people.load([int(text)]) else None
    if text.startswith("@"):
        wanted = text[1:].casefold()
        found = await tx.people.search(text[1:], 50) if wanted else []
        exact = [one.person_no for one in found if one.contact.username.casefold() == wanted]
        return exact[0] if exact else None
    namespace, _, value = text.partition(":")
    if not value:
        return None
    return await tx.people.find(Identity("telegram" if namespace == "tg" else namespace, value))


async def everybody(tx: Transaction) -> AsyncIterator[PersonRecord]:
    """All people by number, a page in memory at a time."""
    after = 0
    while numbers := await tx.people.numbers(after, PAGE):
        records = await tx.people.load(numbers)
        for number in numbers:
            yield records[number]
        after = numbers[-1]


async def outcomes_since(tx: Transaction, since_ms: int) -> Sequence[Outcome]:
    """The optimizer messages sent since then."""
    found: list[Outcome] = []
    while page := await tx.decisions.outcomes(since_ms, found[-1].message_id if found else 0, MANY):
        found += page
    return found


async def bot_lines(tx: Transaction, known: Iterable[BotName]) -> tuple[BotLine, ...]:
    """The bots that are set up or that people have spoken with."""
    started: dict[int, int] = {}
    blocked: dict[int, int] = {}
    async for record in everybody(tx):
        for bot_id, link in record.state.bots.items():
            started[bot_id] = started.get(bot_id, 0) + (link.started_ms > 0)
            blocked[bot_id] = blocked.get(bot_id, 0) + (link.blocked_ms > link.unblocked_ms)
    switches = await tx.control.switches()
    named = tuple(known)
    names = {bot.bot_id: bot for bot in named}
    silent = [BotLine(0, bot.name, bot.api_base, 0, 0, 0, 0, False) for bot in named if not bot.bot_id]
    return tuple(
        [
            BotLine(
                bot_id=bot_id,
                name=names[bot_id].name if bot_id in names else "",
                api_base=names[bot_id].api_base if bot_id in names else "",
                started=started.get(bot_id, 0),
                blocked=blocked.get(bot_id, 0),
                next_due_ms=await tx.ledger.next_due_ms(bot_id) or 0,
                offset=await tx.inbox.offset(bot_id) or 0,
                paused=f"pause:bot:{bot_id}" in switches,
            )
            for bot_id in sorted({*names, *started} - {0})
        ]
        + silent
    )
