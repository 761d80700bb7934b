"""Files, polls, copies, searches, reactions and business chats over plain HTTP."""

from __future__ import annotations

import aiohttp
import orjson
import pytest

from sandbox.world import Group, TelegramUser
from tests.edges.sandbox.conftest import ADA, BORA, BOT, TOKEN, Api

KINDS = ("document", "video", "voice", "audio", "animation", "photo", "video_note", "sticker")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_is_uploaded_and_sent_again_by_its_id(api: Api, kind: str) -> None:
    method = "send" + "".join(part.title() for part in kind.split("_"))
    form = aiohttp.FormData({"chat_id": str(ADA)})
    form.add_field(kind, b'{"me": 1}', filename="me.json")
    async with api.session.post(f"{api.base_url}/bot{TOKEN}/{method}", data=form) as response:
        sent = (await response.json())["result"][kind]
    file = sent[0] if kind == "photo" else sent
    assert file["file_size"] == 9
    assert file.get("file_name", "me.json") == "me.json"
    api.hands.now_ms += 1_000
    again = (await api.result(method, chat_id=ADA, **{kind: file["file_id"]}))[kind]
    assert (again[0] if kind == "photo" else again)["file_id"] == file["file_id"]
    assert (await api.result("getFile", file_id=file["file_id"]))["file_path"].startswith(kind)
    other = "sendVoice" if kind != "voice" else "sendVideo"
    assert await api.error(other, chat_id=ADA, **{other[4:].lower(): file["file_id"]}) == (
        400,
        "Bad Request: type of file mismatch",
    )
    assert await api.error("getFile", file_id="x") == (400, "Bad Request: invalid file_id")


async def test_an_album_is_two_to_ten_messages_and_pays_for_each_in_a_group(api: Api) -> None:
    item = {"type": "photo", "media": "https://x.y/z.jpg", "caption": "c"}
    assert await api.error("sendMediaGroup", chat_id=ADA, media=[item]) == (
        400,
        "Bad Request: too few messages to send as an album",
    )
    assert len(await api.result("sendMediaGroup", chat_id=ADA, media=[item] * 10)) == 10
    code, why = await api.error("sendMediaGroup", chat_id=ADA, media=[item, item])
    assert (code, why.startswith("Too Many Requests")) == (429, True), "one a second for each chat"
    api.world.community.found(ADA, _group())
    first, second = await api.result("sendMediaGroup", chat_id=-5, media=orjson.dumps([item, item]).decode())
    assert first["media_group_id"] == second["media_group_id"]
    assert second["message_id"] == first["message_id"] + 1
    assert first["caption"] == "c"
    assert len(await api.result("sendMediaGroup", chat_id=-5, media=[item] * 10)) == 10
    assert (await api.error("sendMediaGroup", chat_id=-5, media=[item] * 9))[0] == 429
    assert len(await api.result("sendMediaGroup", chat_id=-5, media=[item] * 8)) == 8, (
        "a refusal costs nothing"
    )


async def test_a_poll_counts_votes_until_it_is_stopped(api: Api) -> None:
    asked = {"chat_id": ADA, "question": "Tea?", "options": [{"text": "yes"}, "no"], "is_anonymous": False}
    sent = await api.result("sendPoll", **asked)
    poll = sent["poll"]
    assert [one["text"] for one in poll["options"]] == ["yes", "no"]
    assert api.world.polls.vote(ADA, poll["id"], [1])
    answer, state = (await api.result("getUpdates"))[-2:]
    assert (answer["poll_answer"]["option_ids"], answer["poll_answer"]["user"]["id"]) == ([1], ADA)
    assert [one["voter_count"] for one in state["poll"]["options"]] == [0, 1]
    place = {"chat_id": ADA, "message_id": sent["message_id"]}
    closed = await api.result("stopPoll", **place)
    assert (closed["is_closed"], closed["total_voter_count"]) == (True, 1)
    assert await api.error("stopPoll", **place) == (400, "Bad Request: poll has already been closed")
    assert not api.world.polls.vote(ADA, poll["id"], [0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"question": " "}, "poll question must be non-empty"),
        ({"options": ["one"]}, "poll must have at least 2 option"),
        ({"options": ["one"] * 13}, "poll can't have more than 12 options"),
        ({"options": ["one", ""]}, "poll options must be non-empty"),
        ({"type": "quiz"}, "wrong correct option ID specified"),
        ({"type": "quiz", "correct_option_ids": [1, 2]}, "wrong correct option ID specified"),
        ({"type": "quiz", "correct_option_ids": [1, 0]}, "wrong correct option ID specified"),
        ({"question": "?" * 301}, "poll question length must not exceed 300"),
        ({"options": ["yes", "n" * 101]}, "poll options length must not exceed 100"),
        ({"explanation": "x" * 201}, "message caption is too long"),
    ],
)
async def test_a_bad_poll_is_refused(api: Api, changes: dict[str, object], reason: str) -> None:
    asked = {"chat_id": ADA, "question": "Tea?", "options": ["yes", "no"]} | changes
    assert await api.error("sendPoll", **asked) == (400, f"Bad Request: {reason}")


