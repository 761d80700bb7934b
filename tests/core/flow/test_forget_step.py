"""Who asks to be forgotten is: whatever crashes on the way, and without taking anything from others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.memory import MemoryMessenger
from core.errors import StoreError
from core.flow.capture import apply_pending
from core.flow.deliver import recover
from core.flow.forget import (
    PATIENCE_MS,
    ForgetDeps,
    Forgotten,
    erase_asked,
    finish_erased,
    forget_pending,
    request_erasure,
)
from core.flow.handle import HandleDeps, handle_pending
from core.identity import Identity, telegram
from core.ledger import Move, State
from core.ports import Guard, HotRow, InboxRow, Receipt, Transaction
from tests.core.flow.worlds import ANNA, BORA, BOT, HOUR, MINUTE, World


def hashed(identity: Identity) -> str:
    return f"#{identity.namespace}:{identity.value}"


@dataclass(slots=True)
class Logs:
    """What the logs were asked to make unreadable."""

    asked: list[list[str]] = field(default_factory=list)

    async def scrub(self, words: Sequence[str]) -> None:
        self.asked.append(list(words))


@dataclass(slots=True)
class House:
    """A world in which people can be forgotten."""

    world: World = field(default_factory=World)
    logs: Logs = field(default_factory=Logs)

    @property
    def deps(self) -> ForgetDeps:
        return ForgetDeps(self.world.store, self.world.hot, hashed, self.logs.scrub)

    @property
    def now(self) -> int:
        return self.world.clock.now_ms()

    async def ask(self, person: int) -> bool:
        return await request_erasure(self.world.store, telegram(person), self.now)

    async def answer_all(self) -> None:
        async def handle(_: InboxRow) -> None:
            """Nothing to say."""

        await handle_pending(HandleDeps(self.world.store, handle))

    async def open(self) -> list[tuple[bool, bool]]:
        """(erased, done) of the wishes on the list."""
        async with self.world.store.transaction(write=False) as tx:
            return [(one.erased_ms > 0, one.done_ms > 0) for one in await tx.erasures.open()]


@pytest.fixture
async def house() -> House:
    """Anna and Bora said yes and were answered; both have an offer waiting."""
    house = House()
    await house.world.engage()
    await house.world.settle(ANNA, BORA)
    await house.answer_all()
    await house.world.offers(ANNA, BORA)
    return house


async def known(house: House, person: int) -> bool:
    async with house.world.store.transaction(write=False) as tx:
        return await tx.people.find(telegram(person)) is not None


async def test_who_asks_is_gone_from_everywhere_and_the_list_is_empty(house: House) -> None:
    number = await house.world.number(ANNA)
    before = await house.world.kinds(BORA)
    assert await house.ask(ANNA)
    assert await forget_pending(house.deps, house.now + 5) == Forgotten(erased=1, done=1)
    assert not await known(house, ANNA)
    assert await house.world.hot.read([number]) == {}
    assert house.world.hot.compacted == 1
    assert await house.open() == []
    async with house.world.store.transaction(write=False) as tx:
        assert await tx.erasures.suppressed([hashed(telegram(ANNA))]) == {
            hashed(telegram(ANNA)): house.now + 5
        }
        assert await tx.erasures.figures() == (1, 1, 5)
        states = {m.person_no: m.state for m in await tx.ledger.export(0, 99)}
    assert states == {-number: State.SUPPRESSED, await house.world.number(BORA): State.PLANNED}
    assert await house.world.kinds(BORA) == before
    assert await forget_pending(house.deps, house.now + 9) == Forgotten()


async def test_the_wish_itself_ends_campaigns_at_once(house: House) -> None:
    number = await house.world.number(ANNA)
    await house.ask(ANNA)
    await house.ask(ANNA)
    async with house.world.store.transaction() as tx:
        assert number not in await tx.people.due_for_planning(house.now + 9 * HOUR, 99)
        (facts,) = [await tx.people.consent_history(number)]
        assert not facts[-1].granted
        assert len(await tx.erasures.open()) == 1
    assert not await request_erasure(house.world.store, telegram(4711), house.now), "a stranger"


async def test_the_logs_are_asked_before_nobody_knows_the_words_any_more(house: House) -> None:
    await house.world.says(ANNA, "hello", name="Anna")
    await house.world.apply()
    await house.answer_all()
    await house.ask(ANNA)
    await erase_asked(house.deps, house.now)
    assert house.logs.asked == [[str(ANNA)], [str(ANNA)]]


async def test_what_waits_for_its_effect_or_answer_is_waited_for(house: House) -> None:
    await house.ask(ANNA)
    await house.world.says(ANNA, "one more word")
    assert await erase_asked(house.deps, house.now) == Forgotten(waiting=1)
    await house.world.apply()
    assert await erase_asked(house.deps, house.now) == Forgotten(waiting=1)
    await house.answer_all()
    assert await erase_asked(house.deps, house.now) == Forgotten(erased=1)


async def test_an_update_of_somebody_else_that_mentions_them_has_its_effect_first(house: House) -> None:
    await house.ask(ANNA)
    quoted = {"message_id": 1, "date": 1, "from": {"id": ANNA, "first_name": "Anna"}, "text": "mine"}
    await house.world.says(BORA, "yes, VIP", reply_to_message=quoted)
    before = len(await house.world.kinds(BORA))
    assert (await erase_asked(house.deps, house.now)).waiting == 1
    await house.world.apply()
    assert len(await house.world.kinds(BORA)) > before
    assert (await erase_asked(house.deps, house.now)).erased == 1
    async with house.world.store.transaction(write=False) as tx:
        (row,) = await tx.inbox.unhandled(9)
    assert b"yes, VIP" in row.body, "Bora's handler still has what Bora said"
    assert b"mine" not in row.body


async def test_patience_ends(house: House) -> None:
    await house.ask(ANNA)
    await house.world.says(ANNA, "nobody ever applies this")
    assert (await erase_asked(house.deps, house.now + PATIENCE_MS - 1)).waiting == 1
    assert (await erase_asked(house.deps, house.now + PATIENCE_MS)).erased == 1
    assert "received" not in await house.world.inbox()


async def test_who_comes_back_with_start_is_somebody_new(house: House) -> None:
    number = await house.world.number(ANNA)
    await house.ask(ANNA)
    await forget_pending(house.deps, house.now)
    capture = replace(house.world.capture, suppressed_as=hashed)
    house.world.clock.advance(60)
    await house.world.says(ANNA, "I am still here")
    await apply_pending(capture, house.now)
    assert not await known(house, ANNA), "a word does not bring anybody back"
    house.world.clock.advance(60)
    await house.world.says(ANNA, "/start")
    await apply_pending(capture, house.now)
    assert await house.world.number(ANNA) != number


# ------------------------------------------------------------------------------------------ their messages
async def test_a_message_of_a_forgotten_person_whose_sender_was_killed_is_closed_about_nobody(
    house: House,
) -> None:
    """It had been answered while it was being sent."""
    number = await house.world.number(ANNA)
    async with house.world.store.transaction() as tx:
        (offer,) = [m for m in await tx.ledger.queue(9) if m.person_no == number]
        await tx.ledger.move([Move(offer.id, offer.state, State.SENDING, permit_ms=house.now)])
    await house.world.taps(ANNA, f"c:{offer.id}:offer:more")
    await house.world.apply()
    await house.answer_all()
    await house.ask(ANNA)
    assert (await erase_asked(house.deps, house.now + 11 * MINUTE)).erased == 1
    assert await recover(house.world.store, BOT, house.now + 12 * MINUTE) == 1
    row = await house.world.row(offer.id)
    assert (row.state, row.person_no) == (State.SENT, -number)
    assert await events_about(house, number) == []


class ForgettingMessenger(MemoryMessenger):
    """While a message is under way its person's time of waiting is over."""

    def __init__(self, house: House) -> None:
        super().__init__(house.world.clock.now_ms)
        self._house = house

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        if chat_id == ANNA:
            number = await self._house.world.number(ANNA)
            async with self._house.world.store.transaction() as tx:
                await tx.erasures.erase(number, [hashed(telegram(ANNA))], self._house.now)
        return await super().send(bot_id, chat_id, body)


