"""What people do without writing a message: taps, inline queries, checkouts, purchases of media.

Telegram gives these no date, so they carry the moment of their receipt."""

from __future__ import annotations

from bot.capture.fields import MAX_ID, Json, clean, person, place, private_id, whole
from bot.capture.frame import Draft, Frame, Meaning, Props
from bot.capture.preferences import preference
from bot.capture.words import consent
from core.identity import Place
from core.text import TOPICS


def callback(body: Json, frame: Frame) -> Meaning:
    """A tap on an inline button: in the private chat, in a group, or below an inline message."""
    chat_id, where = _shown_in(body.get("message"))
    data, at_ms = clean(body.get("data"), 64), frame.received_ms
    drafts = [Draft("button_tapped", at_ms, {"button": data, "topics": _topic(data, frame)})]
    if data in {"consent:all", "consent:none"}:
        drafts.append(consent(data == "consent:all", "button", frame))
    else:
        drafts.extend(preference(data, at_ms))
    return Meaning(drafts, person(body["from"], chat_id), where, answer=True)


def _shown_in(message: object) -> tuple[int, Place | None]:
    """The private chat or the group of the message that carries the button; neither for an inline one, nor
    for the chats of a business account."""
    if not isinstance(message, dict) or "business_connection_id" in message:
        return 0, None
    chat = message["chat"]
    return (private_id(chat), None) if chat["type"] == "private" else (0, place(chat))


def _topic(data: str, frame: Frame) -> str:
    topic = data[5:] if data.startswith("menu:") else ""
    return topic if topic in TOPICS else frame.rules.buttons.get(data, "")


def inline_query(body: Json, frame: Frame) -> Meaning:
    return Meaning([searched(clean(body["query"], 512), frame)], person(body["from"]), answer=True)


def searched(query: str, frame: Frame) -> Draft:
    """The bot was called in some chat, with these words."""
    props: Props = {"length": len(query), "topics": " ".join(frame.rules.topics(query))}
    return Draft("inline_searched", frame.received_ms, props)


def chosen_inline_result(body: Json, frame: Frame) -> Meaning:
    draft = Draft("inline_chosen", frame.received_ms, {"result": clean(body["result_id"], 64)})
    return Meaning([draft], person(body["from"]))


def pre_checkout(body: Json, frame: Frame) -> Meaning:
    draft = Draft(
        "checkout_started",
        frame.received_ms,
        {
            "amount_minor": whole(body["total_amount"], 0, MAX_ID),
            "currency": clean(body["currency"], 8),
            "payload": clean(body.get("invoice_payload"), 128),
        },
    )
    return Meaning([draft], person(body["from"]), answer=True)


def shipping(body: Json, frame: Frame) -> Meaning:
    """Of the address itself nothing is kept."""
    draft = Draft("shipping_asked", frame.received_ms, {"payload": clean(body.get("invoice_payload"), 128)})
    return Meaning([draft], person(body["from"]), answer=True)


def paid_media(body: Json, frame: Frame) -> Meaning:
    payload = clean(body.get("paid_media_payload"), 128)
    return Meaning(
        [Draft("paid_media_bought", frame.received_ms, {"payload": payload})], person(body["from"])
    )
