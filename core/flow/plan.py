"""Who is written to, when and with what: people whose turn it may be -> planner -> ledger, decision log.

Everything is decided from the record inside one transaction: the door's answer for each coming hour, the
strategies and the model in force, and what the catalogue has to say. A row and the decision behind it are
committed together. People for whom
nothing was planned are put off until something can have changed, so a quiet step costs almost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.catalog import Catalog, language_of, load_catalog, values_of
from core.consent import DoorAsk, DoorFacts, may_contact_at
from core.content import FALLBACK_LANGUAGE, KINDS, Content, Links, render
from core.learning.features import DAY_MS, HOUR_MS, Floats, Ints, Layout, named
from core.learning.model import Model
from core.learning.situation import Known, situation_of
from core.ledger import Message, MessageClass, NewMessage
from core.plan import Bools, PlanChoice, PlanColumns, PlanParams, Why, choose_segment, plan
from core.ports import Decision, Guard, ModelVersion, PersonRecord, Reach, Store, Transaction
from core.profile import view
from core.segment import SegmentSpec
from core.strategy import Caps, Strategy

CAMPAIGN = "opt"
MODEL = "response"
INSTALLED = "installed_ms"
"""Durable switch: when this installation first ran; its first 24 hours are the learning period."""
SLOTS = 24
GRACE_MS = 6 * HOUR_MS
"""A message that the door held beyond its hour may still leave for so long."""
MEMORY_MS = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class PlanDeps:
    """`dice(now_ms)`: the generator of one step, so that a run can be repeated. names: of bots; links: how
    addresses are written when this bot sends them now; language: for people whose own is not spoken."""

    store: Store
    specs: Sequence[SegmentSpec]
    dice: Callable[[int], np.random.Generator]  # noqa: TID251 - named, not thrown: dice are an argument
    names: Mapping[int, str]
    caps: Caps = field(default_factory=Caps)
    params: PlanParams = field(default_factory=PlanParams)
    links: Callable[[int, int], Links] = lambda bot_id, now_ms: Links()
    language: str = FALLBACK_LANGUAGE


@dataclass(frozen=True, slots=True)
class Planned:
    """People looked at, messages planned, and why the others got none."""

    people: int = 0
    messages: int = 0
    why: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Round:
    """All that one round of planning is decided from; row i everywhere is the i-th person."""

    now_ms: int
    layout: Layout
    strategies: Mapping[str, Strategy]
    model: Model
    model_version: int
    records: Sequence[PersonRecord]
    bots: Sequence[Reach]
    facts: DoorFacts
    messages: Mapping[int, Sequence[Message]]
    learning: bool
    catalog: Catalog
    links: Mapping[int, Links]


@dataclass(frozen=True, slots=True)
class _Turn:
    """Row i: the number of the person's sending segment (-1 = none), and what it may say to them."""

    segments: Ints
    contents: Sequence[Sequence[Content]]


