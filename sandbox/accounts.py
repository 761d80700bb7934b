"""Who is in the simulated Telegram: users and bots, as Telegram describes them to a bot."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Json = dict[str, object]
"""A JSON object in Telegram's own spelling."""


@dataclass(slots=True)
class TelegramUser:
    """A person's Telegram account. A deactivated one can't be written to any more."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_premium: bool = False
    deactivated: bool = False

    def as_user(self) -> Json:
        """The Bot API's `User` object."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        _add_known(user, last_name=self.last_name, username=self.username, language_code=self.language_code)
        if self.is_premium:
            user["is_premium"] = True
        return user

    def as_chat(self) -> Json:
        """The Bot API's `Chat` object of the private chat with this person."""
        chat: Json = {"id": self.id, "type": "private", "first_name": self.first_name}
        return _add_known(chat, last_name=self.last_name, username=self.username)


@dataclass(slots=True)
class BotAccount:
    """A bot: its id is the number before the colon of its token. `commands` are kept by (scope, language);
    `tenths`: what it owns, in tenths of a Star."""

    id: int
    token: str
    username: str
    name: str
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    tenths: int = 0

    def as_user(self) -> Json:
        """The Bot API's `User` object, as it stands in messages."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


def _add_known(target: Json, **fields: object) -> Json:
    known: Mapping[str, object] = {name: value for name, value in fields.items() if value is not None}
    target.update(known)
    return target
