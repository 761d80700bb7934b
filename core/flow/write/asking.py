"""Asking for texts, one after the other: set aside, ask, check, store and settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Final

from core.errors import NoTextError, WriterBusyError, WriterError
from core.flow.write.budget import DAY_MS, Budget, difference
from core.flow.write.missing import CURSOR, Wanted, missing_texts
from core.ports import Clock, Guard, Spent, Store, Transaction, Writing
from core.segment import SegmentSpec
from core.writing import Draft, Writer, checks, fingerprint

PURPOSE: Final = "texts"
HOUR_MS: Final = 3_600_000
_BACK_OFF: Final = "write:back_off"
_FIRST_WAIT_MS: Final = 60_000
_SHOWN: Final = frozenset("\n\u200d")
_LONGEST_KEPT: Final = 4_096
_LONGEST_RUN_MS: Final = 60_000
"""No further text is asked for after so long: other steps wait for their turn."""


@dataclass(frozen=True, slots=True)
class WriteDeps:
    """writer: None without a key; then nothing is asked. only: the contents that are written for, empty =
    all. clock: ends a run that takes too long; without it only the number of texts does."""

    store: Store
    specs: Sequence[SegmentSpec]
    writer: Writer | None
    budget: Budget
    only: frozenset[str] = frozenset()
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did. refused: kind of fault -> n; shared: personal texts given to more people; left: texts
    still missing; why: what ended the run early (no key, budget, back-off, time, service), empty if nothing
    did."""

    asked: int = 0
    approved: int = 0
    waiting: int = 0
    shared: int = 0
    left: int = 0
    why: str = ""
    refused: Mapping[str, int] = field(default_factory=dict)


