"""What people notice in a message of a bot, and what it moves them to.

Promises: buttons, links, polls and invoices are all that is understood of the product, and that a message
nobody asked for is a campaign; who asked to be forgotten hears nothing. Leaves to others: what the person
makes of it (`life`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sandbox.accounts import Json
from sandbox.log import Received
from sandbox.people.acts import (
    BUY_VIP,
    CONSENT_YES,
    CampaignMessage,
    Plan,
    Shown,
    campaign_message,
)
from sandbox.people.browser import links_of
from sandbox.people.life import Life

_OF_SERVICE: Final = ("menu:", "consent:", "set:", "settings", "forget:", "buy:")
"""How the buttons of what a bot says by itself begin: menus, settings, questions."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as a person sees it. `is_new`: sent, not changed."""

    bot_id: int
    message_id: int
    data: list[str]
    is_new: bool
    has_invoice: bool
    campaign: CampaignMessage | None


def listen(received: Received, message: Json, *, unasked: bool = False) -> Heard:
    """Reads a message that reached a chat; `unasked`: the person has said nothing for a while."""
    data = callback_data(message)
    bot_id, message_id = received.bot_id, received.message_id or 0
    is_new = received.method.startswith(("send", "copy", "forward"))
    has_invoice = is_new and "invoice" in message
    plain = not has_invoice and not any(each.startswith(_OF_SERVICE) for each in data)
    shown = Shown(_poll(message), links_of(message), unasked and plain)
    campaign = campaign_message(bot_id, message_id, data, shown) if is_new else None
    return Heard(bot_id, message_id, data, is_new, has_invoice, campaign)


def moved(life: Life, at: int, heard: Heard) -> list[Plan]:
    """What the message makes this person do; also keeps in mind what can be tapped later."""
    if life.gone:
        return []
    bot_id, message_id, data = heard.bot_id, heard.message_id, heard.data
    _keep_in_mind(life, heard)
    plans: list[Plan] = []
    if CONSENT_YES in data:
        plans += life.greeted(at, bot_id, message_id)
    if heard.has_invoice:
        plans += life.invoiced(at, bot_id, message_id)
    plans += life.asked_to_decide(at, bot_id, message_id, data)
    if heard.campaign is not None:
        plans += life.campaigned(at, heard.campaign)
    return plans


def callback_data(message: Json) -> list[str]:
    """The data of all inline buttons of a message, in order."""
    markup: Any = message.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", ())
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


def _keep_in_mind(life: Life, heard: Heard) -> None:
    if heard.is_new and heard.campaign is None:  # reactions to campaigns are answers, not whims
        life.seen[heard.bot_id] = heard.message_id
    if any(each.startswith("menu:") for each in heard.data):
        life.menus[heard.bot_id] = heard.message_id
    if BUY_VIP in heard.data:
        life.offers[heard.bot_id] = heard.message_id


def _poll(message: Json) -> tuple[str, int] | None:
    poll: Any = message.get("poll")
    return (str(poll["id"]), len(poll["options"])) if isinstance(poll, dict) else None
