"""Stories in which everything goes wrong at once, for the real planner, door and sender on the store in
memory.

People with wishes of their own turn up, agree, stop and block; operators push campaigns; strategies are
random; the clock stands, creeps and leaps; requests are lost, senders are killed. All that the outside could
see is written down as the referee's evidence.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from app.exporter import export_ledger
from core.errors import AmbiguousError, RateLimitedError, RejectedError, StoreError, TransportError
from core.flow.deliver import DeliverDeps, Delivery, recover
from core.flow.plan import INSTALLED, PlanDeps, plan_due
from core.flow.segment import SegmentDeps, assess_due
from core.ledger import MessageClass, NewMessage
from core.ports import Lease
from core.posting import PostLimits
from core.segment import SegmentSpec
from core.strategy import Caps, Pace
from sandbox.log import Received
from sandbox.referee import Evidence, Verdict, judge
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.witness import Witness
from tests.core.flow.worlds import BOT, DAY, GROUP, NOW, OTHER_BOT, SECOND

BOTS: Final = (BOT, OTHER_BOT)
FAULTS: Final[Mapping[str, tuple[TransportError, bool]]] = {
    "429": (RateLimitedError("slow down", retry_after_s=7), False),
    "lost answer": (AmbiguousError("the answer was lost"), True),
    "lost request": (AmbiguousError("perhaps it never arrived"), False),
    "never left": (TransportError("no line"), False),
    "blocked": (RejectedError("blocked", code="blocked"), False),
}
"""What may happen to a request, and whether the message arrives all the same."""
LEASE_MS: Final = 20 * SECOND
SEGMENTS: Final = ("", *(spec.name for spec in SPECS))


@dataclass(frozen=True, slots=True)
class Person:
    """Who they are and what they want."""

    id: int
    agrees: bool
    zone: str
    wishes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in a story: per segment the ceiling and the pace in force, caps over all, the plain pace."""

    ceilings: tuple[Pace, ...]
    paces: tuple[Pace, ...]
    caps: Caps
    plain: Pace
    posts: PostLimits = PostLimits()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. `who`, `bot` and `size` are numbers that each kind of step reads as it
    needs."""

    kind: str
    who: int = 0
    bot: int = 0
    size: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    start_ms: int
    rules: Rules
    people: tuple[Person, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What the referee is told instead of the rules that the product was given."""

    caps: Caps | None = None
    plain: Pace | None = None
    posts: PostLimits | None = None


