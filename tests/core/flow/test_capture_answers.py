"""What people do is matched to the campaign message that earned it, once, and never when it is a refusal."""

from __future__ import annotations

import pytest

from core.ledger import Message, Move, State
from tests.core.flow.worlds import ANNA, HOUR, MINUTE, OTHER_BOT, World


async def written_to(world: World, state: State = State.SENT) -> Message:
    """Anna has got an offer, as far as is known, a minute ago."""
    await world.settle(ANNA)
    (offer,) = await world.offers(ANNA)
    now_ms = world.clock.now_ms()
    async with world.store.transaction() as tx:
        await tx.ledger.move([Move(offer.id, State.PLANNED, State.SENDING, permit_ms=now_ms)])
        if state is State.SENT:
            await tx.ledger.move([Move(offer.id, State.SENDING, state, sent_ms=now_ms + 80, telegram_id=77)])
        elif state is not State.SENDING:
            await tx.ledger.move([Move(offer.id, State.SENDING, state)])
    world.clock.advance(MINUTE / 1000)
    return await world.row(offer.id)


async def test_a_tap_on_a_campaign_button_is_a_response_to_that_message() -> None:
    world = World()
    offer = await written_to(world)
    await world.taps(ANNA, f"c:{offer.id}:offer:more")
    assert (await world.apply()).responses == 1
    assert (await world.row(offer.id)).answered_ms == world.clock.now_ms()
    record = await world.record(ANNA)
    assert record.state.answers == (world.clock.now_ms(),)
    assert record.plan_after_ms == 0


async def test_words_soon_after_a_message_are_a_reply_to_it() -> None:
    world = World()
    offer = await written_to(world)
    await world.says(ANNA, "tell me more")
    assert (await world.apply()).responses == 1
    assert (await world.row(offer.id)).answered_ms > 0


async def test_words_to_another_bot_or_much_later_are_no_reply() -> None:
    world = World()
    offer = await written_to(world)
    await world.says(ANNA, "hello there", bot=OTHER_BOT)
    assert (await world.apply()).responses == 0
    world.clock.advance(6 * HOUR / 1000)
    await world.says(ANNA, "hello again")
    assert (await world.apply()).responses == 0
    assert (await world.row(offer.id)).answered_ms == 0


async def test_a_reply_that_names_the_message_counts_days_later() -> None:
    world = World()
    offer = await written_to(world)
    world.clock.advance(30 * HOUR / 1000)
    await world.says(ANNA, "still there?", reply_to_message={"message_id": 77})
    assert (await world.apply()).responses == 1
    assert (await world.row(offer.id)).answered_ms > 0


async def test_a_purchase_within_three_days_is_a_sale_by_the_message() -> None:
    world = World()
    await written_to(world)
    world.clock.advance(50 * HOUR / 1000)
    await world.pays(ANNA)
    assert (await world.apply()).responses == 1
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        latest = (await tx.events.of_person(number, 10))[:2]
    answer = next(item.event for item in latest if item.event.kind == "campaign_answered")
    assert answer.props["how"] == "sale"


async def test_only_the_first_response_to_a_message_counts_in_one_batch_and_over_batches() -> None:
    world = World()
    offer = await written_to(world)
    await world.taps(ANNA, f"c:{offer.id}:offer:more")
    await world.says(ANNA, "and the price?")
    assert (await world.apply()).responses == 1
    first_ms = (await world.row(offer.id)).answered_ms
    world.clock.advance(5)
    await world.taps(ANNA, f"c:{offer.id}:offer:more")
    assert (await world.apply()).responses == 0
    assert (await world.row(offer.id)).answered_ms == first_ms


@pytest.mark.parametrize("word", ["DUR", "stop", "İPTAL"])
async def test_an_opt_out_word_is_a_no_and_not_a_response(word: str) -> None:
    world = World()
    offer = await written_to(world)
    await world.says(ANNA, word)
    done = await world.apply()
    assert (done.events, done.responses) == (2, 0)
    assert (await world.row(offer.id)).answered_ms == 0
    assert "consent_withdrawn" in await world.kinds(ANNA)


async def test_an_opt_out_hides_no_response_that_was_given_beside_it() -> None:
    world = World()
    offer = await written_to(world)
    await world.taps(ANNA, f"c:{offer.id}:offer:more")
    await world.says(ANNA, "STOP")
    assert (await world.apply()).responses == 1


async def test_a_tap_proves_that_a_message_of_unknown_fate_arrived() -> None:
    world = World()
    offer = await written_to(world, State.UNKNOWN)
    await world.taps(ANNA, f"c:{offer.id}:offer:more")
    await world.apply()
    row = await world.row(offer.id)
    assert (row.state, row.reason, row.sent_ms) == (State.SENT, "answered", offer.permit_ms)
    assert set((await world.kinds(ANNA))[-3:]) == {"campaign_sent", "button_tapped", "campaign_answered"}
    record = await world.record(ANNA)
    assert (len(record.state.sends), len(record.state.answers)) == (1, 1)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SENDING])
async def test_words_do_not_answer_what_may_never_have_arrived(state: State) -> None:
    world = World()
    offer = await written_to(world, state)
    await world.says(ANNA, "what do you have today?")
    await world.pays(ANNA)
    assert (await world.apply()).responses == 0
    row = await world.row(offer.id)
    assert (row.state, row.answered_ms) == (state, 0)


async def test_an_opt_out_does_not_touch_a_message_of_unknown_fate() -> None:
    world = World()
    offer = await written_to(world, State.UNKNOWN)
    await world.says(ANNA, "STOP")
    await world.apply()
    assert (await world.row(offer.id)).state is State.UNKNOWN


async def test_a_message_still_on_its_way_is_left_to_its_sender() -> None:
    world = World()
    offer = await written_to(world, State.SENDING)
    await world.taps(ANNA, f"c:{offer.id}:offer:more")
    assert (await world.apply()).responses == 1
    row = await world.row(offer.id)
    assert (row.state, row.answered_ms) == (State.SENDING, world.clock.now_ms())


async def test_nobody_answers_a_message_of_somebody_else() -> None:
    world = World()
    offer = await written_to(world)
    await world.settle(1002)
    await world.taps(1002, f"c:{offer.id}:offer:more")
    assert (await world.apply()).responses == 0
    assert (await world.row(offer.id)).answered_ms == 0
