"""What a step sends becomes a row of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.catalog import Catalog, language_of, load_catalog, values_of
from core.content import FALLBACK_LANGUAGE, Links, render
from core.errors import ContentError
from core.flow.journey.books import campaign_of, step_of
from core.journey import Facts, Journey, Row, Send, Step, Turn, Way, walk
from core.ledger import MessageClass, NewMessage, State
from core.ports import PersonRecord, Reach, Transaction
from core.segment import SegmentSpec
from core.strategy import Strategy

HOUR_MS = 3_600_000
LATE = "its time was over when it was reached"
NO_BOT = "no bot can reach the person"


@dataclass(frozen=True, slots=True)
class Says:
    """How messages are written. specs: with the segments' contents; names: of bots; links: how addresses are
    written when this bot sends them now; language: for people whose own is not spoken."""

    specs: Sequence[SegmentSpec]
    names: Mapping[int, str] = field(default_factory=dict)
    links: Callable[[int, int], Links] = lambda bot_id, now_ms: Links()
    language: str = FALLBACK_LANGUAGE


@dataclass(frozen=True, slots=True)
class Desk:
    """All that messages to these people are written from."""

    says: Says
    catalog: Catalog
    reaches: Mapping[int, Sequence[Reach]]
    strategies: Mapping[str, Strategy]
    now_ms: int

    @classmethod
    async def of(cls, tx: Transaction, says: Says, person_nos: Sequence[int], now_ms: int) -> Desk:
        """For these people, as of now."""
        return cls(
            says,
            await load_catalog(tx, says.specs, [0, *person_nos]),
            await tx.people.reach(person_nos),
            await tx.knowledge.strategies(),
            now_ms,
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a journey."""

    journey: Journey
    record: PersonRecord
    facts: Facts


@dataclass(frozen=True, slots=True)
class Written:
    """Where a look ended, and the messages of it. `unsaid`: contents that are not there (any more)."""

    turn: Turn
    messages: tuple[NewMessage, ...] = ()
    unsaid: tuple[str, ...] = ()


def write(desk: Desk, person: Person, turn: Turn) -> Written:
    """Write what the turn wants to send, and go on from there: past what can't be sent, up to what waits."""
    messages: list[NewMessage] = []
    unsaid: list[str] = []
    passed = list(turn.passed)
    while turn.send is not None and isinstance(turn.send.act, Send):
        message = _message(desk, person, (turn.way, turn.send, turn.send.act))
        if message is None:
            unsaid.append(turn.send.act.content)
            row = Row(State.FAILED.value)
        else:
            messages.append(message)
            row = Row(message.state.value, due_ms=message.due_ms, expires_ms=message.expires_ms)
        facts = replace(person.facts, rows={**person.facts.rows, turn.send.id: row})
        person = replace(person, facts=facts)
        turn = walk(person.journey, turn.way, facts, desk.now_ms)
        passed += turn.passed
    return Written(replace(turn, passed=tuple(passed)), tuple(messages), tuple(unsaid))


def _message(desk: Desk, person: Person, what: tuple[Way, Step, Send]) -> NewMessage | None:
    way, step, act = what
    content = desk.catalog.content(act.content)
    best = _bot(desk.reaches.get(way.person_no, ()), desk.says)
    if content is None or best is None:
        return None
    expires_ms = way.arrived_ms + round(act.lifetime_h * HOUR_MS)
    state, why = _standing(reachable=_can(best, desk.says), late=expires_ms <= desk.now_ms)
    values = values_of(person.record, desk.says.names.get(best.bot_id, ""))
    worded = desk.catalog.worded(content, way.person_no)
    language = content.language_for(language_of(person.record), desk.says.language) or desk.says.language
    try:
        body = render(worded, language, values, desk.says.links(best.bot_id, desk.now_ms))
    except ContentError:
        return None
    segment, version = _segment(person.record.segments, desk.strategies)
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=campaign_of(person.journey.name),
        step=step_of(way.run, step.id),
        person_no=way.person_no,
        bot_id=best.bot_id,
        chat_id=best.chat_id,
        due_ms=min(max(way.arrived_ms, 0), desk.now_ms),
        expires_ms=expires_ms,
        body=body,
        segment=segment,
        content=content.name,
        kind=content.kind,
        priority=act.priority,
        strategy_version=version,
        reason=f"journey {person.journey.name}, step {step.id}" + (f"; {why}" if why else ""),
        state=state,
    )


def _standing(*, reachable: bool, late: bool) -> tuple[State, str]:
    """What was over before it began is in the ledger all the same, with its reason."""
    if late:
        return State.EXPIRED, LATE
    return (State.PLANNED, "") if reachable else (State.SUPPRESSED, NO_BOT)


def _can(reach: Reach, says: Says) -> bool:
    """Whether this bot can write: the person lets it, and it has not been taken out of the settings."""
    return reach.state == "open" and (not says.names or reach.bot_id in says.names)


def _bot(reaches: Sequence[Reach], says: Says) -> Reach | None:
    """The bot with which the person last spoke and that can reach them; else one that could."""
    return max(reaches, key=lambda one: (_can(one, says), one.seen_ms, one.bot_id), default=None)


def _segment(confidence: Mapping[str, float], strategies: Mapping[str, Strategy]) -> tuple[str, int]:
    """The sending segment: the one of most priority x confidence, and its strategy's version."""
    known = [
        (strategies[name].priority * sure, name) for name, sure in confidence.items() if name in strategies
    ]
    if not known:
        return "", 0
    _, name = max(known, key=lambda one: (one[0], one[1]))
    return name, strategies[name].version
