"""What came of a broadcast: progress, figures by variant with their intervals, one line per recipient.

Pure reading. A click counts once a message; a block or an opt-out is one that followed within a day. Variants
are compared by an interval that stays valid however often one looks (`core.experiment.lift`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.desk.broadcasts import Broadcasts, Line, Place
from app.desk.figures import share
from app.desk.views import Share
from core.broadcast import RUNNING, campaign_of
from core.experiment import Lift, Sample, lift
from core.flow.broadcast import skipped_of
from core.identity import TELEGRAM
from core.ledger import COUNTED, Message, State
from core.ports import Transaction

PAGE: Final = 2_000
HOUR_MS: Final = 3_600_000
CLICK: Final = "link_clicked"


@dataclass(frozen=True, slots=True)
class VariantFigures:
    """Of one variant: rows by state, and of those that were or may have been received what followed."""

    variant: str
    states: Mapping[str, int]
    answered: Share
    clicked: Share
    blocked: Share
    opted_out: Share


@dataclass(frozen=True, slots=True)
class Compared:
    """A variant against the first: the difference of the response rates. None: too few people to say."""

    variant: str
    against: str
    lift: Lift | None


@dataclass(frozen=True, slots=True)
class Result:
    """A broadcast's report. skipped: people who got no message, by reason; eta_ms: about when the last is
    sent, 0 = nothing waits or nobody knows."""

    line: Line
    figures: tuple[VariantFigures, ...]
    compared: tuple[Compared, ...]
    skipped: Mapping[str, int]
    eta_ms: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person (or group) of a broadcast. Moments: 0 = it did not happen."""

    message: int
    person: int
    group: int
    telegram_id: int
    bot_id: int
    variant: str
    content: str
    segment: str
    state: str
    reason: str
    due_ms: int
    sent_ms: int
    answered_ms: int
    harm: str
    harm_ms: int


@dataclass(slots=True)
class _Sums:
    states: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    answered: int = 0
    clicked: int = 0
    harms: Counter[str] = field(default_factory=Counter)

    def add(self, message: Message, clicked: bool) -> None:
        self.states[message.state.value] += 1
        if message.state in COUNTED and message.state is not State.SENDING:
            self.sent += 1
            self.answered += message.answered_ms > 0
            self.clicked += clicked
            self.harms[message.harm] += 1


async def result_of(place: Place, name: str) -> Result:
    """The report of a broadcast. NotFoundError if there is none."""
    line = await Broadcasts(place, "").line(name)
    clicked = await _clicks(place, line.row.created_ms)
    sums: dict[str, _Sums] = {}
    async for message in messages_of(place, name):
        sums.setdefault(message.variant, _Sums()).add(message, message.id in clicked)
    async with place.deps.store.transaction(write=False) as tx:
        skipped = await skipped_of(tx, campaign_of(name))
    figures = tuple(_figures(variant, sums[variant]) for variant in sorted(sums))
    return Result(line, figures, _compared(sums), skipped, eta_ms(place, line))


def eta_ms(place: Place, line: Line) -> int:
    """About when the last message is sent: at the pace of one bot, and not before it is due."""
    when = line.broadcast.when
    if line.state != RUNNING or not line.waiting:
        return 0
    at_pace = place.clock.now_ms() + int(line.waiting / place.rate_per_s * 1000)
    spread_h = 24 if when.local_min >= 0 else when.best_h
    return max(at_pace, line.row.slot_ms + spread_h * HOUR_MS if spread_h else 0)


async def messages_of(place: Place, name: str) -> AsyncIterator[Message]:
    """All messages of a broadcast, page by page."""
    after = 0
    while True:
        async with place.deps.store.transaction(write=False) as tx:
            page = await tx.ledger.of_campaign(campaign_of(name), after, PAGE)
        for message in page:
            yield message
        if len(page) < PAGE:
            return
        after = page[-1].id


async def recipients_of(place: Place, name: str) -> AsyncIterator[Recipient]:
    """One line per recipient and state. NotFoundError if there is no such broadcast."""
    await Broadcasts(place, "").line(name)
    after = 0
    while True:
        async with place.deps.store.transaction(write=False) as tx:
            page = await tx.ledger.of_campaign(campaign_of(name), after, PAGE)
            known = await _telegram_ids(tx, page)
        for message in page:
            yield _recipient(message, known.get(message.person_no, 0))
        if len(page) < PAGE:
            return
        after = page[-1].id


async def _telegram_ids(tx: Transaction, page: list[Message]) -> dict[int, int]:
    found = await tx.people.identities(sorted({one.person_no for one in page if one.person_no}))
    return {
        no: int(identity.value)
        for no, identities in found.items()
        for identity in identities
        if identity.namespace == TELEGRAM
    }


def _recipient(message: Message, telegram_id: int) -> Recipient:
    return Recipient(
        message.id,
        message.person_no,
        message.group_no,
        telegram_id or (message.chat_id if message.group_no else 0),
        message.bot_id,
        message.variant,
        message.content,
        message.segment,
        message.state.value,
        message.reason,
        0 if message.parked else message.due_ms,
        message.sent_ms,
        message.answered_ms,
        message.harm,
        message.harm_ms,
    )


async def _clicks(place: Place, since_ms: int) -> set[int]:
    """Messages of which a tracked link was opened since then."""
    found: set[int] = set()
    after = (since_ms - 1, "")
    while True:
        async with place.deps.store.transaction(write=False) as tx:
            page = await tx.events.export(after, PAGE)
        for one in page:
            if one.event.kind == CLICK:
                found.add(int(str(one.event.props.get("message") or 0)))
        if len(page) < PAGE:
            return found
        after = (page[-1].event.ts_ms, page[-1].event.key)


def _figures(variant: str, sums: _Sums) -> VariantFigures:
    return VariantFigures(
        variant,
        dict(sorted(sums.states.items())),
        share(sums.answered, sums.sent),
        share(sums.clicked, sums.sent),
        share(sums.harms["block"], sums.sent),
        share(sums.harms["opt_out"], sums.sent),
    )


def _compared(sums: Mapping[str, _Sums]) -> tuple[Compared, ...]:
    names = sorted(sums)
    samples = {name: Sample(sums[name].sent, sums[name].answered, sums[name].answered) for name in names}
    return tuple(Compared(name, names[0], lift(samples[name], samples[names[0]])) for name in names[1:])
