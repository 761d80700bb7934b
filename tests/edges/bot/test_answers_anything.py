"""Whatever people and Telegram send, the handlers answer it, refuse it by name or stay silent."""

from __future__ import annotations

import orjson

from bot.visitor import Terms
from core.errors import ContentError
from core.ports import RawUpdate
from tests.botapi.generate import Generator, as_bytes
from tests.core.flow.worlds import BOT, NOW
from tests.edges.bot.shop import Shop, params

KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "pre_checkout_query",
    "shipping_query",
)
WORDS = ("/start", "/settings", "/mydata", "/forget", "/language tr", "/timezone Asia/Tokyo", "VIP?", "DUR")


def updates(seed: int, count: int) -> list[RawUpdate]:
    """Valid ones, mutated ones, and commands among them."""
    generator = Generator(seed, people=12, chats=3)
    found = []
    for turn in range(count):
        update = generator.update(KINDS[turn % len(KINDS)])
        message = update.get("message")
        if isinstance(message, dict) and turn % 4 < 3:
            message["text"] = WORDS[turn // 6 % len(WORDS)] + " " * (turn % 3) * 5_000
        wrong = generator.mutated(update) if turn % 5 == 0 else update
        found.append(RawUpdate(turn + 1, as_bytes(wrong), NOW))
    return found


async def test_no_update_makes_a_handler_fall() -> None:
    shop = Shop(terms=Terms(vip_stars=100))
    async with shop.world.store.transaction() as tx:
        await tx.inbox.add(BOT, updates(seed=11, count=700))
    await shop.world.apply(limit=1_000)
    async with shop.world.store.transaction(write=False) as tx:
        rows = await tx.inbox.unhandled(2_000)
    refused = 0
    for row in rows:
        try:
            await shop.run(row)
        except ContentError:
            refused += 1
    assert len(rows) > 100
    assert refused < len(rows) / 5  # every fifth was mutated
    assert {"answerCallbackQuery", "answerPreCheckoutQuery", "answerInlineQuery"} <= set(shop.line.names())
    assert len(shop.world.messenger.sent) > 20
    for sent in shop.world.messenger.sent:
        words = params(sent.body)
        assert "parse_mode" not in words
        assert len(str(words.get("text", ""))) <= 4096
        assert orjson.dumps(sent.body)
