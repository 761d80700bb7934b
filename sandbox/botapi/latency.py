"""How long a call takes on its way: a round trip for all methods, others for some, and dice that spread it.

Half of it passes before a call has its effect and half after; meanwhile other calls go on.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Travel:
    """Milliseconds of a round trip: `ms`, more or less by up to `jitter_ms`; `methods` (lower case) have
    their own."""

    ms: float = 0.0
    jitter_ms: float = 0.0
    methods: Mapping[str, float] = field(default_factory=dict)


class Latency:
    """Draws each call's way from a seeded generator, so a run repeats. `travel` may change at any moment."""

    def __init__(self, travel: Travel, seed: int = 0) -> None:
        self.travel = travel
        self._dice = random.Random(seed)

    def way_s(self, method: str) -> float:
        """Seconds of one way of a call of this method."""
        travel = self.travel
        ms = travel.methods.get(method.lower(), travel.ms) if travel.methods else travel.ms
        if travel.jitter_ms > 0 and ms > 0:
            ms += self._dice.uniform(-travel.jitter_ms, travel.jitter_ms)
        return max(0.0, ms) / 2000


def parse_travel(wish: object) -> Travel:
    """From JSON, `{"ms": 60, "jitter_ms": 10, "methods": {"getUpdates": 0}}`. Raises ValueError."""
    if not isinstance(wish, dict) or set(wish) - {"ms", "jitter_ms", "methods"}:
        raise ValueError("latency is an object such as {'ms': 60, 'jitter_ms': 10, 'methods': {}}")
    methods = wish.get("methods", {})
    if not isinstance(methods, dict):
        raise ValueError("methods is an object of milliseconds by method")
    return Travel(
        _milliseconds(wish.get("ms", 0)),
        _milliseconds(wish.get("jitter_ms", 0)),
        {str(name).lower(): _milliseconds(ms) for name, ms in methods.items()},
    )


def _milliseconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"milliseconds are a number from 0 on, not {value!r}")
    return float(value)
