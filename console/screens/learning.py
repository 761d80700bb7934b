"""What was learned, on the screen: how right predictions are, which content and hours are answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import (
    Column,
    Fact,
    Facts,
    Report,
    Row,
    Table,
    iso,
    moment,
    percent,
    percent_of,
    share_columns,
)
from console.screens.segments import share_values

if TYPE_CHECKING:
    from app.desk.views import Bin, LearningReport

NO_SENDS = "no sends in this time; next: manage_crm.py run, or manage_crm.py demo"


def report(found: LearningReport) -> Report:
    """The learning report."""
    parts: list[Table | Facts] = [
        _summary(found),
        _bins("kinds", "Content", "kind", found.kinds),
        _bins("hours", "Hour of sending (UTC)", "hour", found.hours),
        _bins("calibration", "Calibration", "predicted", found.calibration),
    ]
    return Report(parts, verb=f"learn report --days {found.days}")


def _summary(found: LearningReport) -> Facts:
    rate = found.response
    words = "-"
    if rate.rate is not None:
        bounds = f"[{rate.low * 100:.1f}-{rate.high * 100:.1f}]"
        words = f"{percent(rate.rate)} {bounds}, {rate.hits} of {rate.n} so far"
    error = "-"
    if found.brier is not None and found.base_brier is not None:
        error = f"{found.brier:.4f} (always predicting the overall rate: {found.base_brier:.4f})"
    version = (
        f"{found.version} of {moment(iso(found.at_ms))}"
        if found.version
        else "none yet: rules and priors decide"
    )
    facts = [
        Fact("model_version", "model version", found.version, version),
        Fact("at", "", iso(found.at_ms)),
        Fact("days", "days", found.days),
        Fact("sends", "sends", found.sends),
        Fact("response_rate", "response rate", rate.rate, words),
        Fact("response_low", "", rate.low),
        Fact("response_high", "", rate.high),
        Fact("brier", "squared error", found.brier, error),
        Fact("base_brier", "", found.base_brier),
    ]
    return Facts("learning", facts, "Learning")


def _bins(key: str, title: str, what: str, bins: Sequence[Bin]) -> Table:
    columns = [
        Column("name", what),
        Column("sends", "sends", right=True),
        Column("predicted", "mean predicted", right=True, words=percent_of("predicted")),
        *share_columns("response", "answered so far"),
    ]
    rows: list[Row] = [
        {
            "name": one.name,
            "sends": one.response.n,
            "predicted": round(one.predicted, 4),
            **share_values("response", one.response),
        }
        for one in bins
    ]
    return Table(key, columns, rows, title=title, empty=NO_SENDS)
