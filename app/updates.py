"""From a stored update to its meaning: JSON is parsed once, here, and anything that is none is kept aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import orjson

from bot.capture import Arrival, CaptureRules, capture
from bot.capture.frame import unsigned
from core.errors import ContentError
from core.flow.capture import Read
from core.identity import Captured
from core.keyed import read_link
from core.ports import InboxRow
from core.text import DEFAULT, Words


def reader(
    *,
    granted_on_start: bool,
    text_version: str,
    words: Words = DEFAULT,
    buttons: Mapping[str, str] | None = None,
    vip: Iterable[int] = (),
    key: bytes | None = None,
) -> Read:
    """What updates mean under these settings. The result raises ContentError for garbage.

    buttons: callback data -> topic; vip: numbers of VIP groups; key: the installation's own, without which no
    signed link is believed."""
    rules = CaptureRules(
        words.topics,
        words.opts_out,
        granted_on_start,
        text_version,
        dict(buttons or {}),
        frozenset(vip),
        partial(read_link, key) if key is not None else unsigned,
    )

    def read(row: InboxRow) -> Captured:
        try:
            update = orjson.loads(row.body)
        except orjson.JSONDecodeError as error:
            raise ContentError("the update is no JSON") from error
        if not isinstance(update, dict):
            raise ContentError("the update is no object")
        return capture(update, Arrival(row.bot_id, row.update_id, row.received_ms), rules)

    return read
