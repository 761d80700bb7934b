"""What follows for the ledger when somebody answers: the message did arrive."""

from __future__ import annotations

from collections.abc import Sequence

from core.event import Event, PersonEvent, Scalar
from core.ledger import Message, Move, State
from core.ports import Transaction


def sent_event(message: Message, at_ms: int) -> PersonEvent:
    """The event that a campaign message reached its person."""
    props: dict[str, Scalar] = {
        "message": message.id,
        "content": message.content,
        "kind": message.kind,
        "segment": message.segment,
        "campaign": message.campaign,
        "variant": message.variant,
        "chat_id": message.chat_id,
    }
    return PersonEvent(
        message.person_no, Event(f"sent:{message.id}", at_ms, "campaign_sent", message.bot_id, props)
    )


async def arrived(tx: Transaction, messages: Sequence[Message]) -> list[PersonEvent]:
    """Those of unknown fate that were answered did arrive: closed as sent at the moment of their permit.

    Returns the events that follow, to be recorded; none for a row that is about nobody, because its person
    was forgotten. One still `sending` is left to its sender, who asks here when its own end turns out to be
    unknown."""
    proven = [m for m in messages if m.state is State.UNKNOWN]
    await tx.ledger.move(
        [Move(m.id, m.state, State.SENT, reason="answered", sent_ms=m.permit_ms) for m in proven]
    )
    return [sent_event(m, m.permit_ms) for m in proven if m.person_no > 0]
