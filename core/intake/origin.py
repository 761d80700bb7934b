"""What an update says beside its events: who was behind them, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.identity import Place, Sender


@dataclass(frozen=True, slots=True)
class Origin:
    """Senders and places by the key of the event. Nothing of it is in the event: names stay in SQL."""

    senders: Mapping[str, Sender] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


NOWHERE = Origin()
