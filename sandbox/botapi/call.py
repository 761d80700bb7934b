"""One call of a method by a bot, what it answers, and what all methods that name a chat have in common."""

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
    for _ in contents:
        wait = call.limiter.take_chat(call.bot.id, chat_id, call.world.clock())
        if wait is not None:
            raise errors.too_many_requests(wait)
    if call.params.flag(PAID):
        call.bot.tenths -= len(contents)
    return [call.world.post(call.bot, chat_id, {**content, **frame}) for content in contents]


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
        if thread not in call.world.groups[chat_id].topics:
            raise bad_request("message thread not found")
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
