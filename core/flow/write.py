"""Contents with a brief get their texts from GPT: asked for, checked, and stored to be reviewed or used.

Each text is a try of its own: what it may cost at most is set aside in one transaction before the service is
asked, and made right in another together with what came of it. So a crash between the two can only count too
much. Whatever fails, the operator's own text is what people get.

A personal content gets a text for each member of its segments, from enums about that one person; people of
whom the same is said share what was written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Final

from core.catalog import Catalog, language_of, load_catalog
from core.content import Content
from core.errors import NoTextError, WriterBusyError, WriterError
from core.ports import Guard, PersonRecord, Spent, Store, Transaction, Writing
from core.profile import view
from core.segment import SegmentSpec
from core.writing import Ask, Draft, Usage, Writer, about, checks, fingerprint

PURPOSE: Final = "texts"
MOST_TRIES: Final = 3
"""So often is asked for the same; then the template stays until the brief is changed."""
PEOPLE: Final = 200
"""Members of a segment that one run looks at for personal texts."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
_BACK_OFF: Final = "write:back_off"
_CURSOR: Final = "write:people:"
_FIRST_WAIT_MS: Final = 60_000
_ENDS_A_TRY: Final = frozenset({"refused", "rejected"})


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent: requests in an hour, tokens and money (millionths of the currency) in 24 hours.
    price_in, price_out: of a million tokens, in the currency."""

    requests_an_hour: int
    tokens_a_day: int
    money_a_day: int
    price_in: float
    price_out: float

    def cost(self, usage: Usage) -> Spent:
        """One request that used so many tokens."""
        money = ceil(usage.tokens_in * self.price_in + usage.tokens_out * self.price_out)
        return Spent(1, usage.tokens_in, usage.tokens_out, money)

    def refuses(self, more: Spent, hour: Spent, day: Spent) -> str:
        """Which bound another request would break; empty if none."""
        if hour.requests + more.requests > self.requests_an_hour:
            return "budget: requests of the hour"
        if day.tokens_in + day.tokens_out + more.tokens_in + more.tokens_out > self.tokens_a_day:
            return "budget: tokens of the day"
        return "budget: money of the day" if day.money + more.money > self.money_a_day else ""


@dataclass(frozen=True, slots=True)
class WriteDeps:
    """writer: None without a key; then nothing is asked. only: the contents that are written for, empty =
    all."""

    store: Store
    specs: Sequence[SegmentSpec]
    writer: Writer | None
    budget: Budget
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text that is missing. person_no 0: for everybody."""

    ask: Ask
    person_no: int = 0


@dataclass(frozen=True, slots=True)
class Missing:
    """wanted: to be asked for; given: written for others of whom the same is said; cursors: how far the
    members of each content's segments were looked at."""

    wanted: tuple[Wanted, ...]
    given: tuple[Writing, ...] = ()
    cursors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did. refused: kind of fault -> n; shared: personal texts given to more people; left: texts
    still missing; why: what ended the run early (no key, budget, back-off, service), empty if nothing did."""

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
            await tx.control.set_mark(_CURSOR + name, str(cursor))
        until_ms, _ = await _back_off(tx)
    done = Written(shared=given, left=len(missing.wanted))
    if deps.writer is None or not missing.wanted:
        return replace(done, why="no key" if deps.writer is None and missing.wanted else "")
    if until_ms > now_ms:
        return replace(done, why="back-off")
    return await _write(_Run(deps, deps.writer, now_ms, guard), missing.wanted[:limit], done)


# --------------------------------------------------------------------------- what is missing
async def missing_texts(
    tx: Transaction, specs: Sequence[SegmentSpec], now_ms: int, only: frozenset[str] = frozenset()
) -> Missing:
    """The texts that live contents with a brief still lack, those for everybody first."""
    catalog = await load_catalog(tx, specs)
    named = [catalog.contents[name] for name in sorted(catalog.contents) if not only or name in only]
    briefed = [content for content in named if content.brief is not None]
    wanted = [
        Wanted(Ask(content, language))
        for content in briefed
        if content.brief is not None and not content.brief.personal
        for language in sorted(content.texts)
    ]
    cursors: dict[str, int] = {}
    for content in briefed:
        if content.brief is not None and content.brief.personal:
            members, cursors[content.name] = await _members(tx, catalog, content)
            wanted += await _for_people(tx, content, members, now_ms)
    open_, given = await _open(tx, wanted, now_ms)
    return Missing(tuple(open_), tuple(given), cursors)


async def _members(
    tx: Transaction, catalog: Catalog, content: Content
) -> tuple[list[tuple[str, PersonRecord]], int]:
    """The next people of the content's segments, with the segment, and where to go on (0: from the start)."""
    segments = [name for name, contents in catalog.segments.items() if content.name in contents]
    after = int((await tx.control.marks(_CURSOR + content.name)).get(_CURSOR + content.name, "0"))
    found: dict[int, tuple[str, PersonRecord]] = {}
    for segment in segments:
        for record in await tx.people.in_segment(segment, after, PEOPLE):
            found.setdefault(record.person_no, (segment, record))
    numbers = sorted(found)[:PEOPLE]
    more = len(found) > len(numbers) or len(numbers) == PEOPLE
    chosen = [found[no] for no in numbers if not found[no][1].holdout]
    return chosen, numbers[-1] if more and numbers else 0


