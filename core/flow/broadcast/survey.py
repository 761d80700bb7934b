"""A dry run: the same audience, the same texts and the real door, and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from core.broadcast import ALL_HAVE, GROUPS, Broadcast
from core.catalog import load_catalog
from core.consent import Reason, may_contact
from core.flow.broadcast.audience import Choice, Page, read_page, variant_at
from core.flow.broadcast.groups import chosen_groups, meant_by, post_body, shut_out
from core.flow.broadcast.rows import body_of, name_of
from core.flow.broadcast.values import BroadcastDeps
from core.learning.features import HOUR_MS
from core.limits import allowed_hours
from core.ports import PersonRecord

PAGE = 500
NO_HOUR = "no_hour"
"""Nothing is known of the person's day, so no hour is an allowed one."""
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """What one person (group) would get, and when."""

    no: int
    variant: str
    language: str
    due_ms: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Survey:
    """audience: people (groups) who are meant. now: of them those whom the door would let through when their
    message is due; later: those who must wait, by reason, but not beyond its lifetime; never: those who would
    get none, by reason. variants, languages, bots: of now and later. first_ms, last_ms: when messages are
    due. Counting by reason takes each person once, so the counts add up."""

    audience: int = 0
    now: int = 0
    later: Mapping[str, int] = field(default_factory=dict)
    never: Mapping[str, int] = field(default_factory=dict)
    variants: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    bots: Mapping[int, int] = field(default_factory=dict)
    first_ms: int = 0
    last_ms: int = 0
    samples: tuple[Sample, ...] = ()

    @property
    def messages(self) -> int:
        """How many would be sent, now or later."""
        return self.now + sum(self.later.values())


def nobody_listens(_: int) -> None:
    """Progress that nobody watches."""


async def survey(
    deps: BroadcastDeps, broadcast: Broadcast, now_ms: int, progress: Callable[[int], None] = nobody_listens
) -> Survey:
    """Go through the whole audience. `progress` hears how many people were gone through so far."""
    slot_ms = _slot(deps, broadcast, now_ms)
    if broadcast.to == GROUPS:
        return await _groups(deps, broadcast, slot_ms, now_ms)
    tally = _Tally(deps, broadcast)
    after = 0
    while after != ALL_HAVE:
        async with deps.store.transaction(write=False) as tx:
            page = await read_page(deps, tx, broadcast, after, (slot_ms, now_ms, PAGE))
        tally.add(page)
        after = page.last
        progress(tally.people)
    return tally.result()


def _slot(deps: BroadcastDeps, broadcast: Broadcast, now_ms: int) -> int:
    when = broadcast.when
    return deps.next_slot(when.cron, now_ms) if when.cron else max(when.at_ms, now_ms)


class _Tally:
    """Counts page by page."""

    def __init__(self, deps: BroadcastDeps, broadcast: Broadcast) -> None:
        self._deps = deps
        self._broadcast = broadcast
        self.people = 0
        self._now = 0
        self._later: Counter[str] = Counter()
        self._never: Counter[str] = Counter()
        self._variants: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._bots: Counter[int] = Counter()
        self._due: list[int] = []
        self._samples: list[Sample] = []

    def add(self, page: Page) -> None:
        lifetime_ms = int(self._broadcast.lifetime_h * HOUR_MS)
        verdicts = may_contact(page.facts, page.ask, page.due_ms)
        awake = np.any(allowed_hours(page.facts.quiet), axis=1).tolist()
        self.people += len(page.records)
        for i, record in enumerate(page.records):
            reasons, due_ms = int(verdicts.reasons[i]), int(page.due_ms[i])
            until_ms = int(verdicts.until_ms[i])
            choice = page.choices[i]
            if reasons and not until_ms:
                self._never[name_of(reasons)] += 1
            elif reasons and until_ms >= due_ms + lifetime_ms:
                self._never[waiting_for(reasons) if awake[i] else NO_HOUR] += 1
            elif not self._take((record, choice), due_ms):
                self._never["content"] += 1
            elif reasons:
                self._later[waiting_for(reasons)] += 1
            else:
                self._now += 1

    def _take(self, person: tuple[PersonRecord, Choice], due_ms: int) -> bool:
        record, choice = person
        body = body_of(self._deps, self._broadcast, person, self._deps.links(choice.bot.bot_id, due_ms))
        if body is None:
            return False
        name = variant_at(self._broadcast, choice).name
        self._variants[name] += 1
        self._languages[choice.language] += 1
        self._bots[choice.bot.bot_id] += 1
        self._due = [min([*self._due[:1], due_ms]), max([*self._due[1:], due_ms])]
        if len(self._samples) < SAMPLES:
            self._samples.append(Sample(record.person_no, name, choice.language, due_ms, body))
        return True

    def result(self) -> Survey:
        first_ms, last_ms = self._due or (0, 0)
        return Survey(
            self.people,
            self._now,
            dict(self._later.most_common()),
            dict(self._never.most_common()),
            dict(sorted(self._variants.items())),
            dict(self._languages.most_common()),
            dict(sorted(self._bots.items())),
            first_ms,
            last_ms,
            tuple(self._samples),
        )


def waiting_for(reasons: int) -> str:
    """Of several reasons that time cures the first, by its name."""
    return str(next(iter(Reason(reasons))).name).lower()


async def _groups(deps: BroadcastDeps, broadcast: Broadcast, slot_ms: int, now_ms: int) -> Survey:
    meant = await meant_by(deps.store, broadcast.audience, now_ms)
    async with deps.store.transaction(write=False) as tx:
        chosen = await chosen_groups(deps, tx, broadcast, (slot_ms, now_ms), meant)
        catalog = await load_catalog(tx, deps.specs)
    bodies = [(choice, post_body(deps, broadcast, catalog, choice)) for choice in chosen.groups]
    fine = [(choice, body) for choice, body in bodies if body is not None]
    never = shut_out(chosen) | ({"content": len(bodies) - len(fine)} if len(fine) < len(bodies) else {})
    samples = [Sample(one.group_no, "", deps.language, one.due_ms, body) for one, body in fine[:SAMPLES]]
    waits = sum(one.due_ms > slot_ms for one, _ in fine)
    due = [one.due_ms for one, _ in fine]
    return Survey(
        audience=len(fine) + sum(never.values()),
        now=len(fine) - waits,
        later={"group_limit": waits} if waits else {},
        never=never,
        bots=dict(Counter(one.bot_id for one, _ in fine)),
        languages={deps.language: len(fine)} if fine else {},
        first_ms=min(due, default=0),
        last_ms=max(due, default=0),
        samples=tuple(samples),
    )