async def test_who_is_forgotten_while_their_message_leaves_is_in_no_event(house: House) -> None:
    """The round still commits what became of the others."""
    number = await house.world.number(ANNA)
    await house.world.pacer.grant(BOT, [], house.now)
    house.world.clock.advance(2)
    sending = replace(house.world.sending, messenger=ForgettingMessenger(house))
    done = await house.world.deliver(deps=sending)
    assert done.sent == 2
    assert await events_about(house, number) == []
    assert "campaign_sent" in await house.world.kinds(BORA)


async def events_about(house: House, number: int) -> list[str]:
    """Kinds of events under the number of somebody who is gone, or under its negative."""
    async with house.world.store.transaction(write=False) as tx:
        found = await tx.events.export((0, ""), 999)
    return [item.event.kind for item in found if abs(item.person_no) == number]


# ------------------------------------------------------------------------------------------ crashes
async def test_without_redis_sql_forgets_and_the_rest_follows(house: House) -> None:
    number = await house.world.number(ANNA)
    await house.ask(ANNA)
    house.world.hot.absent = True
    first = await forget_pending(house.deps, house.now)
    assert (first.erased, first.done) == (1, 0)
    assert any("does not answer" in why for why in first.left)
    assert await house.open() == [(True, False)]
    house.world.hot.absent = False
    assert (await house.world.hot.read([number])) != {}, "it has not heard of it yet"
    assert await forget_pending(house.deps, house.now) == Forgotten(done=1)
    assert await house.world.hot.read([number]) == {}


