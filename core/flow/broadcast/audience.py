"""The people of an audience, page by page: what each of them would get, from which bot, and when.

Pages go by person number, so that a run that was broken off goes on behind the last one, and who is in two
lists is met once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.broadcast import ALL_HAVE, Audience, Broadcast, Variant
from core.catalog import Catalog, language_of, load_catalog
from core.consent import DoorAsk, DoorFacts
from core.content import Content
from core.experiment import assign
from core.flow.broadcast.timing import due_moments
from core.flow.broadcast.values import BroadcastDeps
from core.grammar import compile_rule
from core.identity import Identity
from core.learning.features import HOUR_MS, Ints
from core.plan import choose_segment
from core.ports import PersonRecord, Reach, Store, Transaction
from core.profile import Profile, view
from core.strategy import Strategy

MANY = 500
COPIED_KIND = "news"
"""What an operator's own message counts as, for people who have muted a kind of content."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one person would get. `language`: empty if the content speaks none that the person reads."""

    bot: Reach
    variant: int
    content: Content | None
    language: str
    segment: str


@dataclass(frozen=True, slots=True)
class Page:
    """Row i everywhere is the i-th person. last: up to which number the audience was gone through; ALL_HAVE
    at its end. due_ms: int64[n]."""

    last: int
    records: Sequence[PersonRecord]
    choices: Sequence[Choice]
    facts: DoorFacts
    ask: DoorAsk
    due_ms: Ints


async def read_page(
    deps: BroadcastDeps, tx: Transaction, broadcast: Broadcast, after: int, run: tuple[int, int, int]
) -> Page:
    """The next people of the audience behind number `after`. `run`: the occurrence, now, and how many."""
    slot_ms, now_ms, limit = run
    numbers = await _numbers(tx, broadcast.audience, after, limit)
    records = await _members(tx, broadcast.audience, numbers, now_ms)
    reaches = await tx.people.reach([one.person_no for one in records])
    catalog = await load_catalog(tx, deps.specs, [one.person_no for one in records])
    strategies = await tx.knowledge.strategies()
    segments = _segments(records, strategies)
    choices = [
        _choice(deps, broadcast, catalog, (record, reaches.get(record.person_no, []), segment))
        for record, segment in zip(records, segments, strict=True)
    ]
    loaded = {one.person_no: one for one in records}
    facts = await tx.door_facts(list(loaded), [one.bot.bot_id for one in choices], now_ms, loaded)
    ask = _ask(deps, broadcast, choices, strategies)
    due_ms = await due_moments(tx, broadcast.when, (slot_ms, now_ms), records, (facts, ask))
    last = numbers[-1] if len(numbers) == limit else ALL_HAVE
    return Page(last, records, choices, facts, ask, due_ms)


# ------------------------------------------------------------------------------------------------ who
async def _numbers(tx: Transaction, audience: Audience, after: int, limit: int) -> list[int]:
    """The next person numbers that may belong to it: each source gives its lowest, the lowest of all are
    taken."""
    if audience.everybody or audience.rule is not None:
        return await tx.people.numbers(after, limit)
    found: set[int] = set()
    for name in audience.lists:
        found.update(await tx.lists.members(name, after, limit))
    for segment in audience.segments:
        found.update(await tx.people.numbers(after, limit, segment))
    return sorted(found)[:limit]


async def members_of(store: Store, audience: Audience, now_ms: int) -> list[int]:
    """The numbers of all people who belong to it."""
    found: list[int] = []
    after, more = 0, True
    while more:
        async with store.transaction(write=False) as tx:
            numbers = await _numbers(tx, audience, after, MANY)
            found += [one.person_no for one in await _members(tx, audience, numbers, now_ms)]
        after, more = numbers[-1] if numbers else after, bool(numbers)
    return found


async def _members(
    tx: Transaction, audience: Audience, numbers: Sequence[int], now_ms: int
) -> list[PersonRecord]:
    """The records of those who belong to it, by number. In a writing transaction they stay locked."""
    records = await tx.people.load(numbers)
    asks = audience.lists or audience.minus_lists
    lists: Mapping[int, Sequence[str]] = await tx.lists.of_people(numbers) if asks else {}
    belongs = _test(audience, now_ms)
    found = sorted(records.items())
    return [record for no, record in found if belongs(record, lists.get(no, ()))]


