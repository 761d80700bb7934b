"""One simulated person's life: what they plan by themselves, and what a message makes them do.

Promises: every method turns a moment or a stimulus into plans, `(at_ms, Act)`, and touches nothing outside;
the same seed and the same stimuli give the same plans. Dice are kept apart: `habit` and `whims` for what the
person does unasked, `mood` for reactions, those of `crowd` for groups; so a campaign never changes the
organic life it is compared with. Leaves to `memory`: what follows from an act; to `town`: performing acts in
time order, on a real or on a past stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from sandbox.people.acts import (
    BUY_VIP,
    CONSENT_NO,
    CONSENT_YES,
    FORGET_YES,
    MENU,
    Act,
    CampaignMessage,
    Plan,
)
from sandbox.people.behaviour import (
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
from sandbox.people.crowd import REACTIONS, Crowd
from sandbox.people.memory import SATED, Memory
from sandbox.people.texts import Topic, phrase
from sandbox.people.traits import Intent, Traits, person_random
from sandbox.people.whims import choice_of_settings, thinks, whim

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
_SECOND_BOT_SHARE: Final = 0.4
_TAPS_RATHER_THAN_TYPES: Final = 0.8
_ASKS_IN_WORDS: Final = 0.4
_STOPS_RATHER_THAN_BLOCKS: Final = 0.5
_VOTES: Final = 0.7
_CLICKS: Final = 0.5
_REACTS_RATHER_THAN_WRITES: Final = 0.06
_STOPS_UNDER_A_PHOTO: Final = 0.08
_STOPS_BY_EDITING: Final = 0.08


@dataclass(slots=True)
class Life(Memory):
    """A person who makes plans."""

    @classmethod
    def of(cls, traits: Traits, seed: int) -> Life:
        """A life not yet lived."""
        return cls(
            traits,
            habit=person_random(seed, traits.user_id, "habit"),
            mood=person_random(seed, traits.user_id, "mood"),
            whims=person_random(seed, traits.user_id, "whims"),
            crowd=Crowd.of(traits, seed),
        )

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
        plans.extend(self.crowd.arrive(at))
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
        plans.extend(whim(self.traits, self.whims, bot, moment))
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

    def asked_to_decide(self, at: int, bot_id: int, message_id: int, data: list[str]) -> list[Plan]:
        """Buttons that only matter to who asked for them: a settings page, the question before forgetting."""
        if FORGET_YES in data and self.forgetting:
            self.forgetting = False
            return [(at + thinks(self.mood), Act("tap", bot_id, FORGET_YES, message_id))]
        if self.browsing <= 0:
            return []
        choice = choice_of_settings(self.traits, self.mood, data)
        if choice is None:
            return []
        self.browsing -= 1
        return [(at + thinks(self.mood), Act("tap", bot_id, choice, message_id))]

    def invoiced(self, at: int, bot_id: int, message_id: int) -> list[Plan]:
        """An invoice arrives; who asked for it pays."""
        if bot_id not in self.awaiting:
            return []
        answers = self.awaiting.pop(bot_id)
        return [(at + thinks(self.mood), Act("checkout", bot_id, "vip", message_id, answers))]

    def way_to_pay(self, act: Act) -> Act:
        """VIP is bought by the bot's own button where it has shown one."""
        offer = self.offers.get(act.bot_id, 0)
        if act.verb != "pay" or act.text != "vip" or not offer:
            return act
        self.awaiting[act.bot_id] = act.answers
        return Act("tap", act.bot_id, BUY_VIP, offer)

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
            yield at + MINUTE, self._stop(self.habit, bot_id)
        elif self.habit.random() < _BUYS_UNASKED[self.traits.intent] * self._appetite(at):
            yield at + lognormal_delay(self.habit, 10 * MINUTE), Act("pay", bot_id, self.goods())

    def _appetite(self, at: int) -> float:
        return 0.2 if at - self.paid_at < SATED else 1.0

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
        if message.poll is not None and self.mood.random() < _VOTES:
            poll, options = message.poll
            return "vote", Act("vote", bot, poll, self.mood.randrange(options), number)
        if self.mood.random() < _REACTS_RATHER_THAN_WRITES:
            return "reply", Act("react", bot, self.mood.choice(REACTIONS), number, number)
        if message.links and self.mood.random() < _CLICKS:
            return "click", Act("click", bot, self.mood.choice(message.links), number, answers=number)
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
            return moment, self._stop(self.mood, message.bot_id, message.message_id)
        return moment, Act("block", message.bot_id, answers=message.message_id)

    def _stop(self, dice: Random, bot_id: int, answers: int = 0) -> Act:
        """Words that end it all; a command works only as a message of its own."""
        words = phrase(dice, self.traits.language, "stop")
        point = dice.random()
        manner = "caption" if point < _STOPS_UNDER_A_PHOTO else ""
        if not manner and point < _STOPS_UNDER_A_PHOTO + _STOPS_BY_EDITING:
            manner = "edited"
        return Act("stop", bot_id, words, answers=answers, manner="" if words.startswith("/") else manner)


def _choice_weight(choice: str, intent: Intent) -> float:
    return {"buy": 0.15 + 0.6 * intent, "more": 1.0 + 0.3 * intent}.get(choice, 1.0)
