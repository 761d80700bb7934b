"""Where people are: the groups in which a post reaches those whom it is for.

A group is chosen by how many of these people were seen there of late; which bot writes, and when, says the
door of groups (`core.posting`). Promises: the same record gives the same choice; a group is never chosen in
which no bot of ours may write, and one that counts as VIP only by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.consent import Verdicts
from core.limits import DAY_MS
from core.ports import GroupRecord, Transaction
from core.posting import PostAsk, PostFacts, PostLimits, may_post
from core.profile import bots_there, chat_now, has_thread

SEEN_MS: Final = 30 * DAY_MS
"""So far back somebody was seen in a group to count as active there."""
LOOKED_AT: Final = 500
"""So many of the liveliest groups are looked at."""
NEVER_MS: Final = 2**62


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. campaign: its name; until_ms: so long a post can wait for the door; bots: which may
    write, the first that can does (none: any that is there); at_most: so many groups; thread: forum topic,
    0 = the general one, which every group has.

    For whom: `segments` (none: everybody), or the people of `among`; `least_people` of them must be active in
    a group. named: Telegram's numbers, then only these are asked, VIP or not; vip: numbers of VIP groups."""

    campaign: str
    until_ms: int
    bots: tuple[int, ...] = ()
    at_most: int = 10
    thread: int = 0
    segments: tuple[str, ...] = ()
    among: Sequence[int] | None = None
    least_people: int = 1
    named: tuple[int, ...] = ()
    vip: frozenset[int] = frozenset()
    limits: PostLimits = PostLimits()


@dataclass(frozen=True, slots=True)
class Choice:
    """A group to post to, and by which bot. people: of those meant, active there; due_ms: the door opens."""

    group_no: int
    bot_id: int
    chat_id: int
    thread: int
    people: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choice, liveliest first. shut: group -> (bits of `Reason`, until when) where the door does not open
    in time; no_thread: groups without such an open topic; unknown: named numbers that nobody knows."""

    groups: tuple[Choice, ...] = ()
    shut: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    no_thread: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()


async def choose_groups(tx: Transaction, wanted: Wanted, now_ms: int) -> Chosen:
    """The groups to post to from `now_ms` on. In a writing transaction they stay locked until its end."""
    people = await tx.groups.activity(now_ms - SEEN_MS, wanted.segments, wanted.among)
    found = {chat_id: await tx.groups.find(chat_id) for chat_id in wanted.named}
    records = await _records(tx, wanted, people, [no for no in found.values() if no])
    ranked = sorted(records, key=lambda no: (-people.get(no, 0), no))
    fitting = [no for no in ranked if has_thread(records[no].state, wanted.thread)]
    pairs = [(no, bot) for no in fitting for bot in wanted.bots or bots_there(records[no].state) or (0,)]
    facts = await tx.post_facts([no for no, _ in pairs], [bot for _, bot in pairs], now_ms)
    best = _best_rows(facts, _verdicts(facts, wanted, now_ms), now_ms)
    open_ = [no for no in fitting if 0 < best[no].due_ms <= wanted.until_ms]
    return Chosen(
        tuple(_choice(best[no], facts, wanted, people) for no in open_[: wanted.at_most]),
        {no: (best[no].reasons, best[no].due_ms) for no in fitting if no not in open_},
        tuple(no for no in ranked if no not in fitting),
        tuple(chat_id for chat_id, no in found.items() if not no),
    )


async def _records(
    tx: Transaction, wanted: Wanted, people: Mapping[int, int], named: Sequence[int]
) -> dict[int, GroupRecord]:
    """Those that are asked about: the named ones, or the liveliest that are no VIP groups."""
    if wanted.named:
        return await tx.groups.load(named)
    lively = sorted(
        (no for no, n in people.items() if n >= wanted.least_people), key=lambda no: (-people[no], no)
    )
    records = await tx.groups.load(lively[:LOOKED_AT])
    return {
        no: one
        for no, one in records.items()
        if chat_now(one.state, one.contact.chat_id) not in wanted.vip
        and one.contact.chat_id not in wanted.vip
    }


@dataclass(frozen=True, slots=True)
class _Best:
    """Of a group's bots the one that may write first. due_ms 0: no time helps."""

    row: int
    due_ms: int
    reasons: int


def _verdicts(facts: PostFacts, wanted: Wanted, now_ms: int) -> Verdicts:
    rows = len(facts.group_no)
    segment = wanted.segments[0] if len(wanted.segments) == 1 else ""
    return may_post(facts, PostAsk((wanted.campaign,) * rows, (segment,) * rows, wanted.limits), now_ms)


def _best_rows(facts: PostFacts, verdicts: Verdicts, now_ms: int) -> dict[int, _Best]:
    best: dict[int, _Best] = {}
    for row, no in enumerate(facts.group_no.tolist()):
        due_ms = now_ms if verdicts.allowed[row] else int(verdicts.until_ms[row])
        one, known = _Best(row, due_ms, int(verdicts.reasons[row])), best.get(no)
        if known is None or 0 < due_ms < (known.due_ms or NEVER_MS):
            best[no] = one
    return best


def _choice(one: _Best, facts: PostFacts, wanted: Wanted, people: Mapping[int, int]) -> Choice:
    no = int(facts.group_no[one.row])
    return Choice(
        no,
        int(facts.bot_id[one.row]),
        int(facts.chat_id[one.row]),
        wanted.thread,
        people.get(no, 0),
        one.due_ms,
    )
