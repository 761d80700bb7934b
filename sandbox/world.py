"""The simulated Telegram: its state, and what people do in it.

Promises: what people do here becomes a true Telegram update in the queue of the bot and a line in the
log. Private chats are this module's; the rooms `community` (groups), `shop` (payments), `polls`, `inline`
and `business` hold the rest.

Leaves to others: HTTP, validation and limits (`sandbox.botapi`), and why people do things
(`sandbox.people`).
"""

from collections.abc import Callable

from sandbox.accounts import BotAccount, Json, TelegramUser
from sandbox.business import Business
from sandbox.clock import Parking
from sandbox.community import Community
from sandbox.groups import Group, InviteLink
from sandbox.inline import Inline
from sandbox.log import Emitted, Received, SandboxLog
from sandbox.polls import Polls
from sandbox.shop import Shop
from sandbox.state import Refusal, State
from sandbox.updates import (
    Invoice,
    Payment,
    app_data_part,
    callback_update,
    edited_update,
    inaccessible_message,
    media_part,
    member_update,
    message_update,
    part_update,
    reaction_update,
    start_update,
)

__all__ = [
    "BotAccount",
    "Emitted",
    "Group",
    "InviteLink",
    "Invoice",
    "Json",
    "Parking",
    "Payment",
    "Received",
    "Refusal",
    "SandboxLog",
    "TelegramUser",
    "World",
]


class World(State):
    """One Telegram with its rooms. `clock` returns milliseconds since the epoch, UTC."""

    def __init__(
        self,
        clock: Callable[[], int],
        log: SandboxLog | None = None,
        parking: Parking | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(clock, log, parking, seed)
        self.community = Community(self)
        self.shop = Shop(self)
        self.polls = Polls(self)
        self.inline = Inline(self)
        self.business = Business(self)

    # -- words -----------------------------------------------------------------------------------

    def say(self, user_id: int, bot_id: int, text: str, *, at_ms: int | None = None) -> int:
        """A person writes to a bot; whoever blocked it takes that back first, as Telegram's apps demand."""
        self._enter(user_id, bot_id, at_ms)
        message_id = self.next_message_id(user_id, bot_id)
        body = message_update(self.users[user_id], text, message_id=message_id, at_ms=self._at(at_ms))
        return self.emit(bot_id, body, at_ms=at_ms)

    def start(
        self, user_id: int, bot_id: int, payload: str | None = None, *, at_ms: int | None = None
    ) -> int:
        """A person opens the bot with /start, perhaps by a deep link with a payload."""
        self._enter(user_id, bot_id, at_ms)
        message_id = self.next_message_id(user_id, bot_id)
        body = start_update(self.users[user_id], payload, message_id=message_id, at_ms=self._at(at_ms))
        return self.emit(bot_id, body, at_ms=at_ms)

    def send(self, user_id: int, bot_id: int, part: Json) -> int:
        """A person sends a message that carries this `part`; returns the message's number."""
        self._enter(user_id, bot_id, None)
        message_id = self.next_message_id(user_id, bot_id)
        self.emit(bot_id, part_update(self.users[user_id], part, message_id=message_id, at_ms=self.clock()))
        return message_id

    def send_media(self, user_id: int, bot_id: int, kind: str, caption: str = "") -> int:
        """A person sends a photo, a voice message, a place ...; returns the message's number."""
        return self.send(user_id, bot_id, media_part(kind, f"of{user_id}", caption))

    def edit(self, user_id: int, bot_id: int, message_id: int, text: str, *, sent_ms: int) -> int:
        """A person changes the words of a message of theirs."""
        user = self.users[user_id]
        body = edited_update(user, text, message_id=message_id, sent_ms=sent_ms, at_ms=self.clock())
        return self.emit(bot_id, body)

    def app_data(self, user_id: int, bot_id: int, button: str, data: str) -> int:
        """A Mini App that was opened by a keyboard button sends its data; returns the message's number."""
        return self.send(user_id, bot_id, app_data_part(button, data))

    def say_in_group(self, user_id: int, group_id: int, text: str) -> list[int]:
        """A person writes in a group; every bot there gets the message. Returns the update ids."""
        return self.community.say(user_id, group_id, text)

    # -- taps and reactions ----------------------------------------------------------------------

    def tap(self, user_id: int, bot_id: int, message_id: int, data: str, *, at_ms: int | None = None) -> int:
        """A person taps an inline button of a message."""
        user = self.users[user_id]
        message = self.chat(bot_id, user_id).message(message_id)
        if message is None:
            message = inaccessible_message(user.as_chat(), message_id)
        body = callback_update(user, message, data, query_id=self.ask(bot_id, user_id, self._at(at_ms)))
        return self.emit(bot_id, body, at_ms=at_ms)

    def tap_in_group(self, user_id: int, bot_id: int, group_id: int, button: tuple[int, str]) -> int:
        """A person taps an inline button, (message, data), of a bot's message in a group."""
        message_id, data = button
        message = self.chat(bot_id, group_id).message(message_id)
        if message is None:
            message = inaccessible_message(self.groups[group_id].as_chat(), message_id)
        query_id = self.ask(bot_id, user_id, self.clock())
        return self.emit(bot_id, callback_update(self.users[user_id], message, data, query_id=query_id))

    def react(self, user_id: int, bot_id: int, message_id: int, emoji: str, former: str = "") -> int:
        """A person puts a reaction on a message of the private chat, or takes it away (empty)."""
        user = self.users[user_id]
        body = reaction_update(user, user.as_chat(), message_id, (former, emoji), self.clock())
        return self.emit(bot_id, body)

    # -- payments without an invoice in the chat -----------------------------------------------------

    def pay(
        self, user_id: int, bot_id: int, *, currency: str, total_amount: int, payload: str, charge_id: str
    ) -> int:
        """A payment of a person to a bot went through; the amount is in minor units (`XTR`: Stars)."""
        return self.shop.settle(user_id, bot_id, Payment(currency, total_amount, payload, charge_id))

    # -- coming and going ------------------------------------------------------------------------

    def block(self, user_id: int, bot_id: int, *, at_ms: int | None = None) -> int:
        """A person blocks a bot."""
        return self._set_blocked(user_id, bot_id, True, at_ms)

    def unblock(self, user_id: int, bot_id: int, *, at_ms: int | None = None) -> int:
        """A person takes the block back."""
        return self._set_blocked(user_id, bot_id, False, at_ms)

    def deactivate(self, user_id: int) -> None:
        """A person deletes the account: bots hear of it only when they write to them."""
        self.users[user_id].deactivated = True

    def _set_blocked(self, user_id: int, bot_id: int, blocked: bool, at_ms: int | None) -> int:
        self.chat(bot_id, user_id).blocked = blocked
        body = member_update(self.users[user_id], self.bots[bot_id], blocked=blocked, at_ms=self._at(at_ms))
        return self.emit(bot_id, body, at_ms=at_ms)

    def _enter(self, user_id: int, bot_id: int, at_ms: int | None) -> None:
        chat = self.chat(bot_id, user_id)
        if chat.blocked:
            self.unblock(user_id, bot_id, at_ms=at_ms)
        chat.opened = True