async def plan_due(deps: PlanDeps, now_ms: int, limit: int = 500, guard: Guard | None = None) -> Planned:
    """Plan for at most `limit` people whose time has come; `people` = 0 when nobody's has."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Planned()
        due = await tx.people.due_for_planning(now_ms, limit)
        if not due:
            return Planned()
        around = await _gather(deps, tx, due, now_ms)
        if not around.records:
            return Planned(len(due))
        columns, turn = _columns(deps, around)
        params = replace(deps.params, learning_period=around.learning)
        choice = plan(columns, around.model, params, deps.dice(now_ms))
        added = await tx.ledger.add(_messages(deps, around, choice, turn), now_ms)
        await tx.decisions.add(_decisions(around, choice, added))
        await tx.people.postpone(_postponed(around, choice, added))
    tally = {Why(reason).name.lower(): int((choice.why == reason).sum()) for reason in Why}
    return Planned(len(due), sum(one is not None for one in added), tally)


async def _gather(deps: PlanDeps, tx: Transaction, due: Sequence[int], now_ms: int) -> _Round:
    strategies = await tx.knowledge.strategies()
    kept = await tx.knowledge.model(MODEL)
    layout = Layout(tuple(spec.name for spec in deps.specs), KINDS)
    records = await tx.people.load(due)
    reaches = await tx.people.reach(due)
    due = [no for no in due if _open(reaches.get(no, []))]  # some may have left before their rows were locked
    bots = [
        max(_open(reaches[no]), key=lambda r: (r.bot_id in deps.names, r.seen_ms, r.bot_id)) for no in due
    ]  # one that was taken out of the settings sends nothing any more
    messages: dict[int, list[Message]] = {}
    for message in await tx.ledger.recent_campaigns(due, now_ms - MEMORY_MS):
        messages.setdefault(message.person_no, []).append(message)
    installed = (await tx.control.switches()).get(INSTALLED)
    return _Round(
        now_ms,
        layout,
        strategies,
        _model(kept, layout, strategies),
        kept.version if kept else 0,
        [records[no] for no in due],
        bots,
        await tx.door_facts(due, [bot.bot_id for bot in bots], now_ms),
        messages,
        installed is not None and now_ms - int(installed) < DAY_MS,
        await load_catalog(tx, deps.specs, due),
        {bot_id: deps.links(bot_id, now_ms) for bot_id in {bot.bot_id for bot in bots}},
    )


def _open(reaches: Sequence[Reach]) -> list[Reach]:
    return [reach for reach in reaches if reach.state == "open"]


def _model(kept: ModelVersion | None, layout: Layout, strategies: Mapping[str, Strategy]) -> Model:
    """The newest model; the cold one where none fits the segments of today."""
    if kept is not None:
        model = Model.from_body(kept.body)
        if model.layout == layout:
            return model
    return Model.cold(layout, strategies)


def _columns(deps: PlanDeps, around: _Round) -> tuple[PlanColumns, _Turn]:
    people = [
        Known(
            view(r.person_no, r.state, around.now_ms),
            r.state,
            r.segments,
            around.messages.get(r.person_no, ()),
        )
        for r in around.records
    ]
    situation = situation_of(around.layout, people, around.now_ms)
    order = [around.strategies[name] for name in around.layout.segments]
    segments = choose_segment(situation.confidence, np.array([one.priority for one in order], np.int64))
    paces = [order[place].pace for place in segments]
    period = np.array([pace.period_days for pace in paces], np.int64)
    limit = np.array([pace.daily_limit for pace in paces], np.int64)
    cooldown = np.array([int(pace.cooldown_h * HOUR_MS) for pace in paces], np.int64)
    everyone = np.ones(len(people), np.bool_)
    ask = DoorAsk((CAMPAIGN,) * len(people), period, limit, cooldown, everyone, deps.caps)
    wishes = around.facts.wishes
    turn = _Turn(segments, _sayable(deps, around, segments))
    return (
        PlanColumns(
            person_no=np.array([r.person_no for r in around.records], np.int64),
            segment=segments,
            situation=situation,
            open_slots=_open_slots(around, ask, situation.now_ms) & (segments >= 0)[:, None],
            allowed_kinds=_kinds(around, turn) & wishes.unmuted(len(people), around.layout.kinds),
            period_days=np.maximum(period, wishes.period_days),
            daily_limit=np.where(wishes.period_days > 0, 1, limit),
            cooldown_ms=cooldown,
        ),
        turn,
    )


def _open_slots(around: _Round, ask: DoorAsk, start_ms: int) -> Bools:
    """[n, 24]: the hours in which the door would let this message pass, as far as is known now."""
    moments = [max(start_ms + hour * HOUR_MS, around.now_ms) for hour in range(SLOTS)]
    return may_contact_at(around.facts, ask, moments)


def _kinds(around: _Round, turn: _Turn) -> Bools:
    """[n, kinds]: what the sending segment may say."""
    rows = []
    for contents in turn.contents:
        speaks = {content.kind for content in contents}
        rows.append([kind in speaks for kind in around.layout.kinds])
    return np.array(rows, np.bool_).reshape(len(rows), len(around.layout.kinds))


def _sayable(deps: PlanDeps, around: _Round, segments: Ints) -> list[tuple[Content, ...]]:
    """Of each person's segment: contents in a language that the person reads, meant for people known for so
    long, that the sending bot can write."""
    found = []
    for record, bot, place in zip(around.records, around.bots, segments, strict=True):
        contents = around.catalog.of_segment(deps.specs[place].name) if place >= 0 else ()
        language = language_of(record)
        days = (around.now_ms - record.state.first_ms) // DAY_MS
        can_start = around.links[bot.bot_id].start is not None
        found.append(
            tuple(
                content
                for content in contents
                if content.language_for(language, deps.language) is not None
                and content.suits(days)
                and (can_start or not content.opens_bot)
            )
        )
    return found


def _messages(deps: PlanDeps, around: _Round, choice: PlanChoice, turn: _Turn) -> list[NewMessage]:
    found = []
    for i, row in enumerate(choice.row.tolist()):
        record, bot = around.records[row], around.bots[row]
        spec = deps.specs[turn.segments[row]]
        slot_ms = int(choice.slot_ms[i])
        content = _content(turn.contents[row], around.layout.kinds[choice.kind[i]], record)
        found.append(
            NewMessage(
                cls=MessageClass.CAMPAIGN,
                campaign=CAMPAIGN,
                step=str(slot_ms // HOUR_MS),
                person_no=record.person_no,
                bot_id=bot.bot_id,
                chat_id=bot.chat_id,
                due_ms=_due_ms(slot_ms, record.person_no, around.now_ms),
                expires_ms=slot_ms + HOUR_MS + GRACE_MS,
                body=_body(deps, around, content, (record, bot)),
                segment=spec.name,
                content=content.name,
                kind=content.kind,
                priority=round(
                    around.strategies[spec.name].priority * record.segments.get(spec.name, 0.0), 3
                ),
                predicted=round(float(choice.p[i]), 4),
                strategy_version=around.strategies[spec.name].version,
                reason=_reason(choice, i, content.kind),
            )
        )
    return found


def _reason(choice: PlanChoice, i: int, kind: str) -> str:
    """Why this hour and content: the likeliest to be drawn is the one that promises most; any other was
    drawn so that something is learned about it."""
    what = f"hour {int(choice.slot_ms[i]) // HOUR_MS % 24:02d} UTC and {kind}"
    (_, _, chosen, _), *others = choice.candidates[i]
    best = all(chosen >= chance for _, _, chance, _ in others)
    return f"{what} promise most" if best else f"{what}, tried to learn more"


def _body(
    deps: PlanDeps, around: _Round, content: Content, to: tuple[PersonRecord, Reach]
) -> Mapping[str, object]:
    record, bot = to
    worded = around.catalog.worded(content, record.person_no)
    language = content.language_for(language_of(record), deps.language) or deps.language
    values = values_of(record, deps.names.get(bot.bot_id, ""))
    return render(worded, language, values, around.links[bot.bot_id])


def _content(contents: Sequence[Content], kind: str, record: PersonRecord) -> Content:
    """The next of the kind's contents, in turn."""
    speaking = [content for content in contents if content.kind == kind]
    return speaking[record.state.kinds.get(kind, (0, 0))[0] % len(speaking)]


