"""What is wrong with a content, before anybody plans to send it.

Every language is looked at with the longest values there can be. A fault names the content, the language, the
place, and what is allowed. Bounds are those of the Bot API. Whether a named file is there, only its reader
can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from unicodedata import category

from core.content.documents import to_document
from core.content.markup import SCHEMES, address_fault, has_place_in_tag, readable, shows, visible_length
from core.content.rendering import MAX_VALUE, PLACE, fill
from core.content.values import FALLBACKS, KINDS, LANGUAGES, MEDIA, Button, Content, Media, Poll, Texts
from core.errors import ContentError
from core.keyed import MAX_SIGNED_CODE

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
MAX_DATA_BYTES: Final = 64
MAX_BUTTON: Final = 64
MAX_BUTTONS: Final = 6
MAX_ALBUM: Final = 10
POLL: Final = "poll"
"""The kind of a content that is voted on."""
MAX_QUESTION: Final = 300
MAX_OPTION: Final = 100
OPTIONS: Final = (2, 12)
MAX_AGE_DAYS: Final = 36_500
MAX_FACT: Final = 500
MAX_FACTS: Final = 20
_LONGEST_ID: Final = "9" * 19
_LONGEST: Final = {name: "😀" * MAX_VALUE for name in FALLBACKS}
"""Two units of UTF-16 each."""
MAX_SOURCE: Final = 16_384
"""Bytes of a text with its tags and addresses: Telegram takes 32 kB, and tracked addresses may be longer."""
MAX_KEYBOARD: Final = 8_192
"""Bytes of all buttons together: Telegram takes 10 kB."""

_NOT_SENT: Final = frozenset({"Cc", "Cs"})
_NAME: Final = re.compile(r"[a-z0-9_]{1,48}")
_ACTION: Final = re.compile(r"[a-z0-9_]{1,16}")
_CODE: Final = re.compile(rf"(?!-k)[A-Za-z0-9_-]{{1,{MAX_SIGNED_CODE}}}")
_FILE: Final = re.compile(r"file:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_FILE_ID: Final = re.compile(r"[A-Za-z0-9_-]{20,250}")
_ALBUMS: Final = (frozenset({"photo", "video"}), frozenset({"document"}), frozenset({"audio"}))
_BUTTON_SCHEMES: Final = ("http", "https", "tg")


def check(content: Content) -> Content:
    """The content itself, if it can be sent in every language it claims; else ContentError names what is
    wrong first."""
    wrong = next(_faults(content), None)
    if wrong is not None:
        raise ContentError(wrong)
    return content


def faults(content: Content) -> list[str]:
    """All that is wrong with it."""
    return list(dict.fromkeys(_faults(content)))


def _faults(content: Content) -> Iterator[str]:
    where = f"content {content.name}"
    if not _NAME.fullmatch(content.name):
        yield f"content name {content.name!r} must be of a-z, 0-9 and _, at most 48"
    if content.kind not in KINDS:
        yield f"{where}: kind {content.kind!r} is none of {', '.join(KINDS)}"
    if not content.languages:
        yield f"{where} has no texts"
    for language in content.languages:
        if language not in LANGUAGES:
            yield f"{where}, {language}: languages are {', '.join(LANGUAGES)}"
    least, most = content.ages
    if not 0 <= least <= MAX_AGE_DAYS or (most and not least <= most <= MAX_AGE_DAYS):
        yield f"{where}: ages are the least and the most days, such as [0, 30]; most 0 = no bound"
    unsendable = next(_unsendable(to_document(content)), "")
    if unsendable:
        yield f"{where}: has a character that can't be sent, {unsendable}"
        return
    yield from _poll_faults(content) if content.poll is not None else _text_faults(content)
    yield from _media_faults(content)
    yield from _button_faults(content)
    yield from _brief_faults(content)


def _unsendable(said: object) -> Iterator[str]:
    """Control characters and halves of characters, wherever they stand in a document."""
    if isinstance(said, str):
        yield from (
            f"U+{ord(char):04X}" for char in said if category(char) in _NOT_SENT and char not in "\n\r\t"
        )
    elif isinstance(said, Mapping):
        yield from _unsendable(list(said.values()))
    elif isinstance(said, list):
        for one in said:
            yield from _unsendable(one)


# --------------------------------------------------------------------------- words
def _text_faults(content: Content) -> Iterator[str]:
    for language, text in content.texts.items():
        where = f"content {content.name}, {language}"
        unknown = _unknown_place(text)
        if unknown:
            yield f"{where}: {unknown}"
            continue
        filled = fill(text, language, _LONGEST)
        if len(filled.encode()) > MAX_SOURCE:
            yield f"{where}: {len(filled.encode())} bytes with tags and addresses, allowed are {MAX_SOURCE}"
        try:
            length = visible_length(filled, where)
        except ContentError as error:
            yield str(error)
            continue
        bound = MAX_CAPTION if content.media else MAX_TEXT
        least = 0 if content.media else 1
        if not least <= length <= bound or (least and not shows(readable(filled))):
            yield f"{where}: {length} characters with long names, allowed are {least} to {bound}"


def _unknown_place(text: str) -> str:
    for found in PLACE.finditer(text):
        if found[1] not in FALLBACKS:
            known = ", ".join(f"{{{name}}}" for name in FALLBACKS)
            return f"{found[0]} is unknown; there are {known}"
    if has_place_in_tag(text):
        return "placeholders can't stand inside a tag or an address"
    if "{link:" in text:
        return "{link: has a meaning of its own; write &#123;link:"
    return ""


def _poll_faults(content: Content) -> Iterator[str]:
    poll, where = content.poll, f"content {content.name}"
    if poll is None:
        return
    if content.kind != POLL:
        yield f"{where}: its kind must be {POLL}, or votes would answer nothing"
    if content.texts or content.media:
        yield f"{where}: a poll has its question and options, no texts and no media"
    if not OPTIONS[0] <= len(poll.options) <= OPTIONS[1]:
        yield f"{where}: a poll has {OPTIONS[0]} to {OPTIONS[1]} options, not {len(poll.options)}"
    for language, question in poll.question.items():
        unknown = _unknown_place(question)
        if unknown:
            yield f"{where}, {language}, question: {unknown}"
        length = _units(fill(question, language, _LONGEST, markup=False))
        if not 0 < length <= MAX_QUESTION:
            yield f"{where}, {language}: the question has 1 to {MAX_QUESTION} characters, not {length}"
        yield from _option_faults(poll, language, f"{where}, {language}")


def _option_faults(poll: Poll, language: str, where: str) -> Iterator[str]:
    said = [option.get(language, "").strip() for option in poll.options]
    for number, text in enumerate(said, 1):
        if not 0 < _units(text) <= MAX_OPTION:
            yield f"{where}, option {number}: needs 1 to {MAX_OPTION} characters, has {_units(text)}"
        if text and not shows(text):
            yield f"{where}, option {number}: shows nothing"
        if PLACE.search(text):
            yield f"{where}, option {number}: placeholders can stand in the question only"
    if len(set(said)) < len(said):
        yield f"{where}: two options are the same"


def _units(text: str) -> int:
    return len(text.strip().encode("utf-16-le", "surrogatepass")) // 2


# --------------------------------------------------------------------------- media
def _media_faults(content: Content) -> Iterator[str]:
    where = f"content {content.name}"
    if len(content.media) > MAX_ALBUM:
        yield f"{where}: an album has 2 to {MAX_ALBUM} media, not {len(content.media)}"
    for number, one in enumerate(content.media, 1):
        wrong = media_fault(one)
        if wrong:
            yield f"{where}, media {number}: {wrong}"
    if len(content.media) > 1:
        if not any({one.type for one in content.media} <= album for album in _ALBUMS):
            yield f"{where}: an album is of photos and videos, or of documents only, or of audio only"
        if content.buttons:
            yield f"{where}: an album can't have buttons; send one photo or video, or leave them out"


def media_fault(one: Media) -> str:
    """What is wrong with a piece of media; empty if nothing is."""
    if one.type not in MEDIA:
        return f"{one.type!r} is none of {', '.join(MEDIA)}"
    if one.source.startswith("https://"):
        wrong = address_fault(one.source, ("https",))
        return f"the address {one.source!r} {wrong}" if wrong else ""
    if _FILE.fullmatch(one.source) or _FILE_ID.fullmatch(one.source):
        return ""
    return f"{one.source!r} is no https address, file id of Telegram, or file:NAME in the folder of media"


# --------------------------------------------------------------------------- buttons
def _button_faults(content: Content) -> Iterator[str]:
    where = f"content {content.name}"
    meant = [_meaning(button) for button in content.buttons]
    if len(meant) > MAX_BUTTONS or len(set(meant)) != len(meant):
        yield f"{where}: at most {MAX_BUTTONS} buttons, each with its own action or address"
    size = max((_size(content.buttons, language) for language in content.languages), default=0)
    if size > MAX_KEYBOARD:
        yield f"{where}: its buttons have {size} bytes, allowed are {MAX_KEYBOARD}"
    for number, button in enumerate(content.buttons, 1):
        named = repr(button.action or button.start or number)
        yield from _one_button(content, button, f"{where}, button {named}")


def _meaning(button: Button) -> tuple[str, str, str]:
    return button.action, button.start, str(sorted((button.url or {}).items()))


def _size(buttons: Sequence[Button], language: str) -> int:
    said = ((one.texts.get(language, ""), (one.url or {}).get(language, "")) for one in buttons)
    return sum(len(text.encode()) + len(address.encode()) for text, address in said)


def _one_button(content: Content, button: Button, where: str) -> Iterator[str]:
    if sum((bool(button.action), button.url is not None, bool(button.start))) != 1:
        yield f"{where}: needs exactly one of action, url and start"
    data = f"c:{_LONGEST_ID}:{content.kind}:{button.action}"
    if button.action and (not _ACTION.fullmatch(button.action) or len(data.encode()) > MAX_DATA_BYTES):
        yield f"{where}: actions are of a-z, 0-9 and _, at most 16"
    if button.start and not _CODE.fullmatch(button.start):
        yield f"{where}: start is a code of A-Z a-z 0-9 _ -, at most {MAX_SIGNED_CODE}"
    for language in content.languages:
        text = button.texts.get(language, "").strip()
        if not 0 < len(text) <= MAX_BUTTON:
            yield f"{where}: needs a text of 1 to {MAX_BUTTON} characters in {language}"
        elif not shows(text) or PLACE.search(text):
            yield f"{where}: its text in {language} must show, and has no placeholders"
        if button.url is not None:
            yield from _url_faults(button.url, language, where)


def _url_faults(url: Texts, language: str, where: str) -> Iterator[str]:
    if language not in url:
        yield f"{where}: needs a url in {language}"
        return
    wrong = address_fault(url[language], _BUTTON_SCHEMES)
    if wrong:
        yield f"{where}, {language}: the address {url[language]!r} {wrong}"


# --------------------------------------------------------------------------- briefs
def _brief_faults(content: Content) -> Iterator[str]:
    brief, where = content.brief, f"content {content.name}, brief"
    if brief is None:
        return
    if content.poll is not None:
        yield f"{where}: a poll can't be written from a brief"
    bound = MAX_CAPTION if content.media else MAX_TEXT
    if not 1 <= brief.max_chars <= bound:
        yield f"{where}: max_chars is 1 to {bound}"
    if not 0 < len(brief.facts) <= MAX_FACTS or any(not 0 < len(one) <= MAX_FACT for one in brief.facts):
        yield f"{where}: needs 1 to {MAX_FACTS} facts of at most {MAX_FACT} characters"
    for address in brief.links:
        wrong = address_fault(address, SCHEMES[:2])
        if wrong:
            yield f"{where}: the address {address!r} {wrong}"
