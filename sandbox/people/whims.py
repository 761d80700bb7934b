"""What people do with a bot now and then, beside talking: media, edits, reactions, searches, Mini Apps, their
rights.

Promises: a table of rates per visit, drawn with dice of its own, so that these never disturb habits or
reactions. Leaves to others: performing them (`stage`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from sandbox.people.acts import FORGET, Act, Plan, Verb
from sandbox.people.behaviour import MINUTE, SECOND, lognormal_delay
from sandbox.people.crowd import REACTIONS
from sandbox.people.texts import phrase
from sandbox.people.traits import Traits

RATES: Final[Mapping[str, float]] = {
    "show": 0.05,
    "amend": 0.03,
    "react": 0.04,
    "search": 0.012,
    "app": 0.012,
    "language": 0.004,
    "mydata": 0.004,
    "forget": 0.0025,
    "vanish": 0.0004,
}
"""How often each comes up in one visit."""
_MEDIA: Final = {
    "photo": 40,
    "voice": 20,
    "sticker": 20,
    "video": 6,
    "location": 5,
    "document": 4,
    "audio": 2,
    "animation": 2,
    "contact": 1,
}


def whim(traits: Traits, dice: Random, bot_id: int, at: int) -> Iterator[Plan]:
    """What comes up in this visit, if anything does: at most one thing."""
    point = dice.random()
    for name, rate in RATES.items():
        point -= rate
        if point < 0:
            yield at + lognormal_delay(dice, MINUTE, 0.8), _act(name, traits, dice, bot_id)
            return


def _act(name: str, traits: Traits, dice: Random, bot_id: int) -> Act:
    typed = {"mydata": "/mydata", "forget": FORGET, "language": f"/language {traits.language}"}
    if name in typed:
        return Act("say", bot_id, typed[name])
    verbs: dict[str, Verb] = {
        "show": "show",
        "amend": "amend",
        "react": "react",
        "search": "search",
        "app": "app",
        "vanish": "vanish",
    }
    return Act(verbs[name], bot_id, _words(name, traits, dice))


def _words(name: str, traits: Traits, dice: Random) -> str:
    if name == "show":
        return dice.choices(list(_MEDIA), list(_MEDIA.values()))[0]
    if name == "react":
        return dice.choice(REACTIONS)
    if name == "app":
        return "size_guide"
    return phrase(dice, traits.language, "price" if name == "search" else "small_talk")


def choice_of_settings(traits: Traits, dice: Random, data: list[str]) -> str | None:
    """Which button of a settings page the person taps; nobody lies about the own language or timezone."""
    wanted = {"set:language:": traits.language, "set:zone:": traits.zone.key}
    fitting = [
        each
        for each in data
        if each.startswith(("set:", "page:"))
        and all(not each.startswith(head) or each == head + own for head, own in wanted.items())
    ]
    return dice.choice(fitting) if fitting else None


def thinks(dice: Random) -> int:
    """How long somebody looks at buttons before tapping one."""
    return lognormal_delay(dice, 8 * SECOND, 0.7)
