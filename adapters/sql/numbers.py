"""Numbers in the order of commits: a counter row is held until the transaction that took from it ends."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select, update

from adapters.sql import tables
from adapters.sql.work import Work

COUNTER: Final = tables.table(tables.Counter)

_TAKE: Final = (
    update(COUNTER)
    .where(COUNTER.c.name == bindparam("of_name"))
    .values(value=COUNTER.c.value + bindparam("n"))
    .returning(COUNTER.c.value)
)


async def next_numbers(work: Work, name: str, n: int) -> int:
    """Take n numbers; return the first."""
    last: int = await work.value(_TAKE, {"of_name": name, "n": n})
    return last - n + 1


_LAST: Final = select(COUNTER.c.value).where(COUNTER.c.name == bindparam("of_name"))


async def last_number(work: Work, name: str) -> int:
    """The last number that was taken, and committed."""
    return await work.value(_LAST, {"of_name": name}) or 0
