"""Service messages that mean something: payments, Mini App data, forum topics, upgrades of groups.

One charge counts once, whatever comes again: its event is `charge:<id>` with the date of the message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import orjson

from bot.capture import members
from bot.capture.fields import MAX_DATE_S, MAX_ID, Json, clean, group_id, number, whole
from bot.capture.frame import NOTHING, Draft, Meaning, Props, shared
from core.identity import Place, Sender

MAX_DATA: Final = 4096
"""Bytes of Mini App data: Telegram's bound."""
_GENERAL_TOPIC: Final = 1


def personal(body: Json, sender: Sender, at_ms: int) -> Meaning | None:
    """The meaning of a service message about its sender, in whatever chat; None if it has none here."""
    read = next((_PERSONAL[name] for name in body if name in _PERSONAL), None)
    return Meaning([read(body, at_ms)], sender, answer=True) if read is not None else None


def of_group(body: Json, where: Place, at_ms: int) -> Meaning | None:
    """The meaning of a service message about a group."""
    read = next((_OF_GROUP[name] for name in body if name in _OF_GROUP), None)
    return read(body, where, at_ms) if read is not None else None


# ------------------------------------------------------------------ about the sender
def _paid(body: Json, at_ms: int) -> Draft:
    payment = body["successful_payment"]
    props, charge = _money(payment)
    props["until_ms"] = min(number(payment.get("subscription_expiration_date")), MAX_DATE_S) * 1000
    return Draft("payment_succeeded", at_ms, props, f"charge:{charge}" if charge else "")


def _refunded(body: Json, at_ms: int) -> Draft:
    props, charge = _money(body["refunded_payment"])
    return Draft("payment_refunded", at_ms, props, f"refund:{charge}" if charge else "")


def _money(payment: Json) -> tuple[Props, str]:
    charge = clean(payment.get("telegram_payment_charge_id"), 128)
    props: Props = {
        "amount_minor": whole(payment["total_amount"], 0, MAX_ID),
        "currency": clean(payment["currency"], 8),
        "charge": charge,
        "payload": clean(payment.get("invoice_payload"), 128),
    }
    return props, charge


def _app_data(body: Json, at_ms: int) -> Draft:
    sent = body["web_app_data"]
    data = clean(sent["data"], MAX_DATA)
    props: Props = {
        "button": clean(sent.get("button_text"), 64),
        "action": _action(data),
        "length": len(data.encode()),
    }
    return Draft("app_data_received", at_ms, props)


def _action(data: str) -> str:
    """What JSON data call themselves by `action` or `type`."""
    try:
        said = orjson.loads(data)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(said, dict):
        return ""
    return clean(said.get("action"), 32) or clean(said.get("type"), 32)


def _let_in(body: Json, at_ms: int) -> Draft:
    return Draft("bot_unblocked", at_ms, NOTHING)


_PERSONAL: Final[Mapping[str, Callable[[Json, int], Draft]]] = {
    "successful_payment": _paid,
    "refunded_payment": _refunded,
    "web_app_data": _app_data,
    "write_access_allowed": _let_in,
}


# ------------------------------------------------------------------ about the group
def _topic(state: str, *, general: bool = False) -> Callable[[Json, Place, int], Meaning]:
    def read(body: Json, where: Place, at_ms: int) -> Meaning:
        thread = _GENERAL_TOPIC if general else number(body.get("message_thread_id"))
        key = shared(where, f"topic:{where.chat_id}:{body['message_id']}")
        return Meaning([Draft("topic_changed", at_ms, {"thread": thread, "state": state}, key)], place=where)

    return read


def _upgraded_to(body: Json, where: Place, at_ms: int) -> Meaning:
    """Said in the old group: from now on it is the supergroup of that number."""
    new_id = group_id(body["migrate_to_chat_id"])
    return _upgrade(replace(where, chat_id=new_id, kind="supergroup", also=where.chat_id), at_ms)


def _upgraded_from(body: Json, where: Place, at_ms: int) -> Meaning:
    """Said in the new supergroup."""
    return _upgrade(replace(where, also=group_id(body["migrate_from_chat_id"])), at_ms)


def _upgrade(where: Place, at_ms: int) -> Meaning:
    if where.chat_id == where.also:
        raise ValueError("a group can't become itself")
    props: Props = {"chat_id": where.chat_id}
    return Meaning([Draft("group_upgraded", at_ms, props, f"upgraded:{where.chat_id}")], place=where)


_OF_GROUP: Final[Mapping[str, Callable[[Json, Place, int], Meaning]]] = {
    "new_chat_members": members.new_members,
    "left_chat_member": members.left_member,
    "migrate_to_chat_id": _upgraded_to,
    "migrate_from_chat_id": _upgraded_from,
    "forum_topic_created": _topic("created"),
    "forum_topic_edited": _topic("edited"),
    "forum_topic_closed": _topic("closed"),
    "forum_topic_reopened": _topic("reopened"),
    "general_forum_topic_hidden": _topic("closed", general=True),
    "general_forum_topic_unhidden": _topic("reopened", general=True),
}
