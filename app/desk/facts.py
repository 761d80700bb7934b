"""What operators know of a person and write down: tags, notes, attributes. Each is an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from app.desk.queries import Queries
from app.desk.workspace import Workspace
from core.errors import ContentError
from core.event import Event, PersonEvent, Scalar
from core.intake import record
from core.ports import AuditEntry

MAX_TAG, MAX_NOTE, MAX_VALUE = 64, 2_000, 256


@dataclass(frozen=True, slots=True)
class Facts:
    """Writes facts about people of one workspace, by one operator. A running installation shows them in Redis
    with its next look."""

    space: Workspace
    actor: str

    async def tag(self, person: str, tag: str, *, on: bool) -> int:
        """Put a tag on a person or take it away; the person's number."""
        return await self._happen(person, "tagged" if on else "untagged", {"tag": _text(tag, MAX_TAG)})

    async def note(self, person: str, text: str) -> int:
        """Write a note."""
        return await self._happen(person, "noted", {"text": _text(text, MAX_NOTE), "author": self.actor})

    async def put(self, person: str, values: Mapping[str, str]) -> int:
        """Set attributes; an empty value takes one away."""
        names = {_name(name): value[:MAX_VALUE].replace("\x00", "") for name, value in values.items()}
        return await self._happen(person, "attributes_set", names)

    async def _happen(self, person: str, kind: str, props: Mapping[str, Scalar]) -> int:
        number = await Queries(self.space).person_no(person)
        now_ms = self.space.clock.now_ms()
        event = Event(f"operator:{uuid4().hex}", now_ms, kind, props=props)
        async with self.space.store.transaction() as tx:
            await record(tx, [PersonEvent(number, event)], now_ms)
            audit = AuditEntry(now_ms, self.actor, f"users.{kind}", f"person:{number}", {})
            await tx.control.audit([audit])
        return number


def _text(text: str, limit: int) -> str:
    clean = " ".join(text.replace("\x00", "").split())
    if not 0 < len(clean) <= limit:
        raise ContentError(f"it must have 1 to {limit} characters")
    return clean


def _name(name: str) -> str:
    if not name.isidentifier() or not name.isascii() or len(name) > MAX_TAG:
        raise ContentError(f"{name[:MAX_TAG]!r} is no name of an attribute: use a-z, 0-9 and _")
    return name.lower()
