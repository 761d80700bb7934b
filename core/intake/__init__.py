"""The one way into the record: an event is stored, and in the same transaction folded into whom it is
about.

Used by every step that makes something happen (an update, a delivery, a change of segment), so that the
record in SQL always equals the fold of the events: of the person, of the group, or of both. `record` does it
all; `store` and `absorb` are its halves, for steps that look at what was new in between. Each changed record
is packed for the hot store in the same moment, so that what Redis holds can be copied from SQL.

Promises: any order and batching of the same events gives the same records, contacts, memberships and reach.
"""

from core.intake.answered import arrived, sent_event
from core.intake.choices import in_their_order
from core.intake.meaning import Meaning, SuppressedAs, mean
from core.intake.origin import Origin
from core.intake.recording import Recorded, absorb, record, show, store

__all__ = [
    "Meaning",
    "Origin",
    "Recorded",
    "SuppressedAs",
    "absorb",
    "arrived",
    "in_their_order",
    "mean",
    "record",
    "sent_event",
    "show",
    "store",
]
