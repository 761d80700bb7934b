"""`kill -9` of a whole `run`, again and again, while people live with it.

The sandbox and `run` are two processes in real time. People chat, a broadcast goes out, and at random moments
(seeded) `run` is killed, or Redis under it, or what Redis holds is deleted. At the end `run` is stopped
cleanly, and `doctor` looks it over. Leaves to others: the judgement (`_judged`), the document.

Made for the run, and said so: history lines in which every resident declares a timezone where it is
midday now (else little would be sent at night); and the rows of a broadcast, written into the ledger as
a step of the flow would, for everybody, also those to whom the door must not let them. Leases of the dead
mostly run out at once instead of after 20 s. People hurry, but limits are kept and judged by the real clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.quality._judged import Judged, judged
from benchmarks.quality._made import broadcast, live_in
from benchmarks.quality._site import People, Site, ledger_of, site, until
from core.ledger import Message, MessageClass, State

SETTINGS = "delivery: {rate_per_s: 12, rate_ceiling_per_s: 12}"
"""Slow enough that a kill finds messages on their way."""
EARLY, REDIS_KILLED, REDIS_FLUSHED, LEFT_LEASES = 0.2, 0.3, 0.3, 0.2
"""Chances of a round: killed while it starts; Redis killed, flushed; leases left to run out by themselves."""
LIFE_S = 3.0
AIMED = 0.5
"""Share of the kills that wait for a message to be on its way, so that the worst moment is met often."""
AIM_S = 8.0
FIRST_ROUNDS = 1
"""These meet no chance: the first aims, the second flushes and kills Redis, so that a short run has all."""


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how hard."""

    kills: int = 20
    people: People = field(default_factory=lambda: People(300, 400, seed=11, days=4))
    recipients: int = 40
    settle: bool = True


QUICK = Options(2, People(60, 1500, seed=5, days=2), 25, settle=False)


@dataclass(slots=True)
class Tally:
    """What was done, and what was on its way when it was."""

    kills: int = 0
    while_starting: int = 0
    redis_killed: int = 0
    redis_flushed: int = 0
    in_flight: dict[int, Message] = field(default_factory=dict)
    start_s: list[float] = field(default_factory=list)
    stop_s: float = 0.0
    stop_code: int = -1
    doctor_code: int = -1
    said: list[str] = field(default_factory=list)


async def suffer(folder: Path, options: Options, say: Callable[[str], None]) -> tuple[Tally, Judged]:
    """The whole run in this folder."""
    tally, dice = Tally(), random.Random(options.people.seed)
    async with site(folder, options.people, SETTINGS) as place:
        await live_in(place)
        for number in range(options.kills):
            await _round(place, tally, dice, (number, options.recipients))
            say(f"`run`: {number + 1} of {options.kills} kills, {len(tally.in_flight)} on their way")
        await _end(place, tally, settle=options.settle)
    return tally, await judged(place, set(tally.in_flight))


async def _round(place: Site, tally: Tally, dice: random.Random, step: tuple[int, int]) -> None:
    """A broadcast, a start, some time, perhaps no Redis, and `kill -9`."""
    number, recipients = step
    await broadcast(place, number, recipients)
    began, before = time.monotonic(), place.starts()
    run = await place.start("run")
    if number > FIRST_ROUNDS and dice.random() < EARLY:
        tally.while_starting += 1
    else:
        await place.working([run], before)
        tally.start_s.append(time.monotonic() - began)
    for chance, hurt in ((REDIS_FLUSHED, _flush_redis), (REDIS_KILLED, _kill_redis)):
        if dice.random() < chance or number == FIRST_ROUNDS:
            await asyncio.sleep(dice.random() * LIFE_S / 2)
            hurt(place, tally)
    if not number or dice.random() < AIMED:
        await _aim(place)
    else:
        await asyncio.sleep(dice.random() * LIFE_S)
    assert run.alive, f"`run` did not survive: {run.err.read_text()}"
    tally.in_flight |= {message.id: message for message in await place.kill(run)}
    tally.kills += 1
    tally.said.append(run.err.read_text())
    if dice.random() >= LEFT_LEASES:
        await place.bury(run)


async def _aim(place: Site) -> None:
    """Wait until a message is on its way; not for ever, because the lane may still belong to the dead."""

    async def under_way() -> bool:
        async with place.store() as store:
            return any(row.state is State.SENDING for row in await ledger_of(store))

    with contextlib.suppress(TimeoutError):
        await until(under_way, "a message is on its way", AIM_S)


def _kill_redis(place: Site, tally: Tally) -> None:
    tally.redis_killed += place.kill_redis()


def _flush_redis(place: Site, tally: Tally) -> None:
    tally.redis_flushed += place.flush_redis()


async def _end(place: Site, tally: Tally, *, settle: bool) -> None:
    """One more start; all that waited takes effect; a clean stop, and the doctor."""
    [run] = await place.run()
    await until(lambda: _caught_up(place, tally, settle=settle), "everything that waited has taken effect")
    ended = await run.end()
    tally.stop_s, tally.stop_code = ended.seconds, ended.code
    tally.said.append(ended.said)
    tally.doctor_code, _ = await place.verb("doctor", "--json")


async def _caught_up(place: Site, tally: Tally, *, settle: bool) -> bool:
    """Lanes are taken over and due campaigns judged; when it shall settle, no row of the dead is open."""
    now_ms = time.time_ns() // 1_000_000
    async with place.store() as store:
        rows = await ledger_of(store)
    open_ = [row for row in rows if row.id in tally.in_flight and row.state is State.SENDING]
    if not settle:
        open_ = [row for row in open_ if row.cls is MessageClass.CAMPAIGN]
    due = [row for row in rows if row.state in (State.PLANNED, State.RETRY) and row.due_ms < now_ms - 2_000]
    return not open_ and not due


# ------------------------------------------------------------------------------------------ what it came to
def faults_of(tally: Tally, found: Judged) -> dict[str, int]:
    """What must be 0."""
    strangers = set(found.unknown) - set(tally.in_flight)
    return {
        **found.verdict.violations,
        "unknown_not_in_flight": len(strangers),
        "tracebacks": sum("Traceback" in said for said in tally.said),
        "clean_stop_exit": tally.stop_code,
        "doctor_exit": tally.doctor_code,
    }


def figures_of(tally: Tally, found: Judged) -> dict[str, Any]:
    """What was done, and what it came to."""
    return {
        "kills": tally.kills,
        "kills_while_starting": tally.while_starting,
        "redis_killed": tally.redis_killed,
        "redis_flushed": tally.redis_flushed,
        "updates": found.updates,
        "updates_acknowledged": found.acknowledged,
        "inbox": found.inbox,
        "ledger": found.ledger,
        "messages_received": found.verdict.messages,
        "campaign_messages_received": found.verdict.campaign_messages,
        "in_flight_at_kills": len(tally.in_flight),
        "unknown": len(found.unknown),
        "still_to_be_closed": len(found.waiting),
        "quiet_hours_estimated": found.verdict.quiet_hours_estimated,
        "restart_s": round(sum(tally.start_s) / max(1, len(tally.start_s)), 2),
        "stop_s": round(tally.stop_s, 2),
        "violations": found.verdict.details[:10],
    }
