"""Everything a body may hold arrives at the Bot API: media, albums, files of our own, polls, manners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.inflight import InFlight
from adapters.telegram.calls import call_of
from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from core.errors import AmbiguousError, RejectedError, TransportError
from core.ledger import BODY
from sandbox.botapi.faults import Fault
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.world import TelegramUser, World

TOKEN = "7001:sandbox-secret"
BOT, AYSE, NOW = 7001, 100, 1_767_600_000_000
PHOTO = "https://example.org/a.jpg"


class StandingClock:
    """A clock that stands: the messenger only reads it."""

    def now_ms(self) -> int:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the messenger never waits by the clock")


@dataclass
class Bench:
    """A sandbox with one bot and many people, our messenger on it, and a folder of media."""

    world: World
    server: BotApiServer
    messenger: TelegramMessenger
    folder: Path

    async def sent(self, body: Mapping[str, object], chat_id: int = AYSE) -> dict[str, Any]:
        """What the chat holds after this body was sent."""
        receipt = await self.messenger.send(BOT, chat_id, body)
        message = self.world.chat(BOT, chat_id).message(receipt.telegram_id)
        assert message is not None
        return message

    def uploads(self) -> list[bool]:
        """Of each call that was received: whether it carried a file."""
        return [
            any(isinstance(one, dict) for one in got.params.values()) for got in self.world.log.received()
        ]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    world = World(lambda: NOW)
    bot = world.add_bot(TOKEN, "demo_bot", "Demo")
    bot.tenths = 100
    for person in range(AYSE, AYSE + 30):
        world.add_user(TelegramUser(person, "Ayşe"))
        world.open_chat(person, BOT)
    server = BotApiServer(world, Limits(per_second=1_000, per_chat_per_second=1_000))
    folder = tmp_path / "media"
    folder.mkdir()
    async with TelegramClient(TOKEN, await server.start(), InFlight()) as client:
        yield Bench(world, server, TelegramMessenger([client], StandingClock(), folder), folder)
    await server.stop()


@pytest.mark.parametrize("kind", ["photo", "video", "animation", "audio", "document", "voice"])
async def test_one_piece_of_media_carries_text_and_buttons(bench: Bench, kind: str) -> None:
    message = await bench.sent(
        {
            "text": "<b>Yeni</b>",
            "parse_mode": "HTML",
            "media": [{"type": kind, "source": PHOTO}],
            "buttons": [[{"text": "Evet", "data": "c:1:offer:yes"}]],
        }
    )
    assert kind in message
    assert message["caption"] == "Yeni"
    assert message["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "c:1:offer:yes"


async def test_an_album_has_its_text_under_the_first_and_its_number_is_the_firsts(bench: Bench) -> None:
    media = [{"type": "photo", "source": PHOTO}, {"type": "video", "source": "https://example.org/b.mp4"}]
    body = {"text": "<i>iki</i>", "parse_mode": "HTML", "media": media}
    receipt = await bench.messenger.send(BOT, AYSE, body)
    first = bench.world.chat(BOT, AYSE).message(receipt.telegram_id)
    second = bench.world.chat(BOT, AYSE).message(receipt.telegram_id + 1)
    assert first is not None
    assert second is not None
    assert (first["caption"], "photo" in first) == ("iki", True)
    assert ("caption" in second, "video" in second) == (False, True)
    assert first["media_group_id"] == second["media_group_id"]


async def test_a_poll_shows_who_voted(bench: Bench) -> None:
    poll = {"question": "Hangisi?", "options": ["Bir", "İki"], "multiple": True}
    message = await bench.sent({"poll": poll, "buttons": [[{"text": "Site", "url": "https://example.org/"}]]})
    got = message["poll"]
    assert got["question"] == "Hangisi?"
    assert [option["text"] for option in got["options"]] == ["Bir", "İki"]
    assert (got["is_anonymous"], got["allows_multiple_answers"]) == (False, True)
    assert message["reply_markup"]


def test_manners_are_said_as_the_bot_api_says_them() -> None:
    body = {"text": "x", "silent": True, "protect": True, "thread": 9, "paid": True, "ages": [1, 2]}
    assert call_of(5, body)[1] == {
        "chat_id": 5,
        "text": "x",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": True,
        "protect_content": True,
        "message_thread_id": 9,
        "allow_paid_broadcast": True,
    }
    for media in ([], [{"type": "photo", "source": PHOTO}], [{"type": "photo", "source": PHOTO}] * 2):
        params = call_of(5, {**body, "media": media})[1]
        assert params["disable_notification"] is True
        assert params["message_thread_id"] == 9
        assert params["allow_paid_broadcast"] is True
    assert "link_preview_options" not in call_of(5, {"text": "x", "preview": True})[1]


def test_a_links_button_leads_to_its_address() -> None:
    body = {"text": "x", "links": ["https://a.example/"], "buttons": [[{"text": "Go", "link": 0}]]}
    markup: Any = call_of(5, body)[1]["reply_markup"]
    assert markup["inline_keyboard"] == [[{"text": "Go", "url": "https://a.example/"}]]


def test_a_copy_of_an_operators_message_may_be_paid_for() -> None:
    copied = {"from_chat_id": 7, "message_id": 3, "chat_id": 0}
    body = {"method": "copyMessage", "params": copied, "paid": True}
    assert call_of(5, body) == ("copyMessage", {**copied, "chat_id": 5, "allow_paid_broadcast": True})


def test_nothing_that_a_body_may_hold_is_unknown_here() -> None:
    elsewhere = {"ages"}  # the door's
    assert set(BODY) - elsewhere == {
        *("text", "parse_mode", "buttons", "media", "poll", "links", "silent", "protect", "preview"),
        *("thread", "paid", "photo", "method", "params"),
    }


async def test_a_paid_message_is_paid(bench: Bench) -> None:
    await bench.messenger.send(BOT, AYSE, {"text": "x", "paid": True})
    assert bench.world.log.received()[0].params["allow_paid_broadcast"] is True


async def test_a_file_is_uploaded_once_and_then_named(bench: Bench) -> None:
    (bench.folder / "a.jpg").write_bytes(b"picture")
    body = {"text": "Yeni", "media": [{"type": "photo", "source": "file:a.jpg"}]}
    assert (await bench.sent(body))["caption"] == "Yeni"
    await bench.sent(body, AYSE + 1)
    await bench.sent({"text": "kısa", "photo": "file:a.jpg"}, AYSE + 2)
    assert bench.uploads() == [True, False, False]


async def test_a_file_that_changed_is_uploaded_again(bench: Bench) -> None:
    body = {"media": [{"type": "document", "source": "file:a.pdf"}]}
    for content in (b"one", b"other"):
        (bench.folder / "a.pdf").write_bytes(content)
        await bench.sent(body)
    assert bench.uploads() == [True, True]


async def test_messages_that_start_together_upload_their_file_once(bench: Bench) -> None:
    (bench.folder / "a.jpg").write_bytes(b"picture")
    body = {"media": [{"type": "photo", "source": "file:a.jpg"}]}
    await asyncio.gather(*(bench.messenger.send(BOT, AYSE + n, body) for n in range(30)))
    assert sum(bench.uploads()) == 1
    assert len(bench.uploads()) == 30


async def test_an_album_may_mix_files_ids_and_addresses(bench: Bench) -> None:
    for name in ("a.jpg", "b.jpg"):
        (bench.folder / name).write_bytes(name.encode())
    one = [{"type": "photo", "source": source} for source in ("file:a.jpg", PHOTO)]
    two = [{"type": "photo", "source": source} for source in ("file:b.jpg", "file:a.jpg")]
    for media in (one, two, two):
        await bench.sent({"text": "x", "media": media})
    assert bench.uploads() == [True, True, False]


async def test_an_upload_whose_answer_is_lost_is_not_repeated_and_not_learned(bench: Bench) -> None:
    (bench.folder / "a.jpg").write_bytes(b"picture")
    body = {"media": [{"type": "photo", "source": "file:a.jpg"}]}
    bench.server.faults.plan(Fault("sendPhoto", "drop_after"))
    with pytest.raises(AmbiguousError):
        await bench.messenger.send(BOT, AYSE, body)
    assert len(bench.uploads()) == 1
    await bench.sent(body, AYSE + 1)
    assert bench.uploads() == [True, True]


@pytest.mark.parametrize("name", ["none.jpg", "../secret.txt", "link.txt", "empty.jpg", "folder", "x/../a"])
async def test_what_is_no_file_of_the_folder_is_never_sent(bench: Bench, name: str) -> None:
    (bench.folder.parent / "secret.txt").write_bytes(b"secret")
    (bench.folder / "link.txt").symlink_to(bench.folder.parent / "secret.txt")
    (bench.folder / "empty.jpg").touch()
    (bench.folder / "folder").mkdir()
    with pytest.raises(RejectedError) as caught:
        await bench.messenger.send(BOT, AYSE, {"media": [{"type": "document", "source": f"file:{name}"}]})
    assert caught.value.code == "bad_content"
    assert not bench.world.log.received()


async def test_without_a_folder_a_file_is_refused_and_says_so(bench: Bench) -> None:
    async with TelegramClient(TOKEN) as client:
        messenger = TelegramMessenger([client], StandingClock())
        with pytest.raises(TransportError, match="no folder of media"):
            await messenger.send(BOT, AYSE, {"photo": "file:a.jpg"})
