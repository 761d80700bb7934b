"""Rows of the ledger from a page of the audience, and how many of it the door will never let pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.broadcast import Broadcast, Copied
from core.catalog import values_of
from core.consent import Reason, may_contact
from core.content import Links, render
from core.errors import ContentError
from core.flow.broadcast.audience import Choice, Page, kind_of, variant_at
from core.flow.broadcast.values import BroadcastDeps
from core.ledger import MessageClass, NewMessage
from core.ports import PersonRecord

FIRST: Final = (
    Reason.GONE,
    Reason.BLOCKED,
    Reason.NOT_STARTED,
    Reason.NO_CONSENT,
    Reason.HOLDOUT,
    Reason.EXCLUDED,
    Reason.TOPIC,
    Reason.CONTENT,
    Reason.RELATION,
)
"""Of several lasting reasons the first of these is counted."""


def rows_of(
    deps: BroadcastDeps, broadcast: Broadcast, page: Page, run: tuple[int, int]
) -> tuple[list[NewMessage], dict[str, int]]:
    """The messages of a page, and people without one by reason. `run`: the occurrence, and now."""
    slot_ms, now_ms = run
    verdicts = may_contact(page.facts, page.ask, now_ms)
    links = {bot_id: deps.links(bot_id, now_ms) for bot_id in {one.bot.bot_id for one in page.choices}}
    found: list[NewMessage] = []
    skipped: dict[str, int] = {}
    for i, record in enumerate(page.records):
        for_good = not verdicts.allowed[i] and not verdicts.until_ms[i]
        reason = name_of(int(verdicts.reasons[i])) if for_good else ""
        choice = page.choices[i]
        how = links[choice.bot.bot_id]
        body = None if reason else body_of(deps, broadcast, (record, choice), how)
        if body is None:
            reason = reason or name_of(int(Reason.CONTENT))
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        found.append(_row(broadcast, (record, choice), body, (slot_ms, int(page.due_ms[i]))))
    return found, skipped


def name_of(reasons: int) -> str:
    """The reason that is counted, by its name."""
    return next((str(one.name).lower() for one in FIRST if reasons & one), "other")


def body_of(
    deps: BroadcastDeps, broadcast: Broadcast, person: tuple[PersonRecord, Choice], links: Links
) -> Mapping[str, object] | None:
    """What the person would get; None where the content can't be rendered."""
    record, choice = person
    origin = variant_at(broadcast, choice).copied
    if origin is not None:
        return copy_of(origin)
    if choice.content is None or not choice.language:
        return None
    values = values_of(record, deps.names.get(choice.bot.bot_id, ""))
    try:
        return render(choice.content, choice.language, values, links)
    except ContentError:
        return None


def copy_of(origin: Copied, thread: int = 0) -> dict[str, object]:
    """The body that copies an operator's message; the row says into which chat."""
    params = {"chat_id": 0, "from_chat_id": origin.chat_id, "message_id": origin.message_id}
    return {"method": "copyMessage", "params": params | ({"message_thread_id": thread} if thread else {})}


def _row(
    broadcast: Broadcast,
    person: tuple[PersonRecord, Choice],
    body: Mapping[str, object],
    moments: tuple[int, int],
) -> NewMessage:
    (record, choice), (slot_ms, due_ms) = person, moments
    label = broadcast.label(choice.variant)
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=broadcast.campaign,
        step=str(slot_ms),
        person_no=record.person_no,
        bot_id=choice.bot.bot_id,
        chat_id=choice.bot.chat_id,
        due_ms=due_ms,
        expires_ms=min(due_ms, slot_ms + broadcast.when.spread_ms) + broadcast.lifetime_ms,
        body=body,
        segment=choice.segment,
        content=choice.content.name if choice.content is not None else "",
        kind=kind_of(choice),
        priority=float(broadcast.priority),
        reason=f"broadcast {broadcast.name}" + (f", variant {label}" if label else ""),
        variant=label,
    )
