"""A test of a broadcast reaches operators who may send, marked as a test, and counts nowhere."""

from __future__ import annotations

from app.parts import Operator
from app.trial import NOT_STARTED, Trial, send_trial
from core.broadcast import parse
from core.ledger import MessageClass
from tests.core.flow.broadcasts import deps, document, town
from tests.core.flow.worlds import ANNA, BORA, OTHER_BOT, World

AYSE = Operator(ANNA, "ayse", "marketer")
STRANGER = Operator(4_711, "stranger", "owner")
HELPER = Operator(BORA, "ben", "viewer")
TWO = [{"content": "spring"}, {"name": "sun", "content": "summer"}]


def trial(world: World, *operators: Operator) -> Trial:
    return Trial(deps(world), world.replying, operators)


async def test_every_variant_comes_with_a_line_that_says_what_it_is() -> None:
    world = await town(ANNA, BORA)
    broadcast = parse(document(variants=TWO))
    found = await world.through(send_trial(trial(world, AYSE, HELPER, STRANGER), broadcast))
    assert [(one.operator, one.sent) for one in found] == [("ayse", 2), ("stranger", 0)]
    assert found[1].words == NOT_STARTED
    texts = [str(one.body["text"]) for one in world.messenger.sent]
    assert texts == [
        "TEST of the broadcast hello, variant a. Only operators get this.",
        f"Hello P{ANNA}",
        "TEST of the broadcast hello, variant sun. Only operators get this.",
        f"Sun, P{ANNA}",
    ]
    async with world.store.transaction(write=False) as tx:
        assert await tx.ledger.counts(MessageClass.CAMPAIGN) == {}
        assert await tx.ledger.counts(MessageClass.SERVICE) == {"sent": 4}


async def test_a_test_can_be_asked_for_again_and_consent_is_not_asked() -> None:
    world = await town(ANNA)
    await world.says(ANNA, "/stop")
    await world.apply()
    for _ in range(2):
        await world.through(send_trial(trial(world, AYSE), parse(document())))
        world.clock.advance(1)
    assert len(world.messenger.sent) == 4


async def test_what_can_not_be_sent_is_said() -> None:
    world = await town(ANNA)
    [lost] = await world.through(send_trial(trial(world, AYSE), parse(document(content="winter"))))
    assert (lost.sent, lost.words) == (0, "0 of 1 variants sent")
    [elsewhere] = await world.through(send_trial(trial(world, AYSE), parse(document(bot=OTHER_BOT))))
    assert elsewhere.words == NOT_STARTED
    await world.switch("kill", "stop")
    [stopped] = await world.through(send_trial(trial(world, AYSE), parse(document())))
    assert stopped.sent == 0
