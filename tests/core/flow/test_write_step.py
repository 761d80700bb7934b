"""Texts are asked for within the budget, checked, and reviewed or used; the template is always there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.memory import MemoryWriter
from adapters.strategies import load_strategies
from core.catalog import load_catalog
from core.content import Brief, Content
from core.errors import NoTextError, StoreError, WriterBusyError, WriterError, WriterKeyError
from core.flow.write import MOST_TRIES, Budget, WriteDeps, Written, write_due
from core.ports import Spent, Transaction, Writing
from core.segment import SegmentSpec
from core.writing import Ask, Draft, fingerprint
from tests.core.flow.worlds import ANNA, BORA, CEM, HOUR, MINUTE, World

BRIEF = Brief("warm", ("Members get 20% off",), (), 300, review=False)
CONTENT = Content(
    "brief_offer",
    "offer",
    {"en": "Hi {first_name}, there is something for you.", "tr": "Merhaba {first_name}, sana bir haber var."},
    brief=BRIEF,
)
GOOD = "Hi {first_name}, members get 20% off on what is here. Have a look at it!"
SPECS = load_strategies(Path(__file__).parents[3] / "strategies")
PLENTY = Budget(1_000, 10_000_000, 1_000_000_000, 1.0, 2.0)
SEGMENT = "ENGAGED"


def specs(*contents: Content) -> tuple[SegmentSpec, ...]:
    """Only one segment, with only these contents."""
    (one,) = (spec for spec in SPECS if spec.name == SEGMENT)
    return (replace(one, contents=contents),)


def in_english(**changes: object) -> Content:
    brief = replace(BRIEF, **changes)  # type: ignore[arg-type]  # tests name the fields they change
    return replace(CONTENT, texts={"en": CONTENT.texts["en"]}, brief=brief)


class Desk:
    """A world in which something writes."""

    def __init__(self, *contents: Content, budget: Budget = PLENTY) -> None:
        self.world = World()
        self.writer = MemoryWriter()
        self.deps = WriteDeps(self.world.store, specs(*contents), self.writer, budget)

    async def run(self, limit: int = 20) -> Written:
        return await write_due(self.deps, self.world.clock.now_ms(), limit)

    async def texts(self, state: str = "approved") -> list[Writing]:
        async with self.world.store.transaction(write=False) as tx:
            found = await tx.writings.waiting(0, 99) if state == "waiting" else []
            return found or await tx.writings.approved(
                [one.name for one in self.deps.specs[0].contents], range(9)
            )

    async def spent(self) -> Spent:
        async with self.world.store.transaction(write=False) as tx:
            return await tx.writings.spent("", 0)

    async def said(self, person_no: int = 0, language: str = "en") -> str:
        """What the catalogue says now."""
        async with self.world.store.transaction(write=False) as tx:
            catalog = await load_catalog(tx, self.deps.specs, [person_no])
        (content,) = self.deps.specs[0].contents
        return catalog.texts_for(content, person_no)[language]

    async def members(self, *people: int) -> list[int]:
        """They said yes, and are in the segment."""
        numbers = await self.world.settle(*people)
        async with self.world.store.transaction() as tx:
            loaded = await tx.people.load(numbers)
            await tx.people.save([replace(one, segments={SEGMENT: 0.9}) for one in loaded.values()])
        return numbers


async def test_each_language_gets_a_text_and_no_second_one() -> None:
    desk = Desk(CONTENT)
    assert await desk.run() == Written(asked=2, approved=2)
    assert {(one.language, one.text) for one in await desk.texts()} == set(CONTENT.texts.items())
    assert await desk.run() == Written()
    assert len(desk.writer.asked) == 2


async def test_an_approved_text_takes_the_place_of_the_template() -> None:
    desk = Desk(in_english())
    desk.writer.says(GOOD)
    assert (await desk.said()).startswith("Hi {first_name}, there")
    await desk.run()
    assert await desk.said() == GOOD


async def test_a_brief_that_was_edited_takes_its_texts_back_and_is_written_anew() -> None:
    desk = Desk(in_english())
    desk.writer.says(GOOD)
    await desk.run()
    edited = in_english(facts=("There is news for members",))
    desk.deps = replace(desk.deps, specs=specs(edited))
    assert await desk.said() == edited.texts["en"]
    assert (await desk.run()).asked == 1


async def test_a_text_that_is_to_be_reviewed_waits_and_is_not_used() -> None:
    desk = Desk(in_english(review=True))
    desk.writer.says(GOOD)
    assert await desk.run() == Written(asked=1, waiting=1)
    assert await desk.said() != GOOD
    assert (await desk.run()).asked == 0
    (waiting,) = await desk.texts("waiting")
    async with desk.world.store.transaction() as tx:
        assert await tx.writings.decide(waiting.id, "approved", "", "ayse", 1)
    assert await desk.said() == GOOD


async def test_a_text_that_says_more_than_the_facts_is_kept_with_its_reason_and_tried_again_twice() -> None:
    desk = Desk(in_english())
    desk.writer.says(*[GOOD.replace("20%", "50%") + " evil.example"] * 9)
    for _ in range(MOST_TRIES):
        done = await desk.run()
        assert (done.asked, done.left, sum(done.refused.values())) == (1, 1, 1)
    assert await desk.run() == Written()
    assert len(desk.writer.asked) == MOST_TRIES
    assert await desk.said() == CONTENT.texts["en"]


async def test_rejections_by_operators_are_tries_too() -> None:
    desk = Desk(in_english(review=True))
    for _ in range(MOST_TRIES):
        await desk.run()
        (waiting,) = await desk.texts("waiting")
        async with desk.world.store.transaction() as tx:
            await tx.writings.decide(waiting.id, "rejected", "too dry", "ayse", 1)
    assert (await desk.run()).asked == 0


async def test_without_a_key_nothing_is_asked_and_the_report_says_so() -> None:
    desk = Desk(CONTENT)
    desk.deps = replace(desk.deps, writer=None)
    assert await desk.run() == Written(left=2, why="no key")
    assert await desk.spent() == Spent()


async def test_what_was_really_used_is_what_is_booked() -> None:
    desk = Desk(CONTENT)
    await desk.run()
    assert await desk.spent() == Spent(2, 200, 100, 400)


@pytest.mark.parametrize(
    ("budget", "asked", "why"),
    [
        (replace(PLENTY, requests_an_hour=0), 0, "budget: requests of the hour"),
        (replace(PLENTY, requests_an_hour=1), 1, "budget: requests of the hour"),
        (replace(PLENTY, tokens_a_day=299), 0, "budget: tokens of the day"),
        (replace(PLENTY, tokens_a_day=449), 1, "budget: tokens of the day"),
        (replace(PLENTY, tokens_a_day=450), 2, ""),
        (replace(PLENTY, money_a_day=599), 1, "budget: money of the day"),
    ],
)
async def test_no_bound_is_ever_passed(budget: Budget, asked: int, why: str) -> None:
    desk = Desk(CONTENT, budget=budget)
    done = await desk.run()
    assert (done.asked, done.why) == (asked, why)
    spent = await desk.spent()
    assert spent.requests == asked
    assert spent.tokens_in + spent.tokens_out <= budget.tokens_a_day


async def test_the_budget_of_the_hour_is_there_again_in_the_next() -> None:
    desk = Desk(CONTENT, budget=replace(PLENTY, requests_an_hour=1))
    assert (await desk.run()).asked == 1
    assert (await desk.run()).asked == 0
    desk.world.clock.advance(HOUR / 1000)
    assert (await desk.run()).asked == 1


class Interrupted(MemoryWriter):
    """Something happens while it is asked."""

    def __init__(self, what: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._what = what

    async def write(self, ask: Ask) -> Draft:
        await self._what()
        return await super().write(ask)


class Crash(Exception):
    """The process ends."""


async def test_a_crash_after_asking_counts_the_most_it_can_have_cost() -> None:
    desk = Desk(in_english())

    async def crashes() -> None:
        raise Crash

    desk.deps = replace(desk.deps, writer=Interrupted(crashes))
    with pytest.raises(Crash):
        await desk.run()
    assert await desk.spent() == Spent(1, 200, 100, 400)


async def test_a_slow_service_does_not_keep_other_steps_waiting() -> None:
    desk = Desk(CONTENT, replace(CONTENT, name="another"))

    async def takes_long() -> None:
        desk.world.clock.advance(31)

    desk.deps = replace(desk.deps, writer=Interrupted(takes_long), clock=desk.world.clock)
    done = await desk.run()
    assert (done.asked, done.why) == (2, "time")
    assert (await desk.run()).asked == 2


async def test_what_no_store_takes_and_no_terminal_shows_is_not_kept() -> None:
    desk = Desk(in_english())
    desk.writer.says("Hi {first_name}, \x00 is \x1b[31m here {\x00} for you.")
    assert (await desk.run()).refused
    mark = fingerprint(Ask(in_english(), "en"))
    async with desk.world.store.transaction(write=False) as tx:
        ((kept,),) = (await tx.writings.find([mark])).values()
    assert kept.text == "Hi {first_name}, \ufffd is \ufffd[31m here {\ufffd} for you."
    assert kept.reason.isprintable()


async def test_a_full_database_before_asking_means_that_nobody_is_asked() -> None:
    desk = Desk(in_english())
    desk.world.store.failing = True
    with pytest.raises(StoreError):
        await desk.run()
    assert desk.writer.asked == []


@pytest.mark.parametrize(
    ("errors", "waits_s"),
    [
        ([WriterBusyError("429")], 60),
        ([WriterBusyError("429", retry_after_s=300)], 300),
        ([WriterBusyError("500")] * 3, 240),
        ([WriterBusyError("timed out", billed=True)], 60),
        ([WriterKeyError("no such key")], 3_600),
    ],
)
async def test_a_service_that_fails_is_left_alone_for_longer_each_time(
    errors: Sequence[WriterError], waits_s: int
) -> None:
    desk = Desk(in_english())
    for error in errors:
        desk.writer.says(error)
        desk.world.clock.advance(HOUR / 1000)
        assert (await desk.run()).why.startswith("service: ")
    desk.world.clock.advance(waits_s - 1)
    assert (await desk.run()).why == "back-off"
    desk.world.clock.advance(1)
    assert (await desk.run()).approved == 1
    assert len(desk.writer.asked) == len(errors) + 1


async def test_what_may_have_been_billed_stays_booked_and_what_was_not_does_not() -> None:
    for billed, spent in ((True, Spent(1, 200, 100, 400)), (False, Spent(1, 0, 0, 0))):
        desk = Desk(in_english())
        desk.writer.says(WriterBusyError("gone", billed=billed))
        await desk.run()
        assert await desk.spent() == spent


async def test_an_answer_without_a_text_is_a_try() -> None:
    desk = Desk(in_english())
    desk.writer.says(NoTextError("it refused"), GOOD)
    assert (await desk.run()).refused == {"service": 1}
    assert (await desk.run()).approved == 1


async def test_who_lost_the_lead_writes_nothing_more() -> None:
    desk = Desk(CONTENT)
    asked = 0

    async def leads(_: Transaction) -> bool:
        nonlocal asked
        asked += 1
        return asked < 3

    done = await write_due(desk.deps, desk.world.clock.now_ms(), 20, leads)
    assert (done.asked, done.why) == (1, "taken over")
    assert await desk.texts() == []


# --------------------------------------------------------------------------- personal
async def test_a_personal_text_is_asked_for_one_person_from_enums_only() -> None:
    desk = Desk(in_english(personal=True))
    (anna,) = await desk.members(ANNA)
    desk.writer.says(GOOD)
    assert (await desk.run()).approved == 1
    (ask,) = desk.writer.asked
    assert ask.about is not None
    assert ask.about.code == f"{SEGMENT}|a week or so|new|"
    assert await desk.said(anna) == GOOD
    assert await desk.said(0) == CONTENT.texts["en"]


async def test_people_of_whom_the_same_is_said_share_one_text() -> None:
    desk = Desk(in_english(personal=True))
    numbers = await desk.members(ANNA, BORA, CEM)
    desk.writer.says(GOOD)
    assert (await desk.run()).asked == 1
    assert (await desk.run()).shared == 2
    assert [await desk.said(no) for no in numbers] == [GOOD] * 3
    assert await desk.run() == Written()
    assert len(desk.writer.asked) == 1


async def test_nobody_without_consent_is_written_for() -> None:
    desk = Desk(in_english(personal=True))
    await desk.members(ANNA, BORA)
    await desk.world.says(ANNA, "STOP")
    await desk.world.blocks(BORA)
    await desk.world.apply()
    assert await desk.run() == Written()


async def test_whose_situation_changes_gets_another_text() -> None:
    desk = Desk(in_english(personal=True))
    await desk.members(ANNA)
    await desk.run()
    desk.world.clock.advance(20 * 24 * HOUR / 1000)
    assert (await desk.run()).asked == 1
    assert [ask.about.absence for ask in desk.writer.asked if ask.about] == ["a week or so", "weeks"]


async def test_who_was_forgotten_meanwhile_gets_no_text() -> None:
    desk = Desk(in_english(personal=True))
    (anna,) = await desk.members(ANNA)

    async def forgets() -> None:
        async with desk.world.store.transaction() as tx:
            await tx.erasures.erase(anna, [], desk.world.clock.now_ms() + MINUTE)

    desk.deps = replace(desk.deps, writer=Interrupted(forgets))
    await desk.run()
    assert await desk.texts() == []
