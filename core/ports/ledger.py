"""The room of the ledger: one row per message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.ledger import Message, Move, NewMessage


@dataclass(frozen=True, slots=True)
class HarmCount:
    """Of a campaign: messages that were or may have been received, and those that a block or an opt-out
    followed within a day; answered ones likewise."""

    sent: int
    blocks: int
    opt_outs: int
    answered: int


class Ledger(Protocol):
    async def add(self, messages: Sequence[NewMessage], now_ms: int) -> list[Message | None]:
        """Insert; None for one whose (campaign, person, step) exists already."""
        ...

    async def get(self, ids: Sequence[int]) -> dict[int, Message]: ...
    async def queue_due(self, bot_id: int, now_ms: int, limit: int) -> int:
        """planned or retry -> queued, for campaign rows whose due_ms has come; how many. Their place in line
        is `core.ledger.place_of`: fixed then, so that whoever has waited long goes before what is more
        important but new. PostgreSQL: FOR UPDATE SKIP LOCKED."""
        ...

    async def line(self, bot_id: int, limit: int) -> list[Message]:
        """Campaign rows `queued`, first in line first; of each person (group) only the first."""
        ...

    async def move(self, moves: Sequence[Move]) -> int:
        """Apply along `core.ledger.MOVES`; a row no longer in `old` is left alone; return how many moved."""
        ...

    async def permit(self, ids: Sequence[int], now_ms: int) -> set[int]:
        """queued -> sending with a permit of this moment, one attempt more; those that were still queued."""
        ...

    async def answered(self, answers: Mapping[int, int]) -> None:
        """Set answered_ms where it is 0."""
        ...

    async def recent_campaigns(self, person_nos: Sequence[int], since_ms: int) -> list[Message]:
        """Counted campaign rows (sending, sent, unknown) of these people, oldest first."""
        ...

    async def interrupted(self, bot_id: int, before_ms: int) -> list[Message]:
        """Rows `sending` whose permit is older: what a killed sender left behind."""
        ...

    async def of_person(self, person_no: int, limit: int) -> list[Message]: ...
    async def queue(self, limit: int) -> list[Message]:
        """Open campaign rows: those in line by their places, then the others by due_ms."""
        ...

    async def counts(self, cls: str | None = None) -> dict[str, int]: ...
    async def latest(self, limit: int) -> list[Message]: ...
    async def last_sent(self, limit: int) -> list[Message]:
        """Counted campaign rows (sending, sent, unknown), those of the newest moment first."""
        ...

    async def next_due_ms(self, bot_id: int) -> int | None:
        """Of rows planned or retry; that some are queued already says `line`."""
        ...

    async def harmed(self, harms: Mapping[int, tuple[str, int]]) -> None:
        """Note the block or opt-out (harm, when) that followed these messages, where none is noted yet."""
        ...

    async def of_campaign(self, campaign: str, after_id: int, limit: int) -> list[Message]:
        """All rows of a campaign by id."""
        ...

    async def campaign_counts(self, campaign: str) -> dict[tuple[str, str], int]:
        """Rows by (variant, state)."""
        ...

    async def harm_since(self, since_ms: int) -> dict[str, HarmCount]:
        """By campaign: of its messages that counted since then."""
        ...

    async def withdraw(self, campaign: str, reason: str, limit: int) -> int:
        """Open rows of a campaign -> suppressed, with this reason; at most so many, how many it were."""
        ...

    async def unpark(self, bot_id: int, of: tuple[str, str], now_ms: int, limit: int) -> int:
        """Planned campaign rows that this pause holds (`core.ledger.PAUSED` in their reason) and that are due
        only when their time is over become due now; how many. of: (`campaign` or `segment`, its name)."""
        ...

    async def left_behind(self, served: Sequence[int], now_ms: int, limit: int) -> list[Message]:
        """Open campaign rows of other bots than these whose time is over."""
        ...

    async def export(self, after_id: int, limit: int) -> list[Message]: ...
