"""Whole fakes of the outside world, shipped: the store and its rooms, hot state, pacer, messenger, clock.

They keep every promise of their ports inside one process and forget all when it ends. Tests of the flow run
on them; one behaviour suite holds them and the real stores to the same answers.
"""

from adapters.memory.clock import ManualClock
from adapters.memory.hot import MemoryHot
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.pacer import MemoryPacer
from adapters.memory.store import MemoryStore
from adapters.memory.writer import MemoryWriter

__all__ = ["ManualClock", "MemoryHot", "MemoryMessenger", "MemoryPacer", "MemoryStore", "MemoryWriter"]
