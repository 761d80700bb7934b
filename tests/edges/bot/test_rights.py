"""/mydata and /forget: what is known about somebody is theirs to read, and to have erased."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.texts import say
from core.event import Event, PersonEvent
from core.identity import telegram
from core.intake import record
from core.ledger import State
from tests.core.flow.worlds import ANNA, BORA, DAY, human
from tests.edges.bot.shop import Shop, data_of, params
from tests.edges.bot.test_payments import SALE, checkout, shipping


async def lived() -> Shop:
    """Somebody who talked, chose, paid and got it back."""
    shop = Shop()
    await shop.world.says(ANNA, "/start spring", name="Anna <b>{ $x }</b>\nAdmin")
    await shop.world.taps(ANNA, "consent:all")
    await shop.world.taps(ANNA, "set:frequency:7")
    await shop.world.says(ANNA, "what is the price?")
    await shop.told(ANNA, successful_payment=SALE)
    await shop.serve()
    return shop


async def test_people_get_all_that_is_stored_once_to_read_and_once_for_programs() -> None:
    shop = await lived()
    await shop.world.says(ANNA, "/mydata", name="Anna <b>{ $x }</b>\nAdmin")
    assert await shop.serve() == []
    (first, words, read), (second, _, plain) = shop.line.uploads
    assert (first, second) == ("sendDocument", "sendDocument")
    assert words == {"chat_id": ANNA, "caption": say("mydata-caption", "en")}
    name, text = read["document"]
    assert name == "my-data.txt"
    lines = text.decode().splitlines()
    assert "  Name: Anna <b>{ $x }</b> Admin" in lines
    assert "  How often: at most once a week" in lines
    assert any(line.endswith("UTC: 500 XTR") for line in lines)
    name, document = plain["document"]
    assert name == "my-data.json"
    known = json.loads(document)
    assert known["person"]["identifiers"] == [f"telegram:{ANNA}"]
    assert known["preferences"]["frequency"] == "7"
    assert [each["granted"] for each in known["consents"]] == [True]
    assert {"started", "message_received", "button_tapped", "payment_succeeded"} <= {
        event["kind"] for event in known["events"]
    }
    assert any("I am Kairos Boutique" in message["text"] for message in known["messages"])


async def test_what_others_stated_is_in_the_file_and_the_first_event_tells_since_when() -> None:
    shop = await lived()
    number, at_ms = await shop.world.number(ANNA), shop.world.clock.now_ms() - 40 * DAY
    said: list[tuple[str, dict[str, Any]]] = [
        ("attributes_set", {"city": "İzmir", "age": 34, "gender": ""}),
        ("tagged", {"tag": "regular"}),
        ("tagged", {"tag": "gone"}),
        ("untagged", {"tag": "gone"}),
        ("noted", {"text": "likes\nchess", "author": "Mert"}),
    ]
    events = [
        PersonEvent(number, Event(f"x:{n}", at_ms + n, kind, 0, props))
        for n, (kind, props) in enumerate(said)
    ]
    async with shop.world.store.transaction() as tx:
        await record(tx, events, shop.world.clock.now_ms())
    await shop.world.says(ANNA, "/mydata")
    await shop.serve()
    (_, _, read), (_, _, plain) = shop.line.uploads
    text = read["document"][1].decode()
    assert "What others noted about you\n  age: 34\n  city: İzmir\n  Tags: regular\n  2025-11-26" in text
    assert "UTC: likes chess" in text
    assert "Known since: 2025-11-26 10:00 UTC" in text
    assert json.loads(plain["document"][1])["stated"]["tags"] == ["regular"]


async def test_the_file_is_kept_nowhere() -> None:
    shop = await lived()
    await shop.world.says(ANNA, "/mydata")
    await shop.serve()
    number = await shop.world.number(ANNA)
    async with shop.world.store.transaction(write=False) as tx:
        rows = (await tx.ledger.of_person(number, 2))[:2]
    assert [(row.state, row.telegram_id) for row in rows] == [(State.SENT, 902), (State.SENT, 901)]
    assert all("document" not in params(row.body) for row in rows)


async def test_a_file_is_sent_once_even_if_its_handler_runs_twice() -> None:
    shop = await lived()
    await shop.world.says(ANNA, "/mydata")
    (row,) = await shop.waiting()
    await shop.run(row)
    await shop.run(row)
    assert len(shop.line.uploads) == 2


async def test_nobody_reads_about_others() -> None:
    shop = await lived()
    await shop.world.says(BORA, "/mydata")
    await shop.serve()
    for _, _, files in shop.line.uploads:
        assert str(ANNA).encode() not in files["document"][1]


async def test_forgetting_is_explained_and_asked_first() -> None:
    shop = await lived()
    await shop.world.says(ANNA, "/forget")
    assert await shop.serve() == [say("forget-ask", "en")]
    assert shop.buttons() == ["forget:yes", "forget:no"]
    assert shop.forgotten == []


async def test_who_says_yes_is_forgotten_and_told_in_place_of_the_question() -> None:
    shop = await lived()
    before = len(shop.world.messenger.sent)
    await shop.tap(ANNA, "forget:yes")
    assert shop.forgotten == [telegram(ANNA)]
    assert shop.line.last("answerCallbackQuery")["show_alert"] is True
    page = shop.line.last("editMessageText")
    assert (page["text"], data_of(page)) == (say("forget-done", "en"), [])
    assert len(shop.world.messenger.sent) == before


async def test_who_says_no_is_kept() -> None:
    shop = await lived()
    assert (await shop.tap(ANNA, "forget:no"))["text"] == say("forget-kept", "en")
    assert shop.forgotten == []


TAP = {"callback_query": {"id": "9", "chat_instance": "1", "data": "menu:vip", "from": human(ANNA)}}


@pytest.mark.parametrize(
    ("update", "method", "says"),
    [
        (TAP, "answerCallbackQuery", ("text", "forgotten")),
        (checkout(), "answerPreCheckoutQuery", ("error_message", "forgotten-pays")),
        (shipping(), "answerShippingQuery", ("error_message", "forgotten-pays")),
    ],
)
async def test_a_tap_of_somebody_forgotten_is_ended_by_one_call_and_nothing_is_stored(
    update: dict[str, Any], method: str, says: tuple[str, str]
) -> None:
    shop = Shop()
    await shop.world.arrives(update)
    (row,) = await shop.waiting()
    number = await shop.world.number(ANNA)
    async with shop.world.store.transaction() as tx:
        await tx.erasures.request(number, 0)
        await tx.erasures.erase(number, ["mark"], shop.world.clock.now_ms())
    await shop.run(row)
    ((called, asked),) = shop.line.called
    assert (called, asked[says[0]], asked.get("ok", False)) == (method, say(says[1], "en"), False)
    assert shop.world.messenger.sent == []
    async with shop.world.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
