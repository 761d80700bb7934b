"""The rules about bothering people: limits, quiet hours, consent. Judged on the server's receipt times, over
all bots.

Every window rolls and nothing is rounded in the product's favour; only what it could not know yet is excused:
a revocation, a block, a wish and a newly declared zone bind `PERMIT_MS` after the update was first handed
out. Until then the product may go by what was before or by what came after.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.referee.evidence import PERMIT_MS, Evidence, Happening
from sandbox.referee.facts import Fact
from sandbox.referee.join import Joined
from sandbox.referee.verdict import Violation

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
OPEN_AFTER_DAYS: Final = 3
OPEN_WITHIN_MS: Final = 14 * DAY_MS


def by_person(campaign: Sequence[Joined]) -> dict[int, list[Joined]]:
    """Campaign messages of each person, in order of receipt."""
    result: defaultdict[int, list[Joined]] = defaultdict(list)
    for one in campaign:
        result[one.sent.chat_id].append(one)
    return dict(result)


# -- limits ------------------------------------------------------------------------------------


def judge_limits(
    evidence: Evidence, messages: Sequence[Joined], happenings: Sequence[Happening]
) -> Iterator[Violation]:
    """One person's campaign messages against the sending segment's strategy, the caps over everything and the
    frequency that the person asked for."""
    times = [one.sent.at_ms for one in messages]
    for place, one in enumerate(messages):
        for rule, detail in _broken_limits(evidence, times[: place + 1], one):
            yield Violation("limits", rule, one.sent.chat_id, one.sent.at_ms, detail)
        days = min(int(wish or 0) for wish in _wishes(happenings, "frequency", one.sent.at_ms))
        if place and one.sent.at_ms - times[place - 1] < days * DAY_MS:
            detail = f"the person asked for one message in {days} days"
            yield Violation("limits", "own_frequency", one.sent.chat_id, one.sent.at_ms, detail)


def _wishes(happenings: Sequence[Happening], fact: Fact, at_ms: int) -> list[str]:
    """What the product may go by: what the person chose last that binds by now, and whatever was chosen
    since, which it may know already. Empty: nothing, or to leave it to the product."""
    chosen = [one for one in happenings if one.fact == fact and one.at_ms <= at_ms]
    binding = [place for place, one in enumerate(chosen) if _binds(one, at_ms)]
    values = [one.value if one.value != "-" else "" for one in chosen]
    return values[binding[-1] :] if binding else ["", *values]


def _broken_limits(evidence: Evidence, times: Sequence[int], one: Joined) -> Iterator[tuple[str, str]]:
    now = times[-1]
    a_day, a_week = _within(times, now, DAY_MS), _within(times, now, 7 * DAY_MS)
    if a_day > evidence.caps["per_day"]:
        yield "cap_per_day", f"{a_day} messages within 24 h, allowed {evidence.caps['per_day']}"
    if a_week > evidence.caps["per_week"]:
        yield "cap_per_week", f"{a_week} messages within 7 days, allowed {evidence.caps['per_week']}"
    if one.row is None:
        return
    segment = one.row.segment or "no segment"
    strategy = evidence.limits.get(segment) if one.row.segment else evidence.plain
    if strategy is None:
        return
    if a_day > strategy["daily_limit"]:
        yield "daily_limit", f"{a_day} messages within 24 h, {segment} allows {strategy['daily_limit']:g}"
    former = times[:-1]
    if former and now - former[-1] < strategy["cooldown_h"] * HOUR_MS:
        gap = (now - former[-1]) / HOUR_MS
        yield "cooldown", f"{gap:.4f} h after the former, {segment} asks {strategy['cooldown_h']:g} h"
    period_ms = strategy["period_days"] * DAY_MS
    if any(DAY_MS <= now - earlier < period_ms for earlier in former):
        yield (
            "frequency",
            f"a contact day less than {strategy['period_days']:g} days after another ({segment})",
        )


def _within(times: Sequence[int], now: int, span_ms: int) -> int:
    """How many of the ascending times lie in the rolling window (now - span, now]."""
    return len(times) - bisect_right(times, now - span_ms)


# -- quiet hours -------------------------------------------------------------------------------


@dataclass(slots=True)
class QuietReport:
    """Violations for declared zones, and the estimate for everybody else."""

    violations: list[Violation] = field(default_factory=list)
    undeclared: int = 0
    undeclared_quiet: int = 0


def judge_quiet_hours(
    evidence: Evidence, messages: Sequence[Joined], happenings: Sequence[Happening], report: QuietReport
) -> None:
    """Adds one person's messages to the report."""
    active = [one.at_ms for one in happenings]
    zones = [one for one in happenings if one.fact == "zone"]
    for one in messages:
        at_ms, person = one.sent.at_ms, one.sent.chat_id
        declared = _declared_zone(zones, at_ms)
        name = declared or evidence.true_zones.get(person)
        own = _wishes(happenings, "quiet", at_ms)
        names = [each for each in (_wishes(zones, "zone", at_ms) if declared else [name]) if each]
        closed = bool(names) and all(
            _closed(evidence, ZoneInfo(each), at_ms, active, wish) for each in names for wish in own
        )
        if declared is None:
            report.undeclared += 1
            report.undeclared_quiet += closed
        elif closed:
            local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(declared))
            detail = f"received at {local:%H:%M:%S} in the declared zone {declared}, a closed hour"
            report.violations.append(Violation("quiet_hours", "declared_zone", person, at_ms, detail))


