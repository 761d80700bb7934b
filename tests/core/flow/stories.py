"""Stories by a seed: random strategies, people, clocks and mishaps; and the shortest story that still goes
wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from core.posting import PostLimits
from core.strategy import PLAIN, Caps, Pace
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.unruly import FAULTS, Person, Rules, Step, Story
from tests.core.flow.worlds import DAY, HOUR, MINUTE, NOW, SECOND

ZONES: Final = (
    "",
    "Europe/Istanbul",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
)
STARTS: Final = (0, 82 * DAY, 61 * DAY, 292 * DAY, 299 * DAY)
"""From NOW until a little before clocks change in Europe, in America, and back again."""
WISHES: Final = (
    "set:frequency:2",
    "set:frequency:7",
    "set:quiet:10-14",
    "set:quiet:off",
    "set:muted:news",
    "set:muted:offer.poll",
)
WORDS: Final = ("hi", "hello", "/stop", "DUR", "/start", "/timezone Asia/Tokyo", "/timezone Europe/Paris")
CHOICES: Final = ("consent:all", "consent:all", "consent:none", *WISHES)
SWITCHES: Final = ("kill", "pause:bot:42", "pause:campaign:opt", "pause:segment:ENGAGED")
WAITS: Final = (0, SECOND, MINUTE, HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, 20 * HOUR, DAY, 2 * DAY)
LEAPS: Final = (7 * DAY, 14 * DAY, 40 * DAY)
BY: Final = (0, 0, -10 * SECOND, -SECOND, -1, 1, SECOND, 7 * SECOND, 47 * MINUTE)
"""A little before and after the edges of all windows."""


def story_of(seed: int) -> Story:
    """The same seed tells the same story."""
    dice = Random(seed)
    scenes = [
        dice.choices(tuple(SCENES), tuple(SCENES.values()))[0](dice) for _ in range(dice.randint(8, 16))
    ]
    return Story(
        NOW + dice.choice(STARTS) + dice.randrange(12) * HOUR,
        _rules(dice),
        tuple(_person(dice, 5001 + number) for number in range(dice.randint(2, 4))),
        tuple(step for scene in scenes for step in scene),
    )


def shortest(story: Story, fails: Callable[[Story], bool]) -> Story:
    """Without all steps that it does not need to fail."""
    place = len(story.steps) - 1
    while place >= 0:
        shorter = replace(story, steps=story.steps[:place] + story.steps[place + 1 :])
        if fails(shorter):
            story = shorter
        place -= 1
    return story


# ------------------------------------------------------------------------------------- who and by which rules
def _person(dice: Random, number: int) -> Person:
    wishes = (dice.choice(WISHES),) if dice.random() < 0.4 else ()
    return Person(number, dice.random() < 0.9, dice.choice(ZONES), wishes)


def _rules(dice: Random) -> Rules:
    """Half of the strategies are as slow as can be, half as fast; what is in force may be slower still."""
    ceilings = [_ceiling(dice) for _ in SPECS]
    caps = Caps(dice.randint(1, 4), dice.randint(2, 10))
    plain = dice.choice((PLAIN, Pace(1, 3, 0.5), Pace(2, 1, 30)))
    posts = PostLimits(dice.randint(1, 2), dice.randint(1, 4), dice.choice((0.5, 6, 20)))
    return Rules(tuple(ceilings), tuple(_below(dice, one) for one in ceilings), caps, plain, posts)


def _ceiling(dice: Random) -> Pace:
    return Pace(
        dice.choice((1, 1, 1, 2, 7)), dice.randint(1, 4), dice.choice((0.05, 0.05, 1, 4, 6, 12.5, 24, 72))
    )


def _below(dice: Random, ceiling: Pace) -> Pace:
    slower = dice.choice((0, 0, 1, 2))
    limit = max(1, ceiling.daily_limit - slower)
    return Pace(ceiling.period_days + slower % 2, limit, ceiling.cooldown_h + slower)


# ----------------------------------------------------------------------------------------------- what happens
def _wait(dice: Random) -> Step:
    edge = dice.choice(LEAPS if dice.random() < 0.06 else WAITS)
    return Step("wait", size=max(0, edge + dice.choice(BY)))


def _push(dice: Random) -> Step:
    kind = dice.choice(("offer", "news", "poll"))
    return Step("push", dice.randrange(9), dice.randrange(4), dice.randrange(11), kind)


def _deliver(dice: Random) -> Step:
    """One bot or both; now and then killed in the midst of it."""
    killed = dice.randint(1, 9) if dice.random() < 0.15 else 0
    return Step("deliver", who=killed, bot=dice.choice((0, 1, 2, 2)), size=dice.randint(2, 8))


def _deed(dice: Random) -> Step:
    who, bot = dice.randrange(4), dice.randrange(2)
    kind = dice.choice(("says", "says", "taps", "taps", "blocks", "fault", "fault", "sleep"))
    words = {"says": WORDS, "taps": CHOICES, "fault": tuple(FAULTS)}.get(kind, ("",))
    return Step(kind, who, bot, dice.randrange(3), dice.choice(words))


def _pushed_at_once(dice: Random) -> list[Step]:
    return [_push(dice), _deliver(dice), _wait(dice)]


def _pushed_early(dice: Random) -> list[Step]:
    return [_push(dice), _wait(dice), _deliver(dice)]


def _planned(dice: Random) -> list[Step]:
    """And looked after every few hours, as a lane looks whenever something is due."""
    looks = [Step("wait", size=5 * HOUR), Step("deliver", bot=2, size=3)]
    return [_wait(dice), Step("plan", size=dice.randrange(99)), *looks, *looks, *looks, *looks]


def _disturbed(dice: Random) -> list[Step]:
    return [_deed(dice), _push(dice), _deliver(dice)]


def _meanwhile(dice: Random) -> list[Step]:
    """Something happens between a plan and its permit."""
    return [_push(dice), _deed(dice), _deliver(dice), _wait(dice)]


def _stopped(dice: Random) -> list[Step]:
    switch = Step("switch", words=dice.choice(SWITCHES))
    return [_push(dice), switch, _wait(dice), _deliver(dice), switch, _deliver(dice)]


def _posted(dice: Random) -> list[Step]:
    """The group hears something, perhaps after the bot's standing there has changed."""
    change = [Step("group", words=dice.choice(("left", "kicked", "restricted", "member", "administrator")))]
    changes = change if dice.random() < 0.3 else []
    post = [Step("post"), Step("deliver", bot=2, size=3)]
    return [*post, *changes, Step("wait", size=dice.randint(0, 9) * HOUR), *post, _wait(dice)]


def _merely_waiting(dice: Random) -> list[Step]:
    return [_wait(dice), _deliver(dice)]


SCENES: Final[dict[Callable[[Random], list[Step]], int]] = {
    _pushed_at_once: 5,
    _pushed_early: 3,
    _planned: 4,
    _disturbed: 3,
    _meanwhile: 3,
    _stopped: 1,
    _posted: 2,
    _merely_waiting: 3,
}
