"""People and what bots say unasked: broadcasts without buttons, links, posts in groups."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from sandbox.clock import Parking
from sandbox.log import Received
from sandbox.people.acts import CampaignMessage
from sandbox.people.behaviour import DAY, HOUR
from sandbox.people.browser import Browser, leads_here, links_of
from sandbox.people.crowd import Crowd
from sandbox.people.ears import listen
from sandbox.people.life import Life
from sandbox.people.traits import draw_traits
from tests.edges.people.test_groups import settled
from tests.edges.people.towns import BOTS, START_MS

NOON = START_MS + 6 * HOUR
GROUP = -1_002_000_000_001
LINK = "http://127.0.0.1:9/l/token"


def sent(message: dict[str, Any], method: str = "sendMessage") -> Received:
    return Received(1, NOON, BOTS[0], method, 5, 77, {}, True, None, True)


def campaign(message: dict[str, Any], *, unasked: bool = True, method: str = "sendMessage") -> Any:
    return listen(sent(message, method), message, unasked=unasked).campaign


# -- broadcasts --------------------------------------------------------------------------------------


def test_a_message_nobody_asked_for_is_a_campaign_and_an_answer_is_none() -> None:
    assert campaign({"text": "Big news"}).buttons == ()
    assert campaign({"text": "Big news"}, method="copyMessage") is not None
    assert campaign({"text": "You asked, I answer"}, unasked=False) is None
    assert campaign({"text": "changed"}, method="editMessageText") is None


@pytest.mark.parametrize("data", ["menu:price", "consent:all", "set:quiet:off", "forget:yes", "buy:vip"])
def test_menus_and_questions_are_no_campaigns_however_late_they_come(data: str) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}
    assert campaign({"text": "hi", "reply_markup": markup}) is None


def test_campaign_buttons_tell_a_campaign_whenever_it_comes() -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "c:5:offer:more"}]]}
    found = campaign({"text": "hi", "reply_markup": markup}, unasked=False)
    assert (found.kind, found.buttons) == ("offer", (("more", "c:5:offer:more"),))


# -- links -------------------------------------------------------------------------------------------


def test_only_links_to_this_machine_are_seen() -> None:
    message: dict[str, Any] = {
        "text": "https://elsewhere.example/l/1 http://localhost:8080/l/2 or here",
        "entities": [
            {"type": "text_link", "url": LINK, "offset": 0, "length": 1},
            {"type": "bold", "offset": 0, "length": 1},
        ],
        "caption": "",
        "reply_markup": {
            "inline_keyboard": [
                [{"text": "x", "url": "http://[::1]:8080/l/3"}, {"text": "y", "url": "tg://x"}]
            ]
        },
    }
    assert links_of(message) == ("http://[::1]:8080/l/3", LINK, "http://localhost:8080/l/2")
    assert not leads_here("http://127.0.0.1.example/l/1")
    assert not leads_here("http://[broken")
    with pytest.raises(ValueError, match="another machine"):
        Browser(Parking()).open("http://elsewhere.example/")


@pytest.fixture
async def pages() -> AsyncIterator[tuple[str, list[str]]]:
    """A web server on this machine, and what it was asked for."""
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "https://elsewhere.example/"})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}", asked
    await runner.cleanup()


async def test_a_page_is_opened_once_and_not_followed_while_time_stands_still(
    pages: tuple[str, list[str]],
) -> None:
    base, asked = pages
    parking = Parking()
    browser = Browser(parking)
    browser.open(f"{base}/l/one")
    browser.open("http://127.0.0.1:1/refused")
    seen: Counter[int] = Counter()
    while browser.opened + browser.failed < 2:
        seen[parking.parked] += 1
        await asyncio.sleep(0)  # until both have ended
    await browser.close()
    assert (asked, browser.opened, browser.failed, parking.parked) == (["/l/one"], 1, 1, 0)
    assert min(seen) == -2, "both counted as calls that time must wait for"


def test_who_likes_a_message_with_a_link_may_click_on_it() -> None:
    message = CampaignMessage(BOTS[0], 77, "offer", (), links=(LINK,))
    acts: Counter[str] = Counter()
    for number in range(400):
        life = Life.of(draw_traits(7, number, BOTS), 7)
        for _, act in life.campaigned(NOON, message):
            acts[act.verb] += 1
            assert act.verb != "click" or (act.text, act.answers) == (LINK, 77)
    assert acts["click"] > 5
    assert acts["say"] > 5


# -- posts in groups ---------------------------------------------------------------------------------


def members(count: int) -> list[Crowd]:
    found = [Crowd.of(draw_traits(7, number, BOTS), 7) for number in range(count)]
    for crowd in found:
        crowd.member.add(GROUP)
    return found


def test_a_post_is_reacted_to_voted_on_and_clicked_by_some() -> None:
    buttons = (("more", "c:5:news:more"),)
    post = CampaignMessage(BOTS[0], 77, "news", buttons, ("poll", 3), (LINK,))
    plans = [plan for crowd in members(600) for plan in crowd.posted(NOON, GROUP, post)]
    acts = Counter(act.verb for _, act in plans)
    assert all(acts[verb] > 3 for verb in ("cheer", "vote", "click", "tap"))
    assert acts["leave"] + acts["block"] == 0, "one post drives nobody out"
    assert all(at > NOON and act.place == GROUP for at, act in plans)
    assert {act.message_id for _, act in plans if act.verb == "cheer"} == {77}


def test_too_many_posts_drive_people_out_and_rare_ones_do_not() -> None:
    def gone(gap_ms: int) -> int:
        post = CampaignMessage(BOTS[0], 77, "news", ())
        acts = [
            act.verb
            for crowd in members(200)
            for number in range(20)
            for _, act in crowd.posted(NOON + number * gap_ms, GROUP, post)
        ]
        return sum(verb in {"leave", "block"} for verb in acts)

    assert gone(DAY // 12) > 20
    assert gone(5 * DAY) == 0


def test_members_see_a_post_and_nobody_else_does() -> None:
    world, population, places = settled(60)
    list(population.history(14, START_MS))
    bot = world.bots[places.bots[0]]
    before = population.stats()["group_posts"]
    for text, extra in (("news", {}), ("an answer", {"reply_to_message": {"message_id": 1}})):
        message = world.post(bot, places.community, {"text": text, **extra})
        number: Any = message["message_id"]
        fields: Any = (1, START_MS, bot.id, "sendMessage", places.community, number, {}, True, None, True)
        world.record(Received(*fields), message)
    assert population.stats()["group_posts"] == before + 1


def test_a_tap_under_a_post_names_the_group_and_the_message() -> None:
    world, population, places = settled(5)
    list(population.history(1, START_MS))
    bot = world.bots[places.bots[0]]
    message = world.post(bot, places.community, {"text": "news"})
    number: Any = message["message_id"]
    user = next(iter(population.truth()))
    for message_id in (number, 5):
        world.tap_in_group(user, bot.id, places.community, (message_id, "c:5:news:more"))
    first, second = (one.body["callback_query"] for one in world.log.emitted()[-2:])
    assert first["message"]["text"] == "news"  # type: ignore[index]  # plain JSON
    assert second["message"]["chat"]["id"] == places.community  # type: ignore[index]  # plain JSON
