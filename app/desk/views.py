"""What the questions of operators are answered with: plain frozen values for a screen, a file or an API.

Times are UTC milliseconds, 0 = never; shares are 0..1; a `Share` carries its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.desk.pace import Pace
from core.consent import ConsentChange
from core.event import Event
from core.identity import Identity
from core.ledger import Message
from core.ports import Decision, Reach
from core.profile import Profile
from core.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` with a 95 % interval; rate None when n is 0."""

    hits: int
    n: int
    rate: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a list."""

    person_no: int
    name: str
    username: str
    language: str
    segments: Mapping[str, float]
    last_seen_ms: int
    engagement: float
    intent: float
    consent: bool
    reachable: bool
    holdout: bool


@dataclass(frozen=True, slots=True)
class SegmentEvidence:
    """Why a person is in a segment or not: confidence now and the graded evidence in words with its score."""

    segment: str
    member: bool
    confidence: float
    evidence: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason that keeps somebody from a message: until when it alone holds (0: time does not help, or
    nobody knows), and what would have to change."""

    reason: str
    until_ms: int
    change: str


@dataclass(frozen=True, slots=True)
class Door:
    """What the door says about a person now. `reasons` in words; `until_ms` 0 where time does not help."""

    allowed: bool
    reasons: tuple[str, ...]
    until_ms: int
    segment: str
    bot_id: int
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to a person that waits: which goes first of all to this person (1), whether it stands in line
    already, and what the door says about it now."""

    message: Message
    turn: int
    allowed: bool
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Everything about one person that a screen shows."""

    line: PersonLine
    profile: Profile
    identities: tuple[Identity, ...]
    reach: tuple[Reach, ...]
    consents: tuple[ConsentChange, ...]
    segments: tuple[SegmentEvidence, ...]
    timeline: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a message to a person was planned, held or dropped, and what would have to change."""

    line: PersonLine
    door: Door
    messages: tuple[Message, ...]
    decisions: tuple[Decision, ...]
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """A segment's performance. `sends` and what follows: optimizer messages of the last `days` of the report;
    `buyers`, `blocked`: members; `predicted`: mean predicted response of the sends; money in minor units."""

    segment: str
    priority: int
    people: int
    confidence: float
    engagement: float
    consenting: int
    response: Share
    predicted: float | None
    buyers: Share
    blocked: Share
    money: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Buyers of one arm of the holdout experiment."""

    people: int
    buyers: Share


@dataclass(frozen=True, slots=True)
class Lift:
    """What the messages brought: share of buyers in the last days, written-to people against the holdout.

    `difference` is the first minus the second with the bounds of `core.experiment.lift`, which hold however
    often one looks; None while a group is too small."""

    treated: Group
    holdout: Group
    difference: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """All segments compared."""

    days: int
    people: int
    segments: tuple[SegmentFigures, ...]
    lift: Lift


@dataclass(frozen=True, slots=True)
class BotLine:
    """A bot and its people. `api_base` empty: known from the data only. `bot_id` 0: no token."""

    bot_id: int
    name: str
    api_base: str
    started: int
    blocked: int
    next_due_ms: int
    offset: int
    paused: bool


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How delivery stands. `states`: campaign messages by state; `switches`: what stops it and why; `jobs`:
    when each periodic step ran last; `pace`: empty while no Redis runs."""

    now_ms: int
    states: Mapping[str, int]
    answers: Mapping[str, int]
    inbox: Mapping[str, int]
    switches: Mapping[str, str]
    jobs: Mapping[str, int]
    sent_last_hour: int
    sent_last_day: int
    answered_last_day: int
    bots: tuple[BotLine, ...]
    pace: tuple[Pace, ...]
    queue: tuple[Message, ...]
    latest: tuple[Message, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class StrategyVersion:
    """One version of a segment's strategy."""

    strategy: Strategy
    at_ms: int
    live: bool
    author: str


@dataclass(frozen=True, slots=True)
class Bin:
    """Sends of one hour, kind or range of predictions: what was predicted, what came."""

    name: str
    predicted: float
    response: Share


@dataclass(frozen=True, slots=True)
class LearningReport:
    """What was learned. `version` 0: nothing yet. `brier`: mean squared error of the predicted response;
    `base_brier`: the same for always predicting the overall rate (lower is better)."""

    days: int
    version: int
    at_ms: int
    sends: int
    response: Share
    brier: float | None
    base_brier: float | None
    kinds: tuple[Bin, ...] = ()
    hours: tuple[Bin, ...] = ()
    calibration: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTest:
    """How many people a rule takes, in words, with some of them."""

    sentence: str
    matching: int
    people: int
    sample: tuple[PersonLine, ...] = field(default=())
