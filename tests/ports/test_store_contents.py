"""Contents in every store: versions, of which at most one is live."""

from __future__ import annotations

from core.ports import Store

FIRST = {"name": "hello", "kind": "news", "texts": {"en": "Hello", "tr": "Selam İşte"}}
SECOND = {**FIRST, "silent": True, "ages": [0, 30]}


async def test_every_change_is_a_version_and_the_last_is_live(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.contents.live() == {}
        assert (await tx.contents.put("hello", FIRST, 1, author="file")).version == 1
        stored = await tx.contents.put("hello", SECOND, 2, author="ayse")
        assert (stored.version, stored.live, stored.author, stored.at_ms) == (2, True, "ayse", 2)
        await tx.contents.put("other", FIRST, 3, author="file")
    async with store.transaction(write=False) as tx:
        assert [(one.version, one.live) for one in await tx.contents.history("hello")] == [
            (2, True),
            (1, False),
        ]
        live = await tx.contents.live()
    assert list(live) == ["hello", "other"]
    assert live["hello"].body == SECOND


async def test_a_retired_content_has_no_live_version_until_it_is_put_again(store: Store) -> None:
    async with store.transaction() as tx:
        assert not await tx.contents.retire("hello")
        await tx.contents.put("hello", FIRST, 1, author="file")
        await tx.contents.put("other", FIRST, 1, author="file")
        assert await tx.contents.retire("hello")
        assert not await tx.contents.retire("hello")
    async with store.transaction() as tx:
        assert list(await tx.contents.live()) == ["other"]
        assert await tx.contents.retired() == frozenset({"hello"})
        assert (await tx.contents.put("hello", SECOND, 2, author="ayse")).version == 2
        assert await tx.contents.retired() == frozenset()
    async with store.transaction(write=False) as tx:
        assert list(await tx.contents.live()) == ["hello", "other"]
