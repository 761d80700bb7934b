"""Runs the handlers for one stored update: aiogram's dispatcher over our session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from aiogram import Bot, Dispatcher
from aiogram.types import Update

from bot.broadcaster import Broadcaster
from bot.handlers import router
from bot.readable import readable
from bot.session import Answering, LedgerSession, answering
from bot.visitor import BotFace, FindVisitor, House, Terms
from core.errors import ContentError
from core.identity import Sender
from core.ports import InboxRow


class Answers:
    """All bots of the installation. `broadcaster`: what operators may do from Telegram; None: nothing."""

    def __init__(
        self,
        faces: Sequence[BotFace],
        house: House,
        find_visitor: FindVisitor,
        terms: Terms | None = None,
        broadcaster: Broadcaster | None = None,
    ) -> None:
        session = LedgerSession(house, faces)
        self._faces = {face.bot_id: face for face in faces}
        self._bots = {face.bot_id: Bot(face.token, session=session) for face in faces}
        self._find_visitor = find_visitor
        self._known: dict[str, Any] = {
            "house": house,
            "terms": terms or Terms(),
            "bots": [face.bot_id for face in faces],
            "broadcaster": broadcaster,
        }
        self._dispatcher = Dispatcher(disable_fsm=True)
        self._dispatcher.include_router(router())

    async def handle(self, row: InboxRow, sender: Sender) -> bool:
        """Run the handlers for this update; whether its person is known. Raises ContentError when aiogram
        can't read it."""
        bot = self._bots.get(row.bot_id)
        if bot is None:
            raise ContentError(f"no bot {row.bot_id} is configured any more")
        try:
            update = Update.model_validate(readable(orjson.loads(row.body)), context={"bot": bot})
        except ValueError as error:  # no JSON to orjson, or no Update to aiogram
            raise ContentError("aiogram can't read this update") from error
        visitor = await self._find_visitor(sender.identity, sender.language)
        extra = {"visitor": visitor, "face": self._faces[row.bot_id], **self._known}
        token = answering.set(Answering(sender.identity, row.update_id, row.received_ms))
        try:
            await self._dispatcher.feed_update(bot, update, **extra)
        finally:
            answering.reset(token)
        return visitor.known
