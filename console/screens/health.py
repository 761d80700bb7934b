"""The doctor's findings on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report import Column, Report, Row, Table
from console.session import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.doctor import Check
    from console.session import Options


async def examine(options: Options) -> Report:
    """Let the doctor look and show what was found."""
    from app.doctor import examine as look

    return findings(await look(options.config, demo=options.demo))


def findings(checks: Sequence[Check]) -> Report:
    """One line a check; the document is `{"ok", "checks"}`."""
    columns = [
        Column("name", "check"),
        Column("ok", "ok"),
        Column("detail", "found", words=_found),
        Column("next"),
    ]
    rows: list[Row] = [
        {"name": one.name, "ok": one.ok, "detail": one.detail, "next": "" if one.ok else one.next_step}
        for one in checks
    ]
    ok = all(one.ok for one in checks)
    return Report([Table("checks", columns, rows)], main="checks", verb="doctor", extra={"ok": ok})


def _found(row: Row) -> str:
    """With what to do: a column of its own would be the first to go on a narrow screen."""
    step = str(row["next"])
    return f"{row['detail']}; next: {output(json=False).here(step)}" if step else str(row["detail"])
