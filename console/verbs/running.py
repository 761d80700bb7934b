"""The verbs that start something: production, the demo, the sandbox, the decision service.

Each is one lazy call into the part that does it; nothing is decided here.
"""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.output import Output
from console.session import Json, options_of, output, real_only

if TYPE_CHECKING:
    from app.demo import Running, Watch

sandbox = typer.Typer(
    help="A simulated Telegram to try bots on.", no_args_is_help=True, rich_markup_mode=None
)
TOKENS = ("7001001:SIMULATED-boutique", "7001002:SIMULATED-club")
LOOK_EVERY_S = 900.0
"""Simulated seconds between two looks at the running demo."""
Seed = Annotated[int, typer.Option(help="The same seed gives the same run.")]


class Part(StrEnum):
    """What one process of an installation may do."""

    ALL = "all"
    BOT = "bot"
    SENDER = "sender"
    SCHEDULER = "scheduler"


def register(app: typer.Typer) -> None:
    """Add the verbs to the program."""
    app.command()(run)
    app.command()(demo)
    app.command()(decide)
    app.add_typer(sandbox, name="sandbox")


def run(
    ctx: typer.Context,
    part: Annotated[Part, typer.Argument(help="What this process does.")] = Part.ALL,
) -> None:
    """Run the bots, the sending and the schedule."""
    real_only(ctx, "`run` starts the real installation")
    from app.start import run_installation

    roles = tuple(one.value for one in Part if part in (Part.ALL, one) and one is not Part.ALL)
    run_installation(options_of(ctx).config, roles, output(False).note)


def demo(
    days: Annotated[float, typer.Option(help="Simulated days.")] = 3.0,
    people: Annotated[int, typer.Option(help="Simulated people.")] = 300,
    seed: Seed = 7,
    speed: Annotated[
        float | None, typer.Option(help="Simulated seconds per second; left out: fastest.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Without the live picture.")] = False,
    json: Json = False,
) -> None:
    """Show it all with simulated people. SIMULATED."""
    from app.demo import DemoOptions, nobody_watches
    from app.desk.workspace import DEMO, ROOT
    from app.start import start_demo
    from console.screens import live

    out = output(json)
    options = DemoOptions(ROOT, DEMO, days, people, seed, speed)
    out.note(f"SIMULATED: {people} people with two weeks of history are being made ...")
    found = start_demo(options, nobody_watches if headless else _watcher(out))
    if json:
        out.document(found)
    else:
        out.simulated = True
        out.show(live.summary(found))


def _watcher(out: Output) -> Watch:
    from app.desk.pulse import take_pulse
    from console.screens.live import Live

    async def watch(running: Running) -> None:
        start_ms = running.town.now_ms()
        picture = Live(out, start_ms, running.options.days, running.options.people)
        while True:
            if picture.wants():
                now_ms = running.town.now_ms()
                picture.draw(await take_pulse(running.installation.parts.store, start_ms, now_ms))
            await asyncio.sleep(LOOK_EVERY_S)

    return watch


def decide(
    stdio: Annotated[bool, typer.Option("--stdio", help="JSON lines on stdin and stdout.")] = False,
    seed: Seed = 0,
) -> None:
    """Decide for another system that sends itself."""
    if not stdio:
        raise typer.BadParameter("say --stdio: the decision protocol speaks over stdin and stdout")
    from console.decide import run_stdio

    raise typer.Exit(run_stdio(sys.stdin, sys.stdout, sys.stderr, seed))


@sandbox.command()
def gpt(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 = a free one.")] = 8082,
    malicious: Annotated[bool, typer.Option(help="It obeys whatever stands in its questions.")] = False,
    seed: Seed = 0,
) -> None:
    """Serve texts as a GPT service would. SIMULATED."""
    from sandbox.openai.serve import ServiceOptions
    from sandbox.openai.serve import serve as serve_texts

    asyncio.run(serve_texts(ServiceOptions(host, port, seed, malicious)))


@sandbox.command()
def serve(  # noqa: PLR0913 - every option of the verb is a parameter
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 = a free one.")] = 8081,
    token: Annotated[list[str] | None, typer.Option(help="Token of a bot; may be repeated.")] = None,
    people: Annotated[int, typer.Option(min=0, max=20_000, help="Simulated people.")] = 0,
    hurry: Annotated[float, typer.Option(min=0.1, max=10_000, help="They live so many times faster.")] = 1.0,
    days: Annotated[int, typer.Option(min=0, max=60, help="Days of history before.")] = 0,
    history: Annotated[Path | None, typer.Option(help="File that gets the history, for import.")] = None,
    log: Annotated[Path | None, typer.Option(help="Folder or file of the evidence.")] = None,
    seed: Seed = 0,
) -> None:
    """Serve a Bot API with simulated people. SIMULATED."""
    from sandbox.people import Past, settle
    from sandbox.serve import BotSpec, ServeOptions
    from sandbox.serve import serve as serve_sandbox

    if bool(days) != bool(history):
        raise typer.BadParameter("--days and --history belong together: the history is written to that file")
    past = Past(days, history) if history else None
    tokens = token or list(TOKENS)
    bots = [
        BotSpec(one, f"sandbox_{number}_bot", f"Sandbox {number}") for number, one in enumerate(tokens, 1)
    ]
    inhabit = settle(people=people, seed=seed, time_scale=hurry, past=past) if people else None
    asyncio.run(serve_sandbox(bots, ServeOptions(host, port, log, seed=seed), inhabit))