async def test_a_persons_message_is_copied_without_and_forwarded_with_its_author(api: Api) -> None:
    api.world.say(ADA, BOT, "look at this")
    heard = (await api.result("getUpdates"))[-1]["message"]["message_id"]
    where = {"chat_id": ADA, "from_chat_id": ADA, "message_id": heard}
    copy = await api.result("copyMessage", **where)
    assert list(copy) == ["message_id"]
    stored = api.world.chat(BOT, ADA).message(copy["message_id"])
    assert stored is not None
    assert (stored["text"], "forward_origin" in stored) == ("look at this", False)
    api.hands.now_ms += 1_000
    forwarded = await api.result("forwardMessage", **where)
    assert forwarded["forward_origin"]["sender_user"]["id"] == ADA
    missing = await api.error("copyMessage", **where | {"message_id": 7})
    assert missing == (400, "Bad Request: message to copy not found")


async def test_a_caption_is_edited_and_a_text_has_none(api: Api) -> None:
    photo = await api.result("sendPhoto", chat_id=ADA, photo="https://x.y/z.jpg", caption="old")
    place = {"chat_id": ADA, "message_id": photo["message_id"]}
    assert (await api.result("editMessageCaption", **place, caption="new"))["caption"] == "new"
    api.hands.now_ms += 1_000
    text = await api.result("sendMessage", chat_id=ADA, text="x")
    assert await api.error("editMessageCaption", chat_id=ADA, message_id=text["message_id"]) == (
        400,
        "Bad Request: there is no caption in the message to edit",
    )


async def test_a_search_is_answered_and_a_result_chosen(api: Api) -> None:
    query_id = api.world.inline.search(ADA, BOT, "vip")
    asked = (await api.result("getUpdates"))[-1]["inline_query"]
    assert (asked["id"], asked["query"]) == (query_id, "vip")
    result = {"type": "article", "id": "7", "title": "VIP", "input_message_content": {"message_text": "v"}}
    twice = await api.error("answerInlineQuery", inline_query_id=query_id, results=[result, result])
    assert twice == (400, "Bad Request: RESULT_ID_DUPLICATE")
    assert not api.world.inline.choose(query_id)
    assert await api.result("answerInlineQuery", inline_query_id=query_id, results=[result]) is True
    assert api.world.inline.choose(query_id)
    chosen = (await api.result("getUpdates"))[-1]["chosen_inline_result"]
    assert (chosen["result_id"], chosen["query"]) == ("7", "vip")


async def test_a_bot_reacts_to_a_message_that_exists(api: Api) -> None:
    sent = await api.result("sendMessage", chat_id=ADA, text="x")
    like = [{"type": "emoji", "emoji": "👍"}]
    place = {"chat_id": ADA, "message_id": sent["message_id"]}
    assert await api.result("setMessageReaction", **place, reaction=like) is True
    assert await api.error("setMessageReaction", chat_id=ADA, message_id=1, reaction=like) == (
        400,
        "Bad Request: message to react not found",
    )
    assert await api.error("setMessageReaction", **place, reaction=["x"]) == (
        400,
        "Bad Request: REACTION_INVALID",
    )


async def test_a_bot_answers_a_customer_for_an_account_it_is_connected_to(api: Api) -> None:
    api.world.add_user(TelegramUser(11, "Shop"))
    connection = api.world.business.connect(11, BOT)
    number = api.world.business.write(connection, BORA, {"text": "open today?"})
    api.world.business.edit(connection, BORA, number, {"text": "open tomorrow?"})
    api.world.business.write(connection, BORA, {"text": "yes"}, by_owner=True)
    api.world.business.delete(connection, BORA, [number])
    told = [next(iter(one.body.items())) for one in api.world.log.emitted()][1:]
    assert [kind for kind, _ in told] == [
        "business_connection",
        "business_message",
        "edited_business_message",
        "business_message",
        "deleted_business_messages",
    ]
    answer = {"chat_id": BORA, "text": "until six", "business_connection_id": connection}
    assert (await api.result("sendMessage", **answer))["business_connection_id"] == connection
    api.world.business.disconnect(connection)
    assert await api.error("sendMessage", **answer) == (400, "Bad Request: business connection not found")


async def test_who_deleted_the_account_is_told_to_bots_that_write(api: Api) -> None:
    api.world.deactivate(ADA)
    gone = await api.error("sendMessage", chat_id=ADA, text="x")
    assert gone == (403, "Forbidden: user is deactivated")


def _group() -> Group:
    return Group(-5, "Town", bots={BOT})
