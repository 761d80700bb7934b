"""Groups in which a bot may not do everything, topics that open and close, and numbers that change."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.world import Group
from tests.edges.sandbox.conftest import ADA, BOT, Api

GROUP = -5
HERE: dict[str, Any] = {"chat_id": GROUP}
PHOTO = "https://x.y/z.jpg"


@pytest.fixture
def api(api: Api) -> Api:
    """Ada's forum, in which the bot is a plain member."""
    api.world.community.found(ADA, Group(GROUP, "Town", is_forum=True))
    api.world.community.add_bot(ADA, GROUP, BOT)
    return api


async def changes(api: Api) -> list[tuple[str, str]]:
    """How the bot's standing changed, as it is told."""
    updates = await api.result("getUpdates")
    told = [one["my_chat_member"] for one in updates if "my_chat_member" in one]
    return [(one["old_chat_member"]["status"], one["new_chat_member"]["status"]) for one in told]


async def test_a_restricted_bot_may_do_what_is_left_to_it(api: Api) -> None:
    community = api.world.community
    community.restrict_bot(ADA, GROUP, BOT, ["can_send_photos"])
    assert await api.error("sendMessage", **HERE, text="x") == (
        400,
        "Bad Request: not enough rights to send text messages to the chat",
    )
    await api.result("sendPhoto", **HERE, photo=PHOTO)
    code, why = await api.error("sendPoll", **HERE, question="?", options=[{"text": "a"}, {"text": "b"}])
    assert (code, why) == (400, "Bad Request: not enough rights to send polls to the chat")
    member = await api.result("getChatMember", **HERE, user_id=BOT)
    assert member["status"] == "restricted"
    assert (member["can_send_photos"], member["can_send_messages"]) == (True, False)
    community.restrict_bot(ADA, GROUP, BOT, None)
    await api.result("sendMessage", **HERE, text="x")
    assert await changes(api) == [("left", "member"), ("member", "restricted"), ("restricted", "member")]


async def test_in_a_locked_group_only_administrators_write(api: Api) -> None:
    api.world.community.lock(GROUP)
    assert await api.error("sendMessage", **HERE, text="x") == (400, "Bad Request: CHAT_WRITE_FORBIDDEN")
    api.world.community.set_rights(ADA, GROUP, BOT, ["can_manage_chat"])
    await api.result("sendMessage", **HERE, text="x")


async def test_a_channel_wants_the_right_to_post(api: Api) -> None:
    api.world.community.found(ADA, Group(-6, "News", "channel"))
    api.world.community.add_bot(ADA, -6, BOT, ["can_manage_chat"])
    assert await api.error("sendMessage", chat_id=-6, text="x") == (
        400,
        "Bad Request: need administrator rights in the channel chat",
    )
    api.world.community.set_rights(ADA, -6, BOT, ["can_post_messages"])
    await api.result("sendMessage", chat_id=-6, text="x")


async def test_who_was_kicked_is_told_so_and_restrictions_end_with_it(api: Api) -> None:
    api.world.community.restrict_bot(ADA, GROUP, BOT)
    api.world.community.remove_bot(ADA, GROUP, BOT)
    assert (await api.error("sendMessage", **HERE, text="x"))[0] == 403
    api.world.community.add_bot(ADA, GROUP, BOT)
    await api.result("sendMessage", **HERE, text="x")


async def test_a_topic_must_be_there_and_open(api: Api) -> None:
    community = api.world.community
    thread = community.open_topic(ADA, GROUP, "News")
    sent = await api.result("sendMessage", **HERE, text="x", message_thread_id=thread)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (thread, True)
    community.close_topic(ADA, GROUP, thread)
    assert await api.error("sendMessage", **HERE, text="x", message_thread_id=thread) == (
        400,
        "Bad Request: TOPIC_CLOSED",
    )
    community.close_topic(ADA, GROUP, thread, reopen=True)
    await api.result("sendMessage", **HERE, text="x", message_thread_id=thread)
    community.delete_topic(GROUP, thread)
    assert await api.error("sendMessage", **HERE, text="x", message_thread_id=thread) == (
        400,
        "Bad Request: message thread not found",
    )


async def test_a_bot_with_the_right_runs_the_topics_itself(api: Api) -> None:
    assert (await api.error("createForumTopic", **HERE, name="Mine"))[1].endswith("rights to create a topic")
    api.world.community.set_rights(ADA, GROUP, BOT, ["can_manage_topics"])
    thread = (await api.result("createForumTopic", **HERE, name="Mine"))["message_thread_id"]
    place = {**HERE, "message_thread_id": thread}
    assert await api.result("editForumTopic", **place, name="Ours")
    assert api.world.groups[GROUP].topics[thread] == "Ours"
    assert await api.result("closeForumTopic", **place)
    assert await api.error("closeForumTopic", **place) == (400, "Bad Request: TOPIC_NOT_MODIFIED")
    await api.result("sendMessage", **place, text="who runs topics writes in closed ones too")
    assert await api.result("reopenForumTopic", **place)
    assert await api.result("deleteForumTopic", **place)
    assert await api.error("deleteForumTopic", **place) == (400, "Bad Request: message thread not found")


async def test_a_group_that_became_a_supergroup_says_its_new_number(api: Api) -> None:
    new = api.world.community.upgrade(ADA, GROUP)
    answer = await api.call("sendMessage", **HERE, text="x")
    assert answer["parameters"] == {"migrate_to_chat_id": new.id}
    assert answer["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    await api.result("sendMessage", chat_id=new.id, text="x")


async def test_places_contacts_and_dice_are_sent(api: Api) -> None:
    ada: dict[str, Any] = {"chat_id": GROUP}
    place = {"latitude": 41.0, "longitude": 29.0}
    assert (await api.result("sendLocation", **ada, **place))["location"] == place
    venue = await api.result("sendVenue", **ada, **place, title="Corner", address="1 Square")
    assert venue["venue"]["title"] == "Corner"
    contact = await api.result("sendContact", **ada, phone_number="+1", first_name="Bora")
    assert contact["contact"] == {"phone_number": "+1", "first_name": "Bora"}
    assert 1 <= (await api.result("sendDice", **ada))["dice"]["value"] <= 6
    assert (await api.error("sendDice", **ada, emoji="x"))[1] == "Bad Request: wrong dice emoji specified"
    assert (await api.error("sendLocation", **ada, latitude=91, longitude=0))[0] == 400
    assert (await api.error("sendLocation", **ada))[1] == "Bad Request: location is empty"
    assert (await api.error("sendVenue", **ada, **place))[0] == 400
    assert (await api.error("sendContact", **ada, phone_number="+1"))[0] == 400
