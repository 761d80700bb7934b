"""One simulated person's life: what was done and felt so far, and what follows from it.

Promises: every method turns a moment or a stimulus into plans, `(at_ms, Act)`, and touches nothing outside;
the same seed and the same stimuli give the same plans. Two dice are kept apart, `habit` for what the person
does unasked and `mood` for reactions, so that a campaign never changes the organic life it is compared with.
Leaves to `town`: performing acts in time order, on a real or on a past stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from sandbox.people.behaviour import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    annoyance_probability,
    answer_delay,
    decayed_fatigue,
    lognormal_delay,
    next_session,
    response_probability,
    session_length,
)
from sandbox.people.texts import Topic, phrase
from sandbox.people.traits import Intent, Traits, person_random

Verb = Literal["join", "session", "start", "say", "stop", "tap", "pay", "block", "unblock"]
Mind = Literal["undecided", "yes", "no"]

CONSENT_YES: Final = "consent:all"
CONSENT_NO: Final = "consent:none"
MENU: Final = ("menu:price", "menu:vip", "menu:support", "menu:news")

_TOPICS: Final[tuple[Topic | Literal["menu", "interest"], ...]] = (
    "small_talk",
    "menu",
    "price",
    "interest",
    "support",
    "help",
)
_TOPIC_WEIGHTS: Final = {
    Intent.LOW: (0.55, 0.33, 0.04, 0.02, 0.04, 0.02),
    Intent.MEDIUM: (0.36, 0.28, 0.14, 0.15, 0.05, 0.02),
    Intent.HIGH: (0.18, 0.22, 0.22, 0.33, 0.04, 0.01),
}
_MENU_WEIGHTS: Final = {
    Intent.LOW: (0.15, 0.08, 0.27, 0.50),
    Intent.MEDIUM: (0.35, 0.25, 0.15, 0.25),
    Intent.HIGH: (0.42, 0.40, 0.08, 0.10),
}
_BUYS_UNASKED: Final = {Intent.LOW: 0.002, Intent.MEDIUM: 0.014, Intent.HIGH: 0.05}
_BUYS_WHEN_ASKED: Final = {Intent.LOW: 0.03, Intent.MEDIUM: 0.10, Intent.HIGH: 0.22}
_STOPS_UNASKED: Final = 0.0012
_BLOCKS_UNASKED: Final = 0.0018
_RETURNS_AFTER_BLOCK: Final = 0.3
_RETURNS_AFTER_STOP: Final = 0.2
_AGREES_AGAIN: Final = 0.7
_SECOND_BOT_SHARE: Final = 0.4
_TAPS_RATHER_THAN_TYPES: Final = 0.8
_ASKS_IN_WORDS: Final = 0.4
_STOPS_RATHER_THAN_BLOCKS: Final = 0.5
_SATED: Final = 5 * DAY


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person does. `text` is words, a start code, callback data or what is paid for, after the
    verb; `answers` is the message id of the campaign message that earned it, 0 when nothing did.
    """

    verb: Verb
    bot_id: int
    text: str = ""
    message_id: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True)
class CampaignMessage:
    """A campaign message as the person sees it: what kind it is and which answers its buttons offer."""

    bot_id: int
    message_id: int
    kind: str
    buttons: tuple[tuple[str, str], ...]
    """(choice, callback data) of each button."""


Plan = tuple[int, Act]


