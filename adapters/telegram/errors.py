"""What Telegram's answers mean, as a table: which refusal is final, and why.

A description is matched by a part of its text, in lower case, first line first. What no line knows is
`other`: refused for good, but nothing is concluded about the person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from core.errors import AmbiguousError, RateLimitedError, RejectedError, TransportError

REFUSALS: Final[tuple[tuple[str, str], ...]] = (
    ("bot was blocked by the user", "blocked"),
    ("user is deactivated", "deactivated"),
    ("bot can't initiate conversation", "not_started"),
    ("chat not found", "chat_not_found"),
    ("user not found", "chat_not_found"),
    ("peer_id_invalid", "chat_not_found"),
    ("bot was kicked", "kicked"),
    ("is not a member", "kicked"),
    ("group chat was deactivated", "kicked"),
    ("group chat was deleted", "kicked"),
    ("chat_write_forbidden", "kicked"),
    ("have no rights to send", "kicked"),
    ("not enough rights to send", "kicked"),
    ("can't parse entities", "bad_content"),
    ("text is empty", "bad_content"),
    ("text must be non-empty", "bad_content"),
    ("is too long", "bad_content"),
    ("button", "bad_content"),
    ("reply markup", "bad_content"),
    ("keyboard", "bad_content"),
    ("wrong file identifier", "bad_content"),
    ("wrong remote file", "bad_content"),
    ("failed to get http url content", "bad_content"),
    ("wrong type of the web page content", "bad_content"),
    ("photo_invalid", "bad_content"),
    ("media_empty", "bad_content"),
)
"""Part of Telegram's description -> name of `core.ledger.REJECTIONS`."""

UNAUTHORIZED: Final = frozenset({401, 404})
"""A token that is unknown or revoked, or has no token's form."""
CONFLICT: Final = 409
TOO_MANY: Final = 429
SERVER_ERROR: Final = 500

_QUOTED = re.compile(r'"[^"]*"')
_LONGEST = 200


class ConflictError(TransportError):
    """409: another poller or a webhook takes this bot's updates. `webhook`: it is a webhook."""

    def __init__(self, message: str, *, webhook: bool = False) -> None:
        super().__init__(message)
        self.webhook = webhook


def error_of(answer: Mapping[str, object]) -> TransportError:
    """The error that an answer with `ok: false` stands for."""
    status = cast("int", answer.get("error_code", 0))
    says = described(answer)
    raw = answer.get("parameters")
    parameters = cast("Mapping[str, int]", raw) if isinstance(raw, dict) else {}
    if status == TOO_MANY:
        wait = float(parameters.get("retry_after", 1))
        return RateLimitedError(f"Telegram asks to wait {wait:.0f} s", retry_after_s=wait)
    if status >= SERVER_ERROR:
        return AmbiguousError(f"Telegram failed with {status}: {says}")
    if status == CONFLICT:
        return ConflictError(
            f"Telegram gives this bot's updates to somebody else: {says}", webhook="webhook" in says.lower()
        )
    if status in UNAUTHORIZED:
        return RejectedError(f"Telegram does not know this bot's token: {says}", code="unauthorized")
    return RejectedError(
        f"Telegram refused: {says}", code=code_of(says), migrate_to=parameters.get("migrate_to_chat_id")
    )


def code_of(description: str) -> str:
    """The name of a refusal in `core.ledger.REJECTIONS`."""
    text = description.lower()
    return next((code for part, code in REFUSALS if part in text), "other")


def described(answer: Mapping[str, object]) -> str:
    """Telegram's description without what it quotes of a message: that may be people's words."""
    return _QUOTED.sub('"..."', str(answer.get("description", "no description")))[:_LONGEST]
