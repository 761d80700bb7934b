"""What flow needs from the world: small Protocols, fulfilled by adapters and, whole, by `adapters.memory`.

One `Transaction` is one unit: everything in it commits together when its block ends, or nothing does.
Lists in, lists out: no method is made for one item. Times are UTC milliseconds.
"""

from core.ports.knowledge import (
    AuditEntry,
    Control,
    Decision,
    Decisions,
    Knowledge,
    Lease,
    ModelVersion,
    Outcome,
)
from core.ports.records import (
    Contact,
    Erasure,
    Erasures,
    Events,
    GroupContact,
    GroupRecord,
    Groups,
    Inbox,
    InboxRow,
    Ledger,
    Membership,
    Merged,
    People,
    PersonRecord,
    RawUpdate,
    Reach,
)
from core.ports.store import Guard, Store, Transaction
from core.ports.world import Clock, Grant, HotRow, HotStore, Messenger, Pacer, Receipt

__all__ = [
    "AuditEntry",
    "Clock",
    "Contact",
    "Control",
    "Decision",
    "Decisions",
    "Erasure",
    "Erasures",
    "Events",
    "Grant",
    "GroupContact",
    "GroupRecord",
    "Groups",
    "Guard",
    "HotRow",
    "HotStore",
    "Inbox",
    "InboxRow",
    "Knowledge",
    "Lease",
    "Ledger",
    "Membership",
    "Merged",
    "Messenger",
    "ModelVersion",
    "Outcome",
    "Pacer",
    "People",
    "PersonRecord",
    "RawUpdate",
    "Reach",
    "Receipt",
    "Store",
    "Transaction",
]
