"""Copies of messages, files that are sent again, and albums of what does not go together."""

from __future__ import annotations

import io
from typing import Any

import aiohttp

from sandbox.chats import HEARD
from sandbox.world import TelegramUser
from tests.edges.sandbox.conftest import ADA, BOT, TOKEN, Api

SECOND = "7002:second-secret"
CEM = 503


def meet(api: Api) -> None:
    """A second person and a second bot, all on speaking terms."""
    api.world.add_user(TelegramUser(CEM, "Cem"))
    api.world.start(CEM, BOT)
    api.world.add_bot(SECOND, "second_bot", "Second")
    api.world.start(ADA, 7002)


async def last_message(api: Api) -> int:
    message: dict[str, Any] = (await api.result("getUpdates", offset=-1))[-1]["message"]
    return int(message["message_id"])


async def test_what_an_operator_wrote_can_be_copied_to_many_much_later(api: Api) -> None:
    meet(api)
    api.world.say(ADA, BOT, "Big news")
    place = {"from_chat_id": ADA, "message_id": await last_message(api)}
    await api.result("copyMessage", chat_id=CEM, **place)
    for number in range(HEARD + 1):
        api.world.say(ADA, BOT, f"something else {number}")
    api.hands.now_ms += 1_000
    button = {"inline_keyboard": [[{"text": "More", "callback_data": "c:1:news:more"}]]}
    copied = await api.result("copyMessage", chat_id=CEM, **place, reply_markup=button)
    shown = api.world.chat(BOT, CEM).message(copied["message_id"])
    assert shown is not None
    assert (shown["text"], shown["reply_markup"]) == ("Big news", button)
    last = api.world.log.received()[-1]
    assert (last.method, last.chat_id, last.delivered) == ("copyMessage", CEM, True)


async def test_several_messages_are_copied_forwarded_and_deleted_at_once(api: Api) -> None:
    meet(api)
    numbers = []
    for text in ("one", "two"):
        numbers.append((await api.result("sendMessage", chat_id=ADA, text=text))["message_id"])
        api.hands.now_ms += 1_000
    place: dict[str, Any] = {"chat_id": CEM, "from_chat_id": ADA}
    copied = await api.result("copyMessages", **place, message_ids=[*numbers, numbers[-1] + 99])
    assert len(copied) == 2
    api.hands.now_ms += 1_000
    assert len(await api.result("forwardMessages", **place, message_ids=numbers)) == 2
    backwards = await api.error("copyMessages", **place, message_ids=numbers[::-1])
    assert backwards[1].endswith("must be in a strictly increasing order")
    assert (await api.error("copyMessages", **place, message_ids=[]))[0] == 400
    assert (await api.error("copyMessages", **place, message_ids=list(range(1, 102))))[0] == 400
    assert (await api.error("copyMessages", **place, message_ids=[5]))[1].endswith("to copy not found")
    assert await api.result("deleteMessages", chat_id=ADA, message_ids=numbers)
    assert api.world.chat(BOT, ADA).message(numbers[0]) is None


async def test_a_file_id_is_good_for_the_bot_that_sent_the_file_alone(api: Api) -> None:
    meet(api)
    form = aiohttp.FormData({"chat_id": str(ADA)})
    form.add_field("photo", b"bytes", filename="a.jpg")
    async with api.session.post(f"{api.base_url}/bot{TOKEN}/sendPhoto", data=form) as response:
        file_id = (await response.json())["result"]["photo"][0]["file_id"]
    api.hands.now_ms += 1_000
    await api.result("sendPhoto", chat_id=ADA, photo=file_id)
    assert await api.error("sendPhoto", token=SECOND, chat_id=ADA, photo=file_id) == (
        400,
        "Bad Request: wrong file identifier/HTTP URL specified",
    )
    assert (await api.error("getFile", token=SECOND, file_id=file_id))[0] == 400
    assert await api.result("getFile", file_id=file_id)


async def test_an_empty_file_and_a_huge_photo_are_refused(api: Api) -> None:
    for size, why in ((0, "file must be non-empty"), (10 * 1024 * 1024 + 1, "file is too big")):
        form = aiohttp.FormData({"chat_id": str(ADA)})
        form.add_field("photo", io.BytesIO(bytes(size)), filename="a.jpg")
        async with api.session.post(f"{api.base_url}/bot{TOKEN}/sendPhoto", data=form) as response:
            assert (await response.json())["description"] == f"Bad Request: {why}"


async def test_an_album_holds_what_goes_together(api: Api) -> None:
    photo, video, document, animation = (
        {"type": kind, "media": "https://x.y/z"} for kind in ("photo", "video", "document", "animation")
    )
    assert await api.error("sendMediaGroup", chat_id=ADA, media=[photo, document]) == (
        400,
        "Bad Request: Document can't be mixed with other media types",
    )
    assert (await api.error("sendMediaGroup", chat_id=ADA, media=[photo, animation]))[1].endswith(
        'type "animation" can\'t be used in sendMediaGroup'
    )
    await api.result("sendMediaGroup", chat_id=ADA, media=[photo, video])
