"""Telegram's HTML: markup to plain text and entities, with its refusals word for word.

Follows `parse_html` of TDLib's MessageEntity.cpp: offsets of entities are in UTF-16 code units, those in
errors are bytes of UTF-8.
"""

import re
from dataclasses import dataclass

from sandbox.accounts import Json
from sandbox.botapi.errors import TelegramError, bad_request
from sandbox.updates import utf16_length

_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
}
_TAGS = frozenset(_SIMPLE) | {"a", "tg-emoji", "tg-time", "blockquote"}
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_VERBATIM = frozenset({"pre", "code"})
MOST_ENTITIES = 100
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_PLAIN = re.compile(r"[^&<]+")
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"[^\s=>]*")
_TOKEN = re.compile(r"[0-9A-Za-z.-]*")
_SPACE = re.compile(r"\s*")
_URL = re.compile(r"(?:https?|tg|tonsite|mailto|tel):\S+", re.IGNORECASE)
_MAX_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    offset: int
    attributes: dict[str, str]


def parse_html(text: str) -> tuple[str, list[Json]]:
    """Plain text and `MessageEntity` objects. Raises TelegramError as Telegram does."""
    return _Parser(text).parse()


def trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut white space at both ends, as Telegram does with every text; entities move along."""
    kept = text.strip()
    lead = utf16_length(text[: len(text) - len(text.lstrip())])
    length = utf16_length(kept)
    moved: list[Json] = []
    for entity in entities:
        begin = max(0, _int(entity, "offset") - lead)
        end = min(length, _int(entity, "offset") - lead + _int(entity, "length"))
        if end > begin:
            moved.append({**entity, "offset": begin, "length": end - begin})
    return kept, moved


def settle(entities: list[Json]) -> list[Json]:
    """What Telegram makes of nested entities: nothing lies within or around `pre` and `code` except a quote,
    quotes don't lie in quotes, and there are at most so many."""
    if len(entities) <= 1:
        return entities
    verbatim = [_span(one) for one in entities if one["type"] in _VERBATIM]
    kept: list[Json] = []
    quoted = 0
    for one in entities:
        if one["type"] in _QUOTES:
            begin, end = _span(one)
            if begin >= quoted:
                kept.append(one)
                quoted = end
        elif one["type"] in _VERBATIM:
            kept.append(one)
        else:
            kept.extend({**one, "offset": a, "length": b - a} for a, b in _outside(_span(one), verbatim))
    kept.sort(key=lambda one: (_int(one, "offset"), -_int(one, "length")))
    return kept[:MOST_ENTITIES]


def _span(entity: Json) -> tuple[int, int]:
    offset = _int(entity, "offset")
    return offset, offset + _int(entity, "length")


