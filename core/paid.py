"""Messages that Stars are paid for: what they cost, and how many more the day's cap allows.

What a bot has spent on a UTC day stands in the store under `stars_mark`, in tenths of a Star, and is raised
in the transaction that permits the messages: so no crash and no second process ever spends beyond the cap. A
message that then does not arrive is counted all the same: the account errs on the owner's side.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

TENTHS_A_MESSAGE: Final = 1
"""Telegram takes 0.1 Star for each message of a paid broadcast."""
TENTHS_A_STAR: Final = 10


def stars_mark(bot_id: int, now_ms: int) -> str:
    """The name of the account of this bot and UTC day."""
    return f"stars:{bot_id}:{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d}"


def how_many_may_be_paid(spent_tenths: int, cap_stars: int, wanted: int) -> int:
    """Of so many messages those that the cap still pays for. `spent_tenths`: of today."""
    left = (cap_stars * TENTHS_A_STAR - spent_tenths) // TENTHS_A_MESSAGE
    return max(0, min(wanted, left))


def cost_tenths(messages: int) -> int:
    """What so many paid messages cost, in tenths of a Star."""
    return messages * TENTHS_A_MESSAGE
