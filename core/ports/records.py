"""The durable rooms of the store: inbox, people, groups, erasures, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.consent import ConsentChange
from core.event import InboxLane, PersonEvent
from core.identity import Identity, Place, Sender
from core.ports.world import HotRow
from core.profile import GroupState, ProfileState


@dataclass(frozen=True, slots=True)
class RawUpdate:
    """An update as it came: `body` is its JSON. `reason`: why it is no update that can take effect; it is
    kept aside (`failed`) at once, empty = it is one."""

    update_id: int
    body: bytes
    received_ms: int
    lane: InboxLane = InboxLane.ORDINARY
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A durable update. State: received -> applied -> handled, or failed (kept aside, with a reason).
    `answer`: False for history, which nobody answers."""

    id: int
    bot_id: int
    update_id: int
    received_ms: int
    body: bytes
    state: str
    reason: str = ""
    answer: bool = True


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
        """Rows `received`, lane by lane, oldest first."""
        ...

    async def claim(self, ids: Sequence[int]) -> set[int]:
        """Those of the rows that are still `received` and that no other process is applying: ours until the
        transaction ends. PostgreSQL: FOR UPDATE SKIP LOCKED."""
        ...

    async def unhandled(self, limit: int, *, lane: InboxLane | None = None) -> list[InboxRow]:
        """Rows `applied` whose handlers have not run, oldest first; of one lane if said."""
        ...

    async def applied(self, ids: Sequence[int]) -> None: ...
    async def handled(self, ids: Sequence[int]) -> None: ...
    async def failed(self, ids: Sequence[int], reason: str) -> None: ...
    async def emptied(self, ids: Sequence[int]) -> None:
        """Keep nothing of these updates but their numbers: whose they are must not be known here."""
        ...

    async def redacted(self, who: Mapping[int, Sequence[Sender]]) -> None:
        """Take people out of the updates of others, by row; an update of their own is emptied and handled."""
        ...

    async def aside(self, after_id: int, limit: int) -> list[InboxRow]:
        """Rows `failed` with their reasons, oldest first, of a larger id."""
        ...

    async def replay(self, ids: Sequence[int]) -> int:
        """Take failed rows for `received` again; how many they were."""
        ...

    async def drop(self, ids: Sequence[int]) -> int:
        """Delete failed rows for good; how many they were."""
        ...

    async def prune(self, before_ms: int, limit: int) -> int:
        """Delete rows `handled` that were received before; how many. Their numbers may come again."""
        ...

    async def offset(self, bot_id: int) -> int | None: ...
    async def counts(self) -> dict[str, int]: ...
    async def export(self) -> list[tuple[int, int, str]]:
        """(bot_id, update_id, state) of all rows."""
        ...


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

    `plan_after_ms`: the planner need not look before; `segment_after_ms`: likewise segmentation (0 = now).
    `hot`: the packed hot profile as of this change, so that Redis can be filled again without thinking."""

    person_no: int
    created_ms: int
    state: ProfileState
    contact: Contact = Contact()
    segments: Mapping[str, float] = field(default_factory=dict)
    holdout: bool = False
    plan_after_ms: int = 0
    segment_after_ms: int = 0
    seq: int = 0
    hot: str = ""


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
    async def known(self, identities: Sequence[Identity]) -> dict[Identity, int]:
        """Person numbers of those that are known; nobody is made."""
        ...

    async def identities(self, person_nos: Sequence[int]) -> dict[int, list[Identity]]: ...
    async def load(self, person_nos: Sequence[int]) -> dict[int, PersonRecord]:
        """Records, locked until the end where the store has row locks (ascending order)."""
        ...

    async def still(self, records: Sequence[PersonRecord]) -> dict[int, PersonRecord]:
        """The records as they are now: loaded (and locked) as by `load`, but only what has changed since is
        read again."""
        ...

    async def save(self, records: Sequence[PersonRecord]) -> list[PersonRecord]:
        """Write the records; return them with their new `seq` (growing, one per record, argument order)."""
        ...

    async def changed_after(self, seq: int, limit: int) -> list[PersonRecord]:
        """Records with a larger seq, ascending."""
        ...

    async def hot_after(self, seq: int, limit: int) -> list[HotRow]:
        """Packed hot profiles of records with a larger seq, ascending: what a rebuild copies."""
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
    async def numbers(self, after: int, limit: int, segment: str = "") -> list[int]:
        """Person numbers larger than `after`, ascending (keyset paging); of one segment if said."""
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


@dataclass(frozen=True, slots=True)
class GroupContact:
    """What only SQL keeps of a group."""

    chat_id: int = 0
    kind: str = ""
    title: str = ""
    username: str = ""
    forum: bool = False


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """The record of a group or channel; `seq` counts together with those of people."""

    group_no: int
    created_ms: int
    state: GroupState
    contact: GroupContact = GroupContact()
    seq: int = 0
    hot: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person seen in a group. state: member, left or seen (wrote there, standing unknown)."""

    group_no: int
    person_no: int
    first_ms: int
    last_ms: int
    state: str = "seen"
    state_ms: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """A group that became part of an older one. people: numbers of those to whom something happened in it."""

    younger: int
    older: int
    people: tuple[int, ...]


