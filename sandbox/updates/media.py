"""Media that people and bots send: descriptions with file ids, never the bytes."""

from typing import Final

from sandbox.accounts import Json

PREFIX: Final = {
    "photo": "AgACsandboxphoto",
    "video": "BAACsandboxvideo",
    "document": "BQACsandboxdocument",
    "audio": "CQACsandboxaudio",
    "voice": "AwACsandboxvoice",
    "animation": "CgACsandboxanimation",
    "video_note": "DQACsandboxnote",
    "sticker": "CAACsandboxsticker",
}
"""How the file ids of each kind begin."""
KINDS: Final = (*PREFIX, "location", "venue", "contact", "dice")
_SIZED: Final = frozenset({"video", "animation", "sticker"})
_TIMED: Final = frozenset({"video", "animation", "audio", "voice", "video_note"})
_PLACE: Final[Json] = {"latitude": 41.0082, "longitude": 28.9784}


def media_part(kind: str, unique: str, caption: str = "", *, size: int = 1) -> Json:
    """What a message with such media carries; the same `unique` is the same file."""
    part: Json = {kind: file_part(kind, PREFIX[kind] + unique, size) if kind in PREFIX else _thing(kind)}
    if kind == "photo":
        part["photo"] = [part["photo"]]
    if kind == "venue":
        part["location"] = _PLACE
    if caption:
        part["caption"] = caption
    return part


def file_part(kind: str, file_id: str, size: int, file_name: str = "") -> Json:
    """The description of one file, for example a `Document` object."""
    part: Json = {"file_id": file_id, "file_unique_id": file_id[-16:], "file_size": size}
    if kind == "photo":
        part |= {"width": 1280, "height": 720}
    if kind in _SIZED:
        part |= {"width": 512, "height": 512}
    if kind in _TIMED:
        part["duration"] = 5
    if kind == "video_note":
        part["length"] = 240
    if kind == "sticker":
        part |= {"type": "regular", "is_animated": False, "is_video": False, "emoji": "👍"}
    if file_name and kind in {"document", "audio", "video", "animation"}:
        part["file_name"] = file_name
    return part


def _thing(kind: str) -> Json:
    things: dict[str, Json] = {
        "location": _PLACE,
        "venue": {"location": _PLACE, "title": "Simulated corner", "address": "1 Town Square"},
        "contact": {"phone_number": "+000000000", "first_name": "Simulated"},
        "dice": {"emoji": "🎲", "value": 3},
    }
    return things[kind]
