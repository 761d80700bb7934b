"""What a bot may call, except getUpdates: each method checks as Telegram checks and changes the world.

A method is a plain function of a `Call` that returns an `Outcome` or raises TelegramError. To add one,
write it and put it into `METHODS`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.accounts import BotAccount, Json
from sandbox.botapi import errors
from sandbox.botapi.errors import bad_request
from sandbox.botapi.limits import RateLimiter
from sandbox.botapi.markup import check_markup
from sandbox.botapi.request import Params
from sandbox.botapi.texts import MAX_CAPTION, MAX_TEXT, read_caption, read_text
from sandbox.world import World

_DELETABLE_S = 48 * 3600
_PHOTO_ID = "AgACsandboxphoto"
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MAX_COMMANDS = 100
_ACTIONS = {"choose_sticker", "find_location", "record_video", "record_video_note", "record_voice", "typing"}
_ACTIONS |= {f"upload_{what}" for what in ("document", "photo", "video", "video_note", "voice")}


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


# -- the chat a call names -----------------------------------------------------------------------


def named_chat(call: Call) -> int:
    """The chat of the call, charged to the bot's overall limit. Raises TelegramError."""
    wanted = call.params.text("chat_id")
    if not wanted:
        raise bad_request("chat_id is empty")
    wait = call.limiter.take_overall(call.bot.id, call.world.clock())
    if wait is not None:
        raise errors.too_many_requests(wait)
    chat_id = call.params.number("chat_id")
    if chat_id == 0:
        raise errors.refused("unknown")
    return chat_id


def _writable_chat(call: Call) -> int:
    chat_id = named_chat(call)
    refusal = call.world.refusal(call.bot.id, chat_id)
    if refusal is not None:
        raise errors.refused(refusal)
    return chat_id


def _send(call: Call, content: Json) -> Outcome:
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = _writable_chat(call)
    wait = call.limiter.take_chat(call.bot.id, chat_id, call.world.clock())
    if wait is not None:
        raise errors.too_many_requests(wait)
    message = call.world.post(call.bot, chat_id, {**content, **({"reply_markup": markup} if markup else {})})
    return _told(chat_id, message)


def _told(chat_id: int, message: Json) -> Outcome:
    message_id = message["message_id"]
    return Outcome(message, chat_id, message_id if isinstance(message_id, int) else None, message)


# -- messages ------------------------------------------------------------------------------------


def send_message(call: Call) -> Outcome:
    text, entities = read_text(call.params, MAX_TEXT)
    return _send(call, {"text": text, **({"entities": entities} if entities else {})})


def send_photo(call: Call) -> Outcome:
    content: Json = {"photo": [_photo(call.params)]}
    caption, entities = read_caption(call.params, MAX_CAPTION)
    if caption:
        content["caption"] = caption
    if entities:
        content["caption_entities"] = entities
    return _send(call, content)


def _photo(params: Params) -> Json:
    """A size of a photo: an upload, the address of one, or one that was sent before."""
    photo = params.values.get("photo")
    if isinstance(photo, str) and photo.startswith("attach://"):
        photo = params.values.get(photo.removeprefix("attach://"))
    if not photo:
        raise bad_request("there is no photo in the request")
    size = photo.get("file_size", 0) if isinstance(photo, dict) else 0
    if isinstance(photo, str) and not photo.startswith((_PHOTO_ID, "http://", "https://")):
        raise bad_request("wrong file identifier/HTTP URL specified")
    unique = f"{abs(hash_text(str(photo))):x}"
    file_id = photo if isinstance(photo, str) and photo.startswith(_PHOTO_ID) else _PHOTO_ID + unique
    return {"file_id": file_id, "file_unique_id": unique, "width": 1280, "height": 720, "file_size": size}


