"""The rooms of deciding and control: decisions, strategies, models, slots, leases, switches, audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.strategy import Strategy


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
    async def set_mark(self, name: str, value: str | None) -> None:
        """Remember how far something got, e.g. `import:<file>`, `drained:42`; None forgets it."""
        ...

    async def marks(self, prefix: str) -> dict[str, str]:
        """All marks whose names begin so."""
        ...

    async def audit(self, entries: Sequence[AuditEntry]) -> None: ...
    async def audit_trail(self, limit: int) -> list[AuditEntry]: ...
