"""What goes wrong at the service, on demand or by seeded chance."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from random import Random
from typing import Final

KINDS: Final = (
    "429",
    "quota",
    "500",
    "401",
    "400",
    "timeout",
    "dropped",
    "malformed",
    "schema",
    "refusal",
    "filtered",
    "empty",
    "truncated",
    "dripping",
    "endless",
    "choices",
    "figures",
    "elsewhere",
)
"""quota: 429 without credit; dropped: the connection ends in the middle; malformed: no JSON; schema: JSON of
another form; truncated: cut off at the longest answer; dripping: a byte now and then; endless: megabytes of
nothing; choices: no list of them; figures: usage beyond any number, a model without a name; elsewhere: a
redirect; the others say what they are."""


class Faults:
    """`next`: one after the other, before chance is asked; `shares`: kind -> how often by chance."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = Random(f"openai faults {seed}")
        self._next: deque[str] = deque()
        self.shares: dict[str, float] = {}
        self.retry_after_s = 0.0

    def next(self, kinds: Iterable[str]) -> None:
        """The next requests fail so; an empty name is one that does not. Raises ValueError for an unknown
        kind."""
        wanted = list(kinds)
        for kind in wanted:
            if kind and kind not in KINDS:
                raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
        self._next.extend(wanted)

    def draw(self) -> str:
        """What goes wrong with this request; empty for nothing."""
        if self._next:
            return self._next.popleft()
        rolled = self._dice.random()
        for kind, share in sorted(self.shares.items()):
            if rolled < share:
                return kind
            rolled -= share
        return ""