@dataclass(slots=True)
class Life:
    """What one person did, feels and remembers."""

    traits: Traits
    habit: Random
    mood: Random
    mind: Mind = "undecided"
    deciding: bool = False
    opened: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    menus: dict[int, int] = field(default_factory=dict)
    fatigue: float = 0.0
    tired_at: int = 0
    payments: int = 0
    paid_at: int = -_SATED
    is_vip: bool = False
    serial: int = 0

    @classmethod
    def of(cls, traits: Traits, seed: int) -> Life:
        """A life not yet lived."""
        return cls(
            traits,
            habit=person_random(seed, traits.user_id, "habit"),
            mood=person_random(seed, traits.user_id, "mood"),
        )

    def next_serial(self) -> int:
        """Orders a person's own acts of the same moment, so that no order depends on other people."""
        self.serial += 1
        return self.serial

    def reachable(self, bot_id: int) -> bool:
        """The chat is open and not blocked."""
        return bot_id in self.opened and bot_id not in self.blocked

    def possible(self, act: Act) -> bool:
        """Plans are made ahead; what came in between may have made them moot."""
        match act.verb:
            case "join" | "session":
                return True
            case "start":
                return act.bot_id not in self.blocked
            case "unblock":
                return act.bot_id in self.blocked
            case "tap":
                return self.reachable(act.bot_id) and act.message_id > 0
            case _:
                return self.reachable(act.bot_id)

    def join(self, at: int) -> list[Plan]:
        """The first contact, and what belongs to it: the second bot, the declared timezone, the first
        session.
        """
        first, *others = self.traits.bots
        plans: list[Plan] = [(at, Act("start", first, self.traits.origin or ""))]
        for bot in others:
            plans.append((at + lognormal_delay(self.habit, 6 * HOUR, 0.8), Act("start", bot)))
        if self.traits.declares_zone:
            moment = at + lognormal_delay(self.habit, 20 * MINUTE, 1.2)
            plans.append((moment, Act("say", first, f"/timezone {self.traits.zone.key}")))
        plans.append((at + lognormal_delay(self.habit, 2 * MINUTE, 0.7), Act("session", first)))
        return plans

    def session(self, at: int) -> list[Plan]:
        """One visit to the chat, and the time of the next."""
        bot = self._choose_bot()
        plans: list[Plan] = []
        moment = at
        if bot not in self.opened or self._greeting_got_lost(bot):
            plans.append((moment, Act("start", bot)))
        for _ in range(session_length(self.habit)):
            plans.append((moment, self._interaction(bot)))
            moment += lognormal_delay(self.habit, 40 * SECOND, 0.7)
        plans.extend(self._after_session(bot, moment))
        eagerness = 0.5 if self.mind == "no" else 1.0
        upcoming = next_session(self.traits, self.habit, max(at + 10 * MINUTE, moment), eagerness)
        plans.append((upcoming, Act("session", bot)))
        return plans

    def greeted(self, at: int, bot_id: int, message_id: int) -> list[Plan]:
        """The bot asks what the person wants to hear."""
        self.menus[bot_id] = message_id
        if self.mind != "undecided" or self.deciding or self.traits.attitude == "ignores":
            return []
        self.deciding = True
        data = CONSENT_YES if self.traits.attitude == "accepts" else CONSENT_NO
        return [(at + lognormal_delay(self.mood, 20 * SECOND, 1.1), Act("tap", bot_id, data, message_id))]

    def campaigned(self, at: int, message: CampaignMessage) -> list[Plan]:
        """A campaign message arrives: perhaps an answer, perhaps a purchase, perhaps the last straw."""
        felt = decayed_fatigue(self.fatigue, at - self.tired_at)
        self.fatigue, self.tired_at = felt + 1.0, at
        plans: list[Plan] = []
        if self.mood.random() < response_probability(self.traits, message.kind, at, felt):
            plans.extend(self._respond(at, message))
        annoyed = annoyance_probability(self.traits, at, felt, consented=self.mind == "yes")
        if self.mood.random() < annoyed:
            plans.append(self._leave(at, message))
        return plans

    def done(self, at: int, act: Act) -> list[Plan]:
        """An act took place: remember it, and plan what it entails."""
        match act.verb:
            case "start":
                self._started(act.bot_id)
            case "tap" if act.text in (CONSENT_YES, CONSENT_NO):
                self.mind = "yes" if act.text == CONSENT_YES else "no"
                self.deciding = False
            case "pay":
                self.payments += 1
                self.paid_at = at
                self.is_vip = self.is_vip or act.text == "vip"
            case "stop":
                self.mind = "no"
                return self._maybe_return(at, _RETURNS_AFTER_STOP, Act("start", act.bot_id))
            case "block":
                self.blocked.add(act.bot_id)
                return self._maybe_return(at, _RETURNS_AFTER_BLOCK, Act("unblock", act.bot_id))
            case "unblock":
                self.blocked.discard(act.bot_id)
                return [(at + 2 * SECOND, Act("start", act.bot_id))]
            case _:
                pass
        return []

    def goods(self) -> str:
        """What the person would buy now."""
        return "vip" if self.traits.interest == "vip" and not self.is_vip else "order"

    def _started(self, bot_id: int) -> None:
        again = bot_id in self.opened
        self.opened.add(bot_id)
        if again and self.mind == "no" and self.traits.attitude == "accepts":
            self.mind = "undecided" if self.mood.random() < _AGREES_AGAIN else "no"

    def _choose_bot(self) -> int:
        first, *others = [bot for bot in self.traits.bots if bot not in self.blocked] or self.traits.bots
        return others[0] if others and self.habit.random() < _SECOND_BOT_SHARE else first

    def _greeting_got_lost(self, bot_id: int) -> bool:
        return bot_id not in self.menus and self.mind == "undecided" and not self.deciding

    def _interaction(self, bot_id: int) -> Act:
        intent = self.traits.intent
        topic = self.habit.choices(_TOPICS, _TOPIC_WEIGHTS[intent])[0]
        if topic == "menu":
            data = self.habit.choices(MENU, _MENU_WEIGHTS[intent])[0]
            if bot_id in self.menus:
                return Act("tap", bot_id, data, self.menus[bot_id])
            topic = "small_talk"
        if topic == "interest":
            topic = "vip" if self.goods() == "vip" else "buy"
        return Act("say", bot_id, phrase(self.habit, self.traits.language, topic))

    def _after_session(self, bot_id: int, at: int) -> Iterable[Plan]:
        point = self.habit.random()
        if point < _BLOCKS_UNASKED:
            yield at + MINUTE, Act("block", bot_id)
        elif point < _BLOCKS_UNASKED + _STOPS_UNASKED:
            yield at + MINUTE, Act("stop", bot_id, phrase(self.habit, self.traits.language, "stop"))
        elif self.habit.random() < _BUYS_UNASKED[self.traits.intent] * self._appetite(at):
            yield at + lognormal_delay(self.habit, 10 * MINUTE), Act("pay", bot_id, self.goods())

    def _appetite(self, at: int) -> float:
        return 0.2 if at - self.paid_at < _SATED else 1.0

    def _respond(self, at: int, message: CampaignMessage) -> Iterable[Plan]:
        moment = at + answer_delay(self.traits, self.mood, at)
        choice, reply = self._reaction(message)
        yield moment, reply
        eager = 2.0 if choice == "buy" else 1.3 if message.kind == "offer" else 0.7
        if self.mood.random() < _BUYS_WHEN_ASKED[self.traits.intent] * eager * self._appetite(at):
            bought = Act("pay", message.bot_id, self.goods(), answers=message.message_id)
            yield moment + lognormal_delay(self.mood, 25 * MINUTE), bought

    def _reaction(self, message: CampaignMessage) -> tuple[str, Act]:
        """A tap mostly, else words."""
        bot, number = message.bot_id, message.message_id
        if message.buttons and self.mood.random() < _TAPS_RATHER_THAN_TYPES:
            weights = [_choice_weight(choice, self.traits.intent) for choice, _ in message.buttons]
            choice, data = self.mood.choices(message.buttons, weights)[0]
            return choice, Act("tap", bot, data, number, answers=number)
        asks = self.traits.intent > Intent.LOW and self.mood.random() < _ASKS_IN_WORDS
        topic: Topic = "price" if asks else "reply"
        words = phrase(self.mood, self.traits.language, topic)
        return "reply", Act("say", bot, words, answers=number)

    def _leave(self, at: int, message: CampaignMessage) -> Plan:
        moment = at + answer_delay(self.traits, self.mood, at)
        if self.mood.random() < _STOPS_RATHER_THAN_BLOCKS:
            words = phrase(self.mood, self.traits.language, "stop")
            return moment, Act("stop", message.bot_id, words, answers=message.message_id)
        return moment, Act("block", message.bot_id, answers=message.message_id)

    def _maybe_return(self, at: int, chance: float, act: Act) -> list[Plan]:
        if self.mood.random() >= chance:
            return []
        return [(at + lognormal_delay(self.mood, 2 * DAY, 0.6), act)]


def _choice_weight(choice: str, intent: Intent) -> float:
    return {"buy": 0.15 + 0.6 * intent, "more": 1.0 + 0.3 * intent}.get(choice, 1.0)


def campaign_message(bot_id: int, message_id: int, data: Sequence[str]) -> CampaignMessage | None:
    """Reads `c:<row id>:<kind>:<choice>` buttons; None when the message carries none, so is no campaign."""
    buttons: list[tuple[str, str]] = []
    kind = ""
    for each in data:
        if not each.startswith("c:"):
            continue
        _, _, kind, choice = (each + ":::").split(":")[:4]
        buttons.append((choice, each))
    return CampaignMessage(bot_id, message_id, kind, tuple(buttons)) if buttons else None
