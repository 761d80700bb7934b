"""What operators know of a person and write down: tags, notes, attributes. Each is an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from app.desk.queries import Queries
from app.desk.workspace import Workspace
from core.errors import ContentError, NotFoundError
from core.event import Event, PersonEvent, Scalar
from core.intake import record
from core.ports import AuditEntry, Transaction
from core.profile import ProfileState

MAX_TAG, MAX_NOTE, MAX_VALUE = 64, 2_000, 256
OLDEST = 130
_NEVER = (0, False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Writes facts about people of one workspace, by one operator. A running installation shows them in Redis
    with its next look. `dry`: only see that it could be done.

    What can't be written raises ContentError; NotFoundError when the person or the tag is not there."""

    space: Workspace
    actor: str
    dry: bool = False

    async def tag(self, person: str, tag: str, *, on: bool) -> int:
        """Put a tag on a person or take it away; the person's number."""
        name = _text("a tag", tag, MAX_TAG, "tag" if on else "untag")
        return await self._happen(person, "tagged" if on else "untagged", {"tag": name})

    async def note(self, person: str, text: str) -> int:
        """Write a note."""
        props = {"text": _text("a note", text, MAX_NOTE, "note"), "author": self.actor}
        return await self._happen(person, "noted", props)

    async def put(self, person: str, values: Mapping[str, str]) -> int:
        """Set attributes; an empty value takes one away."""
        props = {_name(name): value[:MAX_VALUE].replace("\x00", "").strip() for name, value in values.items()}
        _check_age(props.get("age", ""))
        return await self._happen(person, "attributes_set", props)

    async def _happen(self, person: str, kind: str, props: Mapping[str, Scalar]) -> int:
        number = await Queries(self.space).person_no(person)
        async with self.space.store.transaction(write=not self.dry) as tx:
            state = (await tx.people.load([number]))[number].state
            if kind == "untagged" and not state.tags.get(str(props["tag"]), _NEVER)[1]:
                raise NotFoundError(
                    f"person {number} has no tag {props['tag']}",
                    next_step=f"manage_crm.py users show {number}",
                )
            if not self.dry:
                at_ms = max(self.space.clock.now_ms(), _latest_ms(state, kind, props) + 1)
                await self._record(tx, number, Event(f"operator:{uuid4().hex}", at_ms, kind, props=props))
        return number

    async def _record(self, tx: Transaction, number: int, event: Event) -> None:
        await record(tx, [PersonEvent(number, event)], event.ts_ms)
        now_ms = self.space.clock.now_ms()
        audit = AuditEntry(now_ms, self.actor, f"users.{event.kind}", f"person:{number}", {})
        await tx.control.audit([audit])


def _latest_ms(state: ProfileState, kind: str, props: Mapping[str, Scalar]) -> int:
    """When the same was stated last. What is stated now comes later, even where the clock stands still or an
    import named a moment of another clock: of two statements the later one is in force."""
    if kind == "attributes_set":
        return max((state.facts[name][0] for name in props if name in state.facts), default=0)
    return state.tags.get(str(props.get("tag", "")), _NEVER)[0]


def _text(what: str, text: str, limit: int, verb: str) -> str:
    clean = " ".join(text.replace("\x00", "").split())
    if not 0 < len(clean) <= limit:
        raise ContentError(
            f"{what} must have 1 to {limit} characters", next_step=f"manage_crm.py users {verb} -h"
        )
    return clean


def _name(name: str) -> str:
    if not name.isidentifier() or not name.isascii() or len(name) > MAX_TAG:
        raise ContentError(
            f"{name[:MAX_TAG]!r} is no name of a fact: use a-z, 0-9 and _, at most {MAX_TAG} characters",
            next_step=_SET,
        )
    return name.lower()


def _check_age(age: str) -> None:
    whole = age.isascii() and age.isdecimal() and len(age) <= len(str(OLDEST))
    if age and not (whole and int(age) <= OLDEST):
        raise ContentError(f"age must be a whole number from 0 to {OLDEST}, or empty", next_step=_SET)


_SET = "manage_crm.py users set -h"
