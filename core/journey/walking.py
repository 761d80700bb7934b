"""How people move: who enters, where one look brings somebody, and when it is worth looking again. Pure.

Time on the way is the way's own: a wait that ended while nobody looked ended then, not now. So whoever was
kept (the program stood still) catches up in order, and what should have been sent long ago has expired
instead of coming all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from core.event import Event
from core.experiment import assign
from core.grammar import Rule, compile_rule
from core.grammar.evaluate import Check as RuleCheck
from core.identity import Identity
from core.journey.reading import SUBJECTS
from core.journey.values import (
    ACTIVE,
    ALIVE,
    DONE,
    END,
    EXIT,
    EXITED,
    GOAL,
    Answered,
    Await,
    Check,
    Condition,
    Entry,
    Facts,
    Former,
    Goto,
    Happening,
    InSegment,
    Journey,
    Pause,
    Row,
    Send,
    Signs,
    Split,
    Step,
    Turn,
    Until,
    Way,
)
from core.ledger import OPEN, State
from core.scores import zone_offset_min

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
FRESH_MS: Final = 7 * DAY_MS
"""What happened longer ago lets nobody in: an import of history starts no journeys."""
LOOK_MS: Final = 10 * MINUTE_MS
"""A message that waits for its turn is looked at so often; being sent wakes its journey by itself."""
MOST_MOVES: Final = 200
"""In one look; whoever has further to go is looked at again at once."""
WAITING: Final = frozenset({*(state.value for state in OPEN), State.SENDING.value})
ARRIVED: Final = frozenset({State.SENT.value, State.UNKNOWN.value})


# --------------------------------------------------------------------------- entering
def enters(journey: Journey, facts: Facts, former: Former | None, began_ms: int, now_ms: int) -> int | None:
    """When this person's way begins, None if it does not. `began_ms`: since when newcomers are taken."""
    entry = journey.entry
    if former is not None and not _may_again(entry, former, now_ms):
        return None
    if entry.condition is not None and not holds(entry.condition, facts):
        return None
    if any(holds(sign, facts) for sign in (*journey.goal.conditions, *journey.exit.conditions)):
        return None  # there is nothing to be reached, or it would end at once
    if not entry.happenings:
        return now_ms
    since_ms = max(began_ms, former.ended_ms if former else 0, now_ms - FRESH_MS)
    found = [e.ts_ms for e in facts.events if e.ts_ms > since_ms and _lets_in(entry, e, facts)]
    return min(found[-1], now_ms) if found else None


def _may_again(entry: Entry, former: Former, now_ms: int) -> bool:
    rested = former.ended_ms + entry.again_after_days * DAY_MS <= now_ms
    return not former.active and former.run < entry.max_runs and rested


def _lets_in(entry: Entry, event: Event, facts: Facts) -> bool:
    return any(
        is_one(one, event) and (one.kind != "segment_entered" or one.about in facts.segments)
        for one in entry.happenings
    )


def is_one(happening: Happening, event: Event) -> bool:
    """Whether the event is what is meant."""
    if happening.kind != event.kind:
        return False
    return not happening.about or str(event.props.get(SUBJECTS[happening.kind], "")) == happening.about


