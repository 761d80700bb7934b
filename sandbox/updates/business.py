"""Business accounts: connections to a bot, what customers and owners write, what was deleted."""

from sandbox.accounts import Json, TelegramUser


def connection_update(owner: TelegramUser, connection_id: str, *, enabled: bool, at_ms: int) -> Json:
    """An account connects the bot, or ends that."""
    body: Json = {
        "id": connection_id,
        "user": owner.as_user(),
        "user_chat_id": owner.id,
        "date": at_ms // 1000,
        "rights": {"can_reply": True, "can_read_messages": True},
        "is_enabled": enabled,
    }
    return {"business_connection": body}


def customer_update(
    connection_id: str, sender: TelegramUser, customer: TelegramUser, part: Json, times: tuple[int, int, int]
) -> Json:
    """A message in the chat of a customer with the account, from either of them.

    `times`: message number, when it was sent, and when it was changed (0: never), in ms.
    """
    message_id, sent_ms, edited_ms = times
    message: Json = {
        "business_connection_id": connection_id,
        "message_id": message_id,
        "from": sender.as_user(),
        "chat": customer.as_chat(),
        "date": sent_ms // 1000,
        **part,
    }
    if edited_ms:
        return {"edited_business_message": message | {"edit_date": edited_ms // 1000}}
    return {"business_message": message}


def deleted_update(connection_id: str, customer: TelegramUser, message_ids: list[int]) -> Json:
    """Messages of that chat were deleted."""
    body: Json = {
        "business_connection_id": connection_id,
        "chat": customer.as_chat(),
        "message_ids": message_ids,
    }
    return {"deleted_business_messages": body}
