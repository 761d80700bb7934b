"""The world without HTTP: numbers, blocks, groups and what people hear."""

import pytest

from sandbox.chats import REMEMBERED
from sandbox.log import SandboxLog
from sandbox.world import Group, Json, TelegramUser, World
from tests.edges.sandbox.conftest import ADA, BORA, BOT, TOKEN, Hands, people


def test_a_restarted_world_uses_no_number_twice() -> None:
    first = people(World(Hands()))
    second = people(World(Hands(Hands().now_ms + 60_000)))
    assert second.next_update_id(BOT) > first.next_update_id(BOT)
    assert second.next_message_id(ADA, BOT) > first.next_message_id(ADA, BOT)


def test_history_and_live_run_share_one_row_of_numbers() -> None:
    world = people(World(Hands()))
    taken = world.next_update_id(BOT)
    assert world.say(ADA, BOT, "x") == taken + 1
    assert world.next_message_id(BORA, BOT) + 1 == world.next_message_id(ADA, BOT)


def test_a_bot_is_told_apart_by_its_token() -> None:
    world = people(World(Hands()))
    found = world.bot_by_token(TOKEN)
    assert found is not None
    assert found.id == BOT
    for bad in ("secret", "x:y", ":y", "5:"):
        with pytest.raises(ValueError, match="digits:secret"):
            world.add_bot(bad, "b", "B")
    with pytest.raises(ValueError, match="here already"):
        world.add_bot(TOKEN, "b", "B")


def test_history_opens_chats_and_blocks_without_updates() -> None:
    log = SandboxLog()
    world = World(Hands(), log)
    bot = world.add_bot(TOKEN, "first_bot", "First")
    world.add_user(TelegramUser(ADA, "Ada"))
    assert world.refusal(bot.id, ADA) == "not_started"
    world.open_chat(ADA, bot.id)
    assert world.refusal(bot.id, ADA) is None
    world.mark_blocked(ADA, bot.id, True)
    assert world.refusal(bot.id, ADA) == "blocked"
    assert world.is_blocked(ADA, bot.id)
    assert log.emitted() == []


def test_who_writes_to_a_bot_they_blocked_takes_the_block_back_first() -> None:
    world = people(World(Hands()))
    world.block(ADA, BOT)
    world.start(ADA, BOT, None)
    kinds = [next(iter(one.body)) for one in world.log.emitted()]
    assert kinds == ["message", "my_chat_member", "my_chat_member", "message"]
    assert world.refusal(BOT, ADA) is None


def test_every_bot_of_a_group_hears_what_is_said_there() -> None:
    world = people(World(Hands()))
    world.add_bot("7002:s", "second_bot", "Second")
    world.add_group(Group(-7, "Town", bots={BOT, 7002}))
    world.say_in_group(BORA, -7, "hello all")
    said = [one for one in world.log.emitted() if one.at_ms and "hello all" in str(one.body)]
    assert [one.bot_id for one in said] == [BOT, 7002]
    assert said[0].body == said[1].body
    with pytest.raises(ValueError, match="negative"):
        world.add_group(Group(7, "Town"))


def test_a_chat_remembers_its_last_messages_only() -> None:
    world = people(World(Hands()))
    bot = world.bots[BOT]
    sent = [world.post(bot, ADA, {"text": str(number)}) for number in range(REMEMBERED + 5)]
    assert world.chat(BOT, ADA).messages() == sent[5:]


def test_in_the_past_the_same_acts_become_lines_of_history() -> None:
    hands = Hands()
    world = people(World(hands))
    lines: list[Json] = []
    mark = world.log.seq
    with world.in_past(hands.now_ms - 60_000, lines):
        world.say(ADA, BOT, "then")
        world.block(ADA, BOT)
    assert world.clock() == hands.now_ms
    assert (world.log.seq, len(world.queue(BOT))) == (mark, 1), "the queue holds the start alone"
    assert [line["received_at_ms"] for line in lines] == [hands.now_ms - 60_000] * 2
    first, second = (line["update"] for line in lines)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["message"]["date"], second["update_id"]) == (
        hands.now_ms // 1000 - 60,
        first["update_id"] + 1,
    )
    assert world.is_blocked(ADA, BOT)
