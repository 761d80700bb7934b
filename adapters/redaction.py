"""Takes a person out of a stored update: whose it is, what mentions them, and what is left without them.

Promises: what is left is an update of the same number and kind, with everything that others said and did;
the person's user object is an empty one, messages of theirs that others quote are gone, forwarded words of
theirs too. Leaves to others: finding candidates (an id or username somewhere in the bytes), and what becomes
of a row. A name without id and username can't be told from anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

import orjson

from core.event import Event
from core.identity import TELEGRAM, Sender

_IDS: Final = frozenset({"id", "user_id", "user_chat_id", "chat_id"})
"""Keys whose whole number can be a person."""
_ACTORS: Final = ("from", "user", "chat", "sender_chat")
"""Where the update of a person says whose it is; in a private chat also when our side wrote."""
_QUOTES: Final = ("reply_to_message", "external_reply", "pinned_message", "quote")
_ORIGINS: Final = ("forward_origin", "forward_from", "forward_sender_name", "forward_from_chat")
_WORDS: Final = (*_ORIGINS, "text", "caption", "entities", "caption_entities", "contact", "location", "poll")
"""What of a message is not the sender's own once it is forwarded from the person."""
_NOBODY: Final[Mapping[str, object]] = {"id": 0, "is_bot": False, "first_name": ""}
LEAST_ID: Final = 100_000
"""Shorter numbers are everywhere: in a text they mean nobody."""
LEAST_NAME: Final = 4
"""Telegram's usernames are longer than this."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Telegram ids and usernames of the person who is to be forgotten."""

    ids: frozenset[int]
    usernames: frozenset[str] = frozenset()

    @property
    def words(self) -> tuple[str, ...]:
        """What to look for in the bytes of an update: each of them that mentions the person holds one."""
        return (*(str(one) for one in sorted(self.ids)), *sorted(n for n in self.usernames if n))

    @property
    def told(self) -> tuple[str, ...]:
        """Those of the words that mean the person wherever they stand."""
        ids = (str(one) for one in sorted(self.ids) if one >= LEAST_ID)
        return (*ids, *sorted(n for n in self.usernames if len(n) > LEAST_NAME))


@dataclass(frozen=True, slots=True)
class Redacted:
    """own: the update is the person's. mentions: it says something of them. body: what is left."""

    own: bool
    mentions: bool
    body: bytes


_UNREADABLE: Final = Redacted(True, True, b"{}")


def emptied(update_id: int) -> bytes:
    """All that is left of an update of theirs."""
    return orjson.dumps({"update_id": update_id})


def redact(body: bytes, whom: Whom) -> Redacted:
    """The update without the person. What can't be read is as good as theirs: nothing of it is left."""
    try:
        update = orjson.loads(body)
        return _redact(update, body, whom) if isinstance(update, dict) else _UNREADABLE
    except (orjson.JSONDecodeError, RecursionError):
        return _UNREADABLE


def _redact(update: Mapping[str, Any], body: bytes, whom: Whom) -> Redacted:
    number = {"update_id": update["update_id"]} if isinstance(update.get("update_id"), int) else {}
    if any(_is_theirs(said, whom) for said in update.values() if isinstance(said, dict)):
        return Redacted(True, True, orjson.dumps(number))
    left = _without(update, whom)
    if left == update:
        return Redacted(False, False, body)
    return Redacted(False, True, orjson.dumps(left))


def waits(state: str, body: bytes, about: Whom) -> bool:
    """True while an update in this state still has to have its effect before the person may go: their own,
    until it was answered; others' that mention them, until it was applied."""
    if state not in WAITING:
        return False
    found = redact(body, about)
    return found.own or (found.mentions and state == "received")


def _is_theirs(said: Mapping[str, Any], whom: Whom) -> bool:
    return any(_is_person(said.get(key), whom) for key in _ACTORS) or _is_theirs_inside(said, whom)


def _is_theirs_inside(said: Mapping[str, Any], whom: Whom) -> bool:
    """A boost says whose it is one floor deeper."""
    boost = said.get("boost")
    source = boost.get("source") if isinstance(boost, dict) else said.get("source")
    return isinstance(source, dict) and _is_person(source.get("user"), whom)


def _is_person(value: object, whom: Whom) -> bool:
    return isinstance(value, dict) and _is_id(value.get("id"), whom)


def _is_id(value: object, whom: Whom) -> bool:
    return isinstance(value, int) and value in whom.ids


def _without(value: Any, whom: Whom) -> Any:
    if isinstance(value, dict):
        return _dict_without(value, whom)
    if isinstance(value, list):
        return [_without(item, whom) for item in value]
    return _text_without(value, whom) if isinstance(value, str) else value


def _dict_without(value: Mapping[str, Any], whom: Whom) -> dict[str, Any]:
    if _is_id(value.get("id"), whom):
        return {**_NOBODY, "type": value["type"]} if "type" in value else dict(_NOBODY)
    dropped: set[str] = set()
    if any(_tells(value.get(key), whom) for key in _QUOTES):
        dropped.update(_QUOTES)
    if any(_tells(value.get(key), whom) for key in _ORIGINS):
        dropped.update(_WORDS)
    return {
        key: 0 if key in _IDS and _is_id(item, whom) else _without(item, whom)
        for key, item in value.items()
        if key not in dropped
    }


def _tells(value: object, whom: Whom) -> bool:
    """True if anything in it is the person."""
    if isinstance(value, dict):
        if any(key in _IDS and _is_id(item, whom) for key, item in value.items()):
            return True
        return any(_tells(item, whom) for item in value.values())
    return isinstance(value, list) and any(_tells(item, whom) for item in value)


def _text_without(text: str, whom: Whom) -> str:
    for word in whom.told:
        text = text.replace(word, "-")
    return text


WAITING: Final = ("received", "applied")
"""States of an update that has not had all its effect."""
SENDING_MS: Final = 10 * 60_000
"""A message marked as being sent for longer is nobody's: its sender was killed."""
_PLAIN_PROPS: Final = frozenset({"topics", "media", "how", "status", "rights", "state", "currency"})
"""Texts of our own vocabulary; every other text in an event is somebody's words."""


def whom(identities: Iterable[tuple[str, str]], usernames: Iterable[str]) -> Whom:
    """The person of these (namespace, value) pairs and usernames."""
    ids = (value for namespace, value in identities if namespace == TELEGRAM)
    return Whom(
        frozenset(int(one) for one in ids if one.isascii() and one.isdigit()),
        frozenset(one for one in usernames if one),
    )


def those(senders: Sequence[Sender]) -> Whom:
    """The people behind these senders."""
    named = [(one.identity.namespace, one.identity.value) for one in senders]
    return whom(named, [one.username for one in senders])


def anonymous(event: Event, person_no: int, whom: Whom) -> Event:
    """What happened in a group, about nobody: its figures without words, and a key without the person."""
    props = {name: value for name, value in event.props.items() if _is_figure(name, value, whom)}
    named = any(word in event.key for word in whom.words)
    key = f"forgotten:{person_no}:{blake2b(event.key.encode(), digest_size=6).hexdigest()}"
    return replace(event, props=props, key=key if named else event.key)


def _is_figure(name: str, value: object, whom: Whom) -> bool:
    return name in _PLAIN_PROPS if isinstance(value, str) else not _is_id(value, whom)
