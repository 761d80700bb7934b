"""Looks an installation over, part by part, and says of each whether it is well and what to do next.

It changes nothing and starts nothing; a part that can't be looked at is a finding, never a crash.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.memory import RedisMemory
from adapters.redis.place import Place
from adapters.redis.server import answers, find_program
from adapters.settings import Settings, bot_tokens, load
from adapters.settings.key import KEY_FILE, installation_key
from adapters.settings.secrets import gpt_key
from adapters.sql.lanes import place
from adapters.sql.migrate import current, head
from adapters.telegram.client import TelegramClient
from adapters.telegram.webhook import Hook, WebhookInfo, webhook_info
from app import doctor_campaigns
from app.clock import WallClock
from app.desk.workspace import CONFIG, DEMO, ROOT, open_workspace
from app.memory import Bounds, advice, sentence
from app.redis import check_redis
from core.errors import KairosError
from core.flow.deliver import ABANDONED_MS
from core.ledger import State
from core.ports import Store

FREE_MB = 200
LOOKED_AT = 1_000
FAILING_MIN = 10
"""Minutes in which Telegram tries again; an older error is over."""
ERASURE_LATE_MS = 24 * 3_600_000
MB = 1_048_576
AT_VERSION = "at version"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, whether it is well, what was seen, and what to do next if not."""

    name: str
    ok: bool
    detail: str
    next_step: str = ""


async def examine(config: Path | None, *, demo: bool = False) -> list[Check]:
    """All checks, in the order in which an installation depends on them."""
    if demo:
        return [*await _record(config, demo=True), await _looked("redis", lambda: _redis(DEMO / "redis"))]
    try:
        settings = load(config or CONFIG, os.environ)
    except KairosError as error:
        return [_bad("settings", error)]
    database = await _looked("database", lambda: _database(settings))
    checks = [
        Check("settings", ok=True, detail=f"{settings.file.name} is valid"),
        await _looked("files", _files),
        await _looked("disk", lambda: _disk(settings)),
        database,
        *(await _record(config, demo=False) if database.detail.startswith(AT_VERSION) else ()),
        await _looked("redis", lambda: _any_redis(settings)),
        await _looked("key", lambda: _key(settings)),
        await _looked("gpt", lambda: _gpt(settings)),
        _listen(settings),
    ]
    if not settings.bots:
        checks.append(
            Check("bots", ok=False, detail="no bot is configured", next_step="add one to config.yaml")
        )
        return checks
    try:
        tokens = bot_tokens(settings, os.environ)
    except KairosError as error:
        return [*checks, _bad("tokens", error)]
    now_ms = WallClock().now_ms()
    for token, bot in zip(tokens, settings.bots, strict=True):
        async with TelegramClient(token.token.get_secret_value(), token.api_base) as client:
            checks.append(await _looked(f"bot {token.name}", partial(_telegram, client)))
            if bot.updates == "webhook":
                address = Hook(bot.webhook_url, "").address(token.bot_id)
                look = partial(_webhook, token.name, client, address, now_ms)
                checks.append(await _looked(f"webhook {token.name}", look))
    return checks


async def _looked(name: str, look: Callable[[], Awaitable[Check]]) -> Check:
    try:
        return await look()
    except KairosError as error:
        return _bad(name, error)


def _bad(name: str, error: KairosError) -> Check:
    return Check(name, ok=False, detail=str(error), next_step=error.next_step)


async def _files() -> Check:
    ok, detail, next_step = doctor_campaigns.files(ROOT)
    return Check("files", ok=ok, detail=detail, next_step=next_step)


async def _campaigns(store: Store, now_ms: int) -> Check:
    ok, detail, next_step = await doctor_campaigns.campaigns(store, now_ms)
    return Check("campaigns", ok=ok, detail=detail, next_step=next_step)


async def _disk(settings: Settings) -> Check:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    free_mb = shutil.disk_usage(folder).free // MB
    writable = os.access(folder, os.W_OK)
    detail = f"{free_mb} MB free in {folder.name}" + ("" if writable else ", but it can't be written")
    return Check("disk", writable and free_mb >= FREE_MB, detail, "make room or move workspace.data_dir")


async def _database(settings: Settings) -> Check:
    wanted = head()
    version = await current(settings.store.url) if _exists(settings.store.url) else None
    if version is None:
        return Check("database", ok=True, detail="there are no tables yet: the first start makes them")
    if version == wanted:
        return Check("database", ok=True, detail=f"{AT_VERSION} {version}")
    seen = f"its tables are of version {version}, this program wants {wanted}"
    return Check("database", ok=False, detail=seen, next_step="manage_crm.py db upgrade")


def _exists(url: str) -> bool:
    """False for a database file that is not there yet: looking must not make it."""
    where = place(url)
    return not where.is_file or Path(where.name).exists()


async def _record(config: Path | None, *, demo: bool) -> list[Check]:
    """Inbox and ledger: nothing kept aside, nothing forgotten in between."""
    try:
        async with open_workspace(config, demo=demo) as space:
            now_ms = space.clock.now_ms()
            store = space.store
            return [
                await _inbox(store),
                await _ledger(store, now_ms),
                await _campaigns(store, now_ms),
                await _erasures(store, now_ms),
            ]
    except KairosError as error:
        return [_bad("record", error)]


async def _inbox(store: Store) -> Check:
    """What is kept aside is shown with its most frequent reason; it stops nobody."""
    async with store.transaction(write=False) as tx:
        counts = await tx.inbox.counts()
        aside = await tx.inbox.aside(0, LOOKED_AT)
    failed, waiting = counts.get("failed", 0), counts.get("received", 0)
    detail = f"{sum(counts.values())} updates, {waiting} waiting, {failed} kept aside as unreadable"
    if not aside:
        return Check("inbox", ok=True, detail=detail)
    [(reason, times)] = Counter(row.reason for row in aside).most_common(1)
    detail += f" (most often: {reason}, {times} times)"
    return Check("inbox", ok=True, detail=detail, next_step="manage_crm.py inbox list")