def _due_ms(slot_ms: int, person_no: int, now_ms: int) -> int:
    """A minute within the hour, spread over people so that they do not all get theirs at its start."""
    spread = person_no * 2_654_435_761 % 3_300
    return min(max(slot_ms + spread * 1000, now_ms), slot_ms + HOUR_MS - 1)


def _decisions(around: _Round, choice: PlanChoice, added: Sequence[Message | None]) -> list[Decision]:
    return [
        Decision(
            id=0,
            at_ms=around.now_ms,
            person_no=message.person_no,
            message_id=message.id,
            segment=message.segment,
            model_version=around.model_version,
            strategy_version=message.strategy_version,
            candidates=[
                (
                    int(choice.slot_ms[i] // HOUR_MS - choice.slot[i] + slot),
                    around.layout.kinds[kind],
                    chance,
                    p,
                )
                for slot, kind, chance, p in choice.candidates[i]
            ],
            features=named(around.layout, _row(choice.facts, i)),
            chosen=0,
            reason=message.reason,
        )
        for i, message in enumerate(added)
        if message is not None
    ]


def _row(facts: Floats, i: int) -> Floats:
    found: Floats = facts[i]
    return found


def _postponed(around: _Round, choice: PlanChoice, added: Sequence[Message | None]) -> dict[int, int]:
    """When to look at each person again."""
    wait = np.maximum(choice.wait_ms, HOUR_MS)
    again = {r.person_no: around.now_ms + int(wait[i]) for i, r in enumerate(around.records)}
    for i, row in enumerate(choice.row.tolist()):
        message = added[i]
        again[around.records[row].person_no] = (
            message.due_ms if message is not None else int(choice.slot_ms[i])
        ) + HOUR_MS
    return again
