"""Updates kept aside because they could not be read: look at them, try them again, or give them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.desk.workspace import Workspace
from core.errors import NotFoundError
from core.ports import AuditEntry, InboxRow

ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Aside:
    """The failed rows of one workspace's inbox, for one operator."""

    space: Workspace
    actor: str

    async def rows(self, after: int = 0, limit: int = 50) -> list[InboxRow]:
        """Oldest first."""
        async with self.space.store.transaction(write=False) as tx:
            return await tx.inbox.aside(after, limit)

    async def row(self, number: int) -> InboxRow:
        """One of them, with its body. NotFoundError when it is none."""
        found = await self.rows(number - 1, 1)
        if not found or found[0].id != number:
            raise NotFoundError(f"no update {number} is kept aside", next_step="manage_crm.py inbox list")
        return found[0]

    async def replay(self, numbers: Sequence[int]) -> int:
        """Take them for new again (all of them if none is named); a running installation applies them."""
        return await self._each("inbox.replay", numbers)

    async def drop(self, numbers: Sequence[int]) -> int:
        """Delete them for good."""
        return await self._each("inbox.drop", numbers)

    async def _each(self, action: str, numbers: Sequence[int]) -> int:
        chosen = list(numbers) or [row.id for row in await self.rows(0, ALL)]
        async with self.space.store.transaction() as tx:
            done = await (tx.inbox.replay if action == "inbox.replay" else tx.inbox.drop)(chosen)
            if not done and numbers:
                raise NotFoundError("none of these is kept aside", next_step="manage_crm.py inbox list")
            now_ms = self.space.clock.now_ms()
            await tx.control.audit([AuditEntry(now_ms, self.actor, action, "inbox", {"updates": done})])
        return done
