"""The segment files under `strategies/`, parsed once at the edge into values that can't be wrong.

Promises: every file is read whole or SettingsError names the file, the key in it and what is allowed; all
contents are checked in every language; the order is by priority, then by name. Leaves to others: storing
strategies as versions (flow; the files are only version 1 and later proposals).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from pydantic import Field, ValidationError

from adapters.contents import MEDIA_FOLDER, ContentKind, ContentModel, Texts, missing_media
from adapters.reading import Model, fail, faults_of, read_yaml
from core.content import Content, check
from core.errors import ContentError, RuleError
from core.grammar import FIELDS, Kind, Rule, parse
from core.segment import DEFAULT_THRESHOLD, Evidence, SegmentSpec
from core.strategy import Pace, Strategy

SEE = "docs/reference/segments.md"
FREQUENCIES: Mapping[str, int] = {"daily": 1, "nightly": 1, "every 2 days": 2, "weekly": 7}
"""Words of the files and the days that lie between two contact days."""

Frequency = Literal["daily", "nightly", "every 2 days", "weekly"]


class _Evidence(Model):
    field: str
    start: float = Field(alias="from")
    full: float = Field(alias="to")
    weight: float = Field(default=1.0, gt=0, le=100)


class _Pace(Model):
    frequency: Frequency
    daily_limit: int = Field(ge=1, le=10)
    cooldown_h: float = Field(ge=0, le=24 * 30)

    def value(self) -> Pace:
        return Pace(FREQUENCIES[self.frequency], self.daily_limit, self.cooldown_h)


class _Strategy(_Pace):
    priority: int = Field(ge=0, le=100)
    kinds: Annotated[list[ContentKind], Field(min_length=1)]
    hours: list[Annotated[int, Field(ge=0, le=23)]] = []


class _File(Model):
    segment: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,31}$")]
    title: Texts
    about: Texts
    rule: object
    evidence: list[_Evidence] = []
    threshold: float = Field(default=DEFAULT_THRESHOLD, ge=0, le=1)
    strategy: _Strategy
    envelope: _Pace
    content: Annotated[list[ContentModel], Field(min_length=1)]


def load_strategies(folder: Path) -> tuple[SegmentSpec, ...]:
    """All segment files of a folder. Raises SettingsError naming file and key."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        _fail(folder, "has no *.yaml file")
    specs = [load_strategy(path) for path in paths]
    _unique(folder, "segment", [spec.name for spec in specs])
    _unique(folder, "content", [content.name for spec in specs for content in spec.contents])
    return tuple(sorted(specs, key=lambda spec: (-spec.strategy.priority, spec.name)))


def load_strategy(path: Path) -> SegmentSpec:
    """One segment file. Raises SettingsError naming file and key."""
    file = _read(path)
    try:
        rule = parse(file.rule)
        contents = tuple(check(each.value()) for each in file.content)
    except (RuleError, ContentError) as error:
        _fail(path, str(error), error)
    media = path.parent.parent / "content" / MEDIA_FOLDER
    missing = [fault for content in contents for fault in missing_media(content, media)]
    if missing:
        _fail(path, missing[0])
    evidence = tuple(_sign(path, index, each) for index, each in enumerate(file.evidence))
    return _spec(path, file, (rule, evidence, contents))


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(read_yaml(path, SEE))
    except ValidationError as error:
        _fail(path, next(faults_of(error)), error)


def _sign(path: Path, index: int, data: _Evidence) -> Evidence:
    field = FIELDS.get(data.field)
    if field is None or field.kind not in {Kind.NUMBER, Kind.FLAG}:
        _fail(path, f"evidence[{index}].field: '{data.field}' is not a number that a profile has")
    if data.start == data.full:
        _fail(path, f"evidence[{index}]: from and to are the same, so nothing can be graded")
    return Evidence(field, data.start, data.full, data.weight)


def _spec(
    path: Path, file: _File, parts: tuple[Rule, tuple[Evidence, ...], tuple[Content, ...]]
) -> SegmentSpec:
    rule, evidence, contents = parts
    plan = file.strategy
    pace, ceiling = plan.value(), file.envelope.value()
    if not pace.within(ceiling):
        _fail(path, "strategy: is more demanding than the envelope, which nothing may leave")
    missing = [kind for kind in plan.kinds if all(content.kind != kind for content in contents)]
    if missing:
        _fail(path, f"strategy.kinds: there is no content of kind {missing[0]}")
    strategy = Strategy(
        segment=file.segment,
        version=1,
        priority=plan.priority,
        pace=pace,
        ceiling=ceiling,
        kinds=tuple(dict.fromkeys(plan.kinds)),
        hours=tuple(sorted(set(plan.hours))),
        note=f"from strategies/{path.name}",
    )
    titles, abouts = tuple(sorted(file.title.items())), tuple(sorted(file.about.items()))
    return SegmentSpec(file.segment, rule, evidence, strategy, contents, file.threshold, titles, abouts)


def _unique(folder: Path, what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            _fail(folder, f"two files describe the {what} {name}")


def _fail(path: Path, message: str, cause: Exception | None = None) -> NoReturn:
    fail(path, message, SEE, cause)
