"""People in groups, at the till, in the settings, and on their way out: with bots that answer them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.people import Places, Population, lay_out
from sandbox.people.acts import Act, CampaignMessage
from sandbox.people.behaviour import DAY, HOUR
from sandbox.people.crowd import Crowd
from sandbox.people.ears import Heard, moved
from sandbox.people.life import Life
from sandbox.people.places import OWNER_ID
from sandbox.people.traits import draw_traits
from sandbox.world import World
from tests.edges.people.towns import BOTS, START_MS, new_population, new_world

Past = tuple[World, Population, Places, list[dict[str, Any]]]


def settled(people: int, seed: int = 7) -> tuple[World, Population, Places]:
    world = new_world()
    population = new_population(world, people=people, seed=seed)
    places = lay_out(world, BOTS)
    population.gather(places)
    return world, population, places


@pytest.fixture(scope="module")
def past() -> Past:
    world, population, places = settled(300)
    return world, population, places, list(population.history(14, START_MS))


def of_kind(past: Past, kind: str) -> list[Any]:
    return [line["update"][kind] for line in past[3] if kind in line["update"]]


def test_the_history_begins_with_the_bots_coming_into_the_groups(past: Past) -> None:
    places = past[2]
    added = of_kind(past, "my_chat_member")[:2]
    assert [one["chat"]["id"] for one in added] == [places.community, places.vip]
    assert {one["from"]["id"] for one in added} == {OWNER_ID}
    assert past[3][0]["received_at_ms"] == START_MS - 14 * DAY


def test_a_third_meets_in_the_community_and_comes_in_every_way(past: Past) -> None:
    _, population, places, _ = past
    truth = population.truth().values()
    inside = [one for one in truth if places.community in one["groups"]]  # type: ignore[operator]  # plain values
    assert 0.15 <= len(inside) / len(truth) <= 0.45
    joins = [
        one
        for one in of_kind(past, "chat_member")
        if one["chat"]["id"] == places.community and one["new_chat_member"]["status"] == "member"
    ]
    by_link = Counter(one.get("invite_link", {}).get("name", "") for one in joins)
    assert min(by_link[name] for name in ("", "public", "asking")) >= 5
    assert all(one.get("via_join_request", False) == (one["from"]["id"] == OWNER_ID) for one in joins)
    assert len(of_kind(past, "chat_join_request")) >= by_link["asking"]


def test_who_buys_vip_joins_by_its_link_and_who_got_the_money_back_is_shown_out(past: Past) -> None:
    _, population, places, _ = past
    sales = population.sales()
    buyers = {one["user_id"] for one in sales if one["payload"] == "vip"}
    joined = {
        one["new_chat_member"]["user"]["id"]
        for one in of_kind(past, "chat_member")
        if one["chat"]["id"] == places.vip and one["new_chat_member"]["status"] == "member"
    }
    assert joined
    assert joined <= buyers
    assert len(joined) >= len(buyers) - 2, "who has just paid is on the way"
    in_vip = {user for user, one in population.truth().items() if one["in_vip"]}
    assert in_vip <= joined
    refunded = {one["user_id"] for one in sales if one["refunded"]}
    assert not refunded & in_vip
    assert len({one["charge"] for one in sales}) == len(sales)


def test_groups_are_lively_and_every_member_talks_only_while_inside(past: Past) -> None:
    world, _, places, lines = past
    inside: set[tuple[int, int]] = set()
    said = 0
    for line in lines:
        change = line["update"].get("chat_member")
        if change is not None:
            place = (change["chat"]["id"], change["new_chat_member"]["user"]["id"])
            (inside.add if change["new_chat_member"]["status"] == "member" else inside.discard)(place)
        message = line["update"].get("message", {})
        spoken = {"text", "photo"} & set(message)
        if spoken and message["chat"]["id"] < 0:
            assert (message["chat"]["id"], message["from"]["id"]) in inside
            said += 1
    assert said > 200
    topics = {one.get("message_thread_id") for one in of_kind(past, "message") if "text" in one}
    assert set(world.groups[places.community].topics) < topics


def test_group_life_does_not_depend_on_what_happens_in_private_chats() -> None:
    traits = draw_traits(7, 12, BOTS)
    quiet, busy = Life.of(traits, 7), Life.of(traits, 7)
    places = settled(1)[2]
    for life in (quiet, busy):
        life.crowd.places = places
        life.crowd.member.add(places.community)
        life.opened.update(BOTS)
    for day in range(20):
        at = START_MS + day * DAY
        busy.campaigned(at, CampaignMessage(traits.bots[0], day, "offer", (("buy", f"c:{day}:offer:buy"),)))
        busy.session(at)
        assert busy.crowd.gathering(at, BOTS[0], places.community) == quiet.crowd.gathering(
            at, BOTS[0], places.community
        )


def test_the_same_seed_meets_the_same_way() -> None:
    def lines() -> list[Any]:
        return list(settled(60, seed=3)[1].history(7, START_MS))

    assert lines() == lines()
    assert Crowd.of(draw_traits(7, 1, BOTS), 7).joins == Crowd.of(draw_traits(7, 1, BOTS), 7).joins


# -- what a bot's messages make of somebody -----------------------------------------------------------


@pytest.fixture
def life() -> Life:
    life = Life.of(draw_traits(7, 3, BOTS), 7)
    life.opened.update(BOTS)
    life.mind = "yes"
    return life


def heard(number: int, *data: str, invoice: bool = False) -> Heard:
    return Heard(BOTS[0], number, list(data), True, invoice, None)


def test_vip_is_bought_by_the_bots_button_and_its_invoice_where_there_is_one(life: Life) -> None:
    wish = Act("pay", BOTS[0], "vip", answers=4)
    assert life.way_to_pay(wish) == wish
    moved(life, START_MS, heard(8, "buy:vip"))
    assert life.way_to_pay(Act("pay", BOTS[0], "order")).verb == "pay"
    assert life.way_to_pay(wish) == Act("tap", BOTS[0], "buy:vip", 8)
    ((at, act),) = moved(life, START_MS, heard(9, invoice=True))
    assert at > START_MS
    assert act == Act("checkout", BOTS[0], "vip", 9, 4)
    assert moved(life, START_MS, heard(10, invoice=True)) == [], "nobody asked for that one"


def test_only_who_asked_taps_in_the_settings_and_nobody_lies_about_the_own_zone(life: Life) -> None:
    page = ("set:zone:Mars/Olympus", "set:frequency:7", f"set:language:{life.traits.language}")
    assert moved(life, START_MS, heard(8, *page)) == []
    life.done(START_MS, Act("say", BOTS[0], "/settings"))
    tapped: set[str] = set()
    for number in range(200):
        life.browsing = 1
        ((_, act),) = moved(life, START_MS, heard(number, *page))
        tapped.add(act.text)
    assert tapped == set(page[1:])


def test_who_is_forgotten_is_silent_and_comes_back_as_somebody_new_if_at_all(life: Life) -> None:
    assert moved(life, START_MS, heard(7, "forget:yes", "forget:no")) == [], "nobody asked"
    life.done(START_MS, Act("say", BOTS[0], "/forget"))
    ((_, tap),) = moved(life, START_MS, heard(8, "forget:yes", "forget:no"))
    assert tap == Act("tap", BOTS[0], "forget:yes", 8)
    returns = 0
    for _ in range(200):
        life.gone = False
        life.serial += 1
        plans = life.done(START_MS, tap)
        assert life.void_below == life.serial
        assert (life.mind, life.menus, life.opened) == ("undecided", {}, set())
        assert moved(life, START_MS, heard(9, "consent:all")) == []
        assert [act.verb for _, act in plans] in ([], ["start"])
        returns += len(plans)
    assert 30 <= returns <= 90
    upcoming = life.done(START_MS, Act("start", BOTS[0]))
    assert upcoming[0][1].verb == "session"
    assert not life.gone


def test_some_answer_with_a_reaction_and_most_vote_in_polls(life: Life) -> None:
    verbs: Counter[str] = Counter()
    for number in range(3_000):
        poll = ("p", 2) if number % 2 else None
        at = START_MS + number * HOUR
        life.fatigue = 0.0
        message = CampaignMessage(BOTS[0], number, "poll", (("more", "c:1:poll:more"),), poll)
        for _, act in life.campaigned(at, message):
            if act.answers and act.verb in {"vote", "react", "tap", "say"}:
                verbs[act.verb] += 1
                assert act.answers == number
    assert verbs["vote"] > verbs["react"] > 0
    assert verbs["tap"] > verbs["say"] > 0
