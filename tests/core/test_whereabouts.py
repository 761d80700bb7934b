"""Posts go where the people are whom they are for, by a bot that may write there, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from adapters.memory import MemoryStore
from core.consent import Reason
from core.identity import Place, telegram
from core.ledger import MessageClass, Move, NewMessage, State
from core.ports import Membership
from core.profile import GroupState
from core.whereabouts import SEEN_MS, Choice, Chosen, Wanted, choose_groups

DAY, HOUR = 86_400_000, 3_600_000
NOON = 20_000 * DAY + 12 * HOUR
LATER = NOON + 2 * DAY
BOT, HELPER = 42, 43
MEMBER = "member send_messages"
DAYTIME = {19_999: dict.fromkeys(range(16, 40), 3)}
ANYWHERE = Wanted("b:fair", LATER, segments=("ENGAGED",))


class Town:
    """Groups with so many people of a segment in them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self._people = 0

    async def group(self, chat_id: int, people: int, *, segment: str = "ENGAGED", **registers: str) -> int:
        said = {name.replace("_", ":"): (NOON, value) for name, value in registers.items()}
        state = GroupState(hours=DAYTIME, latest={f"bot:{BOT}": (NOON, MEMBER), **said}, threads={7: 3})
        async with self.store.transaction() as tx:
            no = (await tx.groups.resolve([Place(chat_id, "supergroup")], NOON))[chat_id]
            await tx.groups.save([replace((await tx.groups.load([no]))[no], state=state)])
            for _ in range(people):
                self._people += 1
                person = (await tx.people.resolve([telegram(self._people)], NOON))[telegram(self._people)]
                record = (await tx.people.load([person]))[person]
                await tx.people.save([replace(record, segments={segment: 0.9})])
                await tx.groups.see([Membership(no, person, NOON, NOON)])
            return no

    async def post(self, group_no: int, sent_ms: int) -> None:
        row = NewMessage(
            MessageClass.CAMPAIGN, "b:old", f"{sent_ms}", 0, BOT, -1, NOON, LATER, {}, group_no=group_no
        )
        async with self.store.transaction() as tx:
            (message,) = await tx.ledger.add([row], NOON)
            assert message is not None
            await tx.ledger.move([Move(message.id, State.PLANNED, State.SENDING, permit_ms=sent_ms)])
            await tx.ledger.move([Move(message.id, State.SENDING, State.SENT, sent_ms=sent_ms)])

    async def choose(self, wanted: Wanted = ANYWHERE, now_ms: int = NOON) -> Chosen:
        async with self.store.transaction() as tx:
            return await choose_groups(tx, wanted, now_ms)

    async def chosen(self, wanted: Wanted = ANYWHERE, now_ms: int = NOON) -> list[int]:
        return [one.group_no for one in (await self.choose(wanted, now_ms)).groups]


async def test_the_liveliest_groups_of_the_segment_come_first_and_no_more_than_asked_for() -> None:
    town = Town()
    few, many, some = [await town.group(-n, people) for n, people in ((1, 1), (2, 5), (3, 3))]
    await town.group(-4, 9, segment="COLD_LEAD")
    assert await town.chosen() == [many, some, few]
    assert await town.chosen(replace(ANYWHERE, at_most=2)) == [many, some]
    assert await town.chosen(replace(ANYWHERE, least_people=3)) == [many, some]
    (first, *_) = (await town.choose()).groups
    assert first == Choice(many, BOT, -2, 0, 5, NOON)


async def test_who_was_not_seen_for_a_month_is_not_there() -> None:
    town = Town()
    await town.group(-1, 2)
    assert await town.chosen(now_ms=NOON + SEEN_MS + 1) == []


async def test_an_audience_stands_in_for_a_segment() -> None:
    town = Town()
    one, two = await town.group(-1, 3), await town.group(-2, 1)
    assert await town.chosen(Wanted("b:fair", LATER, among=[1, 4])) == [one, two]
    assert await town.chosen(Wanted("b:fair", LATER, among=[4])) == [two]
    assert await town.chosen(Wanted("b:fair", LATER)) == [one, two]


async def test_no_group_is_chosen_in_which_no_bot_may_write() -> None:
    town = Town()
    removed = await town.group(-1, 3, bot_42="removed")
    muted = await town.group(-2, 2, bot_42="member")
    found = await town.choose()
    assert found.groups == ()
    assert found.shut == dict.fromkeys((removed, muted), (int(Reason.NO_RIGHTS), 0))


async def test_the_first_bot_writes_that_may() -> None:
    town = Town()
    await town.group(-1, 3, bot_42="member", bot_43=MEMBER)
    assert [one.bot_id for one in (await town.choose()).groups] == [HELPER]
    assert await town.chosen(replace(ANYWHERE, bots=(BOT,))) == []
    await town.group(-2, 4, bot_43=MEMBER)
    both = replace(ANYWHERE, bots=(HELPER, BOT), at_most=1)
    assert [one.bot_id for one in (await town.choose(both)).groups] == [HELPER]


async def test_a_group_waits_for_its_limit_and_its_morning_as_long_as_the_post_can() -> None:
    town = Town()
    no = await town.group(-1, 3)
    night, morning = NOON + 10 * HOUR, NOON + 20 * HOUR
    assert [one.due_ms for one in (await town.choose(now_ms=night)).groups] == [morning]
    await town.post(no, NOON - HOUR)
    assert [one.due_ms for one in (await town.choose()).groups] == [NOON + 23 * HOUR]
    hasty = await town.choose(replace(ANYWHERE, until_ms=NOON + HOUR))
    assert hasty == Chosen((), {no: (int(Reason.GROUP_LIMIT), NOON + 23 * HOUR)})


async def test_a_vip_group_is_chosen_only_by_name() -> None:
    town = Town()
    vip = await town.group(-1, 9)
    plain = await town.group(-2, 1)
    wanted = replace(ANYWHERE, vip=frozenset({-1}))
    assert await town.chosen(wanted) == [plain]
    assert await town.chosen(replace(wanted, named=(-1,))) == [vip]


async def test_named_groups_are_asked_alone_and_those_that_nobody_knows_are_told() -> None:
    town = Town()
    await town.group(-1, 9)
    quiet = await town.group(-2, 0)
    found = await town.choose(replace(ANYWHERE, named=(-2, -77)))
    assert [one.group_no for one in found.groups] == [quiet]
    assert found.unknown == (-77,)


async def test_a_forum_topic_must_be_open_there() -> None:
    town = Town()
    seen = await town.group(-1, 3)
    opened = await town.group(-2, 2, topic_7="open", topic_9="open")
    closed = await town.group(-3, 1, topic_7="closed")
    found = await town.choose(replace(ANYWHERE, thread=7))
    assert [(one.group_no, one.thread) for one in found.groups] == [(seen, 7), (opened, 7)]
    assert found.no_thread == (closed,)
    assert await town.chosen(replace(ANYWHERE, thread=9)) == [opened]
