"""No update keeps aiogram busy for ever: formats within formats, or brackets within brackets."""

from __future__ import annotations

from typing import Any

import pytest

from bot.readable import MAX_DEPTH, readable
from bot.texts import say
from core.errors import ContentError
from tests.core.flow.worlds import ANNA, BORA
from tests.edges.bot.shop import Shop


def nested(times: int, *, kind: str = "bold") -> Any:
    """Text in so many formats at once."""
    text: Any = "STOP"
    for _ in range(times):
        text = {"type": kind, "text": [text]}
    return text


def rich(times: int) -> dict[str, Any]:
    return {"rich_message": {"blocks": [{"type": "paragraph", "text": nested(times)}]}}


async def test_text_in_many_formats_at_once_keeps_nobody_waiting() -> None:
    shop = Shop()
    await shop.world.writes(ANNA, rich(40))  # without care: longer than the age of the universe
    former = {"message_id": 1, "date": 1, "chat": {"id": ANNA, "type": "private"}, **rich(40)}
    await shop.world.writes(ANNA, {"text": "/help", "reply_to_message": former})
    await shop.world.says(BORA, "/help")
    assert await shop.serve() == [say("help", "en")] * 2


def test_rich_messages_are_left_out_wherever_they_stand() -> None:
    update = {
        "update_id": 1,
        "message": {"text": "hi", "pinned_message": {"message_id": 2, **rich(9)}, **rich(9)},
        "others": [rich(3), {"a": 1}],
    }
    assert readable(update) == {
        "update_id": 1,
        "message": {"text": "hi", "pinned_message": {"message_id": 2}},
        "others": [{}, {"a": 1}],
    }


def test_what_is_nested_deeper_than_any_real_update_is_refused() -> None:
    deep: Any = []
    for _ in range(MAX_DEPTH - 3):
        deep = [deep]
    assert readable({"update_id": 1, "message": deep}) == {"update_id": 1, "message": deep}
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(ContentError, match="too deep"):
        readable({"update_id": 1, "message": deep})
