"""What the handlers of this room ask of an update before they answer it.

Coroutines, because aiogram takes every other filter, also F, to a thread and back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiogram.types import CallbackQuery, Message

Ask = Callable[[CallbackQuery], Awaitable[bool]]


async def in_private(message: Message) -> bool:
    return message.chat.type == "private"


async def at_a_private_chat(query: CallbackQuery) -> bool:
    """A button below a message of ours in a private chat; messages too old to be shown count as well."""
    return query.message is not None and query.message.chat.type == "private"


def meaning(*prefixes: str) -> Ask:
    """Buttons whose data begin like this."""

    async def begins(query: CallbackQuery) -> bool:
        return (query.data or "").startswith(prefixes)

    return begins


def exactly(*data: str) -> Ask:
    """Buttons with exactly these data."""

    async def matches(query: CallbackQuery) -> bool:
        return query.data in data

    return matches
