"""People of the sandbox whose past became records: as they are, or placed anywhere in the world.

Their updates go through the meaning and the fold of production; what is hidden (the zone) stays beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from app.updates import reader
from core.event import ACTIVE_KINDS, Event
from core.ports import InboxRow
from core.profile import Profile, ProfileState, fold, view
from core.scores import ACTIVITY_HALF_LIFE_DAYS, DAY_MS, NIGHT_HOURS, home_language
from sandbox.people import Population
from sandbox.world import World

BOTS: Final = (7_001_001, 7_001_002)
READ: Final = reader(granted_on_start=False, text_version="bench")


@dataclass(frozen=True, slots=True)
class Known:
    """One person: what Kairos sees, and the truth. `interactions`: signs of life in the whole past;
    `true_night`: share of the faded activity from 23 to 06 by the hidden clock; `language`: the one by which
    the clock is estimated."""

    profile: Profile
    language: str
    zone: str
    true_offset_min: int
    true_night: float
    interactions: int

    @property
    def declared(self) -> bool:
        return bool(self.profile.zone)

    @property
    def error_min(self) -> int:
        """How far the estimated clock is from the true one, round the clock."""
        apart = abs(self.profile.tz_offset_min - self.true_offset_min) % 1440
        return min(apart, 1440 - apart)

    @property
    def night_error(self) -> float:
        return abs(self.profile.night_share - self.true_night)


class Placed(Population):
    """The same people, living in other zones with other clients' languages."""

    def settle_in(self, homes: Sequence[tuple[str, str]]) -> None:
        """Each in turn gets one of these (zone, client language). Before `create`."""
        for number, life in enumerate(self._lives):
            zone, _ = homes[number % len(homes)]
            life.traits = replace(life.traits, zone=ZoneInfo(zone))

    def speak(self, homes: Sequence[tuple[str, str]]) -> None:
        """Clients speak the languages of their homes. After `create`."""
        for number, life in enumerate(self._lives):
            self._world.users[life.traits.user_id].language_code = homes[number % len(homes)][1]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people, of which seed, until when they lived, for how long; where, if not at home."""

    people: int
    seed: int
    until_ms: int
    days: int
    homes: tuple[tuple[str, str], ...] = ()


def known(crowd: Crowd) -> list[Known]:
    """Everybody in the crowd who did anything."""
    found, zones = _lived(crowd)
    return [_known(user_id, events, zones[user_id], crowd.until_ms) for user_id, events in found.items()]


def lives(crowd: Crowd) -> dict[int, list[Event]]:
    """The events of everybody who did anything, by Telegram id."""
    return _lived(crowd)[0]


def _lived(crowd: Crowd) -> tuple[dict[int, list[Event]], dict[int, str]]:
    world = World(lambda: crowd.until_ms, seed=crowd.seed)
    for bot_id in BOTS:
        world.add_bot(f"{bot_id}:SIMULATED", f"bot_{bot_id}", "Bot")
    population = Placed(
        world, people=crowd.people, seed=crowd.seed, clock=world.clock, bots=BOTS, joiners=0.0
    )
    if crowd.homes:
        population.settle_in(crowd.homes)
    population.create()
    if crowd.homes:
        population.speak(crowd.homes)
    found: dict[int, list[Event]] = {}
    for line in population.history(crowd.days, crowd.until_ms):
        _take(line, found)
    return found, population.true_zones()


def _take(line: Mapping[str, Any], found: dict[int, list[Event]]) -> None:
    update = line["update"]
    body = orjson.dumps(update)
    row = InboxRow(0, line["bot_id"], update["update_id"], line["received_at_ms"], body, "received")
    meant = READ(row)
    if meant.sender is not None:
        found.setdefault(int(meant.sender.identity.value), []).extend(meant.events)


def _known(user_id: int, events: Sequence[Event], zone: str, until_ms: int) -> Known:
    state = fold(ProfileState(), events)
    active = [event.ts_ms for event in events if event.kind in ACTIVE_KINDS]
    return Known(
        profile=view(user_id, state, until_ms),
        language=home_language(state),
        zone=zone,
        true_offset_min=_local(until_ms, zone)[1],
        true_night=_true_night(active, zone, until_ms),
        interactions=len(active),
    )


def _true_night(moments: Sequence[int], zone: str, until_ms: int) -> float:
    """Share of the activity, faded as `core.scores` says, that lies in the night of the true clock."""
    total = night = 0.0
    for ts_ms in moments:
        weight = 0.5 ** ((until_ms // DAY_MS - ts_ms // DAY_MS) / ACTIVITY_HALF_LIFE_DAYS)
        total += weight
        night += weight * (_local(ts_ms, zone)[0] in NIGHT_HOURS)
    return night / total if total else 0.0


def _local(at_ms: int, zone: str) -> tuple[int, int]:
    """(hour, minutes east of UTC) on a clock there at that moment."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    offset = local.utcoffset()
    return local.hour, int(offset.total_seconds()) // 60 if offset is not None else 0
