"""Rows for tests of the stores: people, messages and updates with little to say about them."""

from __future__ import annotations

from dataclasses import replace

from core.consent import CAMPAIGNS, ConsentChange
from core.event import Event, PersonEvent
from core.identity import Identity, telegram
from core.ledger import Message, MessageClass, Move, NewMessage, State
from core.ports import RawUpdate, Reach, Store, Transaction

NOW = 1_767_600_000_000
BOT = 7_000_000_001
OTHER_BOT = 7_000_000_002
HELD_OUT = telegram(999)
HOUR = 3_600_000


async def people(store: Store, *telegram_ids: int) -> list[int]:
    """Person numbers of these Telegram users."""
    wanted = [telegram(user_id) for user_id in telegram_ids]
    async with store.transaction() as tx:
        known = await tx.people.resolve(wanted, NOW)
    return [known[item] for item in wanted]


async def reachable(store: Store, *telegram_ids: int) -> list[int]:
    """People who said yes to campaigns and whom the bot can reach; the chat id is the Telegram id."""
    numbers = await people(store, *telegram_ids)
    async with store.transaction() as tx:
        await tx.people.set_reach(
            [reach(no, chat_id=user_id) for no, user_id in zip(numbers, telegram_ids, strict=True)]
        )
        await tx.people.change_consent([consent(no) for no in numbers])
    return numbers


def reach(
    person_no: int, *, bot_id: int = BOT, state: str = "open", at: int = NOW, chat_id: int = 5
) -> Reach:
    return Reach(person_no, bot_id, chat_id, state, at, at)


def consent(person_no: int, *, granted: bool = True, at: int = NOW, source: str = "button") -> ConsentChange:
    return ConsentChange(person_no, CAMPAIGNS, granted, at, source, "v1")


def campaign(person_no: int, step: str = "1", **changes: object) -> NewMessage:
    """A message of the optimizer, due now."""
    plain = NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign="opt",
        step=step,
        person_no=person_no,
        bot_id=BOT,
        chat_id=5,
        due_ms=NOW,
        expires_ms=NOW + 6 * HOUR,
        body={"text": "Merhaba", "buttons": [[{"text": "VIP", "data": "menu:vip"}]]},
        segment="ENGAGED",
        content="hello",
        kind="offer",
        priority=1.0,
        predicted=0.25,
        strategy_version=3,
        reason="planned",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name the fields they change


async def put(tx: Transaction, *messages: NewMessage) -> list[Message]:
    """Add messages that must all be new."""
    found = await tx.ledger.add(messages, NOW)
    return [message for message in found if message is not None]


async def sent(tx: Transaction, message: Message, at: int) -> None:
    """The whole way of a message to its person."""
    await tx.ledger.move([Move(message.id, State.PLANNED, State.SENDING, permit_ms=at - 100)])
    await tx.ledger.move([Move(message.id, State.SENDING, State.SENT, sent_ms=at, telegram_id=77)])


def update(update_id: int, body: bytes = b'{"update_id": 1}') -> RawUpdate:
    return RawUpdate(update_id, body, NOW)


def event(person_no: int, key: str, at: int = NOW, kind: str = "message_received") -> PersonEvent:
    return PersonEvent(person_no, Event(key, at, kind, BOT, {"length": 3, "media": "text", "topics": ""}))


def someone(user_id: int = 5) -> Identity:
    return telegram(user_id)
