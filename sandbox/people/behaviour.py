"""How a hidden type behaves: probabilities and delays, as plain functions of traits, time and dice.

Promises: nothing here keeps state, so a benchmark can ask for the true response probability of any person at
any hour. All times are UTC milliseconds, all delays milliseconds. Leaves to `life`: what to do and what is
remembered.

The orders of magnitude: a message in a good hour with matching content is answered in 15 to 25 % of cases,
otherwise in 3 to 6 %; a block follows on well under 1 % of wanted and several per cent of unwanted messages.
"""

from __future__ import annotations

from datetime import datetime
from math import exp, log
from random import Random
from typing import Final

from sandbox.people.traits import TYPICAL_ACTIVITY, Intent, Traits

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

INTERACTIONS_PER_SESSION: Final = 2.0
FATIGUE_HALF_LIFE: Final = 2.5 * DAY
AWAKE: Final = 0.35
ASLEEP: Final = 0.12
_BASE_RESPONSE: Final = 0.23
_INTENT_FACTOR: Final = {Intent.LOW: 0.85, Intent.MEDIUM: 1.05, Intent.HIGH: 1.3}
_LONGEST_SESSION: Final = 6
_GOES_ON: Final = 0.5
_ANSWER_MEDIAN: Final = 8 * MINUTE


def local_hour(traits: Traits, at_ms: int) -> int:
    """The hour 0..23 on the person's own clock."""
    return datetime.fromtimestamp(at_ms / 1000, traits.zone).hour


def attention(traits: Traits, at_ms: int) -> float:
    """How near the phone the person is, 0..1."""
    return traits.rhythm[local_hour(traits, at_ms)]


def decayed_fatigue(fatigue: float, elapsed_ms: float) -> float:
    """Campaign messages still felt after `elapsed_ms`."""
    return fatigue * exp(-log(2) * elapsed_ms / FATIGUE_HALF_LIFE)


def response_probability(traits: Traits, kind: str, at_ms: int, fatigue: float) -> float:
    """The true chance that a campaign message of this kind, arriving now, is answered at all."""
    hour = 0.2 + 0.8 * attention(traits, at_ms)
    warmth = 0.6 + 0.4 * min(1.0, traits.activity / TYPICAL_ACTIVITY)
    wear = exp(-traits.fatigue_weight * fatigue)
    chance = (
        _BASE_RESPONSE * hour * traits.taste.get(kind, 0.5) * warmth * wear * _INTENT_FACTOR[traits.intent]
    )
    return min(0.6, chance)


def annoyance_probability(traits: Traits, at_ms: int, fatigue: float, *, consented: bool) -> float:
    """The true chance that a campaign message makes the person stop or block the bot."""
    bad_hour = 3.0 if attention(traits, at_ms) < ASLEEP else 0.0
    chance = traits.block_propensity * (1.0 + bad_hour + 0.6 * max(0.0, fatigue - 2.0))
    return min(0.5, chance if consented else chance * 8 + 0.05)


def answer_delay(traits: Traits, dice: Random, at_ms: int) -> int:
    """How long until the person answers: a lognormal tail, and who sleeps answers in the morning."""
    moment = at_ms + round(dice.lognormvariate(log(_ANSWER_MEDIAN), 1.2))
    if attention(traits, moment) < ASLEEP:
        moment = _next_waking(traits, moment) + round(dice.uniform(0, HOUR))
    return max(3 * SECOND, moment - at_ms)


def lognormal_delay(dice: Random, median_ms: float, spread: float = 1.0) -> int:
    """A delay of people: never less than a second."""
    return max(SECOND, round(dice.lognormvariate(log(median_ms), spread)))


def next_session(traits: Traits, dice: Random, after_ms: int, eagerness: float = 1.0) -> int:
    """When the person opens the chat next by themselves: a Poisson process in the person's rhythm
    (thinning).
    """
    sessions_a_day = traits.activity / INTERACTIONS_PER_SESSION * eagerness
    peak_rate = sessions_a_day * 24 / sum(traits.rhythm) / DAY
    moment = float(after_ms)
    while True:
        moment += dice.expovariate(peak_rate)
        if dice.random() < attention(traits, round(moment)):
            return round(moment)


def session_length(dice: Random) -> int:
    """Interactions in one session, 1..6, about two on average."""
    length = 1
    while length < _LONGEST_SESSION and dice.random() < _GOES_ON:
        length += 1
    return length


def _next_waking(traits: Traits, at_ms: int) -> int:
    moment = at_ms - at_ms % HOUR
    for _ in range(24):
        moment += HOUR
        if attention(traits, moment) >= AWAKE:
            return moment
    return at_ms
