"""Lets people settle on a served world: what `sandbox serve` passes on as its inhabitants.

With a past, its history is written to a file of JSON lines first (whole or not at all), to be imported by the
product before its bots poll.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

from sandbox.accounts import Json
from sandbox.people.places import lay_out
from sandbox.people.town import Population
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Past:
    """How many days of history there are, and the file that gets them."""

    days: int
    path: Path


def settle(
    *, people: int, seed: int, time_scale: float = 1.0, past: Past | None = None
) -> Callable[[World], Awaitable[None]]:
    """What makes a world inhabited: call the result with the world and let it run until it is cancelled."""

    async def inhabit(world: World) -> None:
        bots = sorted(world.bots)
        population = Population(world, people=people, seed=seed, clock=world.clock, bots=bots)
        population.create()
        population.gather(lay_out(world, bots))
        if past is not None:
            write_history(population.history(past.days, world.clock()), past.path)
        await population.run(time_scale)

    return inhabit


def write_history(lines: Iterable[Json], path: Path) -> int:
    """Writes history lines to a file, one JSON document a line; returns how many there are. Its folder is
    made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    count = 0
    with partial.open("wb") as file:
        for line in lines:
            file.write(orjson.dumps(line) + b"\n")
            count += 1
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return count
