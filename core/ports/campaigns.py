"""The rooms of what goes out: contents and texts, broadcasts, journeys, lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ContentVersion:
    """One version of a content as a plain document (the form of the files)."""

    name: str
    version: int
    live: bool
    author: str
    at_ms: int
    body: Mapping[str, object]


class Contents(Protocol):
    """What operators have put into the store, beside the files."""

    async def put(self, name: str, body: Mapping[str, object], now_ms: int, *, author: str) -> ContentVersion:
        """Store as the next version and make it the live one."""
        ...

    async def live(self) -> dict[str, ContentVersion]: ...
    async def history(self, name: str) -> list[ContentVersion]:
        """Newest first."""
        ...

    async def retire(self, name: str) -> bool:
        """From now on no version is live; False if none was."""
        ...

    async def retired(self) -> frozenset[str]:
        """Names that have versions, none of them live: not even the files' content of that name is used."""
        ...


@dataclass(frozen=True, slots=True)
class Writing:
    """A text that GPT wrote from a content's brief. state: waiting, approved, rejected (by an operator) or
    refused (by our checks). person_no 0: for everybody; `fingerprint`: of the brief and what was asked."""

    id: int
    content: str
    language: str
    fingerprint: str
    person_no: int
    state: str
    text: str
    reason: str
    model: str
    at_ms: int
    decided_by: str = ""
    decided_ms: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """Requests, tokens and money (millionths of the currency) of a time."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    money: int = 0


class Writings(Protocol):
    async def add(self, writings: Sequence[Writing]) -> list[Writing]:
        """Store; returned with their ids."""
        ...

    async def find(self, fingerprints: Sequence[str]) -> dict[str, list[Writing]]:
        """All of each fingerprint, newest first."""
        ...

    async def approved(self, contents: Sequence[str], person_nos: Sequence[int] = (0,)) -> list[Writing]:
        """Approved ones, newest first."""
        ...

    async def waiting(self, after_id: int, limit: int) -> list[Writing]: ...
    async def get(self, writing_id: int) -> Writing | None: ...
    async def decide(self, writing_id: int, state: str, reason: str, author: str, now_ms: int) -> bool:
        """waiting -> approved or rejected; False if it is not waiting."""
        ...

    async def useless(self, marks: Collection[str], before_ms: int, limit: int) -> list[int]:
        """Texts for one person, written before the moment, that nobody will be sent: those of other briefs
        than these (`core.writing.brief_marks`), and approved ones of which the person has a newer one of the
        same brief. By id."""
        ...

    async def delete(self, ids: Sequence[int]) -> int: ...
    async def spend(self, purpose: str, spent: Spent, now_ms: int) -> None:
        """Add to the hour's account."""
        ...

    async def spent(self, purpose: str, since_ms: int) -> Spent:
        """Over the hours that end after this moment; purpose empty = all."""
        ...


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A broadcast as the store keeps it: `body` is its plain document. slot_ms: the occurrence that runs or
    comes next, 0 = none; cursor: the last person (or group) with a row in the ledger; -1: all have."""

    name: str
    state: str
    body: Mapping[str, object]
    author: str
    created_ms: int
    changed_ms: int
    slot_ms: int = 0
    cursor: int = 0
    note: str = ""


class Campaigns(Protocol):
    async def add(self, row: CampaignRow) -> bool:
        """False if there is one of that name."""
        ...

    async def get(self, name: str) -> CampaignRow | None:
        """Locked until the end where the store has row locks."""
        ...

    async def save(self, row: CampaignRow) -> None: ...
    async def by_state(self, states: Sequence[str]) -> list[CampaignRow]:
        """By name; no states = all."""
        ...


@dataclass(frozen=True, slots=True)
class JourneyVersion:
    """One version of a journey as a plain document (the form of the files); the live one takes newcomers."""

    name: str
    version: int
    live: bool
    author: str
    at_ms: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A person's way through one version of a journey. `run`: the how-manieth time, from 1; state: active,
    done, goal or exited; `step`: where the person is; due_ms: when to look again; changed_ms: when the person
    came to this step, or left."""

    journey: str
    person_no: int
    run: int
    version: int
    step: str
    entered_ms: int
    due_ms: int
    state: str = "active"
    reason: str = ""
    changed_ms: int = 0


