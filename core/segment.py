"""Segments: who belongs to them and how surely, from a rule and graded evidence.

The rule decides who may belong at all; the evidence says how clearly: each piece gives 0 at `start`, 1 at
`full` and grows evenly between them, and their weighted mean is the confidence. A person is a member when
the rule holds and the confidence reaches the threshold. A person may be in several segments.

Promises: pure and cheap (all segments of a person well under 100 us), and every figure comes with its
reasons. Leaves to others: reading the files (adapters.strategies), storing memberships (flow).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from core.content import Content
from core.grammar import Field, Rule, compile_rule, sentence
from core.grammar.evaluate import Check, unknown_value
from core.profile import Profile
from core.strategy import Strategy

DEFAULT_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """A graded sign: 0 at `start`, 1 at `full` (which may lie below `start`), linear between, unknown 0."""

    field: Field
    start: float
    full: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class SegmentSpec:
    """A segment as its file describes it. `title` and `about`: language -> words for people."""

    name: str
    rule: Rule
    evidence: tuple[Evidence, ...]
    strategy: Strategy
    contents: tuple[Content, ...]
    threshold: float = DEFAULT_THRESHOLD
    title: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    judge: Judge = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "judge", Judge.of(self.rule, self.evidence))

    def of_kind(self, kind: str) -> tuple[Content, ...]:
        """What the segment may say of a kind, in the order of the file."""
        return tuple(content for content in self.contents if content.kind == kind)

    def content(self, name: str) -> Content | None:
        """The content of that name."""
        return next((content for content in self.contents if content.name == name), None)


@dataclass(frozen=True, slots=True)
class Assessment:
    """confidence 0..1 (0 when the rule does not hold); evidence: ("intent_score 74", its score 0..1)."""

    confidence: float
    member: bool
    evidence: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """The compiled form of a rule and its evidence."""

    holds: Check
    signs: tuple[tuple[str, attrgetter[float], object, float, float, float], ...]

    @classmethod
    def of(cls, rule: Rule, evidence: Sequence[Evidence]) -> Judge:
        """Per sign: name, getter, unknown value, start, 1 / (full - start), share of the weight."""
        total = sum(each.weight for each in evidence) or 1.0
        signs = tuple(
            (
                each.field.name,
                attrgetter(each.field.attribute),
                unknown_value(each.field),
                each.start,
                1.0 / (each.full - each.start),
                each.weight / total,
            )
            for each in evidence
        )
        return cls(compile_rule(rule), signs)

    def weigh(self, profile: Profile) -> tuple[float, tuple[tuple[str, float], ...]]:
        """(weighted mean 0..1, the pieces); 1 when there is no evidence beside the rule."""
        if not self.signs:
            return 1.0, ()
        mean, pieces = 0.0, []
        for name, get, unknown, start, slope, share in self.signs:
            value = get(profile)
            score = 0.0 if value == unknown else min(1.0, max(0.0, (value - start) * slope))
            mean += share * score
            pieces.append((f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}", score))
        return min(1.0, mean), tuple(pieces)


_OUTSIDE: Final = Assessment(0.0, False)


def assess(specs: Iterable[SegmentSpec], profile: Profile) -> dict[str, Assessment]:
    """What each segment says about one person, by name in the order of `specs`."""
    found: dict[str, Assessment] = {}
    for spec in specs:
        judge = spec.judge
        if not judge.holds(profile):
            found[spec.name] = _OUTSIDE
            continue
        confidence, pieces = judge.weigh(profile)
        found[spec.name] = Assessment(confidence, confidence >= spec.threshold, pieces)
    return found


_SAYS: Final = {
    "tr": ("Kural sağlanıyor", "Kural sağlanmıyor", "güven {0} (eşik {1})"),
    "en": ("The rule holds", "The rule does not hold", "confidence {0} (threshold {1})"),
}


def explain(spec: SegmentSpec, profile: Profile, language: str = "en") -> list[str]:
    """Why a person is in a segment or not, in lines that a screen can print."""
    known = "tr" if language == "tr" else "en"
    yes, no, sure = _SAYS[known]
    holds = spec.judge.holds(profile)
    confidence, _ = spec.judge.weigh(profile)
    lines = [f"{yes if holds else no}: {sentence(spec.rule, known)}"]
    for each in spec.evidence:
        value = attrgetter(each.field.attribute)(profile)
        shown = "?" if value == unknown_value(each.field) else f"{value:.3g}"
        score = Judge.of(spec.rule, (each,)).weigh(profile)[0]
        lines.append(f"{each.field.label(known)}: {shown} ({each.start:g} → {each.full:g}): {score:.2f}")
    lines.append(sure.format(f"{confidence if holds else 0:.2f}", f"{spec.threshold:g}"))
    return lines
