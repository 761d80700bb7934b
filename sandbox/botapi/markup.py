"""Checks of the keyboard a message carries, with Telegram's own refusals."""

import orjson

from sandbox.accounts import Json
from sandbox.botapi.errors import TelegramError, bad_request

MAX_CALLBACK_BYTES = 64
MAX_BUTTONS = 100
MAX_MARKUP_BYTES = 10_240
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_URL_STARTS = ("http://", "https://", "tg://", "tonsite://")


def check_markup(markup: object) -> Json | None:
    """The inline keyboard to store with the message; None for a reply keyboard or none at all."""
    if markup is None or markup == "":
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return None
    keyboard = [[_button(button) for button in _row(row)] for row in _rows(rows)]
    keyboard = [row for row in keyboard if row]
    if not keyboard:
        return None
    inline: Json = {"inline_keyboard": keyboard}
    if sum(map(len, keyboard)) > MAX_BUTTONS or len(orjson.dumps(inline)) > MAX_MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return inline


def _rows(rows: object) -> list[object]:
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return rows


def _row(row: object) -> list[object]:
    if not isinstance(row, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return row


def _button(button: object) -> Json:
    if not isinstance(button, dict):
        raise _button_error("expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise _button_error('Can\'t find field "text"')
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    action = next((name for name in _ACTIONS if name in button), None)
    if action is None:
        raise _button_error("Text buttons are unallowed in the inline keyboard")
    _check_action(action, button[action])
    return dict(button)


def _check_action(action: str, value: object) -> None:
    if action == "callback_data":
        size = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else 0
        if not 0 < size <= MAX_CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    if action == "url" and not _is_url(value):
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")


def _is_url(value: object) -> bool:
    if not isinstance(value, str) or any(char.isspace() for char in value.strip()):
        return False
    host = value.strip().partition("://")[2] or value.strip()
    return value.strip().lower().startswith(_URL_STARTS) or "." in host


def _button_error(what: str) -> TelegramError:
    return bad_request(f"can't parse inline keyboard button: {what}")