@dataclass
class Run:
    """A story being played."""

    story: Story
    promised: Promise = Promise()
    world: Witness = field(default_factory=Witness)
    specs: tuple[SegmentSpec, ...] = SPECS
    switches: list[dict[str, Any]] = field(default_factory=list)
    campaigns: int = 0
    holders: int = 0
    blocked: set[tuple[int, int]] = field(default_factory=set)

    # ------------------------------------------------------------------ from the first step to the verdict
    async def play(self) -> Verdict:
        await self._begin()
        for step in self.story.steps:
            await getattr(self, f"_{step.kind}")(step)
        await self.world.come_back()
        await self._deliver(Step("deliver", bot=2, size=8))
        for bot in BOTS:
            await recover(self.world.store, bot, self.world.clock.now_ms())
        return judge(await self._evidence())

    async def _begin(self) -> None:
        world, rules = self.world, self.story.rules
        world.clock.advance((self.story.start_ms - NOW) / 1000)
        strategies = [
            replace(spec.strategy, pace=pace, ceiling=ceiling)
            for spec, pace, ceiling in zip(SPECS, rules.paces, rules.ceilings, strict=True)
        ]
        self.specs = tuple(
            replace(spec, strategy=strategy) for spec, strategy in zip(SPECS, strategies, strict=True)
        )
        async with world.store.transaction() as tx:
            await tx.control.set_switch(INSTALLED, str(world.clock.now_ms() - 9 * DAY))
            for strategy in strategies:
                await tx.knowledge.put_strategy(strategy, world.clock.now_ms(), live=True, author="file")
        await self._gather()
        for place, person in enumerate(self.story.people):
            for bot in BOTS[: 1 + place % 2]:
                await world.says(person.id, "/start", bot=bot)
            await world.says(person.id, "what is the price of VIP? I want to buy")
            if person.zone:
                await world.says(person.id, f"/timezone {person.zone}")
            for wish in (*(("consent:all",) if person.agrees else ()), *person.wishes):
                await world.taps(person.id, wish)
        world.clock.advance(1)
        await world.apply()

    async def _gather(self) -> None:
        """A bot is invited into a group where people talk all day long."""
        self.world.clock.advance(-DAY / SECOND)
        await self.world.invites(BOT, "member")
        for _ in range(8):
            for person in self.story.people:
                await self.world.says_in_group(person.id, "hi")
            self.world.clock.advance(DAY / 8 / SECOND)

    async def arrived(self) -> Counter[str]:
        """Messages that arrived as far as the ledger knows: of the optimizer, broadcasts and journeys;
        posts."""
        rows = [row for row in await export_ledger(self.world.store) if row["state"] == "sent"]
        return Counter(
            "posts" if row["chat_id"] == GROUP else row["campaign"].partition(":")[0] for row in rows
        )

    async def _evidence(self) -> Evidence:
        rules, promised = self.story.rules, self.promised
        caps, plain, posts = (
            promised.caps or rules.caps,
            promised.plain or rules.plain,
            promised.posts or rules.posts,
        )
        return Evidence(
            received=[self._received(number, sent) for number, sent in enumerate(self.world.messenger.sent)],
            emitted=self.world.emitted,
            ledger=await export_ledger(self.world.store),
            limits={spec.name: _plain(pace) for spec, pace in zip(SPECS, rules.ceilings, strict=True)},
            caps={"per_day": caps.per_day, "per_week": caps.per_week},
            plain=_plain(plain),
            posts={"per_day": posts.per_day, "per_week": posts.per_week, "gap_h": posts.gap_h},
            switches=self.switches,
        )

    def _received(self, number: int, sent: Any) -> Received:
        data = [button["data"] for row in sent.body.get("buttons", ()) for button in row]
        keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": one} for one in data]]}
        return Received(
            number + 1,
            sent.at_ms,
            sent.bot_id,
            "sendMessage",
            sent.chat_id,
            sent.telegram_id,
            {"chat_id": sent.chat_id, "reply_markup": keyboard},
            sent.arrived,
            None,
            sent.arrived,
        )

    # ------------------------------------------------------------------ steps
    async def _wait(self, step: Step) -> None:
        self.world.clock.advance(step.size / 1000)

    async def _says(self, step: Step) -> None:
        await self._enter(step)
        await self.world.says(self._person(step).id, step.words, bot=BOTS[step.bot % 2])
        await self._take_in()

    async def _taps(self, step: Step) -> None:
        await self._enter(step)
        await self.world.taps(self._person(step).id, step.words, bot=BOTS[step.bot % 2])
        await self._take_in()

    async def _blocks(self, step: Step) -> None:
        self.blocked.add((self._person(step).id, BOTS[step.bot % 2]))
        await self.world.blocks(self._person(step).id, bot=BOTS[step.bot % 2])
        await self._take_in()

    async def _enter(self, step: Step) -> None:
        """Whoever blocked a bot takes that back before the next word, as Telegram's apps demand. Nobody says
        two things within a second: that is how exact Telegram's dates are."""
        self.world.clock.advance(1)
        person, bot = self._person(step).id, BOTS[step.bot % 2]
        if (person, bot) in self.blocked:
            self.blocked.discard((person, bot))
            await self.world.unblocks(person, bot=bot)

    async def _sleep(self, step: Step) -> None:
        """Nothing runs here any more; what people do meanwhile waits at Telegram."""
        self.world.offline = True

    async def _take_in(self) -> None:
        if not self.world.offline:
            await self.world.apply()

    async def _switch(self, step: Step) -> None:
        """What stands is lifted, what does not is set."""
        async with self.world.store.transaction() as tx:
            stands = step.words in await tx.control.switches()
            await tx.control.set_switch(step.words, None if stands else "an operator")
        at_ms = self.world.clock.now_ms()
        self.switches.append({"at_ms": at_ms, "switch": step.words, "on": not stands})

    async def _plan(self, step: Step) -> None:
        await self._wake()
        world, now_ms = self.world, self.world.clock.now_ms()
        await assess_due(SegmentDeps(world.store, world.hot, self.specs), now_ms)
        names = dict.fromkeys(BOTS, "Kairos")
        deps = PlanDeps(
            world.store,
            self.specs,
            lambda at_ms: np.random.default_rng([step.size, at_ms]),
            names,
            self.story.rules.caps,
        )
        await plan_due(deps, now_ms)

    async def _push(self, step: Step) -> None:
        """An operator's campaign to everybody, due at once."""
        await self._wake()
        self.campaigns += 1
        new = [await self._row(step, place, person) for place, person in enumerate(self.story.people)]
        async with self.world.store.transaction() as tx:
            await tx.ledger.add([one for one in new if one is not None], self.world.clock.now_ms())

    async def _post(self, step: Step) -> None:
        """An operator's post to the group, due at once."""
        await self._wake()
        self.campaigns += 1
        now_ms = self.world.clock.now_ms()
        async with self.world.store.transaction() as tx:
            number = await tx.groups.find(GROUP)
            if number is None:
                raise LookupError("the group is not known")
            post = NewMessage(
                cls=MessageClass.CAMPAIGN,
                campaign=f"b:{self.campaigns}",
                step=f"1:g{number}",
                person_no=0,
                group_no=number,
                bot_id=BOT,
                chat_id=GROUP,
                due_ms=now_ms,
                expires_ms=now_ms + 9 * DAY,
                body={"text": "Hello all"},
                kind="news",
            )
            await tx.ledger.add([post], now_ms)

    async def _group(self, step: Step) -> None:
        """The bot is shown out, muted, or let in again."""
        await self.world.invites(BOT, step.words)
        await self._take_in()

    async def _row(self, step: Step, place: int, person: Person) -> NewMessage | None:
        number, now_ms = await self.world.number(person.id), self.world.clock.now_ms()
        async with self.world.store.transaction(write=False) as tx:
            if number not in await tx.people.load([number]):
                return None
        bot = BOTS[(step.bot + place) % 2 if place % 2 else 0]
        button = {"text": "More", "data": f"c:{{id}}:{step.words}:more"}
        return NewMessage(
            cls=MessageClass.CAMPAIGN,
            campaign=f"{'b' if step.bot % 2 else 'j'}:{self.campaigns}",
            step="1",
            person_no=number,
            bot_id=bot,
            chat_id=person.id,
            due_ms=now_ms,
            expires_ms=now_ms + 9 * DAY,
            body={"text": "Hello", "buttons": [[button]]},
            segment=SEGMENTS[(step.who + place) % len(SEGMENTS)],
            kind=step.words,
            priority=float(step.size % 11),
        )

    async def _fault(self, step: Step) -> None:
        error, arrives = FAULTS[step.words]
        for _ in range(1 + step.size % 3):
            self.world.messenger.fail_next(error, arrives=arrives)

    async def _deliver(self, step: Step) -> None:
        """Senders of one bot or of both run for some seconds; `who` > 0: they are killed in the midst of
        it."""
        await self._wake()
        bots = BOTS if step.bot > 1 else (BOTS[step.bot],)
        before = asyncio.all_tasks()
        lanes = asyncio.gather(*[self._lane(bot, 1 + step.size) for bot in bots])
        turns = step.who * 7 if step.who else -1
        while not lanes.done() and turns:
            for _ in range(10):
                await asyncio.sleep(0)
            turns -= 1
            self.world.clock.advance(0.1)
        for task in asyncio.all_tasks() - before:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await lanes

    async def _wake(self) -> None:
        if self.world.offline:
            await self.world.come_back()
        await self.world.apply()

    async def _lane(self, bot: int, seconds: int) -> None:
        clock, lease = self.world.clock, await self._lease(bot)
        await recover(self.world.store, bot, clock.now_ms())
        delivery, ends_ms = Delivery(self._deps, bot), clock.now_ms() + seconds * SECOND
        while clock.now_ms() < ends_ms or delivery.flying:
            with suppress(StoreError):
                done = await delivery.step(lease if clock.now_ms() < ends_ms else None)
                if not delivery.flying and done.wait_ms > ends_ms - clock.now_ms():
                    break
            await clock.sleep(0.1)
        await delivery.finish()
        async with self.world.store.transaction() as tx:
            await tx.control.release(lease)

    async def _lease(self, bot: int) -> Lease:
        """A new process; after a killed one it must wait until the right of that has run out."""
        self.holders += 1
        holder = f"holder {self.holders}"
        while True:
            async with self.world.store.transaction() as tx:
                now_ms = self.world.clock.now_ms()
                lease = await tx.control.acquire(f"lane:{bot}", holder, now_ms, LEASE_MS)
            if lease is not None:
                return lease
            await self.world.clock.sleep(LEASE_MS / SECOND)

    @property
    def _deps(self) -> DeliverDeps:
        rules = self.story.rules
        return replace(self.world.sending, caps=rules.caps, plain=rules.plain, posts=rules.posts)

    def _person(self, step: Step) -> Person:
        people: Sequence[Person] = self.story.people
        return people[step.who % len(people)]


def _plain(pace: Pace) -> dict[str, float]:
    return {
        "daily_limit": pace.daily_limit,
        "cooldown_h": pace.cooldown_h,
        "period_days": pace.period_days,
    }
