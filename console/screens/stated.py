"""What operators and imports say of a person: tags, notes, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.output import joined
from console.report import Fact, Facts

if TYPE_CHECKING:
    from core.profile import Profile

NAMES = ("city", "district", "country", "postal_code", "age", "gender", "tier", "app", "loyalty_card")


def stated(profile: Profile) -> Facts:
    """Tags, how many notes there are (the timeline shows them), and facts by their name."""
    known = {name: getattr(profile, name) for name in NAMES}
    facts = {name: value for name, value in known.items() if value not in ("", -1)} | dict(profile.custom)
    words = joined([f"{name} {value}" for name, value in facts.items()])
    rows = [
        Fact("tags", "tags", list(profile.tags), joined(profile.tags)),
        Fact("notes", "notes", profile.notes),
        Fact("facts", "facts", facts, words),
    ]
    return Facts("stated", rows, "What is known from elsewhere")
