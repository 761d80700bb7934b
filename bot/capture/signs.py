"""Small signs: reactions and votes."""

from __future__ import annotations

from typing import Final

from bot.capture.fields import Json, clean, date_ms, human, number, person, place, private_id, size, whole
from bot.capture.frame import Draft, Frame, Meaning, Props, shared, unknown

MAX_SIGNS: Final = 32
"""Reactions or options that are looked at in one update."""


def reaction(body: Json, frame: Frame) -> Meaning:
    chat, at_ms, message_id = body["chat"], date_ms(body), whole(body["message_id"])
    emoji = " ".join(_emoji(each) for each in body["new_reaction"][:MAX_SIGNS])[:128]
    where = place(chat)
    if body.get("user") is None:
        return unknown("message_reaction.actor_chat", at_ms, where=where)
    sender = person(body["user"], 0 if where is not None else private_id(chat))
    props: Props = {"message_id": message_id, "emoji": emoji, "removed": not body["new_reaction"]}
    key = f"reacted:{chat['id']}:{message_id}:{sender.identity.value}:{emoji}"
    return Meaning([Draft("reacted", at_ms, props, shared(where, key))], sender, where)


def _emoji(kind: Json) -> str:
    """An emoji; `custom:` and its id; or `paid`."""
    match kind["type"]:
        case "emoji":
            return clean(kind["emoji"], 16)
        case "custom_emoji":
            return f"custom:{clean(kind['custom_emoji_id'], 32)}"
        case other:
            return clean(other, 16)


def reaction_count(body: Json, frame: Frame) -> Meaning:
    where, at_ms, message_id = place(body["chat"]), date_ms(body), whole(body["message_id"])
    total = sum(number(each["total_count"]) for each in body["reactions"][: 10 * MAX_SIGNS])
    key = shared(where, f"counted:{body['chat']['id']}:{message_id}:{total}")
    draft = Draft("reactions_counted", at_ms, {"message_id": message_id, "total": total}, key)
    return Meaning([draft], place=where)


def poll_answer(body: Json, frame: Frame) -> Meaning:
    """Telegram gives votes no date. A chat that votes is nobody whom we know."""
    options = " ".join(str(whole(each, 0)) for each in body["option_ids"][:MAX_SIGNS])
    props: Props = {
        "poll": clean(body["poll_id"], 64),
        "options": options,
        "removed": not size(body["option_ids"]),
    }
    return Meaning([Draft("poll_answered", frame.received_ms, props)], human(body, "user"))


def poll(body: Json, frame: Frame) -> Meaning:
    props: Props = {
        "poll": clean(body["id"], 64),
        "voters": whole(body["total_voter_count"], 0),
        "closed": body["is_closed"] is True,
    }
    return Meaning([Draft("poll_changed", frame.received_ms, props)])
