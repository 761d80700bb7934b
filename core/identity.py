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
class Captured:
    """The meaning of one update. `sender` is None when no human is known to be behind it.

    `answer`: somebody waits for an answer, so the handlers run after the commit."""

    update_kind: str
    sender: Sender | None
    events: tuple[Event, ...]
    answer: bool = False


def telegram(user_id: int) -> Identity:
    """The identity of a Telegram user."""
    return Identity(TELEGRAM, str(user_id))
