"""Production: settings become a running installation, until SIGTERM or Ctrl-C.

One process has all parts, or several have some (`bot`, `sender`, `scheduler`). Everything that can be wrong
at start is found at start and said in one sentence: settings, tokens, database, Redis, Telegram.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from adapters.contents import MEDIA_FOLDER, load_contents
from adapters.inflight import InFlight
from adapters.journeys import load_journeys
from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.memory import RedisMemory
from adapters.redis.pacer import PacerLimits, RedisPacer
from adapters.settings import BotToken, Settings, bot_tokens
from adapters.settings.key import installation_key
from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from adapters.telegram.client import FREE_PER_S, TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from adapters.telegram.webhook import Hook
from app.clock import WallClock
from app.collector import suit_to_batches
from app.hot import WatchedHot
from app.installation import ROLES, Installation
from app.parts import Bounds, Conditions, Crons, Listening, Logs, Operator, Parts, Reading
from app.redis import check_redis, redis_of
from app.writing import budget_of, writer_of
from bot.visitor import BotFace
from core.errors import RejectedError, SettingsError, TransportError
from core.experiment import holdout
from core.identity import Identity
from core.keyed import webhook_secret
from core.learning.pace import Worth
from core.posting import PostLimits
from core.strategy import PLAIN, Caps, Pace
from core.text import TOPICS, words_with

REACH_TRIES = 3
REACH_PAUSE_S = 1.0
PAGES_PER_MB = 256
"""SQLite's pages have 4 KiB."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`root`: where the strategies lie. `roles`: which parts this process has. `announce`: told once that it
    runs."""

    root: Path
    roles: Sequence[str] = ROLES
    announce: Callable[[Sequence[BotFace]], None] = lambda faces: None


async def run(settings: Settings, options: RunOptions, logs: Logs) -> None:
    """Run until a signal; raises the KairosError that made it impossible to start or to go on."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopping.set)
    async with opened(settings, options, logs) as installation:
        await installation.start()
        if "bot" in options.roles:
            import bot.answering  # noqa: F401 - takes seconds, so it is loaded before the work is said to go on

            await installation.listen()
        suit_to_batches()
        options.announce(installation.parts.faces)
        logs.delivery.info("started", roles=list(options.roles), bots=len(installation.parts.faces))
        await installation.run(stopping, options.roles)
        logs.delivery.info("stopped")


@contextlib.asynccontextmanager
async def opened(settings: Settings, options: RunOptions, logs: Logs) -> AsyncIterator[Installation]:
    """The installation with everything it needs open: database, Redis, Telegram."""
    tokens = _tokens(settings)
    specs = load_strategies(options.root / "strategies")
    contents = load_contents(options.root / "content")
    journeys = [file.document for file in load_journeys(options.root / "journeys")]
    make_data_folder(settings)
    async with contextlib.AsyncExitStack() as stack:
        inflight = InFlight()
        store = await open_store(settings, inflight)
        stack.push_async_callback(store.close)
        writer = writer_of(settings, os.environ, inflight)
        if writer is not None:
            stack.push_async_callback(writer.close)
        key = installation_key(settings, os.environ)
        hooks = _hooks(settings, tokens, key)
        clock = WallClock()
        if not settings.redis.embedded:
            await _reach(settings.redis.url, inflight)
        clients = [
            TelegramClient(t.token.get_secret_value(), t.api_base, inflight, most_per_s=FREE_PER_S)
            for t in tokens
        ]
        for client in clients:
            stack.push_async_callback(client.close)
        # Telegram is asked before: who has a wrong token must not start a Redis that others then lean on.
        faces = [await _face(client, token) for client, token in zip(clients, tokens, strict=True)]
        redis = await stack.enter_async_context(redis_of(settings, inflight))
        link = Link(redis.url, inflight)
        stack.push_async_callback(link.close)
        keys = Keys(settings.workspace.redis_prefix)
        media = options.root / "content" / MEDIA_FOLDER
        parts = Parts(
            store=store,
            hot=WatchedHot(RedisHot(link, keys)),
            pacer=RedisPacer(link, keys, pacer_limits(settings)),
            messenger=TelegramMessenger(clients, clock, media),
            clients=clients,
            faces=faces,
            specs=specs,
            clock=clock,
            logs=logs,
            revive=redis.revive,
            memory=RedisMemory(link, keys),
            contents=contents,
            journeys=journeys,
            writer=writer,
        )
        conditions = replace(conditions_of(settings, key), hooks=hooks)
        yield Installation(parts, conditions, f"{socket.gethostname()}:{os.getpid()}")


