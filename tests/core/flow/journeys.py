"""Journeys in a world in memory: contents to send, steps that run as the schedule runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.content import Content, to_document
from core.flow.journey import (
    Advanced,
    AdvanceDeps,
    EnrolDeps,
    Enrolled,
    Says,
    advance_due,
    begin,
    enrol_due,
)
from core.intake import record, sent_event
from core.journey import parse
from core.ledger import Message, Move, State
from core.ports import Enrolment
from tests.core.flow.worlds import BOT, World

TEXTS = {"tr": "Selam {first_name}", "en": "Hi {first_name}"}


@dataclass(slots=True)
class Traveller:
    """What journeys do in a world."""

    world: World = field(default_factory=World)

    async def say(self, *names: str) -> None:
        """Contents of these names, in both languages."""
        async with self.world.store.transaction() as tx:
            for name in names:
                content = Content(name, "news", TEXTS)
                await tx.contents.put(name, to_document(content), self.now, author="test")

    async def open(self, body: Mapping[str, object]) -> int:
        """Store a version and let newcomers in; its number."""
        journey = parse(body)
        await self.say(*(send.content for send in journey.sends))
        async with self.world.store.transaction() as tx:
            stored = await tx.journeys.put(journey.name, body, self.now, author="test", live=False)
            await begin(tx, journey.name, stored.version, self.now)
        return stored.version

    @property
    def now(self) -> int:
        return self.world.clock.now_ms()

    @property
    def deps(self) -> AdvanceDeps:
        return AdvanceDeps(self.world.store, self.world.hot, Says((), {BOT: "Kairos"}))

    async def enrol(self, limit: int = 500) -> Enrolled:
        """One round of looking who enters."""
        return await enrol_due(EnrolDeps(self.world.store, self.world.hot), self.now, limit)

    async def advance(self, limit: int = 500) -> Advanced:
        """One round of going on."""
        return await advance_due(self.deps, self.now, limit)

    async def goes_by(self, seconds: float = 0) -> None:
        """Time passes, then the schedule's two steps run until nobody is left."""
        self.world.clock.advance(seconds)
        while (await self.enrol()).people:
            pass
        await self.advance()

    async def sends(self, message: Message) -> None:
        """The message reaches its person, and that is an event."""
        await self.ends(message, State.SENT)
        async with self.world.store.transaction() as tx:
            row = (await tx.ledger.get([message.id]))[message.id]
            await record(tx, [sent_event(row, self.now)], self.now)

    async def way(self, person: int, run: int = 1) -> Enrolment:
        """Where this person is."""
        number = await self.world.number(person)
        async with self.world.store.transaction(write=False) as tx:
            return next(one for one in await tx.journeys.of_person(number) if one.run == run)

    async def ways(self, person: int) -> list[tuple[str, str]]:
        """(step, state) of all runs of this person."""
        number = await self.world.number(person)
        async with self.world.store.transaction(write=False) as tx:
            return [(one.step, one.state) for one in await tx.journeys.of_person(number)]

    async def rows(self, person: int) -> list[Message]:
        """The ledger's rows of this person, oldest first."""
        number = await self.world.number(person)
        async with self.world.store.transaction(write=False) as tx:
            return (await tx.ledger.of_person(number, 100))[::-1]

    async def ends(self, message: Message, state: State, reason: str = "") -> None:
        """The ledger's row ends so, whoever brought that about."""
        async with self.world.store.transaction() as tx:
            found = (await tx.ledger.get([message.id]))[message.id]
            if state in (State.SENT, State.UNKNOWN, State.FAILED):
                await tx.ledger.move([Move(found.id, found.state, State.SENDING, permit_ms=self.now)])
                sent_ms = self.now if state is not State.FAILED else None
                await tx.ledger.move([Move(found.id, State.SENDING, state, reason, sent_ms=sent_ms)])
            else:
                await tx.ledger.move([Move(found.id, found.state, state, reason)])
