"""What flow needs from the world: small Protocols, fulfilled by adapters and, whole, by `adapters.memory`.

One `Transaction` is one unit: everything in it commits together when its block ends, or nothing does.
Lists in, lists out: no method is made for one item. Times are UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from core.consent import ConsentChange, DoorFacts
from core.event import PersonEvent
from core.identity import Identity
from core.ledger import Message, Move, NewMessage
from core.profile import Profile, ProfileState
from core.strategy import Strategy


class Clock(Protocol):
    """The time outside: real, or the town's."""

    def now_ms(self) -> int: ...
    async def sleep(self, seconds: float) -> None: ...


# --------------------------------------------------------------------------- inbox
@dataclass(frozen=True, slots=True)
class RawUpdate:
    """An update as it came: `body` is its JSON."""

    update_id: int
    body: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A durable update. State: received -> applied -> handled, or failed (kept aside)."""

    id: int
    bot_id: int
    update_id: int
    received_ms: int
    body: bytes
    state: str


class Inbox(Protocol):
    async def add(
        self,
        bot_id: int,
        updates: Sequence[RawUpdate],
        *,
        next_offset: int | None = None,
        answer: bool = True,
    ) -> int:
        """Store those not yet known by (bot, update_id) and the next offset; return how many were new.

        `answer=False` (history): the rows skip `applied` and go straight to `handled` when applied."""
        ...

    async def pending(self, limit: int) -> list[InboxRow]:
        """Rows `received`, oldest first."""
        ...

    async def unhandled(self, limit: int) -> list[InboxRow]:
        """Rows `applied` whose handlers have not run, oldest first."""
        ...

    async def applied(self, ids: Sequence[int]) -> None: ...
    async def handled(self, ids: Sequence[int]) -> None: ...
    async def failed(self, ids: Sequence[int], reason: str) -> None: ...
    async def offset(self, bot_id: int) -> int | None: ...
    async def counts(self) -> dict[str, int]: ...
    async def export(self) -> list[tuple[int, int, str]]:
        """(bot_id, update_id, state) of all rows."""
        ...


# --------------------------------------------------------------------------- people
@dataclass(frozen=True, slots=True)
class Contact:
    """What only SQL keeps of a person: names and the like. Never in Redis, never in a log."""

    first_name: str = ""
    username: str = ""
    language: str = ""
    premium: bool = False


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """The record of one person. `seq` is the number of its last change, given by the store when saving.

    `plan_after_ms`: the planner need not look before; `segment_after_ms`: likewise segmentation (0 = now)."""

    person_no: int
    created_ms: int
    state: ProfileState
    contact: Contact = Contact()
    segments: Mapping[str, float] = field(default_factory=dict)
    holdout: bool = False
    plan_after_ms: int = 0
    segment_after_ms: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a bot can reach a person: state is open, blocked or gone."""

    person_no: int
    bot_id: int
    chat_id: int
    state: str
    changed_ms: int
    seen_ms: int


class People(Protocol):
    async def resolve(self, identities: Sequence[Identity], now_ms: int) -> dict[Identity, int]:
        """Person numbers of all identities; unknown ones become new people (order of the argument)."""
        ...

    async def find(self, identity: Identity) -> int | None: ...
    async def identities(self, person_nos: Sequence[int]) -> dict[int, list[Identity]]: ...
    async def load(self, person_nos: Sequence[int]) -> dict[int, PersonRecord]:
        """Records, locked until the end of the transaction where the store has row locks (ascending order)."""
        ...

    async def save(self, records: Sequence[PersonRecord]) -> list[PersonRecord]:
        """Write the records; return them with their new `seq` (growing, one per record, argument order)."""
        ...

    async def changed_after(self, seq: int, limit: int) -> list[PersonRecord]:
        """Records with a larger seq, ascending."""
        ...

    async def last_seq(self) -> int: ...
    async def due_for_segments(self, now_ms: int, limit: int) -> list[int]: ...
    async def due_for_planning(self, now_ms: int, limit: int) -> list[int]:
        """People not in the holdout, with campaign consent and an open reach, whose plan_after_ms has come,
        and without an open (planned, queued, retry) optimizer message."""
        ...

    async def postpone(self, plan_after: Mapping[int, int]) -> None:
        """Set plan_after_ms per person, without a new seq (nothing visible changed)."""
        ...

    async def count(self) -> int: ...
    async def numbers(self, after: int, limit: int) -> list[int]:
        """Person numbers larger than `after`, ascending (keyset paging)."""
        ...

    async def search(self, text: str, limit: int) -> list[PersonRecord]:
        """People by part of a name or username, by identity value, or by person number."""
        ...

    async def in_segment(self, segment: str, after: int, limit: int) -> list[PersonRecord]: ...
    async def segment_sizes(self) -> dict[str, int]: ...
    async def set_reach(self, reaches: Sequence[Reach]) -> None:
        """Insert or update; an older changed_ms never overwrites a newer state, seen_ms only grows."""
        ...

    async def reach(self, person_nos: Sequence[int]) -> dict[int, list[Reach]]: ...
    async def change_consent(self, changes: Sequence[ConsentChange]) -> None:
        """Append to the history and set the current choice; an older change never overwrites a newer one,
        and of two at the same moment the stricter wins."""
        ...

    async def consent_history(self, person_no: int) -> list[ConsentChange]: ...


