"""What a move of the ledger makes of a row."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.figures import counted_ms
from core.ledger import MessageClass, Move, State


@dataclass(frozen=True, slots=True)
class Stand:
    """What a move needs to know of the row before it."""

    state: State
    cls: MessageClass
    permit_ms: int
    sent_ms: int

    def moved(self, move: Move) -> Stand:
        """What it is after the move."""
        permit_ms = self.permit_ms if move.permit_ms is None else move.permit_ms
        sent_ms = self.sent_ms if move.sent_ms is None else move.sent_ms
        return Stand(move.new, self.cls, permit_ms, sent_ms)


def change(move: Move, stand: Stand) -> dict[str, object]:
    """The parameters of the row's update; None leaves a column as it is."""
    return {
        "of_id": move.id,
        "new": stand.state.value,
        "permit": stand.permit_ms,
        "sent": stand.sent_ms,
        "counted": counted_ms(stand.cls, stand.state, stand.permit_ms, stand.sent_ms),
        "why": move.reason,
        "due": move.due_ms,
        "telegram": move.telegram_id,
        "tries": move.attempts,
        "chat": move.chat_id,
    }
