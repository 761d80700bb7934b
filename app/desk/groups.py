"""Groups and channels where the bots are, for operators: a list and one of them with its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.desk.workspace import Workspace
from core.errors import NotFoundError
from core.ports import GroupContact, GroupRecord, Membership, PersonRecord, Transaction
from core.posting import PostAsk, explain_post, may_post
from core.profile import GroupProfile, view_group

NOBODY = (0, 0)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in a list."""

    contact: GroupContact
    profile: GroupProfile


@dataclass(frozen=True, slots=True)
class BotThere:
    """A bot that is or was in a group. may_post: a campaign's message may go there now; reasons: why not;
    until_ms: when it may, 0 where time does not help."""

    bot_id: int
    rights: str
    may_post: bool
    reasons: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class GroupCard:
    """One group: its figures, what its bots may do there, and people by their number."""

    line: GroupLine
    bots: tuple[BotThere, ...]
    members: tuple[Membership, ...]
    names: Mapping[int, str]


async def group_list(space: Workspace, after: int = 0, limit: int = 50) -> list[GroupLine]:
    """A page of groups, by their number."""
    async with space.store.transaction(write=False) as tx:
        numbers = await tx.groups.numbers(after, limit)
        records = await tx.groups.load(numbers)
        counts = await tx.groups.member_counts(numbers)
    now_ms = space.clock.now_ms()
    return [_line(records[no], counts.get(no, NOBODY), now_ms) for no in numbers]


async def group_card(space: Workspace, text: str, limit: int = 20) -> GroupCard:
    """The group with this number, ours or Telegram's (negative). NotFoundError when there is none."""
    async with space.store.transaction(write=False) as tx:
        number = await _meant(tx, text)
        record = (await tx.groups.load([number]))[number]
        counts = await tx.groups.member_counts([number])
        members = await tx.groups.members(number, 0, limit)
        people = await tx.people.load([one.person_no for one in members])
        bots = await _bots(tx, space, record)
    line = _line(record, counts.get(number, NOBODY), space.clock.now_ms())
    return GroupCard(line, bots, tuple(members), {no: _name(one) for no, one in people.items()})


async def _bots(tx: Transaction, space: Workspace, record: GroupRecord) -> tuple[BotThere, ...]:
    """What the door of groups answers now, as a campaign would hear it."""
    rights = {
        int(name.removeprefix("bot:")): value
        for name, (_, value) in sorted(record.state.latest.items())
        if name.startswith("bot:")
    }
    now_ms, n = space.clock.now_ms(), len(rights)
    facts = await tx.post_facts([record.group_no] * n, list(rights), now_ms)
    found = may_post(facts, PostAsk(("",) * n, ("",) * n, space.post_limits), now_ms)
    return tuple(
        BotThere(
            bot_id,
            rights[bot_id],
            bool(found.allowed[i]),
            tuple(explain_post(int(found.reasons[i]), 0)),
            int(found.until_ms[i]),
        )
        for i, bot_id in enumerate(rights)
    )


async def _meant(tx: Transaction, text: str) -> int:
    wanted = text.strip()
    number = int(wanted) if wanted.removeprefix("-").isdecimal() and len(wanted) < 20 else 0  # noqa: PLR2004 - digits of a 64-bit number
    found = await tx.groups.find(number) if number < 0 else number
    if not found or not await tx.groups.load([found]):
        raise NotFoundError(f"there is no group {wanted}", next_step="manage_crm.py groups list")
    return found


def _line(record: GroupRecord, counts: tuple[int, int], now_ms: int) -> GroupLine:
    return GroupLine(record.contact, view_group(record.group_no, record.state, counts, now_ms))


def _name(record: PersonRecord) -> str:
    return record.contact.first_name or record.contact.username
