"""Broadcasts for operators: made, looked over, started, paused, cancelled. Each change commits together with
its line in the audit trail.

Promises: a broadcast can be started only if everything it names is there; a state that does not allow a
change is refused with a sentence. What was sent can't be called back: cancelling withdraws what still waits.
Used by the terminal and by the bot in Telegram alike. Leaves to others: the rows (`core.flow.broadcast`),
reports (`app.desk.campaigns`), sending a test (`app.trial`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from adapters.broadcasts import load_broadcast, next_slot, read_broadcast
from app.desk.workspace import Workspace
from core.broadcast import (
    CANCELLED,
    DONE,
    DRAFT,
    RUNNING,
    SCHEDULED,
    Audience,
    Broadcast,
    campaign_of,
    parse,
    standing,
    switch_of,
    to_data,
)
from core.catalog import load_catalog
from core.content import Links, faults
from core.errors import ContentError, NotFoundError, RefusedError
from core.flow.broadcast import WITHDRAWN, BroadcastDeps, Survey, survey, withdraw_page
from core.ledger import OPEN
from core.ports import AuditEntry, CampaignRow, Clock, Transaction

HOUR_MS: Final = 3_600_000
WATCHED_S: Final = 2.0
"""Seconds between two looks at the progress."""
FROM_TELEGRAM: Final = "tg-"
"""How broadcasts begin that operators make in Telegram."""
_TELEGRAM: Final = re.compile(r"tg-([0-9]{1,9})")
LIST: Final = "manage_crm.py broadcast list"
_OPEN: Final = {state.value for state in OPEN}


@dataclass(frozen=True, slots=True)
class Place:
    """What the desk works with. bots: numbers by name; rate_per_s: of one bot."""

    deps: BroadcastDeps
    clock: Clock
    bots: Mapping[str, int]
    rate_per_s: float = 27.0


@dataclass(frozen=True, slots=True)
class Line:
    """A broadcast in a list. state: what it is called now; reason: of its switch; states: rows by state."""

    broadcast: Broadcast
    row: CampaignRow
    state: str
    reason: str
    states: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Messages so far."""
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        """Of them those that wait."""
        return sum(n for state, n in self.states.items() if state in _OPEN)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen. hours: at the pace of the bots, 0 where nothing is sent."""

    broadcast: Broadcast
    survey: Survey
    hours: float


def place_of(space: Workspace) -> Place:
    """The desk's place in an operator's workspace. Start buttons are shown, not signed: nothing is sent from
    here."""
    sending = space.sending
    deps = BroadcastDeps(
        space.store,
        space.specs,
        {bot.bot_id: bot.name for bot in space.bots},
        next_slot,
        caps=space.caps,
        plain=sending.plain,
        posts=space.post_limits,
        vip=sending.vip,
        language=sending.language,
        links=lambda _, __: Links(start="https://t.me/?start={}".format),
    )
    bots = {bot.name.lstrip("@"): bot.bot_id for bot in space.bots if bot.bot_id}
    return Place(deps, space.clock, bots, sending.rate_per_s)


class Broadcasts:
    """Broadcasts of one installation, for one operator."""

    def __init__(self, place: Place, actor: str) -> None:
        self._place = place
        self._deps = place.deps
        self._store = place.deps.store
        self._actor = actor

    @property
    def deps(self) -> BroadcastDeps:
        """What the step is made with."""
        return self._deps

    # ------------------------------------------------------------------ questions
    async def lines(self) -> list[Line]:
        """All broadcasts, the newest first."""
        async with self._store.transaction(write=False) as tx:
            rows = await tx.campaigns.by_state(())
            found = [await self._listed(tx, row) for row in rows]
        return sorted(found, key=lambda one: (-one.row.created_ms, one.row.name))

    async def line(self, name: str) -> Line:
        """One of them; NotFoundError if there is none."""
        async with self._store.transaction(write=False) as tx:
            return await self._line(tx, await self._known(tx, name))

    async def read(self, text: str) -> Broadcast:
        """The broadcast meant by a name, or by the path of a file that describes one."""
        if text.endswith((".yaml", ".yml", ".json")):
            return self.read_file(Path(text))
        return (await self.line(text)).broadcast

    def read_file(self, path: Path) -> Broadcast:
        """The broadcast that a file describes. Raises SettingsError or ContentError."""
        return load_broadcast(path, self._place.bots)

    async def dry_run(self, broadcast: Broadcast, progress: Callable[[int], None] | None = None) -> DryRun:
        """The same audience and the real door; nothing is written. Raises as `start` does for what is not
        there."""
        async with self._store.transaction(write=False) as tx:
            await self._check(tx, broadcast)
        found = await survey(self._deps, broadcast, self._now(), *([progress] if progress else []))
        busiest = max(found.bots.values(), default=0)
        return DryRun(broadcast, found, busiest / self._place.rate_per_s / 3600)

    # ------------------------------------------------------------------ changes
    async def create(self, data: object) -> Line:
        """A draft of this document; one of the same name is replaced while it is a draft."""
        broadcast = read_broadcast(data, self._place.bots)
        return await self.put(broadcast)

    async def put(self, broadcast: Broadcast) -> Line:
        """Likewise of a broadcast. Raises ContentError where `parse` would."""
        row = self._draft(broadcast)
        async with self._store.transaction() as tx:
            await self._check(tx, broadcast)
            if not await tx.campaigns.add(row):
                known = await self._known(tx, broadcast.name)
                if known.state != DRAFT:
                    raise RefusedError(
                        f"there is a broadcast {broadcast.name} already, and it is {known.state}",
                        next_step="give it another name",
                    )
                await tx.campaigns.save(row)
            return await self._created(tx, row, broadcast)

    async def put_new(self, broadcast: Broadcast) -> Line:
        """A draft under the next free name of those made in Telegram, whatever it is called now. Who asks at
        the same moment gets another name, and never the draft of somebody else."""
        while True:
            named = replace(broadcast, name=await self._next_name())
            row = self._draft(named)
            async with self._store.transaction() as tx:
                await self._check(tx, named)
                if await tx.campaigns.add(row):
                    return await self._created(tx, row, named)

    def _draft(self, broadcast: Broadcast) -> CampaignRow:
        now_ms, body = self._now(), to_data(broadcast)
        parse(body)
        return CampaignRow(broadcast.name, DRAFT, body, self._actor, now_ms, now_ms)

    async def _created(self, tx: Transaction, row: CampaignRow, broadcast: Broadcast) -> Line:
        await self._audit(tx, "create", row.name, {"audience": broadcast.audience.words})
        return await self._line(tx, row)

    async def _next_name(self) -> str:
        async with self._store.transaction(write=False) as tx:
            found = [_TELEGRAM.fullmatch(row.name) for row in await tx.campaigns.by_state(())]
        return f"{FROM_TELEGRAM}{max((int(one[1]) for one in found if one), default=0) + 1}"

    async def start(self, name: str) -> Line:
        """From now on it goes out when its time comes. RefusedError if it can't."""
        now_ms = self._now()
        async with self._store.transaction() as tx:
            row = await self._known(tx, name)
            if row.state != DRAFT:
                raise RefusedError(
                    f"{name} is {row.state}; only a draft can be started",
                    next_step=f"manage_crm.py broadcast show {name}",
                )
            broadcast = parse(row.body)
            await self._check(tx, broadcast)
            row = replace(row, state=SCHEDULED, slot_ms=self._slot(broadcast, now_ms), changed_ms=now_ms)
            await tx.campaigns.save(row)
            await self._audit(tx, "start", name, {"slot_ms": row.slot_ms})
            return await self._line(tx, row)

    def _slot(self, broadcast: Broadcast, now_ms: int) -> int:
        when = broadcast.when
        if when.cron:
            return self._deps.next_slot(when.cron, now_ms)
        if when.at_ms and when.at_ms + broadcast.lifetime_h * HOUR_MS < now_ms:
            raise RefusedError(f"the moment of {broadcast.name} has passed", next_step="give it another time")
        return max(when.at_ms, now_ms)

    async def pause(self, name: str, reason: str = "") -> bool:
        """Nothing of it goes out until it is resumed; False if it stands still already."""
        async with self._store.transaction() as tx:
            row = await self._known(tx, name)
            self._under_way(row, "paused")
            if switch_of(name) in await tx.control.switches():
                return False
            await tx.control.set_switch(switch_of(name), reason or f"paused by {self._actor}")
            await self._audit(tx, "pause", name, {"reason": reason})
        return True

    async def resume(self, name: str) -> bool:
        """Let it go on, also one that stopped itself; False if it did not stand still."""
        async with self._store.transaction() as tx:
            row = await self._known(tx, name)
            self._under_way(row, "resumed")
            value = (await tx.control.switches()).get(switch_of(name))
            if value is None:
                return False
            await tx.control.set_switch(switch_of(name), None)
            await self._audit(tx, "resume", name, {"was": value})
        return True

    async def cancel(self, name: str) -> int:
        """End it: what waits is withdrawn, how many messages. Asked again after a crash it finishes."""
        async with self._store.transaction() as tx:
            row = await self._known(tx, name)
            waits = self._waiting(await tx.ledger.campaign_counts(campaign_of(name)))
            if row.state in (DONE, CANCELLED) and not waits:
                raise RefusedError(f"{name} is {row.state}; there is nothing to cancel", next_step=LIST)
            await tx.control.set_switch(switch_of(name), f"cancelled by {self._actor}")
            await tx.campaigns.save(replace(row, state=CANCELLED, changed_ms=self._now(), note=""))
            await self._audit(tx, "cancel", name, {"waiting": waits})
        withdrawn, more = 0, True
        while more:  # its switch holds the rest meanwhile
            async with self._store.transaction() as tx:
                gone = await withdraw_page(tx, name)
            withdrawn, more = withdrawn + gone, gone == WITHDRAWN
        return withdrawn

    async def tested(self, name: str, people: int) -> None:
        """Note that operators have got it as a test."""
        async with self._store.transaction() as tx:
            await self._audit(tx, "test", name, {"operators": people})

    # ------------------------------------------------------------------ inside
    async def _line(self, tx: Transaction, row: CampaignRow) -> Line:
        switch = (await tx.control.switches()).get(switch_of(row.name))
        states: dict[str, int] = {}
        for (_, state), n in (await tx.ledger.campaign_counts(campaign_of(row.name))).items():
            states[state] = states.get(state, 0) + n
        called = standing(row.state, switch)
        return Line(parse(row.body), row, called, (switch or "") if called != row.state else "", states)

    async def _listed(self, tx: Transaction, row: CampaignRow) -> Line:
        """One that this program can't read stands in the list all the same, so that it can be cancelled."""
        try:
            return await self._line(tx, row)
        except ContentError as error:
            return Line(Broadcast(row.name, Audience(), ()), row, row.state, f"can't be read: {error}", {})

    async def _known(self, tx: Transaction, name: str) -> CampaignRow:
        row = await tx.campaigns.get(name)
        if row is None:
            raise NotFoundError(f"there is no broadcast {name}", next_step=LIST)
        return row

    def _under_way(self, row: CampaignRow, what: str) -> None:
        if row.state not in (SCHEDULED, RUNNING):
            raise RefusedError(f"{row.name} is {row.state}, so it can't be {what}", next_step=LIST)

    def _waiting(self, counts: Mapping[tuple[str, str], int]) -> int:
        return sum(n for (_, state), n in counts.items() if state in _OPEN)

    async def _check(self, tx: Transaction, broadcast: Broadcast) -> None:
        """Everything it names is there and can be sent. NotFoundError or RefusedError."""
        catalog = await load_catalog(tx, self._deps.specs)
        for variant in broadcast.variants:
            if variant.copied is not None:
                continue
            content = catalog.content(variant.content)
            if content is None:
                raise NotFoundError(
                    f"there is no content {variant.content} in the store",
                    next_step="manage_crm.py content put FILE; files under content/ are stored by `run`",
                )
            wrong = faults(content)
            if wrong:
                raise RefusedError(f"the content {content.name} can't be sent: {wrong[0]}")
        audience = broadcast.audience
        known = [spec.name for spec in self._deps.specs]
        _there("segment", [*audience.segments, *audience.minus_segments], known)
        lists = [one.name for one in await tx.lists.all()]
        _there("list", [*audience.lists, *audience.minus_lists], lists)
        if broadcast.bot_id and self._deps.names and broadcast.bot_id not in self._deps.names:
            raise NotFoundError(f"there is no bot {broadcast.bot_id}", next_step="manage_crm.py bots list")

    async def _audit(self, tx: Transaction, action: str, name: str, detail: Mapping[str, Any]) -> None:
        entry = AuditEntry(self._now(), self._actor, f"broadcast.{action}", name, detail)
        await tx.control.audit([entry])

    def _now(self) -> int:
        return self._place.clock.now_ms()


def _there(what: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            there = ", ".join(known) or "none"
            step = f"lists make {name}" if what == "list" else f"{what}s list"
            raise NotFoundError(
                f"there is no {what} {name}; there are {there}", next_step=f"manage_crm.py {step}"
            )