@lru_cache(maxsize=512)
def _compiled(rule: Rule) -> RuleCheck:
    return compile_rule(rule)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether it is true of the person now."""
    match condition:
        case InSegment(segment):
            return segment in facts.segments
        case Answered(step):
            row = facts.rows.get(step)
            return row is not None and row.answered_ms > 0
        case _:
            return _compiled(condition)(facts.profile)


# --------------------------------------------------------------------------- on the way
def walk(journey: Journey, way: Way, facts: Facts, now_ms: int) -> Turn:
    """One look at a person: over by goal, exit or age, or as far on as it goes now."""
    over = _over(journey, way, facts, now_ms)
    if over is not None:
        return over
    walker = _Walker(journey, facts, now_ms, way)
    for _ in range(MOST_MOVES):
        turn = walker.step()
        if turn is not None:
            return turn
    return walker.stays(now_ms)


def _over(journey: Journey, way: Way, facts: Facts, now_ms: int) -> Turn | None:
    """What came first: the goal or the exit; at the same moment the goal."""
    goal = _first(journey.goal, way, facts, now_ms)
    left = _first(journey.exit, way, facts, now_ms)
    if goal is not None and (left is None or goal[0] <= left[0]):
        return Turn(replace(way, arrived_ms=goal[0]), GOAL, goal[1])
    if left is not None:
        return Turn(replace(way, arrived_ms=left[0]), EXITED, left[1])
    if now_ms >= _last_ms(journey, way):
        return Turn(replace(way, arrived_ms=now_ms), DONE, f"on the way for {journey.lasts_days:g} days")
    return None


def _last_ms(journey: Journey, way: Way) -> int:
    return way.entered_ms + round(journey.lasts_days * DAY_MS)


def _first(signs: Signs, way: Way, facts: Facts, now_ms: int) -> tuple[int, str] | None:
    """The first of these signs since the way began: when, and which."""
    found = [_when(one, facts, way.entered_ms) for one in signs.happenings]
    met = [(at_ms, one.words) for at_ms, one in zip(found, signs.happenings, strict=True) if at_ms]
    met += [(now_ms, "its rule holds") for one in signs.conditions if holds(one, facts)][:1]
    return min(met, default=None, key=lambda each: each[0])


def _when(happening: Happening, facts: Facts, since_ms: int) -> int:
    """When it first happened after this moment; 0 = it did not. Of signs of life the last is known."""
    if happening.kind == ALIVE:
        seen_ms = facts.profile.last_seen_ms
        return seen_ms if seen_ms > since_ms else 0
    return next((e.ts_ms for e in facts.events if e.ts_ms > since_ms and is_one(happening, e)), 0)


@dataclass(slots=True)
class _Walker:
    """Goes from step to step until something has to be waited for, sent, or is over."""

    journey: Journey
    facts: Facts
    now_ms: int
    way: Way
    passed: list[str] = field(default_factory=list)

    def step(self) -> Turn | None:
        """Do the step; None: it is done, the next one is reached."""
        step = self.journey.step(self.way.step)
        if step is None:
            return self.ends(EXITED, f"there is no step {self.way.step}")
        match step.act:
            case Send() as act:
                return self.send(step, act)
            case Await() as act:
                return self.wait_for(step, act)
            case Pause(span_ms=span_ms):
                return self.wait(step, self.way.arrived_ms + span_ms)
            case Until(minute=minute):
                return self.wait(step, self.clock_ms(minute))
            case act:
                return self.go(self.target(step, act), self.way.arrived_ms)

    def go(self, target: str, at_ms: int) -> Turn | None:
        """On at this step; time on the way never runs back."""
        at_ms = max(at_ms, self.way.arrived_ms)
        if target in (END, EXIT):
            self.way = replace(self.way, arrived_ms=at_ms)
            how = f"after {self.way.step}"
            return self.ends(DONE, f"at its end {how}") if target == END else self.ends(EXITED, f"left {how}")
        self.way = replace(self.way, step=target, arrived_ms=at_ms)
        self.passed.append(target)
        return None

    def stays(self, until_ms: int, send: Step | None = None) -> Turn:
        """Nothing more can be done before this moment."""
        due_ms = min(until_ms, _last_ms(self.journey, self.way))
        return Turn(self.way, ACTIVE, "", due_ms, send, tuple(self.passed))

    def ends(self, state: str, reason: str) -> Turn:
        """The way is over."""
        return Turn(self.way, state, reason, passed=tuple(self.passed))

    # ---------------------------------------------------------------------- what steps do
    def send(self, step: Step, act: Send) -> Turn | None:
        row = self.facts.rows.get(step.id)
        if row is None:
            return self.stays(self.now_ms, step)
        if row.state in WAITING:
            return self.stays(_look_ms(row, self.now_ms))
        if row.state in ARRIVED:
            # Telegram tells whole seconds: what a person did within this one comes after the message.
            return self.go(step.next, row.sent_ms // 1000 * 1000 - 1 if row.sent_ms else self.now_ms)
        return self.go(act.otherwise, self.way.arrived_ms if row.state == State.EXPIRED else self.now_ms)

    def wait(self, step: Step, end_ms: int) -> Turn | None:
        return self.stays(end_ms) if end_ms > self.now_ms else self.go(step.next, end_ms)

    def clock_ms(self, minute: int) -> int:
        """When the person's clock shows this minute, from the arrival on; it may be changed in between."""
        first_ms = self.shows_ms(minute, self.way.arrived_ms)
        return self.shows_ms(minute, first_ms)

    def shows_ms(self, minute: int, at_ms: int) -> int:
        """Likewise on a clock that stays as it is at this moment."""
        profile = self.facts.profile
        offset_min = zone_offset_min(profile.zone, at_ms) if profile.zone else profile.tz_offset_min
        local_ms = self.way.arrived_ms + offset_min * MINUTE_MS
        return self.way.arrived_ms + (minute * MINUTE_MS - local_ms) % DAY_MS

    def wait_for(self, step: Step, act: Await) -> Turn | None:
        end_ms = self.way.arrived_ms + act.span_ms
        at_ms = _when(act.happening, self.facts, self.way.arrived_ms)
        if at_ms and at_ms <= end_ms:
            return self.go(step.next, at_ms)
        return self.stays(end_ms) if end_ms > self.now_ms else self.go(act.otherwise, end_ms)

    def target(self, step: Step, act: Check | Split | Goto) -> str:
        """Where it goes on at once."""
        match act:
            case Check(condition=condition, then=then, otherwise=otherwise):
                return then if holds(condition, self.facts) else otherwise
            case Split(arms=arms):
                return arm_of(arms, self.way.person_no, f"journey:{self.journey.name}:{step.id}")
            case Goto(to=to):
                return to


def _look_ms(row: Row, now_ms: int) -> int:
    """When to look at a waiting message again: often enough, though not before it is due, and soon after it
    must have come to its end. One that is due only then is parked: its pause may end at any moment."""
    due_ms = row.due_ms if row.due_ms < row.expires_ms else 0
    wanted = min(max(due_ms, now_ms + LOOK_MS), row.expires_ms + MINUTE_MS)
    return max(wanted, now_ms + MINUTE_MS)


def arm_of(arms: Sequence[tuple[str, float]], person_no: int, salt: str) -> str:
    """Which way of a split is this person's, for ever."""
    shares = [share for _, share in arms]
    return arms[assign(Identity("person", str(person_no)), shares, salt)][0]


def unmapped(journey: Journey, steps: Sequence[str]) -> list[str]:
    """Those of these steps that the journey does not have."""
    return [step for step in dict.fromkeys(steps) if journey.step(step) is None]
