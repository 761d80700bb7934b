"""The sandbox's evidence: what its server received, emitted, handed out and was told to forget.

Promises: one line of JSON a fact, in the order in which the facts happened, with the server's own clock;
with a path each line has reached the operating system before the call returns, so that it outlives any
product process and this one's `kill -9` (a torn last line is cut off at the next opening). Without a path
the lines stay in memory, in the same form.

Leaves to others: what the facts mean. The referee judges; this only remembers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from sandbox.accounts import Json


@dataclass(frozen=True, slots=True)
class Received:
    """One API call that sent or changed something in a chat, or tried to, as the server saw it.

    `ok` is whether the server accepted the call, `delivered` whether a message reached the chat. A fault
    injected after delivery leaves both true, though the caller never learns of it: `error` then tells so.
    """

    seq: int
    at_ms: int
    bot_id: int
    method: str
    chat_id: int
    message_id: int | None
    params: Json
    ok: bool
    error: str | None
    delivered: bool


@dataclass(frozen=True, slots=True)
class Emitted:
    """One update put into a bot's queue. `handed_at_ms` is when a getUpdates answer or a webhook's request
    last carried it: whoever confirmed it may have lost those before. `confirmed_at_ms` is when a webhook
    answered that it has it (an offset of getUpdates confirms in another way, see `acknowledged`)."""

    seq: int
    at_ms: int
    bot_id: int
    update_id: int
    body: Json
    handed_at_ms: int | None = None
    confirmed_at_ms: int | None = None


class SandboxLog:
    """An append-only log, in a file or in memory. One process writes; any may read the file."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._seq = 0
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._seq = _mend(path)
            self._file = path.open("ab", buffering=0)

    @property
    def seq(self) -> int:
        """Number of the newest line; 0 when nothing has happened."""
        return self._seq

    # -- writing ---------------------------------------------------------------------------------

    def receive(self, received: Received) -> None:
        """Log a call of the Bot API; its `seq` is `seq + 1` of this log."""
        self._append(b'{"kind":"received",' + orjson.dumps(received)[1:])

    def emit(self, at_ms: int, bot_id: int, update_id: int, body: bytes) -> int:
        """Log an update (`body` is its JSON without the id); returns the line's number."""
        fact = {"update_id": update_id, "body": orjson.Fragment(body)}
        return self._note("emitted", at_ms, bot_id, fact)

    def hand_out(self, at_ms: int, bot_id: int, update_ids: list[int]) -> None:
        """Log that a getUpdates answer, or a webhook's request, carried these updates."""
        self._note("handed", at_ms, bot_id, {"update_ids": update_ids})

    def confirm(self, at_ms: int, bot_id: int, update_ids: list[int]) -> None:
        """Log that the bot's webhook answered that it has these updates: they are gone."""
        self._note("confirmed", at_ms, bot_id, {"update_ids": update_ids})

    def acknowledge(self, at_ms: int, bot_id: int, offset: int) -> None:
        """Log a bot's offset: all updates below it are confirmed and gone."""
        self._note("acknowledged", at_ms, bot_id, {"offset": offset})

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _note(self, kind: str, at_ms: int, bot_id: int, what: Json) -> int:
        head = {"kind": kind, "seq": self._seq + 1, "at_ms": at_ms, "bot_id": bot_id}
        return self._append(orjson.dumps({**head, **what}))

    def _append(self, line: bytes) -> int:
        if self._path is None:
            self._lines.append(line)
        elif self._file is None:
            raise ValueError("the sandbox log is closed")
        else:
            self._file.write(line + b"\n")
        self._seq += 1
        return self._seq

    # -- reading ---------------------------------------------------------------------------------

    def facts(self, after: int = 0) -> Iterator[Json]:
        """All facts with a number above `after`, oldest first, as plain objects with their `kind`."""
        for line in self._raw_lines():
            fact: Json = orjson.loads(line)
            if _number(fact, "seq") > after:
                yield fact

    def received(self) -> list[Received]:
        """Every call, accepted or not."""
        return [Received(**_without_kind(fact)) for fact in self.facts() if fact["kind"] == "received"]

    def emitted(self) -> list[Emitted]:
        """Every update, with the time it was last handed out."""
        seen: dict[str, dict[tuple[int, int], int]] = {"handed": {}, "confirmed": {}}
        emitted: list[Emitted] = []
        for fact in self.facts():
            if fact["kind"] == "emitted":
                emitted.append(Emitted(**_without_kind(fact)))
            elif fact["kind"] in seen:
                for update_id in _numbers(fact, "update_ids"):
                    seen[str(fact["kind"])][_number(fact, "bot_id"), update_id] = _number(fact, "at_ms")
        handed, confirmed = seen["handed"], seen["confirmed"]
        return [
            replace(
                one,
                handed_at_ms=handed.get((one.bot_id, one.update_id)),
                confirmed_at_ms=confirmed.get((one.bot_id, one.update_id)),
            )
            for one in emitted
        ]

    def acknowledged(self) -> dict[int, int]:
        """For each bot the highest offset it sent: every update with a lower id is confirmed."""
        offsets: dict[int, int] = {}
        for fact in self.facts():
            if fact["kind"] == "acknowledged":
                bot_id = _number(fact, "bot_id")
                offsets[bot_id] = max(offsets.get(bot_id, 0), _number(fact, "offset"))
        return offsets

    def _raw_lines(self) -> Iterable[bytes]:
        if self._path is None:
            return list(self._lines)
        return _whole_lines(self._path)


def _whole_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line


def _mend(path: Path) -> int:
    """Cut a torn last line off; returns the number of the last whole one."""
    if not path.exists():
        return 0
    last, size = b"", 0
    for line in _whole_lines(path):
        last, size = line, size + len(line)
    with path.open("r+b") as file:
        file.truncate(size)
    return _number(orjson.loads(last), "seq") if last else 0


def _without_kind(fact: Json) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if name != "kind"}


def _number(fact: Json, name: str) -> int:
    value = fact[name]
    if not isinstance(value, int):
        raise ValueError(f"the sandbox log is damaged: {name} is {value!r}")
    return value


def _numbers(fact: Json, name: str) -> list[int]:
    value = fact[name]
    if not isinstance(value, list):
        raise ValueError(f"the sandbox log is damaged: {name} is {value!r}")
    return value
