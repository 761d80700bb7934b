"""From a stored update to its meaning: JSON is parsed once, here, and anything that is none is kept aside."""

from __future__ import annotations

import orjson

from bot.capture import Arrival, CaptureRules, capture
from core.errors import ContentError
from core.flow.capture import Read
from core.identity import Captured
from core.ports import InboxRow
from core.text import opts_out, topics


def reader(*, granted_on_start: bool, text_version: str) -> Read:
    """What updates mean where consent works like this. The result raises ContentError for garbage."""
    rules = CaptureRules(topics, opts_out, granted_on_start, text_version)

    def read(row: InboxRow) -> Captured:
        try:
            update = orjson.loads(row.body)
        except orjson.JSONDecodeError as error:
            raise ContentError("the update is no JSON") from error
        if not isinstance(update, dict):
            raise ContentError("the update is no object")
        return capture(update, Arrival(row.bot_id, row.update_id, row.received_ms), rules)

    return read
