"""Telegram's HTML, as strictly as we write it: which tags there are, how they nest, what is left of a text.

Telegram itself is more lenient, and silently drops what does not nest; here both are refused, so that what
was meant is what arrives. See "HTML style" and "MessageEntity" in the documentation of the Bot API.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from core.errors import ContentError

TAGS: Final = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "code", "pre", "a"}
    | {"blockquote", "tg-emoji"}
)
"""The tags there are; `<span class="tg-spoiler">` is another name of tg-spoiler."""
HREF: Final = re.compile(r'<a href="([^"]+)">')
_LINKED: Final = re.compile(r'<a href="([^"]+)">(.*?)</a>', re.DOTALL)
SCHEMES: Final = ("http", "https", "tg", "mailto")
"""What an address in a text may begin with."""
MAX_ADDRESS: Final = 2_048
MAX_PORT: Final = 65_535
_PARTS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<place>[^/?#]*))?(?P<way>.*)")

_TAG: Final = re.compile(r"<(/?)([a-z-]{1,16})((?:\s[^<>]*)?)>")
_AMPERSAND: Final = re.compile(r"&(?!(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_NUMBER: Final = re.compile(r"&#(x?)([0-9a-fA-F]+);")
_LAST_CHARACTER: Final = 0x10FFFF
MOST_TAGS: Final = 100
"""Of more, Telegram drops those at the end."""
_ATTRIBUTES: Final = {
    "a": re.compile(r' href="([^"]+)"'),
    "tg-emoji": re.compile(r' emoji-id="(?:[1-8][0-9]{18}|[1-9][0-9]{0,17})"'),
    "span": re.compile(r' class="tg-spoiler"'),
    "blockquote": re.compile(r"(?: expandable)?"),
    "code": re.compile(r'(?: class="language-[A-Za-z0-9+#_-]{1,32}")?'),
}
_STYLES: Final = {
    **dict.fromkeys(("b", "strong"), "b"),
    **dict.fromkeys(("i", "em"), "i"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "strike", "del"), "s"),
    **dict.fromkeys(("tg-spoiler", "span"), "tg-spoiler"),
}
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that show nothing."""
_FIXED: Final = frozenset({"code", "pre"})
"""Nothing may stand inside these."""


@dataclass(frozen=True, slots=True)
class _Tag:
    closing: bool
    name: str
    rest: str

    @property
    def words(self) -> str:
        return f"<{'/' if self.closing else ''}{self.name}{self.rest}>"


def visible_length(text: str, where: str = "text") -> int:
    """UTF-16 units left after Telegram has parsed the HTML. Raises ContentError where it would refuse, or
    would send something else than was meant."""
    if _AMPERSAND.search(text):
        raise ContentError(f"{where}: write & as &amp;")
    strange = next((found[0] for found in _NUMBER.finditer(text) if not _is_character(found)), "")
    if strange:
        raise ContentError(f"{where}: {strange} stands for no character")
    plain = _TAG.sub("", text)
    if "<" in plain or ">" in plain:
        raise ContentError(f"{where}: a stray < or >; write &lt; or &gt;, tags are {', '.join(sorted(TAGS))}")
    open_tags: list[_Tag] = []
    tags = _TAG.findall(text)
    if len(tags) > 2 * MOST_TAGS:
        raise ContentError(f"{where}: {len(tags) // 2} tags, Telegram keeps {MOST_TAGS}")
    for closing, name, rest in tags:
        _step(open_tags, _Tag(bool(closing), name, rest), where)
    if open_tags:
        raise ContentError(f"{where}: <{open_tags[-1].name}> is not closed")
    return len(html.unescape(plain).strip().encode("utf-16-le", "surrogatepass")) // 2


def _is_character(found: re.Match[str]) -> bool:
    """Whether a reference by number is a character that can be sent."""
    number = int(found[2], 16 if found[1] else 10)
    return number <= _LAST_CHARACTER and (chr(number).isprintable() or chr(number) in "\n\u200d")


