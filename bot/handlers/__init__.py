"""The handlers, joined in the order in which they are asked."""

from __future__ import annotations

from aiogram import Router

from bot.handlers import broadcast, buttons, commands, forgotten, groups, payments, preferences, rights, talk
from bot.handlers.filters import at_a_private_chat, in_private


def router() -> Router:
    """A new router with all handlers; a router belongs to one dispatcher only. Questions that are never
    answered twice (payments, inline) stand beside the private chat; groups hear nothing but a hint. Whoever
    was forgotten comes to none of them."""
    root = Router(name="kairos")
    private = Router(name="private")
    private.message.filter(in_private)
    private.edited_message.filter(in_private)
    private.callback_query.filter(at_a_private_chat)
    private.include_routers(
        broadcast.router(),
        commands.router(),
        preferences.router(),
        rights.router(),
        payments.router(),
        buttons.router(),
        talk.router(),
    )
    root.include_routers(forgotten.router(), payments.questions(), private, groups.router())
    return root