def _test(audience: Audience, now_ms: int) -> Callable[[PersonRecord, Sequence[str]], bool]:
    takes: Callable[[Profile], bool] | None = compile_rule(audience.rule) if audience.rule else None

    def wanted(record: PersonRecord, lists: Sequence[str]) -> bool:
        if audience.everybody or any(name in record.segments for name in audience.segments):
            return True
        if any(name in lists for name in audience.lists):
            return True
        return takes is not None and takes(view(record.person_no, record.state, now_ms))

    def test(record: PersonRecord, lists: Sequence[str]) -> bool:
        less = any(name in record.segments for name in audience.minus_segments)
        return not less and not any(name in lists for name in audience.minus_lists) and wanted(record, lists)

    return test


# ------------------------------------------------------------------------------------------------ what
def _choice(
    deps: BroadcastDeps,
    broadcast: Broadcast,
    catalog: Catalog,
    person: tuple[PersonRecord, Sequence[Reach], str],
) -> Choice:
    record, reaches, segment = person
    place = variant_of(broadcast, record.person_no)
    variant = broadcast.variants[place]
    served = [one for one in reaches if not deps.names or one.bot_id in deps.names]
    bot = _bot(record.person_no, served, broadcast.bot_id)
    if variant.copied is not None:
        return Choice(bot, place, None, language_of(record) or deps.language, segment)
    content = catalog.content(variant.content)
    language = content.language_for(language_of(record), deps.language) if content is not None else None
    worded = catalog.worded(content, record.person_no) if content is not None else None
    return Choice(bot, place, worded, language or "", segment)


def variant_of(broadcast: Broadcast, no: int, what: str = "person") -> int:
    """The variant of this person (or group): by a hash, the same for ever."""
    if len(broadcast.variants) == 1:
        return 0
    return assign(Identity(what, str(no)), broadcast.weights, broadcast.campaign)


def _bot(person_no: int, reaches: Sequence[Reach], bot_id: int) -> Reach:
    """The bot that writes: the one that was asked for, else the one last spoken with, of those that can
    reach the person; where none can, the door says why."""
    asked = [one for one in reaches if not bot_id or one.bot_id == bot_id]
    if not asked:
        return Reach(person_no, bot_id, 0, "", 0, 0)
    return max(asked, key=lambda one: (one.state == "open", one.seen_ms, one.bot_id))


def _segments(records: Sequence[PersonRecord], strategies: Mapping[str, Strategy]) -> list[str]:
    """The winning segment of each person, empty for those in none."""
    names = list(strategies)
    priority = np.array([strategies[name].priority for name in names], dtype=np.int64)
    rows = [[record.segments.get(name, 0.0) for name in names] for record in records]
    confidence = np.array(rows, dtype=np.float64).reshape(len(records), len(names))
    best = choose_segment(confidence, priority) if names else np.full(len(records), -1)
    return [names[place] if place >= 0 else "" for place in best.tolist()]


def _ask(
    deps: BroadcastDeps, broadcast: Broadcast, choices: Sequence[Choice], strategies: Mapping[str, Strategy]
) -> DoorAsk:
    """What the door is asked about them: the pace is the ceiling of each one's segment."""
    paces = [strategies[one.segment].ceiling if one.segment in strategies else deps.plain for one in choices]
    return DoorAsk(
        campaign=(broadcast.campaign,) * len(choices),
        period_days=np.array([pace.period_days for pace in paces], dtype=np.int64),
        daily_limit=np.array([pace.daily_limit for pace in paces], dtype=np.int64),
        cooldown_ms=np.array([int(pace.cooldown_h * HOUR_MS) for pace in paces], dtype=np.int64),
        content_ok=np.array([bool(one.language) for one in choices], dtype=np.bool_),
        caps=deps.caps,
        kind=tuple(kind_of(one) for one in choices),
        segment=tuple(one.segment for one in choices),
        ages=tuple(one.content.ages if one.content is not None else (0, 0) for one in choices),
    )


def variant_at(broadcast: Broadcast, choice: Choice) -> Variant:
    """The variant of the choice."""
    return broadcast.variants[choice.variant]


def kind_of(choice: Choice) -> str:
    """The kind of content, for the door and the ledger."""
    return choice.content.kind if choice.content is not None else COPIED_KIND
