"""`segments`: sizes, comparison, members, the test of a rule."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.session import After, Desk, Json, Limit, ask, output

app = typer.Typer(help="Segments: sizes, performance, members.", no_args_is_help=True, rich_markup_mode=None)
Days = Annotated[int, typer.Option(min=1, max=365, help="Look at so many days back.")]


@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """How many people are in each segment."""
    from console.screens import segments

    out = output(json)
    members, total = ask(ctx, out, _sizes)
    out.show(segments.sizes(members, total))


@app.command()
def report(ctx: typer.Context, days: Days = 30, json: Json = False) -> None:
    """All segments compared, with intervals."""
    from console.screens import segments

    out = output(json)
    out.show(segments.comparison(ask(ctx, out, lambda desk: desk.queries.segment_report(days))))


@app.command()
def members(
    ctx: typer.Context,
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help="Name of a segment.")],
    limit: Limit = 50,
    after: After = 0,
    json: Json = False,
) -> None:
    """People of a segment, page by page."""
    from console.screens import people

    out = output(json)
    found = ask(ctx, out, lambda desk: desk.queries.people(segment, after, limit))
    empty = "no more people" if after else f"nobody is in {segment} now"
    verb = f"manage_crm.py segments members {segment} --limit {limit}"
    out.show(people.people_list(found, verb, limit, empty))


@app.command()
def test(
    ctx: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule as text or YAML; @FILE reads a file, - reads stdin.")],
    sample: Annotated[int, typer.Option(min=0, max=1000, help="Show so many of the people.")] = 10,
    json: Json = False,
) -> None:
    """Count the people whom a rule would take."""
    from console.screens import segments

    out = output(json)
    text = _rule_text(rule)
    out.show(segments.rule_test(ask(ctx, out, lambda desk: desk.queries.test_rule(text, sample))))


@app.command()
def compute(ctx: typer.Context, json: Json = False) -> None:
    """Assess everybody who is due, now."""
    from console.report import Fact, Facts, Report

    out = output(json)
    done = ask(ctx, out, lambda desk: desk.commands.compute_segments())
    facts = [
        Fact("people", "assessed", done.people),
        Fact("entered", "entered a segment", done.entered),
        Fact("left", "left one", done.left),
    ]
    out.show(Report([Facts("computed", facts)], next_step="manage_crm.py segments list"))


async def _sizes(desk: Desk) -> tuple[dict[str, int], int]:
    return await desk.queries.segment_sizes(), await desk.queries.count()


def _rule_text(rule: str) -> str:
    if rule == "-":
        return sys.stdin.read()
    if not rule.startswith("@"):
        return rule
    from core.errors import SettingsError

    try:
        return Path(rule[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the rule file {rule[1:]} can't be read: {error}") from error
