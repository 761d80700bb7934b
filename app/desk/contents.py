"""Contents for operators: what there is and where it comes from, how it looks, and changes of it.

The store goes before the files. What stands in files only is shown as version 0; a running installation takes
the files under `content/` into the store when it starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from adapters.contents import MEDIA_FOLDER, load_contents, missing_media, read_contents, survey
from app.desk.reading import resolve
from app.desk.workspace import ROOT, STRATEGIES, Workspace
from core.catalog import FILE, Catalog, language_of, load_catalog, values_of
from core.content import Content, Links, addresses, faults, from_document, readable, render, to_document
from core.content import visible_length as length_of
from core.errors import ContentError, NotFoundError, RefusedError, SettingsError
from core.ports import AuditEntry, ContentVersion, PersonRecord, Transaction

FOLDER: Final = ROOT / "content"
LIST: Final = "manage_crm.py content list"
CHECK: Final = "manage_crm.py content check"
DAY_MS: Final = 86_400_000
CLICKS: Final = "link_clicked"
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class ContentLine:
    """A content. state: live or retired. version 0: in a file only; author `file`: what a file says."""

    content: Content
    segments: tuple[str, ...]
    state: str = "live"
    version: int = 0
    author: str = FILE
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """A content in one language. `html` as Telegram gets it, `words` as a person reads it, `length` as it is
    counted, of at most `most`; `buttons` row by row; `links` with the place they stand at."""

    name: str
    kind: str
    language: str
    html: str
    words: str
    length: int
    buttons: tuple[tuple[str, ...], ...] = ()
    media: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    manners: tuple[str, ...] = ()
    person: str = ""


@dataclass(frozen=True, slots=True)
class LinkLine:
    """An address of a content, and how many people opened it in the days that were asked for."""

    content: str
    language: str
    where: str
    address: str
    people: int = 0


@dataclass(frozen=True, slots=True)
class Put:
    """What `put` made of a content: its version, and whether it is new."""

    name: str
    version: int
    changed: bool
    keys: tuple[str, ...] = ()


@dataclass(slots=True)
class _Clicks:
    """(content, address) -> people."""

    people: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def add(self, content: str, address: str, person_no: int) -> None:
        self.people.setdefault((content, address), set()).add(person_no)


class ContentDesk:
    """Contents of one workspace. `folder`: where the files lie."""

    def __init__(self, space: Workspace, actor: str = "terminal", folder: Path = FOLDER) -> None:
        self._space = space
        self._actor = actor
        self._folder = folder

    # ------------------------------------------------------------------ questions
    async def lines(self, segment: str = "") -> list[ContentLine]:
        """All contents, of one segment if named, by name."""
        names = [spec.name for spec in self._space.specs]
        if segment and segment not in names:
            raise NotFoundError(
                f"there is no segment {segment}; there are {', '.join(names)}",
                next_step="manage_crm.py segments list",
            )
        found = await self._all()
        chosen = [one for one in found.values() if not segment or segment in one.segments]
        return sorted(chosen, key=lambda one: (one.segments, one.content.name))

    async def line(self, name: str) -> ContentLine:
        """One of them; NotFoundError if there is none."""
        found = (await self._all()).get(name)
        if found is None:
            raise NotFoundError(f"there is no content {name}", next_step=LIST)
        return found

    async def history(self, name: str) -> list[ContentVersion]:
        """Versions in the store, newest first; that of a file only as version 0."""
        line = await self.line(name)
        async with self._space.store.transaction(write=False) as tx:
            versions = await tx.contents.history(name)
        return versions or [ContentVersion(name, 0, True, FILE, 0, to_document(line.content))]

    async def preview(self, name: str, person: str = "", language: str = "") -> list[Preview]:
        """As this person would get it; without one in this language, or in all of them."""
        line = await self.line(name)
        async with self._space.store.transaction(write=False) as tx:
            record = await self._record(tx, person) if person else None
            catalog = await load_catalog(tx, self._space.specs, [record.person_no] if record else [0])
            bot = await self._bot(tx, record) if record else ""
        wanted = [language or (language_of(record) if record else "")]
        if not record and not language:
            wanted = list(line.content.languages)
        values = values_of(record, bot) if record else {}
        worded = catalog.worded(line.content, record.person_no if record else 0)
        default = "" if language else self._space.sending.language
        return [_preview(worded, (one, default), values) for one in wanted]

    async def links(self, days: int = 30) -> list[LinkLine]:
        """Every address in contents, and who opened it."""
        contents = [one.content for one in (await self._all()).values()]
        async with self._space.store.transaction(write=False) as tx:
            clicks = await _clicks(tx, self._space.clock.now_ms() - days * DAY_MS)
        found = []
        for content in sorted(contents, key=lambda one: one.name):
            for language, where, address in _addresses(content):
                opened = len(clicks.people.get((content.name, address), ()))
                found.append(LinkLine(content.name, language, where, address, opened))
        return found

    async def faults(self) -> list[str]:
        """What is wrong with live contents of the store."""
        async with self._space.store.transaction(write=False) as tx:
            live = await tx.contents.live()
        found = []
        for name, version in sorted(live.items()):
            content = from_document(version.body)
            wrong = [*faults(content), *missing_media(content, self._folder / MEDIA_FOLDER)]
            found += [f"store, {name} version {version.version}: {fault}" for fault in wrong]
        return found

    # ------------------------------------------------------------------ changes
    async def put(self, contents: Sequence[Content], *, dry_run: bool = False) -> list[Put]:
        """Store these as the versions in force; one that says what is in force already stays, unless it
        stands in a file only, where nothing can be sent from."""
        known = await self._all()
        self._check_kinds(contents)
        now_ms = self._space.clock.now_ms()
        done = []
        async with self._space.store.transaction(write=not dry_run) as tx:
            for content in contents:
                document, old = to_document(content), known.get(content.name)
                keys = _changed(to_document(old.content) if old else {}, document)
                history = await tx.contents.history(content.name)
                version = history[0].version if history else 0
                changed = bool(keys) or old is None or old.state == "retired" or _only_filed(old)
                if changed and not dry_run:
                    await self._first(tx, old if keys else None, now_ms)
                    stored = await tx.contents.put(content.name, document, now_ms, author=self._actor)
                    version = stored.version
                    await self._audit(tx, "content.put", content.name, {"version": version})
                done.append(Put(content.name, version, changed, keys))
        return done

    async def retire(self, name: str, *, dry_run: bool = False) -> ContentLine:
        """Nothing new is planned with it. NotFoundError without it, RefusedError if it is so."""
        line = await self.line(name)
        if line.state == "retired":
            raise RefusedError(
                f"{name} is retired already", next_step=f"manage_crm.py content history {name}"
            )
        if not dry_run:
            async with self._space.store.transaction() as tx:
                await self._first(tx, line, self._space.clock.now_ms())
                await tx.contents.retire(name)
                await self._audit(tx, "content.retire", name, {"version": line.version})
        return line

    async def _first(self, tx: Transaction, line: ContentLine | None, now_ms: int) -> None:
        """What was in force by its file only becomes the first version, so that the history has it."""
        if line is not None and not line.version:
            await tx.contents.put(line.content.name, to_document(line.content), now_ms, author=FILE)

    def _check_kinds(self, contents: Iterable[Content]) -> None:
        """A segment's strategy counts on the kinds of its contents."""
        kinds = {content.name: content.kind for spec in self._space.specs for content in spec.contents}
        for content in contents:
            kind = kinds.get(content.name, content.kind)
            if kind != content.kind:
                raise RefusedError(
                    f"{content.name} is the {kind} of a segment and can't become {content.kind}",
                    next_step="give the content another name",
                )

    async def _audit(self, tx: Transaction, action: str, name: str, detail: Mapping[str, object]) -> None:
        now_ms = self._space.clock.now_ms()
        await tx.control.audit([AuditEntry(now_ms, self._actor, action, name, dict(detail))])

    # ------------------------------------------------------------------ inside
    async def _all(self) -> dict[str, ContentLine]:
        of_files = {content.name: content for content in load_contents(self._folder)}
        async with self._space.store.transaction(write=False) as tx:
            catalog = await load_catalog(tx, self._space.specs)
            live = await tx.contents.live()
            retired = {name: (await tx.contents.history(name))[0] for name in await tx.contents.retired()}
        known = {**of_files, **catalog.contents} | {
            name: from_document(version.body) for name, version in retired.items()
        }
        return {
            name: _line(content, (live.get(name) or retired.get(name), name in retired), catalog)
            for name, content in known.items()
        }

    async def _record(self, tx: Transaction, person: str) -> PersonRecord:
        number = await resolve(tx, person.strip())
        if number is None:
            raise NotFoundError(f"there is no person {person}", next_step="manage_crm.py users find TEXT")
        return (await tx.people.load([number]))[number]

    async def _bot(self, tx: Transaction, record: PersonRecord) -> str:
        """The name of the bot that speaks with them."""
        reaches = (await tx.people.reach([record.person_no])).get(record.person_no, [])
        names = {bot.bot_id: bot.name for bot in self._space.bots}
        latest = max(reaches, key=lambda one: (one.state == "open", one.seen_ms), default=None)
        return names.get(latest.bot_id, "") if latest is not None else ""


