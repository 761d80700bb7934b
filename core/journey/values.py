"""What a journey is made of, and what is known of a person on the way. Times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.event import Event
from core.grammar import Rule
from core.profile import Profile

NEXT: Final = "next"
"""As a target: the step that follows."""
END: Final = "end"
EXIT: Final = "exit"
"""As targets: the way ends here, by itself or without having come to its end."""

ACTIVE: Final = "active"
DONE: Final = "done"
GOAL: Final = "goal"
EXITED: Final = "exited"
"""States of a way: under way, at its end, at its goal, left before."""

ALIVE: Final = "alive"
"""The happening that is any sign of life."""
PRIORITY: Final = 7.0
LIFETIME_H: Final = 24.0
LASTS_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of this kind; `about`: only of this segment, button, command and the like."""

    kind: str
    about: str = ""

    @property
    def words(self) -> str:
        """As it is written."""
        return f"{self.kind} {self.about}".strip()


@dataclass(frozen=True, slots=True)
class InSegment:
    """True for members of the segment."""

    segment: str


@dataclass(frozen=True, slots=True)
class Answered:
    """True for those who answered what this step sent them."""

    step: str


Condition = Rule | InSegment | Answered


@dataclass(frozen=True, slots=True)
class Signs:
    """Whatever comes first of these."""

    happenings: tuple[Happening, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """Who enters: those to whom one of these happens (none: at any time) while the condition holds. So many
    times at most, and again only so many days after the last time ended."""

    happenings: tuple[Happening, ...] = ()
    condition: Condition | None = None
    again_after_days: float = 30.0
    max_runs: int = 1


@dataclass(frozen=True, slots=True)
class Send:
    """A content is sent; `otherwise`: where it goes on if it can't be, within its lifetime."""

    content: str
    lifetime_h: float = LIFETIME_H
    priority: float = PRIORITY
    otherwise: str = NEXT


@dataclass(frozen=True, slots=True)
class Pause:
    """So long nothing happens."""

    span_ms: int


@dataclass(frozen=True, slots=True)
class Until:
    """Until the person's clock shows this minute of the day."""

    minute: int


@dataclass(frozen=True, slots=True)
class Await:
    """Until this happens, but so long at most: then it goes on elsewhere."""

    happening: Happening
    span_ms: int
    otherwise: str


@dataclass(frozen=True, slots=True)
class Check:
    """One way or the other."""

    condition: Condition
    then: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Split:
    """One of several ways by chance, always the same for a person: (step, share)."""

    arms: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Goto:
    """On at another step; END or EXIT: the way is over."""

    to: str


Act = Send | Pause | Until | Await | Check | Split | Goto


@dataclass(frozen=True, slots=True)
class Step:
    """`id` is unique in the journey; `next`: the step that follows it, or END."""

    id: str
    act: Act
    next: str


@dataclass(frozen=True, slots=True)
class Journey:
    """`title`: language -> words. `lasts_days`: nobody is on the way for longer. `starts`: takes newcomers as
    soon as its file is stored for the first time."""

    name: str
    entry: Entry
    steps: tuple[Step, ...]
    goal: Signs = Signs()
    exit: Signs = Signs()
    title: Mapping[str, str] = field(default_factory=dict)
    lasts_days: float = LASTS_DAYS
    starts: bool = False

    @property
    def first(self) -> str:
        """Where everybody begins."""
        return self.steps[0].id

    def step(self, step_id: str) -> Step | None:
        """The step of that name."""
        return next((step for step in self.steps if step.id == step_id), None)

    @property
    def sends(self) -> tuple[Send, ...]:
        """All that is sent."""
        return tuple(step.act for step in self.steps if isinstance(step.act, Send))

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of events that its ways depend on, besides signs of life as such."""
        found = {*self.entry.happenings, *self.goal.happenings, *self.exit.happenings}
        found |= {step.act.happening for step in self.steps if isinstance(step.act, Await)}
        return frozenset(one.kind for one in found if one.kind != ALIVE)


# --------------------------------------------------------------------------- a person on the way
@dataclass(frozen=True, slots=True)
class Way:
    """Where a person is. entered_ms: when the way began; arrived_ms: when this step was reached, which may
    be long ago if nobody looked."""

    person_no: int
    run: int
    step: str
    entered_ms: int
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class Row:
    """What became of what a step sends: the ledger's row."""

    state: str
    id: int = 0
    due_ms: int = 0
    expires_ms: int = 0
    sent_ms: int = 0
    answered_ms: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person now. events: of `Journey.kinds`, in the order of their time; rows: by step,
    of this run."""

    profile: Profile
    segments: Mapping[str, float] = field(default_factory=dict)
    events: Sequence[Event] = ()
    rows: Mapping[str, Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Former:
    """The last time a person was on this way; ended_ms: when it ended, or the last step was reached."""

    run: int
    active: bool
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What one look makes of a way. due_ms: when to look again. send: the step whose message is to be written
    into the ledger before anything goes on. passed: the steps that were reached, in order."""

    way: Way
    state: str = ACTIVE
    reason: str = ""
    due_ms: int = 0
    send: Step | None = None
    passed: tuple[str, ...] = ()
