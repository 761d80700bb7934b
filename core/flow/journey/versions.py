"""Versions of journeys come and go: stored from files, opened and closed for newcomers, people moved over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.errors import RefusedError
from core.flow.journey.advance import withdraw
from core.flow.journey.books import began_mark, read, still_inside
from core.journey import parse
from core.ports import Enrolment, Transaction

FILE: Final = "file"
"""Author of what comes from files."""


async def take_files(tx: Transaction, documents: Sequence[Mapping[str, object]], now_ms: int) -> list[str]:
    """Store journeys of files that are not known yet as version 1, and open those that say so; one that was
    edited since becomes a version that waits for approval. Their names."""
    known = await tx.journeys.newest()
    taken = []
    for document in documents:
        journey = parse(document)
        history = await tx.journeys.history(journey.name) if journey.name in known else []
        former = next((one for one in history if one.author == FILE), None)
        if history and (former is None or read(former) == journey):
            continue
        stored = await tx.journeys.put(journey.name, document, now_ms, author=FILE, live=False)
        if journey.starts and not history:
            await begin(tx, journey.name, stored.version, now_ms)
        taken.append(journey.name)
    return taken


async def begin(tx: Transaction, name: str, version: int, now_ms: int) -> bool:
    """Take newcomers into this version; what happened before the journey was open lets nobody in. False if
    there is no such version."""
    was_open = name in await tx.journeys.live()
    if not await tx.journeys.set_live(name, version):
        return False
    if not was_open:
        await tx.control.set_mark(began_mark(name), str(now_ms))
    return True


async def close(tx: Transaction, name: str) -> bool:
    """Take no newcomers any more; those inside go on. False if there is no such journey."""
    await tx.control.set_mark(began_mark(name), None)
    return await tx.journeys.set_live(name, None)


async def move_over(
    tx: Transaction, people: Sequence[Enrolment], version: int, steps: Mapping[str, str], now_ms: int
) -> int:
    """Put these people into another version; `steps`: where each step goes on, the same name if not said.
    What waits for a step that is another one there is withdrawn; there they arrive now. How many were moved;
    RefusedError where somebody has come to a step that has no place there."""
    journey = read(await tx.journeys.version(people[0].journey, version)) if people else None
    moved = []
    for one in (await still_inside(tx, people))[0]:
        step = steps.get(one.step, one.step)
        if journey is None or journey.step(step) is None:
            raise RefusedError(f"version {version} of {one.journey} has no step {step}")
        if step != one.step:
            await withdraw(tx, one, keep=step)
        arrived_ms = one.changed_ms if step == one.step else now_ms
        moved.append(replace(one, version=version, step=step, due_ms=now_ms, changed_ms=arrived_ms))
    await tx.journeys.save(moved)
    return len(moved)