def _declared_zone(zones: Sequence[Happening], at_ms: int) -> str | None:
    known = [one for one in zones if _binds(one, at_ms)]
    return known[-1].value if known else None


def _closed(evidence: Evidence, zone: ZoneInfo, at_ms: int, active: Sequence[int], own: str) -> bool:
    """Whether it is quiet time: the person's own, which is final, or the product's, which activity opens."""
    hour = datetime.fromtimestamp(at_ms / 1000, zone).hour
    if own:
        begins, _, ends = own.partition("-")
        return own != "off" and _is_quiet(hour, int(begins), int(ends))
    return _is_quiet(hour, evidence.quiet["from"], evidence.quiet["to"]) and not _is_open(
        zone, hour, at_ms, active
    )


def _is_quiet(hour: int, begins: int, ends: int) -> bool:
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def _is_open(zone: ZoneInfo, hour: int, at_ms: int, active: Sequence[int]) -> bool:
    """The person was up in this local hour on enough distinct local days of late."""
    first, last = bisect_left(active, at_ms - OPEN_WITHIN_MS), bisect_right(active, at_ms)
    moments = (datetime.fromtimestamp(each / 1000, zone) for each in active[first:last])
    return len({moment.date() for moment in moments if moment.hour == hour}) >= OPEN_AFTER_DAYS


# -- consent -----------------------------------------------------------------------------------


def judge_consent(
    evidence: Evidence, messages: Sequence[Joined], happenings: Sequence[Happening]
) -> Iterator[Violation]:
    """One person's campaign messages against what they had said and done before."""
    held_out = frozenset(evidence.holdout)
    for one in messages:
        person, at_ms = one.sent.chat_id, one.sent.at_ms
        if person in held_out:
            yield Violation("consent", "holdout", person, at_ms, "a campaign message to the holdout")
        if broken := _broken_consent(happenings, at_ms):
            yield Violation("consent", broken[0], person, at_ms, broken[1])
        kind = one.sent.content_kind
        if kind and all(kind in wish.split(".") for wish in _wishes(happenings, "muted", at_ms)):
            detail = f"the person does not want {one.sent.content_kind}"
            yield Violation("consent", "muted", person, at_ms, detail)
        if _blocked(happenings, one.sent.bot_id, at_ms):
            yield Violation(
                "consent", "blocked", person, at_ms, f"the person had blocked bot {one.sent.bot_id}"
            )


_REVOKED: Final = {
    "no": ("revoked", "after an opt-out without a newer yes"),
    "forget": ("forgotten", "after the person asked to be forgotten"),
}


def _broken_consent(happenings: Sequence[Happening], at_ms: int) -> tuple[str, str] | None:
    said_yes, revoked = False, ""
    for one in happenings:
        if one.fact == "yes" and one.at_ms <= at_ms:
            said_yes, revoked = True, ""
        elif one.fact in _REVOKED and _binds(one, at_ms):
            revoked = one.fact
    if revoked:
        return _REVOKED[revoked]
    return None if said_yes else ("no_consent", "the person never said yes before")


def _blocked(happenings: Sequence[Happening], bot_id: int, at_ms: int) -> bool:
    blocked = False
    for one in happenings:
        if one.bot_id == bot_id and one.fact == "block" and _binds(one, at_ms):
            blocked = True
        elif one.bot_id == bot_id and one.fact == "unblock" and one.at_ms <= at_ms:
            blocked = False
    return blocked


def _binds(one: Happening, at_ms: int) -> bool:
    """The product could know of it, and a permit given before that has run out."""
    return one.known_ms is not None and at_ms > one.known_ms + PERMIT_MS
