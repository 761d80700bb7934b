"""An installation in several processes, a second `run` beside them, and a clean stop of each."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from benchmarks.quality._judged import Judged, judged
from benchmarks.quality._made import broadcast, live_in
from benchmarks.quality._site import Ended, People, Site, site, until
from core.ledger import MessageClass

pytestmark = pytest.mark.timeout(300)  # several processes start, perhaps on a busy machine

SETTINGS = "delivery: {rate_per_s: 8, rate_ceiling_per_s: 8}"
STOP_S = 20.0
"""Far above what a stop takes; beyond it `run` would give up on what is under way."""


async def states(place: Site) -> dict[str, int]:
    async with place.store() as store, store.transaction(write=False) as tx:
        return await tx.ledger.counts(MessageClass.CAMPAIGN)


async def campaigns(place: Site, sent: int) -> None:
    """Wait until so many campaign messages have left."""

    async def left() -> bool:
        return (await states(place)).get("sent", 0) >= sent

    await until(left, "campaign messages leave")


async def more_updates(place: Site) -> None:
    """Wait until people did more, and it took effect."""
    before = await place.effective()

    async def came() -> bool:
        return await place.effective() >= before + 10

    await until(came, "updates take effect")


def clean(ended: Ended) -> bool:
    return ended.code == 0 and ended.error == "" and ended.seconds < STOP_S


def fault_free(found: Judged) -> bool:
    assert not found.verdict.details
    assert "sending" not in found.ledger
    assert "unknown" not in found.ledger
    assert found.verdict.messages > found.verdict.campaign_messages > 0
    return found.verdict.clean and found.acknowledged > 0


def planned(folder: Path) -> bool:
    logs = (folder / "logs").glob("delivery_optimizer_*.log")
    return any(b'"event":"planned"' in file.read_bytes() for file in logs)


async def test_parts_and_a_second_whole_beside_them_share_the_work_and_stop_cleanly(tmp_path: Path) -> None:
    """Two poll the same bots, two want the same lanes, Redis ends with the process that had it."""
    async with site(tmp_path, People(60, 1_500, seed=22, days=2), SETTINGS) as place:
        await live_in(place)
        await broadcast(place, 0, 60)
        wrong = await place.start("run", env={"CLUB_TOKEN": "7001002:WRONG-club"})
        parts = await place.run("bot", "sender", "scheduler")
        await campaigns(place, 5)
        [whole] = await place.run("all")
        ended = [await part.end(signal.SIGINT) for part in parts]
        await more_updates(place)
        await campaigns(place, 10)
        ended.append(await whole.end(signal.SIGTERM))
        refused = await wrong.end(None)
    assert [one for one in ended if not clean(one)] == []
    assert fault_free(await judged(place))
    assert planned(tmp_path), "the scheduler planned"
    assert refused.code == 2
    assert refused.error.startswith("error: Telegram at 127.0.0.1")
    assert "does not accept the token of bot club" in refused.error
