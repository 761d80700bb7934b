"""Groups: who hears of what, in Telegram's own shapes and order."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.groups import USUAL_RIGHTS
from sandbox.world import Group, TelegramUser, World
from tests.edges.sandbox.conftest import ADA, BORA, BOT, Api, Hands, people

TOWN = -1_001_000
OWNER = 9
OTHER = 7002


@pytest.fixture
def world() -> World:
    """A group that Bora is in; one bot administers it, another is a plain member."""
    world = people(World(Hands()))
    world.queue(BOT).allow(
        ["message", "my_chat_member", "chat_member", "chat_join_request", "message_reaction"]
    )
    world.add_bot(f"{OTHER}:s", "second_bot", "Second")
    world.add_user(TelegramUser(OWNER, "Owner"))
    world.community.found(OWNER, Group(TOWN, "Town"))
    world.community.add_bot(OWNER, TOWN, BOT, sorted(USUAL_RIGHTS))
    world.community.add_bot(OWNER, TOWN, OTHER)
    world.community.add_person(OWNER, TOWN, BORA)
    return world


def heard(world: World, bot: int, since: int) -> list[tuple[str, Any]]:
    """Kind and body of what a bot heard after line `since` of the log."""
    emitted = [one for one in world.log.emitted() if one.bot_id == bot and one.seq > since]
    return [next(iter(one.body.items())) for one in emitted]


def test_a_bot_hears_of_its_own_membership_and_rights_first(world: World) -> None:
    added, service = heard(world, BOT, 1)[:2]
    assert added[0] == "my_chat_member"
    assert added[1]["old_chat_member"]["status"] == "left"
    assert added[1]["new_chat_member"]["can_invite_users"] is True
    assert added[1]["new_chat_member"]["can_promote_members"] is False
    assert service[1]["new_chat_members"][0]["id"] == BOT
    mark = world.log.seq
    world.community.set_rights(OWNER, TOWN, BOT, [])
    world.community.remove_bot(OWNER, TOWN, BOT)
    changes = [body["new_chat_member"]["status"] for _, body in heard(world, BOT, mark)]
    assert changes == ["member", "kicked"]
    assert world.refusal(BOT, TOWN) == "kicked"


def test_only_administrators_hear_who_comes_by_which_link(world: World) -> None:
    link = world.community.make_link(TOWN, {"id": OWNER, "is_bot": False, "first_name": "Owner"}, "spring")
    mark = world.log.seq
    assert world.community.join(ADA, TOWN, link.url)
    admin, plain = heard(world, BOT, mark), heard(world, OTHER, mark)
    assert [kind for kind, _ in admin] == ["chat_member", "message"]
    assert [kind for kind, _ in plain] == ["message"]
    assert admin[0][1]["invite_link"]["name"] == "spring"
    assert admin[0][1]["new_chat_member"]["status"] == "member"
    assert link.joined == 1
    link.member_limit = 1
    assert not world.community.join(BORA, TOWN, link.url)


def test_a_join_request_waits_for_an_administrator_and_opens_the_chat_for_five_minutes() -> None:
    hands = Hands()
    world = people(World(hands))
    world.queue(BOT).allow(["chat_join_request", "chat_member", "message"])
    world.add_user(TelegramUser(OWNER, "Owner"))
    world.community.found(OWNER, Group(TOWN, "Town"))
    world.community.add_bot(OWNER, TOWN, BOT, sorted(USUAL_RIGHTS))
    link = world.community.make_link(TOWN, world.users[OWNER].as_user(), asks=True)
    mark = world.log.seq
    world.community.join(BORA, TOWN, link.url)
    ((kind, asked),) = heard(world, BOT, mark)
    assert (kind, asked["user_chat_id"], asked["invite_link"]["creates_join_request"]) == (
        "chat_join_request",
        BORA,
        True,
    )
    assert world.refusal(BOT, BORA) is None
    hands.now_ms += 5 * 60_000 + 1
    assert world.refusal(BOT, BORA) == "not_started"
    assert not world.groups[TOWN].is_present(BORA)
    assert world.community.answer_request(OWNER, TOWN, BORA, approve=True)
    change = heard(world, BOT, mark)[1][1]
    assert (change["via_join_request"], change["from"]["id"]) == (True, OWNER)
    assert not world.community.answer_request(OWNER, TOWN, BORA, approve=True)


def test_leaving_and_being_removed_are_told_apart(world: World) -> None:
    mark = world.log.seq
    world.community.leave(BORA, TOWN)
    world.community.leave(BORA, TOWN)
    world.community.join(BORA, TOWN)
    world.community.remove(OWNER, TOWN, BORA)
    changes = [body for kind, body in heard(world, BOT, mark) if kind == "chat_member"]
    assert [one["new_chat_member"]["status"] for one in changes] == ["left", "member", "kicked"]
    assert [one["from"]["id"] for one in changes] == [BORA, BORA, OWNER]


def test_an_upgrade_gives_the_group_a_new_number_and_tells_the_old_and_the_new(world: World) -> None:
    world.community.found(OWNER, Group(-44, "Small", "group", bots={BOT}))
    mark = world.log.seq
    new = world.community.upgrade(OWNER, -44)
    old_told, new_told = (body for _, body in heard(world, BOT, mark))
    assert (old_told["chat"]["id"], old_told["migrate_to_chat_id"]) == (-44, new.id)
    assert (new_told["chat"]["id"], new_told["migrate_from_chat_id"]) == (new.id, -44)
    assert (new_told["chat"]["type"], new.bots) == ("supergroup", {BOT})


def test_topics_are_opened_renamed_and_closed_and_talk_names_its_topic(world: World) -> None:
    mark = world.log.seq
    thread = world.community.open_topic(OWNER, TOWN, "Questions")
    world.community.rename_topic(OWNER, TOWN, thread, "Answers")
    world.community.close_topic(OWNER, TOWN, thread)
    world.community.close_topic(OWNER, TOWN, thread, reopen=True)
    world.community.say(BORA, TOWN, "in it", thread=thread, reply_to=thread)
    world.community.rename(OWNER, TOWN, "City")
    bodies = [body for _, body in heard(world, BOT, mark)]
    assert [name for body in bodies for name in body if name.startswith("forum_topic")] == [
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
    ]
    assert all(body["message_thread_id"] == thread for body in bodies[:5])
    assert bodies[4]["reply_to_message"]["message_id"] == thread
    assert bodies[5]["new_chat_title"] == "City"


def test_reactions_reach_administrators_only(world: World) -> None:
    mark = world.log.seq
    world.say_in_group(BORA, TOWN, "hi")
    (number,) = list(world.groups[TOWN].recent)[-1:]
    world.community.react(BORA, TOWN, number, "🔥")
    world.community.react(BORA, TOWN, number, "", former="🔥")
    put, taken = (body for kind, body in heard(world, BOT, mark) if kind == "message_reaction")
    assert (put["old_reaction"], put["new_reaction"][0]["emoji"]) == ([], "🔥")
    assert (taken["new_reaction"], taken["message_id"]) == ([], number)
    assert len(heard(world, OTHER, mark)) == 1


async def test_bots_keep_groups_by_their_rights(api: Api) -> None:
    world = api.world
    world.add_user(TelegramUser(OWNER, "Owner"))
    world.community.found(OWNER, Group(TOWN, "Town", is_forum=True))
    world.community.add_bot(OWNER, TOWN, BOT)
    refused = (400, "Bad Request: not enough rights to manage chat invite link")
    assert await api.error("createChatInviteLink", chat_id=TOWN) == refused
    world.community.set_rights(OWNER, TOWN, BOT, [*USUAL_RIGHTS, "can_manage_topics"])
    link = await api.result("createChatInviteLink", chat_id=TOWN, name="vip", creates_join_request=True)
    assert (link["name"], link["creator"]["id"]) == ("vip", BOT)
    world.community.join(BORA, TOWN, link["invite_link"])
    assert await api.result("approveChatJoinRequest", chat_id=TOWN, user_id=BORA) is True
    again = await api.error("declineChatJoinRequest", chat_id=TOWN, user_id=BORA)
    assert again == (400, "Bad Request: USER_ALREADY_PARTICIPANT")
    assert (await api.result("getChatMember", chat_id=TOWN, user_id=BORA))["status"] == "member"
    assert await api.result("getChatMemberCount", chat_id=TOWN) == 3
    admins = await api.result("getChatAdministrators", chat_id=TOWN)
    assert [one["status"] for one in admins] == ["creator", "administrator"]
    topic = await api.result("createForumTopic", chat_id=TOWN, name="Ada")
    sent = await api.result(
        "sendMessage", chat_id=TOWN, text="x", message_thread_id=topic["message_thread_id"]
    )
    assert sent["is_topic_message"] is True
    lost = await api.error("sendMessage", chat_id=TOWN, text="x", message_thread_id=5)
    assert lost == (400, "Bad Request: message thread not found")
    assert await api.result("banChatMember", chat_id=TOWN, user_id=BORA) is True
    assert (await api.result("getChatMember", chat_id=TOWN, user_id=BORA))["status"] == "kicked"
    assert (await api.result("exportChatInviteLink", chat_id=TOWN)).startswith("https://t.me/+")
    assert await api.result("leaveChat", chat_id=TOWN) is True
    assert await api.error("getChatMemberCount", chat_id=TOWN) == (
        403,
        "Forbidden: bot is not a member of the supergroup chat",
    )


async def test_a_group_that_was_upgraded_says_where_it_went(api: Api) -> None:
    api.world.add_user(TelegramUser(OWNER, "Owner"))
    api.world.community.found(OWNER, Group(-44, "Small", "group", bots={BOT}))
    new = api.world.community.upgrade(OWNER, -44)
    answer = await api.call("sendMessage", chat_id=-44, text="x")
    assert answer["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert answer["parameters"] == {"migrate_to_chat_id": new.id}
    await api.result("sendMessage", chat_id=new.id, text="x")
