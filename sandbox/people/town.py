"""The people of the simulated town, living: one heap of what happens next, one task that lets it happen.

Promises: the same seed and the same stimuli give the same life; acts of the same moment happen in the order
of the people's ids. The past (`history`) and the live run use the same people and the same heap, so the one
goes over into the other without a seam. Leaves to others: what a person decides (`life`), how an act becomes
an update (`stage`).
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Any, Final

from sandbox.accounts import Json, TelegramUser
from sandbox.log import Received
from sandbox.people.behaviour import DAY, MINUTE, SECOND, response_probability
from sandbox.people.life import CONSENT_NO, CONSENT_YES, Act, Life, Plan, campaign_message
from sandbox.people.stage import LiveStage, PastStage, Stage
from sandbox.people.traits import Traits, draw_traits
from sandbox.world import World

_Entry = tuple[int, int, int, Act]

JOINING_DAYS: Final = 14
"""Live joiners come evenly over this time."""
_RECENT_SHARE: Final = 0.15
_STEADY_SHARE: Final = 0.5
_RECENT_DAYS: Final = 2.5
_ARRIVAL_WITHOUT_PAST: Final = 30 * MINUTE
_GREETING_AFTER: Final = 1 * SECOND
_REPORTED: Final = (
    "responses",
    "conversions",
    "blocks",
    "unblocks",
    "stops",
    "starts",
    "consents",
    "refusals",
)


class Population:
    """Seeded people on a world. Call `create`, then perhaps `history` (to its end), then `run`.

    `people` counts everybody; the share `joiners` of them comes only during the live run. `clock` gives the
    world's time in milliseconds.
    """

    def __init__(
        self,
        world: World,
        *,
        people: int,
        seed: int,
        clock: Callable[[], int],
        bots: Sequence[int],
        joiners: float = 0.15,
    ) -> None:
        self._world = world
        self._clock = clock
        self._time_scale = 1.0
        self._origin_ms = 0
        self._joining = round(people * joiners)
        self._lives = [Life.of(draw_traits(seed, index, tuple(bots)), seed) for index in range(people)]
        self._by_id = {life.traits.user_id: life for life in self._lives}
        self._heap: list[_Entry] = []
        self._stage: Stage = LiveStage(world)
        self._news = asyncio.Event()
        self._counts: Counter[str] = Counter()
        self._answered: set[tuple[int, int]] = set()
        self._has_past = False

    def create(self) -> None:
        """Gives everybody a Telegram account and starts listening to the bots."""
        for life in self._lives:
            self._world.add_user(_account(life.traits))
        self._world.on_message.append(self._on_message)

    def history(self, days: int, until_ms: int) -> Iterator[Json]:
        """The past, as lines `{"bot_id", "received_at_ms", "update"}` in time order, all before `until_ms`.

        Moves people and world along: read it to its end before the live run starts.
        """
        self._has_past = True
        began_ms = until_ms - days * DAY
        for place, life in enumerate(self._residents()):
            self._plan(life, [(_joined_in_past(life, place, began_ms, days), Act("join", 0))])
        past = PastStage(self._world)
        self._stage = past
        while self._heap and self._heap[0][0] < until_ms:
            self._perform_next()
            yield from past.lines
            past.lines.clear()
        self._stage = LiveStage(self._world)
        self._counts.clear()

    async def run(self, time_scale: float = 1.0) -> None:
        """Lets people live until cancelled, so many times faster than the clock (for tests in real time)."""
        self._time_scale = time_scale
        self._origin_ms = self._clock()
        self._invite_joiners()
        while True:
            now = self._life_ms()
            while self._heap and self._heap[0][0] <= now:
                self._perform_next()
            await self._rest()

    def stats(self) -> dict[str, int]:
        """What people did in the live run: the ground truth to compare a product's figures with."""
        always = dict.fromkeys(_REPORTED, 0)
        return always | dict(sorted(self._counts.items()))

    def truth(self) -> dict[int, dict[str, object]]:
        """The hidden type of everybody, with what became of them."""
        return {
            life.traits.user_id: {**life.traits.as_dict(), "consent": life.mind, "payments": life.payments}
            for life in self._lives
        }

    def true_zones(self) -> dict[int, str]:
        """Where everybody really lives, for the referee."""
        return {life.traits.user_id: life.traits.zone.key for life in self._lives}

    def response_probability(self, user_id: int, kind: str, at_ms: int, fatigue: float = 0.0) -> float:
        """The true chance that this person answers such a message at such a time."""
        return response_probability(self._by_id[user_id].traits, kind, at_ms, fatigue)

    # -- time --------------------------------------------------------------------------------------

    def _life_ms(self) -> int:
        """People's own time; with `time_scale` 1 it is the clock's."""
        now = self._clock()
        return self._origin_ms + round((now - self._origin_ms) * self._time_scale)

    async def _rest(self) -> None:
        """Until the next act is due, or a message changed what is next."""
        self._news.clear()
        if not self._heap:
            await self._news.wait()
            return
        wait_ms = ceil((self._heap[0][0] - self._life_ms()) / self._time_scale)
        timer = asyncio.get_running_loop().call_later(max(1, wait_ms) / 1000, self._news.set)
        try:
            await self._news.wait()
        finally:
            timer.cancel()

    # -- acts --------------------------------------------------------------------------------------

    def _residents(self) -> list[Life]:
        return self._lives[: len(self._lives) - self._joining]

    def _invite_joiners(self) -> None:
        residents = self._residents()
        newcomers = self._lives[len(residents) :]
        for place, life in enumerate(newcomers):
            share = (place + life.traits.joins_at) / len(newcomers)
            self._plan(life, [(self._origin_ms + round(share * JOINING_DAYS * DAY), Act("join", 0))])
        if not self._has_past:
            for life in residents:
                delay = round(life.traits.joins_at * _ARRIVAL_WITHOUT_PAST)
                self._plan(life, [(self._origin_ms + delay, Act("join", 0))])

    def _plan(self, life: Life, plans: Sequence[Plan]) -> None:
        for at, act in plans:
            heapq.heappush(self._heap, (at, life.traits.user_id, life.next_serial(), act))

    def _perform_next(self) -> None:
        at, user_id, _, act = heapq.heappop(self._heap)
        life = self._by_id[user_id]
        match act.verb:
            case "join":
                self._plan(life, life.join(at))
            case "session":
                self._plan(life, life.session(at))
            case _:
                if life.possible(act):
                    self._act(at, life, act)

    def _act(self, at: int, life: Life, act: Act) -> None:
        greeting = self._stage.perform(at, life, act)
        self._plan(life, life.done(at, act))
        if greeting is not None:
            self._plan(life, life.greeted(at + _GREETING_AFTER, act.bot_id, greeting))
        self._count(life, act)

    def _count(self, life: Life, act: Act) -> None:
        name = {"start": "starts", "say": "texts", "stop": "stops", "tap": "taps"}.get(act.verb)
        self._counts[name or {"pay": "conversions", "block": "blocks"}.get(act.verb, "unblocks")] += 1
        if act.verb == "tap" and act.text in (CONSENT_YES, CONSENT_NO):
            self._counts["consents" if act.text == CONSENT_YES else "refusals"] += 1
        if not act.answers:
            return
        if act.verb == "pay":
            self._counts["conversions_after_message"] += 1
        elif act.verb in ("say", "tap"):
            mark = (life.traits.user_id, act.answers)
            self._counts["responses"] += mark not in self._answered
            self._answered.add(mark)

    # -- messages ----------------------------------------------------------------------------------

    def _on_message(self, received: Received, message: Json) -> None:
        life = self._by_id.get(received.chat_id)
        if life is None or received.message_id is None:
            return
        data = callback_data(message)
        at, bot_id, message_id = self._life_ms(), received.bot_id, received.message_id
        if any(each.startswith("menu:") for each in data):
            life.menus[bot_id] = message_id
        if CONSENT_YES in data:
            self._plan(life, life.greeted(at, bot_id, message_id))
        campaign = campaign_message(bot_id, message_id, data)
        if campaign is not None and received.method.startswith("send"):
            self._counts["campaign_messages"] += 1
            self._plan(life, life.campaigned(at, campaign))
        self._news.set()


def callback_data(message: Json) -> list[str]:
    """The data of all inline buttons of a message, in order."""
    markup: Any = message.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", ())
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


def _joined_in_past(life: Life, place: int, began_ms: int, days: int) -> int:
    """Most people came when the bot opened, some over the time, some in the last days."""
    share = (place * 0.618_034) % 1.0
    span_ms = days * DAY
    recent_ms = min(span_ms, round(_RECENT_DAYS * DAY))
    if share < _RECENT_SHARE:
        return began_ms + span_ms - round(life.traits.joins_at * recent_ms * 0.9) - recent_ms // 20
    if share < _STEADY_SHARE:
        return began_ms + round(life.traits.joins_at * (span_ms - recent_ms))
    return began_ms + round(life.traits.joins_at * min(span_ms, 2 * DAY) * 0.75)


def _account(traits: Traits) -> TelegramUser:
    return TelegramUser(
        id=traits.user_id,
        first_name=traits.first_name,
        username=traits.username,
        language_code=traits.language,
        is_premium=traits.is_premium,
    )
