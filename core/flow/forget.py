"""A person who asks for it is forgotten: everywhere, for good, and again after any crash on the way.

The wish is a durable row, and stops campaigns in the same transaction. Then, each step repeatable:

    asked --> log lines --> SQL, one transaction: `erased` --> hot store --> files written anew --> `done`

Nothing is taken from under what is under way: an update of the person that waits for its answer, one of
others that mentions them and was not applied yet, a message that is being sent. It is waited for, but not
longer than PATIENCE_MS.

Promises: a wish ends as `done` or stays on the list with a reason. What is left of the person are keyed
hashes of the identifiers, so that nobody takes them in again unasked, and a number that means nobody. Leaves
to others: what rows hold (the store), when it is called; files of the database and Redis are written anew in
`finish_erased`, which costs seconds and so comes less often than `erase_asked`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from core.consent import CAMPAIGNS
from core.errors import HotStoreError, StoreError
from core.event import Event, PersonEvent
from core.identity import Identity
from core.intake import record
from core.ports import Erasure, Guard, HotStore, Store, Transaction
from core.profile.values import GIVEN

PATIENCE_MS: Final = 6 * 3_600_000
"""What is under way is waited for; what still is after this time has lost whoever worked on it."""
SOURCE: Final = "forget"


@dataclass(frozen=True, slots=True)
class ForgetDeps:
    """`suppressed_as`: the keyed hash of an identifier. `scrub`: makes these words unreadable in the logs."""

    store: Store
    hot: HotStore
    suppressed_as: Callable[[Identity], str]
    scrub: Callable[[Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """People gone from SQL and the hot store in this call; those that are waited for; those gone everywhere;
    why something is left or was not ours to do."""

    erased: int = 0
    waiting: int = 0
    done: int = 0
    left: tuple[str, ...] = ()


async def request_erasure(store: Store, identity: Identity, now_ms: int) -> bool:
    """Note the wish, and that no campaign may be sent from now on. False when nobody is known by it."""
    async with store.transaction() as tx:
        person_no = await tx.people.find(identity)
        if person_no is None:
            return False
        if await _is_noted(tx, person_no):
            return True
        await tx.erasures.request(person_no, now_ms)
        props = {"purpose": CAMPAIGNS, "source": SOURCE}
        event = Event(f"forget:{person_no}", now_ms, "consent_withdrawn", props=props)
        await record(tx, [PersonEvent(person_no, event)], now_ms)
    return True


async def _is_noted(tx: Transaction, person_no: int) -> bool:
    """Whether the person has asked before, and not said yes to campaigns since."""
    if all(one.person_no != person_no for one in await tx.erasures.open()):
        return False
    records = await tx.people.load([person_no])
    return records[person_no].state.latest.get("consent", (0, ""))[1] != GIVEN


async def forget_pending(deps: ForgetDeps, now_ms: int, guard: Guard | None = None) -> Forgotten:
    """All of it: erase who asked, and finish who was erased."""
    erased = await erase_asked(deps, now_ms, guard)
    finished = await finish_erased(deps, now_ms, guard)
    return Forgotten(erased.erased, erased.waiting, finished.done, erased.left + finished.left)


async def erase_asked(deps: ForgetDeps, now_ms: int, guard: Guard | None = None) -> Forgotten:
    """Erase those who asked from the logs, SQL and the hot store."""
    asked = [one for one in await _open(deps.store) if not one.erased_ms]
    if not asked:
        return Forgotten()
    words = await _words(deps.store, asked)
    await deps.scrub(words)  # before: once SQL has forgotten, nobody knows the words any more
    gone = [one.person_no for one in asked if await _erase(deps, one, now_ms, guard)]
    left: tuple[str, ...] = ()
    if gone:
        await deps.scrub(words)
        left = await _forget_hot(deps.hot, gone)
    return Forgotten(len(gone), len(asked) - len(gone), left=left)


async def finish_erased(deps: ForgetDeps, now_ms: int, guard: Guard | None = None) -> Forgotten:
    """Make what was erased unreadable in all files; then the wish is done."""
    erased = [one.person_no for one in await _open(deps.store) if one.erased_ms]
    if not erased:
        return Forgotten()
    try:
        await deps.hot.forget(erased)  # again: a crash may have come between SQL and here
        await deps.store.compact()
        left = await _compact_hot(deps.hot)
    except (StoreError, HotStoreError) as error:
        return Forgotten(left=(str(error),))
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Forgotten()
        await tx.erasures.finish(erased, now_ms)
    return Forgotten(done=len(erased), left=left)


async def _open(store: Store) -> list[Erasure]:
    async with store.transaction(write=False) as tx:
        return await tx.erasures.open()


async def _words(store: Store, asked: Sequence[Erasure]) -> list[str]:
    """Identifiers and usernames of these people."""
    numbers = [one.person_no for one in asked]
    async with store.transaction(write=False) as tx:
        identities = await tx.people.identities(numbers)
        records = await tx.people.load(numbers)
    values = {item.value for known in identities.values() for item in known}
    return sorted(values | {one.contact.username for one in records.values()} - {""})


async def _erase(deps: ForgetDeps, one: Erasure, now_ms: int, guard: Guard | None) -> bool:
    """Erase one person from SQL, unless something is still under way."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return False
        if now_ms - one.asked_ms < PATIENCE_MS and await tx.erasures.waits(one.person_no, now_ms):
            return False
        await tx.erasures.erase(one.person_no, await _hashes(deps, tx, one.person_no), now_ms)
    return True


async def _hashes(deps: ForgetDeps, tx: Transaction, person_no: int) -> list[str]:
    known = await tx.people.identities([person_no])
    return [deps.suppressed_as(item) for item in known.get(person_no, [])]


async def _forget_hot(hot: HotStore, person_nos: Sequence[int]) -> tuple[str, ...]:
    try:
        await hot.forget(person_nos)
    except HotStoreError as error:
        return (str(error),)  # `finish_erased` does it again
    return ()


async def _compact_hot(hot: HotStore) -> tuple[str, ...]:
    """Where Redis' files are not ours to rewrite, that is said, and the wish is done for our part."""
    try:
        await hot.compact()
    except HotStoreError as error:
        if not error.permanent:
            raise
        return (str(error),)
    return ()
