"""A plain document into a journey that can't be wrong, or a ContentError that names the place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, NoReturn

from core import grammar
from core.errors import ContentError, RuleError
from core.event import VOCABULARY
from core.journey.checking import check
from core.journey.values import (
    ALIVE,
    END,
    EXIT,
    LASTS_DAYS,
    LIFETIME_H,
    NEXT,
    PRIORITY,
    Act,
    Answered,
    Await,
    Check,
    Condition,
    Entry,
    Goto,
    Happening,
    InSegment,
    Journey,
    Pause,
    Send,
    Signs,
    Split,
    Step,
    Until,
)

MAX_STEPS: Final = 50
MAX_SIGNS: Final = 20
MAX_ARMS: Final = 8
MAX_DAYS: Final = 365
MAX_LIFETIME_H: Final = 24.0 * 14
MAX_PRIORITY: Final = 100
MAX_RUNS: Final = 1_000
MAX_TITLE: Final = 200
SUBJECTS: Final[Mapping[str, str]] = {
    "segment_entered": "segment",
    "segment_left": "segment",
    "button_tapped": "button",
    "command_used": "command",
    "started": "campaign",
    "tagged": "tag",
    "untagged": "tag",
    "language_chosen": "language",
    "journey_left": "journey",
}
"""Events that can be asked for of one subject, and the property that names it."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,31}")
_ID: Final = re.compile(r"[a-z0-9_]{1,48}")
_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_SPAN: Final = re.compile(r"(\d{1,4}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)")
_UNIT_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_CLOCK: Final = re.compile(r"until ([01]?[0-9]|2[0-3]):([0-5][0-9])")
_AWAIT: Final = re.compile(r"for (.{1,80}?) within (.{1,20})")
_KEYS: Final = ("name", "title", "enter", "goal", "exit", "steps", "lasts_days", "starts")
_ENTER_KEYS: Final = ("events", "if", "again_after_days", "max_runs")
_ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "send": ("lifetime_h", "priority", "else"),
    "wait": ("else",),
    "if": ("then", "else"),
    "split": (),
    "goto": (),
    END: (),
    EXIT: (),
}
"""What a step can be, and what else can be said with it."""


def parse(data: object) -> Journey:
    """Read a journey whole. Raises ContentError."""
    doc = _mapping(data, "the journey")
    _only(doc, "", _KEYS)
    name = doc.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        _fail("name", "must be of a-z, 0-9 and _, at most 32")
    journey = Journey(
        name=name,
        entry=_entry(doc.get("enter")),
        steps=_steps(doc.get("steps")),
        goal=_signs(doc.get("goal", []), "goal"),
        exit=_signs(doc.get("exit", []), "exit"),
        title=_title(doc.get("title", {})),
        lasts_days=_number(doc.get("lasts_days", LASTS_DAYS), "lasts_days", 1, MAX_DAYS),
        starts=_flag(doc.get("starts", False), "starts"),
    )
    check(journey)
    return journey


def _title(data: object) -> dict[str, str]:
    return {str(language): str(words)[:MAX_TITLE] for language, words in _mapping(data, "title").items()}


def _entry(data: object) -> Entry:
    if isinstance(data, str | list):
        data = {"events": data}
    doc = _mapping(data, "enter")
    _only(doc, "enter", _ENTER_KEYS)
    events = doc.get("events", [])
    happenings = tuple(_happening(each, "enter.events") for each in _listed(events, "enter.events"))
    condition = _condition(doc["if"], "enter.if") if "if" in doc else None
    if not happenings and condition is None:
        _fail("enter", "needs events, or a rule under 'if'")
    if any(one.kind == ALIVE for one in happenings):
        _fail("enter.events", f"'{ALIVE}' is for goals and exits; say which events")
    if isinstance(condition, Answered):
        _fail("enter.if", "nothing was sent yet that could have been answered")
    again = _number(doc.get("again_after_days", 30), "enter.again_after_days", 0, 10 * MAX_DAYS)
    runs = _number(doc.get("max_runs", 1), "enter.max_runs", 1, MAX_RUNS)
    return Entry(happenings, condition, again, int(runs))


