"""/settings: one message that turns its own pages. What is in force is marked.

A tap on a choice (`set:...`) has taken effect in the record before a handler runs, so a page is merely drawn
again from the record: twice gives the same page. `page:<name>` only turns. Leaves to others: what the choices
mean (`bot.capture`), and keeping them (the door).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.types.maybe_inaccessible_message_union import MaybeInaccessibleMessageUnion

from bot.handlers import zones
from bot.handlers.filters import meaning
from bot.handlers.keyboards import button
from bot.texts import LANGUAGES, say
from bot.visitor import Visitor
from bot.wording import city, frequency, quiet, sentences, zone_words
from core.content import KINDS

MAIN: Final = "settings"
OURS: Final = "-"
DAYS: Final = (OURS, "1", "7", "30")
QUIET: Final = (OURS, "22-08", "23-07", "20-10", "00-10", "off")
_TURN, _SET = "page:", "set:"

Rows = list[list[InlineKeyboardButton]]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page shows."""

    text: str
    rows: Rows


def router() -> Router:
    preferences = Router(name="preferences")
    preferences.message.register(show, Command("settings"))
    preferences.callback_query.register(turn, meaning(_TURN, _SET))
    return preferences


async def show(message: Message, visitor: Visitor) -> None:
    page = page_of(MAIN, visitor)
    await message.answer(page.text, reply_markup=InlineKeyboardMarkup(inline_keyboard=page.rows))


async def turn(query: CallbackQuery, visitor: Visitor) -> None:
    """`page:<name>` and `set:<name>:<value>` both end on the page of that name."""
    await query.answer()
    await redraw(query, (query.data or "").split(":")[1], visitor)


async def redraw(query: CallbackQuery, name: str, visitor: Visitor) -> None:
    page = page_of(name, visitor)
    if isinstance(query.message, Message):
        await query.message.edit_text(page.text, reply_markup=InlineKeyboardMarkup(inline_keyboard=page.rows))


def is_open(message: MaybeInaccessibleMessageUnion | None) -> bool:
    """Whether the message is a page of the settings."""
    if not isinstance(message, Message) or message.reply_markup is None:
        return False
    rows = message.reply_markup.inline_keyboard
    return any((one.callback_data or "").startswith(_TURN) for row in rows for one in row)


def page_of(name: str, visitor: Visitor) -> Page:
    """The page of this name; the main page for a name that none has."""
    area = name.partition(".")[2]
    if area in zones.AREAS:
        return _area(area, visitor)
    return _PAGES.get(name, _main)(visitor)


# ----------------------------------------------------------------------------------------------------- pages
def _main(visitor: Visitor) -> Page:
    language = visitor.language
    lines = [
        say("settings-title", language),
        "",
        say("settings-consent-yes" if visitor.consented else "settings-consent-no", language),
        *sentences(visitor.preferences, language),
        say("settings-language", language, name=say(f"language-{language}", language)),
    ]
    pages = [button(say(f"page-{page}", language), _TURN + page) for page in _PAGES if page != MAIN]
    ask = (
        ("consent-no-button", "consent:none") if visitor.consented else ("consent-yes-button", "consent:all")
    )
    rows = [pages[:2], pages[2:4], pages[4:], [button(say(ask[0], language), ask[1])]]
    return Page("\n".join(lines), rows)


def _topics(visitor: Visitor) -> Page:
    muted = visitor.preferences.muted & set(KINDS)
    rows = []
    for kind in KINDS:
        left = muted ^ {kind}
        value = ".".join(one for one in KINDS if one in left) or OURS
        name = say(f"topic-{kind}", visitor.language)
        rows.append(button(f"{'✗' if kind in muted else '✓'} {name}", f"{_SET}muted:{value}"))
    return _sub("topics-ask", visitor, _in_twos(rows))


def _frequencies(visitor: Visitor) -> Page:
    rows = _choices(("frequency", frequency), DAYS, visitor.preferences.frequency, visitor.language)
    return _sub("frequency-ask", visitor, rows)


def _quiet_times(visitor: Visitor) -> Page:
    chosen = visitor.preferences
    page = _sub("quiet-ask", visitor, _choices(("quiet", quiet), QUIET, chosen.quiet, visitor.language))
    if not chosen.quiet or chosen.quiet == "off" or chosen.zone:
        return page
    hint = say("quiet-needs-zone", visitor.language)
    ask = [button(say("page-zone", visitor.language), f"{_TURN}zone")]
    return Page(f"{page.text}\n\n{hint}", [*page.rows[:-1], ask, page.rows[-1]])


def _languages(visitor: Visitor) -> Page:
    marked = [
        button(_marked(say(f"language-{one}", one), one == visitor.language), f"{_SET}language:{one}")
        for one in LANGUAGES
    ]
    return _sub("language-ask", visitor, [marked])


def _zones(visitor: Visitor) -> Page:
    language = visitor.language
    home = [_zone_button(zones.HOME, visitor)]
    areas = [button(say(f"area-{area}", language), f"{_TURN}zone.{area}") for area in zones.AREAS]
    page = _sub("zone-ask", visitor, [home, *_in_twos(areas)])
    known = say("settings-zone", language, zone=zone_words(visitor.preferences.zone, language))
    return Page(f"{known}\n\n{page.text}", page.rows)


def _area(area: str, visitor: Visitor) -> Page:
    cities = [_zone_button(zone, visitor) for zone in zones.AREAS[area]]
    back = [button(say("page-back", visitor.language), f"{_TURN}zone")]
    return Page(say("zone-ask", visitor.language), [*_in_twos(cities), back])


_PAGES: Final[Mapping[str, Callable[[Visitor], Page]]] = {
    MAIN: _main,
    "muted": _topics,
    "frequency": _frequencies,
    "quiet": _quiet_times,
    "zone": _zones,
    "language": _languages,
}
"""By the name of the preference that they change."""


# ----------------------------------------------------------------------------------------------------- parts
def _sub(key: str, visitor: Visitor, rows: Rows) -> Page:
    back = [button(say("page-back", visitor.language), _TURN + MAIN)]
    return Page(say(key, visitor.language), [*rows, back])


def _choices(
    about: tuple[str, Callable[[str, str], str]], presets: tuple[str, ...], chosen: str, language: str
) -> Rows:
    """One row a preset of the preference (name, its words); a choice that is none of them stands first."""
    name, words = about
    mark = chosen or OURS
    known = presets if mark in presets else (mark, *presets)
    return [
        [button(_marked(words("" if one == OURS else one, language), one == mark), f"{_SET}{name}:{one}")]
        for one in known
    ]


def _marked(text: str, mark: bool) -> str:
    return f"✓ {text}" if mark else text


def _in_twos(buttons: list[InlineKeyboardButton]) -> Rows:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]


def _zone_button(zone: str, visitor: Visitor) -> InlineKeyboardButton:
    name = city(zone, visitor.language)
    return button(_marked(name, zone == visitor.preferences.zone), f"{_SET}zone:{zone}")
