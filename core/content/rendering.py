"""A content becomes the body of a message (`core.ledger.BODY`), in one language, with the values of a person.

The number of the ledger's row is not known yet: buttons carry `c:{id}:<kind>:<choice>`, tracked addresses are
named `{link:0}`; `with_id` completes both.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.content.markup import HREF, shows
from core.content.values import FALLBACKS, Button, Content, Poll
from core.errors import ContentError

MAX_VALUE: Final = 64
"""Characters of a person's value, whatever it is."""
BUTTONS_A_ROW: Final = 2
ID_PLACE: Final = "{id}"
PLACE: Final = re.compile(r"\{([a-z_]{1,32})\}")
_LINK_PLACE: Final = re.compile(r"\{link:([0-9]{1,3})\}")

Link = Callable[[int, int], str]
"""(message id, place of the address in the message) -> the tracked address."""


@dataclass(frozen=True, slots=True)
class Links:
    """How addresses are written. track: they lead through our own, so that a click is known. start: code ->
    the address that opens the bot with it."""

    track: bool = False
    start: Callable[[str], str] | None = None


_PLAIN: Final = Links()


def render(
    content: Content, language: str, values: Mapping[str, str] | None = None, links: Links | None = None
) -> dict[str, object]:
    """The body of a message. Unknown values get a friendly word. Raises ContentError when the content speaks
    no language for this reader, or has a start button and nobody said which bot it opens."""
    chosen = content.language_for(language)
    if chosen is None:
        raise ContentError(f"content {content.name} has no text for language {language!r}")
    tracked: list[str] = []
    how = links or _PLAIN
    body: dict[str, object]
    if content.poll is not None:
        body = {"poll": _poll(content.poll, chosen, values or {})}
    else:
        text = fill(content.texts[chosen], chosen, values or {})
        body = {"text": _tracked(text, tracked) if how.track else text, "parse_mode": "HTML"}
    if content.media:
        body["media"] = [{"type": one.type, "source": one.source} for one in content.media]
    if content.buttons:
        buttons = [_button(content, each, chosen, (how, tracked)) for each in content.buttons]
        body["buttons"] = [buttons[at : at + BUTTONS_A_ROW] for at in range(0, len(buttons), BUTTONS_A_ROW)]
    if tracked:
        body["links"] = tracked
    return body | _manners(content)


def _manners(content: Content) -> dict[str, object]:
    said = {"silent": content.silent, "protect": content.protect, "preview": content.preview}
    manners: dict[str, object] = {name: True for name, value in said.items() if value}
    if any(content.ages):
        manners["ages"] = list(content.ages)
    return manners


def fill(text: str, language: str, values: Mapping[str, str], *, markup: bool = True) -> str:
    """The text with these values in their places; in HTML they are only text."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in FALLBACKS:
            return found[0]
        given = _clean(values.get(name, ""))
        if not given:
            return FALLBACKS[name].get(language, "")
        return html.escape(given, quote=False).replace("{", "&#123;") if markup else given

    return PLACE.sub(value, text)


def _clean(value: str) -> str:
    """One line of printable characters, at most MAX_VALUE long; nothing where none of them shows."""
    printable = "".join(char if char.isprintable() else " " for char in value[: MAX_VALUE * 4])
    line = " ".join(printable.split())[:MAX_VALUE]
    return line if shows(line) else ""


def _poll(poll: Poll, language: str, values: Mapping[str, str]) -> dict[str, object]:
    return {
        "question": fill(poll.question[language], language, values, markup=False),
        "options": [option[language] for option in poll.options],
        "multiple": poll.multiple,
    }


def _tracked(text: str, tracked: list[str]) -> str:
    """The text with its addresses put aside; those that lead elsewhere than into the web stay."""

    def put_aside(found: re.Match[str]) -> str:
        address = html.unescape(found[1])
        if not address.lower().startswith(("http://", "https://")):
            return found[0]
        return f'<a href="{{link:{_place(address, tracked)}}}">'

    return HREF.sub(put_aside, text)


def _place(address: str, tracked: list[str]) -> int:
    if address not in tracked:
        tracked.append(address)
    return tracked.index(address)


def _button(
    content: Content, button: Button, language: str, addresses: tuple[Links, list[str]]
) -> dict[str, object]:
    how, tracked = addresses
    shown: dict[str, object] = {"text": button.texts[language]}
    if button.url is not None:
        address = button.url[language]
        if how.track and address.lower().startswith(("http://", "https://")):
            return {**shown, "link": _place(address, tracked)}
        return {**shown, "url": address}
    if button.start:
        if how.start is None:
            raise ContentError(f"content {content.name} opens a bot with {button.start!r}; nobody said which")
        return {**shown, "url": how.start(button.start)}
    return {**shown, "data": f"c:{ID_PLACE}:{content.kind}:{button.action}"}


# --------------------------------------------------------------------------- the row's number
def with_id(body: Mapping[str, object], message_id: int, link: Link | None = None) -> dict[str, object]:
    """The body with the ledger's number in its buttons and its addresses; without `link` they are written as
    they are. A body that has neither comes back unchanged."""
    done = dict(body)
    links = done.pop("links", None)
    addresses = _addresses(links, message_id, link)
    text = done.get("text")
    if addresses and isinstance(text, str):
        done["text"] = _LINK_PLACE.sub(
            lambda found: html.escape(addresses[int(found[1])]) if int(found[1]) < len(addresses) else "",
            text,
        )
    rows = done.get("buttons")
    if isinstance(rows, Sequence):
        done["buttons"] = [[_named(button, message_id, addresses) for button in row] for row in rows]
    return done


def _addresses(links: object, message_id: int, link: Link | None) -> list[str]:
    if not isinstance(links, Sequence) or isinstance(links, str):
        return []
    if link is None:
        return [str(one) for one in links]
    return [link(message_id, place) for place in range(len(links))]


def _named(button: Mapping[str, Any], message_id: int, addresses: Sequence[str]) -> dict[str, object]:
    place = button.get("link")
    if isinstance(place, int) and place < len(addresses):
        return {"text": button["text"], "url": addresses[place]}
    data = str(button.get("data", ""))
    if not data.startswith(f"c:{ID_PLACE}:"):
        return dict(button)
    return {**button, "data": data.replace(ID_PLACE, str(message_id), 1)}
