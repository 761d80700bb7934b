"""The verbs of `manage_crm.py`: parses the command line, runs the verb, turns every error into one sentence.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 refused by a rule, 4 not found, 130 interrupted.
Nothing heavy is imported here or at the top of a verb's module, so that `-h` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from console.output import NobodyReads, Output, silence
from console.session import CHOSEN, Options, output
from console.verbs import (
    bots,
    broadcast,
    content,
    delivery,
    groups,
    inbox,
    journey,
    learn,
    links,
    lists,
    running,
    segments,
    strategy,
    system,
    users,
    writings,
)
from core.errors import ContentError, KairosError, NotFoundError, RefusedError, RuleError, SettingsError

PROGRAM = "manage_crm.py"
FAILED, USAGE, REFUSED, NOT_FOUND, INTERRUPTED = 1, 2, 3, 4, 130
EVERYWHERE = ("--config", "--demo")
"""Options of the program that may also stand behind the verb."""

app = typer.Typer(
    name=PROGRAM,
    help="Kairos: a Telegram CRM that learns whom to write to, when and with what. Without a verb: the menu.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, group in (
    ("users", users.app),
    ("groups", groups.app),
    ("segments", segments.app),
    ("delivery", delivery.app),
    ("lists", lists.app),
    ("strategy", strategy.app),
    ("learn", learn.app),
    ("content", content.app),
    ("broadcast", broadcast.app),
    ("journey", journey.app),
    ("bots", bots.app),
    ("links", links.app),
    ("inbox", inbox.app),
):
    app.add_typer(group, name=name)
writings.register(content.app)
running.register(app)
system.register(app)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file (config.yaml beside the program).")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Work on the demo's SIMULATED data.")] = False,
) -> None:
    """Keep the options of the program; without a verb open the menu."""
    ctx.obj = Options(config=config, demo=demo)
    CHOSEN.set(ctx.obj)
    if ctx.invoked_subcommand is None:
        raise typer.Exit(_menu(ctx.obj))


def main() -> None:
    """Run the command line of this process and leave with its exit code. What it writes holds people's data:
    it is for this user alone."""
    os.umask(0o077)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    CHOSEN.set(Options())
    try:
        code = _commands()(_everywhere(arguments), prog_name=PROGRAM, standalone_mode=False)
    except SystemExit as done:
        code = done.code
    except NobodyReads:
        silence()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        Output().note("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last fence: operators get a sentence, never a traceback
        return _failed(error)
    return code if isinstance(code, int) else 0


@cache
def _commands() -> Callable[..., Any]:
    """All verbs, read from their functions once: whoever runs many lines in one process waits once."""
    return typer.main.get_command(app)


def _failed(error: Exception) -> int:
    """One sentence and the next step; the exit code."""
    if isinstance(error, TyperException):
        path = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
        if type(error).__name__ == "NoArgsIsHelpError":  # its words are a whole page of help
            Output().error(f"{path} needs a verb of its own", f"{path} -h lists them")
            return error.exit_code
        Output().error(error.format_message().rstrip(".").replace("\n", " "), f"{path} -h")
        return error.exit_code
    if isinstance(error, KairosError):
        out = output(json=False)
        out.error(str(error), out.here(error.next_step))
        return exit_code(error)
    return _unexpected(error)


def exit_code(error: KairosError) -> int:
    """What the shell is told about an error."""
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    if isinstance(error, RefusedError):
        return REFUSED
    return USAGE if isinstance(error, SettingsError | RuleError | ContentError) else FAILED


def _menu(options: Options) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        Output().error("the menu needs a terminal", f"{PROGRAM} -h lists the verbs that work without one")
        return USAGE
    from console.menu import run_menu

    return run_menu(options)


def _unexpected(error: Exception) -> int:
    if os.environ.get("KAIROS_DEBUG"):
        raise error
    sentence = " ".join(str(error).split())
    Output().error(
        f"this is a fault of the program: {type(error).__name__}: {sentence}",
        f"{PROGRAM} doctor, or the same again with KAIROS_DEBUG=1 to see where it happened",
    )
    return FAILED


def _everywhere(arguments: Sequence[str]) -> list[str]:
    """Move the program's own options to the front, wherever the operator wrote them."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*front, *rest, "--", *waiting]
        if argument == "--config":
            front += [argument, *([following] if (following := next(waiting, None)) else [])]
        elif argument.split("=")[0] in EVERYWHERE:
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest
