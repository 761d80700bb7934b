"""Telegram's refusals, in its own words: clients read the description to know what to do."""

from sandbox.accounts import Json
from sandbox.world import Refusal


class TelegramError(Exception):
    """A call the Bot API refuses: `error_code` is also the HTTP status."""

    def __init__(
        self,
        error_code: int,
        description: str,
        *,
        retry_after: int | None = None,
        migrate_to: int | None = None,
    ) -> None:
        super().__init__(description)
        self.error_code = error_code
        self.description = description
        self.retry_after = retry_after
        self.migrate_to = migrate_to

    def as_json(self) -> Json:
        """The answer's envelope."""
        answer: Json = {"ok": False, "error_code": self.error_code, "description": self.description}
        if self.retry_after is not None:
            answer["parameters"] = {"retry_after": self.retry_after}
        if self.migrate_to is not None:
            answer["parameters"] = {"migrate_to_chat_id": self.migrate_to}
        return answer


_REFUSALS: dict[Refusal, tuple[int, str]] = {
    "unknown": (400, "Bad Request: chat not found"),
    "not_started": (403, "Forbidden: bot can't initiate conversation with a user"),
    "deactivated": (403, "Forbidden: user is deactivated"),
    "blocked": (403, "Forbidden: bot was blocked by the user"),
    "not_member": (403, "Forbidden: bot is not a member of the supergroup chat"),
    "kicked": (403, "Forbidden: bot was kicked from the supergroup chat"),
}

CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"


def bad_request(what: str) -> TelegramError:
    """400, with Telegram's prefix."""
    return TelegramError(400, f"Bad Request: {what}")


def refused(refusal: Refusal) -> TelegramError:
    """The error of a chat the bot can't write to."""
    return TelegramError(*_REFUSALS[refusal])


def upgraded(new_chat_id: int) -> TelegramError:
    """The group is a supergroup now; `new_chat_id` is its number."""
    what = "Bad Request: group chat was upgraded to a supergroup chat"
    return TelegramError(400, what, migrate_to=new_chat_id)


def too_many_requests(retry_after: int) -> TelegramError:
    """429; `retry_after` in whole seconds."""
    return TelegramError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def unauthorized() -> TelegramError:
    return TelegramError(401, "Unauthorized")


def not_found() -> TelegramError:
    return TelegramError(404, "Not Found")
