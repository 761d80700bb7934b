"""From what updates say to whom it is about: people and groups get their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.event import Event, PersonEvent
from core.identity import Captured, Identity, Place, Sender
from core.intake.groups import Regrouped, regroup
from core.intake.origin import Origin
from core.ports import Transaction

SuppressedAs = Callable[[Identity], str]
"""The keyed hash under which an identifier stands on the suppression list."""

NOBODY = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """Events with the numbers of whom they are about. `unwanted`: people who asked to be forgotten, and of
    whom nothing was taken in. `regrouped`: what changed because two groups turned out to be one."""

    events: Sequence[PersonEvent]
    origin: Origin
    unwanted: frozenset[Identity] = frozenset()
    regrouped: Regrouped = Regrouped()


@dataclass(slots=True)
class _Who:
    """Numbers of people; `since_ms`: of those who came back to us, what happened before is not taken in."""

    numbers: dict[Identity, int]
    unwanted: frozenset[Identity] = frozenset()
    since_ms: dict[Identity, int] = field(default_factory=dict)

    def wants(self, identity: Identity, event: Event) -> bool:
        return identity not in self.unwanted and event.ts_ms >= self.since_ms.get(identity, 0)


async def mean(
    tx: Transaction, items: Iterable[Captured], suppressed_as: SuppressedAs | None, now_ms: int
) -> Meaning:
    """Find or make the people and groups that these updates are about."""
    told = [part for item in items for part in _parts(item)]
    who = await _people(tx, told, suppressed_as, now_ms)
    places = [part.item.place for part in told if part.item.place is not None]
    groups = await tx.groups.resolve(list(dict.fromkeys(places)), now_ms) if places else {}
    moved = await regroup(tx, now_ms) if places else Regrouped()
    events: list[PersonEvent] = []
    senders: dict[str, Sender] = {}
    where: dict[str, Place] = {}
    for part in told:
        sender, place = part.sender, part.item.place
        person_no = who.numbers.get(sender.identity, NOBODY) if sender else NOBODY
        group_no = groups[place.chat_id] if place else 0
        for event in part.events:
            if sender is not None:
                if not who.wants(sender.identity, event):
                    continue
                senders[event.key] = sender
            if place is not None:
                where[event.key] = place
            events.append(PersonEvent(person_no, _in_group(event, group_no) if group_no else event))
    return Meaning(events, Origin(senders, where), who.unwanted, moved)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one update says about one person, or about nobody."""

    item: Captured
    sender: Sender | None
    events: Sequence[Event]


def _parts(item: Captured) -> Iterable[_Part]:
    yield _Part(item, item.sender, item.events)
    for sender, events in item.others:
        yield _Part(item, sender, events)


async def _people(
    tx: Transaction, told: Sequence[_Part], suppressed_as: SuppressedAs | None, now_ms: int
) -> _Who:
    wanted = list(dict.fromkeys(part.sender.identity for part in told if part.sender is not None))
    if suppressed_as is None:
        return _Who(await tx.people.resolve(wanted, now_ms))
    numbers = await tx.people.known(wanted)
    strangers = [one for one in wanted if one not in numbers]
    if not strangers:
        return _Who(numbers)
    hashes = {one: suppressed_as(one) for one in strangers}
    listed = await tx.erasures.suppressed(list(hashes.values()))
    forgotten = {one: listed[hashed] for one, hashed in hashes.items() if hashed in listed}
    since_ms = _starts(told, forgotten) if forgotten else {}
    await tx.erasures.unsuppress([hashes[one] for one in since_ms])
    unwanted = frozenset(forgotten.keys() - since_ms.keys())
    new = await tx.people.resolve([one for one in strangers if one not in unwanted], now_ms)
    return _Who(numbers | new, unwanted, since_ms)


def _starts(told: Iterable[_Part], forgotten: Mapping[Identity, int]) -> dict[Identity, int]:
    """When each of those who came back of their own accord did so: after they were forgotten, and not in
    history, which nobody answers. An older start may still come, from the queue of another bot."""
    found: dict[Identity, int] = {}
    for part in told:
        if part.sender is None or part.sender.identity not in forgotten or not part.item.answer:
            continue
        identity = part.sender.identity
        for event in part.events:
            if event.kind == "started" and event.ts_ms > forgotten[identity]:
                found[identity] = min(event.ts_ms, found.get(identity, event.ts_ms))
    return found


def _in_group(event: Event, group_no: int) -> Event:
    return Event(event.key, event.ts_ms, event.kind, event.bot_id, event.props, group_no)
