"""The key of a workspace: the installation's own, or the demo's, which guards nothing."""

from __future__ import annotations

import os
from pathlib import Path

from adapters.settings import load
from adapters.settings.key import installation_key
from app.desk.workspace import CONFIG

DEMO_KEY = b"SIMULATED key of the demo, which guards nothing at all"


def workspace_key(config: Path | None, *, demo: bool = False) -> bytes:
    """Raises SettingsError when the installation's key can't be had."""
    if demo:
        return DEMO_KEY
    return installation_key(load(config or CONFIG, os.environ), os.environ)