def check_files() -> list[str]:
    """All that is wrong with the files of contents and of segments' contents."""
    return survey(FOLDER, STRATEGIES).faults


def read_file(path: Path) -> tuple[Content, ...]:
    """The contents of a file that an operator names. Raises SettingsError with the first fault."""
    if not path.is_file():
        raise SettingsError(f"there is no file {path}", next_step="see docs/content.md")
    return read_contents(path, FOLDER / MEDIA_FOLDER)


def _line(content: Content, stored: tuple[ContentVersion | None, bool], catalog: Catalog) -> ContentLine:
    version, retired = stored
    segments = tuple(name for name, names in catalog.segments.items() if content.name in names)
    state = "retired" if retired else "live"
    if version is None:
        return ContentLine(content, segments, state)
    return ContentLine(content, segments, state, version.version, version.author, version.at_ms)


def _only_filed(line: ContentLine) -> bool:
    """Whether the store and the segments lack it: it stands in a file that no start has stored yet."""
    return not line.version and not line.segments


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)))


def _preview(content: Content, reader: tuple[str, str], values: Mapping[str, str]) -> Preview:
    """For a reader of the first language; of none (asked for by name) there is no other to fall back on."""
    language, default = reader
    chosen = content.language_for(language, default)
    if chosen is None or (not default and chosen != language.partition("-")[0].lower()):
        raise ContentError(
            f"{content.name} does not speak {language!r}; it speaks {', '.join(content.languages)}",
            next_step=f"manage_crm.py content show {content.name}",
        )
    body: dict[str, Any] = render(content, chosen, values, Links(start=_start))
    poll = body.get("poll") or {}
    html = str(poll.get("question", body.get("text", "")))
    words = html if poll else readable(html)
    return Preview(
        name=content.name,
        kind=content.kind,
        language=chosen,
        html=html,
        words=words,
        length=len(html) if poll else length_of(html),
        buttons=tuple(tuple(str(button["text"]) for button in row) for row in body.get("buttons", ())),
        media=tuple(f"{one.type} {one.source}" for one in content.media),
        options=tuple(poll.get("options", ())),
        links=_links(html, body.get("buttons", ()), poll=bool(poll)),
        manners=tuple(name for name in ("silent", "protect", "preview") if body.get(name)),
    )


