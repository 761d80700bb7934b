"""The door of groups: the one question that stands before every campaign message to a group.

Columns in, columns out, like `core.consent.may_contact`; asked when planning and again in the transaction
that marks the row as being sent. A group is written to only where a bot was invited and may write, within limits
of its own, and in the hours in which people are awake there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.limits import Bools, Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PostLimits:
    """Per group: campaign messages in any 24 hours and 7 days, and the least gap between two."""

    per_day: int = 1
    per_week: int = 3
    gap_h: float = 20.0


@dataclass(frozen=True, slots=True)
class PostFacts:
    """Columns about n (group, bot) pairs, as the SQL store knows them in this transaction.

    chat_id: the group's number in Telegram now. present: the bot is in the group; may_write: and has the
    right to. recent_ms: int64[n, m], moments of earlier campaign messages to the group (0 = none) of the last
    8 days. hours: float64[n, 24], faded activity by UTC hour. switches: as in `DoorFacts`."""

    group_no: Ints
    bot_id: Ints
    chat_id: Ints
    present: Bools
    may_write: Bools
    recent_ms: Ints
    hours: Floats
    switches: Mapping[str, str] = field(default_factory=dict)
