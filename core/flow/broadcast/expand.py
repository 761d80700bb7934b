"""The step: broadcasts whose time has come become rows of the ledger, a page in each transaction.

How far a broadcast has got (its cursor) is committed together with the rows of the page, so a crash or a
restart goes on in its place and nobody gets two. Paused ones wait; the door holds their rows as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.broadcast import (
    ALL_HAVE,
    DONE,
    GROUPS,
    RUNNING,
    SCHEDULED,
    Broadcast,
    campaign_of,
    parse,
    switch_of,
)
from core.catalog import load_catalog
from core.errors import ContentError
from core.flow.broadcast.audience import read_page
from core.flow.broadcast.cancelling import finish_cancelled
from core.flow.broadcast.groups import Meant, meant_by, post_rows
from core.flow.broadcast.rows import rows_of
from core.flow.broadcast.values import BroadcastDeps, Expanded
from core.ledger import OPEN, State
from core.ports import CampaignRow, Guard, Transaction

PAGE = 150
"""People in one transaction: others wait for the database no longer than it takes."""
SKIPPED = "skipped:"
"""Mark of a campaign: `reason=people` of those who got no row, over all its occurrences."""
_WAITING = (*(state.value for state in OPEN), State.SENDING.value)


async def expand_due(
    deps: BroadcastDeps, now_ms: int, guard: Guard | None = None, limit: int = PAGE
) -> Expanded:
    """One page of every broadcast whose time has come; `more`: call again at once."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Expanded()
        switches = await tx.control.switches()
        rows = await tx.campaigns.by_state((SCHEDULED, RUNNING))
    await finish_cancelled(deps.store, switches, guard)
    done = Expanded()
    for row in sorted(rows, key=_is_expanded):
        if done.more and _is_expanded(row):
            break  # counting what they wait for takes its time, and can wait itself
        if "kill" in switches or switch_of(row.name) in switches or not await _is_due(deps, row, now_ms):
            continue
        meant = await _meant(deps, row, now_ms)
        async with deps.store.transaction() as tx:
            if guard is not None and not await guard(tx):
                return done
            done += await _advance(deps, tx, _Page(row.name, now_ms, limit, meant))
    return done


@dataclass(frozen=True, slots=True)
class _Page:
    """What is to be done in one transaction; `meant`: of a broadcast to groups."""

    name: str
    now_ms: int
    limit: int
    meant: Meant


async def _meant(deps: BroadcastDeps, row: CampaignRow, now_ms: int) -> Meant:
    """Whose groups a broadcast to groups asks for, nobody's where no posts are to be written now."""
    if row.body.get("to") != GROUPS or row.cursor == ALL_HAVE:
        return (), ()
    try:
        return await meant_by(deps.store, parse(row.body).audience, now_ms)
    except ContentError:
        return (), ()  # that it can't be read is said where it is read


async def _is_due(deps: BroadcastDeps, row: CampaignRow, now_ms: int) -> bool:
    if row.slot_ms > now_ms:
        return False
    if not _is_expanded(row):
        return True
    async with deps.store.transaction(write=False) as tx:
        return not await _waits(tx, row.name)


def _is_expanded(row: CampaignRow) -> bool:
    """Everybody of it has a row; what is left is to see when the last one is closed."""
    return row.state == RUNNING and row.cursor == ALL_HAVE


async def _waits(tx: Transaction, name: str) -> bool:
    """Whether some of its rows are still under way."""
    counts = await tx.ledger.campaign_counts(campaign_of(name))
    return any(state in _WAITING and n for (_, state), n in counts.items())


async def _advance(deps: BroadcastDeps, tx: Transaction, page: _Page) -> Expanded:
    """What comes next for one broadcast. Its row is read again: an operator may have been faster."""
    name, now_ms = page.name, page.now_ms
    row = await tx.campaigns.get(name)
    if row is None or row.slot_ms > now_ms or row.state not in (SCHEDULED, RUNNING):
        return Expanded()
    if switch_of(name) in await tx.control.switches():
        return Expanded()
    broadcast = await _read(tx, row)
    if broadcast is None:
        return Expanded(1)
    if row.state == SCHEDULED:
        row = _begun(deps, broadcast, row, now_ms)
    if row.state == RUNNING and row.cursor != ALL_HAVE:
        return await _go_on(deps, tx, (row, broadcast), page)
    if row.state == RUNNING and await _waits(tx, name):
        return Expanded(1)
    row = replace(row, state=DONE, changed_ms=now_ms) if row.state == RUNNING else row
    await tx.campaigns.save(row)
    return Expanded(1, done=(name,) if row.state == DONE else ())


async def _read(tx: Transaction, row: CampaignRow) -> Broadcast | None:
    """None, and a note, for one that this program can't read: it must not hold up the others."""
    try:
        return parse(row.body)
    except ContentError as error:
        await _note(tx, row, f"waits: it can't be read, {error}")
        return None


