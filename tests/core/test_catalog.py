"""The catalogue: the store goes before the files, retired is out, approved texts come first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.memory import MemoryStore
from core.catalog import FILE, load_catalog, take_files
from core.content import Brief, Content, to_document
from core.errors import ContentError
from core.grammar import parse
from core.ports import Writing
from core.segment import SegmentSpec
from core.strategy import Pace, Strategy
from core.writing import Ask, fingerprint

PACE = Pace(1, 1, 24)
HELLO = Content("hello", "news", {"en": "Hello", "tr": "Selam"})
OFFER = Content("offer", "offer", {"en": "Offer"})
BRIEFED = replace(HELLO, brief=Brief("warm", ("We are open.",)))
SPEC = SegmentSpec(
    "ALL",
    parse({"all": ["interactions_7d >= 0"]}),
    (),
    Strategy("ALL", 1, 5, PACE, PACE, ("news",)),
    (HELLO, OFFER),
)
NEWS = Content("news", "news", {"en": "News"})


async def test_files_hold_until_the_store_has_a_version_or_retired_them() -> None:
    store = MemoryStore()
    async with store.transaction() as tx:
        catalog = await load_catalog(tx, [SPEC])
        assert (catalog.content("hello"), catalog.of_segment("ALL")) == (HELLO, (HELLO, OFFER))
        assert catalog.of_segment("NONE") == ()
        changed = replace(HELLO, texts={"en": "Hi"}, silent=True)
        await tx.contents.put("hello", to_document(changed), 1, author="ayse")
        await tx.contents.put("news", to_document(NEWS), 1, author="ayse")
        catalog = await load_catalog(tx, [SPEC])
        assert catalog.of_kind("ALL", "news") == (changed,), (
            "what belongs to no segment is not the optimizer's"
        )
        assert catalog.content("news") == NEWS
        await tx.contents.retire("hello")
        await tx.contents.retire("news")
        catalog = await load_catalog(tx, [SPEC])
        assert (catalog.content("hello"), catalog.content("news")) == (None, None)
        assert catalog.of_segment("ALL") == (OFFER,)


async def test_files_are_taken_in_when_new_or_edited_and_the_last_change_is_in_force() -> None:
    store = MemoryStore()
    async with store.transaction() as tx:
        assert await take_files(tx, [SPEC], [NEWS], 1) == ["news"]
        assert await take_files(tx, [SPEC], [NEWS], 2) == []
        edited = replace(NEWS, texts={"en": "Newer"})
        assert await take_files(tx, [SPEC], [edited], 3) == ["news"]
        operators = replace(NEWS, texts={"en": "By hand"})
        await tx.contents.put("news", to_document(operators), 4, author="ayse")
        assert await take_files(tx, [SPEC], [edited], 5) == []
        assert (await load_catalog(tx, [SPEC])).content("news") == operators
        await tx.contents.retire("news")
        assert await take_files(tx, [SPEC], [edited], 6) == []
        assert (await load_catalog(tx, [SPEC])).content("news") is None
        await tx.contents.put("hello", to_document(HELLO), 7, author=FILE)
        await tx.contents.retire("hello")
        other = replace(SPEC, contents=(replace(HELLO, texts={"en": "Edited"}), OFFER))
        assert await take_files(tx, [other], [], 8) == ["hello"]
        found = (await load_catalog(tx, [other])).content("hello")
        assert found is not None and found.texts == {"en": "Edited"}


async def test_a_name_that_stands_in_both_kinds_of_files_is_refused() -> None:
    async with MemoryStore().transaction() as tx:
        with pytest.raises(ContentError, match="hello stands under content/ and in the file of a segment"):
            await take_files(tx, [SPEC], [replace(HELLO, kind="tutorial")], 1)
        assert await tx.contents.live() == {}


def written(language: str, text: str, person_no: int = 0, state: str = "approved") -> Writing:
    mark = fingerprint(Ask(BRIEFED, language))
    return Writing(0, "hello", language, mark, person_no, state, text, "", "m", 1)


async def test_approved_texts_come_first_and_a_persons_own_before_all_others() -> None:
    store = MemoryStore()
    spec = replace(SPEC, contents=(BRIEFED, OFFER))
    async with store.transaction() as tx:
        await tx.writings.add(
            [
                written("en", "For all"),
                written("en", "For seven", 7),
                written("tr", "Bekleyen", state="waiting"),
            ]
        )
        catalog = await load_catalog(tx, [spec], [7, 8])
        assert catalog.texts_for(BRIEFED, 7) == {"en": "For seven", "tr": "Selam"}
        assert catalog.texts_for(BRIEFED, 8) == {"en": "For all", "tr": "Selam"}
        assert catalog.texts_for(BRIEFED) == {"en": "For all", "tr": "Selam"}
        assert catalog.worded(BRIEFED, 8).texts["en"] == "For all"
        assert catalog.worded(OFFER, 7) is OFFER
        edited = replace(BRIEFED, brief=Brief("warm", ("We are closed.",)))
        catalog = await load_catalog(tx, [replace(spec, contents=(edited, OFFER))], [7])
        assert catalog.texts_for(edited, 7) == edited.texts, "an edited brief makes its texts void"
