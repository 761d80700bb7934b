"""Methods that send files: by upload, by address, or by the id of one that was sent before."""

from sandbox.accounts import Json
from sandbox.botapi.call import Call, Method, Outcome, send, send_all, told
from sandbox.botapi.errors import bad_request
from sandbox.botapi.request import Params
from sandbox.botapi.texts import MAX_CAPTION, read_caption
from sandbox.updates.media import PREFIX, file_part

_ALBUM = (2, 10)
_ALBUM_KINDS = frozenset({"photo", "video", "document", "audio", "animation"})


def sender(kind: str) -> Method:
    """The method that sends this kind of file."""

    def send_file(call: Call) -> Outcome:
        content = _content(call.params, kind, call.params.values.get(kind))
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
    contents = [_item(call.params, item) for item in items]
    album = {"media_group_id": str(call.world.number_since_birth(call.world.log.seq))}
    messages = send_all(call, [content | album for content in contents])
    first = told(call.params.number("chat_id"), messages[0])
    return Outcome(messages, first.chat_id, first.message_id, first.message)


def get_file(call: Call) -> Outcome:
    file_id = call.params.text("file_id")
    kind = _kind_of(file_id)
    if kind is None:
        raise bad_request("invalid file_id")
    size = {"file_id": file_id, "file_unique_id": file_id[-16:], "file_size": 1}
    return Outcome(size | {"file_path": f"{kind}s/{file_id[-16:]}"})


def _item(params: Params, item: object) -> Json:
    if not isinstance(item, dict) or item.get("type") not in _ALBUM_KINDS:
        raise bad_request("can't parse InputMedia: type must be non-empty")
    content = _content(params, str(item["type"]), item.get("media"))
    return content | _captioned(Params({name: value for name, value in item.items() if name != "media"}))


def _content(params: Params, kind: str, given: object) -> Json:
    """What the message carries: an upload, the address of a file, or one that was sent before."""
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.values.get(given.removeprefix("attach://"))
    if not given:
        raise bad_request(f"there is no {kind} in the request")
    if isinstance(given, str) and not given.startswith(("http://", "https://")):
        found = _kind_of(given)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if found != kind:
            raise bad_request("type of file mismatch")
        part = file_part(kind, given, 1)
    else:
        size = given.get("file_size", 0) if isinstance(given, dict) else 1
        name = str(given.get("file_name", "")) if isinstance(given, dict) else ""
        file_id = f"{PREFIX[kind]}{hash_text(str(given)):016x}"
        part = file_part(kind, file_id, size if isinstance(size, int) else 0, name)
    return {kind: [part] if kind == "photo" else part}


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
