"""What a bot shares with one chat: whether it may write there, and the messages it can still change."""

from dataclasses import dataclass, field

from sandbox.accounts import Json

REMEMBERED = 50
"""A chat keeps so many of a bot's last messages; older ones answer as messages that are gone."""


@dataclass(slots=True)
class Chat:
    """The chat of one bot with a person or group. `messages` are the bot's own, by id, oldest first."""

    opened: bool = False
    blocked: bool = False
    messages: dict[int, Json] = field(default_factory=dict)

    def keep(self, message: Json) -> None:
        """Store a message of the bot, and let the oldest go when there are too many."""
        self.replace(message)
        while len(self.messages) > REMEMBERED:
            del self.messages[next(iter(self.messages))]

    def replace(self, message: Json) -> None:
        """Store a message under its number, in the place of its former version."""
        message_id = message["message_id"]
        if not isinstance(message_id, int):
            raise TypeError("a message has a number")
        self.messages[message_id] = message
