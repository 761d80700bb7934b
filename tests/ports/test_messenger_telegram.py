"""The messenger and the client below it against a Bot API server: what is sent, and what its errors mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiohttp import web

from adapters.inflight import InFlight
from adapters.telegram.client import TelegramClient
from adapters.telegram.errors import REFUSALS, ConflictError, code_of, error_of
from adapters.telegram.messenger import TelegramMessenger, call_of
from core.errors import (
    AmbiguousError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    SettingsError,
    TransportError,
)
from core.ledger import REJECTIONS
from sandbox.botapi.faults import Fault
from sandbox.botapi.server import BotApiServer
from sandbox.clock import Town, run_town
from sandbox.world import Parking, TelegramUser, World

TOKEN = "7001:sandbox-secret"
BOT, AYSE, NOW = 7001, 100, 1_767_600_000_000


class StandingClock:
    """A clock that stands: the messenger only reads it."""

    def now_ms(self) -> int:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the messenger never waits")


@dataclass
class Bench:
    """A sandbox with one bot and one person, and our client on it."""

    world: World
    server: BotApiServer
    base: str
    client: TelegramClient
    inflight: InFlight

    @property
    def messenger(self) -> TelegramMessenger:
        return TelegramMessenger([self.client], StandingClock())


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    world = World(lambda: NOW)
    world.add_bot(TOKEN, "demo_bot", "Demo")
    world.add_user(TelegramUser(AYSE, "Ayşe"))
    world.open_chat(AYSE, BOT)
    server, inflight = BotApiServer(world), InFlight()
    base = await server.start()
    async with TelegramClient(TOKEN, base, inflight) as client:
        yield Bench(world, server, base, client, inflight)
    await server.stop()


BODY = {
    "text": "<b>Merhaba</b> & hoş geldin",
    "parse_mode": "HTML",
    "buttons": [
        [{"text": "Evet", "data": "c:1:offer:yes"}],
        [{"text": "Site", "url": "https://example.org/"}],
    ],
}


async def test_a_message_arrives_with_its_text_and_buttons(bench: Bench) -> None:
    receipt = await bench.messenger.send(BOT, AYSE, {**BODY, "text": "<b>Merhaba</b>"})
    (got,) = bench.world.log.received()
    assert (got.message_id, got.chat_id, got.ok) == (receipt.telegram_id, AYSE, True)
    message = bench.world.chat(BOT, AYSE).message(receipt.telegram_id)
    assert message is not None
    assert message["text"] == "Merhaba"
    assert message["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Evet", "callback_data": "c:1:offer:yes"}],
            [{"text": "Site", "url": "https://example.org/"}],
        ]
    }
    assert receipt.at_ms == NOW
    assert bench.inflight.open == 0


async def test_a_photo_carries_the_text_as_caption(bench: Bench) -> None:
    receipt = await bench.messenger.send(BOT, AYSE, {"text": "Yeni", "photo": "https://example.org/a.jpg"})
    message = bench.world.chat(BOT, AYSE).message(receipt.telegram_id)
    assert message is not None
    assert message["caption"] == "Yeni"
    assert bench.world.log.received()[0].method == "sendPhoto"


async def test_a_handlers_own_call_goes_as_it_is_but_to_the_rows_chat(bench: Bench) -> None:
    own = {"method": "sendMessage", "params": {"chat_id": 1, "text": "hi"}}
    assert (await bench.messenger.send(BOT, AYSE, own)).telegram_id > 0
    typing = {"method": "sendChatAction", "params": {"chat_id": AYSE, "action": "typing"}}
    assert (await bench.messenger.send(BOT, AYSE, typing)).telegram_id == 0
    assert call_of(5, {"method": "answerCallbackQuery", "params": {"callback_query_id": "9"}}) == (
        "answerCallbackQuery",
        {"callback_query_id": "9"},
    )


async def test_a_bot_that_is_not_configured_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFoundError, match="bot 5 is not configured"):
        await bench.messenger.send(5, AYSE, BODY)


async def refusal(bench: Bench, chat_id: int, body: Mapping[str, object]) -> str:
    with pytest.raises(RejectedError) as caught:
        await bench.messenger.send(BOT, chat_id, body)
    assert caught.value.permanent
    return caught.value.code


async def test_refusals_are_final_and_named(bench: Bench) -> None:
    bench.world.add_user(TelegramUser(101, "New"))
    bench.world.add_user(TelegramUser(102, "Gone", deactivated=True))
    bench.world.add_user(TelegramUser(103, "Blocks"))
    bench.world.open_chat(103, BOT)
    bench.world.mark_blocked(103, BOT, True)
    text: dict[str, object] = {"text": "hi"}
    assert await refusal(bench, 101, text) == "not_started"
    assert await refusal(bench, 102, text) == "deactivated"
    assert await refusal(bench, 103, text) == "blocked"
    assert await refusal(bench, 999, text) == "chat_not_found"
    assert await refusal(bench, AYSE, {"text": "x" * 5000}) == "bad_content"
    assert await refusal(bench, AYSE, {"text": "<i>open", "parse_mode": "HTML"}) == "bad_content"
    assert await refusal(bench, AYSE, {"text": ""}) == "bad_content"
    long_data = {"text": "hi", "buttons": [[{"text": "b", "data": "x" * 65}]]}
    assert await refusal(bench, AYSE, long_data) == "bad_content"


async def test_a_second_message_in_the_same_second_is_told_how_long_to_wait(bench: Bench) -> None:
    await bench.messenger.send(BOT, AYSE, {"text": "one"})
    with pytest.raises(RateLimitedError) as caught:
        await bench.messenger.send(BOT, AYSE, {"text": "two"})
    assert caught.value.retry_after_s >= 1
    assert not caught.value.permanent


@pytest.mark.parametrize("kind", ["500", "drop_before", "drop_after"])
async def test_what_fails_after_the_request_left_may_have_arrived(bench: Bench, kind: str) -> None:
    bench.server.faults.plan(Fault("sendMessage", kind))  # type: ignore[arg-type] # a kind by parameter
    with pytest.raises(AmbiguousError) as caught:
        await bench.messenger.send(BOT, AYSE, {"text": "one"})
    assert TOKEN not in f"{caught.value} {caught.value.__cause__}"
    assert len(bench.world.log.received()) == 1, "it was never repeated"
    assert bench.inflight.open == 0


def test_a_read_time_out_is_ambiguous_and_takes_no_real_time() -> None:
    inflight, parking = InFlight(), Parking()

    async def main(town: Town) -> int:
        world = World(town.now_ms, parking=parking)
        world.add_bot(TOKEN, "demo_bot", "Demo")
        server = BotApiServer(world)
        base = await server.start()
        server.faults.plan(Fault("getMe", "timeout_before"))
        before = town.now_ms()
        async with TelegramClient(TOKEN, base, inflight) as client:
            with pytest.raises(AmbiguousError, match="did not answer getMe"):
                await client.call("getMe", answer_s=30)
            waited = town.now_ms() - before
        await server.stop()
        return waited

    waited = run_town(main, datetime(2026, 1, 5, tzinfo=UTC), lambda: inflight.open - parking.parked)
    assert 30_000 <= waited < 40_000


async def test_a_server_that_is_not_there_was_not_reached(bench: Bench) -> None:
    await bench.server.stop()
    async with TelegramClient(TOKEN, bench.base) as client:
        with pytest.raises(TransportError) as caught:
            await client.call("sendMessage", {"chat_id": AYSE, "text": "hi"})
    assert type(caught.value) is TransportError, "safe to try again"
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r} {client!r}"


async def test_an_unknown_token_is_unauthorized(bench: Bench) -> None:
    for base in (bench.base, bench.base + "/nowhere"):
        async with TelegramClient("7001:other", base) as client:
            with pytest.raises(RejectedError) as caught:
                await client.call("getMe")
        assert caught.value.code == "unauthorized"
        assert "other" not in str(caught.value)


def test_what_is_no_token_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        TelegramClient("not a token")
    assert "not a token" not in str(caught.value)


async def foreign_server(body: bytes, status: int = 200) -> tuple[web.AppRunner, str]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}"


@pytest.mark.parametrize(("status", "body"), [(502, b"<html>Bad Gateway</html>"), (200, b"[]"), (200, b"")])
async def test_an_answer_that_is_not_telegrams_is_ambiguous(status: int, body: bytes) -> None:
    runner, base = await foreign_server(body, status)
    async with TelegramClient(TOKEN, base) as client:
        with pytest.raises(AmbiguousError, match=f"answered {status}"):
            await client.call("sendMessage", {"chat_id": 1, "text": "hi"})
    await runner.cleanup()


async def test_a_request_that_gets_no_connection_in_time_has_not_left() -> None:
    """Somebody listens, but never shakes hands."""
    lines: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: lines.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with TelegramClient(TOKEN, f"https://127.0.0.1:{port}") as client:
        with pytest.raises(TransportError, match="was not reached") as failed:
            await client.call("sendMessage", {"chat_id": 1, "text": "hi"}, connect_s=0.05)
    for line in lines:
        line.close()
        await line.wait_closed()
    silent.close()
    assert not isinstance(failed.value, AmbiguousError)


async def test_no_redirect_takes_a_message_to_another_host() -> None:
    there = await foreign_server(b'{"ok":true,"result":{}}')
    app = web.Application()

    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(there[1])

    app.router.add_post("/{tail:.*}", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with TelegramClient(TOKEN, f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
        with pytest.raises(AmbiguousError, match="answered 307"):
            await client.call("sendMessage", {"chat_id": 1, "text": "hi"})
    await runner.cleanup()
    await there[0].cleanup()


async def test_half_a_surrogate_pair_does_not_hide_an_answer() -> None:
    runner, base = await foreign_server(b'{"ok":true,"result":{"first_name":"\\ud83d"}}')
    async with TelegramClient(TOKEN, base) as client:
        assert await client.call("getMe") == {"first_name": "\ud83d"}
    await runner.cleanup()


def test_every_line_of_the_table_leads_to_a_known_rejection() -> None:
    assert {code for _, code in REFUSALS} <= set(REJECTIONS)
    assert all(part == part.lower() for part, _ in REFUSALS)


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("Forbidden: bot was blocked by the user", "blocked"),
        ("Forbidden: user is deactivated", "deactivated"),
        ("Forbidden: bot can't initiate conversation with a user", "not_started"),
        ("Bad Request: chat not found", "chat_not_found"),
        ("Bad Request: PEER_ID_INVALID", "chat_not_found"),
        ("Forbidden: bot was kicked from the supergroup chat", "kicked"),
        ("Forbidden: bot is not a member of the channel chat", "kicked"),
        ("Bad Request: not enough rights to send text messages to the chat", "kicked"),
        ("Bad Request: can't parse entities: Unexpected end of name", "bad_content"),
        ("Bad Request: BUTTON_DATA_INVALID", "bad_content"),
        ("Bad Request: message caption is too long", "bad_content"),
        ("Bad Request: something new", "other"),
    ],
)
def test_descriptions_of_telegram_are_understood(description: str, code: str) -> None:
    assert code_of(description) == code


def test_an_error_does_not_repeat_what_telegram_quotes_of_a_message() -> None:
    says = 'Bad Request: can\'t parse entities: unsupported start tag "ayşe yılmaz" at byte offset 4'
    error = error_of({"ok": False, "error_code": 400, "description": says})
    assert "ayşe" not in str(error)
    assert "byte offset 4" in str(error)


def test_a_moved_group_and_a_conflict_are_told() -> None:
    moved = error_of(
        {
            "error_code": 400,
            "description": "Bad Request: group chat was upgraded to a supergroup chat",
            "parameters": {"migrate_to_chat_id": -100123},
        }
    )
    assert isinstance(moved, RejectedError)
    assert moved.migrate_to == -100123
    assert isinstance(error_of({"error_code": 409, "description": "Conflict: terminated"}), ConflictError)
    assert isinstance(error_of({"error_code": 429}), RateLimitedError)
