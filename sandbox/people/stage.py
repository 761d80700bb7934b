"""Where people act: on the live world, or in the past that becomes history.

Both stages take the same acts. `LiveStage` hands them to the world, whose bots will see them; `PastStage`
does the same within the world's past, so that they become history lines and leave the world as it must be
when the live run goes on: chats opened, blocks in force, groups joined, ids used up, greetings in the chats.
The bots of the past are imagined: they greet, and their answers merely take message ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from sandbox.accounts import Json
from sandbox.people.acts import CONSENT_NO, CONSENT_YES, MENU, Act, Verb
from sandbox.people.browser import Open
from sandbox.people.life import Life
from sandbox.people.places import OWNER_ID
from sandbox.people.traits import Traits
from sandbox.updates import Payment, bot_message, media_part, text_part
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
_EDITABLE_MS: Final = 48 * 3_600_000
_ANSWERED_BY_WORDS: Final = frozenset({"say", "stop", "pay"})


class Stage(Protocol):
    """Takes what a person does; returns the message id of a greeting that the act brought at once, or
    None.
    """

    def perform(self, at_ms: int, life: Life, act: Act) -> int | None:
        """Make the act happen."""
        ...


def payment_of(life: Life, act: Act, charge_id: str) -> Payment:
    """What the person pays: VIP in Stars, orders in the currency of their language."""
    number = life.payments + 1
    if act.text == "vip":
        return Payment("XTR", _VIP_STARS, "vip", charge_id)
    currency, amounts = _ORDER_MINOR[life.traits.language]
    return Payment(currency, amounts[(life.traits.user_id + number) % len(amounts)], "order", charge_id)


class LiveStage:
    """People act on the world; their bots answer for themselves."""

    def __init__(self, world: World, browse: Open | None = None) -> None:
        """`browse` opens links; without it nobody clicks on any."""
        self._world = world
        self._browse = browse
        self._ways: Mapping[Verb, Callable[[int, Life, Act], object]] = {
            "start": lambda user, _, act: world.start(user, act.bot_id, act.text or None),
            "say": self._say,
            "stop": self._stop,
            "tap": self._tap,
            "click": lambda _, __, act: self._browse(act.text) if self._browse is not None else None,
            "show": lambda user, _, act: world.send_media(user, act.bot_id, act.text),
            "amend": self._amend,
            "react": lambda user, life, act: world.react(user, act.bot_id, life.target(act), act.text),
            "vote": lambda user, _, act: world.polls.vote(user, act.text, [act.message_id]),
            "search": lambda user, _, act: world.inline.search(user, act.bot_id, act.text),
            "app": lambda user, _, act: world.app_data(
                user, act.bot_id, "Sizes", f'{{"action":"{act.text}"}}'
            ),
            "pay": self._pay,
            "checkout": lambda user, _, act: world.shop.check_out(user, act.bot_id, act.message_id),
            "refund": self._refund,
            "block": lambda user, _, act: world.block(user, act.bot_id),
            "unblock": lambda user, _, act: world.unblock(user, act.bot_id),
            "vanish": lambda user, _, __: world.deactivate(user),
            "enter": lambda user, _, act: world.community.join(user, act.place, act.text),
            "admit": self._admit,
            "chat": self._chat,
            "cheer": self._cheer,
            "leave": lambda user, _, act: world.community.leave(user, act.place),
        }

    def perform(self, at_ms: int, life: Life, act: Act) -> int | None:
        """Make the act happen now; `at_ms` is the world's own moment anyway."""
        way = self._ways.get(act.verb)
        if way is None:
            raise ValueError(f"{act.verb} is nothing a person does to a bot")
        way(life.traits.user_id, life, act)
        return None

    def _say(self, user: int, life: Life, act: Act) -> None:
        number = self._world.send(user, act.bot_id, text_part(act.text))
        life.said = (act.bot_id, number, self._world.clock())

    def _stop(self, user: int, life: Life, act: Act) -> None:
        if act.manner == "caption":
            self._world.send_media(user, act.bot_id, "photo", act.text)
        elif act.manner == "edited":
            number = self._world.send(user, act.bot_id, text_part("..."))
            self._world.edit(user, act.bot_id, number, act.text, sent_ms=self._world.clock())
        else:
            self._say(user, life, act)

    def _amend(self, user: int, life: Life, act: Act) -> None:
        """Change the last own words, where they were said to this bot within the two days Telegram allows."""
        bot_id, number, sent_ms = life.said
        if bot_id == act.bot_id and self._world.clock() - sent_ms < _EDITABLE_MS:
            self._world.edit(user, bot_id, number, act.text, sent_ms=sent_ms)

    def _pay(self, user: int, life: Life, act: Act) -> None:
        payment = payment_of(life, act, self._world.shop.new_charge(user))
        self._world.shop.settle(user, act.bot_id, payment)

    def _refund(self, user: int, life: Life, act: Act) -> None:
        """The owner gives the Stars of the last VIP payment back and shows the person out."""
        sales = self._world.shop.sales.values()
        paid = [
            one for one in sales if one.user_id == user and one.payment.payload == "vip" and not one.refunded
        ]
        if paid:
            self._world.shop.refund(paid[-1].payment.charge_id)
            self._world.community.remove(OWNER_ID, act.place, user, back=False)

    def _admit(self, user: int, life: Life, act: Act) -> None:
        self._world.community.answer_request(OWNER_ID, act.place, user, approve=True)

    def _chat(self, user: int, life: Life, act: Act) -> None:
        community, group = self._world.community, self._world.groups[act.place]
        if act.manner == "media":
            community.show(user, act.place, media_part(act.text, f"of{user}"))
            return
        threads = sorted(group.topics)
        thread = threads[act.message_id - 1] if 0 < act.message_id <= len(threads) else 0
        reply_to = group.recent[-1] if act.manner == "reply" and group.recent else 0
        community.say(user, act.place, act.text, thread=thread, reply_to=reply_to)

    def _tap(self, user: int, life: Life, act: Act) -> None:
        if act.place:
            self._world.tap_in_group(user, act.bot_id, act.place, (act.message_id, act.text))
        else:
            self._world.tap(user, act.bot_id, act.message_id, act.text)

    def _cheer(self, user: int, life: Life, act: Act) -> None:
        """For this message, else for the last."""
        recent = self._world.groups[act.place].recent
        if message_id := act.message_id or (recent[-1] if recent else 0):
            self._world.community.react(user, act.place, message_id, act.text)


class PastStage:
    """People act in the past; `lines` collects what is to be imported."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stage = LiveStage(world)
        self.lines: list[Json] = []

    def perform(self, at_ms: int, life: Life, act: Act) -> int | None:
        """Write the act as a history line; a start is greeted at once."""
        with self._world.in_past(at_ms, self.lines):
            self._stage.perform(at_ms, life, act)
        if act.verb == "start":
            return self._greet(at_ms, life.traits, act.bot_id)
        if act.verb in _ANSWERED_BY_WORDS:
            self._world.next_message_id(life.traits.user_id, act.bot_id)
        return None

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
