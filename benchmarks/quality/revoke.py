"""A hundred thousand times somebody withdraws while their message is about to leave.

Must be: no message with a permit that was committed after the withdrawal was; none that leaves more than five
seconds after its permit. On SQLite and PostgreSQL; `--quick` makes 5,000 races on SQLite, `--only` takes one
of the two, `--times N` so many races.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from benchmarks.quality._databases import chosen, database_of
from benchmarks.quality._ending import to_the_end
from benchmarks.quality._races import QUICK, Found, Options, race
from core.ledger import PERMIT_VALID_MS


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    began = time.monotonic()
    quick = "--quick" in arguments
    options = QUICK if quick else Options()
    options = replace(options, races=int(_of(arguments, "--times", str(options.races))))
    found = {}
    for database in chosen(_of(arguments, "--only", ""), quick=quick):
        with tempfile.TemporaryDirectory(prefix="kairos-revoke-") as folder:
            found[database] = to_the_end(run(Path(folder), database, options))
    document = document_of(found, time.monotonic() - began)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


async def run(folder: Path, database: str, options: Options) -> Found:
    """The races on one kind of database."""
    (folder / "data").mkdir()
    async with database_of(folder, database) as url:
        return await race(url, options, _say)


def document_of(found: dict[str, Found], wall_s: float) -> dict[str, Any]:
    """DESIGN's document of a benchmark."""
    targets: dict[str, Any] = {}
    for database, one in found.items():
        targets[f"{database}_permits_after_a_withdrawal"] = _none(one.wrong)
        targets[f"{database}_sent_without_a_permit"] = _none(one.unpermitted)
        targets[f"{database}_oldest_permit_ms"] = {
            "want": PERMIT_VALID_MS,
            "got": one.oldest_ms,
            "ok": one.oldest_ms <= PERMIT_VALID_MS,
        }
        both = min(one.permit_first, one.withdrawal_first)
        targets[f"{database}_both_were_first_at_times"] = {"want": 1, "got": both, "ok": both >= 1}
    races = sum(one.races for one in found.values())
    permits = sum(one.permit_first for one in found.values())
    return {
        "name": "quality/revoke",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {"permit_first_of_all_races": round(permits / max(1, races), 3)},
        "figures": {**{name: asdict(one) for name, one in found.items()}, "wall_s": round(wall_s, 1)},
        "targets": targets,
    }


def _none(got: int) -> dict[str, Any]:
    return {"want": 0, "got": got, "ok": got == 0}


def _of(arguments: list[str], name: str, default: str) -> str:
    return arguments[arguments.index(name) + 1] if name in arguments else default


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _print(document: dict[str, Any]) -> None:
    for name, value in document["figures"].items():
        print(f"{name}\t{value}")
    for name, target in document["targets"].items():
        print(f"{name}\twant {target['want']}\tgot {target['got']}\t{'ok' if target['ok'] else 'MISSED'}")