# --------------------------------------------------------------------------- what may happen or hold
def _signs(data: object, place: str) -> Signs:
    happenings: list[Happening] = []
    conditions: list[Condition] = []
    for index, each in enumerate(_listed(data, place)):
        where = f"{place}[{index}]"
        if isinstance(each, str) and _is_happening(each):
            happenings.append(_happening(each, where))
        else:
            conditions.append(_condition(each, where))
    return Signs(tuple(happenings), tuple(conditions))


def _is_happening(text: str) -> bool:
    """One word, or the word of an event with its subject; a rule has at least an operator."""
    first, _, rest = text.strip().partition(" ")
    return first in VOCABULARY or first == ALIVE or not rest


def _happening(data: object, place: str) -> Happening:
    kind, _, about = str(data).strip().partition(" ")
    about = about.strip()
    if kind != ALIVE and kind not in VOCABULARY:
        near = get_close_matches(kind, [*VOCABULARY, ALIVE], n=1, cutoff=0.6)
        _fail(place, f"'{kind[:60]}' is not an event" + (f"; did you mean '{near[0]}'?" if near else ""))
    if about and kind not in SUBJECTS:
        _fail(place, f"'{kind}' stands alone; of one subject are {', '.join(SUBJECTS)}")
    if kind in ("segment_entered", "segment_left") and not _SEGMENT.fullmatch(about):
        _fail(place, f"'{kind}' needs the name of a segment, e.g. '{kind} COLD_LEAD'")
    return Happening(kind, about)


def _condition(data: object, place: str) -> Condition:
    if isinstance(data, str):
        word, _, rest = data.strip().partition(" ")
        if word == "in" and _SEGMENT.fullmatch(rest.strip()):
            return InSegment(rest.strip())
        if word == "answered" and _ID.fullmatch(rest.strip()):
            return Answered(rest.strip())
    if isinstance(data, Mapping) and set(data) == {"rule"}:
        data, place = data["rule"], f"{place}.rule"
    try:
        return grammar.parse(data, place=place)
    except RuleError as error:
        raise ContentError(str(error), next_step="see docs/journeys.md") from error


# --------------------------------------------------------------------------- steps
def _steps(data: object) -> tuple[Step, ...]:
    items = _listed(data, "steps")
    if not 0 < len(items) <= MAX_STEPS:
        _fail("steps", f"must be 1 to {MAX_STEPS} steps")
    docs = [_step_doc(each, f"steps[{index}]") for index, each in enumerate(items)]
    ids = [_step_id(doc, index) for index, doc in enumerate(docs)]
    for index, step_id in enumerate(ids):
        if ids.index(step_id) != index:
            _fail(f"steps[{index}]", f"is called {step_id} like an earlier one: give it an id of its own")
    follows = [*ids[1:], END]
    return tuple(
        Step(step_id, _act(doc, f"steps[{index}]", after), after)
        for index, (doc, step_id, after) in enumerate(zip(docs, ids, follows, strict=True))
    )


def _step_doc(data: object, place: str) -> Mapping[str, object]:
    if data in (END, EXIT):
        return {str(data): None}
    doc = _mapping(data, place)
    acts = [key for key in doc if key in _ACTS]
    if len(acts) != 1:
        _fail(place, f"must be exactly one of {', '.join(_ACTS)}")
    _only(doc, place, ("id", acts[0], *_ACTS[acts[0]]))
    return doc


def _step_id(doc: Mapping[str, object], index: int) -> str:
    """Its own id, else the content that is sent, else what it does and its place."""
    act = next(key for key in doc if key in _ACTS)
    given = str(doc.get("id") or (doc[act] if act == "send" else f"{act}_{index + 1}"))
    if not _ID.fullmatch(given) or given in (NEXT, END, EXIT):
        _fail(f"steps[{index}].id", "must be of a-z, 0-9 and _, at most 48, and not next, end or exit")
    return given


