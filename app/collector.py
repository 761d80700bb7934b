"""Python's garbage collector, set for a process that lives long and works in batches.

A batch makes some ten thousand objects that live as long as it does. With the settings that suit a script,
the collector walks through all of them, and through everything that was ever imported, dozens of times a
batch: a third of what an update costs. What exists when the work begins is therefore set aside for good, and
the collector comes once for so many objects as a batch makes. Memory stays as flat as before.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 20_000
"""New objects between two looks; the default is 700."""
MIDDLE: Final = 20
OLD: Final = 50


def suit_to_batches() -> None:
    """To be called once, when all is loaded and before the work begins."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
