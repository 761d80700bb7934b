"""The operators' way into an installation's data: store, segments and clock, opened and closed again.

Promises: no process, no Redis and no bot is started; the tables are brought up to date. The demo's data are a
workspace of their own, marked SIMULATED, whose time stands where the demo ended.

Leaves to others: a running installation (`app.run`), what may be asked (`app.desk.queries`) and changed
(`app.desk.commands`).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.settings import Settings, bot_tokens, load
from adapters.settings.schema import Bot
from adapters.sql.lanes import place
from adapters.sql.migrate import current, head, upgrade
from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from app.cast import BOTS
from app.clock import WallClock
from app.desk.pace import RedisPlace
from core.errors import NotFoundError, SettingsError, StoreError
from core.limits import OUR_QUIET
from core.ports import Clock, Store
from core.posting import PostLimits
from core.segment import SegmentSpec
from core.strategy import PLAIN, Caps, Pace

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config.yaml"
DEMO = ROOT / "data" / "demo"
DEMO_DATABASE = DEMO / "kairos.db"
STRATEGIES = ROOT / "strategies"
JOBS = ("segments", "plan", "learn")
"""The periodic steps."""


@dataclass(frozen=True, slots=True)
class BotName:
    """A bot that is set up. `bot_id` 0: its token is not there."""

    bot_id: int
    name: str
    api_base: str


@dataclass(frozen=True, slots=True)
class Sending:
    """What operators' campaigns are reckoned with. plain: the pace of people in no segment; rate_per_s: of a
    bot; language: for those whose own is not known; vip: Telegram's numbers of VIP groups."""

    plain: Pace = PLAIN
    rate_per_s: float = 27.0
    language: str = "en"
    vip: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Workspace:
    """What questions and commands work on. `simulated`: nobody in it is real."""

    store: Store
    specs: Sequence[SegmentSpec]
    clock: Clock
    caps: Caps = Caps()
    bots: tuple[BotName, ...] = ()
    simulated: bool = False
    redis: RedisPlace = RedisPlace()
    post_limits: PostLimits = PostLimits()
    sending: Sending = Sending()


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """The database's revision (None: no tables yet) and the one this program needs."""

    url: str
    version: str | None
    wanted: str

    @property
    def current(self) -> bool:
        """Whether nothing has to be done."""
        return self.version == self.wanted


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """The time at which something ended; it does not go on."""

    at_ms: int

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return self.at_ms

    async def sleep(self, seconds: float) -> None:
        """Nothing to wait for."""


def demo_exists() -> bool:
    """Whether a demo has left its data."""
    return DEMO_DATABASE.is_file()


@asynccontextmanager
async def open_workspace(config: Path | None = None, *, demo: bool = False) -> AsyncIterator[Workspace]:
    """Open the installation that the settings name, or what the last demo left.

    Raises SettingsError, StoreError, or NotFoundError when there was no demo yet."""
    found = demo_place() if demo else configured_place(config)
    _make_folder(found.url)
    store = await SqlStore(found.url, quiet=found.quiet).open()
    try:
        clock: Clock = StoppedClock(await _latest_ms(store)) if demo else WallClock()
        specs = load_strategies(STRATEGIES)
        yield Workspace(
            store,
            specs,
            clock,
            found.caps,
            found.bots,
            demo,
            found.redis,
            post_limits=found.post_limits,
            sending=found.sending,
        )
    finally:
        await store.close()


@dataclass(frozen=True, slots=True)
class Place:
    """What an operator's visit needs to know of the settings."""

    url: str
    caps: Caps = Caps()
    bots: tuple[BotName, ...] = ()
    redis: RedisPlace = RedisPlace()
    post_limits: PostLimits = PostLimits()
    sending: Sending = Sending()
    quiet: tuple[int, int] = OUR_QUIET


def demo_place() -> Place:
    """The demo's; NotFoundError when there was none."""
    if not demo_exists():
        raise NotFoundError("there are no demo data yet", next_step="manage_crm.py demo")
    names = tuple(BotName(int(token.partition(":")[0]), f"@{name}", "simulated") for token, name, _ in BOTS)
    return Place(f"sqlite:///{DEMO_DATABASE}", bots=names, redis=RedisPlace(DEMO / "redis"))


def configured_place(config: Path | None) -> Place:
    """The one that the settings name. Raises SettingsError. Looking needs no bot's token."""
    settings = load(config or CONFIG, os.environ)
    bounds = settings.delivery
    names = tuple(_bot_name(settings, bot) for bot in settings.bots)
    folder = settings.data_dir / "redis" if settings.redis.embedded else None
    redis = RedisPlace(folder, settings.redis.url, settings.workspace.redis_prefix)
    groups = settings.groups
    posts = PostLimits(groups.per_day, groups.per_week, groups.gap_h)
    sending = Sending(
        Pace(1, bounds.plain_daily_limit, bounds.plain_cooldown_h),
        bounds.rate_per_s,
        settings.language.default,
        frozenset(groups.vip),
    )
    return Place(
        settings.store.url,
        Caps(bounds.per_day, bounds.per_week),
        names,
        redis,
        posts,
        sending,
        (bounds.quiet_from, bounds.quiet_to),
    )


def _bot_name(settings: Settings, bot: Bot) -> BotName:
    try:
        [found] = bot_tokens(settings.model_copy(update={"bots": (bot,)}), os.environ)
    except SettingsError:
        return BotName(0, bot.name, bot.api_base)
    return BotName(found.bot_id, bot.name, bot.api_base)


async def database_status(config: Path | None = None, *, demo: bool = False) -> DatabaseStatus:
    """Which revision the database has."""
    url = _url(config, demo)
    _make_folder(url)
    return DatabaseStatus(place(url).name, await current(url), head())


async def upgrade_database(config: Path | None = None, *, demo: bool = False) -> None:
    """Bring the database up to date."""
    url = _url(config, demo)
    _make_folder(url)
    await upgrade(url)


def _url(config: Path | None, demo: bool) -> str:
    return (demo_place() if demo else configured_place(config)).url


def _make_folder(url: str) -> None:
    """The folder of a database file, at the very first visit."""
    where = place(url)
    if where.is_file:
        try:
            Path(where.name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder of {where.name} can't be made: {error.strerror}") from error


async def _latest_ms(store: Store) -> int:
    """The last moment of which the data know."""
    async with store.transaction(write=False) as tx:
        messages = await tx.ledger.latest(1)
        slots = [await tx.control.last_slot(job) or 0 for job in JOBS]
        changed = await tx.people.changed_after(await tx.people.last_seq() - 1, 1)
    moments = [max(one.created_ms, one.sent_ms) for one in messages] + [one.state.last_ms for one in changed]
    return max((moment for moment in moments + slots if moment), default=WallClock().now_ms())