def _act(doc: Mapping[str, object], place: str, after: str) -> Act:
    def target(key: str, default: str | None = NEXT) -> str:
        found = doc.get(key, default)
        if not isinstance(found, str):
            _fail(f"{place}.{key}", "must be the id of a step, or next, end or exit")
        return after if found == NEXT else found

    if "send" in doc:
        lifetime = _number(doc.get("lifetime_h", LIFETIME_H), f"{place}.lifetime_h", 0.25, MAX_LIFETIME_H)
        priority = _number(doc.get("priority", PRIORITY), f"{place}.priority", 0, MAX_PRIORITY)
        return Send(str(doc["send"]), lifetime, priority, target("else"))
    if "wait" in doc:
        return _wait(doc, place, target("else"))
    if "if" in doc:
        return Check(_condition(doc["if"], f"{place}.if"), target("then"), target("else"))
    if "split" in doc:
        return _split(doc["split"], place, after)
    return Goto(target("goto", None) if "goto" in doc else END if END in doc else EXIT)


def _wait(doc: Mapping[str, object], place: str, otherwise: str) -> Act:
    text = str(doc["wait"]).strip()
    waits_for = _AWAIT.fullmatch(text)
    if "else" in doc and not waits_for:
        _fail(f"{place}.else", "goes with 'wait: for EVENT within SPAN' only")
    if waits_for:
        if "else" not in doc:
            _fail(place, "needs 'else': where it goes on when nothing has happened within that time")
        span_ms = _span(waits_for[2], f"{place}.wait")
        return Await(_happening(waits_for[1], f"{place}.wait"), span_ms, otherwise)
    clock = _CLOCK.fullmatch(text)
    if clock:
        return Until(int(clock[1]) * 60 + int(clock[2]))
    return Pause(_span(text, f"{place}.wait"))


def _span(text: str, place: str) -> int:
    found = _SPAN.fullmatch(text.strip())
    span_ms = int(found[1]) * _UNIT_MS[found[2][0]] if found else 0
    if not 0 < span_ms <= MAX_DAYS * _UNIT_MS["d"]:
        _fail(place, f"'{text[:60]}' must be like 30m, 12h, 2d, 'until 18:30' or 'for EVENT within 3d'")
    return span_ms


def _split(data: object, place: str, after: str) -> Split:
    doc = _mapping(data, f"{place}.split")
    if not 1 < len(doc) <= MAX_ARMS:
        _fail(
            f"{place}.split",
            f"must be 2 to {MAX_ARMS} steps with shares, e.g. {{hello_a: 1, hello_b: 1}}",
        )
    return Split(
        tuple(
            (after if step == NEXT else step, _number(share, f"{place}.split.{step}", 0.001, 1_000_000))
            for step, share in doc.items()
        )
    )


# --------------------------------------------------------------------------- pieces
def _mapping(data: object, place: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        _fail(place, "must be a mapping of keys to values")
    return {str(key): value for key, value in data.items()}


def _listed(data: object, place: str) -> Sequence[object]:
    if isinstance(data, str | Mapping):
        return [data]
    if not isinstance(data, Sequence) or (place != "steps" and len(data) > MAX_SIGNS):
        _fail(place, f"must be a list of at most {MAX_SIGNS}")
    return data


def _only(doc: Mapping[str, object], place: str, known: Sequence[str]) -> None:
    for key in doc:
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.6)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
            _fail(f"{place}.{key}".strip("."), f"is unknown; {hint}")


def _number(data: object, place: str, least: float, most: float) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not least <= data <= most:
        _fail(place, f"must be a number from {least:g} to {most:g}")
    return data


def _flag(data: object, place: str) -> bool:
    if not isinstance(data, bool):
        _fail(place, "must be true or false")
    return data


def _fail(place: str, message: str) -> NoReturn:
    raise ContentError(f"{place}: {message}", next_step="see docs/journeys.md")
