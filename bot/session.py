"""aiogram's session for handlers: what a handler sends becomes a row of the ledger.

So handlers are ordinary aiogram code (`await message.answer(...)`), and still nothing they send can be
doubled by a crash, reach somebody who blocked the bot, or pass by the pacer. A file goes with its message and
is kept nowhere. What a bot asks about itself is answered from its face.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast

from aiogram import Bot
from aiogram.client.default import Default
from aiogram.client.session.base import BaseSession
from aiogram.methods import GetMe, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import BufferedInputFile, Chat, InputFile, Message, User

from bot.visitor import ABOUT_MONEY, BotFace, File, Outbox
from core.errors import RefusedError, TransportError
from core.flow.reply import Reply
from core.identity import Identity

_MESSAGES: Final = ("send", "copy", "forward", "gift")
_PASSING: Final = frozenset(
    {"sendChatAction", "sendMessageDraft", "sendRichMessageDraft", "sendChatJoinRequestWebApp"}
)
"""Shown for a moment and gone: nothing of it stays in the chat."""


def makes_a_message(method: str) -> bool:
    """Whether a call puts a new message before a person: these go through the ledger. Edits, and answers to
    a query, which Telegram takes once only, do not."""
    return method.startswith(_MESSAGES) and method not in _PASSING


@dataclass(slots=True)
class Answering:
    """The update being answered; counts its answers, so that each has a name that a second run repeats."""

    identity: Identity
    update_id: int
    received_ms: int
    given: int = field(default=0)

    def next_step(self) -> str:
        self.given += 1
        return f"{self.received_ms}:{self.update_id}:{self.given}"


answering: ContextVar[Answering] = ContextVar("answering")


class LedgerSession(BaseSession):
    """Sends nothing itself: hands messages to the outbox, and small calls to the lean client."""

    def __init__(self, outbox: Outbox, faces: Sequence[BotFace] = ()) -> None:
        super().__init__()
        self._outbox = outbox
        self._users = {face.bot_id: _user(face) for face in faces}

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's signature
    ) -> TelegramType:
        if isinstance(method, GetMe):
            return cast(TelegramType, self._users[bot.id])
        params = _params(method)
        name = method.__api_method__
        if makes_a_message(name):
            sent = await self._answer(bot.id, name, params)
            return cast(TelegramType, sent)
        try:
            return cast(TelegramType, await self._outbox.call(bot.id, name, params))
        except TransportError:
            if name in ABOUT_MONEY:
                raise  # a sale was lost by this: it is to be seen
            # An acknowledgement that comes too late harms nobody; the answer itself is in the ledger.
            return cast(TelegramType, False)

    async def _answer(self, bot_id: int, name: str, params: Mapping[str, Any]) -> Message:
        """The message as far as it is known; id 0 when it was given before or may not be given."""
        current = answering.get()
        chat_id = int(params["chat_id"] if "chat_id" in params else params["user_id"])
        words, file = _parted(params)
        body = {"method": name, "params": words}
        ask = Reply(bot_id, current.identity, chat_id, current.next_step(), body)
        receipt = await (self._outbox.answer(ask, file) if file else self._outbox.answer(ask))
        at_ms = receipt.at_ms if receipt else 0
        return Message(
            message_id=receipt.telegram_id if receipt else 0,
            date=datetime.fromtimestamp(at_ms / 1000, UTC),
            chat=Chat(id=chat_id, type="private"),
        )

    async def close(self) -> None:
        """Nothing is held open here."""

    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,  # noqa: ASYNC109 - aiogram's signature
        chunk_size: int = 65536,
        raise_for_status: bool = True,
    ) -> AsyncGenerator[bytes, None]:
        nothing: tuple[bytes, ...] = ()
        for piece in nothing:
            yield piece
        raise RefusedError("handlers don't download files")


def _params(method: TelegramMethod[Any]) -> dict[str, Any]:
    """The call's parameters as plain values; aiogram's unset defaults are left to Telegram."""
    dumped = method.model_dump(mode="python", exclude_none=True)
    return {key: value for key, value in dumped.items() if not isinstance(value, Default)}


def _parted(params: Mapping[str, Any]) -> tuple[dict[str, Any], File | None]:
    """What the ledger keeps of a call, and the file that it does not."""
    words = {key: value for key, value in params.items() if not isinstance(value, InputFile)}
    files = [(key, params[key]) for key in params if key not in words]
    if not files:
        return words, None
    (key, file), *more = files
    if more or not isinstance(file, BufferedInputFile):
        raise RefusedError("a handler sends one file a message, from memory")
    return words, File(key, file.filename or key, file.data)


def _user(face: BotFace) -> User:
    return User(id=face.bot_id, is_bot=True, first_name=face.name, username=face.username)
