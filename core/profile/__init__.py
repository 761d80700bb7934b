"""A profile is the fold of a person's events; every derived number is defined here or in `core.scores`, once.

`ProfileState` is what SQL keeps: whole numbers and latest values only, so that events may come late or out of
order, in any batches, and the state is the same (doubles are dropped by the store before). What is shown is
`view(person_no, state, now)`: windows count whole UTC days including today, unless said otherwise. Groups
likewise: `fold_group` and `view_group`. `pack` makes of a profile what Redis holds.

Promises: `fold` and `view` are pure; mappings of a state are in ascending order of their keys, so equal
states are equal to the last byte. Leaves to others: scores and timezone (`core.scores`), names (only SQL has
them).
"""

from core.profile.folding import fold, forgets
from core.profile.groups import (
    GroupProfile,
    GroupState,
    bots_there,
    chat_now,
    fold_group,
    has_thread,
    standing,
    view_group,
)
from core.profile.hot import moment_of, pack, pack_group, unpack, unpack_group
from core.profile.regrouping import regrouped
from core.profile.values import KEEP_DAYS, BotLink, Profile, ProfileState, Purchase
from core.profile.viewing import hours_of_week, view

__all__ = [
    "KEEP_DAYS",
    "BotLink",
    "GroupProfile",
    "GroupState",
    "Profile",
    "ProfileState",
    "Purchase",
    "bots_there",
    "chat_now",
    "fold",
    "fold_group",
    "forgets",
    "has_thread",
    "hours_of_week",
    "moment_of",
    "pack",
    "pack_group",
    "regrouped",
    "standing",
    "unpack",
    "unpack_group",
    "view",
    "view_group",
]
