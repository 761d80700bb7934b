"""The handlers, joined in the order in which they are asked."""

from __future__ import annotations

from aiogram import Router

from bot.handlers import buttons, commands, talk


def router() -> Router:
    """A new router with all handlers; a router belongs to one dispatcher only."""
    root = Router(name="kairos")
    root.include_routers(commands.router(), buttons.router(), talk.router())
    return root
