"""What the step is made with, and what it says it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.content import FALLBACK_LANGUAGE, Links
from core.ports import Store
from core.posting import PostLimits
from core.segment import SegmentSpec
from core.strategy import PLAIN, Caps, Pace

NextSlot = Callable[[str, int], int]
"""(cron, moment) -> its first time after the moment."""


def plain_links(_: int, __: int) -> Links:
    """Addresses as they are written."""
    return Links()


@dataclass(frozen=True, slots=True)
class BroadcastDeps:
    """names: of the bots. plain: the pace of people in no segment. posts, vip: of broadcasts to groups.
    language: for those whose own is not known. links: how addresses are written when this bot sends them
    now."""

    store: Store
    specs: Sequence[SegmentSpec]
    names: Mapping[int, str]
    next_slot: NextSlot
    caps: Caps = field(default_factory=Caps)
    plain: Pace = PLAIN
    posts: PostLimits = PostLimits()
    vip: frozenset[int] = frozenset()
    language: str = FALLBACK_LANGUAGE
    links: Callable[[int, int], Links] = plain_links


@dataclass(frozen=True, slots=True)
class Expanded:
    """broadcasts: looked at; people: gone through; messages: new rows; skipped: people without one, by the
    reason that holds them for good; done: names of those that ended. more: there is more to do at once."""

    broadcasts: int = 0
    people: int = 0
    messages: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    more: bool = False

    def __add__(self, other: Expanded) -> Expanded:
        skipped = {
            reason: self.skipped.get(reason, 0) + other.skipped.get(reason, 0)
            for reason in (*self.skipped, *other.skipped)
        }
        return Expanded(
            self.broadcasts + other.broadcasts,
            self.people + other.people,
            self.messages + other.messages,
            skipped,
            (*self.done, *other.done),
            self.more or other.more,
        )
