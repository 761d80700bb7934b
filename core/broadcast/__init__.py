"""Broadcasts: something that operators say to many at once. What one is made of, read from a plain document.

    name: spring_sale
    audience: {segments: [ENGAGED, HOT_LEAD], minus: {lists: [staff]}}
    variants: [{content: spring_a, share: 50}, {content: spring_b, share: 50}]
    when: {at: 2026-04-01 10:00, zone: Europe/Istanbul, local: "10:00"}

Promises: `parse` takes a document whole or raises ContentError with the place and what is allowed; what it
returns can't be wrong, and `to_data` gives a document that reads back to the same. Leaves to others: whether
the contents, lists and segments exist (app), who is meant and when it is sent (flow), and the door.
"""

from core.broadcast.reading import parse, to_data
from core.broadcast.values import (
    ALL_HAVE,
    CANCELLED,
    DONE,
    DRAFT,
    GROUPS,
    PAUSED,
    PEOPLE,
    RUNNING,
    SCHEDULED,
    SELF_STOP,
    STATES,
    STOPPED,
    Audience,
    Broadcast,
    Copied,
    Posting,
    Variant,
    When,
    campaign_of,
    standing,
    switch_of,
)

__all__ = [
    "ALL_HAVE",
    "CANCELLED",
    "DONE",
    "DRAFT",
    "GROUPS",
    "PAUSED",
    "PEOPLE",
    "RUNNING",
    "SCHEDULED",
    "SELF_STOP",
    "STATES",
    "STOPPED",
    "Audience",
    "Broadcast",
    "Copied",
    "Posting",
    "Variant",
    "When",
    "campaign_of",
    "parse",
    "standing",
    "switch_of",
    "to_data",
]
