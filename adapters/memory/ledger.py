"""The ledger and the decision log in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from adapters.figures import counted_ms, propensity_of
from adapters.memory.tables import Tables, grouped, plain
from core.ledger import (
    HELD,
    OPEN,
    PAUSED,
    Message,
    MessageClass,
    Move,
    NewMessage,
    State,
    check_move,
    place_of,
)
from core.ports import Decision, HarmCount, Outcome


class MemoryLedger:
    """Fulfils `core.ports.Ledger`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def add(self, messages: Sequence[NewMessage], now_ms: int) -> list[Message | None]:
        return [self._add(item, now_ms) for item in messages]

    def _add(self, item: NewMessage, now_ms: int) -> Message | None:
        key = (item.campaign, item.person_no, item.step)
        if key in self._t.message_ids:
            return None
        row_id = self._t.message_ids[key] = self._t.next_number("message")
        given: dict[str, Any] = {field.name: getattr(item, field.name) for field in fields(item)}
        given["body"] = plain(item.body)
        message = Message(
            **given, id=row_id, attempts=0, sent_ms=0, telegram_id=0, answered_ms=0, created_ms=now_ms
        )
        self._t.messages[row_id] = message
        return message

    async def get(self, ids: Sequence[int]) -> dict[int, Message]:
        return {row_id: self._t.messages[row_id] for row_id in sorted(ids) if row_id in self._t.messages}

    async def queue_due(self, bot_id: int, now_ms: int, limit: int) -> int:
        waiting = [m for m in self._not_in_line(bot_id) if m.due_ms <= now_ms]
        due = sorted(waiting, key=lambda m: (m.due_ms, m.id))[:limit]
        for message in due:
            place = message.place or place_of(message.priority, message.due_ms)
            self._t.messages[message.id] = replace(message, state=State.QUEUED, place=place)
        return len(due)

    async def line(self, bot_id: int, limit: int) -> list[Message]:
        queued = [m for m in self._open_campaigns() if m.bot_id == bot_id and m.state is State.QUEUED]
        first: dict[tuple[int, int], Message] = {}
        for message in sorted(queued, key=lambda m: (m.place, m.id)):
            first.setdefault((message.person_no, message.group_no), message)
        return list(first.values())[:limit]

    async def move(self, moves: Sequence[Move]) -> int:
        for item in moves:
            check_move(item.old, item.new)
        return sum(self._move(item) for item in moves)

    def _move(self, move: Move) -> bool:
        row = self._t.messages.get(move.id)
        if row is None or row.state is not move.old:
            return False
        names = ("due_ms", "permit_ms", "sent_ms", "telegram_id", "attempts", "chat_id")
        changes: dict[str, Any] = {name: getattr(move, name) for name in names}
        changes = {name: value for name, value in changes.items() if value is not None}
        self._t.messages[move.id] = replace(row, state=move.new, reason=move.reason or row.reason, **changes)
        return True

    async def permit(self, ids: Sequence[int], now_ms: int) -> set[int]:
        rows = [self._t.messages[no] for no in sorted(set(ids)) if no in self._t.messages]
        queued = [m for m in rows if m.state is State.QUEUED and m.cls is MessageClass.CAMPAIGN]
        for row in queued:
            marked = replace(row, state=State.SENDING, permit_ms=now_ms, attempts=row.attempts + 1)
            self._t.messages[row.id] = marked
        return {row.id for row in queued}

    async def answered(self, answers: Mapping[int, int]) -> None:
        for row_id, at_ms in answers.items():
            row = self._t.messages.get(row_id)
            if row is not None and row.answered_ms == 0:
                self._t.messages[row_id] = replace(row, answered_ms=at_ms)

    async def recent_campaigns(self, person_nos: Sequence[int], since_ms: int) -> list[Message]:
        found = self._where(lambda m: m.person_no in person_nos and 0 < counted(m) >= since_ms)
        return sorted(found, key=lambda m: (counted(m), m.id))

    async def interrupted(self, bot_id: int, before_ms: int) -> list[Message]:
        return self._where(
            lambda m: m.bot_id == bot_id and m.state is State.SENDING and m.permit_ms < before_ms
        )

    async def of_person(self, person_no: int, limit: int) -> list[Message]:
        return self._where(lambda m: m.person_no == person_no)[::-1][:limit]

    async def queue(self, limit: int) -> list[Message]:
        return sorted(self._open_campaigns(), key=_in_line)[:limit]

    async def counts(self, cls: str | None = None) -> dict[str, int]:
        return grouped(Counter(m.state.value for m in self._where(lambda m: cls is None or m.cls == cls)))

    async def latest(self, limit: int) -> list[Message]:
        return self._where(lambda _: True)[::-1][:limit]

    async def last_sent(self, limit: int) -> list[Message]:
        found = self._where(lambda m: counted(m) > 0)
        return sorted(found, key=lambda m: (-counted(m), -m.id))[:limit]

    async def next_due_ms(self, bot_id: int) -> int | None:
        return min((m.due_ms for m in self._not_in_line(bot_id)), default=None)

    async def harmed(self, harms: Mapping[int, tuple[str, int]]) -> None:
        for row_id, (harm, at_ms) in harms.items():
            row = self._t.messages.get(row_id)
            if row is not None and not row.harm:
                self._t.messages[row_id] = replace(row, harm=harm, harm_ms=at_ms)

    async def of_campaign(self, campaign: str, after_id: int, limit: int) -> list[Message]:
        return self._where(lambda m: m.campaign == campaign and m.id > after_id)[:limit]

    async def campaign_counts(self, campaign: str) -> dict[tuple[str, str], int]:
        found = self._where(lambda m: m.campaign == campaign)
        return dict(sorted(Counter((m.variant, m.state.value) for m in found).items()))

    async def harm_since(self, since_ms: int) -> dict[str, HarmCount]:
        by_campaign: dict[str, list[Message]] = {}
        for message in self._where(lambda m: 0 < counted(m) >= since_ms):
            by_campaign.setdefault(message.campaign, []).append(message)
        return {name: _harm(found) for name, found in sorted(by_campaign.items())}

    async def withdraw(self, campaign: str, reason: str, limit: int) -> int:
        found = [m for m in self._open_campaigns() if m.campaign == campaign][:limit]
        for message in found:
            self._t.messages[message.id] = replace(message, state=State.SUPPRESSED, reason=reason)
        return len(found)

    async def unpark(self, bot_id: int, of: tuple[str, str], now_ms: int, limit: int) -> int:
        what, name = of
        later = [m for m in self._not_in_line(bot_id) if m.state is State.PLANNED and m.due_ms > now_ms]
        mine = [m for m in later if m.due_ms >= m.expires_ms and getattr(m, what) == name]
        held = [m for m in mine if PAUSED[what] in m.reason.partition(HELD)[2]]
        found = sorted(held, key=lambda m: (m.due_ms, m.id))[:limit]
        for message in found:
            self._t.messages[message.id] = replace(message, due_ms=now_ms)
        return len(found)

    async def left_behind(self, served: Sequence[int], now_ms: int, limit: int) -> list[Message]:
        left = [m for m in self._open_campaigns() if m.bot_id not in served and m.expires_ms <= now_ms]
        return left[:limit]

    async def export(self, after_id: int, limit: int) -> list[Message]:
        return self._where(lambda m: m.id > after_id)[:limit]

    def _not_in_line(self, bot_id: int) -> list[Message]:
        open_ = self._open_campaigns()
        return [m for m in open_ if m.bot_id == bot_id and m.state is not State.QUEUED]

    def _open_campaigns(self) -> list[Message]:
        return self._where(lambda m: m.cls is MessageClass.CAMPAIGN and m.state in OPEN)

    def _where(self, wanted: Callable[[Message], bool]) -> list[Message]:
        return [message for _, message in sorted(self._t.messages.items(), key=_id) if wanted(message)]


