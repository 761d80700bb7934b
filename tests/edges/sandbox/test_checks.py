"""Every call is held against the description of the Bot API."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from sandbox.botapi.checks import KEPT, problems
from sandbox.botapi.request import Params
from tests.edges.sandbox.conftest import ADA, TOKEN, Api

BUTTON = {"text": "VIP", "callback_data": "c:1:offer:more"}


def wrong(method: str, **params: Any) -> list[str]:
    return list(problems(method, Params(params)))


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("sendMessage", {"chat_id": 5, "text": "x" * 4096}),
        ("sendmessage", {"chat_id": "@town", "text": "hi", "link_preview_options": {"is_disabled": True}}),
        ("sendMessage", {"chat_id": 5, "text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}),
        ("sendMessage", {"chat_id": 5, "text": "x", "reply_markup": {"inline_keyboard": [[BUTTON]]}}),
        ("sendMessage", {"chat_id": 5, "text": "x", "reply_markup": {"remove_keyboard": True}}),
        ("sendMessage", {"chat_id": 5, "text": "x", "receiver_user_id": 7}),
        ("sendPhoto", {"chat_id": 5, "photo": {"file_name": "a.jpg", "file_size": 3}}),
        ("sendMediaGroup", {"chat_id": 5, "media": [{"type": "photo", "media": "x"}] * 2}),
        ("sendMediaGroup", {"chat_id": 5, "media": [{"type": "video", "media": "x"}] * 10}),
        ("sendPoll", {"chat_id": 5, "question": "?", "options": [{"text": "a"}, {"text": "b"}]}),
        ("copyMessage", {"chat_id": 5, "from_chat_id": 6, "message_id": 7, "allow_paid_broadcast": True}),
        (
            "setMessageReaction",
            {"chat_id": 5, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "👍"}]},
        ),
        ("getUpdates", {"timeout": 30, "allowed_updates": ["message"]}),
        ("getMe", {}),
    ],
)
def test_a_lawful_call_is_found_lawful(method: str, params: dict[str, Any]) -> None:
    assert wrong(method, **params) == []


@pytest.mark.parametrize(
    ("method", "params", "sentence"),
    [
        ("sendSong", {}, "there is no method sendSong"),
        ("sendMessage", {"chat_id": 5}, "text is missing"),
        ("sendMessage", {"chat_id": 5, "text": "x", "colour": "red"}, "colour is no field of sendMessage"),
        (
            "sendMessage",
            {"chat_id": 5, "text": "x", "reply_to_message_id": 3},
            "reply_to_message_id is no field",
        ),
        ("sendMessage", {"chat_id": 5.5, "text": "x"}, "chat_id is no Integer"),
        ("sendMessage", {"chat_id": 5, "text": 3}, "text is no String"),
        (
            "sendMessage",
            {"chat_id": 5, "text": "x", "protect_content": "yes"},
            "protect_content is no Boolean",
        ),
        ("sendMessage", {"chat_id": 5, "text": "x" * 4097}, "text is not within 1 and 4096 characters"),
        ("sendMessage", {"chat_id": 5, "text": "😀" * 2049}, "text is not within 1 and 4096 characters"),
        ("sendMessage", {"chat_id": 5, "text": "<b></b>", "parse_mode": "HTML"}, "text is not within"),
        (
            "sendPhoto",
            {"chat_id": 5, "photo": "x", "caption": "x" * 1025},
            "caption is not within 0 and 1024",
        ),
        (
            "sendMediaGroup",
            {"chat_id": 5, "media": [{"type": "photo", "media": "x"}]},
            "media is not within 2",
        ),
        (
            "sendMediaGroup",
            {"chat_id": 5, "media": [{"type": "voice", "media": "x"}] * 2},
            "media[0].type is",
        ),
        (
            "sendPoll",
            {"chat_id": 5, "question": "?", "options": ["a", "b"]},
            "options[0] is no InputPollOption",
        ),
        (
            "sendPoll",
            {"chat_id": 5, "question": "?" * 301, "options": []},
            "question is not within 1 and 300",
        ),
        ("getUpdates", {"limit": 500}, "limit is not within 1 and 100"),
    ],
)
def test_what_is_wrong_is_told(method: str, params: dict[str, Any], sentence: str) -> None:
    assert wrong(method, **params)[0].startswith(sentence)


@pytest.mark.parametrize(
    ("button", "sentence"),
    [
        ({"text": "x"}, "does not have exactly one action"),
        ({**BUTTON, "url": "https://t.me"}, "does not have exactly one action"),
        ({"text": "x", "callback_data": "x" * 65}, "callback_data is not within 1 and 64 bytes"),
        ({"callback_data": "x"}, "text is missing"),
        ({**BUTTON, "colour": "red"}, "colour is no field of InlineKeyboardButton"),
    ],
)
def test_buttons_are_held_against_the_description_too(button: dict[str, str], sentence: str) -> None:
    found = wrong("sendMessage", chat_id=5, text="x", reply_markup={"inline_keyboard": [[button]]})
    assert len(found) == 1
    assert sentence in found[0]


def test_forms_carry_everything_as_text_and_are_read_as_such() -> None:
    form: dict[str, object] = {
        "chat_id": "5",
        "text": "x",
        "protect_content": "true",
        "entities": '[{"type": "bold", "offset": 0, "length": 1}]',
        "message_thread_id": "7",
    }
    assert list(problems("sendMessage", Params(form, typed=False))) == []
    form["message_thread_id"] = "seven"
    assert list(problems("sendMessage", Params(form, typed=False))) == ["message_thread_id is no Integer"]
    assert "message_thread_id is no Integer" in wrong("sendMessage", **form), "JSON tells numbers from texts"


async def test_the_server_counts_calls_and_keeps_the_first_that_are_wrong(api: Api) -> None:
    await api.result("getMe")
    for _ in range(KEPT + 1):
        await api.result("getMe", colour="red")
    await api.error("sendSong")
    assert api.server.calls.figures() == {"n": KEPT + 3, "invalid": KEPT + 2}
    async with api.session.get(f"{api.base_url}/sandbox/calls") as response:
        told = await response.json()
    assert told["n"] == KEPT + 3
    assert len(told["first"]) == KEPT
    assert told["first"][0] == {"method": "getMe", "wrong": "colour is no field of getMe"}


async def test_a_strict_server_refuses_what_is_wrong_and_nothing_happens(api: Api) -> None:
    api.server.calls.strict = True
    code, what = await api.error("sendMessage", chat_id=ADA, text="x", colour="red")
    assert (code, what) == (400, "Bad Request: colour is no field of sendMessage")
    assert await api.error("sendSong") == (404, "Not Found")
    assert [one.delivered for one in api.world.log.received()] == [False]
    await api.result("sendMessage", chat_id=ADA, text="x")


async def test_an_uploaded_file_may_come_under_any_name(api: Api) -> None:
    form = aiohttp.FormData({"chat_id": str(ADA), "media": '[{"type":"photo","media":"attach://one"}]'})
    form.add_field("one", b"bytes", filename="a.jpg", content_type="image/jpeg")
    async with api.session.post(f"{api.base_url}/bot{TOKEN}/sendMediaGroup", data=form) as response:
        assert not (await response.json())["ok"]
    assert [one["wrong"] for one in api.server.calls.first] == ["media is not within 2 and 10 items"]
