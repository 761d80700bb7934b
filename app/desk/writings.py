"""Texts by GPT for operators: what waits for a decision, what would be asked for and cost, and the decisions.

Approving can't get past the checks: a text that says more than its facts, or was written from an earlier
brief, is refused whoever wants it. Each decision commits together with its line in the audit trail.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from adapters.settings import load
from app.desk.workspace import CONFIG, Workspace
from app.writing import budget_of, writer_of
from core.catalog import load_catalog
from core.content import Content
from core.errors import NotFoundError, RefusedError
from core.flow.write import DAY_MS, Budget, Wanted, WriteDeps, Written, missing_texts, write_due
from core.ports import AuditEntry, Spent, Transaction, Writing
from core.writing import Ask, Usage, Writer, checks, fits

REVIEW: Final = "manage_crm.py content review"


@dataclass(frozen=True, slots=True)
class Review:
    """A text that waits, beside what it would replace and what it was written from. problems: why it can't be
    approved as things stand now."""

    writing: Writing
    template: str
    tone: str = ""
    facts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """What is missing, and what asking for it would cost at most. key: whether there is one; spent: in the
    last 24 hours; briefs: contents that can be written for at all; waiting: texts that wait for review."""

    wanted: tuple[Wanted, ...]
    shared: int
    most: Spent
    spent: Spent
    budget: Budget
    key: bool
    briefs: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Service:
    """Who would write, and for how much."""

    writer: Writer | None
    budget: Budget

    async def close(self) -> None:
        """Nobody writes any more."""
        if self.writer is not None:
            await self.writer.close()


def service_of(config: Path | None = None) -> Service:
    """The one of the settings. Raises SettingsError."""
    settings = load(config or CONFIG, os.environ)
    return Service(writer_of(settings, os.environ), budget_of(settings.gpt))


class WritingDesk:
    """Texts of one workspace."""

    def __init__(self, space: Workspace, actor: str = "terminal") -> None:
        self._space = space
        self._actor = actor

    # ------------------------------------------------------------------ review
    async def waiting(self, after: int = 0, limit: int = 50) -> list[Review]:
        """What waits, the oldest first."""
        async with self._space.store.transaction(write=False) as tx:
            found = await tx.writings.waiting(after, limit)
            contents = (await load_catalog(tx, self._space.specs)).contents if found else {}
        return [_review(one, contents.get(one.content)) for one in found]

    async def approve(self, writing_id: int) -> Review:
        """From now on it is sent instead of the template. RefusedError where it must not be."""
        async with self._space.store.transaction() as tx:
            one = await self._open(tx, writing_id)
            if one.problems:
                raise RefusedError(
                    f"text {writing_id} can't be approved: {'; '.join(one.problems)}",
                    next_step=f"manage_crm.py content reject {writing_id} --reason TEXT",
                )
            return await self._decide(tx, one, "approved", "")

    async def reject(self, writing_id: int, reason: str) -> Review:
        """It is never sent; another is asked for, three in all."""
        async with self._space.store.transaction() as tx:
            return await self._decide(tx, await self._open(tx, writing_id), "rejected", reason)

    async def look(self, writing_id: int) -> Review:
        """One that waits."""
        async with self._space.store.transaction(write=False) as tx:
            return await self._open(tx, writing_id)

    async def _open(self, tx: Transaction, writing_id: int) -> Review:
        found = await tx.writings.get(writing_id)
        if found is None:
            raise NotFoundError(f"there is no text {writing_id}", next_step=REVIEW)
        if found.state != "waiting":
            raise RefusedError(f"text {writing_id} is {found.state} already", next_step=REVIEW)
        contents = (await load_catalog(tx, self._space.specs)).contents
        return _review(found, contents.get(found.content))

    async def _decide(self, tx: Transaction, one: Review, state: str, reason: str) -> Review:
        writing, now_ms = one.writing, self._space.clock.now_ms()
        await tx.writings.decide(writing.id, state, reason, self._actor, now_ms)
        detail = {"content": writing.content, "language": writing.language, "reason": reason}
        entry = AuditEntry(now_ms, self._actor, f"writing.{state}", f"writing:{writing.id}", detail)
        await tx.control.audit([entry])
        return replace(one, writing=replace(writing, state=state, reason=reason))

    # ------------------------------------------------------------------ writing
    async def price(self, service: Service, name: str = "") -> Price:
        """What is missing now; nothing is asked."""
        now_ms = self._space.clock.now_ms()
        async with self._space.store.transaction(write=False) as tx:
            only = await self._only(tx, name)
            missing = await missing_texts(tx, self._space.specs, now_ms, only)
            spent = await tx.writings.spent("", now_ms - DAY_MS)
            contents = (await load_catalog(tx, self._space.specs)).contents.values()
            waiting = len(await tx.writings.waiting(0, _MANY))
        briefs = sum(one.brief is not None for one in contents)
        most = _sum([service.budget.cost(_most(service, one)) for one in missing.wanted])
        key = service.writer is not None
        shared, budget = len(missing.given), service.budget
        return Price(missing.wanted, shared, most, spent, budget, key, briefs, waiting)

    async def write(self, service: Service, name: str = "", limit: int = 20) -> Written:
        """Ask for what is missing, within the budget, as the periodic step does."""
        now_ms = self._space.clock.now_ms()
        async with self._space.store.transaction(write=False) as tx:
            only = await self._only(tx, name)
        deps = WriteDeps(self._space.store, self._space.specs, service.writer, service.budget, only)
        done = await write_due(deps, now_ms, limit)
        async with self._space.store.transaction() as tx:
            detail = {"asked": done.asked, "approved": done.approved, "waiting": done.waiting}
            await tx.control.audit([AuditEntry(now_ms, self._actor, "writing.write", name or "all", detail)])
        return done

    async def _only(self, tx: Transaction, name: str) -> frozenset[str]:
        if not name:
            return frozenset()
        content = (await load_catalog(tx, self._space.specs)).content(name)
        if content is None:
            raise NotFoundError(f"there is no content {name}", next_step="manage_crm.py content list")
        if content.brief is None:
            raise RefusedError(
                f"content {name} has no brief to write from", next_step="add one: docs/gpt-texts.md"
            )
        return frozenset({name})


def _review(writing: Writing, content: Content | None) -> Review:
    if content is None or content.brief is None:
        return Review(writing, "", problems=("its content has no brief any more",))
    ask, brief = Ask(content, writing.language), content.brief
    problems = checks(writing.text, ask)
    if not fits(writing.fingerprint, content, writing.language):
        problems = ("it was written from an earlier brief", *problems)
    return Review(writing, ask.template, brief.tone, brief.facts, brief.links, problems)


def _most(service: Service, one: Wanted) -> Usage:
    """What one text can cost; without a writer, as the usual one would reckon."""
    if service.writer is not None:
        return service.writer.estimate(one.ask)
    said = len(repr(one.ask.brief)) + len(one.ask.template)
    return Usage(_PROMPT + said, _ANSWER + one.ask.brief.max_chars)


_MANY: Final = 10_000
_PROMPT: Final = 2_000
_ANSWER: Final = 2_000


def _sum(parts: Sequence[Spent]) -> Spent:
    return Spent(
        sum(one.requests for one in parts),
        sum(one.tokens_in for one in parts),
        sum(one.tokens_out for one in parts),
        sum(one.money for one in parts),
    )
