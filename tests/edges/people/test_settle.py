"""People on a served world: the history file first, then they live in a hurry."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson

from sandbox.clock import Town, run_town
from sandbox.people import Past, lay_out, settle
from tests.edges.people.towns import BOTS, START, new_population, new_world


def test_the_history_file_is_whole_before_anybody_acts(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"

    async def main(town: Town) -> int:
        world = new_world(town.now_ms)
        inhabit = settle(people=40, seed=7, time_scale=60, past=Past(days=14, path=path))
        living = asyncio.ensure_future(inhabit(world))
        await asyncio.sleep(3600)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        return len(world.log.emitted())

    emitted = run_town(main, START, busy=lambda: 0)
    written = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    other = new_world()
    same = new_population(other, people=40)
    same.gather(lay_out(other, BOTS))
    expected = list(same.history(14, round(START.timestamp() * 1000)))
    assert written == expected
    assert list(tmp_path.iterdir()) == [path]
    assert {line["bot_id"] for line in written} == set(BOTS)
    assert emitted > 40 * 60 / 24 * 0.5
