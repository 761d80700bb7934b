"""Where somebody's clock stands, from the hours in which they are awake and the language they use.

The estimate is Bayes' rule on a small bank of days. A person sleeps once a day, seven to eight hours; the
middle of the sleep lies at 3:45 on their clock give or take 75 minutes, for one in eight (who live by night)
at 7:30. What they do while awake follows one of five shapes. Every shape at every half hour of UTC is
compared with the half hours in which the person was present; offsets are weighed by how many speakers of the
language live there. Visits of one person are not independent, so their weight is bounded. Sources: the
distribution of mid-sleep of the Munich Chronotype Questionnaire (Roenneberg and others, 2007: 4:14 with a
standard deviation near 75 minutes on free days, earlier on work days); shares of offsets are rough figures
of population and of the use of messengers.

Promises: the confidence is the probability that the estimate is within two hours of the person's clock, which
`benchmarks/quality/hours.py` holds against people whose clock is known. Leaves to others: from which
confidence on an estimate is acted upon (`core.limits`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from core.scores.hours import (
    DAY_MS,
    HALF_HOURS,
    Rhythm,
    Traces,
    declared_zone,
    home_language,
    rhythm,
    zone_offset_min,
)

Floats = npt.NDArray[np.float64]

WITHIN_MIN: Final = 120
"""The confidence speaks of errors up to this."""
_NEAR_MIN: Final = 60
"""The estimate is taken from the two hours that hold most of the probability."""
_STEP_MIN: Final = 30
OFFSETS: Final = tuple(range(-600, 840, _STEP_MIN))
"""Minutes east of UTC, once round the clock. -11 and -12 share their hours with +13 and +12, where far more
people live."""

_SLEEP_H: Final = 7.5
_WAKING_H: Final = 0.45
"""How gradually people wake and fall asleep (scale of a logistic curve)."""
_AWAKE_AT_NIGHT: Final = 0.03
_MID_SLEEP: Final = ((0.88, 3.75, 1.25), (0.12, 7.5, 1.4))
"""(share of people, mid-sleep on their clock, standard deviation), in hours."""
_DAYS: Final = (
    # share of people, level of the whole day, then (hours after mid-sleep, width in hours, height) of peaks
    (0.20, 1.0, ()),
    (0.15, 0.3, ((6.0, 2.2, 1.0),)),
    (0.25, 0.4, ((9.0, 1.5, 0.8), (15.5, 2.5, 0.8))),
    (0.25, 0.3, ((16.5, 2.2, 1.0),)),
    (0.15, 0.2, ((18.5, 2.0, 1.0),)),
)
_TRUST: Final = 0.8
_VISITS_WORTH: Final = 60.0
"""However many visits there are, together they never weigh more than so many independent ones."""

_LANGUAGE_ALONE: Final = 0.75
_VISITS_TO_BELIEVE: Final = 4.0
"""Who says nothing but a language may be anywhere (a bot for Turks in Germany): such a claim is capped, and
the cap rises with visits."""
_ELSEWHERE: Final = 0.06
"""Share of the speakers of a language who live like the whole world."""
_ANYWHERE: Final = 0.2
"""And of these the share that may be at any offset at all."""

_EVERYBODY: Final[Mapping[int, float]] = {
    **{-480: 3, -420: 4, -360: 4, -300: 7, -240: 5, -180: 8, 0: 5, 60: 11, 120: 9, 180: 12, 210: 2, 240: 2},
    **{300: 4, 330: 7, 360: 2, 390: 1, 420: 5, 480: 6, 540: 3, 600: 1, 660: 1, 720: 0.5, 780: 0.5},
}
_SPEAKERS: Final[Mapping[str, Mapping[int, float]]] = {
    "": _EVERYBODY,
    "tr": {180: 84, 120: 6, 60: 5, 0: 1, 240: 1},
    "en": {
        **{
            -480: 3,
            -420: 5,
            -360: 4,
            -300: 9,
            -240: 7,
            0: 8,
            60: 15,
            120: 9,
            180: 8,
            240: 3,
            300: 3,
            330: 13,
        },
        **{420: 2, 480: 5, 570: 0.4, 600: 2, 630: 0.4, 660: 1.5, 720: 0.6, 780: 0.6},
    },
    **dict.fromkeys(
        ("de", "it", "nl", "pl", "cs", "sk", "hu", "sv", "da", "nb", "sr", "hr"), {60: 47, 120: 47}
    ),
    **dict.fromkeys(("ro", "el", "bg", "fi", "et", "lv", "lt"), {120: 45, 180: 45, 60: 4}),
    "fr": {60: 35, 120: 35, 0: 14, -240: 5, -300: 5},
    "es": {60: 12, 120: 12, -180: 18, -240: 12, -300: 26, -360: 16},
    "pt": {-180: 80, -240: 5, 0: 6, 60: 6},
    "uk": {120: 42, 180: 42, 60: 8},
    "ru": {180: 68, 120: 6, 240: 4, 300: 10, 360: 3, 420: 5, 480: 1, 600: 1},
    "be": {180: 90, 120: 4},
    "az": {240: 90, 180: 6},
    "ka": {240: 92},
    "hy": {240: 80, 180: 10},
    "uz": {300: 90, 180: 6},
    "kk": {300: 90, 180: 3},
    "fa": {210: 85, 270: 6},
    "ar": {180: 45, 120: 25, 60: 15, 240: 10},
    "he": {120: 48, 180: 48},
    "ur": {300: 85, 330: 5, 240: 4},
    "hi": {330: 95},
    "bn": {360: 70, 330: 25},
    "id": {420: 80, 480: 16, 540: 2},
    "ms": {480: 95},
    "vi": {420: 95},
    "th": {420: 97},
    "zh": {480: 94, 420: 1, -480: 1, -300: 1},
    "ja": {540: 97},
    "ko": {540: 97},
}
"""Where the speakers of a client language live: weights by minutes east of UTC, summer and winter mixed."""


def estimate_timezone(state: Traces, now_ms: int) -> tuple[int, float]:
    """(minutes east of UTC, confidence 0..1) of the person's clock now.

    A declared zone has confidence 1. Otherwise the confidence is the probability that the estimate is within
    two hours."""
    name = declared_zone(state)
    if name:
        return zone_offset_min(name, now_ms), 1.0
    return guess_timezone(rhythm(state.hours, now_ms // DAY_MS), home_language(state))


def guess_timezone(faded: Rhythm, language: str) -> tuple[int, float]:
    """The estimate alone, from a rhythm and a `home_language` (`tr`, `pt-br`; empty = unknown)."""
    present = np.array(faded.presence)
    visits = sum(faded.presence)
    odds = _LOG_DAYS @ present
    odds -= odds.max()
    odds *= _TRUST / (1.0 + visits / _VISITS_WORTH)
    by_offset = _weights(language) @ np.exp(odds, out=odds)
    near = _NEAR[int((_NEARBY @ by_offset).argmax())]
    best = int(near[by_offset[near].argmax()])
    mass = float(by_offset[_WITHIN[best]].sum() / by_offset.sum())
    most = 1.0 - (1.0 - _LANGUAGE_ALONE) * _VISITS_TO_BELIEVE / (visits + _VISITS_TO_BELIEVE)
    return OFFSETS[best], min(mass, most)


def _weights(language: str) -> Floats:
    """float64[offset, (shape, mid-sleep in UTC)]: prior of living there times that of sleeping then."""
    if language not in _SPEAKERS:
        language = language.split("-", 1)[0]
    return _weighed(language if language in _SPEAKERS else "")


@cache
def _weighed(known: str) -> Floats:
    """The same for a language of the table; each is made when it is first heard."""
    return _living(_SPEAKERS[known])[:, None] * _SLEEPING


def _day(level: float, peaks: tuple[tuple[float, float, float], ...]) -> Floats:
    """float64[48]: share of a day's visits by half hour after mid-sleep."""
    hour = (np.arange(HALF_HOURS) + 0.5) / 2
    from_sleep = np.minimum(hour, 24 - hour)
    awake = 1 / (1 + np.exp(-(from_sleep - _SLEEP_H / 2) / _WAKING_H))
    wish = np.full(HALF_HOURS, level)
    for at, width, height in peaks:
        wish += height * np.exp(-0.5 * (_circle(hour - at) / width) ** 2)
    shares: Floats = _AWAKE_AT_NIGHT + awake * wish
    shares /= shares.sum()
    return shares


