"""A plain document into a broadcast that can't be wrong, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core import grammar
from core.broadcast.values import (
    GROUPS,
    LIFETIME_H,
    MOST_GROUPS,
    PEOPLE,
    PRIORITY,
    Audience,
    Broadcast,
    Copied,
    Posting,
    Variant,
    When,
    clock_text,
    moment_text,
)
from core.errors import ContentError, RuleError

MAX_VARIANTS: Final = 8
MAX_WINDOW_H: Final = 48
MAX_LIFETIME_H: Final = 24.0 * 14
MAX_NAMES: Final = 50
MAX_PRIORITY: Final = 100
MAX_NOTE: Final = 500
MAX_GROUPS: Final = 1_000
LETTERS: Final = "abcdefgh"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LIST: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_CRON: Final = re.compile(r"[0-9*,/-]+(?: [0-9*,/-]+){3} [a-z*,-]+")
_WHEN: Final = ("at", "zone", "cron", "best", "local")
_CONTENT: Final = re.compile(r"[a-z0-9_]{1,48}")


def parse(data: object) -> Broadcast:
    """Read a plain document. Raises ContentError."""
    doc = _mapping(data, "the broadcast")
    _only(doc, "", _KEYS)
    name = doc.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        _fail("name", "must be of a-z, 0-9, - and _, at most 32")
    to = doc.get("to", PEOPLE)
    if to not in (PEOPLE, GROUPS):
        _fail("to", "must be people or groups")
    return Broadcast(
        name=name,
        audience=_audience(doc.get("audience")),
        variants=_variants(doc),
        when=_when(doc.get("when", "now")),
        bot_id=int(_number(doc.get("bot", 0), "bot", 0, 2**62)),
        lifetime_h=_number(doc.get("lifetime_h", LIFETIME_H), "lifetime_h", 0.25, MAX_LIFETIME_H),
        priority=int(_number(doc.get("priority", PRIORITY), "priority", 0, MAX_PRIORITY)),
        to=str(to),
        posting=_posting(doc.get("groups", {})),
        note=str(doc.get("note", ""))[:MAX_NOTE],
    )


_KEYS: Final = (
    "name",
    "audience",
    "content",
    "variants",
    "when",
    "bot",
    "lifetime_h",
    "priority",
    "to",
    "groups",
    "note",
)


def _audience(data: object) -> Audience:
    if data == "everybody":
        return Audience(everybody=True)
    doc = _mapping(data, "audience")
    _only(doc, "audience", ("everybody", "segment", "segments", "list", "lists", "rule", "minus"))
    minus = _mapping(doc.get("minus", {}), "audience.minus")
    _only(minus, "audience.minus", ("segment", "segments", "list", "lists"))
    try:
        rule = grammar.parse(doc["rule"], place="audience.rule") if "rule" in doc else None
    except RuleError as error:
        raise ContentError(str(error), next_step=error.next_step) from error
    found = Audience(
        everybody=doc.get("everybody") is True,
        segments=_names(doc, "segment", "audience"),
        lists=_names(doc, "list", "audience"),
        rule=rule,
        minus_segments=_names(minus, "segment", "audience.minus"),
        minus_lists=_names(minus, "list", "audience.minus"),
    )
    if not (found.everybody or found.segments or found.lists or found.rule is not None):
        _fail("audience", "says nobody; name a segment, a list, a rule, or everybody")
    return found


def _names(doc: Mapping[str, object], what: str, place: str) -> tuple[str, ...]:
    form = _SEGMENT if what == "segment" else _LIST
    one, several = doc.get(what), doc.get(f"{what}s", [])
    found = ([one] if one is not None else []) + list(_sequence(several, f"{place}.{what}s"))
    for name in found:
        if not isinstance(name, str) or not form.fullmatch(name):
            _fail(f"{place}.{what}s", f"{str(name)[:40]!r} is no name of a {what}")
    if len(found) > MAX_NAMES:
        _fail(f"{place}.{what}s", f"at most {MAX_NAMES}")
    return tuple(dict.fromkeys(str(name) for name in found))


def _variants(doc: Mapping[str, object]) -> tuple[Variant, ...]:
    if ("content" in doc) == ("variants" in doc):
        _fail("variants", "give either content (one) or variants (several)")
    if "content" in doc:
        return (_variant({"content": doc["content"]}, 0),)
    listed = _sequence(doc["variants"], "variants")
    if not 0 < len(listed) <= MAX_VARIANTS:
        _fail("variants", f"must be 1 to {MAX_VARIANTS}")
    found = tuple(_variant(each, place) for place, each in enumerate(listed))
    names = [variant.name for variant in found]
    if len(set(names)) < len(names):
        _fail("variants", "two have the same name")
    if any(variant.copied is not None for variant in found) and not doc.get("bot"):
        _fail("bot", "must be the bot that got the message which is copied")
    return found


def _variant(data: object, place: int) -> Variant:
    where = f"variants[{place}]"
    doc = _mapping(data, where)
    _only(doc, where, ("name", "content", "share", "copy"))
    if ("content" in doc) == ("copy" in doc):
        _fail(where, "needs the name of a content")
    name, content = doc.get("name", LETTERS[place]), doc.get("content", "")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        _fail(f"{where}.name", f"{str(name)[:40]!r} must be of a-z, 0-9, - and _, at most 32")
    if "content" in doc and not (isinstance(content, str) and _CONTENT.fullmatch(content)):
        _fail(f"{where}.content", f"{str(content)[:40]!r} is no name of a content")
    share = _number(doc.get("share", 1), f"{where}.share", 0.001, 1e6)
    return Variant(str(name), str(content), share, _copied(doc.get("copy"), where))


def _copied(data: object, where: str) -> Copied | None:
    if data is None:
        return None
    doc = _mapping(data, f"{where}.copy")
    _only(doc, f"{where}.copy", ("chat_id", "message_id"))
    chat = _number(doc.get("chat_id"), f"{where}.copy.chat_id", -(2**62), 2**62)
    return Copied(int(chat), int(_number(doc.get("message_id"), f"{where}.copy.message_id", 1, 2**31)))


def _when(data: object) -> When:
    if data == "now":
        return When()
    if data == "best":
        return When(best_h=24)
    doc = _mapping(data, "when", "must be now, best, or a mapping of at, cron, best, local")
    _only(doc, "when", _WHEN)
    if "at" in doc and "cron" in doc:
        _fail("when", "give at or cron, not both")
    if "best" in doc and "local" in doc:
        _fail("when", "give best or local, not both")
    if "zone" in doc and "at" not in doc:
        _fail("when.zone", "belongs to at")
    best = _number(doc["best"], "when.best", 1, MAX_WINDOW_H) if "best" in doc else 0
    return When(
        _at(doc["at"], doc.get("zone", "UTC")) if "at" in doc else 0,
        _cron(doc.get("cron", "")),
        int(best),
        _minute(doc["local"]) if "local" in doc else -1,
    )


def _at(data: object, zone: object) -> int:
    """A moment as text, `2026-04-01 10:00`, or as YAML reads it; without an offset on the clock of `zone`."""
    if isinstance(data, datetime):
        moment = data
    elif isinstance(data, date):
        _fail("when.at", "needs a time of day, such as 2026-04-01 10:00")
    else:
        try:
            moment = datetime.fromisoformat(str(data))
        except ValueError:
            _fail("when.at", "must be a moment such as 2026-04-01 10:00")
    if moment.tzinfo is None:
        try:
            moment = moment.replace(tzinfo=ZoneInfo(str(zone)))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            _fail("when.zone", f"{str(zone)[:40]!r} is no timezone such as Europe/Istanbul")
    return int(moment.timestamp()) // 60 * 60_000


def _cron(data: object) -> str:
    text = " ".join(str(data).lower().split())
    if text and not _CRON.fullmatch(text):
        _fail("when.cron", "must be five fields, days of the week as mon to sun, such as '0 9 * * mon,thu'")
    return text


def _minute(data: object) -> int:
    if isinstance(data, int) and not isinstance(data, bool) and 0 <= data < 24 * 60:
        return data  # YAML 1.1 reads 10:30 without quotes as so many minutes
    found = _CLOCK.fullmatch(str(data))
    if found is None:
        _fail("when.local", "must be a time of day such as '10:00'")
    return int(found[1]) * 60 + int(found[2])


def _posting(data: object) -> Posting:
    doc = _mapping(data, "groups")
    _only(doc, "groups", ("most", "named", "thread"))
    named = _sequence(doc.get("named", []), "groups.named")
    numbers = tuple(int(_number(each, "groups.named", -(2**62), -1)) for each in named)
    most = int(_number(doc.get("most", MOST_GROUPS), "groups.most", 1, MAX_GROUPS))
    return Posting(most, numbers, int(_number(doc.get("thread", 0), "groups.thread", 0, 2**31)))


def _mapping(data: object, place: str, wanted: str = "must be names and values") -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        _fail(place, wanted)
    return {str(key): value for key, value in data.items()}


def _sequence(data: object, place: str) -> Sequence[object]:
    if not isinstance(data, Sequence) or isinstance(data, str):
        _fail(place, "must be a list")
    return data


def _number(data: object, place: str, least: float, most: float) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not least <= data <= most:
        _fail(place, f"must be a number from {least:g} to {most:g}")
    return data


def _only(doc: Mapping[str, object], place: str, known: Sequence[str]) -> None:
    for key in doc:
        if key not in known:
            _fail(f"{place}.{key}".lstrip("."), f"is unknown; there are {', '.join(known)}")


def _fail(place: str, message: str) -> NoReturn:
    raise ContentError(f"{place}: {message}", next_step="see docs/broadcasts.md")


def to_data(broadcast: Broadcast) -> dict[str, object]:
    """The plain document of a broadcast; what is as it is by default is left out."""
    doc: dict[str, object] = {"name": broadcast.name, "audience": _audience_data(broadcast.audience)}
    doc["variants"] = [_variant_data(each) for each in broadcast.variants]
    doc["when"] = _when_data(broadcast.when)
    posting = broadcast.posting
    more: dict[str, tuple[object, object]] = {
        "bot": (broadcast.bot_id, 0),
        "lifetime_h": (broadcast.lifetime_h, LIFETIME_H),
        "priority": (broadcast.priority, PRIORITY),
        "to": (broadcast.to, PEOPLE),
        "note": (broadcast.note, ""),
    }
    if posting != Posting():
        doc["groups"] = {"most": posting.most, "named": list(posting.named), "thread": posting.thread}
    return doc | {key: value for key, (value, usual) in more.items() if value != usual}


def _audience_data(audience: Audience) -> dict[str, object]:
    minus = {"segments": list(audience.minus_segments), "lists": list(audience.minus_lists)}
    parts: dict[str, object] = {
        "everybody": audience.everybody,
        "segments": list(audience.segments),
        "lists": list(audience.lists),
        "rule": None if audience.rule is None else grammar.to_data(audience.rule),
        "minus": {key: value for key, value in minus.items() if value},
    }
    return {key: value for key, value in parts.items() if value}


def _variant_data(variant: Variant) -> dict[str, object]:
    doc: dict[str, object] = {"name": variant.name, "share": variant.share}
    if variant.copied is None:
        return doc | {"content": variant.content}
    return doc | {"copy": {"chat_id": variant.copied.chat_id, "message_id": variant.copied.message_id}}


def _when_data(when: When) -> object:
    parts: dict[str, object] = {
        "at": f"{moment_text(when.at_ms)}+00:00" if when.at_ms else "",
        "cron": when.cron,
        "best": when.best_h,
        "local": clock_text(when.local_min) if when.local_min >= 0 else "",
    }
    return {key: value for key, value in parts.items() if value} or "now"
