"""What a bot shares with one chat: whether it may write there, and the messages it can still change."""

from dataclasses import dataclass, field

import orjson

from sandbox.accounts import Json

REMEMBERED = 50
"""A chat keeps so many of a bot's last messages; older ones answer as messages that are gone."""
HEARD = 5
"""And so many of the person's, for a bot that copies or forwards one."""


@dataclass(slots=True)
class Chat:
    """The chat of one bot with a person or group. The bot's messages are kept as JSON, oldest first: the
    objects of a thousand chats would fill hundreds of megabytes."""

    opened: bool = False
    blocked: bool = False
    open_until_ms: int = 0
    """Until then the bot may write to somebody who did not start it: they asked to join its group."""
    _kept: dict[int, bytes] = field(default_factory=dict)
    _heard: dict[int, bytes] = field(default_factory=dict)
    _copied: dict[int, bytes] = field(default_factory=dict)

    def keep(self, message: Json) -> None:
        """Store a message of the bot, and let the oldest go when there are too many."""
        self.replace(message)
        while len(self._kept) > REMEMBERED:
            del self._kept[next(iter(self._kept))]

    def replace(self, message: Json) -> None:
        """Store a message under its number, in the place of its former version."""
        message_id = message["message_id"]
        if not isinstance(message_id, int):
            raise TypeError("a message has a number")
        # A copy: what orjson returns keeps the room it was written in, several kilobytes for a short message.
        self._kept[message_id] = bytes(memoryview(orjson.dumps(message)))

    def message(self, message_id: int) -> Json | None:
        """One of the bot's messages, None when it is gone."""
        found = self._kept.get(message_id)
        return None if found is None else orjson.loads(found)

    def hear(self, message_id: int, body: bytes) -> None:
        """Keep a message of the person: `body` is the JSON of its update."""
        self._heard[message_id] = body
        while len(self._heard) > HEARD:
            del self._heard[next(iter(self._heard))]

    def any_message(self, message_id: int) -> Json | None:
        """A message of either side, None when it is gone."""
        heard = self._heard.get(message_id) or self._copied.get(message_id)
        if heard is None:
            return self.message(message_id)
        found: Json = orjson.loads(heard)["message"]
        return found

    def copied(self, message_id: int) -> None:
        """A message of the person was copied, and may be copied to many others: it stays."""
        if (heard := self._heard.get(message_id)) is not None:
            self._copied[message_id] = heard

    def messages(self) -> list[Json]:
        """All that are kept."""
        return [orjson.loads(one) for one in self._kept.values()]

    def drop(self, message_id: int) -> None:
        """Take a message out of the chat."""
        del self._kept[message_id]
