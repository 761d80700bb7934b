"""Something to say: texts per language with safe placeholders, buttons, perhaps a photo.

Promises: a `Content` that `check` has passed renders in every language, with any values, into a message that
Telegram accepts: known placeholders only, values escaped, tags balanced, every bound kept. Placeholders are
replaced once from a closed list and never looked at again, so a person's name can't be a template.
Leaves to others: which content to send (plan), reading the files (adapters).

The buttons carry `c:<message id>:<kind>:<choice>`. The id is known only when the ledger has the row:
`render` leaves `{id}` in its place, `with_id` completes it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import ContentError

KINDS: Final = ("offer", "reminder", "tutorial", "social", "news", "poll")
LANGUAGES: Final = ("tr", "en")
FALLBACK_LANGUAGE: Final = "en"
"""What people get whose language no content speaks."""

FALLBACKS: Final[Mapping[str, Mapping[str, str]]] = {
    "first_name": {"tr": "dostum", "en": "friend"},
    "bot_name": {"tr": "botumuz", "en": "our bot"},
}
"""The placeholders there are, and what stands there when the value is unknown."""

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
MAX_DATA_BYTES: Final = 64
MAX_BUTTON: Final = 64
MAX_BUTTONS: Final = 6
MAX_VALUE: Final = 64
BUTTONS_A_ROW: Final = 2
ID_PLACE: Final = "{id}"
_LONGEST_ID: Final = "9" * 19

TAGS: Final = frozenset({"b", "i", "u", "s", "code", "pre", "a", "tg-spoiler", "blockquote"})
_PLACE: Final = re.compile(r"\{([a-z_]{1,32})\}")
_TAG: Final = re.compile(r"<(/?)([a-z-]{1,16})( href=\"https?://[^\"<>{}\s]{1,512}\")?>")
_ENTITY: Final = re.compile(r"&(?!(?:lt|gt|amp|quot);)")
_NAME: Final = re.compile(r"[a-z0-9_]{1,48}")
_ACTION: Final = re.compile(r"[a-z0-9_]{1,16}")
_PHOTO: Final = re.compile(r"https://[^\s\"<>]{4,512}")


@dataclass(frozen=True, slots=True)
class Button:
    """An answer the person may tap. `action`: the choice that comes back, e.g. buy, more, yes, no."""

    texts: Mapping[str, str]
    action: str


@dataclass(frozen=True, slots=True)
class Content:
    """`texts`: language -> HTML with placeholders. `photo`: an https address, or None."""

    name: str
    kind: str
    texts: Mapping[str, str]
    buttons: tuple[Button, ...] = ()
    photo: str | None = None

    def language_for(self, language: str) -> str | None:
        """The language in which a reader of `language` gets this, or None if there is none."""
        base = language.partition("-")[0].lower()
        if base in self.texts:
            return base
        return FALLBACK_LANGUAGE if FALLBACK_LANGUAGE in self.texts else None


# --------------------------------------------------------------------------- rendering
def render(content: Content, language: str, values: Mapping[str, str] | None = None) -> dict[str, object]:
    """The body of a message: {"text", "parse_mode": "HTML", "buttons"?: [[{"text", "data"}]], "photo"?}.

    Unknown values get a friendly word. Raises ContentError when the content speaks no language for this
    reader."""
    chosen = content.language_for(language)
    if chosen is None:
        raise ContentError(f"content {content.name} has no text for language {language!r}")
    body: dict[str, object] = {
        "text": _fill(content.texts[chosen], chosen, values or {}),
        "parse_mode": "HTML",
    }
    if content.buttons:
        body["buttons"] = _rows(content, chosen)
    if content.photo:
        body["photo"] = content.photo
    return body


def _fill(text: str, language: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        given = _clean(values.get(name, ""))
        return html.escape(given, quote=False) if given else FALLBACKS[name].get(language, "")

    return _PLACE.sub(value, text)


def _clean(value: str) -> str:
    """One line of printable characters, at most MAX_VALUE long."""
    printable = "".join(char if char.isprintable() else " " for char in value[: MAX_VALUE * 4])
    return " ".join(printable.split())[:MAX_VALUE]


def _rows(content: Content, language: str) -> list[list[dict[str, str]]]:
    buttons = [
        {"text": each.texts[language], "data": f"c:{ID_PLACE}:{content.kind}:{each.action}"}
        for each in content.buttons
    ]
    return [buttons[start : start + BUTTONS_A_ROW] for start in range(0, len(buttons), BUTTONS_A_ROW)]


def with_id(body: Mapping[str, object], message_id: int) -> dict[str, object]:
    """The body with the ledger's number in its buttons; a body without such buttons comes back as it is."""
    rows = body.get("buttons")
    if not isinstance(rows, Sequence):
        return dict(body)
    named = [[_named(button, message_id) for button in row] for row in rows]
    return {**body, "buttons": named}


