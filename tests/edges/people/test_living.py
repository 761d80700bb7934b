"""People on the town's clock, with bots that greet and write to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from sandbox.log import Emitted
from sandbox.people.behaviour import DAY, HOUR, MINUTE, SECOND
from tests.edges.people.towns import START_MS, Lived, live


@pytest.fixture(scope="module")
def fortnight() -> Lived:
    return live(days=14, people=120)


def bodies(emitted: Iterable[Emitted], kind: str) -> list[tuple[int, int, Any]]:
    return [(one.at_ms, one.bot_id, one.body[kind]) for one in emitted if kind in one.body]


def test_the_same_seed_lives_the_same_life() -> None:
    first, second = live(days=3, history=7), live(days=3, history=7)
    assert first.emitted == second.emitted
    assert first.stats == second.stats
    assert live(days=3, history=7, seed=8).stats != first.stats


def test_people_start_with_campaign_codes_or_plain(fortnight: Lived) -> None:
    texts = [message["text"] for _, _, message in bodies(fortnight.emitted, "message") if "text" in message]
    starts = [text for text in texts if text.startswith("/start")]
    assert {"/start", "/start spring_sale", "/start ig_ads"} <= set(starts)
    assert len(starts) >= 100


def test_people_answer_the_question_seconds_to_minutes_after_the_greeting(fortnight: Lived) -> None:
    started: dict[int, int] = {}
    for at, _, message in bodies(fortnight.emitted, "message"):
        if message.get("text", "").startswith("/start"):
            started.setdefault(message["from"]["id"], at)
    delays = sorted(
        at - started[query["from"]["id"]]
        for at, _, query in bodies(fortnight.emitted, "callback_query")
        if query["data"] == "consent:all"
    )
    assert delays[0] >= SECOND and delays[len(delays) // 2] < 2 * MINUTE
    assert 0.75 * len(started) <= len(delays) <= 0.95 * len(started)


def test_campaign_messages_are_answered_mostly_by_taps_and_convert_some(fortnight: Lived) -> None:
    stats = fortnight.stats
    three_a_day = stats["responses"] / stats["campaign_messages"]
    calm = live(days=14, people=240, every_h=52).stats
    assert 0.01 <= three_a_day < calm["responses"] / calm["campaign_messages"] <= 0.12
    assert 0 < stats["conversions_after_message"] < stats["conversions"]
    taps = [q for _, _, q in bodies(fortnight.emitted, "callback_query") if q["data"].startswith("c:")]
    assert 0.6 * stats["responses"] <= len(taps) <= 0.95 * stats["responses"]
    for tap in taps:
        buttons = tap["message"].get("reply_markup", {}).get("inline_keyboard", [[]])[0]
        assert not buttons or tap["data"] in [button["callback_data"] for button in buttons]


def test_too_much_mail_makes_people_stop_and_block_and_a_part_comes_back(fortnight: Lived) -> None:
    stats = fortnight.stats
    assert stats["blocks"] > 3 and stats["stops"] > 3
    assert 0 < stats["unblocks"] < stats["blocks"]
    calm = live(days=14, people=120, every_h=96).stats
    assert calm["blocks"] + calm["stops"] < stats["blocks"] + stats["stops"]


def test_who_has_blocked_a_bot_stays_silent_until_the_block_is_taken_back(fortnight: Lived) -> None:
    blocked: set[tuple[int, int]] = set()
    returned = 0
    for one in fortnight.emitted:
        body: Any = next(iter(one.body.values()))
        chat = ((body.get("from") or body["user"])["id"], one.bot_id)
        if "my_chat_member" not in one.body:
            assert chat not in blocked
        elif body["new_chat_member"]["status"] == "kicked":
            blocked.add(chat)
        else:
            blocked.remove(chat)
            returned += 1
    assert returned


def test_new_people_join_evenly_during_the_run(fortnight: Lived) -> None:
    first: dict[int, int] = {}
    for one in fortnight.emitted:
        body: Any = next(iter(one.body.values()))
        first.setdefault((body.get("from") or body["user"])["id"], one.at_ms)
    late = [at for at in first.values() if at > START_MS + HOUR]
    assert len(late) == 18
    assert sum(at > START_MS + 7 * DAY for at in late) >= 7


def test_night_owls_answer_at_night_and_others_by_day(fortnight: Lived) -> None:
    truth = fortnight.population.truth()
    by_rhythm: defaultdict[str, list[float]] = defaultdict(list)
    for user_id, hidden in truth.items():
        night = START_MS - START_MS % DAY + 20 * HOUR + 30 * MINUTE
        midday = START_MS - START_MS % DAY + 10 * HOUR
        chance = fortnight.population.response_probability
        if hidden["zone"] == "Europe/Istanbul":
            rhythm = str(hidden["rhythm"])
            by_rhythm[rhythm].append(chance(user_id, "offer", night) - chance(user_id, "offer", midday))
    assert min(by_rhythm["night"]) > 0 > max(by_rhythm["morning"])


def test_history_goes_over_into_the_live_run_without_a_seam() -> None:
    lived = live(days=3, people=120, history=14)
    known = {user_id for user_id, hidden in lived.population.truth().items() if hidden["consent"] == "yes"}
    starts = [
        m["from"]["id"] for _, _, m in bodies(lived.emitted, "message") if m.get("text", "") == "/start"
    ]
    assert len(known) > 70 and len(starts) < 20
    assert lived.stats["texts"] > 50
    assert lived.emitted[0].at_ms - START_MS < HOUR


def test_in_a_hurry_people_live_faster_than_the_clock() -> None:
    calm, hurried = live(days=0.25, every_h=1), live(days=0.25, every_h=1, time_scale=60)
    assert hurried.stats["texts"] > 5 * calm.stats["texts"]
    assert all(START_MS <= one.at_ms <= START_MS + DAY for one in hurried.emitted)
