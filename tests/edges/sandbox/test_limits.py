"""Sliding windows: never more than allowed in any second, and an honest `retry_after`."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.botapi.limits import Limits, RateLimiter
from sandbox.world import Group, TelegramUser
from tests.edges.sandbox.conftest import ADA, BOT, Api


async def test_a_chat_takes_one_message_a_second(api: Api) -> None:
    await api.result("sendMessage", chat_id=ADA, text="1")
    refused = await api.call("sendMessage", chat_id=ADA, text="2")
    assert refused == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    api.hands.now_ms += 999
    assert (await api.error("sendMessage", chat_id=ADA, text="3"))[0] == 429
    api.hands.now_ms += 1
    await api.result("sendMessage", chat_id=ADA, text="4")


async def test_a_bot_sends_thirty_a_second_over_all_chats(api: Api) -> None:
    for user_id in range(1000, 1031):
        api.world.add_user(TelegramUser(user_id, "x"))
        api.world.open_chat(user_id, BOT)
    answers = [await api.call("sendMessage", chat_id=user_id, text="x") for user_id in range(1000, 1031)]
    assert [answer["ok"] for answer in answers] == [True] * 30 + [False]
    api.hands.now_ms += 1000
    await api.result("sendMessage", chat_id=1030, text="x")


async def test_a_group_takes_twenty_a_minute(api: Api) -> None:
    api.world.add_group(Group(-5, "Group", bots={BOT}))
    for _ in range(20):
        await api.result("sendMessage", chat_id=-5, text="x")
        api.hands.now_ms += 1000
    refused = await api.call("sendMessage", chat_id=-5, text="x")
    assert refused["parameters"] == {"retry_after": 40}
    api.hands.now_ms += 40_000
    await api.result("sendMessage", chat_id=-5, text="x")


def test_a_burst_lets_a_private_chat_take_two_at_once_but_no_more_in_two_seconds() -> None:
    limiter = RateLimiter(Limits(chat_burst=2))
    assert [limiter.take_chat(BOT, ADA, now) for now in (0, 1, 2, 1999, 2000)] == [None, None, 2, 1, None]


@given(st.lists(st.integers(0, 400), max_size=300), st.integers(1, 30))
def test_no_window_ever_holds_more_than_the_limit(gaps: list[int], limit: int) -> None:
    limiter, now, accepted = RateLimiter(Limits(per_second=limit)), 0, []
    for gap in gaps:
        now += gap
        wait = limiter.take_overall(BOT, now)
        if wait is None:
            accepted.append(now)
        else:
            assert limiter.take_overall(BOT, now + wait * 1000) is None
            now += wait * 1000
            accepted.append(now)
    for index, at in enumerate(accepted):
        assert sum(at <= other < at + 1000 for other in accepted[index:]) <= limit
