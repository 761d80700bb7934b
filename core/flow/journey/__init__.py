"""Journeys in motion: people enter, go on from step to step, and leave.

    changed people --> `enrol_due`: who enters; journeys of people who did something look up
    whose moment has come --> `advance_due`: goal and exit, waits, conditions --> rows of the ledger
    the ledger's row is closed --> the way goes on

Promises: SQL decides alone; every step of a run is in the ledger once; a person stays in the version that
they entered until an operator moves them. Leaves to others: what a journey is and how people move
(`core.journey`), whether a message may leave (the door), sending (`core.flow.deliver`).
"""

from core.flow.journey.advance import Advanced, AdvanceDeps, advance_due, take_out
from core.flow.journey.books import CURSOR, began_mark, campaign_of, reached_mark, read, step_of
from core.flow.journey.enrol import EnrolDeps, Enrolled, Taking, enrol_due, enter, newcomer, taking
from core.flow.journey.versions import FILE, begin, close, move_over, take_files
from core.flow.journey.writing import Says

__all__ = [
    "CURSOR",
    "FILE",
    "AdvanceDeps",
    "Advanced",
    "EnrolDeps",
    "Enrolled",
    "Says",
    "Taking",
    "advance_due",
    "began_mark",
    "begin",
    "campaign_of",
    "close",
    "enrol_due",
    "enter",
    "move_over",
    "newcomer",
    "reached_mark",
    "read",
    "step_of",
    "take_files",
    "take_out",
    "taking",
]
