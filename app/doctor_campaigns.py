"""What the doctor says about what is sent: files of contents and journeys, what stands still, texts."""

from __future__ import annotations

from pathlib import Path

from adapters.contents import load_contents
from adapters.journeys import load_journeys
from adapters.strategies import load_strategies
from core.journey import missing
from core.ports import Store

SWITCHES = ("kill", "pause:", "halt:")
Found = tuple[bool, str, str]
"""Whether it is well, what was seen, and what to do next."""


def files(root: Path) -> Found:
    """Whether all files that operators edit can be read. Raises SettingsError."""
    specs = load_strategies(root / "strategies")
    contents, journeys = load_contents(root / "content"), load_journeys(root / "journeys")
    known = {one.name: one for spec in specs for one in spec.contents} | {one.name: one for one in contents}
    if lacking := [fault for one in journeys for fault in missing(one.journey, known)]:
        return False, lacking[0], "manage_crm.py journey check"
    detail = f"{len(specs)} segments, {len(contents)} contents and {len(journeys)} journeys are valid"
    return True, detail, ""


async def campaigns(store: Store, now_ms: int) -> Found:
    """What stands still and why; a campaign that stopped itself waits for somebody."""
    async with store.transaction(write=False) as tx:
        switches = await tx.control.switches()
        running = await tx.campaigns.by_state(("scheduled", "running"))
        journeys = await tx.journeys.live()
        waiting = len(await tx.writings.waiting(0, 100))
    held = [f"{name} ({why})" for name, why in switches.items() if _holds(name, why, now_ms)]
    stopped = [name for name, why in switches.items() if why.startswith("self-stop")]
    detail = f"{len(running)} broadcasts under way, {len(journeys)} journeys take newcomers"
    if waiting:
        detail += f", {waiting} texts wait for review"
    if held:
        detail += f"; held: {', '.join(held)}"
    next_step = "manage_crm.py delivery status" if stopped else ""
    return not stopped, detail, next_step


def _holds(name: str, why: str, now_ms: int) -> bool:
    if not name.startswith(SWITCHES):
        return False
    return not name.startswith("halt:") or int(why) > now_ms
