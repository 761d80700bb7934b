"""Random journeys, events, endings of messages and crashes: nobody gets a step twice, nobody is lost, all
ways are lawful and all of them end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.consent import CAMPAIGNS, ConsentChange
from core.errors import StoreError
from core.event import Event, PersonEvent
from core.flow.journey import campaign_of
from core.identity import telegram
from core.intake import record
from core.journey import ACTIVE, Journey, Send, parse, targets
from core.ledger import COUNTED, OPEN, State
from core.ports import Enrolment, Reach
from tests.core.flow.journeys import Traveller
from tests.core.flow.worlds import BOT, DAY, HOUR, NOW

PEOPLE = 3
IDS = ("a", "b", "c", "d", "e", "f")
EVENTS = ("message_received", "button_tapped", "payment_succeeded", "consent_withdrawn", "consent_given")
ENDS = (State.SENT, State.SENT, State.UNKNOWN, State.SUPPRESSED, State.EXPIRED, State.FAILED)


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, Any]:
    """A journey that can be gone: each step goes on at the next one or at any other, but back only after a
    wait; the last may lead back to the beginning."""
    n = draw(st.integers(2, len(IDS)))
    steps = [{"id": IDS[place], **draw(_step(place, n))} for place in range(n)]
    if draw(st.booleans()):
        steps += [{"wait": "20h"}, {"goto": IDS[0]}]
    entry = {"events": "consent_given", "again_after_days": draw(st.sampled_from([0, 1, 5])), "max_runs": 3}
    body = {"name": "walk", "enter": entry, "steps": steps, "lasts_days": draw(st.integers(3, 30))}
    body["goal"] = draw(
        st.sampled_from([[], [], ["payment_succeeded", "message_received"], ["alive"], ["purchases >= 1"]])
    )
    body["exit"] = draw(st.sampled_from([[], ["consent_withdrawn"]]))
    return body


def _step(place: int, n: int) -> st.SearchStrategy[dict[str, Any]]:
    ahead = st.sampled_from(["next", *IDS[place + 1 : n], "end", "exit"])
    anywhere = st.sampled_from(["next", *IDS[:n], "end"])
    contents, hours, long = (
        st.sampled_from(["hi", "bye"]),
        st.sampled_from([1, 6, 24, 72]),
        st.integers(1, 60),
    )
    send = st.builds(lambda c, h, e: {"send": c, "lifetime_h": h, "else": e}, contents, hours, ahead)
    return st.one_of(
        send,
        send,
        st.builds(lambda h: {"wait": f"{h}h"}, long),
        st.builds(lambda h: {"wait": f"until {h}:30"}, st.integers(0, 23)),
        st.builds(
            lambda kind, h, e: {"wait": f"for {kind} within {h}h", "else": e},
            st.sampled_from(EVENTS[:2]),
            long,
            anywhere,
        ),
        st.builds(lambda e: {"if": "messages_30d >= 1", "else": e}, ahead),
        st.builds(lambda e: {"split": {"next": 1} | ({e: 1} if e != "next" else {"end": 1})}, ahead),
    )


@dataclass(frozen=True)
class Move:
    """One thing that happens: time, an event, an ended message, a look, a crash."""

    what: str
    who: int = 0
    pick: int = 0


MOVES = st.lists(
    st.builds(
        Move,
        st.sampled_from(["time", "time", "event", "event", "end", "end", "look", "look", "crash", "pause"]),
        st.integers(0, PEOPLE - 1),
        st.integers(0, 59),
    ),
    max_size=40,
)


@dataclass
class Trip:
    """A journey being travelled, and what was seen of it."""

    journey: Journey
    traveller: Traveller = field(default_factory=Traveller)
    numbers: list[int] = field(default_factory=list)
    seen: dict[tuple[int, int], Enrolment] = field(default_factory=dict)
    events: int = 0
    paused: bool = False

    async def begin(self, body: Mapping[str, Any]) -> None:
        await self.traveller.say("hi", "bye")
        await self.traveller.open(body)
        store = self.traveller.world.store
        async with store.transaction() as tx:
            people = [telegram(user) for user in range(1, PEOPLE + 1)]
            known = await tx.people.resolve(people, NOW)
            self.numbers = [known[one] for one in people]
            await tx.people.set_reach([Reach(no, BOT, no, "open", NOW, NOW) for no in self.numbers])
            await tx.people.change_consent(
                [ConsentChange(no, CAMPAIGNS, True, NOW, "button") for no in self.numbers]
            )

    async def make(self, move: Move) -> None:
        if move.what == "time":
            self.traveller.world.clock.advance(float(move.pick * move.pick) * 60)
        elif move.what == "event":
            await self.happens(self.numbers[move.who], EVENTS[move.pick % len(EVENTS)], move.pick)
        elif move.what == "end":
            await self.message_ends(move)
        elif move.what == "pause":
            self.paused = not self.paused
            switch = f"pause:campaign:{campaign_of('walk')}"
            await self.traveller.world.switch(switch, "test" if self.paused else None)
        else:
            await self.looks(crash=move.what == "crash")

    async def happens(self, number: int, kind: str, age: int) -> None:
        """An event, perhaps long ago."""
        self.events += 1
        ts_ms = self.traveller.now - (age // 20) * HOUR + self.events
        props: dict[str, Any] = {"purpose": CAMPAIGNS, "text_version": "1", "source": "test"}
        if kind == "payment_succeeded":
            props = {"amount_minor": 5, "currency": "XTR", "charge": f"c{self.events}"}
        event = Event(f"e{self.events}", ts_ms, kind, BOT, props)
        async with self.traveller.world.store.transaction() as tx:
            await record(tx, [PersonEvent(number, event)], self.traveller.now)

    async def message_ends(self, move: Move) -> None:
        async with self.traveller.world.store.transaction(write=False) as tx:
            rows = [row for row in await tx.ledger.queue(100) if row.person_no == self.numbers[move.who]]
        if rows:
            await self.traveller.ends(rows[move.pick % len(rows)], ENDS[move.pick % len(ENDS)])

    async def looks(self, *, crash: bool = False) -> None:
        """The schedule's round; a crash loses the commit and all that was written in it."""
        store = self.traveller.world.store
        if crash:
            for work in (self.traveller.enrol, self.traveller.advance):
                store.failing = True
                try:
                    await work()
                except StoreError:
                    pass
                finally:
                    store.failing = False
        await self.traveller.goes_by()
        await self.judge()

    async def judge(self) -> None:
        """What must hold at any moment."""
        async with self.traveller.world.store.transaction(write=False) as tx:
            ways = [one for no in self.numbers for one in await tx.journeys.of_person(no)]
            rows = await tx.journeys.sends(campaign_of("walk"), self.numbers)
        for way in ways:
            former = self.seen.get((way.person_no, way.run))
            mine = [
                row for row in rows if row.person_no == way.person_no and row.step.startswith(f"{way.run}:")
            ]
            waiting = [row.step for row in mine if State(row.state) in OPEN]
            at = f"{way.run}:{way.step}"
            assert waiting in ([], [at] if way.state == ACTIVE else []), "what waits is of the step reached"
            assert former is None or way == former or former.state == ACTIVE, "what is over stays over"
            begin = former.step if former else self.journey.first
            assert way.step in self.reach(begin), "along the steps' own ways"
            self.seen[way.person_no, way.run] = way
        assert set(self.seen) == {(way.person_no, way.run) for way in ways}, "nobody is lost"
        assert len({(row.person_no, row.step) for row in rows}) == len(rows)

    def reach(self, begin: str) -> set[str]:
        found = {begin}
        waiting = [begin]
        while waiting:
            step = self.journey.step(waiting.pop())
            assert step is not None
            new = {one for one in targets(step) if self.journey.step(one)} - found
            found |= new
            waiting += sorted(new)
        return found

    async def end(self) -> None:
        """All time passes, and all messages end but those of one person: everybody has come to an end."""
        await self.traveller.world.switch(f"pause:campaign:{campaign_of('walk')}", None)
        for _ in range(8):
            await self.looks()
            for who in range(1, PEOPLE):
                await self.message_ends(Move("end", who, who))
            self.traveller.world.clock.advance(5 * DAY / 1000)
        await self.looks()
        assert all(way.state != ACTIVE for way in self.seen.values())
        await self.nothing_was_sent_beside_the_way()

    async def nothing_was_sent_beside_the_way(self) -> None:
        sends = {step.id for step in self.journey.steps if isinstance(step.act, Send)}
        async with self.traveller.world.store.transaction(write=False) as tx:
            rows = await tx.journeys.sends(campaign_of("walk"), self.numbers)
            for no in self.numbers:
                left = [e.event for e in await tx.events.all_of_person(no) if e.event.kind == "journey_left"]
                runs = [way.run for way in self.seen.values() if way.person_no == no]
                assert sorted(int(e.props["run"] or 0) for e in left) == runs == [*range(1, len(runs) + 1)]
        assert {row.step.partition(":")[2] for row in rows} <= sends
        assert all(State(row.state) in COUNTED or State(row.state) not in OPEN for row in rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(journeys(), MOVES)
def test_whatever_happens_everybody_walks_lawfully_and_comes_to_an_end(
    body: dict[str, Any], moves: list[Move]
) -> None:
    journey = parse(body)

    async def travel() -> None:
        trip = Trip(journey)
        await trip.begin(body)
        for no in trip.numbers[:2]:
            await trip.happens(no, "consent_given", 0)
        await trip.looks()
        for move in moves:
            await trip.make(move)
        await trip.end()

    asyncio.run(travel())
