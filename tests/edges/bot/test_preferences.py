"""/settings: every choice is in the record when its page is drawn again, and the page says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import available_timezones

import pytest

from bot.handlers import zones
from bot.handlers.preferences import DAYS, MAIN, QUIET, page_of
from bot.texts import LANGUAGES, say
from bot.visitor import Preferences, Visitor
from bot.wording import city
from core.content import KINDS
from core.identity import telegram
from core.limits import own_quiet
from tests.core.flow.worlds import ANNA, human
from tests.edges.bot.shop import Shop, data_of, texts_of

VISITOR = Visitor(telegram(ANNA), "en", consented=True)
PAGES = ("muted", "frequency", "quiet", "zone", "language", *(f"zone.{area}" for area in zones.AREAS))


def all_pages() -> Iterator[tuple[str, Visitor]]:
    chosen = Preferences("7", "20-10", frozenset({"news"}), "", "tr")
    for language in LANGUAGES:
        for visitor in (VISITOR, replace(VISITOR, consented=False, preferences=chosen)):
            yield from ((name, replace(visitor, language=language)) for name in (MAIN, *PAGES))


async def test_settings_show_what_is_in_force_and_lead_to_every_page() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/settings")
    (text,) = await shop.serve()
    assert say("settings-consent-no", "en") in text
    assert say("settings-frequency", "en", frequency=say("frequency-ours", "en")) in text
    for page in ("muted", "frequency", "quiet", "zone", "language"):
        assert f"page:{page}" in shop.buttons()


async def test_a_tap_turns_the_page_in_place_and_is_acknowledged() -> None:
    shop = Shop()
    page = await shop.tap(ANNA, "page:frequency")
    assert page["text"] == say("frequency-ask", "en")
    assert (page["chat_id"], page["message_id"]) == (ANNA, 3)
    assert shop.line.names() == ["answerCallbackQuery", "editMessageText"]
    assert (await shop.tap(ANNA, "page:nonsense"))["text"].startswith(say("settings-title", "en"))


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("set:frequency:7", "✓ at most once a week"),
        ("set:quiet:20-10", "✓ always from 20 to 10"),
        ("set:quiet:off", "✓ none, any hour is fine"),
        ("set:muted:news.poll", "✗ News"),
        ("set:zone:Europe/Istanbul", "✓ Istanbul"),
        ("set:language:tr", "✓ Türkçe"),
    ],
)
async def test_a_choice_is_kept_and_marked(data: str, shown: str) -> None:
    shop = Shop()
    assert shown in texts_of(await shop.tap(ANNA, data))
    again = await shop.tap(ANNA, f"page:{data.split(':')[1]}")
    assert shown in texts_of(again)


async def test_a_choice_can_be_taken_back() -> None:
    shop = Shop()
    await shop.tap(ANNA, "set:frequency:7")
    shop.world.clock.advance(1)
    assert "✓ seldom, when it seems right" in texts_of(await shop.tap(ANNA, "set:frequency:-"))


async def test_each_tap_on_a_topic_turns_that_topic_only() -> None:
    shop = Shop()
    page = await shop.tap(ANNA, "page:muted")
    assert texts_of(page)[: len(KINDS)] == [f"✓ {say(f'topic-{kind}', 'en')}" for kind in KINDS]
    for kind in KINDS:
        shop.world.clock.advance(1)
        page = await shop.tap(ANNA, data_of(page)[KINDS.index(kind)])
    assert texts_of(page)[: len(KINDS)] == [f"✗ {say(f'topic-{kind}', 'en')}" for kind in KINDS]
    shop.world.clock.advance(1)
    page = await shop.tap(ANNA, data_of(page)[0])
    assert texts_of(page)[:2] == ["✓ Offers", "✗ Reminders"]


async def test_a_language_is_spoken_from_the_same_tap_on() -> None:
    shop = Shop()
    page = await shop.tap(ANNA, "set:language:tr")
    assert page["text"] == say("language-ask", "tr")


async def test_quiet_hours_without_a_timezone_ask_for_it() -> None:
    shop = Shop()
    page = await shop.tap(ANNA, "set:quiet:22-08")
    assert say("quiet-needs-zone", "en") in page["text"]
    assert "page:zone" in data_of(page)
    await shop.tap(ANNA, "set:zone:Asia/Tokyo")
    assert say("quiet-needs-zone", "en") not in (await shop.tap(ANNA, "page:quiet"))["text"]


async def test_consent_can_be_given_and_taken_within_the_settings() -> None:
    shop = Shop()
    page = {"inline_keyboard": [[{"text": "Topics", "callback_data": "page:muted"}]]}
    shown = {"message_id": 3, "date": 1, "chat": {"id": ANNA, "type": "private"}, "reply_markup": page}
    for data, key in (("consent:all", "settings-consent-yes"), ("consent:none", "settings-consent-no")):
        shop.world.clock.advance(1)
        tap = {"id": "9", "chat_instance": "1", "from": human(ANNA), "data": data, "message": shown}
        await shop.world.arrives({"callback_query": tap})
        assert await shop.serve() == []
        assert say(key, "en") in shop.line.last("editMessageText")["text"]


async def test_a_choice_that_means_nothing_changes_nothing() -> None:
    shop = Shop()
    for data in (
        "set:frequency:0",
        "set:quiet:25-99",
        "set:muted:everything",
        "set:zone:Middle/Earth",
        "set:",
    ):
        await shop.tap(ANNA, data)
    page = await shop.tap(ANNA, "page:settings")
    assert page["text"] == page_of(MAIN, replace(VISITOR, consented=False)).text


def test_every_page_stands_in_every_language_and_leads_back() -> None:
    for name, visitor in all_pages():
        page = page_of(name, visitor)
        data = [button.callback_data or "" for row in page.rows for button in row]
        assert 0 < len(page.text) < 4096
        assert all(0 < len(one.encode()) <= 64 for one in data)
        assert all(0 < len(button.text) <= 64 for row in page.rows for button in row)
        assert name == MAIN or data[-1].startswith("page:")


def test_what_is_offered_can_be_kept() -> None:
    assert all(value in {"-", "off"} or own_quiet(value) for value in QUIET)
    assert all(value == "-" or 1 <= int(value) <= 30 for value in DAYS)
    offered = {zones.HOME, *(zone for area in zones.AREAS.values() for zone in area)}
    assert offered <= available_timezones()


def test_a_value_that_no_preset_has_stands_there_as_well() -> None:
    visitor = replace(VISITOR, preferences=Preferences(frequency="4", quiet="1-6", zone="Asia/Tokyo"))
    assert "✓ at most once in 4 days" in [row[0].text for row in page_of("frequency", visitor).rows]
    assert "✓ always from 1 to 6" in [row[0].text for row in page_of("quiet", visitor).rows]


def test_cities_read_as_the_language_writes_them() -> None:
    assert (city("Europe/Istanbul", "tr"), city("Europe/London", "tr")) == ("İstanbul", "Londra")
    assert city("Nowhere/Nothing", "en") == "Nowhere/Nothing"
