"""Broadcasts of operators: when their time has come, rows of the ledger; before, a dry run.

    scheduled --its moment--> running --a page a transaction--> everybody has a row --all closed--> done
        ^                                                              |
        '----------------------- cron: the next moment ----------------'

Promises: nobody gets two of one occurrence, also after a crash or a restart; whom the door will never let
through gets no row and is counted; the holdout gets none. Leaves to others: making, starting and cancelling
one (app), sending (deliver) and every limit (the door).
"""

from core.flow.broadcast.cancelling import WITHDRAWN, withdraw_page
from core.flow.broadcast.expand import PAGE, expand_due, skipped_of
from core.flow.broadcast.survey import Sample, Survey, survey
from core.flow.broadcast.values import BroadcastDeps, Expanded, NextSlot

__all__ = [
    "PAGE",
    "WITHDRAWN",
    "BroadcastDeps",
    "Expanded",
    "NextSlot",
    "Sample",
    "Survey",
    "expand_due",
    "skipped_of",
    "survey",
    "withdraw_page",
]
