"""What a store has read about groups, turned into the columns of their door: one way for all stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from core import scores
from core.limits import DAY_MS
from core.posting import PostFacts
from core.profile import GroupState, chat_now, standing

RECENT_POSTS_MS: Final = 8 * DAY_MS
"""How far back the door of groups looks for earlier campaign messages."""
_NOWHERE: Final = (0, GroupState())


@dataclass(slots=True)
class PostRows:
    """What was read. groups: group -> (Telegram's number as last heard, record); recent: group -> moments of
    earlier campaign messages."""

    groups: dict[int, tuple[int, GroupState]] = field(default_factory=dict)
    recent: dict[int, list[int]] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)

    def facts(self, group_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> PostFacts:
        """Row i is about group i and bot i. Of groups that are not known nothing is allowed."""
        known = [self.groups.get(no, _NOWHERE) for no in group_nos]
        rights = [standing(state, bot) for (_, state), bot in zip(known, bot_ids, strict=True)]
        today = now_ms // DAY_MS
        hours = [scores.hour_activity(scores.rhythm(state.hours, today)) for _, state in known]
        return PostFacts(
            group_no=np.array(group_nos, dtype=np.int64),
            bot_id=np.array(bot_ids, dtype=np.int64),
            chat_id=np.array([chat_now(state, chat_id) for chat_id, state in known], dtype=np.int64),
            present=np.array([present for present, _ in rights], dtype=np.bool_),
            may_write=np.array([may_write for _, may_write in rights], dtype=np.bool_),
            recent_ms=self._recent(group_nos),
            hours=np.array(hours, dtype=np.float64).reshape(len(known), 24),
            switches=self.switches,
        )

    def _recent(self, group_nos: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        moments = [sorted(self.recent.get(no, ())) for no in group_nos]
        table = np.zeros((len(moments), max(map(len, moments), default=0)), dtype=np.int64)
        for row, found in enumerate(moments):
            table[row, : len(found)] = found
        return table
