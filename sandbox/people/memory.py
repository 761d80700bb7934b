"""What one simulated person did and remembers, and what follows from an act that took place.

Promises: the same acts leave the same memory; who asked to be forgotten remembers nothing of the bots and has
no plans. Leaves to others: what a person decides (`life`), performing (`stage`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from sandbox.people.acts import CONSENT_NO, CONSENT_YES, FORGET, FORGET_YES, SETTINGS, Act, Plan
from sandbox.people.behaviour import DAY, HOUR, MINUTE, SECOND, lognormal_delay, next_session
from sandbox.people.crowd import Crowd
from sandbox.people.texts import phrase
from sandbox.people.traits import Traits

_ANYWHERE: Final = frozenset({"join", "session", "gathering", "enter", "admit", "refund", "vanish"})
_IN_GROUPS: Final = frozenset({"chat", "cheer", "leave"})

Mind = Literal["undecided", "yes", "no"]

SATED: Final = 5 * DAY
_RETURNS_AFTER_BLOCK: Final = 0.3
_RETURNS_AFTER_STOP: Final = 0.2
_RETURNS_AFTER_FORGETTING: Final = 0.3
_AGREES_AGAIN: Final = 0.7
_WANTS_MONEY_BACK: Final = 0.04
_MOST_SETTINGS: Final = 3


@dataclass(slots=True)
class Memory:
    """What one person did, feels and remembers; `habit`, `mood` and `whims` are the dice of its life."""

    traits: Traits
    habit: Random
    mood: Random
    whims: Random
    crowd: Crowd
    mind: Mind = "undecided"
    deciding: bool = False
    opened: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    menus: dict[int, int] = field(default_factory=dict)
    fatigue: float = 0.0
    tired_at: int = 0
    payments: int = 0
    paid_at: int = -SATED
    is_vip: bool = False
    serial: int = 0
    seen: dict[int, int] = field(default_factory=dict)
    """The last message of each bot that was no campaign."""
    offers: dict[int, int] = field(default_factory=dict)
    """Of each bot the message with a button that sells VIP."""
    awaiting: dict[int, int] = field(default_factory=dict)
    """Bots whose invoice is awaited, with the campaign message that earned it."""
    said: tuple[int, int, int] = (0, 0, 0)
    """The last own words: bot, message number, time."""
    browsing: int = 0
    forgetting: bool = False
    gone: bool = False
    """Asked to be forgotten, or deleted the account; plans made before are void (`void_below`)."""
    void_below: int = 0

    def next_serial(self) -> int:
        """Orders a person's own acts of the same moment, so that no order depends on other people."""
        self.serial += 1
        return self.serial

    def reachable(self, bot_id: int) -> bool:
        """The chat is open and not blocked."""
        return bot_id in self.opened and bot_id not in self.blocked

    def possible(self, act: Act) -> bool:
        """Plans are made ahead; what came in between may have made them moot."""
        if act.verb in _ANYWHERE:
            return True
        if act.verb in _IN_GROUPS or act.place:
            return act.place in self.crowd.member
        if act.verb in {"start", "unblock"}:
            return (act.bot_id in self.blocked) == (act.verb == "unblock")
        needed = {"tap": act.message_id, "checkout": act.message_id, "react": self.target(act)}
        return self.reachable(act.bot_id) and needed.get(act.verb, 1) > 0

    def target(self, act: Act) -> int:
        """The message a reaction is for: the one it answers, else the bot's last; 0 when there is none."""
        return act.message_id or self.seen.get(act.bot_id) or self.menus.get(act.bot_id, 0)

    def done(self, at: int, act: Act) -> list[Plan]:
        """An act took place: remember it, and plan what it entails."""
        match act.verb:
            case "start":
                return self._started(at, act.bot_id)
            case "tap":
                return self._tapped(at, act)
            case "pay":
                return self._paid(at, act)
            case "stop" | "block" | "unblock":
                return self._turned(at, act)
            case "enter" | "admit":
                return self.crowd.entered(at, act)
            case _:
                self._note(act)
        return []

    def _note(self, act: Act) -> None:
        match act.verb:
            case "say":
                self._said(act.text)
            case "leave":
                self.crowd.gone(act.place)
            case "refund":
                self.is_vip = False
                self.crowd.gone(act.place)
            case "vanish":
                self._go()
            case _:
                pass

    def _turned(self, at: int, act: Act) -> list[Plan]:
        """Away from a bot, or back to it."""
        bot_id = act.bot_id
        if act.verb == "stop":
            self.mind = "no"
            return self._maybe_return(at, _RETURNS_AFTER_STOP, Act("start", bot_id))
        if act.verb == "block":
            self.blocked.add(bot_id)
            return self._maybe_return(at, _RETURNS_AFTER_BLOCK, Act("unblock", bot_id))
        self.blocked.discard(bot_id)
        return [(at + 2 * SECOND, Act("start", bot_id))]

    def _tapped(self, at: int, act: Act) -> list[Plan]:
        if act.text in (CONSENT_YES, CONSENT_NO):
            self.mind = "yes" if act.text == CONSENT_YES else "no"
            self.deciding = False
        elif act.text == FORGET_YES:
            self._go()
            return self._maybe_return(at, _RETURNS_AFTER_FORGETTING, Act("start", act.bot_id))
        return []

    def _said(self, text: str) -> None:
        if text == FORGET:
            self.forgetting = True
        elif text == SETTINGS:
            self.browsing = self.mood.randint(1, _MOST_SETTINGS)

    def _paid(self, at: int, act: Act) -> list[Plan]:
        self.payments += 1
        self.paid_at = at
        if act.text != "vip":
            return []
        self.is_vip = True
        plans = self.crowd.invited(at, self.mood)
        if self.crowd.places is not None and self.mood.random() < _WANTS_MONEY_BACK:
            moment = at + lognormal_delay(self.mood, 2 * DAY, 0.5)
            words = phrase(self.mood, self.traits.language, "money_back")
            plans.append((moment, Act("say", act.bot_id, words)))
            plans.append((moment + 6 * HOUR, Act("refund", act.bot_id, place=self.crowd.places.vip)))
        return plans

    def _go(self) -> None:
        """Silent from now on: what was planned is void, what the bots showed is forgotten."""
        self.gone = True
        self.void_below = self.serial
        self.mind = "undecided"
        self.deciding = self.forgetting = False
        self.browsing = 0
        for memory in (self.menus, self.seen, self.offers, self.awaiting, self.opened):
            memory.clear()

    def goods(self) -> str:
        """What the person would buy now."""
        return "vip" if self.traits.interest == "vip" and not self.is_vip else "order"

    def _started(self, at: int, bot_id: int) -> list[Plan]:
        again = bot_id in self.opened
        self.opened.add(bot_id)
        if again and self.mind == "no" and self.traits.attitude == "accepts":
            self.mind = "undecided" if self.mood.random() < _AGREES_AGAIN else "no"
        if not self.gone:
            return []
        self.gone = False
        upcoming = next_session(self.traits, self.mood, at + 10 * MINUTE)
        return [(upcoming, Act("session", bot_id)), *self.crowd.resume(at)]

    def _maybe_return(self, at: int, chance: float, act: Act) -> list[Plan]:
        if self.mood.random() >= chance:
            return []
        return [(at + lognormal_delay(self.mood, 2 * DAY, 0.6), act)]