def hash_text(text: str) -> int:
    """A small stable hash (FNV-1a, 64 bits): Python's own changes from run to run."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8", "surrogatepass"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def _own_message(call: Call, chat_id: int, missing: str) -> Json:
    message_id = call.params.number("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    message = call.world.chat(call.bot.id, chat_id).message(message_id)
    if message is None:
        raise bad_request(missing)
    return message


def _replace(call: Call, chat_id: int, old: Json, changed: Json) -> Outcome:
    new = {name: value for name, value in {**old, **changed}.items() if value is not None}
    if new == old:
        raise bad_request(errors.NOT_MODIFIED)
    new["edit_date"] = call.world.clock() // 1000
    call.world.chat(call.bot.id, chat_id).replace(new)
    return _told(chat_id, new)


def edit_message_text(call: Call) -> Outcome:
    text, entities = read_text(call.params, MAX_TEXT)
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = _writable_chat(call)
    old = _own_message(call, chat_id, "message to edit not found")
    if "text" not in old:
        raise bad_request("there is no text in the message to edit")
    return _replace(call, chat_id, old, {"text": text, "entities": entities or None, "reply_markup": markup})


def edit_message_reply_markup(call: Call) -> Outcome:
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = _writable_chat(call)
    old = _own_message(call, chat_id, "message to edit not found")
    return _replace(call, chat_id, old, {"reply_markup": markup})


def delete_message(call: Call) -> Outcome:
    chat_id = named_chat(call)
    message = _own_message(call, chat_id, "message to delete not found")
    date = message["date"]
    if isinstance(date, int) and call.world.clock() // 1000 - date > _DELETABLE_S:
        raise bad_request("message can't be deleted for everyone")
    message_id = call.params.number("message_id")
    call.world.chat(call.bot.id, chat_id).drop(message_id)
    return Outcome(True, chat_id, message_id)


def answer_callback_query(call: Call) -> Outcome:
    user_id = call.world.asker(call.params.text("callback_query_id"), call.bot.id)
    if user_id is None:
        raise bad_request(errors.OLD_QUERY)
    return Outcome(True, user_id)


def send_chat_action(call: Call) -> Outcome:
    if call.params.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    _writable_chat(call)
    return Outcome(True)


# -- the bot itself and its chats ----------------------------------------------------------------


def get_me(call: Call) -> Outcome:
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return Outcome({**call.bot.as_user(), **abilities})


def get_chat(call: Call) -> Outcome:
    chat_id = named_chat(call)
    if call.world.refusal(call.bot.id, chat_id) in {"unknown", "not_started"}:
        raise errors.refused("unknown")
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        True,
    )
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return Outcome({**call.world.chat_object(chat_id), **full})


def _command_place(params: Params) -> tuple[str, str]:
    scope = params.values.get("scope") or {"type": "default"}
    if not isinstance(scope, dict) or not isinstance(scope.get("type"), str):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    where = ":".join(str(scope[name]) for name in ("type", "chat_id", "user_id") if name in scope)
    return where, params.text("language_code")


def set_my_commands(call: Call) -> Outcome:
    commands = [_command(one) for one in call.params.array("commands") or []]
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_command_place(call.params)] = commands
    return Outcome(True)


def _command(one: object) -> Json:
    if not isinstance(one, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(one.get("command", "")).removeprefix("/"), str(one.get("description", ""))
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:  # noqa: PLR2004 - Telegram's own bound, named nowhere else
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def get_my_commands(call: Call) -> Outcome:
    return Outcome(call.bot.commands.get(_command_place(call.params), []))


def delete_my_commands(call: Call) -> Outcome:
    call.bot.commands.pop(_command_place(call.params), None)
    return Outcome(True)


def delete_webhook(call: Call) -> Outcome:
    if call.params.flag("drop_pending_updates"):
        call.world.drop_pending(call.bot.id)
    return Outcome(True)


def get_webhook_info(call: Call) -> Outcome:
    pending = len(call.world.queue(call.bot.id))
    return Outcome({"url": "", "has_custom_certificate": False, "pending_update_count": pending})


def log_out(_call: Call) -> Outcome:
    return Outcome(True)


METHODS: dict[str, Method] = {
    "answercallbackquery": answer_callback_query,
    "close": log_out,
    "deletemessage": delete_message,
    "deletemycommands": delete_my_commands,
    "deletewebhook": delete_webhook,
    "editmessagereplymarkup": edit_message_reply_markup,
    "editmessagetext": edit_message_text,
    "getchat": get_chat,
    "getme": get_me,
    "getmycommands": get_my_commands,
    "getwebhookinfo": get_webhook_info,
    "logout": log_out,
    "sendchataction": send_chat_action,
    "sendmessage": send_message,
    "sendphoto": send_photo,
    "setmycommands": set_my_commands,
}
"""By lower-case name: Telegram does not mind the case of a method."""

LOGGED = frozenset(
    {
        "answercallbackquery",
        "deletemessage",
        "editmessagereplymarkup",
        "editmessagetext",
        "sendmessage",
        "sendphoto",
    }
)
"""Methods that send or change something in a chat: they are evidence."""