@dataclass(frozen=True, slots=True)
class StepSend:
    """The ledger's row of a step that sends: `step` is `<run>:<step>`."""

    person_no: int
    step: str
    id: int
    state: str
    reason: str
    due_ms: int
    expires_ms: int
    sent_ms: int
    answered_ms: int


class Journeys(Protocol):
    async def put(
        self, name: str, body: Mapping[str, object], now_ms: int, *, author: str, live: bool
    ) -> JourneyVersion:
        """Store as the next version; `live` makes it the one that newcomers take."""
        ...

    async def live(self) -> dict[str, JourneyVersion]: ...
    async def newest(self) -> dict[str, JourneyVersion]:
        """The last version of each journey, live or not."""
        ...

    async def version(self, name: str, version: int) -> JourneyVersion | None: ...
    async def history(self, name: str) -> list[JourneyVersion]:
        """Newest first."""
        ...

    async def set_live(self, name: str, version: int | None) -> bool:
        """None: nobody enters any more; those inside go on. False if there is no such version."""
        ...

    async def latest(self, journey: str, person_nos: Sequence[int]) -> dict[int, Enrolment]:
        """The latest run of each of these people."""
        ...

    async def enrol(self, enrolments: Sequence[Enrolment]) -> list[bool]:
        """For each whether it is new: (journey, person, run) is unique."""
        ...

    async def wake(self, person_nos: Sequence[int], now_ms: int) -> int:
        """What is active of these people becomes due at once; how many."""
        ...

    async def due(self, now_ms: int, limit: int, skip: Sequence[str] = ()) -> list[Enrolment]:
        """Active ones whose moment has come, longest waiting first, but none of the journeys to skip.
        PostgreSQL: FOR UPDATE SKIP LOCKED, the people too."""
        ...

    async def save(self, enrolments: Sequence[Enrolment]) -> None: ...
    async def counts(self, journey: str) -> dict[tuple[int, str, str], int]:
        """People by (version, state, step)."""
        ...

    async def members(
        self, journey: str, after: tuple[int, int], limit: int, state: str = ""
    ) -> list[Enrolment]:
        """Runs behind this (person, run), in that order; of one state if said."""
        ...

    async def of_person(self, person_no: int) -> list[Enrolment]:
        """All journeys of the person, by name and run."""
        ...

    async def next_due_ms(self) -> int | None: ...
    async def sends(self, campaign: str, person_nos: Sequence[int]) -> list[StepSend]:
        """What the ledger has for these people of this campaign, by id."""
        ...

    async def send_counts(self, campaign: str) -> dict[tuple[str, str], tuple[int, int]]:
        """(rows, answered ones) by (step, state)."""
        ...


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list that operators keep. `excludes`: nobody on it gets campaigns."""

    name: str
    excludes: bool
    title: str = ""
    author: str = ""
    at_ms: int = 0
    size: int = field(default=0, compare=False)


class Lists(Protocol):
    async def put(self, one: PeopleList) -> None:
        """Make it, or change its title and meaning."""
        ...

    async def all(self) -> list[PeopleList]: ...
    async def drop(self, name: str) -> bool: ...
    async def add(self, name: str, person_nos: Sequence[int], now_ms: int, *, author: str) -> int:
        """Put people on it; how many were not. Raises NotFoundError without such a list."""
        ...

    async def remove(self, name: str, person_nos: Sequence[int]) -> int: ...
    async def members(self, name: str, after: int, limit: int) -> list[int]:
        """By person number, larger than `after`."""
        ...

    async def of_people(self, person_nos: Sequence[int]) -> dict[int, list[str]]: ...
