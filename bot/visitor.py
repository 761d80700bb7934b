"""Who stands before a handler, and the way its answers take: values and Protocols of the bot's room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.flow.reply import Reply
from core.identity import Identity
from core.ports import Receipt


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person a handler answers: language to speak, and whether campaigns were allowed."""

    identity: Identity
    language: str
    consented: bool


FindVisitor = Callable[[Identity, str], Awaitable[Visitor]]
"""(identity, client language) -> Visitor."""


class Outbox(Protocol):
    """Where answers go: messages through the ledger, mere acknowledgements straight to Telegram."""

    async def answer(self, ask: Reply) -> Receipt | None: ...
    async def call(self, bot_id: int, method: str, params: Mapping[str, object]) -> object: ...


@dataclass(frozen=True, slots=True)
class BotFace:
    """A bot as people see it."""

    bot_id: int
    token: str
    name: str
    username: str
