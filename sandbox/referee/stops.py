"""The rules about stopping: what an operator has stopped, or a campaign itself, stays still.

A kill switch binds within two seconds, and what a request may then have been under way; answers and whatever
is merely paused may still use up a permit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.referee.evidence import PERMIT_MS, Evidence
from sandbox.referee.join import Joined
from sandbox.referee.verdict import Violation

KILL: Final = "kill"
KILL_MS: Final = 2_000
_FOR_EVER: Final = 2**62
_SWITCH_OF: Final = {"delivery": "", "broadcast": "pause:campaign:b:", "campaign": "pause:campaign:"}
"""By the area of an action how the switch of its target begins."""
_STOPPING: Final = {"pause": True, "cancel": True, "self-stop": True, "resume": False}


def read_stops(trail: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`Evidence.switches` from the product's audit trail (`at_ms`, `action`, `target` of each line): what
    operators paused, resumed or cancelled, and what stopped itself. Other lines mean nothing here."""
    found: list[dict[str, Any]] = []
    for line in trail:
        area, _, what = str(line["action"]).rpartition(".")
        if what in _STOPPING and area in _SWITCH_OF:
            switch = _SWITCH_OF[area] + str(line["target"])
            found.append({"at_ms": int(line["at_ms"]), "switch": switch, "on": _STOPPING[what]})
    return found


def judge_stops(evidence: Evidence, joined: Sequence[Joined]) -> Iterator[Violation]:
    """Messages that were received although a switch had stopped them."""
    stops = _stops(evidence)
    for one in joined:
        for name in _switches_of(one):
            grace_ms = PERMIT_MS
            if name == KILL and one.is_campaign:
                grace_ms = min(PERMIT_MS, KILL_MS + evidence.round_trip_ms)
            at_ms = one.sent.at_ms
            if any(begins + grace_ms < at_ms < ends for begins, ends in stops.get(name, ())):
                rule = "kill_switch" if name == KILL else "paused"
                detail = f"a message although {name} was set"
                yield Violation("limits", rule, one.sent.chat_id, at_ms, detail)


def _switches_of(one: Joined) -> Iterator[str]:
    """Switches that stop this message."""
    yield KILL
    if not one.is_campaign:
        return
    yield f"pause:bot:{one.sent.bot_id}"
    if one.row is not None:
        yield f"pause:campaign:{one.row.campaign}"
        if one.row.segment:
            yield f"pause:segment:{one.row.segment}"


def _stops(evidence: Evidence) -> dict[str, list[tuple[int, int]]]:
    """From when until when each switch was set."""
    stops: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    begun: dict[str, int] = {}
    for change in sorted(evidence.switches, key=lambda one: int(one["at_ms"])):
        name, at_ms = str(change["switch"]), int(change["at_ms"])
        if change["on"]:
            begun.setdefault(name, at_ms)
        elif name in begun:
            stops[name].append((begun.pop(name), at_ms))
    for name, at_ms in begun.items():
        stops[name].append((at_ms, _FOR_EVER))
    return dict(stops)
