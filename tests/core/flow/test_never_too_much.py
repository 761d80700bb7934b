"""No sequence of events ever breaks a cap, a cooldown, a frequency or a quiet hour; nor consent, nor a stop.

Random strategies, people, clocks and mishaps run through the real planner, door and sender; whoever judges is
the sandbox's referee, from what arrived. `KAIROS_EXAMPLES=5000` tries so many stories, `KAIROS_SEED` says
from which on.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import replace
from typing import Final

import pytest

from core.posting import PostLimits
from core.strategy import Caps, Pace
from tests.core.flow.stories import shortest, story_of
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.unruly import Person, Promise, Rules, Run, Step, Story
from tests.core.flow.worlds import DAY, HOUR, NOW

EXAMPLES: Final = int(os.environ.get("KAIROS_EXAMPLES", "20"))
FIRST: Final = int(os.environ.get("KAIROS_SEED", "1"))
LOOSE: Final = Pace(1, 3, 0.5)


def breaks(story: Story) -> bool:
    return not asyncio.run(Run(story).play()).clean


@pytest.mark.timeout(120 + EXAMPLES)
def test_no_sequence_of_events_breaks_a_rule() -> None:
    arrived: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + EXAMPLES):
        run = Run(story_of(seed))
        verdict = asyncio.run(run.play())
        if not verdict.clean:
            pytest.fail(f"seed {seed}: {verdict.details}\n{shortest(run.story, breaks)}")
        arrived += asyncio.run(run.arrived())
    assert arrived.total() > 3 * EXAMPLES, "stories in which nothing arrives prove nothing"
    assert min(arrived[campaign] for campaign in ("opt", "b", "j", "posts")) > EXAMPLES // 10


@pytest.mark.parametrize(
    ("promised", "rule"),
    [
        (Promise(caps=Caps(1, 10)), "cap_per_day"),
        (Promise(caps=Caps(4, 2)), "cap_per_week"),
        (Promise(plain=Pace(1, 1, 0.5)), "daily_limit"),
        (Promise(plain=Pace(1, 3, 20)), "cooldown"),
        (Promise(plain=Pace(3, 3, 0.5)), "frequency"),
    ],
)
def test_a_rule_that_was_not_kept_would_be_found(promised: Promise, rule: str) -> None:
    """The same story, judged by stricter rules than those that the product was given."""
    rules = Rules((LOOSE,) * len(SPECS), (LOOSE,) * len(SPECS), Caps(4, 10), LOOSE)
    push = (Step("push", words="offer"), Step("deliver", size=8))
    steps = (*push, Step("wait", size=HOUR), *push, Step("wait", size=DAY), *push)
    story = Story(NOW, rules, (Person(5001, True, "Europe/London", ()),), steps)
    assert not breaks(story)
    verdict = asyncio.run(Run(story, promised).play())
    assert rule in {one["rule"] for one in verdict.details}


@pytest.mark.parametrize(
    ("promised", "rule"),
    [
        (PostLimits(1, 9, 0.5), "group_per_day"),
        (PostLimits(9, 1, 0.5), "group_per_week"),
        (PostLimits(9, 9, 20), "group_gap"),
    ],
)
def test_a_post_too_much_would_be_found(promised: PostLimits, rule: str) -> None:
    rules = replace(story_of(FIRST).rules, posts=PostLimits(9, 9, 0.5))
    post = (Step("post"), Step("deliver", size=8))
    story = Story(NOW, rules, story_of(FIRST).people, (*post, Step("wait", size=3 * HOUR), *post))
    assert not breaks(story)
    verdict = asyncio.run(Run(story, Promise(posts=promised)).play())
    assert {one["rule"] for one in verdict.details} == {rule}


def test_a_story_is_shortened_to_what_makes_it_fail() -> None:
    story = story_of(FIRST)
    needed = story.steps[3]
    assert shortest(story, lambda one: needed in one.steps).steps == (needed,)
