"""Whatever leads elsewhere: addresses, names, numbers to call, commands, in plain writing or in disguise.

The text is read without tags and with every address of the brief taken out, so all that is left is foreign.
Rules, not a list of sites: a full stop between two words is an address whatever stands behind it, and so are
a full stop after a space, in brackets, before a small letter, or written as a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from core.writing.reading import Reading

_NEVER_WORDS: Final = (
    "com|kom|org|ru|xyz|io|cc|tk|biz|gov|edu|ly|onion|http|https|ftp|html|php|www|url|"
    "dot|nokta|d0t|punkt|punto|slash|arroba|kuyruklu"
)
"""Endings of addresses, and words that stand for a part of one, that are no words of a message."""
_ENDINGS: Final = (
    "com|kom|net|org|me|io|ru|tr|info|biz|xyz|app|dev|shop|site|online|club|co|gg|to|link|top|vip"
)
_PLATFORMS: Final = (
    r"telegram|whatsapp|what'?s\W?app|insta|face\W?book|messenger|twitter|tik\W?tok|you\W?tube|discord|google|yandex|"
    "viber|snapchat|linkedin|gmail|"
    "hotmail|outlook|icloud|skype|wechat|whatsap|watsap|vatsap|pinterest|reddit|twitch|onlyfans"
)
_SHORT_NAMES: Final = "wp|tg|wa|ig|fb|yt"
"""How people call such places."""
_NO_WORDS: Final = "net|org|info|biz|xyz|app|dev|shop|site|online|club|gg|link|top|vip"
"""Endings that stand behind a mark, without a space, in addresses only."""
_OPEN, _CLOSE = r"[\[({<|*~\"'“‘«]", r"[\])}>|*~\"'”’»]"
_BOTS: Final = frozenset({"bot", "robot", "chatbot"})
_SHORT: Final = (
    r"(?<!\bvb)(?<!\bvs)(?<!\bdr)(?<!\bno)(?<!\bor)(?<!\born)(?<!\betc)(?<!\bmr)(?<!\bms)(?<!\b[a-z])"
)
"""Abbreviations behind which a sentence goes on."""

_PLAIN: Final[Sequence[tuple[str, re.Pattern[str]]]] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("an address", r":\s*/|/\s*/"),
        (
            "an address",
            r"\b(?:tg|mailto|tel|sms|javascript|data|ton|skype|viber|whatsapp|intent|file)\s*:\s*\S",
        ),
        ("an address", r"www"),
        ("an address", r"[\w-]\.[a-z][a-z0-9-]+"),
        ("an address", r"[\w-]\s+\.+\s*\w"),
        ("an address", rf"{_OPEN}\s*(?:\.|dot|nokta|at|et)\s*{_CLOSE}"),
        ("an address", rf"\b(?:{_NEVER_WORDS})\b"),
        ("an address", rf"(?:dot|nokta)\W*(?:{_ENDINGS})\b"),
        ("an address", r"\b(?:point|period|stop|ponto)\W+(?:net|org|info|biz|xyz|shop|site|club|gg)\b"),
        ("an address", rf"[a-z0-9](?:[^\w\s/-]){{1,4}}(?:{_NO_WORDS})\b"),
        (
            "an address",
            r"[a-z0-9]\s*[,;:_|/\\•–—]{1,4}\s*"
            rf"(?:{_ENDINGS.replace('to|', '').replace('me|', '')})\b(?=\W*(?:/|$))",
        ),
        ("an address", r"\d{1,3}(?:\s*\.\s*\d{1,3}){3}"),
        ("an address", r"%(?:2e|2f|3a)|&#?\w+;|\]\s*\("),
        ("an address", r"\bt[\s.,/-]+me\b|\btme\b|\btelegram[\s./-]*(?:me|org|dog)\b"),
        ("letters one by one", r"(?<!\w)\w(?:[\s.,*|~-]+\w(?!\w)){3,}"),
        ("a name to write to", r"@|[^\W_]_+[^\W_]|_{3}"),
        ("a command or tag", r"(?<!\w)[/#$][a-z]"),
        ("a number to call", r"\+\s*\d"),
    )
)
_SMALL_AFTER_STOP: Final = re.compile(rf"(?<![.\d]){_SHORT}\.\s+[a-zçğıöşü]")
_CAPITAL_ENDING: Final = re.compile(rf"[^\W\d]\.\s+(?:{_ENDINGS.upper()})\b")
_PLATFORM: Final = re.compile(rf"\b(?:{_PLATFORMS})|\b(?:{_SHORT_NAMES})\b")
_DIGITS: Final = re.compile(r"\d(?:[\s().+/-]{0,3}\d){6,}")


def foreign(seen: Reading, links: Sequence[str], facts: Reading) -> list[str]:
    """What in the text leads elsewhere than to `links`."""
    found = [f"links: {_cut(one)} is not in the brief" for one in seen.leads if one not in links]
    for what, pattern in _PLAIN:
        hit = pattern.search(seen.plain)
        if hit is not None:
            found.append(f"links: {what} ({_cut(hit[0])})")
    for shape in (_SMALL_AFTER_STOP, _CAPITAL_ENDING):
        hit = shape.search(seen.visible)
        if hit is not None:
            found.append(f"links: a full stop in the middle ({_cut(hit[0])})")
    found += _named(seen, facts)
    return found


def _named(seen: Reading, facts: Reading) -> list[str]:
    found = [
        f"links: {_cut(word)} is another place"
        for word in _PLATFORM.findall(seen.plain)
        if word not in facts.plain
    ]
    found += [
        f"links: {_cut(word)} is another bot"
        for word in seen.words
        if word.endswith("bot") and word not in _BOTS and word not in facts.words
    ]
    if _DIGITS.search(seen.plain):
        found.append("personal: a long number")
    return found


def _cut(text: str) -> str:
    return " ".join(text.split())[:40]
