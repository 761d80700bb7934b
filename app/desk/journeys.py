"""Journeys for operators: looked at, stored, opened and closed, and people put in, out or over. Each change
commits together with its line in the audit trail.

Promises: a journey takes newcomers only if everything that it sends is there in every language; who is inside
stays in the version they entered until somebody moves them, and only where every step has its place. Leaves
to others: the steps themselves (`core.flow.journey`), what came of it (`app.desk.travels`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.contents import load_contents
from adapters.journeys import JourneyFile, load_journey, load_journeys
from app.desk.reading import resolve
from app.desk.workspace import ROOT, Workspace
from core.catalog import load_catalog
from core.content import Content
from core.errors import NotFoundError, RefusedError, SettingsError
from core.flow.journey import (
    Taking,
    begin,
    campaign_of,
    close,
    enter,
    move_over,
    newcomer,
    read,
    take_out,
)
from core.journey import ACTIVE, Journey, missing, unmapped
from core.ports import AuditEntry, Enrolment, JourneyVersion, Transaction

FOLDER: Final = ROOT / "journeys"
CONTENTS: Final = ROOT / "content"
LIST: Final = "manage_crm.py journey list"
PAGE: Final = 500
_PAUSE: Final = "pause:campaign:"
_ALL_RUNS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class JourneyLine:
    """A journey. live: the version that takes newcomers, 0 = none does; newest: the last version, 0 = it is a
    file only; paused: why it stands still; counts: runs by state."""

    name: str
    journey: Journey | None
    live: int = 0
    newest: int = 0
    paused: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """What it is called now."""
        if not self.newest:
            return "file"
        return ("paused" if self.paused else "open") if self.live else "closed"

    @property
    def proposal(self) -> bool:
        """Whether a newer version than that of newcomers waits for approval."""
        return 0 < self.live < self.newest


@dataclass(frozen=True, slots=True)
class JourneyCard:
    """One version of a journey, with where it stands; None: this program can't read it."""

    line: JourneyLine
    version: JourneyVersion
    journey: Journey | None
    began_ms: int = 0


def read_file(path: Path) -> JourneyFile:
    """The journey of a file that an operator names. Raises SettingsError."""
    if not path.is_file():
        raise SettingsError(f"there is no file {path}", next_step="see docs/journeys.md")
    return load_journey(path)


