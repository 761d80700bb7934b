"""One call of a method by a bot, what it answers, and what all methods that name a chat have in common."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.accounts import BotAccount, Json
from sandbox.botapi import errors
from sandbox.botapi.errors import bad_request
from sandbox.botapi.limits import RateLimiter
from sandbox.botapi.markup import check_markup
from sandbox.botapi.request import Params
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method by a bot."""

    world: World
    bot: BotAccount
    params: Params
    limiter: RateLimiter


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call answers. `message` is what reached a chat; `chat_id` 0 means it touched none."""

    result: object
    chat_id: int = 0
    message_id: int | None = None
    message: Json | None = None


Method = Callable[[Call], Outcome]
_PERSON: Final = re.compile(r"tg://user\?id=(\d{1,15})")
PAID: Final = "allow_paid_broadcast"
"""Parameter by which a bot pays a tenth of a Star for each message, and may send many more."""


def named_chat(call: Call, *, charge: bool = True) -> int:
    """The chat of the call, charged to the bot's overall limit, or to that of messages for which Stars are
    paid; `charge` False where another look at it pays. Raises TelegramError."""
    wanted = call.params.text("chat_id")
    if not wanted:
        raise bad_request("chat_id is empty")
    if charge:
        _charge(call)
    chat_id = call.params.number("chat_id")
    if chat_id == 0:
        raise errors.refused("unknown")
    group = call.world.groups.get(chat_id)
    if group is not None and group.upgraded_to:
        raise errors.upgraded(group.upgraded_to)
    return chat_id


def _charge(call: Call) -> None:
    paid = call.params.flag(PAID)
    if paid and call.bot.tenths < 1:
        raise bad_request("BALANCE_TOO_LOW")
    wait = call.limiter.take_overall(call.bot.id, call.world.clock(), paid=paid)
    if wait is not None:
        raise errors.too_many_requests(wait)


def writable_chat(call: Call, *, charge: bool = True) -> int:
    """The chat of the call, when the bot may write there. Raises TelegramError."""
    chat_id = named_chat(call, charge=charge)
    connection = call.params.text("business_connection_id")
    if connection:
        if not call.world.business.works(connection, call.bot.id):
            raise bad_request("business connection not found")
        if chat_id not in call.world.users:
            raise errors.refused("unknown")
        return chat_id
    refusal = call.world.refusal(call.bot.id, chat_id)
    if refusal is not None:
        raise errors.refused(refusal)
    return chat_id


def send(call: Call, *contents: Json) -> Outcome:
    """Put one message, or the messages of an album, into the chat of the call."""
    sent = send_all(call, contents)
    return told(call.params.number("chat_id"), sent[0])


def send_all(call: Call, contents: Sequence[Json]) -> list[Json]:
    """The same; returns all messages."""
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = writable_chat(call)
    frame = _frame(call, chat_id) | ({"reply_markup": markup} if markup else {})
    for content in contents:
        _check_rights(call, chat_id, content)
    if call.params.flag(PAID) and call.bot.tenths < len(contents):
        raise bad_request("BALANCE_TOO_LOW")
    wait = call.limiter.take_chat(call.bot.id, chat_id, call.world.clock(), len(contents))
    if wait is not None:
        raise errors.too_many_requests(wait)
    if call.params.flag(PAID):
        call.bot.tenths -= len(contents)
    named = [name_people(call.world, content) for content in contents]
    return [call.world.post(call.bot, chat_id, {**content, **frame}) for content in named]


_PERMISSION: Final = {
    "text": ("can_send_messages", "text messages"),
    "audio": ("can_send_audios", "music"),
    "document": ("can_send_documents", "documents"),
    "photo": ("can_send_photos", "photos"),
    "video": ("can_send_videos", "videos"),
    "video_note": ("can_send_video_notes", "video notes"),
    "voice": ("can_send_voice_notes", "voice notes"),
    "poll": ("can_send_polls", "polls"),
    "animation": ("can_send_other_messages", "animations"),
    "sticker": ("can_send_other_messages", "stickers"),
    "dice": ("can_send_other_messages", "dice"),
}


def _check_rights(call: Call, chat_id: int, content: Json) -> None:
    """Whether the bot may send such a thing to the group. Raises TelegramError."""
    group = call.world.groups.get(chat_id)
    if group is None:
        return
    status = group.status(call.bot.id)
    if group.type == "channel":
        if not group.may(call.bot.id, "can_post_messages"):
            raise bad_request("need administrator rights in the channel chat")
    elif group.locked and status != "administrator":
        raise bad_request("CHAT_WRITE_FORBIDDEN")
    elif status == "restricted":
        right, what = next(
            (_PERMISSION[name] for name in content if name in _PERMISSION), _PERMISSION["text"]
        )
        if right not in group.restricted[call.bot.id]:
            raise bad_request(f"not enough rights to send {what} to the chat")


def name_people(world: World, content: Json) -> Json:
    """The content with links to people (`tg://user?id=`) as mentions; of strangers only the words stay."""
    for place in ("entities", "caption_entities"):
        entities = content.get(place)
        if isinstance(entities, list) and any(_person_of(one) for one in entities):
            named = [_mention(world, one) for one in entities]
            content = {**content, place: [one for one in named if one is not None]}
    return content


def _person_of(entity: Json) -> int:
    found = _PERSON.fullmatch(str(entity.get("url", ""))) if entity.get("type") == "text_link" else None
    return int(found[1]) if found else 0


def _mention(world: World, entity: Json) -> Json | None:
    who = _person_of(entity)
    if not who:
        return entity
    user = world.users.get(who)
    place = {"offset": entity["offset"], "length": entity["length"]}
    return {"type": "text_mention", **place, "user": user.as_user()} if user is not None else None


def told(chat_id: int, message: Json) -> Outcome:
    """The outcome of a call whose message reached a chat."""
    message_id = message["message_id"]
    return Outcome(message, chat_id, message_id if isinstance(message_id, int) else None, message)


def own_message(call: Call, chat_id: int, missing: str) -> Json:
    """The message of the bot that the call names. Raises TelegramError with `missing` when it is gone."""
    message_id = call.params.number("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    message = call.world.chat(call.bot.id, chat_id).message(message_id)
    if message is None:
        raise bad_request(missing)
    return message


def replace(call: Call, chat_id: int, old: Json, changed: Json) -> Outcome:
    """Change a message. Raises TelegramError when nothing would change."""
    new = {name: value for name, value in {**old, **changed}.items() if value is not None}
    if new == old:
        raise bad_request(errors.NOT_MODIFIED)
    new["edit_date"] = call.world.clock() // 1000
    call.world.chat(call.bot.id, chat_id).replace(new)
    return told(chat_id, new)


def _frame(call: Call, chat_id: int) -> Json:
    """Where the message stands: topic, business chat, the message it replies to."""
    frame: Json = {}
    if connection := call.params.text("business_connection_id"):
        frame["business_connection_id"] = connection
    thread = call.params.number("message_thread_id")
    if thread and chat_id < 0:
        group = call.world.groups[chat_id]
        if thread not in group.topics:
            raise bad_request("message thread not found")
        if thread in group.closed and not group.may(call.bot.id, "can_manage_topics"):
            raise bad_request("TOPIC_CLOSED")
        frame |= {"message_thread_id": thread, "is_topic_message": True}
    reply = call.params.values.get("reply_parameters")
    if isinstance(reply, dict) and (replied := _replied(call, chat_id, reply)) is not None:
        frame["reply_to_message"] = replied
    return frame


def _replied(call: Call, chat_id: int, reply: Json) -> Json | None:
    message_id = reply.get("message_id")
    message = (
        call.world.chat(call.bot.id, chat_id).any_message(message_id) if isinstance(message_id, int) else None
    )
    if message is None:
        return None
    return {name: value for name, value in message.items() if name != "reply_to_message"}
