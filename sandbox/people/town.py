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
from typing import Final

from sandbox.accounts import Json, TelegramUser
from sandbox.log import Received
from sandbox.people.acts import CONSENT_NO, CONSENT_YES, FORGET_YES, Act, Plan
from sandbox.people.behaviour import DAY, MINUTE, SECOND, response_probability
from sandbox.people.browser import Browser
from sandbox.people.ears import listen, moved
from sandbox.people.life import Life
from sandbox.people.places import Places, open_doors
from sandbox.people.stage import LiveStage, PastStage, Stage
from sandbox.people.traits import Traits, draw_traits
from sandbox.shop import Sale
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
    "reactions",
    "votes",
    "group_messages",
    "group_joins",
    "vip_joins",
    "group_leaves",
    "refunds",
    "forgotten",
    "clicks",
    "group_posts",
)
UNASKED_MS: Final = 3 * MINUTE
"""A message of a bot to which nothing was said for so long answers nothing: it is a campaign."""
_COUNTED: Final = {
    "start": "starts",
    "say": "texts",
    "stop": "stops",
    "tap": "taps",
    "pay": "conversions",
    "block": "blocks",
    "unblock": "unblocks",
    "show": "media",
    "amend": "edits",
    "react": "reactions",
    "vote": "votes",
    "click": "clicks",
    "search": "searches",
    "app": "app_uses",
    "checkout": "checkouts",
    "refund": "refunds",
    "vanish": "deactivations",
    "chat": "group_messages",
    "cheer": "group_reactions",
    "leave": "group_leaves",
    "admit": "group_joins",
}
_ANSWERS: Final = frozenset({"say", "tap", "react", "vote", "click"})


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
        self._browser = Browser(world.parking)
        self._acted: dict[tuple[int, int], int] = {}
        self._stage: Stage = LiveStage(world, self._browser.open)
        self._news = asyncio.Event()
        self._counts: Counter[str] = Counter()
        self._answered: set[tuple[int, int]] = set()
        self._has_past = False
        self._places: Places | None = None
        self._buying: dict[tuple[int, int], int] = {}
        self._forgotten: dict[int, list[int]] = {}

    def gather(self, places: Places) -> None:
        """Tells people of the town's groups before anything happens; else they keep to private chats."""
        self._places = places
        for life in self._lives:
            life.crowd.places = places

    def create(self) -> None:
        """Gives everybody a Telegram account and starts listening to the bots."""
        for life in self._lives:
            self._world.add_user(_account(life.traits))
        self._world.on_message.append(self._on_message)
        self._world.shop.on_paid.append(self._on_paid)

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
        if self._places is not None:
            with self._world.in_past(began_ms, past.lines):
                open_doors(self._world, self._places)
            yield from past.lines
            past.lines.clear()
        while self._heap and self._heap[0][0] < until_ms:
            self._perform_next()
            yield from past.lines
            past.lines.clear()
        self._stage = LiveStage(self._world, self._browser.open)
        self._counts.clear()
        for life in self._lives:
            life.browsing, life.forgetting = 0, False

    async def run(self, time_scale: float = 1.0) -> None:
        """Lets people live until cancelled, so many times faster than the clock (for tests in real time)."""
        self._time_scale = time_scale
        self._origin_ms = self._clock()
        if self._places is not None and not self._has_past:
            open_doors(self._world, self._places)
        self._invite_joiners()
        try:
            while True:
                now = self._life_ms()
                while self._heap and self._heap[0][0] <= now:
                    self._perform_next()
                await self._rest()
        finally:
            await self._browser.close()

    def stats(self) -> dict[str, int]:
        """What people did in the live run: the ground truth to compare a product's figures with."""
        always = dict.fromkeys(_REPORTED, 0)
        return always | dict(sorted(self._counts.items()))

    def truth(self) -> dict[int, dict[str, object]]:
        """The hidden type of everybody, with what became of them."""
        return {life.traits.user_id: self._truth_of(life) for life in self._lives}

    def _truth_of(self, life: Life) -> dict[str, object]:
        vip = self._places.vip if self._places is not None else 0
        return {
            **life.traits.as_dict(),
            "consent": life.mind,
            "payments": life.payments,
            "groups": sorted(life.crowd.member),
            "in_vip": vip in life.crowd.member,
            "forgotten": life.traits.user_id in self._forgotten,
        }

    def sales(self) -> list[dict[str, object]]:
        """Who paid what, in order, with the charge ids and whether it was given back."""
        return [
            {
                "user_id": sale.user_id,
                "bot_id": sale.bot_id,
                "charge": sale.payment.charge_id,
                "amount_minor": sale.payment.total_amount,
                "currency": sale.payment.currency,
                "payload": sale.payment.payload,
                "at_ms": sale.at_ms,
                "refunded": sale.refunded,
            }
            for sale in self._world.shop.sales.values()
        ]

    def forgotten(self) -> dict[int, list[int]]:
        """Who asked to be forgotten in the live run, and when (ms)."""
        return {user_id: list(times) for user_id, times in self._forgotten.items()}

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
        at, user_id, serial, act = heapq.heappop(self._heap)
        life = self._by_id[user_id]
        if serial <= life.void_below or not life.possible(act):
            return
        match act.verb:
            case "join":
                self._plan(life, life.join(at))
            case "session":
                self._plan(life, life.session(at))
            case "gathering":
                self._plan(life, life.crowd.gathering(at, act.bot_id, act.place))
            case _:
                self._act(at, life, act)

    def _act(self, at: int, life: Life, act: Act) -> None:
        act = life.way_to_pay(act)
        if act.verb == "checkout":
            self._buying[life.traits.user_id, act.bot_id] = act.answers
        self._acted[life.traits.user_id, act.bot_id] = self._clock()
        greeting = self._stage.perform(at, life, act)
        self._plan(life, life.done(at, act))
        if greeting is not None:
            self._plan(life, life.greeted(at + _GREETING_AFTER, act.bot_id, greeting))
        self._count(at, life, act)

    def _on_paid(self, sale: Sale) -> None:
        """A checkout ended in a payment; people check out VIP only, orders they pay by themselves."""
        if sale.payment.payload == "order" or (sale.user_id, sale.bot_id) not in self._buying:
            return
        answers = self._buying.pop((sale.user_id, sale.bot_id))
        life = self._by_id[sale.user_id]
        paid = Act("pay", sale.bot_id, "vip", answers=answers)
        at = self._life_ms()
        self._plan(life, life.done(at, paid))
        self._count(at, life, paid)
        self._news.set()

    def _count(self, at: int, life: Life, act: Act) -> None:
        if act.verb == "enter":
            self._count_entry(life, act)
        else:
            self._counts[_COUNTED[act.verb]] += 1
        if act.verb == "tap" and act.text in (CONSENT_YES, CONSENT_NO):
            self._counts["consents" if act.text == CONSENT_YES else "refusals"] += 1
        elif act.verb == "tap" and act.text == FORGET_YES:
            self._counts["forgotten"] += 1
            self._forgotten.setdefault(life.traits.user_id, []).append(at)
        if not act.answers:
            return
        if act.verb == "pay":
            self._counts["conversions_after_message"] += 1
        elif act.verb in _ANSWERS:
            mark = (life.traits.user_id, act.answers)
            self._counts["responses"] += mark not in self._answered
            self._answered.add(mark)

    def _count_entry(self, life: Life, act: Act) -> None:
        """Who follows an asking link is not in yet."""
        if act.place in life.crowd.member:
            is_vip = self._places is not None and act.place == self._places.vip
            self._counts["vip_joins" if is_vip else "group_joins"] += 1

    # -- messages ----------------------------------------------------------------------------------

    def _on_message(self, received: Received, message: Json) -> None:
        if received.chat_id < 0:
            self._on_post(received, message)
        life = self._by_id.get(received.chat_id)
        if life is None or received.message_id is None:
            return
        acted = self._acted.get((received.chat_id, received.bot_id))
        unasked = acted is not None and self._clock() - acted > UNASKED_MS
        heard = listen(received, message, unasked=unasked)
        self._counts["campaign_messages"] += heard.campaign is not None
        self._plan(life, moved(life, self._life_ms(), heard))
        self._news.set()

    def _on_post(self, received: Received, message: Json) -> None:
        """A bot says something in a group that answers nobody: all who are there may see it."""
        if "reply_to_message" in message or "forum_topic_created" in message:
            return
        post = listen(received, message, unasked=True).campaign
        if post is None:
            return
        self._counts["group_posts"] += 1
        at = self._life_ms()
        for life in self._lives:
            if received.chat_id in life.crowd.member and not life.gone:
                self._plan(life, life.crowd.posted(at, received.chat_id, post))
        self._news.set()


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
