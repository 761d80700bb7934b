"""What the store in memory holds. A writing transaction works on a copy; its commit puts the copy in place.

Values are frozen, so copying the dictionaries is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from adapters.codec import dumps, loads
from core.consent import ConsentChange
from core.event import InboxLane, PersonEvent
from core.identity import Identity
from core.ledger import Message
from core.ports import (
    AuditEntry,
    CampaignRow,
    ContentVersion,
    Decision,
    Enrolment,
    Erasure,
    GroupRecord,
    InboxRow,
    JourneyVersion,
    Lease,
    Membership,
    ModelVersion,
    PeopleList,
    PersonRecord,
    Reach,
    Spent,
    Writing,
)
from core.strategy import Strategy


@dataclass(slots=True)
class Tables:
    """All rooms' rows, by their keys."""

    inbox: dict[int, InboxRow] = field(default_factory=dict)
    inbox_ids: dict[tuple[int, int], int] = field(default_factory=dict)
    lane: dict[int, InboxLane] = field(default_factory=dict)
    offsets: dict[int, int] = field(default_factory=dict)
    people: dict[int, PersonRecord] = field(default_factory=dict)
    identities: dict[Identity, int] = field(default_factory=dict)
    excluded: dict[int, bool] = field(default_factory=dict)
    reach: dict[tuple[int, int], Reach] = field(default_factory=dict)
    consent: dict[tuple[int, str], ConsentChange] = field(default_factory=dict)
    choices: dict[tuple[int, str, int, bool], ConsentChange] = field(default_factory=dict)
    groups: dict[int, GroupRecord] = field(default_factory=dict)
    group_ids: dict[int, int] = field(default_factory=dict)
    members: dict[tuple[int, int], Membership] = field(default_factory=dict)
    erasures: dict[int, Erasure] = field(default_factory=dict)
    suppressed: dict[str, int] = field(default_factory=dict)
    events: dict[tuple[int, str], PersonEvent] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    message_ids: dict[tuple[str, int, str], int] = field(default_factory=dict)
    lists: dict[str, PeopleList] = field(default_factory=dict)
    list_entries: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    decisions: dict[int, Decision] = field(default_factory=dict)
    strategies: dict[tuple[str, int], tuple[Strategy, int, bool, str]] = field(default_factory=dict)
    models: dict[tuple[str, int], ModelVersion] = field(default_factory=dict)
    slots: dict[tuple[str, int], int] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    switches: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    audit: dict[int, AuditEntry] = field(default_factory=dict)
    writings: dict[int, Writing] = field(default_factory=dict)
    spending: dict[tuple[int, str], Spent] = field(default_factory=dict)
    campaigns: dict[str, CampaignRow] = field(default_factory=dict)
    journeys: dict[tuple[str, int], JourneyVersion] = field(default_factory=dict)
    enrolments: dict[tuple[str, int, int], Enrolment] = field(default_factory=dict)
    contents: dict[tuple[str, int], ContentVersion] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Independent dictionaries of the same values."""
        return Tables(**{item.name: dict(getattr(self, item.name)) for item in fields(self)})

    def next_number(self, name: str) -> int:
        """1, 2, 3 ... for each name."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]


def plain(value: object) -> Any:
    """The value as a real store would give it back: lists for tuples, text for keys."""
    return loads(dumps(value))


def grouped(values: Mapping[str, int]) -> dict[str, int]:
    """Counts in the order of their names."""
    return dict(sorted(values.items()))
