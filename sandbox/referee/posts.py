"""The rules about groups: a campaign message stands only where the bot was invited and may write, and seldom.

A group that became a supergroup is the same group; a change of the bot's standing binds as soon as permits
given before it have run out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.referee.contact import DAY_MS, HOUR_MS
from sandbox.referee.evidence import PERMIT_MS, Evidence
from sandbox.referee.join import Joined
from sandbox.referee.verdict import Violation

_PRESENT: Final = frozenset({"creator", "administrator", "member"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a bot has been in a group since `at_ms`; `known_ms` None: the product could never know."""

    at_ms: int
    known_ms: int | None
    may_write: bool


def judge_posts(evidence: Evidence, posts: Sequence[Joined]) -> Iterator[Violation]:
    """Campaign messages to groups against the bot's standing there and the limits of a group."""
    updates = list(_updates(evidence))
    former = _former_numbers(body for _, _, _, body in updates)
    standings = _standings(updates, former)
    earlier: defaultdict[int, list[int]] = defaultdict(list)
    for one in posts:
        sent = one.sent
        group = former.get(sent.chat_id, sent.chat_id)
        if not _welcome(standings.get((sent.bot_id, group), ()), sent.at_ms):
            detail = f"bot {sent.bot_id} was not invited to the group, or may not write there"
            yield Violation("consent", "group_not_invited", sent.chat_id, sent.at_ms, detail)
        times = earlier[group]
        times.append(sent.at_ms)
        for rule, detail in _too_much(evidence.posts, times):
            yield Violation("limits", rule, sent.chat_id, sent.at_ms, detail)


def _too_much(limits: Mapping[str, float], times: Sequence[int]) -> Iterator[tuple[str, str]]:
    now = times[-1]
    for rule, span_ms in (("per_day", DAY_MS), ("per_week", 7 * DAY_MS)):
        count = sum(now - at_ms < span_ms for at_ms in times)
        if count > limits[rule]:
            hours = span_ms // HOUR_MS
            yield f"group_{rule}", f"{count} messages to the group within {hours} h, allowed {limits[rule]:g}"
    if len(times) > 1 and now - times[-2] < limits["gap_h"] * HOUR_MS:
        gap = (now - times[-2]) / HOUR_MS
        yield "group_gap", f"{gap:.4f} h after the former to the group, asked {limits['gap_h']:g} h"


def _welcome(standings: Sequence[Standing], at_ms: int) -> bool:
    welcome = False
    for one in standings:
        if one.may_write and one.at_ms <= at_ms:
            welcome = True
        elif not one.may_write and one.known_ms is not None and at_ms > one.known_ms + PERMIT_MS:
            welcome = False
    return welcome


def _updates(evidence: Evidence) -> Iterator[tuple[int, int | None, int, Mapping[str, Any]]]:
    """(when, when the product could know, bot, body) of every update, imported ones first."""
    for line in evidence.history:
        at_ms = int(line["received_at_ms"])
        yield at_ms, at_ms, int(line["bot_id"]), line["update"]
    told = {one.bot_id for one in evidence.emitted if one.handed_at_ms is not None}
    for one in evidence.emitted:
        yield one.at_ms, one.handed_at_ms if one.bot_id in told else one.at_ms, one.bot_id, one.body


def _former_numbers(bodies: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """By the number of a supergroup that of the group it was at first."""
    former: dict[int, int] = {}
    for body in bodies:
        message = body.get("message")
        if isinstance(message, Mapping) and "migrate_to_chat_id" in message:
            old = int(message["chat"]["id"])
            former[int(message["migrate_to_chat_id"])] = former.get(old, old)
    return former


def _standings(
    updates: Iterable[tuple[int, int | None, int, Mapping[str, Any]]], former: Mapping[int, int]
) -> dict[tuple[int, int], list[Standing]]:
    found: defaultdict[tuple[int, int], list[Standing]] = defaultdict(list)
    for at_ms, known_ms, bot_id, body in updates:
        change = body.get("my_chat_member")
        if change is None or change["chat"].get("type") == "private":
            continue
        group = int(change["chat"]["id"])
        standing = Standing(at_ms, known_ms, _may_write(change))
        found[bot_id, former.get(group, group)].append(standing)
    return dict(found)


def _may_write(change: Mapping[str, Any]) -> bool:
    member = change["new_chat_member"]
    if member["status"] == "restricted":
        return bool(member.get("is_member")) and bool(member.get("can_send_messages"))
    if change["chat"].get("type") == "channel":
        return bool(member.get("can_post_messages"))
    return member["status"] in _PRESENT
