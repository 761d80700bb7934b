"""Where people act: on the live world, or in the past that becomes history.

Both stages take the same acts. `LiveStage` hands them to the world, whose bots will see them; `PastStage`
writes them as history lines and leaves the world as it must be when the live run goes on: chats opened,
blocks in force, ids used up, greetings in the chats. The bots of the past are imagined: they greet, and their
answers merely take message ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.accounts import Json
from sandbox.people.life import CONSENT_NO, CONSENT_YES, MENU, Act, Life
from sandbox.people.traits import Traits
from sandbox.updates import (
    Payment,
    bot_message,
    callback_update,
    inaccessible_message,
    member_update,
    message_update,
    payment_update,
    start_update,
)
from sandbox.world import World

_VIP_STARS: Final = 250
_ORDER_MINOR: Final = {
    "tr": ("TRY", (19_900, 34_900, 49_900, 89_900)),
    "en": ("EUR", (990, 1_490, 2_990, 4_990)),
}
_GREETING: Final = {"tr": "Merhaba! Ne duymak istersiniz?", "en": "Hello! What would you like to hear?"}
_BUTTONS: Final = {
    "tr": ("Her şeyi", "Hiçbirini", "Fiyatlar", "VIP", "Destek", "Haberler"),
    "en": ("Everything", "Nothing", "Prices", "VIP", "Support", "News"),
}


class Stage(Protocol):
    """Takes what a person does; returns the message id of a greeting that the act brought at once, or
    None.
    """

    def perform(self, at_ms: int, life: Life, act: Act) -> int | None:
        """Make the act happen."""
        ...


def payment_of(life: Life, act: Act) -> Payment:
    """What the person pays: VIP in Stars, orders in the currency of their language. The charge id is
    unique.
    """
    number = life.payments + 1
    charge_id = f"SIMULATED-{life.traits.user_id}-{number}"
    if act.text == "vip":
        return Payment("XTR", _VIP_STARS, "vip", charge_id)
    currency, amounts = _ORDER_MINOR[life.traits.language]
    return Payment(currency, amounts[(life.traits.user_id + number) % len(amounts)], "order", charge_id)


@dataclass(slots=True)
class LiveStage:
    """People act on the world; their bots answer for themselves."""

    world: World

    def perform(self, at_ms: int, life: Life, act: Act) -> int | None:
        """Make the act happen now; `at_ms` is the world's own moment anyway."""
        user_id, bot_id = life.traits.user_id, act.bot_id
        match act.verb:
            case "start":
                self.world.start(user_id, bot_id, act.text or None)
            case "say" | "stop":
                self.world.say(user_id, bot_id, act.text)
            case "tap":
                self.world.tap(user_id, bot_id, act.message_id, act.text)
            case "block":
                self.world.block(user_id, bot_id)
            case "unblock":
                self.world.unblock(user_id, bot_id)
            case "pay":
                paid = payment_of(life, act)
                self.world.pay(
                    user_id,
                    bot_id,
                    currency=paid.currency,
                    total_amount=paid.total_amount,
                    payload=paid.payload,
                    charge_id=paid.charge_id,
                )
            case _:
                raise ValueError(f"{act.verb} is nothing a person does to a bot")
        return None


class PastStage:
    """People act in the past; `lines` collects what is to be imported."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queries = 0
        self.lines: list[Json] = []

    def perform(self, at_ms: int, life: Life, act: Act) -> int | None:
        """Write the act as a history line; a start is greeted at once."""
        traits, bot_id = life.traits, act.bot_id
        update_id = self._world.next_update_id(bot_id)
        body = self._body(at_ms, life, act)
        self.lines.append(
            {"bot_id": bot_id, "received_at_ms": at_ms, "update": {"update_id": update_id, **body}}
        )
        match act.verb:
            case "start":
                self._world.open_chat(traits.user_id, bot_id)
                return self._greet(at_ms, traits, bot_id)
            case "block" | "unblock":
                self._world.mark_blocked(traits.user_id, bot_id, act.verb == "block")
            case "say" | "stop" | "pay":
                self._world.next_message_id(traits.user_id, bot_id)
            case _:
                pass
        return None

    def _body(self, at_ms: int, life: Life, act: Act) -> Json:
        user = self._world.users[life.traits.user_id]
        bot = self._world.bots[act.bot_id]
        match act.verb:
            case "block" | "unblock":
                return member_update(user, bot, blocked=act.verb == "block", at_ms=at_ms)
            case "tap":
                return self._tap(life.traits, act)
        message_id = self._world.next_message_id(user.id, bot.id)
        match act.verb:
            case "start":
                return start_update(user, act.text or None, message_id=message_id, at_ms=at_ms)
            case "pay":
                return payment_update(user, payment_of(life, act), message_id=message_id, at_ms=at_ms)
            case "say" | "stop":
                return message_update(user, act.text, message_id=message_id, at_ms=at_ms)
        raise ValueError(f"{act.verb} is nothing a person does to a bot")

    def _tap(self, traits: Traits, act: Act) -> Json:
        user = self._world.users[traits.user_id]
        greeting = self._world.chat(act.bot_id, user.id).message(act.message_id)
        if greeting is None:
            greeting = inaccessible_message(user.as_chat(), act.message_id)
        self._queries += 1
        query_id = str((act.bot_id << 40) + self._queries)
        return callback_update(user, greeting, act.text, query_id=query_id)

    def _greet(self, at_ms: int, traits: Traits, bot_id: int) -> int:
        user, bot = self._world.users[traits.user_id], self._world.bots[bot_id]
        message_id = self._world.next_message_id(user.id, bot_id)
        greeting = bot_message(
            bot, user, _GREETING[traits.language], message_id=message_id, at_ms=at_ms + 1_000
        )
        greeting["reply_markup"] = {"inline_keyboard": _keyboard(traits.language)}
        self._world.chat(bot_id, user.id).keep(greeting)
        return message_id


def _keyboard(language: str) -> list[list[Json]]:
    data = (CONSENT_YES, CONSENT_NO, *MENU)
    buttons: list[Json] = [
        {"text": text, "callback_data": each} for text, each in zip(_BUTTONS[language], data, strict=True)
    ]
    return [buttons[0:2], buttons[2:4], buttons[4:6]]