async def test_files_that_are_not_ours_to_rewrite_are_named_and_the_wish_is_done(house: House) -> None:
    await house.ask(ANNA)
    house.world.hot.refuses = True
    ended = await forget_pending(house.deps, house.now)
    assert ended.done == 1
    assert any("rewrite its files" in why for why in ended.left)


class Crash(Exception):
    """The process ends here."""


def crashing(name: str) -> Callable[[House], ForgetDeps]:
    """Dependencies of which one call ends the process."""

    async def crash(*_: Any) -> None:
        raise Crash

    def make(house: House) -> ForgetDeps:
        if name == "scrub":
            return replace(house.deps, scrub=crash)
        place, method = name.split(".")
        inner = getattr(house.deps, place)
        changes: dict[str, Any] = {place: _Crashing(inner, method)}
        return replace(house.deps, **changes)

    return make


class _Crashing:
    """Passes everything on but one call."""

    def __init__(self, inner: Any, method: str) -> None:
        self._inner = inner
        self._method = method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            raise Crash
        return getattr(self._inner, name)


@pytest.mark.parametrize("where", ["scrub", "hot.forget", "store.compact", "hot.compact"])
async def test_after_a_crash_anywhere_it_is_done_the_next_time(where: str, house: House) -> None:
    number = await house.world.number(ANNA)
    await house.ask(ANNA)
    with pytest.raises(Crash):
        await forget_pending(crashing(where)(house), house.now)
    await forget_pending(house.deps, house.now + MINUTE)
    assert await house.open() == []
    assert not await known(house, ANNA)
    assert await house.world.hot.read([number]) == {}
    assert [str(ANNA)] in house.logs.asked or where != "scrub"


async def test_a_full_database_changes_nothing_and_is_tried_again(house: House) -> None:
    await house.ask(ANNA)
    house.world.store.failing = True
    with pytest.raises(StoreError):
        await erase_asked(house.deps, house.now)
    assert await known(house, ANNA)
    house.world.store.failing = False
    assert await forget_pending(house.deps, house.now) == Forgotten(erased=1, done=1)


async def test_a_run_whose_right_was_lost_takes_no_effect(house: House) -> None:
    async def lost(_: Transaction) -> bool:
        return False

    guard: Guard = lost
    await house.ask(ANNA)
    assert (await erase_asked(house.deps, house.now, guard)).erased == 0
    assert await known(house, ANNA)
    await erase_asked(house.deps, house.now)
    assert (await finish_erased(house.deps, house.now, guard)).done == 0
    assert await house.open() == [(True, False)]


async def test_a_writer_that_is_late_can_not_bring_the_profile_back(house: House) -> None:
    record = await house.world.record(ANNA)
    await house.ask(ANNA)
    await forget_pending(house.deps, house.now)
    await house.world.hot.write([HotRow(record.person_no, record.seq + 1, record.hot)])
    assert await house.world.hot.read([record.person_no]) == {}


async def test_asking_again_changes_nothing_unless_there_was_a_yes_in_between(house: House) -> None:
    for _ in range(2):
        assert await house.ask(ANNA)
        house.world.clock.advance(1)
    assert (await house.world.kinds(ANNA)).count("consent_withdrawn") == 1
    await house.world.taps(ANNA, "consent:all")
    await house.world.apply()
    house.world.clock.advance(1)
    assert await house.ask(ANNA)
    assert (await house.world.record(ANNA)).state.latest["consent"][1] == "withdrawn"
    assert await house.open() == [(False, False)]
