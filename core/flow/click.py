"""A tracked link is opened: where it leads, and what it says about whoever opened it.

Promises: the click is durable before the address is given away; of one link in one message only the first
counts, so a link that is opened a thousand times costs reads only. It answers its message, and proves that a
message of unknown fate arrived. Of somebody who was forgotten, and of a group's post, nothing is noted.
Leaves to others: whether the link is genuine (`core.keyed`), and who merely looked at it for a preview (web).
"""

from __future__ import annotations

from dataclasses import dataclass

from core.event import Event, PersonEvent
from core.intake import Recorded, absorb, arrived, show, store
from core.ledger import Message, State
from core.ports import HotStore, Store, Transaction
from core.response import RESPONSE_WINDOW_MS, match_response, sent_ms

KIND = "link_clicked"
_CLOCKS_MS = 24 * 3_600_000
"""A click may seem so much older than its message: clocks differ, and are set back."""
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class ClickDeps:
    store: Store
    hot: HotStore


@dataclass(frozen=True, slots=True)
class Clicked:
    """Where the link leads; `counted`: it was the first time."""

    address: str
    counted: bool = False


async def click(
    deps: ClickDeps, message_id: int, place: int, now_ms: int, *, counts: bool = True
) -> Clicked | None:
    """Open the link at this place of a message; None if there is none. `counts=False`: only look."""
    async with deps.store.transaction(write=False) as tx:
        message = (await tx.ledger.get([message_id])).get(message_id)
        address = _address(message, place)
        if message is None or not address:
            return None
        if not counts or message.person_no <= 0 or await _is_known(tx, message, place):
            return Clicked(address)
    recorded = await _note(deps, message_id, place, now_ms)
    if recorded is None:
        return Clicked(address)
    await show(deps.hot, recorded)
    return Clicked(address, counted=bool(recorded.fresh))


def _address(message: Message | None, place: int) -> str:
    links = message.body.get("links") if message is not None else None
    if not isinstance(links, list | tuple) or not place < len(links):
        return ""
    address = str(links[place])
    return address if address.lower().startswith(_WEB) else ""


async def _note(deps: ClickDeps, message_id: int, place: int, now_ms: int) -> Recorded | None:
    """Record the click, once. The person is locked first, as capture does, and the row read again: nobody
    else counts the same click, and who was forgotten meanwhile stays so."""
    async with deps.store.transaction() as tx:
        planned_for = (await tx.ledger.get([message_id]))[message_id].person_no
        loaded = await tx.people.load([planned_for]) if planned_for > 0 else {}
        message = (await tx.ledger.get([message_id]))[message_id]
        if message.person_no not in loaded or await _is_known(tx, message, place):
            return None
        props = {"message": message.id, "link": place}
        event = Event(_key(message, place), now_ms, KIND, message.bot_id, props)
        fresh = await store(tx, [PersonEvent(message.person_no, event)])
        follows = await store(tx, await _answer(tx, message, event))
        return await absorb(tx, (*fresh, *follows), now_ms)


async def _answer(tx: Transaction, message: Message, event: Event) -> list[PersonEvent]:
    """What follows from the click for its message: it arrived, and was answered if nobody had before."""
    proven = await arrived(tx, [message]) if message.state is State.UNKNOWN else []
    late = event.ts_ms - sent_ms(message) > RESPONSE_WINDOW_MS
    answer = None if message.answered_ms or late else match_response(event, [message])
    if answer is None:
        return proven
    await tx.ledger.answered({message.id: event.ts_ms})
    return [PersonEvent(message.person_no, answer.event), *proven]


async def _is_known(tx: Transaction, message: Message, place: int) -> bool:
    since_ms = message.created_ms - _CLOCKS_MS
    clicks = await tx.events.of_kinds([message.person_no], [KIND], since_ms)
    return any(one.event.key == _key(message, place) for one in clicks)


def _key(message: Message, place: int) -> str:
    return f"click:{message.id}:{place}"