def _circle(hours: Floats) -> Floats:
    """The same hours, from -12 to 12."""
    return (hours + 12) % 24 - 12


def _log_days() -> Floats:
    """float64[shape * 48, 48]: log share of visits by half hour of UTC, for each shape and each half hour of
    UTC in which the middle of the sleep may lie."""
    rows = [np.roll(_day(level, peaks), at) for _, level, peaks in _DAYS for at in range(HALF_HOURS)]
    return np.log(np.array(rows))


def _sleeping() -> Floats:
    """float64[48 offsets, shape * 48]: how likely each shape and mid-sleep (UTC) is for people there."""
    hour = np.arange(HALF_HOURS) / 2
    local = np.zeros(HALF_HOURS)
    for share, middle, deviation in _MID_SLEEP:
        bell = np.exp(-0.5 * (_circle(hour - middle) / deviation) ** 2)
        local += share * bell / bell.sum()
    at_utc = np.array([np.roll(local, -offset // _STEP_MIN) for offset in OFFSETS])
    return np.concatenate([share * at_utc for share, _, _ in _DAYS], axis=1)


def _living(speakers: Mapping[int, float]) -> Floats:
    """float64[48 offsets]: how many speakers live there."""
    world = _shares(_EVERYBODY) * (1 - _ANYWHERE) + _ANYWHERE / len(OFFSETS)
    return _shares(speakers) * (1 - _ELSEWHERE) + world * _ELSEWHERE


def _shares(weights: Mapping[int, float]) -> Floats:
    column: Floats = np.array([weights.get(offset, 0.0) for offset in OFFSETS])
    column /= column.sum()
    return column


def _around(minutes: int) -> npt.NDArray[np.int64]:
    """int64[48, n]: for each offset the places of those at most so far away."""
    steps = minutes // _STEP_MIN
    return (np.arange(len(OFFSETS))[:, None] + np.arange(-steps, steps + 1)) % len(OFFSETS)


_LOG_DAYS: Final = _log_days()
_SLEEPING: Final = _sleeping()
_WITHIN: Final = _around(WITHIN_MIN)
_NEAR: Final = _around(_NEAR_MIN)
_NEARBY: Final[Floats] = np.eye(len(OFFSETS))[_NEAR].sum(axis=1)
"""float64[48, 48]: 1 where two offsets are near, else 0."""
