"""What people can do, as values: a plan is a moment and an act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Verb = Literal[
    # what only leads to other acts
    "join",
    "session",
    "gathering",
    # in the private chat with a bot
    "start",
    "say",
    "stop",
    "tap",
    "show",
    "amend",
    "react",
    "vote",
    "click",
    "search",
    "app",
    "pay",
    "checkout",
    "refund",
    "block",
    "unblock",
    "vanish",
    # in groups
    "enter",
    "admit",
    "chat",
    "cheer",
    "leave",
]

CONSENT_YES: Final = "consent:all"
CONSENT_NO: Final = "consent:none"
MENU: Final = ("menu:price", "menu:vip", "menu:support", "menu:news")
BUY_VIP: Final = "buy:vip"
FORGET: Final = "/forget"
FORGET_YES: Final = "forget:yes"
SETTINGS: Final = "/settings"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person does. `text` is words, a start code, callback data, an emoji, an invite link, an
    address or what is paid for, after the verb; `message_id` the message it is done to (a vote: the option);
    `answers` the campaign message that earned it, 0 when nothing did. `place` is a group, `manner` how words
    are sent: empty = as a message, `caption` under a photo, `edited` by changing a message.
    """

    verb: Verb
    bot_id: int
    text: str = ""
    message_id: int = 0
    answers: int = 0
    place: int = 0
    manner: str = ""


Plan = tuple[int, Act]


@dataclass(frozen=True, slots=True)
class CampaignMessage:
    """A campaign message as the person sees it: what kind it is and which answers its buttons offer."""

    bot_id: int
    message_id: int
    kind: str
    buttons: tuple[tuple[str, str], ...]
    """(choice, callback data) of each button."""
    poll: tuple[str, int] | None = None
    """Its poll, if it has one: id and number of options."""
    links: tuple[str, ...] = ()
    """Its addresses that a simulated person may open."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message shows beside its buttons. `unasked`: it came although the person had said nothing."""

    poll: tuple[str, int] | None = None
    links: tuple[str, ...] = ()
    unasked: bool = False


NOTHING: Final = Shown()


def campaign_message(
    bot_id: int, message_id: int, data: Sequence[str], shown: Shown = NOTHING
) -> CampaignMessage | None:
    """Reads `c:<row id>:<kind>:<choice>` buttons; None when the message carries none and nothing else tells
    that it is a campaign."""
    buttons: list[tuple[str, str]] = []
    kind = ""
    for each in data:
        if not each.startswith("c:"):
            continue
        _, _, kind, choice = (each + ":::").split(":")[:4]
        buttons.append((choice, each))
    if not buttons and not shown.unasked:
        return None
    return CampaignMessage(bot_id, message_id, kind, tuple(buttons), shown.poll, shown.links)
