"""Links in messages: how they are written, and what happens when somebody opens one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from core.content import Link, Links
from core.flow.click import ClickDeps, click
from core.keyed import click_token, read_click, sign_link
from core.ports import Clock

PATH: Final = "/l/"
"""Tracked links lead to `listen.public_url` + PATH + token."""
START_S: Final = 90 * 86_400
"""How long the code of a start button is taken for ours."""

Follow = Callable[[str, bool], Awaitable[str | None]]


def link_of(key: bytes, public_url: str) -> Link | None:
    """Tracked addresses of messages; None without a public address: links lead straight to their end."""
    if not public_url:
        return None
    return lambda message_id, place: f"{public_url}{PATH}{click_token(key, message_id, place)}"


def links_of(key: bytes, username: str, now_ms: int, *, track: bool) -> Links:
    """How a content's addresses are written now when the bot of this username sends it."""
    return Links(track, partial(_start, key, username, now_ms // 1000 + START_S) if username else None)


def _start(key: bytes, username: str, expires_s: int, code: str) -> str:
    return f"https://t.me/{username}?start={sign_link(key, code, expires_s)}"


def follower(deps: ClickDeps, key: bytes, clock: Clock) -> Follow:
    """Answers (token, whether it counts) with the address, None for a token that is not ours."""

    async def follow(token: str, counts: bool) -> str | None:
        found = read_click(key, token)
        if found is None:
            return None
        clicked = await click(deps, *found, clock.now_ms(), counts=counts)
        return clicked.address if clicked is not None else None

    return follow
