"""Every update that the sandbox can make and every answer to its newer methods is read by both libraries."""

from __future__ import annotations

import json
import warnings

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BufferedInputFile, LabeledPrice, Update

from sandbox.accounts import Json
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.groups import USUAL_RIGHTS
from sandbox.serve import wall_clock_ms
from sandbox.updates import MEDIA_KINDS
from sandbox.world import Group, Invoice, TelegramUser, World
from tests.edges.sandbox.conftest import ADA, BORA, BOT, TOKEN

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import telegram

TOWN = -1_001_000
ALL = [
    *("message", "edited_message", "my_chat_member", "chat_member", "chat_join_request", "message_reaction"),
    *(
        "message_reaction_count",
        "poll",
        "poll_answer",
        "pre_checkout_query",
        "shipping_query",
        "inline_query",
    ),
    *("chosen_inline_result", "business_connection", "business_message", "edited_business_message"),
    *("deleted_business_messages", "callback_query"),
]
OFFER = Invoice("Cream", "For hands", "order", "TRY", (("Cream", 4_900),), "provider", flexible=True)


def town() -> World:
    world = World(wall_clock_ms)
    world.add_bot(TOKEN, "first_bot", "First")
    world.queue(BOT).allow(ALL)
    for user in (TelegramUser(ADA, "Ada", "Demir", "ada", "tr", True), TelegramUser(BORA, "Bora")):
        world.add_user(user)
    return world


def in_private(world: World) -> None:
    world.start(ADA, BOT, "spring")
    for kind in MEDIA_KINDS:
        world.send_media(ADA, BOT, kind, "" if kind in {"dice", "location", "contact"} else "look")
    number = world.app_data(ADA, BOT, "Sizes", "{}")
    world.edit(ADA, BOT, number, "new", sent_ms=wall_clock_ms())
    world.react(ADA, BOT, number, "👍")
    poll = world.polls.make(
        BOT, "Tea?", ("yes", "no"), {"type": "regular", "is_anonymous": False} | _SETTINGS
    )
    world.polls.vote(ADA, poll.id, [0])
    query = world.inline.search(ADA, BOT, "vip")
    world.inline.answer(query, [{"id": "7"}])
    world.inline.choose(query)


_SETTINGS = {"allows_multiple_answers": False, "allows_revoting": True, "members_only": False}


def with_money(world: World) -> None:
    world.shop.check_out_link(ADA, world.shop.link(BOT, OFFER))
    shipping = world.log.emitted()[-1].body["shipping_query"]
    assert isinstance(shipping, dict)
    option: Json = {"id": "fast", "title": "Fast", "prices": [{"label": "Fast", "amount": 100}]}
    world.shop.answer_shipping(BOT, shipping["id"], [option])
    checkout = world.log.emitted()[-1].body["pre_checkout_query"]
    assert isinstance(checkout, dict)
    world.shop.answer_checkout(BOT, checkout["id"], ok=True)
    assert not world.shop.refund(next(iter(world.shop.sales))), "Telegram gives Stars back, nothing else"
    world.pay(ADA, BOT, currency="XTR", total_amount=250, payload="vip", charge_id="stars")
    assert world.shop.refund("stars")


def in_groups(world: World) -> None:
    community = world.community
    community.found(ADA, Group(TOWN, "Town"))
    community.add_bot(ADA, TOWN, BOT, sorted(USUAL_RIGHTS))
    link = community.make_link(TOWN, world.users[ADA].as_user(), "asking", asks=True)
    community.join(BORA, TOWN, link.url)
    community.answer_request(ADA, TOWN, BORA, approve=True)
    thread = community.open_topic(ADA, TOWN, "Talk")
    community.say(BORA, TOWN, "hi", thread=thread)
    community.edit(BORA, TOWN, thread + 1, "hello")
    community.react(BORA, TOWN, thread + 1, "🔥")
    community.count_reactions(TOWN, thread + 1, {"🔥": 3})
    community.leave(BORA, TOWN)
    community.found(ADA, Group(-44, "Small", "group", bots={BOT}))
    community.upgrade(ADA, -44)
    community.remove_bot(ADA, TOWN, BOT)


def in_business(world: World) -> None:
    connection = world.business.connect(ADA, BOT)
    number = world.business.write(connection, BORA, {"text": "open?"})
    world.business.edit(connection, BORA, number, {"text": "open now?"})
    world.business.delete(connection, BORA, [number])


def test_every_update_is_one_for_both_libraries() -> None:
    world = town()
    for live in (in_private, with_money, in_groups, in_business):
        live(world)
    queued = [update.as_json() for update in world.queue(BOT).take(100, wall_clock_ms())]
    assert len(queued) == len(world.log.emitted())
    ours = [Update.model_validate_json(update) for update in queued]
    theirs = [telegram.Update.de_json(json.loads(update), None) for update in queued]
    assert {update.event_type for update in ours} == set(ALL) - {"callback_query"}
    assert [update.update_id for update in theirs] == [update.update_id for update in ours]


async def test_aiogram_reads_what_the_newer_methods_answer() -> None:
    world = town()
    world.start(ADA, BOT, None)
    server = BotApiServer(world, Limits(chat_burst=20))
    base = await server.start()
    world.community.found(ADA, Group(TOWN, "Town"))
    world.community.add_bot(ADA, TOWN, BOT, sorted(USUAL_RIGHTS))
    async with Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base))) as bot:
        file = BufferedInputFile(b'{"me": 1}', "me.json")
        document = (await bot.send_document(ADA, file, caption="yours")).document
        assert document is not None
        assert (document.file_name, document.file_size) == ("me.json", 9)
        poll = (await bot.send_poll(ADA, "Tea?", ["yes", "no"], is_anonymous=False)).poll
        assert poll is not None
        assert poll.options[0].text == "yes"
        price = [LabeledPrice(label="VIP", amount=250)]
        sold = await bot.send_invoice(ADA, "VIP", "A month", "vip", "XTR", price)
        assert sold.invoice is not None
        world.shop.check_out(ADA, BOT, sold.message_id)
        (query,) = [one for one in await bot.get_updates() if one.pre_checkout_query is not None]
        assert query.pre_checkout_query is not None
        assert await bot.answer_pre_checkout_query(query.pre_checkout_query.id, ok=True)
        (charge,) = world.shop.sales
        assert await bot.refund_star_payment(ADA, charge)
        assert (await bot.create_chat_invite_link(TOWN, name="vip")).name == "vip"
        assert (await bot.get_chat_member(TOWN, BOT)).status == "administrator"
        assert [one.status for one in await bot.get_chat_administrators(TOWN)] == ["creator", "administrator"]
        copied = await bot.copy_message(ADA, ADA, sold.message_id)
        assert copied.message_id > sold.message_id
    await server.stop()
