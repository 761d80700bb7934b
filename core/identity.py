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
class Observation:
    """An event about somebody known so far by an identifier only."""

    subject: Identity
    event: Event


def telegram(user_id: int) -> Identity:
    """The identity of a Telegram user."""
    return Identity(TELEGRAM, str(user_id))
