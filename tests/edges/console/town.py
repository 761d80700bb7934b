"""A small installation with real data in an SQLite file: what verbs, menu and questions are tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from app.desk.workspace import STRATEGIES, StoppedClock, Workspace
from core.event import Event, PersonEvent
from core.identity import Sender, telegram
from core.intake import Origin, record, sent_event
from core.ledger import MessageClass, Move, NewMessage, State
from core.ports import AuditEntry, Decision, Store, Transaction

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_767_607_200_000
"""2026-01-05 10:00 UTC, a Monday."""
BOT = 42
ANNA, BORA, CEM, DORA = 1, 2, 3, 4


async def settle(store: Store) -> None:
    """Four people: Anna wants to buy and was written to, Bora is quiet, Cem blocked the bot, Dora said no."""
    async with store.transaction() as tx:
        people = await tx.people.resolve([telegram(900 + number) for number in range(1, 5)], NOW - 20 * DAY)
        assert sorted(people.values()) == [ANNA, BORA, CEM, DORA]
        await record(tx, _events(), NOW, Origin(_senders()))
        loaded = await tx.people.load([ANNA, BORA])
        await tx.people.save(
            [
                replace(loaded[ANNA], segments={"HOT_LEAD": 0.9, "ENGAGED": 0.6}),
                replace(loaded[BORA], segments={"COLD_LEAD": 0.7}, holdout=True),
            ]
        )
        await _messages(tx)
        await tx.control.audit([AuditEntry(NOW, "test", "settled", "town")])


def workspace(store: Store, now_ms: int = NOW) -> Workspace:
    """The workspace over the town."""
    return Workspace(store, load_strategies(STRATEGIES), StoppedClock(now_ms))


async def make_town(file: Path) -> None:
    """Write the town into an SQLite file."""
    store = await SqlStore(f"sqlite:///{file}").open()
    try:
        await settle(store)
    finally:
        await store.close()


def _senders() -> dict[str, Sender]:
    """By event, as updates name them; a block and a refusal name nobody anew."""
    names = {ANNA: ("Anna", "anna_k"), BORA: ("Bora [red]", ""), CEM: ("Cem", "cem"), DORA: ("Dora", "dora")}
    people = {no: Sender(telegram(900 + no), 900 + no, *names[no], language="en") for no in names}
    return {item.event.key: people[item.person_no] for item in _events()}


def _events() -> list[PersonEvent]:
    found = [_event(no, "started", NOW - 20 * DAY, {"campaign": "spring"}) for no in (ANNA, BORA, CEM, DORA)]
    found += [_event(no, "consent_given", NOW - 19 * DAY, _YES) for no in (ANNA, BORA, CEM, DORA)]
    found += [_event(ANNA, "message_received", NOW - age * HOUR, _WORDS) for age in range(2, 60, 6)]
    found.append(_event(ANNA, "payment_succeeded", NOW - 3 * DAY, {"amount_minor": 4900, "currency": "TRY"}))
    found.append(_event(CEM, "bot_blocked", NOW - 2 * DAY, {"chat_id": 903}))
    found.append(_event(DORA, "consent_withdrawn", NOW - DAY, {"purpose": "campaigns", "source": "word"}))
    return found


_YES: Mapping[str, str | int] = {"purpose": "campaigns", "text_version": "1", "source": "button"}
_WORDS: Mapping[str, str | int] = {"length": 12, "media": "text", "topics": "price vip buy", "language": "en"}


def _event(person_no: int, kind: str, at_ms: int, props: Mapping[str, str | int]) -> PersonEvent:
    return PersonEvent(person_no, Event(f"{kind}:{person_no}:{at_ms}", at_ms, kind, BOT, dict(props)))


async def _messages(tx: Transaction) -> None:
    sent, waiting = await tx.ledger.add([_new("old", NOW - DAY), _new("next", NOW + HOUR)], NOW - DAY)
    assert sent is not None and waiting is not None
    steps: Sequence[Move] = (
        Move(sent.id, State.PLANNED, State.SENDING, permit_ms=NOW - DAY),
        Move(sent.id, State.SENDING, State.SENT, sent_ms=NOW - DAY + 1000, telegram_id=77),
    )
    for step in steps:
        assert await tx.ledger.move([step]) == 1
    await tx.ledger.answered({sent.id: NOW - DAY + 60_000})
    await record(tx, [sent_event(sent, NOW - DAY + 1000)], NOW)
    hour = NOW // HOUR
    for message, at_ms in ((sent, NOW - DAY), (waiting, NOW - HOUR)):
        candidates = [(hour, "offer", 0.7, 0.31), (hour + 1, "poll", 0.3, 0.12)]
        why = "hour 10 UTC and offer promise most"
        await tx.decisions.add(
            [Decision(0, at_ms, ANNA, message.id, "HOT_LEAD", 3, 1, candidates, {"bias": 1.0}, 0, why)]
        )
    await tx.knowledge.put_model("response", {"bias": 0.1}, NOW - HOUR)


def _new(step: str, due_ms: int) -> NewMessage:
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign="opt",
        step=step,
        person_no=ANNA,
        bot_id=BOT,
        chat_id=901,
        due_ms=due_ms,
        expires_ms=due_ms + 6 * HOUR,
        body={"text": "a secret offer"},
        segment="HOT_LEAD",
        content="hot_offer",
        kind="offer",
        priority=9.0,
        predicted=0.31,
        strategy_version=1,
        reason="hour 10 UTC and offer promise most",
    )
