"""What a store has read about people, turned into the door's columns: one way for all stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from core.consent import DoorFacts
from core.limits import DAY_MS, MAX_WISH_DAYS, OUR_QUIET, quiet_facts, wishes_of
from core.profile import ProfileState

RECENT_MS: Final = (MAX_WISH_DAYS + 1) * DAY_MS
"""How far back the door looks for earlier campaign messages: as far as a person's wish can reach."""
_REACH: Final[Mapping[str, int]] = {"open": 1, "blocked": 2, "gone": 3}
_NOBODY: Final = (ProfileState(), False, False)


@dataclass(slots=True)
class DoorRows:
    """What was read. people: person -> (state, holdout, excluded); consented: who said yes to campaigns;
    reach: (person, bot) -> (chat id, state); recent: person -> moments of earlier campaign messages; quiet:
    the hours of the quiet time for people who set none."""

    people: dict[int, tuple[ProfileState, bool, bool]] = field(default_factory=dict)
    consented: set[int] = field(default_factory=set)
    reach: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)
    recent: dict[int, list[int]] = field(default_factory=dict)
    switches: dict[str, str] = field(default_factory=dict)
    quiet: tuple[int, int] = OUR_QUIET

    def facts(self, person_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> DoorFacts:
        """Row i is about person i and bot i. Of people that are not known nothing is allowed."""
        people = [self.people.get(no, _NOBODY) for no in person_nos]
        states = [state for state, _, _ in people]
        reach = [self.reach.get(pair, (0, "")) for pair in zip(person_nos, bot_ids, strict=True)]
        return DoorFacts(
            person_no=np.array(person_nos, dtype=np.int64),
            bot_id=np.array(bot_ids, dtype=np.int64),
            chat_id=np.array([chat_id for chat_id, _ in reach], dtype=np.int64),
            consent=np.array([no in self.consented for no in person_nos], dtype=np.bool_),
            reach=np.array([_REACH.get(state, 0) for _, state in reach], dtype=np.int64),
            holdout=np.array([holdout for _, holdout, _ in people], dtype=np.bool_),
            excluded=np.array([excluded for _, _, excluded in people], dtype=np.bool_),
            recent_ms=self._recent(person_nos),
            quiet=quiet_facts(states, now_ms, self.quiet),
            switches=self.switches,
            wishes=wishes_of(states),
            first_ms=np.array([state.first_ms for state in states], dtype=np.int64),
        )

    def _recent(self, person_nos: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        moments = [sorted(self.recent.get(no, ())) for no in person_nos]
        table = np.zeros((len(moments), max(map(len, moments), default=0)), dtype=np.int64)
        for row, found in enumerate(moments):
            table[row, : len(found)] = found
        return table
