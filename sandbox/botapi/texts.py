"""A message's text or caption: parse mode, given entities, trimming and length."""

from sandbox.accounts import Json
from sandbox.botapi.entities import parse_html, trim
from sandbox.botapi.errors import bad_request
from sandbox.botapi.request import Params
from sandbox.updates import utf16_length

MAX_TEXT = 4096
MAX_CAPTION = 1024


def read_text(params: Params, most: int) -> tuple[str, list[Json]]:
    """The text of a message. Raises TelegramError when it is empty, too long or badly marked up."""
    text, entities = _formatted(params, params.text("text"), "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > most:
        raise bad_request("message is too long")
    return text, entities


def read_caption(params: Params, most: int) -> tuple[str, list[Json]]:
    """The caption of a photo, which may be empty."""
    caption, entities = _formatted(params, params.text("caption"), "caption_entities")
    if utf16_length(caption) > most:
        raise bad_request("message caption is too long")
    return caption, entities


def _formatted(params: Params, text: str, entities_name: str) -> tuple[str, list[Json]]:
    mode = params.text("parse_mode").lower()
    if mode == "html":
        return trim(*parse_html(text))
    if mode and mode != "none":
        raise bad_request("unsupported parse_mode")
    given = params.array(entities_name) or []
    return trim(text, [one for one in given if isinstance(one, dict)])
