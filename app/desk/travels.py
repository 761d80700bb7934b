"""What came of a journey: step by step, and how many reached its goal, also of the control group.

The control group goes the same way and is sent nothing, so the two rates say what the messages brought.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.desk.journeys import JourneyCard
from app.desk.workspace import Workspace
from core.flow.journey import campaign_of, reached_mark
from core.journey import ACTIVE, GOAL, Send, Step, step_words
from core.ledger import COUNTED, OPEN
from core.metrics import Interval, wilson
from core.ports import JourneyVersion, Transaction

PAGE: Final = 1_000
_SENT: Final = {state.value for state in COUNTED}
_WAIT: Final = {state.value for state in OPEN}


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step of a version. entered: how many came to it; waiting: who stands there now; left: whose way
    ended there. planned, sent, answered, unsent: messages of the step, of all versions that call it so."""

    step: str
    words: str
    entered: int
    waiting: int
    left: int
    sends: bool = False
    planned: int = 0
    sent: int = 0
    answered: int = 0
    unsent: int = 0


@dataclass(frozen=True, slots=True)
class GoalRate:
    """Of the ways that are over, those that reached the goal, with a 95 % interval."""

    ended: int
    goals: int
    rate: Interval


@dataclass(frozen=True, slots=True)
class JourneyReport:
    """One version of a journey: runs by state, its steps, and the goal with and without messages. messages:
    of all versions, by state."""

    card: JourneyCard
    runs: Mapping[str, int]
    steps: tuple[StepFigures, ...]
    messages: Mapping[str, int]
    treated: GoalRate
    control: GoalRate


async def travel_report(space: Workspace, card: JourneyCard) -> JourneyReport:
    """The report of this version."""
    name, number = card.version.name, card.version.version
    async with space.store.transaction(write=False) as tx:
        counts = await tx.journeys.counts(name)
        reached = await tx.control.marks(reached_mark(name, number))
        sends = await tx.journeys.send_counts(campaign_of(name))
        treated, control = await _goals(tx, name, number)
    runs: Counter[str] = Counter()
    here: Counter[tuple[bool, str]] = Counter()
    for (version, state, step), n in counts.items():
        if version == number:
            runs[state] += n
            here[state == ACTIVE, step] += n
    messages: Counter[str] = Counter()
    for (_, state), (n, _) in sends.items():
        messages[state] += n
    steps = tuple(
        _figures(card.version, step, (here, reached), sends)
        for step in (card.journey.steps if card.journey is not None else ())
    )
    return JourneyReport(card, runs, steps, dict(sorted(messages.items())), treated, control)


def _figures(
    version: JourneyVersion,
    step: Step,
    known: tuple[Mapping[tuple[bool, str], int], Mapping[str, str]],
    sends: Mapping[tuple[str, str], tuple[int, int]],
) -> StepFigures:
    here, reached = known
    mine = [
        (state, n, answered)
        for (key, state), (n, answered) in sends.items()
        if key.partition(":")[2] == step.id
    ]
    sent = sum(n for state, n, _ in mine if state in _SENT)
    planned = sum(n for state, n, _ in mine if state in _WAIT)
    return StepFigures(
        step=step.id,
        words=step_words(step),
        entered=int(reached.get(reached_mark(version.name, version.version, step.id), "0")),
        waiting=here.get((True, step.id), 0),
        left=here.get((False, step.id), 0),
        sends=isinstance(step.act, Send),
        planned=planned,
        sent=sent,
        answered=sum(answered for _, _, answered in mine),
        unsent=sum(n for _, n, _ in mine) - sent - planned,
    )


async def _goals(tx: Transaction, name: str, version: int) -> tuple[GoalRate, GoalRate]:
    """Of those who get messages, and of the control group."""
    tally: Counter[tuple[bool, bool]] = Counter()
    after = (0, 0)
    while page := await tx.journeys.members(name, after, PAGE):
        over = [one for one in page if one.version == version and one.state != ACTIVE]
        records = await tx.people.load(sorted({one.person_no for one in over}))
        for one in over:
            if one.person_no in records:
                tally[records[one.person_no].holdout, one.state == GOAL] += 1
        after = (page[-1].person_no, page[-1].run)
    return _rate(tally, held_out=False), _rate(tally, held_out=True)


def _rate(tally: Mapping[tuple[bool, bool], int], *, held_out: bool) -> GoalRate:
    goals = tally.get((held_out, True), 0)
    ended = goals + tally.get((held_out, False), 0)
    return GoalRate(ended, goals, wilson(goals, ended))