def shows(text: str) -> bool:
    """Whether a reader sees anything of this plain text."""
    return any(
        char.isprintable()
        and not char.isspace()
        and char not in _BLANK
        and unicodedata.category(char)[0] != "M"
        for char in text
    )


def _step(open_tags: list[_Tag], tag: _Tag, where: str) -> None:
    if tag.closing:
        if tag.rest or not open_tags or open_tags.pop().name != tag.name:
            raise ContentError(f"{where}: {tag.words} closes what is not open")
        return
    _check_tag(tag, where)
    wrong = _nesting(open_tags, tag)
    if wrong:
        raise ContentError(f"{where}: {tag.words} {wrong}")
    open_tags.append(tag)


def _check_tag(tag: _Tag, where: str) -> None:
    allowed = _ATTRIBUTES.get(tag.name)
    fits = allowed.fullmatch(tag.rest) is not None if allowed is not None else not tag.rest
    if not fits or (tag.name not in TAGS and tag.name != "span"):
        raise ContentError(f"{where}: Telegram does not know {tag.words}")
    if tag.name == "a":
        address = html.unescape(tag.rest.partition('"')[2].rstrip('"'))
        wrong = address_fault(address, SCHEMES)
        if wrong:
            raise ContentError(f"{where}: the address {address!r} {wrong}")


def _nesting(open_tags: list[_Tag], tag: _Tag) -> str:
    """Why this tag may not begin here; empty if it may."""
    parent = open_tags[-1].name if open_tags else ""
    if tag.name == "code" and tag.rest:
        return "" if parent == "pre" else "names a language outside <pre>"
    if parent in _FIXED:
        return f"can't stand inside <{parent}>, which holds plain text only"
    inside = {_STYLES.get(one.name, one.name) for one in open_tags}
    name = _STYLES.get(tag.name, tag.name)
    if name in inside:
        return f"stands inside another <{tag.name}>"
    if name in _FIXED and inside - {"blockquote"}:
        return "can stand only by itself or inside <blockquote>"
    if name in {"a", "tg-emoji", "blockquote"} and inside & {"a", "tg-emoji"}:
        return "can't stand inside a link or an emoji"
    return ""


def address_fault(address: str, schemes: tuple[str, ...]) -> str:
    """What is wrong with an address; empty if nothing is."""
    if len(address) > MAX_ADDRESS:
        return f"is longer than {MAX_ADDRESS} characters"
    if any(char.isspace() or not char.isprintable() or char in '{}<>"\\' for char in address):
        return "has a character that no address has"
    parts = _PARTS.fullmatch(address)
    scheme = parts["scheme"].lower() if parts is not None else ""
    if parts is None or scheme not in schemes:
        return f"must begin with {', '.join(f'{one}:' for one in schemes)}"
    if scheme in {"http", "https"}:
        return _host_fault(parts["place"] or "")
    return "" if parts["place"] or parts["way"] else "leads nowhere"


def _host_fault(place: str) -> str:
    if "@" in place:
        return "names a user, which hides where it leads"
    host, _, port = place.partition(":")
    labels = host.rstrip(".").split(".")
    port_fits = not port or (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT)
    if not port_fits or not labels[1:] or not all(labels):
        return "has no host of a public address"
    try:
        looked_up = host.rstrip(".").encode("idna").decode().split(".")
    except UnicodeError:
        return "has a host that can't be looked up"
    return "" if all(map(_LABEL.fullmatch, looked_up)) else "has a host that can't be looked up"


def has_place_in_tag(text: str) -> bool:
    """Whether a value would be filled into a tag: what is about a person belongs into no address."""
    return any("{" in found[0] for found in _TAG.finditer(text))


def addresses(text: str) -> tuple[str, ...]:
    """The addresses that a checked text leads to, in their order."""
    return tuple(dict.fromkeys(html.unescape(found) for found in HREF.findall(text)))


def readable(text: str) -> str:
    """A checked text as people read it where there is no markup: an address stands behind its words."""
    linked = _LINKED.sub(r"\2 (\1)", text)
    return html.unescape(_TAG.sub("", linked))
