"""Answers to what a person just did: interactive messages, each a row of the ledger, at most once.

Only blocks, the kill switch and the pacer stand before them. An answer is known by the update that asked for
it and its number within the handler: a handler that runs again after a crash sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from core.errors import HotStoreError, RateLimitedError, RefusedError, TransportError
from core.identity import Identity
from core.ledger import Message, MessageClass, Move, NewMessage, State, end_of, proof
from core.ports import Clock, Messenger, Pacer, Receipt, Store

TRIES = 3
LIFETIME_MS = 60_000
"""An answer that could not leave within this time is not sent any more: the moment has passed."""
TURN_MS = 3_000
"""An edit that can't be made within this time is not made: it shows no more than the record has already."""
LOCAL_RESERVE_S = 1.1
"""Spacing of answers per process while the shared pacer is not there."""


@dataclass(frozen=True, slots=True)
class ReplyDeps:
    store: Store
    pacer: Pacer
    messenger: Messenger
    clock: Clock


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `step` names the update and the answer's number, `body` what `Messenger.send` takes."""

    bot_id: int
    identity: Identity
    chat_id: int
    step: str
    body: Mapping[str, object]
    cls: MessageClass = MessageClass.INTERACTIVE


async def reply(deps: ReplyDeps, ask: Reply) -> Receipt | None:
    """Send one answer; None if it was given before, or may not or could not be given.

    The row stays `sending` until the last try has ended: if the process dies in between, it is `unknown`.
    Raises RefusedError for a campaign: those leave through the door of `deliver` only."""
    if ask.cls is MessageClass.CAMPAIGN:
        raise RefusedError("a campaign message is no answer: plan it, and the door decides")
    until_ms = deps.clock.now_ms() + LIFETIME_MS
    chat = (ask.bot_id, ask.chat_id)
    in_time = await _wait_for_slot(deps, chat, until_ms)
    message = await _mark(deps, ask)
    if message is None:
        return None
    state, reason, receipt = State.FAILED, "rate limit", None
    for left in reversed(range(TRIES)):
        if not in_time:
            break
        state, reason, receipt = await _try(deps, message)
        if state is not State.RETRY:
            break
        in_time = left > 0 and await _wait_for_slot(deps, chat, until_ms) and not await _stopped(deps)
        state = State.FAILED
    await _close(deps, message, state, reason=reason, receipt=receipt)
    return receipt


async def in_turn(
    deps: ReplyDeps, bot_id: int, chat_id: int, call: Callable[[], Awaitable[object]]
) -> object:
    """Make a call that names a chat but is no message (an edit), in the pacer's turn and once.

    Raises TransportError when its turn would come too late, and whatever the call raises."""
    until_ms = deps.clock.now_ms() + TURN_MS
    if not await _wait_for_slot(deps, (bot_id, chat_id), until_ms):
        raise TransportError("the turn of this call came too late")
    if await _stopped(deps):
        raise TransportError("everything is stopped")
    try:
        return await call()
    except RateLimitedError as error:
        await _limited(deps, (bot_id, chat_id), error)
        raise


async def _try(deps: ReplyDeps, message: Message) -> tuple[State, str, Receipt | None]:
    try:
        receipt = await deps.messenger.send(message.bot_id, message.chat_id, message.body)
    except RateLimitedError as error:
        await _limited(deps, (message.bot_id, message.chat_id), error)
        return State.RETRY, "rate limit", None
    except TransportError as error:
        return *end_of(error), None
    return State.SENT, "", receipt


async def _wait_for_slot(deps: ReplyDeps, chat: tuple[int, int], until_ms: int) -> bool:
    """Until the shared pacer lets this (bot, chat) be written to; False when that would be too late.

    So a long halt costs its answers, which nobody awaits any more then, and never holds up the handlers."""
    bot_id, chat_id = chat
    while True:
        now_ms = deps.clock.now_ms()
        try:
            grant = await deps.pacer.grant(bot_id, [chat_id], now_ms, interactive=True)
        except HotStoreError:
            await deps.clock.sleep(LOCAL_RESERVE_S)
            return deps.clock.now_ms() <= until_ms
        if chat_id in grant.slots:
            await deps.clock.sleep(max(0, grant.slots[chat_id] - now_ms) / 1000)
            return True
        if grant.retry_ms > until_ms:
            return False
        await deps.clock.sleep(max(grant.retry_ms - now_ms, 10) / 1000)


async def _stopped(deps: ReplyDeps) -> bool:
    """Whether the kill switch was turned while this waited."""
    async with deps.store.transaction(write=False) as tx:
        return "kill" in await tx.control.switches()


async def _limited(deps: ReplyDeps, chat: tuple[int, int], error: RateLimitedError) -> None:
    now_ms = deps.clock.now_ms()
    try:
        await deps.pacer.limited(*chat, error.retry_after_s, now_ms)
    except HotStoreError:
        await deps.clock.sleep(min(error.retry_after_s, LIFETIME_MS / 1000 + 1))


async def _mark(deps: ReplyDeps, ask: Reply) -> Message | None:
    """Put the answer into the ledger as `sending`; None if it stands there already or may not be sent."""
    async with deps.store.transaction() as tx:
        now_ms = deps.clock.now_ms()
        person_no = await tx.people.find(ask.identity)
        if person_no is None or "kill" in await tx.control.switches():
            return None
        reaches = (await tx.people.reach([person_no])).get(person_no, [])
        if any(one.bot_id == ask.bot_id and one.state != "open" for one in reaches):
            return None
        new = NewMessage(
            cls=ask.cls,
            campaign=f"reply:{ask.bot_id}",
            step=ask.step,
            person_no=person_no,
            bot_id=ask.bot_id,
            chat_id=ask.chat_id,
            due_ms=now_ms,
            expires_ms=now_ms + LIFETIME_MS,
            body=ask.body,
            state=State.SENDING,
            permit_ms=now_ms,
        )
        return (await tx.ledger.add([new], now_ms))[0]


async def _close(
    deps: ReplyDeps, message: Message, state: State, *, reason: str, receipt: Receipt | None
) -> None:
    move = Move(message.id, State.SENDING, state, reason=reason)
    if receipt is not None:
        move = replace(move, sent_ms=receipt.at_ms, telegram_id=receipt.telegram_id)
    async with deps.store.transaction() as tx:
        moved = await tx.ledger.move([move])
        if not moved and receipt is not None:
            await tx.ledger.move([proof(move)])
