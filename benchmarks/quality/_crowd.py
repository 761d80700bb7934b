"""People who act, and the sender's own list of what must come of it.

Every act is one update, or the same thing told in several: twice under two numbers, or to both bots of a
group. Its maker writes down what it means for the person, once. A person's choices about campaigns are made
with one bot, so that the numbers of its updates tell which was the last.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

FIRST_PERSON: Final = 500_001
SUPERGROUP: Final = {"id": -1_001_500_000_001, "type": "supergroup", "title": "Everybody"}
GROUP: Final = {"id": -1_500_001, "type": "group", "title": "A few"}
VIP: Final = {"id": -1_001_500_000_009, "type": "supergroup", "title": "VIP"}
AGAIN: Final = 0.1
WORDS: Final = ("hello", "how much is VIP?", "merhaba", "fiyat ne kadar?", "I can't log in")
TAPS: Final = ("menu:price", "menu:vip", "menu:news", "page:settings", "something else")
PRICE: Final = 250

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """One update as it leaves the sender. `kind` decides in which queue it waits for a webhook."""

    bot_id: int
    number: int
    kind: str
    body: bytes


@dataclass(slots=True)
class Expected:
    """What one person has done: events by kind, charges paid and given back, the last word about campaigns,
    and by bot whether it can write to the person."""

    kinds: Counter[str] = field(default_factory=Counter)
    paid: set[str] = field(default_factory=set)
    refunded: set[str] = field(default_factory=set)
    agrees: bool | None = None
    reach: dict[int, str] = field(default_factory=dict)
    vip: bool = False


class Crowd:
    """Makes acts at random, by a seed; `of`: what is expected of each person, by Telegram id."""

    def __init__(self, bots: tuple[int, int], people: int, seed: int, start_s: int) -> None:
        self.of: dict[int, Expected] = defaultdict(Expected)
        self._bots = bots
        self._people = people
        self._dice = random.Random(seed)
        self._now_s = start_s
        self._numbers = dict.fromkeys(bots, 1_000 * seed)
        self._acts: tuple[tuple[Callable[[int, int], list[Update]], int], ...] = (
            (self._writes, 30),
            (self._taps, 20),
            (self._starts, 5),
            (self._chooses, 10),
            (self._writes_in_group, 15),
            (self._pays, 6),
            (self._is_paid_back, 2),
            (self._comes_or_goes, 4),
            (self._blocks_or_not, 3),
            (self._reacts, 3),
            (self._checks_out, 2),
        )

    def act(self) -> list[Update]:
        """Somebody does something: the updates that tell it. No two acts are of the same second."""
        self._now_s += 1
        person = FIRST_PERSON + self._dice.randrange(self._people)
        [(act, _)] = self._dice.choices(self._acts, [weight for _, weight in self._acts])
        return act(person, self._dice.choice(self._bots))

    # ------------------------------------------------------------------ in private
    def _writes(self, person: int, bot: int) -> list[Update]:
        return self._said(person, bot, {"text": self._dice.choice(WORDS)}, "message_received")

    def _starts(self, person: int, bot: int) -> list[Update]:
        return self._said(person, bot, {"text": "/start spring"}, "started")

    def _chooses(self, person: int, bot: int) -> list[Update]:
        """A yes or a no, by button, command or word; always with the same bot."""
        bot = self._bots[person % 2]
        how = self._dice.choice(("consent:all", "consent:all", "consent:none", "/stop", "STOP"))
        expected = self.of[person]
        expected.agrees = how == "consent:all"
        expected.kinds["consent_given" if expected.agrees else "consent_withdrawn"] += 1
        if how.startswith("consent"):
            return self._tapped(person, bot, how)
        return self._said(
            person, bot, {"text": how}, "command_used" if how == "/stop" else "message_received"
        )

    def _pays(self, person: int, bot: int) -> list[Update]:
        """Now and then one charge is told twice, under two numbers."""
        charge = f"charge-{self._now_s}"
        self.of[person].paid.add(charge)
        told = self._said(person, bot, {"successful_payment": _money(charge)}, "payment_succeeded")
        if self._dice.random() < AGAIN:
            told.append(self._update(bot, "message", orjson.loads(told[0].body)["message"]))
        return told

    def _is_paid_back(self, person: int, bot: int) -> list[Update]:
        expected = self.of[person]
        open_ = sorted(expected.paid - expected.refunded)
        if not open_:
            return self._pays(person, bot)
        expected.refunded.add(open_[0])
        return self._said(person, bot, {"refunded_payment": _money(open_[0])}, "payment_refunded")

    def _said(self, person: int, bot: int, content: Json, kind: str) -> list[Update]:
        self.of[person].kinds[kind] += 1
        if kind != "payment_refunded":
            self.of[person].reach[bot] = "open"
        return [
            self._update(bot, "message", self._message(person, {"id": person, "type": "private"}, content))
        ]

    def _taps(self, person: int, bot: int) -> list[Update]:
        return self._tapped(person, bot, self._dice.choice(TAPS))

    def _tapped(self, person: int, bot: int, data: str) -> list[Update]:
        self.of[person].kinds["button_tapped"] += 1
        shown = {"message_id": 1, "date": self._now_s, "chat": {"id": person, "type": "private"}}
        tap = {"id": str(self._now_s), "chat_instance": "1", "from": _human(person), "data": data}
        return [self._update(bot, "callback_query", {**tap, "message": shown})]

    def _checks_out(self, person: int, bot: int) -> list[Update]:
        self.of[person].kinds["checkout_started"] += 1
        asked = {"id": str(self._now_s), "from": _human(person), "currency": "XTR", "total_amount": PRICE}
        return [self._update(bot, "pre_checkout_query", {**asked, "invoice_payload": "vip"})]

    def _blocks_or_not(self, person: int, bot: int) -> list[Update]:
        expected = self.of[person]
        blocks = expected.reach.get(bot) != "blocked"
        expected.kinds["bot_blocked" if blocks else "bot_unblocked"] += 1
        expected.reach[bot] = "blocked" if blocks else "open"
        states = ("member", "kicked") if blocks else ("kicked", "member")
        body = self._change(person, {"id": person, "type": "private"}, states, {"id": bot, "is_bot": True})
        return [self._update(bot, "my_chat_member", body)]

    # ------------------------------------------------------------------ in groups
    def _writes_in_group(self, person: int, bot: int) -> list[Update]:
        """Both bots see what is written in the supergroup, under the same number."""
        self.of[person].kinds["group_message"] += 1
        shared = self._dice.random() < 0.7
        body = self._message(person, SUPERGROUP if shared else GROUP, {"text": self._dice.choice(WORDS)})
        return [self._update(one, "message", body) for one in (self._bots if shared else (bot,))]

    def _comes_or_goes(self, person: int, bot: int) -> list[Update]:
        expected = self.of[person]
        expected.vip = not expected.vip
        for word in ("group", "vip"):
            expected.kinds[f"{word}_joined" if expected.vip else f"{word}_left"] += 1
        states = ("left", "member") if expected.vip else ("member", "left")
        body = self._change(person, VIP, states, _human(person))
        return [self._update(one, "chat_member", body) for one in self._bots]

    def _reacts(self, person: int, bot: int) -> list[Update]:
        self.of[person].kinds["reacted"] += 1
        body = {"chat": {"id": person, "type": "private"}, "message_id": self._now_s, "user": _human(person)}
        emoji = [{"type": "emoji", "emoji": "👍"}]
        more = {"date": self._now_s, "old_reaction": [], "new_reaction": emoji}
        return [self._update(bot, "message_reaction", {**body, **more})]

    # ------------------------------------------------------------------ parts
    def _message(self, person: int, chat: Mapping[str, object], content: Json) -> Json:
        return {
            "message_id": self._now_s,
            "date": self._now_s,
            "from": _human(person),
            "chat": chat,
            **content,
        }

    def _change(
        self, person: int, chat: Mapping[str, object], states: tuple[str, str], whom: Mapping[str, object]
    ) -> Json:
        before, now = ({"status": state, "user": whom, "until_date": 0} for state in states)
        said = {"date": self._now_s, "from": _human(person), "chat": chat}
        return {**said, "old_chat_member": before, "new_chat_member": now}

    def _update(self, bot: int, kind: str, body: Json) -> Update:
        self._numbers[bot] += 1
        number = self._numbers[bot]
        return Update(bot, number, kind, orjson.dumps({"update_id": number, kind: body}))


def _human(person: int) -> Json:
    return {"id": person, "is_bot": False, "first_name": f"P{person}", "language_code": "en"}


def _money(charge: str) -> Json:
    sale = {"currency": "XTR", "total_amount": PRICE, "invoice_payload": "vip"}
    return {**sale, "telegram_payment_charge_id": charge, "provider_payment_charge_id": ""}
