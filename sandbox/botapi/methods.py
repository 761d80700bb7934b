"""What a bot may call, except getUpdates and webhooks: each method checks as Telegram does and changes the
world.

A method is a plain function of a `Call` that returns an `Outcome` or raises TelegramError. To add one,
write it and put it into `METHODS`.
"""

import re
from typing import Final

from sandbox.accounts import Json
from sandbox.botapi import media, members, messages, payments, things
from sandbox.botapi.call import Call, Method, Outcome
from sandbox.botapi.errors import bad_request
from sandbox.botapi.request import Params

__all__ = ["LOGGED", "METHODS", "Call", "Outcome"]

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MAX_COMMANDS = 100


# -- the bot itself ----------------------------------------------------------------


def get_me(call: Call) -> Outcome:
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": True,
        "can_connect_to_business": True,
        "has_main_web_app": False,
    }
    return Outcome({**call.bot.as_user(), **abilities})


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


def log_out(_call: Call) -> Outcome:
    return Outcome(True)


_CHANGES: Final[dict[str, Method]] = {
    "answercallbackquery": messages.answer_callback_query,
    "answerinlinequery": payments.answer_inline_query,
    "answerprecheckoutquery": payments.answer_pre_checkout_query,
    "answershippingquery": payments.answer_shipping_query,
    "approvechatjoinrequest": members.answer_join_request(approve=True),
    "banchatmember": members.ban_chat_member,
    "closeforumtopic": members.close_forum_topic(reopen=False),
    "copymessage": messages.copy_message,
    "copymessages": messages.copy_messages,
    "declinechatjoinrequest": members.answer_join_request(approve=False),
    "deleteforumtopic": members.delete_forum_topic,
    "deletemessage": messages.delete_message,
    "deletemessages": messages.delete_messages,
    "editforumtopic": members.edit_forum_topic,
    "editmessagecaption": messages.edit_message_caption,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "editmessagetext": messages.edit_message_text,
    "forwardmessage": messages.forward_message,
    "forwardmessages": messages.forward_messages,
    "leavechat": members.leave_chat,
    "refundstarpayment": payments.refund_star_payment,
    "reopenforumtopic": members.close_forum_topic(reopen=True),
    "sendanimation": media.sender("animation"),
    "sendaudio": media.sender("audio"),
    "sendcontact": things.send_contact,
    "senddice": things.send_dice,
    "senddocument": media.sender("document"),
    "sendinvoice": payments.send_invoice,
    "sendlocation": things.send_location,
    "sendmediagroup": media.send_media_group,
    "sendmessage": messages.send_message,
    "sendphoto": media.sender("photo"),
    "sendpoll": messages.send_poll,
    "sendsticker": media.sender("sticker"),
    "sendvenue": things.send_venue,
    "sendvideo": media.sender("video"),
    "sendvideonote": media.sender("video_note"),
    "sendvoice": media.sender("voice"),
    "setmessagereaction": messages.set_message_reaction,
    "stoppoll": messages.stop_poll,
    "unbanchatmember": members.unban_chat_member,
}

METHODS: Final[dict[str, Method]] = {
    **_CHANGES,
    "close": log_out,
    "createchatinvitelink": members.create_chat_invite_link,
    "createforumtopic": members.create_forum_topic,
    "createinvoicelink": payments.create_invoice_link,
    "deletemycommands": delete_my_commands,
    "exportchatinvitelink": members.export_chat_invite_link,
    "getchat": members.get_chat,
    "getchatadministrators": members.get_chat_administrators,
    "getchatmember": members.get_chat_member,
    "getchatmembercount": members.get_chat_member_count,
    "getfile": media.get_file,
    "getme": get_me,
    "getmycommands": get_my_commands,
    "getmystarbalance": payments.get_my_star_balance,
    "logout": log_out,
    "revokechatinvitelink": members.revoke_chat_invite_link,
    "sendchataction": messages.send_chat_action,
    "setmycommands": set_my_commands,
}
"""By lower-case name: Telegram does not mind the case of a method."""

LOGGED: Final = frozenset(_CHANGES)
"""Methods that send or change something in a chat: they are evidence."""