async def _erasures(store: Store, now_ms: int) -> Check:
    """Nobody waits long to be forgotten."""
    async with store.transaction(write=False) as tx:
        waiting = await tx.erasures.open()
        asked, done, slowest_ms = await tx.erasures.figures()
    late = [one for one in waiting if now_ms - one.asked_ms > ERASURE_LATE_MS]
    detail = f"{asked} asked, {done} forgotten, {len(waiting)} under way"
    if done:
        detail += f", slowest {slowest_ms / 60_000:.0f} minutes"
    next_step = "start `manage_crm.py run`: it ends them, and its logs say what holds it" if late else ""
    return Check("erasures", ok=not late, detail=detail, next_step=next_step)


async def _ledger(store: Store, now_ms: int) -> Check:
    """A row that is `sending` for longer than any request lives has lost its sender."""
    lost, after = 0, 0
    async with store.transaction(write=False) as tx:
        counts = await tx.ledger.counts()
        while counts.get(State.SENDING, 0) and (page := await tx.ledger.export(after, 2_000)):
            lost += sum(m.state is State.SENDING and m.permit_ms < now_ms - ABANDONED_MS for m in page)
            after = page[-1].id
    shown = ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or "empty"
    if not lost:
        return Check("ledger", ok=True, detail=shown)
    detail = f"{lost} messages lost their sender; {shown}"
    return Check(
        "ledger", ok=False, detail=detail, next_step="start `manage_crm.py run`: it closes them as unknown"
    )


async def _any_redis(settings: Settings) -> Check:
    bounds = Bounds(settings.redis.warn_percent / 100, settings.redis.act_percent / 100)
    if settings.redis.embedded:
        check_redis(settings)
        return await _redis(settings.data_dir / "redis", settings.workspace.redis_prefix, bounds)
    return await _ping(settings.redis.url, settings.workspace.redis_prefix, bounds)


async def _redis(folder: Path, prefix: str = "kairos", bounds: Bounds | None = None) -> Check:
    find_program()  # raises where there is none
    socket = _socket(folder)
    if not answers(socket):
        return Check("redis", ok=True, detail="embedded, starts with the installation")
    return await _ping(f"unix://{socket}", prefix, bounds or Bounds())


def _socket(folder: Path) -> Path:
    return Place(folder.resolve()).socket


async def _ping(url: str, prefix: str, bounds: Bounds) -> Check:
    link = Link(url)
    try:
        seen = await RedisHot(link, Keys(prefix)).ping()
        use = await RedisMemory(link, Keys(prefix)).read()
    finally:
        await link.close()
    ok = bounds.level(use) in {"well", "unknown"}
    detail = f"Redis {seen['version']} answers, {sentence(use)}"
    return Check("redis", ok=ok, detail=detail, next_step=advice(use, bounds))


async def _key(settings: Settings) -> Check:
    """It must be there before anything is proved with it; looking must not make it."""
    space = settings.workspace
    own = settings.data_dir / KEY_FILE
    if space.key_env is None and space.key_file is None and not own.exists():
        return Check("key", ok=True, detail=f"there is none yet: the first start makes {KEY_FILE}")
    key = installation_key(settings, os.environ)
    source = f"variable {space.key_env}" if space.key_env else (space.key_file or own).name
    return Check("key", ok=True, detail=f"{len(key)} bytes from {source}")


async def _gpt(settings: Settings) -> Check:
    """Whether texts can be asked for; nothing is asked."""
    if gpt_key(settings, os.environ) is None:
        return Check("gpt", ok=True, detail="off: no key is set (gpt.key_env), the templates are sent")
    return Check("gpt", ok=True, detail=f"a key is there; {settings.gpt.model} at {settings.gpt.base_url}")


def _listen(settings: Settings) -> Check:
    listen = settings.listen
    if not listen.port:
        return Check("listen", ok=True, detail="off: listen.port is 0")
    return Check("listen", ok=True, detail=f"http://{listen.host}:{listen.port}, while the installation runs")


async def _webhook(bot: str, client: TelegramClient, address: str, now_ms: int) -> Check:
    return webhook_check(f"webhook {bot}", await webhook_info(client), address, now_ms)


def webhook_check(name: str, info: WebhookInfo, address: str, now_ms: int) -> Check:
    """Whether Telegram calls the right address, and whether that goes well."""
    if not info.url:
        return Check(name, ok=True, detail=f"none is set yet: `manage_crm.py run` sets {address}")
    if info.url != address:
        detail = f"Telegram calls {info.url}, and {address} is configured"
        return Check(
            name, ok=False, detail=detail, next_step="start `manage_crm.py run`: it sets the webhook"
        )
    detail = f"{info.url}, {info.pending} updates wait at Telegram"
    if not info.last_error_ms:
        return Check(name, ok=True, detail=f"{detail}, no error so far")
    ago_min = max(now_ms - info.last_error_ms, 0) // 60_000
    detail += f", last error {ago_min} minutes ago: {info.last_error}"
    failing = info.pending > 0 and ago_min < FAILING_MIN
    next_step = "let Telegram reach the address: docs/webhook.md" if failing else ""
    return Check(name, ok=not failing, detail=detail, next_step=next_step)


async def _telegram(client: TelegramClient) -> Check:
    me = await client.call("getMe", {})
    name = me.get("username", "") if isinstance(me, dict) else ""
    return Check(f"bot {name}", ok=True, detail=f"@{name} answers at {client.where}")
