"""What a person does in groups: comes in, talks at the own hours, reacts, and now and then leaves.

Promises: this life has dice of its own, so neither campaigns nor what the person does in private chats change
it; only buying VIP adds a group. Leaves to others: performing (`stage`), the groups themselves (`places`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from sandbox.people.acts import Act, CampaignMessage, Plan
from sandbox.people.behaviour import DAY, HOUR, MINUTE, attention, lognormal_delay, next_session
from sandbox.people.places import Places
from sandbox.people.texts import phrase
from sandbox.people.traits import Traits, person_random

_COMMUNITY_SHARE: Final = 0.35
_ASKS_SHARE: Final = 0.2
_LINK_SHARE: Final = 0.4
_CHEERS: Final = 0.15
_SHOWS: Final = 0.05
_ANSWERS: Final = 0.2
_GOES_ON: Final = 0.35
_LONGEST: Final = 4
_LEAVES: Final = 0.006
_THREADS: Final = 3
_READS: Final = 0.4
_LIKES: Final = 0.12
_VOTES: Final = 0.35
_CLICKS: Final = 0.2
_TAPS: Final = 0.15
_BEARS: Final = 2.0
_FORGETS_IN: Final = 2 * DAY
_TIRES: Final = 0.02
_BLOCKS_RATHER_THAN_LEAVES: Final = 0.3
REACTIONS: Final = ("👍", "❤", "🔥", "😁", "🎉")


@dataclass(slots=True)
class Crowd:
    """A person among others. `joins` tells whether they come to the community, `chattiness` how often they
    talk compared with how often they write to bots; `member` holds the groups they are in."""

    traits: Traits
    dice: Random
    club_dice: Random
    joins: bool
    chattiness: float
    by: str
    places: Places | None = None
    member: set[int] = field(default_factory=set)
    posts: Random = field(default_factory=lambda: Random(0))
    heard: float = 0.0
    heard_at: int = 0

    @classmethod
    def of(cls, traits: Traits, seed: int) -> Crowd:
        """Drawn from (seed, person) alone."""
        dice = person_random(seed, traits.user_id, "crowd")
        joins = dice.random() < _COMMUNITY_SHARE
        chattiness = round(dice.uniform(0.15, 0.55), 3)
        point = dice.random()
        by = "asking" if point < _ASKS_SHARE else "link" if point < _ASKS_SHARE + _LINK_SHARE else "name"
        crowd = cls(traits, dice, person_random(seed, traits.user_id, "club"), joins, chattiness, by)
        crowd.posts = person_random(seed, traits.user_id, "posts")
        return crowd

    def arrive(self, at: int) -> list[Plan]:
        """The person has begun to use the bots: the community comes some hours later."""
        if self.places is None or not self.joins:
            return []
        moment = at + lognormal_delay(self.dice, 8 * HOUR, 1.0)
        return [(moment, Act("enter", self.places.bots[0], self._link(), place=self.places.community))]

    def invited(self, at: int, dice: Random) -> list[Plan]:
        """VIP has been paid for; the link comes with the receipt."""
        if self.places is None or self.places.vip in self.member:
            return []
        moment = at + lognormal_delay(dice, 8 * MINUTE, 0.9)
        return [(moment, Act("enter", self.places.bots[1], self.places.vip_link, place=self.places.vip))]

    def entered(self, at: int, act: Act) -> list[Plan]:
        """At the door or inside: who came by the asking link waits for the owner."""
        if self.places is not None and act.text == self.places.asking_link and act.verb == "enter":
            return [
                (at + lognormal_delay(self.dice, 20 * MINUTE, 1.0), Act("admit", act.bot_id, place=act.place))
            ]
        self.member.add(act.place)
        return [self._next(at, act.bot_id, act.place)]

    def gathering(self, at: int, bot_id: int, place: int) -> list[Plan]:
        """One visit to a group, and the time of the next."""
        if place not in self.member:
            return []
        dice = self._dice(place)
        plans: list[Plan] = []
        moment = at
        for _ in range(_length(dice)):
            plans.append((moment, self._word(dice, bot_id, place)))
            moment += lognormal_delay(dice, 90_000, 0.8)
        if dice.random() < _LEAVES:
            plans.append((moment, Act("leave", bot_id, place=place)))
        else:
            plans.append(self._next(moment, bot_id, place))
        return plans

    def posted(self, at: int, place: int, message: CampaignMessage) -> list[Plan]:
        """A bot posts something in a group: perhaps a reaction, a vote, a click; too much drives people
        out."""
        dice = self.posts
        self.heard = self.heard * 0.5 ** ((at - self.heard_at) / _FORGETS_IN) + 1.0
        self.heard_at = at
        if dice.random() >= _READS * attention(self.traits, at):
            return []
        moment = at + lognormal_delay(dice, 10 * MINUTE, 1.0)
        plans = [(moment, act) for act in self._answers(place, message)]
        if dice.random() < _TIRES * max(0.0, self.heard - _BEARS):
            blocks = dice.random() < _BLOCKS_RATHER_THAN_LEAVES
            last = Act("block", message.bot_id) if blocks else Act("leave", message.bot_id, place=place)
            plans.append((moment + MINUTE, last))
        return plans

    def _answers(self, place: int, message: CampaignMessage) -> Iterator[Act]:
        dice, bot, number = self.posts, message.bot_id, message.message_id
        if dice.random() < _LIKES:
            yield Act("cheer", bot, dice.choice(REACTIONS), number, place=place)
        if message.poll is not None and dice.random() < _VOTES:
            poll, options = message.poll
            yield Act("vote", bot, poll, dice.randrange(options), place=place)
        if message.links and dice.random() < _CLICKS:
            yield Act("click", bot, dice.choice(message.links), number, place=place)
        if message.buttons and dice.random() < _TAPS:
            yield Act("tap", bot, dice.choice(message.buttons)[1], number, place=place)

    def gone(self, place: int) -> None:
        """Left, or was shown out."""
        self.member.discard(place)

    def resume(self, at: int) -> list[Plan]:
        """Back after a silence: the groups are still there."""
        if self.places is None:
            return []
        bots = dict(zip((self.places.community, self.places.vip), self.places.bots, strict=True))
        return [self._next(at, bots[place], place) for place in sorted(self.member)]

    def _word(self, dice: Random, bot_id: int, place: int) -> Act:
        point = dice.random()
        if point < _CHEERS:
            return Act("cheer", bot_id, dice.choice(REACTIONS), place=place)
        if point < _CHEERS + _SHOWS:
            return Act("chat", bot_id, "photo", place=place, manner="media")
        manner = "reply" if dice.random() < _ANSWERS else ""
        words = phrase(dice, self.traits.language, "crowd")
        thread = dice.randrange(_THREADS)
        return Act("chat", bot_id, words, thread, place=place, manner=manner)

    def _next(self, at: int, bot_id: int, place: int) -> Plan:
        moment = next_session(self.traits, self._dice(place), at + 10 * MINUTE, self.chattiness)
        return moment, Act("gathering", bot_id, place=place)

    def _dice(self, place: int) -> Random:
        is_club = self.places is not None and place == self.places.vip
        return self.club_dice if is_club else self.dice

    def _link(self) -> str:
        if self.places is None or self.by == "name":
            return ""
        return self.places.asking_link if self.by == "asking" else self.places.public_link


def _length(dice: Random) -> int:
    length = 1
    while length < _LONGEST and dice.random() < _GOES_ON:
        length += 1
    return length