async def write_due(deps: WriteDeps, now_ms: int, limit: int = 20, guard: Guard | None = None) -> Written:
    """Ask for at most `limit` of the texts that are missing."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Written()
        missing = await missing_texts(tx, deps.specs, now_ms, deps.only)
        given = await _add(tx, missing.given)
        for name, cursor in missing.cursors.items():
            await tx.control.set_mark(CURSOR + name, str(cursor))
        until_ms, _ = await _back_off(tx)
    done = Written(shared=given, left=len(missing.wanted))
    if deps.writer is None or not missing.wanted:
        return replace(done, why="no key" if deps.writer is None and missing.wanted else "")
    if until_ms > now_ms:
        return replace(done, why="back-off")
    return await _write(_Run(deps, deps.writer, now_ms, guard), missing.wanted[:limit], done)


@dataclass(frozen=True, slots=True)
class _Run:
    deps: WriteDeps
    writer: Writer
    now_ms: int
    guard: Guard | None

    def is_long(self) -> bool:
        clock = self.deps.clock
        return clock is not None and clock.now_ms() - self.now_ms > _LONGEST_RUN_MS

    async def may(self, tx: Transaction) -> bool:
        return self.guard is None or await self.guard(tx)


async def _write(run: _Run, wanted: Sequence[Wanted], done: Written) -> Written:
    for one in wanted:
        if run.is_long():
            return replace(done, why="time")
        set_aside = run.deps.budget.cost(run.writer.estimate(one.ask))
        why = await _reserve(run, set_aside)
        if why:
            return replace(done, why=why)
        try:
            draft = await run.writer.write(one.ask)
        except NoTextError as error:
            row = _row(run, one, "refused", reason=f"service: {error}")
            kept = await _settle(run, set_aside, set_aside if error.billed else Spent(1), row)
        except WriterError as error:
            await _stop(run, error, set_aside)
            return replace(done, asked=done.asked + 1, why=f"service: {error}")
        else:
            row = _judged(run, one, draft)
            spent = run.deps.budget.cost(draft.usage) if draft.usage is not None else set_aside
            kept = await _settle(run, set_aside, spent, row)
        if not kept:
            return replace(done, asked=done.asked + 1, why="taken over")
        done = _counted(done, row)
    return done


async def _reserve(run: _Run, most: Spent) -> str:
    """Set aside what the next request may cost at most; else why it must not be asked."""
    async with run.deps.store.transaction() as tx:
        if not await run.may(tx):
            return "taken over"
        day = await tx.writings.spent("", run.now_ms - DAY_MS)
        hour = await tx.writings.spent("", run.now_ms)
        why = run.deps.budget.refuses(most, hour, day)
        if not why:
            await tx.writings.spend(PURPOSE, most, run.now_ms)
        return why


async def _settle(run: _Run, set_aside: Spent, spent: Spent, row: Writing) -> bool:
    """What came of it, and what it really cost, together; False if somebody else leads now."""
    async with run.deps.store.transaction() as tx:
        if not await run.may(tx):
            return False
        await tx.writings.spend(PURPOSE, difference(spent, set_aside), run.now_ms)
        await _add(tx, [row])
        await tx.control.set_mark(_BACK_OFF, None)
        return True


async def _add(tx: Transaction, rows: Sequence[Writing]) -> int:
    """Store those about people who are still there; how many."""
    there = await tx.people.load(sorted({row.person_no for row in rows if row.person_no}))
    return len(await tx.writings.add([row for row in rows if not row.person_no or row.person_no in there]))


async def _stop(run: _Run, error: WriterError, set_aside: Spent) -> None:
    """Nobody is asked for a while: longer each time, or as long as the service said."""
    async with run.deps.store.transaction() as tx:
        if not await run.may(tx):
            return
        if not error.billed:
            await tx.writings.spend(PURPOSE, replace(difference(Spent(), set_aside), requests=0), run.now_ms)
        _, failures = await _back_off(tx)
        wait_ms = min(_FIRST_WAIT_MS << min(failures, 6), HOUR_MS)
        if isinstance(error, WriterBusyError):
            wait_ms = max(wait_ms, ceil(error.retry_after_s * 1000))
        if error.permanent:
            wait_ms = HOUR_MS
        await tx.control.set_mark(_BACK_OFF, f"{run.now_ms + wait_ms} {failures + 1}")


async def _back_off(tx: Transaction) -> tuple[int, int]:
    """(until when nobody is asked, failures in a row)."""
    until_ms, _, failures = (await tx.control.marks(_BACK_OFF)).get(_BACK_OFF, "0 0").partition(" ")
    return int(until_ms), int(failures)


def _judged(run: _Run, one: Wanted, draft: Draft) -> Writing:
    text = draft.text.strip()
    wrong = checks(text, one.ask, run.writer.instructions())
    fine = "waiting" if one.ask.brief.review else "approved"
    row = _row(run, one, "refused" if wrong else fine, reason=_kept("; ".join(wrong))[:500])
    return replace(row, text=_kept(text)[:_LONGEST_KEPT], model=draft.model)


def _kept(text: str) -> str:
    """What a store takes and a terminal shows; a text that was not refused has nothing else."""
    return "".join(char if char.isprintable() or char in _SHOWN else "\ufffd" for char in text)


def _row(run: _Run, one: Wanted, state: str, *, reason: str) -> Writing:
    ask = one.ask
    return Writing(
        id=0,
        content=ask.content.name,
        language=ask.language,
        fingerprint=fingerprint(ask),
        person_no=one.person_no,
        state=state,
        text="",
        reason=reason,
        model="",
        at_ms=run.now_ms,
    )


def _counted(done: Written, row: Writing) -> Written:
    counts = {row.state: getattr(done, row.state) + 1} if row.state in {"approved", "waiting"} else {}
    refused = dict(done.refused)
    if row.state == "refused":
        kind = row.reason.partition(":")[0]
        refused[kind] = refused.get(kind, 0) + 1
    left = done.left - (row.state != "refused")
    return replace(done, asked=done.asked + 1, left=left, refused=refused, **counts)
