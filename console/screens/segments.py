"""Segments on the screen: sizes, the comparison of all, the test of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, percent, percent_of, share_columns
from console.screens import people

if TYPE_CHECKING:
    from app.desk.views import Lift, RuleTest, SegmentFigures, SegmentReport, Share

NO_SEGMENTS = "no segments are defined; next: see strategies/"


def sizes(members: Mapping[str, int], total: int) -> Report:
    """How many people are in each segment."""
    columns = [
        Column("segment", "segment"),
        Column("people", "people", right=True),
        Column("share", "share", right=True, words=percent_of("share")),
    ]
    rows: list[Row] = [
        {"segment": name, "people": count, "share": round(count / total, 4) if total else None}
        for name, count in members.items()
    ]
    next_step = "" if total else "manage_crm.py demo shows simulated people, import FILE brings yours"
    table = Table("segments", columns, rows, f"Segments of {total} people", NO_SEGMENTS)
    return Report([table], main="segments", verb="segments list", next_step=next_step)


def comparison(report: SegmentReport) -> Report:
    """All segments side by side, and what the messages brought."""
    columns = [
        Column("segment", "segment"),
        Column("people", "people", right=True),
        Column("engagement", "engaged", right=True, drop=3, words=lambda row: f"{row['engagement']:.0f}"),
        Column("confidence", "confid.", right=True, drop=5),
        Column("consenting", "consent", right=True, drop=4),
        Column("sends", "sends", right=True, drop=1),
        Column("answered"),
        *share_columns("response", "response"),
        Column("predicted", "predicted", right=True, drop=4, words=percent_of("predicted")),
        Column("buyers"),
        *share_columns("buying", "buyers", drop=2),
        Column("blocked"),
        *share_columns("blocking", "blocked", drop=3),
        Column("money"),
        Column("priority"),
    ]
    table = Table(
        "segments",
        columns,
        [_figures(one) for one in report.segments],
        f"Segments of {report.people} people, sends of the last {report.days} days, 95 % intervals",
        NO_SEGMENTS,
    )
    next_step = "" if report.people else "manage_crm.py demo shows simulated people, import FILE brings yours"
    verb = f"segments report --days {report.days}"
    return Report([table, _lift(report.lift, report.days)], main="segments", verb=verb, next_step=next_step)


def rule_test(found: RuleTest) -> Report:
    """How many people a rule takes."""
    share = found.matching / found.people if found.people else None
    facts = Facts(
        "rule",
        [
            Fact("sentence", "rule", found.sentence),
            Fact(
                "matching",
                "matching",
                found.matching,
                f"{found.matching} of {found.people} ({percent(share)})",
            ),
            Fact("people", "people", found.people),
        ],
        "Rule",
    )
    return Report([facts, people.lines(found.sample, "nobody matches", key="sample")])


def _figures(one: SegmentFigures) -> Row:
    row: dict[str, object] = {
        "segment": one.segment,
        "priority": one.priority,
        "people": one.people,
        "confidence": round(one.confidence, 3),
        "engagement": round(one.engagement, 1),
        "consenting": one.consenting,
        "sends": one.response.n,
        "answered": one.response.hits,
        "predicted": None if one.predicted is None else round(one.predicted, 4),
        "buyers": one.buyers.hits,
        "blocked": one.blocked.hits,
        "money": dict(one.money),
    }
    for key, value in (("response", one.response), ("buying", one.buyers), ("blocking", one.blocked)):
        row |= share_values(key, value)
    return row


def share_values(key: str, value: Share) -> dict[str, object]:
    """A share with its interval as plain values."""
    rate = None if value.rate is None else round(value.rate, 4)
    return {key: rate, f"{key}_low": round(value.low, 4), f"{key}_high": round(value.high, 4)}


def _lift(lift: Lift, days: int) -> Facts:
    difference = "not known yet: a group is too small"
    if lift.difference is not None and lift.low is not None and lift.high is not None:
        points = (f"{100 * value:+.1f}" for value in (lift.difference, lift.low, lift.high))
        difference = "{} points [{} to {}]".format(*points)
    facts = [
        Fact(
            "treated_people",
            "open to campaigns",
            lift.treated.people,
            _arm(lift.treated.people, lift.treated.buyers),
        ),
        Fact("treated_buying", "", lift.treated.buyers.rate),
        Fact(
            "holdout_people", "holdout", lift.holdout.people, _arm(lift.holdout.people, lift.holdout.buyers)
        ),
        Fact("holdout_buying", "", lift.holdout.buyers.rate),
        Fact("difference", "difference", lift.difference, difference),
        Fact("difference_low", "", lift.low),
        Fact("difference_high", "", lift.high),
    ]
    return Facts("holdout", facts, f"Buyers of the last {days} days against the holdout")


def _arm(count: int, buyers: Share) -> str:
    if buyers.rate is None:
        return f"{count} people"
    return f"{count} people, {percent(buyers.rate)} bought [{buyers.low * 100:.1f}-{buyers.high * 100:.1f}]"
