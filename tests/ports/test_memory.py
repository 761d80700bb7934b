"""The fakes of clock, messenger and hot state keep their ports' promises."""

from __future__ import annotations

import asyncio

import pytest

from adapters.memory import ManualClock, MemoryHot, MemoryMessenger
from core.errors import AmbiguousError, HotStoreError, RejectedError
from core.ports import HotRow


async def test_sleepers_wake_when_their_moment_has_come() -> None:
    clock = ManualClock(1_000)
    woken: list[float] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (2.0, 1.0, 3.0)]
    await asyncio.sleep(0)
    clock.advance(0.9)
    await asyncio.sleep(0)
    assert woken == []
    tasks[2].cancel()
    clock.advance(5)
    await asyncio.wait(tasks)
    assert woken == [1.0, 2.0]
    assert clock.now_ms() == 6_900


async def test_the_messenger_keeps_what_was_sent_and_fails_as_told() -> None:
    messenger = MemoryMessenger(lambda: 7)
    assert (await messenger.send(1, 5, {"text": "a"})).telegram_id == 1
    messenger.fail_next(AmbiguousError("no answer"), arrives=True)
    with pytest.raises(AmbiguousError):
        await messenger.send(1, 5, {"text": "b"})
    messenger.fail_chat(6, RejectedError("blocked", code="blocked"))
    for _ in range(2):
        with pytest.raises(RejectedError):
            await messenger.send(1, 6, {"text": "c"})
    messenger.fail_chat(6, None)
    await messenger.send(1, 6, {"text": "d"})
    assert [(d.body["text"], d.arrived) for d in messenger.sent] == [
        ("a", True),
        ("b", True),
        ("c", False),
        ("c", False),
        ("d", True),
    ]


async def test_hot_profiles_in_memory_never_go_back() -> None:
    hot = MemoryHot()
    assert await hot.mark() is None
    await hot.write([HotRow(1, 10, '["cmds","5","s:ENGAGED","9000"]'), HotRow(2, 11, "[]")])
    await hot.write([HotRow(1, 9, '["cmds","4"]')])
    found = await hot.read([2, 1, 3])
    assert list(found) == [2, 1]
    assert found[1] == {"seq": "10", "cmds": "5", "s:ENGAGED": "9000"}
    await hot.set_mark(11)
    assert await hot.mark() == 11
    await hot.publish([{"n": 1}, {"n": 2}])
    assert await hot.feed(1) == [{"n": 2}]
    await hot.clear()
    assert (await hot.mark(), await hot.read([1]), await hot.feed(5)) == (None, {}, [])


async def test_groups_and_the_forgotten_in_memory_are_as_in_redis() -> None:
    hot = MemoryHot()
    await hot.write([HotRow(1, 10, '["cmds","5"]'), HotRow(2, 11, "[]")])
    await hot.write_groups([HotRow(1, 12, '["kind","group"]'), HotRow(2, 13, "[]")])
    await hot.publish([{"person": 1}, {"person": 2}])
    await hot.forget([1])
    await hot.write([HotRow(1, 14, '["cmds","6"]')])
    await hot.write_groups([HotRow(2, 15, "")])
    assert await hot.read([1, 2]) == {2: {"seq": "11"}}
    assert await hot.read_groups([1, 2]) == {1: {"seq": "12", "kind": "group"}}
    assert await hot.feed(5) == [{"person": 2}]
    await hot.compact()
    assert hot.compacted == 1
    hot.refuses = True
    with pytest.raises(HotStoreError) as caught:
        await hot.compact()
    assert caught.value.permanent


async def test_an_absent_hot_store_says_so() -> None:
    hot = MemoryHot()
    hot.absent = True
    with pytest.raises(HotStoreError):
        await hot.ping()
    hot.absent = False
    assert (await hot.ping())["keys"] == 0
