"""A database that fills up, at the start and in mid-run: one sentence, exit 1, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality._judged import judged
from benchmarks.quality._site import People, ledger_of, site, until
from core.ledger import State

pytestmark = pytest.mark.timeout(300)  # several processes start, perhaps on a busy machine

FULL = "store: {max_mb: 1}"
"""The tables alone take a fifth of it."""


def refused_in_words(error: str) -> bool:
    return error.startswith("error: The database") and "is full" in error and "\n" not in error


async def test_a_database_that_fills_up_stops_with_a_sentence_and_goes_on_with_more_room(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, People(300, 2_000, seed=31), FULL) as place:
        [run] = await place.run()
        in_mid_run = await run.end(None)
        at_start = await (await place.start("run")).end(None)
        waiting = place.emitted()
        place.configure("store: {max_mb: 0}")
        async with place.store() as store:  # answers under way when the full database ended their process
            cut_off = {row.id for row in await ledger_of(store) if row.state is State.SENDING}
        [run] = await place.run()

        async def all_effective() -> bool:
            return await place.effective() >= waiting

        await until(all_effective, "everything that waited has taken effect")
        stopped = await run.end()
    assert (in_mid_run.code, at_start.code, stopped.code) == (1, 1, 0)
    assert refused_in_words(in_mid_run.error), in_mid_run.said
    assert refused_in_words(at_start.error), at_start.said
    found = await judged(place, cut_off)
    assert not found.verdict.details
    assert set(found.unknown) <= cut_off
