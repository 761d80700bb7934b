"""The operators' way into an installation's data: store, segments and clock, opened and closed again.

Promises: no process, no Redis and no bot is started; the tables are brought up to date. The demo's data are a
workspace of their own, marked SIMULATED, whose time stands where the demo ended.

Leaves to others: a running installation (`app.run`), what may be asked (`app.queries`) and changed
(`app.commands`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.ports import Clock, Store
from core.segment import SegmentSpec
from core.strategy import Caps

if TYPE_CHECKING:
    pass

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config.yaml"
DEMO = ROOT / "data" / "demo"
DEMO_DATABASE = "kairos.db"


@dataclass(frozen=True, slots=True)
class BotName:
    """A bot that is set up."""

    bot_id: int
    name: str
    api_base: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """What questions and commands work on. `simulated`: nobody in it is real."""

    store: Store
    specs: Sequence[SegmentSpec]
    clock: Clock
    caps: Caps = Caps()
    bots: tuple[BotName, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """The database's revision (None: no tables yet) and the one this program needs."""

    url: str
    version: str | None
    wanted: str

    @property
    def current(self) -> bool:
        """Whether nothing has to be done."""
        return self.version == self.wanted
