"""The simulated surroundings of the demo: town clock, Bot API server, people; and the referee at the end.

Everything in here is SIMULATED. The installation that lives in it is the real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.inflight import InFlight
from app.cast import BOTS
from app.exporter import export_inbox, export_ledger, export_trail
from bot.visitor import BotFace
from core.ports import Store
from core.posting import PostLimits
from core.segment import SegmentSpec
from core.strategy import PLAIN, Caps, Pace
from sandbox.botapi.server import BotApiServer
from sandbox.clock import Parking, Town
from sandbox.log import SandboxLog
from sandbox.people import Population, lay_out
from sandbox.referee import Evidence, Verdict, judge, read_stops
from sandbox.world import World

START = datetime(2026, 6, 1, tzinfo=UTC)
"""A Monday, so that runs can be compared."""
PAST_DAYS = 14
INBOX_KEPT_MS = 48 * 3_600_000
"""Whatever the settings say, what is done stays in the inbox for so long."""
POLL_S = 6 * 3600
"""How long an empty poll is held: a night costs a few requests instead of thousands."""


class TownClock:
    """The town's time as `core.ports.Clock`."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def now_ms(self) -> int:
        return self._town.now_ms()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class Surroundings:
    """The simulated world around one installation."""

    world: World
    server: BotApiServer
    people: Population
    faces: tuple[BotFace, ...]
    past: Sequence[Mapping[str, Any]]
    vip_chats: tuple[int, ...]
    """Groups whose joining is a conversion."""

    @classmethod
    def create(cls, place: tuple[Town, Parking], log: SandboxLog, people: int, seed: int) -> Surroundings:
        """Bots, their server, people and their groups; nothing runs yet."""
        town, parking = place
        world = World(town.now_ms, log, parking, seed)
        accounts = [world.add_bot(token, username, name) for token, username, name in BOTS]
        faces = tuple(BotFace(bot.id, bot.token, bot.name, bot.username) for bot in accounts)
        bots = [bot.id for bot in accounts]
        population = Population(world, people=people, seed=seed, clock=town.now_ms, bots=bots)
        population.create()
        places = lay_out(world, bots)
        population.gather(places)
        past = list(population.history(PAST_DAYS, town.now_ms()))
        server = BotApiServer(world, max_poll_s=POLL_S)
        return cls(world, server, population, faces, past, (places.vip,))

    async def judged(self, store: Store, limits: Mapping[str, Mapping[str, float]], caps: Caps) -> Verdict:
        """The referee's verdict on what the server received, against the exported ledger and plain limits."""
        ledger = await export_ledger(store)
        inbox = [(bot, update, _settled(state)) for bot, update, state in await export_inbox(store)]
        return judge(
            Evidence(
                received=self.world.log.received(),
                emitted=self.world.log.emitted(),
                acknowledged=self.world.log.acknowledged(),
                ledger=ledger,
                inbox=inbox,
                limits=limits,
                caps={"per_day": caps.per_day, "per_week": caps.per_week},
                history=self.past,
                true_zones=self.people.true_zones(),
                holdout=await held_out(store),
                inbox_since_ms=self.world.clock() - INBOX_KEPT_MS,
                plain=_pace(PLAIN),
                posts=asdict(PostLimits()),
                switches=read_stops(await export_trail(store)),
            )
        )


def _settled(state: str) -> str:
    """An applied update has taken effect, whether or not its handler has run yet."""
    return "done" if state in {"applied", "handled"} else state


async def held_out(store: Store) -> list[int]:
    """Telegram ids of the holdout."""
    found: list[int] = []
    after = 0
    while True:
        async with store.transaction(write=False) as tx:
            numbers = await tx.people.numbers(after, 2_000)
            records = await tx.people.load(numbers)
            names = await tx.people.identities([no for no in numbers if records[no].holdout])
        if not numbers:
            return found
        found += [int(i.value) for every in names.values() for i in every if i.namespace == "telegram"]
        after = numbers[-1]


def plain_limits(specs: Sequence[SegmentSpec]) -> dict[str, dict[str, float]]:
    """The table of the strategy files, as the referee reads it."""
    return {spec.name: _pace(spec.strategy.ceiling) for spec in specs}


def _pace(pace: Pace) -> dict[str, float]:
    return asdict(pace)


def busy(inflight: InFlight, parking: Parking) -> int:
    """Calls that the town's time must wait for."""
    return inflight.open - parking.parked