class MemoryDecisions:
    """Fulfils `core.ports.Decisions`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def add(self, decisions: Sequence[Decision]) -> None:
        for item in decisions:
            row_id = self._t.next_number("decision")
            candidates, features = plain(item.candidates), plain(item.features)
            self._t.decisions[row_id] = replace(item, id=row_id, candidates=candidates, features=features)

    async def latest(self, limit: int, person_no: int | None = None) -> list[Decision]:
        found = self._t.decisions.values()
        wanted = [item for item in found if person_no is None or item.person_no == person_no]
        return sorted(wanted, key=lambda item: -item.id)[:limit]

    async def outcomes(self, since_ms: int, after_message_id: int = 0, limit: int = 100_000) -> list[Outcome]:
        return list(self._outcomes(since_ms, after_message_id))[:limit]

    def _outcomes(self, since_ms: int, after_message_id: int) -> Iterable[Outcome]:
        decisions = {item.message_id: item for item in self._t.decisions.values()}
        for row_id, message in sorted(self._t.messages.items(), key=_id):
            decision, at_ms = decisions.get(row_id), counted(message)
            known = message.state in {State.SENT, State.UNKNOWN} and row_id > after_message_id
            if decision is not None and known and 0 < at_ms >= since_ms:
                yield Outcome(
                    row_id,
                    message.person_no,
                    message.segment,
                    message.kind,
                    at_ms,
                    message.answered_ms,
                    message.predicted,
                    propensity_of(decision),
                    decision.features,
                )


def _harm(found: Sequence[Message]) -> HarmCount:
    harms = Counter(message.harm for message in found)
    answered = sum(message.answered_ms > 0 for message in found)
    return HarmCount(len(found), harms["block"], harms["opt_out"], answered)


def counted(message: Message) -> int:
    """When the message counts for the caps; 0 if it does not."""
    return counted_ms(message.cls, message.state, message.permit_ms, message.sent_ms)


def _in_line(message: Message) -> tuple[bool, int, int]:
    queued = message.state is State.QUEUED
    return not queued, message.place if queued else message.due_ms, message.id


def _id(item: tuple[int, Message]) -> int:
    return item[0]
