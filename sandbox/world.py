"""The state of the simulated Telegram: accounts, chats, messages, and the updates that wait for bots.

Promises: what people do here becomes a true Telegram update in the queue of the bot and a line in the
log; what a bot sends is stored in the chat, logged, and told to `on_message`, from where people answer.
Everything happens on one event loop and at the time of `clock`.

Leaves to others: HTTP, validation and limits (`sandbox.botapi`), and why people do things
(`sandbox.people`).
"""

from collections.abc import Callable
from typing import Literal

import orjson

from sandbox.accounts import BotAccount, Group, Json, TelegramUser
from sandbox.chats import Chat
from sandbox.clock import Parking
from sandbox.log import Emitted, Received, SandboxLog
from sandbox.queues import QUERY_KEPT_MS, UpdateQueue
from sandbox.updates import (
    Payment,
    callback_update,
    inaccessible_message,
    member_update,
    message_update,
    payment_update,
    start_update,
)

__all__ = [
    "BotAccount",
    "Emitted",
    "Group",
    "Json",
    "Parking",
    "Payment",
    "Received",
    "Refusal",
    "SandboxLog",
    "TelegramUser",
    "World",
]

_NUMBERS_SINCE_S = 1_577_836_800  # 2020: ids stay below Telegram's 2**31 for decades

Refusal = Literal["unknown", "not_started", "deactivated", "blocked", "not_member", "kicked"]
"""Why a bot can't write to a chat."""

OnMessage = Callable[[Received, Json], None]


