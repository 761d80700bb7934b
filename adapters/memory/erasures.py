"""Erasure in memory: a person goes from every table, and a number that means nobody is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from adapters.memory.tables import Tables, plain
from adapters.redaction import SENDING_MS, Whom, anonymous, redact, waits, whom
from core.event import PersonEvent
from core.ledger import OPEN, Message, MessageClass, State
from core.ports import Erasure


class MemoryErasures:
    """Fulfils `core.ports.Erasures`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def request(self, person_no: int, now_ms: int) -> None:
        self._t.erasures.setdefault(person_no, Erasure(person_no, now_ms))

    async def open(self) -> list[Erasure]:
        found = [one for one in self._t.erasures.values() if not one.done_ms]
        return sorted(found, key=lambda one: (one.asked_ms, one.person_no))

    async def finish(self, person_nos: Sequence[int], now_ms: int) -> None:
        for person_no in person_nos:
            one = self._t.erasures.get(person_no)
            if one is not None and one.erased_ms and not one.done_ms:
                self._t.erasures[person_no] = replace(one, done_ms=now_ms)

    async def figures(self) -> tuple[int, int, int]:
        took = [one.done_ms - one.asked_ms for one in self._t.erasures.values() if one.done_ms]
        return len(self._t.erasures), len(took), max(took, default=0)

    async def suppressed(self, hashes: Sequence[str]) -> dict[str, int]:
        return {one: self._t.suppressed[one] for one in hashes if one in self._t.suppressed}

    async def unsuppress(self, hashes: Sequence[str]) -> None:
        for one in hashes:
            self._t.suppressed.pop(one, None)

    async def waits(self, person_no: int, now_ms: int) -> bool:
        for message in self._t.messages.values():
            leaving = message.person_no == person_no and message.state is State.SENDING
            if leaving and message.permit_ms > now_ms - SENDING_MS:
                return True
        about = self._whom(person_no)
        return any(waits(row.state, row.body, about) for row in self._t.inbox.values())

    async def erase(self, person_no: int, suppressed: Sequence[str], now_ms: int) -> int:
        about = self._whom(person_no)
        gone = self._redact_inbox(about) + self._forget_events(person_no, about)
        gone += self._forget_ledger(person_no)
        self._redact_audit(person_no, about)
        gone += self._delete(person_no)
        self._t.suppressed.update(dict.fromkeys(suppressed, now_ms))
        if person_no in self._t.erasures and not self._t.erasures[person_no].erased_ms:
            self._t.erasures[person_no] = replace(self._t.erasures[person_no], erased_ms=now_ms)
        return gone

    def _whom(self, person_no: int) -> Whom:
        names = [(item.namespace, item.value) for item, no in self._t.identities.items() if no == person_no]
        record = self._t.people.get(person_no)
        return whom(names, [record.contact.username] if record else [])

    def _redact_inbox(self, about: Whom) -> int:
        changed = 0
        for row in list(self._t.inbox.values()):
            found = redact(row.body, about) if any(w.encode() in row.body for w in about.words) else None
            if found is not None and (found.own or found.mentions):
                state = "handled" if found.own else row.state
                self._t.inbox[row.id] = replace(row, body=found.body, state=state, reason="")
                changed += 1
        return changed

    def _forget_events(self, person_no: int, about: Whom) -> int:
        own = [(key, item) for key, item in self._t.events.items() if item.person_no == person_no]
        for key, item in own:
            del self._t.events[key]
            if item.event.group_no:
                left = anonymous(item.event, person_no, about)
                self._t.events[left.ts_ms, left.key] = PersonEvent(0, left)
        return len(own)

    def _forget_ledger(self, person_no: int) -> int:
        own = [m for m in self._t.messages.values() if m.person_no == person_no]
        for message in own:
            del self._t.message_ids[message.campaign, person_no, message.step]
            if message.cls is MessageClass.CAMPAIGN:
                left = _of_nobody(message)
                self._t.messages[message.id] = left
                self._t.message_ids[left.campaign, left.person_no, left.step] = left.id
            else:
                del self._t.messages[message.id]
        decided = [one for one in self._t.decisions.values() if one.person_no == person_no]
        for one in decided:
            self._t.decisions[one.id] = replace(one, person_no=-person_no)
        return len(own) + len(decided)

    def _redact_audit(self, person_no: int, about: Whom) -> None:
        targets = {f"person:{person_no}", *about.told, *(f"@{one}" for one in about.told)}
        for number, entry in list(self._t.audit.items()):
            if entry.target in targets:
                self._t.audit[number] = replace(entry, target="forgotten", detail={})
            else:
                self._t.audit[number] = replace(entry, detail=_without(entry.detail, about))

    def _delete(self, person_no: int) -> int:
        tables: tuple[tuple[dict[Any, Any], Callable[[Any, Any], bool]], ...] = (
            (self._t.identities, lambda _, value: value == person_no),
            (self._t.reach, lambda key, _: key[0] == person_no),
            (self._t.consent, lambda key, _: key[0] == person_no),
            (self._t.choices, lambda key, _: key[0] == person_no),
            (self._t.members, lambda key, _: key[1] == person_no),
            (self._t.excluded, lambda key, _: key == person_no),
            (self._t.writings, lambda _, value: value.person_no == person_no),
            (self._t.enrolments, lambda key, _: key[1] == person_no),
            (self._t.list_entries, lambda key, _: key[1] == person_no),
            (self._t.people, lambda key, _: key == person_no),
        )
        gone = 0
        for table, is_theirs in tables:
            for key in [key for key, value in table.items() if is_theirs(key, value)]:
                del table[key]
                gone += 1
        return gone


def _of_nobody(message: Message) -> Message:
    body = {name: message.body[name] for name in ("links",) if name in message.body}
    left = replace(message, person_no=-message.person_no, chat_id=0, telegram_id=0, body=body)
    if message.state in OPEN:
        return replace(left, state=State.SUPPRESSED, reason="forgotten")
    return left


def _without(value: Any, about: Whom) -> Any:
    """The document with the person's words replaced."""
    if isinstance(value, str):
        for word in about.told:
            value = value.replace(word, "-")
        return value
    if isinstance(value, dict):
        return {key: _without(item, about) for key, item in value.items()}
    return [_without(item, about) for item in value] if isinstance(value, list) else plain(value)
