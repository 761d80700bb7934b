"""Broadcasts as files: YAML or JSON read once at the edge; and the times of their crons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.triggers.cron import CronTrigger

from adapters.reading import read_yaml
from core.broadcast import Broadcast, parse
from core.errors import ContentError

SEE = "docs/broadcasts.md"


def load_broadcast(path: Path, bots: Mapping[str, int]) -> Broadcast:
    """The broadcast that a file describes; `bots`: numbers by name, for a `bot` that is named. Raises
    SettingsError for what is no YAML, ContentError with file and place for what is no broadcast."""
    return read_broadcast(read_yaml(path, SEE), bots, f"{path.name}: ")


def read_broadcast(data: object, bots: Mapping[str, int], where: str = "") -> Broadcast:
    """Likewise from a plain document."""
    if isinstance(data, Mapping) and isinstance(data.get("bot"), str):
        name = str(data["bot"])
        if not bots.get(name):
            known = ", ".join(sorted(bots)) or "none"
            raise ContentError(f"{where}bot: there is no bot {name!r}; there are {known}", next_step=SEE)
        data = {**data, "bot": bots[name]}
    try:
        broadcast = parse(data)
        if broadcast.when.cron:
            next_slot(broadcast.when.cron, 0)
    except ContentError as error:
        raise ContentError(f"{where}{error}", next_step=error.next_step) from error
    return broadcast


def next_slot(cron: str, after_ms: int) -> int:
    """The first moment of these five fields, in UTC, after the given one. Raises ContentError for what is no
    cron, or never comes."""
    moment = datetime.fromtimestamp((after_ms + 1) / 1000, UTC)
    try:
        found = CronTrigger.from_crontab(cron, timezone=UTC).get_next_fire_time(None, moment)
    except ValueError:
        found = None
    if found is None:
        raise ContentError(
            "when.cron: must be five fields that come true, such as '0 9 * * mon,thu'", next_step=SEE
        )
    return int(found.timestamp() * 1000)
