"""The values of a broadcast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.grammar import Rule, sentence
from core.ledger import BROADCAST

PEOPLE: Final = "people"
GROUPS: Final = "groups"
PRIORITY: Final = 5
LIFETIME_H: Final = 24.0
MOST_GROUPS: Final = 20
HOUR_MS: Final = 3_600_000
LONGEST_DAY_H: Final = 25

DRAFT: Final = "draft"
SCHEDULED: Final = "scheduled"
RUNNING: Final = "running"
DONE: Final = "done"
CANCELLED: Final = "cancelled"
STATES: Final = (DRAFT, SCHEDULED, RUNNING, DONE, CANCELLED)
"""Where a broadcast stands in the store."""
PAUSED: Final = "paused"
STOPPED: Final = "stopped"
"""What it is called while its switch is set: by an operator, or by itself."""
SELF_STOP: Final = "self-stop: "
"""How the value of the switch begins when a campaign stopped itself."""
ALL_HAVE: Final = -1
"""The cursor of a broadcast of whose audience everybody has a row."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is meant: everybody, or people of any of these segments or lists, or whom the rule takes; less
    those of `minus_*`."""

    everybody: bool = False
    segments: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    rule: Rule | None = None
    minus_segments: tuple[str, ...] = ()
    minus_lists: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For a sentence."""
        parts = ["everybody"] if self.everybody else []
        parts += [*self.segments, *(f"list {name}" for name in self.lists)]
        parts += [f"people with {sentence(self.rule, 'en')}"] if self.rule is not None else []
        less = [*self.minus_segments, *(f"list {name}" for name in self.minus_lists)]
        return " or ".join(parts) + (f", without {', '.join(less)}" if less else "")


@dataclass(frozen=True, slots=True)
class Copied:
    """A message of an operator that is copied as it is; only the bot that got it can."""

    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the things that may be said. `content`: a name of the catalogue, empty for a copy."""

    name: str
    content: str
    share: float = 1.0
    copied: Copied | None = None


@dataclass(frozen=True, slots=True)
class When:
    """at_ms: not before this moment, 0 = as soon as it is started. cron: again and again (five fields, UTC).
    best_h: to each at their best hour within so many hours, 0 = no. local_min: to each when their own clock
    shows this minute of the day, -1 = no."""

    at_ms: int = 0
    cron: str = ""
    best_h: int = 0
    local_min: int = -1

    @property
    def spread_ms(self) -> int:
        """So long after the beginning the last message may be due: own clocks show it within a day, that of
        the change to winter time included."""
        return LONGEST_DAY_H * HOUR_MS if self.local_min >= 0 else self.best_h * HOUR_MS

    @property
    def words(self) -> str:
        """For a sentence."""
        parts = [f"at {moment_text(self.at_ms)} UTC"] if self.at_ms else []
        parts += [f"each time of '{self.cron}' UTC"] if self.cron else []
        if self.best_h:
            parts.append(f"to each at their best hour within {self.best_h} hours")
        if self.local_min >= 0:
            parts.append(f"to each at {clock_text(self.local_min)} on their own clock")
        return ", ".join(parts) or "as soon as it is started"


@dataclass(frozen=True, slots=True)
class Posting:
    """Of a broadcast to groups: at most so many, the most fitting first; `named`: these (Telegram's numbers)
    and no others; `thread`: forum topic, 0 = the general one."""

    most: int = MOST_GROUPS
    named: tuple[int, ...] = ()
    thread: int = 0


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast. bot_id 0: to each from the bot with which they last spoke. priority: 0..100, what it is
    worth against other campaigns in the line. lifetime_h: how long after its moment a message may still
    leave."""

    name: str
    audience: Audience
    variants: tuple[Variant, ...]
    when: When = When()
    bot_id: int = 0
    lifetime_h: float = LIFETIME_H
    priority: int = PRIORITY
    to: str = PEOPLE
    posting: Posting = Posting()
    note: str = ""

    @property
    def campaign(self) -> str:
        """Its name in the ledger and in switches."""
        return campaign_of(self.name)

    @property
    def lifetime_ms(self) -> int:
        """How long after its moment a message may still leave."""
        return int(self.lifetime_h * HOUR_MS)

    @property
    def weights(self) -> list[float]:
        """The shares of the variants."""
        return [variant.share for variant in self.variants]

    def label(self, place: int) -> str:
        """The variant of a row in the ledger: nothing where there is only one."""
        return self.variants[place].name if len(self.variants) > 1 else ""


def campaign_of(name: str) -> str:
    """The campaign of the broadcast of this name."""
    return f"{BROADCAST}{name}"


def switch_of(name: str) -> str:
    """The switch that pauses it."""
    return f"pause:campaign:{campaign_of(name)}"


def standing(state: str, switch: str | None) -> str:
    """What its state is called, with the value of its switch (None = not set)."""
    if switch is None or state not in (SCHEDULED, RUNNING):
        return state
    return STOPPED if switch.startswith(SELF_STOP) else PAUSED


def moment_text(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def clock_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