class World:
    """One Telegram, in memory. `clock` returns milliseconds since the epoch, UTC."""

    def __init__(
        self,
        clock: Callable[[], int],
        log: SandboxLog | None = None,
        parking: Parking | None = None,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.log = log if log is not None else SandboxLog()
        self.parking = parking if parking is not None else Parking()
        self.seed = seed
        self.bots: dict[int, BotAccount] = {}
        self.users: dict[int, TelegramUser] = {}
        self.groups: dict[int, Group] = {}
        self.on_message: list[OnMessage] = []
        self._by_token: dict[str, BotAccount] = {}
        self._queues: dict[int, UpdateQueue] = {}
        self._chats: dict[tuple[int, int], Chat] = {}
        # Numbers go on from the clock, so that a restarted sandbox does not use them twice on a product
        # that remembers the former ones; under the town's clock they are the same each run.
        self._born_s = max(0, clock() // 1000 - _NUMBERS_SINCE_S)
        self._last_message_id: dict[int, int] = {}
        self._queries: dict[str, tuple[int, int, int]] = {}
        self._last_query = self._born_s

    # -- accounts --------------------------------------------------------------------------------

    def add_bot(self, token: str, username: str, name: str) -> BotAccount:
        """Register a bot; its id is the number before the colon of its token."""
        head, colon, secret = token.partition(":")
        if not (colon and secret and head.isdecimal()):
            raise ValueError("a bot token reads 'digits:secret'")
        bot = BotAccount(int(head), token, username, name)
        if bot.id in self.bots:
            raise ValueError(f"bot {bot.id} is here already")
        self.bots[bot.id] = self._by_token[token] = bot
        self._queues[bot.id] = UpdateQueue(1 + self._born_s)
        return bot

    def add_user(self, user: TelegramUser) -> None:
        """Register a person's account."""
        self.users[user.id] = user

    def add_group(self, group: Group) -> None:
        """Register a group; its id is negative."""
        if group.id >= 0:
            raise ValueError("the id of a group is negative")
        self.groups[group.id] = group

    def bot_by_token(self, token: str) -> BotAccount | None:
        return self._by_token.get(token)

    # -- updates ---------------------------------------------------------------------------------

    def queue(self, bot_id: int) -> UpdateQueue:
        """The updates that wait for this bot."""
        return self._queues[bot_id]

    def next_update_id(self, bot_id: int) -> int:
        """Take the bot's next update id without queueing anything (for history files)."""
        queue = self._queues[bot_id]
        queue.next_id += 1
        return queue.next_id - 1

    def emit(self, bot_id: int, body: Json, *, at_ms: int | None = None) -> int:
        """Queue an update (`{"message": {...}}` and the like) for a bot; returns its id.

        An update of a kind the bot has not asked for takes an id and is dropped, as Telegram does.
        """
        kind = next(iter(body))
        if not self._queues[bot_id].wants(kind):
            return self.next_update_id(bot_id)
        now_ms = self._at(at_ms)
        encoded = orjson.dumps(body)
        update_id = self._queues[bot_id].put(kind, now_ms, encoded)
        self.log.emit(now_ms, bot_id, update_id, encoded)
        return update_id

    # -- chats -----------------------------------------------------------------------------------

    def chat(self, bot_id: int, chat_id: int) -> Chat:
        """The chat of a bot with a person or group, made when it is first asked for."""
        return self._chats.setdefault((bot_id, chat_id), Chat())

    def open_chat(self, user_id: int, bot_id: int) -> None:
        """Let the bot write to the person, as after a /start, without an update (for history)."""
        self.chat(bot_id, user_id).opened = True

    def mark_blocked(self, user_id: int, bot_id: int, blocked: bool) -> None:
        """Set the block without an update (for history)."""
        self.chat(bot_id, user_id).blocked = blocked

    def is_blocked(self, user_id: int, bot_id: int) -> bool:
        return self.chat(bot_id, user_id).blocked

    def next_message_id(self, chat_id: int, bot_id: int) -> int:
        """Take the next message id: private chats of a bot share one sequence, each group has its own."""
        owner = chat_id if chat_id < 0 else bot_id
        self._last_message_id[owner] = self._last_message_id.get(owner, self._born_s) + 1
        return self._last_message_id[owner]

    def refusal(self, bot_id: int, chat_id: int) -> Refusal | None:
        """Why the bot can't write to this chat; None when it can."""
        if chat_id < 0:
            return self._group_refusal(bot_id, chat_id)
        if chat_id not in self.users:
            return "unknown"
        if self.users[chat_id].deactivated:
            return "deactivated"
        chat = self.chat(bot_id, chat_id)
        if not chat.opened:
            return "not_started"
        return "blocked" if chat.blocked else None

    def _group_refusal(self, bot_id: int, chat_id: int) -> Refusal | None:
        group = self.groups.get(chat_id)
        if group is None:
            return "unknown"
        if bot_id in group.bots:
            return None
        return "kicked" if bot_id in group.left else "not_member"

    def chat_object(self, chat_id: int) -> Json:
        """The Bot API's `Chat` object of a known person or group."""
        return self.groups[chat_id].as_chat() if chat_id < 0 else self.users[chat_id].as_chat()

    # -- what bots do ----------------------------------------------------------------------------

    def post(self, bot: BotAccount, chat_id: int, content: Json) -> Json:
        """Put a message of the bot into a chat it can reach; returns the `Message` object."""
        message: Json = {
            "message_id": self.next_message_id(chat_id, bot.id),
            "from": bot.as_user(),
            "chat": self.chat_object(chat_id),
            "date": self.clock() // 1000,
            **content,
        }
        self.chat(bot.id, chat_id).keep(message)
        return message

    def record(self, received: Received, message: Json | None) -> None:
        """Log a call of a bot; a message that reached its chat is told to the people."""
        self.log.receive(received)
        if message is not None and received.delivered:
            for listener in self.on_message:
                listener(received, message)

    def asker(self, query_id: str, bot_id: int) -> int | None:
        """Who sent this callback query to the bot; None when it is unknown or too old to be answered."""
        owner, user_id, asked_ms = self._queries.get(query_id, (0, 0, 0))
        return user_id if owner == bot_id and self.clock() - asked_ms <= QUERY_KEPT_MS else None

    def drop_pending(self, bot_id: int) -> None:
        """Confirm everything that waits for the bot, unread."""
        self.log.acknowledge(self.clock(), bot_id, self._queues[bot_id].clear())

    # -- what people do --------------------------------------------------------------------------

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

    def say_in_group(self, user_id: int, group_id: int, text: str) -> list[int]:
        """A person writes in a group; every bot there gets the message. Returns the update ids."""
        group = self.groups[group_id]
        body = message_update(
            self.users[user_id],
            text,
            message_id=self.next_message_id(group_id, 0),
            at_ms=self.clock(),
            chat=group.as_chat(),
        )
        return [self.emit(bot_id, body) for bot_id in sorted(group.bots)]

    def tap(self, user_id: int, bot_id: int, message_id: int, data: str, *, at_ms: int | None = None) -> int:
        """A person taps an inline button of a message."""
        now_ms = self._at(at_ms)
        user = self.users[user_id]
        message = self.chat(bot_id, user_id).message(message_id)
        if message is None:
            message = inaccessible_message(user.as_chat(), message_id)
        body = callback_update(user, message, data, query_id=self._new_query(bot_id, user_id, now_ms))
        return self.emit(bot_id, body, at_ms=at_ms)

    def pay(
        self, user_id: int, bot_id: int, *, currency: str, total_amount: int, payload: str, charge_id: str
    ) -> int:
        """A payment of a person to a bot went through; the amount is in minor units (`XTR`: Stars)."""
        payment = Payment(currency, total_amount, payload, charge_id)
        message_id = self.next_message_id(user_id, bot_id)
        user, now_ms = self.users[user_id], self.clock()
        return self.emit(bot_id, payment_update(user, payment, message_id=message_id, at_ms=now_ms))

    def block(self, user_id: int, bot_id: int, *, at_ms: int | None = None) -> int:
        """A person blocks a bot."""
        return self._set_blocked(user_id, bot_id, True, at_ms)

    def unblock(self, user_id: int, bot_id: int, *, at_ms: int | None = None) -> int:
        """A person takes the block back."""
        return self._set_blocked(user_id, bot_id, False, at_ms)

    def _set_blocked(self, user_id: int, bot_id: int, blocked: bool, at_ms: int | None) -> int:
        self.chat(bot_id, user_id).blocked = blocked
        body = member_update(self.users[user_id], self.bots[bot_id], blocked=blocked, at_ms=self._at(at_ms))
        return self.emit(bot_id, body, at_ms=at_ms)

    def _enter(self, user_id: int, bot_id: int, at_ms: int | None) -> None:
        chat = self.chat(bot_id, user_id)
        if chat.blocked:
            self.unblock(user_id, bot_id, at_ms=at_ms)
        chat.opened = True

    def _new_query(self, bot_id: int, user_id: int, now_ms: int) -> str:
        for old in list(self._queries):
            if now_ms - self._queries[old][2] <= QUERY_KEPT_MS:
                break
            del self._queries[old]
        self._last_query += 1
        query_id = str(self._last_query + (bot_id << 32))
        self._queries[query_id] = (bot_id, user_id, now_ms)
        return query_id

    def _at(self, at_ms: int | None) -> int:
        return self.clock() if at_ms is None else at_ms
