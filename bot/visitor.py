"""Who stands before a handler, and the way its answers take: values and Protocols of the bot's room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from core.flow.reply import Reply
from core.identity import Identity
from core.ports import Receipt
from core.text import DEFAULT

ABOUT_MONEY: Final = frozenset({"answerPreCheckoutQuery", "answerShippingQuery"})
"""Answers that Telegram waits for with a sale at stake, 10 seconds."""
VIP: Final = "vip"
"""Payload of our own invoice for VIP."""
FORGET_YES: Final = "forget:yes"
"""The button by which a person asks to be forgotten."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person set, as it stands in the record; empty = as we do it.

    frequency: least days between messages. quiet: FROM-TO in clock hours, or off. muted: content kinds not
    wanted. zone: IANA name. language: the one chosen."""

    frequency: str = ""
    quiet: str = ""
    muted: frozenset[str] = frozenset()
    zone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person a handler answers: language to speak, whether campaigns were allowed, and what was set.

    Read after the update took effect: what the person has just chosen is in it. known: False for somebody who
    was forgotten, of whom nothing may be stored. in_vip: a member of a VIP group."""

    identity: Identity
    language: str
    consented: bool
    preferences: Preferences = Preferences()
    known: bool = True
    in_vip: bool = False


FindVisitor = Callable[[Identity, str], Awaitable[Visitor]]
"""(identity, client language) -> Visitor."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes out with a message and is kept nowhere. `field`: the parameter that takes it."""

    field: str
    name: str
    data: bytes


class Outbox(Protocol):
    """Where answers go: messages through the ledger, acknowledgements and edits straight to Telegram."""

    async def answer(self, ask: Reply, file: File | None = None) -> Receipt | None: ...
    async def call(self, bot_id: int, method: str, params: Mapping[str, object]) -> object: ...


class House(Outbox, Protocol):
    """All that handlers ask of the installation."""

    async def mydata(self, identity: Identity) -> Mapping[str, Any] | None:
        """Everything that is stored about the person (see `bot.mydata`); None when nothing is."""
        ...

    async def has_paid_for_vip(self, identity: Identity) -> bool:
        """Whether the person has bought VIP, and the time that it lasts is not over."""
        ...

    async def forget(self, identity: Identity) -> bool:
        """Note the wish to be forgotten, durably; False when nobody is known by this identity."""
        ...


class Understanding(Protocol):
    """What people's words mean: `core.text.Words` of the installation."""

    def topics(self, text: str) -> Sequence[str]: ...
    def opts_out(self, text: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What the installation has settled. accept_payments: pre-checkout questions get a yes. vip_stars: price
    of VIP in Stars, 0 = not for sale. vip_chats: Telegram's numbers of the groups that VIP opens."""

    accept_payments: bool = True
    vip_stars: int = 0
    words: Understanding = DEFAULT
    vip_chats: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BotFace:
    """A bot as people see it."""

    bot_id: int
    token: str
    name: str
    username: str
