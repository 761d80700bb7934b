"""A broadcast to groups: posts where the people of its audience are active, in the installation's
language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.broadcast import Audience, Broadcast
from core.catalog import Catalog, load_catalog
from core.consent import Reason
from core.content import render
from core.errors import ContentError
from core.flow.broadcast.audience import COPIED_KIND, members_of, variant_of
from core.flow.broadcast.rows import copy_of
from core.flow.broadcast.values import BroadcastDeps
from core.learning.features import HOUR_MS
from core.ledger import MessageClass, NewMessage
from core.ports import Store, Transaction
from core.whereabouts import Choice, Chosen, Wanted, choose_groups

Meant = tuple[tuple[str, ...], Sequence[int] | None]
"""Segments where they say it all, else the numbers of the people."""


async def post_rows(
    deps: BroadcastDeps, tx: Transaction, broadcast: Broadcast, run: tuple[int, int], meant: Meant
) -> tuple[list[NewMessage], dict[str, int]]:
    """The posts, and groups without one by reason. `run`: the occurrence, and now."""
    chosen = await chosen_groups(deps, tx, broadcast, run, meant)
    catalog = await load_catalog(tx, deps.specs)
    skipped = shut_out(chosen)
    found = []
    for choice in chosen.groups:
        body = post_body(deps, broadcast, catalog, choice)
        if body is None:
            skipped["content"] = skipped.get("content", 0) + 1
        else:
            found.append(_row(broadcast, catalog, choice, (body, run[0])))
    return found, skipped


async def chosen_groups(
    deps: BroadcastDeps, tx: Transaction, broadcast: Broadcast, run: tuple[int, int], meant: Meant
) -> Chosen:
    """The groups that it goes to, and those that are shut."""
    slot_ms, now_ms = run
    segments, among = meant
    wanted = Wanted(
        campaign=broadcast.campaign,
        until_ms=slot_ms + int(broadcast.lifetime_h * HOUR_MS),
        bots=(broadcast.bot_id,) if broadcast.bot_id else (),
        at_most=broadcast.posting.most,
        thread=broadcast.posting.thread,
        segments=segments,
        among=among,
        named=broadcast.posting.named,
        vip=deps.vip,
        limits=deps.posts,
    )
    return await choose_groups(tx, wanted, now_ms)


async def meant_by(store: Store, audience: Audience, now_ms: int) -> Meant:
    """Whose groups are asked for. Going through all people takes its time, so it is done page by page where
    nobody waits for it, before the posts are written."""
    plain = not (audience.lists or audience.rule or audience.minus_lists or audience.minus_segments)
    if plain:
        return (() if audience.everybody else audience.segments), None
    return (), await members_of(store, audience, now_ms)


def shut_out(chosen: Chosen) -> dict[str, int]:
    """Groups without a post, by reason."""
    found: dict[str, int] = {}
    reasons = [next(iter(Reason(bits))) for bits, _ in chosen.shut.values() if bits]
    named = [str(one.name).lower() for one in reasons]
    for reason in [*named, *("no_thread" for _ in chosen.no_thread), *("unknown" for _ in chosen.unknown)]:
        found[reason] = found.get(reason, 0) + 1
    return found


def post_body(
    deps: BroadcastDeps, broadcast: Broadcast, catalog: Catalog, choice: Choice
) -> Mapping[str, object] | None:
    """What the group would get; None where it can't be rendered."""
    variant = broadcast.variants[variant_of(broadcast, choice.group_no, "group")]
    thread = {"thread": choice.thread} if choice.thread else {}
    if variant.copied is not None:
        return copy_of(variant.copied, choice.thread)
    content = catalog.content(variant.content)
    if content is None:
        return None
    language = content.language_for(deps.language, deps.language)
    values = {"bot_name": deps.names.get(choice.bot_id, "")}
    try:
        body = render(
            catalog.worded(content), language or "", values, deps.links(choice.bot_id, choice.due_ms)
        )
    except ContentError:
        return None
    return {**body, **thread}


def _row(
    broadcast: Broadcast, catalog: Catalog, choice: Choice, made: tuple[Mapping[str, object], int]
) -> NewMessage:
    body, slot_ms = made
    place = variant_of(broadcast, choice.group_no, "group")
    content = catalog.content(broadcast.variants[place].content)
    segments = broadcast.audience.segments
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=broadcast.campaign,
        step=f"{slot_ms}:g{choice.group_no}",
        person_no=0,
        bot_id=choice.bot_id,
        chat_id=choice.chat_id,
        due_ms=choice.due_ms,
        expires_ms=slot_ms + int(broadcast.lifetime_h * HOUR_MS),
        body=body,
        segment=segments[0] if len(segments) == 1 else "",
        content=content.name if content is not None else "",
        kind=content.kind if content is not None else COPIED_KIND,
        priority=float(broadcast.priority),
        reason=f"broadcast {broadcast.name}, {choice.people} of its people active there",
        variant=broadcast.label(place),
        group_no=choice.group_no,
    )
