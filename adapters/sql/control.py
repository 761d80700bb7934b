"""Control: slots of periodic jobs, leases with epochs, durable switches, marks, the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, case, delete, func, or_, select, update

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.work import Upsert, Work
from core.ports import AuditEntry, Lease

SLOT: Final = tables.table(tables.Slot)
LEASE: Final = tables.table(tables.Lease)
SWITCH: Final = tables.table(tables.Switch)
AUDIT: Final = tables.table(tables.Audit)
_ADD_AUDIT: Final = AUDIT.insert()

_TAKE_SLOT: Final = Upsert.into(
    SLOT, lambda new: new.on_conflict_do_nothing(index_elements=["job", "slot_ms"]).returning(SLOT.c.job)
)
_LAST_SLOT: Final = select(func.max(SLOT.c.slot_ms)).where(SLOT.c.job == bindparam("of_job"))


def _acquire(new: Any) -> Any:
    mine = LEASE.c.holder == new.excluded.holder
    return new.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": new.excluded.holder,
            "epoch": case((mine, LEASE.c.epoch), else_=LEASE.c.epoch + 1),
            "until_ms": new.excluded.until_ms,
        },
        where=or_(mine, LEASE.c.until_ms <= bindparam("now", type_=LEASE.c.until_ms.type)),
    ).returning(LEASE.c.epoch, LEASE.c.until_ms)


_ACQUIRE: Final = Upsert.into(LEASE, _acquire)
_MINE: Final = select(LEASE.c.until_ms).where(
    LEASE.c.name == bindparam("of_name"),
    LEASE.c.holder == bindparam("of_holder"),
    LEASE.c.epoch == bindparam("of_epoch"),
)
_RELEASE: Final = (
    update(LEASE)
    .where(
        LEASE.c.name == bindparam("of_name"),
        LEASE.c.holder == bindparam("of_holder"),
        LEASE.c.epoch == bindparam("of_epoch"),
    )
    .values(until_ms=0)
)
_SWITCHES: Final = select(SWITCH.c.name, SWITCH.c.value).order_by(SWITCH.c.name)
_SWITCH_ON: Final = Upsert.into(
    SWITCH,
    lambda new: new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}),
)
_SWITCH_OFF: Final = delete(SWITCH).where(SWITCH.c.name == bindparam("of_name"))
MARK: Final = tables.table(tables.Mark)
_SET_MARK: Final = Upsert.into(
    MARK,
    lambda new: new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}),
)
_NO_MARK: Final = delete(MARK).where(MARK.c.name == bindparam("of_name"))
_MARKS: Final = (
    select(MARK.c.name, MARK.c.value)
    .where(func.substr(MARK.c.name, 1, bindparam("length")) == bindparam("beginning"))
    .order_by(MARK.c.name)
)
_TRAIL: Final = (
    select(AUDIT.c.at_ms, AUDIT.c.actor, AUDIT.c.action, AUDIT.c.target, AUDIT.c.detail)
    .order_by(AUDIT.c.id.desc())
    .limit(bindparam("most"))
)


class SqlControl:
    """Fulfils `core.ports.Control`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def take_slot(self, job: str, slot_ms: int, now_ms: int) -> bool:
        slot = {"job": job, "slot_ms": slot_ms, "taken_ms": now_ms}
        return bool(await self._work.rows(_TAKE_SLOT, slot))

    async def last_slot(self, job: str) -> int | None:
        found: int | None = await self._work.value(_LAST_SLOT, {"of_job": job})
        return found

    async def acquire(self, name: str, holder: str, now_ms: int, ttl_ms: int) -> Lease | None:
        wanted = {"name": name, "holder": holder, "epoch": 1, "until_ms": now_ms + ttl_ms, "now": now_ms}
        rows = await self._work.rows(_ACQUIRE, wanted)
        return Lease(name, holder, rows[0][0], rows[0][1]) if rows else None

    async def check(self, lease: Lease, now_ms: int) -> bool:
        statement = _MINE.with_for_update(read=True) if self._work.locks else _MINE
        until_ms: int | None = await self._work.value(statement, _of(lease))
        return until_ms is not None and until_ms > now_ms

    async def release(self, lease: Lease) -> None:
        await self._work.run(_RELEASE, _of(lease))

    async def set_switch(self, name: str, value: str | None) -> None:
        if value is None:
            await self._work.run(_SWITCH_OFF, {"of_name": name})
            return
        await self._work.run(_SWITCH_ON, {"name": name, "value": value})

    async def switches(self) -> dict[str, str]:
        return {name: value for name, value in await self._work.rows(_SWITCHES)}

    async def set_mark(self, name: str, value: str | None) -> None:
        if value is None:
            await self._work.run(_NO_MARK, {"of_name": name})
            return
        await self._work.run(_SET_MARK, {"name": name, "value": value})

    async def marks(self, prefix: str) -> dict[str, str]:
        asked = {"beginning": prefix, "length": len(prefix)}
        return {name: value for name, value in await self._work.rows(_MARKS, asked)}

    async def audit(self, entries: Sequence[AuditEntry]) -> None:
        rows = [
            {
                "at_ms": entry.at_ms,
                "actor": entry.actor,
                "action": entry.action,
                "target": entry.target,
                "detail": dumps(entry.detail),
            }
            for entry in entries
        ]
        await self._work.run_each(_ADD_AUDIT, rows)

    async def audit_trail(self, limit: int) -> list[AuditEntry]:
        rows = await self._work.rows(_TRAIL, {"most": limit})
        return [
            AuditEntry(at_ms, actor, action, target, loads(d)) for at_ms, actor, action, target, d in rows
        ]


def _of(lease: Lease) -> dict[str, str | int]:
    return {"of_name": lease.name, "of_holder": lease.holder, "of_epoch": lease.epoch}
