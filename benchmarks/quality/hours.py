"""Does Kairos know what time it is for people? Estimated clocks and night shares against the hidden truth.

SIMULATED people of the sandbox, several weeks of their past through the meaning and the fold of production,
in memory. Two crowds: the sandbox's town, and the same people placed in twenty zones all over the world, with
half hours and southern summers, whose clients speak the language of the place. Each is looked at in winter,
in summer and a week after Europe changed its clocks. Judged are people with 30 or more interactions and no
declared timezone; the others show that a declared one is all but exact (what was done before a change of
clocks counts by the clock of now).

Night owls: hours alone can't tell one from somebody who lives by day elsewhere. So they are judged where the
language says where people live; for the others (English, Spanish) the share that is seen is only reported.

The baseline is what the language alone says, without looking at anybody's hours.
"""

from __future__ import annotations

import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Any, Final

import orjson

from benchmarks.quality._placed import Crowd, Known, known
from core.limits import SURE_ZONE
from core.scores import WITHIN_MIN, guess_timezone, rhythm

ENOUGH: Final = 30
"""Interactions from which on a person is judged."""
OWL: Final = 0.33
"""Night share of a night owl, as strategies/night_owl.yaml has it."""
DAYS: Final = 35
MOMENTS: Final = (1_768_910_400_000, 1_784_548_800_000, 1_775_304_000_000)
"""Noon UTC of 20 January, 20 July and 4 April 2026."""
HOMES: Final = (
    *(("America/Los_Angeles", "en"), ("America/Mexico_City", "es"), ("America/New_York", "en")),
    *(("America/St_Johns", "en"), ("America/Sao_Paulo", "pt-br"), ("Europe/London", "en")),
    *(("Europe/Madrid", "es"), ("Europe/Berlin", "de"), ("Africa/Lagos", "en"), ("Africa/Cairo", "ar")),
    *(("Europe/Istanbul", "tr"), ("Europe/Moscow", "ru"), ("Asia/Tehran", "fa"), ("Asia/Kolkata", "hi")),
    *(("Asia/Kathmandu", "en"), ("Asia/Jakarta", "id"), ("Asia/Tokyo", "ja"), ("Australia/Adelaide", "en")),
    *(("Australia/Sydney", "en"), ("Pacific/Auckland", "en")),
)
STEPS: Final = (0.0, 0.5, 0.7, 0.8, 0.9)
TELLING: Final = 0.7
"""Confidence from which on a language alone tells where people live."""
WITHIN_SHARE, HONEST_AT_90, HONEST_AT_DOOR, OWLS_SEEN = 0.80, 0.85, 0.80, 0.80
DECLARED_ERROR, TAKEN_FOR_OWLS = 0.05, 0.05


@dataclass(frozen=True, slots=True)
class Size:
    """How many people of how many seeds; seeds take the moments in turn."""

    people: int
    seeds: int


FULL, QUICK = Size(800, 6), Size(500, 3)


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    size, began = QUICK if "--quick" in arguments else FULL, time.monotonic()
    town = crowd_of(size, ())
    world = crowd_of(size, HOMES)
    document = document_of(town, world, size, time.monotonic() - began)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


def crowd_of(size: Size, homes: tuple[tuple[str, str], ...]) -> list[Known]:
    """Everybody of all seeds with enough interactions."""
    found: list[Known] = []
    for seed in range(1, size.seeds + 1):
        until_ms = MOMENTS[seed % len(MOMENTS)]
        found += known(Crowd(size.people, seed, until_ms, DAYS, homes))
    return [one for one in found if one.interactions >= ENOUGH]


def document_of(town: Sequence[Known], world: Sequence[Known], size: Size, took_s: float) -> dict[str, Any]:
    """What `--json` prints."""
    judged = [one for one in town if not one.declared]
    judged_world = [one for one in world if not one.declared]
    within, alone = _within(judged), _language_alone(judged)
    declared = _declared_error([*town, *world])
    everybody = [*judged, *judged_world]
    others = [one for one in everybody if one.true_night < OWL]
    return {
        "name": "quality/hours",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {
            "within_2h_vs_language_alone": round(within / alone, 3),
            "world_within_2h_vs_language_alone": round(
                _within(judged_world) / _language_alone(judged_world), 3
            ),
        },
        "figures": {
            "simulated": True,
            "people": size.people * size.seeds,
            "judged": len(judged),
            "judged_world": len(judged_world),
            "within_2h": round(within, 4),
            "within_1h": round(_within(judged, 60), 4),
            "exact": round(_within(judged, 0), 4),
            "language_alone_within_2h": round(alone, 4),
            "confidence": calibration(judged),
            "by_zone": by_zone(judged),
            "night_share_error": round(fmean(one.night_error for one in judged), 4),
            "world_within_2h": round(_within(judged_world), 4),
            "world_confidence": calibration(judged_world),
            "world_by_zone": by_zone(judged_world),
            "world_night_share_error": round(fmean(one.night_error for one in judged_world), 4),
            "declared_night_share_error": declared,
            "owls_by_language": owls_by_language(everybody),
            "seconds": round(took_s, 1),
        },
        "targets": {
            "within_2h": _target(WITHIN_SHARE, within),
            "right_of_those_at_90": _target(HONEST_AT_90, _right_from(judged, 0.9)),
            "world_right_of_those_at_90": _target(HONEST_AT_90, _right_from(judged_world, 0.9)),
            "right_of_those_the_door_believes": _target(HONEST_AT_DOOR, _right_from(judged, SURE_ZONE)),
            "night_owls_seen_where_the_language_tells": _target(
                OWLS_SEEN, _owls_seen([one for one in everybody if _tells(one.language)])
            ),
            "taken_for_night_owls": _bound(TAKEN_FOR_OWLS, _mean(_looks_like_owl(one) for one in others)),
            "declared_night_share_error": _bound(DECLARED_ERROR, max(declared.values())),
        },
    }


