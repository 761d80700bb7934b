"""One import from its first line to its last: parse, store in batches, remember how far it got."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.importing import happenings, updates
from app.importing.happenings import EventLine, SuppressedAs
from app.importing.lines import Line, Source
from app.importing.updates import UpdateLine
from core.errors import ContentError
from core.flow.capture import CaptureDeps, apply_pending
from core.intake import Recorded, show

BATCH = 500
SHOWN_ERRORS = 20
DONE = "done"


@dataclass(frozen=True, slots=True)
class ImportDeps:
    """`suppressed_as`: how to know people who asked to be forgotten; None: nobody did."""

    capture: CaptureDeps
    suppressed_as: SuppressedAs | None = None


@dataclass(slots=True)
class Imported:
    """What an import did. good: lines that can be used; new: lines not known before; aside: updates kept
    aside as unreadable; forgotten: lines about people who asked to be forgotten; resumed_at: the line it went
    on behind, 0 = the first; finished_before: all of the file had been imported already, and nothing was
    done."""

    lines: int = 0
    good: int = 0
    new: int = 0
    events: int = 0
    aside: int = 0
    forgotten: int = 0
    error_count: int = 0
    errors: tuple[str, ...] = ()
    resumed_at: int = 0
    finished_before: bool = False

    def wrong(self, number: int, error: ContentError) -> None:
        """Count a line that can't be used, and show the first ones."""
        self.error_count += 1
        if len(self.errors) < SHOWN_ERRORS:
            self.errors = (*self.errors, f"line {number}: {error}")


async def import_lines(
    deps: ImportDeps,
    source: Source,
    now_ms: int,
    *,
    dry_run: bool = False,
    again: bool = False,
    progress: Callable[[int], None] = lambda lines: None,
) -> Imported:
    """Import the lines of a file; bad ones are reported and left out. `dry_run`: check only, change nothing;
    `again`: from the first line, whatever is known of the file. Each batch commits with its place."""
    done = Imported()
    start = 0
    if not dry_run and not again:
        start, done.resumed_at, done.finished_before = await _place(deps, source)
    if done.finished_before:
        return done
    for batch in _batches(source.lines(start, done.resumed_at)):
        good = list(_usable(batch, now_ms, done))
        done.lines += len(batch)
        done.good += len(good)
        if not dry_run:
            await _store(deps, good, (source.mark, f"{batch[-1].end} {batch[-1].number}"), (now_ms, done))
        progress(done.lines)
    if not dry_run:
        async with deps.capture.store.transaction() as tx:
            await tx.control.set_mark(source.mark, DONE)
    return done


async def _place(deps: ImportDeps, source: Source) -> tuple[int, int, bool]:
    """(byte, line number, finished) where a former import of this file stopped."""
    async with deps.capture.store.transaction(write=False) as tx:
        mark = (await tx.control.marks(source.mark)).get(source.mark, "0 0")
    if mark == DONE:
        return 0, 0, True
    byte, _, number = mark.partition(" ")
    return int(byte), int(number), False


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _usable(batch: Iterable[Line], now_ms: int, done: Imported) -> Iterator[UpdateLine | EventLine]:
    for line in batch:
        try:
            yield parse_line(line.document, now_ms)
        except ContentError as error:
            done.wrong(line.number, error)


def parse_line(document: object, now_ms: int) -> UpdateLine | EventLine:
    """What a line says. Raises ContentError with what is wrong with it."""
    if isinstance(document, ContentError):
        raise document
    if not isinstance(document, dict):
        raise ContentError("not a JSON object")
    known: Mapping[str, Any] = document
    return updates.parse(known, now_ms) if "update" in known else happenings.parse(known, now_ms)


async def _store(
    deps: ImportDeps,
    lines: list[UpdateLine | EventLine],
    mark: tuple[str, str],
    about: tuple[int, Imported],
) -> None:
    now_ms, done = about
    recorded = Recorded((), ())
    async with deps.capture.store.transaction() as tx:
        done.new += await updates.store(tx, [one for one in lines if isinstance(one, UpdateLine)])
        events = [one for one in lines if isinstance(one, EventLine)]
        if events:
            recorded, forgotten = await happenings.store(tx, events, now_ms, deps.suppressed_as)
            done.new += len(recorded.fresh)
            done.events += len(recorded.fresh)
            done.forgotten += forgotten
        await tx.control.set_mark(*mark)
    await show(deps.capture.hot, recorded)
    while (applied := await apply_pending(deps.capture, now_ms)).rows:
        done.events += applied.events
        done.aside += applied.failed