async def _for_people(
    tx: Transaction, content: Content, members: Sequence[tuple[str, PersonRecord]], now_ms: int
) -> list[Wanted]:
    """What these people lack: a text of their own in their language, as they are today."""
    asks = []
    for segment, record in members:
        profile = view(record.person_no, record.state, now_ms)
        language = content.language_for(language_of(record))
        if language is not None and profile.consent and profile.reachable:
            said = about(profile, segment)
            asks.append(Wanted(Ask(content, language, said), record.person_no))
    have = await tx.writings.approved([content.name], [one.person_no for one in asks])
    own = {(one.person_no, one.fingerprint) for one in have}
    return [one for one in asks if (one.person_no, fingerprint(one.ask)) not in own]


async def _open(tx: Transaction, wanted: Sequence[Wanted], now_ms: int) -> tuple[list[Wanted], list[Writing]]:
    """Of what is wanted: what must be asked for, and what was written already for somebody else."""
    marks = [fingerprint(one.ask) for one in wanted]
    known = await tx.writings.find(marks)
    asked: set[str] = set()
    open_: list[Wanted] = []
    given: list[Writing] = []
    for one, mark in zip(wanted, marks, strict=True):
        former = known.get(mark, [])
        approved = next((each for each in former if each.state == "approved"), None)
        if approved is not None:
            if one.person_no:
                given.append(replace(approved, id=0, person_no=one.person_no, at_ms=now_ms))
        elif mark not in asked and _may_ask(former):
            asked.add(mark)
            open_.append(one)
    return open_, given


def _may_ask(former: Sequence[Writing]) -> bool:
    """Nothing waits for review, and it has not been tried too often."""
    states = [one.state for one in former]
    return "waiting" not in states and sum(state in _ENDS_A_TRY for state in states) < MOST_TRIES


# --------------------------------------------------------------------------- asking
@dataclass(frozen=True, slots=True)
class _Run:
    deps: WriteDeps
    writer: Writer
    now_ms: int
    guard: Guard | None

    async def may(self, tx: Transaction) -> bool:
        return self.guard is None or await self.guard(tx)


async def _write(run: _Run, wanted: Sequence[Wanted], done: Written) -> Written:
    for one in wanted:
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
        await tx.writings.spend(PURPOSE, _minus(spent, set_aside), run.now_ms)
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
            await tx.writings.spend(PURPOSE, replace(_minus(Spent(), set_aside), requests=0), run.now_ms)
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


def _minus(one: Spent, other: Spent) -> Spent:
    return Spent(
        one.requests - other.requests,
        one.tokens_in - other.tokens_in,
        one.tokens_out - other.tokens_out,
        one.money - other.money,
    )


def _judged(run: _Run, one: Wanted, draft: Draft) -> Writing:
    text = draft.text.strip()
    wrong = checks(text, one.ask, run.writer.instructions())
    fine = "waiting" if one.ask.brief.review else "approved"
    row = _row(run, one, "refused" if wrong else fine, reason="; ".join(wrong)[:500])
    return replace(row, text=text[:_LONGEST_KEPT], model=draft.model)


_LONGEST_KEPT: Final = 4_096


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