def calibration(people: Sequence[Known]) -> dict[str, dict[str, float]]:
    """By stated confidence: how many, what they were told on average, how many were within two hours."""
    table = {}
    for low, high in zip(STEPS, (*STEPS[1:], 1.01), strict=True):
        some = [one for one in people if low <= one.profile.tz_confidence < high]
        if some:
            stated = fmean(one.profile.tz_confidence for one in some)
            table[f"from {low}"] = {
                "n": len(some),
                "stated": round(stated, 3),
                "right": round(_within(some), 3),
            }
    return table


def by_zone(people: Sequence[Known]) -> dict[str, dict[str, float]]:
    """For each zone: judged, within two hours; night owls there (by the truth), seen as such, error of their
    night share; and the share of the others who are taken for night owls."""
    zones: dict[str, list[Known]] = defaultdict(list)
    for one in people:
        zones[one.zone].append(one)
    return {zone: _zone(zones[zone]) for zone in sorted(zones)}


def _zone(people: Sequence[Known]) -> dict[str, float]:
    owls = [one for one in people if one.true_night >= OWL]
    others = [one for one in people if one.true_night < OWL]
    return {
        "n": len(people),
        "within_2h": round(_within(people), 3),
        "owls": len(owls),
        "owls_seen": round(_owls_seen(owls), 3),
        "owl_night_error": round(_mean(one.night_error for one in owls), 3),
        "taken_for_owls": round(_mean(_looks_like_owl(one) for one in others), 3),
    }


def owls_by_language(people: Sequence[Known]) -> dict[str, dict[str, float]]:
    """How many night owls, and which share of them is seen as such."""
    found: dict[str, list[Known]] = defaultdict(list)
    for one in people:
        if one.true_night >= OWL:
            found[one.language].append(one)
    return {
        language: {"n": len(owls), "seen": round(_owls_seen(owls), 3)}
        for language, owls in sorted(found.items())
    }


def _looks_like_owl(one: Known) -> bool:
    return one.profile.night_share >= OWL


@lru_cache
def _tells(language: str) -> bool:
    """Whether the language alone says where people live."""
    return guess_timezone(rhythm({}, 0), language)[1] >= TELLING


def _owls_seen(people: Sequence[Known]) -> float:
    """Share of the true night owls whose estimated night share says so."""
    return _mean(_looks_like_owl(one) for one in people if one.true_night >= OWL)


def _declared_error(people: Sequence[Known]) -> dict[str, float]:
    """Mean error of the night share by zone, of those who named theirs."""
    errors: dict[str, list[float]] = defaultdict(list)
    for one in people:
        if one.declared:
            errors[one.zone].append(one.night_error)
    return {zone: round(fmean(found), 4) for zone, found in sorted(errors.items())}


def _within(people: Sequence[Known], minutes: int = WITHIN_MIN) -> float:
    return _mean(one.error_min <= minutes for one in people)


def _right_from(people: Sequence[Known], confidence: float) -> float:
    return _within([one for one in people if one.profile.tz_confidence >= confidence])


def _language_alone(people: Sequence[Known]) -> float:
    """The share within two hours if only the language is asked."""
    nothing = rhythm({}, 0)
    guesses = {one.language: guess_timezone(nothing, one.language)[0] for one in people}
    errors = (abs(guesses[one.language] - one.true_offset_min) % 1440 for one in people)
    return _mean(min(error, 1440 - error) <= WITHIN_MIN for error in errors)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _target(want: float, got: float) -> dict[str, object]:
    """At least so much is wanted."""
    return {"want": want, "got": round(got, 4), "ok": got >= want}


def _bound(want: float, got: float) -> dict[str, object]:
    """At most so much is wanted."""
    return {"want": want, "got": round(got, 4), "ok": got <= want}


def _print(document: dict[str, Any]) -> None:
    for part in ("ratios", "figures", "targets"):
        for name, value in document[part].items():
            if not isinstance(value, dict):
                print(f"{part:<8} {name:<44} {value}")
                continue
            for key, figure in value.items():
                print(f"{part:<8} {name + ' ' + str(key):<44} {figure}")