async def _note(tx: Transaction, row: CampaignRow, note: str) -> None:
    if row.note != note:
        await tx.campaigns.save(replace(row, note=note))


def _begun(deps: BroadcastDeps, broadcast: Broadcast, row: CampaignRow, now_ms: int) -> CampaignRow:
    """Its moment has come. One that is late by more than a message lives is left out, and said so."""
    spread_ms = 0 if broadcast.when.cron else broadcast.when.spread_ms
    if now_ms - row.slot_ms <= broadcast.lifetime_ms + spread_ms:
        return replace(row, state=RUNNING, cursor=0, changed_ms=now_ms, note="")
    missed = replace(row, changed_ms=now_ms, note="its time had passed, so nobody was written to")
    if broadcast.when.cron:
        return replace(missed, slot_ms=deps.next_slot(broadcast.when.cron, now_ms))
    return replace(missed, state=DONE, cursor=ALL_HAVE)


def _ended(
    deps: BroadcastDeps, broadcast: Broadcast, row: CampaignRow, now_ms: int, note: str = ""
) -> CampaignRow:
    """Everybody of this occurrence has been met."""
    row = replace(row, cursor=ALL_HAVE, changed_ms=now_ms, note=note)
    if broadcast.when.cron:
        row = replace(row, state=SCHEDULED, slot_ms=deps.next_slot(broadcast.when.cron, now_ms), cursor=0)
    return row


async def _lacks(deps: BroadcastDeps, tx: Transaction, broadcast: Broadcast) -> str:
    """What it needs and is not there any more, in words; empty if all is. Also who is left out must be known:
    without the list of the staff the staff would be written to."""
    catalog = await load_catalog(tx, deps.specs)
    named = [variant.content for variant in broadcast.variants if variant.copied is None]
    gone = [f"the content {name} is not in force" for name in named if catalog.content(name) is None]
    audience = broadcast.audience
    lists = [*audience.lists, *audience.minus_lists]
    known = {one.name for one in await tx.lists.all()} if lists else set()
    gone += [f"there is no list {name}" for name in lists if name not in known]
    segments = {spec.name for spec in deps.specs}
    asked = [*audience.segments, *audience.minus_segments]
    gone += [f"there is no segment {name}" for name in asked if name not in segments]
    if broadcast.bot_id and deps.names and broadcast.bot_id not in deps.names:
        gone.append(f"there is no bot {broadcast.bot_id}")
    return next(iter(gone), "")


async def _go_on(
    deps: BroadcastDeps, tx: Transaction, one: tuple[CampaignRow, Broadcast], what: _Page
) -> Expanded:
    (row, broadcast), now_ms = one, what.now_ms
    lacks = await _lacks(deps, tx, broadcast)
    if now_ms > row.slot_ms + broadcast.when.spread_ms + broadcast.lifetime_ms:
        note = "its time had passed before everybody had a message" + (f": {lacks}" if lacks else "")
        await tx.campaigns.save(_ended(deps, broadcast, row, now_ms, note))
        return Expanded(1)
    if lacks:
        await _note(tx, row, f"waits: {lacks}")
        return Expanded(1)
    if broadcast.to == GROUPS:
        messages, skipped = await post_rows(deps, tx, broadcast, (row.slot_ms, now_ms), what.meant)
        last, people = ALL_HAVE, len(messages) + sum(skipped.values())
    else:
        page = await read_page(deps, tx, broadcast, row.cursor, (row.slot_ms, now_ms, what.limit))
        messages, skipped = rows_of(deps, broadcast, page, (row.slot_ms, now_ms))
        last, people = page.last, len(page.records)
    added = await tx.ledger.add(messages, now_ms)
    await _count(tx, broadcast.campaign, skipped)
    row = replace(row, cursor=last, changed_ms=now_ms, note="")
    await tx.campaigns.save(_ended(deps, broadcast, row, now_ms) if last == ALL_HAVE else row)
    fresh = sum(message is not None for message in added)
    return Expanded(1, people, fresh, skipped, more=last != ALL_HAVE)


async def _count(tx: Transaction, campaign: str, skipped: Mapping[str, int]) -> None:
    if skipped:
        known = await skipped_of(tx, campaign)
        sums = {name: known.get(name, 0) + skipped.get(name, 0) for name in sorted({*known, *skipped})}
        await tx.control.set_mark(f"{SKIPPED}{campaign}", " ".join(f"{k}={n}" for k, n in sums.items()))


async def skipped_of(tx: Transaction, campaign: str) -> dict[str, int]:
    """People of a campaign who got no row, by reason."""
    name = f"{SKIPPED}{campaign}"
    pairs = (each.partition("=") for each in (await tx.control.marks(name)).get(name, "").split())
    return {reason: int(n) for reason, _, n in pairs}
