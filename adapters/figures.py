"""Figures that every store gives alike: since when a message counts for the caps, how likely a choice was."""

from __future__ import annotations

from core.ledger import COUNTED, PERMIT_VALID_MS, MessageClass, State
from core.ports import Decision


def counted_ms(cls: MessageClass, state: State, permit_ms: int, sent_ms: int) -> int:
    """The moment at which a campaign message was or may have been received at the latest; 0 if it was not.

    While the outcome is open that is the end of its permit."""
    if cls is not MessageClass.CAMPAIGN or state not in COUNTED:
        return 0
    if state is State.SENT and sent_ms:
        return sent_ms
    return permit_ms + PERMIT_VALID_MS


def propensity_of(decision: Decision) -> float:
    """With which probability the planner took what it took; 1 where it had no choice to log."""
    if not 0 <= decision.chosen < len(decision.candidates):
        return 1.0
    return float(str(decision.candidates[decision.chosen][2]))
