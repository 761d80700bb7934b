"""The installation's own key: 32 bytes or more that webhooks, deep links and suppression are proved with.

Promises: it comes from the environment variable or file that the settings name, else from
`installation.key` in the data folder, which is made at the first start, readable by its owner only; however
many processes start at once, all get the same. Leaves to others: what is derived from it (`core.keyed`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.settings.schema import Settings
from core.errors import SettingsError

KEY_FILE: Final = "installation.key"
KEY_BYTES: Final = 32
MAX_CHARACTERS: Final = 4_096
_MAKE_ONE: Final = "make one with: openssl rand -hex 32"


def installation_key(settings: Settings, environ: Mapping[str, str]) -> bytes:
    """The key. Raises SettingsError when it is missing, too short or can't be read."""
    workspace = settings.workspace
    if workspace.key_env is not None:
        return _from_env(settings, workspace.key_env, environ)
    if workspace.key_file is not None:
        path = settings.beside(workspace.key_file)
        return _key_of(_read(path), f"{path} (workspace.key_file)")
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        _make(path)
    return _key_of(_read(path), str(path))


def _from_env(settings: Settings, name: str, environ: Mapping[str, str]) -> bytes:
    text = environ.get(name, "").strip()
    if not text:
        raise SettingsError(
            f"environment variable {name}, the installation's key "
            f"({settings.file.name}: workspace.key_env), is not set",
            next_step=_MAKE_ONE,
        )
    return _key_of(text, f"environment variable {name}")


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1).strip()
    except OSError as error:
        raise SettingsError(
            f"{path}, the installation's key, can't be read: {error.strerror}", next_step=_MAKE_ONE
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}, the installation's key, is no text", next_step=_MAKE_ONE) from None


def _key_of(text: str, source: str) -> bytes:
    """Hexadecimal digits are the bytes they stand for, any other text is its own."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = text.encode()
    if not KEY_BYTES <= len(key) <= MAX_CHARACTERS:
        raise SettingsError(
            f"{source} holds a key of {len(key)} bytes; the installation's key needs {KEY_BYTES} or more",
            next_step=_MAKE_ONE,
        )
    return key


def _make(path: Path) -> None:
    """A new key under its name, whole or not at all; whoever comes second keeps the first one's."""
    draft = path.with_name(f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        _keep_name(path.parent)
    except OSError as error:
        raise SettingsError(
            f"{path}, the installation's key, can't be made: {error.strerror}",
            next_step="allow this user to write there, or name a key in workspace.key_file",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _keep_name(folder: Path) -> None:
    """A power loss must not take the name of a key away that hashes were already made with."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