def _start(code: str) -> str:
    """A start button's address without its signature, which belongs to the moment of sending."""
    return f"https://t.me/BOT?start={code}"


def _links(html: str, rows: Sequence[Sequence[Mapping[str, object]]], *, poll: bool) -> tuple[str, ...]:
    named = [str(button["url"]) for row in rows for button in row if "url" in button]
    return tuple(dict.fromkeys([*(() if poll else addresses(html)), *named]))


def _addresses(content: Content) -> list[tuple[str, str, str]]:
    """(language, where it stands, address)."""
    found = [
        (language, "text", address)
        for language, text in sorted(content.texts.items())
        for address in addresses(text)
    ]
    for button in content.buttons:
        for language, address in sorted((button.url or {}).items()):
            found.append((language, f"button {button.texts.get(language, '')}", address))
    return found


async def _clicks(tx: Transaction, since_ms: int) -> _Clicks:
    """Everybody's clicks since then, by what stands in the messages."""
    found, after = _Clicks(), 0
    while numbers := await tx.people.numbers(after, _PAGE):
        await _count(tx, numbers, since_ms, found)
        after = numbers[-1]
    return found


async def _count(tx: Transaction, person_nos: Sequence[int], since_ms: int, found: _Clicks) -> None:
    clicks = await tx.events.of_kinds(person_nos, [CLICKS], since_ms)
    rows = await tx.ledger.get(sorted({int(one.event.props["message"] or 0) for one in clicks}))
    for one in clicks:
        message = rows.get(int(one.event.props["message"] or 0))
        links: Any = message.body.get("links", ()) if message is not None else ()
        place = int(one.event.props["link"] or 0)
        if message is not None and place < len(links):
            found.add(message.content, str(links[place]), one.person_no)
