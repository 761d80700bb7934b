"""Versions of journeys come and go: stored from files, opened and closed for newcomers, people moved over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.flow.journey.advance import withdraw
from core.flow.journey.books import began_mark, read
from core.journey import ACTIVE, parse
from core.ports import Enrolment, Transaction

FILE: Final = "file"
"""Author of what comes from files."""
PAGE: Final = 500


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


async def inside(tx: Transaction, name: str) -> list[Enrolment]:
    """Everybody on the way, in any version."""
    found: list[Enrolment] = []
    after = (0, 0)
    while page := await tx.journeys.members(name, after, PAGE, ACTIVE):
        found += page
        after = (page[-1].person_no, page[-1].run)
    return found


async def move_over(
    tx: Transaction, people: Sequence[Enrolment], version: int, steps: Mapping[str, str], now_ms: int
) -> None:
    """Put these people into another version; `steps`: where each step goes on, the same name if not said.
    What waits for a step that is another one there is withdrawn."""
    await tx.people.load(sorted({one.person_no for one in people}))
    moved = []
    for one in people:
        step = steps.get(one.step, one.step)
        if step != one.step:
            await withdraw(tx, one, keep=step)
        moved.append(replace(one, version=version, step=step, due_ms=now_ms))
    await tx.journeys.save(moved)
