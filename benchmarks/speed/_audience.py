"""People in the store who may be written to, and a message for each of them, due now. SIMULATED."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.speed._sandbox import midday_zone
from core.consent import CAMPAIGNS, ConsentChange
from core.event import Event
from core.identity import telegram
from core.ledger import MessageClass, NewMessage
from core.ports import Reach, Store
from core.profile import ProfileState, fold

CAMPAIGN = "b:bench"
TEXT = "<b>SIMULATED</b>: something new for you"
BODY: Mapping[str, object] = {
    "text": TEXT,
    "parse_mode": "HTML",
    "buttons": [[{"text": "OK", "data": "c:{id}:news:ok"}]],
}
DAY_MS = 86_400_000
_PAGE = 2_000


async def invite(store: Store, bot_id: int, chats: Sequence[int], now_ms: int) -> None:
    """These people have started the bot and agreed, and have named a zone in which it is midday."""
    then = now_ms - 10 * DAY_MS
    past = [
        Event("start", then, "started", bot_id, {}),
        Event("zone", then + 1, "timezone_declared", bot_id, {"zone": midday_zone()}),
        Event("yes", then + 2, "consent_given", bot_id, {"purpose": CAMPAIGNS}),
    ]
    state = fold(ProfileState(), past)
    for start in range(0, len(chats), _PAGE):
        page = chats[start : start + _PAGE]
        async with store.transaction() as tx:
            known = await tx.people.resolve([telegram(chat) for chat in page], then)
            numbers = list(known.values())
            records = await tx.people.load(numbers)
            later = now_ms + DAY_MS  # nobody is looked at by segmentation or the planner meanwhile
            await tx.people.save(
                [
                    replace(one, state=state, holdout=False, plan_after_ms=later, segment_after_ms=later)
                    for one in records.values()
                ]
            )
            yes = [ConsentChange(no, CAMPAIGNS, True, then + 2, "start", "1") for no in numbers]
            await tx.people.change_consent(yes)
            pairs = zip(numbers, page, strict=True)
            await tx.people.set_reach([Reach(no, bot_id, chat, "open", then, then) for no, chat in pairs])


async def address(
    store: Store, bot_id: int, chats: Sequence[int], now_ms: int, body: Mapping[str, object] = BODY
) -> None:
    """A message of the broadcast for each of these people, in their order."""
    for start in range(0, len(chats), _PAGE):
        page = chats[start : start + _PAGE]
        async with store.transaction() as tx:
            known = await tx.people.known([telegram(chat) for chat in page])
            rows = [_row(known[telegram(chat)], bot_id, chat, now_ms, body) for chat in page]
            await tx.ledger.add(rows, now_ms)


def _row(person_no: int, bot_id: int, chat: int, now_ms: int, body: Mapping[str, object]) -> NewMessage:
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=CAMPAIGN,
        step="1",
        person_no=person_no,
        bot_id=bot_id,
        chat_id=chat,
        due_ms=now_ms,
        expires_ms=now_ms + DAY_MS,
        body=body,
        content="bench",
        kind="news",
        priority=5.0,
    )