def _named(button: Mapping[str, str], message_id: int) -> dict[str, str]:
    data = button.get("data", "")
    if not data.startswith(f"c:{ID_PLACE}:"):
        return dict(button)
    return {**button, "data": data.replace(ID_PLACE, str(message_id), 1)}


# --------------------------------------------------------------------------- checking
def check(content: Content) -> Content:
    """The content itself, if it can be sent in every language it claims; else ContentError names what is
    wrong."""
    if not _NAME.fullmatch(content.name):
        raise ContentError(f"content name {content.name!r} must be of a-z, 0-9 and _, at most 48")
    if content.kind not in KINDS:
        raise ContentError(f"content {content.name}: kind {content.kind!r} is none of {', '.join(KINDS)}")
    if not content.texts:
        raise ContentError(f"content {content.name} has no texts")
    if content.photo is not None and not _PHOTO.fullmatch(content.photo):
        raise ContentError(f"content {content.name}: photo must be an https address")
    for language, text in content.texts.items():
        _check_text(text, language, content)
    _check_buttons(content)
    return content


def _check_text(text: str, language: str, content: Content) -> None:
    where = f"content {content.name}, {language}"
    if language not in LANGUAGES:
        raise ContentError(f"{where}: languages are {', '.join(LANGUAGES)}")
    for found in _PLACE.finditer(text):
        if found[1] not in FALLBACKS:
            known = ", ".join(f"{{{name}}}" for name in FALLBACKS)
            raise ContentError(f"{where}: {found[0]} is unknown; there are {known}")
    longest = {name: "W" * MAX_VALUE for name in FALLBACKS}
    length = visible_length(_fill(text, language, longest), where)
    bound = MAX_CAPTION if content.photo else MAX_TEXT
    if not 0 < length <= bound:
        raise ContentError(f"{where}: {length} characters with long names, allowed are 1 to {bound}")


def visible_length(text: str, where: str = "text") -> int:
    """UTF-16 units left after Telegram has parsed the HTML. Raises ContentError where it would refuse."""
    if _ENTITY.search(text):
        raise ContentError(f"{where}: write & as &amp;")
    plain = _TAG.sub("", text)
    if "<" in plain or ">" in plain:
        raise ContentError(f"{where}: a stray < or >; write &lt; or &gt;, tags are {', '.join(sorted(TAGS))}")
    open_tags: list[str] = []
    for closing, name, href in _TAG.findall(text):
        _step(open_tags, (closing, name, href), where)
    if open_tags:
        raise ContentError(f"{where}: <{open_tags[-1]}> is not closed")
    return len(html.unescape(plain).strip().encode("utf-16-le")) // 2


def _step(open_tags: list[str], tag: tuple[str, str, str], where: str) -> None:
    closing, name, href = tag
    if name not in TAGS or bool(href) != (name == "a" and not closing):
        raise ContentError(f"{where}: Telegram does not know <{closing}{name}{href}>")
    if not closing:
        open_tags.append(name)
    elif not open_tags or open_tags.pop() != name:
        raise ContentError(f"{where}: </{name}> closes what is not open")


def _check_buttons(content: Content) -> None:
    actions = [button.action for button in content.buttons]
    if len(actions) > MAX_BUTTONS or len(set(actions)) != len(actions):
        raise ContentError(f"content {content.name}: at most {MAX_BUTTONS} buttons, each with its own action")
    for button in content.buttons:
        where = f"content {content.name}, button {button.action!r}"
        data = f"c:{_LONGEST_ID}:{content.kind}:{button.action}"
        if not _ACTION.fullmatch(button.action) or len(data.encode()) > MAX_DATA_BYTES:
            raise ContentError(f"{where}: actions are of a-z, 0-9 and _, at most 16")
        for language in content.texts:
            text = button.texts.get(language, "")
            if not 0 < len(text) <= MAX_BUTTON:
                raise ContentError(f"{where}: needs a text of 1 to {MAX_BUTTON} characters in {language}")
