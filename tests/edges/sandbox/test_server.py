"""The Bot API over plain HTTP: envelopes, errors in Telegram's words, messages and keyboards."""

import pytest

from sandbox.world import Group, TelegramUser
from tests.edges.sandbox.conftest import ADA, BORA, BOT, Api

GROUP = -1009


def keyboard(*data: str) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "tap", "callback_data": one}] for one in data]}


async def test_get_me_describes_the_bot(api: Api) -> None:
    me = await api.result("getMe")
    assert (me["id"], me["is_bot"], me["username"]) == (BOT, True, "first_bot")


async def test_an_unknown_token_is_unauthorized_and_an_unknown_method_not_found(api: Api) -> None:
    assert await api.error("getMe", token="1:nobody") == (401, "Unauthorized")
    assert await api.error("getMoney") == (404, "Not Found")
    assert await api.error("getMe", token="no-colon") == (404, "Not Found")


@pytest.mark.parametrize("kind", ["query", "form", "multipart", "json"])
async def test_parameters_may_come_in_every_form_telegram_takes(api: Api, kind: str) -> None:
    fields = {"chat_id": str(ADA), "text": "hi", "reply_markup": '{"inline_keyboard":[]}'}
    url = f"{api.base_url}/bot7001:first-secret/SENDMESSAGE"
    if kind == "query":
        response = await api.session.get(url, params=fields)
    elif kind == "form":
        response = await api.session.post(url, data=fields)
    elif kind == "json":
        response = await api.session.post(url, json={"chat_id": ADA, "text": "hi"})
    else:
        import aiohttp

        form = aiohttp.FormData(fields, default_to_multipart=True)
        response = await api.session.post(url, data=form)
    answer = await response.json()
    assert answer["result"]["text"] == "hi"


async def test_a_sent_message_is_telegrams_message_and_becomes_evidence(api: Api) -> None:
    heard: list[tuple[int, object]] = []
    api.world.on_message.append(lambda received, message: heard.append((received.seq, message["text"])))
    markup = keyboard("c:1:offer:yes")
    message = await api.result(
        "sendMessage", chat_id=ADA, text="<b>hi</b>", parse_mode="HTML", reply_markup=markup
    )

    assert message["chat"] == {
        "id": ADA,
        "type": "private",
        "first_name": "Ada",
        "last_name": "Demir",
        "username": "ada",
    }
    assert message["from"]["id"] == BOT
    assert message["date"] == api.hands.now_ms // 1000
    assert (message["text"], message["entities"]) == ("hi", [{"type": "bold", "offset": 0, "length": 2}])
    assert message["reply_markup"] == markup
    (received,) = api.world.log.received()
    assert (received.ok, received.delivered, received.error) == (True, True, None)
    assert (received.chat_id, received.message_id) == (ADA, message["message_id"])
    assert received.params["reply_markup"] == markup
    assert heard == [(received.seq, "hi")]


async def test_a_chat_that_cannot_be_written_to_is_refused_by_its_reason(api: Api) -> None:
    api.world.add_user(TelegramUser(503, "Gone", deactivated=True))
    api.world.open_chat(503, BOT)
    api.world.add_group(Group(GROUP, "Left", left={BOT}))
    api.world.add_group(Group(GROUP - 1, "Never"))

    assert await api.error("sendMessage", chat_id=9, text="x") == (400, "Bad Request: chat not found")
    assert await api.error("sendMessage", chat_id="@no", text="x") == (400, "Bad Request: chat not found")
    assert await api.error("sendMessage", chat_id=BORA, text="x") == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )
    assert await api.error("sendMessage", chat_id=503, text="x") == (403, "Forbidden: user is deactivated")
    assert await api.error("sendMessage", chat_id=GROUP, text="x") == (
        403,
        "Forbidden: bot was kicked from the supergroup chat",
    )
    assert await api.error("sendMessage", chat_id=GROUP - 1, text="x") == (
        403,
        "Forbidden: bot is not a member of the supergroup chat",
    )
    api.world.block(ADA, BOT)
    assert await api.error("sendMessage", chat_id=ADA, text="x") == (
        403,
        "Forbidden: bot was blocked by the user",
    )
    refused = api.world.log.received()
    assert [(one.ok, one.delivered) for one in refused] == [(False, False)] * 7
    assert refused[-1].error == "Forbidden: bot was blocked by the user"


async def test_texts_are_measured_after_parsing_in_utf16_units(api: Api) -> None:
    assert await api.error("sendMessage", chat_id=ADA) == (400, "Bad Request: message text is empty")
    assert await api.error("sendMessage", chat_id=ADA, text=" \n ") == (
        400,
        "Bad Request: message text is empty",
    )
    assert await api.error("sendMessage", chat_id=ADA, text="😀" * 2049) == (
        400,
        "Bad Request: message is too long",
    )
    assert await api.error("sendMessage", text="x") == (400, "Bad Request: chat_id is empty")
    assert await api.error("sendMessage", chat_id=ADA, text="x", parse_mode="Latex") == (
        400,
        "Bad Request: unsupported parse_mode",
    )
    await api.result("sendMessage", chat_id=ADA, text=f"<b>{'x' * 4096}</b>", parse_mode="HTML")


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        (keyboard("x" * 65), "BUTTON_DATA_INVALID"),
        (keyboard(""), "BUTTON_DATA_INVALID"),
        (keyboard("ş" * 33), "BUTTON_DATA_INVALID"),
        (keyboard(*"x" * 101), "reply markup is too long"),
        (
            {"inline_keyboard": [[{"text": "x"}]]},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]},
            "inline keyboard button text must be non-empty",
        ),
        (
            {"inline_keyboard": [[{"text": "x", "url": "no where"}]]},
            "inline keyboard button URL 'no where' is invalid: Wrong HTTP URL",
        ),
        (
            {"inline_keyboard": [{}]},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        ("{", "can't parse reply keyboard markup JSON object"),
        ("[]", "object expected as reply markup"),
    ],
)
async def test_a_bad_keyboard_is_refused(api: Api, markup: object, reason: str) -> None:
    refused = await api.error("sendMessage", chat_id=ADA, text="x", reply_markup=markup)
    assert refused == (400, f"Bad Request: {reason}")


