"""YAML files that operators edit, read safely; what is wrong is said with the file's name and the line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import SettingsError


class Model(BaseModel):
    """What all documents share: no unknown keys, no changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice, and lets `op: =` be written without quotes."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[object, object]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} is given twice", key_node.start_mark
            )
        seen.add(key)
    return dict(loader.construct_mapping(node, deep=True))


def _text(_: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:value", _text)


def read_yaml(path: Path, see: str) -> object:
    """What the file says. SettingsError when it can't be read; `see`: the page that explains such files."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        fail(path, f"can't be read: {getattr(error, 'strerror', None) or error}", see, error)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        fail(path, f"is no valid YAML{line}: {getattr(error, 'problem', None) or error}", see, error)


def faults_of(error: ValidationError) -> Iterator[str]:
    """What a document lacks or has too much, key by key."""
    for one in error.errors(include_url=False):
        key = ".".join(str(part) for part in one["loc"]) or "the file"
        yield f"{key}: {one['msg']}"


def shown(path: Path) -> str:
    """The file's name for messages: with its folder where one is named, without the way there."""
    return str(Path(path.parent.name) / path.name)


def fail(path: Path, message: str, see: str, cause: Exception | None = None) -> NoReturn:
    """Say what is wrong with a file."""
    raise SettingsError(f"{shown(path)}: {message}", next_step=f"see {see}") from cause
