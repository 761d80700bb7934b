"""A book of evidence to plant violations in: what people did, what the server saw, what the product wrote
down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sandbox.accounts import BotAccount, Json, TelegramUser
from sandbox.log import Emitted, Received
from sandbox.referee import Evidence, Verdict, judge
from sandbox.updates import bot_message, callback_update, member_update, message_update

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = round(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)
NOON = MONDAY + 12 * HOUR
BOT = BotAccount(111, "111:token", "a_bot", "A")
SECOND_BOT = BotAccount(222, "222:token", "b_bot", "B")
LIMITS: dict[str, dict[str, float]] = {
    "HOT_LEAD": {"daily_limit": 3, "cooldown_h": 4, "period_days": 1},
    "ENGAGED": {"daily_limit": 2, "cooldown_h": 6, "period_days": 1},
    "WARM_LEAD": {"daily_limit": 2, "cooldown_h": 12, "period_days": 2},
    "COLD_LEAD": {"daily_limit": 1, "cooldown_h": 72, "period_days": 7},
}


@dataclass
class Case:
    """Collects evidence; every method says what happened and when (UTC milliseconds)."""

    received: list[Received] = field(default_factory=list)
    emitted: list[Emitted] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    inbox: list[tuple[int, int, str]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def judge(self) -> Verdict:
        """What the referee says."""
        return judge(self.evidence())

    def evidence(self) -> Evidence:
        """The evidence as it stands; everything emitted was acknowledged."""
        offsets = {one.bot_id: one.update_id + 1 for one in self.emitted}
        given: dict[str, Any] = {
            "received": self.received,
            "emitted": self.emitted,
            "ledger": self.ledger,
            "limits": LIMITS,
            "inbox": self.inbox,
            "acknowledged": offsets,
        }
        return Evidence(**(given | self.more))

    # -- people ----------------------------------------------------------------------------------

    def types(self, user: int, at: int, text: str, bot: BotAccount = BOT, handed_after: int = 0) -> None:
        body = message_update(_user(user), text, message_id=next(self.numbers), at_ms=at)
        self.emit(at, bot, body, handed_after)

    def taps(self, user: int, at: int, data: str, bot: BotAccount = BOT, handed_after: int = 0) -> None:
        carrier = bot_message(bot, _user(user), "hi", message_id=next(self.numbers), at_ms=at)
        self.emit(at, bot, callback_update(_user(user), carrier, data, query_id=str(at)), handed_after)

    def blocks(self, user: int, at: int, bot: BotAccount = BOT, *, back: bool = False) -> None:
        self.emit(at, bot, member_update(_user(user), bot, blocked=not back, at_ms=at), 0)

    def says_yes(self, user: int, at: int = MONDAY - DAY) -> None:
        self.taps(user, at, "consent:all")

    def emit(self, at: int, bot: BotAccount, body: Json, handed_after: int = 0) -> None:
        """Any update, handed out after so long."""
        number = next(self.numbers)
        self.emitted.append(Emitted(number, at, bot.id, number, body, at + handed_after))
        self.inbox.append((bot.id, number, "done"))

    # -- the product -----------------------------------------------------------------------------

    def row(self, user: int, at: int, segment: str = "HOT_LEAD", **fields: Any) -> dict[str, Any]:
        """A ledger row that says sent, with no message yet."""
        number = next(self.numbers)
        row = {
            "id": number,
            "class": "campaign",
            "campaign": "opt",
            "person": user,
            "chat_id": user,
            "bot_id": BOT.id,
            "segment": segment,
            "step": f"slot-{number}",
            "state": "sent",
            "permit_at_ms": at - 20,
            "sent_at_ms": at + 20,
            "telegram_message_id": None,
            "due_at_ms": at - MINUTE,
        } | fields
        self.ledger.append(row)
        return row

    def accept(
        self,
        row: dict[str, Any],
        at: int,
        *,
        known: bool = True,
        buttons: bool = True,
        method: str = "sendMessage",
    ) -> None:
        """The server accepts a message for this row; `known` says if the product learned its message id."""
        number = next(self.numbers)
        params: Json = {"chat_id": row["chat_id"], "text": "hello"}
        if buttons:
            data = f"c:{row['id']}:offer:yes"
            params["reply_markup"] = {"inline_keyboard": [[{"text": "yes", "callback_data": data}]]}
        self.received.append(
            Received(number, at, row["bot_id"], method, row["chat_id"], number, params, True, None, True)
        )
        if known:
            row["telegram_message_id"] = number

    def campaign(self, user: int, at: int, segment: str = "HOT_LEAD", **fields: Any) -> dict[str, Any]:
        """A campaign message as it should be: a row and its message."""
        row = self.row(user, at, segment, **fields)
        self.accept(row, at)
        return row

    def answer(self, user: int, at: int, **fields: Any) -> dict[str, Any]:
        """An interactive answer as it should be."""
        return self.row(user, at, **{"class": "interactive", "campaign": "reply", "segment": ""} | fields)


def _user(user: int) -> TelegramUser:
    return TelegramUser(user, "P")