class Groups(Protocol):
    async def resolve(self, places: Sequence[Place], now_ms: int) -> dict[int, int]:
        """Group numbers by chat id; unknown ones become new groups. Two chat ids of one group (`also`) get
        one number; were they two groups so far, the younger becomes part of the older (its events too)."""
        ...

    async def merged(self) -> list[Merged]:
        """What `resolve` merged in this transaction, in that order. The records of these people still name
        the younger group: whoever resolves sees to them."""
        ...

    async def find(self, chat_id: int) -> int | None: ...
    async def load(self, group_nos: Sequence[int]) -> dict[int, GroupRecord]: ...
    async def save(self, records: Sequence[GroupRecord]) -> list[GroupRecord]: ...
    async def hot_after(self, seq: int, limit: int) -> list[HotRow]: ...
    async def numbers(self, after: int, limit: int) -> list[int]: ...
    async def count(self) -> int: ...
    async def see(self, seen: Sequence[Membership]) -> None:
        """Widen first_ms and last_ms; the state of the latest state_ms wins, `left` on a tie."""
        ...

    async def members(self, group_no: int, after: int, limit: int) -> list[Membership]:
        """By person number, larger than `after`."""
        ...

    async def member_counts(self, group_nos: Sequence[int]) -> dict[int, tuple[int, int]]:
        """(people ever seen, of them not known to have left) per group."""
        ...

    async def of_people(self, person_nos: Sequence[int]) -> dict[int, list[Membership]]: ...
    async def activity(
        self, since_ms: int, segments: Sequence[str] = (), among: Sequence[int] | None = None
    ) -> dict[int, int]:
        """Groups in which people were seen since then whom nobody knows to have left, and how many people: of
        these segments (none: of all), or among these people."""
        ...


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody asked to be forgotten. erased_ms: gone from SQL; done_ms: gone everywhere; 0 = not yet."""

    person_no: int
    asked_ms: int
    erased_ms: int = 0
    done_ms: int = 0


class Erasures(Protocol):
    async def request(self, person_no: int, now_ms: int) -> None:
        """Note the wish, durably; asking again changes nothing."""
        ...

    async def open(self) -> list[Erasure]:
        """Those not done, oldest first."""
        ...

    async def waits(self, person_no: int, now_ms: int) -> bool:
        """True while something about the person is under way: an update of theirs that has not been answered,
        one of others that mentions them and was not applied, a message that is being sent."""
        ...

    async def erase(self, person_no: int, suppressed: Sequence[str], now_ms: int) -> int:
        """Delete everything about the person from every table, and keep only these keyed hashes of the
        identifiers. Ledger and decision rows stay for the figures, about nobody. How many rows went."""
        ...

    async def finish(self, person_nos: Sequence[int], now_ms: int) -> None:
        """Gone from everywhere: what is left is a number that means nobody."""
        ...

    async def suppressed(self, hashes: Sequence[str]) -> dict[str, int]:
        """Those of the hashes that are on the list, and when they came there (the moment of the erasure)."""
        ...

    async def unsuppress(self, hashes: Sequence[str]) -> None:
        """They came back of their own accord."""
        ...

    async def figures(self) -> tuple[int, int, int]:
        """(asked, done, slowest turnaround in ms)."""
        ...


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

    async def all_of_group(self, group_no: int) -> list[PersonEvent]:
        """Likewise of a group."""
        ...

    async def choices(self, person_nos: Sequence[int], span: tuple[int, int], most: int) -> list[PersonEvent]:
        """What these people said about consent (`core.event.CHOICES`) from the one moment to the other, of
        each the newest (more than `most` only where several are of one moment), in any order. Until the
        transaction ends nobody else asks, so that choices made at once are put in one order."""
        ...

    async def of_kinds(
        self, person_nos: Sequence[int], kinds: Sequence[str], since_ms: int
    ) -> list[PersonEvent]:
        """What of these kinds happened to these people at this moment or later, in (ts_ms, key) order."""
        ...

    async def export(self, after: tuple[int, str], limit: int) -> list[PersonEvent]:
        """All events in (ts_ms, key) order behind this pair."""
        ...

    async def counts(self, since_ms: int = 0) -> dict[str, int]: ...
