"""Which texts are missing: of each brief in each language, and of personal ones for each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.catalog import Catalog, language_of, load_catalog
from core.content import Content
from core.ports import PersonRecord, Transaction, Writing
from core.profile import view
from core.segment import SegmentSpec
from core.writing import Ask, about, fingerprint

MOST_TRIES: Final = 3
"""So often is asked for the same; then the template stays until the brief is changed."""
PEOPLE: Final = 200
"""Members of a segment that one run looks at for personal texts."""
CURSOR: Final = "write:people:"
_ENDS_A_TRY: Final = frozenset({"refused", "rejected"})


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
    after = int((await tx.control.marks(CURSOR + content.name)).get(CURSOR + content.name, "0"))
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
