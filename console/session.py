"""One visit of an operator: opens the workspace, asks and closes it again.

Leaves to others: where a workspace is and how it is opened (`app.desk.workspace`), what can be asked
(`app.desk.queries`) and changed (`app.desk.commands`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from console.output import Mode, Output
from core.errors import RefusedError, SettingsError

if TYPE_CHECKING:
    from app.desk.commands import Commands
    from app.desk.queries import Queries
    from app.desk.workspace import Workspace

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many rows.")]
After = Annotated[int, typer.Option(min=0, help="Only larger numbers than this (the next page).")]


@dataclass(frozen=True, slots=True)
class Options:
    """What was said before the verb. `config` None: the file beside the program."""

    config: Path | None = None
    demo: bool = False


CHOSEN: ContextVar[Options] = ContextVar("chosen", default=Options())  # noqa: B039 - nobody can change a frozen default
"""What this command line chose, for messages; verbs get it from their context."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operator works with."""

    workspace: Workspace
    queries: Queries
    actor: str = "terminal"

    @property
    def commands(self) -> Commands:
        """The changes; what they need is loaded only when something is changed."""
        from app.desk.commands import Commands

        return Commands(self.workspace, self.actor)


@asynccontextmanager
async def open_desk(options: Options) -> AsyncIterator[Desk]:
    """The desk over the chosen workspace."""
    from app.desk.queries import Queries
    from app.desk.workspace import open_workspace

    async with open_workspace(options.config, demo=options.demo) as workspace:
        yield Desk(workspace, Queries(workspace), actor())


def ask(ctx: typer.Context, out: Output, question: Callable[[Desk], Awaitable[T]]) -> T:
    """Open the desk, ask one question, close it. Data of the demo are marked in the output."""

    async def visit() -> T:
        async with open_desk(options_of(ctx)) as desk:
            out.simulated = desk.workspace.simulated
            return await question(desk)

    return asyncio.run(visit())


def options_of(ctx: typer.Context) -> Options:
    """The options of the program."""
    return ctx.obj if isinstance(ctx.obj, Options) else Options()


def real_only(ctx: typer.Context, what: str) -> None:
    """SettingsError under `--demo`: this would touch the real installation."""
    if options_of(ctx).demo:
        raise SettingsError(
            f"--demo is for looking at what a demo left; {what}", next_step="manage_crm.py demo -h"
        )


def output(json: bool) -> Output:
    """The output of a verb. Under `--demo` and `--config` the commands it names keep them."""
    out = Output(Mode.JSON if json else None)
    chosen = CHOSEN.get()
    out.simulated = chosen.demo
    out.config = str(chosen.config) if chosen.config else ""
    return out


def actor() -> str:
    """Who acts, for the audit trail."""
    import getpass

    try:
        return f"terminal:{getpass.getuser()}"
    except (KeyError, OSError):
        return "terminal"


def confirm(out: Output, question: str, *, yes: bool, again: str) -> None:
    """Ask before something changes. Without a terminal nobody can be asked: a usage error unless `--yes`."""
    if yes:
        return
    if not sys.stdin.isatty():
        out.error(f"{question} needs an answer and there is no terminal", f"{out.here(again)} --yes")
        raise typer.Exit(2)
    print(f"{question} [y/N] ", end="", file=out.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "e", "evet"):
        raise RefusedError("nothing was changed: the answer was not yes")
