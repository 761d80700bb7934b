"""What handlers ask of the installation, over a real Bot API server: files, edits, and who stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.visitors import Visitors, never_passed_over
from bot.visitor import FORGET_YES, File, Visitor
from core.errors import NotFoundError
from core.event import Event
from core.flow.reply import Reply, ReplyDeps
from core.identity import Captured, Identity, telegram
from core.ledger import State
from sandbox.botapi.server import BotApiServer
from sandbox.world import TelegramUser
from sandbox.world import World as Telegram
from tests.core.flow.worlds import ANNA, World

TOKEN = "42:sandbox-secret"


@dataclass(slots=True)
class Office:
    """One bot at a sandbox, one person who has spoken with it."""

    world: World
    telegram: Telegram
    visitors: Visitors


async def nobody(_: Identity) -> bool:
    return False


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    world = World()
    there = Telegram(world.clock.now_ms)
    there.add_bot(TOKEN, "demo_bot", "Demo")
    there.add_user(TelegramUser(ANNA, "Anna"))
    there.open_chat(ANNA, 42)
    server = BotApiServer(there)
    base = await server.start()
    async with TelegramClient(TOKEN, base) as client:
        deps = ReplyDeps(world.store, world.pacer, TelegramMessenger([client], world.clock), world.clock)
        await world.pacer.grant(42, [], world.clock.now_ms())
        world.clock.advance(2)
        yield Office(world, there, Visitors(deps, [client], "tr", nobody))
    await server.stop()


def document(step: str = "1") -> Reply:
    params = {"chat_id": ANNA, "caption": "Verilerin", "reply_markup": {"inline_keyboard": []}}
    return Reply(42, telegram(ANNA), ANNA, step, {"method": "sendDocument", "params": params})


async def test_a_file_arrives_with_its_words_and_only_they_are_kept(office: Office) -> None:
    await office.world.says(ANNA, "/mydata")
    await office.world.apply()
    secret = b"canary " * 300_000
    file = File("document", "verilerim.json", secret)
    receipt = await office.world.through(office.visitors.answer(document(), file))
    assert receipt is not None
    arrived = office.telegram.chat(42, ANNA).message(receipt.telegram_id)
    assert arrived is not None
    assert arrived["caption"] == "Verilerin"
    assert "document" in arrived
    async with office.world.store.transaction(write=False) as tx:
        (row,) = await tx.ledger.latest(5)
    assert (row.state, row.telegram_id) == (State.SENT, receipt.telegram_id)
    assert "canary" not in str(row.body)
    assert await office.world.through(office.visitors.answer(document(), file)) is None


async def test_an_edit_changes_the_message_in_its_turn(office: Office) -> None:
    await office.world.says(ANNA, "/settings")
    await office.world.apply()
    words = Reply(
        42, telegram(ANNA), ANNA, "1", {"method": "sendMessage", "params": {"chat_id": ANNA, "text": "a"}}
    )
    receipt = await office.world.through(office.visitors.answer(words))
    assert receipt is not None
    change = {"chat_id": ANNA, "message_id": receipt.telegram_id, "text": "b"}
    await office.world.through(office.visitors.call(42, "editMessageText", change))
    arrived = office.telegram.chat(42, ANNA).message(receipt.telegram_id)
    assert arrived is not None
    assert arrived["text"] == "b"


async def test_a_stranger_is_spoken_to_in_the_own_language_else_in_ours(office: Office) -> None:
    stranger = telegram(77)
    assert await office.visitors.find(stranger, "en") == Visitor(stranger, "en", consented=False, known=False)
    assert (await office.visitors.find(stranger, "fr")).language == "tr"


async def test_what_was_chosen_stands_in_the_record(office: Office) -> None:
    for data in ("set:language:en", "set:muted:news.poll", "set:quiet:off", "consent:all"):
        await office.world.taps(ANNA, data)
    await office.world.apply()
    visitor = await office.visitors.find(telegram(ANNA), "tr")
    assert (visitor.language, visitor.consented) == ("en", True)
    assert visitor.preferences.muted == frozenset({"news", "poll"})
    assert visitor.preferences.quiet == "off"


async def test_a_bot_that_is_not_configured_is_said_by_number(office: Office) -> None:
    with pytest.raises(NotFoundError, match="bot 43"):
        await office.visitors.call(43, "answerCallbackQuery", {})


@pytest.mark.parametrize(
    ("kind", "button", "kept"),
    [
        ("pre_checkout_query", "", True),
        ("callback_query", FORGET_YES, True),
        ("callback_query", "menu:vip", False),
        ("message", "", False),
    ],
)
def test_money_and_the_wish_to_be_forgotten_are_never_passed_over(kind: str, button: str, kept: bool) -> None:
    events = (Event("1:1:0", 1, "button_tapped", 42, {"button": button}),) if button else ()
    assert never_passed_over(Captured(kind, None, events)) is kept