class JourneyDesk:
    """Journeys of one workspace. `folder`, `contents`: where the files lie."""

    def __init__(
        self, space: Workspace, actor: str = "terminal", folder: Path = FOLDER, contents: Path = CONTENTS
    ) -> None:
        self._space = space
        self._actor = actor
        self._folder = folder
        self._contents = contents

    # ------------------------------------------------------------------ questions
    async def lines(self) -> list[JourneyLine]:
        """All journeys by name; those of files that are not stored yet too."""
        async with self._space.store.transaction(write=False) as tx:
            found = {name: await self._line(tx, name) for name in await tx.journeys.newest()}
        for file in load_journeys(self._folder):
            found.setdefault(file.journey.name, JourneyLine(file.journey.name, file.journey))
        return [found[name] for name in sorted(found)]

    async def card(self, name: str, version: int = 0) -> JourneyCard:
        """One version; 0 = that of newcomers, else the newest. NotFoundError if there is none."""
        async with self._space.store.transaction(write=False) as tx:
            if name not in await tx.journeys.newest():
                return self._file_card(name, version)
            line = await self._line(tx, name)
            chosen = await self._version(tx, name, version or line.live or line.newest)
            return JourneyCard(line, chosen, read(chosen))

    def _file_card(self, name: str, version: int) -> JourneyCard:
        file = next((one for one in load_journeys(self._folder) if one.journey.name == name), None)
        if file is None or version:
            raise NotFoundError(f"there is no journey {name}", next_step=LIST)
        stored = JourneyVersion(name, 0, False, "file", 0, file.document)
        return JourneyCard(JourneyLine(name, file.journey), stored, file.journey)

    async def history(self, name: str) -> list[JourneyVersion]:
        """All stored versions, newest first; NotFoundError if there is none."""
        async with self._space.store.transaction(write=False) as tx:
            found = await tx.journeys.history(name)
        if not found:
            raise NotFoundError(f"no version of {name} is stored", next_step=LIST)
        return found

    async def check(self) -> list[str]:
        """All that is wrong with files and with the versions that take newcomers."""
        found = []
        async with self._space.store.transaction(write=False) as tx:
            contents = await self._sayable(tx)
            live = await tx.journeys.live()
        for path in sorted(self._folder.glob("*.yaml")):
            try:
                file = load_journey(path)
            except SettingsError as error:
                found.append(str(error))
                continue
            found += [
                f"{self._folder.name}/{path.name}: {fault}" for fault in missing(file.journey, contents)
            ]
        for name, version in live.items():
            journey = read(version)
            faults = missing(journey, contents) if journey is not None else ["can't be read any more"]
            found += [f"store, {name} version {version.version}: {fault}" for fault in faults]
        return found

    async def people(self, name: str, after: int, limit: int, state: str = "") -> list[Enrolment]:
        """Runs of people with larger numbers, in that order; of one state if said."""
        await self.card(name)
        async with self._space.store.transaction(write=False) as tx:
            found = await tx.journeys.members(name, (after, _ALL_RUNS), limit, state)
            if len(found) == limit:  # the next page begins with another person
                last = found[-1]
                more = await tx.journeys.members(name, (last.person_no, last.run), PAGE, state)
                found += [one for one in more if one.person_no == last.person_no]
        return found

    # ------------------------------------------------------------------ versions
    async def put(self, file: JourneyFile, *, dry_run: bool = False) -> int:
        """Store a file as the next version, without newcomers yet; which version. RefusedError if the newest
        says the same, or sends what is not there."""
        name = file.journey.name
        async with self._space.store.transaction(write=not dry_run) as tx:
            self._refuse(missing(file.journey, await self._sayable(tx)))
            history = await tx.journeys.history(name)
            if history and read(history[0]) == file.journey:
                raise RefusedError(
                    f"version {history[0].version} of {name} says the same",
                    next_step=f"manage_crm.py journey history {name}",
                )
            version = history[0].version + 1 if history else 1
            if not dry_run:
                now_ms = self._now()
                stored = await tx.journeys.put(name, file.document, now_ms, author=self._actor, live=False)
                version = stored.version
                await self._audit(tx, "put", name, {"version": version})
        return version

    async def open(self, name: str, version: int = 0, *, action: str = "start", dry_run: bool = False) -> int:
        """Take newcomers into this version, 0 = the newest; which it is. RefusedError if it does already."""
        async with self._space.store.transaction(write=not dry_run) as tx:
            await self._stored(tx, name)
            line = await self._line(tx, name)
            chosen = await self._version(tx, name, version or line.newest)
            if chosen.live:
                raise RefusedError(f"version {chosen.version} of {name} takes newcomers already")
            journey = read(chosen)
            if journey is None:
                raise RefusedError(f"version {chosen.version} of {name} can't be read by this program")
            self._refuse(missing(journey, await self._sayable(tx)))
            if not dry_run:
                await begin(tx, name, chosen.version, self._now())
                await self._audit(tx, action, name, {"from": line.live, "to": chosen.version})
        return chosen.version

    async def close(self, name: str) -> None:
        """Take no newcomers any more; those inside go on. RefusedError if it takes none."""
        async with self._space.store.transaction() as tx:
            await self._stored(tx, name)
            if name not in await tx.journeys.live():
                raise RefusedError(
                    f"{name} takes no newcomers", next_step=f"manage_crm.py journey show {name}"
                )
            await close(tx, name)
            await self._audit(tx, "stop", name, {})

    async def close_and_empty(self, name: str) -> int:
        """Take no newcomers any more, and everybody out who is inside; how many they were. RefusedError if
        nobody is inside and nobody comes."""
        line = (await self.card(name)).line
        if line.live or not line.counts.get(ACTIVE, 0):
            await self.close(name)
        return await self.empty(name)

    # ------------------------------------------------------------------ people
    async def empty(self, name: str) -> int:
        """Take everybody out who is inside; how many they were."""
        out, more = 0, True
        while more:
            async with self._space.store.transaction() as tx:
                page = await tx.journeys.members(name, (0, 0), PAGE, ACTIVE)
                gone = await take_out(tx, page, f"stopped by {self._actor}", self._now())
                more = len(page) == PAGE
                if gone:
                    await self._audit(tx, "empty", name, {"people": len(gone)})
            out += len(gone)
        return out

    async def enrol(self, name: str, person: str, *, dry_run: bool = False) -> Enrolment:
        """Put a person at the first step of the version of newcomers, else of the newest. RefusedError for
        somebody who is inside."""
        async with self._space.store.transaction(write=not dry_run) as tx:
            number = await self._person(tx, person)
            await self._stored(tx, name)
            line = await self._line(tx, name)
            version = line.live or line.newest
            journey = read(await self._version(tx, name, version))
            former = (await tx.journeys.latest(name, [number])).get(number)
            if former is not None and former.state == ACTIVE:
                raise RefusedError(f"person {number} is in {name} already, at step {former.step}")
            if journey is None:
                raise RefusedError(f"version {version} of {name} can't be read by this program")
            now_ms = self._now()
            run = former.run + 1 if former is not None else 1
            one = newcomer(Taking(journey, version, 0), number, run, (now_ms, now_ms))
            if not dry_run:
                await enter(tx, [one], now_ms)
                await self._audit(tx, "enrol", name, {"person_no": number, "run": run})
        return one

    async def remove(self, name: str, person: str, *, dry_run: bool = False) -> Enrolment:
        """Take a person out. NotFoundError for somebody who is not inside."""
        async with self._space.store.transaction(write=not dry_run) as tx:
            number = await self._person(tx, person)
            await self._stored(tx, name)
            former = (await tx.journeys.latest(name, [number])).get(number)
            if former is None or former.state != ACTIVE:
                raise NotFoundError(
                    f"person {number} is not in {name}", next_step=f"manage_crm.py journey people {name}"
                )
            if not dry_run:
                await take_out(tx, [former], f"removed by {self._actor}", self._now())
                await self._audit(tx, "remove", name, {"person_no": number, "run": former.run})
        return former

    async def migrate(
        self, name: str, version: int, steps: Mapping[str, str], *, dry_run: bool = False
    ) -> int:
        """Move everybody inside into this version; `steps`: where each step goes on. How many they are.
        RefusedError where a step with people has no place there."""
        async with self._space.store.transaction(write=False) as tx:
            await self._stored(tx, name)
            journey = read(await self._version(tx, name, version))
            counts = await tx.journeys.counts(name)
        if journey is None:
            raise RefusedError(f"version {version} of {name} can't be read by this program")
        people = {key: n for key, n in counts.items() if key[0] != version and key[1] == ACTIVE}
        lost = unmapped(journey, [*steps.values(), *(steps.get(step, step) for _, _, step in people)])
        if lost:
            raise RefusedError(
                f"version {version} of {name} has no step {', '.join(lost)}",
                next_step=f"say where it goes on: --map {lost[0]}={journey.first}",
            )
        return sum(people.values()) if dry_run else await self._move(name, version, steps)

    async def _move(self, name: str, version: int, steps: Mapping[str, str]) -> int:
        """Page by page, so that nobody waits long for the database; broken off, it can be asked again."""
        moved, after, more = 0, (0, 0), True
        while more:
            async with self._space.store.transaction() as tx:
                page = await tx.journeys.members(name, after, PAGE, ACTIVE)
                others = [one for one in page if one.version != version]
                done = await move_over(tx, others, version, steps, self._now())
                if done:
                    await self._audit(tx, "migrate", name, {"to": version, "people": done})
            moved, more = moved + done, len(page) == PAGE
            after = (page[-1].person_no, page[-1].run) if page else after
        return moved

    # ------------------------------------------------------------------ inside
    async def _line(self, tx: Transaction, name: str) -> JourneyLine:
        newest, live = (await tx.journeys.newest())[name], (await tx.journeys.live()).get(name)
        counts: dict[str, int] = {}
        for (_, state, _), n in (await tx.journeys.counts(name)).items():
            counts[state] = counts.get(state, 0) + n
        switch = (await tx.control.switches()).get(_PAUSE + campaign_of(name), "")
        return JourneyLine(
            name, read(live or newest), live.version if live else 0, newest.version, switch, counts
        )

    async def _stored(self, tx: Transaction, name: str) -> None:
        """NotFoundError unless a version is stored: a file is when the program starts, or by `put`."""
        if name in await tx.journeys.newest():
            return
        raise NotFoundError(
            f"no version of {name} is stored", next_step=f"manage_crm.py journey put journeys/{name}.yaml"
        )

    async def _version(self, tx: Transaction, name: str, version: int) -> JourneyVersion:
        found = await tx.journeys.version(name, version)
        if found is None:
            raise NotFoundError(
                f"{name} has no version {version}", next_step=f"manage_crm.py journey history {name}"
            )
        return found

    async def _person(self, tx: Transaction, text: str) -> int:
        number = await resolve(tx, text.strip())
        if number is None:
            raise NotFoundError(f"there is no person {text}", next_step="manage_crm.py users find TEXT")
        return number

    async def _sayable(self, tx: Transaction) -> dict[str, Content]:
        """Contents in force, and those of files that the store will take at the next start."""
        retired = await tx.contents.retired()
        files = {one.name: one for one in load_contents(self._contents) if one.name not in retired}
        return {**files, **(await load_catalog(tx, self._space.specs)).contents}

    def _refuse(self, faults: Sequence[str]) -> None:
        if faults:
            raise RefusedError(faults[0], next_step="manage_crm.py journey check")

    async def _audit(self, tx: Transaction, action: str, name: str, detail: Mapping[str, object]) -> None:
        entry = AuditEntry(self._now(), self._actor, f"journey.{action}", name, dict(detail))
        await tx.control.audit([entry])

    def _now(self) -> int:
        return self._space.clock.now_ms()
