"""People who asked to be forgotten: what their wish excuses in the books, and what it forbids.

A wish is a tap on `forget:yes` that reached the product. From then on no message may reach the person, except
what was under way and the word that it is done, until a new /start; a campaign never. In return the product
need not account any more for what it sent and stored before: its books say nothing of the person, as they
must. After a new /start the person is somebody new: wishes, consent and counts of before mean nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.referee.evidence import PERMIT_MS, Happening
from sandbox.referee.join import Joined
from sandbox.referee.verdict import Violation

LAST_WORDS_MS: Final = 60_000
"""So long after the wish became known, answers that were under way may still arrive."""
_TELEGRAMS_OWN: Final = frozenset({"block", "unblock"})


@dataclass(frozen=True, slots=True)
class Forgotten:
    """When each person's wishes to be forgotten became known (ms), oldest first, and all happenings."""

    known: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    happenings: Mapping[int, Sequence[Happening]] = field(default_factory=dict)

    @classmethod
    def of(cls, happenings: Mapping[int, Sequence[Happening]]) -> Forgotten:
        """Read from what people did."""
        wishes = {
            person: tuple(one.known_ms for one in lived if one.fact == "forget" and one.known_ms is not None)
            for person, lived in happenings.items()
        }
        return cls({person: times for person, times in wishes.items() if times}, happenings)

    def __bool__(self) -> bool:
        return bool(self.known)

    def excuses(self, person: int | None, at_ms: int) -> bool:
        """Whether the books may say nothing of something with this person at this time."""
        times = self.known.get(person or 0, ())
        return bool(times) and at_ms <= times[-1] + LAST_WORDS_MS

    def lives(self, person: int) -> Iterator[tuple[int, int, list[Happening]]]:
        """The lives of a person between wishes: from when, until when (ms), and what counts in each. A
        message belongs to the life in which a permit for it could be asked."""
        lived = self.happenings.get(person, ())
        begins = 0
        ends = [known + PERMIT_MS for known in self.known.get(person, ())]
        for end in [*ends, 2**62]:
            asked = begins - PERMIT_MS
            yield begins, end, [one for one in lived if _counts(one, asked, begins)]
            begins = end

    def judge(self, messages: Sequence[Joined]) -> Iterator[Violation]:
        """Messages that reached somebody who wanted none; campaigns are judged by consent."""
        for one in messages:
            person, at_ms = one.sent.chat_id, one.sent.at_ms
            if one.is_campaign or not self._silent(person, at_ms):
                continue
            detail = "a message after the person asked to be forgotten and before a new /start"
            yield Violation("consent", "forgotten", person, at_ms, detail)

    def after(self, messages: Sequence[Joined]) -> int:
        """How many messages reached people who wanted none."""
        return sum(self._silent(one.sent.chat_id, one.sent.at_ms) for one in messages)

    def _silent(self, person: int, at_ms: int) -> bool:
        times = self.known.get(person, ())
        place = bisect_left(times, at_ms - LAST_WORDS_MS)
        if place == 0:
            return False
        since = times[place - 1]
        starts = (one.at_ms for one in self.happenings[person] if one.fact == "start")
        return not any(since < start <= at_ms for start in starts)


def _counts(one: Happening, asked_ms: int, begins_ms: int) -> bool:
    """Of the life before only what Telegram itself remembers counts, and the wish that ended it."""
    if begins_ms == 0 or one.at_ms > asked_ms or one.fact in _TELEGRAMS_OWN:
        return True
    return one.fact == "forget" and one.known_ms == asked_ms


def within(messages: Iterable[Joined], begins_ms: int, ends_ms: int) -> list[Joined]:
    """The messages of one life."""
    return [one for one in messages if begins_ms < one.sent.at_ms <= ends_ms]
