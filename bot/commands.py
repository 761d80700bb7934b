"""The commands that Telegram's apps offer behind the slash, in every language."""

from __future__ import annotations

from typing import Any, Final

from bot.texts import DEFAULT, LANGUAGES, say

NAMES: Final = ("start", "help", "settings", "stop", "mydata", "forget")


def command_lists() -> list[dict[str, Any]]:
    """Parameters of `setMyCommands`: for everybody first, then for those whose client speaks a language."""
    return [_commands(DEFAULT), *({**_commands(one), "language_code": one} for one in LANGUAGES)]


def _commands(language: str) -> dict[str, Any]:
    shown = [{"command": name, "description": say(f"command-{name}", language)} for name in NAMES]
    return {"commands": shown, "scope": {"type": "all_private_chats"}}
