"""What the referee says: counts per kind, and each violation with person, moment and reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

Kind = Literal["limits", "quiet_hours", "consent", "duplicates", "lost"]
KINDS: Final[tuple[Kind, ...]] = ("limits", "quiet_hours", "consent", "duplicates", "lost")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. `rule` names it within its kind, `person` is a Telegram id, `at_ms` when it
    happened.
    """

    kind: Kind
    rule: str
    person: int | None
    at_ms: int | None
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values; `when` is ISO 8601 in UTC."""
        when = None if self.at_ms is None else datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat()
        return {
            "kind": self.kind,
            "rule": self.rule,
            "person": self.person,
            "when": when,
            "at_ms": self.at_ms,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """`violations` has a count for every kind, also 0; `details` holds each one. `quiet_hours_estimated`
    tells for people without a declared zone how many campaign messages (`n`), and which `share` of theirs,
    came in a closed quiet hour of their true zone: a measure of the product's estimate, not a violation.
    `messages` and `campaign_messages` are what was judged. `erased`: how many `people` asked to be forgotten,
    and how many `messages_after` that reached them all the same.
    """

    violations: dict[str, int]
    details: list[dict[str, Any]] = field(default_factory=list)
    quiet_hours_estimated: dict[str, float] = field(default_factory=lambda: {"n": 0, "share": 0.0})
    messages: int = 0
    campaign_messages: int = 0
    erased: dict[str, int] = field(default_factory=lambda: {"people": 0, "messages_after": 0})

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        return not any(self.violations.values())
