"""`kill -9` again and again: does anything get lost or doubled, and is anybody bothered?

Two runs in real time, judged by the referee by what the sandbox's server had received. In the first a whole
`run` is killed while people live with it, and Redis with it (`_whole`: 20 times). In the second three senders
share the lanes of six bots, one after the other is killed in the middle of sending, and requests fail in
every way that Telegram's can: dropped before and after the message was delivered, half answered, not answered
in time, 500, 429 (`_senders`: 200 times on SQLite, 200 on PostgreSQL).

`--only whole|sqlite|postgresql` is one of these runs, `--times N` the kills of senders on each database,
`--quick` a few kills of the first two. Progress is on stderr.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.quality import _senders, _whole
from benchmarks.quality._databases import chosen
from benchmarks.quality._ending import to_the_end
from benchmarks.quality._judged import Judged

KILLS, QUICK_KILLS = 200, 3
WHOLE: Final = "whole"
SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Runs:
    """What there is to judge. whole: of the first run; senders: of the second, by database."""

    whole: tuple[_whole.Tally, Judged] | None
    senders: Mapping[str, _senders.Found]


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    began = time.monotonic()
    quick = "--quick" in arguments
    only = _of(arguments, "--only", "")
    kills = int(_of(arguments, "--times", str(QUICK_KILLS if quick else KILLS)))
    databases = () if only == WHOLE else chosen(only, quick=quick)
    whole = None
    if only in {"", WHOLE}:
        with tempfile.TemporaryDirectory(prefix="kairos-faults-") as folder:
            options = _whole.QUICK if quick else _whole.Options()
            whole = to_the_end(_whole.suffer(Path(folder), options, _say))
    senders = {}
    for database in databases:
        with tempfile.TemporaryDirectory(prefix="kairos-faults-") as folder:
            senders[database] = to_the_end(_senders.suffer(Path(folder), kills, database, SEED, _say))
    document = document_of(Runs(whole, senders), time.monotonic() - began)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


def _of(arguments: list[str], name: str, default: str) -> str:
    return arguments[arguments.index(name) + 1] if name in arguments else default


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


# ----------------------------------------------------------------------------------------------- the document
def document_of(runs: Runs, wall_s: float) -> dict[str, Any]:
    """DESIGN's document of a benchmark."""
    targets: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    if runs.whole is not None:
        targets |= {name: _target(0, got) for name, got in _whole.faults_of(*runs.whole).items()}
        figures["whole"] = _whole.figures_of(*runs.whole)
    for database, found in runs.senders.items():
        faults = _senders.faults_of(found)
        targets |= {f"senders_{database}_{name}": _target(0, got) for name, got in faults.items()}
        figures[f"senders_{database}"] = _senders.figures_of(found)
    open_ = sum(found.tally.exposed for found in runs.senders.values())
    unknown = sum(found.unknown for found in runs.senders.values())
    return {
        "name": "quality/faults",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {"unknown_vs_in_flight_and_ambiguous": round(unknown / max(1, open_), 3)},
        "figures": {**figures, "wall_s": round(wall_s, 1)},
        "targets": targets,
    }


def _target(want: int, got: int) -> dict[str, Any]:
    return {"want": want, "got": got, "ok": got == want}


def _print(document: dict[str, Any]) -> None:
    for name, value in document["figures"].items():
        print(f"{name}\t{value}")
    for name, target in document["targets"].items():
        print(f"{name}\t{'ok' if target['ok'] else 'MISSED'}\twant {target['want']}\tgot {target['got']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
