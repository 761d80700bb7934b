"""What one would use instead, as the baselines: python-telegram-bot's limiter, a serial loop with sleep, and
bare aiohttp. They ask nobody and remember nothing."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import orjson

from benchmarks.speed._audience import TEXT
from benchmarks.speed._capture import Pace, Watch
from benchmarks.speed._strict import Line

LIMIT_PER_S = 30
_JSON = {"Content-Type": "application/json"}
MARKUP = {"inline_keyboard": [[{"text": "OK", "callback_data": "c:1:news:ok"}]]}


async def python_telegram_bot(base: str, line: Line, seconds: float) -> None:
    """AIORateLimiter as it comes, all messages handed over at once, as many as Telegram would take."""
    from telegram.error import TelegramError
    from telegram.ext import AIORateLimiter, ExtBot

    limiter = AIORateLimiter(max_retries=1_000)
    async with ExtBot(line.token, base_url=f"{base}/bot", rate_limiter=limiter) as bot:

        async def send(chat: int) -> None:
            while True:
                try:
                    await bot.send_message(chat, TEXT, parse_mode="HTML")
                except TelegramError:
                    continue  # a time-out of its pool: whoever uses it would try again
                return

        chats = line.chats[: round(seconds * LIMIT_PER_S)]
        tasks = [asyncio.create_task(send(chat)) for chat in chats]
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serial_loop(base: str, line: Line, seconds: float) -> None:
    """A message, a thirtieth of a second, the next one; it waits as long as it is told to."""
    until = time.perf_counter() + seconds
    async with aiohttp.ClientSession() as session:
        for chat in line.chats:
            while time.perf_counter() < until:
                answer = await _post(session, f"{base}/bot{line.token}/sendMessage", chat, paid=False)
                wait_s = answer.get("parameters", {}).get("retry_after", 0)
                await asyncio.sleep(wait_s or 1 / LIMIT_PER_S)
                if answer["ok"]:
                    break


async def bare_aiohttp(base: str, line: Line, rate: int, seconds: float) -> Pace:
    """The same messages, paid, at this rate; a request starts each as its moment comes."""
    url = f"{base}/bot{line.token}/sendMessage"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        loop = asyncio.get_running_loop()
        warm = [loop.create_task(_post(session, url, chat, paid=True)) for chat in line.chats[:200]]
        await asyncio.gather(*warm)
        chats = line.chats[200 : 200 + round(rate * seconds)]
        watch, began, tasks = Watch(), loop.time(), []
        for number, chat in enumerate(chats):
            wait_s = began + number / rate - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            tasks.append(loop.create_task(_post(session, url, chat, paid=True)))
        answers = await asyncio.gather(*tasks)
        assert all(answer["ok"] for answer in answers)
        return watch.pace(len(chats))


async def _post(session: aiohttp.ClientSession, url: str, chat: int, *, paid: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "chat_id": chat,
        "text": TEXT,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": MARKUP,
    }
    if paid:
        document["allow_paid_broadcast"] = True
    async with session.post(url, data=orjson.dumps(document), headers=_JSON) as response:
        answer: dict[str, Any] = orjson.loads(await response.read())
        return answer
