"""Groups and channels: who writes, comes, goes and may do what; and what several bots see counts once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.capture import Arrival
from core.identity import Place, Sender
from tests.edges.bot.updates import (
    BOT,
    CHANNEL,
    DATE,
    GROUP,
    HUMAN,
    OTHER,
    PRIVATE,
    RULES,
    SMALL,
    Json,
    changed,
    kinds,
    member,
    message,
    only,
    read,
    tap,
    update,
)

VIP = replace(RULES, vip=frozenset({GROUP["id"]}))
LINK = {"invite_link": "https://t.me/+abc", "name": "spring", "creates_join_request": False}
AWAY, IN = member(OTHER, "left"), member(OTHER, "member")


def person_of(sender: Sender | None) -> str:
    return sender.identity.value if sender else ""


def test_a_group_message_is_about_the_person_and_the_place_and_reaches_nobody() -> None:
    fields: Json = {"text": "fiyat?", "message_thread_id": 4, "is_topic_message": True}
    found = read(message(chat=GROUP, reply_to_message={"message_id": 3}, **fields))
    assert found.place == Place(GROUP["id"], "supergroup", "Friends", "friends", forum=True)
    assert found.sender is not None
    assert (found.sender.identity.value, found.sender.chat_id, found.answer) == ("1001", 0, False)
    props = found.events[0].props
    assert (props["thread"], props["reply_to"], props["topics"], props["edited"]) == (4, 3, "price", False)


def test_a_thread_of_replies_is_no_forum_topic() -> None:
    assert only(message(chat=GROUP, text="hi", message_thread_id=4)).props["thread"] == 0


def test_a_command_in_a_group_waits_for_an_answer() -> None:
    assert read(message(chat=GROUP, text="/help@kairos_bot")).answer


@pytest.mark.parametrize("text", ["/stop", "/stop@kairos_bot", "DUR", "İPTAL", "/unsubscribe"])
def test_an_opt_out_counts_wherever_it_is_typed(text: str) -> None:
    assert kinds(message(chat=GROUP, text=text))[-1] == "consent_withdrawn"
    assert kinds(message(chat=GROUP, photo=[], caption=text))[-1] == "consent_withdrawn"
    assert kinds(message("edited_message", GROUP, text=text))[-1] == "consent_withdrawn"
    assert kinds(message("edited_message", text=text)) == ["message_edited", "consent_withdrawn"]
    assert kinds(message("business_message", text=text)) == ["business_message", "consent_withdrawn"]


def test_what_is_written_in_the_name_of_a_chat_is_about_nobody() -> None:
    anonymous = message(chat=GROUP, text="STOP", sender_chat=GROUP)
    found = read(anonymous)
    assert [event.kind for event in found.events] == ["group_message"]
    assert (found.sender, found.place is not None) == (None, True)
    a_bot: Json = {"from": OTHER | {"is_bot": True}}
    assert only(message(chat=GROUP, text="hi", **a_bot)).kind == "unknown"


def test_a_message_that_several_bots_see_is_one_event_only_where_its_number_is_the_same_for_all() -> None:
    def key(chat: Json, bot_id: int, **fields: Any) -> str:
        arrival = Arrival(bot_id, bot_id * 10, DATE * 1000 + bot_id)
        return read(message(chat=chat, text="hi", **fields), arrival=arrival).events[0].key

    assert key(GROUP, 42) == key(GROUP, 43)
    assert key(SMALL, 42) != key(SMALL, 43)
    assert key(PRIVATE, 42) != key(PRIVATE, 43)
    assert key(GROUP, 42, message_id=6) != key(GROUP, 42, message_id=7)


def test_a_channel_post_is_about_the_channel() -> None:
    found = read(message("channel_post", CHANNEL, text="news", sender_chat=CHANNEL))
    assert (found.sender, found.place) == (None, Place(CHANNEL["id"], "channel", "News"))
    assert not only(message("channel_post", CHANNEL, text="news")).props["edited"]
    assert only(message("edited_channel_post", CHANNEL, text="news", edit_date=DATE)).props["edited"]


# ------------------------------------------------------------------ the bot itself
def test_the_bots_own_standing_tells_what_it_may_do() -> None:
    admin = member(
        BOT, "administrator", can_pin_messages=True, can_invite_users=False, can_delete_messages=True
    )
    event = only(changed("my_chat_member", member(BOT, "left"), admin))
    assert (event.kind, event.props["status"]) == ("bot_added", "administrator")
    assert event.props["rights"] == "delete_messages pin_messages send_messages"


@pytest.mark.parametrize(
    ("now", "rights"),
    [
        (member(BOT, "member"), "send_messages"),
        (member(BOT, "restricted", is_member=True, can_send_messages=False), ""),
        (member(BOT, "restricted", is_member=True, can_send_messages=True), "send_messages"),
    ],
)
def test_a_bot_that_is_no_administrator_may_write_unless_it_is_restricted(now: Json, rights: str) -> None:
    event = only(changed("my_chat_member", member(BOT, "left"), now))
    assert event.props == {"status": "member", "rights": rights}


def test_in_a_channel_only_the_right_to_post_lets_it_write() -> None:
    admin = member(BOT, "administrator", can_post_messages=True)
    assert (
        only(changed("my_chat_member", member(BOT, "left"), admin, CHANNEL)).props["rights"]
        == "post_messages"
    )


@pytest.mark.parametrize("status", ["left", "kicked"])
def test_a_bot_that_is_out_was_removed(status: str) -> None:
    found = read(changed("my_chat_member", member(BOT, "member"), member(BOT, status)))
    assert [(event.kind, event.props["how"]) for event in found.events] == [("bot_removed", "removed")]
    assert (found.sender, found.place is not None) == (None, True)


# ------------------------------------------------------------------ people come and go
@pytest.mark.parametrize(
    ("fields", "how", "link"),
    [
        ({"invite_link": LINK}, "link", "spring"),
        ({"invite_link": {"invite_link": "https://t.me/+abc"}}, "link", "https://t.me/+abc"),
        ({"invite_link": LINK | {"creates_join_request": True}}, "request", "spring"),
        ({"via_join_request": True}, "request", ""),
        ({"via_chat_folder_invite_link": True}, "link", ""),
        ({}, "added", ""),
        ({"from": OTHER}, "self", ""),
    ],
)
def test_coming_in_is_about_the_member_and_tells_how(fields: Json, how: str, link: str) -> None:
    found = read(changed("chat_member", AWAY, IN, **fields))
    assert person_of(found.sender) == "1002"
    assert found.events[0].props == {"how": how, "link": link}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (AWAY, IN, "vip_joined"),
        (IN, AWAY, "vip_left"),
        (IN, member(OTHER, "kicked"), "vip_left"),
        (member(OTHER, "restricted", is_member=False), IN, "vip_joined"),
        (IN, member(OTHER, "restricted", is_member=False), "vip_left"),
        (IN, member(OTHER, "administrator"), "unknown"),
        (AWAY, member(OTHER, "kicked"), "unknown"),
    ],
)
def test_in_a_vip_group_coming_and_going_have_a_name_of_their_own_beside(
    old: Json, new: Json, expected: str
) -> None:
    plain = expected.replace("vip", "group")
    assert kinds(changed("chat_member", old, new), VIP) == list(dict.fromkeys((plain, expected)))
    assert kinds(changed("chat_member", old, new)) == [plain]


def test_leaving_by_oneself_is_told_from_being_removed() -> None:
    assert only(changed("chat_member", IN, AWAY)).props == {"how": "removed"}
    assert only(changed("chat_member", IN, AWAY, **{"from": OTHER})).props == {"how": "left"}


def test_a_conversion_counts_once_whatever_tells_it_and_however_many_bots_see_it() -> None:
    seen = [read(changed("chat_member", AWAY, IN), VIP, Arrival(bot, bot, DATE)).events for bot in (42, 43)]
    assert seen[0][0].key == seen[1][0].key
    told = read(message(chat=GROUP, new_chat_members=[OTHER]), VIP)
    assert [event.kind for event in told.events] == ["group_joined"]


def test_a_join_told_twice_is_one_event() -> None:
    told = only(message(chat=GROUP, new_chat_members=[OTHER]))
    for rules in (RULES, VIP):
        seen = read(changed("chat_member", AWAY, IN), rules).events[0]
        assert (told.ts_ms, told.key) == (seen.ts_ms, seen.key)


def test_a_service_message_tells_about_everybody_who_came_but_not_about_bots() -> None:
    found = read(message(chat=GROUP, new_chat_members=[OTHER, BOT, HUMAN, OTHER]))
    assert person_of(found.sender) == "1002"
    assert [person_of(who) for who, _ in found.others] == ["1001"]
    told = [*found.events, *(event for _, events in found.others for event in events)]
    assert [(event.kind, event.props["how"]) for event in told] == [
        ("group_joined", "added"),
        ("group_joined", "self"),
    ]
    assert len({event.key for event in told}) == 2
    assert only(message(chat=GROUP, new_chat_members=[BOT])).kind == "unknown"


def test_a_service_message_about_somebody_who_went() -> None:
    found = read(message(chat=GROUP, left_chat_member=OTHER))
    assert (person_of(found.sender), found.events[0].props) == ("1002", {"how": "removed"})
    assert only(message(chat=GROUP, left_chat_member=HUMAN)).props == {"how": "left"}


def test_a_request_to_join_names_its_link() -> None:
    body = {"chat": GROUP, "from": HUMAN, "user_chat_id": 1001, "date": DATE, "invite_link": LINK}
    found = read(update("chat_join_request", body))
    assert (found.events[0].kind, found.events[0].props, found.answer) == (
        "join_requested",
        {"link": "spring"},
        False,
    )


# ------------------------------------------------------------------ the group itself
@pytest.mark.parametrize(
    "said",
    [
        message(chat=SMALL, migrate_to_chat_id=GROUP["id"]),
        message(chat=GROUP, migrate_from_chat_id=SMALL["id"]),
    ],
)
def test_an_upgrade_keeps_the_group_under_both_numbers(said: Json) -> None:
    found = read(said)
    assert found.place is not None
    assert (found.place.chat_id, found.place.also, found.place.kind) == (
        GROUP["id"],
        SMALL["id"],
        "supergroup",
    )
    assert [(e.kind, e.props["chat_id"]) for e in found.events] == [("group_upgraded", GROUP["id"])]


@pytest.mark.parametrize(
    ("field", "thread", "state"),
    [
        ("forum_topic_created", 9, "created"),
        ("forum_topic_edited", 9, "edited"),
        ("forum_topic_closed", 9, "closed"),
        ("forum_topic_reopened", 9, "reopened"),
        ("general_forum_topic_hidden", 1, "closed"),
        ("general_forum_topic_unhidden", 1, "reopened"),
    ],
)
def test_forum_topics_have_a_number_and_a_state(field: str, thread: int, state: str) -> None:
    fields: Json = {field: {}, "message_thread_id": 9}
    event = only(message(chat=GROUP, **fields))
    assert (event.kind, event.props) == ("topic_changed", {"thread": thread, "state": state})


def test_a_boost_counts_once_however_often_it_is_told_and_its_end_is_told() -> None:
    def boost(**body: Any) -> Json:
        return update(
            "chat_boost", {"chat": GROUP, "boost": body | {"source": {"source": "premium", "user": HUMAN}}}
        )

    first = only(boost(boost_id="x", add_date=DATE, expiration_date=DATE + 5))
    again = only(boost(boost_id="x", add_date=DATE, expiration_date=DATE + 50))
    assert (first.key, first.ts_ms, first.props) == (again.key, again.ts_ms, {"removed": False})
    nobody = {"chat": GROUP, "boost_id": "x", "remove_date": DATE, "source": {"source": "giveaway"}}
    gone = read(update("removed_chat_boost", nobody))
    assert (gone.sender, gone.events[0].props) == (None, {"removed": True})


def test_reactions_in_a_group_and_of_nobody() -> None:
    body = {"chat": GROUP, "message_id": 3, "date": DATE, "old_reaction": []}
    signs = [
        {"type": "emoji", "emoji": "👍"},
        {"type": "custom_emoji", "custom_emoji_id": "77"},
        {"type": "paid"},
    ]
    found = read(update("message_reaction", body | {"user": HUMAN, "new_reaction": signs}))
    assert found.events[0].props == {"message_id": 3, "emoji": "👍 custom:77 paid", "removed": False}
    assert found.sender is not None
    assert (found.sender.chat_id, found.place is not None) == (0, True)
    gone = only(update("message_reaction", body | {"user": HUMAN, "new_reaction": []}))
    assert gone.props == {"message_id": 3, "emoji": "", "removed": True}
    hidden = read(update("message_reaction", body | {"actor_chat": CHANNEL, "new_reaction": signs}))
    assert [event.kind for event in hidden.events] == ["unknown"]


def test_a_vote_of_a_chat_is_about_nobody_and_makes_no_group() -> None:
    found = read(update("poll_answer", {"poll_id": "p", "voter_chat": CHANNEL, "option_ids": []}))
    assert (found.sender, found.place) == (None, None)
    assert found.events[0].props == {"poll": "p", "options": "", "removed": True}


def test_a_tap_below_a_message_of_a_group_or_of_an_inline_result_reaches_nobody() -> None:
    in_group = read(tap("menu:vip", GROUP))
    assert in_group.sender is not None
    assert (in_group.sender.chat_id, in_group.place is not None) == (0, True)
    inline = read(update("callback_query", {"id": "1", "from": HUMAN, "inline_message_id": "i", "data": "x"}))
    assert inline.sender is not None
    assert (inline.sender.chat_id, inline.place) == (0, None)