def make_data_folder(settings: Settings) -> None:
    """The folder of everything that is written, at the first start. Raises SettingsError."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"the data folder {settings.data_dir} can't be made: {error.strerror}",
            next_step="allow this user to write there, or name another folder in workspace.data_dir",
        ) from None


async def open_store(settings: Settings, inflight: InFlight | None = None) -> SqlStore:
    """The database, brought up to date. Raises StoreError."""
    store = SqlStore(
        settings.store.url,
        inflight=inflight,
        holdout=partial(_held, settings.holdout.share, settings.holdout.salt),
        quiet=(settings.delivery.quiet_from, settings.delivery.quiet_to),
        max_pages=settings.store.max_mb * PAGES_PER_MB,
    )
    return await store.open()


def _held(share: float, salt: str, identity: Identity) -> bool:
    return holdout(identity, share, salt)


def conditions_of(settings: Settings, key: bytes) -> Conditions:
    """What the settings say about how an installation runs."""
    schedule, listen, learning = settings.schedule, settings.listen, settings.learning
    return Conditions(
        key=key,
        reading=reading_of(settings),
        listen=Listening(listen.host, listen.port, listen.max_body_kb * 1024, listen.public_url),
        language=settings.language.default,
        bounds=bounds_of(settings),
        budget=budget_of(settings.gpt),
        operators=tuple(Operator(one.telegram_id, one.name, one.role) for one in settings.operators),
        crons=Crons(
            schedule.plan,
            schedule.segments,
            schedule.learn,
            schedule.memory,
            schedule.housekeeping,
            schedule.compare,
            schedule.campaigns,
            schedule.write,
        ),
        worth=Worth(learning.response, learning.conversion, learning.block),
        accept_payments=settings.payments.accept,
        vip_stars=settings.payments.vip_stars,
        keep_ms=settings.inbox.keep_hours * 3_600_000,
        warn_share=settings.redis.warn_percent / 100,
        act_share=settings.redis.act_percent / 100,
    )


def bounds_of(settings: Settings) -> Bounds:
    """What campaigns keep to under these settings."""
    delivery, groups = settings.delivery, settings.groups
    return Bounds(
        caps=Caps(delivery.per_day, delivery.per_week),
        rate_per_s=delivery.rate_per_s,
        plain=Pace(PLAIN.period_days, delivery.plain_daily_limit, delivery.plain_cooldown_h),
        posts=PostLimits(groups.per_day, groups.per_week, groups.gap_h),
        stars_a_day=delivery.paid_stars_a_day if delivery.paid_rate_per_s else 0,
        stop_blocks=delivery.stop_block_percent / 100,
        stop_opt_outs=delivery.stop_opt_out_percent / 100,
    )


def reading_of(settings: Settings) -> Reading:
    """What updates mean under these settings."""
    intent = settings.intent
    topics = {name: getattr(intent, name) for name in TOPICS}
    return Reading(
        granted_on_start=settings.consent.on_start == "granted",
        text_version=settings.consent.text_version,
        words=words_with(topics, {str(name): words for name, words in intent.opt_out.items()}),
        buttons=intent.buttons,
        vip=frozenset(settings.groups.vip),
    )


def _hooks(settings: Settings, tokens: Sequence[BotToken], key: bytes) -> dict[int, Hook]:
    """The webhooks of the bots that have one."""
    return {
        token.bot_id: Hook(bot.webhook_url, webhook_secret(key, token.bot_id))
        for bot, token in zip(settings.bots, tokens, strict=True)
        if bot.updates == "webhook"
    }


def pacer_limits(settings: Settings) -> PacerLimits:
    """The pace that the settings allow."""
    delivery = settings.delivery
    paid_rate = delivery.paid_rate_per_s if delivery.paid_stars_a_day else 0
    return PacerLimits(
        start=delivery.rate_per_s, ceiling=delivery.rate_ceiling_per_s, paid_rate=float(paid_rate)
    )


def _tokens(settings: Settings) -> tuple[BotToken, ...]:
    if not settings.bots:
        raise SettingsError(
            f"{settings.file.name} names no bots, so there is nothing to run",
            next_step="add one under bots, or try `manage_crm.py demo`",
        )
    check_redis(settings)
    return bot_tokens(settings, os.environ)


async def _reach(url: str, inflight: InFlight) -> None:
    """Raises HotStoreError where nothing answers."""
    link = Link(url, inflight, connections=1)
    try:
        async with link.use() as redis:
            await redis.ping()
    finally:
        await link.close()


async def _face(client: TelegramClient, token: BotToken) -> BotFace:
    """Ask Telegram who this bot is: a wrong token or address is found before anything runs."""
    me: object = None
    for left in reversed(range(REACH_TRIES)):
        try:
            me = await client.call("getMe", {})
            break
        except RejectedError as error:
            raise SettingsError(
                f"Telegram at {client.where} does not accept the token of bot {token.name}",
                next_step="copy the token again from @BotFather",
            ) from error
        except TransportError as error:
            if not left:
                raise TransportError(
                    f"the Bot API at {client.where} (bots, {token.name}: api_base) can't be reached",
                    next_step="check the network and api_base; `manage_crm.py doctor` looks again",
                ) from error
            await asyncio.sleep(REACH_PAUSE_S)
    known = me if isinstance(me, dict) else {}
    name = str(known.get("first_name") or token.name)
    return BotFace(client.bot_id, token.token.get_secret_value(), name, str(known.get("username", "")))