# --------------------------------------------------------------------------- events
class Events(Protocol):
    async def append(self, events: Sequence[PersonEvent]) -> list[bool]:
        """Store; for each whether it was new (False: the same (ts_ms, key) is known)."""
        ...

    async def of_person(self, person_no: int, limit: int, before_ms: int | None = None) -> list[PersonEvent]:
        """Latest first."""
        ...

    async def all_of_person(self, person_no: int) -> list[PersonEvent]:
        """Everything, in (ts_ms, key) order: the ground of a refold."""
        ...

    async def counts(self, since_ms: int = 0) -> dict[str, int]: ...


# --------------------------------------------------------------------------- ledger
class Ledger(Protocol):
    async def add(self, messages: Sequence[NewMessage], now_ms: int) -> list[Message | None]:
        """Insert; None for one whose (campaign, person, step) exists already."""
        ...

    async def get(self, ids: Sequence[int]) -> dict[int, Message]: ...
    async def due(self, bot_id: int, now_ms: int, limit: int) -> list[Message]:
        """Open campaign rows whose due_ms has come, by (priority desc, due_ms, id); at most one per person.
        PostgreSQL: FOR UPDATE SKIP LOCKED."""
        ...

    async def move(self, moves: Sequence[Move]) -> int:
        """Apply along `core.ledger.MOVES`; a row no longer in `old` is left alone; return how many moved."""
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
        """Open campaign rows by due_ms."""
        ...

    async def counts(self, cls: str | None = None) -> dict[str, int]: ...
    async def latest(self, limit: int) -> list[Message]: ...
    async def next_due_ms(self, bot_id: int) -> int | None: ...
    async def export(self, after_id: int, limit: int) -> list[Message]: ...


# --------------------------------------------------------------------------- decisions and learning
@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the planner: the candidates with their propensities, and which one was taken.

    `candidates`: tuples (utc hour slot, content kind, propensity, predicted response). `features`: what the
    model saw, by name. `message_id` 0: decided not to write, `reason` says why."""

    id: int
    at_ms: int
    person_no: int
    message_id: int
    segment: str
    model_version: int
    strategy_version: int
    candidates: Sequence[Sequence[object]]
    features: Mapping[str, object]
    chosen: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sent optimizer message with its decision's features: what learning reads."""

    message_id: int
    person_no: int
    segment: str
    kind: str
    sent_ms: int
    answered_ms: int
    predicted: float
    propensity: float
    features: Mapping[str, object]


class Decisions(Protocol):
    async def add(self, decisions: Sequence[Decision]) -> None:
        """Append (ids are given by the store)."""
        ...

    async def latest(self, limit: int, person_no: int | None = None) -> list[Decision]: ...
    async def outcomes(self, since_ms: int, after_message_id: int = 0, limit: int = 100_000) -> list[Outcome]:
        """Campaign messages sent (or unknown) since then, joined with their decision, by message id."""
        ...


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a learned model; `body` is a plain document of numbers."""

    name: str
    version: int
    at_ms: int
    body: Mapping[str, object]


class Knowledge(Protocol):
    """Strategies and models, each change a new version."""

    async def strategies(self) -> dict[str, Strategy]:
        """The live version of each segment's strategy."""
        ...

    async def put_strategy(self, strategy: Strategy, now_ms: int, *, live: bool, author: str) -> Strategy:
        """Store as the next version (returned); `live` makes it the one in force."""
        ...

    async def strategy_history(self, segment: str) -> list[tuple[Strategy, int, bool, str]]:
        """(strategy, at_ms, live, author), newest first."""
        ...

    async def make_live(self, segment: str, version: int) -> None: ...
    async def model(self, name: str) -> ModelVersion | None:
        """The newest version."""
        ...

    async def put_model(self, name: str, body: Mapping[str, object], now_ms: int) -> ModelVersion: ...


