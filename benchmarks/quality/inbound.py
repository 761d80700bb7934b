"""`kill -9` of `run bot` again and again under a stream of updates: does each take effect exactly once?

Two bots, one polled and one with a webhook. What people do comes doubled and in another order; at random
moments (seeded) the real process is killed, or Redis under it, or what Redis holds is deleted. The sender
keeps its own list of what it handed out and of what was acknowledged (`_sender`), and of what each person
has done (`_crowd`). After each kill every acknowledged update must be in the inbox. At the end all is
delivered, `run` is stopped cleanly, and the record is held against the list, against its own events, and
Redis against the record; `doctor` looks it over. On SQLite and on PostgreSQL, one after the other.
`--only sqlite|postgresql` takes one of them, `--times N` so many kills on each, `--quick` a few on SQLite.

Made for the run, and said so: the lease of a dead poller mostly runs out at once instead of after 20 s.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.quality._databases import chosen
from benchmarks.quality._ending import to_the_end
from benchmarks.quality._killed import Found, Options, suffer

QUICK: Final = Options(3, 1_000, 40, 3)
SHORT: Final = Options(1, 300, 20, 5, doctor=False)
"""For the tests."""


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    began = time.monotonic()
    quick = "--quick" in arguments
    options = QUICK if quick else Options()
    options = replace(options, kills=int(_of(arguments, "--times", str(options.kills))))
    runs = {}
    for database in chosen(_of(arguments, "--only", ""), quick=quick):
        with tempfile.TemporaryDirectory(prefix="kairos-inbound-") as folder:
            runs[database] = to_the_end(suffer(Path(folder), options, database, _say))
    document = document_of(runs, time.monotonic() - began)
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
def document_of(runs: Mapping[str, Found], wall_s: float) -> dict[str, Any]:
    """DESIGN's document of a benchmark."""
    targets: dict[str, Any] = {}
    for database, found in runs.items():
        targets |= {
            f"{what}_{database}": {"want": 0, "got": got, "ok": got == 0}
            for what, got in _faults(found).items()
        }
    tallies = [found.tally for found in runs.values()]
    lost = sum(found.accounts.lacking for found in runs.values())
    events = sum(found.accounts.events for found in runs.values())
    return {
        "name": "quality/inbound",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {"effects_vs_expected": round((events - lost) / max(1, events), 6)},
        "figures": {
            "kills": sum(one.kills for one in tallies),
            "updates": sum(one.updates for one in tallies),
            **{database: _figures(found) for database, found in runs.items()},
            "wall_s": round(wall_s, 1),
        },
        "targets": targets,
    }


def _faults(found: Found) -> dict[str, int]:
    """What must be nothing."""
    tally, those = found.tally, found.accounts
    return {
        "lost_at_kills": tally.lost_at_kills,
        "not_once_in_the_inbox": tally.not_in_inbox,
        "kept_aside": tally.inbox.get("failed", 0),
        "effects_lacking": those.lacking,
        "effects_too_many": those.surplus,
        "payments_wrong": those.payments,
        "consents_wrong": those.consents,
        "reaches_wrong": those.reaches,
        "vips_wrong": those.vips,
        "answered_twice": those.answered_twice,
        "records_unlike_their_events": len(found.folded.wrong_people) + len(found.folded.wrong_groups),
        "redis_unlike_the_record": found.compared.differing + found.compared.missing,
        "tracebacks": sum("Traceback" in said for said in tally.said),
        "clean_stop_exit": tally.stop_code,
        **({"doctor_exit": tally.doctor_code} if tally.doctor_code is not None else {}),
    }


def _figures(found: Found) -> dict[str, Any]:
    tally = found.tally
    return {
        "kills": tally.kills,
        "kills_while_starting": tally.while_starting,
        "redis_killed": tally.redis_killed,
        "redis_flushed": tally.redis_flushed,
        "updates": tally.updates,
        "handed_out_again": tally.repeated,
        "deliveries_refused": tally.refused,
        "unacknowledged_at_kills": tally.waited_at_kills,
        "inbox": tally.inbox,
        "events": found.accounts.events,
        "people": found.folded.people,
        "groups": found.folded.groups,
        "compared_with_redis": found.compared.looked,
        "details": found.accounts.details,
        "wall_s": round(tally.wall_s, 1),
    }


def _print(document: dict[str, Any]) -> None:
    for name, value in document["figures"].items():
        print(f"{name}\t{value}")
    for name, target in document["targets"].items():
        print(f"{name}\t{'ok' if target['ok'] else 'MISSED'}\twant {target['want']}\tgot {target['got']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
