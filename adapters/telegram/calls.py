"""The one call of the Bot API that sends a ledger row's body (`core.ledger.BODY`): pure, body in, call out.

Promises: what a body does not say is left to Telegram, except that no preview of a link is shown and polls
are not anonymous (an answer that can't be seen is no response). An album has its text under the first piece
and no buttons. Leaves to others: bounds and markup (`core.content`), files of our own (`media`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

Button = Mapping[str, Any]
Piece = Mapping[str, str]

_METHODS: Final = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "animation": "sendAnimation",
    "audio": "sendAudio",
    "document": "sendDocument",
    "voice": "sendVoice",
}
_MANNERS: Final = (
    ("silent", "disable_notification"),
    ("protect", "protect_content"),
    ("paid", "allow_paid_broadcast"),
    ("thread", "message_thread_id"),
)


def call_of(chat_id: int, body: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """(method, parameters) of a body. The row's chat wins: it may have moved since the body was written."""
    if "method" in body:
        return str(body["method"]), _own(chat_id, body)
    pieces = pieces_of(body)
    if len(pieces) > 1:
        return "sendMediaGroup", {"chat_id": chat_id, "media": _album(pieces, body), **_manners(body)}
    if "poll" in body:
        method, params = "sendPoll", _poll(cast("Mapping[str, Any]", body["poll"]))
    elif pieces:
        method, params = _METHODS[pieces[0]["type"]], _alone(pieces[0], body)
    else:
        method, params = "sendMessage", _words(body)
    if buttons := body.get("buttons"):
        rows = cast("Sequence[Sequence[Button]]", buttons)
        params["reply_markup"] = {"inline_keyboard": [[_button(one, body) for one in row] for row in rows]}
    return method, {"chat_id": chat_id, **params, **_manners(body)}


def pieces_of(body: Mapping[str, object]) -> Sequence[Piece]:
    """The media of a body: {type, source} each."""
    if photo := body.get("photo"):
        return [{"type": "photo", "source": str(photo)}]
    return cast("Sequence[Piece]", body.get("media") or ())


def _own(chat_id: int, body: Mapping[str, object]) -> dict[str, object]:
    """A handler's own call goes as it is; a copy of an operator's message may be paid for."""
    params = dict(cast("Mapping[str, object]", body.get("params", {})))
    if "chat_id" in params:
        params["chat_id"] = chat_id
    if body.get("paid"):
        params["allow_paid_broadcast"] = True
    return params


def _manners(body: Mapping[str, object]) -> dict[str, object]:
    return {theirs: body[ours] for ours, theirs in _MANNERS if body.get(ours)}


def _words(body: Mapping[str, object]) -> dict[str, object]:
    words: dict[str, object] = {"text": body["text"]}
    if body.get("parse_mode"):
        words["parse_mode"] = body["parse_mode"]
    if not body.get("preview"):
        words["link_preview_options"] = {"is_disabled": True}
    return words


def _caption(body: Mapping[str, object]) -> dict[str, object]:
    if not body.get("text"):
        return {}
    caption: dict[str, object] = {"caption": body["text"]}
    return {**caption, "parse_mode": body["parse_mode"]} if body.get("parse_mode") else caption


def _alone(piece: Piece, body: Mapping[str, object]) -> dict[str, object]:
    return {piece["type"]: piece["source"], **_caption(body)}


def _album(pieces: Sequence[Piece], body: Mapping[str, object]) -> list[dict[str, object]]:
    album: list[dict[str, object]] = [{"type": one["type"], "media": one["source"]} for one in pieces]
    album[0] |= _caption(body)
    return album


def _poll(poll: Mapping[str, Any]) -> dict[str, object]:
    params: dict[str, object] = {
        "question": poll["question"],
        "options": [{"text": option} for option in poll["options"]],
        "is_anonymous": False,
    }
    return {**params, "allows_multiple_answers": True} if poll.get("multiple") else params


def _button(button: Button, body: Mapping[str, object]) -> dict[str, str]:
    if "link" in button:
        links = cast("Sequence[str]", body.get("links", ()))
        return {"text": button["text"], "url": links[button["link"]]}
    if "url" in button:
        return {"text": button["text"], "url": button["url"]}
    return {"text": button["text"], "callback_data": button["data"]}
