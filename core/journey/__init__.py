"""Journeys: sequences of steps that people go through, each at their own time.

    name: welcome
    enter: {events: consent_given, if: days_since_joined <= 7}
    goal: [payment_succeeded, vip_joined]
    exit: [consent_withdrawn, bot_blocked]
    steps:
      - send: welcome_hello
      - wait: 2d
      - send: welcome_tour

Promises: `parse` takes a plain document whole or raises ContentError with the place; what it returns can't be
wrong: every step is there and can be reached, and nobody goes in circles without waiting. `enters` and `walk`
are pure: the same facts give the same way. Goal and exit are looked at first; a step that sends is passed
only when its message has come to its end. Leaves to others: whether contents exist (adapters, app), the facts
and the ledger (`core.flow.journey`), and the door.
"""

from core.journey.checking import missing, targets
from core.journey.reading import MAX_STEPS, SUBJECTS, parse
from core.journey.values import (
    ACTIVE,
    ALIVE,
    DONE,
    END,
    EXIT,
    EXITED,
    GOAL,
    Answered,
    Await,
    Check,
    Entry,
    Facts,
    Former,
    Goto,
    Happening,
    InSegment,
    Journey,
    Pause,
    Row,
    Send,
    Signs,
    Split,
    Step,
    Turn,
    Until,
    Way,
)
from core.journey.walking import FRESH_MS, LOOK_MS, WAITING, arm_of, enters, holds, is_one, unmapped, walk
from core.journey.wording import entry_words, goal_words, step_words

__all__ = [
    "ACTIVE",
    "ALIVE",
    "DONE",
    "END",
    "EXIT",
    "EXITED",
    "FRESH_MS",
    "GOAL",
    "LOOK_MS",
    "MAX_STEPS",
    "SUBJECTS",
    "WAITING",
    "Answered",
    "Await",
    "Check",
    "Entry",
    "Facts",
    "Former",
    "Goto",
    "Happening",
    "InSegment",
    "Journey",
    "Pause",
    "Row",
    "Send",
    "Signs",
    "Split",
    "Step",
    "Turn",
    "Until",
    "Way",
    "arm_of",
    "enters",
    "entry_words",
    "goal_words",
    "holds",
    "is_one",
    "missing",
    "parse",
    "step_words",
    "targets",
    "unmapped",
    "walk",
]
