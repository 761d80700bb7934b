"""The segment files under `strategies/`, parsed once at the edge into values that can't be wrong.

Promises: every file is read whole or SettingsError names the file, the key in it and what is allowed; all
contents are checked in every language; the order is by priority, then by name. Leaves to others: storing
strategies as versions (flow; the files are only version 1 and later proposals).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.content import Content, check, from_document
from core.errors import ContentError, RuleError, SettingsError
from core.grammar import FIELDS, Kind, Rule, parse
from core.segment import DEFAULT_THRESHOLD, Evidence, SegmentSpec
from core.strategy import Pace, Strategy

FREQUENCIES: Mapping[str, int] = {"daily": 1, "nightly": 1, "every 2 days": 2, "weekly": 7}
"""Words of the files and the days that lie between two contact days."""

ContentKind = Literal["offer", "reminder", "tutorial", "social", "news", "poll"]
Texts = Annotated[dict[Literal["tr", "en"], str], Field(min_length=1)]
Frequency = Literal["daily", "nightly", "every 2 days", "weekly"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Evidence(_Model):
    field: str
    start: float = Field(alias="from")
    full: float = Field(alias="to")
    weight: float = Field(default=1.0, gt=0, le=100)


class _Pace(_Model):
    frequency: Frequency
    daily_limit: int = Field(ge=1, le=10)
    cooldown_h: float = Field(ge=0, le=24 * 30)

    def value(self) -> Pace:
        return Pace(FREQUENCIES[self.frequency], self.daily_limit, self.cooldown_h)


class _Strategy(_Pace):
    priority: int = Field(ge=0, le=100)
    kinds: Annotated[list[ContentKind], Field(min_length=1)]
    hours: list[Annotated[int, Field(ge=0, le=23)]] = []


class _Button(_Model):
    action: str
    texts: Texts


class _Content(_Model):
    name: str
    kind: ContentKind
    texts: Texts
    buttons: list[_Button] = []
    photo: str | None = None


class _File(_Model):
    segment: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,31}$")]
    title: Texts
    about: Texts
    rule: object
    evidence: list[_Evidence] = []
    threshold: float = Field(default=DEFAULT_THRESHOLD, ge=0, le=1)
    strategy: _Strategy
    envelope: _Pace
    content: Annotated[list[_Content], Field(min_length=1)]


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice, and lets `op: =` be written without quotes."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[object, object]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} is given twice", key_node.start_mark
            )
        seen.add(key)
    return dict(loader.construct_mapping(node, deep=True))


def _text(_: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:value", _text)


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
        contents = tuple(check(_content(each)) for each in file.content)
    except (RuleError, ContentError) as error:
        _fail(path, str(error), error)
    evidence = tuple(_sign(path, index, each) for index, each in enumerate(file.evidence))
    return _spec(path, file, (rule, evidence, contents))


def _read(path: Path) -> _File:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        _fail(path, f"can't be read: {getattr(error, 'strerror', None) or error}", error)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        _fail(path, f"is no valid YAML{line}: {getattr(error, 'problem', None) or error}", error)
    try:
        return _File.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        _fail(path, f"{key}: {first['msg']}", error)


def _content(data: _Content) -> Content:
    return from_document(data.model_dump())


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
    raise SettingsError(
        f"{path.parent.name}/{path.name}: {message}", next_step="see docs/reference/segments.md"
    ) from cause
