"""Identifiers: the names under which one person is known.

A person is a dense integer `person_no`; an identity is a (namespace, value) pair that points to one.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.event import Event

TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One identifier of a person, e.g. `Identity("telegram", "7123")`. Value: at most 128 characters."""

    namespace: str
    value: str


@dataclass(frozen=True, slots=True)
class Sender:
    """What an update says about the human who caused it. `chat_id`: where a bot can answer, 0 if nowhere."""

    identity: Identity
    chat_id: int
    first_name: str = ""
    username: str = ""
    language: str = ""
    premium: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The group or channel in which something happened. kind: group, supergroup or channel.

    `also`: another number of the same group (before or after its upgrade), 0 = none known."""

    chat_id: int
    kind: str
    title: str = ""
    username: str = ""
    forum: bool = False
    also: int = 0


@dataclass(frozen=True, slots=True)
class Captured:
    """The meaning of one update. `sender` is None when no human is known to be behind it; the events are
    about the sender, the place, or both. `others`: what the same update says about further people.

    `answer`: somebody waits for an answer, so the handlers run after the commit."""

    update_kind: str
    sender: Sender | None
    events: tuple[Event, ...]
    answer: bool = False
    place: Place | None = None
    others: tuple[tuple[Sender, tuple[Event, ...]], ...] = ()


def telegram(user_id: int) -> Identity:
    """The identity of a Telegram user."""
    return Identity(TELEGRAM, str(user_id))
