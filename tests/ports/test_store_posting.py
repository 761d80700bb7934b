"""The facts of the groups' door, as every store reads them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np

from core.consent import Reason
from core.identity import Place
from core.ledger import PERMIT_VALID_MS, MessageClass, Move, State
from core.ports import Store
from core.posting import PostAsk, PostFacts, may_post
from core.profile import GroupState
from tests.ports.worlds import BOT, HOUR, NOW, OTHER_BOT, campaign, put, sent

DAY = 24 * HOUR
TODAY = NOW // DAY
AWAKE = {TODAY - 1: dict.fromkeys(range(48), 2)}
MEMBER, MUTED, REMOVED = "member send_messages", "member", "removed"


async def group(store: Store, chat_id: int, state: GroupState | None = None) -> int:
    """A group in which something happened."""
    async with store.transaction() as tx:
        number = (await tx.groups.resolve([Place(chat_id, "supergroup", "Chess")], NOW))[chat_id]
        record = (await tx.groups.load([number]))[number]
        await tx.groups.save([replace(record, state=state or awake())])
        return number


def awake(**registers: str) -> GroupState:
    """People write there at every hour; what else is known of it."""
    said = {name.replace("_", ":"): (NOW, value) for name, value in registers.items()}
    return GroupState(hours=AWAKE, latest={f"bot:{BOT}": (NOW, MEMBER), **said})


async def facts(store: Store, group_nos: list[int], bot_ids: list[int]) -> PostFacts:
    async with store.transaction() as tx:
        return await tx.post_facts(group_nos, bot_ids, NOW)


async def test_a_row_is_about_its_group_and_its_bot(store: Store) -> None:
    states = [{BOT: MEMBER, OTHER_BOT: "administrator post_messages"}, {BOT: MUTED}, {BOT: REMOVED}]
    numbers = [
        await group(
            store, -(n + 1), GroupState(latest={f"bot:{bot}": (NOW, said) for bot, said in one.items()})
        )
        for n, one in enumerate(states)
    ]
    one, two, three = numbers
    async with store.transaction() as tx:
        await tx.control.set_switch("kill", "fire")
    found = await facts(store, [three, one, two, one, 99], [BOT, OTHER_BOT, BOT, BOT, BOT])
    assert found.group_no.tolist() == [three, one, two, one, 99]
    assert found.bot_id.tolist() == [BOT, OTHER_BOT, BOT, BOT, BOT]
    assert found.chat_id.tolist() == [-3, -1, -2, -1, 0]
    assert found.present.tolist() == [False, True, True, True, False]
    assert found.may_write.tolist() == [False, True, False, True, False]
    assert found.recent_ms.shape == (5, 0)
    assert found.hours.shape == (5, 24)
    assert found.switches == {"kill": "fire"}
    assert found.chat_id.dtype == np.dtype(np.int64)


async def test_an_upgraded_group_is_written_to_under_its_new_number(store: Store) -> None:
    number = await group(store, -7, awake(upgraded="-100777"))
    assert (await facts(store, [number], [BOT])).chat_id.tolist() == [-100777]


async def test_earlier_posts_of_campaigns_count_and_nothing_else(store: Store) -> None:
    chess, other = await group(store, -1), await group(store, -2)
    async with store.transaction() as tx:
        old, recent, lost, others, answer, person = await put(
            tx,
            *(campaign(0, f"{n}", group_no=chess, campaign="b:fair") for n in range(3)),
            campaign(0, "x", group_no=other, campaign="b:fair"),
            campaign(0, "y", group_no=chess, cls=MessageClass.INTERACTIVE),
            campaign(5, "z"),
        )
        await sent(tx, old, NOW - 8 * DAY - 1)
        for message, at in ((recent, NOW - 8 * DAY), (others, NOW - 1), (answer, NOW), (person, NOW)):
            await sent(tx, message, at)
        await tx.ledger.move([Move(lost.id, State.PLANNED, State.SENDING, permit_ms=NOW - HOUR)])
        await tx.ledger.move([Move(lost.id, State.SENDING, State.UNKNOWN)])
    found = await facts(store, [chess, other], [BOT, BOT])
    assert found.recent_ms.tolist() == [[NOW - 8 * DAY, NOW - HOUR + PERMIT_VALID_MS], [NOW - 1, 0]]


async def test_two_bots_that_ask_at_once_do_not_both_take_the_last_free_place(store: Store) -> None:
    chess = await group(store, -1, awake(**{f"bot_{OTHER_BOT}": MEMBER}))
    async with store.transaction() as tx:
        rows = await put(
            tx,
            *(
                campaign(0, f"{bot}", group_no=chess, campaign="b:fair", bot_id=bot)
                for bot in (BOT, OTHER_BOT)
            ),
        )

    async def permit(place: int) -> bool:
        async with store.transaction() as tx:
            known = await tx.post_facts([chess], [rows[place].bot_id], NOW)
            verdict = may_post(known, PostAsk(("b:fair",), ("",)), NOW)
            if verdict.allowed[0]:
                await tx.ledger.move([Move(rows[place].id, State.PLANNED, State.SENDING, permit_ms=NOW)])
            else:
                assert Reason(int(verdict.reasons[0])) is Reason.GROUP_LIMIT
            return bool(verdict.allowed[0])

    assert sorted(await asyncio.gather(permit(0), permit(1))) == [False, True]
