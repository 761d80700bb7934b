"""Steps and signs in words, for screens."""

from __future__ import annotations

from core.grammar import sentence
from core.journey.values import (
    Answered,
    Await,
    Check,
    Condition,
    Entry,
    Goto,
    InSegment,
    Pause,
    Send,
    Signs,
    Split,
    Step,
    Until,
)

_UNITS = ((604_800_000, "w"), (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"))


def step_words(step: Step) -> str:
    """What a step does, nearly as it is written."""
    match step.act:
        case Send(content=content, otherwise=otherwise):
            return f"send {content}" + ("" if otherwise == step.next else f", else {otherwise}")
        case Check(condition=condition, then=then, otherwise=otherwise):
            return f"if {condition_words(condition)} then {then}, else {otherwise}"
        case Split(arms=arms):
            total = sum(share for _, share in arms)
            return "split " + ", ".join(f"{arm} {100 * share / total:.0f}%" for arm, share in arms)
        case Goto(to=to):
            return f"goto {to}"
        case act:
            return f"wait {_wait_words(act)}"


def _wait_words(act: Pause | Until | Await) -> str:
    match act:
        case Pause(span_ms=span_ms):
            return _span(span_ms)
        case Until(minute=minute):
            return f"until {minute // 60:02d}:{minute % 60:02d}"
        case Await(happening=happening, span_ms=span_ms, otherwise=otherwise):
            return f"for {happening.words} within {_span(span_ms)}, else {otherwise}"


def _span(span_ms: int) -> str:
    size, unit = next(each for each in _UNITS if span_ms % each[0] == 0)
    return f"{span_ms // size}{unit}"


def condition_words(condition: Condition) -> str:
    """A condition, for the middle of a sentence."""
    match condition:
        case InSegment(segment):
            return f"in {segment}"
        case Answered(step):
            return f"answered {step}"
        case _:
            words = sentence(condition, "en").rstrip(".")
            return words[:1].lower() + words[1:]


def goal_words(signs: Signs) -> list[str]:
    """Goal or exit, one a line."""
    return [*(one.words for one in signs.happenings), *(condition_words(one) for one in signs.conditions)]


def entry_words(entry: Entry) -> str:
    """Who enters."""
    when = " or ".join(one.words for one in entry.happenings) or "at any time"
    return when + (f", if {condition_words(entry.condition)}" if entry.condition is not None else "")
