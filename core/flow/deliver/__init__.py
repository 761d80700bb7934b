"""Waiting campaign messages go out: each with a permit committed before it leaves.

    line -> pacer grants slots -> ONE transaction asks the door and marks `sending` (the permits)
         -> requests leave at their slots -> ONE transaction commits how many of them ended, and their events

Promises: nothing is sent without a permit from `may_contact` (a group: `may_post`) committed in the
transaction that marks the row; a permit is used within `HANDED_MS`, and the request leaves within `LEAVES_MS`
after that or not at all, so two seconds after everything was stopped nothing leaves; what may have arrived is
`unknown` and never sent again by itself; after a refusal for haste nothing that waits leaves before its end.
"""

from core.flow.deliver.engine import IDLE_MS, MOST, Delivery
from core.flow.deliver.judging import pace_of, question
from core.flow.deliver.recovery import ABANDONED_MS, expire_left_behind, recover
from core.flow.deliver.values import MAX_ATTEMPTS, DeliverDeps, Delivered

__all__ = [
    "ABANDONED_MS",
    "IDLE_MS",
    "MAX_ATTEMPTS",
    "MOST",
    "DeliverDeps",
    "Delivered",
    "Delivery",
    "expire_left_behind",
    "pace_of",
    "question",
    "recover",
]