# --------------------------------------------------------------------------- control
@dataclass(frozen=True, slots=True)
class Lease:
    """A right held by one process until `until_ms`; `epoch` grows with each new holder."""

    name: str
    holder: str
    epoch: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at_ms: int
    actor: str
    action: str
    target: str
    detail: Mapping[str, object] = field(default_factory=dict)


class Control(Protocol):
    async def take_slot(self, job: str, slot_ms: int, now_ms: int) -> bool:
        """Record that this slot of the job runs; False if somebody did already."""
        ...

    async def last_slot(self, job: str) -> int | None: ...
    async def acquire(self, name: str, holder: str, now_ms: int, ttl_ms: int) -> Lease | None:
        """Take or prolong; None while somebody else holds it. A new holder gets epoch + 1."""
        ...

    async def check(self, lease: Lease, now_ms: int) -> bool:
        """True if the lease is still this holder's (same epoch): asked inside each writing transaction."""
        ...

    async def release(self, lease: Lease) -> None: ...
    async def set_switch(self, name: str, value: str | None) -> None:
        """A durable switch, e.g. `kill`, `pause:bot:42`, `pause:campaign:opt`, `halt:42`; None removes it."""
        ...

    async def switches(self) -> dict[str, str]: ...
    async def audit(self, entries: Sequence[AuditEntry]) -> None: ...
    async def audit_trail(self, limit: int) -> list[AuditEntry]: ...


class Transaction(Protocol):
    """One unit of work and its rooms."""

    inbox: Inbox
    people: People
    events: Events
    ledger: Ledger
    decisions: Decisions
    knowledge: Knowledge
    control: Control

    async def door_facts(self, person_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> DoorFacts:
        """What the door must know, read from SQL inside this transaction; row i is about person i and bot i.
        Locks the people where the store has row locks, in ascending order."""
        ...


class Store(Protocol):
    """The truth."""

    def transaction(self, *, write: bool = True) -> AbstractAsyncContextManager[Transaction]:
        """Begin (SQLite: BEGIN IMMEDIATE when writing); commit at the end of the block, roll back on error."""
        ...

    async def close(self) -> None: ...


# --------------------------------------------------------------------------- hot state
class HotStore(Protocol):
    """Redis: fast and losable."""

    async def write(self, profiles: Sequence[tuple[Profile, Mapping[str, float], int]]) -> None:
        """(profile, segments with confidence, seq): write-through; an older seq never overwrites a newer one."""
        ...

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]: ...
    async def mark(self) -> int | None:
        """The seq up to which all is applied, or None when empty."""
        ...

    async def set_mark(self, seq: int) -> None: ...
    async def clear(self) -> None:
        """Forget everything of this workspace."""
        ...

    async def publish(self, feed: Iterable[Mapping[str, object]]) -> None:
        """Append to the live feed (bounded)."""
        ...

    async def feed(self, limit: int) -> list[Mapping[str, object]]: ...
    async def ping(self) -> Mapping[str, object]:
        """Version, memory and keys; raises HotStoreError when Redis is not there."""
        ...


# --------------------------------------------------------------------------- sending
@dataclass(frozen=True, slots=True)
class Grant:
    """Slots granted by the pacer: at which moment each chat may be written to; a missing chat must wait."""

    slots: Mapping[int, int]
    retry_ms: int = 0


class Pacer(Protocol):
    """One per bot, shared by all processes. Every call with a chat id pays."""

    async def grant(
        self, bot_id: int, chat_ids: Sequence[int], now_ms: int, *, interactive: bool = False
    ) -> Grant:
        """Evenly spaced moments (>= now_ms) for these chats, soon enough for a permit; `retry_ms` says when
        to ask again for those that got none."""
        ...

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        """A 429: halt the bot (a group: that group) until then and slow down; returns halt_until in ms."""
        ...

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        """{"rate_per_s", "halt_until_ms", "granted"}."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """Telegram accepted the message."""

    telegram_id: int
    at_ms: int


class Messenger(Protocol):
    """Sends what the ledger marked. Raises the TransportErrors of `core.errors`."""

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt: ...
