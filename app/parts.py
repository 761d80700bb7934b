"""What a running installation is made of: its adapters, and what the settings say about how it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.redis.memory import RedisMemory
from adapters.telegram.client import TelegramClient
from adapters.telegram.webhook import Hook
from app.hot import WatchedHot
from app.services import Rhythm
from app.updates import reader
from bot.visitor import BotFace
from core.content import Content
from core.flow.capture import Read
from core.flow.write import Budget
from core.learning.pace import Worth
from core.ports import Clock, Messenger, Pacer, Store
from core.posting import PostLimits
from core.segment import SegmentSpec
from core.strategy import PLAIN, Caps, Pace
from core.text import DEFAULT, Words
from core.writing import Writer


class Log(Protocol):
    """What is used of a structured logger: a name of what happened, and figures. Never words of people."""

    def info(self, event: str, **figures: Any) -> Any: ...
    def warning(self, event: str, **figures: Any) -> Any: ...


async def _no_files(words: Sequence[str]) -> None:
    """These logs are kept nowhere."""


@dataclass(frozen=True, slots=True)
class Logs:
    """One logger a log file. `scrub`: makes these words unreadable in all of them."""

    delivery: Log
    segmentation: Log
    analytics: Log
    scrub: Callable[[Sequence[str]], Awaitable[None]] = _no_files


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters of an installation. `revive`: has a lost Redis started again, where it is ours; `memory`:
    how full it is, None where there is no Redis. contents, journeys: what the files say, for an empty store;
    writer: who writes texts from briefs, None without a key."""

    store: Store
    hot: WatchedHot
    pacer: Pacer
    messenger: Messenger
    clients: Sequence[TelegramClient]
    faces: Sequence[BotFace]
    specs: Sequence[SegmentSpec]
    clock: Clock
    logs: Logs
    revive: Callable[[], Awaitable[None]]
    memory: RedisMemory | None = None
    contents: Sequence[Content] = ()
    journeys: Sequence[Mapping[str, object]] = ()
    writer: Writer | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What updates mean here. buttons: callback data -> topic; vip: Telegram's numbers of VIP groups."""

    granted_on_start: bool = False
    text_version: str = "1"
    words: Words = DEFAULT
    buttons: Mapping[str, str] = field(default_factory=dict)
    vip: frozenset[int] = frozenset()

    def reader(self, key: bytes) -> Read:
        """Updates to events; the installation's key tells signed links from forged ones."""
        return reader(
            granted_on_start=self.granted_on_start,
            text_version=self.text_version,
            words=self.words,
            buttons=self.buttons,
            vip=self.vip,
            key=key,
        )


@dataclass(frozen=True, slots=True)
class Crons:
    """When the periodic steps run: five fields of cron, in UTC."""

    plan: str = "*/5 * * * *"
    segments: str = "*/5 * * * *"
    learn: str = "0 */3 * * *"
    memory: str = "*/15 * * * *"
    housekeeping: str = "10 * * * *"
    compare: str = "30 3 * * *"
    campaigns: str = "* * * * *"
    write: str = "*/10 * * * *"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where HTTP is answered; port 0: nowhere. `max_body`: bytes. `public_url`: the address that leads here
    from outside, for tracked links; empty = none."""

    host: str = "127.0.0.1"
    port: int = 0
    max_body: int = 1 << 20
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What campaigns keep to, whatever segment or operator starts them. caps: per person over everything;
    rate_per_s: of one bot; plain: the pace for people in no segment; posts: per group; stars_a_day: per bot,
    for paid broadcast; stop_blocks, stop_opt_outs: shares above which a campaign stops by itself."""

    caps: Caps = field(default_factory=Caps)
    rate_per_s: float = 27.0
    plain: Pace = PLAIN
    posts: PostLimits = PostLimits()
    stars_a_day: int = 0
    stop_blocks: float = 0.02
    stop_opt_outs: float = 0.05


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who runs this installation."""

    telegram_id: int
    name: str
    role: str

    @property
    def may_send(self) -> bool:
        """Whether broadcasts are theirs to send."""
        return self.role in {"owner", "admin", "marketer"}


NO_BUDGET = Budget(0, 0, 0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What settings say about how it runs. `key`: the installation's own secret; `budget`: of texts from
    briefs; `hooks`: webhooks by bot, the other bots are polled; `seed` makes the planner's dice repeatable,
    None draws them; `keep_ms`: how long done updates stay; `warn_share`, `act_share`: of Redis' memory."""

    key: bytes
    reading: Reading = field(default_factory=Reading)
    listen: Listening = Listening()
    hooks: Mapping[int, Hook] = field(default_factory=dict)
    language: str = "en"
    bounds: Bounds = field(default_factory=Bounds)
    budget: Budget = NO_BUDGET
    operators: tuple[Operator, ...] = ()
    crons: Crons = field(default_factory=Crons)
    worth: Worth = field(default_factory=Worth)
    accept_payments: bool = True
    vip_stars: int = 0
    keep_ms: int = 72 * 3_600_000
    warn_share: float = 0.70
    act_share: float = 0.85
    seed: int | None = None
    rhythm: Rhythm = field(default_factory=Rhythm)
