"""What people do in the private chat with a bot."""

from sandbox.accounts import BotAccount, Json, TelegramUser


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units: how Telegram counts offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def command_entities(text: str) -> list[Json]:
    """The `bot_command` entity of a text that begins with a command; else none."""
    if not text.startswith("/") or len(text) == 1 or text[1].isspace():
        return []
    command = text.split(maxsplit=1)[0]
    return [{"type": "bot_command", "offset": 0, "length": utf16_length(command)}]


def message_update(
    user: TelegramUser, text: str, *, message_id: int, at_ms: int, chat: Json | None = None
) -> Json:
    """A text message; in the private chat of the person unless `chat` names another."""
    return {"message": message_of(user, message_id, at_ms, chat) | text_part(text)}


def text_part(text: str) -> Json:
    """What a message with words carries."""
    entities = command_entities(text)
    return {"text": text, "entities": entities} if entities else {"text": text}


def part_update(user: TelegramUser, part: Json, *, message_id: int, at_ms: int) -> Json:
    """A message in the private chat that carries whatever `part` says: media, data of a Mini App ..."""
    return {"message": message_of(user, message_id, at_ms) | part}


def start_update(user: TelegramUser, payload: str | None, *, message_id: int, at_ms: int) -> Json:
    """The `/start` of somebody who opens the bot, with the payload of a deep link if there is one."""
    text = f"/start {payload}" if payload else "/start"
    return message_update(user, text, message_id=message_id, at_ms=at_ms)


def edited_update(
    user: TelegramUser, text: str, *, message_id: int, sent_ms: int, at_ms: int, chat: Json | None = None
) -> Json:
    """A person changes the text of a message of theirs that was sent at `sent_ms`."""
    message = message_of(user, message_id, sent_ms, chat)
    return {"edited_message": {**message, "edit_date": at_ms // 1000, **text_part(text)}}


def callback_update(user: TelegramUser, message: Json, data: str, *, query_id: str) -> Json:
    """A tap on an inline button of `message`, as Telegram hands it over: with the message that carried it."""
    query: Json = {
        "id": query_id,
        "from": user.as_user(),
        "message": message,
        "chat_instance": str(user.id),
        "data": data,
    }
    return {"callback_query": query}


def inaccessible_message(chat: Json, message_id: int) -> Json:
    """What stands for a message that Telegram no longer shows: date 0."""
    return {"chat": chat, "message_id": message_id, "date": 0}


def bot_message(bot: BotAccount, user: TelegramUser, text: str, *, message_id: int, at_ms: int) -> Json:
    """A message the bot wrote to the person, as taps carry it."""
    return {
        "message_id": message_id,
        "from": bot.as_user(),
        "chat": user.as_chat(),
        "date": at_ms // 1000,
        "text": text,
    }


def member_update(user: TelegramUser, bot: BotAccount, *, blocked: bool, at_ms: int) -> Json:
    """The person blocks the bot or takes that back: `my_chat_member` of the private chat."""
    member, kicked = {"status": "member"}, {"status": "kicked", "until_date": 0}
    old, new = (member, kicked) if blocked else (kicked, member)
    change: Json = {
        "chat": user.as_chat(),
        "from": user.as_user(),
        "date": at_ms // 1000,
        "old_chat_member": {"user": bot.as_user(), **old},
        "new_chat_member": {"user": bot.as_user(), **new},
    }
    return {"my_chat_member": change}


def message_of(user: TelegramUser, message_id: int, at_ms: int, chat: Json | None = None) -> Json:
    """A message of the person that still says nothing."""
    return {
        "message_id": message_id,
        "from": user.as_user(),
        "chat": chat or user.as_chat(),
        "date": at_ms // 1000,
    }
