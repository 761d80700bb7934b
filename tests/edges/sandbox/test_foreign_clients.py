"""Bots written with aiogram and with python-telegram-bot run on the sandbox unchanged."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Callable

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter
from aiogram.filters import CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InaccessibleMessage,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from aiogram.types import User as AiogramUser

from sandbox.accounts import Json
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.serve import wall_clock_ms
from sandbox.updates import bot_message, callback_update, edited_update
from sandbox.world import Group, Received, TelegramUser, World
from tests.edges.sandbox.conftest import ADA, BOT, TOKEN

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import telegram
    from telegram import error as telegram_error
    from telegram import ext

EASY = Limits(chat_burst=20)


class Inbox:
    """What reached a person, and a way to wait for the next message."""

    def __init__(self, world: World) -> None:
        self.messages: list[Json] = []
        self._news = asyncio.Event()
        world.on_message.append(self._hear)

    def _hear(self, received: Received, message: Json) -> None:
        self.messages.append(message)
        self._news.set()

    async def wait_for(self, wanted: Callable[[Json], bool]) -> Json:
        async with asyncio.timeout(20):
            while True:
                self._news.clear()
                for message in self.messages:
                    if wanted(message):
                        return message
                await self._news.wait()


@pytest.fixture
async def town() -> AsyncIterator[tuple[World, Inbox, str]]:
    """A server in real time with one person and one bot."""
    world = World(wall_clock_ms)
    world.add_bot(TOKEN, "first_bot", "First")
    world.add_user(TelegramUser(ADA, "Ada", None, "ada", "tr", True))
    server = BotApiServer(world, EASY)
    base_url = await server.start()
    yield world, Inbox(world), base_url
    await server.stop()


def says(text: str) -> Callable[[Json], bool]:
    return lambda message: message.get("text") == text


async def converse(world: World, inbox: Inbox) -> None:
    """What a person does with either bot: start, tap, chat."""
    world.start(ADA, BOT, "spring")
    greeting = await inbox.wait_for(says("Hello Ada, spring"))
    assert greeting["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    message_id = greeting["message_id"]
    assert isinstance(message_id, int)
    world.tap(ADA, BOT, message_id, "menu:price")
    await inbox.wait_for(says("you chose menu:price"))
    world.say(ADA, BOT, "merhaba 😀")
    await inbox.wait_for(says("echo: merhaba 😀"))
    world.say(ADA, BOT, "photo")
    await inbox.wait_for(lambda message: message.get("caption") == "a photo")
    assert {one.method.lower() for one in world.log.received()} == {
        "sendmessage",
        "sendphoto",
        "answercallbackquery",
        "editmessagetext",
    }
    assert all(one.ok for one in world.log.received())


def aiogram_bot(base_url: str) -> Bot:
    return Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base_url)))


def aiogram_dispatcher() -> Dispatcher:
    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart())
    async def greet(message: Message) -> None:
        assert isinstance(message.from_user, AiogramUser)
        button = InlineKeyboardButton(text="Price", callback_data="menu:price")
        code = (message.text or "").partition(" ")[2]
        await message.answer(
            f"<b>Hello</b> {message.from_user.first_name}, {code}",
            reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]),
            parse_mode=ParseMode.HTML,
        )

    @dispatcher.callback_query(F.data.startswith("menu:"))
    async def choose(query: CallbackQuery) -> None:
        assert isinstance(query.message, Message)
        await query.message.edit_text(f"you chose {query.data}")
        await query.answer("thanks")

    @dispatcher.message(F.text == "photo")
    async def photo(message: Message) -> None:
        await message.answer_photo(BufferedInputFile(b"\xff\xd8x", "x.jpg"), caption="a photo")

    @dispatcher.message()
    async def echo(message: Message) -> None:
        await message.answer(f"echo: {message.text}")

    return dispatcher


async def test_an_aiogram_bot_polls_answers_edits_and_sends_photos(town: tuple[World, Inbox, str]) -> None:
    world, inbox, base_url = town
    bot = aiogram_bot(base_url)
    dispatcher = aiogram_dispatcher()
    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    await converse(world, inbox)
    await dispatcher.stop_polling()
    await polling


async def test_aiogram_reads_every_answer_and_error(town: tuple[World, Inbox, str]) -> None:
    world, _, base_url = town
    world.start(ADA, BOT, None)
    async with aiogram_bot(base_url) as bot:
        assert (await bot.me()).username == "first_bot"
        assert await bot.set_my_commands([BotCommand(command="help", description="Help")])
        assert [one.command for one in await bot.get_my_commands()] == ["help"]
        assert (await bot.get_chat(ADA)).first_name == "Ada"
        assert (await bot.get_webhook_info()).pending_update_count == 1
        assert await bot.send_chat_action(ADA, "typing")
        sent = await bot.send_message(ADA, "x")
        assert await bot.delete_message(ADA, sent.message_id)
        for _ in range(19):
            await bot.send_message(ADA, "x")
        with pytest.raises(TelegramRetryAfter):
            await bot.send_message(ADA, "x")
        world.block(ADA, BOT)
        with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
            await bot.send_message(ADA, "x")
        updates = await bot.get_updates(allowed_updates=["message", "my_chat_member"])
        assert [update.event_type for update in updates] == ["message", "my_chat_member"]


def test_whatever_people_do_is_an_update_both_libraries_understand() -> None:
    world = World(wall_clock_ms)
    bot = world.add_bot(TOKEN, "first_bot", "First")
    ada = TelegramUser(ADA, "Ada", "Demir", "ada", "tr", True)
    world.add_user(ada)
    world.add_group(Group(-7, "Town", bots={BOT}))
    world.start(ADA, BOT, "spring")
    world.say_in_group(ADA, -7, "hello")
    world.tap(ADA, BOT, 1, "an old button")
    sent = bot_message(bot, ada, "pick", message_id=9, at_ms=1_767_225_600_000)
    world.emit(BOT, callback_update(ada, sent, "menu:vip", query_id="5"))
    world.emit(
        BOT, edited_update(ada, "new", message_id=9, sent_ms=1_767_225_600_000, at_ms=1_767_225_700_000)
    )
    world.block(ADA, BOT)
    world.unblock(ADA, BOT)
    world.pay(ADA, BOT, currency="TRY", total_amount=4900, payload="order", charge_id="c-9")

    queued = [update.as_json() for update in world.queue(BOT).take(100, wall_clock_ms())]
    ours = [Update.model_validate_json(update) for update in queued]
    theirs = [telegram.Update.de_json(json.loads(update), None) for update in queued]
    assert [update.update_id for update in ours] == [update.update_id for update in theirs]
    assert [update.event_type for update in ours] == [
        "message",
        "message",
        "callback_query",
        "callback_query",
        "edited_message",
        "my_chat_member",
        "my_chat_member",
        "message",
    ]
    assert ours[-1].message is not None
    assert ours[-1].message.successful_payment is not None
    assert ours[2].callback_query is not None
    assert isinstance(ours[2].callback_query.message, InaccessibleMessage)


async def ptb_greet(update: telegram.Update, context: ext.ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    assert update.effective_user is not None
    button = telegram.InlineKeyboardButton("Price", callback_data="menu:price")
    code = " ".join(context.args or [])
    await update.message.reply_html(
        f"<b>Hello</b> {update.effective_user.first_name}, {code}",
        reply_markup=telegram.InlineKeyboardMarkup([[button]]),
    )


async def ptb_choose(update: telegram.Update, context: ext.ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer("thanks")
    await update.callback_query.edit_message_text(f"you chose {update.callback_query.data}")


async def ptb_chat(update: telegram.Update, context: ext.ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    if update.message.text == "photo":
        await update.message.reply_photo(b"\xff\xd8x", caption="a photo")
    else:
        await update.message.reply_text(f"echo: {update.message.text}")


async def test_a_python_telegram_bot_polls_answers_edits_and_sends_photos(
    town: tuple[World, Inbox, str],
) -> None:
    world, inbox, base_url = town
    app = ext.ApplicationBuilder().token(TOKEN).base_url(f"{base_url}/bot").build()
    app.add_handler(ext.CommandHandler("start", ptb_greet))
    app.add_handler(ext.CallbackQueryHandler(ptb_choose))
    app.add_handler(ext.MessageHandler(ext.filters.TEXT, ptb_chat))
    async with app:
        await app.start()
        assert app.updater is not None
        await app.updater.start_polling()
        await converse(world, inbox)
        assert (await app.bot.get_chat(ADA)).first_name == "Ada"
        world.block(ADA, BOT)
        with pytest.raises(telegram_error.Forbidden, match="blocked by the user"):
            await app.bot.send_message(ADA, "x")
        await app.updater.stop()
        await app.stop()
