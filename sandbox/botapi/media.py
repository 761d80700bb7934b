"""Methods that send files: by upload, by address, or by the id of one that was sent before."""

import re

from sandbox.accounts import Json
from sandbox.botapi.call import Call, Method, Outcome, send, send_all, told
from sandbox.botapi.errors import bad_request
from sandbox.botapi.request import Params
from sandbox.botapi.texts import MAX_CAPTION, read_caption
from sandbox.updates.media import PREFIX, file_part

_ALBUM = (2, 10)
_ALBUM_KINDS = frozenset({"photo", "video", "document", "audio"})
_ALONE = ("document", "audio")
_MAX_PHOTO = 10 * 1024 * 1024
_OWNED = re.compile(r"([0-9a-f]+)_[0-9a-f]{16}")


def sender(kind: str) -> Method:
    """The method that sends this kind of file."""

    def send_file(call: Call) -> Outcome:
        content = _content(call, kind, call.params.values.get(kind))
        if kind in {"sticker", "video_note"}:
            return send(call, content)
        return send(call, content | _captioned(call.params))

    return send_file


def send_media_group(call: Call) -> Outcome:
    items = call.params.array("media") or []
    if len(items) < _ALBUM[0]:
        raise bad_request("too few messages to send as an album")
    if len(items) > _ALBUM[1]:
        raise bad_request("too many messages to send as an album")
    contents = [_item(call, item) for item in items]
    _check_album([str(item["type"]) for item in items if isinstance(item, dict)])
    album = {"media_group_id": str(call.world.number_since_birth(call.world.log.seq))}
    messages = send_all(call, [content | album for content in contents])
    first = told(call.params.number("chat_id"), messages[0])
    return Outcome(messages, first.chat_id, first.message_id, first.message)


def get_file(call: Call) -> Outcome:
    file_id = call.params.text("file_id")
    kind = _kind_of(file_id)
    if kind is None:
        raise bad_request("invalid file_id")
    if not _may_use(call.bot.id, kind, file_id):
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    size = {"file_id": file_id, "file_unique_id": file_id[-16:], "file_size": 1}
    return Outcome(size | {"file_path": f"{kind}s/{file_id[-16:]}"})


def _check_album(kinds: list[str]) -> None:
    """Documents and audio files keep to themselves."""
    if len(set(kinds)) > 1 and (lone := next((kind for kind in _ALONE if kind in kinds), "")):
        raise bad_request(f"{lone.title()} can't be mixed with other media types")


def _item(call: Call, item: object) -> Json:
    if not isinstance(item, dict) or not item.get("type"):
        raise bad_request("can't parse InputMedia: type must be non-empty")
    if item["type"] not in _ALBUM_KINDS:
        raise bad_request(f"can't parse InputMedia: type \"{item['type']}\" can't be used in sendMediaGroup")
    content = _content(call, str(item["type"]), item.get("media"))
    return content | _captioned(Params({name: value for name, value in item.items() if name != "media"}))


def _content(call: Call, kind: str, given: object) -> Json:
    """What the message carries: an upload, the address of a file, or one that was sent before."""
    if isinstance(given, str) and given.startswith("attach://"):
        given = call.params.values.get(given.removeprefix("attach://"))
    if not given:
        raise bad_request(f"there is no {kind} in the request")
    if isinstance(given, str) and not given.startswith(("http://", "https://")):
        part = _known(call.bot.id, kind, given)
    else:
        part = _new(call.bot.id, kind, given)
    return {kind: [part] if kind == "photo" else part}


def _known(bot_id: int, kind: str, file_id: str) -> Json:
    found = _kind_of(file_id)
    if found is None or not _may_use(bot_id, found, file_id):
        raise bad_request("wrong file identifier/HTTP URL specified")
    if found != kind:
        raise bad_request("type of file mismatch")
    return file_part(kind, file_id, 1)


def _new(bot_id: int, kind: str, given: object) -> Json:
    """An upload (described by name and size), or a file that Telegram fetches from its address."""
    upload: Json = given if isinstance(given, dict) else {"file_size": 1}
    size = upload.get("file_size")
    if not isinstance(size, int) or size <= 0:
        raise bad_request("file must be non-empty")
    if kind == "photo" and size > _MAX_PHOTO:
        raise bad_request("file is too big")
    file_id = f"{PREFIX[kind]}{bot_id:x}_{hash_text(str(given)):016x}"
    return file_part(kind, file_id, size, str(upload.get("file_name", "")))


def _may_use(bot_id: int, kind: str, file_id: str) -> bool:
    """The id of a file that a bot has sent is good for this bot alone."""
    owned = _OWNED.fullmatch(file_id.removeprefix(PREFIX[kind]))
    return owned is None or int(owned[1], 16) == bot_id


def _captioned(params: Params) -> Json:
    caption, entities = read_caption(params, MAX_CAPTION)
    content: Json = {"caption": caption} if caption else {}
    return content | ({"caption_entities": entities} if entities else {})


def _kind_of(file_id: str) -> str | None:
    return next((kind for kind, prefix in PREFIX.items() if file_id.startswith(prefix)), None)


def hash_text(text: str) -> int:
    """A small stable hash (FNV-1a, 64 bits): Python's own changes from run to run."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8", "surrogatepass"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value
