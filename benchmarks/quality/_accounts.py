"""The sender's list against the record: is everything there once, and nothing else?

Reads through the store, so for any database. Leaves to others: gathering the list (`_crowd`, `_sender`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.sql.store import SqlStore
from benchmarks.quality._crowd import Expected
from benchmarks.quality._site import ledger_of
from core.event import VOCABULARY
from core.identity import telegram
from core.ports import PersonRecord, Reach, Transaction


@dataclass(frozen=True, slots=True)
class Accounts:
    """What differs, as sentences for the first few. events: of all kinds; lacking, surplus: events that the
    list has and the record has not, or the other way round."""

    people: int
    events: int
    lacking: int
    surplus: int
    payments: int
    consents: int
    reaches: int
    vips: int
    answered_twice: int
    details: list[str] = field(default_factory=list)


async def accounts(
    store: SqlStore, expected: Mapping[int, Expected], sent: Mapping[tuple[int, int], int]
) -> Accounts:
    """Compare person by person. `sent`: messages that left, by bot and chat."""
    wrong: Counter[str] = Counter()
    details: list[str] = []
    async with store.transaction(write=False) as tx:
        counts = await tx.events.counts()
        for user_id, wanted in sorted(expected.items()):
            for what, n, words in await _differences(tx, user_id, wanted):
                wrong[what] += n
                details.append(f"{user_id}: {words}")
        people = await tx.people.count()
    strangers = people - len(expected)
    if strangers:
        details.append(f"{strangers} people too many")
    wrong["surplus"] += abs(strangers)
    rows = Counter((row.bot_id, row.chat_id) for row in await ledger_of(store))
    twice = sum(max(0, n - rows[chat]) for chat, n in sent.items())
    return Accounts(
        people=people,
        events=sum(counts.values()),
        lacking=wrong["lacking"],
        surplus=wrong["surplus"],
        payments=wrong["payments"],
        consents=wrong["consents"],
        reaches=wrong["reaches"],
        vips=wrong["vips"],
        answered_twice=twice,
        details=details[:10],
    )


Difference = tuple[str, int, str]


async def _differences(tx: Transaction, user_id: int, wanted: Expected) -> list[Difference]:
    no = await tx.people.find(telegram(user_id))
    if no is None:
        return [("lacking", wanted.kinds.total(), "is not known")]
    record = (await tx.people.load([no]))[no]
    events = Counter(item.event.kind for item in await tx.events.all_of_person(no))
    history = sorted(await tx.people.consent_history(no), key=lambda one: (one.at_ms, not one.granted))
    chosen = history[-1].granted if history else None
    reaches = (await tx.people.reach([no])).get(no, [])
    return [
        *_events("events", wanted.kinds, events),
        *_events("record", wanted.kinds, _kinds(record)),
        *_payments(wanted, record),
        *_consent(wanted, record, chosen),
        *_reach(wanted, reaches),
        *_vip(wanted, record),
    ]


def _kinds(record: PersonRecord) -> Counter[str]:
    """Events of all time by kind, as the record has them."""
    return Counter({kind: n for kind, n in record.state.totals.items() if kind in VOCABULARY})


def _events(where: str, wanted: Counter[str], got: Counter[str]) -> list[Difference]:
    lacking, surplus = wanted - got, got - wanted
    found = [("lacking", lacking.total(), f"{where} lack {dict(lacking)}")] if lacking else []
    return found + (
        [("surplus", surplus.total(), f"{where} have too many {dict(surplus)}")] if surplus else []
    )


def _payments(wanted: Expected, record: PersonRecord) -> list[Difference]:
    known = record.state.purchases
    paid = {charge for charge, one in known.items() if one.paid_ms}
    refunded = {charge for charge, one in known.items() if one.refunded_ms}
    wrong = (paid ^ wanted.paid) | (refunded ^ wanted.refunded)
    return [("payments", len(wrong), f"payments differ: {sorted(wrong)[:3]}")] if wrong else []


def _consent(wanted: Expected, record: PersonRecord, chosen: bool | None) -> list[Difference]:
    folded = record.state.latest.get("consent", (0, ""))[1]
    right = {True: "given", False: "withdrawn", None: ""}[wanted.agrees]
    if folded == right and chosen is wanted.agrees:
        return []
    return [("consents", 1, f"consent is {chosen} ({folded}) instead of {wanted.agrees}")]


def _reach(wanted: Expected, reaches: list[Reach]) -> list[Difference]:
    got = {one.bot_id: one.state for one in reaches}
    return [] if got == wanted.reach else [("reaches", 1, f"reach is {got} instead of {wanted.reach}")]


def _vip(wanted: Expected, record: PersonRecord) -> list[Difference]:
    inside = any(name.startswith("vip:") and said == "in" for name, (_, said) in record.state.latest.items())
    return [] if inside == wanted.vip else [("vips", 1, f"VIP is {inside} instead of {wanted.vip}")]
