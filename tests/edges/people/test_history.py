"""The past of the people: what is imported before the first day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.people import Population
from sandbox.people.behaviour import DAY
from sandbox.world import World
from tests.edges.people.towns import BOTS, START_MS, new_population, new_world

Line = dict[str, Any]
Past = tuple[World, Population, list[Line]]


@pytest.fixture(scope="module")
def past() -> Past:
    world = new_world()
    population = new_population(world, people=300)
    return world, population, list(population.history(14, START_MS))


def user_of(line: Line) -> int:
    body = next(part for name, part in line["update"].items() if name != "update_id")
    return int((body.get("from") or body["user"])["id"])


def text_of(line: Line) -> str:
    return str(line["update"].get("message", {}).get("text", ""))


def data_of(line: Line) -> str:
    return str(line["update"].get("callback_query", {}).get("data", ""))


def test_lines_come_in_time_order_within_the_days_asked_for(
    past: Past,
) -> None:
    times = [line["received_at_ms"] for line in past[2]]
    assert times == sorted(times)
    assert times[0] >= START_MS - 14 * DAY and times[-1] < START_MS


def test_update_ids_are_unique_per_bot_and_the_live_run_goes_on_above_them(
    past: Past,
) -> None:
    world, _, lines = past
    ids = [(line["bot_id"], line["update"]["update_id"]) for line in lines]
    assert len(set(ids)) == len(ids)
    for bot in BOTS:
        assert world.queue(bot).next_id > max(update for owner, update in ids if owner == bot)
        assert len(world.queue(bot)) == 0


def test_the_same_seed_writes_the_same_history() -> None:
    def write() -> list[Line]:
        return list(new_population(new_world(), people=40, seed=3).history(7, START_MS))

    assert write() == write()


def test_nobody_acts_before_the_start_or_while_the_bot_is_blocked(
    past: Past,
) -> None:
    started: set[tuple[int, int]] = set()
    blocked: set[tuple[int, int]] = set()
    for line in past[2]:
        chat = (user_of(line), line["bot_id"])
        member = line["update"].get("my_chat_member")
        if member:
            change = blocked.add if member["new_chat_member"]["status"] == "kicked" else blocked.discard
            change(chat)
            continue
        if text_of(line).startswith("/start"):
            started.add(chat)
        assert chat in started
        assert chat not in blocked
    world, population, _ = past
    for user_id in population.truth():
        for bot in BOTS:
            assert world.chat(bot, user_id).opened == ((user_id, bot) in started)
            assert world.is_blocked(user_id, bot) == ((user_id, bot) in blocked)
    assert blocked


def test_taps_name_a_greeting_that_carried_the_button(past: Past) -> None:
    taps = [line["update"]["callback_query"] for line in past[2] if data_of(line)]
    assert len(taps) > 300
    for tap in taps:
        keyboard = tap["message"]["reply_markup"]["inline_keyboard"]
        assert tap["data"] in [button["callback_data"] for row in keyboard for button in row]
        assert tap["message"]["chat"]["id"] == tap["from"]["id"]


def test_about_fifteen_per_cent_refuse_or_ignore_the_question(
    past: Past,
) -> None:
    people = {user_of(line) for line in past[2]}
    agreed = {user_of(line) for line in past[2] if data_of(line) == "consent:all"}
    assert 0.75 <= len(agreed) / len(people) <= 0.92
    assert any(data_of(line) == "consent:none" for line in past[2])


def test_payments_have_unique_charges_and_minor_units(past: Past) -> None:
    paid = [
        line["update"]["message"]["successful_payment"]
        for line in past[2]
        if "successful_payment" in line["update"].get("message", {})
    ]
    assert len({one["telegram_payment_charge_id"] for one in paid}) == len(paid) > 3
    assert {one["currency"] for one in paid} <= {"XTR", "TRY", "EUR"}
    assert {one["invoice_payload"] for one in paid} <= {"vip", "order"}


def segments_by_plain_criteria(population: Population, lines: list[Line]) -> dict[str, int]:
    """How many clear members each segment has, by the crudest reading of its description."""
    by_person: defaultdict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_person[user_of(line)].append(line)
    counts: Counter[str] = Counter()
    for user_id, own in by_person.items():
        counts.update(_segments_of(own, ZoneInfo(population.true_zones()[user_id])))
    return counts


def _segments_of(own: list[Line], zone: ZoneInfo) -> Iterator[str]:
    recent = [line for line in own if line["received_at_ms"] > START_MS - 3 * DAY]
    a_day = len(own) / max(1.0, (START_MS - own[0]["received_at_ms"]) / DAY)
    asked = [line for line in own if _shows_intent(line)]
    vip = [line for line in asked if "vip" in (text_of(line) + data_of(line)).lower()]
    hours = [datetime.fromtimestamp(line["received_at_ms"] / 1000, zone).hour for line in own]
    night = sum(hour >= 22 or hour < 6 for hour in hours) / len(hours)
    bought = any("successful_payment" in line["update"].get("message", {}) for line in own)
    rules = {
        "HOT_LEAD": len(asked) >= 4 and any(line in recent for line in asked),
        "PREMIUM_POTENTIAL": len(vip) >= 3 and not bought,
        "ENGAGED": a_day >= 3,
        "WARM_LEAD": 1 <= len(asked) <= 4 and 0.4 <= a_day <= 2,
        "NEW_USER": own[0]["received_at_ms"] > START_MS - 3 * DAY,
        "NIGHT_OWL": night >= 0.5 and len(own) >= 6,
        "BOT_LOVER": len({line["bot_id"] for line in own}) >= 2,
        "COLD_LEAD": a_day <= 0.4 and not asked,
    }
    return (name for name, holds in rules.items() if holds)


def _shows_intent(line: Line) -> bool:
    words = text_of(line).lower()
    wanted = ("fiyat", "price", "vip", "satın", "sipariş", "buy", "order", "ücret", "cost")
    return data_of(line) in ("menu:price", "menu:vip") or any(word in words for word in wanted)


@pytest.mark.parametrize("seed", [1, 2, 3, 7])
def test_each_of_the_eight_segments_has_clear_members(seed: int) -> None:
    world = new_world()
    population = new_population(world, people=300, seed=seed)
    counts = segments_by_plain_criteria(population, list(population.history(14, START_MS)))
    assert len(counts) == 8
    assert min(counts.values()) >= 8, counts
