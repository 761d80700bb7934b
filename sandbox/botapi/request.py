"""What a bot sends: parameters from the query, a form, multipart or JSON, read into one shape.

Structured parameters arrive as JSON text in forms and as objects in JSON bodies; here they are objects
always. An uploaded file is described, not kept.
"""

from dataclasses import dataclass

import orjson
from aiohttp import web

from sandbox.accounts import Json
from sandbox.botapi.errors import bad_request

_STRUCTURED = frozenset(
    {
        "allowed_updates",
        "caption_entities",
        "commands",
        "correct_option_ids",
        "entities",
        "link_preview_options",
        "media",
        "message_ids",
        "options",
        "prices",
        "reaction",
        "reply_markup",
        "reply_parameters",
        "results",
        "scope",
        "shipping_options",
    }
)
_TRUE = frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one call, read with Telegram's leniency: numbers and flags may be text. `typed`: they
    came as JSON, which tells numbers from texts."""

    values: Json
    typed: bool = True

    def text(self, name: str) -> str:
        """A text, empty when it is absent."""
        value = self.values.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; whatever isn't one counts as absent, as in Telegram."""
        value = self.values.get(name)
        if isinstance(value, int):
            return int(value)
        try:
            return int(str(value)) if value is not None else default
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        return value if isinstance(value, bool) else str(value).lower() in _TRUE

    def array(self, name: str) -> list[object] | None:
        """A list; None when it is absent. Raises TelegramError for anything else."""
        value = self.values.get(name)
        if value is None or isinstance(value, list):
            return value
        raise bad_request(f"can't parse {name} JSON array")


async def read_params(request: web.BaseRequest) -> Params:
    """All parameters of a request. Raises TelegramError when they can't be read."""
    values: Json = dict(request.query)
    typed = False
    if request.content_type == "application/json":
        values.update(_json_object(await request.read()))
        typed = not request.query
    elif request.body_exists:
        for name, value in (await request.post()).items():
            values[name] = _describe(value) if isinstance(value, web.FileField) else value
    for name in _STRUCTURED.intersection(values):
        values[name] = _structure(name, values[name])
    return Params(values, typed)


def _json_object(body: bytes) -> Json:
    if not body:
        return {}
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(found, dict):
        raise bad_request("JSON object expected as request body")
    return found


def _structure(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        found: object = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        what = "reply keyboard markup" if name == "reply_markup" else name
        raise bad_request(f"can't parse {what} JSON object") from error
    return found


def _describe(upload: web.FileField) -> Json:
    size = upload.file.seek(0, 2)
    return {"file_name": upload.filename, "file_size": size}
