"""The state of the simulated Telegram: accounts, chats, messages, numbers, and the updates that wait.

Promises: an update that is emitted is queued for its bot and logged; what a bot sends is stored in the chat,
logged, and told to `on_message`. Everything happens on one event loop and at the time of `clock`. Within
`in_past` the same acts become lines of history instead: no queue and no log hears of them.

Leaves to others: what people do (`sandbox.world` and the rooms it holds), HTTP, validation and limits
(`sandbox.botapi`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import orjson

from sandbox.accounts import BotAccount, Json, TelegramUser
from sandbox.chats import Chat
from sandbox.clock import Parking
from sandbox.groups import Group
from sandbox.log import Received, SandboxLog
from sandbox.queues import QUERY_KEPT_MS, UpdateQueue

_NUMBERS_SINCE_S = 1_577_836_800  # 2020: ids stay below Telegram's 2**31 for decades

Refusal = Literal["unknown", "not_started", "deactivated", "blocked", "not_member", "kicked"]
"""Why a bot can't write to a chat."""

OnMessage = Callable[[Received, Json], None]


class State:
    """One Telegram, in memory. `clock` returns milliseconds since the epoch, UTC."""

    def __init__(
        self,
        clock: Callable[[], int],
        log: SandboxLog | None = None,
        parking: Parking | None = None,
        seed: int = 0,
    ) -> None:
        self._clock = clock
        self._past: tuple[int, list[Json]] | None = None
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

    # -- time ------------------------------------------------------------------------------------

    def clock(self) -> int:
        """Milliseconds since the epoch, UTC; in the past the moment that is being lived again."""
        return self._clock() if self._past is None else self._past[0]

    @contextmanager
    def in_past(self, at_ms: int, lines: list[Json]) -> Iterator[None]:
        """What is done inside happened at `at_ms`: its updates become lines of history."""
        self._past = (at_ms, lines)
        try:
            yield
        finally:
            self._past = None

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
        if self._past is not None:
            return self._write_line(bot_id, body)
        if not self._queues[bot_id].wants(kind):
            return self.next_update_id(bot_id)
        now_ms = self._at(at_ms)
        encoded = orjson.dumps(body)
        if kind == "message":
            self._hear(bot_id, body[kind], encoded)
        update_id = self._queues[bot_id].put(kind, now_ms, encoded)
        self.log.emit(now_ms, bot_id, update_id, encoded)
        return update_id

    def _hear(self, bot_id: int, message: object, encoded: bytes) -> None:
        if isinstance(message, dict) and message["chat"]["type"] == "private":
            self.chat(bot_id, message["chat"]["id"]).hear(message["message_id"], encoded)

    def _write_line(self, bot_id: int, body: Json) -> int:
        at_ms, lines = self._past or (0, [])
        update_id = self.next_update_id(bot_id)
        lines.append({"bot_id": bot_id, "received_at_ms": at_ms, "update": {"update_id": update_id, **body}})
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

    def has_number(self, chat_id: int, bot_id: int, message_id: int) -> bool:
        """Whether a chat has had a message with this number."""
        owner = chat_id if chat_id < 0 else bot_id
        return self._born_s < message_id <= self._last_message_id.get(owner, 0)

    def refusal(self, bot_id: int, chat_id: int) -> Refusal | None:
        """Why the bot can't write to this chat; None when it can."""
        if chat_id < 0:
            return self._group_refusal(bot_id, chat_id)
        if chat_id not in self.users:
            return "unknown"
        if self.users[chat_id].deactivated:
            return "deactivated"
        chat = self.chat(bot_id, chat_id)
        if not chat.opened and self.clock() > chat.open_until_ms:
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
        if chat_id < 0:
            self.groups[chat_id].recent.append(self._last_message_id[chat_id])
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

    # -- questions that wait for an answer ---------------------------------------------------------

    def ask(self, bot_id: int, user_id: int, at_ms: int) -> str:
        """The id of a new query of a person: a tap, a checkout, a search."""
        for old in list(self._queries):
            if at_ms - self._queries[old][2] <= QUERY_KEPT_MS:
                break
            del self._queries[old]
        self._last_query += 1
        query_id = str(self._last_query + (bot_id << 32))
        self._queries[query_id] = (bot_id, user_id, at_ms)
        return query_id

    def number_since_birth(self, number: int) -> int:
        """A number that a restarted sandbox will not use again."""
        return self._born_s + number

    def _at(self, at_ms: int | None) -> int:
        return self.clock() if at_ms is None else at_ms
