"""Files of contents, parsed once at the edge: `content/*.yaml`, segments' files, what `content put` takes.

Promises: whoever reads gets contents that can be sent in every language they claim, whose named media lie in
`content/media`, or SettingsError names the file, the content, the language, the place and what is allowed.
`survey` finds all faults and not only the first. Leaves to others: taking them into the store
(`core.catalog.take_files`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from adapters.reading import Model, faults_of, read_yaml, shown
from core.content import Content, faults, from_document
from core.errors import SettingsError

SEE: Final = "docs/content.md"
MEDIA_FOLDER: Final = "media"
MAX_MB: Final[Mapping[str, int]] = {"photo": 10}
"""What the Bot API takes as an upload; of other kinds OTHER_MB."""
OTHER_MB: Final = 50
_MB: Final = 1024 * 1024
_FILE: Final = "file:"

ContentKind = Literal["offer", "reminder", "tutorial", "social", "news", "poll"]
Texts = Annotated[dict[Literal["tr", "en"], str], Field(min_length=1)]


class _Button(Model):
    texts: Texts
    action: str = ""
    url: str | Texts | None = None
    start: str = ""


class _Media(Model):
    type: Literal["photo", "video", "animation", "audio", "document", "voice"]
    source: str


class _Poll(Model):
    question: Texts
    options: list[Texts]
    multiple: bool = False


class _Brief(Model):
    tone: str = ""
    facts: Annotated[list[str], Field(min_length=1)]
    links: list[str] = []
    max_chars: int = 600
    review: bool = True
    personal: bool = False


class ContentModel(Model):
    """A content as files write it."""

    name: str
    kind: ContentKind
    texts: dict[Literal["tr", "en"], str] = {}
    buttons: list[_Button] = []
    photo: str | None = None
    media: list[_Media] = []
    poll: _Poll | None = None
    brief: _Brief | None = None
    silent: bool = False
    protect: bool = False
    preview: bool = False
    ages: Annotated[list[int], Field(min_length=2, max_length=2)] = [0, 0]

    @model_validator(mode="after")
    def _one_way(self) -> ContentModel:
        if self.photo is not None and self.media:
            raise ValueError("photo is short for media with one photo; give only one of them")
        return self

    def value(self) -> Content:
        """The content, unchecked."""
        return from_document(self.model_dump())


@dataclass(slots=True)
class Survey:
    """What files say: contents by the file they stand in, and all that is wrong, in sentences."""

    contents: list[tuple[Path, Content]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, path: Path, raw: Iterable[object], media: Path) -> None:
        """Contents as plain documents of one file."""
        for number, each in enumerate(raw, 1):
            if not isinstance(each, Mapping):
                self.faults.append(
                    f"{shown(path)}: content {number}: must be keys such as name, kind and texts;"
                    " several contents stand as a list under content:"
                )
                continue
            name = each.get("name")
            try:
                content = ContentModel.model_validate(each).value()
            except ValidationError as error:
                where = f"content {name or number}"
                self.faults += [f"{shown(path)}: {where}: {fault}" for fault in faults_of(error)]
                continue
            wrong = [*faults(content), *missing_media(content, media)]
            self.faults += [f"{shown(path)}: {fault}" for fault in wrong]
            if not wrong:
                self.contents.append((path, content))

    def check_names(self) -> None:
        """No two contents have one name."""
        seen: dict[str, Path] = {}
        for path, content in self.contents:
            if content.name in seen:
                first = shown(seen[content.name])
                self.faults.append(f"{shown(path)}: the content {content.name} stands in {first} already")
            seen.setdefault(content.name, path)


def missing_media(content: Content, folder: Path) -> list[str]:
    """What is wrong with the files that it names."""
    found = []
    for one in content.media:
        if not one.source.startswith(_FILE):
            continue
        name = one.source.removeprefix(_FILE)
        file, most = folder / name, MAX_MB.get(one.type, OTHER_MB)
        if "/" in name or not file.is_file():
            found.append(f"content {content.name}: there is no file {name} in {shown(folder)}")
        elif not 0 < file.stat().st_size <= most * _MB:
            found.append(f"content {content.name}: {name} must have 1 byte to {most} MB as a {one.type}")
    return found


def survey(folder: Path, strategies: Path | None = None) -> Survey:
    """Everything under `content/`, and the contents of segments' files."""
    found = Survey()
    for path in sorted(folder.glob("*.yaml")):
        _look(found, path, folder / MEDIA_FOLDER)
    for path in sorted(strategies.glob("*.yaml")) if strategies is not None else ():
        _look(found, path, folder / MEDIA_FOLDER)
    found.check_names()
    return found


def _look(found: Survey, path: Path, media: Path) -> None:
    try:
        data = read_yaml(path, SEE)
    except SettingsError as error:
        found.faults.append(str(error))
        return
    found.add(path, documents(data), media)


def documents(data: object) -> Sequence[object]:
    """The contents of a file: one, or a list under `content` (as in the files of segments)."""
    if isinstance(data, Mapping) and "content" in data:
        many: Any = data["content"]
        return many if isinstance(many, list) else [many]
    return [data]


def load_contents(folder: Path) -> tuple[Content, ...]:
    """All contents of a folder; none is fine. Raises SettingsError with the first fault."""
    return _sound(survey(folder))


def read_contents(path: Path, media: Path) -> tuple[Content, ...]:
    """Those of one file. Raises SettingsError with all its faults."""
    found = Survey()
    found.add(path, documents(read_yaml(path, SEE)), media)
    found.check_names()
    if found.faults:
        first, *others = found.faults
        rest = [fault.removeprefix(f"{shown(path)}: ") for fault in others]
        raise SettingsError("; ".join([first, *rest]), next_step=f"correct the file, see {SEE}")
    return tuple(content for _, content in found.contents)


def _sound(found: Survey) -> tuple[Content, ...]:
    if found.faults:
        more = f" (and {len(found.faults) - 1} more)" if found.faults[1:] else ""
        raise SettingsError(found.faults[0] + more, next_step="manage_crm.py content check")
    return tuple(content for _, content in found.contents)
