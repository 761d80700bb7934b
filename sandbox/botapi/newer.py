"""What bots may send that the Bot API 10.1 did not know yet, listed by hand from the changelogs of 10.2 and
10.3 (https://core.telegram.org/bots/api-changelog): ephemeral messages, drafts that can be stopped, rich
media.

What Telegram has given up (`reply_to_message_id`, `disable_web_page_preview` and the like) is left out:
nobody should send it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_TEXT: Final = ("String",)
_NUMBER: Final = ("Integer",)
_FLAG: Final = ("Boolean",)
_CHAT: Final = ("Integer", "String")
ANY: Final = ("Any",)
"""A type that is not described here: whatever it holds is taken."""

_EPHEMERAL: Final[Mapping[str, tuple[str, ...]]] = {
    "receiver_user_id": _NUMBER,
    "callback_query_id": _TEXT,
    "ephemeral_message_parameters": ANY,
}
_ONE_EPHEMERAL: Final[Mapping[str, tuple[str, ...]]] = {
    "chat_id": _CHAT,
    "receiver_user_id": _NUMBER,
    "ephemeral_message_id": _NUMBER,
}
_CHANGED: Final[Mapping[str, tuple[str, ...]]] = {"reply_markup": ("InlineKeyboardMarkup",)}
_SENDING: Final = (
    *("sendMessage", "sendPhoto", "sendLivePhoto", "sendAudio", "sendDocument", "sendVideo", "sendAnimation"),
    *("sendVoice", "sendVideoNote", "sendSticker", "sendLocation", "sendVenue", "sendContact"),
)

METHODS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    **dict.fromkeys(_SENDING, _EPHEMERAL),
    "sendRichMessage": {"ephemeral_message_parameters": ANY},
    "sendMessageDraft": {"keep_on_stop": _FLAG, "can_stop": _FLAG},
    "sendRichMessageDraft": {"keep_on_stop": _FLAG, "can_stop": _FLAG},
    "promoteChatMember": {"can_send_welcome_messages": _FLAG},
    "deleteEphemeralMessage": _ONE_EPHEMERAL,
    "editEphemeralMessageReplyMarkup": {**_ONE_EPHEMERAL, **_CHANGED},
    "editEphemeralMessageMedia": {**_ONE_EPHEMERAL, **_CHANGED, "media": ("InputMedia",)},
    "editEphemeralMessageText": {
        **_ONE_EPHEMERAL,
        **_CHANGED,
        "text": _TEXT,
        "parse_mode": _TEXT,
        "entities": ("Array of MessageEntity",),
        "link_preview_options": ("LinkPreviewOptions",),
        "rich_message": ANY,
    },
    "editEphemeralMessageCaption": {
        **_ONE_EPHEMERAL,
        **_CHANGED,
        "caption": _TEXT,
        "parse_mode": _TEXT,
        "caption_entities": ("Array of MessageEntity",),
        "show_caption_above_media": _FLAG,
    },
}
"""Fields by method, where the method itself may be new."""

FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "BotCommand": frozenset({"is_ephemeral"}),
    "InlineKeyboardButton": frozenset({"disabled"}),
    "InlineKeyboardMarkup": frozenset({"force_reply"}),
    "ReplyKeyboardMarkup": frozenset({"force_reply"}),
    "InputRichMessage": frozenset({"media", "blocks"}),
    "ReplyParameters": frozenset({"ephemeral_message_id"}),
}
"""Fields of objects."""
