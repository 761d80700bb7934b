"""What people get back: the real handlers on aiogram, their answers through the real ledger, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bot.answering import Answers
from bot.texts import pick, say
from bot.visitor import BotFace, Visitor
from core.errors import ContentError, TransportError
from core.flow.reply import Reply, reply
from core.identity import Identity
from core.ledger import State
from core.ports import InboxRow, Receipt
from tests.core.flow.worlds import ANNA, BOT, OTHER_BOT, World, human, read

FACE = BotFace(BOT, f"{BOT}:TEST", "Kairos Boutique", "kairos_boutique_bot")


@dataclass(slots=True)
class Counter:
    """The shop's counter: answers go through the ledger, small calls are written down."""

    world: World
    called: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    broken: bool = False

    async def answer(self, ask: Reply) -> Receipt | None:
        return await reply(self.world.replying, ask)

    async def call(self, bot_id: int, method: str, params: Mapping[str, object]) -> object:
        self.called.append((method, params))
        if self.broken:
            raise TransportError("query is too old")
        return True

    async def find(self, identity: Identity, client_language: str) -> Visitor:
        async with self.world.store.transaction(write=False) as tx:
            number = await tx.people.find(identity)
            assert number is not None
            latest = (await tx.people.load([number]))[number].state.latest
        chosen = latest.get("language", (0, ""))[1]
        consented = latest.get("consent", (0, ""))[1] == "given"
        return Visitor(identity, pick(chosen, client_language, "en"), consented)


@dataclass(slots=True)
class Shop:
    world: World = field(default_factory=World)
    counter: Counter = field(init=False)
    answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        self.counter = Counter(self.world)
        self.answers = Answers([FACE], self.counter, self.counter.find)

    async def serve(self) -> list[str]:
        """Let everything take effect and run the handlers; the texts that people got by that."""
        before = len(self.world.messenger.sent)
        for row in await self.waiting():
            await self.run(row)
            async with self.world.store.transaction() as tx:
                await tx.inbox.handled([row.id])
        return [str(params(one.body)["text"]) for one in self.world.messenger.sent[before:]]

    async def waiting(self) -> list[InboxRow]:
        await self.world.apply()
        async with self.world.store.transaction(write=False) as tx:
            return await tx.inbox.unhandled(100)

    async def run(self, row: InboxRow) -> None:
        sender = read(row).sender
        assert sender is not None
        await self.world.through(self.answers.handle(row, sender))

    def buttons(self) -> list[str]:
        """What the buttons below the latest answer mean."""
        markup = params(self.world.messenger.sent[-1].body).get("reply_markup", {})
        assert isinstance(markup, Mapping)
        return [button["callback_data"] for row in markup["inline_keyboard"] for button in row]


def params(body: Mapping[str, object]) -> Mapping[str, object]:
    found = body["params"]
    assert isinstance(found, Mapping)
    return found


async def test_start_greets_by_name_and_asks_what_one_wants_to_hear() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start spring")
    (text,) = await shop.serve()
    assert text.startswith("Hello P1001! I am Kairos Boutique.")
    assert say("consent-ask", "en") in text
    assert shop.buttons()[:2] == ["consent:all", "consent:none"]


async def test_who_has_agreed_is_not_asked_again() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    await shop.world.taps(ANNA, "consent:all")
    assert (await shop.serve())[-1] == say("consent-thanks", "en")
    await shop.world.says(ANNA, "/start")
    (text,) = await shop.serve()
    assert say("consent-ask", "en") not in text
    assert shop.buttons() == ["menu:price", "menu:vip", "menu:support", "menu:news"]


async def test_a_no_is_answered_politely_and_every_tap_is_acknowledged() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "consent:none")
    assert await shop.serve() == [say("consent-declined", "en")]
    assert [name for name, _ in shop.counter.called] == ["answerCallbackQuery"]


@pytest.mark.parametrize("words", ["/stop", "DUR", "stop!"])
async def test_stop_is_confirmed_whichever_way_it_is_said(words: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, words)
    assert await shop.serve() == [say("stopped", "en")]


async def test_people_are_spoken_to_in_the_language_they_chose() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/language tr")
    assert await shop.serve() == [say("language-set", "tr")]
    await shop.world.says(ANNA, "/help")
    assert await shop.serve() == [say("help", "tr")]
    await shop.world.says(ANNA, "/language xx")
    assert await shop.serve() == [say("language-help", "tr")]