async def test_a_photo_is_sent_by_address_by_upload_and_by_its_id(api: Api) -> None:
    import aiohttp

    by_address = await api.result("sendPhoto", chat_id=ADA, photo="https://x.y/z.jpg", caption="c")
    assert by_address["caption"] == "c"
    api.hands.now_ms += 1000
    form = aiohttp.FormData({"chat_id": str(ADA)})
    form.add_field("photo", b"\xff\xd8" + b"x" * 100, filename="z.jpg")
    async with api.session.post(f"{api.base_url}/bot7001:first-secret/sendPhoto", data=form) as response:
        uploaded = (await response.json())["result"]["photo"][0]
    assert uploaded["file_size"] == 102
    api.hands.now_ms += 1000
    again = await api.result("sendPhoto", chat_id=ADA, photo=uploaded["file_id"])
    assert again["photo"][0]["file_id"] == uploaded["file_id"]
    assert await api.error("sendPhoto", chat_id=ADA) == (
        400,
        "Bad Request: there is no photo in the request",
    )
    assert await api.error("sendPhoto", chat_id=ADA, photo="nonsense") == (
        400,
        "Bad Request: wrong file identifier/HTTP URL specified",
    )
    assert await api.error("sendPhoto", chat_id=ADA, photo="https://x.y", caption="x" * 1025) == (
        400,
        "Bad Request: message caption is too long",
    )


async def test_a_message_is_edited_once_and_deleted_once(api: Api) -> None:
    sent = await api.result("sendMessage", chat_id=ADA, text="old", reply_markup=keyboard("a"))
    place = {"chat_id": ADA, "message_id": sent["message_id"]}

    edited = await api.result("editMessageText", **place, text="new")
    assert (edited["text"], "reply_markup" in edited, "edit_date" in edited) == ("new", False, True)
    await api.result("editMessageReplyMarkup", **place, reply_markup=keyboard("b"))
    code, why = await api.error("editMessageReplyMarkup", **place, reply_markup=keyboard("b"))
    assert (code, why.split(":")[1]) == (400, " message is not modified")
    assert await api.result("deleteMessage", **place) is True
    assert await api.error("deleteMessage", **place) == (400, "Bad Request: message to delete not found")
    assert await api.error("editMessageText", **place, text="x") == (
        400,
        "Bad Request: message to edit not found",
    )
    assert await api.error("deleteMessage", chat_id=ADA) == (
        400,
        "Bad Request: message identifier is not specified",
    )


async def test_a_message_older_than_two_days_stays(api: Api) -> None:
    sent = await api.result("sendMessage", chat_id=ADA, text="old")
    api.hands.now_ms += 49 * 3_600_000
    assert await api.error("deleteMessage", chat_id=ADA, message_id=sent["message_id"]) == (
        400,
        "Bad Request: message can't be deleted for everyone",
    )


async def test_a_tap_may_be_answered_for_a_while_and_only_by_its_bot(api: Api) -> None:
    too_old = (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )
    api.world.add_bot("7002:second", "second_bot", "Second")
    sent = await api.result("sendMessage", chat_id=ADA, text="x", reply_markup=keyboard("c:1"))
    api.world.tap(ADA, BOT, sent["message_id"], "c:1")
    query = (await api.result("getUpdates"))[-1]["callback_query"]

    assert query["data"] == "c:1"
    assert query["message"] == sent
    assert (
        await api.error("answerCallbackQuery", token="7002:second", callback_query_id=query["id"]) == too_old
    )
    assert await api.result("answerCallbackQuery", callback_query_id=query["id"]) is True
    api.hands.now_ms += 151_000
    assert await api.error("answerCallbackQuery", callback_query_id=query["id"]) == too_old
    assert await api.error("answerCallbackQuery", callback_query_id="77") == too_old


async def test_small_methods_answer(api: Api) -> None:
    commands = [{"command": "help", "description": "Help"}]
    assert await api.result("setMyCommands", commands=commands, language_code="tr")
    assert await api.result("getMyCommands", language_code="tr") == commands
    assert await api.result("getMyCommands") == []
    bad = [{"command": "No Spaces", "description": "x"}]
    assert await api.error("setMyCommands", commands=bad) == (400, "Bad Request: BOT_COMMAND_INVALID")
    assert await api.result("sendChatAction", chat_id=ADA, action="typing") is True
    assert await api.error("sendChatAction", chat_id=ADA, action="dancing") == (
        400,
        "Bad Request: wrong parameter action in request",
    )
    assert (await api.result("getChat", chat_id=ADA))["first_name"] == "Ada"
    assert await api.error("getChat", chat_id=BORA) == (400, "Bad Request: chat not found")
    assert (await api.result("getWebhookInfo"))["pending_update_count"] == 1
    assert await api.result("deleteWebhook", drop_pending_updates=True) is True
    assert (await api.result("getWebhookInfo"))["pending_update_count"] == 0
    assert api.world.log.received() == []
