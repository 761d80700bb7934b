"""What reading an update needs and what it gives: the rules of the installation, drafts of events.

An event of a group that several bots of the installation see carries a key that is the same for all of them
(`shared`), so that it takes effect once; every other key is `bot:update:n`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bot.capture.fields import SHARED
from core.event import Scalar
from core.identity import Place, Sender
from core.keyed import LINK_PREFIX, MAX_PLAIN_CODE, Link


def unsigned(payload: str, now_s: int) -> Link:
    """Deep links of an installation without a key: nothing that claims to be signed is believed."""
    if payload.startswith(LINK_PREFIX):
        return Link("", "forged")
    return Link(payload[:MAX_PLAIN_CODE], "plain" if payload else "")


@dataclass(frozen=True, slots=True)
class CaptureRules:
    """How an installation understands what comes.

    topics, opts_out: what words mean. granted_on_start: /start is the yes to campaigns. buttons: callback
    data -> topic, beside those of the menu. vip: numbers of groups whose joining is a conversion.
    link: what a /start payload is at a moment (UTC seconds)."""

    topics: Callable[[str], Sequence[str]]
    opts_out: Callable[[str], bool]
    granted_on_start: bool = False
    text_version: str = "1"
    buttons: Mapping[str, str] = field(default_factory=dict)
    vip: frozenset[int] = frozenset()
    link: Callable[[str, int], Link] = unsigned


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when an update came in."""

    bot_id: int
    update_id: int
    received_ms: int


@dataclass(slots=True)
class Frame:
    """What every reader is given beside the body of the update: the rules, and the moment of its receipt."""

    rules: CaptureRules
    received_ms: int


Props = dict[str, Scalar]


class Draft(NamedTuple):
    """An event before it gets its key; `key` only where it has a key of its own."""

    kind: str
    ts_ms: int
    props: Mapping[str, Scalar]
    key: str = ""


@dataclass(slots=True)
class Meaning:
    """What a reader found: the drafts are about `sender`, `place`, both or nobody; `others` likewise."""

    drafts: list[Draft]
    sender: Sender | None = None
    place: Place | None = None
    answer: bool = False
    others: Sequence[tuple[Sender, list[Draft]]] = ()


NOTHING: Final[Mapping[str, Scalar]] = {}


def shared(where: Place | None, key: str) -> str:
    """The key, if all bots in this place see the same numbers; else empty."""
    return key if where is not None and where.kind in SHARED else ""


def unknown(update: str, ts_ms: int, sender: Sender | None = None, where: Place | None = None) -> Meaning:
    """No meaning here yet: kept and counted."""
    return Meaning([Draft("unknown", ts_ms, {"update": update})], sender, where)
