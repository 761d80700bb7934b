"""Reads config.yaml, lets the environment override it, and refuses what can't be right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from adapters.settings.schema import Settings
from adapters.settings.sentences import PREFIX, dotted, nearest, place_of, sentence
from core.errors import SettingsError

_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}")
_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")
KEY_DEPTH: Final = 2
"""SECTION__KEY"""
ITEM_DEPTH: Final = 3
"""BOTS__NUMBER__KEY"""
_SECRET_KEYS: Final = frozenset({"token", "password", "secret", "api_key"})


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """The settings of this file and environment. Raises SettingsError with one sentence."""
    document = read_yaml(path)
    _refuse_secrets(path, document)
    given = {name: value for name, value in env.items() if name.startswith(PREFIX) and "__" in name}
    for name in sorted(given):
        _override(document, name, given[name])
    try:
        return Settings.model_validate(document).placed(path)
    except ValidationError as error:
        raise SettingsError(
            sentence(error, Settings, path, given), next_step="docs/reference/settings.md lists every setting"
        ) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """The sections of the file; an empty one has its defaults. Raises SettingsError."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 # it is a SafeLoader
    except OSError as error:
        raise SettingsError(
            f"{path} can't be read: {error.strerror}", next_step="name an existing file with --config"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        at = f" line {error.problem_mark.line + 1}," if error.problem_mark else ""
        raise SettingsError(f"{path.name}:{at} {error.problem or 'this is no YAML'}") from None
    except yaml.YAMLError:
        raise SettingsError(f"{path.name}: has characters that YAML does not allow") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsError(f"{path.name}: must hold sections with keys, such as 'delivery:'")
    unknown = [str(name) for name in document if name not in Settings.model_fields]
    if unknown:
        raise SettingsError(
            f"{path.name}: {unknown[0]} is not a setting; " + nearest(unknown[0], [*Settings.model_fields])
        )
    return {str(name): section for name, section in document.items() if section is not None}


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice: of two values one would be lost in silence."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[object, object]:
    seen: set[str] = set()
    for key, _ in node.value:
        if str(key.value) in seen:
            raise yaml.MarkedYAMLError(problem=f"{key.value} is given twice", problem_mark=key.start_mark)
        seen.add(str(key.value))
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _refuse_secrets(path: Path, document: object) -> None:
    for place, value in _leaves(document, ()):
        if place[-1] in _SECRET_KEYS or _TOKEN.search(value) or _PASSWORD.search(value):
            instead = (
                "name a variable or file in token_env or token_file"
                if place[0] == "bots"
                else f"set the environment variable {PREFIX}{'__'.join(str(part).upper() for part in place)}"
            )
            raise SettingsError(
                f"{path.name}: {dotted(place)} holds a secret, which does not belong here; {instead}"
            )


def _leaves(node: object, place: tuple[int | str, ...]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, (*place, str(name)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _leaves(value, (*place, number))
    elif place and node is not None:
        yield place, str(node)


def _override(document: dict[str, Any], name: str, value: str) -> None:
    """Put a variable's value to its place; sections and list items that are not there yet are made."""
    place = place_of(name)
    if place[0] not in Settings.model_fields or len(place) != (
        ITEM_DEPTH if place[0] == "bots" else KEY_DEPTH
    ):
        sections = ", ".join(Settings.model_fields)
        raise SettingsError(f"environment variable {name} names no setting; the sections are {sections}")
    node: Any = document
    for part, following in zip(place[:-1], place[1:], strict=True):
        node = _step(node, part, [] if isinstance(following, int) else {}, name)
    _step(node, place[-1], None, name)
    node[place[-1]] = value


def _step(node: Any, part: int | str, empty: Any, name: str) -> Any:
    """One step down; a list may grow by one item at its end."""
    if isinstance(node, dict) and isinstance(part, str):
        return node.setdefault(part, empty)
    if isinstance(node, list) and isinstance(part, int) and part <= len(node):
        if part == len(node):
            node.append(empty)
        return node[part]
    raise SettingsError(f"environment variable {name} names no setting: {part} has no place there")
