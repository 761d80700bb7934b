"""A broadcast as a test: every variant to the operators who may send, as service messages, marked as a test.

They are no campaign: nothing is counted, no limit is asked, and their buttons belong to no message. Only who
has started the bot can get one. From the terminal the messages leave at once, in the pace of the running
installation if there is one.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.contents import MEDIA_FOLDER
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.pacer import RedisPacer
from adapters.settings import bot_tokens, load
from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.desk.broadcasts import Broadcasts
from app.desk.pace import running_url
from app.desk.workspace import CONFIG, ROOT, Workspace
from app.parts import Operator
from bot.broadcaster import test_heading
from bot.texts import pick
from core.broadcast import Broadcast, Variant
from core.catalog import language_of, load_catalog, values_of
from core.content import render, with_id
from core.errors import HotStoreError, SettingsError
from core.flow.broadcast import BroadcastDeps
from core.flow.reply import Reply, ReplyDeps, reply
from core.identity import telegram
from core.ledger import MessageClass
from core.ports import Grant, Pacer, PersonRecord, Reach

NOT_STARTED: Final = "has not started a bot of ours, so nothing could be sent"


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test for one operator."""

    operator: str
    sent: int
    words: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What sending a test takes."""

    deps: BroadcastDeps
    reply: ReplyDeps
    operators: Sequence[Operator]


async def send_trial(trial: Trial, broadcast: Broadcast) -> list[Tried]:
    """To each operator who may send: a line that says what it is, then the message, of every variant."""
    found = []
    for operator in trial.operators:
        if not operator.may_send:
            continue
        record, reach = await _known(trial, operator, broadcast)
        if record is None or reach is None:
            found.append(Tried(operator.name, 0, NOT_STARTED))
            continue
        sent = 0
        for variant in broadcast.variants:
            sent += await _try(trial, broadcast, variant, (operator, record, reach))
        found.append(Tried(operator.name, sent, f"{sent} of {len(broadcast.variants)} variants sent"))
    return found


async def _known(
    trial: Trial, operator: Operator, broadcast: Broadcast
) -> tuple[PersonRecord | None, Reach | None]:
    async with trial.deps.store.transaction(write=False) as tx:
        number = await tx.people.find(telegram(operator.telegram_id))
        if number is None:
            return None, None
        reaches = (await tx.people.reach([number])).get(number, [])
        records = await tx.people.load([number])
    fitting = [one for one in reaches if one.state == "open" and broadcast.bot_id in (0, one.bot_id)]
    return records.get(number), max(fitting, key=lambda one: (one.seen_ms, one.bot_id), default=None)


async def _try(
    trial: Trial, broadcast: Broadcast, variant: Variant, who: tuple[Operator, PersonRecord, Reach]
) -> bool:
    operator, record, reach = who
    now_ms = trial.reply.clock.now_ms()
    language = pick(language_of(record), trial.deps.language)
    head = test_heading(broadcast.name, variant.name, language)
    body = await _body(trial, variant, record, reach)
    if body is None:
        return False
    step = f"test:{broadcast.name}:{variant.name}:{now_ms}"
    for part, what in enumerate(({"text": head}, body)):
        ask = Reply(
            reach.bot_id,
            telegram(operator.telegram_id),
            reach.chat_id,
            f"{step}:{part}",
            what,
            MessageClass.SERVICE,
        )
        if await reply(trial.reply, ask) is None:
            return False
    return True


async def _body(
    trial: Trial, variant: Variant, record: PersonRecord, reach: Reach
) -> Mapping[str, object] | None:
    """What the operator gets, as people would; None if there is no such content any more."""
    if variant.copied is not None:
        origin = variant.copied
        params = {"chat_id": 0, "from_chat_id": origin.chat_id, "message_id": origin.message_id}
        return {"method": "copyMessage", "params": params}
    async with trial.deps.store.transaction(write=False) as tx:
        catalog = await load_catalog(tx, trial.deps.specs, [record.person_no])
    content = catalog.content(variant.content)
    language = content.language_for(language_of(record), trial.deps.language) if content else None
    if content is None or language is None:
        return None
    values = values_of(record, trial.deps.names.get(reach.bot_id, ""))
    links = trial.deps.links(reach.bot_id, trial.reply.clock.now_ms())
    return with_id(render(catalog.worded(content, record.person_no), language, values, links), 0)


# ----------------------------------------------------------------------------------------- the terminal
async def test_from_terminal(
    config: Path | None, space: Workspace, desk: Broadcasts, name: str
) -> list[Tried]:
    """Send the test of a broadcast (or of a file) from here. SettingsError without operators or tokens."""
    broadcast = await desk.read(name)
    settings = load(config or CONFIG, os.environ)
    operators = [Operator(one.telegram_id, one.name, one.role) for one in settings.operators]
    if not any(one.may_send for one in operators):
        raise SettingsError(
            f"{settings.file.name} names no operator who may send", next_step="name yourself under operators"
        )
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(TelegramClient(one.token.get_secret_value(), one.api_base))
            for one in bot_tokens(settings, os.environ)
        ]
        pacer = await stack.enter_async_context(_pacer(space))
        sending = ReplyDeps(
            space.store,
            pacer,
            TelegramMessenger(clients, space.clock, ROOT / "content" / MEDIA_FOLDER),
            space.clock,
        )
        found = await send_trial(Trial(desk.deps, sending, operators), broadcast)
    await desk.tested(broadcast.name, sum(one.sent > 0 for one in found))
    return found


@asynccontextmanager
async def _pacer(space: Workspace) -> AsyncIterator[Pacer]:
    url = running_url(space.redis)
    if not url:
        yield NoPacer()
        return
    link = Link(url)
    try:
        yield RedisPacer(link, Keys(space.redis.prefix))
    finally:
        await link.close()


class NoPacer:
    """Where nothing runs there is nobody to agree with: answers keep a slow pace of their own."""

    async def grant(
        self,
        bot_id: int,
        chat_ids: Sequence[int],
        now_ms: int,
        *,
        interactive: bool = False,
        paid: bool = False,
    ) -> Grant:
        raise HotStoreError("no Redis is running")

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        raise HotStoreError("no Redis is running")

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        raise HotStoreError("no Redis is running")
