"""Permits: the door is asked and the row marked `sending` in one transaction; nothing leaves without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.content import with_id
from core.flow.deliver.judging import Judged, judge, refused
from core.flow.deliver.values import DeliverDeps, Flight
from core.ledger import Message, Move, State
from core.paid import cost_tenths, how_many_may_be_paid, stars_mark
from core.ports import Lease, Transaction


@dataclass(frozen=True, slots=True)
class Permitted:
    """What may leave now. `lost`: the lane is somebody else's. `broke`: the Stars of the day are spent, so
    some of the messages stay in line."""

    flights: tuple[Flight, ...] = ()
    held: int = 0
    closed: int = 0
    lost: bool = False
    broke: bool = False


async def permit(
    deps: DeliverDeps, chosen: Sequence[Message], slots: Mapping[int, int], lease: Lease, *, paid: bool
) -> Permitted:
    """Ask the door about messages that have a slot, and mark those that may go. A row that is no longer in
    line stays as it is."""
    async with deps.store.transaction() as tx:
        now_ms = deps.clock.now_ms()
        if not await tx.control.check(lease, now_ms):
            return Permitted(lost=True)
        judged = await judge(deps, tx, chosen, now_ms)
        moves = await refused(tx, judged, now_ms)
        open_ = [one for one in judged if one.allowed(now_ms)]
        may_go = await _afforded(deps, tx, open_, now_ms) if paid else open_
        marked = await tx.ledger.permit([one.message.id for one in may_go], now_ms)
        if paid:
            await _spend(tx, chosen[0].bot_id, len(marked), now_ms)
        await tx.ledger.move(moves)
    flights = tuple(
        _flight(deps, one, now_ms, slots[one.message.chat_id], paid=paid)
        for one in may_go
        if one.message.id in marked
    )
    return Permitted(flights, *_tally(moves), broke=len(may_go) < len(open_))


async def sift(deps: DeliverDeps, rows: Sequence[Message], lease: Lease) -> tuple[list[Message], Permitted]:
    """Ask the door about messages that have no slot yet, and hold or close those that may not go: so the
    others need not wait behind them. Returns those that may go."""
    async with deps.store.transaction() as tx:
        now_ms = deps.clock.now_ms()
        if not await tx.control.check(lease, now_ms):
            return [], Permitted(lost=True)
        judged = await judge(deps, tx, rows, now_ms)
        moves = await refused(tx, judged, now_ms)
        await tx.ledger.move(moves)
    return [one.message for one in judged if one.allowed(now_ms)], Permitted((), *_tally(moves))


def _tally(moves: Sequence[Move]) -> tuple[int, int]:
    """How many are held, how many are closed."""
    held = sum(move.new is State.PLANNED for move in moves)
    return held, len(moves) - held


def _flight(deps: DeliverDeps, one: Judged, now_ms: int, slot_ms: int, *, paid: bool) -> Flight:
    body = with_id(one.message.body, one.message.id, deps.link)
    if paid:
        body["paid"] = True
    return Flight(one.message, one.chat_id, now_ms, slot_ms, body, one.record)


async def _afforded(
    deps: DeliverDeps, tx: Transaction, open_: Sequence[Judged], now_ms: int
) -> Sequence[Judged]:
    """Those that the day's Stars still pay for."""
    if not open_:
        return open_
    spent = await _spent(tx, open_[0].message.bot_id, now_ms)
    return open_[: how_many_may_be_paid(spent, deps.stars_a_day, len(open_))]


async def _spent(tx: Transaction, bot_id: int, now_ms: int) -> int:
    name = stars_mark(bot_id, now_ms)
    return int((await tx.control.marks(name)).get(name, "0"))


async def _spend(tx: Transaction, bot_id: int, messages: int, now_ms: int) -> None:
    if messages:
        spent = await _spent(tx, bot_id, now_ms) + cost_tenths(messages)
        await tx.control.set_mark(stars_mark(bot_id, now_ms), str(spent))
