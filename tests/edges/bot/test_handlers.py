"""What people get back: the real handlers on aiogram, their answers through the real ledger, in memory."""

from __future__ import annotations

import pytest

from bot.texts import say
from core.errors import ContentError, TransportError
from core.ledger import State
from core.ports import InboxRow
from tests.core.flow.worlds import ANNA, BOT, OTHER_BOT, human
from tests.edges.bot.shop import Shop


async def test_start_greets_by_name_and_asks_what_one_wants_to_hear() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start spring")
    (text,) = await shop.serve()
    assert text.startswith("Hello P1001! I am Kairos Boutique.")
    assert say("consent-ask", "en") in text
    assert shop.buttons()[:2] == ["consent:all", "consent:none"]


async def test_who_has_agreed_is_not_asked_again() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    await shop.world.taps(ANNA, "consent:all")
    assert (await shop.serve())[-1] == say("consent-thanks", "en")
    await shop.world.says(ANNA, "/start")
    (text,) = await shop.serve()
    assert say("consent-ask", "en") not in text
    assert shop.buttons() == ["menu:price", "menu:vip", "menu:support", "menu:news"]


async def test_a_no_is_answered_politely_and_every_tap_is_acknowledged() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "consent:none")
    assert await shop.serve() == [say("consent-declined", "en")]
    assert [name for name, _ in shop.line.called] == ["answerCallbackQuery"]


@pytest.mark.parametrize("words", ["/stop", "DUR", "stop!"])
async def test_stop_is_confirmed_whichever_way_it_is_said(words: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, words)
    assert await shop.serve() == [say("stopped", "en")]


async def test_people_are_spoken_to_in_the_language_they_chose() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/language tr")
    assert await shop.serve() == [say("language-set", "tr")]
    await shop.world.says(ANNA, "/help")
    assert await shop.serve() == [say("help", "tr")]
    await shop.world.says(ANNA, "/language xx")
    assert await shop.serve() == [say("language-help", "tr")]


@pytest.mark.parametrize(
    ("typed", "zone"),
    [("europe/berlin", "Europe/Berlin"), ("AMERICA/new york", "America/New_York"), ("utc", "UTC")],
)
async def test_a_timezone_is_known_in_whatever_case(typed: str, zone: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, f"/timezone {typed}")
    assert await shop.serve() == [say("timezone-set", "en", zone=zone)]


@pytest.mark.parametrize("typed", ["Nix/Nowhere", "UTC+3", "x" * 900, "posixrules", "../etc/passwd"])
async def test_a_timezone_that_nobody_knows_is_named(typed: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, f"/timezone {typed}")
    (text,) = await shop.serve()
    assert text.startswith(f"I don't know {typed[:64]}.")
    assert text.endswith(say("timezone-help", "en"))


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/paysupport", "answer-support"),
        ("/nonsense", "help"),
        ("/vip now", "help"),
        ("/iptal", "stopped"),
    ],
)
async def test_every_command_gets_an_answer(typed: str, answer: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, typed)
    assert await shop.serve() == [say(answer, "en")]


async def test_what_merely_begins_with_a_slash_is_no_command() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/ 2 + 2")
    assert await shop.serve() == []


async def test_a_timezone_is_confirmed_or_explained() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/timezone Europe/Istanbul")
    await shop.world.says(ANNA, "/timezone Middle Earth")
    assert await shop.serve() == [
        say("timezone-set", "en", zone="Europe/Istanbul"),
        f"{say('timezone-unknown', 'en', zone='Middle Earth')} {say('timezone-help', 'en')}",
    ]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("what is the price?", "answer-price"),
        ("VIP please", "answer-vip"),
        ("I have a problem, help", "answer-support"),
    ],
)
async def test_words_about_a_topic_get_its_answer_with_the_menu(words: str, key: str) -> None:
    shop = Shop()
    await shop.world.says(ANNA, words)
    assert await shop.serve() == [say(key, "en")]
    assert shop.buttons() == ["menu:price", "menu:vip", "menu:support", "menu:news"]


async def test_what_nobody_understands_waits_for_an_operator_in_silence() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "the weather is fine today")
    assert await shop.serve() == []


async def test_the_menu_answers_below_its_message() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "menu:vip")
    assert await shop.serve() == [say("answer-vip", "en")]
    await shop.world.taps(ANNA, "menu:nonsense")
    assert await shop.serve() == []


async def test_a_tap_below_a_campaign_is_answered_in_the_tap_itself() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "c:17:offer:buy")
    await shop.world.taps(ANNA, "c:17:offer:whatever")
    assert await shop.serve() == []
    assert [given["text"] for _, given in shop.line.called] == [
        say("campaign-buy", "en"),
        say("campaign-thanks", "en"),
    ]


async def test_a_handler_that_runs_twice_answers_once() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    (row,) = await shop.waiting()
    await shop.run(row)
    await shop.run(row)
    assert len(shop.world.messenger.sent) == 1
    async with shop.world.store.transaction(write=False) as tx:
        (kept,) = await tx.ledger.latest(10)
    assert (kept.state, kept.cls) == (State.SENT, "interactive")


async def test_two_updates_are_two_answers_even_if_their_numbers_recur() -> None:
    """Telegram restarts its numbers after a quiet week: the moment of receipt tells them apart."""
    shop = Shop()
    await shop.world.says(ANNA, "/help")
    (row,) = await shop.waiting()
    await shop.run(row)
    later = InboxRow(row.id + 1, BOT, row.update_id, row.received_ms + 9 * 86_400_000, row.body, "applied")
    await shop.run(later)
    assert len(shop.world.messenger.sent) == 2


async def test_somebody_who_blocked_the_bot_meanwhile_gets_nothing_and_nothing_breaks() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    await shop.waiting()
    shop.world.clock.advance(2)
    await shop.world.blocks(ANNA)
    assert await shop.serve() == []


async def test_an_acknowledgement_that_comes_too_late_harms_nobody() -> None:
    shop = Shop()
    shop.line.failures = [TransportError("query is too old")]
    await shop.world.taps(ANNA, "menu:price")
    assert await shop.serve() == [say("answer-price", "en")]


async def test_what_aiogram_cannot_read_and_bots_of_the_past_are_said_by_name() -> None:
    shop = Shop()
    update = {
        "message": {"date": 1, "from": human(ANNA), "chat": {"id": ANNA, "type": "private"}, "text": "/x"}
    }
    await shop.world.arrives(update)
    (row,) = await shop.waiting()
    with pytest.raises(ContentError, match="aiogram can't read"):
        await shop.run(row)
    stranger = InboxRow(row.id, OTHER_BOT, row.update_id, row.received_ms, row.body, row.state)
    with pytest.raises(ContentError, match=f"no bot {OTHER_BOT}"):
        await shop.run(stranger)


async def test_a_persons_name_is_never_a_template() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/start", name="{ $bot } <b>")
    (text,) = await shop.serve()
    assert text.startswith("Hello { $bot } <b>!")