async def test_a_timezone_is_confirmed_or_explained() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/timezone Europe/Istanbul")
    await shop.world.says(ANNA, "/timezone Middle Earth")
    assert await shop.serve() == [
        say("timezone-set", "en", zone="Europe/Istanbul"),
        say("timezone-help", "en"),
    ]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("what is the price?", "answer-price"),
        ("VIP please", "answer-vip"),
        ("I have a problem, help", "answer-support"),
    ],
)
async def test_words_about_a_topic_get_its_answer_with_the_menu(words: str, key: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, words)
    assert await shop.serve() == [say(key, "en")]
    assert shop.buttons() == ["menu:price", "menu:vip", "menu:support", "menu:news"]


async def test_what_nobody_understands_waits_for_an_operator_in_silence() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "the weather is fine today")
    assert await shop.serve() == []


async def test_a_payment_is_thanked_for() -> None:
    shop = Shop()
    sale = {
        "currency": "XTR",
        "total_amount": 500,
        "invoice_payload": "vip",
        "telegram_payment_charge_id": "t1",
        "provider_payment_charge_id": "",
    }
    await shop.world.says(ANNA, "", successful_payment=sale)
    assert await shop.serve() == [say("payment-thanks", "en")]


async def test_the_menu_answers_below_its_message() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "menu:vip")
    assert await shop.serve() == [say("answer-vip", "en")]
    await shop.world.taps(ANNA, "menu:nonsense")
    assert await shop.serve() == []


async def test_a_tap_below_a_campaign_is_answered_in_the_tap_itself() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "c:17:offer:buy")
    await shop.world.taps(ANNA, "c:17:offer:whatever")
    assert await shop.serve() == []
    assert [str(given["text"]) for _, given in shop.counter.called] == [
        say("campaign-buy", "en"),
        say("campaign-thanks", "en"),
    ]


async def test_a_handler_that_runs_twice_answers_once() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    (row,) = await shop.waiting()
    await shop.run(row)
    await shop.run(row)
    assert len(shop.world.messenger.sent) == 1
    async with shop.world.store.transaction(write=False) as tx:
        (kept,) = await tx.ledger.latest(10)
    assert (kept.state, kept.cls) == (State.SENT, "interactive")


async def test_two_updates_are_two_answers_even_if_their_numbers_recur() -> None:
    """Telegram restarts its numbers after a quiet week: the moment of receipt tells them apart."""
    shop = Shop()
    await shop.world.says(ANNA, "/help")
    (row,) = await shop.waiting()
    await shop.run(row)
    later = InboxRow(row.id + 1, BOT, row.update_id, row.received_ms + 9 * 86_400_000, row.body, "applied")
    await shop.run(later)
    assert len(shop.world.messenger.sent) == 2


async def test_somebody_who_blocked_the_bot_meanwhile_gets_nothing_and_nothing_breaks() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    await shop.waiting()
    shop.world.clock.advance(2)
    await shop.world.blocks(ANNA)
    assert await shop.serve() == []


async def test_an_acknowledgement_that_comes_too_late_harms_nobody() -> None:
    shop = Shop()
    shop.counter.broken = True
    await shop.world.taps(ANNA, "menu:price")
    assert await shop.serve() == [say("answer-price", "en")]


async def test_what_aiogram_cannot_read_and_bots_of_the_past_are_said_by_name() -> None:
    shop = Shop()
    update = {
        "message": {"date": 1, "from": human(ANNA), "chat": {"id": ANNA, "type": "private"}, "text": "/x"}
    }
    await shop.world.arrives(update)
    (row,) = await shop.waiting()
    with pytest.raises(ContentError, match="aiogram can't read"):
        await shop.run(row)
    stranger = InboxRow(row.id, OTHER_BOT, row.update_id, row.received_ms, row.body, row.state)
    with pytest.raises(ContentError, match=f"no bot {OTHER_BOT}"):
        await shop.run(stranger)


async def test_a_persons_name_is_never_a_template() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start", name="{ $bot } <b>")
    (text,) = await shop.serve()
    assert text.startswith("Hello { $bot } <b>!")
