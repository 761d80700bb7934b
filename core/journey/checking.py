"""A journey as a whole: every step is there, can be reached, and nobody goes in circles without waiting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from core.content import LANGUAGES, Content
from core.errors import ContentError
from core.journey.values import (
    END,
    EXIT,
    Answered,
    Await,
    Check,
    Goto,
    Journey,
    Pause,
    Send,
    Split,
    Step,
)


def check(journey: Journey) -> None:
    """Raise ContentError where steps do not fit together."""
    steps = {step.id: step for step in journey.steps}
    for step in journey.steps:
        _check_targets(step, steps)
        if isinstance(step.act, Check) and isinstance(step.act.condition, Answered):
            _check_answered(step, step.act.condition, steps)
    for sign in (*journey.goal.conditions, *journey.exit.conditions):
        if isinstance(sign, Answered):
            _fail("goal and exit", "can't ask for an answer; the event is campaign_answered")
    reached = _reached(journey, steps)
    lost = [step.id for step in journey.steps if step.id not in reached]
    if lost:
        _fail(f"step {lost[0]}", "is never reached")
    _check_circles(steps)


def missing(journey: Journey, contents: Mapping[str, Content]) -> list[str]:
    """What is wrong with the contents that it sends, in sentences: each must be there in every language."""
    found = []
    for step in journey.steps:
        if not isinstance(step.act, Send):
            continue
        content = contents.get(step.act.content)
        if content is None:
            found.append(f"step {step.id}: there is no content {step.act.content}")
            continue
        unspoken = [language for language in LANGUAGES if language not in content.languages]
        if unspoken:
            found.append(f"step {step.id}: the content {content.name} does not speak {', '.join(unspoken)}")
    return found


def targets(step: Step) -> tuple[str, ...]:
    """Where it can go on from a step."""
    match step.act:
        case Send(otherwise=otherwise) | Await(otherwise=otherwise):
            return (step.next, otherwise)
        case Check(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Split(arms=arms):
            return tuple(arm for arm, _ in arms)
        case Goto(to=to):
            return (to,)
        case _:
            return (step.next,)


def _check_targets(step: Step, steps: Mapping[str, Step]) -> None:
    for target in targets(step):
        if target not in steps and target not in (END, EXIT):
            _fail(f"step {step.id}", f"goes on at '{target}', which is no step")


def _check_answered(step: Step, condition: Answered, steps: Mapping[str, Step]) -> None:
    asked = steps.get(condition.step)
    if asked is None or not isinstance(asked.act, Send):
        _fail(f"step {step.id}", f"asks for an answer to '{condition.step}', which is no step that sends")


def _reached(journey: Journey, steps: Mapping[str, Step]) -> set[str]:
    found: set[str] = set()
    waiting = [journey.first]
    while waiting:
        step_id = waiting.pop()
        if step_id in steps and step_id not in found:
            found.add(step_id)
            waiting.extend(targets(steps[step_id]))
    return found


def _check_circles(steps: Mapping[str, Step]) -> None:
    """A circle must hold a wait for a span of time: an hour of the day may be this very moment, and what was
    sent is not sent again."""
    instant = {
        step.id: [target for target in targets(step) if target in steps]
        for step in steps.values()
        if not isinstance(step.act, Pause)
    }
    # Await passes at once only once: what happened before its step was reached does not count.
    instant = {name: onward for name, onward in instant.items() if not isinstance(steps[name].act, Await)}
    done: set[str] = set()
    for start in instant:
        _follow(start, instant, done)


def _follow(start: str, instant: Mapping[str, list[str]], done: set[str]) -> None:
    """Depth first, without recursion; a step that is still open when it is met again closes a circle."""
    opened: list[str] = []
    waiting: list[tuple[str, bool]] = [(start, False)]
    while waiting:
        step_id, leaving = waiting.pop()
        if leaving:
            opened.pop()
            done.add(step_id)
            continue
        if step_id in opened:
            _fail(f"step {step_id}", "can be reached from itself without a wait in between")
        if step_id in done or step_id not in instant:
            continue
        opened.append(step_id)
        waiting.append((step_id, True))
        waiting.extend((target, False) for target in instant[step_id])


def _fail(place: str, message: str) -> NoReturn:
    raise ContentError(f"{place}: {message}", next_step="see docs/journeys.md")