def _outside(span: tuple[int, int], holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a span without these."""
    left, (begin, end) = [], span
    for low, high in holes:
        if high <= begin or low >= end:
            continue
        if low > begin:
            left.append((begin, low))
        begin = high
    return [*left, (begin, end)] if begin < end else left


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._plain: list[str] = []
        self._offset = 0
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        while self._at < len(self._text):
            if self._text.startswith("</", self._at):
                self._end_tag()
            elif self._text[self._at] == "<":
                self._start_tag()
            elif self._text[self._at] == "&":
                self._put(self._reference())
            else:
                self._put(self._match(_PLAIN))
        if self._open:
            raise _error(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        self._entities.sort(key=lambda one: (_int(one, "offset"), -_int(one, "length")))
        return "".join(self._plain), settle(self._entities)

    def _put(self, text: str) -> None:
        self._plain.append(text)
        self._offset += utf16_length(text)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        word = found.group() if found else ""
        self._at += len(word)
        return word

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _bytes_before(self, at: int) -> int:
        return len(self._text[:at].encode("utf-8", "surrogatepass"))

    def _reference(self) -> str:
        found = _REFERENCE.match(self._text, self._at)
        decoded = _decode(found) if found else None
        if found is None or decoded is None:
            self._at += 1
            return "&"
        self._at = found.end()
        return decoded

    # -- tags ------------------------------------------------------------------------------------

    def _start_tag(self) -> None:
        begin = self._bytes_before(self._at)
        self._at += 1
        tag = self._match(_NAME).lower()
        if not self._peek():
            raise _error(f"Unclosed start tag at byte offset {begin}")
        if tag not in _TAGS:
            raise _error(f'Unsupported start tag "{tag}" at byte offset {begin}')
        attributes = self._attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _error(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        if tag == "tg-emoji" and not attributes.get("emoji-id"):
            raise _error(f'Tag "tg-emoji" must have attribute "emoji-id" at byte offset {begin}')
        if tag == "tg-time" and not attributes.get("unix", "").isdecimal():
            raise _error(f'Tag "tg-time" must have attribute "unix" at byte offset {begin}')
        self._open.append(_Open(tag, self._offset, attributes))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        self._match(_SPACE)
        while self._peek() != ">":
            name = self._match(_ATTRIBUTE).lower()
            if not name:
                raise _error(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
            self._match(_SPACE)
            attributes[name] = self._value(tag, name, begin)
            self._match(_SPACE)
            if not self._peek():
                raise _error(f"Unclosed start tag at byte offset {begin}")
        self._at += 1
        return attributes

    def _value(self, tag: str, name: str, begin: int) -> str:
        if self._peek() != "=":
            if (tag, name) == ("blockquote", "expandable"):
                return "1"
            where = f'the tag "{tag}" at byte offset {begin}'
            raise _error(f"Expected equal sign in declaration of an attribute of {where}")
        self._at += 1
        self._match(_SPACE)
        if self._peek() in {'"', "'"}:
            return self._quoted()
        token_begin = self._bytes_before(self._at)
        token = self._match(_TOKEN).lower()
        if self._peek() and self._peek() != ">" and not self._peek().isspace():
            raise _error(f"Unexpected end of name token at byte offset {token_begin}")
        return token

    def _quoted(self) -> str:
        quote = self._peek()
        self._at += 1
        value: list[str] = []
        while self._peek() and self._peek() != quote:
            if self._peek() == "&":
                value.append(self._reference())
            else:
                value.append(self._peek())
                self._at += 1
        self._at += 1
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self._bytes_before(self._at)
        if not self._open:
            raise _error(f"Unexpected end tag at byte offset {begin}")
        self._at += 2
        found = self._match(_NAME).lower()
        self._match(_SPACE)
        if self._peek() != ">":
            raise _error(f"Unclosed end tag at byte offset {begin}")
        self._at += 1
        opened = self._open.pop()
        if found and found != opened.tag:
            raise _error(
                f'Unmatched end tag at byte offset {begin}, expected "</{opened.tag}>", found "</{found}>"'
            )
        if self._offset > opened.offset:
            self._add(opened)

    def _add(self, opened: _Open) -> None:
        place: Json = {"offset": opened.offset, "length": self._offset - opened.offset}
        entity = _entity(opened, self._linked_text(opened))
        if entity is None:
            return
        if opened.tag == "pre" and self._entities and self._is_same_place(self._entities[-1], place):
            language = self._entities.pop().get("language")
            entity = {**entity, "language": language} if language else entity
        self._entities.append({**entity, **place})

    def _is_same_place(self, other: Json, place: Json) -> bool:
        return other["type"] == "code" and all(other[name] == place[name] for name in place)

    def _linked_text(self, opened: _Open) -> str:
        encoded = "".join(self._plain).encode("utf-16-le", "surrogatepass") if opened.tag == "a" else b""
        return encoded[2 * opened.offset :].decode("utf-16-le", "surrogatepass")


def _entity(opened: _Open, text: str) -> Json | None:
    """The entity of a closed tag without its place; None for a link that leads nowhere."""
    if opened.tag == "a":
        url = opened.attributes.get("href") or text
        return {"type": "text_link", "url": url} if _URL.fullmatch(url) else None
    if opened.tag == "blockquote":
        folded = "expandable" in opened.attributes
        return {"type": "expandable_blockquote" if folded else "blockquote"}
    if opened.tag == "tg-emoji":
        return {"type": "custom_emoji", "custom_emoji_id": opened.attributes["emoji-id"]}
    if opened.tag == "tg-time":
        moment: Json = {"type": "date_time", "unix_time": int(opened.attributes["unix"])}
        shape = opened.attributes.get("format")
        return moment | ({"date_time_format": shape} if shape else {})
    entity: Json = {"type": _SIMPLE[opened.tag]}
    language = opened.attributes.get("class", "")
    if opened.tag == "code" and language.startswith("language-"):
        entity["language"] = language.removeprefix("language-")
    return entity


def _decode(found: re.Match[str]) -> str | None:
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        return _NAMED.get(name)
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= _MAX_CODE_POINT and code not in _SURROGATES else None


def _error(what: str) -> TelegramError:
    return bad_request(f"can't parse entities: {what}")


def _int(entity: Json, name: str) -> int:
    value = entity.get(name)
    if not isinstance(value, int):
        raise bad_request(f'can\'t parse entities: Field "{name}" must be a valid Number')
    return value
